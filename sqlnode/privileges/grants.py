"""GRANT and REVOKE on every level: global, database, table, column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from executor.result import OkResult
from planner.parse.nodes_account import Grant, Privilege, PrivilegeLevel, Revoke
from sqlnode.base.errors import (
    ACCESS_DENIED_ERROR,
    BAD_FIELD_ERROR,
    CANNOT_USER_GRANT,
    DBACCESS_DENIED_ERROR,
    ILLEGAL_GRANT_FOR_TABLE,
    ILLEGAL_PRIVILEGE_LEVEL,
    NO_DB_ERROR,
    NO_SUCH_TABLE,
    NONEXISTING_GRANT,
    NONEXISTING_TABLE_GRANT,
    NOT_SUPPORTED_YET,
    REVOKE_GRANTS,
    TABLEACCESS_DENIED_ERROR,
    WRONG_USAGE,
    SqlError,
)
from sqlnode.base.temporal import pack_epoch
from sqlnode.privileges.context import AccountContext, Tables
from sqlnode.privileges.names import (
    COLUMN,
    COLUMN_OF,
    DATABASE,
    DYNAMIC,
    FROM_MEMBER,
    GRANT_OPTION,
    SET_MEMBER,
    STATIC,
    TABLE,
)
from sqlnode.privileges.stored import NO, PRIVILEGE_COLUMNS, YES, Row, text_of


@dataclass(frozen=True, slots=True)
class Target:
    """What a statement grants on: everything, a database (pattern) or a table; and the privileges, sorted out."""

    database: str
    table: str
    static: frozenset[str]
    dynamic: frozenset[str]
    columns: dict[str, frozenset[str]]
    """Column → privileges."""
    every: bool
    """ALL was written."""


def _target(level: PrivilegeLevel, privileges: Iterable[Privilege], context: AccountContext) -> Target:
    """Raises 1046, 1144, 1221, 1235, 3619."""
    if level.object_type != "TABLE":
        raise SqlError(NOT_SUPPORTED_YET, feature=f"GRANT ON {level.object_type}")
    database, table = "", ""
    if not level.is_global:
        database, table = level.database or context.database, level.table or ""
        if not database:
            raise SqlError(NO_DB_ERROR)
    allowed = frozenset(STATIC) if not database else DATABASE if not table else TABLE
    static: set[str] = set()
    dynamic: set[str] = set()
    columns: dict[str, set[str]] = {}
    every = False
    for privilege in privileges:
        name = privilege.name
        if name == "USAGE":
            continue
        if name == "ALL":
            every = True
            static |= allowed - {GRANT_OPTION}
        elif name in DYNAMIC:
            if database:
                raise SqlError(ILLEGAL_PRIVILEGE_LEVEL, privilege=name)
            dynamic.add(name)
        elif name not in STATIC:
            raise SqlError(NOT_SUPPORTED_YET, feature=f"privilege {name}")
        elif name not in allowed:
            if table:
                raise SqlError(ILLEGAL_GRANT_FOR_TABLE)
            raise SqlError(WRONG_USAGE, first="DB GRANT", second="GLOBAL PRIVILEGES")
        elif privilege.columns:
            if not table or name not in COLUMN:
                raise SqlError(WRONG_USAGE, first="COLUMN GRANT", second="NON-COLUMN PRIVILEGES")
            for column in privilege.columns:
                columns.setdefault(column.lower(), set()).add(name)
        else:
            static.add(name)
    if every and not database:
        dynamic |= DYNAMIC
    fixed = {column: frozenset(own) for column, own in columns.items()}
    return Target(database, table, frozenset(static), frozenset(dynamic), fixed, every)


def _check_right(target: Target, wanted: frozenset[str], context: AccountContext) -> None:
    """Who grants must have the privileges and GRANT OPTION on the same level. Raises 1045, 1044, 1142."""
    account = context.account
    if account is None:
        return
    needed = {*wanted, *(name for own in target.columns.values() for name in own), GRANT_OPTION}
    if all(context.accounts.has(account, name, target.database, target.table) for name in needed):
        return
    if not target.database:
        raise SqlError(ACCESS_DENIED_ERROR, user=account.user, host=account.host, using="YES")
    if not target.table:
        raise SqlError(DBACCESS_DENIED_ERROR, user=account.user, host=account.host, database=target.database)
    raise SqlError(
        TABLEACCESS_DENIED_ERROR, privilege="GRANT", user=account.user, host=account.host, table=target.table
    )


def _check_exists(target: Target, context: AccountContext) -> None:
    """Raises 1146 (unless CREATE is among the privileges), 1054."""
    if not target.table:
        return
    table = context.catalog.table(target.database, target.table)
    if table is None:
        if "CREATE" in target.static:
            return
        raise SqlError(NO_SUCH_TABLE, database=target.database, table=target.table)
    for column in target.columns:
        if column not in table.columns_by_name:
            raise SqlError(BAD_FIELD_ERROR, column=column, clause=target.table)


async def grant(node: Grant, context: AccountContext) -> OkResult:
    """GRANT privileges ON level TO accounts. Raises 1410 for accounts that do not exist."""
    if node.proxy is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="GRANT PROXY")
    if node.level is None:
        raise SqlError(NOT_SUPPORTED_YET, feature="roles")
    if any(spec.password is not None or spec.auth_string is not None or spec.plugin for spec in node.accounts):
        raise SqlError(NOT_SUPPORTED_YET, feature="IDENTIFIED in GRANT")
    target = _target(node.level, node.privileges, context)
    option = frozenset((GRANT_OPTION,)) if node.grant_option else frozenset()
    _check_right(target, target.static | option, context)
    _check_exists(target, context)
    names = [context.resolve(spec.user) for spec in node.accounts]

    async def build(tables: Tables) -> None:
        for name in names:
            if not await tables.rows("user", *name):
                raise SqlError(CANNOT_USER_GRANT)
            await _change(tables, target, name, target.static | option, context, add=True, grantable=node.grant_option)

    await context.change(build)
    return OkResult()


async def revoke(node: Revoke, context: AccountContext) -> OkResult:
    """REVOKE privileges ON level FROM accounts; REVOKE ALL PRIVILEGES, GRANT OPTION FROM accounts."""
    if node.proxy is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="REVOKE PROXY")
    if node.roles:
        raise SqlError(NOT_SUPPORTED_YET, feature="roles")
    names = [context.resolve(user) for user in node.users]
    if node.all_privileges:
        context.require("CREATE USER")
        await context.change(lambda tables: _revoke_all(tables, names, node))
        return OkResult()
    assert node.level is not None, "a REVOKE of privileges has a level"
    target = _target(node.level, node.privileges, context)
    _check_right(target, target.static, context)

    async def build(tables: Tables) -> None:
        for user, host in names:
            if not await tables.rows("user", user, host):
                if node.ignore_unknown_user:
                    context.note(3162, f"Authorization ID '{user}'@'{host}' does not exist.")
                    continue
                raise SqlError(NONEXISTING_GRANT, user=user, host=host)
            lenient = node.if_exists
            await _change(tables, target, (user, host), target.static, context, add=False, lenient=lenient)

    await context.change(build)
    return OkResult()


async def _revoke_all(tables: Tables, names: list[tuple[str, str]], node: Revoke) -> None:
    for name in names:
        found = await tables.rows("user", *name)
        if not found:
            if node.ignore_unknown_user:
                continue
            raise SqlError(REVOKE_GRANTS)
        tables.write("user", {**found[0], **{column.lower(): NO for column in PRIVILEGE_COLUMNS["user"]}})
        for table in ("db", "tables_priv", "columns_priv", "global_grants"):
            for row in await tables.rows(table, *name):
                tables.delete(table, row)


# Rows


async def _change(
    tables: Tables,
    target: Target,
    name: tuple[str, str],
    static: frozenset[str],
    context: AccountContext,
    *,
    add: bool,
    grantable: bool = False,
    lenient: bool = False,
) -> None:
    if not target.database:
        await _change_global(tables, target, name, static, add=add, grantable=grantable)
    elif not target.table:
        await _change_database(tables, target, name, static, add=add, lenient=lenient)
    else:
        await _change_table(tables, target, name, static, context, add=add, lenient=lenient)


async def _change_global(
    tables: Tables, target: Target, name: tuple[str, str], static: frozenset[str], *, add: bool, grantable: bool
) -> None:
    row = (await tables.rows("user", *name))[0]
    for privilege in static:
        row[COLUMN_OF[privilege].lower()] = YES if add else NO
    tables.write("user", row)
    stored = {text_of(found, "priv").upper(): found for found in await tables.rows("global_grants", *name)}
    for privilege in target.dynamic:
        if add:
            fresh: Row = {"user": name[0].encode(), "host": name[1].encode(), "priv": privilege.encode()}
            tables.write("global_grants", {**fresh, "with_grant_option": YES if grantable else NO})
        elif privilege in stored:
            tables.delete("global_grants", stored[privilege])


async def _change_database(
    tables: Tables, target: Target, name: tuple[str, str], static: frozenset[str], *, add: bool, lenient: bool
) -> None:
    rows = await tables.rows("db", *name)
    row = next((row for row in rows if text_of(row, "db").lower() == target.database.lower()), None)
    if row is None:
        if not add:
            if lenient:
                return
            raise SqlError(NONEXISTING_GRANT, user=name[0], host=name[1])
        row = {column.lower(): NO for column in PRIVILEGE_COLUMNS["db"]}
        row |= {"host": name[1].encode(), "user": name[0].encode(), "db": target.database.encode()}
    for privilege in static:
        row[COLUMN_OF[privilege].lower()] = YES if add else NO
    if any(row[column.lower()] == YES for column in PRIVILEGE_COLUMNS["db"]):
        tables.write("db", row)
    elif not add or static:
        tables.delete("db", row)


async def _change_table(
    tables: Tables,
    target: Target,
    name: tuple[str, str],
    static: frozenset[str],
    context: AccountContext,
    *,
    add: bool,
    lenient: bool,
) -> None:
    place = (target.database.lower(), target.table.lower())
    base: Row = {
        "host": name[1].encode(),
        "db": target.database.encode(),
        "user": name[0].encode(),
        "table_name": target.table.encode(),
        "timestamp": pack_epoch(context.now_us) if context.now_us else None,
    }
    rows = [row for row in await tables.rows("tables_priv", *name) if _place(row) == place]
    columns = {
        text_of(row, "column_name").lower(): row
        for row in await tables.rows("columns_priv", *name)
        if _place(row) == place
    }
    if not rows and not add:
        if lenient:
            return
        raise SqlError(NONEXISTING_TABLE_GRANT, user=name[0], host=name[1], table=target.table)
    grantor = b"" if context.account is None else f"{context.account.user}@{context.account.host}".encode()
    row = rows[0] if rows else {**base, "grantor": grantor, "table_priv": b"", "column_priv": b""}
    held = _members(row, "table_priv")
    held = held | static if add else held - static
    on_columns: dict[str, set[str]] = {column: _members(found, "column_priv") for column, found in columns.items()}
    for column, privileges in target.columns.items():
        own = on_columns.setdefault(column, set())
        on_columns[column] = own | privileges if add else own - privileges
    if not add and target.every:
        on_columns = {column: set() for column in on_columns}
    for column, own in on_columns.items():
        cell: Row = {**base, "column_name": column.encode(), "column_priv": _text(own)}
        if own:
            tables.write("columns_priv", cell)
        elif column in columns:
            tables.delete("columns_priv", columns[column])
    union = {privilege for own in on_columns.values() for privilege in own}
    if held or union:
        tables.write("tables_priv", {**row, "table_priv": _text(held), "column_priv": _text(union)})
    elif rows:
        tables.delete("tables_priv", row)


def _place(row: Row) -> tuple[str, str]:
    return text_of(row, "db").lower(), text_of(row, "table_name").lower()


def _members(row: Row, column: str) -> set[str]:
    return {FROM_MEMBER[member] for member in text_of(row, column).split(",") if member in FROM_MEMBER}


def _text(privileges: Iterable[str]) -> bytes:
    return ",".join(SET_MEMBER[name] for name in sorted(privileges)).encode()
