"""Rows of a table in batches, outside of any statement: for copying, filling indexes and checking what is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from executor.context import EvalContext, ExecContext
from executor.dml.foreign_keys import find_handles, find_lookup
from executor.dml.table_writer import TableWriter, plan_context_of
from planner.context import SqlMode
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import CHECK_CONSTRAINT_VIOLATED, NO_REFERENCED_ROW_2, SqlError
from sqlnode.base.schema import ForeignKeyInfo, TableInfo
from sqlnode.base.types import Value
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.foreign_key_text import constraint_text
from store.codec.keys import Handle, decode_record_key, record_range

if TYPE_CHECKING:
    from store.snapshot import Snapshot
    from store.transaction import Transaction

BATCH_ROWS = 1024
Batch = list[tuple[Handle, bytes]]
"""(handle, stored row) in key order."""


async def batches(
    reader: Snapshot | Transaction, table_id: int, check: Callable[[], None] = lambda: None
) -> AsyncIterator[Batch]:
    """All rows at the reader's timestamp."""
    start, end = record_range(table_id)
    while True:
        check()
        pairs = await reader.scan(start, end, BATCH_ROWS)
        if pairs:
            yield [(decode_record_key(key)[1], value) for key, value in pairs]
        if len(pairs) < BATCH_ROWS:
            return
        start = pairs[-1][0] + b"\0"


def evaluation_of(context: DdlContext) -> EvalContext:
    """How expressions and conversions run inside a change of a table: strict when the session is."""
    return EvalContext(
        now_us=context.now_us,
        zone=context.zone,
        sql_mode=context.sql_mode,
        warn=context.warn,
        strict_dml=bool(context.sql_mode & SqlMode.STRICT),
        in_dml=True,
    )


def execution_of(context: DdlContext, snapshot: Snapshot, catalog: Catalog | None = None) -> ExecContext:
    """What the executor's parts want of a statement, reading at `snapshot`."""
    return ExecContext(
        store=context.store,
        catalog=context.catalog if catalog is None else catalog,
        snapshot=snapshot,
        transaction=None,
        evaluation=evaluation_of(context),
        variables=context.variables,
        database=context.database,
    )


def writer_for(database: str, table: TableInfo, execution: ExecContext) -> TableWriter:
    """A writer that is not kept: the TableInfo is one between versions."""
    return TableWriter(database, table, plan_context_of(execution, database))


@dataclass(slots=True)
class ParentLookup:
    """Finds out whether the parents of a foreign key's values exist, each combination of values once."""

    database: str
    child: TableInfo
    key: ForeignKeyInfo
    execution: ExecContext
    known: set[tuple[Value, ...]]

    @classmethod
    def of(cls, database: str, child: TableInfo, key: ForeignKeyInfo, execution: ExecContext) -> ParentLookup:
        """For the key of a child table as it will be."""
        return cls(database, child, key, execution, set())

    async def check(self, stored: list[Value]) -> None:
        """Raises 1452 unless a parent exists for a row (in stored form, by column offset)."""
        columns = self.child.columns_by_name
        values = tuple(stored[columns[name.lower()].offset] for name in self.key.columns)
        if None in values or values in self.known:
            return
        if not await self._exists(values):
            text = constraint_text(self.database, self.child.name, self.key)
            raise SqlError(NO_REFERENCED_ROW_2, constraint=text)
        self.known.add(values)

    async def _exists(self, values: tuple[Value, ...]) -> bool:
        catalog = self.execution.catalog
        parent = catalog.table(self.key.ref_schema or self.database, self.key.ref_table)
        if parent is None:
            return False
        columns = parent.columns_by_name
        offsets = tuple(columns[name.lower()].offset for name in self.key.ref_columns)
        lookup = find_lookup(parent, offsets)
        if lookup is None:
            return False
        writer = writer_for(self.key.ref_schema or self.database, parent, self.execution)
        return bool(await find_handles(self.execution, writer, lookup, offsets, values, 1))


async def check_rows(
    database: str,
    table: TableInfo,
    foreign_keys: list[ForeignKeyInfo],
    context: DdlContext,
) -> None:
    """Holds every row against the CHECK constraints of `table` and the given foreign keys. Raises 3819, 1452."""
    snapshot = context.store.snapshot(await context.store.timestamp())
    execution = execution_of(context, snapshot)
    writer = writer_for(database, table, execution)
    lookups = [ParentLookup.of(database, table, key, execution) for key in foreign_keys]
    async for batch in batches(snapshot, table.id, context.check_killed):
        for handle, value in batch:
            row = writer.decode(value, handle, execution.evaluation)
            name = writer.violated(row, execution.evaluation)
            if name is not None:
                raise SqlError(CHECK_CONSTRAINT_VIOLATED, name=name)
            if lookups:
                stored = writer.stored(row, context.zone)
                for lookup in lookups:
                    await lookup.check(stored)
