"""Casts to integers, DOUBLE, FLOAT and DECIMAL: one kernel per source and target, chosen when a call is compiled.

A kernel takes (value, EvalContext). None in place of a kernel: the value is already right. Texts are read as MySQL
does: the longest prefix that is a number, warning 1292 when something follows (an error in strict DML).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from planner.expr.evaluation import EvalContext
from sqlnode.base import json as binary_json
from sqlnode.base.decimal import EXACT, ZERO, fit, parse_prefix, round_to, to_text, unit
from sqlnode.base.errors import (
    DATA_OUT_OF_RANGE,
    INVALID_JSON_VALUE_FOR_CAST,
    TRUNCATED_WRONG_VALUE,
    WARN_DATA_OUT_OF_RANGE,
    SqlError,
    SqlWarning,
)
from sqlnode.base.temporal import (
    date_number,
    datetime_number,
    duration_number,
    round_duration,
    round_packed,
    year_of_number,
)
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value

Converter: TypeAlias = Callable[[Any, EvalContext], Any]
"""(value in the source's form, context) -> value in the target's form; the value is never None."""

MIN_INT, MAX_INT, MAX_UINT = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
_SPACE = b" \t\n\v\f\r"
_INTEGER = re.compile(rb"[ \t\n\v\f\r]*([+-]?\d+)")
_REAL = re.compile(rb"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_FLOAT = struct.Struct("<f")
MAX_DOUBLE = 1.7976931348623157e308


def shown(value: bytes) -> str:
    """A string as a warning prints it."""
    return value.decode("utf-8", "backslashreplace")[:128]


def truncated(context: EvalContext, kind: str, value: str) -> None:
    """Warning 1292, an error inside strict DML."""
    if context.strict_dml:
        raise SqlError(TRUNCATED_WRONG_VALUE, kind=kind, value=value)
    context.warning(TRUNCATED_WRONG_VALUE, kind=kind, value=value)


def beyond(context: EvalContext, expression: str) -> None:
    """Warning 1264 for a number beyond its type, an error inside strict DML."""
    if context.strict_dml:
        raise SqlError(WARN_DATA_OUT_OF_RANGE, column=expression, row=1)
    context.warning(WARN_DATA_OUT_OF_RANGE, column=expression, row=1)


# ------------------------------------------------------------------------------------------------------------ integers


def integer_converter(source: SqlType, target: SqlType) -> Converter | None:
    """To a signed or unsigned integer of 64 bits, or a YEAR."""
    if target.code == TypeCode.YEAR:
        return _to_year(source)
    wrap = _wrap_unsigned if target.unsigned else _wrap_signed
    if source.code in (TypeCode.ENUM, TypeCode.SET, TypeCode.BIT, TypeCode.YEAR):
        return None if target.unsigned or source.code != TypeCode.BIT else wrap
    match source.eval_type:
        case EvalType.INT:
            return None if source.unsigned == target.unsigned else wrap
        case EvalType.REAL:
            return unsigned_of_real if target.unsigned else signed_of_real
        case EvalType.DECIMAL:
            return unsigned_of_decimal if target.unsigned else signed_of_decimal
        case EvalType.STRING:
            return unsigned_of_text if target.unsigned else signed_of_text
        case EvalType.JSON:
            return unsigned_of_json if target.unsigned else signed_of_json
    return _integer_of_time(source, target)


def _integer_of_time(source: SqlType, target: SqlType) -> Converter:
    """Seconds are rounded inside the clock: 10:11:59.9 is 101200, not 101160."""
    if source.code in (TypeCode.DATE, TypeCode.NEWDATE):
        return lambda value, context: date_number(value)
    if source.is_temporal:

        def of_datetime(value: Value, context: EvalContext) -> Value:
            assert isinstance(value, int)
            whole = round_packed(value, 0)
            return datetime_number(whole if whole is not None else value)

        return of_datetime

    def of_duration(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, int)
        number = duration_number(round_duration(value, 0))
        return number & MAX_UINT if target.unsigned else number

    return of_duration


def _to_year(source: SqlType) -> Converter | None:
    if source.code == TypeCode.YEAR:
        return None
    if source.is_temporal:
        return lambda value, context: datetime_number(value) // 10_000_000_000
    is_text = source.eval_type == EvalType.STRING and source.code not in (TypeCode.ENUM, TypeCode.SET)
    inner = integer_converter(source, SqlType(TypeCode.LONGLONG))

    def to_year(value: Value, context: EvalContext) -> Value:
        number = value if inner is None else inner(value, context)
        assert isinstance(number, int)
        if is_text and isinstance(value, bytes) and len(value.strip(_SPACE)) > 2 and number == 0:
            return 0
        year = year_of_number(number, is_text=is_text)
        if year is None:
            truncated(context, "YEAR", shown(value) if isinstance(value, bytes) else str(value))
        return year

    return to_year


def _wrap_signed(value: int, context: EvalContext) -> int:
    return value if value <= MAX_INT else value - (1 << 64)


def _wrap_unsigned(value: int, context: EvalContext) -> int:
    return value if value >= 0 else value + (1 << 64)


def signed_of_real(value: float, context: EvalContext) -> int:
    """Rounded half to even; outside the range the nearest end with a warning."""
    if -9.223372036854775e18 < value < 9.223372036854775e18:
        return round(value)
    number = round(value)
    if MIN_INT <= number <= MAX_INT:
        return number
    truncated(context, "INTEGER", binary_json.format_double(value))
    return MAX_INT if value > 0 else MIN_INT


def unsigned_of_real(value: float, context: EvalContext) -> int:
    """As signed; negative numbers wrap."""
    if value < 0:
        return signed_of_real(value, context) & MAX_UINT
    number = round(value)
    if number > MAX_UINT:
        truncated(context, "INTEGER", binary_json.format_double(value))
        return MAX_UINT
    return number


def signed_of_decimal(value: Decimal, context: EvalContext) -> int:
    """Rounded half away from zero; outside the range the nearest end with a warning."""
    number = int(value.to_integral_value(ROUND_HALF_UP, EXACT))
    if MIN_INT <= number <= MAX_INT:
        return number
    truncated(context, "DECIMAL", to_text(value))
    return MAX_INT if number > 0 else MIN_INT


def unsigned_of_decimal(value: Decimal, context: EvalContext) -> int:
    """Rounded half away from zero; negative numbers are 0 with a warning."""
    number = int(value.to_integral_value(ROUND_HALF_UP, EXACT))
    if 0 <= number <= MAX_UINT:
        return number
    truncated(context, "DECIMAL", to_text(value))
    return MAX_UINT if number > 0 else 0


def _integer_prefix(value: bytes, context: EvalContext) -> int:
    match = _INTEGER.match(value)
    if match is None:
        truncated(context, "INTEGER", shown(value))
        return 0
    if match.end() != len(value) and value[match.end() :].strip(_SPACE):
        truncated(context, "INTEGER", shown(value))
    return int(match[1])


def signed_of_text(value: bytes, context: EvalContext) -> int:
    """The integer that a text starts with; up to 2^64 - 1 wraps into the sign as MySQL does."""
    number = _integer_prefix(value, context)
    if MIN_INT <= number <= MAX_INT:
        return number
    if 0 < number <= MAX_UINT:
        context.warn(
            SqlWarning(
                "Warning", 1105, "Cast to signed converted positive out-of-range integer to its negative complement"
            )
        )
        return number - (1 << 64)
    truncated(context, "INTEGER", shown(value))
    return MIN_INT if number < 0 else -1


def unsigned_of_text(value: bytes, context: EvalContext) -> int:
    """The integer that a text starts with; negative ones wrap with a warning."""
    number = _integer_prefix(value, context)
    if 0 <= number <= MAX_UINT:
        return number
    if MIN_INT <= number < 0:
        context.warn(
            SqlWarning("Warning", 1105, "Cast to unsigned converted negative integer to its positive complement")
        )
        return number + (1 << 64)
    truncated(context, "INTEGER", shown(value))
    return MAX_UINT if number > 0 else 1 << 63


# --------------------------------------------------------------------------------------------------------------- reals


def real_converter(source: SqlType, target: SqlType) -> Converter | None:
    """To DOUBLE, or FLOAT (rounded to 24 bits)."""
    inner = _to_double(source)
    if target.code == TypeCode.FLOAT and source.code != TypeCode.FLOAT:

        def to_float(value: Value, context: EvalContext) -> Value:
            number = value if inner is None else inner(value, context)
            try:
                return _FLOAT.unpack(_FLOAT.pack(number))[0]  # type: ignore[no-any-return]
            except OverflowError:
                raise SqlError(DATA_OUT_OF_RANGE, kind="FLOAT", expression=f"cast({number!r} as float)") from None

        return to_float
    return inner


def _to_double(source: SqlType) -> Converter | None:
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        return _float
    match source.eval_type:
        case EvalType.REAL:
            return None
        case EvalType.INT | EvalType.DECIMAL:
            return _float
        case EvalType.STRING:
            return real_of_text
        case EvalType.JSON:
            return real_of_json
    number = temporal_number(source)
    return lambda value, context: float(number(value))


def _float(value: Value, context: EvalContext) -> Value:
    return float(value)  # type: ignore[arg-type]


def real_of_text(value: bytes, context: EvalContext) -> float:
    """The double that a text starts with."""
    match = _REAL.match(value)
    if match is None:
        truncated(context, "DOUBLE", shown(value))
        return 0.0
    number = float(match[1])
    if math.isinf(number):
        truncated(context, "DOUBLE", shown(value))
        return MAX_DOUBLE if number > 0 else -MAX_DOUBLE
    if match.end() != len(value) and value[match.end() :].strip(_SPACE):
        truncated(context, "DOUBLE", shown(value))
    return number


# ------------------------------------------------------------------------------------------------------------ decimals


def decimal_converter(source: SqlType, target: SqlType) -> Converter | None:
    """To DECIMAL(p, s): rounded to s digits; out of range the greatest number with a warning."""
    inner = _to_decimal(source)
    precision, scale = target.length if target.length > 0 else 65, max(target.scale, 0)
    whole = precision - scale
    if source.eval_type == EvalType.DECIMAL and 0 <= source.scale <= scale and source.length - source.scale <= whole:
        if source.unsigned or not target.unsigned:
            exact = unit(scale)
            return (
                None if source.scale == scale else (lambda value, context: value.quantize(exact, ROUND_HALF_UP, EXACT))
            )
    unsigned = target.unsigned
    is_text = source.eval_type == EvalType.STRING

    def to_decimal(value: Value, context: EvalContext) -> Value:
        number = value if inner is None else inner(value, context)
        assert isinstance(number, Decimal)
        if unsigned and number < 0:
            truncated(context, "DECIMAL", to_text(number))
            return round_to(ZERO, scale)
        fitted, overflow = fit(number, precision, scale)
        if overflow and is_text:
            truncated(context, "DECIMAL", to_text(number))
        elif overflow:
            beyond(context, f"cast({to_text(number)} as decimal({precision},{scale}))")
        return fitted

    return to_decimal


def _to_decimal(source: SqlType) -> Converter | None:
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        return lambda value, context: Decimal(value)
    match source.eval_type:
        case EvalType.DECIMAL:
            return None
        case EvalType.INT:
            return lambda value, context: Decimal(value)
        case EvalType.REAL:
            return lambda value, context: Decimal(repr(value))
        case EvalType.STRING:
            return decimal_of_text
        case EvalType.JSON:
            return decimal_of_json
    number = temporal_number(source)
    return lambda value, context: Decimal(number(value))


def decimal_of_text(value: bytes, context: EvalContext) -> Decimal:
    """The decimal that a text starts with."""
    number, complete = parse_prefix(value)
    if not complete:
        truncated(context, "DECIMAL", shown(value))
    return number


# ------------------------------------------------------------------------------------------------------ times and JSON


def temporal_number(source: SqlType) -> Callable[[int], int | Decimal]:
    """A temporal value in numeric context: YYYYMMDD, YYYYMMDDhhmmss[.f], hhmmss[.f]."""
    if source.code in (TypeCode.DATE, TypeCode.NEWDATE):
        return date_number
    fsp = source.fsp
    if source.is_temporal:
        if not fsp:
            return datetime_number
        return lambda value: EXACT.add(
            Decimal(datetime_number(value)), round_to(Decimal(value & 0xFFFFFF).scaleb(-6, EXACT), fsp)
        )
    if not fsp:
        return duration_number

    def of_duration(value: int) -> Decimal:
        fraction = Decimal(abs(value) % 1_000_000_000).scaleb(-9, EXACT)
        number = EXACT.add(Decimal(abs(duration_number(value))), round_to(fraction, fsp))
        return number.copy_negate() if value < 0 else number

    return of_duration


def _bad_json(kind: str) -> SqlError:
    return SqlError(INVALID_JSON_VALUE_FOR_CAST, kind=kind, column="", row=1)


def signed_of_json(value: bytes, context: EvalContext) -> int:
    """A JSON number, boolean or numeric string; documents and null are 0 with warning 3156."""
    return _integer_of_json(value, context, signed_of_real, signed_of_decimal, signed_of_text)


def unsigned_of_json(value: bytes, context: EvalContext) -> int:
    """As signed, negative numbers wrapped."""
    found = _integer_of_json(value, context, unsigned_of_real, unsigned_of_decimal, unsigned_of_text)
    return found & MAX_UINT


def _integer_of_json(
    value: bytes,
    context: EvalContext,
    of_real: Callable[[float, EvalContext], int],
    of_decimal: Callable[[Decimal, EvalContext], int],
    of_text: Callable[[bytes, EvalContext], int],
) -> int:
    document = binary_json.decode(value)
    if isinstance(document, (bool, int)):
        return int(document)
    if isinstance(document, float):
        return of_real(document, context)
    if isinstance(document, Decimal):
        return of_decimal(document, context)
    if isinstance(document, str):
        return of_text(document.encode(), context)
    _json_warning(context, "INTEGER")
    return 0


def real_of_json(value: bytes, context: EvalContext) -> float:
    """A JSON number, boolean or numeric string; documents and null are 0 with warning 3156."""
    document = binary_json.decode(value)
    if isinstance(document, (bool, int, float, Decimal)):
        return float(document)
    if isinstance(document, str):
        return real_of_text(document.encode(), context)
    _json_warning(context, "DOUBLE")
    return 0.0


def decimal_of_json(value: bytes, context: EvalContext) -> Decimal:
    """As `real_of_json`, with all digits of an integer or a decimal."""
    document = binary_json.decode(value)
    if isinstance(document, (int, Decimal)):
        return Decimal(document)
    if isinstance(document, str):
        return decimal_of_text(document.encode(), context)
    return Decimal(repr(real_of_json(value, context)))


def _json_warning(context: EvalContext, kind: str) -> None:
    error = _bad_json(kind)
    if context.strict_dml:
        raise error
    context.warn(SqlWarning("Warning", error.code, error.message))
