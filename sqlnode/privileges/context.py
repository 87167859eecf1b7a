"""AccountContext: what the statements on accounts may use, and one transaction over the tables of `mysql`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.parse.nodes_common import UserName
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import NO_SUCH_TABLE, SqlError, SqlWarning
from sqlnode.base.types import Value
from sqlnode.privileges.accounts import Account, Accounts
from sqlnode.privileges.stored import Row, StoredTable, text_of
from store.api import KeyLocked, WriteConflict
from store.transaction import Transaction

if TYPE_CHECKING:
    from sqlnode.catalog_loader import CatalogLoader
    from store.store import Store

_ATTEMPTS = 20


@dataclass(slots=True)
class AccountContext:
    """One per statement. `account` is who acts; None is the server itself, which may do everything."""

    store: Store
    accounts: Accounts
    catalogs: CatalogLoader
    account: Account | None = None
    database: str = ""
    warn: Callable[[SqlWarning], None] = lambda warning: None
    now_us: int = 0

    @property
    def catalog(self) -> Catalog:
        """The newest catalog."""
        return self.catalogs.current

    def resolve(self, name: UserName) -> tuple[str, str]:
        """(user, host) of an account as written; CURRENT_USER is who acts."""
        if not name.current:
            return name.user, name.host
        assert self.account is not None, "the server has no current user"
        return self.account.user, self.account.host

    def is_self(self, user: str, host: str) -> bool:
        """Whether the account acts on itself."""
        return self.account is not None and (self.account.user, self.account.host) == (user, host)

    def require(self, privilege: str) -> None:
        """Raises 1227 without a global privilege."""
        if self.account is not None:
            self.accounts.check_global(self.account, privilege)

    def note(self, code: int, message: str) -> None:
        """Adds a Note."""
        self.warn(SqlWarning("Note", code, message))

    async def change(self, build: Callable[[Tables], Awaitable[None]]) -> None:
        """Runs `build` in one transaction over the tables, commits, and loads the accounts again."""
        for attempt in range(_ATTEMPTS):
            transaction = self.store.begin(await self.store.timestamp(), pessimistic=False)
            try:
                await build(Tables(self.catalog, transaction))
                await transaction.commit()
                break
            except (WriteConflict, KeyLocked):
                if attempt + 1 == _ATTEMPTS:
                    raise
            finally:
                await transaction.rollback()
        await self.accounts.load(self.catalog)


@dataclass(slots=True)
class Tables:
    """The tables of `mysql` inside one transaction; `rows` are those of the accounts named."""

    catalog: Catalog
    transaction: Transaction
    _stored: dict[str, StoredTable] = field(default_factory=dict)

    def _table(self, name: str) -> StoredTable:
        found = self._stored.get(name)
        if found is None:
            table = self.catalog.table("mysql", name)
            if table is None:
                raise SqlError(NO_SUCH_TABLE, database="mysql", table=name)
            found = self._stored[name] = StoredTable(table)
        return found

    async def rows(self, name: str, user: str, host: str) -> list[Row]:
        """The rows of one account."""
        every = await self._table(name).rows(self.transaction)
        return [row for row in every if (text_of(row, "user"), text_of(row, "host")) == (user, host)]

    def write(self, name: str, row: Mapping[str, Value]) -> None:
        """Inserts or replaces a row."""
        self._table(name).write(self.transaction, row)

    def delete(self, name: str, row: Mapping[str, Value]) -> None:
        """Deletes a row."""
        self._table(name).delete(self.transaction, row)


ACCOUNT_TABLES = ("user", "db", "tables_priv", "columns_priv", "global_grants")
"""Every table with rows of an account."""
