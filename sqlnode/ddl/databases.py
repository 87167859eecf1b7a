"""CREATE, ALTER and DROP DATABASE."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from executor.result import OkResult
from planner.parse.nodes_ddl import AlterDatabase, CreateDatabase, DropDatabase
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import (
    BAD_DB_ERROR,
    DB_CREATE_EXISTS,
    DB_DROP_EXISTS,
    DBACCESS_DENIED_ERROR,
    FK_CANNOT_DROP_PARENT,
    NO_DB_ERROR,
    NO_SYSTEM_SCHEMA_ACCESS,
    NOT_SUPPORTED_YET,
    WRONG_DB_NAME,
    SqlError,
)
from sqlnode.base.schema import DatabaseInfo, SchemaState
from sqlnode.ddl.build_column import check_name
from sqlnode.ddl.charsets import CharsetPair, resolve
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.jobs import SYNCED, Job
from sqlnode.ddl.metadata import Action, MetaWriter
from store.codec.keys import table_range

_SERVER_SCHEMAS = frozenset(("information_schema", "performance_schema"))


def refuse_server_schema(name: str, context: DdlContext) -> None:
    """Raises 1044 for schemas that the server itself fills."""
    if name.lower() in _SERVER_SCHEMAS:
        raise SqlError(DBACCESS_DENIED_ERROR, user=context.user, host=context.host, database=name)


def existing_schema(name: str, context: DdlContext) -> Schema:
    """The database. Raises 1044, 1049."""
    refuse_server_schema(name, context)
    schema = context.catalog.schema(name)
    if schema is None:
        raise SqlError(BAD_DB_ERROR, database=name)
    return schema


async def create(node: CreateDatabase, context: DdlContext) -> OkResult:
    """CREATE DATABASE. Raises 1007, 1059, 1102, 1115, 1253, 1273."""
    name = node.name
    check_name(name)
    if not name or name != name.rstrip() or "/" in name or "\\" in name:
        raise SqlError(WRONG_DB_NAME, name=name)
    if node.unsupported is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=node.unsupported)
    if node.encryption == "Y":
        raise SqlError(NOT_SUPPORTED_YET, feature="ENCRYPTION")
    refuse_server_schema(name, context)
    server = CharsetPair(context.server_charset, context.server_collation)
    utf8mb4_default = str(context.variables.get("default_collation_for_utf8mb4", ""))
    pair = resolve(node.charset, node.collation, server, utf8mb4_default)
    async with context.owner.exclusive([(name, "")], context.lock_wait_timeout, context.check_killed):
        if context.catalog.schema(name) is not None:
            if not node.if_not_exists:
                raise SqlError(DB_CREATE_EXISTS, database=name)
            context.note(DB_CREATE_EXISTS.code, DB_CREATE_EXISTS.template.format(database=name))
            return OkResult(affected_rows=1)

        async def build(writer: MetaWriter) -> None:
            database_id, job_id = await writer.next_ids(2)
            info = DatabaseInfo(database_id, name, pair.charset, pair.collation)
            writer.put_database(info)
            version = await writer.bump(Action.CREATE_SCHEMA, database_id)
            await _finish(writer, Action.CREATE_SCHEMA, job_id, info, context, version)

        await context.owner.change(build)
    return OkResult(affected_rows=1)


async def _finish(
    writer: MetaWriter, action: int, job_id: int, info: DatabaseInfo, context: DdlContext, version: int
) -> None:
    job = Job(
        job_id, action, info.id, 0, info.name, "", context.query, context.sql_mode, writer.ts,
        state=SYNCED, schema_state=info.state,
    )  # fmt: skip
    await writer.finish_job(job_id, job.history(version, writer.ts, database=info))


async def alter(node: AlterDatabase, context: DdlContext) -> OkResult:
    """ALTER DATABASE: the default charset and collation of tables to come."""
    name = node.name if node.name is not None else context.database
    if not name:
        raise SqlError(NO_DB_ERROR)
    if node.read_only:
        raise SqlError(NOT_SUPPORTED_YET, feature="READ ONLY")
    if node.unsupported is not None or node.encryption == "Y":
        raise SqlError(NOT_SUPPORTED_YET, feature=node.unsupported or "ENCRYPTION")
    async with context.owner.exclusive([(name, "")], context.lock_wait_timeout, context.check_killed):
        schema = existing_schema(name, context)
        old = CharsetPair(schema.info.charset, schema.info.collation)
        pair = resolve(
            node.charset, node.collation, old, str(context.variables.get("default_collation_for_utf8mb4", ""))
        )

        async def build(writer: MetaWriter) -> None:
            info = replace(schema.info, charset=pair.charset, collation=pair.collation)
            job_id = await writer.next_id()
            writer.put_database(info)
            version = await writer.bump(Action.MODIFY_SCHEMA_CHARSET, info.id)
            await _finish(writer, Action.MODIFY_SCHEMA_CHARSET, job_id, info, context, version)

        if pair != old:
            await context.owner.change(build)
    return OkResult(affected_rows=1)


async def drop(node: DropDatabase, context: DdlContext) -> OkResult:
    """DROP DATABASE; affected rows are the tables in it. Raises 1008, 3730."""
    name = node.name
    refuse_server_schema(name, context)
    if name.lower() == "mysql":
        raise SqlError(NO_SYSTEM_SCHEMA_ACCESS, name=name)
    async with context.owner.exclusive([(name, "")], context.lock_wait_timeout, context.check_killed):
        schema = context.catalog.schema(name)
        if schema is None:
            if not node.if_exists:
                raise SqlError(DB_DROP_EXISTS, database=name)
            context.note(DB_DROP_EXISTS.code, DB_DROP_EXISTS.template.format(database=name))
            return OkResult()
        if context.foreign_key_checks:
            _refuse_parents(schema, context)
        await _drop_stored(schema, context)
    return OkResult(affected_rows=len(schema.tables))


def _refuse_parents(schema: Schema, context: DdlContext) -> None:
    """Raises 3730 when a table of another database refers to one of this."""
    own = schema.name.lower()
    for table_name, table in schema.tables.items():
        for child_database, child_name in context.catalog.referencing.get((own, table_name), ()):
            if child_database == own:
                continue
            child = context.catalog.table(child_database, child_name)
            assert child is not None, "a referencing table is in the catalog"
            key = next(key for key in child.foreign_keys if key.ref_table.lower() == table_name)
            raise SqlError(FK_CANNOT_DROP_PARENT, table=table.name, constraint=key.name, child=child.name)


async def _drop_stored(schema: Schema, context: DdlContext) -> None:
    owner = context.owner
    table_ids = [table.id for table in schema.tables.values()]
    await owner.fence(schema.info.id, table_ids, context) if table_ids else None

    async def put(writer: MetaWriter, state: SchemaState) -> int:
        writer.put_database(replace(schema.info, state=state))
        return await writer.bump(Action.DROP_SCHEMA, schema.info.id)

    try:
        for state in (SchemaState.WRITE_ONLY, SchemaState.DELETE_ONLY):
            version = await owner.change(partial(put, state=state))
            await owner.drain(table_ids, version, context)
    except SqlError:
        # Nobody could be kept out in time.
        await owner.change(partial(put, state=SchemaState.PUBLIC))
        raise

    async def remove(writer: MetaWriter) -> None:
        job_id = await writer.next_id()
        await writer.drop_database(schema.info.id)
        for table in schema.tables.values():
            if not table.is_view:
                writer.delete_later(job_id, *table_range(table.id))
        version = await writer.bump(Action.DROP_SCHEMA, schema.info.id)
        info = replace(schema.info, state=SchemaState.NONE)
        await _finish(writer, Action.DROP_SCHEMA, job_id, info, context, version)

    await owner.change(remove)
