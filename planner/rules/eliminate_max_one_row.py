"""Subqueries that cannot give two rows need no check; an answer that is always there needs no outer join."""

from __future__ import annotations

from dataclasses import replace

from planner.access.paths import unique_keys
from planner.access.range_plan import KeyPart
from planner.access.ranges import KeyColumn, conjuncts, equal_operand, is_free
from planner.expr.nodes import Column, Constant, Expression
from planner.logical import (
    Aggregate,
    DataSource,
    Dual,
    Join,
    JoinKind,
    Limit,
    LogicalNode,
    MaxOneRow,
    Projection,
    Selection,
    Sort,
)
from planner.rules.tree import RuleContext, transform_up


def eliminate_max_one_row(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`Join(LEFT, x, MaxOneRow(Aggregate))` → `Join(INNER, x, Aggregate)`, and `MaxOneRow` of a row found by a unique key
    → the row itself."""

    def change(node: LogicalNode) -> LogicalNode:
        if not isinstance(node, Join) or node.kind is not JoinKind.LEFT:
            return node
        right = node.right
        if isinstance(right, MaxOneRow) and not right.columns and at_most_one_row(right.child):
            node = replace(node, right=right.child)
        if not node.conditions and exactly_one_row(node.right):
            node = replace(node, kind=JoinKind.INNER)
        return node

    return transform_up(plan, change)


def exactly_one_row(node: LogicalNode) -> bool:
    """Whether the node always gives one row."""
    match node:
        case Aggregate():
            return not node.group_by
        case Dual():
            return node.rows == 1
        case Projection() | Sort():
            return exactly_one_row(node.child)
    return isinstance(node, MaxOneRow)


def at_most_one_row(node: LogicalNode) -> bool:
    """Whether the node never gives two rows."""
    match node:
        case Limit():
            one = isinstance(node.count, Constant) and node.count.value in (0, 1)
            return one or at_most_one_row(node.child)
        case Selection():
            return at_most_one_row(node.child) or _by_unique_key(node)
        case Projection() | Sort():
            return at_most_one_row(node.child)
        case Dual():
            return node.rows <= 1
    return exactly_one_row(node)


def _by_unique_key(node: Selection) -> bool:
    if not isinstance(node.child, DataSource):
        return False
    flat = [part for condition in node.conditions for part in conjuncts(condition)]
    return any(all(_is_fixed(column, flat) for column in key) for key in unique_keys(node.child))


def _is_fixed(column: Column, conditions: list[Expression]) -> bool:
    key = KeyColumn(KeyPart(column.name, column.type), column)
    found = (equal_operand(condition, key, is_free) for condition in conditions)
    return any(values is not None and len(values) == 1 for values in found)
