"""One table's rows and record keys, many at a time, from Arrow columns: the bytes that `TableCodec` writes."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from store.codec.encode_batch import RowBatchEncoder, int_handle_cells, joined, key_cells, prefixed
from store.codec.keys import COMMON_HANDLE_MINIMUM
from store.codec.table_codec import TableCodec


class TableBatch:
    """Encodes columns given by offset, as long as `table.columns`; what is None there is NULL in every row."""

    def __init__(self, codec: TableCodec) -> None:
        self._codec = codec
        columns = codec.table.columns
        self._stored = [(offset, columns[offset].type, keep_null) for _, offset, _, keep_null in codec.row_plan]
        self._ids = [column_id for column_id, _, _, _ in codec.row_plan]

    def rows(self, arrays: Sequence[pa.Array | None], count: int) -> pa.Array | None:
        """The stored rows, binary; None when they must be encoded one by one."""
        chosen = []
        columns = []
        for column_id, (offset, sql_type, keep_null) in zip(self._ids, self._stored):
            array = arrays[offset]
            if array is None:
                if not keep_null:
                    continue
                array = pa.nulls(count, pa.binary())
            chosen.append(array)
            columns.append((column_id, sql_type, keep_null))
        return RowBatchEncoder(columns).encoded(chosen)

    def record_keys(self, arrays: Sequence[pa.Array | None], row_ids: pa.Array | None) -> pa.Array | None:
        """The record keys, binary, `row_ids` being hidden handles; None when they must be encoded one by one."""
        codec = self._codec
        if row_ids is not None:
            return prefixed(codec.record_prefix, [int_handle_cells(row_ids)])
        handle = codec.table.handle_column
        if handle is not None:
            array = arrays[handle.offset]
            if array is None or array.null_count:
                return None
            return prefixed(codec.record_prefix, [int_handle_cells(array)])
        assert codec.primary is not None, "a table has a handle"
        cells = []
        for part in codec.primary.columns:
            array = arrays[part.offset]
            if array is None or array.null_count:
                return None
            cell = key_cells(array, codec.table.columns[part.offset].type, part.length)
            if cell is None:
                return None
            cells.append(cell)
        # Each cell has nine bytes at least, so nothing needs padding.
        assert COMMON_HANDLE_MINIMUM <= 9, "the shortest datum of a key"
        return prefixed(codec.record_prefix, [joined(cells)])
