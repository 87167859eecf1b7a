"""USE, PREPARE, EXECUTE, DEALLOCATE, DO, KILL."""

from __future__ import annotations

from dataclasses import replace

from sqlglot.tokens import Token, TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Expr, Query
from planner.parse.nodes_session import Deallocate, Do, Execute, Kill, Prepare, Use
from planner.parse.query import Draft

T = TokenType


def _use(cursor: Cursor) -> Use:
    return Use(cursor.name())


def _prepare(cursor: Cursor) -> Prepare:
    name = cursor.name()
    cursor.expect("FROM")
    if cursor.kind() is T.PARAMETER:
        return Prepare(name, None, cursor.user_variable())
    return Prepare(name, cursor.string(), None)


def _execute(cursor: Cursor) -> Execute:
    name = cursor.name()
    using: list[str] = []
    if cursor.accept("USING"):
        using.append(cursor.user_variable())
        while cursor.symbol(T.COMMA):
            using.append(cursor.user_variable())
    return Execute(name, tuple(using))


def _deallocate(cursor: Cursor) -> Deallocate:
    return Deallocate(cursor.name())


def _do(cursor: Cursor) -> Do:
    if cursor.done:
        raise cursor.fail()
    from planner.parse.dispatch import parse_draft

    first = cursor.tokens[cursor.index - 1]
    tokens = [_select_token(first), *cursor.tokens[cursor.index :]]
    parameters = sum(1 for token in tokens if token.token_type is T.PLACEHOLDER)
    statement = parse_draft(Draft(tokens, cursor.source, first.start, cursor.end, parameters, cursor.sql_mode))
    exprs: list[Expr] = []
    while True:
        exprs.append(cursor.item())
        if not cursor.symbol(T.COMMA):
            break
    return Do(tuple(exprs), Query(replace(statement)))


def _select_token(token: Token) -> Token:
    """The word SELECT in the place of DO."""
    return Token(T.SELECT, "SELECT", token.line, token.col, token.start, token.end)


def _kill(cursor: Cursor) -> Kill:
    query_only = cursor.accept("QUERY")
    if not query_only:
        cursor.accept("CONNECTION")
    return Kill(cursor.item(), query_only)


PARSERS = {
    "USE": _use,
    "PREPARE": _prepare,
    "EXECUTE": _execute,
    "DEALLOCATE PREPARE": _deallocate,
    "DROP PREPARE": _deallocate,
    "DO": _do,
    "KILL": _kill,
}
