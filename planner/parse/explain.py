"""EXPLAIN, DESCRIBE and DESC: of a statement, of a connection, of a table."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_admin import Describe, Explain
from planner.parse.nodes_common import Query, StatementKind
from planner.parse.subquery import read_statement

T = TokenType
_EXPLAINABLE = ("SELECT", "WITH", "TABLE", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE")
_KINDS = frozenset(
    (StatementKind.SELECT, StatementKind.INSERT, StatementKind.REPLACE, StatementKind.UPDATE, StatementKind.DELETE)
)


def _explain(cursor: Cursor) -> Explain | Describe:
    """[ANALYZE] [FORMAT = f] [INTO @v] [FOR SCHEMA s] statement | FOR CONNECTION n | table [column | 'pattern']."""
    analyze = cursor.word() == "ANALYZE" and not cursor.at_name() and cursor.accept("ANALYZE")
    format_name = _format(cursor)
    into = schema = None
    if cursor.sees("INTO") and format_name is not None:
        cursor.accept("INTO")
        into = cursor.user_variable()
    if cursor.accept("FOR", "CONNECTION"):
        return Explain(None, analyze, format_name, connection=cursor.integer(), into=into)
    if cursor.accept("FOR"):
        cursor.expect_any("SCHEMA", "DATABASE")
        schema = cursor.name()
    if analyze or format_name is not None or schema is not None or _starts_statement(cursor):
        return Explain(_statement(cursor), analyze, format_name, into=into, schema=schema)
    return _describe(cursor)


def _format(cursor: Cursor) -> str | None:
    if cursor.word() != "FORMAT" or cursor.kind(1) is not T.EQ:
        return None
    cursor.index += 2
    return cursor.name_or_string()


def _starts_statement(cursor: Cursor) -> bool:
    return cursor.kind() is T.L_PAREN or cursor.word() in _EXPLAINABLE


def _statement(cursor: Cursor) -> Query:
    if not _starts_statement(cursor):
        raise cursor.fail()
    statement = read_statement(cursor)
    if statement.kind not in _KINDS:
        raise cursor.fail()
    return Query(statement)


def _describe(cursor: Cursor) -> Describe:
    table = cursor.table()
    if cursor.done:
        return Describe(table)
    if cursor.kind() is T.STRING:
        return Describe(table, cursor.string(), pattern=True)
    return Describe(table, cursor.name())


PARSERS = {"EXPLAIN": _explain, "DESCRIBE": _explain, "DESC": _explain}
