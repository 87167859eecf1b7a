"""A store with catalog and owner, to run data definition without a session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from executor.context import EvalContext
from executor.dml.table_writer import TableWriter
from planner.context import PlanContext, SqlMode
from planner.parse.entry import parse_text
from planner.parse.nodes_ddl import DdlNode
from sqlnode.auto_ids import AutoIds
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import Value
from sqlnode.bootstrap import bootstrap
from sqlnode.catalog_loader import CatalogLoader
from sqlnode.ddl import DdlContext, DdlOwner, run_ddl
from sqlnode.ddl.metadata import ACTIVE_JOBS
from sqlnode.ddl.show_create import create_table_text
from store import open_store
from store.codec import meta
from store.codec.keys import decode_record_key, index_prefix, index_range, record_range
from store.store import Store


@dataclass
class Server:
    """What a process owns, and the warnings of the last statement."""

    store: Store
    catalogs: CatalogLoader
    owner: DdlOwner
    auto_ids: AutoIds
    warnings: list[SqlWarning] = field(default_factory=list)

    def context(self, text: str, **changes: object) -> DdlContext:
        """As a session would make it."""
        self.warnings.clear()
        values: dict[str, object] = {
            "store": self.store,
            "catalogs": self.catalogs,
            "owner": self.owner,
            "auto_ids": self.auto_ids,
            "database": "test",
            "warn": self.warnings.append,
            "query": text,
            "sql_mode": SqlMode.DEFAULT,
            **changes,
        }
        return DdlContext(**values)  # type: ignore[arg-type]

    async def run(self, text: str, **changes: object) -> None:
        """Runs the statements of a text."""
        for statement in parse_text(text):
            node: DdlNode = statement.ast  # type: ignore[assignment]
            await run_ddl(node, self.context(statement.text, **changes))

    async def error(self, text: str, **changes: object) -> tuple[int, str]:
        """The error that a statement ends with."""
        try:
            await self.run(text, **changes)
        except SqlError as error:
            return error.code, error.message
        raise AssertionError(f"no error: {text}")

    def table(self, name: str, database: str = "test") -> TableInfo:
        """A table as the catalog has it."""
        table = self.catalogs.current.table(database, name)
        assert table is not None, f"no table {name}"
        return table

    async def insert(self, name: str, *rows: dict[str, Value]) -> None:
        """Rows by column name, other columns NULL; nothing is checked."""
        table = self.table(name)
        writer = TableWriter("test", table, PlanContext(self.catalogs.current, "test"))
        schema = self.catalogs.current.schema("test")
        assert schema is not None
        transaction = self.store.begin(await self.store.timestamp(), pessimistic=False)
        for given in rows:
            row: list[Value] = [given.get(column.name.lower()) for column in table.columns]
            writer.generate(row, EvalContext())
            handle = writer.codec.handle(row)
            if handle is None:
                handle = await self.auto_ids.allocate_row_ids(schema.info.id, table)
            transaction.put(writer.codec.record_key(handle), writer.codec.encode_row(row))
            for entry in writer.codec.index_entries(row, handle):
                transaction.put(entry.key, entry.value)
        await transaction.commit()

    async def rows(self, name: str) -> list[tuple[Value, ...]]:
        """The public columns of every row, in key order; every index is compared with the rows."""
        table = self.table(name)
        writer = TableWriter("test", table, PlanContext(self.catalogs.current, "test"))
        snapshot = self.store.snapshot(await self.store.timestamp())
        found = []
        entries: dict[bytes, bytes] = {}
        start, end = record_range(table.id)
        for key, value in await snapshot.scan(start, end):
            handle = decode_record_key(key)[1]
            row = writer.decode(value, handle, EvalContext())
            found.append(tuple(row[column.offset] for column in table.public_columns))
            entries.update((entry.key, entry.value) for entry in writer.codec.index_entries(row, handle))
        for index in table.indexes:
            if not (index.primary and table.is_common_handle):
                stored = dict(await snapshot.scan(*index_range(table.id, index.id)))
                expected = {
                    key: value for key, value in entries.items() if key.startswith(index_prefix(table.id, index.id))
                }
                assert stored == expected, f"index {index.name}"
        return found

    async def active_jobs(self) -> int:
        """How many jobs are unfinished."""
        snapshot = self.store.snapshot(await self.store.timestamp())
        return len(await snapshot.scan(*meta.hash_range(ACTIVE_JOBS)))

    def shown(self, name: str) -> list[str]:
        """The lines of SHOW CREATE TABLE between the parentheses."""
        lines = create_table_text("test", self.table(name)).split("\n")
        return [line.strip().rstrip(",") for line in lines[1:-1]]


@asynccontextmanager
async def serving(url: str = "memory:") -> AsyncIterator[Server]:
    """A bootstrapped store, open while the block runs."""
    store = open_store(url)
    try:
        await bootstrap(store)
        catalogs = CatalogLoader(store)
        await catalogs.load()
        owner = DdlOwner(store, catalogs)
        await owner.recover()
        yield Server(store, catalogs, owner, AutoIds(store))
    finally:
        await store.close()


def scenario(body: Callable[[Server], Awaitable[None]]) -> None:
    """Runs an async scenario with a fresh store."""

    async def run() -> None:
        async with serving() as server:
            await body(server)

    asyncio.run(run())
