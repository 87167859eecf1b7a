"""CREATE TABLE."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.columns import at_key, read_column, read_table_key
from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Query, TableName
from planner.parse.nodes_ddl import CheckDef, ColumnDef, CreateTable, ForeignKeyDef, KeyDef
from planner.parse.subquery import read_query
from planner.parse.table_options import read_options, read_partition

T = TokenType
_QUERY = frozenset((T.SELECT, T.WITH, T.TABLE, T.VALUES, T.L_PAREN))


def parse_create_table(cursor: Cursor) -> CreateTable:
    """CREATE TABLE …, behind the word TABLE."""
    return _create(cursor, temporary=False)


def _parse_temporary(cursor: Cursor) -> CreateTable:
    return _create(cursor, temporary=True)


def _create(cursor: Cursor, *, temporary: bool) -> CreateTable:
    if_not_exists = cursor.accept("IF", "NOT", "EXISTS")
    table = cursor.table()
    like = _like(cursor)
    if like is not None:
        return CreateTable(table, like=like, temporary=temporary, if_not_exists=if_not_exists)
    columns: list[ColumnDef] = []
    keys: list[KeyDef] = []
    foreign_keys: list[ForeignKeyDef] = []
    checks: list[CheckDef] = []
    if cursor.kind() is T.L_PAREN and cursor.kind(1) not in _QUERY:
        cursor.index += 1
        while True:
            if not at_key(cursor):
                columns.append(read_column(cursor))
            else:
                element = read_table_key(cursor)
                if isinstance(element, KeyDef):
                    keys.append(element)
                elif isinstance(element, ForeignKeyDef):
                    foreign_keys.append(element)
                else:
                    checks.append(element)
            if not cursor.symbol(T.COMMA):
                break
        cursor.expect_symbol(T.R_PAREN)
    options = read_options(cursor)
    partition = read_partition(cursor)
    duplicates = cursor.accept_any("IGNORE", "REPLACE")
    as_word = cursor.accept("AS")
    select: Query | None = None
    if cursor.kind() in _QUERY:
        select = read_query(cursor)
    elif as_word or duplicates or not (columns or keys):
        raise cursor.fail()
    return CreateTable(
        table=table,
        columns=tuple(columns),
        keys=tuple(keys),
        foreign_keys=tuple(foreign_keys),
        checks=tuple(checks),
        options=options,
        partition=partition,
        select=select,
        duplicates=duplicates,
        temporary=temporary,
        if_not_exists=if_not_exists,
    )


def _like(cursor: Cursor) -> TableName | None:
    if cursor.accept("LIKE"):
        return cursor.table()
    if cursor.kind() is T.L_PAREN and cursor.word(1) == "LIKE":
        cursor.index += 2
        table = cursor.table()
        cursor.expect_symbol(T.R_PAREN)
        return table
    return None


PARSERS = {
    "CREATE TABLE": parse_create_table,
    "CREATE TEMPORARY TABLE": _parse_temporary,
}
