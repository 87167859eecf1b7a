"""UNION, INTERSECT, EXCEPT [ALL]."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import expressions as exp

from planner.bind.query import bind_query
from planner.bind.relation import Relation
from planner.bind.state import Environment
from planner.context import PlanContext
from planner.expr.coercion import aggregate_collations, unify
from planner.expr.nodes import Column, Expression
from planner.functions import cast
from planner.logical import LogicalNode, Projection, SetKind, SetOperation
from sqlnode.base.errors import WRONG_NUMBER_OF_COLUMNS_IN_SELECT, SqlError
from sqlnode.base.types import SqlType

_KINDS = {exp.Union: SetKind.UNION, exp.Intersect: SetKind.INTERSECT, exp.Except: SetKind.EXCEPT}


def bind_set_operation(node: exp.Expression, environment: Environment) -> Relation:
    """A set operation without its ORDER BY and LIMIT. A left-deep chain of one kind becomes one node. Error 1222."""
    from planner.bind.consumption import take

    kind = type(node)
    every = not node.args.get("distinct")
    operands: list[exp.Expression] = [node.expression]
    first = node.this
    while _continues(first, kind, every):
        take(first)
        operands.append(first.expression)
        first = first.this
    operands.append(first)
    operands.reverse()
    inputs = [bind_query(operand, environment) for operand in operands]
    if any(len(relation.columns) != len(inputs[0].columns) for relation in inputs):
        raise SqlError(WRONG_NUMBER_OF_COLUMNS_IN_SELECT)
    types = common_types([list(relation.columns) for relation in inputs], environment.context, _KINDS[kind].value)
    if kind is not exp.Union:
        types = [first_null(sql_type, inputs[0].columns[at]) for at, sql_type in enumerate(types)]
    names = [column.name for column in inputs[0].columns]
    columns = tuple(environment.binding.column(name, sql_type) for name, sql_type in zip(names, types))
    plans = tuple(_converted(relation, types, environment) for relation in inputs)
    return Relation(SetOperation(_KINDS[kind], every, plans, columns), columns)


def first_null(sql_type: SqlType, first: Column) -> SqlType:
    """INTERSECT and EXCEPT give rows of the first input, so its NOT NULL holds for the result."""
    from sqlnode.base.types import Flag

    return sql_type.with_flags(add=Flag.NOT_NULL) if first.type.not_null else sql_type


def _continues(node: exp.Expression, kind: type[exp.Expression], every: bool) -> bool:
    """Whether the left operand is the same operation (EXCEPT does not associate) without clauses of its own."""
    if type(node) is not kind or kind is exp.Except or every != (not node.args.get("distinct")):
        return False
    return not any(node.args.get(name) for name in ("order", "limit", "offset", "with_"))


def common_types(rows: Sequence[Sequence[Expression]], context: PlanContext, operation: str) -> list[SqlType]:
    """The result type of each column over several rows of expressions. Errors 1267, 1271."""
    found = []
    for values in zip(*rows):
        types = [value.type for value in values]
        strings = [value for value in values if value.type.is_string]
        derivation = aggregate_collations(strings, context, operation=operation) if strings else None
        found.append(unify(types, derivation))
    return found


def _converted(relation: Relation, types: Sequence[SqlType], environment: Environment) -> LogicalNode:
    """The input's visible columns brought to the common types."""
    expressions = tuple(cast(column, target) for column, target in zip(relation.columns, types))
    if all(value is column for value, column in zip(expressions, relation.columns)):
        if [c.id for c in relation.plan.schema] == [c.id for c in relation.columns]:
            return relation.plan
        return Projection(relation.plan, expressions, relation.columns)
    columns = tuple(
        column if value is column else environment.binding.column(column.name, value.type)
        for value, column in zip(expressions, relation.columns)
    )
    return Projection(relation.plan, expressions, columns)
