"""Binary protocol: one value to one cell. `binary_cell` chooses the function for a type once.

Integers and reals have the width of the column's type, dates and times a length byte and their parts, everything else
is a string behind its length, as in the text protocol.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from sqlnode.base.packed_time import SECOND, unpack
from sqlnode.base.types import SqlType, TypeCode
from sqlnode.wire.text_cells import Formatter, text_cell

WIDTHS = {
    TypeCode.TINY: 1,
    TypeCode.SHORT: 2,
    TypeCode.YEAR: 2,
    TypeCode.INT24: 4,
    TypeCode.LONG: 4,
    TypeCode.LONGLONG: 8,
}
"""Bytes of integer cells."""

_LETTERS = {1: "b", 2: "h", 4: "i", 8: "q"}
_DATETIME_4 = struct.Struct("<BHBB").pack
_DATETIME_7 = struct.Struct("<BHBBBBB").pack
_DATETIME_11 = struct.Struct("<BHBBBBBI").pack
_TIME_8 = struct.Struct("<BBIBBB").pack
_TIME_12 = struct.Struct("<BBIBBBI").pack


def binary_cell(sql_type: SqlType, charset: str | None = "utf8mb4") -> Formatter:
    """The function from a non-NULL value to its cell."""
    code = sql_type.code
    width = WIDTHS.get(code)
    if width is not None:
        return integer_packer(width, unsigned=sql_type.unsigned or code == TypeCode.YEAR)
    match code:
        case TypeCode.FLOAT:
            return struct.Struct("<f").pack
        case TypeCode.DOUBLE:
            return struct.Struct("<d").pack
        case TypeCode.DATE | TypeCode.NEWDATE:
            return date_cell
        case TypeCode.DATETIME | TypeCode.TIMESTAMP:
            return datetime_cell
        case TypeCode.TIME:
            return duration_cell
        case _:
            return text_cell(sql_type, charset)


def integer_packer(width: int, *, unsigned: bool) -> Callable[[int], bytes]:
    """Little-endian integers of `width` bytes; a value that the declared type cannot hold wraps, as in C."""
    letter = _LETTERS[width]
    pack = struct.Struct("<" + (letter.upper() if unsigned else letter)).pack
    mask = (1 << 8 * width) - 1

    def cell(value: int) -> bytes:
        try:
            return pack(value)
        except struct.error:
            return (value & mask).to_bytes(width, "little")

    return cell


def date_cell(value: int) -> bytes:
    """A DATE."""
    year, month, day = unpack(value)[:3]
    return _DATETIME_4(4, year, month, day) if value else b"\0"


def datetime_cell(value: int) -> bytes:
    """A DATETIME or TIMESTAMP: as short as its zero parts allow."""
    if not value:
        return b"\0"
    year, month, day, hour, minute, second, micro = unpack(value)
    if micro:
        return _DATETIME_11(11, year, month, day, hour, minute, second, micro)
    if hour or minute or second:
        return _DATETIME_7(7, year, month, day, hour, minute, second)
    return _DATETIME_4(4, year, month, day)


def duration_cell(value: int) -> bytes:
    """A TIME."""
    if not value:
        return b"\0"
    seconds, fraction = divmod(abs(value), SECOND)
    micro = fraction // 1000
    days, rest = divmod(seconds, 86400)
    parts = (value < 0, days, rest // 3600, rest // 60 % 60, rest % 60)
    if micro:
        return _TIME_12(12, *parts, micro)
    return _TIME_8(8, *parts)
