"""Expressions that a table's definition holds as text: defaults, generated columns, CHECK constraints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.statement import bind_expression
from planner.context import PlanContext
from planner.expr.nodes import Column, Constant, Expression, columns_of
from planner.functions import cast, resolve
from planner.parse import parse_expression
from sqlnode.base.errors import DEFAULT_AS_VAL_GENERATED, NO_DEFAULT_FOR_FIELD, SqlError
from sqlnode.base.schema import ColumnInfo, ConstraintInfo, SchemaState, TableInfo
from sqlnode.base.temporal import from_utc
from sqlnode.base.temporal_parse import parse_datetime
from sqlnode.base.types import Flag, SqlType, TypeCode, datetime

_CHECKED = (SchemaState.WRITE_ONLY, SchemaState.WRITE_REORGANIZATION, SchemaState.PUBLIC)
_NOW = ("current_timestamp", "now", "localtime", "localtimestamp")


@lru_cache(maxsize=1024)
def tree_of(text: str) -> exp.Expression:
    """The parsed form of a stored expression; stored texts are written in the default lexical mode."""
    return parse_expression(text)


def default_expression(column: ColumnInfo, context: PlanContext, columns: Sequence[Column] = ()) -> Expression | None:
    """What DEFAULT means for a column, typed but not yet brought to the column's type (assign it as INSERT assigns).

    None when the column has no default (NOT NULL without DEFAULT: error 1364 or the implicit value, as sql_mode says).
    `columns` are the row's, for defaults that read other columns.
    """
    if column.is_generated:
        return None
    if column.default_is_expr and column.default is not None:
        return bind_expression(tree_of(column.default), columns, context)
    if column.default is None and column.default_bit is None:
        if column.type.flags & Flag.NO_DEFAULT_VALUE or column.type.not_null:
            return None
        return Constant(None, column.type.nullable())
    return _stored_default(column, context)


def _stored_default(column: ColumnInfo, context: PlanContext) -> Expression:
    if column.type.code == TypeCode.BIT or column.default is None:
        data = column.default_bit if column.default_bit is not None else (column.default or "").encode("latin-1")
        return literals.binary(data, is_hex=True)
    text = column.default
    if column.type.code in (TypeCode.TIMESTAMP, TypeCode.DATETIME) and text.split("(")[0].lower() in _NOW:
        fsp = column.type.fsp
        return resolve("now", (literals.integer_constant(fsp),) if fsp else (), context)
    if column.type.code == TypeCode.TIMESTAMP and column.version > 0 and context.zone is not None:
        packed = parse_datetime(text, 6).value
        if packed:  # stored in UTC, except the zero date
            return Constant(from_utc(packed, context.zone), datetime(column.type.fsp))
    return literals.string(text, "utf8mb4", "utf8mb4_bin")


def default_of_column(table: TableInfo, column: ColumnInfo, context: PlanContext) -> Expression:
    """DEFAULT(column) as a value of the column's type. Errors 1364, 3773."""
    if column.default_is_expr:
        raise SqlError(DEFAULT_AS_VAL_GENERATED)
    found = default_expression(column, context)
    if found is None:
        raise SqlError(NO_DEFAULT_FOR_FIELD, column=column.name)
    return cast(found, value_type(column.type))


def value_type(sql_type: SqlType) -> SqlType:
    """A column's type without the flags that belong to the column alone."""
    flags = Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY | Flag.AUTO_INCREMENT | Flag.NO_DEFAULT_VALUE
    return sql_type.with_flags(remove=flags | Flag.ON_UPDATE_NOW | Flag.NOT_NULL)


def generated_expressions(
    table: TableInfo, columns: Sequence[Column], context: PlanContext
) -> list[tuple[ColumnInfo, Expression]]:
    """The generated columns with their expressions over the row's columns (all public ones, in offset order); each
    comes after the generated columns that it reads."""
    rest = {}
    for info in table.columns:
        if info.is_generated and info.state != SchemaState.NONE:
            rest[info.name.lower()] = (info, bind_expression(tree_of(info.generated_expr), columns, context))
    ordered: list[tuple[ColumnInfo, Expression]] = []
    while rest:
        ready = [
            name
            for name, (_, expression) in rest.items()
            if not any((c.origin_name or c.name).lower() in rest for c in columns_of(expression))
        ]
        assert ready, f"generated columns of {table.name} read each other"
        ordered.extend(rest.pop(name) for name in ready)
    return ordered


def check_expressions(
    table: TableInfo, columns: Sequence[Column], context: PlanContext
) -> list[tuple[ConstraintInfo, Expression]]:
    """The enforced CHECK constraints with their conditions over the row's columns. A row violates one that is false
    (not one that is NULL): error 3819."""
    return [
        (constraint, bind_expression(tree_of(constraint.expression), columns, context))
        for constraint in table.constraints
        if constraint.enforced and constraint.state in _CHECKED
    ]
