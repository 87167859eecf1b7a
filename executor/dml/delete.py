"""DELETE, from one table or several."""

from __future__ import annotations

import asyncio

from executor.compiled import kept
from executor.context import ExecContext
from executor.dml.foreign_keys import delete_with_children, keys_of
from executor.dml.row_writes import as_buffered, lock, remove_row, writing_transaction
from executor.dml.table_writer import Row, writer_of
from executor.dml.update import YIELD_ROWS, Target, witness
from executor.result import OkResult
from executor.running import source_rows
from planner.physical import Delete, PhysicalPlan
from sqlnode.base.errors import ROW_IS_REFERENCED_2, SqlError, SqlWarning
from store.codec.keys import Handle


def _compile(plan_node: Delete, context: ExecContext) -> tuple[Target, ...]:
    node = plan_node.node
    schema = plan_node.source.schema
    places = {column.id: place for place, column in enumerate(schema)}
    targets = []
    for target in node.targets:
        writer = writer_of(target.database, target.table, context)
        columns = tuple(places[column.id] for column in target.columns)
        whole = columns == tuple(range(len(schema)))
        handle = -1 if target.handle is None else places[target.handle.id]
        not_null = witness(writer, columns, handle) if len(node.targets) > 1 or not whole else -1
        targets.append(Target(writer, None if whole else columns, handle, not_null, (), frozenset()))
    return tuple(targets)


async def run_delete(plan: PhysicalPlan, plan_node: Delete, context: ExecContext, warnings: list[int]) -> OkResult:
    """DELETE. Its result does not tell the number of warnings."""
    targets = kept(plan_node, "_targets", lambda: _compile(plan_node, context))
    rows = await source_rows(plan_node.source, plan, context)
    found: list[tuple[Target, Row, Handle]] = []
    seen: set[tuple[int, Handle]] = set()
    once = len(targets) > 1 or targets[0].columns is not None
    for place, target in enumerate(targets):
        for values in rows:
            row = target.row(values, context.evaluation)
            if row is None:
                continue
            handle = target.handle_of(row, values, context.evaluation)
            if once and (place, handle) in seen:
                continue
            seen.add((place, handle))
            found.append((target, row, handle))
    transaction = writing_transaction(context)
    if transaction.pessimistic and found:
        await lock(context, [target.writer.codec.record_key(handle) for target, _, handle in found])
    deleted = 0
    for number, (target, row, handle) in enumerate(found, 1):
        if not number % YIELD_ROWS:
            context.kill.check()
            await asyncio.sleep(0)
        deleted += await _delete_row(context, target, row, handle, ignore=plan_node.node.ignore)
    return OkResult(deleted)


async def _delete_row(context: ExecContext, target: Target, row: Row, handle: Handle, *, ignore: bool) -> int:
    writer = target.writer
    keys = keys_of(context, writer)
    if keys is None:
        await remove_row(context, writer, row, handle)
        return 1
    current = as_buffered(context, writer, row, handle)
    if current is None:
        # A cascade of an earlier row of this statement took it along; MySQL counts it no more.
        return 0
    row = current
    if not keys.children:
        await remove_row(context, writer, row, handle)
        return 1
    transaction = writing_transaction(context)
    savepoint = transaction.savepoint()
    try:
        await delete_with_children(context, writer, row, handle)
    except SqlError as error:
        if not ignore or error.code != ROW_IS_REFERENCED_2.code:
            raise
        transaction.rollback_to(savepoint)
        context.evaluation.warn(SqlWarning("Warning", error.code, error.message))
        return 0
    return 1
