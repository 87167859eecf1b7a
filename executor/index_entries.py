"""Index entries: the handles in them, and how their columns are decoded."""

from __future__ import annotations

from collections.abc import Sequence

from sqlnode.base.schema import ColumnInfo, IndexInfo, TableInfo
from store.codec.index_batch import IndexLayout, split_index_value
from store.codec.keys import COMMON_HANDLE_MINIMUM, INDEX_PREFIX_LENGTH, Handle, decode_int, key_datum_end
from store.codec.row_format import ColumnSpec, HandleParts

_EIGHT = 8


def entry_handle(key: bytes, value: bytes, column_count: int, *, common: bool) -> Handle:
    """The handle of an entry with `column_count` index columns; `common`: the table's handle is not an integer."""
    if not common:
        length = len(value)
        if length == _EIGHT:
            return int.from_bytes(value, "big", signed=True)
        if length == 1:
            return decode_int(key, len(key) - _EIGHT)
    found = split_index_value(value).handle
    if found is not None:
        return int.from_bytes(found, "big", signed=True) if len(found) == _EIGHT and not common else found
    if not common:
        return decode_int(key, len(key) - _EIGHT)
    position = INDEX_PREFIX_LENGTH
    for _ in range(column_count):
        position = key_datum_end(key, position)
    tail = key[position:]
    return tail if len(tail) >= COMMON_HANDLE_MINIMUM else tail.ljust(COMMON_HANDLE_MINIMUM, b"\x00")


def index_layout(table: TableInfo, index: IndexInfo | None, infos: Sequence[ColumnInfo]) -> IndexLayout:
    """How entries are decoded to the index's columns followed by the handle's columns (as `IndexScan` lists them)."""
    assert index is not None, "a layout belongs to an index"
    count = len(index.columns)
    columns = tuple(ColumnSpec(info.id, info.type) for info in infos[:count])
    rest = infos[count:]
    if not rest:
        return IndexLayout(columns)
    if not table.is_common_handle:
        (handle,) = rest
        return IndexLayout(columns, handle.type)
    parts = HandleParts(tuple(info.id for info in rest), tuple(info.type for info in rest))
    return IndexLayout(columns, None, parts)
