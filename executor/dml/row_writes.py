"""Row by row into the write buffer: keys, locks, uniqueness. Every statement that changes rows ends here.

Pessimistic transactions lock what they write: the record key and the keys of unique indexes, old and new, in the order in
which MySQL would meet them; a lock on a new key demands in the same call that it does not exist. Optimistic transactions
look in their snapshot (where a statement needs to know) and leave the rest to the commit (`Transaction.insert`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from executor.context import ExecContext
from executor.dml.constraints import duplicate_index, duplicate_primary
from executor.dml.table_writer import Row, TableWriter
from executor.locking import lock_wait_ms
from executor.reads import reads_of
from sqlnode.base.errors import SqlError
from sqlnode.base.types import Value
from store.api import AlreadyExists
from store.codec.keys import Handle
from store.codec.table_codec import IndexEntry
from store.transaction import Transaction

LOCK_CHUNK: Final = 1000


def writing_transaction(context: ExecContext) -> Transaction:
    """The statement's transaction."""
    assert context.transaction is not None, "data changes need a transaction"
    return context.transaction


async def lock(context: ExecContext, keys: Sequence[bytes]) -> None:
    """Exclusive locks in a pessimistic transaction; nothing in an optimistic one, whose writes are checked at commit."""
    transaction = writing_transaction(context)
    if transaction.pessimistic:
        for at in range(0, len(keys), LOCK_CHUNK):
            await transaction.lock_keys(keys[at : at + LOCK_CHUNK], wait_ms=lock_wait_ms(context))


async def claim(context: ExecContext, keys: Sequence[bytes]) -> None:
    """Makes sure that none of the keys exists, in order. Raises AlreadyExists for the first that does."""
    transaction = writing_transaction(context)
    if not keys:
        return
    if transaction.pessimistic:
        await transaction.lock_keys(keys, not_exists=frozenset(keys), wait_ms=lock_wait_ms(context))
        return
    for key in keys:
        value = await transaction.get(key)
        if value is not None:
            raise AlreadyExists(key, value)


def duplicate(
    writer: TableWriter, stored: Row, row: Row, record_key: bytes, entries: Sequence[IndexEntry], key: bytes
) -> SqlError:
    """1062 for `key`, one of the row's own. `row` (session form) gives the values shown."""
    if key == record_key:
        return duplicate_primary(writer.table, row)
    entry = next(entry for entry in entries if entry.key == key)
    return duplicate_index(writer.table, entry.index_id, row)


async def add_row(context: ExecContext, writer: TableWriter, row: Row, handle: Handle | None = None) -> Handle:
    """Writes a new row, all unique keys checked now. `handle` is given for hidden row ids. Raises 1062."""
    transaction = writing_transaction(context)
    codec = writer.codec
    stored = writer.stored(row, context.evaluation.zone)
    unique: list[bytes] = []
    if handle is None:
        handle = codec.handle(stored)
        assert handle is not None, "the table has a handle of its own"
        record_key = codec.record_key(handle)
        unique.append(record_key)
    else:
        record_key = codec.record_key(handle)
    entries = codec.index_entries(stored, handle)
    unique += [entry.key for entry in entries if entry.distinct]
    try:
        await claim(context, unique)
    except AlreadyExists as error:
        raise duplicate(writer, stored, row, record_key, entries, error.key) from None
    put_new(transaction, writer, record_key, codec.encode_row(stored), entries)
    return handle


def put_new(
    transaction: Transaction, writer: TableWriter, record_key: bytes, value: bytes, entries: Sequence[IndexEntry]
) -> None:
    """Buffers a row whose unique keys do not exist. Raises AlreadyExists for one that stands in the buffer."""
    buffer = transaction.buffer
    if transaction.pessimistic:
        put = buffer.put
        put(record_key, value)
        for entry in entries:
            put(entry.key, entry.value)
        return
    if writer.has_handle:
        buffer.insert(record_key, value)
    else:
        buffer.put(record_key, value)
    for entry in entries:
        if entry.distinct:
            buffer.insert(entry.key, entry.value)
        else:
            buffer.put(entry.key, entry.value)


def lockable_keys(writer: TableWriter, stored: Sequence[Value], handle: Handle) -> list[bytes]:
    """The keys of an existing row that whoever removes it must hold: record and unique index entries."""
    codec = writer.codec
    keys = [codec.record_key(handle)]
    if writer.unique_indexes:
        keys += [entry.key for entry in codec.index_entries(stored, handle, deleting=True) if entry.distinct]
    return keys


async def _stored_old(context: ExecContext, writer: TableWriter, row: Row, handle: Handle) -> Row:
    """An existing row in stored form. A TIMESTAMP whose local time two instants have is read again."""
    zone = context.evaluation.zone
    stored = writer.stored(row, zone)
    if writer.repeats(row, zone):
        value = await reads_of(context).get(writer.codec.record_key(handle))
        if value is not None:
            return writer.with_instants(stored, row, value, handle, zone)
    return stored


def as_buffered(context: ExecContext, writer: TableWriter, row: Row, handle: Handle) -> Row | None:
    """The row as this transaction last wrote it, None when it removed it: what a statement has read of a row is old when
    the action of a foreign key, or the statement itself under another alias, changed the row in between."""
    buffer = writing_transaction(context).buffer
    record_key = writer.codec.record_key(handle)
    if record_key not in buffer:
        return row
    value = buffer.get(record_key)
    return None if value is None else writer.decode(value, handle, context.evaluation)


async def remove_row(context: ExecContext, writer: TableWriter, row: Row, handle: Handle) -> None:
    """Deletes a row and its index entries; its record key is locked already or is locked here."""
    transaction = writing_transaction(context)
    codec = writer.codec
    stored = await _stored_old(context, writer, row, handle)
    entries = codec.index_entries(stored, handle, deleting=True) if writer.table.indexes else []
    record_key = codec.record_key(handle)
    if transaction.pessimistic:
        await lock(context, [record_key, *[entry.key for entry in entries if entry.distinct]])
    put = transaction.buffer.put
    put(record_key, None)
    for entry in entries:
        put(entry.key, None)


async def change_row(context: ExecContext, writer: TableWriter, old: Row, new: Row, handle: Handle) -> Handle:
    """Replaces a row by another: the same handle, or a new one when the key changed. Raises 1062."""
    zone = context.evaluation.zone
    transaction = writing_transaction(context)
    codec = writer.codec
    old_stored, new_stored = await _stored_old(context, writer, old, handle), writer.stored(new, zone)
    if writer.repeats(old, zone):
        new_stored = [
            before if value == other else after
            for value, other, before, after in zip(new, old, old_stored, new_stored, strict=True)
        ]
    new_handle = codec.handle(new_stored) if writer.has_handle else handle
    assert new_handle is not None, "a row keeps a handle"
    record_key = codec.record_key(new_handle)
    moved = new_handle != handle
    put = transaction.buffer.put
    if not writer.table.indexes and not moved:
        await lock(context, [record_key])
        put(record_key, codec.encode_row(new_stored))
        return handle
    before = {entry.key: entry for entry in codec.index_entries(old_stored, handle, deleting=True)}
    after = codec.index_entries(new_stored, new_handle)
    kept_keys = {entry.key for entry in after}
    gone = [entry for key, entry in before.items() if key not in kept_keys]
    fresh = [entry for entry in after if entry.key not in before]
    if transaction.pessimistic:
        await lock(context, [codec.record_key(handle), *[entry.key for entry in gone if entry.distinct]])
    claimed = [record_key] if moved else []
    claimed += [entry.key for entry in fresh if entry.distinct]
    if claimed:
        try:
            await claim(context, claimed)
        except AlreadyExists as error:
            raise duplicate(writer, new_stored, new, record_key, after, error.key) from None
    if moved:
        put(codec.record_key(handle), None)
    for entry in gone:
        put(entry.key, None)
    _put_changed(transaction, record_key, codec.encode_row(new_stored), moved=moved)
    for entry in after:
        known = before.get(entry.key)
        if known is None:
            _put_changed(transaction, entry.key, entry.value, moved=entry.distinct)
        elif known.value != entry.value:
            put(entry.key, entry.value)
    return new_handle


def _put_changed(transaction: Transaction, key: bytes, value: bytes, *, moved: bool) -> None:
    """`moved`: the key was claimed, and an optimistic transaction demands at commit that it still does not exist."""
    if moved and not transaction.pessimistic:
        transaction.buffer.insert(key, value)
    else:
        transaction.buffer.put(key, value)
