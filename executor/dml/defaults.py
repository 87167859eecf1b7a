"""Values of columns that a statement does not name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from executor.context import EvalContext
from planner.expr.assignment import assigner, zero_value
from planner.expr.nodes import Expression
from sqlnode.base.errors import NO_DEFAULT_FOR_FIELD, SqlError
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.temporal import from_utc, pack
from sqlnode.base.types import Flag, TypeCode, Value
from store.codec.table_codec import value_of_text

Compute: TypeAlias = Callable[[Sequence[Value], EvalContext], Value]
Bind: TypeAlias = Callable[[str], "tuple[Compute, Expression]"]
NOW = "CURRENT_TIMESTAMP"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Default:
    """A column's default: `value`, or what `compute` gives for the row so far. `missing`: it has none, and a statement
    must name the column (the value is then the type's zero). `needs_row`: an expression, computed after all others."""

    column: ColumnInfo
    value: Value = None
    compute: Compute | None = None
    missing: bool = False
    needs_row: bool = False

    def get(self, row: Sequence[Value], context: EvalContext) -> Value:
        """The value for DEFAULT. Error (or warning) 1364 when there is none."""
        if self.compute is not None:
            return self.compute(row, context)
        if self.missing:
            self.complain(context)
        return self.value

    def complain(self, context: EvalContext) -> None:
        """1364: an error in strict mode, else a warning."""
        if context.strict_dml:
            raise SqlError(NO_DEFAULT_FOR_FIELD, column=self.column.name)
        context.warning(NO_DEFAULT_FOR_FIELD, column=self.column.name)


def default_of(column: ColumnInfo, bind: Bind | None) -> Default:
    """The default of a column; `bind` compiles expressions."""
    sql_type = column.type
    if column.is_generated or sql_type.flags & Flag.AUTO_INCREMENT:
        return Default(column)
    if column.default_is_expr and column.default is not None:
        assert bind is not None, "an expression needs a binder"
        compute, expression = bind(column.default)
        assign = assigner(expression.type, column)
        return Default(column, None, lambda row, context: assign(compute(row, context), context, 1), needs_row=True)
    if sql_type.code == TypeCode.BIT and column.default_bit is not None:
        return Default(column, int.from_bytes(column.default_bit, "big"))
    if column.default is None:
        if sql_type.not_null and sql_type.flags & Flag.NO_DEFAULT_VALUE:
            if sql_type.code == TypeCode.ENUM:
                return Default(column, 1)
            return Default(column, zero_value(sql_type), missing=True)
        return Default(column)
    if sql_type.code in (TypeCode.TIMESTAMP, TypeCode.DATETIME) and column.default.upper().startswith(NOW):
        digits = sql_type.fsp
        return Default(column, None, lambda row, context: now_packed(context, digits))
    value = value_of_text(column.default, sql_type)
    if sql_type.code == TypeCode.TIMESTAMP and value and column.version >= 1:
        return Default(column, None, lambda row, context: _local(value, context))
    return Default(column, value)


def _local(value: Value, context: EvalContext) -> Value:
    assert isinstance(value, int), "a time is packed"
    return value if context.zone is None else from_utc(value, context.zone)


def now_packed(context: EvalContext, digits: int) -> int:
    """The statement's time in the session's zone, fraction cut to `digits`."""
    moment = _EPOCH + timedelta(microseconds=context.now_us)
    if context.zone is not None:
        moment = moment.astimezone(context.zone)
    step = 10 ** (6 - digits)
    micro = moment.microsecond // step * step
    return pack(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, micro)
