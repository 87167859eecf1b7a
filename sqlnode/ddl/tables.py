"""What the statements on tables share: finding the table, refusing views and server tables, one-step changes."""

from __future__ import annotations

from dataclasses import dataclass

from planner.parse.nodes_common import TableName
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import NO_SUCH_TABLE, WRONG_OBJECT, SqlError
from sqlnode.base.schema import SchemaState, TableInfo
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.databases import existing_schema
from sqlnode.ddl.jobs import SYNCED, Job
from sqlnode.ddl.metadata import MetaWriter


@dataclass(frozen=True, slots=True)
class Found:
    """A table with its database."""

    schema: Schema
    table: TableInfo

    @property
    def names(self) -> tuple[str, str]:
        """(database, table) as written in the schema."""
        return self.schema.name, self.table.name


def find_table(name: TableName, context: DdlContext, *, base: bool = True) -> Found:
    """The table of a statement. Raises 1046, 1049, 1146, and 1347 for a view when a base table is meant."""
    database, table_name = context.qualified(name)
    schema = existing_schema(database, context)
    table = schema.tables.get(table_name.lower())
    if table is None:
        raise SqlError(NO_SUCH_TABLE, database=database, table=table_name)
    if base and table.is_view:
        raise SqlError(WRONG_OBJECT, database=schema.name, name=table.name, expected="BASE TABLE")
    return Found(schema, table)


def new_job(writer_ts: int, job_id: int, action: int, schema: Schema, table: TableInfo, context: DdlContext) -> Job:
    """The job of a statement on one table."""
    return Job(
        job_id, action, schema.info.id, table.id, schema.name, table.name, context.query, context.sql_mode, writer_ts
    )  # fmt: skip


async def write_step(
    writer: MetaWriter, action: int, schema: Schema, table: TableInfo, context: DdlContext, *, old_table_id: int = 0
) -> TableInfo:
    """A change that one transaction completes: TableInfo, schema version, history."""
    job_id = await writer.next_id()
    written = writer.put_table(schema.info.id, table)
    version = await writer.bump(action, schema.info.id, table.id, old_table_id=old_table_id)
    job = new_job(writer.ts, job_id, action, schema, written, context)
    job.state, job.schema_state = SYNCED, SchemaState.PUBLIC
    await writer.finish_job(job_id, job.history(version, writer.ts, table=written))
    return written
