"""ALTER TABLE, CREATE INDEX and DROP INDEX: one job, all or nothing.

Three ways, chosen by what the rows need:

- *metadata*: the rows stay as they are (default, comment, rename, wider type, new column with a constant default);
- *online*: only indexes are added. They walk none → delete-only → write-only → write-reorganization → public beside the
  writers, who keep them from write-only on;
- *copy*: a new table id gets all rows under the new definition, then takes the old one's name.

Metadata changes of columns, checks of existing rows and copies happen while the table is frozen: transactions that
used it have ended, writers that come wait, readers go on. So no two writers ever disagree about a column, and columns
need no states between. A dropped index goes public → write-only → delete-only → none, because readers with the old
version still use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from executor.result import OkResult
from planner.parse.nodes_ddl import (
    AddKey,
    AlterAction,
    AlterOption,
    AlterTable,
    ConvertCharset,
    CreateIndex,
    DropIndex,
    DropKey,
    EnableKeys,
    RenameTo,
    SetTableOptions,
)
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import (
    ALTER_OPERATION_NOT_SUPPORTED,
    ALTER_OPERATION_NOT_SUPPORTED_REASON,
    TABLE_EXISTS_ERROR,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import IndexInfo, SchemaState, TableInfo
from sqlnode.ddl.alter_actions import apply_actions
from sqlnode.ddl.alter_plan import AlterPlan, finish
from sqlnode.ddl.backfill import fill_indexes
from sqlnode.ddl.build_table import check_table_name, surroundings
from sqlnode.ddl.building import building_of
from sqlnode.ddl.charsets import CharsetPair, resolve
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.counters import largest_used
from sqlnode.ddl.databases import existing_schema
from sqlnode.ddl.draft import Draft, draft_of
from sqlnode.ddl.drop_table import children_of
from sqlnode.ddl.jobs import SYNCED
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.rebuild import Copied, copy_rows
from sqlnode.ddl.rename_table import NewName, rename_tables
from sqlnode.ddl.table_options import Options, read_table_options
from sqlnode.ddl.table_rows import check_rows
from sqlnode.ddl.tables import Found, find_table, new_job
from store.codec import meta
from store.codec.keys import index_range, table_range

if TYPE_CHECKING:
    from sqlnode.ddl.building import Building

_DONE = "Records: {rows}  Duplicates: 0  Warnings: {warnings}"


async def run(node: AlterTable | CreateIndex | DropIndex, context: DdlContext) -> OkResult:
    """Carries out the statement. Raises SqlError; then the table is as it was."""
    warnings: list[SqlWarning] = []
    context = _counting(context, warnings)
    names = [context.qualified(node.table)]
    names += [context.qualified(a.table) for a in getattr(node, "actions", ()) if isinstance(a, RenameTo)]
    async with context.owner.exclusive(names, context.lock_wait_timeout, context.check_killed):
        found = find_table(node.table, context)
        draft = draft_of(found, children_of(found, context))
        actions = _actions(node)
        building = _building(draft, actions, context)
        apply_actions(draft, actions, building, context)
        new_name = _new_name(found, draft, context)
        around = surroundings(
            context.catalog, found.schema.name, checks=context.foreign_key_checks, without=found.table.name
        )
        plan = finish(draft, building, around)
        _check_algorithm(draft, plan)
        change = _Change(found, draft, plan, new_name, context)
        rows = await change.run()
    if new_name is not None and not change.turned:
        # Nothing but the name changes.
        assert draft.rename_to is not None, "the statement renames"
        await rename_tables(((node.table, draft.rename_to),), context)
    if all(isinstance(action, (RenameTo, EnableKeys)) for action in actions):
        return OkResult()
    return OkResult(affected_rows=rows, info=_DONE.format(rows=rows, warnings=len(warnings)))


def _counting(context: DdlContext, warnings: list[SqlWarning]) -> DdlContext:
    """The context, noting the statement's warnings in a list as well."""

    def warn(warning: SqlWarning) -> None:
        warnings.append(warning)
        context.warn(warning)

    return replace(context, warn=warn)


def _new_name(found: Found, draft: Draft, context: DdlContext) -> NewName | None:
    """What RENAME calls the table; None when its name stays. Raises 1049, 1050 before anything is changed."""
    if draft.rename_to is None:
        return None
    database, name = context.qualified(draft.rename_to)
    if (database, name) == (found.schema.name, found.table.name):
        return None
    target = existing_schema(database, context)
    taken = target.tables.get(name.lower())
    if taken is not None and taken.id != draft.table.id:
        raise SqlError(TABLE_EXISTS_ERROR, table=name)
    check_table_name(name)
    return NewName(found.schema, target, name)


def _actions(node: AlterTable | CreateIndex | DropIndex) -> Sequence[AlterAction]:
    """CREATE INDEX and DROP INDEX are the ALTER TABLE that they stand for."""
    if isinstance(node, AlterTable):
        return node.actions
    options = [
        AlterOption(word, value) for word, value in (("ALGORITHM", node.algorithm), ("LOCK", node.lock)) if value
    ]
    if isinstance(node, CreateIndex):
        return [AddKey(replace(node.key, if_not_exists=node.if_not_exists)), *options]
    return [DropKey(node.name, node.if_exists), *options]


def _building(draft: Draft, actions: Sequence[AlterAction], context: DdlContext) -> Building:
    """The rules for new definitions; new columns take the table's charset as it is after the statement."""
    pair = CharsetPair(draft.table.charset, draft.table.collation)
    utf8mb4_default = str(context.variables.get("default_collation_for_utf8mb4", ""))
    written = Options()
    for action in actions:
        if isinstance(action, SetTableOptions):
            found = read_table_options(
                [option for option in action.options if option.name in ("CHARSET", "COLLATE")],
                draft.table.name, context.sql_mode, context.warn,
            )  # fmt: skip
            written.charset = found.charset or written.charset
            written.collation = found.collation or written.collation
        if isinstance(action, ConvertCharset):
            schema = draft.found.schema.info
            charset = action.charset or schema.charset
            pair = resolve(charset, action.collation, pair, utf8mb4_default)
    return building_of(context, written.pair(pair, utf8mb4_default))


def _check_algorithm(draft: Draft, plan: AlterPlan) -> None:
    """Raises 1845, 1846 when ALGORITHM or LOCK asks for what the change cannot do."""
    if draft.algorithm == "INSTANT" and (plan.copy or plan.new_indexes or plan.checks or plan.foreign_keys):
        raise SqlError(
            ALTER_OPERATION_NOT_SUPPORTED, operation="ALGORITHM=INSTANT", alternative="ALGORITHM=COPY/INPLACE"
        )
    if plan.counted and draft.algorithm == "INPLACE":
        raise SqlError(
            ALTER_OPERATION_NOT_SUPPORTED_REASON,
            operation="ALGORITHM=INPLACE", reason=plan.reason, alternative="ALGORITHM=COPY",
        )  # fmt: skip
    if plan.counted and draft.lock == "NONE":
        raise SqlError(
            ALTER_OPERATION_NOT_SUPPORTED_REASON,
            operation="LOCK=NONE", reason="COPY algorithm requires a lock", alternative="LOCK=SHARED",
        )  # fmt: skip


class _Change:
    """One job on one table."""

    def __init__(
        self, found: Found, draft: Draft, plan: AlterPlan, new_name: NewName | None, context: DdlContext
    ) -> None:
        self.schema = found.schema
        self.table = found.table
        self.draft = draft
        self.plan = plan
        self.new_name = new_name
        self.target = found.schema if new_name is None else new_name.target
        """The database in which the table is in the end."""
        self.final = plan.final if new_name is None else new_name.given_to(plan.final, found.table.name)
        self.turned = False
        """The step from which there is no way back is done: it gives the new name, and tells the children."""
        self.context = context
        self.owner = context.owner
        self.job_id = 0
        self.is_finished = False
        self.action = self._kind()

    def _kind(self) -> int:
        plan = self.plan
        if plan.new_indexes and not (plan.columns_changed or plan.dropped_indexes or plan.copy):
            return Action.ADD_INDEX
        if plan.dropped_indexes and not (plan.columns_changed or plan.new_indexes or plan.copy):
            return Action.DROP_INDEX
        return Action.MULTI_SCHEMA_CHANGE if plan.columns_changed or plan.copy else Action.MODIFY_COLUMN

    async def run(self) -> int:
        """The number of rows copied."""
        plan, owner, schema_id, table_id = self.plan, self.owner, self.schema.info.id, self.table.id
        if not plan.copy and self._same(plan.final):
            await self._set_counter(self.table, self.schema)
            return 0
        if plan.copy:
            async with owner.frozen(schema_id, [table_id, *self._parents()], self.context):
                return await self._copy()
        if plan.columns_changed or plan.checks or plan.foreign_keys or self.target is not self.schema:
            async with owner.frozen(schema_id, [table_id, *self._parents()], self.context):
                await self._flip_frozen()
        else:
            await owner.fence(schema_id, [table_id], self.context)
            if plan.new_indexes:
                await self._add_online()
        await self._drop_indexes()
        await self._set_counter(self.final, self.target)
        return 0

    def _same(self, final: TableInfo) -> bool:
        before, after = replace(self.table, update_ts=0, revision=0), replace(final, update_ts=0, revision=0)
        return meta.table_to_json(before) == meta.table_to_json(after)

    def _parents(self) -> list[int]:
        """Tables whose rows new foreign keys are checked against: they must not change meanwhile."""
        found = []
        for key in self.plan.foreign_keys:
            parent = self.context.catalog.table(key.ref_schema or self.schema.name, key.ref_table)
            if parent is not None and parent.id != self.table.id:
                found.append(parent.id)
        return found

    # Steps

    async def _step(self, table: TableInfo, state: SchemaState, *, forward: bool = False, last: bool = False) -> int:
        """Writes one version of the table; `last` ends the job. Returns the schema version."""
        plan, turns = self.plan, (forward or last) and not self.turned
        schema = self.target if forward or last else self.schema
        if turns and schema is not self.schema and self.context.auto_ids is not None:
            await self.context.auto_ids.release(self.table.id)

        async def build(writer: MetaWriter) -> tuple[int, int]:
            job_id = self.job_id or await writer.next_id()
            job = new_job(writer.ts, job_id, self.action, schema, table, self.context)
            job.schema_state, job.forward = state, forward
            affected = await self._turn(writer, table.id) if turns else []
            written = writer.put_table(schema.info.id, table)
            old_schema_id = self.schema.info.id if turns and schema is not self.schema else 0
            version = await writer.bump(
                self.action, schema.info.id, table.id, old_schema_id=old_schema_id, affected=affected
            )
            if last:
                job.state = SYNCED
                await writer.finish_job(job_id, job.history(version, writer.ts, table=written))
                for index_id in plan.dropped_indexes:
                    writer.delete_later(job_id, *index_range(table.id, index_id))
            else:
                job.original, job.final = self._original(), self.final
                ids = plan.dropped_indexes if forward else plan.new_indexes
                job.ranges = [index_range(table.id, index_id) for index_id in ids]
                writer.put_active_job(job_id, job.active())
            return version, job_id

        version, self.job_id = await self.owner.change(build)
        self.is_finished = last
        self.turned |= turns
        return version

    async def _turn(self, writer: MetaWriter, table_id: int) -> list[dict[str, Any]]:
        """What goes with the first version under the new definition: other tables' foreign keys follow, and the table
        leaves its old database. Returns the tables that the schema's difference must name."""
        await self._follow(writer)
        if self.new_name is None:
            return []
        return await self.new_name.write(writer, table_id, self.table.name, self.context)

    def _original(self) -> TableInfo:
        """The table as it was, but for the ids that are used up (ranges of undone indexes are deleted later)."""
        final = self.plan.final
        if self.plan.copy:
            return self.table
        return replace(
            self.table,
            max_index_id=final.max_index_id,
            max_column_id=final.max_column_id,
            max_constraint_id=final.max_constraint_id,
            max_foreign_key_id=final.max_foreign_key_id,
        )

    def _with_new_indexes(self, base: TableInfo, state: SchemaState) -> TableInfo:
        new = [replace(index, state=state) for index in self._new_indexes()]
        return replace(base, indexes=(*base.indexes, *new), max_index_id=self.plan.final.max_index_id)

    def _new_indexes(self) -> list[IndexInfo]:
        return [index for index in self.plan.final.indexes if index.id in self.plan.new_indexes]

    def _retired(self, state: SchemaState) -> TableInfo:
        """The final table with the dropped indexes in a state between; columns are found by their old id."""
        final = self.final
        dropped = []
        for index in self.table.indexes:
            if index.id not in self.plan.dropped_indexes:
                continue
            parts = []
            for part in index.columns:
                column_id = self.table.columns[part.offset].id
                column = next((column for column in final.columns if column.id == column_id), None)
                if column is None:
                    break
                parts.append(replace(part, name=column.name, offset=column.offset))
            else:
                dropped.append(replace(index, columns=tuple(parts), state=state))
        return replace(final, indexes=(*final.indexes, *dropped))

    async def _add_online(self) -> None:
        """none → delete-only → write-only → write-reorganization; the last step is the caller's flip."""
        owner, table_ids = self.owner, [self.table.id]
        try:
            for state in (SchemaState.DELETE_ONLY, SchemaState.WRITE_ONLY, SchemaState.WRITE_REORGANIZATION):
                version = await self._step(self._with_new_indexes(self._original(), state), state)
                await owner.drain(table_ids, version, self.context)
            current = self.context.catalog.table(self.schema.name, self.table.name)
            assert current is not None, "the table cannot go while it is locked"
            await fill_indexes(self.schema.name, current, self.plan.new_indexes, self.context)
        except BaseException:
            await self._undo()
            raise

    async def _undo(self) -> None:
        """Back to the table as it was; entries of the new indexes go later."""
        if not self.job_id:
            return

        async def build(writer: MetaWriter) -> None:
            writer.put_table(self.schema.info.id, self._original())
            await writer.bump(self.action, self.schema.info.id, self.table.id)
            await writer.drop_active_job(self.job_id)
            for index_id in self.plan.new_indexes:
                writer.delete_later(self.job_id, *index_range(self.table.id, index_id))

        await self.owner.change(build)

    async def _flip_frozen(self) -> None:
        """Everything that one version can bring, with nobody writing: columns, checks of rows, indexes over new
        columns."""
        plan, name = self.plan, self.schema.name
        if plan.new_indexes:
            # The job is on record before the first entry is written: a crash must know which range to remove.
            await self._step(self._original(), SchemaState.WRITE_REORGANIZATION)
        try:
            if plan.checks or plan.foreign_keys:
                checked = replace(plan.final, constraints=tuple(plan.checks))
                await check_rows(name, checked, plan.foreign_keys, self.context)
            if plan.new_indexes:
                await fill_indexes(name, plan.final, plan.new_indexes, self.context)
            if plan.dropped_indexes:
                await self._step(self._retired(SchemaState.WRITE_ONLY), SchemaState.WRITE_ONLY, forward=True)
            else:
                await self._step(self.final, SchemaState.PUBLIC, last=True)
        except BaseException:
            await self._undo()
            raise

    async def _drop_indexes(self) -> None:
        """What is left to the final table: dropped indexes go write-only → delete-only → none, with readers of the
        version before each gone."""
        owner, plan = self.owner, self.plan
        if self.is_finished:
            return
        for state in (SchemaState.WRITE_ONLY, SchemaState.DELETE_ONLY) if plan.dropped_indexes else ():
            version = await self._step(self._retired(state), state, forward=True)
            try:
                await owner.drain([self.table.id], version, self.context)
            except SqlError:
                # There is no way back from here, and a transaction that lasts is no reason to stop half way: its snapshot
                # keeps the entries that it reads, and those that it writes late are in nobody's way.
                break
        await self._step(self.final, SchemaState.PUBLIC, forward=True, last=True)

    async def _follow(self, writer: MetaWriter) -> None:
        """Foreign keys of other tables follow columns that have another name now."""
        renamed = self.draft.renamed
        own = (self.schema.name.lower(), self.table.name.lower())
        for child_id, schema_id in {child.table.id: child.schema.info.id for child, _ in self.draft.children}.items():
            child = None if child_id == self.table.id or not renamed else await writer.table(schema_id, child_id)
            if child is None:
                continue
            keys = tuple(
                replace(key, ref_columns=tuple(renamed.get(name.lower(), name) for name in key.ref_columns))
                if (key.ref_schema.lower(), key.ref_table.lower()) == own
                else key
                for key in child.foreign_keys
            )
            writer.put_table(schema_id, replace(child, foreign_keys=keys))
            await writer.bump(self.action, schema_id, child_id)

    async def _set_counter(self, table: TableInfo, schema: Schema) -> None:
        """AUTO_INCREMENT = n: never below what the rows have used."""
        wanted, auto_ids = self.draft.options.auto_increment, self.context.auto_ids
        if wanted is None or auto_ids is None or table.auto_increment_column is None:
            return
        used = await largest_used(schema.name, table, self.context)
        await auto_ids.reset(schema.info.id, table, max(wanted, used + 1))

    # Copy

    async def _copy(self) -> int:
        """Rows into a new id, then the name moves to it in one step."""
        plan, schema, old = self.plan, self.schema, self.table
        new = await self._reserve()
        snapshot = self.context.store.snapshot(await self.context.store.timestamp())
        try:
            done = await copy_rows(schema.name, old, plan, new, snapshot, self.context)
            await self._swap(new, done)
        except BaseException:
            await self._abandon(new)
            raise
        if self.context.auto_ids is not None:
            self.context.auto_ids.forget(old.id)
        return done.rows if plan.counted else 0

    async def _reserve(self) -> TableInfo:
        """The new table's id, and the job on record with the range that a crash leaves behind."""

        async def build(writer: MetaWriter) -> TableInfo:
            table_id, self.job_id = await writer.next_ids(2)
            job = new_job(writer.ts, self.job_id, self.action, self.schema, self.table, self.context)
            job.original, job.final = self.table, self.plan.final
            job.ranges = [table_range(table_id)]
            writer.put_active_job(self.job_id, job.active())
            return replace(self.plan.final, id=table_id)

        return await self.owner.change(build)

    async def _swap(self, new: TableInfo, done: Copied) -> None:
        auto_ids = self.context.auto_ids
        if auto_ids is not None:
            await auto_ids.release(self.table.id)

        async def build(writer: MetaWriter) -> None:
            schema_id = self.schema.info.id
            counters = await self._counters(writer, new, done)
            await writer.drop_table(schema_id, self.table.id)
            for key, value in counters.items():
                writer.transaction.put(key, b"%d" % value)
            affected = await self._turn(writer, new.id)
            final = replace(self.final, id=new.id, auto_increment=0)
            written = writer.put_table(self.target.info.id, final)
            version = await writer.bump(
                self.action, self.target.info.id, new.id,
                old_table_id=self.table.id, old_schema_id=schema_id, affected=affected,
            )  # fmt: skip
            job = new_job(writer.ts, self.job_id, self.action, self.target, written, self.context)
            job.state, job.schema_state, job.row_count = SYNCED, SchemaState.PUBLIC, done.rows
            await writer.finish_job(self.job_id, job.history(version, writer.ts, table=written))
            writer.delete_later(self.job_id, *table_range(self.table.id))

        await self.owner.change(build)
        self.turned = True

    async def _counters(self, writer: MetaWriter, new: TableInfo, done: Copied) -> dict[bytes, int]:
        """Counters of the new table: what the old one had used, what the rows have, what AUTO_INCREMENT = n asks
        for."""
        schema_id = self.schema.info.id
        found: dict[bytes, int] = {}
        if done.row_id:
            found[meta.row_id_key(schema_id, new.id)] = done.row_id
        if new.auto_increment_column is not None:
            separate = new.auto_id_cache == 1 and new.version >= 5
            key_of = meta.auto_increment_key if separate else meta.row_id_key
            value = done.auto_increment
            if self.table.auto_increment_column is not None:
                old_separate = self.table.auto_id_cache == 1 and self.table.version >= 5
                old_key_of = meta.auto_increment_key if old_separate else meta.row_id_key
                value = max(value, await writer.counter(old_key_of(schema_id, self.table.id)))
            wanted = self.draft.options.auto_increment
            if wanted is not None:
                value = max(done.auto_increment, wanted - 1)
            key = key_of(schema_id, new.id)
            found[key] = max(found.get(key, 0), value)
        return found

    async def _abandon(self, new: TableInfo) -> None:
        async def build(writer: MetaWriter) -> None:
            await writer.drop_active_job(self.job_id)
            writer.delete_later(self.job_id, *table_range(new.id))

        await self.owner.change(build)
