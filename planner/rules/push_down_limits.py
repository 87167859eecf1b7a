"""Limits move down: below projections, into the inputs of UNION ALL, to the outer side of a left join."""

from __future__ import annotations

from dataclasses import replace

from planner.expr.nodes import Column, Constant, Expression, substitute
from planner.logical import Apply, Join, JoinKind, Limit, LogicalNode, Projection, SetKind, SetOperation, Sort
from planner.rules.tree import RuleContext, columns_read, is_movable, transform_up
from sqlnode.base.types import integer


def push_down_limits(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`limit n(π(x))` → `π(limit n(x))`; `limit n(x ∪ y)` → `limit n(limit n(x) ∪ limit n(y))`."""
    return transform_up(plan, _pushed)


def _pushed(node: LogicalNode) -> LogicalNode:
    if not isinstance(node, Limit):
        return node
    child = node.child
    if isinstance(child, Sort) and isinstance(child.child, Projection):
        swapped = _sort_below(child, child.child)
        if swapped is None:
            return node
        return replace(swapped, child=_pushed(replace(node, child=swapped.child)))
    if isinstance(child, Projection) and all(map(is_movable, child.expressions)):
        return replace(child, child=_pushed(replace(node, child=child.child)))
    bound = limit_bound(node)
    if bound is None:
        return node
    if isinstance(child, SetOperation) and child.kind is SetKind.UNION and child.all_rows:
        inputs = tuple(_bounded(below, bound) for below in child.inputs)
        return node if inputs == child.inputs else replace(node, child=replace(child, inputs=inputs))
    if isinstance(child, Join) and child.kind is JoinKind.LEFT and not isinstance(child, Apply):
        left = _bounded(child.left, bound)
        return node if left is child.left else replace(node, child=replace(child, left=left))
    return node


def _sort_below(sort: Sort, projection: Projection) -> Projection | None:
    """The projection over the sort, when every sort item can be computed from its input."""
    mapping: dict[Column, Expression] = dict(zip(projection.columns, projection.expressions))
    if not all(map(is_movable, projection.expressions)):
        return None
    if not columns_read(item.expression for item in sort.items) <= mapping.keys():
        return None
    items = tuple(replace(item, expression=substitute(item.expression, mapping)) for item in sort.items)
    return replace(projection, child=Sort(projection.child, items))


def limit_bound(node: Limit) -> int | None:
    """Rows that the limit reads at most; None when a parameter decides."""
    total = 0
    for part in (node.count, node.offset):
        if part is None:
            continue
        if not isinstance(part, Constant) or not isinstance(part.value, int):
            return None
        total += part.value
    return total if node.count is not None and total < 1 << 63 else None


def _bounded(node: LogicalNode, bound: int) -> LogicalNode:
    if isinstance(node, Limit):
        known = limit_bound(node)
        if known is not None and known <= bound:
            return node
    return _pushed(Limit(node, Constant(bound, integer(unsigned=True, not_null=True))))
