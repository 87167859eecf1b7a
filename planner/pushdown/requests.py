"""Cop chains to tipb DAGs: scan, then selections, aggregation, TopN, limit, with output offsets."""

from __future__ import annotations

from collections.abc import Sequence

from planner.context import PlanContext
from planner.expr.nodes import Column, Constant, Expression
from planner.physical import (
    HashAgg,
    IndexScan,
    Limit,
    PhysicalNode,
    Projection,
    RequestTemplate,
    Selection,
    StreamAgg,
    TableScan,
    TopN,
)
from planner.pushdown.expressions import Encoder
from sqlnode.base.schema import ColumnInfo, TableInfo
from store.codec.chunk import append_datum
from store.codec.row_format import HANDLE_COLUMN_ID
from store.codec.table_codec import origin_default_value
from store.codec.tipb_types import column_info
from store.proto import tipb_pb2
from store.proto.numbers import EncodeType, ExecType


def request_of(cop: PhysicalNode, columns: Sequence[Column], context: PlanContext) -> RequestTemplate:
    """The request that runs a cop chain and returns these columns of it."""
    encoder = Encoder()
    executors: list[tipb_pb2.Executor] = []
    _append(cop, executors, encoder)
    given = cop.schema
    dag = tipb_pb2.DAGRequest(
        executors=executors,
        output_offsets=[given.index(column) for column in columns],
        encode_type=EncodeType.CHUNK,
        sql_mode=context.sql_mode,
    )
    increment = context.variables.get("div_precision_increment")
    if isinstance(increment, int):
        dag.div_precision_increment = increment
    return RequestTemplate(dag, tuple(columns), tuple(encoder.slots), _leaf(cop).schema)


def _leaf(node: PhysicalNode) -> PhysicalNode:
    while node.children:
        (node,) = node.children
    return node


def _append(node: PhysicalNode, executors: list[tipb_pb2.Executor], encoder: Encoder) -> None:
    match node:
        case TableScan():
            executors.append(tipb_pb2.Executor(tp=ExecType.TABLE_SCAN, tbl_scan=_table_scan(node)))
            return
        case IndexScan():
            executors.append(tipb_pb2.Executor(tp=ExecType.INDEX_SCAN, idx_scan=_index_scan(node)))
            return
    (child,) = node.children
    _append(child, executors, encoder)
    executors.append(_executor(node, child.schema, encoder))


def _executor(node: PhysicalNode, columns: Sequence[Column], encoder: Encoder) -> tipb_pb2.Executor:
    match node:
        case Selection():
            selection = tipb_pb2.Selection(conditions=[encoder.encode(one, columns) for one in node.conditions])
            return tipb_pb2.Executor(tp=ExecType.SELECTION, selection=selection)
        case Projection():
            projection = tipb_pb2.Projection(exprs=[encoder.encode(one, columns) for one in node.expressions])
            return tipb_pb2.Executor(tp=ExecType.PROJECTION, Projection=projection)
        case HashAgg():
            return _aggregation(node, columns, encoder)
        case TopN():
            items = [
                tipb_pb2.ByItem(expr=encoder.encode(item.expression, columns), desc=item.descending)
                for item in node.items
            ]
            top_n = tipb_pb2.TopN(order_by=items, limit=_constant(node.count))
            return tipb_pb2.Executor(tp=ExecType.TOP_N, topN=top_n)
        case Limit():
            return tipb_pb2.Executor(tp=ExecType.LIMIT, limit=tipb_pb2.Limit(limit=_constant(node.count)))
    raise AssertionError(f"{type(node).__name__} in a cop chain")


def _constant(count: Expression | None) -> int:
    assert isinstance(count, Constant) and isinstance(count.value, int), "limits in a request are numbers"
    return count.value


def partial_width(name: str) -> int:
    """How many partial columns an aggregate has."""
    return 2 if name == "avg" else 1


def _aggregation(node: HashAgg, columns: Sequence[Column], encoder: Encoder) -> tipb_pb2.Executor:
    functions = []
    position = 0
    for call in node.aggregates:
        width = partial_width(call.name)
        functions.append(encoder.aggregate(call, columns, node.columns[position : position + width]))
        position += width
    streamed = isinstance(node, StreamAgg)
    aggregation = tipb_pb2.Aggregation(
        agg_func=functions, group_by=[encoder.encode(one, columns) for one in node.group_by], streamed=streamed
    )
    kind = ExecType.STREAM_AGG if streamed else ExecType.AGGREGATION
    return tipb_pb2.Executor(tp=kind, aggregation=aggregation)


def _table_scan(node: TableScan) -> tipb_pb2.TableScan:
    table = node.table
    return tipb_pb2.TableScan(
        table_id=table.id,
        columns=[_column(table, info) for info in node.infos],
        desc=node.desc,
        primary_column_ids=_primary_ids(table),
        primary_prefix_column_ids=_primary_ids(table, prefixes=True),
        keep_order=node.keep_order,
    )


def _index_scan(node: IndexScan) -> tipb_pb2.IndexScan:
    table = node.table
    return tipb_pb2.IndexScan(
        table_id=table.id,
        index_id=node.index.id,
        columns=[_column(table, info, defaults=False) for info in node.infos],
        desc=node.desc,
        unique=node.index.unique,
        primary_column_ids=_primary_ids(table),
    )


def _primary_ids(table: TableInfo, *, prefixes: bool = False) -> list[int]:
    if not table.is_common_handle or table.primary_index is None:
        return []
    parts = table.primary_index.columns
    return [table.columns[part.offset].id for part in parts if not prefixes or part.length >= 0]


def _column(table: TableInfo, info: ColumnInfo, *, defaults: bool = True) -> tipb_pb2.ColumnInfo:
    handle = table.handle_column
    is_handle = info.id == HANDLE_COLUMN_ID or (handle is not None and handle.id == info.id)
    datum: bytes | None = None
    if defaults and not is_handle and (info.origin_default is not None or info.origin_default_bit is not None):
        data = bytearray()
        append_datum(data, origin_default_value(info), info.type)
        datum = bytes(data)
    return column_info(info.id, info.type, is_handle=is_handle, default_datum=datum)
