"""Rows of a result to packets: a column at a time for batches, a row at a time for few rows.

`RowEncoder` is made once per (columns, result character set, protocol) and kept with them. A batch becomes one
contiguous buffer: packet headers, length prefixes and texts are arrays, and one Arrow kernel joins them row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.nodes import Column
from sqlnode.base.types import Value
from sqlnode.wire.binary_cells import binary_cell
from sqlnode.wire.column_arrays import Cells, binary_column, fixed_pieces, prefixed, text_column
from sqlnode.wire.constants import MAX_PAYLOAD, NULL_CELL
from sqlnode.wire.payload import SHORT_LENGTHS, length_encoded
from sqlnode.wire.text_cells import Formatter, text_cell

SMALL_BATCH = 128
"""Rows up to which one row after the other is cheaper than whole columns."""

SLICE_BYTES = 512 * 1024
"""About how many bytes of rows are encoded before the next slice begins."""

_JOIN_LIMIT = 1 << 30
_BINARY_HEADS = tuple(b"\0\0" + length for length in SHORT_LENGTHS)


class RowEncoder:
    """Encodes rows of fixed columns. Not bound to a connection: the caller owns sequence numbers."""

    def __init__(self, columns: Sequence[Column], charset: str | None, *, binary: bool) -> None:
        self.columns = tuple(columns)
        self.charset = charset
        self.binary = binary
        self._bitmap_size = (len(columns) + 9) // 8

    @cached_property
    def _cells(self) -> tuple[Formatter, ...]:
        make = binary_cell if self.binary else text_cell
        return tuple(make(column.type, self.charset) for column in self.columns)

    @cached_property
    def _arrays(self) -> tuple[Callable[[pa.Array], Cells], ...]:
        if self.binary:
            return tuple(binary_column(column.type, self.charset) for column in self.columns)
        texts = [text_column(column.type, self.charset) for column in self.columns]
        return tuple((lambda array, text=text: prefixed(text(array))) for text in texts)

    @cached_property
    def payload(self) -> Callable[[Sequence[Value]], bytes]:
        """The function from one row to its payload."""
        cells = self._cells
        if self.binary:
            if len(cells) != 1:
                return self._binary_payload
            (only,) = cells
            return lambda row: b"\0\4" if row[0] is None else b"\0\0" + only(row[0])
        if len(cells) == 1:
            (only,) = cells
            return lambda row: NULL_CELL if row[0] is None else only(row[0])
        return lambda row: b"".join(
            [NULL_CELL if value is None else cell(value) for cell, value in zip(cells, row, strict=True)]
        )

    def payloads_of(self, rows: Sequence[Sequence[Value]]) -> list[bytes]:
        """The payloads of some rows."""
        if len(self._cells) == 1 and self._cells[0] is length_encoded:
            # A column of strings: the usual answer with many rows of one column.
            head, null = (b"\0\0", b"\0\4") if self.binary else (b"", NULL_CELL)
            heads = _BINARY_HEADS if self.binary else SHORT_LENGTHS
            texts: list[bytes | None] = [row[0] for row in rows]  # type: ignore[misc]
            return [
                null if text is None else heads[len(text)] + text if len(text) < 251 else head + length_encoded(text)
                for text in texts
            ]
        payload = self.payload
        return [payload(row) for row in rows]

    def _binary_payload(self, row: Sequence[Value]) -> bytes:
        if None not in row:
            cells = [cell(value) for cell, value in zip(self._cells, row, strict=True)]
            return bytes(1 + self._bitmap_size) + b"".join(cells)
        bitmap = 0
        cells = []
        for index, (cell, value) in enumerate(zip(self._cells, row, strict=True)):
            if value is None:
                bitmap |= 1 << (index + 2)
            else:
                cells.append(cell(value))
        return b"\0" + bitmap.to_bytes(self._bitmap_size, "little") + b"".join(cells)

    def payloads(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """The rows of a batch one by one."""
        columns = [column.to_pylist() for column in batch.columns]
        return map(self.payload, zip(*columns))

    def packets(self, batch: pa.RecordBatch, sequence: int) -> pa.Buffer | None:
        """All rows of a batch as packets, the first numbered `sequence`; None when a row needs more than one packet
        or the batch is too large to join (then `payloads` serves)."""
        count = batch.num_rows
        cells = [encode(column) for encode, column in zip(self._arrays, batch.columns, strict=True)]
        lengths = np.zeros(count, dtype=np.int64)
        pieces: list[pa.Array] = []
        if self.binary:
            head = self._row_heads(batch)
            lengths += head.shape[1]
            pieces.append(fixed_pieces(head))
        for column in cells:
            lengths += column.lengths
            pieces.extend(column.pieces)
        if count and (int(lengths.max()) >= MAX_PAYLOAD or int(lengths.sum()) + 4 * count >= _JOIN_LIMIT):
            return None
        numbers = (np.arange(sequence, sequence + count, dtype=np.uint64) & np.uint64(0xFF)) << np.uint64(24)
        headers = (lengths.astype(np.uint64) | numbers).astype("<u4").view(np.uint8).reshape(count, 4)
        joined = pc.binary_join_element_wise(fixed_pieces(headers), *pieces, b"")
        return _data_of(joined)

    def _row_heads(self, batch: pa.RecordBatch) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        """The zero byte and the NULL bitmap of each row."""
        count = batch.num_rows
        bits = np.zeros((count, 8 * self._bitmap_size), dtype=bool)
        for index, column in enumerate(batch.columns):
            if column.null_count:
                bits[:, index + 2] = column.is_null().to_numpy(zero_copy_only=False)
        head = np.zeros((count, 1 + self._bitmap_size), dtype=np.uint8)
        head[:, 1:] = np.packbits(bits, axis=1, bitorder="little")
        return head


def _data_of(array: pa.Array) -> pa.Buffer:
    """The bytes of all values of a binary array, one after the other."""
    _, offsets, data = array.buffers()
    first = array.offset
    bounds = np.frombuffer(offsets, dtype=np.int32, count=first + len(array) + 1)
    start, end = int(bounds[first]), int(bounds[-1])
    return data.slice(start, end - start) if data is not None else pa.py_buffer(b"")


def slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of about `SLICE_BYTES`."""
    count = batch.num_rows
    if not count:
        return
    step = max(int(count * SLICE_BYTES / max(batch.nbytes, 1)), 1) if batch.nbytes > SLICE_BYTES else count
    for start in range(0, count, step):
        yield batch.slice(start, min(step, count - start))
