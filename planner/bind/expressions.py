"""Expressions: sqlglot nodes to typed expressions. This module dispatches; operators, calls and rows have their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import refused, take
from planner.bind.placement import Pending
from planner.bind.scope import Scope
from planner.bind.state import Environment
from planner.context import PlanContext
from planner.expr.nodes import Column, Expression, Parameter
from planner.functions import resolve
from sqlnode.base.errors import INVALID_GROUP_FUNC_USE, OPERAND_COLUMNS, SqlError
from sqlnode.base.types import SqlType, TypeCode, varchar

NameHook: TypeAlias = Callable[[str, str, str], Expression | None]
"""(column, table, database; empty where not written) to what the name stands for, or None."""

Handler: TypeAlias = "Callable[[ExpressionBinder, exp.Expression], Expression]"


@dataclass(slots=True)
class ExpressionBinder:
    """Binds the expressions of one clause.

    `first` and `last` are asked for a name before and after the block's own columns; with `only_hooks` the block's
    columns are hidden (HAVING). Subqueries go to `pending`, those inside aggregate functions to `inner`; `pending` None
    refuses subqueries, `inner` None refuses aggregates (error 1111).
    """

    environment: Environment
    scope: Scope
    clause: str
    pending: list[Pending] | None = None
    inner: list[Pending] | None = None
    first: NameHook | None = None
    last: NameHook | None = None
    only_hooks: bool = False
    values: Scope | None = None
    """Columns that VALUES(c) reads."""
    in_aggregate: bool = False

    @property
    def context(self) -> PlanContext:
        """The planner's input."""
        return self.environment.context

    def bind(self, node: exp.Expression, expected: SqlType | None = None) -> Expression:
        """One value. `expected` types a bare parameter whose type nobody gave."""
        kind = type(node)
        if kind is exp.Column:
            return self.column(node)
        take(node)
        if kind is exp.Placeholder:
            return self.parameter(int(node.name), expected)
        if kind is exp.Paren:
            return self.bind(node.this, expected)
        handler = handlers().get(kind)
        if handler is None:
            raise refused(node)
        return handler(self, node)

    def bind_all(self, nodes: Sequence[exp.Expression]) -> list[Expression]:
        """Several values."""
        return [self.bind(node) for node in nodes]

    def call(self, name: str, args: Sequence[Expression], text: str | None = None) -> Expression:
        """A typed call."""
        return resolve(name, args, self.context, text=text)

    def column(self, node: exp.Expression) -> Expression:
        """A column reference."""
        take(node)
        name, table, database = column_parts(node)
        return self.name(name, table, database)

    def name(self, name: str, table: str, database: str) -> Expression:
        """What a name stands for. Errors 1052, 1054."""
        if self.first is not None:
            found = self.first(name, table, database)
            if found is not None:
                return found
        if not self.only_hooks:
            column = self.scope.here(name, table, database, self.clause)
            if column is not None:
                self.scope.read((column,))
                return column
        if self.last is not None:
            found = self.last(name, table, database)
            if found is not None:
                return found
        return self.scope.lookup_outer(name, table, database, self.clause)

    def parameter(self, index: int, expected: SqlType | None) -> Parameter:
        """A `?`: typed by the execution's values, else by its surroundings, else as a string."""
        given = self.context.parameter_types
        if index < len(given):
            sql_type = given[index]
        elif expected is not None and expected.code != TypeCode.NULL:
            sql_type = expected.nullable()
        else:
            sql_type = varchar(-1, self.context.charset, self.context.collation)
        self.environment.binding.parameters[index] = sql_type
        return Parameter(index, sql_type)

    def inside_aggregate(self) -> ExpressionBinder:
        """The binder of an aggregate's arguments. Error 1111 where none may stand."""
        if self.inner is None or self.in_aggregate:
            raise SqlError(INVALID_GROUP_FUNC_USE)
        return replace(self, pending=self.inner, inner=None, in_aggregate=True, first=None, only_hooks=False)


def column_parts(node: exp.Expression) -> tuple[str, str, str]:
    """(name, table, database) of a Column node; missing parts are empty."""
    take(node)
    args = node.args
    if not isinstance(node, exp.Column):
        raise refused(node)
    if args.get("catalog") is not None:
        raise refused(node)
    name, table, database = args["this"], args.get("table"), args.get("db")
    if not isinstance(name, exp.Identifier):
        raise refused(name)
    return name.this, "" if table is None else table.this, "" if database is None else database.this


def one_column(node: exp.Expression) -> None:
    """Error 1241 for a row where one value must stand."""
    if isinstance(unwrapped(node), exp.Tuple):
        raise SqlError(OPERAND_COLUMNS, count=1)


def unwrapped(node: exp.Expression) -> exp.Expression:
    """The node without the parentheses round it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def is_parameter(node: exp.Expression) -> bool:
    """Whether the node is a bare `?`."""
    return isinstance(unwrapped(node), exp.Placeholder)


def is_column(expression: Expression) -> bool:
    """Whether the expression is a plain column of this block."""
    return isinstance(expression, Column)


_HANDLERS: dict[type[exp.Expression], Handler] = {}


def handlers() -> dict[type[exp.Expression], Handler]:
    """Node class to the function that binds it."""
    if not _HANDLERS:
        from planner.bind import expressions_calls, expressions_operators, expressions_rows, expressions_special

        for module in (expressions_calls, expressions_operators, expressions_rows, expressions_special):
            _HANDLERS.update(module.HANDLERS)
        _HANDLERS.update(_LITERALS)
    return _HANDLERS


def _literal(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    if node.args.get("is_string"):
        return literals.string(node.this, binder.context.charset, binder.context.collation)
    return literals.number(node.this)


def _row(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    raise SqlError(OPERAND_COLUMNS, count=1)


_LITERALS: dict[type[exp.Expression], Handler] = {
    exp.Literal: _literal,
    exp.National: lambda binder, node: literals.string(node.name, "utf8mb3", "utf8mb3_general_ci"),
    exp.HexString: lambda binder, node: literals.hexadecimal(node.this),
    exp.BitString: lambda binder, node: literals.bits(node.this),
    exp.Boolean: lambda binder, node: literals.boolean_constant(bool(node.this)),
    exp.Null: lambda binder, node: literals.NULL,
    exp.Tuple: _row,
}
