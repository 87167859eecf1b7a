"""The parser's entry points."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import expressions as exp
from sqlglot.tokens import Token, TokenType

from planner.context import SqlMode
from planner.parse.dispatch import parse_draft
from planner.parse.door import expression_from_text, read_tokens
from planner.parse.failure import empty_query, syntax_error
from planner.parse.programs import is_program
from planner.parse.query import Draft
from planner.parse.statement import Statement
from planner.parse.token_pass import number_parameters
from planner.parse.values_block import FoundBlock, read_values
from planner.parse.versioned import expand_comments
from sqlnode.base.errors import SqlError


@dataclass(frozen=True, slots=True)
class PendingStatement:
    """One statement of a text, found but not yet parsed. `last` is True for the final one."""

    tokens: list[Token]
    source: str
    end: int
    sql_mode: int
    last: bool
    found: FoundBlock | None = None
    """Rows of VALUES that were taken out of the source behind the first one; `whole` is the text with them."""
    whole: str = ""

    def marker_outside_prepare(self) -> SqlError:
        """1064 at the first `?`, which only a statement that is being prepared may have."""
        marker = next(token for token in self.tokens if token.token_type is TokenType.PLACEHOLDER)
        return syntax_error(self.source, marker.start)

    def parse(self) -> Statement:
        """The statement. Raises 1064 or 1235."""
        parameters = number_parameters(self.tokens, self.source)
        start = self.tokens[0].start
        text_end = self.tokens[-1].end + 1 if self.end < 0 else self.end
        statement = parse_draft(Draft(self.tokens, self.source, start, text_end, parameters, self.sql_mode))
        if self.found is None:
            return statement
        taken = self.found.end - self.found.first_end
        return replace(statement, values=self.found.block, text=self.whole[start : text_end + taken])


def split_text(sql: str, *, sql_mode: int = SqlMode.DEFAULT) -> list[PendingStatement]:
    """The statements of `sql` cut at their semicolons, in order; empty ones are skipped.

    A text is parsed statement by statement while it runs: those before a syntax error take effect, as in MySQL. Raises
    1064 for what cannot be read as tokens, 1065 when there is no statement at all.
    """
    whole = source = expand_comments(sql, backslash_escapes=not sql_mode & SqlMode.NO_BACKSLASH_ESCAPES)
    found = read_values(source, sql_mode)
    if found is not None:
        source = source[: found.first_end] + source[found.end :]
    tokens = read_tokens(source, sql_mode)
    spans: list[tuple[list[Token], int]] = []
    first = 0
    whole_text = is_program(tokens)
    for index, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON and not whole_text:
            if index > first:
                spans.append((tokens[first:index], token.start))
            first = index + 1
    if len(tokens) > first:
        spans.append((tokens[first:] if first else tokens, -1))
    if not spans:
        raise empty_query()
    last = len(spans) - 1
    pending = [PendingStatement(part, source, end, sql_mode, place == last) for place, (part, end) in enumerate(spans)]
    if found is not None:
        pending[0] = replace(pending[0], found=found, whole=whole)
    return pending


def parse_text(sql: str, *, sql_mode: int = SqlMode.DEFAULT) -> list[Statement]:
    """The statements of `sql`, in order.

    Raises SqlError: 1064 for what is not MySQL, 1065 when there is no statement at all, 1235 for syntax that is known and
    not run. A text with an error raises before any of its statements is returned.
    """
    return [pending.parse() for pending in split_text(sql, sql_mode=sql_mode)]


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
