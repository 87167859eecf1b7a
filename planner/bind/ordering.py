"""ORDER BY of a query block, DISTINCT, LIMIT, and the final Projection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.dependence import closure
from planner.bind.expressions import column_parts, unwrapped
from planner.bind.expressions_operators import operand
from planner.bind.names import item_named, order_names
from planner.bind.query import position_of, with_limit
from planner.bind.state import Binding
from planner.expr.nodes import AggregateCall, Column, Constant, Expression, OrderItem, Parameter, columns_of
from planner.logical import Aggregate, Distinct, LogicalNode, Projection, Sort
from sqlnode.base.errors import AGGREGATE_IN_ORDER_NOT_SELECT, BAD_FIELD_ERROR, FIELD_IN_ORDER_NOT_SELECT, SqlError

if TYPE_CHECKING:
    from planner.bind.select import Block

CLAUSE = "order clause"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One item of ORDER BY. `item` is the index of the select item that it means, None for another expression."""

    expression: Expression
    descending: bool
    item: int | None = None


def bind_order(block: Block) -> list[OrderKey]:
    """ORDER BY without its constants, which order nothing. Errors 1052, 1054."""
    clause = block.node.args.get("order")
    if clause is None:
        return []
    take(clause)
    keys = []
    for tree in clause.expressions:
        take(tree)
        key = _order_key(block, unwrapped(tree.this), bool(tree.args.get("desc")))
        if not isinstance(key.expression, (Constant, Parameter)):
            keys.append(key)
    return keys


def _order_key(block: Block, tree: exp.Expression, descending: bool) -> OrderKey:
    position = position_of(tree)
    if position is not None:
        if not 1 <= position <= len(block.items):
            raise SqlError(BAD_FIELD_ERROR, column=str(position), clause=CLAUSE)
        return OrderKey(block.items[position - 1].expression, descending, position - 1)
    if isinstance(tree, exp.Column):
        name, table, _ = column_parts(tree)
        at = None if table else item_named(block, name, CLAUSE)
        if at is not None:
            return OrderKey(block.items[at].expression, descending, at)
    if not isinstance(tree, (exp.Column, exp.Literal)) and tree.find(exp.Query) is not None:
        # a subquery bound twice has other columns; written alike, it is the select item
        for at, item in enumerate(block.items):
            if item.tree is not None and unwrapped(item.tree) == tree:
                return OrderKey(item.expression, descending, at)
    binder = block.binder(CLAUSE, block.upper)
    binder.last = order_names(block, CLAUSE)
    expression = operand(binder, tree)
    same = next((at for at, item in enumerate(block.items) if item.expression == expression), None)
    return OrderKey(expression, descending, same)


def check_distinct_order(block: Block, values: Sequence[Expression]) -> None:
    """Errors 3065, 3066: under DISTINCT, ORDER BY may only use what the select list decides."""
    if not block.strict:
        return
    items = [item.expression for item in block.items]
    if block.group_by and all(expression in items for expression in block.group_by):
        return  # the rows are distinct without it
    own = set(block.part.plan.schema)
    selected = [value for value in values if isinstance(value, Column)]
    known: set[int] | None = None
    for at, key in enumerate(block.order):
        if key.item is not None:
            continue
        for column in sorted(columns_of(key.expression), key=lambda c: c.id):
            if known is None:
                from planner.bind.select import own_facts

                known = closure({c.id for c in selected}, own_facts(block))
            if column.id not in known:
                if column not in own:
                    raise SqlError(AGGREGATE_IN_ORDER_NOT_SELECT, position=at + 1, reason="DISTINCT")
                name = ".".join(part for part in (column.database, column.table, column.name) if part)
                raise SqlError(FIELD_IN_ORDER_NOT_SELECT, position=at + 1, column=name, reason="DISTINCT")


def arrange(
    block: Block, plan: LogicalNode, values: Sequence[Expression], *, distinct: bool
) -> tuple[LogicalNode, tuple[Column, ...]]:
    """Sort, Distinct, Limit and Projection over the block's plan; the visible columns."""
    binding = block.environment.binding
    labels = [item.label for item in block.items]
    computed_order = any(key.item is not None and not isinstance(values[key.item], Column) for key in block.order)
    if not distinct and not computed_order:
        if block.order:
            plan = Sort(plan, tuple(OrderItem(key.expression, key.descending) for key in block.order))
        plan = with_limit(plan, block.node, block.environment)
        return project(binding, plan, values, labels)
    hidden = [key.expression for key in block.order if key.item is None]
    plan, columns = project(binding, plan, [*values, *hidden], [*labels, *("" for _ in hidden)])
    visible = columns[: len(values)]
    if distinct:
        plan = _distinct(plan, columns, len(values))
    extra = iter(columns[len(values) :])
    items = [
        OrderItem(columns[key.item] if key.item is not None else next(extra), key.descending) for key in block.order
    ]
    if items:
        plan = Sort(plan, tuple(items))
    plan = with_limit(plan, block.node, block.environment)
    if hidden:
        plan = Projection(plan, visible, visible)
    return plan, visible


def _distinct(plan: LogicalNode, columns: Sequence[Column], visible: int) -> LogicalNode:
    """Distinct rows of the visible columns; hidden sort columns keep the value of the first row met."""
    if len(columns) == visible:
        return Distinct(plan)
    calls = tuple(AggregateCall("first_row", (column,), column.type) for column in columns[visible:])
    shown = tuple(columns[:visible])
    return Aggregate(plan, shown, calls, (*columns[visible:], *shown))


def project(
    binding: Binding, plan: LogicalNode, values: Sequence[Expression], labels: Sequence[str]
) -> tuple[LogicalNode, tuple[Column, ...]]:
    """The plan that gives exactly the values; a column that passes through keeps its id the first time."""
    seen: set[int] = set()
    columns = []
    given = {column.id for column in plan.schema}
    for value, label in zip(values, labels):
        if isinstance(value, Column) and value.id in given and value.id not in seen:
            seen.add(value.id)
            columns.append(replace(value, name=label))
        elif isinstance(value, Column):
            columns.append(replace(binding.fresh(value), name=label))
        else:
            columns.append(binding.column(label, value.type))
    if [column.id for column in plan.schema] == [column.id for column in columns]:
        return plan, tuple(columns)
    return Projection(plan, tuple(values), tuple(columns)), tuple(columns)
