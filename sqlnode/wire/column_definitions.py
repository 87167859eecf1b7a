"""Column definition packets: what a client learns of a result's columns (and what ORMs and BI tools build types from).

Type bytes, flags, lengths and decimals are MySQL 8's: VARCHAR goes out as VAR_STRING, every TEXT and BLOB as BLOB, ENUM
and SET as STRING with their flag; lengths of strings count bytes of the result character set; numbers, dates and
bytes carry charset 63.
"""

from __future__ import annotations

from collections.abc import Sequence

from planner.expr.nodes import Column
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import by_name, default_of
from sqlnode.base.types import BLOB_CODES, Flag, SqlType, TypeCode
from sqlnode.wire.payload import U16, U32, length_encoded, length_prefix

BINARY_ID = 63
_BY_TYPE = Flag.BINARY | Flag.ENUM | Flag.SET | Flag.BLOB
_CATALOG = length_encoded(b"def")
_MAX_LENGTH = 0xFFFFFFFF
_UNKNOWN_DECIMALS = 31
_WIRE_CODES = {
    TypeCode.VARCHAR: TypeCode.VAR_STRING,
    TypeCode.ENUM: TypeCode.STRING,
    TypeCode.SET: TypeCode.STRING,
    TypeCode.NEWDATE: TypeCode.DATE,
    TypeCode.DECIMAL: TypeCode.NEWDECIMAL,
    **dict.fromkeys(BLOB_CODES, TypeCode.BLOB),
}
_BLOB_LENGTHS = {
    TypeCode.TINY_BLOB: 255,
    TypeCode.BLOB: 65535,
    TypeCode.MEDIUM_BLOB: 16777215,
    TypeCode.LONG_BLOB: _MAX_LENGTH,
}
_NUMBER_LENGTHS = {
    TypeCode.TINY: (4, 3),
    TypeCode.SHORT: (6, 5),
    TypeCode.INT24: (9, 8),
    TypeCode.LONG: (11, 10),
    TypeCode.LONGLONG: (20, 20),
    TypeCode.YEAR: (4, 4),
    TypeCode.FLOAT: (12, 12),
    TypeCode.DOUBLE: (22, 22),
}
"""Display lengths, signed and unsigned."""


def column_definition(column: Column, charset: str | None, *, default: bytes | None = None) -> bytes:
    """One definition. `charset` is the result character set (None: each column's own); `default` is set for
    COM_FIELD_LIST alone (empty: NULL)."""
    sql_type = column.type
    names = (column.database, column.table, column.origin_table, column.name, column.origin_name)
    charset_id, length = _charset_and_length(column, charset)
    parts = [_CATALOG]
    parts.extend(length_encoded(_in_charset(name, charset)) for name in names)
    parts.append(b"\x0c")
    parts.append(U16.pack(charset_id))
    parts.append(U32.pack(min(length, _MAX_LENGTH)))
    parts.append(bytes((_WIRE_CODES.get(sql_type.code, sql_type.code),)))
    parts.append(U16.pack(_flags(column)))
    parts.append(bytes((_decimals(column),)))
    parts.append(b"\0\0")
    if default is not None:
        parts.append(default or b"\xfb")
    return b"".join(parts)


def definitions(columns: Sequence[Column], charset: str | None) -> list[bytes]:
    """Payloads of the column count and of each definition."""
    return [length_prefix(len(columns)), *[column_definition(column, charset) for column in columns]]


def _in_charset(name: str, charset: str | None) -> bytes:
    data = name.encode("utf-8", "surrogateescape")
    if data.isascii() or charset in (None, "utf8mb4", "utf8", "binary"):
        return data
    return charset_by_name(charset or "utf8mb4").encode(data)


def _is_text(sql_type: SqlType) -> bool:
    return sql_type.is_character or (sql_type.code in (TypeCode.ENUM, TypeCode.SET) and sql_type.charset != "binary")


def _charset_and_length(column: Column, charset: str | None) -> tuple[int, int]:
    sql_type = column.type
    length = _character_length(sql_type)
    if sql_type.code == TypeCode.JSON:
        if column.origin_name or charset is None or charset == "binary":
            return BINARY_ID, _MAX_LENGTH
        return default_of(charset).id, _MAX_LENGTH
    if not _is_text(sql_type):
        return BINARY_ID, length
    if charset is None or charset == "binary":
        charset_id = by_name(sql_type.collation).id
        width = charset_by_name(sql_type.charset).max_length
    else:
        charset_id = default_of(charset).id
        width = charset_by_name(charset).max_length
    return charset_id, length * width


def _character_length(sql_type: SqlType) -> int:
    """The declared length, or what MySQL takes where none is declared."""
    code, length = sql_type.code, sql_type.length
    if code in _NUMBER_LENGTHS:
        return length if length > 0 else _NUMBER_LENGTHS[code][sql_type.unsigned]
    if code in _BLOB_LENGTHS:
        return length if 0 < length < _BLOB_LENGTHS[code] else _BLOB_LENGTHS[code]
    match code:
        case TypeCode.NEWDECIMAL:
            digits = length if length > 0 else 10
            return digits + (sql_type.scale > 0) + (not sql_type.unsigned)
        case TypeCode.DATE | TypeCode.NEWDATE:
            return 10
        case TypeCode.DATETIME | TypeCode.TIMESTAMP:
            return 19 + (sql_type.fsp + 1 if sql_type.fsp else 0)
        case TypeCode.TIME:
            return 10 + (sql_type.fsp + 1 if sql_type.fsp else 0)
        case TypeCode.BIT:
            return max(length, 1)
        case TypeCode.ENUM:
            return max((len(element) for element in sql_type.elements), default=0)
        case TypeCode.SET:
            return sum(len(element) for element in sql_type.elements) + max(len(sql_type.elements) - 1, 0)
        case TypeCode.NULL:
            return 0
        case _:
            return length if length >= 0 else 255


def _flags(column: Column) -> int:
    sql_type = column.type
    code = sql_type.code
    if column.origin_name:
        flags = (sql_type.flags | column.definition_flags) & 0x7FFF & ~_BY_TYPE
        if column.definition_flags & Flag.PRI_KEY:
            flags &= ~(Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY)
    else:
        flags = sql_type.flags & (Flag.NOT_NULL | Flag.UNSIGNED)
    if code in BLOB_CODES or code == TypeCode.JSON:
        flags |= Flag.BLOB
    if code == TypeCode.ENUM:
        flags |= Flag.ENUM
    elif code == TypeCode.SET:
        flags |= Flag.SET
    elif code == TypeCode.YEAR:
        flags |= Flag.UNSIGNED | (Flag.ZEROFILL if column.origin_name else 0)
    elif code == TypeCode.BIT:
        flags |= Flag.UNSIGNED
    if _is_binary(column):
        flags |= Flag.BINARY
    return flags


def _is_binary(column: Column) -> bool:
    """BINARY: bytes, strings that compare as bytes, dates and times; numbers only in expressions."""
    sql_type = column.type
    if _is_text(sql_type):
        return sql_type.collation.endswith("_bin")
    if sql_type.is_numeric and sql_type.code != TypeCode.BIT:
        return not column.origin_name
    return sql_type.code != TypeCode.BIT


def _decimals(column: Column) -> int:
    sql_type = column.type
    code = sql_type.code
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return sql_type.scale if 0 <= sql_type.scale < _UNKNOWN_DECIMALS else _UNKNOWN_DECIMALS
    if code == TypeCode.NEWDECIMAL:
        return max(sql_type.scale, 0)
    if sql_type.is_temporal or code == TypeCode.TIME:
        return sql_type.fsp
    if _is_text(sql_type) or sql_type.is_string or code == TypeCode.JSON:
        return 0 if column.origin_name else _UNKNOWN_DECIMALS
    return 0
