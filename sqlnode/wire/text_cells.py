"""Text protocol: one value to one cell, a string behind its length. `text_cell` chooses the function for a type once.

Cells of strings are in the result character set; everything else is ASCII, which all of them contain.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from sqlnode.base.charset import Charset, charset_by_name, narrowed
from sqlnode.base.decimal import format_fixed
from sqlnode.base.json import format_double, to_text
from sqlnode.base.packed_time import format_datetime, format_duration
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from sqlnode.wire.payload import SHORT_LENGTHS, length_encoded

Formatter: TypeAlias = Callable[[Any], bytes]
"""A non-NULL value of a known type to bytes."""

NOT_FIXED = 31
"""`decimals` of numbers whose fraction has as many digits as it has."""

_FLOAT_DIGITS = 6
"""Significant digits of a FLOAT in text results (FLT_DIG)."""


def result_converter(sql_type: SqlType, charset: str | None) -> Formatter | None:
    """The function from our UTF-8 to the bytes that a client with this result character set gets; None: as they are.

    `charset` None or binary (character_set_results = NULL) sends each column in its own character set.
    """
    if sql_type.charset == "binary" and sql_type.code not in (TypeCode.JSON, TypeCode.ENUM, TypeCode.SET):
        return None
    if charset is None or charset == "binary":
        charset = sql_type.charset
    target: Charset = charset_by_name(charset)
    if target.name in ("utf8mb4", "binary"):
        return None
    if target.name == "utf8":
        return narrowed
    return target.encode


def text_bytes(sql_type: SqlType, charset: str | None = "utf8mb4") -> Formatter | None:
    """The function from a non-NULL value to its text; None where the value is its text (strings as they are)."""
    code = sql_type.code
    convert = result_converter(sql_type, charset)
    if sql_type.is_integer:
        return _integer(sql_type)
    if sql_type.is_temporal:
        fsp = sql_type.fsp
        return lambda value: format_datetime(value, code, fsp).encode()
    match code:
        case TypeCode.YEAR:
            return lambda value: b"%04d" % value
        case TypeCode.FLOAT | TypeCode.DOUBLE:
            return _real(sql_type)
        case TypeCode.NEWDECIMAL:
            return _decimal(sql_type)
        case TypeCode.TIME:
            fsp = sql_type.fsp
            return lambda value: format_duration(value, fsp).encode()
        case TypeCode.BIT:
            size = (max(sql_type.length, 1) + 7) // 8
            return lambda value: value.to_bytes(size, "big")
        case TypeCode.ENUM:
            return _enum(sql_type, convert)
        case TypeCode.SET:
            return _set(sql_type, convert)
        case TypeCode.JSON:
            if convert is None:
                return lambda value: to_text(value).encode()
            return lambda value: convert(to_text(value).encode())
        case _:
            return convert


def text_cell(sql_type: SqlType, charset: str | None = "utf8mb4") -> Formatter:
    """The function from a non-NULL value to its cell."""
    text = text_bytes(sql_type, charset)
    if text is None:
        return length_encoded
    if text is _plain_integer:
        return _integer_cell
    return lambda value: length_encoded(text(value))


def _plain_integer(value: int) -> bytes:
    return b"%d" % value


def _integer_cell(value: int) -> bytes:
    text = b"%d" % value
    return SHORT_LENGTHS[len(text)] + text


def _integer(sql_type: SqlType) -> Formatter:
    if sql_type.flags & Flag.ZEROFILL and sql_type.length > 0:
        width = sql_type.length
        return lambda value: b"%0*d" % (width, value)
    return _plain_integer


def _real(sql_type: SqlType) -> Formatter:
    scale = sql_type.scale
    if 0 <= scale < NOT_FIXED:
        text: Callable[[float], str] = lambda value: format_fixed(value, scale)  # noqa: E731
    elif sql_type.code == TypeCode.FLOAT:
        text = float_text
    else:
        text = format_double
    if sql_type.flags & Flag.ZEROFILL and sql_type.length > 0:
        width = sql_type.length
        return lambda value: text(value).encode().rjust(width, b"0")
    return lambda value: text(value).encode()


def float_text(value: float) -> str:
    """A FLOAT with MySQL's six significant digits."""
    return format_double(float(f"{value:.{_FLOAT_DIGITS}g}"))


def _decimal(sql_type: SqlType) -> Formatter:
    scale = max(sql_type.scale, 0)
    exponent = Decimal(1).scaleb(-scale)
    width = sql_type.length + (1 if scale else 0) if sql_type.flags & Flag.ZEROFILL and sql_type.length > 0 else 0

    def text(value: Decimal) -> bytes:
        if -value.as_tuple().exponent != scale and sql_type.scale >= 0:  # type: ignore[operator]
            value = value.quantize(exponent, ROUND_HALF_UP, _WIDE)
        found = f"{value:f}".encode()
        if found[:1] == b"-" and not value:
            found = found[1:]
        return found.rjust(width, b"0") if width else found

    return text


def _wide_context() -> Any:
    from decimal import Context

    return Context(prec=120)


_WIDE = _wide_context()


def element_names(sql_type: SqlType, convert: Formatter | None) -> list[bytes]:
    """The elements of an ENUM or SET in the result character set."""
    names = [element.encode() for element in sql_type.elements]
    return names if convert is None else [convert(name) for name in names]


def _enum(sql_type: SqlType, convert: Formatter | None) -> Formatter:
    names = [b"", *element_names(sql_type, convert)]
    return lambda value: names[value] if value < len(names) else b""


def _set(sql_type: SqlType, convert: Formatter | None) -> Formatter:
    names = element_names(sql_type, convert)
    comma = b"," if convert is None else convert(b",")
    known: dict[int, bytes] = {}

    def text(value: int) -> bytes:
        found = known.get(value)
        if found is None:
            found = comma.join(name for index, name in enumerate(names) if value >> index & 1)
            if len(known) < 4096:
                known[value] = found
        return found

    return text


def as_value_text(value: Value) -> bytes:
    """A value whose type does not fit it (messages only)."""
    return value if isinstance(value, bytes) else str(value).encode()
