"""Many index entries at once: keys and values of one index to Arrow columns.

Columns come from three places: the key (weights in place of strings that lose something), the restored row in the
value, and the handle, which is at the key's end or, for distinct entries, in the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.types import SqlType, TypeCode, arrow_type
from store.codec.byte_arrays import masked
from store.codec.decimal_arrays import I64
from store.codec.key_batch import KeyCursor, decode_common_handles
from store.codec.keys import INDEX_PREFIX_LENGTH, decode_int
from store.codec.row_batch import decode_columns, table_ids
from store.codec.row_format import EMPTY_ROW, VERSION, ColumnSpec, HandleParts
from store.codec.table_codec import needs_restored_data, restores_as_space_count

_OLD_LENGTH = 9
_SHORTEST_VERSION_1 = 3
_VERSION_1_MARK = 125
_COMMON_HANDLE = 127
_PARTITION = 126
_COUNT_TYPE = SqlType(TypeCode.LONGLONG, 32)
_PRESENCE_TYPE = SqlType(TypeCode.VARCHAR)


@dataclass(frozen=True, slots=True)
class IndexLayout:
    """What is asked of an index: its columns in key order, then how the handle is to be given.

    `handle`: None (not wanted), the int handle's type, or the ids and types of a common handle's columns.
    `with_partition` adds the physical table id (int64) as the last column: the entry's partition in a global index.
    """

    columns: tuple[ColumnSpec, ...]
    handle_type: SqlType | None = None
    handle_parts: HandleParts = field(default_factory=HandleParts)
    with_partition: bool = False


@dataclass(slots=True)
class _Value:
    """One index value taken apart; `restored` is a row."""

    version: int
    handle: bytes | None
    partition: int | None
    restored: bytes


def split_index_value(value: bytes) -> _Value:
    """Take an index value apart. Raises ValueError for bytes that no known version explains."""
    length = len(value)
    if length <= _OLD_LENGTH and length != _SHORTEST_VERSION_1:
        return _Value(-1, value[:8] if length >= 8 else None, None, EMPTY_ROW)
    version = 0
    position = 1
    if value[0] <= 1 and value[1] == _VERSION_1_MARK:
        version, position = value[2], 3
    end = length - value[0]
    handle: bytes | None = None
    partition: int | None = None
    if position < end and value[position] == _COMMON_HANDLE:
        size = int.from_bytes(value[position + 1 : position + 3], "big")
        handle = value[position + 3 : position + 3 + size]
        position += 3 + size
    if position < end and value[position] == _PARTITION:
        partition = decode_int(value, position + 1)
        position += 9
    restored = EMPTY_ROW
    if position < end:
        if value[position] != VERSION:
            raise ValueError(f"index value {value.hex()} cannot be read")
        restored = value[position:end]
    if version == 0 and handle is None and value[0] >= 8:
        handle = value[end : end + 8]
    return _Value(version, handle, partition, restored)


def decode_index_entries(keys: Sequence[bytes], values: Sequence[bytes], layout: IndexLayout) -> list[pa.Array]:
    """Index columns, then handle columns, then the partition id, as `layout` asks; TIMESTAMP stays UTC."""
    cursor = KeyCursor(keys, INDEX_PREFIX_LENGTH)
    from_key = [cursor.read(column.type) for column in layout.columns]
    lengths = set(map(len, values))
    if max(lengths, default=0) <= _OLD_LENGTH and _SHORTEST_VERSION_1 not in lengths and not layout.handle_parts.ids:
        arrays = from_key
        if layout.handle_type is not None:
            arrays = [*arrays, _old_handles(cursor, values, layout.handle_type)]
        return [*arrays, table_ids(keys)] if layout.with_partition else arrays
    parts = [split_index_value(value) for value in values]
    restored = [part.restored for part in parts]
    version_1 = any(part.version == 1 for part in parts)
    arrays = [
        _restore(column, array, restored, version_1=version_1)
        for column, array in zip(layout.columns, from_key, strict=True)
    ]
    if layout.handle_type is not None:
        numbers = [
            _int_handle(part, key, int(position), int(end))
            for part, key, position, end in zip(parts, keys, *_tails(cursor, keys), strict=True)
        ]
        arrays.append(_handle_array(numbers, layout.handle_type))
    elif layout.handle_parts.ids:
        arrays.extend(_common_handle_columns(cursor, keys, parts, restored, layout))
    if layout.with_partition:
        arrays.append(pc.coalesce(pa.array([part.partition for part in parts], pa.int64()), table_ids(keys)))
    return arrays


def _tails(cursor: KeyCursor, keys: Sequence[bytes]) -> tuple[list[int], list[int]]:
    """Per key: where its handle part begins, and its length, counted inside the key."""
    lengths = np.fromiter(map(len, keys), np.int64, len(keys))
    begins = cursor.ends - lengths
    return (cursor.positions - begins).tolist(), lengths.tolist()


def _old_handles(cursor: KeyCursor, values: Sequence[bytes], handle_type: SqlType) -> pa.Array:
    in_key = cursor.positions < cursor.ends
    if in_key.all():
        return cursor.read(handle_type)
    stored = np.frombuffer(b"".join(value[:8].rjust(8, b"\x00") for value in values), ">u8").astype(np.uint64)
    if in_key.any():
        rows = np.flatnonzero(in_key)
        at: I64 = cursor.positions[rows] + 1
        tail = np.stack([cursor.buffer[at + offset] for offset in range(8)], axis=1)
        stored[rows] = np.ascontiguousarray(tail).view(">u8").reshape(-1) ^ np.uint64(1 << 63)
    return masked(stored if pa.types.is_uint64(arrow_type(handle_type)) else stored.view(np.int64), None)


def _int_handle(part: _Value, key: bytes, position: int, end: int) -> int:
    if part.handle is not None:
        return int.from_bytes(part.handle, "big", signed=True)
    if position < end and key[position] == _PARTITION:
        position += 9
    return decode_int(key, position + 1)


def _handle_array(numbers: list[int], handle_type: SqlType) -> pa.Array:
    array = np.array(numbers, np.int64)
    return pa.array(array.view(np.uint64) if pa.types.is_uint64(arrow_type(handle_type)) else array)


def _restore(column: ColumnSpec, from_key: pa.Array, restored: list[bytes], *, version_1: bool) -> pa.Array:
    """The column's values: what the restored row has, else what the key has."""
    if not version_1:
        if not column.type.is_string:
            return from_key
        found = decode_columns([], restored, [ColumnSpec(column.id, column.type)], HandleParts())[0]
        return pc.coalesce(found, from_key) if found.null_count else found
    if not needs_restored_data(column.type):
        return from_key
    if restores_as_space_count(column.type):
        spec = ColumnSpec(column.id, _COUNT_TYPE, 0)
        counts = decode_columns([], restored, [spec], HandleParts())[0]
        counts = counts.fill_null(0)
        if pc.max(counts).as_py() in (0, None):
            return from_key
        spaces = pc.binary_repeat(pa.scalar(b" ", pa.binary()), counts.cast(pa.int64()))
        return pc.binary_join_element_wise(from_key, spaces, pa.scalar(b"", pa.binary()))
    return decode_columns([], restored, [ColumnSpec(column.id, _PRESENCE_TYPE)], HandleParts())[0]


def _common_handle_columns(
    cursor: KeyCursor, keys: Sequence[bytes], parts: list[_Value], restored: list[bytes], layout: IndexLayout
) -> list[pa.Array]:
    handles = []
    for part, key, position in zip(parts, keys, _tails(cursor, keys)[0], strict=True):
        if part.handle is not None:
            handles.append(part.handle)
            continue
        if part.partition is not None and position < len(key) and key[position] == _PARTITION:
            position += 9
        handles.append(key[position:])
    wanted = layout.handle_parts
    version_1 = any(part.version == 1 for part in parts)
    found = decode_common_handles(handles, wanted.ids, wanted.types, 0)
    return [
        _restore(ColumnSpec(column_id, sql_type), found[column_id], restored, version_1=version_1)
        for column_id, sql_type in zip(wanted.ids, wanted.types, strict=True)
        if sql_type is not None
    ]
