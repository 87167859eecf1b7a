"""Moves operators into the cop chains of the readers below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from planner.context import PlanContext
from planner.expr.nodes import AggregateCall, Column, Constant, Expression, columns_of
from planner.functions import resolve, resolve_aggregate
from planner.ids import ColumnIds
from planner.physical import (
    NO_DAG,
    AggMode,
    HashAgg,
    IndexLookUp,
    IndexReader,
    IndexScan,
    Limit,
    PhysicalNode,
    Projection,
    RequestTemplate,
    Selection,
    SelectLock,
    StreamAgg,
    TableReader,
    TableScan,
    TopN,
)
from planner.pushdown.expressions import (
    is_pushable_aggregate,
    is_pushable_condition,
    is_pushable_key,
    is_pushable_order,
)
from sqlnode.base.types import SqlType, integer

Reader: TypeAlias = TableReader | IndexReader | IndexLookUp
_COUNT = integer(unsigned=True, not_null=True)


def moved(node: PhysicalNode, context: PlanContext, ids: ColumnIds) -> PhysicalNode:
    """The plan with everything that can run in the store moved there, children first."""
    children = tuple(moved(child, context, ids) for child in node.children)
    if any(new is not old for new, old in zip(children, node.children)):
        node = node.with_children(children)
    match node:
        case Selection(child=TableReader() | IndexReader() | IndexLookUp() as reader):
            return _filter(node, reader)
        case HashAgg(child=TableReader() | IndexReader() | IndexLookUp() as reader, mode=AggMode.COMPLETE):
            return _aggregate(node, reader, context, ids)
        case TopN(child=TableReader() | IndexReader() | IndexLookUp() as reader):
            return _top_n(node, reader, context)
        case Limit():
            return _limit(node, context)
    return node


def chain_of(reader: Reader) -> PhysicalNode:
    """The chain whose output the reader gives."""
    return reader.table_cop if isinstance(reader, IndexLookUp) else reader.cop


def with_chain(reader: Reader, cop: PhysicalNode, columns: Sequence[Column] | None = None) -> Reader:
    """The reader over another chain, giving the same columns or other ones."""
    given = tuple(columns) if columns is not None else reader.schema
    request = RequestTemplate(NO_DAG, given)
    rows = cop.estimated_rows
    if isinstance(reader, IndexLookUp):
        return replace(reader, table_cop=cop, table_request=request, estimated_rows=rows)
    return replace(reader, cop=cop, request=request, estimated_rows=rows)


def _is_filter_chain(cop: PhysicalNode) -> bool:
    """Whether a chain only filters, so that anything may come on top."""
    while isinstance(cop, Selection):
        cop = cop.child
    return isinstance(cop, (TableScan, IndexScan))


# ------------------------------------------------------------------------------------------------------------- filters


def _filter(node: Selection, reader: Reader) -> PhysicalNode:
    chain = chain_of(reader)
    if not _is_filter_chain(chain):
        return node
    known = set(chain.schema)
    entry: list[Expression] = []
    sent: list[Expression] = []
    kept: list[Expression] = []
    index_columns = set(reader.index_cop.schema) if isinstance(reader, IndexLookUp) else set()
    for condition in node.conditions:
        columns = columns_of(condition)
        if not is_pushable_condition(condition):
            kept.append(condition)
        elif isinstance(reader, IndexLookUp) and columns <= index_columns and _is_filter_chain(reader.index_cop):
            entry.append(condition)
        elif columns <= known:
            sent.append(condition)
        else:
            kept.append(condition)
    if not entry and not sent:
        return node
    rows = node.estimated_rows if not kept else (node.estimated_rows + reader.estimated_rows) / 2
    if isinstance(reader, IndexLookUp) and entry:
        index_cop = _selected(reader.index_cop, entry, node.estimated_rows if not sent else rows)
        table_cop = replace(reader.table_cop, estimated_rows=index_cop.estimated_rows)
        reader = replace(reader, index_cop=index_cop, table_cop=table_cop)
        chain = reader.table_cop
    if sent:
        chain = _selected(chain, sent, rows)
    reader = with_chain(reader, chain)
    return replace(node, child=reader, conditions=tuple(kept)) if kept else reader


def _selected(child: PhysicalNode, conditions: Sequence[Expression], rows: float) -> PhysicalNode:
    if isinstance(child, Selection):
        return replace(child, conditions=child.conditions + tuple(conditions), estimated_rows=rows)
    return Selection(child=child, conditions=tuple(conditions), estimated_rows=rows)


# -------------------------------------------------------------------------------------------------------- aggregations


def _aggregate(node: HashAgg, reader: Reader, context: PlanContext, ids: ColumnIds) -> PhysicalNode:
    chain = chain_of(reader)
    known = set(chain.schema)
    expressions: tuple[Expression, ...] = (*node.group_by, *node.aggregates)
    if not _is_filter_chain(chain) or any(not columns_of(one) <= known for one in expressions):
        return node
    if not all(map(is_pushable_aggregate, node.aggregates)) or not all(map(is_pushable_key, node.group_by)):
        return node
    streamed = isinstance(node, StreamAgg)
    if streamed and node.group_by and isinstance(reader, IndexLookUp):
        return node
    partial: list[Column] = []
    final: list[AggregateCall] = []
    for call in node.aggregates:
        columns = _partial_columns(call, context, ids)
        partial.extend(columns)
        final.append(replace(call, args=tuple(columns)))
    groups = tuple(_group_column(expression, ids) for expression in node.group_by)
    kind = StreamAgg if streamed else HashAgg
    cop = kind(
        child=chain,
        group_by=node.group_by,
        aggregates=node.aggregates,
        columns=(*partial, *groups),
        mode=AggMode.PARTIAL,
        estimated_rows=node.estimated_rows,
    )
    below = with_chain(reader, cop, cop.schema)
    if not (streamed and node.group_by):
        below = replace(below, keep_order=False, desc=False)
    return replace(node, child=below, group_by=groups, aggregates=tuple(final), mode=AggMode.FINAL)


def _group_column(expression: Expression, ids: ColumnIds) -> Column:
    if isinstance(expression, Column):
        return replace(expression, id=ids.next())
    return Column(ids.next(), "", expression.type)


def _partial_columns(call: AggregateCall, context: PlanContext, ids: ColumnIds) -> list[Column]:
    """The columns of an aggregate's partial results."""

    def column(sql_type: SqlType) -> Column:
        return Column(ids.next(), "", sql_type)

    match call.name:
        case "count":
            return [column(_COUNT)]
        case "avg":
            total = resolve_aggregate("sum", call.args, context)
            return [column(_COUNT), column(total.type)]
        case "bit_and" | "bit_or" | "bit_xor":
            return [column(_COUNT)]
        case "min" | "max" | "first_row" | "any_value":
            return [column(call.args[0].type.nullable())]
    return [column(call.type)]


# ------------------------------------------------------------------------------------------------------ TopN and Limit


def _bound(count: Expression | None, offset: Expression | None, context: PlanContext) -> Expression | None:
    """count + offset as one expression; None when there is no count."""
    if count is None or offset is None:
        return count
    if isinstance(count, Constant) and isinstance(offset, Constant):
        if isinstance(count.value, int) and isinstance(offset.value, int):
            total = min(count.value + offset.value, (1 << 64) - 1)
            return Constant(total, integer(unsigned=True, not_null=True))
        return None
    return resolve("+", (count, offset), context)


def _is_number(count: Expression | None) -> bool:
    return isinstance(count, Constant) and isinstance(count.value, int) and count.value < 1 << 63


def _top_n(node: TopN, reader: Reader, context: PlanContext) -> PhysicalNode:
    chain = chain_of(reader)
    bound = _bound(node.count, node.offset, context)
    if not _is_filter_chain(chain) or not _is_number(bound):
        return node
    known = set(chain.schema)
    if any(not columns_of(item.expression) <= known or not is_pushable_order(item.expression) for item in node.items):
        return node
    rows = min(node.estimated_rows + 0.0, chain.estimated_rows)
    cop = TopN(child=chain, items=node.items, count=bound, estimated_rows=rows)
    return replace(node, child=replace(with_chain(reader, cop), keep_order=False, desc=False))


def _limit(node: Limit, context: PlanContext) -> PhysicalNode:
    bound = _bound(node.count, node.offset, context)
    if bound is None:
        return node
    return replace(node, child=_limited(node.child, bound))


def _limited(node: PhysicalNode, bound: Expression) -> PhysicalNode:
    """The input of a limit, told that nobody reads more than `bound` rows."""
    if isinstance(node, (TableReader, IndexReader, IndexLookUp)):
        return _limited_reader(node, bound)
    if isinstance(node, Projection):
        return replace(node, child=_limited(node.child, bound))
    if isinstance(node, SelectLock):
        return replace(node, limit_hint=bound)
    return node


def _limited_reader(reader: Reader, bound: Expression) -> Reader:
    chain = chain_of(reader)
    if not _is_filter_chain(chain):
        return reader
    number = bound.value if isinstance(bound, Constant) and isinstance(bound.value, int) else None
    if isinstance(reader, IndexLookUp):
        if isinstance(chain, TableScan) and _is_number(bound) and number is not None:
            rows = min(float(number), reader.index_cop.estimated_rows)
            cop = Limit(child=reader.index_cop, count=bound, estimated_rows=rows)
            reader = replace(reader, index_cop=cop, table_cop=replace(chain, estimated_rows=rows), estimated_rows=rows)
        return replace(reader, limit_hint=bound)
    if _is_number(bound) and number is not None:
        limit = Limit(child=chain, count=bound, estimated_rows=min(float(number), chain.estimated_rows))
        reader = with_chain(reader, limit)
    return replace(reader, limit_hint=bound)
