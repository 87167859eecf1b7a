"""The doors of the binder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind.expressions import ExpressionBinder
from planner.bind.expressions_operators import operand
from planner.bind.hints import note_hints
from planner.bind.ordering import project
from planner.bind.placement import Pending, attach
from planner.bind.query import bind_query
from planner.bind.relation import Relation
from planner.bind.scope import Scope, Source
from planner.bind.state import Binding, Environment, Unit
from planner.context import PlanContext
from planner.expr.nodes import Column, Expression
from planner.logical import BoundQuery, Dual, Limit, LogicalNode
from planner.parse.failure import too_deep
from planner.parse.nodes_common import StatementKind
from planner.parse.statement import NO_MODIFIERS, Statement
from sqlnode.base.errors import SP_UNDECLARED_VAR, WRONG_NUMBER_OF_COLUMNS_IN_SELECT, SqlError
from sqlnode.base.types import SqlType

_NO_LIMIT = (1 << 64) - 1


def bind(statement: Statement, context: PlanContext) -> BoundQuery:
    """The bound form of a query or DML statement.

    Raises MySQL's errors for names that do not resolve, rules that are broken, and 1235 for what is not supported.
    """
    binding = Binding()
    if context.parameters:
        context = replace(context, value_read=binding.value_read, guarded=binding.guarded)
    environment = Environment(binding, Unit(context, statement))
    if statement.modifiers is not NO_MODIFIERS:
        note_hints(statement, binding, context)
    try:
        if statement.kind is StatementKind.SELECT:
            relation = bind_query(statement.tree, environment)
            return _query(statement, environment, relation)
        plan = _dml(statement, environment)
    except RecursionError:
        raise too_deep() from None
    return _bound(statement, environment, plan)


def _dml(statement: Statement, environment: Environment) -> LogicalNode:
    from planner.bind.dml_delete import bind_delete
    from planner.bind.dml_insert import bind_insert
    from planner.bind.dml_update import bind_update

    if statement.kind is StatementKind.UPDATE:
        return bind_update(statement, environment)
    if statement.kind is StatementKind.DELETE:
        return bind_delete(statement, environment)
    assert statement.kind in (StatementKind.INSERT, StatementKind.REPLACE), statement.kind
    return bind_insert(statement, environment)


def _query(statement: Statement, environment: Environment, relation: Relation) -> BoundQuery:
    into = statement.into
    if into is not None and into.file is None:
        for variable in into.variables:
            if not variable.user:
                raise SqlError(SP_UNDECLARED_VAR, name=variable.name)
        if len(into.variables) != len(relation.columns):
            raise SqlError(WRONG_NUMBER_OF_COLUMNS_IN_SELECT)
    plan = _select_limit(statement, environment.context, relation.plan)
    return _bound(statement, environment, plan, relation.columns)


def _select_limit(statement: Statement, context: PlanContext, plan: LogicalNode) -> LogicalNode:
    """sql_select_limit counts for a statement without a LIMIT of its own."""
    from planner.bind import literals

    limit = context.variables.get("sql_select_limit", _NO_LIMIT)
    if not isinstance(limit, int) or limit >= _NO_LIMIT or statement.tree.args.get("limit") is not None:
        return plan
    return Limit(plan, literals.integer_constant(limit))


def _bound(
    statement: Statement, environment: Environment, plan: LogicalNode, columns: tuple[Column, ...] = ()
) -> BoundQuery:
    binding = environment.binding
    types: list[SqlType | None] = [binding.parameters.get(index) for index in range(statement.parameter_count)]
    return BoundQuery(
        plan=plan,
        columns=columns,
        labels=tuple(column.name for column in columns),
        tables=tuple((database, table) for (database, _), table in binding.tables.items()),
        references=tuple(binding.references),
        privileges=tuple(binding.privileges),
        view_privileges=tuple(binding.view_privileges),
        cacheable=binding.cacheable,
        guards=tuple(binding.guards),
        parameter_types=tuple(types),
        locks=binding.locks,
        into=statement.into,
        found_rows=statement.modifiers.calc_found_rows,
        max_execution_ms=binding.max_execution_ms,
    )


def bind_expression(tree: exp.Expression, columns: Sequence[Column], context: PlanContext) -> Expression:
    """An expression over given columns, which are resolved by name (also `table.name`). Subqueries are refused (1235),
    aggregates are error 1111."""
    source = Source(columns[0].table if columns else "", columns[0].database if columns else "", tuple(columns))
    scope = Scope((source,), tuple(columns))
    environment = Environment(Binding(next_id=1 + max((c.id for c in columns), default=0)), Unit(context))
    try:
        return operand(ExpressionBinder(environment, scope, "field list"), tree)
    except RecursionError:
        raise too_deep() from None


def bind_values(trees: Sequence[exp.Expression], context: PlanContext) -> BoundQuery:
    """One row of expressions without FROM (SET, DO); subqueries may stand in them."""
    environment = Environment(Binding(), Unit(context))
    pending: list[Pending] = []
    binder = ExpressionBinder(environment, Scope(), "field list", pending)
    try:
        values = [operand(binder, tree) for tree in trees]
    except RecursionError:
        raise too_deep() from None
    plan = attach(Dual(), pending)
    plan, columns = project(environment.binding, plan, values, ["" for _ in values])
    binding = environment.binding
    return BoundQuery(
        plan=plan,
        columns=columns,
        labels=tuple("" for _ in columns),
        tables=tuple((database, table) for (database, _), table in binding.tables.items()),
        references=tuple(binding.references),
        privileges=tuple(binding.privileges),
        view_privileges=tuple(binding.view_privileges),
        cacheable=False,
    )


__all__ = ["bind", "bind_expression", "bind_values"]
