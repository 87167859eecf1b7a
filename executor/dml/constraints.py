"""Duplicate keys: error 1062 with the values and the name of the key, as MySQL words it.

An optimistic INSERT writes without looking; that a key exists comes out at commit (`store.AlreadyExists`, for the first
key in key order). `duplicate_at_commit` then looks at the transaction's rows in the order in which they were written, each
with its keys in MySQL's order, so that the error names what MySQL would have met first.
"""

from __future__ import annotations

from collections.abc import Sequence

from executor.context import EvalContext, ExecContext
from executor.dml.table_writer import TableWriter, writer_of
from planner.functions.casting import converter
from sqlnode.base.errors import DUP_ENTRY, SqlError
from sqlnode.base.schema import ColumnInfo, IndexInfo, TableInfo
from sqlnode.base.types import SqlType, Value, varchar
from store.api import MAX_TIMESTAMP, AlreadyExists
from store.codec.keys import Handle, decode_int, truncate_prefix
from store.snapshot import Snapshot
from store.transaction import Transaction

PRIMARY = "PRIMARY"
_TEXT = varchar()
_TABLE_PREFIX = b"t"
_ID_END = 9
_RECORD = b"_r"


def value_text(value: Value, sql_type: SqlType) -> str:
    """A value as error messages show it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes) and not sql_type.is_character and sql_type.is_string:
        return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in value)
    convert = converter(sql_type, _TEXT, None)
    text = value if convert is None else convert(value, EvalContext())
    assert isinstance(text, bytes), "a text is bytes"
    return text.decode("utf-8", "backslashreplace")


def key_text(columns: Sequence[tuple[ColumnInfo, int]], row: Sequence[Value]) -> str:
    """The values of a key, joined by hyphens; prefix lengths cut."""
    parts = []
    for column, length in columns:
        value = row[column.offset]
        if length >= 0 and isinstance(value, bytes):
            value = truncate_prefix(value, length, column.type)
        parts.append(value_text(value, column.type))
    return "-".join(parts)


def _index_columns(table: TableInfo, index: IndexInfo) -> list[tuple[ColumnInfo, int]]:
    return [(table.columns[part.offset], part.length) for part in index.columns]


def duplicate_primary(table: TableInfo, row: Sequence[Value]) -> SqlError:
    """1062 for the clustered primary key."""
    handle = table.handle_column
    if handle is not None:
        columns = [(handle, -1)]
    else:
        assert table.primary_index is not None, "a clustered table has a primary key"
        columns = _index_columns(table, table.primary_index)
    return SqlError(DUP_ENTRY, value=key_text(columns, row), key=f"{table.name}.{PRIMARY}")


def duplicate_index(table: TableInfo, index_id: int, row: Sequence[Value]) -> SqlError:
    """1062 for a unique index."""
    index = next(index for index in table.indexes if index.id == index_id)
    name = PRIMARY if index.primary else index.name
    return SqlError(DUP_ENTRY, value=key_text(_index_columns(table, index), row), key=f"{table.name}.{name}")


async def duplicate_at_commit(
    context: ExecContext, transaction: Transaction, error: AlreadyExists
) -> SqlError | AlreadyExists:
    """The user's error for a key that existed when the transaction committed; `error` itself when no row of a table
    explains it."""
    buffer = transaction.buffer
    newest = Snapshot(transaction.client, transaction.resolver, MAX_TIMESTAMP)
    writers: dict[int, TableWriter | None] = {}
    for key, value in buffer.entries.items():
        if value is None or key[_ID_END : _ID_END + 2] != _RECORD or not key.startswith(_TABLE_PREFIX):
            continue
        table_id = decode_int(key, 1)
        if table_id not in writers:
            found = context.catalog.table_by_id(table_id)
            writers[table_id] = None if found is None else writer_of(found[0].name, found[1], context)
        writer = writers[table_id]
        if writer is None:
            continue
        tail = key[_ID_END + 2 :]
        handle: Handle = tail if writer.table.is_common_handle else decode_int(tail, 0)
        duplicate = await _first_duplicate(context, buffer.inserts, newest, writer, key, value, handle)
        if duplicate is not None:
            return duplicate
    return _duplicate_record(context, error) or error


def _duplicate_record(context: ExecContext, error: AlreadyExists) -> SqlError | None:
    """1062 for a record key that exists, told from the row that stands there."""
    key, value = error.key, error.value
    if value is None or key[_ID_END : _ID_END + 2] != _RECORD or not key.startswith(_TABLE_PREFIX):
        return None
    found = context.catalog.table_by_id(decode_int(key, 1))
    if found is None:
        return None
    writer = writer_of(found[0].name, found[1], context)
    tail = key[_ID_END + 2 :]
    handle: Handle = tail if writer.table.is_common_handle else decode_int(tail, 0)
    return duplicate_primary(writer.table, writer.decode(value, handle, context.evaluation))


async def or_earlier_duplicate(context: ExecContext, transaction: Transaction, failure: SqlError) -> SqlError:
    """The error; but a row written before it that exists already comes first, which an optimistic transaction would learn
    only when it commits."""
    if transaction.pessimistic:
        return failure
    earlier = await duplicate_at_commit(context, transaction, AlreadyExists(b"", None))
    return earlier if isinstance(earlier, SqlError) else failure


async def _first_duplicate(
    context: ExecContext,
    inserts: set[bytes],
    newest: Snapshot,
    writer: TableWriter,
    key: bytes,
    value: bytes,
    handle: Handle,
) -> SqlError | None:
    """1062 for the first of a row's unique keys that exists."""
    if key in inserts and await newest.get(key) is not None:
        return duplicate_primary(writer.table, writer.decode(value, handle, context.evaluation))
    if not writer.unique_indexes:
        return None
    row = writer.decode(value, handle, context.evaluation)
    for entry in writer.codec.index_entries(writer.stored(row, context.evaluation.zone), handle):
        if entry.distinct and entry.key in inserts and await newest.get(entry.key) is not None:
            return duplicate_index(writer.table, entry.index_id, row)
    return None
