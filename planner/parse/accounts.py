"""CREATE, ALTER, DROP and RENAME USER, roles, GRANT and REVOKE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_account import (
    AccountOptions,
    AccountSpec,
    AlterUser,
    CreateRole,
    CreateUser,
    DropRole,
    DropUser,
    Grant,
    Privilege,
    PrivilegeLevel,
    RenameUser,
    Revoke,
)
from planner.parse.nodes_common import UserName

T = TokenType
_RESOURCES = (
    "MAX_QUERIES_PER_HOUR",
    "MAX_UPDATES_PER_HOUR",
    "MAX_CONNECTIONS_PER_HOUR",
    "MAX_USER_CONNECTIONS",
)
_TLS_WORDS = ("SUBJECT", "ISSUER", "CIPHER")
_PRIVILEGE_WORDS = (
    ("ALL", "PRIVILEGES"),
    ("ALL",),
    ("CREATE", "TEMPORARY", "TABLES"),
    ("CREATE", "TABLESPACE"),
    ("CREATE", "ROUTINE"),
    ("CREATE", "ROLE"),
    ("CREATE", "USER"),
    ("CREATE", "VIEW"),
    ("CREATE",),
    ("DROP", "ROLE"),
    ("DROP",),
    ("GRANT", "OPTION"),
    ("ALTER", "ROUTINE"),
    ("ALTER",),
    ("SHOW", "DATABASES"),
    ("SHOW", "VIEW"),
    ("LOCK", "TABLES"),
    ("REPLICATION", "CLIENT"),
    ("REPLICATION", "SLAVE"),
)
"""Privileges of several words, longest first; every other one is a single word."""


# Accounts with their authentication


def _specs(cursor: Cursor) -> tuple[AccountSpec, ...]:
    found = [_spec(cursor)]
    while cursor.symbol(T.COMMA):
        found.append(_spec(cursor))
    return tuple(found)


def _spec(cursor: Cursor) -> AccountSpec:
    user = cursor.user()
    values: dict[str, Any] = {}
    if cursor.accept("IDENTIFIED"):
        _identified(cursor, values)
    if cursor.accept("DISCARD", "OLD", "PASSWORD"):
        values["discard_old"] = True
    return AccountSpec(user, **values)


def _identified(cursor: Cursor, values: dict[str, Any]) -> None:
    if cursor.accept("WITH"):
        values["plugin"] = cursor.name_or_string().lower()
    if cursor.accept("BY"):
        if cursor.accept("RANDOM", "PASSWORD"):
            values["random_password"] = True
        elif cursor.accept("PASSWORD"):
            values["auth_string"] = cursor.string().encode("utf-8", "surrogateescape")
        else:
            values["password"] = cursor.string()
    elif "plugin" in values:
        if cursor.accept("AS"):
            values["auth_string"] = cursor.string_or_hex()
    else:
        raise cursor.fail()
    if cursor.accept("REPLACE"):
        values["replace"] = cursor.string()
    if cursor.accept("RETAIN", "CURRENT", "PASSWORD"):
        values["retain"] = True


def _options(cursor: Cursor) -> AccountOptions:
    values: dict[str, Any] = {}
    if cursor.accept("REQUIRE"):
        values["require"] = _require(cursor)
    if cursor.accept("WITH"):
        values["resources"] = _resources(cursor)
    password: list[str] = []
    while not cursor.done:
        word = cursor.word()
        if word == "PASSWORD" or word == "FAILED_LOGIN_ATTEMPTS" or word == "PASSWORD_LOCK_TIME":
            password.append(_password_option(cursor))
        elif word == "ACCOUNT":
            cursor.index += 1
            values["locked"] = cursor.expect_any("LOCK", "UNLOCK") == "LOCK"
        elif word == "COMMENT":
            cursor.index += 1
            values["comment"] = cursor.string()
        elif word == "ATTRIBUTE":
            cursor.index += 1
            values["attribute"] = cursor.string()
        else:
            break
    return AccountOptions(password=tuple(password), **values)


def _require(cursor: Cursor) -> tuple[tuple[str, str | None], ...]:
    word = cursor.accept_any("NONE", "SSL", "X509")
    if word is not None:
        return ((word, None),)
    found: list[tuple[str, str | None]] = []
    while True:
        found.append((cursor.expect_any(*_TLS_WORDS), cursor.string()))
        cursor.accept("AND")
        if cursor.word() not in _TLS_WORDS:
            return tuple(found)


def _resources(cursor: Cursor) -> tuple[tuple[str, int], ...]:
    found = []
    while (word := cursor.accept_any(*_RESOURCES)) is not None:
        found.append((word, cursor.integer()))
    if not found:
        raise cursor.fail()
    return tuple(found)


def _password_option(cursor: Cursor) -> str:
    """PASSWORD EXPIRE …, HISTORY …, REUSE INTERVAL …, REQUIRE CURRENT …, and the limits of failed logins, as words."""
    first = cursor.advance().text.upper()
    if first in ("FAILED_LOGIN_ATTEMPTS", "PASSWORD_LOCK_TIME"):
        return f"{first} {'UNBOUNDED' if cursor.accept('UNBOUNDED') else cursor.integer()}"
    kind = cursor.expect_any("EXPIRE", "HISTORY", "REUSE", "REQUIRE")
    if kind == "EXPIRE":
        word = cursor.accept_any("DEFAULT", "NEVER")
        if word is None and cursor.accept("INTERVAL"):
            word = f"INTERVAL {cursor.integer()} DAY"
            cursor.expect("DAY")
        return f"EXPIRE {word}" if word else "EXPIRE"
    if kind == "HISTORY":
        return f"HISTORY {'DEFAULT' if cursor.accept('DEFAULT') else cursor.integer()}"
    if kind == "REUSE":
        cursor.expect("INTERVAL")
        if cursor.accept("DEFAULT"):
            return "REUSE INTERVAL DEFAULT"
        days = cursor.integer()
        cursor.expect("DAY")
        return f"REUSE INTERVAL {days} DAY"
    cursor.expect("CURRENT")
    return f"REQUIRE CURRENT {cursor.accept_any('DEFAULT', 'OPTIONAL') or ''}".rstrip()


# Users and roles


def _create_user(cursor: Cursor) -> CreateUser:
    exists = cursor.accept("IF", "NOT", "EXISTS")
    accounts = _specs(cursor)
    roles: tuple[UserName, ...] = ()
    if cursor.accept("DEFAULT", "ROLE"):
        roles = cursor.users()
    return CreateUser(accounts, _options(cursor), exists, roles)


def _alter_user(cursor: Cursor) -> AlterUser:
    exists = cursor.accept("IF", "EXISTS")
    if cursor.sees("USER") and cursor.kind(1) is T.L_PAREN:
        cursor.index += 2
        cursor.expect_symbol(T.R_PAREN)
        spec = AccountSpec(UserName("", "", current=True))
        if cursor.accept("IDENTIFIED"):
            values: dict[str, Any] = {}
            _identified(cursor, values)
            spec = replace(spec, **values)
        return AlterUser((spec,), _options(cursor), exists)
    accounts = _specs(cursor)
    if cursor.accept("DEFAULT", "ROLE"):
        mode = cursor.accept_any("NONE", "ALL")
        roles = () if mode is not None else cursor.users()
        return AlterUser(accounts, AccountOptions(), exists, mode or "LIST", roles)
    return AlterUser(accounts, _options(cursor), exists)


def _drop_user(cursor: Cursor) -> DropUser:
    exists = cursor.accept("IF", "EXISTS")
    return DropUser(cursor.users(), exists)


def _rename_user(cursor: Cursor) -> RenameUser:
    renames = []
    while True:
        old = cursor.user()
        cursor.expect("TO")
        renames.append((old, cursor.user()))
        if not cursor.symbol(T.COMMA):
            return RenameUser(tuple(renames))


def _create_role(cursor: Cursor) -> CreateRole:
    exists = cursor.accept("IF", "NOT", "EXISTS")
    return CreateRole(cursor.users(), exists)


def _drop_role(cursor: Cursor) -> DropRole:
    exists = cursor.accept("IF", "EXISTS")
    return DropRole(cursor.users(), exists)


# GRANT and REVOKE


def _privileges(cursor: Cursor) -> tuple[Privilege, ...]:
    found = [_privilege(cursor)]
    while cursor.symbol(T.COMMA):
        found.append(_privilege(cursor))
    return tuple(found)


def _privilege(cursor: Cursor) -> Privilege:
    for words in _PRIVILEGE_WORDS:
        if cursor.accept(*words):
            name = "ALL" if words[0] == "ALL" else " ".join(words)
            break
    else:
        token = cursor.advance()
        name = token.text.upper()
        if not name.replace("_", "a").isalnum():
            cursor.index -= 1
            raise cursor.fail()
    columns = cursor.names_in_parens() if cursor.kind() is T.L_PAREN else ()
    return Privilege(name, columns)


def _is_role_list(cursor: Cursor, end: str) -> bool:
    """Whether the list before `end` names roles: no ON comes first."""
    depth = 0
    for ahead in range(len(cursor.tokens) - cursor.index):
        kind, word = cursor.kind(ahead), cursor.word(ahead)
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
        elif depth == 0 and word == "ON":
            return False
        elif depth == 0 and word == end:
            return True
    return False


def _level(cursor: Cursor) -> PrivilegeLevel:
    object_type = cursor.accept_any("TABLE", "FUNCTION", "PROCEDURE") or "TABLE"
    if cursor.symbol(T.STAR):
        if cursor.symbol(T.DOT):
            cursor.expect_symbol(T.STAR)
            return PrivilegeLevel(None, None, True, object_type)
        return PrivilegeLevel(None, None, False, object_type)
    first = cursor.name()
    if not cursor.symbol(T.DOT):
        return PrivilegeLevel(None, first, False, object_type)
    if cursor.symbol(T.STAR):
        return PrivilegeLevel(first, None, False, object_type)
    return PrivilegeLevel(first, cursor.any_name(), False, object_type)


def _grant(cursor: Cursor) -> Grant:
    if cursor.accept("PROXY", "ON"):
        proxy = cursor.user()
        cursor.expect("TO")
        accounts = tuple(AccountSpec(user) for user in cursor.users())
        return Grant((), None, accounts, proxy=proxy, grant_option=cursor.accept("WITH", "GRANT", "OPTION"))
    if _is_role_list(cursor, "TO"):
        roles = cursor.users()
        cursor.expect("TO")
        accounts = tuple(AccountSpec(user) for user in cursor.users())
        return Grant((), None, accounts, roles, admin_option=cursor.accept("WITH", "ADMIN", "OPTION"))
    privileges = _privileges(cursor)
    cursor.expect("ON")
    level = _level(cursor)
    cursor.expect("TO")
    accounts = _specs(cursor)
    option = cursor.accept("WITH", "GRANT", "OPTION")
    if cursor.accept("AS"):
        cursor.user()
        if cursor.accept("WITH", "ROLE"):
            cursor.index = len(cursor.tokens)
    return Grant(privileges, level, accounts, grant_option=option)


def _revoke(cursor: Cursor) -> Revoke:
    exists = cursor.accept("IF", "EXISTS")
    if cursor.accept("PROXY", "ON"):
        proxy = cursor.user()
        cursor.expect("FROM")
        return Revoke((), None, cursor.users(), proxy=proxy, if_exists=exists, ignore_unknown_user=_ignore(cursor))
    if _is_role_list(cursor, "FROM"):
        start = cursor.index
        if (cursor.accept("ALL", "PRIVILEGES") or cursor.accept("ALL")) and cursor.symbol(T.COMMA):
            cursor.expect("GRANT", "OPTION")
            cursor.expect("FROM")
            users = cursor.users()
            return Revoke((), None, users, all_privileges=True, if_exists=exists, ignore_unknown_user=_ignore(cursor))
        cursor.index = start
        roles = cursor.users()
        cursor.expect("FROM")
        return Revoke((), None, cursor.users(), roles, if_exists=exists, ignore_unknown_user=_ignore(cursor))
    privileges = _privileges(cursor)
    cursor.expect("ON")
    level = _level(cursor)
    cursor.expect("FROM")
    return Revoke(privileges, level, cursor.users(), if_exists=exists, ignore_unknown_user=_ignore(cursor))


def _ignore(cursor: Cursor) -> bool:
    return cursor.accept("IGNORE", "UNKNOWN", "USER")


PARSERS = {
    "CREATE USER": _create_user,
    "ALTER USER": _alter_user,
    "DROP USER": _drop_user,
    "RENAME USER": _rename_user,
    "CREATE ROLE": _create_role,
    "DROP ROLE": _drop_role,
    "GRANT": _grant,
    "REVOKE": _revoke,
}
