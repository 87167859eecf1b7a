"""RENAME TABLE, also with several tables and between databases; and the renaming part of ALTER TABLE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from executor.result import OkResult
from planner.parse.nodes_common import TableName
from planner.parse.nodes_ddl import RenameTable
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import BAD_DB_ERROR, NO_SUCH_TABLE, NOT_SUPPORTED_YET, TABLE_EXISTS_ERROR, SqlError
from sqlnode.base.schema import ForeignKeyInfo, SchemaState, TableInfo
from sqlnode.ddl.build_table import check_table_name
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.databases import refuse_server_schema
from sqlnode.ddl.jobs import SYNCED
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.tables import new_job


@dataclass(frozen=True, slots=True)
class NewName:
    """What a table is called after an ALTER TABLE that renames it and does more."""

    home: Schema
    target: Schema
    name: str

    @property
    def moves(self) -> bool:
        """To another database."""
        return self.target.info.id != self.home.info.id

    def given_to(self, table: TableInfo, old_name: str) -> TableInfo:
        """The table under the new name."""
        return renamed_table(table, self.home.name, self.target.name, self.name, self._map(old_name))

    def _map(self, old_name: str) -> dict[tuple[str, str], tuple[str, str]]:
        return {(self.home.name.lower(), old_name.lower()): (self.target.name, self.name)}

    async def write(
        self, writer: MetaWriter, table_id: int, old_name: str, context: DdlContext
    ) -> list[dict[str, Any]]:
        """Takes the table out of its old database, and lets other tables' foreign keys follow; the caller writes the
        table itself. Returns what else the schema's difference names."""
        if self.moves:
            await writer.drop_table(self.home.info.id, table_id, keep_counters=True)
            await writer.move_counters((self.home.info.id, table_id), (self.target.info.id, table_id))
        return await _follow_children(writer, self._map(old_name), {table_id}, context)


class _Names:
    """What the tables are called after each rename: the renames of one statement see each other."""

    def __init__(self, context: DdlContext) -> None:
        self.context = context
        self.tables: dict[tuple[str, str], TableInfo | None] = {}
        self.homes: dict[int, Schema] = {}
        """Database of each renamed table before the statement, by table id."""

    def get(self, database: str, name: str) -> TableInfo | None:
        key = (database.lower(), name.lower())
        if key in self.tables:
            return self.tables[key]
        return self.context.catalog.table(database, name)


async def run(node: RenameTable, context: DdlContext) -> OkResult:
    """RENAME TABLE: all or none. Raises 1146, 1050, 1049."""
    await rename_tables(node.renames, context)
    return OkResult()


async def rename_tables(renames: tuple[tuple[TableName, TableName], ...], context: DdlContext) -> None:
    """The renames in order, in one change of the schema."""
    pairs = [(context.qualified(old), context.qualified(new)) for old, new in renames]
    touched = sorted({name for pair in pairs for name in pair})
    async with context.owner.exclusive(touched, context.lock_wait_timeout, context.check_killed):
        names = _Names(context)
        targets: dict[int, tuple[Schema, str]] = {}
        for old, new in pairs:
            _rename(names, targets, old, new, context)
        ids = list(targets)
        schema_id = names.homes[ids[0]].info.id
        moving = [table_id for table_id in ids if targets[table_id][0].info.id != names.homes[table_id].info.id]
        if not moving:
            await context.owner.fence(schema_id, ids, context)
            await context.owner.change(lambda writer: _write(writer, names, targets, context))
            return
        # The counters of a table are under its database: nobody may take values while they move.
        async with context.owner.frozen(schema_id, ids, context):
            for table_id in moving:
                if context.auto_ids is not None:
                    await context.auto_ids.release(table_id)
            await context.owner.change(lambda writer: _write(writer, names, targets, context))


def _rename(
    names: _Names,
    targets: dict[int, tuple[Schema, str]],
    old: tuple[str, str],
    new: tuple[str, str],
    context: DdlContext,
) -> None:
    for database, _ in (old, new):
        refuse_server_schema(database, context)
    check_table_name(new[1])
    source, target = context.catalog.schema(old[0]), context.catalog.schema(new[0])
    if source is None:
        raise SqlError(BAD_DB_ERROR, database=old[0])
    table = names.get(*old)
    if table is None:
        raise SqlError(NO_SUCH_TABLE, database=old[0], table=old[1])
    if target is None:
        raise SqlError(BAD_DB_ERROR, database=new[0])
    if table.is_view and target is not source:
        raise SqlError(NOT_SUPPORTED_YET, feature="RENAME of a view to another database")
    same = (old[0].lower(), old[1].lower()) == (new[0].lower(), new[1].lower())
    if (not same or old == new) and names.get(*new) is not None:
        raise SqlError(TABLE_EXISTS_ERROR, table=new[1])
    names.tables[old[0].lower(), old[1].lower()] = None
    names.tables[new[0].lower(), new[1].lower()] = table
    names.homes.setdefault(table.id, source)
    targets[table.id] = (target, new[1])


async def _write(
    writer: MetaWriter, names: _Names, targets: dict[int, tuple[Schema, str]], context: DdlContext
) -> None:
    tables = {table.id: table for table in names.tables.values() if table is not None}
    moves: dict[tuple[str, str], tuple[str, str]] = {}
    for table_id, (target, new_name) in targets.items():
        home = names.homes[table_id]
        moves[home.name.lower(), tables[table_id].name.lower()] = (target.name, new_name)
    job_id = await writer.next_id()
    affected: list[dict[str, Any]] = []
    written: list[tuple[Schema, Schema, TableInfo]] = []
    for table_id, (target, new_name) in targets.items():
        home, table = names.homes[table_id], tables[table_id]
        renamed = renamed_table(table, home.name, target.name, new_name, moves)
        if target.info.id != home.info.id:
            await writer.drop_table(home.info.id, table_id, keep_counters=True)
            await writer.move_counters((home.info.id, table_id), (target.info.id, table_id))
        written.append((home, target, writer.put_table(target.info.id, renamed)))
    affected += await _follow_children(writer, moves, set(targets), context)
    home, target, first = written[0]
    affected += [
        {
            "schema_id": other_target.info.id,
            "table_id": other.id,
            "old_table_id": other.id,
            "old_schema_id": other_home.info.id,
        }
        for other_home, other_target, other in written[1:]
    ]
    action = Action.RENAME_TABLE if len(written) == 1 else Action.RENAME_TABLES
    version = await writer.bump(action, target.info.id, first.id, old_schema_id=home.info.id, affected=affected)
    job = new_job(writer.ts, job_id, action, target, first, context)
    job.state, job.schema_state = SYNCED, SchemaState.PUBLIC
    await writer.finish_job(job_id, job.history(version, writer.ts, table=first))


def renamed_table(
    table: TableInfo, old_database: str, database: str, name: str, moves: dict[tuple[str, str], tuple[str, str]]
) -> TableInfo:
    """The table under its new name: generated constraint names follow it, its foreign keys follow their parents."""
    keys = tuple(_moved_key(_renamed_key(key, table.name, name), old_database, moves) for key in table.foreign_keys)
    checks = tuple(
        replace(check, name=_follow(check.name, f"{table.name}_chk_", f"{name}_chk_")) for check in table.constraints
    )
    return replace(table, name=name, foreign_keys=keys, constraints=checks)


def _follow(name: str, old_prefix: str, new_prefix: str) -> str:
    if name.lower().startswith(old_prefix.lower()) and name[len(old_prefix) :].isdigit():
        return new_prefix + name[len(old_prefix) :]
    return name


def _renamed_key(key: ForeignKeyInfo, old: str, new: str) -> ForeignKeyInfo:
    return replace(key, name=_follow(key.name, f"{old}_ibfk_", f"{new}_ibfk_"))


def _moved_key(key: ForeignKeyInfo, database: str, moves: dict[tuple[str, str], tuple[str, str]]) -> ForeignKeyInfo:
    moved = moves.get(((key.ref_schema or database).lower(), key.ref_table.lower()))
    return key if moved is None else replace(key, ref_schema=moved[0], ref_table=moved[1])


async def _follow_children(
    writer: MetaWriter, moves: dict[tuple[str, str], tuple[str, str]], done: set[int], context: DdlContext
) -> list[dict[str, Any]]:
    """Tables that are not renamed themselves and refer to one that is."""
    affected = []
    for parent in moves:
        for database, name in context.catalog.referencing.get(parent, ()):
            schema = context.catalog.schema(database)
            child = None if schema is None else schema.tables.get(name)
            if schema is None or child is None or child.id in done:
                continue
            done.add(child.id)
            child = await writer.table(schema.info.id, child.id)
            assert child is not None, "a table of the catalog is stored"
            keys = tuple(_moved_key(key, database, moves) for key in child.foreign_keys)
            writer.put_table(schema.info.id, replace(child, foreign_keys=keys))
            affected.append(
                {
                    "schema_id": schema.info.id,
                    "table_id": child.id,
                    "old_table_id": child.id,
                    "old_schema_id": schema.info.id,
                }
            )
    return affected
