"""Conditions joined by OR give away what holds in every branch, so that joins and scans can use it.

`(a = b AND x) OR (a = b AND y)` is `a = b AND (x OR y)`; and where every branch says something about one table, that
alone is a condition on the table: `(t.x = 1 AND u.y = 2) OR (t.x = 3 AND u.y = 4)` implies `t.x = 1 OR t.x = 3`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.access.ranges import conjuncts, disjuncts
from planner.context import PlanContext
from planner.expr.nodes import Call, Column, Expression, columns_of
from planner.functions import resolve
from planner.logical import Apply, Dual, Join, JoinKind, LogicalNode, Selection
from planner.rules.tree import RuleContext, is_movable, nodes, transform_up

_MOST_BRANCHES = 32
_LONG_CHAIN = 8
"""More operands become a balanced tree, as in the binder."""


def split_disjunctions(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`σ((a.x = b.x ∧ p) ∨ (a.x = b.x ∧ q))(a × b)` → `σ(a.x = b.x ∧ (p ∨ q))(a × b)`."""

    def change(node: LogicalNode) -> LogicalNode:
        if isinstance(node, Selection) or (
            isinstance(node, Join) and node.kind is JoinKind.INNER and not isinstance(node, Apply)
        ):
            parts = [part for one in node.conditions for part in conjuncts(one)]
            if any(_is_or(part) for part in parts):
                return _split(node, parts, context.plan)
        return node

    return transform_up(plan, change)


def _is_or(condition: Expression) -> bool:
    return isinstance(condition, Call) and condition.name == "or"


def _split(node: Selection | Join, parts: Sequence[Expression], context: PlanContext) -> LogicalNode:
    below = node.child if isinstance(node, Selection) else node
    tables = _tables(below)
    known = {
        part for one in nodes(below) if isinstance(one, Selection) for c in one.conditions for part in conjuncts(c)
    }
    found: dict[Expression, None] = {}
    for part in parts:
        for one in _factored(part, context):
            found[one] = None
            if len(tables) > 1:
                found.update((implied, None) for implied in _implied(one, tables, context) if implied not in known)
    if list(found) == list(parts):
        return node
    return replace(node, conditions=tuple(found))


def _tables(node: LogicalNode) -> list[frozenset[Column]]:
    """The columns of what inner joins put together."""
    if isinstance(node, Selection):
        return _tables(node.child)
    if isinstance(node, Join) and node.kind is JoinKind.INNER and not isinstance(node, Apply):
        return _tables(node.left) + _tables(node.right)
    return [] if isinstance(node, Dual) else [frozenset(node.schema)]


def _factored(condition: Expression, context: PlanContext) -> list[Expression]:
    """The condition as a conjunction, what all its branches share in front."""
    if not _is_or(condition) or not is_movable(condition):
        return [condition]
    branches = [conjuncts(branch) for branch in disjuncts(condition)]
    common = [one for one in branches[0] if all(one in branch for branch in branches[1:])]
    if not common:
        return [condition]
    rest = [[one for one in branch if one not in common] for branch in branches]
    if not all(rest):
        return common
    return [*common, _joined("or", [_joined("and", branch, context) for branch in rest], context)]


def _implied(condition: Expression, tables: Sequence[frozenset[Column]], context: PlanContext) -> list[Expression]:
    """What the condition says about single tables."""
    if not _is_or(condition) or not is_movable(condition):
        return []
    branches = [conjuncts(branch) for branch in disjuncts(condition)]
    if len(branches) > _MOST_BRANCHES:
        return []
    found = []
    for table in tables:
        own = [[one for one in branch if columns_of(one) and columns_of(one) <= table] for branch in branches]
        if all(own) and own != branches:
            distinct = list(dict.fromkeys(_joined("and", branch, context) for branch in own))
            found.append(_joined("or", distinct, context))
    return found


def _joined(operator: str, parts: Sequence[Expression], context: PlanContext) -> Expression:
    if len(parts) > _LONG_CHAIN:
        middle = len(parts) // 2
        halves = (_joined(operator, parts[:middle], context), _joined(operator, parts[middle:], context))
        return resolve(operator, halves, context)
    result = parts[0]
    for part in parts[1:]:
        result = resolve(operator, (result, part), context)
    return result
