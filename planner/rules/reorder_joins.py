"""Inner joins in the order that keeps intermediate results small.

Greedy: from every table as the start, always add the table that makes the smallest result, joined ones before others;
the start with the smallest sum of intermediate results wins. STRAIGHT_JOIN keeps what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from planner.access.paths import unique_keys
from planner.cardinality import join_rows, selectivity, table_rows
from planner.context import PlanContext
from planner.expr.nodes import Column, Expression, columns_of
from planner.joins import equal_pair
from planner.logical import Apply, DataSource, Join, JoinKind, LogicalNode, Projection, Selection
from planner.rules.estimates import estimated_rows
from planner.rules.tree import RuleContext, child_order_matters, map_children

TABLE_LIMIT = 16
"""Joins of more tables keep the order in which they are written."""


def reorder_joins(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`(a ⋈ b) ⋈ c` → `(c ⋈ a) ⋈ b` when c is the small one."""
    return _reordered(plan, context.plan, order_matters=True)


def _reordered(node: LogicalNode, context: PlanContext, *, order_matters: bool) -> LogicalNode:
    if not _is_free(node):
        below = child_order_matters(node, order_matters)
        return map_children(node, lambda child: _reordered(child, context, order_matters=below))
    leaves: list[LogicalNode] = []
    conditions: list[Expression] = []
    _collect(node, leaves, conditions)
    leaves = [_reordered(leaf, context, order_matters=False) for leaf in leaves]
    if len(leaves) < 3 or len(leaves) > TABLE_LIMIT:
        rebuilt = _rebuilt(node, iter(leaves))
    else:
        rebuilt = _best(leaves, conditions, context)
        if _order(rebuilt) == _order(node):
            rebuilt = _rebuilt(node, iter(leaves))
    if rebuilt is node or not order_matters:
        return rebuilt
    schema = node.schema
    if [column.id for column in rebuilt.schema] == [column.id for column in schema]:
        return rebuilt
    return Projection(rebuilt, schema, schema)


def _is_free(node: LogicalNode) -> bool:
    return isinstance(node, Join) and node.kind is JoinKind.INNER and not node.straight and not isinstance(node, Apply)


def _collect(node: LogicalNode, leaves: list[LogicalNode], conditions: list[Expression]) -> None:
    if not _is_free(node):
        leaves.append(node)
        return
    assert isinstance(node, Join), "an inner join"
    conditions.extend(node.conditions)
    _collect(node.left, leaves, conditions)
    _collect(node.right, leaves, conditions)


def _rebuilt(node: LogicalNode, leaves: Iterator[LogicalNode]) -> LogicalNode:
    """The same joins over the (perhaps changed) leaves."""
    if not _is_free(node):
        return next(leaves)
    return map_children(node, lambda child: _rebuilt(child, leaves))


def _order(node: LogicalNode) -> list[object]:
    """The joins of a group as nested column ids, to compare two orders."""
    if not _is_free(node):
        return [column.id for column in node.schema]
    assert isinstance(node, Join), "an inner join"
    return [_order(node.left), _order(node.right)]


@dataclass(frozen=True, slots=True)
class _Joined:
    """A part of the join that is being put together."""

    node: LogicalNode
    columns: frozenset[Column]
    rows: float
    total: float
    rest: tuple[Expression, ...]


def _best(leaves: Sequence[LogicalNode], conditions: Sequence[Expression], context: PlanContext) -> LogicalNode:
    sizes = [estimated_rows(leaf, context) for leaf in leaves]
    candidates = [_from(start, leaves, sizes, conditions, context) for start in range(len(leaves))]
    return min(candidates, key=lambda joined: joined.total).node


def _from(
    start: int,
    leaves: Sequence[LogicalNode],
    sizes: Sequence[float],
    conditions: Sequence[Expression],
    context: PlanContext,
) -> _Joined:
    first = leaves[start]
    current = _Joined(first, frozenset(first.schema), sizes[start], 0.0, tuple(conditions))
    left = [place for place in range(len(leaves)) if place != start]
    while left:
        options = [(_with(current, leaves[place], sizes[place], context), place) for place in left]
        connected = [option for option in options if len(option[0].rest) < len(current.rest)]
        current, chosen = min(connected or options, key=lambda option: option[0].rows)
        left.remove(chosen)
    return current


def _with(current: _Joined, leaf: LogicalNode, size: float, context: PlanContext) -> _Joined:
    columns = frozenset(leaf.schema)
    together = current.columns | columns
    own = tuple(one for one in current.rest if columns_of(one) <= together)
    rest = tuple(one for one in current.rest if one not in own)
    pairs = [pair for one in own if (pair := equal_pair(one, current.columns, columns)) is not None]
    keys = frozenset(pair.right for pair in pairs if isinstance(pair.right, Column))
    total = _unique_total(leaf, keys, context)
    if total is not None:
        rows = current.rows * size / total
    else:
        rows = join_rows(current.rows, size, len(pairs))
    rows = max(rows * selectivity(own[len(pairs) :]), 1.0)
    join = Join(JoinKind.INNER, current.node, leaf, own)
    return _Joined(join, together, rows, current.total + rows, rest)


def _unique_total(leaf: LogicalNode, keys: frozenset[Column], context: PlanContext) -> float | None:
    """Rows of the whole table when the keys contain a unique key of it."""
    source = leaf.child if isinstance(leaf, Selection) else leaf
    if not isinstance(source, DataSource) or source.table.id < 0:
        return None
    if any(key <= keys for key in unique_keys(source)):
        return table_rows(source.table, context)
    return None
