"""Server-side cursors: the rows of a prepared SELECT, kept until the client has fetched them.

The result is taken whole when the cursor opens, so it does not hold a snapshot or the session. Up to `MEMORY_LIMIT` it
stays in memory; what is beyond goes to a temporary file in Arrow's stream form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import pyarrow as pa

from sqlnode.wire.resultset import RowEncoder

MEMORY_LIMIT = 16 * 1024 * 1024
"""Bytes of a cursor's rows that stay in memory."""


class Cursor:
    """Rows waiting for COM_STMT_FETCH: payloads of few rows, or batches."""

    def __init__(self, encoder: RowEncoder) -> None:
        self.encoder = encoder
        self._payloads: list[bytes] = []
        self._batches: list[pa.RecordBatch] = []
        self._size = 0
        self._file: IO[bytes] | None = None
        self._writer: pa.RecordBatchStreamWriter | None = None
        self._rows: Iterator[bytes] | None = None
        self._next: bytes | None = None

    def add_payload(self, payload: bytes) -> None:
        """One more row, already encoded."""
        self._payloads.append(payload)

    def add_batch(self, batch: pa.RecordBatch) -> None:
        """More rows. Raises OSError when the temporary file cannot be written."""
        if self._writer is not None:
            self._writer.write_batch(batch)
            return
        self._batches.append(batch)
        self._size += batch.nbytes
        if self._size > MEMORY_LIMIT:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the cursor
            self._writer = pa.ipc.new_stream(self._file, batch.schema)

    def fetch(self, count: int) -> tuple[list[bytes], bool]:
        """Payloads of the next `count` rows at most, and whether they were the last."""
        if self._rows is None:
            self._rows = self._iterate()
            self._next = next(self._rows, None)
        found: list[bytes] = []
        while self._next is not None and len(found) < count:
            found.append(self._next)
            self._next = next(self._rows, None)
        return found, self._next is None

    def _iterate(self) -> Iterator[bytes]:
        yield from self._payloads
        for batch in self._batches:
            yield from self._of_batch(batch)
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.seek(0)
            for batch in pa.ipc.open_stream(self._file):
                yield from self._of_batch(batch)

    def _of_batch(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        for start in range(0, batch.num_rows, 1024):
            yield from self.encoder.payloads(batch.slice(start, 1024))

    def close(self) -> None:
        """Frees memory and file."""
        self._payloads.clear()
        self._batches.clear()
        if self._file is not None:
            self._file.close()
