"""DdlContext: everything that a data definition statement may use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING

from planner.context import PlanContext, SqlMode
from planner.parse.nodes_common import TableName
from planner.parse.statement import Statement
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import NO_DB_ERROR, SqlError, SqlWarning
from sqlnode.base.schema import TableInfo

if TYPE_CHECKING:
    from sqlnode.auto_ids import AutoIds
    from sqlnode.catalog_loader import CatalogLoader
    from sqlnode.ddl.owner import DdlOwner
    from store.store import Store


InsertSelect = Callable[[str, TableInfo, tuple[str, ...], Statement, "str | None"], Awaitable[int]]
"""(database, table, column names, query, IGNORE or REPLACE) -> rows inserted: the second half of CREATE TABLE …
SELECT."""


@dataclass(slots=True)
class DdlContext:
    """One per statement. `owner`, `store`, `catalogs` and `auto_ids` belong to the process.

    `holder` is the session's own token in `TableVersions`, which its own change does not wait for.
    """

    store: Store
    catalogs: CatalogLoader
    owner: DdlOwner
    auto_ids: AutoIds | None = None
    database: str = ""
    sql_mode: int = SqlMode.DEFAULT
    charset: str = "utf8mb4"
    """Of the connection: string literals in stored expressions."""
    collation: str = "utf8mb4_0900_ai_ci"
    server_charset: str = "utf8mb4"
    server_collation: str = "utf8mb4_0900_ai_ci"
    variables: Mapping[str, object] = field(default_factory=dict)
    zone: tzinfo | None = None
    now_us: int = 0
    warn: Callable[[SqlWarning], None] = lambda warning: None
    plan_context: Callable[[], PlanContext] | None = None
    """A planning context over the newest catalog; None gives a plain one."""
    insert_select: InsertSelect | None = None
    user: str = "root"
    host: str = "localhost"
    """The account that the session runs as (view definer)."""
    query: str = ""
    holder: object = None
    check_killed: Callable[[], None] = lambda: None
    foreign_key_checks: bool = True
    lock_wait_timeout: float = 31536000.0

    @property
    def catalog(self) -> Catalog:
        """The newest catalog."""
        return self.catalogs.current

    def planning(self) -> PlanContext:
        """A context to bind expressions and queries with, over the newest catalog."""
        if self.plan_context is not None:
            return self.plan_context()
        return PlanContext(
            catalog=self.catalog,
            database=self.database,
            variables=self.variables,
            sql_mode=self.sql_mode,
            charset=self.charset,
            collation=self.collation,
            zone=self.zone,
            now_us=self.now_us,
            user=self.user,
            host=self.host,
        )

    def qualified(self, name: TableName) -> tuple[str, str]:
        """(database, table) of a name as written. Raises 1046 without a current database."""
        database = name.schema if name.schema is not None else self.database
        if not database:
            raise SqlError(NO_DB_ERROR)
        return database, name.name

    def note(self, code: int, message: str) -> None:
        """Adds a Note to the statement's warnings."""
        self.warn(SqlWarning("Note", code, message))

    def warning(self, code: int, message: str) -> None:
        """Adds a Warning to the statement's warnings."""
        self.warn(SqlWarning("Warning", code, message))
