"""The parser's entry points."""

from __future__ import annotations

from sqlglot import expressions as exp
from sqlglot.tokens import Token, TokenType

from planner.context import SqlMode
from planner.parse.dispatch import parse_draft
from planner.parse.door import expression_from_text, read_tokens
from planner.parse.failure import empty_query, syntax_error
from planner.parse.query import Draft
from planner.parse.statement import Statement
from planner.parse.token_pass import number_parameters
from planner.parse.versioned import expand_comments


def parse_text(sql: str, *, sql_mode: int = SqlMode.DEFAULT) -> list[Statement]:
    """The statements of `sql`, in order; empty ones between semicolons are skipped.

    Raises SqlError: 1064 for what is not MySQL, 1065 when there is no statement at all, 1235 for syntax that is known and
    not run. A text with an error raises before any of its statements is returned.
    """
    source = expand_comments(sql, backslash_escapes=not sql_mode & SqlMode.NO_BACKSLASH_ESCAPES)
    found = _statements(source, sql_mode)
    if not found:
        raise empty_query()
    return found


def _statements(source: str, sql_mode: int) -> list[Statement]:
    tokens = read_tokens(source, sql_mode)
    found: list[Statement] = []
    first = 0
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            if index > first:
                found.append(_one(tokens[first:index], source, token.start, sql_mode))
            first = index + 1
    if len(tokens) > first:
        found.append(_one(tokens[first:] if first else tokens, source, -1, sql_mode))
    return found


def _one(tokens: list[Token], source: str, end: int, sql_mode: int) -> Statement:
    parameters = number_parameters(tokens, source)
    start = tokens[0].start
    text_end = tokens[-1].end + 1 if end < 0 else end
    return parse_draft(Draft(tokens, source, start, text_end, parameters, sql_mode))


def parse_query(sql: str, *, sql_mode: int = SqlMode.DEFAULT) -> Statement:
    """The one query in `sql`, such as a view's definition. Raises 1064 for anything else."""
    found = parse_text(sql, sql_mode=sql_mode)
    if len(found) != 1 or not found[0].is_query:
        raise syntax_error(sql, 0)
    return found[0]


def parse_expression(text: str, sql_mode: int = SqlMode.DEFAULT) -> exp.Expression:
    """The tree of an expression that stands alone (DEFAULT, CHECK, generated column, key part). Raises 1064."""
    source = expand_comments(text, backslash_escapes=not sql_mode & SqlMode.NO_BACKSLASH_ESCAPES)
    return expression_from_text(source, sql_mode)
