"""Values brought to a column as INSERT, UPDATE and LOAD DATA do it.

`assigner(source, column)` compiles one conversion: the function takes (value, context, row number from 1) and gives the
value in the form of the column's type. What does not fit is an error of MySQL's when `context.strict_dml` is set, else
a warning with the nearest value. Lost fraction digits of a DECIMAL and the lost time of a DATE are notes either way.

TIMESTAMP values stay in the session's zone here; whoever encodes the row converts to UTC.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TypeAlias

from planner.expr.evaluation import EvalContext
from sqlnode.base.decimal import EXACT, fit, parse_prefix, round_to, to_text
from sqlnode.base.errors import (
    BAD_NULL_ERROR,
    TRUNCATED_WRONG_VALUE_FOR_FIELD,
    WARN_DATA_OUT_OF_RANGE,
    WARN_DATA_TRUNCATED,
    ErrorRow,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.temporal import year_of_number
from sqlnode.base.types import BLOB_CODES, INTEGER_CODES, EvalType, SqlType, TypeCode, Value

Assigner: TypeAlias = Callable[[Value, EvalContext, int], Value]
Converter: TypeAlias = Callable[[Value, EvalContext], Value]

INTEGER_BITS = {TypeCode.TINY: 8, TypeCode.SHORT: 16, TypeCode.INT24: 24, TypeCode.LONG: 32, TypeCode.LONGLONG: 64}
FLOAT_MAX = 3.4028234663852886e38
DOUBLE_MAX = 1.7976931348623157e308
_FLOAT = struct.Struct("<f")
_SPACE = b" \t\n\v\f\r"
_NUMBER = re.compile(rb"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


def assigner(source: SqlType, column: ColumnInfo, table: str = "") -> Assigner:
    """The conversion of values of `source` to `column`. `table` is only for the text of error 3140."""
    return _assigner(source.with_flags(remove=1), column.type, column.name, table)


@lru_cache(maxsize=2048)
def _assigner(source: SqlType, target: SqlType, name: str, table: str) -> Assigner:
    convert = _converter(source, target, name, table)
    not_null = target.not_null
    zero = zero_value(target)

    def assign(value: Value, context: EvalContext, row: int) -> Value:
        if value is None:
            if not not_null:
                return None
            complain(context, BAD_NULL_ERROR, column=name)
            return zero
        return convert(value, context, row)

    return assign


def quiet(context: EvalContext) -> EvalContext:
    """The context for values that were assigned before and are only computed anew: what does not fit is cut in silence."""
    return replace(context, strict_dml=False, warn=_ignored)


def _ignored(warning: SqlWarning) -> None:
    return


def complain(context: EvalContext, error: ErrorRow, **values: object) -> None:
    """An error in strict DML, else a warning."""
    if context.strict_dml:
        raise SqlError(error, **values)
    context.warning(error, **values)


def note(context: EvalContext, error: ErrorRow, **values: object) -> None:
    """A note, whatever the mode."""
    context.warn(SqlWarning("Note", error.code, error.template.format(**values)))


def zero_value(target: SqlType) -> Value:
    """What a NOT NULL column without a better value holds: zero, the empty string, the zero date."""
    if target.code == TypeCode.JSON:
        return b"\x04\x00"
    match target.eval_type:
        case EvalType.REAL:
            return 0.0
        case EvalType.DECIMAL:
            return round_to(Decimal(0), max(target.scale, 0))
        case EvalType.STRING if target.is_string:
            padded = target.code == TypeCode.STRING and target.charset == "binary"
            return bytes(max(target.length, 0)) if padded else b""
    return 0


def _converter(source: SqlType, target: SqlType, name: str, table: str) -> Assigner:
    from planner.expr import assignment_text, assignment_time

    code = target.code
    if source.code == TypeCode.NULL:
        return lambda value, context, row: value
    if code in INTEGER_CODES:
        return _to_integer(source, target, name)
    if code == TypeCode.YEAR:
        return _to_year(source, name)
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return _to_real(source, target, name)
    if code == TypeCode.NEWDECIMAL:
        return _to_decimal(source, target, name)
    if target.is_temporal:
        return assignment_time.to_datetime(source, target, name)
    if code == TypeCode.TIME:
        return assignment_time.to_duration(source, target, name)
    if code == TypeCode.ENUM:
        return assignment_text.to_enum(source, target, name)
    if code == TypeCode.SET:
        return assignment_text.to_set(source, target, name)
    if code == TypeCode.BIT:
        return assignment_text.to_bit(source, target, name)
    if code == TypeCode.JSON:
        return assignment_text.to_json(source, name, table)
    assert target.is_string or code in BLOB_CODES, f"no assignment to type {code}"
    return assignment_text.to_string(source, target, name)


def integer_bounds(target: SqlType) -> tuple[int, int]:
    """(least, greatest) value of an integer type."""
    bits = INTEGER_BITS[target.code]
    return (0, (1 << bits) - 1) if target.unsigned else (-(1 << bits - 1), (1 << bits - 1) - 1)


def _to_integer(source: SqlType, target: SqlType, name: str) -> Assigner:
    low, high = integer_bounds(target)
    if source.is_string and source.eval_type == EvalType.STRING:
        return _text_to_integer(low, high, name)
    whole = _whole_number(source, name)
    exact = source.eval_type == EvalType.DECIMAL and low == 0

    def out_of_range(number: int, context: EvalContext, row: int) -> int:
        complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
        return low if number < low else high

    if whole is None:

        def keep(value: Value, context: EvalContext, row: int) -> Value:
            return value if low <= value <= high else out_of_range(value, context, row)  # type: ignore[operator, arg-type]

        return keep

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        number = whole(value, context, row)
        if exact and value < 0:  # type: ignore[operator]
            # MySQL looks at a decimal's sign before it rounds: -0.4 is out of range.
            number = -1
        return number if low <= number <= high else out_of_range(number, context, row)  # type: ignore[operator, arg-type]

    return convert


def _text_to_integer(low: int, high: int, name: str) -> Assigner:
    """A text's number: when it is out of range, what follows it in the text is not complained about as well."""

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        number, end = _leading_whole(value)
        if not low <= number <= high:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
            return low if number < low else high
        _check_rest(value, end, name, context, row)
        return number

    return convert


def _whole_number(source: SqlType, name: str) -> Assigner | None:
    """A value as an integer of any size; None when it is one already."""
    match source.eval_type:
        case EvalType.INT:
            return None
        case EvalType.REAL:
            return lambda value, context, row: _rounded_real(value)  # type: ignore[arg-type]
        case EvalType.DECIMAL:
            return lambda value, context, row: int(value.to_integral_value(ROUND_HALF_UP, EXACT))  # type: ignore[union-attr]
        case EvalType.STRING if source.is_string:
            return _whole_of_text(name)
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        return None
    return _through_cast(source, SqlType(TypeCode.LONGLONG))


def _rounded_real(value: float) -> int:
    if math.isfinite(value):
        return round(value)
    return 1 << 70 if value > 0 else -(1 << 70)


def _through_cast(source: SqlType, target: SqlType) -> Assigner | None:
    """The implicit cast of expressions, for kinds of sources without a rule of their own here."""
    from planner.functions.casting import converter

    convert = converter(source, target, None)
    if convert is None:
        return None

    def through(value: Value, context: EvalContext, row: int) -> Value:
        result: Value = convert(value, context)
        return result

    return through


def _shown(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _leading_whole(value: bytes) -> tuple[int, int]:
    """(the number that a text begins with, rounded, of any size; where it ends). (0, 0) when there is none."""
    match = _NUMBER.match(value)
    if match is None:
        return 0, 0
    text = match[1]
    if text.isdigit():
        return int(text), match.end()
    number = Decimal(text.decode())
    if number.adjusted() > 30:
        return 1 << 70 if number > 0 else -(1 << 70), match.end()
    return int(number.to_integral_value(ROUND_HALF_UP, EXACT)), match.end()


def _check_rest(value: bytes, end: int, name: str, context: EvalContext, row: int) -> None:
    """Complains about a text that is no number (`end` 0), or about what stands behind its number."""
    if not end:
        shown = _shown(value)
        complain(context, TRUNCATED_WRONG_VALUE_FOR_FIELD, kind="integer", value=shown, column=name, row=row)
    elif end != len(value) and value[end:].strip(_SPACE):
        complain(context, WARN_DATA_TRUNCATED, column=name, row=row)


def _whole_of_text(name: str) -> Assigner:
    def whole_of_text(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        number, end = _leading_whole(value)
        _check_rest(value, end, name, context, row)
        return number

    return whole_of_text


def _to_year(source: SqlType, name: str) -> Assigner:
    if source.is_string and source.eval_type == EvalType.STRING:
        return _text_to_year(name)
    whole = _whole_number(source, name)
    temporal = source.is_temporal
    real = source.eval_type == EvalType.REAL

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        if temporal:
            assert isinstance(value, int), "a time is packed"
            number = (value >> 46) // 13
        elif real:
            assert isinstance(value, float), "a double"
            # Its fraction is cut off, and what is below zero is out of range before that.
            number = int(value) if 0.0 <= value <= 2155.0 else -1
        else:
            found = value if whole is None else whole(value, context, row)
            assert isinstance(found, int), "a whole number"
            number = found
        year = year_of_number(number, is_text=False)
        if year is None:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
            return 0
        return year

    return convert


def _text_to_year(name: str) -> Assigner:
    """A year in text: one or two digits mean 1970 to 2069; what is no number at all is the year 0."""

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        number, end = _leading_whole(value)
        year = year_of_number(number, is_text=len(value.strip(_SPACE)) != 4)
        if year is None:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
            return 0
        _check_rest(value, end, name, context, row)
        return year if end else 0

    return convert


def _to_real(source: SqlType, target: SqlType, name: str) -> Assigner:
    real = _real_number(source, name)
    is_float = target.code == TypeCode.FLOAT
    top = FLOAT_MAX if is_float else DOUBLE_MAX
    scale = target.scale if 0 <= target.scale < 31 else -1
    if scale >= 0:
        top = min(top, 10.0 ** (target.length - scale) - 10.0**-scale)
    bottom = 0.0 if target.unsigned else -top

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        found = value if real is None else real(value, context, row)
        number = float(found)  # type: ignore[arg-type]
        if scale >= 0 and math.isfinite(number):
            number = float(round_to(Decimal(repr(number)), scale)) if abs(number) < 1e30 else number
        if not bottom <= number <= top:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
            number = top if number > 0 else bottom
        if not is_float:
            return number
        try:
            narrow: float = _FLOAT.unpack(_FLOAT.pack(number))[0]
        except OverflowError:
            narrow = top
        return narrow

    return convert


def _real_number(source: SqlType, name: str) -> Assigner | None:
    if source.eval_type in (EvalType.INT, EvalType.REAL, EvalType.DECIMAL) or source.code in (
        TypeCode.ENUM,
        TypeCode.SET,
    ):
        return None
    if not source.is_string:
        return _through_cast(source, SqlType(TypeCode.DOUBLE))

    def real_of_text(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        match = _NUMBER.match(value)
        if match is None or (match.end() != len(value) and value[match.end() :].strip(_SPACE)):
            complain(context, WARN_DATA_TRUNCATED, column=name, row=row)
        return 0.0 if match is None else float(match[1])

    return real_of_text


def _to_decimal(source: SqlType, target: SqlType, name: str) -> Assigner:
    exact = _exact_number(source, name)
    precision, scale = target.length if target.length > 0 else 10, max(target.scale, 0)
    unsigned = target.unsigned
    zero = round_to(Decimal(0), scale)

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        number = value if exact is None else exact(value, context, row)
        assert isinstance(number, Decimal), "a decimal"
        if unsigned and number < 0:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
            return zero
        fitted, overflow = fit(number, precision, scale)
        if overflow:
            complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
        elif fitted != number:
            note(context, WARN_DATA_TRUNCATED, column=name, row=row)
        return fitted

    return convert


def _exact_number(source: SqlType, name: str) -> Assigner | None:
    match source.eval_type:
        case EvalType.DECIMAL:
            return None
        case EvalType.INT:
            return lambda value, context, row: Decimal(value)  # type: ignore[arg-type]
        case EvalType.REAL:
            return lambda value, context, row: _decimal_of_real(value)  # type: ignore[arg-type]
        case EvalType.STRING if source.is_string:
            return _exact_of_text(name)
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        return lambda value, context, row: Decimal(value)  # type: ignore[arg-type]
    return _through_cast(source, SqlType(TypeCode.NEWDECIMAL, 0, 65, 30))


def _decimal_of_real(value: float) -> Decimal:
    if math.isfinite(value):
        return Decimal(repr(value))
    return Decimal("1e90") if value > 0 else Decimal("-1e90")


def _exact_of_text(name: str) -> Assigner:
    def exact_of_text(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        number, complete = parse_prefix(value)
        if complete:
            return number
        read = _NUMBER.match(value)
        if context.strict_dml or read is None:
            shown = _shown(value)
            complain(context, TRUNCATED_WRONG_VALUE_FOR_FIELD, kind="decimal", value=shown, column=name, row=row)
        elif value[read.end() :].strip(_SPACE):
            context.warning(WARN_DATA_TRUNCATED, column=name, row=row)
        return number

    return exact_of_text


def number_text(value: Value) -> str:
    """A number as an error message shows it."""
    if isinstance(value, Decimal):
        return to_text(value)
    if isinstance(value, float):
        from sqlnode.base.json import format_double

        return format_double(value)
    return str(value)
