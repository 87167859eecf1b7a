"""MIN or MAX of a column that a key orders reads one entry."""

from __future__ import annotations

from dataclasses import replace

from planner.access.paths import access_paths
from planner.access.readers import order_of, single_points
from planner.expr.nodes import Column, Constant, Expression, OrderItem
from planner.functions import resolve
from planner.logical import Aggregate, DataSource, Limit, LogicalNode, Selection, Sort
from planner.rules.tree import RuleContext, selection, transform_up
from sqlnode.base.types import TypeCode, integer


def use_order_for_extremes(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`γ(max(t.k))(t)` → `γ(max(t.k))(limit 1(sort t.k desc(σ(t.k is not null)(t))))` when an index begins with k."""

    def change(node: LogicalNode) -> LogicalNode:
        return _through_key(node, context) if isinstance(node, Aggregate) else node

    return transform_up(plan, change)


def _through_key(node: Aggregate, context: RuleContext) -> LogicalNode:
    if node.group_by or len(node.aggregates) != 1:
        return node
    (call,) = node.aggregates
    if call.name not in ("min", "max") or not isinstance(call.args[0], Column):
        return node
    column = call.args[0]
    if column.type.code in (TypeCode.ENUM, TypeCode.SET):
        return node  # Compared by name, while keys are ordered by number.
    conditions: tuple[Expression, ...] = ()
    source = node.child
    if isinstance(source, Selection):
        conditions, source = source.conditions, source.child
    if not isinstance(source, DataSource) or source.table.id < 0 or not _is_ordered(source, conditions, column):
        return node
    child = node.child
    if not column.type.not_null:
        test = resolve("is_null", (column,), context.plan)
        child = selection(child, (resolve("not", (test,), context.plan),))
    ordered = Sort(child, (OrderItem(column, call.name == "max"),))
    return replace(node, child=Limit(ordered, Constant(1, integer(unsigned=True, not_null=True))))


def _is_ordered(source: DataSource, conditions: tuple[Expression, ...], column: Column) -> bool:
    for path in access_paths(source, conditions):
        if len(path.access.boxes) != 1 or path.access.residual:
            continue
        if order_of(path, ((column, False),), points=single_points(path)) is not None:
            return True
    return False
