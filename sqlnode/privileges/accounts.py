"""Accounts: who may log in, and what each account may do, held in memory as the tables of `mysql` say.

`load` reads the tables; whoever changes them through statements loads again, and so does FLUSH PRIVILEGES. `epoch`
counts the loads, so that a plan whose privileges were checked need not be checked again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.logical import ViewPrivilege
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import (
    ACCESS_DENIED_ERROR,
    COLUMNACCESS_DENIED_ERROR,
    DBACCESS_DENIED_ERROR,
    NO_SUCH_USER,
    SPECIFIC_ACCESS_DENIED_ERROR,
    TABLEACCESS_DENIED_ERROR,
    VIEW_INVALID,
    VIEW_NO_EXPLAIN,
    SqlError,
)
from sqlnode.privileges.hosts import like, matches, specificity
from sqlnode.privileges.names import COLUMN_OF, DATABASE, FROM_MEMBER, GRANT_OPTION, STATIC, TABLE
from sqlnode.privileges.stored import YES, Row, StoredTable, text_of

if TYPE_CHECKING:
    from store.store import Store

ANY_COLUMN = "*"
"""In place of a column: at least one column of the table."""

_READABLE = frozenset(("information_schema", "performance_schema"))
Key = tuple[str, str]
"""(user, host) of an account as stored."""


@dataclass(frozen=True, slots=True, eq=False)
class Account:
    """An account as the server authenticates it. `auth_string` is the stored form of the password."""

    user: str
    host: str
    plugin: str = "caching_sha2_password"
    auth_string: bytes = b""
    locked: bool = False
    password_expired: bool = False
    max_user_connections: int = 0
    require_tls: bool = False


@dataclass(slots=True)
class Grants:
    """What one account may do. Names of databases and tables are in lower case; a database may be a LIKE pattern."""

    everywhere: set[str] = field(default_factory=set)
    dynamic: dict[str, bool] = field(default_factory=dict)
    """Dynamic privilege → WITH GRANT OPTION."""
    databases: dict[str, set[str]] = field(default_factory=dict)
    tables: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    columns: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=dict)
    """(database, table) → column → privileges."""

    def on_database(self, database: str) -> set[str]:
        """The privileges on a database, of the most specific entry that fits it."""
        lower = database.lower()
        exact = self.databases.get(lower)
        if exact is not None:
            return exact
        found = [pattern for pattern in self.databases if like(pattern, lower)]
        return self.databases[min(found, key=specificity)] if found else set()

    def touches(self, database: str) -> bool:
        """Whether anything at all is granted in a database."""
        lower = database.lower()
        if self.everywhere & DATABASE or self.on_database(lower):
            return True
        return any(entry[0] == lower for entry in (*self.tables, *self.columns))


class Accounts:
    """One per process. State changes only in `load`, as a whole."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.epoch = 0
        self._accounts: dict[Key, Account] = {}
        self._ordered: list[Account] = []
        self._grants: dict[Key, Grants] = {}

    async def load(self, catalog: Catalog) -> None:
        """Reads `mysql.user`, `db`, `tables_priv`, `columns_priv` and `global_grants`."""
        reader = self.store.snapshot(await self.store.timestamp())
        found: dict[str, list[Row]] = {}
        for name in ("user", "db", "tables_priv", "columns_priv", "global_grants"):
            table = catalog.table("mysql", name)
            found[name] = await StoredTable(table).rows(reader) if table is not None else []
        accounts: dict[Key, Account] = {}
        grants: dict[Key, Grants] = {}
        for row in found["user"]:
            account = _account(row)
            key = (account.user, account.host)
            accounts[key] = account
            everywhere = {name for name in STATIC if row.get(COLUMN_OF[name].lower()) == YES}
            grants[key] = Grants(everywhere)
        for row in found["db"]:
            privileges = {name for name in DATABASE if row.get(COLUMN_OF[name].lower()) == YES}
            _grants(grants, row).databases[text_of(row, "db").lower()] = privileges
        for row in found["tables_priv"]:
            place = (text_of(row, "db").lower(), text_of(row, "table_name").lower())
            _grants(grants, row).tables[place] = _members(row, "table_priv")
        for row in found["columns_priv"]:
            place = (text_of(row, "db").lower(), text_of(row, "table_name").lower())
            columns = _grants(grants, row).columns.setdefault(place, {})
            columns[text_of(row, "column_name").lower()] = _members(row, "column_priv")
        for row in found["global_grants"]:
            _grants(grants, row).dynamic[text_of(row, "priv").upper()] = row.get("with_grant_option") == YES
        self._accounts, self._grants = accounts, grants
        self._ordered = sorted(accounts.values(), key=lambda account: (*specificity(account.host), not account.user))
        self.epoch += 1

    # Who

    def find(self, user: str, host: str) -> Account | None:
        """The account of a client: the first that fits in MySQL's order, an anonymous one included."""
        for account in self._ordered:
            if account.user in (user, "") and matches(account.host, host):
                return account
        return None

    def get(self, user: str, host: str) -> Account | None:
        """The account with exactly this user and host."""
        return self._accounts.get((user, host))

    def all(self) -> list[Account]:
        """Every account, by user and host."""
        return [self._accounts[key] for key in sorted(self._accounts)]

    def grants_of(self, user: str, host: str) -> Grants:
        """What an account may do; nothing for one that does not exist."""
        return self._grants.get((user, host), Grants())

    def _of(self, account: Account) -> Grants:
        return self._grants.get((account.user, account.host)) or Grants()

    # May it?

    def has(self, account: Account, privilege: str, database: str, table: str = "", column: str = "") -> bool:
        """Whether the account has the privilege on a database, table or column: all columns when it names none, one at
        least for ANY_COLUMN."""
        grants = self._of(account)
        if privilege in ("", "USAGE") or privilege in grants.everywhere or privilege in grants.dynamic:
            return True
        if not database:
            return False
        lower = database.lower()
        if lower in _READABLE:
            return privilege in ("SELECT", "SHOW VIEW")
        if privilege in grants.on_database(lower):
            return True
        place = (lower, table.lower())
        if not table or privilege in grants.tables.get(place, ()):
            return bool(table)
        columns = grants.columns.get(place)
        if not column or not columns:
            return False
        if column == ANY_COLUMN:
            return any(privilege in privileges for privileges in columns.values())
        return privilege in columns.get(column.lower(), ())

    def check(self, account: Account, privilege: str, database: str, table: str, column: str) -> None:
        """Raises 1044, 1142, 1143 or 1227 unless the account has the privilege."""
        if self.has(account, privilege, database, table, column):
            return
        if not database:
            raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege=privilege)
        if not table:
            raise SqlError(DBACCESS_DENIED_ERROR, user=account.user, host=account.host, database=database)
        if column not in ("", ANY_COLUMN):
            raise SqlError(
                COLUMNACCESS_DENIED_ERROR,
                privilege=privilege, user=account.user, host=account.host, column=column, table=table,
            )  # fmt: skip
        raise SqlError(TABLEACCESS_DENIED_ERROR, privilege=privilege, user=account.user, host=account.host, table=table)

    def check_views(self, account: Account, needed: Iterable[ViewPrivilege], *, explains: bool) -> None:
        """Raises 1356 when the account whose rights count in a view lacks them, 1449 when there is no such account, and
        1345 when the plan is to be shown (`explains`) to somebody who may not see the view's text."""
        for need in needed:
            if explains and not self.has(account, "SHOW VIEW", need.view_database, need.view):
                raise SqlError(VIEW_NO_EXPLAIN)
            allowed = self.get(need.user, need.host) if need.user else account
            if allowed is None:
                raise SqlError(NO_SUCH_USER, user=need.user, host=need.host)
            if not self.has(allowed, need.privilege, need.database, need.table, need.column or ANY_COLUMN):
                raise SqlError(VIEW_INVALID, database=need.view_database, view=need.view)

    def check_global(self, account: Account, privilege: str) -> None:
        """Raises 1227 without a global (static or dynamic) privilege. SUPER stands for the dynamic ones."""
        grants = self._of(account)
        if privilege in grants.everywhere or privilege in grants.dynamic:
            return
        if privilege not in STATIC and "SUPER" in grants.everywhere:
            return
        shown = privilege if privilege in STATIC else f"SUPER or {privilege}"
        raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege=shown)

    def check_file(self, account: Account) -> None:
        """SELECT … INTO OUTFILE needs FILE. Raises 1045, as MySQL does."""
        if not self.has(account, "FILE", ""):
            using = "YES" if account.auth_string else "NO"
            raise SqlError(ACCESS_DENIED_ERROR, user=account.user, host=account.host, using=using)

    def check_database(self, account: Account, database: str) -> None:
        """Raises 1044 when nothing at all is granted in the database."""
        if not self.sees_database(account, database, listing=False):
            raise SqlError(DBACCESS_DENIED_ERROR, user=account.user, host=account.host, database=database)

    def sees_database(self, account: Account, database: str, *, listing: bool = True) -> bool:
        """Whether SHOW DATABASES lists it (with `listing`, SHOW DATABASES counts)."""
        grants = self._of(account)
        if database.lower() in _READABLE or grants.touches(database):
            return True
        return listing and "SHOW DATABASES" in grants.everywhere

    def sees_table(self, account: Account, database: str, table: str) -> bool:
        """Whether SHOW TABLES lists it: any privilege on the table or a column of it."""
        grants = self._of(account)
        if grants.everywhere & TABLE or grants.on_database(database) & TABLE:
            return True
        place = (database.lower(), table.lower())
        return bool(grants.tables.get(place) or grants.columns.get(place))

    # Rows of information_schema

    def _visible(self, account: Account | None) -> Iterator[tuple[str, Grants]]:
        """('user'@'host', grants) of the accounts that a session may look at."""
        everything = account is None or self.has(account, "SELECT", "mysql")
        for (user, host), grants in sorted(self._grants.items()):
            if everything or (account is not None and (user, host) == (account.user, account.host)):
                yield f"'{user}'@'{host}'", grants

    def global_rows(self, account: Account | None) -> Iterator[tuple[str, str, str]]:
        """(grantee, privilege, grantable) for USER_PRIVILEGES."""
        for grantee, grants in self._visible(account):
            grantable = "YES" if GRANT_OPTION in grants.everywhere else "NO"
            static = [name for name in STATIC if name in grants.everywhere and name != GRANT_OPTION]
            for name in static or ["USAGE"]:
                yield grantee, name, grantable
            for name, own in sorted(grants.dynamic.items()):
                yield grantee, name, "YES" if own else "NO"

    def database_rows(self, account: Account | None) -> Iterator[tuple[str, str, str, str]]:
        """(grantee, database, privilege, grantable) for SCHEMA_PRIVILEGES."""
        for grantee, grants in self._visible(account):
            for database, privileges in sorted(grants.databases.items()):
                yield from ((grantee, database, *row) for row in _rows(privileges))

    def table_rows(self, account: Account | None) -> Iterator[tuple[str, str, str, str, str]]:
        """(grantee, database, table, privilege, grantable) for TABLE_PRIVILEGES."""
        for grantee, grants in self._visible(account):
            for (database, table), privileges in sorted(grants.tables.items()):
                yield from ((grantee, database, table, *row) for row in _rows(privileges))

    def column_rows(self, account: Account | None) -> Iterator[tuple[str, str, str, str, str, str]]:
        """(grantee, database, table, column, privilege, grantable) for COLUMN_PRIVILEGES."""
        for grantee, grants in self._visible(account):
            for place, columns in sorted(grants.columns.items()):
                grantable = "YES" if GRANT_OPTION in grants.tables.get(place, ()) else "NO"
                for column, privileges in sorted(columns.items()):
                    for privilege in (name for name in STATIC if name in privileges):
                        yield grantee, *place, column, privilege, grantable

    # Texts

    def grants_text(self, user: str, host: str) -> list[str]:
        """The lines of SHOW GRANTS. Raises 1141."""
        from sqlnode.privileges.text import grants_text

        return grants_text(self, user, host)

    def create_user_text(self, user: str, host: str) -> str:
        """SHOW CREATE USER. Raises 1396."""
        from sqlnode.privileges.text import create_user_text

        return create_user_text(self, user, host)


def _rows(privileges: set[str]) -> Iterator[tuple[str, str]]:
    grantable = "YES" if GRANT_OPTION in privileges else "NO"
    for name in [name for name in STATIC if name in privileges and name != GRANT_OPTION] or ["USAGE"]:
        yield name, grantable


def _account(row: Row) -> Account:
    limit = row.get("max_user_connections")
    stored = row.get("authentication_string")
    return Account(
        user=text_of(row, "user"),
        host=text_of(row, "host"),
        plugin=text_of(row, "plugin") or "mysql_native_password",
        auth_string=stored if isinstance(stored, bytes) else b"",
        locked=row.get("account_locked") == YES,
        password_expired=row.get("password_expired") == YES,
        max_user_connections=limit if isinstance(limit, int) else 0,
    )


def _grants(grants: dict[Key, Grants], row: Row) -> Grants:
    return grants.setdefault((text_of(row, "user"), text_of(row, "host")), Grants())


def _members(row: Row, column: str) -> set[str]:
    return {FROM_MEMBER[member] for member in text_of(row, column).split(",") if member in FROM_MEMBER}
