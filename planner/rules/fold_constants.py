"""Constant expressions become constants; conditions that are always true go, those that never are empty the plan."""

from __future__ import annotations

from dataclasses import replace

from planner.expr.folding import fold
from planner.expr.nodes import Constant, Expression
from planner.logical import Dual, Join, JoinKind, LogicalNode, Selection
from planner.rules.tree import RuleContext, map_expressions, transform_up


def fold_constants(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`WHERE a > 1 + 2 AND 1 = 1` → `WHERE a > 3`; `WHERE 1 = 0` → no rows."""

    def change(node: LogicalNode) -> LogicalNode:
        node = map_expressions(node, lambda expression: fold(expression, context.plan))
        if isinstance(node, Selection):
            return _without_certain(node)
        if isinstance(node, Join) and node.kind is JoinKind.INNER and any(map(is_never_true, node.conditions)):
            return Dual(0, node.schema)
        if isinstance(node, Join) and node.kind in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT):
            kept = tuple(condition for condition in node.conditions if not is_always_true(condition))
            return node if len(kept) == len(node.conditions) else replace(node, conditions=kept)
        return node

    return transform_up(plan, change)


def _without_certain(node: Selection) -> LogicalNode:
    if any(map(is_never_true, node.conditions)):
        return Dual(0, node.schema)
    kept = tuple(condition for condition in node.conditions if not is_always_true(condition))
    if len(kept) == len(node.conditions):
        return node
    return replace(node, conditions=kept) if kept else node.child


def is_never_true(condition: Expression) -> bool:
    """Whether a condition is the constant 0 or NULL."""
    return isinstance(condition, Constant) and not isinstance(condition.value, bytes) and not condition.value


def is_always_true(condition: Expression) -> bool:
    """Whether a condition is a constant number other than 0."""
    return isinstance(condition, Constant) and not isinstance(condition.value, bytes) and bool(condition.value)
