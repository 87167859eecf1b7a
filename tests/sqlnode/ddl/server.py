"""A store with catalog and owner, to run data definition without a session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from planner.context import SqlMode
from planner.parse.entry import parse_text
from planner.parse.nodes_ddl import DdlNode
from sqlnode.auto_ids import AutoIds
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.schema import TableInfo
from sqlnode.bootstrap import bootstrap
from sqlnode.catalog_loader import CatalogLoader
from sqlnode.ddl import DdlContext, DdlOwner, run_ddl
from sqlnode.ddl.show_create import create_table_text
from store import open_store
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
