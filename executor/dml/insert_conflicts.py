"""INSERT IGNORE, INSERT … ON DUPLICATE KEY UPDATE and REPLACE: row by row, looking at what stands in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executor.compiled import kept
from executor.context import ExecContext
from executor.dml.auto_increment import raise_counter
from executor.dml.constraints import duplicate_index, duplicate_primary
from executor.dml.foreign_keys import ForeignKeys, after_delete, after_update, check_parents
from executor.dml.row_writes import change_row, put_new, remove_row, writing_transaction
from executor.dml.table_writer import Row, Scalar, TableWriter
from executor.dml.view_checks import check_view
from executor.index_entries import entry_handle
from executor.locking import lock_wait_ms
from planner.expr.assignment import Assigner, assigner
from planner.expr.scalar import compile_scalar
from sqlnode.base.errors import (
    CHECK_CONSTRAINT_VIOLATED,
    NO_REFERENCED_ROW_2,
    ROW_IS_REFERENCED_2,
    VIEW_CHECK_FAILED,
    SqlError,
    SqlWarning,
)
from sqlnode.base.types import Value
from store.codec.keys import Handle
from store.codec.table_codec import IndexEntry

if TYPE_CHECKING:
    from executor.dml.insert import InsertProgram, InsertRun, PendingRow

_SLICE_ROWS = 200
"""Rows after which other connections have their turn."""
_IGNORABLE = frozenset(
    (CHECK_CONSTRAINT_VIOLATED.code, NO_REFERENCED_ROW_2.code, ROW_IS_REFERENCED_2.code, VIEW_CHECK_FAILED.code)
)


@dataclass(slots=True)
class _NewRow:
    """A row that wants to be written, encoded."""

    row: Row
    handle: Handle
    record_key: bytes
    value: bytes
    entries: list[IndexEntry]

    def unique_keys(self, *, has_handle: bool) -> list[bytes]:
        keys = [self.record_key] if has_handle else []
        return keys + [entry.key for entry in self.entries if entry.distinct]


async def write_with_conflicts(
    program: InsertProgram,
    context: ExecContext,
    rows: Sequence[PendingRow],
    keys: ForeignKeys | None,
    run: InsertRun,
) -> None:
    """Writes the rows in order. Raises what cannot be ignored."""
    node = program.node.node
    transaction = writing_transaction(context)
    unused: list[Value] = []
    for place, pending in enumerate(rows, 1):
        if not place % _SLICE_ROWS:
            context.kill.check()
            await asyncio.sleep(0)
        if program.auto_offset >= 0:
            _shift_id(program, pending, unused)
            _note_id(program, pending.row, run)
        before = run.inserted
        savepoint = transaction.savepoint()
        try:
            if _passes(program, context, pending, run):
                await _write_one(program, context, pending, keys, run)
        except SqlError as error:
            if not node.ignore or error.code not in _IGNORABLE:
                raise
            transaction.rollback_to(savepoint)
            context.evaluation.warn(SqlWarning("Warning", error.code, error.message))
        if pending.generated and run.inserted == before:
            unused.insert(0, pending.row[program.auto_offset])


def _shift_id(program: InsertProgram, pending: PendingRow, unused: list[Value]) -> None:
    """A row takes the generated id that a row before it did not use, unless a given one went beyond."""
    offset = program.auto_offset
    if pending.generated:
        unused.append(pending.row[offset])
        pending.row[offset] = unused.pop(0)
    elif unused:
        given = pending.row[offset]
        unused[:] = [one for one in unused if one > given]  # type: ignore[operator]


def _passes(program: InsertProgram, context: ExecContext, pending: PendingRow, run: InsertRun) -> bool:
    """Whether the row obeys the checks of the table and of a view; with IGNORE one that does not is no record. Raises
    1369, 3819."""
    try:
        program.writer.check(pending.row, context.evaluation)
        check_view(program.view_checks, pending.row, context.evaluation)
    except SqlError as error:
        if not program.node.node.ignore or error.code not in _IGNORABLE:
            raise
        context.evaluation.warn(SqlWarning("Warning", error.code, error.message))
        run.records -= 1
        return False
    return True


async def _write_one(
    program: InsertProgram, context: ExecContext, pending: PendingRow, keys: ForeignKeys | None, run: InsertRun
) -> None:
    writer, node = program.writer, program.node.node
    transaction = writing_transaction(context)
    new = _encoded(writer, pending.row, pending.handle, context)
    existing = await _existing(context, new.unique_keys(has_handle=writer.has_handle))
    conflict = next((key for key in existing if existing[key] is not None), None)
    if conflict is None:
        put_new(transaction, writer, new.record_key, new.value, new.entries)
        if keys is not None and keys.parents:
            await check_parents(context, writer, keys, new.row)
        _note_inserted(program, pending, run)
        return
    if node.on_duplicate:
        await _update_existing(program, context, new, conflict, existing[conflict], keys, run)
    elif node.replace_rows:
        await _replace_existing(program, context, new, existing, keys, run)
        _note_inserted(program, pending, run)
    else:
        error = (
            duplicate_primary(writer.table, new.row)
            if conflict == new.record_key
            else duplicate_index(writer.table, _index_of(new, conflict), new.row)
        )
        context.evaluation.warn(SqlWarning("Warning", error.code, error.message))


def _note_inserted(program: InsertProgram, pending: PendingRow, run: InsertRun) -> None:
    run.affected += 1
    run.inserted += 1
    if pending.generated and not run.insert_id:
        value = pending.row[program.auto_offset]
        assert isinstance(value, (int, float)), "a generated id is a number"
        run.insert_id = int(value)


def _encoded(writer: TableWriter, row: Row, handle: Handle | None, context: ExecContext) -> _NewRow:
    codec = writer.codec
    stored = writer.stored(row, context.evaluation.zone)
    if handle is None:
        handle = codec.handle(stored)
        assert handle is not None, "the table has a handle of its own"
    entries = codec.index_entries(stored, handle) if writer.table.indexes else []
    return _NewRow(row, handle, codec.record_key(handle), codec.encode_row(stored), entries)


def _index_of(new: _NewRow, key: bytes) -> int:
    return next(entry.index_id for entry in new.entries if entry.key == key)


async def _existing(context: ExecContext, keys: list[bytes]) -> dict[bytes, bytes | None]:
    """What stands under the keys now, locked in a pessimistic transaction; in the order of the keys."""
    transaction = writing_transaction(context)
    if not keys:
        return {}
    if transaction.pessimistic:
        result = await transaction.lock_keys(keys, return_values=True, wait_ms=lock_wait_ms(context))
        return {key: result.values.get(key) for key in keys}
    found = await transaction.batch_get(keys)
    return {key: found.get(key) for key in keys}


async def _existing_row(
    context: ExecContext, writer: TableWriter, new: _NewRow, key: bytes, value: bytes | None
) -> tuple[Row, Handle]:
    """The row that owns a unique key."""
    assert value is not None, "the key exists"
    if key == new.record_key:
        return writer.decode(value, new.handle, context.evaluation), new.handle
    index_id = _index_of(new, key)
    index = next(index for index in writer.table.indexes if index.id == index_id)
    handle = entry_handle(key, value, len(index.columns), common=writer.table.is_common_handle)
    record_key = writer.codec.record_key(handle)
    stored = (await _existing(context, [record_key]))[record_key]
    assert stored is not None, f"index {index.name} of {writer.table.name} points at no row"
    return writer.decode(stored, handle, context.evaluation), handle


# --- ON DUPLICATE KEY UPDATE ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    offset: int
    compute: Scalar | None
    assign: Assigner | None


def _changes(program: InsertProgram) -> list[_Change]:
    node = program.node.node
    columns = (*node.row_columns, *node.values_columns)
    found = []
    for assignment in node.on_duplicate:
        column, expression = assignment.column, assignment.expression
        if expression is None:
            found.append(_Change(column.offset, None, None))
        else:
            assign = assigner(expression.type, column, program.writer.table.name)
            found.append(_Change(column.offset, compile_scalar(expression, columns), assign))
    return found


async def _update_existing(
    program: InsertProgram,
    context: ExecContext,
    new: _NewRow,
    conflict: bytes,
    value: bytes | None,
    keys: ForeignKeys | None,
    run: InsertRun,
) -> None:
    writer, node = program.writer, program.node.node
    evaluation = context.evaluation
    changes = kept(program.node, "_changes", lambda: _changes(program))
    old, handle = await _existing_row(context, writer, new, conflict, value)
    row = old.copy()
    width = len(node.row_columns)
    given: list[Value] = new.row[:width]
    for change in changes:
        if change.compute is None:
            row[change.offset] = writer.defaults[change.offset].get(row, evaluation)
        else:
            assert change.assign is not None, "a value is assigned"
            row[change.offset] = change.assign(change.compute(row[:width] + given, evaluation), evaluation, 1)
    _note_id(program, row, run)
    if row == old:
        run.touched += 1
        return
    changed = frozenset(offset for offset in range(writer.width) if row[offset] != old[offset])
    assigned = frozenset(change.offset for change in changes)
    for offset, default in writer.on_update_now:
        if offset not in assigned:
            row[offset] = default.get(row, evaluation)
    writer.regenerate(row, evaluation, 1, assigned)
    writer.check(row, evaluation)
    check_view(program.view_checks, row, evaluation)
    await change_row(context, writer, old, row, handle)
    if keys is not None:
        await check_parents(context, writer, keys, row, changed)
        if keys.children and changed & keys.referenced:
            await after_update(context, writer, keys, old, row)
    if program.auto_offset in changed:
        await raise_counter(context, writer, row[program.auto_offset])
    run.affected += 2
    run.duplicates += 1


def _note_id(program: InsertProgram, row: Row, run: InsertRun) -> None:
    """The OK packet names the id of the row met last, in an update the existing row's; LAST_INSERT_ID() stays."""
    if program.auto_offset < 0:
        return
    value = row[program.auto_offset]
    run.explicit_id = int(value) if isinstance(value, int) else 0


# --- REPLACE ----------------------------------------------------------------------------------------------------------


async def _replace_existing(
    program: InsertProgram,
    context: ExecContext,
    new: _NewRow,
    existing: dict[bytes, bytes | None],
    keys: ForeignKeys | None,
    run: InsertRun,
) -> None:
    """Removes every row in the way, then writes the new one."""
    writer = program.writer
    transaction = writing_transaction(context)
    # MySQL leaves an identical row that it meets by the table's last unique key; a key with a NULL meets none.
    complete = len(existing) == len(writer.unique_indexes) + writer.has_handle
    last = next(reversed(existing)) if complete else None
    for key, value in existing.items():
        if value is None:
            continue
        if key != new.record_key and transaction.buffer.get(key) is None and key in transaction.buffer:
            continue
        old, handle = await _existing_row(context, writer, new, key, value)
        if key == last and old == new.row and not (keys is not None and keys.children):
            return
        await remove_row(context, writer, old, handle)
        if keys is not None and keys.children:
            await after_delete(context, writer, keys, old)
        run.affected += 1
        run.duplicates += 1
    put = transaction.buffer.put
    put(new.record_key, new.value)
    for entry in new.entries:
        put(entry.key, entry.value)
    if keys is not None and keys.parents:
        await check_parents(context, writer, keys, new.row)
