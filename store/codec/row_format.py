"""Row format version 2 (and reading version 1): headers, values by type, and a decoder compiled per header.

A version 2 row is ``80 flags n(u16) m(u16) ids[n] null_ids[m] offsets[n] values``; ids and offsets are one and two
bytes wide, four each in *large* rows (flag bit 0). Rows of one table mostly have one of few headers (ids are the same,
only the set of NULLs differs), so everything that depends on the header alone is worked out once: `RowDecoder` keeps,
per header, a function generated for exactly the requested columns, which slices the values out at known places.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlnode.base.types import HYBRID_CODES, SqlType, TypeCode, Value
from store.codec.decimals import decode_decimal, encode_decimal
from store.codec.keys import (
    COMPACT_BYTES_FLAG,
    JSON_FLAG,
    NIL_FLAG,
    UVARINT_FLAG,
    VARINT_FLAG,
    Handle,
    decode_float,
    decode_key_value,
    encode_float,
    key_datum_end,
    read_uvarint,
    read_varint,
)

VERSION: Final = 128
LARGE: Final = 1
HANDLE_COLUMN_ID: Final = -1
TABLE_ID_COLUMN_ID: Final = -3
EMPTY_ROW: Final = b"\x80\x00\x00\x00\x00\x00"
_CACHE_LIMIT: Final = 4096


def signed_bytes(value: int) -> bytes:
    """The fewest of 1, 2, 4, 8 little-endian bytes that hold a signed value."""
    if -128 <= value < 128:
        return value.to_bytes(1, "little", signed=True)
    if -32768 <= value < 32768:
        return value.to_bytes(2, "little", signed=True)
    return value.to_bytes(4 if -(1 << 31) <= value < 1 << 31 else 8, "little", signed=True)


def unsigned_bytes(value: int) -> bytes:
    """The fewest of 1, 2, 4, 8 little-endian bytes that hold an unsigned value."""
    if value < 256:
        return value.to_bytes(1, "little")
    if value < 65536:
        return value.to_bytes(2, "little")
    return value.to_bytes(4 if value < 1 << 32 else 8, "little")


class Kind:
    """How a type's values look in a row: which decoder and encoder they take."""

    SIGNED: Final = "signed"
    UNSIGNED: Final = "unsigned"
    FLOAT: Final = "float"
    DECIMAL: Final = "decimal"
    BYTES: Final = "bytes"


def kind_of(sql_type: SqlType) -> str:
    """The row form of a type."""
    code = sql_type.code
    if code in (TypeCode.YEAR, TypeCode.TIME):
        return Kind.SIGNED
    if sql_type.is_integer:
        return Kind.UNSIGNED if sql_type.unsigned else Kind.SIGNED
    if sql_type.is_temporal or code in HYBRID_CODES:
        return Kind.UNSIGNED
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return Kind.FLOAT
    if code == TypeCode.NEWDECIMAL:
        return Kind.DECIMAL
    return Kind.BYTES


def value_encoder(sql_type: SqlType) -> Callable[[Value], bytes]:
    """The function that turns a non-NULL value of this type into its bytes in a row."""
    kind = kind_of(sql_type)
    if kind == Kind.DECIMAL:
        precision, scale = sql_type.length, max(sql_type.scale, 0)
        return lambda value: encode_decimal(value, precision, scale)  # type: ignore[arg-type]
    if kind == Kind.BYTES:
        return lambda value: value  # type: ignore[return-value]
    encoders: dict[str, Callable[..., bytes]] = {
        Kind.SIGNED: signed_bytes,
        Kind.UNSIGNED: unsigned_bytes,
        Kind.FLOAT: encode_float,
    }
    return encoders[kind]


def build_row(ids: Sequence[int], null_ids: Sequence[int], parts: Sequence[bytes]) -> bytes:
    """A row from ascending ids of the not-null columns, ascending ids of stored NULLs, and the encoded values."""
    ends = []
    total = 0
    for part in parts:
        total += len(part)
        ends.append(total)
    count, nulls = len(ids), len(null_ids)
    if total <= 65535 and (not ids or ids[-1] < 256) and (not null_ids or null_ids[-1] < 256):
        head = struct.pack(f"<BBHH{count + nulls}B{count}H", VERSION, 0, count, nulls, *ids, *null_ids, *ends)
    else:
        head = struct.pack(f"<BBHH{count + nulls}I{count}I", VERSION, LARGE, count, nulls, *ids, *null_ids, *ends)
    return head + b"".join(parts)


def encode_row(
    ids: Sequence[int], types: Sequence[SqlType], values: Sequence[Value], *, keep_nulls: frozenset[int] = frozenset()
) -> bytes:
    """A row of `values` in the order of `ids` (any order); a NULL is stored only if its id is in `keep_nulls`."""
    stored, nulls = [], []
    for column_id, sql_type, value in zip(ids, types, values, strict=True):
        if value is not None:
            stored.append((column_id, value_encoder(sql_type)(value)))
        elif column_id in keep_nulls:
            nulls.append(column_id)
    stored.sort(key=lambda item: item[0])
    return build_row([item[0] for item in stored], sorted(nulls), [item[1] for item in stored])


@dataclass(frozen=True, slots=True)
class RowHeader:
    """Where things are in every row that begins with the same header. `width` is the size of one offset in bytes."""

    ids: tuple[int, ...]
    null_ids: tuple[int, ...]
    width: int
    offsets_at: int
    data_at: int


def header_length(value: bytes) -> int:
    """Length of version, flags, counts and ids of a version 2 row; equal headers mean equal `RowHeader`s."""
    count = value[2] + value[3] * 256 + value[4] + value[5] * 256
    return 6 + (count * 4 if value[1] & LARGE else count)


def parse_header(value: bytes) -> RowHeader:
    """The layout of a version 2 row."""
    _, flags, count, nulls = struct.unpack_from("<BBHH", value)
    large = flags & LARGE
    ids = struct.unpack_from(f"<{count + nulls}{'I' if large else 'B'}", value, 6)
    offsets_at = 6 + (count + nulls) * (4 if large else 1)
    width = 4 if large else 2
    return RowHeader(ids[:count], ids[count:], width, offsets_at, offsets_at + width * count)


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column to read: its id and type, the value for rows that do not have it, and whether it is the int handle."""

    id: int
    type: SqlType
    default: Value = None
    is_handle: bool = False


@dataclass(frozen=True, slots=True)
class HandleParts:
    """The columns of a common handle in key order: ids, types, and the ids kept only as prefixes there.

    The type of a column that nobody asks for may be None.
    """

    ids: tuple[int, ...] = ()
    types: tuple[SqlType | None, ...] = ()
    prefix_ids: frozenset[int] = frozenset()


Decode: TypeAlias = Callable[[bytes, Handle], list[Value]]
DecodeMany: TypeAlias = Callable[[Sequence[tuple[Handle, bytes]], Decode], list[list[Value]]]
"""Pairs to rows; the second argument decodes a row with another header."""


def handle_part(handle: bytes, index: int) -> Value:
    """The value of one column of a common handle."""
    position = 0
    for _ in range(index):
        position = key_datum_end(handle, position)
    return decode_key_value(handle, position)[0]


class RowDecoder:
    """Decodes stored rows to the values of fixed columns, in their order.

    `decode(value, handle)` returns a new list. Handle columns come from the handle; columns of a common handle come
    from the row where it has them, else from the handle; what is in neither takes the spec's default.
    """

    __slots__ = ("_by_header", "_guess", "_loops", "columns", "parts")

    def __init__(self, columns: Sequence[ColumnSpec], parts: HandleParts = HandleParts()) -> None:
        self.columns = tuple(columns)
        self.parts = parts
        self._by_header: dict[bytes, Decode] = {}
        self._loops: dict[bytes, DecodeMany] = {}
        self._guess = 6

    def decode_many(self, rows: Sequence[tuple[Handle, bytes]]) -> list[list[Value]]:
        """`decode` of (handle, stored row) pairs. Rows of one table mostly have one header, so that one loop without
        calls decodes them."""
        if not rows:
            return []
        head = rows[0][1][: self._guess]
        loop = self._loops.get(head)
        if loop is None:
            first = rows[0][1]
            if not first or first[0] != VERSION:
                return [self.decode(value, handle) for handle, value in rows]
            self._find(first)
            head = first[: self._guess]
            if len(self._loops) >= _CACHE_LIMIT:
                self._loops.clear()
            loop = self._loops[head] = self._compile_loop(parse_header(first), head)
        return loop(rows, self.decode)

    def decode(self, value: bytes, handle: Handle) -> list[Value]:
        """The values of the decoder's columns in one row. Raises ValueError for a malformed row."""
        found = self._by_header.get(value[: self._guess])
        if found is None:
            found = self._find(value)
        return found(value, handle)

    def _find(self, value: bytes) -> Decode:
        if not value or value[0] != VERSION:
            return self._decode_version_1
        length = header_length(value)
        key = value[:length]
        found = self._by_header.get(key)
        if found is None:
            if len(self._by_header) >= _CACHE_LIMIT:
                self._by_header.clear()
            found = self._by_header[key] = self._compile(parse_header(value))
        self._guess = length
        return found

    def _compile(self, header: RowHeader) -> Decode:
        """Generate `decode` for rows with this header: one unpack of the offsets needed, then one slice per column."""
        scope, offsets, terms = self._terms(header)
        lines = ["def decode(row, handle):", *offsets, f"    return [{', '.join(terms)}]"]
        exec("\n".join(lines), scope)  # the source holds nothing but numbers and names made here
        return scope["decode"]  # type: ignore[return-value]

    def _compile_loop(self, header: RowHeader, head: bytes) -> DecodeMany:
        """The same for many rows, of which those that begin otherwise go to `decode`."""
        scope, offsets, terms = self._terms(header)
        scope["head"] = head
        lines = [
            "def decode_many(rows, decode):",
            " found = []",
            " add = found.append",
            " for handle, row in rows:",
            f"  if row[:{len(head)}] == head:",
            *offsets,
            f"    add([{', '.join(terms)}])",
            "  else:",
            "    add(decode(row, handle))",
            " return found",
        ]
        exec("\n".join(lines), scope)
        return scope["decode_many"]  # type: ignore[return-value]

    def _terms(self, header: RowHeader) -> tuple[dict[str, object], list[str], list[str]]:
        """Names for generated code, its line (at most one) that unpacks offsets, and an expression per column."""
        places = {column_id: index for index, column_id in enumerate(header.ids)}
        scope: dict[str, object] = {
            "number": int.from_bytes,
            "real": decode_float,
            "decimal": decode_decimal,
            "part": handle_part,
        }
        needed: set[int] = set()
        terms = []
        for position, column in enumerate(self.columns):
            place = places.get(column.id)
            if column.is_handle or column.id == HANDLE_COLUMN_ID:
                terms.append(f"handle & {(1 << 64) - 1}" if column.type.unsigned else "handle")
            elif place is not None:
                needed.update((place - 1, place) if place else (place,))
                terms.append(value_term("row", kind_of(column.type), place, header.data_at))
            elif column.id in header.null_ids:
                terms.append("None")
            elif column.id in self.parts.ids and column.id not in self.parts.prefix_ids:
                terms.append(f"part(handle, {self.parts.ids.index(column.id)})")
            else:
                scope[f"default_{position}"] = column.default
                terms.append(f"default_{position}")
        if not needed:
            return scope, [], terms
        layout, names = offset_struct(sorted(needed), header)
        scope["unpack"] = struct.Struct(layout).unpack_from
        return scope, [f"    {', '.join(names)}, = unpack(row)"], terms

    def _decode_version_1(self, value: bytes, handle: Handle) -> list[Value]:
        found = read_version_1(value)
        result: list[Value] = []
        for column in self.columns:
            if column.is_handle or column.id == HANDLE_COLUMN_ID:
                assert isinstance(handle, int), "an integer handle column needs an integer handle"
                result.append(handle & ((1 << 64) - 1) if column.type.unsigned else handle)
            elif column.id in found:
                result.append(found[column.id])
            elif column.id in self.parts.ids and column.id not in self.parts.prefix_ids:
                assert isinstance(handle, bytes), "a common handle column needs a common handle"
                result.append(handle_part(handle, self.parts.ids.index(column.id)))
            else:
                result.append(column.default)
        return result


def offset_struct(needed: Sequence[int], header: RowHeader) -> tuple[str, list[str]]:
    """Struct format that picks the offsets with the given indexes, and the variable names for them."""
    letter = "I" if header.width == 4 else "H"
    layout = f"<{header.offsets_at}x"
    at = 0
    for index in needed:
        skip = (index - at) * header.width
        layout += f"{skip}x{letter}" if skip else letter
        at = index + 1
    return layout, [f"end_{index}" for index in needed]


def value_term(row: str, kind: str, place: int, data_at: int) -> str:
    """Source of the expression that decodes a column from the variable `row`; offsets are named as by `offset_struct`."""
    start = f"end_{place - 1} + {data_at}" if place else str(data_at)
    cut = f"{row}[{start}:end_{place} + {data_at}]"
    match kind:
        case Kind.SIGNED:
            return f"number({cut}, 'little', signed=True)"
        case Kind.UNSIGNED:
            return f"number({cut}, 'little')"
        case Kind.FLOAT:
            return f"real({row}, {start})"
        case Kind.DECIMAL:
            return f"decimal({row}, {start})[0]"
        case _:
            return cut


def read_value_datum(data: bytes, position: int) -> tuple[Value, int]:
    """A flagged datum in any form (value or key form), and the position after it. JSON comes as type byte and body."""
    flag = data[position]
    if flag == VARINT_FLAG:
        return read_varint(data, position + 1)
    if flag == UVARINT_FLAG:
        return read_uvarint(data, position + 1)
    if flag == COMPACT_BYTES_FLAG:
        length, start = read_varint(data, position + 1)
        return data[start : start + length], start + length
    if flag == JSON_FLAG:
        end = json_end(data, position + 1)
        return data[position + 1 : end], end
    return decode_key_value(data, position)


def json_end(data: bytes, position: int) -> int:
    """Where the binary JSON value (type byte first) at `position` ends."""
    kind = data[position]
    position += 1
    if kind in (0x01, 0x03):
        return position + int.from_bytes(data[position + 4 : position + 8], "little")
    if kind == 0x04:
        return position + 1
    if kind in (0x09, 0x0A, 0x0B, 0x0E, 0x0F, 0x10):
        return position + 8
    if kind == 0x11:
        return position + 12
    if kind in (0x0C, 0x0D):
        length, start = read_uvarint(data, position + (kind == 0x0D))
        return start + length
    raise ValueError(f"unknown JSON type byte {kind:#x}")


def read_version_1(value: bytes) -> dict[int, Value]:
    """Column id -> value of a version 1 row; a lone zero byte is a row without columns."""
    found: dict[int, Value] = {}
    position = 0
    while position < len(value) and value[position] != NIL_FLAG:
        column_id, position = read_value_datum(value, position)
        assert isinstance(column_id, int), "a version 1 row begins each pair with an integer"
        found[column_id], position = read_value_datum(value, position)
    return found
