"""UPDATE: assignments in order, what really changed, and the write."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from executor.compiled import kept
from executor.context import EvalContext, ExecContext
from executor.dml.auto_increment import raise_counter
from executor.dml.foreign_keys import after_update, check_parents, keys_of
from executor.dml.row_writes import as_buffered, change_row, lock, writing_transaction
from executor.dml.table_writer import Row, Scalar, TableWriter, writer_of
from executor.dml.view_checks import RowCheck, check_view, row_checks
from executor.result import OkResult
from executor.running import source_rows
from planner.expr.assignment import Assigner, assigner
from planner.expr.scalar import compile_scalar
from planner.physical import PhysicalPlan, Update
from sqlnode.base.errors import (
    CHECK_CONSTRAINT_VIOLATED,
    DUP_ENTRY,
    NO_REFERENCED_ROW_2,
    ROW_IS_REFERENCED_2,
    VIEW_CHECK_FAILED,
    SqlError,
    SqlWarning,
)
from sqlnode.base.types import Value
from store.codec.keys import Handle

YIELD_ROWS: Final = 500
"""Rows written before the loop gets its turn."""
_IGNORABLE: Final = frozenset(
    (
        CHECK_CONSTRAINT_VIOLATED.code,
        DUP_ENTRY.code,
        NO_REFERENCED_ROW_2.code,
        ROW_IS_REFERENCED_2.code,
        VIEW_CHECK_FAILED.code,
    )
)


@dataclass(frozen=True, slots=True)
class AssignedColumn:
    """One assignment: `place` is the column's place in the source row, `offset` in the table's."""

    place: int
    offset: int
    compute: Scalar | None
    assign: Assigner | None


@dataclass(frozen=True, slots=True)
class Target:
    """One table of the statement, with the places of its columns in the source rows. `columns` None: the source row is
    the table's row."""

    writer: TableWriter
    columns: tuple[int, ...] | None
    handle: int
    """Place of the hidden row id, -1 when the row's own columns give the handle."""
    not_null: int
    """Place of a column that is NULL only where an outer join found no row, -1 when there is none to look at."""
    assignments: tuple[AssignedColumn, ...]
    assigned: frozenset[int]
    checks: tuple[RowCheck, ...] = ()
    auto_offset: int = -1
    """The AUTO_INCREMENT column when it is assigned, else -1."""

    def row(self, values: Sequence[Value], context: EvalContext) -> Row | None:
        """The table's row in a source row; None where an outer join found none."""
        if self.not_null >= 0 and values[self.not_null] is None:
            return None
        row = self.writer.whole(values if self.columns is None else [values[place] for place in self.columns])
        if self.writer.virtual:
            # Index entries are made of these; a reader need not have computed them.
            self.writer.compute_virtual(row, context)
        return row

    def handle_of(self, row: Row, values: Sequence[Value], context: EvalContext) -> Handle:
        """The row's handle."""
        if self.handle >= 0:
            handle = values[self.handle]
            assert isinstance(handle, int), "a hidden row id is an integer"
            return handle
        return self.writer.handle(row, context.zone)


def targets_of(plan_node: Update, context: ExecContext) -> tuple[Target, ...]:
    """The statement's targets, compiled the first time."""
    return kept(plan_node, "_targets", lambda: _compile(plan_node, context))


def _compile(plan_node: Update, context: ExecContext) -> tuple[Target, ...]:
    node = plan_node.node
    schema = plan_node.source.schema
    places = {column.id: place for place, column in enumerate(schema)}
    targets = []
    for number, target in enumerate(node.targets):
        writer = writer_of(target.database, target.table, context)
        columns = tuple(places[column.id] for column in target.columns)
        assignments = []
        for one in node.assignments:
            if one.target != number or (one.expression is None and one.column.is_generated):
                continue
            place = columns[one.column.offset]
            if one.expression is None:
                assignments.append(AssignedColumn(place, one.column.offset, None, None))
            else:
                assign = assigner(one.expression.type, one.column, target.table.name)
                compute = compile_scalar(one.expression, schema)
                assignments.append(AssignedColumn(place, one.column.offset, compute, assign))
        whole = columns == tuple(range(len(schema)))
        handle = -1 if target.handle is None else places[target.handle.id]
        assigned = frozenset(one.offset for one in assignments)
        automatic = target.table.auto_increment_column
        targets.append(
            Target(
                writer,
                None if whole else columns,
                handle,
                witness(writer, columns, handle) if len(node.targets) > 1 or not whole else -1,
                tuple(assignments),
                assigned,
                row_checks(target.checks, target.columns),
                automatic.offset if automatic is not None and automatic.offset in assigned else -1,
            )
        )
    return tuple(targets)


def witness(writer: TableWriter, columns: Sequence[int], handle: int) -> int:
    """The place of a column that is never NULL in a row that exists."""
    if handle >= 0:
        return handle
    found = next((column.offset for column in writer.table.public_columns if column.type.not_null), None)
    assert found is not None, "a clustered primary key is NOT NULL"
    return columns[found]


async def run_update(plan: PhysicalPlan, plan_node: Update, context: ExecContext, warnings: list[int]) -> OkResult:
    """UPDATE. `warnings[0]` counts the statement's warnings."""
    targets: tuple[Target, ...] = plan_node.__dict__.get("_targets") or targets_of(plan_node, context)
    rows = await source_rows(plan_node.source, plan, context)
    ignore = plan_node.node.ignore
    several = len(targets) > 1
    changed = 0
    found = _matched_rows(targets, rows, context.evaluation, once=several or targets[0].columns is not None)
    await _lock_all(context, found)
    matched = len(found)
    for number, (target, values, row, handle) in enumerate(found, 1):
        if not number % YIELD_ROWS:
            context.kill.check()
            await asyncio.sleep(0)
        current = as_buffered(context, target.writer, row, handle) if several else row
        if current is not None:
            done = await _update_row(context, target, values, current, handle, number, ignore=ignore)
            if done < 0:
                matched -= 1
            else:
                changed += done
    info = f"Rows matched: {matched}  Changed: {changed}  Warnings: {warnings[0]}"
    return OkResult(changed, 0, info, matched)


def _matched_rows(
    targets: Sequence[Target], rows: Sequence[Sequence[Value]], context: EvalContext, *, once: bool
) -> list[tuple[Target, Sequence[Value], Row, Handle]]:
    """(target, source row, row, handle) of everything that is to be updated; each row of a join once."""
    found = []
    seen: set[tuple[int, Handle]] = set()
    for place, target in enumerate(targets):
        for values in rows:
            row = target.row(values, context)
            if row is None:
                continue
            handle = target.handle_of(row, values, context)
            if once:
                if (place, handle) in seen:
                    continue
                seen.add((place, handle))
            found.append((target, values, row, handle))
    return found


async def _lock_all(context: ExecContext, found: Sequence[tuple[Target, Sequence[Value], Row, Handle]]) -> None:
    """The records, in scan order, in one request."""
    transaction = writing_transaction(context)
    if transaction.pessimistic and found:
        await lock(context, [target.writer.codec.record_key(handle) for target, _, _, handle in found])


async def _update_row(
    context: ExecContext,
    target: Target,
    values: Sequence[Value],
    old: Row,
    handle: Handle,
    number: int,
    *,
    ignore: bool,
) -> int:
    """1 when the row changed. With IGNORE, what would be an error about the row becomes a warning and the row stays; -1
    when it would have left the view, which MySQL does not count as matched."""
    if not ignore:
        return await _change(context, target, values, old, handle, number)
    transaction = writing_transaction(context)
    savepoint = transaction.savepoint()
    try:
        return await _change(context, target, values, old, handle, number)
    except SqlError as error:
        if error.code not in _IGNORABLE:
            raise
        transaction.rollback_to(savepoint)
        context.evaluation.warn(SqlWarning("Warning", error.code, error.message))
        return -1 if error.code == VIEW_CHECK_FAILED.code else 0


async def _change(
    context: ExecContext, target: Target, values: Sequence[Value], old: Row, handle: Handle, number: int
) -> int:
    writer = target.writer
    evaluation = context.evaluation
    source = list(values)
    new = old.copy()
    different = False
    for one in target.assignments:
        if one.compute is None:
            value = writer.defaults[one.offset].get(new, evaluation)
        else:
            assert one.assign is not None, "a value is assigned"
            value = one.assign(one.compute(source, evaluation), evaluation, number)
        source[one.place] = value
        new[one.offset] = value
        if value != old[one.offset]:
            different = True
    if not different:
        return 0
    for offset, default in writer.on_update_now:
        if offset not in target.assigned:
            new[offset] = default.get(new, evaluation)
    if writer.generated:
        writer.regenerate(new, evaluation, number, target.assigned)
    if writer.checks:
        writer.check(new, evaluation)
    if target.checks:
        check_view(target.checks, new, evaluation)
    keys = keys_of(context, writer)
    if keys is None:
        await change_row(context, writer, old, new, handle)
    else:
        changed = frozenset(offset for offset in range(writer.width) if new[offset] != old[offset])
        followed = bool(keys.children) and bool(changed & keys.referenced)
        failure: SqlError | None = None
        try:
            await change_row(context, writer, old, new, handle)
        except SqlError as error:
            failure = error
        if failure is not None:
            if followed:
                # MySQL looks at the children before it meets the key that exists.
                await after_update(context, writer, keys, old, new)
            raise failure
        await check_parents(context, writer, keys, new, changed)
        if followed:
            await after_update(context, writer, keys, old, new)
    if target.auto_offset >= 0:
        await raise_counter(context, writer, new[target.auto_offset])
    return 1
