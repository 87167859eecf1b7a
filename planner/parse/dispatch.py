"""Which parser reads a statement: decided by its first words, never by what happens to parse."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TypeAlias

from sqlglot.tokens import Token, TokenType

from planner.parse.cursor import Cursor
from planner.parse.query import Draft, parse_delete, parse_insert, parse_query, parse_update
from planner.parse.statement import HandNode, Statement

T = TokenType
HandParser: TypeAlias = Callable[[Cursor], HandNode]

_QUERIES: dict[TokenType, Callable[[Draft], Statement]] = {
    T.SELECT: parse_query,
    T.WITH: parse_query,
    T.L_PAREN: parse_query,
    T.TABLE: parse_query,
    T.VALUES: parse_query,
    T.INSERT: parse_insert,
    T.REPLACE: parse_insert,
    T.UPDATE: parse_update,
    T.DELETE: parse_delete,
}

_FAMILIES = (
    "create_table",
    "alter_table",
    "definitions",
    "set_statement",
    "transactions",
    "sessions",
    "load_data",
    "show",
    "explain",
    "maintenance",
    "accounts",
    "programs",
    "not_run",
)
"""Modules with a `PARSERS` table: first words (`CREATE TABLE`) to the function that reads the rest."""


@lru_cache(maxsize=1)
def parsers() -> dict[tuple[str, ...], HandParser]:
    """First words to hand parser, of all families; a word pair declared twice is refused."""
    found: dict[tuple[str, ...], HandParser] = {}
    for family in _FAMILIES:
        table: dict[str, HandParser] = import_module(f"planner.parse.{family}").PARSERS
        for words, parser in table.items():
            key = tuple(words.split())
            if key in found:
                raise ValueError(f"statement {words} is declared twice")
            found[key] = parser
    return found


def parse_draft(draft: Draft) -> Statement:
    """One statement. Raises 1064 or 1235."""
    first = draft.tokens[0].token_type
    query = _QUERIES.get(first)
    if query is not None:
        return query(draft)
    cursor = Cursor(draft.tokens, draft.source, draft.sql_mode, 0, draft.end)
    table = parsers()
    for length in (4, 3, 2, 1):
        key = tuple(cursor.word(ahead) for ahead in range(length))
        parser = table.get(key)
        if parser is not None:
            cursor.index = length
            node = parser(cursor)
            cursor.expect_end()
            return hand_statement(draft, node)
    raise draft.fail(_unexpected(cursor, draft))


def _unexpected(cursor: Cursor, draft: Draft) -> Token:
    """The first token that continues no known statement."""
    known = {key[0] for key in parsers()}
    return draft.tokens[1 if cursor.word() in known and len(draft.tokens) > 1 else 0]


def hand_statement(draft: Draft, node: HandNode) -> Statement:
    """Wraps a hand parser's value."""
    return Statement(
        kind=node.kind,
        text=draft.text,
        ast=node,
        source=draft.source,
        tokens=tuple(draft.tokens),
        parameter_count=draft.parameters,
        sql_mode=draft.sql_mode,
    )
