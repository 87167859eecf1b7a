"""DROP TABLE and TRUNCATE TABLE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from executor.result import OkResult
from planner.parse.nodes_ddl import DropTable, TruncateTable
from sqlnode.base.errors import (
    BAD_TABLE_ERROR,
    FK_CANNOT_DROP_PARENT,
    NO_SUCH_TABLE,
    ROW_IS_REFERENCED_BY_TRUNCATE,
    SqlError,
)
from sqlnode.base.schema import ForeignKeyInfo, SchemaState, TableInfo
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.databases import refuse_server_schema
from sqlnode.ddl.foreign_key_text import constraint_text
from sqlnode.ddl.jobs import SYNCED
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.tables import Found, find_table, new_job, write_step
from store.codec.keys import table_range


async def drop(node: DropTable, context: DdlContext) -> OkResult:
    """DROP TABLE: all that exist, or none and an error naming those that do not. Raises 1051, 3730."""
    names = [context.qualified(name) for name in node.tables]
    async with context.owner.exclusive(names, context.lock_wait_timeout, context.check_killed):
        found, missing = _find(node, context)
        if missing:
            unknown = ",".join(missing)
            if not node.if_exists:
                raise SqlError(BAD_TABLE_ERROR, table=unknown)
            for name in missing:
                context.note(BAD_TABLE_ERROR.code, BAD_TABLE_ERROR.template.format(table=name))
        if node.temporary or not found:
            return OkResult()
        if context.foreign_key_checks:
            _refuse_parents(found, context)
        await drop_stored(found, context)
    return OkResult()


def _find(node: DropTable, context: DdlContext) -> tuple[list[Found], list[str]]:
    """The tables, and the names of those that are not there (a view is not a table)."""
    found: list[Found] = []
    missing: list[str] = []
    for name in node.tables:
        database, table_name = context.qualified(name)
        refuse_server_schema(database, context)
        schema = context.catalog.schema(database)
        table = None if schema is None else schema.tables.get(table_name.lower())
        if schema is None or table is None or table.is_view or node.temporary:
            missing.append(f"{database}.{table_name}")
        elif all(item.table.id != table.id for item in found):
            found.append(Found(schema, table))
    return found, missing


def _refuse_parents(found: list[Found], context: DdlContext) -> None:
    """Raises 3730 when a table that stays refers to one that goes."""
    going = {(item.schema.name.lower(), item.table.name.lower()) for item in found}
    for item in found:
        for child, key in children_of(item, context):
            if (child.schema.name.lower(), child.table.name.lower()) not in going:
                raise SqlError(
                    FK_CANNOT_DROP_PARENT, table=item.table.name, constraint=key.name, child=child.table.name
                )


def children_of(parent: Found, context: DdlContext) -> list[tuple[Found, ForeignKeyInfo]]:
    """The tables whose foreign keys name `parent`, with the keys."""
    own = (parent.schema.name.lower(), parent.table.name.lower())
    result = []
    for database, name in context.catalog.referencing.get(own, ()):
        schema = context.catalog.schema(database)
        child = None if schema is None else schema.tables.get(name)
        if schema is None or child is None:
            continue
        for key in child.foreign_keys:
            if (key.ref_schema.lower() or database, key.ref_table.lower()) == own:
                result.append((Found(schema, child), key))
    return result


async def drop_stored(items: Sequence[Found], context: DdlContext, action: int = Action.DROP_TABLE) -> None:
    """Walks public → write-only → delete-only → none, all tables together: one change hides them and one removes them, so
    that a failure or a crash leaves all or none. The rows go when no snapshot can read them any more."""
    owner, table_ids = context.owner, [item.table.id for item in items]
    await owner.fence(items[0].schema.info.id, table_ids, context)
    job_ids: list[int] = []
    try:
        for state in (SchemaState.WRITE_ONLY, SchemaState.DELETE_ONLY):

            async def hide(
                writer: MetaWriter, state: SchemaState = state, known: list[int] = job_ids
            ) -> tuple[int, list[int]]:
                numbers = known or await writer.next_ids(len(items))
                return await _hide(writer, items, state, numbers, action, context), numbers

            version, job_ids = await owner.change(hide)
            await owner.drain(table_ids, version, context)
    except SqlError:
        await owner.change(lambda writer: _restore(writer, items, job_ids, action))
        raise

    async def remove(writer: MetaWriter) -> None:
        for item, job_id in zip(items, job_ids, strict=True):
            schema, table = item.schema, item.table
            await writer.drop_table(schema.info.id, table.id)
            if not table.is_view:
                writer.delete_later(job_id, *table_range(table.id))
            version = await writer.bump(action, schema.info.id, table.id)
            job = new_job(writer.ts, job_id, action, schema, table, context)
            job.state, job.schema_state = SYNCED, SchemaState.NONE
            await writer.finish_job(job_id, job.history(version, writer.ts, table=table))

    await owner.change(remove)


async def _hide(
    writer: MetaWriter,
    items: Sequence[Found],
    state: SchemaState,
    job_ids: list[int],
    action: int,
    context: DdlContext,
) -> int:
    """Puts all tables into a state; each has a job, which a restart carries through. Returns the schema version."""
    version = 0
    for item, job_id in zip(items, job_ids, strict=True):
        schema, table = item.schema, item.table
        job = new_job(writer.ts, job_id, action, schema, table, context)
        job.forward, job.schema_state = True, state
        if not table.is_view:
            job.ranges = [table_range(table.id)]
        writer.put_table(schema.info.id, replace(table, state=state))
        writer.put_active_job(job_id, job.active())
        version = await writer.bump(action, schema.info.id, table.id)
    return version


async def _restore(writer: MetaWriter, items: Sequence[Found], job_ids: list[int], action: int) -> None:
    """Nobody could be kept out in time: the tables are public again."""
    for item, job_id in zip(items, job_ids):
        writer.put_table(item.schema.info.id, item.table)
        await writer.drop_active_job(job_id)
        await writer.bump(action, item.schema.info.id, item.table.id)


async def truncate(node: TruncateTable, context: DdlContext) -> OkResult:
    """TRUNCATE TABLE: the same table under a new id. Raises 1701."""
    names = context.qualified(node.table)
    async with context.owner.exclusive([names], context.lock_wait_timeout, context.check_killed):
        named = context.catalog.table(*names)
        if named is not None and named.is_view:
            raise SqlError(NO_SUCH_TABLE, database=names[0], table=named.name)
        item = find_table(node.table, context)
        schema, table = item.schema, item.table
        if context.foreign_key_checks:
            for child, key in children_of(item, context):
                if child.table.id != table.id:
                    text = constraint_text(child.schema.name, child.table.name, key)
                    raise SqlError(ROW_IS_REFERENCED_BY_TRUNCATE, constraint=text)

        async def build(writer: MetaWriter) -> TableInfo:
            table_id = await writer.next_id()
            await writer.drop_table(schema.info.id, table.id)
            fresh = replace(table, id=table_id, auto_increment=0)
            written = await write_step(writer, Action.TRUNCATE_TABLE, schema, fresh, context, old_table_id=table.id)
            writer.delete_later(table_id, *table_range(table.id))
            return written

        async with context.owner.frozen(schema.info.id, [table.id], context):
            await context.owner.change(build)
        if context.auto_ids is not None:
            context.auto_ids.forget(table.id)
    return OkResult()
