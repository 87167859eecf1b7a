"""Parameters of COM_STMT_EXECUTE: types and values to the row-path forms of `sqlnode.base.types`.

Layout behind the statement id, flags and iteration count: NULL bitmap, the new-types byte, type words (bit 15:
UNSIGNED) when that byte is 1, then the values that are neither NULL nor sent as long data.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlnode.base.charset import charset_by_name
from sqlnode.base.errors import MALFORMED_PACKET, WRONG_ARGUMENTS, SqlError
from sqlnode.base.packed_time import DAY, HOUR, MAX_DURATION, MINUTE, SECOND, pack
from sqlnode.base.types import (
    BLOB_CODES,
    SqlType,
    TypeCode,
    Value,
    date,
    datetime,
    decimal,
    double,
    integer,
    null,
    time,
    varbinary,
    varchar,
)
from sqlnode.wire.payload import PayloadReader

UNSIGNED_BIT: Final = 0x8000
LONG_DATA_TOO_LARGE: Final = (
    "Parameter of prepared statement which is set through mysql_send_long_data() is longer than"
    " 'max_allowed_packet' bytes"
)
PARAMETERS_AT: Final = 10
_FLOAT: Final = struct.Struct("<f")
_DOUBLE: Final = struct.Struct("<d")
_INTEGER_SIZES: Final = {
    TypeCode.TINY: 1,
    TypeCode.SHORT: 2,
    TypeCode.YEAR: 2,
    TypeCode.INT24: 4,
    TypeCode.LONG: 4,
    TypeCode.LONGLONG: 8,
}
_LETTERS: Final = {
    TypeCode.TINY: "b",
    TypeCode.SHORT: "h",
    TypeCode.YEAR: "h",
    TypeCode.INT24: "i",
    TypeCode.LONG: "i",
    TypeCode.LONGLONG: "q",
}
_STRING_CODES: Final = frozenset(
    {TypeCode.STRING, TypeCode.VAR_STRING, TypeCode.VARCHAR, TypeCode.ENUM, TypeCode.SET, TypeCode.JSON}
)
_BYTES_CODES: Final = BLOB_CODES | {TypeCode.BIT, TypeCode.GEOMETRY}
_SIGNED, _UNSIGNED = integer(), integer(unsigned=True)
_NULL, _DOUBLE_TYPE, _BYTES_TYPE, _DATE_TYPE = null(), double(), varbinary(), date()
_DATETIME_TYPES: Final = {0: datetime(), 6: datetime(6)}
_TIME_TYPES: Final = {0: time(), 6: time(6)}


@dataclass(slots=True)
class BoundStatement:
    """What the wire keeps of a prepared statement: the types last bound, long data, an open cursor's number.

    `types` is the same tuple as long as the types of the values are the same, which the session relies on to find its
    plan without a look-up.
    """

    parameter_count: int
    words: tuple[int, ...] | None = None
    raw_words: bytes = b""
    types: tuple[SqlType, ...] = ()
    long_data: dict[int, bytearray] = field(default_factory=dict)
    long_data_size: int = 0
    unpack: Callable[[bytes, int], tuple[Value, ...]] | None = None
    """Reads all values at once where all are integers; `unpacked` are their types."""
    unpacked: tuple[SqlType, ...] = ()
    long_data_error: SqlError | None = None
    """What was wrong with a piece of long data; the execution says so."""

    def forget_long_data(self) -> None:
        """After an execution, and at COM_STMT_RESET."""
        if self.long_data or self.long_data_error is not None:
            self.long_data = {}
            self.long_data_size = 0
            self.long_data_error = None


@dataclass(frozen=True, slots=True)
class TextRules:
    """How the client writes strings: its character set, and the charset and collation that its strings have here."""

    client_charset: str
    charset: str
    collation: str


def read_parameters(
    bound: BoundStatement, payload: bytes, rules: TextRules
) -> tuple[tuple[Value, ...], tuple[SqlType, ...]]:
    """Values and types of an execution. Raises 1835, and 1210 when no types were ever bound."""
    count = bound.parameter_count
    unfit = bound.long_data_error
    if unfit is not None:
        bound.forget_long_data()
        raise unfit
    if not count:
        return (), ()
    values_at = PARAMETERS_AT + (count + 7) // 8
    nulls = int.from_bytes(payload[PARAMETERS_AT:values_at], "little")
    if len(payload) <= values_at:
        raise SqlError(MALFORMED_PACKET)
    words = bound.words
    if payload[values_at] == 1:
        start = values_at + 1
        values_at = start + 2 * count
        raw = payload[start:values_at]
        if raw != bound.raw_words:
            if len(raw) < 2 * count:
                raise SqlError(MALFORMED_PACKET)
            bound.raw_words = raw
            bound.words = words = struct.unpack(f"<{count}H", raw)
            _prepare(bound, words)
    else:
        values_at += 1
    if bound.unpack is not None and not nulls and not bound.long_data:
        try:
            values = bound.unpack(payload, values_at)
        except struct.error:
            raise SqlError(MALFORMED_PACKET) from None
        bound.types = bound.unpacked
        return values, bound.unpacked
    if words is None:
        if nulls != (1 << count) - 1:
            raise SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_execute")
        words = (TypeCode.NULL,) * count
    return _read_values(bound, payload, values_at, words, nulls, rules)


def _prepare(bound: BoundStatement, words: tuple[int, ...]) -> None:
    """Finds the short way to read values of these types, if there is one."""
    letters = [_LETTERS.get(word & 0xFF) for word in words]
    bound.unpack = None
    if None in letters:
        return
    unsigned = [bool(word & UNSIGNED_BIT) for word in words]
    layout = "".join([letter.upper() if more else letter for letter, more in zip(letters, unsigned) if letter])
    bound.unpack = struct.Struct("<" + layout).unpack_from
    types = tuple([_UNSIGNED if more else _SIGNED for more in unsigned])
    bound.unpacked = bound.types if types == bound.types else types


def _read_values(
    bound: BoundStatement, payload: bytes, position: int, words: tuple[int, ...], nulls: int, rules: TextRules
) -> tuple[tuple[Value, ...], tuple[SqlType, ...]]:
    values: list[Value] = []
    types: list[SqlType] = []
    long_data = bound.long_data
    for index, word in enumerate(words):
        size = _INTEGER_SIZES.get(word & 0xFF)
        value: Value
        if index in long_data:
            value, sql_type = _string(bytes(long_data[index]), word & 0xFF, rules)
        elif nulls >> index & 1:
            value, sql_type = None, _NULL
        elif size is not None:
            unsigned = word & UNSIGNED_BIT
            value = int.from_bytes(payload[position : position + size], "little", signed=not unsigned)
            sql_type = _UNSIGNED if unsigned else _SIGNED
            position += size
        else:
            reader = PayloadReader(payload, position)
            value, sql_type = _value(reader, word & 0xFF, rules)
            position = reader.position
        values.append(value)
        types.append(sql_type)
    if position > len(payload):
        raise SqlError(MALFORMED_PACKET)
    found = tuple(types)
    if found != bound.types:
        bound.types = found
    return tuple(values), bound.types


_TEXT_TYPES: dict[tuple[str, str], SqlType] = {}


def _text_type(rules: TextRules) -> SqlType:
    key = (rules.charset, rules.collation)
    found = _TEXT_TYPES.get(key)
    if found is None:
        found = _TEXT_TYPES[key] = varchar(-1, *key)
    return found


def _string(data: bytes, code: int, rules: TextRules) -> tuple[Value, SqlType]:
    if code in _BYTES_CODES:
        return data, _BYTES_TYPE
    if rules.client_charset not in ("utf8mb4", "utf8", "binary") and not data.isascii():
        data = charset_by_name(rules.client_charset).decode(data)
    return data, _text_type(rules)


def _value(reader: PayloadReader, code: int, rules: TextRules) -> tuple[Value, SqlType]:
    """The next value that is no integer. Raises 1835 for a type byte that is none."""
    if code in _STRING_CODES or code in _BYTES_CODES:
        return _string(reader.length_string(), code, rules)
    match code:
        case TypeCode.DOUBLE:
            return _DOUBLE.unpack(reader.fixed(8))[0], _DOUBLE_TYPE
        case TypeCode.FLOAT:
            return _FLOAT.unpack(reader.fixed(4))[0], _DOUBLE_TYPE
        case TypeCode.NEWDECIMAL | TypeCode.DECIMAL:
            return _decimal(reader.length_string())
        case TypeCode.DATE | TypeCode.NEWDATE | TypeCode.DATETIME | TypeCode.TIMESTAMP:
            return _moment(reader, code)
        case TypeCode.TIME:
            return _duration(reader)
        case TypeCode.NULL:
            return None, _NULL
        case _:
            raise SqlError(MALFORMED_PACKET)


_DECIMAL_TYPES: Mapping[int, SqlType] = {scale: decimal(65, scale) for scale in range(31)}


def _decimal(text: bytes) -> tuple[Value, SqlType]:
    try:
        value = Decimal(text.decode("ascii"))
    except (InvalidOperation, UnicodeDecodeError):
        raise SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_execute") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_execute")
    return value, _DECIMAL_TYPES[min(max(-exponent, 0), 30)]


def _moment(reader: PayloadReader, code: int) -> tuple[Value, SqlType]:
    size = reader.integer(1)
    if size not in (0, 4, 7, 11):
        raise SqlError(MALFORMED_PACKET)
    data = reader.fixed(size).ljust(11, b"\0")
    year, month, day, hour, minute, second, micro = struct.unpack("<HBBBBBI", data)
    if month > 12 or day > 31 or year > 9999 or hour > 23 or minute > 59 or second > 59 or micro > 999999:
        raise SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_execute")
    if code in (TypeCode.DATE, TypeCode.NEWDATE):
        return pack(year, month, day), _DATE_TYPE
    return pack(year, month, day, hour, minute, second, micro), _DATETIME_TYPES[6 if micro else 0]


def _duration(reader: PayloadReader) -> tuple[Value, SqlType]:
    size = reader.integer(1)
    if size not in (0, 8, 12):
        raise SqlError(MALFORMED_PACKET)
    data = reader.fixed(size).ljust(12, b"\0")
    negative, days, hour, minute, second, micro = struct.unpack("<BIBBBI", data)
    total = min(days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + micro * 1000, MAX_DURATION)
    return -total if negative else total, _TIME_TYPES[6 if micro else 0]
