"""A snapshot's view of rows that others changed after it, and that its own transaction changed after them.

Under REPEATABLE READ a pessimistic transaction reads at its snapshot and writes upon the newest rows. A row that it has
written it sees as it wrote it, whatever the snapshot says. Record keys give that by themselves: the write buffer lies
over the snapshot. Index entries do not. Example, with an index on k: the snapshot has row 1 with k = 1; somebody commits
k = 2; this transaction sets v, or k = 3, in row 1. The snapshot still has the entry (1, row 1), which the buffer knows
nothing of, so a read by the index would find row 1 under k = 1, or twice. Such rows are looked for here, and reads go
through a buffer in which their entries are put right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from executor.context import ExecContext
from executor.dml.table_writer import TableWriter, writer_of
from executor.index_entries import entry_handle
from executor.reads import CurrentReads
from sqlnode.base.schema import TableInfo
from store.codec.keys import INT_FLAG, decode_record_key, encode_int, index_range, record_key, record_range
from store.codec.table_codec import IndexEntry
from store.transaction import Transaction

Changes = dict[bytes, bytes | None]
Rows = dict[bytes, bytes]


async def correct_reads(context: ExecContext, tables: Iterable[tuple[str, TableInfo]]) -> None:
    """Makes `context` read its transaction's own rows right, by whatever index. For plain reads of a pessimistic
    transaction that has written since its snapshot."""
    transaction = context.transaction
    assert transaction is not None, "only a transaction has rows of its own"
    buffer = transaction.buffer
    changes: Changes = {}
    for database, table in {table.id: (database, table) for database, table in tables if table.id > 0}.values():
        if table.is_view or not table.indexes:
            continue
        own = dict(buffer.buffered(*record_range(table.id)))
        if not own:
            continue
        overtaken = await _overtaken(context, transaction, own)
        if overtaken:
            writer = writer_of(database, table, context)
            changes.update(await _changes(context, transaction, writer, own, overtaken))
        changes.update(await _covered(transaction, table, own, changes))
    if changes:
        context.snapshot = CurrentReads(transaction.snapshot, buffer.overlaid(changes))


async def _covered(transaction: Transaction, table: TableInfo, own: Changes, changes: Changes) -> Changes:
    """Entries of unique indexes that the transaction has written (or that `changes` puts right), and that are still
    another row's in the snapshot, which is seen by them. Where they are entries of own rows now, both are seen: the
    other's gets a key right behind, as one that need not be unique."""
    found: Changes = {}
    compared, snapshot = transaction.compared, transaction.snapshot
    for index in table.indexes:
        if not index.unique or (index.primary and table.is_common_handle):
            continue
        start, end = index_range(table.id, index.id)
        written = dict(transaction.buffer.buffered(start, end))
        written.update((key, value) for key, value in changes.items() if start <= key < end)
        asked = [key for key in written if compared.get(key, False) is False]
        present = await snapshot.batch_get(asked) if asked else {}
        for key in asked:
            value = present.get(key)
            if value is None:
                compared[key] = True
                continue
            handle = entry_handle(key, value, len(index.columns), common=table.is_common_handle)
            compared[key] = record_key(table.id, handle) in own
            if compared[key]:
                continue
            if written[key] is not None:
                key += bytes((INT_FLAG,)) + encode_int(handle) if isinstance(handle, int) else handle
            found[key] = value
    return found


async def _overtaken(context: ExecContext, transaction: Transaction, own: Changes) -> list[bytes]:
    """The record keys whose newest committed value is another than the snapshot's. They are locked, so that the answer
    stays what it is until the transaction ends."""
    compared = transaction.compared
    fresh = [key for key in own if key not in compared]
    if fresh:
        before = await transaction.snapshot.batch_get(fresh)
        newest = await context.store.snapshot(transaction.for_update_ts).batch_get(fresh)
        for key in fresh:
            compared[key] = before.get(key) == newest.get(key)
    return [key for key in own if not compared[key]]


async def _changes(
    context: ExecContext, transaction: Transaction, writer: TableWriter, own: Changes, overtaken: Sequence[bytes]
) -> Changes:
    """What the index entries of the rows must be for a reader of the snapshot."""
    entries = transaction.buffer.entries
    before = await transaction.snapshot.batch_get(overtaken)
    changes: Changes = {}
    for entry in _entries(context, writer, before):
        if entries.get(entry.key) is None:
            changes[entry.key] = None
    written = {key: value for key in overtaken if (value := own[key]) is not None}
    for entry in _entries(context, writer, written):
        changes[entry.key] = entry.value
    return changes


def _entries(context: ExecContext, writer: TableWriter, rows: Rows) -> list[IndexEntry]:
    found: list[IndexEntry] = []
    zone = context.evaluation.zone
    for key, value in rows.items():
        handle = decode_record_key(key)[1]
        row = writer.decode(value, handle, context.evaluation)
        stored = writer.stored(row, zone)
        if writer.repeats(row, zone):
            stored = writer.with_instants(stored, row, value, handle, zone)
        found += writer.codec.index_entries(stored, handle)
    return found
