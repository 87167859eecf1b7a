"""Outer joins whose NULL-complemented rows a condition above removes become inner joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.expr.nodes import Call, Column, Expression, substitute
from planner.functions.registry import Nulls
from planner.logical import Join, JoinKind, LogicalNode, Projection, Selection, Sort
from planner.rules.tree import RuleContext, map_children


def simplify_outer_joins(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`(a LEFT JOIN b ON …) WHERE b.x > 1` → `(a JOIN b ON …) WHERE b.x > 1`."""
    return _simplified(plan, ())


def _simplified(node: LogicalNode, conditions: Sequence[Expression]) -> LogicalNode:
    """`conditions` must be true of every row that matters."""
    match node:
        case Selection():
            child = _simplified(node.child, (*conditions, *node.conditions))
        case Projection():
            mapping = dict(zip(node.columns, node.expressions))
            child = _simplified(node.child, [substitute(condition, mapping) for condition in conditions])
        case Sort():
            child = _simplified(node.child, conditions)
        case Join():
            return _join(node, conditions)
        case _:
            return map_children(node, lambda below: _simplified(below, ()))
    return node if child is node.child else replace(node, child=child)


def _join(node: Join, conditions: Sequence[Expression]) -> LogicalNode:
    complemented = {JoinKind.LEFT: node.right, JoinKind.RIGHT: node.left}.get(node.kind)
    if complemented is not None and _reject(conditions, frozenset(complemented.schema)):
        node = replace(node, kind=JoinKind.INNER)
    left: Sequence[Expression] = conditions
    right: Sequence[Expression] = ()
    match node.kind:
        case JoinKind.INNER:
            left = right = (*conditions, *node.conditions)
        case JoinKind.LEFT:
            right = node.conditions
        case JoinKind.RIGHT:
            left, right = node.conditions, conditions
        case JoinKind.SEMI:
            left, right = (*conditions, *node.conditions), node.conditions
    sides = (_simplified(node.left, left), _simplified(node.right, right))
    return node if sides[0] is node.left and sides[1] is node.right else node.with_children(sides)


def _reject(conditions: Sequence[Expression], columns: frozenset[Column]) -> bool:
    return any(rejects_nulls(condition, columns) for condition in conditions)


def rejects_nulls(condition: Expression, columns: frozenset[Column]) -> bool:
    """Whether the condition is not true of a row in which all these columns are NULL."""
    if isinstance(condition, Call):
        if condition.name == "and":
            return any(rejects_nulls(arg, columns) for arg in condition.args)
        if condition.name == "or":
            return all(rejects_nulls(arg, columns) for arg in condition.args)
        if condition.name == "not":
            inner = condition.args[0]
            if isinstance(inner, Call) and inner.name == "is_null":
                return is_null_with(inner.args[0], columns)
    return is_null_with(condition, columns)


def is_null_with(expression: Expression, columns: frozenset[Column]) -> bool:
    """Whether the expression is NULL when all these columns are."""
    if isinstance(expression, Column):
        return expression in columns
    if not isinstance(expression, Call):
        return False
    if expression.name == "in":
        return is_null_with(expression.args[0], columns)
    if expression.signature.function.nulls is not Nulls.PROPAGATE:
        return False
    if expression.signature.function.lazy is not None and expression.name not in ("cast", "like"):
        return False
    return any(is_null_with(arg, columns) for arg in expression.args)
