"""Walking and changing logical trees: what every rule needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from planner.context import PlanContext
from planner.expr.nodes import AggregateCall, Call, Column, CorrelatedColumn, Expression, columns_of, transform, walk
from planner.functions.registry import Volatility
from planner.ids import ColumnIds
from planner.logical import (
    Aggregate,
    CteReference,
    Distinct,
    Insert,
    Join,
    Limit,
    LogicalNode,
    MaxOneRow,
    Projection,
    Selection,
    SetOperation,
    Sort,
    Values,
)


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What a rule may use: the planner's input, and fresh column ids."""

    plan: PlanContext
    ids: ColumnIds

    def fresh(self, like: Column) -> Column:
        """A new column of the same name and type."""
        return replace(like, id=self.ids.next())


def map_children(node: LogicalNode, change: Callable[[LogicalNode], LogicalNode]) -> LogicalNode:
    """The node over changed children; the same object when nothing changed."""
    children = node.children
    changed = tuple(change(child) for child in children)
    if all(new is old for new, old in zip(changed, children)):
        return node
    return node.with_children(changed)


def transform_up(node: LogicalNode, change: Callable[[LogicalNode], LogicalNode]) -> LogicalNode:
    """Every node changed, children first."""
    return change(map_children(node, lambda child: transform_up(child, change)))


def nodes(plan: LogicalNode) -> Iterator[LogicalNode]:
    """The plan's nodes, parents first; shared common table expressions are not entered."""
    stack = [plan]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def expressions_of(node: LogicalNode) -> Iterator[Expression]:
    """The expressions that stand in a node itself."""
    match node:
        case Selection() | Join():
            yield from node.conditions
        case Projection():
            yield from node.expressions
        case Aggregate():
            yield from node.group_by
            yield from node.aggregates
        case Sort():
            yield from (item.expression for item in node.items)
        case Limit():
            yield from (part for part in (node.count, node.offset) if part is not None)
        case Values():
            for row in node.rows:
                yield from row


def map_expressions(node: LogicalNode, change: Callable[[Expression], Expression]) -> LogicalNode:
    """The node with every expression of its own changed; the same object when nothing changed."""

    def several(expressions: Iterable[Expression]) -> tuple[Expression, ...]:
        return tuple(change(expression) for expression in expressions)

    changed: LogicalNode
    match node:
        case Selection() | Join():
            changed = replace(node, conditions=several(node.conditions))
        case Projection():
            changed = replace(node, expressions=several(node.expressions))
        case Aggregate():
            calls = several(node.aggregates)
            changed = replace(node, group_by=several(node.group_by), aggregates=calls)  # type: ignore[arg-type]
        case Sort():
            items = tuple(replace(item, expression=change(item.expression)) for item in node.items)
            changed = replace(node, items=items)
        case Limit():
            count = None if node.count is None else change(node.count)
            changed = replace(node, count=count, offset=None if node.offset is None else change(node.offset))
        case Values():
            changed = replace(node, rows=tuple(several(row) for row in node.rows))
        case _:
            return node
    same = all(new is old for new, old in zip(expressions_of(changed), expressions_of(node)))
    return node if same else changed


def child_order_matters(node: LogicalNode, order_matters: bool) -> bool:
    """Whether the node, whose own columns' order matters or not, depends on which columns its children give and in
    which order. Everything else finds columns by id."""
    if isinstance(node, (SetOperation, Distinct, Insert, MaxOneRow)):
        return True
    return order_matters and not isinstance(node, (Projection, Aggregate))


def produced(plan: LogicalNode) -> set[Column]:
    """Every column that some node of the plan gives."""
    return {column for node in nodes(plan) for column in node.schema}


def correlated_columns(plan: LogicalNode) -> set[Column]:
    """Columns of enclosing queries that a plan reads."""
    found = {
        part.column
        for node in nodes(plan)
        for expression in expressions_of(node)
        for part in walk(expression)
        if isinstance(part, CorrelatedColumn)
    }
    for node in nodes(plan):
        if isinstance(node, CteReference):
            found |= correlated_columns(node.plan)
    return found - produced(plan) if found else found


def columns_read(expressions: Iterable[Expression]) -> set[Column]:
    """The plain columns in several expressions."""
    return {column for expression in expressions for column in columns_of(expression)}


def decorrelated(expression: Expression, columns: set[Column]) -> Expression:
    """The expression with correlated references to these columns made plain ones."""

    def visit(node: Expression) -> Expression | None:
        return node.column if isinstance(node, CorrelatedColumn) and node.column in columns else None

    return transform(expression, visit)


def reads_outer(expression: Expression, columns: set[Column]) -> bool:
    """Whether the expression reads one of these columns of an enclosing query."""
    return any(isinstance(node, CorrelatedColumn) and node.column in columns for node in walk(expression))


def is_movable(expression: Expression) -> bool:
    """Whether the expression may be evaluated elsewhere, or another number of times."""
    return not any(
        isinstance(node, AggregateCall)
        or (isinstance(node, Call) and (node.signature.volatility is Volatility.ROW or node.name == "setvar"))
        for node in walk(expression)
    )


def selection(child: LogicalNode, conditions: Iterable[Expression]) -> LogicalNode:
    """The child under conditions; without any the child itself, and one Selection instead of two."""
    wanted = tuple(conditions)
    if not wanted:
        return child
    if isinstance(child, Selection):
        return Selection(child.child, child.conditions + wanted)
    return Selection(child, wanted)
