"""Literals: source text to typed constants."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from planner.context import PlanContext
from planner.expr.nodes import Constant
from sqlnode.base.errors import ILLEGAL_VALUE_FOR_TYPE, WRONG_VALUE, SqlError
from sqlnode.base.temporal_parse import Problem, parse_datetime, parse_duration
from sqlnode.base.types import Flag, SqlType, TypeCode, date, datetime, decimal, double, null, time, varbinary, varchar

_SIGNED_LIMIT = 1 << 63
_UNSIGNED_LIMIT = 1 << 64
_DECIMAL_DIGITS = 65


def _certain(sql_type: SqlType) -> SqlType:
    return sql_type.with_flags(add=Flag.NOT_NULL)


def integer_constant(value: int, text: str | None = None) -> Constant:
    """An integer: BIGINT, BIGINT UNSIGNED, or DECIMAL beyond 64 bits; `length` counts its digits and its sign."""
    digits = len(str(value))
    if -_SIGNED_LIMIT <= value < _SIGNED_LIMIT:
        return Constant(value, SqlType(TypeCode.LONGLONG, Flag.BINARY | Flag.NOT_NULL, digits, 0), text)
    if 0 <= value < _UNSIGNED_LIMIT:
        flags = Flag.BINARY | Flag.NOT_NULL | Flag.UNSIGNED
        return Constant(value, SqlType(TypeCode.LONGLONG, flags, digits, 0), text)
    return decimal_constant(Decimal(value), text)


def decimal_constant(value: Decimal, text: str | None = None) -> Constant:
    """A DECIMAL with as many digits as were written; more than MySQL's limit are cut to the largest number."""
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    precision = max(len(digits), scale)
    if scale > 30:
        value = _rounded(value, 30)
        precision, scale = max(precision - scale + 30, 30), 30
    if precision - scale > _DECIMAL_DIGITS:
        value, precision, scale = Decimal("9" * _DECIMAL_DIGITS).copy_sign(value), _DECIMAL_DIGITS, 0
    elif precision > _DECIMAL_DIGITS:
        scale = _DECIMAL_DIGITS - (precision - scale)
        value, precision = _rounded(value, scale), _DECIMAL_DIGITS
    return Constant(value, _certain(decimal(precision, scale)), text)


def _rounded(value: Decimal, scale: int) -> Decimal:
    """Half up, however many digits were written."""
    context = Context(prec=len(value.as_tuple().digits) + _DECIMAL_DIGITS, rounding=ROUND_HALF_UP)
    return context.quantize(value, Decimal(1).scaleb(-scale))


def number(text: str) -> Constant:
    """A number as written: 7, 1.50, 1e3."""
    if text.isdigit() and len(text) <= _DECIMAL_DIGITS:
        return integer_constant(int(text), text)
    if "e" in text or "E" in text:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise SqlError(ILLEGAL_VALUE_FOR_TYPE, kind="double", value=text)
        return Constant(value, _certain(double()), text)
    return decimal_constant(Decimal(text), text)


def string(text: str, charset: str, collation: str) -> Constant:
    """A character string; the value is in UTF-8, and keeps the client's bytes where they were no text."""
    value = text.encode("utf-8", "surrogateescape")
    if charset == "binary":
        return binary(value, text)
    return Constant(value, _certain(varchar(len(text), charset, collation)), text)


def binary(value: bytes, text: str | None = None, *, is_hex: bool = False) -> Constant:
    """A byte string; `is_hex` for hexadecimal and bit literals, which are numbers in numeric context."""
    return Constant(value, _certain(varbinary(len(value))), text, is_hex)


def hexadecimal(digits: str) -> Constant:
    """x'4D', 0x4D."""
    padded = digits if len(digits) % 2 == 0 else "0" + digits
    return binary(bytes.fromhex(padded), f"0x{digits}", is_hex=True)


def bits(digits: str) -> Constant:
    """b'101', 0b101."""
    size = (len(digits) + 7) // 8
    return binary(int(digits or "0", 2).to_bytes(size, "big"), f"0b{digits}", is_hex=True)


def boolean_constant(value: bool) -> Constant:
    """TRUE or FALSE, the integers 1 and 0."""
    flags = Flag.BINARY | Flag.NOT_NULL | Flag.IS_BOOLEAN
    return Constant(int(value), SqlType(TypeCode.LONGLONG, flags, 1, 0), "TRUE" if value else "FALSE")


NULL = Constant(None, null(), "NULL")


def temporal(kind: str, text: str, context: PlanContext) -> Constant:
    """DATE'…', TIME'…', TIMESTAMP'…'. Error 1525 when the text is no such value."""
    if kind == "TIME":
        parsed = parse_duration(text, 6, context.sql_mode)
        sql_type = time(parsed.digits)
    else:
        parsed = parse_datetime(text, 6, context.sql_mode, context.zone)
        sql_type = date() if kind == "DATE" else datetime(parsed.digits)
    wrong_form = kind != "TIME" and parsed.is_date != (kind == "DATE")
    if parsed.value is None or parsed.problem is not Problem.NONE or wrong_form:
        raise SqlError(WRONG_VALUE, kind="DATETIME" if kind == "TIMESTAMP" else kind, value=text)
    return Constant(parsed.value, _certain(sql_type), f"{kind}'{text}'")
