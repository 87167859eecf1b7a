"""The last pass over a plan: readers return only the columns that something above reads, and get their requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from planner.context import PlanContext
from planner.expr.nodes import Column, Expression, columns_of
from planner.logical import JoinKind
from planner.physical import (
    Apply,
    BatchPointGet,
    EqualPair,
    HashAgg,
    HashJoin,
    IndexJoin,
    IndexLookUp,
    IndexReader,
    Limit,
    PhysicalNode,
    PointGet,
    Projection,
    Selection,
    Sort,
    TableReader,
    TopN,
)
from planner.pushdown.requests import request_of


def narrowed(root: PhysicalNode, context: PlanContext) -> PhysicalNode:
    """The plan with complete requests; the root keeps its schema."""
    return _narrow(root, frozenset(root.schema), context, by_position=True)


def _narrow(node: PhysicalNode, needed: frozenset[Column], context: PlanContext, *, by_position: bool) -> PhysicalNode:
    """`by_position`: the parent cares which columns there are and in which order."""
    if isinstance(node, (TableReader, IndexReader)):
        columns = node.schema if by_position else _kept(node.schema, needed)
        return replace(node, request=request_of(node.cop, columns, context))
    if isinstance(node, IndexLookUp):
        columns = node.schema if by_position or node.keep_order else _kept(node.schema, needed)
        return replace(
            node,
            index_request=request_of(node.index_cop, node.index_request.columns, context),
            table_request=request_of(node.table_cop, columns, context),
        )
    children = node.children
    if not children:
        return node
    wanted = _needed_below(node, needed)
    below = _order_matters(node, by_position=by_position)
    changed = tuple(_narrow(child, need, context, by_position=below) for child, need in zip(children, wanted))
    if not all(new is old for new, old in zip(changed, children)):
        node = node.with_children(changed)
    if isinstance(node, Projection) and passes_on(node):
        return _without_projection(node, context, by_position=by_position)
    return node


def _order_matters(node: PhysicalNode, *, by_position: bool) -> bool:
    """Whether the node finds its children's columns by their places, or hands them on to one who does."""
    match node:
        case Projection() | HashAgg():
            return False
        case Selection() | Sort() | TopN() | Limit() | HashJoin() | IndexJoin() | Apply():
            return by_position
    return True


def passes_on(node: Projection) -> bool:
    """Whether a projection computes nothing."""
    return all(
        isinstance(expression, Column) and expression.id == column.id
        for expression, column in zip(node.expressions, node.columns)
    )


def _without_projection(node: Projection, context: PlanContext, *, by_position: bool) -> PhysicalNode:
    """The child of a projection that only passes columns on, where its order is right or can be made so."""
    child, columns = node.child, node.columns
    if not by_position or [column.id for column in child.schema] == [column.id for column in columns]:
        return child
    if len({column.id for column in columns}) < len(columns) or set(columns) != set(child.schema):
        return node
    if isinstance(child, (TableReader, IndexReader)):
        return replace(child, request=request_of(child.cop, columns, context))
    if isinstance(child, IndexLookUp):
        return replace(child, table_request=request_of(child.table_cop, columns, context))
    if isinstance(child, (PointGet, BatchPointGet)):
        return in_order(child, columns)
    return node


def in_order(node: PointGet | BatchPointGet, columns: Sequence[Column]) -> PhysicalNode:
    """The reader giving its columns in another order."""
    infos = dict(zip(node.columns, node.infos))
    return replace(node, columns=tuple(columns), infos=tuple(infos[column] for column in columns))


def _kept(columns: Sequence[Column], needed: frozenset[Column]) -> tuple[Column, ...]:
    """The needed ones; at least one, since a batch without columns has no rows."""
    return tuple(column for column in columns if column in needed) or tuple(columns[:1])


def _needed_below(node: PhysicalNode, needed: frozenset[Column]) -> tuple[frozenset[Column], ...]:
    """The columns that the node reads of each child: everything where it goes by position or by whole rows."""
    match node:
        case Selection():
            return (needed | _read(node.conditions),)
        case Projection():
            return (_read(node.expressions),)
        case HashAgg():
            return (_read((*node.group_by, *node.aggregates)),)
        case Sort() | TopN():
            return (needed | _read(item.expression for item in node.items),)
        case Limit():
            return (needed,)
        case HashJoin():
            conditions = (*node.other, *node.null_aware_other)
            return _of_sides(node, needed | _read(conditions) | _keys(node.equal))
        case IndexJoin():
            return _of_sides(node, needed | _read(node.other) | _keys(node.equal) | frozenset(node.outer_keys))
        case Apply():
            return _of_sides(node, needed | _read(node.conditions) | frozenset(node.correlated))
    return tuple(frozenset(child.schema) for child in node.children)


def _of_sides(node: HashJoin | IndexJoin | Apply, needed: frozenset[Column]) -> tuple[frozenset[Column], ...]:
    left = needed & frozenset(node.left.schema)
    right = needed & frozenset(node.right.schema)
    if node.kind in (JoinKind.SEMI, JoinKind.ANTI):
        return left, right
    return left, right


def _read(expressions: Iterable[Expression]) -> frozenset[Column]:
    return frozenset(column for expression in expressions for column in columns_of(expression))


def _keys(pairs: Sequence[EqualPair]) -> frozenset[Column]:
    return _read(side for pair in pairs for side in (pair.left, pair.right))
