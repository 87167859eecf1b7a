"""Values of comparisons, brought to the type of a key column.

`column < 2.5` on an integer column means `column <= 2`: a converted value may lie beside the value asked for, and where
it lies decides whether a bound is open or closed. `place` answers both; `exact` is for equality.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Decimal
from enum import IntEnum
from typing import Final

from sqlnode.base.types import EvalType, SqlType, TypeCode, Value

_MIN_INT = -(1 << 63)
_MAX_INT = (1 << 63) - 1
_MAX_UINT = (1 << 64) - 1
_EXACT_DOUBLE = 1 << 53
_DAY_BITS = 41
"""Packed times: below the date stand 5 bits hour, 6 minute, 6 second and 24 microsecond (encoding.md 7.1)."""


class Side(IntEnum):
    """Where the value asked for lies, seen from the converted value."""

    EQUAL = 0
    ABOVE = 1
    """Between the converted value and the next one of the column's type (or above all of them)."""
    BELOW_ALL = -1
    """Below every value of the column's type; the converted value means nothing."""
    ABOVE_ALL = 2


class NoValue:
    """The type of `NO_VALUE`."""


NO_VALUE: Final = NoValue()
"""No value of the column equals the one asked for."""


def comparable(column: SqlType, other: SqlType) -> bool:
    """Whether comparing the bare column with values of type `other` follows the order of the column's key bytes.

    Strings are compared in some collation, which the caller must check to be the column's.
    """
    if other.code == TypeCode.NULL:
        return True
    kind, asked = column.eval_type, other.eval_type
    if column.code == TypeCode.ENUM:
        return other.is_string
    if column.code in (TypeCode.SET, TypeCode.JSON, TypeCode.GEOMETRY):
        return False
    if kind == EvalType.INT:
        return asked in (EvalType.INT, EvalType.DECIMAL, EvalType.REAL)
    if kind == EvalType.REAL:
        return asked in (EvalType.INT, EvalType.DECIMAL, EvalType.REAL)
    if kind == EvalType.DECIMAL:
        return asked in (EvalType.INT, EvalType.DECIMAL)
    if kind == EvalType.STRING:
        return other.is_string
    return kind == asked


def is_fixed(zone: tzinfo | None) -> bool:
    """Whether a zone maps local times to UTC one to one (a constant offset)."""
    return zone is None or zone.utcoffset(None) is not None


def exact(value: Value, source: SqlType, target: SqlType, zone: tzinfo | None = None) -> Value | NoValue:
    """The column value that equals `value`, or NO_VALUE. `source` must be `comparable` with `target`."""
    if value is None:
        return NO_VALUE
    if target.code == TypeCode.ENUM:
        return enum_ordinal(value, target)
    placed, side = place(value, source, target, zone)
    return placed if side == Side.EQUAL else NO_VALUE


def place(value: Value, source: SqlType, target: SqlType, zone: tzinfo | None = None) -> tuple[Value, Side]:
    """The greatest value of type `target` that is not above `value` (which is not None), and where `value` lies."""
    code = target.code
    if isinstance(value, int):
        if target.is_integer:
            return _integer(value, target.unsigned)
        if target.is_temporal:
            return _temporal(value, target, zone)
    if isinstance(value, bytes):
        return value, Side.EQUAL
    if code == TypeCode.TIME and isinstance(value, int):
        unit = 10 ** (9 - target.fsp)
        floor = value // unit * unit
        return floor, Side.EQUAL if floor == value else Side.ABOVE
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return float(value), Side.EQUAL  # type: ignore[arg-type]
    if code == TypeCode.NEWDECIMAL:
        return _decimal(value, target)
    return _to_integer(value, unsigned=target.unsigned or code == TypeCode.BIT)


def _integer(value: int, unsigned: bool) -> tuple[Value, Side]:
    low, high = (0, _MAX_UINT) if unsigned else (_MIN_INT, _MAX_INT)
    if value < low:
        return None, Side.BELOW_ALL
    return (value, Side.EQUAL) if value <= high else (None, Side.ABOVE_ALL)


def _to_integer(value: Value, *, unsigned: bool) -> tuple[Value, Side]:
    if isinstance(value, int):
        return _integer(value, unsigned)
    if isinstance(value, float):
        if math.isinf(value) or math.isnan(value):
            return None, Side.ABOVE_ALL if value > 0 else Side.BELOW_ALL
        floor = math.floor(value)
    else:
        assert isinstance(value, Decimal), f"a number was expected, not {value!r}"
        floor = int(value.to_integral_value(ROUND_FLOOR))
    placed, side = _integer(floor, unsigned)
    return placed, Side.ABOVE if side == Side.EQUAL and floor != value else side


def _decimal(value: Value, target: SqlType) -> tuple[Value, Side]:
    number = Decimal(value) if isinstance(value, int) else value
    assert isinstance(number, Decimal), f"a decimal was expected, not {value!r}"
    scale = max(target.scale, 0)
    precision = target.length if target.length > 0 else 65
    limit = Decimal(10) ** (precision - scale)
    if number >= limit:
        return None, Side.ABOVE_ALL
    if number <= -limit:
        return None, Side.BELOW_ALL
    floor = number.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_FLOOR)
    if floor <= -limit:
        return None, Side.BELOW_ALL
    return floor, Side.EQUAL if floor == number else Side.ABOVE


def _temporal(value: int, target: SqlType, zone: tzinfo | None) -> tuple[Value, Side]:
    if target.code in (TypeCode.DATE, TypeCode.NEWDATE):
        floor = value >> _DAY_BITS << _DAY_BITS
        return floor, Side.EQUAL if floor == value else Side.ABOVE
    microseconds = value & 0xFFFFFF
    unit = 10 ** (6 - target.fsp)
    floor = value - microseconds % unit
    side = Side.EQUAL if floor == value else Side.ABOVE
    if target.code == TypeCode.TIMESTAMP and zone is not None and floor:
        from sqlnode.base.temporal import to_utc

        floor = to_utc(floor, zone)
    return floor, side


def widened_timestamp(value: int, hours: int, zone: tzinfo | None) -> int | None:
    """A local packed time moved by some hours, as packed UTC; None where that is no time (zero dates, the ends)."""
    from sqlnode.base.temporal import pack, unpack

    year, month, day, hour, minute, second, micro = unpack(value)
    try:
        local = datetime(year, month, day, hour, minute, second, micro, tzinfo=zone or UTC)
        moved = (local.astimezone(UTC) + timedelta(hours=hours)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return pack(moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond)


def is_exact_double(value: Value) -> bool:
    """Whether comparing an integer column with this double in double precision is an exact comparison."""
    return not isinstance(value, float) or abs(value) < _EXACT_DOUBLE


def enum_ordinal(value: Value, target: SqlType) -> int | NoValue:
    """The ordinal of the element that equals a string by the column's collation; the empty string that stands for an
    invalid value has ordinal 0."""
    if not isinstance(value, bytes):
        return NO_VALUE
    from store.codec.keys import sort_key_of

    weights = sort_key_of(target.collation)
    wanted = weights(value)
    for position, element in enumerate(target.elements, 1):
        if weights(element.encode()) == wanted:
            return position
    return 0 if wanted == weights(b"") else NO_VALUE
