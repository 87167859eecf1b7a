"""Fills new indexes from the rows that exist, batch by batch, each in a transaction of its own.

Online, writers keep the index themselves since it is write-only; what they do meanwhile meets the backfill on the
index key: whoever changes or deletes a row writes that key too, so that one of both conflicts, and the batch is read
and tried again.
"""

from __future__ import annotations

from collections.abc import Sequence

from executor.dml.constraints import duplicate_index
from executor.dml.table_writer import Row, TableWriter
from executor.index_entries import entry_handle
from sqlnode.base.schema import TableInfo
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.table_rows import BATCH_ROWS, execution_of, writer_for
from store.api import AlreadyExists, KeyLocked, Pair, WriteConflict
from store.codec.keys import Handle, decode_record_key, record_range
from store.codec.table_codec import IndexEntry
from store.transaction import Transaction

_ATTEMPTS = 50


async def fill_indexes(database: str, table: TableInfo, index_ids: Sequence[int], context: DdlContext) -> int:
    """Adds the entries of the indexes for every row; returns the number of rows. Raises 1062."""
    start, end = record_range(table.id)
    snapshot = context.store.snapshot(await context.store.timestamp())
    writer = writer_for(database, table, execution_of(context, snapshot))
    total = 0
    while True:
        context.check_killed()
        pairs = await _fill_batch(writer, set(index_ids), start, end, context)
        total += len(pairs)
        if len(pairs) < BATCH_ROWS:
            return total
        start = pairs[-1][0] + b"\0"


async def _fill_batch(
    writer: TableWriter, index_ids: set[int], start: bytes, end: bytes, context: DdlContext
) -> list[Pair]:
    for attempt in range(_ATTEMPTS):
        transaction = context.store.begin(await context.store.timestamp(), pessimistic=False)
        try:
            pairs = await transaction.scan(start, end, BATCH_ROWS)
            await _add_entries(writer, index_ids, pairs, transaction, context)
            await transaction.commit(wait_ms=10_000)
            return pairs
        except (WriteConflict, KeyLocked, AlreadyExists):
            if attempt + 1 == _ATTEMPTS:
                raise
        finally:
            await transaction.rollback()
    raise AssertionError("the last attempt raises")


async def _add_entries(
    writer: TableWriter, index_ids: set[int], pairs: list[Pair], transaction: Transaction, context: DdlContext
) -> None:
    evaluation = execution_of(context, transaction.snapshot).evaluation
    found: list[tuple[IndexEntry, Handle, Row]] = []
    for key, value in pairs:
        handle = decode_record_key(key)[1]
        row = writer.decode(value, handle, evaluation)
        stored = writer.stored(row, context.zone)
        if writer.repeats(row, context.zone):
            stored = writer.with_instants(stored, row, value, handle, context.zone)
        for entry in writer.codec.index_entries(stored, handle):
            if entry.index_id in index_ids:
                found.append((entry, handle, row))
    distinct = [entry.key for entry, _, _ in found if entry.distinct]
    present = await transaction.batch_get(distinct) if distinct else {}
    for entry, handle, row in found:
        if entry.distinct:
            other = present.get(entry.key)
            if other is not None and _handle_of(writer.table, entry, other) != handle:
                raise duplicate_index(writer.table, entry.index_id, row)
            present[entry.key] = entry.value
        transaction.put(entry.key, entry.value)


def _handle_of(table: TableInfo, entry: IndexEntry, value: bytes) -> Handle:
    index = next(index for index in table.indexes if index.id == entry.index_id)
    return entry_handle(entry.key, value, len(index.columns), common=table.is_common_handle)
