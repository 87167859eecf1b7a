"""Keys: primitive encodings that keep order, record keys, index prefixes, and datums inside keys.

A key is raw here: the memcomparable wrapping with a timestamp that TiKV adds belongs to the MVCC layer. Worked
examples: table 45, handle 1 is ``74 800000000000002d 5f72 8000000000000001``; index 2 of that table with the value 7
and handle 1 is ``74 800000000000002d 5f69 8000000000000002 03 8000000000000007 03 8000000000000001``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

from sqlnode.base.types import HYBRID_CODES, SqlType, TypeCode, Value
from store.codec.decimals import decode_decimal, encode_decimal

Handle: TypeAlias = int | bytes
"""A row's key: a signed 64-bit integer, or the encoded bytes of a common handle (clustered, not one integer)."""

NIL_FLAG: Final = 0
BYTES_FLAG: Final = 1
COMPACT_BYTES_FLAG: Final = 2
INT_FLAG: Final = 3
UINT_FLAG: Final = 4
FLOAT_FLAG: Final = 5
DECIMAL_FLAG: Final = 6
DURATION_FLAG: Final = 7
VARINT_FLAG: Final = 8
UVARINT_FLAG: Final = 9
JSON_FLAG: Final = 10
MAX_FLAG: Final = 250

_SIGN: Final = 1 << 63
_MASK: Final = (1 << 64) - 1
_GROUP: Final = 8
_U64: Final = struct.Struct(">Q")
_F64: Final = struct.Struct(">d")
_PAD: Final = bytes(_GROUP)

RECORD_SEPARATOR: Final = b"_r"
INDEX_SEPARATOR: Final = b"_i"
RECORD_KEY_LENGTH: Final = 19
RECORD_PREFIX_LENGTH: Final = 11
INDEX_PREFIX_LENGTH: Final = 19
COMMON_HANDLE_MINIMUM: Final = 9


def encode_int(value: int) -> bytes:
    """Eight bytes that sort as the signed value does; unsigned values above 2**63 wrap (their bits are kept)."""
    return _U64.pack((value + _SIGN) & _MASK)


def decode_int(data: bytes, position: int = 0) -> int:
    """Inverse of `encode_int`, reading at `position`."""
    bits: int = _U64.unpack_from(data, position)[0]
    return bits - _SIGN


def encode_uint(value: int) -> bytes:
    """Eight bytes, big-endian."""
    return _U64.pack(value & _MASK)


def decode_uint(data: bytes, position: int = 0) -> int:
    """Inverse of `encode_uint`."""
    bits: int = _U64.unpack_from(data, position)[0]
    return bits


def encode_float(value: float) -> bytes:
    """Eight bytes that sort as the number does; both zeros are the same."""
    bits: int = _U64.unpack(_F64.pack(value))[0]
    if bits == _SIGN or not bits & _SIGN:
        return _U64.pack(bits | _SIGN)
    return _U64.pack(bits ^ _MASK)


def decode_float(data: bytes, position: int = 0) -> float:
    """Inverse of `encode_float`."""
    bits: int = _U64.unpack_from(data, position)[0]
    bits = bits & ~_SIGN if bits & _SIGN else bits ^ _MASK
    value: float = _F64.unpack(_U64.pack(bits))[0]
    return value


def encode_bytes(value: bytes) -> bytes:
    """Memcomparable bytes: groups of eight, each followed by 255 minus its padding."""
    length = len(value)
    if length < _GROUP:
        return value + _PAD[length:] + bytes((247 + length,))
    whole = length - length % _GROUP
    parts = [value[start : start + _GROUP] for start in range(0, whole, _GROUP)]
    rest = value[whole:]
    return b"\xff".join(parts) + b"\xff" + rest + _PAD[len(rest) :] + bytes((247 + len(rest),))


def decode_bytes(data: bytes, position: int = 0) -> tuple[bytes, int]:
    """The value that starts at `position`, and the position after it. Raises ValueError for a malformed group."""
    parts = []
    while True:
        group = data[position : position + _GROUP]
        if position + _GROUP >= len(data):
            raise ValueError("memcomparable bytes end early")
        marker = data[position + _GROUP]
        position += _GROUP + 1
        if marker == 255:
            parts.append(group)
            continue
        used = marker - 247
        if used < 0 or group[used:] != _PAD[used:]:
            raise ValueError(f"bad memcomparable group {group.hex()} {marker:02x}")
        parts.append(group[:used])
        return b"".join(parts), position


def prefix_next(key: bytes) -> bytes:
    """The smallest key that is above every key with the prefix `key`; empty when there is none."""
    stripped = key.rstrip(b"\xff")
    if not stripped:
        return b""
    return stripped[:-1] + bytes((stripped[-1] + 1,))


def table_prefix(table_id: int) -> bytes:
    """What all keys of a physical table begin with."""
    return b"t" + encode_int(table_id)


def table_range(table_id: int) -> tuple[bytes, bytes]:
    """[start, end) of everything that belongs to a physical table."""
    return table_prefix(table_id), table_prefix(table_id + 1)


def record_prefix(table_id: int) -> bytes:
    """What all record keys of a physical table begin with (11 bytes)."""
    return b"t" + encode_int(table_id) + RECORD_SEPARATOR


def record_range(table_id: int) -> tuple[bytes, bytes]:
    """[start, end) of a physical table's records."""
    prefix = record_prefix(table_id)
    return prefix, prefix_next(prefix)


def record_key(table_id: int, handle: Handle) -> bytes:
    """The key of one row."""
    if isinstance(handle, int):
        return b"t" + encode_int(table_id) + RECORD_SEPARATOR + encode_int(handle)
    return b"t" + encode_int(table_id) + RECORD_SEPARATOR + handle


def decode_record_key(key: bytes) -> tuple[int, Handle]:
    """(physical table id, handle) of a record key. Raises ValueError for any other key."""
    if len(key) < RECORD_KEY_LENGTH or key[:1] != b"t" or key[9:11] != RECORD_SEPARATOR:
        raise ValueError(f"not a record key: {key.hex()}")
    return decode_int(key, 1), decode_handle(key[RECORD_PREFIX_LENGTH:])


def decode_handle(data: bytes) -> Handle:
    """The handle in the tail of a record key: eight bytes are an integer, more are a common handle."""
    return decode_int(data) if len(data) == _GROUP else data


def index_prefix(table_id: int, index_id: int) -> bytes:
    """What all keys of an index begin with (19 bytes)."""
    return b"t" + encode_int(table_id) + INDEX_SEPARATOR + encode_int(index_id)


def index_range(table_id: int, index_id: int) -> tuple[bytes, bytes]:
    """[start, end) of an index's entries."""
    prefix = index_prefix(table_id, index_id)
    return prefix, prefix_next(prefix)


def decode_table_id(key: bytes) -> int:
    """The physical table id of a record or index key. Raises ValueError for keys outside of tables."""
    if len(key) < 9 or key[:1] != b"t":
        raise ValueError(f"not a table key: {key.hex()}")
    return decode_int(key, 1)


def truncate_prefix(value: bytes, length: int, sql_type: SqlType) -> bytes:
    """The first `length` characters of an index prefix (bytes for binary and ascii); -1 keeps the whole value."""
    if length < 0 or len(value) <= length:
        return value
    if sql_type.charset in ("binary", "ascii"):
        return value[:length]
    text = value.decode("utf-8", "surrogateescape")
    return text[:length].encode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def sort_key_of(collation: str) -> Callable[[bytes], bytes]:
    """The collation's weight key function. Imported on first use: its tables are not needed to open a store."""
    from sqlnode.base.collation import by_name

    weights: Callable[[bytes], bytes] = by_name(collation).sort_key
    return weights


@lru_cache(maxsize=4096)
def key_encoder(sql_type: SqlType, length: int = -1) -> Callable[[Value], bytes]:
    """`encode_key_value` for one type and prefix length, with everything that depends on these worked out before."""
    code = sql_type.code
    if code in (TypeCode.YEAR, TypeCode.TIME) or (sql_type.is_integer and not sql_type.unsigned):
        flag = b"\x07" if code == TypeCode.TIME else b"\x03"
        return lambda value: b"\x00" if value is None else flag + _U64.pack((value + _SIGN) & _MASK)  # type: ignore[operator]
    if sql_type.is_integer or sql_type.is_temporal or code in HYBRID_CODES:
        return lambda value: b"\x00" if value is None else b"\x04" + _U64.pack(value)
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return lambda value: b"\x00" if value is None else b"\x05" + encode_float(value)  # type: ignore[arg-type]
    if code == TypeCode.NEWDECIMAL:
        precision, scale = sql_type.length, max(sql_type.scale, 0)
        return lambda value: b"\x00" if value is None else b"\x06" + encode_decimal(value, precision, scale)  # type: ignore[arg-type]
    if code == TypeCode.JSON:
        raise ValueError("a JSON value cannot be part of a key")
    return _string_key_encoder(sql_type, length)


def _string_key_encoder(sql_type: SqlType, length: int) -> Callable[[Value], bytes]:
    weights = sort_key_of(sql_type.collation)

    def encode(value: Value) -> bytes:
        if value is None:
            return b"\x00"
        assert isinstance(value, bytes), "a string column holds bytes"
        return b"\x01" + encode_bytes(weights(truncate_prefix(value, length, sql_type)))

    return encode


def encode_key_value(value: Value, sql_type: SqlType, length: int = -1) -> bytes:
    """One datum as it stands in an index key or a common handle: flag and payload, collation weights for strings.

    `length` is the key part's prefix length. TIMESTAMP values are UTC, as everywhere in the store. Raises ValueError
    for a type that cannot be part of a key (JSON).
    """
    return key_encoder(sql_type, length)(value)


def key_datum_end(data: bytes, position: int) -> int:
    """Where the key datum that starts at `position` ends. Raises ValueError for an unknown flag."""
    flag = data[position]
    if flag == NIL_FLAG:
        return position + 1
    if flag == BYTES_FLAG:
        position += 1
        while data[position + _GROUP] == 255:
            position += _GROUP + 1
        return position + _GROUP + 1
    if flag in (INT_FLAG, UINT_FLAG, FLOAT_FLAG, DURATION_FLAG):
        return position + 9
    if flag == DECIMAL_FLAG:
        return decode_decimal(data, position + 1)[1]
    raise ValueError(f"unknown flag {flag} in a key")


def decode_key_value(data: bytes, position: int = 0) -> tuple[Value, int]:
    """The datum at `position` by its flag (strings as the bytes in the key: weights), and the position after it."""
    flag = data[position]
    if flag == NIL_FLAG:
        return None, position + 1
    if flag == BYTES_FLAG:
        return decode_bytes(data, position + 1)
    if flag in (INT_FLAG, DURATION_FLAG):
        return decode_int(data, position + 1), position + 9
    if flag == UINT_FLAG:
        return decode_uint(data, position + 1), position + 9
    if flag == FLOAT_FLAG:
        return decode_float(data, position + 1), position + 9
    if flag == DECIMAL_FLAG:
        number: tuple[Decimal, int] = decode_decimal(data, position + 1)
        return number
    raise ValueError(f"unknown flag {flag} in a key")


def encode_common_handle(values: list[Value], types: list[SqlType], lengths: list[int]) -> bytes:
    """The encoded handle of a clustered table whose key is not one integer; padded so that it is never eight bytes."""
    data = b"".join(map(encode_key_value, values, types, lengths))
    return data if len(data) >= COMMON_HANDLE_MINIMUM else data + bytes(COMMON_HANDLE_MINIMUM - len(data))


def split_common_handle(handle: bytes, count: int) -> list[int]:
    """Start positions of the first `count` datums of an encoded handle, and the end of the last."""
    positions = [0]
    for _ in range(count):
        positions.append(key_datum_end(handle, positions[-1]))
    return positions


def append_varint(buffer: bytearray, value: int) -> None:
    """Write a zig-zag varint."""
    append_uvarint(buffer, (value << 1) & _MASK if value >= 0 else ((-value - 1) << 1) | 1)


def append_uvarint(buffer: bytearray, value: int) -> None:
    """Write an unsigned varint, low group first."""
    while value >= 0x80:
        buffer.append(value & 0x7F | 0x80)
        value >>= 7
    buffer.append(value)


def read_uvarint(data: bytes, position: int) -> tuple[int, int]:
    """The unsigned varint at `position` and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The zig-zag varint at `position` and the position after it."""
    value, position = read_uvarint(data, position)
    return (value >> 1) ^ -(value & 1), position
