"""A statement inside a hand-parsed one: the query of a view, of CREATE TABLE … AS, of EXPLAIN."""

from __future__ import annotations

from planner.parse.cursor import Cursor
from planner.parse.failure import syntax_error
from planner.parse.nodes_common import Query
from planner.parse.query import Draft
from planner.parse.statement import Statement


def read_statement(cursor: Cursor, end: int | None = None) -> Statement:
    """The statement from the cursor to token index `end` (default: all), dispatched anew. Its tokens count on."""
    from planner.parse.dispatch import parse_draft

    stop = len(cursor.tokens) if end is None else end
    tokens = cursor.tokens[cursor.index : stop]
    if not tokens:
        raise cursor.fail()
    parameters = sum(1 for token in tokens if token.token_type.name == "PLACEHOLDER")
    text_end = cursor.tokens[stop].start if stop < len(cursor.tokens) else cursor.end
    text_end = min(text_end, tokens[-1].end + 1)
    draft = Draft(tokens, cursor.source, tokens[0].start, text_end, parameters, cursor.sql_mode)
    cursor.index = stop
    return parse_draft(draft)


def read_query(cursor: Cursor, end: int | None = None) -> Query:
    """The same, for a place where only a query may stand."""
    start = cursor.tokens[cursor.index].start if not cursor.done else cursor.end
    statement = read_statement(cursor, end)
    if not statement.is_query:
        raise syntax_error(cursor.source, start)
    return Query(statement)
