"""Projections that only pass columns on disappear; two in a row become one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from planner.expr.nodes import Column, Constant, CorrelatedColumn, Parameter, substitute, walk
from planner.logical import LogicalNode, Projection
from planner.rules.tree import RuleContext, child_order_matters, is_movable, map_children

_CHEAP = (Column, Constant, Parameter, CorrelatedColumn)


def eliminate_projections(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`π(a, b)(t)` → `t` where columns are known by id; kept where they go by position (unions, INSERT … SELECT)."""
    return _without(plan, by_position=True)


def _without(node: LogicalNode, *, by_position: bool) -> LogicalNode:
    """`by_position`: the parent cares which columns there are and in which order."""
    below = child_order_matters(node, by_position)
    node = map_children(node, lambda child: _without(child, by_position=below))
    if not isinstance(node, Projection):
        return node
    if isinstance(node.child, Projection):
        node = _merged(node, node.child)
    if isinstance(node, Projection) and _passes_on(node):
        same = [column.id for column in node.columns] == [column.id for column in node.child.schema]
        if same or not by_position:
            return node.child
    return node


def _passes_on(node: Projection) -> bool:
    return all(
        isinstance(expression, Column) and expression.id == column.id
        for expression, column in zip(node.expressions, node.columns)
    )


def _merged(outer: Projection, inner: Projection) -> Projection:
    """One projection for two, unless an expression would be computed twice."""
    mapping = dict(zip(inner.columns, inner.expressions))
    if not all(map(is_movable, inner.expressions)):
        return outer
    uses = Counter(part for one in outer.expressions for part in walk(one) if isinstance(part, Column))
    if any(uses[column] > 1 and not isinstance(mapping[column], _CHEAP) for column in uses if column in mapping):
        return outer
    expressions = tuple(substitute(expression, mapping) for expression in outer.expressions)
    return replace(outer, child=inner.child, expressions=expressions)
