"""The linear plan of a small statement for the row path: tuples from a short range or a few points.

Made from the plan before pushdown, when every operator still stands whole above its reader.
"""

from __future__ import annotations

from dataclasses import replace

from planner.expr.nodes import AggregateCall
from planner.logical import BoundQuery
from planner.physical import (
    SHORT_RANGE_ROWS,
    BatchPointGet,
    HashAgg,
    IndexLookUp,
    IndexReader,
    IndexScan,
    Limit,
    PhysicalNode,
    PointGet,
    Projection,
    Selection,
    ShortRange,
    Sort,
    TableReader,
    TopN,
)
from planner.pushdown.narrow import passes_on
from sqlnode.base.schema import ColumnInfo

_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "first_row", "any_value"})


def row_path_of(root: PhysicalNode, bound: BoundQuery) -> PhysicalNode | None:
    """The row-path plan of a read; None for a plan that is not linear, or that will certainly read too much."""
    if bound.locks or not bound.columns:
        return None
    return _linear(root)


def _linear(node: PhysicalNode) -> PhysicalNode | None:
    match node:
        case PointGet() | BatchPointGet():
            return node
        case TableReader() | IndexReader() | IndexLookUp():
            return _short_range(node)
        case HashAgg():
            if not _is_simple(node):
                return None
            child = _linear(node.child)
            return None if child is None else _plain_aggregate(node, child)
        case Limit(child=TableReader() | IndexReader() | IndexLookUp() as reader):
            child = _short_range(reader, node)
            return None if child is None else replace(node, child=child)
        case Projection():
            child = _linear(node.child)
            return None if child is None else _projected(node, child)
        case Selection() | Sort() | TopN() | Limit():
            child = _linear(node.child)
            return None if child is None else replace(node, child=child)
    return None


def _projected(node: Projection, child: PhysicalNode) -> PhysicalNode:
    """The projection, or a leaf that itself gives just these columns in this order."""
    columns = node.columns
    if (
        isinstance(child, (PointGet, BatchPointGet, ShortRange))
        and passes_on(node)
        and set(columns) <= set(child.schema)
    ):
        if not (isinstance(child, ShortRange) and child.covering):
            infos = dict(zip(child.columns, child.infos))
            return replace(child, columns=columns, infos=tuple(infos[column] for column in columns))
    return replace(node, child=child)


def _is_simple(node: HashAgg) -> bool:
    if node.group_by:
        return not node.aggregates
    return all(_is_simple_call(call) for call in node.aggregates)


def _is_simple_call(call: AggregateCall) -> bool:
    return call.name in _AGGREGATES and not call.distinct and not call.order_by


def _plain_aggregate(node: HashAgg, child: PhysicalNode) -> HashAgg:
    return HashAgg(
        child=child,
        group_by=node.group_by,
        aggregates=node.aggregates,
        columns=node.columns,
        estimated_rows=node.estimated_rows,
    )


def _short_range(reader: TableReader | IndexReader | IndexLookUp, limit: Limit | None = None) -> ShortRange | None:
    """The range of a bare reader, if it may be short: bounded, or cut by a limit right above."""
    bounded = not reader.ranges.is_full or reader.estimated_rows <= SHORT_RANGE_ROWS
    if not bounded and limit is None:
        return None
    columns = reader.schema
    index = None if isinstance(reader, TableReader) else reader.index
    infos = _infos(reader)
    if isinstance(reader, IndexLookUp):
        columns = tuple(column for column in columns if column.id in infos)
    elif isinstance(reader, IndexReader):
        assert isinstance(reader.cop, IndexScan), "a bare reader"
        columns = reader.cop.columns
    return ShortRange(
        database=reader.database,
        table=reader.table,
        alias=reader.alias,
        index=index,
        ranges=reader.ranges,
        columns=columns,
        infos=tuple(infos[column.id] for column in columns),
        covering=isinstance(reader, IndexReader),
        keep_order=reader.keep_order,
        desc=reader.desc,
        limit_hint=limit.count if limit is not None and limit.offset is None else None,
        estimated_rows=reader.estimated_rows,
    )


def _infos(reader: TableReader | IndexReader | IndexLookUp) -> dict[int, ColumnInfo]:
    scan = reader.table_cop if isinstance(reader, IndexLookUp) else reader.cop
    return {column.id: info for column, info in zip(scan.columns, scan.infos)}  # type: ignore[attr-defined]
