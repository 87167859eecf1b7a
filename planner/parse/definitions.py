"""Databases, views, indexes on their own, and what drops, renames or empties tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlglot.tokens import TokenType

from planner.parse.columns import read_key_options, read_key_parts
from planner.parse.cursor import Cursor
from planner.parse.failure import unsupported
from planner.parse.nodes_common import StatementKind, UserName
from planner.parse.nodes_ddl import (
    AlterDatabase,
    CreateDatabase,
    CreateIndex,
    CreateView,
    DropDatabase,
    DropIndex,
    DropTable,
    DropView,
    KeyDef,
    RenameTable,
    TruncateTable,
)
from planner.parse.subquery import read_query

T = TokenType
_PROGRAMS = ("PROCEDURE", "FUNCTION", "TRIGGER", "EVENT")


# Databases


def _database_options(cursor: Cursor) -> dict[str, Any]:
    """[DEFAULT] CHARACTER SET, COLLATE, ENCRYPTION, and READ ONLY, in any order."""
    values: dict[str, Any] = {}
    while not cursor.done:
        if cursor.accept("READ", "ONLY"):
            cursor.equals()
            values["read_only"] = False if cursor.accept("DEFAULT") else cursor.integer() != 0
            continue
        default = cursor.accept("DEFAULT")
        if cursor.accept("CHARACTER", "SET") or cursor.accept("CHAR", "SET") or cursor.accept("CHARSET"):
            cursor.equals()
            values["charset"] = None if cursor.accept("DEFAULT") else cursor.charset().lower()
        elif cursor.accept("COLLATE"):
            cursor.equals()
            values["collation"] = None if cursor.accept("DEFAULT") else cursor.charset().lower()
        elif cursor.accept("ENCRYPTION"):
            cursor.equals()
            values["encryption"] = cursor.string().upper()
        elif cursor.accept("PLACEMENT", "POLICY"):
            cursor.equals()
            cursor.name_or_string()
            values["unsupported"] = "PLACEMENT POLICY"
        else:
            if default:
                cursor.index -= 1
            break
    return values


def _create_database(cursor: Cursor) -> CreateDatabase:
    exists = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.name()
    values = _database_options(cursor)
    if "read_only" in values:
        raise cursor.fail()
    return CreateDatabase(name, exists, **values)


def _alter_database(cursor: Cursor) -> AlterDatabase:
    options = ("CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "READ", "CHARACTER SET", "CHAR", "ENCRYPTION")
    name = None
    if cursor.word() not in options or cursor.kind() is T.IDENTIFIER:
        name = cursor.name()
    if cursor.done:
        raise cursor.fail()
    return AlterDatabase(name, **_database_options(cursor))


def _drop_database(cursor: Cursor) -> DropDatabase:
    exists = cursor.accept("IF", "EXISTS")
    return DropDatabase(cursor.name(), exists)


# Tables


def _drop_table(cursor: Cursor) -> DropTable:
    return _drop(cursor, temporary=False)


def _drop_temporary_table(cursor: Cursor) -> DropTable:
    return _drop(cursor, temporary=True)


def _drop(cursor: Cursor, *, temporary: bool) -> DropTable:
    exists = cursor.accept("IF", "EXISTS")
    tables = cursor.tables()
    cursor.accept_any("RESTRICT", "CASCADE")
    return DropTable(tables, exists, temporary)


def _rename(cursor: Cursor) -> RenameTable:
    renames = []
    while True:
        old = cursor.table()
        cursor.expect("TO")
        renames.append((old, cursor.table()))
        if not cursor.symbol(T.COMMA):
            return RenameTable(tuple(renames))


def _truncate(cursor: Cursor) -> TruncateTable:
    cursor.accept("TABLE")
    return TruncateTable(cursor.table())


# Indexes


def _lock_options(cursor: Cursor) -> dict[str, Any]:
    """ALGORITHM [=] … and LOCK [=] … of CREATE INDEX and DROP INDEX."""
    values: dict[str, Any] = {}
    while True:
        if cursor.accept("ALGORITHM"):
            cursor.equals()
            values["algorithm"] = cursor.known("ALGORITHM", ("DEFAULT", "INPLACE", "COPY", "INSTANT"))
        elif cursor.accept("LOCK"):
            cursor.equals()
            values["lock"] = cursor.known("LOCK", ("DEFAULT", "NONE", "SHARED", "EXCLUSIVE"))
        else:
            return values


def _create_index(kind: str) -> Any:
    def parse(cursor: Cursor) -> CreateIndex:
        exists = cursor.accept("IF", "NOT", "EXISTS")
        values: dict[str, Any] = {"name": cursor.name()}
        read_key_options(cursor, values)
        cursor.expect("ON")
        table = cursor.table()
        parts = read_key_parts(cursor)
        locks: dict[str, Any] = {}
        while not cursor.done:
            before = cursor.index
            read_key_options(cursor, values)
            locks.update(_lock_options(cursor))
            if cursor.index == before:
                break
        return CreateIndex(table, KeyDef(kind, parts, **values), exists, **locks)

    return parse


def _drop_index(cursor: Cursor) -> DropIndex:
    exists = cursor.accept("IF", "EXISTS")
    # PRIMARY is reserved and stands in back quotes: DROP INDEX `PRIMARY` ON t.
    name = cursor.name()
    cursor.expect("ON")
    table = cursor.table()
    return DropIndex(table, name, exists, **_lock_options(cursor))


# Views


def _create_view(cursor: Cursor) -> CreateView:
    cursor.index = 1
    replace_view = cursor.accept("OR", "REPLACE")
    return replace(_view(cursor), or_replace=replace_view)


def _alter_view(cursor: Cursor) -> CreateView:
    cursor.index = 1
    return replace(_view(cursor), kind=StatementKind.ALTER_VIEW)


def _view(cursor: Cursor) -> CreateView:
    values: dict[str, Any] = {}
    if cursor.accept("ALGORITHM"):
        cursor.equals()
        values["algorithm"] = cursor.expect_any("UNDEFINED", "MERGE", "TEMPTABLE")
    if cursor.accept("DEFINER"):
        cursor.equals()
        values["definer"] = _definer(cursor)
        if cursor.word() in _PROGRAMS:
            raise unsupported(f"CREATE {cursor.word()}")
    if cursor.accept("SQL", "SECURITY"):
        values["security"] = cursor.expect_any("DEFINER", "INVOKER")
    cursor.expect("VIEW")
    values["if_not_exists"] = cursor.accept("IF", "NOT", "EXISTS")
    view = cursor.table()
    columns = cursor.names_in_parens() if cursor.kind() is T.L_PAREN else ()
    cursor.expect("AS")
    end, check = _check_option(cursor)
    select = read_query(cursor, end)
    cursor.index = len(cursor.tokens)
    return CreateView(view, select, columns, check_option=check, **values)


def _definer(cursor: Cursor) -> UserName:
    return cursor.user()


def _check_option(cursor: Cursor) -> tuple[int, str | None]:
    """Where the query ends, and the kind of the WITH … CHECK OPTION behind it."""
    count = len(cursor.tokens)
    if not (cursor.word(count - 1 - cursor.index) == "OPTION" and cursor.word(count - 2 - cursor.index) == "CHECK"):
        return count, None
    word = cursor.word(count - 3 - cursor.index)
    if word in ("CASCADED", "LOCAL") and cursor.word(count - 4 - cursor.index) == "WITH":
        return count - 4, word
    if word == "WITH":
        return count - 3, "CASCADED"
    return count, None


def _drop_view(cursor: Cursor) -> DropView:
    exists = cursor.accept("IF", "EXISTS")
    views = cursor.tables()
    cursor.accept_any("RESTRICT", "CASCADE")
    return DropView(views, exists)


PARSERS = {
    "CREATE DATABASE": _create_database,
    "CREATE SCHEMA": _create_database,
    "ALTER DATABASE": _alter_database,
    "ALTER SCHEMA": _alter_database,
    "DROP DATABASE": _drop_database,
    "DROP SCHEMA": _drop_database,
    "DROP TABLE": _drop_table,
    "DROP TABLES": _drop_table,
    "DROP TEMPORARY TABLE": _drop_temporary_table,
    "DROP TEMPORARY TABLES": _drop_temporary_table,
    "RENAME TABLE": _rename,
    "RENAME TABLES": _rename,
    "TRUNCATE": _truncate,
    "CREATE INDEX": _create_index("INDEX"),
    "CREATE UNIQUE INDEX": _create_index("UNIQUE"),
    "CREATE FULLTEXT INDEX": _create_index("FULLTEXT"),
    "CREATE SPATIAL INDEX": _create_index("SPATIAL"),
    "DROP INDEX": _drop_index,
    "CREATE VIEW": _create_view,
    "CREATE OR REPLACE": _create_view,
    "CREATE ALGORITHM": _create_view,
    "CREATE DEFINER": _create_view,
    "CREATE SQL": _create_view,
    "ALTER VIEW": _alter_view,
    "ALTER ALGORITHM": _alter_view,
    "ALTER DEFINER": _alter_view,
    "ALTER SQL": _alter_view,
    "DROP VIEW": _drop_view,
}
