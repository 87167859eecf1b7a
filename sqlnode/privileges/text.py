"""SHOW GRANTS and SHOW CREATE USER as MySQL 8 prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.parse.expression_text import quote_name, quote_string
from sqlnode.base.errors import CANNOT_USER, NONEXISTING_GRANT, SqlError
from sqlnode.privileges.names import DATABASE, DYNAMIC, GRANT_OPTION, STATIC, TABLE

if TYPE_CHECKING:
    from sqlnode.privileges.accounts import Accounts


def grants_text(accounts: Accounts, user: str, host: str) -> list[str]:
    """The lines of SHOW GRANTS FOR user@host. Raises 1141."""
    if accounts.get(user, host) is None:
        raise SqlError(NONEXISTING_GRANT, user=user, host=host)
    grants = accounts.grants_of(user, host)
    grantee = f"{quote_name(user)}@{quote_name(host)}"
    static = [name for name in STATIC if name in grants.everywhere and name != GRANT_OPTION]
    lines = [_line(", ".join(static) or "USAGE", "*.*", grantee, grantable=GRANT_OPTION in grants.everywhere)]
    for grantable in (False, True):
        names = sorted(name for name, own in grants.dynamic.items() if own == grantable)
        if names:
            lines.append(_line(",".join(names), "*.*", grantee, grantable=grantable))
    for database, privileges in sorted(grants.databases.items()):
        lines.append(_level(privileges, DATABASE, f"{quote_name(database)}.*", grantee))
    for place in sorted({*grants.tables, *grants.columns}):
        privileges = grants.tables.get(place, set())
        name = f"{quote_name(place[0])}.{quote_name(place[1])}"
        columns = grants.columns.get(place, {})
        lines.append(_level(privileges, TABLE, name, grantee, columns))
    return lines


def _level(
    privileges: set[str],
    every: frozenset[str],
    name: str,
    grantee: str,
    columns: dict[str, set[str]] | None = None,
) -> str:
    if not columns and every - {GRANT_OPTION} <= privileges:
        return _line("ALL PRIVILEGES", name, grantee, grantable=GRANT_OPTION in privileges)
    words: list[str] = []
    for privilege in STATIC:
        if privilege == GRANT_OPTION:
            continue
        named = [column for column, own in sorted((columns or {}).items()) if privilege in own]
        if named:
            words.append(f"{privilege} ({', '.join(quote_name(column) for column in named)})")
        if privilege in privileges:
            words.append(privilege)
    return _line(", ".join(words) or "USAGE", name, grantee, grantable=GRANT_OPTION in privileges)


def _line(what: str, where: str, grantee: str, *, grantable: bool) -> str:
    return f"GRANT {what} ON {where} TO {grantee}{' WITH GRANT OPTION' if grantable else ''}"


def create_user_text(accounts: Accounts, user: str, host: str) -> str:
    """SHOW CREATE USER. Raises 1396."""
    account = accounts.get(user, host)
    if account is None:
        raise SqlError(CANNOT_USER, operation="SHOW CREATE USER", users=f"'{user}'@'{host}'")
    stored = account.auth_string.decode("latin-1")
    text = f"CREATE USER {quote_name(user)}@{quote_name(host)} IDENTIFIED WITH {quote_string(account.plugin)}"
    if stored:
        text += f" AS {quote_string(stored)}"
    text += " REQUIRE NONE"
    text += " PASSWORD EXPIRE" if account.password_expired else " PASSWORD EXPIRE DEFAULT"
    text += " ACCOUNT LOCK" if account.locked else " ACCOUNT UNLOCK"
    return text + " PASSWORD HISTORY DEFAULT PASSWORD REUSE INTERVAL DEFAULT PASSWORD REQUIRE CURRENT DEFAULT"


def known_dynamic(name: str) -> bool:
    """Whether a dynamic privilege of this name exists."""
    return name.upper() in DYNAMIC
