"""Query expressions: SELECT, VALUES, parenthesised queries, set operations, and the ORDER BY and LIMIT behind them."""

from __future__ import annotations

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import refused, take
from planner.bind.ctes import with_ctes
from planner.bind.expressions import ExpressionBinder, unwrapped
from planner.bind.expressions_operators import operand
from planner.bind.relation import Relation
from planner.bind.scope import Scope
from planner.bind.state import Environment
from planner.context import PlanContext
from planner.expr.nodes import Constant, Expression, OrderItem, Parameter
from planner.functions import cast
from planner.logical import Limit, LogicalNode, Projection, Sort, Values
from sqlnode.base.errors import (
    AGGREGATE_ORDER_FOR_UNION,
    BAD_FIELD_ERROR,
    INVALID_GROUP_FUNC_USE,
    TABLENAME_NOT_ALLOWED_HERE,
    WRONG_VALUE_COUNT_ON_ROW,
    SqlError,
)
from sqlnode.base.types import integer

ORDER_CLAUSE = "order clause"


def bind_query(node: exp.Expression, environment: Environment) -> Relation:
    """Any query expression."""
    from planner.bind.select import bind_select
    from planner.bind.set_operations import bind_set_operation

    take(node)
    environment = with_ctes(environment, node)
    if isinstance(node, exp.Select):
        return bind_select(node, environment)
    if isinstance(node, exp.SetOperation):
        return with_tail(bind_set_operation(node, environment), node, environment)
    if isinstance(node, exp.Subquery):
        if node.args.get("alias") is not None or node.args.get("joins"):
            raise refused(node)
        return with_tail(bind_query(node.this, environment), node, environment)
    if isinstance(node, exp.Values):
        if node.args.get("alias") is not None:
            raise refused(node)
        return with_tail(bind_values_rows(environment, node), node, environment)
    raise refused(node)


def bind_values_rows(environment: Environment, node: exp.Expression) -> Relation:
    """VALUES ROW(…), …; columns are named column_0, column_1, … Error 1136."""
    from planner.bind.set_operations import common_types

    binder = ExpressionBinder(environment, Scope(outer=environment.outer), "field list")
    rows: list[list[Expression]] = []
    for row in node.expressions:
        take(row)
        rows.append([operand(binder, value) for value in row.expressions])
        if not rows[-1] or len(rows[-1]) != len(rows[0]):
            raise SqlError(WRONG_VALUE_COUNT_ON_ROW, row=len(rows))
    types = common_types(rows, environment.context, "values")
    columns = tuple(environment.binding.column(f"column_{at}", sql_type) for at, sql_type in enumerate(types))
    cells = tuple(tuple(cast(value, sql_type) for value, sql_type in zip(row, types)) for row in rows)
    return Relation(Values(columns, cells), columns)


def with_tail(relation: Relation, node: exp.Expression, environment: Environment) -> Relation:
    """ORDER BY and LIMIT that follow a whole query expression; they see its result columns only."""
    plan = relation.plan
    order = node.args.get("order")
    if order is not None:
        items = _order_items(relation, order, environment)
        if items:
            plan = Sort(plan, tuple(items))
    plan = with_limit(plan, node, environment)
    if plan is relation.plan:
        return relation
    if len(plan.schema) != len(relation.columns):
        plan = Projection(plan, tuple(relation.columns), relation.columns)
    return Relation(plan, relation.columns, relation.facts)


def _order_items(relation: Relation, order: exp.Expression, environment: Environment) -> list[OrderItem]:
    take(order)
    scope = Scope((), relation.columns, environment.outer)
    binder = ExpressionBinder(environment, scope, ORDER_CLAUSE, first=_only_names)
    items: list[OrderItem] = []
    for at, item in enumerate(order.expressions):
        take(item)
        tree = unwrapped(item.this)
        position = position_of(tree)
        if position is not None:
            if not 1 <= position <= len(relation.columns):
                raise SqlError(BAD_FIELD_ERROR, column=str(position), clause=ORDER_CLAUSE)
            value: Expression = relation.columns[position - 1]
        else:
            try:
                value = operand(binder, tree)
            except SqlError as error:
                if error.code == INVALID_GROUP_FUNC_USE.code:
                    raise SqlError(AGGREGATE_ORDER_FOR_UNION, position=at + 1) from None
                raise
        if not isinstance(value, (Constant, Parameter)):
            items.append(OrderItem(value, bool(item.args.get("desc"))))
    return items


def _only_names(name: str, table: str, database: str) -> Expression | None:
    if table:
        raise SqlError(TABLENAME_NOT_ALLOWED_HERE, table=table, clause="global ORDER clause")
    return None


def position_of(tree: exp.Expression) -> int | None:
    """The number when ORDER BY or GROUP BY names an item of the select list by position."""
    if isinstance(tree, exp.Literal) and not tree.args.get("is_string") and tree.this.isdigit():
        return int(tree.this)
    return None


def with_limit(plan: LogicalNode, node: exp.Expression, environment: Environment) -> LogicalNode:
    """The node's LIMIT and OFFSET over the plan."""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is None:
        if offset is not None:
            raise refused(offset)
        return plan
    take(limit)
    count = row_count(limit.expression, environment)
    skip = None
    if offset is not None:
        take(offset)
        skip = row_count(offset.expression, environment)
    return Limit(plan, count, skip)


def row_count(node: exp.Expression, environment: Environment) -> Expression:
    """An operand of LIMIT: a whole number or a parameter, BIGINT UNSIGNED."""
    take(node)
    context: PlanContext = environment.context
    if isinstance(node, exp.Placeholder):
        index = int(node.name)
        given = context.parameter_types
        sql_type = given[index] if index < len(given) else integer(unsigned=True)
        environment.binding.parameters[index] = sql_type
        return Parameter(index, sql_type)
    if not isinstance(node, exp.Literal) or not node.this.isdigit():
        raise refused(node)
    return literals.integer_constant(min(int(node.this), (1 << 64) - 1), node.this)
