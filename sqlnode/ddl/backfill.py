"""Fills new indexes from the rows that exist, batch by batch, each in a transaction of its own.

Online, writers keep the index themselves since it is write-only; what they do meanwhile meets the backfill on the
index key: whoever changes or deletes a row writes that key too, so that one of both conflicts, and the batch is read
and tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

from executor.context import EvalContext
from executor.dml.constraints import duplicate_index
from executor.dml.table_writer import Row, TableWriter
from executor.index_entries import entry_handle
from sqlnode.base.schema import IndexInfo, TableInfo
from sqlnode.base.types import TypeCode
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.table_rows import BATCH_ROWS, execution_of, writer_for
from store.api import ONE_PC_MUTATION_LIMIT, AlreadyExists, KeyLocked, Pair, WriteConflict
from store.codec.keys import Handle, decode_record_key, record_range
from store.codec.table_codec import IndexEntry
from store.transaction import Transaction

_ATTEMPTS = 50


async def fill_indexes(database: str, table: TableInfo, index_ids: Sequence[int], context: DdlContext) -> int:
    """Adds the entries of the indexes for every row; returns the number of rows. Raises 1062."""
    start, end = record_range(table.id)
    snapshot = context.store.snapshot(await context.store.timestamp())
    writer = writer_for(database, table, execution_of(context, snapshot))
    filler = _Filler(writer, [index for index in table.indexes if index.id in index_ids])
    total = 0
    while True:
        context.check_killed()
        pairs = await _fill_batch(filler, start, end, context)
        total += len(pairs)
        if len(pairs) < filler.batch_rows:
            return total
        start = pairs[-1][0] + b"\0"


class _Filler:
    """What is fixed about filling indexes of one table. `batch_rows`: as many as commit in one step."""

    def __init__(self, writer: TableWriter, indexes: Sequence[IndexInfo]) -> None:
        self.writer = writer
        self.batch_rows = max(1, min(BATCH_ROWS, ONE_PC_MUTATION_LIMIT // max(len(indexes), 1)))
        self._indexes = indexes
        columns = writer.table.columns
        handle = writer.table.handle_column
        offsets = {part.offset for index in indexes for part in index.columns}
        offsets.update(part.offset for part in (writer.codec.primary.columns if writer.codec.primary else ()))
        offsets.update(() if handle is None else (handle.offset,))
        self._offsets = sorted(offsets)
        plain = not any(columns[at].is_virtual or columns[at].type.code == TypeCode.TIMESTAMP for at in offsets)
        self._decoder = writer.codec.row_decoder([columns[at] for at in self._offsets]) if plain else None

    def row(self, value: bytes, handle: Handle, context: EvalContext) -> tuple[Row, Row]:
        """(row as the session sees it, row as it is stored), at least with the columns that entries and errors need."""
        writer, zone = self.writer, context.zone
        if self._decoder is None:
            row = writer.decode(value, handle, context)
            stored = writer.stored(row, zone)
            if writer.repeats(row, zone):
                stored = writer.with_instants(stored, row, value, handle, zone)
            return row, stored
        row = [None] * writer.width
        for offset, part in zip(self._offsets, self._decoder.decode(value, handle)):
            row[offset] = part
        return row, row

    def entries(self, stored: Row, handle: Handle) -> list[IndexEntry]:
        """The row's entries in the indexes."""
        codec = self.writer.codec
        return [entry for index in self._indexes for entry in codec.index_entries(stored, handle, only=index)]


async def _fill_batch(filler: _Filler, start: bytes, end: bytes, context: DdlContext) -> list[Pair]:
    for attempt in range(_ATTEMPTS):
        transaction = context.store.begin(await context.store.timestamp(), pessimistic=False)
        try:
            pairs = await transaction.scan(start, end, filler.batch_rows)
            await _add_entries(filler, pairs, transaction, context)
            await transaction.commit(wait_ms=10_000)
            return pairs
        except (WriteConflict, KeyLocked, AlreadyExists):
            if attempt + 1 == _ATTEMPTS:
                raise
        finally:
            await transaction.rollback()
    raise AssertionError("the last attempt raises")


async def _add_entries(filler: _Filler, pairs: list[Pair], transaction: Transaction, context: DdlContext) -> None:
    evaluation = execution_of(context, transaction.snapshot).evaluation
    found: list[tuple[IndexEntry, Handle, Row]] = []
    for key, value in pairs:
        handle = decode_record_key(key)[1]
        row, stored = filler.row(value, handle, evaluation)
        found += [(entry, handle, row) for entry in filler.entries(stored, handle)]
    distinct = [entry.key for entry, _, _ in found if entry.distinct]
    present = await transaction.batch_get(distinct) if distinct else {}
    for entry, handle, row in found:
        if entry.distinct:
            other = present.get(entry.key)
            if other is not None and _handle_of(filler.writer.table, entry, other) != handle:
                raise duplicate_index(filler.writer.table, entry.index_id, row)
            present[entry.key] = entry.value
        transaction.put(entry.key, entry.value)


def _handle_of(table: TableInfo, entry: IndexEntry, value: bytes) -> Handle:
    index = next(index for index in table.indexes if index.id == entry.index_id)
    return entry_handle(entry.key, value, len(index.columns), common=table.is_common_handle)
