"""One table's codec: its rows, handles and index entries, byte for byte as TiDB writes them.

Which index value format an entry takes follows from the table alone: *old* (one byte, or the handle) for integer
handles, *version 1* for clustered tables of `common_handle_version` 1, *version 0* for global indexes and for strings
whose collation loses something in the key (their originals are then kept as a row in the value).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.schema import ColumnInfo, IndexInfo, SchemaState, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from store.codec.decimals import make_decimal, unscaled
from store.codec.keys import (
    COMMON_HANDLE_MINIMUM,
    INT_FLAG,
    Handle,
    encode_int,
    index_prefix,
    key_encoder,
    record_prefix,
    truncate_prefix,
)
from store.codec.row_format import (
    HANDLE_COLUMN_ID,
    ColumnSpec,
    HandleParts,
    RowDecoder,
    build_row,
    unsigned_bytes,
    value_encoder,
)

_PADDED_BINARY: Final = frozenset({"utf8mb4_bin", "utf8mb3_bin", "utf8_bin", "ascii_bin", "latin1_bin"})
_VERSION_1: Final = b"\x00\x7d\x01"
_COMMON_HANDLE: Final = 0x7F
_PARTITION_ID: Final = 0x7E
_VERSION_0_MINIMUM: Final = 10
_WRITTEN: Final = frozenset({SchemaState.WRITE_ONLY, SchemaState.WRITE_REORGANIZATION, SchemaState.PUBLIC})
_DATETIME: Final = re.compile(r"(\d+)-(\d+)-(\d+)(?:[ T](\d+):(\d+):(\d+)(?:\.(\d+))?)?$")
_TIME: Final = re.compile(r"(-?)(\d+):(\d+):(\d+)(?:\.(\d+))?$")


def needs_restored_data(sql_type: SqlType) -> bool:
    """Whether a key made of such a value cannot give the value back, so that index values must keep it."""
    if not sql_type.is_character or sql_type.collation in ("binary", "utf8mb4_0900_bin"):
        return False
    return sql_type.collation not in _PADDED_BINARY or sql_type.code in (TypeCode.VARCHAR, TypeCode.VAR_STRING)


def restores_as_space_count(sql_type: SqlType) -> bool:
    """In version 1 values a padded binary collation keeps only the number of trailing spaces."""
    return sql_type.collation in _PADDED_BINARY


def origin_default_value(column: ColumnInfo) -> Value:
    """What rows written before the column existed have in it (the type's value form, TIMESTAMP in UTC)."""
    sql_type = column.type
    if sql_type.code == TypeCode.BIT and column.origin_default_bit is not None:
        return int.from_bytes(column.origin_default_bit, "big")
    text = column.origin_default
    return None if text is None else value_of_text(text, sql_type)


def value_of_text(text: str, sql_type: SqlType) -> Value:
    """A value from the canonical text that metadata holds for it. Raises ValueError for other text."""
    code = sql_type.code
    if sql_type.is_integer or code == TypeCode.YEAR:
        return int(Decimal(text))
    if sql_type.is_temporal:
        return _packed(text)
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return float(text)
    if code == TypeCode.NEWDECIMAL:
        scale = max(sql_type.scale, 0)
        return make_decimal(unscaled(Decimal(text), scale), scale)
    if code == TypeCode.TIME:
        return _nanoseconds(text)
    if code == TypeCode.BIT:
        return int.from_bytes(text.encode("latin-1"), "big")
    if code == TypeCode.ENUM:
        return sql_type.elements.index(text) + 1 if text in sql_type.elements else int(text or 0)
    if code == TypeCode.SET:
        return sum(1 << sql_type.elements.index(member) for member in text.split(",") if member)
    if code == TypeCode.JSON:
        raise ValueError("JSON columns have no default")
    return text.encode("utf-8", "surrogateescape")


def _packed(text: str) -> int:
    match = _DATETIME.match(text)
    if match is None:
        raise ValueError(f"not a date and time: {text!r}")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups()[:6])
    date_and_time = ((year * 13 + month) << 5 | day) << 17 | hour << 12 | minute << 6 | second
    return date_and_time << 24 | int((match[7] or "").ljust(6, "0")[:6])


def _nanoseconds(text: str) -> int:
    match = _TIME.match(text)
    if match is None:
        raise ValueError(f"not a time: {text!r}")
    seconds = int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4])
    value = seconds * 1_000_000_000 + int((match[5] or "").ljust(9, "0")[:9])
    return -value if match[1] else value


class IndexEntry(NamedTuple):
    """One key-value pair of an index. `distinct`: the key has no handle, so a second one is a duplicate.

    A named tuple, since every written row makes some and a frozen dataclass takes three times as long to make.
    """

    key: bytes
    value: bytes
    index_id: int
    distinct: bool


class _IndexPlan:
    """What is fixed about one index of a table: key parts, and which columns its values must restore."""

    __slots__ = ("encoders", "index", "offsets", "prefix", "restored")

    def __init__(self, codec: TableCodec, index: IndexInfo, prefix_id: int) -> None:
        columns = codec.table.columns
        self.index = index
        self.prefix = index_prefix(prefix_id, index.id)
        self.offsets = [part.offset for part in index.columns]
        self.encoders = (
            [] if index.mv_index else [key_encoder(columns[part.offset].type, part.length) for part in index.columns]
        )
        self.restored = codec.restored_parts(index)


@dataclass(frozen=True, slots=True)
class _Restored:
    """A column of an index value's restored row: `spaces` keeps the count of trailing spaces instead of the value."""

    id: int
    offset: int
    length: int
    type: SqlType
    spaces: bool


class TableCodec:
    """Encodes and decodes the rows, handles and index entries of one table version.

    `values` arguments are sequences by column offset, as long as `table.columns` (non-public columns included); an
    integer handle is signed. `physical_id` is the partition's id where the table is partitioned.
    """

    def __init__(self, table: TableInfo, physical_id: int | None = None) -> None:
        self.table = table
        self.physical_id = table.id if physical_id is None else physical_id
        self.record_prefix = record_prefix(self.physical_id)
        self.primary = table.primary_index if table.is_common_handle else None
        handle_column = table.handle_column
        self._handle_offset = -1 if handle_column is None else handle_column.offset
        self._handle_encoders = [
            (part.offset, key_encoder(table.columns[part.offset].type, part.length))
            for part in (self.primary.columns if self.primary is not None else ())
        ]
        self.row_plan = self._plan_row()
        """(column id, offset, encoder, whether a NULL is stored) of what a row holds, ascending by id."""
        self._index_plans = [
            _IndexPlan(self, index, table.id if index.is_global else self.physical_id)
            for index in table.indexes
            if index is not self.primary and index.state != SchemaState.NONE
        ]

    # Handles and record keys

    def handle(self, values: Sequence[Value]) -> Handle | None:
        """The handle that the row's own columns give; None when rows of this table get a hidden row id."""
        if self._handle_offset >= 0:
            value = values[self._handle_offset]
            assert isinstance(value, int), "an integer primary key is an integer"
            return value if value < 1 << 63 else value - (1 << 64)
        if self.primary is None:
            return None
        data = b"".join([encode(values[offset]) for offset, encode in self._handle_encoders])
        return data if len(data) >= COMMON_HANDLE_MINIMUM else data + bytes(COMMON_HANDLE_MINIMUM - len(data))

    def record_key(self, handle: Handle) -> bytes:
        """The key of the row with this handle."""
        return self.record_prefix + (encode_int(handle) if isinstance(handle, int) else handle)

    # Rows

    def encode_row(self, values: Sequence[Value]) -> bytes:
        """The stored value of a row."""
        ids, nulls, parts = [], [], []
        for column_id, offset, encode, keep_null in self.row_plan:
            value = values[offset]
            if value is not None:
                ids.append(column_id)
                parts.append(encode(value))
            elif keep_null:
                nulls.append(column_id)
        return build_row(ids, nulls, parts)

    def row_decoder(self, columns: Sequence[ColumnInfo]) -> RowDecoder:
        """A compiled decoder for these columns, in this order."""
        return RowDecoder([self.column_spec(column) for column in columns], self.handle_parts())

    def decode_row(self, value: bytes, handle: Handle) -> list[Value]:
        """All columns of a row by offset; virtual generated ones are None. For hot paths keep a `row_decoder`."""
        return self.row_decoder(self.table.columns).decode(value, handle)

    def column_spec(self, column: ColumnInfo) -> ColumnSpec:
        """What a row decoder needs to know of a column; column id -1 is the hidden row id."""
        is_handle = column.id == HANDLE_COLUMN_ID or (
            self.table.pk_is_handle and bool(column.type.flags & Flag.PRI_KEY)
        )
        return ColumnSpec(column.id, column.type, origin_default_value(column), is_handle)

    def handle_parts(self) -> HandleParts:
        """The columns of the common handle; empty for integer handles."""
        if self.primary is None:
            return HandleParts()
        columns = [self.table.columns[part.offset] for part in self.primary.columns]
        prefixes = frozenset(
            column.id for column, part in zip(columns, self.primary.columns, strict=True) if part.length >= 0
        )
        return HandleParts(tuple(column.id for column in columns), tuple(column.type for column in columns), prefixes)

    # Index entries

    def index_entries(
        self, values: Sequence[Value], handle: Handle, *, deleting: bool = False, only: IndexInfo | None = None
    ) -> list[IndexEntry]:
        """The entries of a row. Inserting skips indexes that are only deleted from; `deleting` names every index.

        Raises SqlError for multi-valued indexes.
        """
        entries = []
        for plan in self._index_plans:
            if only is not None and plan.index.id != only.id:
                continue
            if deleting or plan.index.state in _WRITTEN:
                entries.append(self._entry(plan, values, handle))
        return entries

    def index_key(self, index: IndexInfo, values: Sequence[Value], handle: Handle | None) -> bytes:
        """The key of one entry. Without a handle: the key of a distinct entry (what a unique point get looks up)."""
        plan = next(plan for plan in self._index_plans if plan.index.id == index.id)
        parts = [values[offset] for offset in plan.offsets]
        key = plan.prefix + b"".join([encode(part) for encode, part in zip(plan.encoders, parts)])
        if handle is None or (index.unique and None not in parts):
            return key
        return key + _handle_suffix(handle)

    def _entry(self, plan: _IndexPlan, values: Sequence[Value], handle: Handle) -> IndexEntry:
        if plan.index.mv_index:
            raise SqlError(NOT_SUPPORTED_YET, feature="multi-valued index")
        parts = [values[offset] for offset in plan.offsets]
        key = plan.prefix + b"".join([encode(part) for encode, part in zip(plan.encoders, parts)])
        distinct = plan.index.unique and None not in parts
        if not distinct:
            key += _handle_suffix(handle)
        return IndexEntry(key, self._entry_value(plan, values, handle, distinct=distinct), plan.index.id, distinct)

    def _entry_value(self, plan: _IndexPlan, values: Sequence[Value], handle: Handle, *, distinct: bool) -> bytes:
        table, index = self.table, plan.index
        if isinstance(handle, int) and not plan.restored and not index.is_global:
            return (handle & ((1 << 64) - 1)).to_bytes(8, "big") if distinct else b"0"
        options = b""
        if distinct and isinstance(handle, bytes):
            options += bytes((_COMMON_HANDLE,)) + len(handle).to_bytes(2, "big") + handle
        if index.is_global:
            options += bytes((_PARTITION_ID,)) + encode_int(self.physical_id)
        if plan.restored:
            options += _restored_row(plan.restored, values)
        if isinstance(handle, bytes) and table.common_handle_version == 1:
            return _VERSION_1 + options
        tail = b""
        if distinct and isinstance(handle, int):
            tail = (handle & ((1 << 64) - 1)).to_bytes(8, "big")
        elif len(options) + 1 < _VERSION_0_MINIMUM:
            tail = bytes(_VERSION_0_MINIMUM - 1 - len(options))
        return bytes((len(tail),)) + options + tail

    def restored_parts(self, index: IndexInfo) -> tuple[_Restored, ...]:
        """The columns that values of this index keep, ascending by id; none when keys lose nothing."""
        columns = self.table.columns
        version_1 = self.primary is not None and self.table.common_handle_version == 1
        parts = [(columns[part.offset], part.length) for part in index.columns]
        if not version_1:
            if not any(needs_restored_data(column.type) for column, _ in parts):
                return ()
            return _restored_columns(parts, spaces=False)
        assert self.primary is not None
        keyed = {columns[part.offset].id for part in self.primary.columns}
        # The handle's columns are kept as the handle has them: the index may hold only a prefix of one.
        parts = [(column, length) for column, length in parts if column.id not in keyed]
        parts += [(columns[part.offset], part.length) for part in self.primary.columns]
        return _restored_columns([item for item in parts if needs_restored_data(item[0].type)], spaces=True)

    def _plan_row(self) -> list[tuple[int, int, Callable[[Value], bytes], bool]]:
        table = self.table
        keyed: set[int] = set()
        if self.primary is not None:
            for part in self.primary.columns:
                if part.length < 0 and not needs_restored_data(table.columns[part.offset].type):
                    keyed.add(part.offset)
        plan = []
        for column in table.columns:
            if column.state not in _WRITTEN or column.is_virtual or column.offset in keyed:
                continue
            if column.offset == self._handle_offset:
                continue
            default = column.default_bit if column.type.code == TypeCode.BIT else column.default
            origin = column.origin_default_bit if column.type.code == TypeCode.BIT else column.origin_default
            keep_null = default is not None or origin is not None
            plan.append((column.id, column.offset, value_encoder(column.type), keep_null))
        plan.sort(key=lambda item: item[0])
        return plan


def _restored_columns(parts: list[tuple[ColumnInfo, int]], *, spaces: bool) -> tuple[_Restored, ...]:
    by_id = {
        column.id: _Restored(
            column.id, column.offset, length, column.type, spaces and restores_as_space_count(column.type)
        )
        for column, length in parts
    }
    return tuple(by_id[column_id] for column_id in sorted(by_id))


def _restored_row(restored: Sequence[_Restored], values: Sequence[Value]) -> bytes:
    ids, nulls, parts = [], [], []
    for column in restored:
        value = values[column.offset]
        if value is None:
            nulls.append(column.id)
            continue
        if isinstance(value, bytes):
            value = truncate_prefix(value, column.length, column.type)
            if column.spaces:
                value = unsigned_bytes(len(value) - len(value.rstrip(b" ")))
        ids.append(column.id)
        parts.append(value if isinstance(value, bytes) else value_encoder(column.type)(value))
    return build_row(ids, nulls, parts)


def _handle_suffix(handle: Handle) -> bytes:
    return bytes((INT_FLAG,)) + encode_int(handle) if isinstance(handle, int) else handle
