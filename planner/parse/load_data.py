"""LOAD DATA [LOCAL] INFILE."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.file_format import read_format
from planner.parse.nodes_session import LoadAssignment, LoadData, LoadTarget

T = TokenType


def _load_data(cursor: Cursor) -> LoadData:
    priority = cursor.accept_any("LOW_PRIORITY", "CONCURRENT")
    local = cursor.accept("LOCAL")
    cursor.expect("INFILE")
    file = cursor.string()
    duplicates = cursor.accept_any("REPLACE", "IGNORE")
    cursor.expect("INTO")
    cursor.expect("TABLE")
    table = cursor.table()
    unsupported: str | None = None
    if cursor.accept("PARTITION"):
        cursor.names_in_parens()
        unsupported = "LOAD DATA with PARTITION"
    charset: str | None = None
    if cursor.accept("CHARACTER", "SET") or cursor.accept("CHARSET"):
        charset = cursor.charset()
    fields = read_format(cursor)
    skipped = 0
    if cursor.accept("IGNORE"):
        skipped = cursor.integer()
        cursor.expect_any("LINES", "ROWS")
    targets = _targets(cursor)
    return LoadData(
        file,
        table,
        local=local,
        duplicates=duplicates,
        charset=charset,
        format=fields,
        ignore_lines=skipped,
        targets=targets,
        assignments=_assignments(cursor),
        priority=priority,
        unsupported=unsupported,
    )


def _targets(cursor: Cursor) -> tuple[LoadTarget, ...] | None:
    if not cursor.symbol(T.L_PAREN):
        return None
    if cursor.symbol(T.R_PAREN):
        return None
    found = []
    while True:
        if cursor.kind() is T.PARAMETER:
            found.append(LoadTarget(cursor.user_variable(), variable=True))
        else:
            found.append(LoadTarget(cursor.table().name))
        if not cursor.symbol(T.COMMA):
            break
    cursor.expect_symbol(T.R_PAREN)
    return tuple(found)


def _assignments(cursor: Cursor) -> tuple[LoadAssignment, ...]:
    if not cursor.accept("SET"):
        return ()
    found = []
    while True:
        column = cursor.table().name
        cursor.equals()
        if cursor.word() == "DEFAULT" and cursor.kind(1) in (T.COMMA, None):
            cursor.index += 1
            found.append(LoadAssignment(column, None))
        else:
            found.append(LoadAssignment(column, cursor.item()))
        if not cursor.symbol(T.COMMA):
            break
    return tuple(found)


PARSERS = {"LOAD DATA": _load_data}
