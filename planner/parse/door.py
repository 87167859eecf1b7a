"""The one place that calls sqlglot's parser, and turns its failures into MySQL's errors."""

from __future__ import annotations

import logging
from typing import Any

from sqlglot import expressions as exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token

from planner.parse import tables
from planner.parse.dialect import DIALECT, tokenize
from planner.parse.failure import syntax_error, too_deep
from planner.parse.function_names import quote_names
from planner.parse.nodes_common import Expr
from planner.parse.token_pass import number_parameters, rewrite
from planner.parse.versioned import unterminated
from sqlnode.base.errors import SqlError

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
tables.install()


def read_tokens(source: str, sql_mode: int) -> list[Token]:
    """Tokens of `source`, or 1064 where a string, name or comment is not closed."""
    try:
        tokens = tokenize(source, sql_mode)
    except TokenError:
        raise syntax_error(source, unterminated(source)) from None
    quote_names(tokens, source, sql_mode)
    return tokens


def _failed(parser: Any, tokens: list[Token], source: str, end: int) -> SqlError:
    index = parser._index
    if 0 <= index < len(tokens):
        return syntax_error(source, tokens[index].start)
    return syntax_error(source, end)


def parse_tree(
    tokens: list[Token], source: str, *, into: type[exp.Expression] | None = None, end: int = -1
) -> exp.Expression:
    """One tree from rewritten `tokens`: a statement, or `into` one kind of fragment.

    `end` is the offset in `source` that an error at the end of the tokens names (default: the source's end).
    """
    parser = DIALECT.parser()
    end = len(source) if end < 0 else end
    try:
        if into is None:
            trees = parser.parse(tokens, source)
        else:
            trees = parser.parse_into(into, tokens, source)
    except ParseError:
        raise _failed(parser, tokens, source, end) from None
    except RecursionError:
        raise too_deep() from None
    except (AttributeError, TypeError, AssertionError, IndexError, ValueError):
        # A table entry met a token list that the parser's own code did not foresee; the text is at fault, not we.
        raise _failed(parser, tokens, source, end) from None
    tree = trees[0] if trees else None
    if not isinstance(tree, exp.Expression):
        raise _failed(parser, tokens, source, end)
    return tree


def parse_slice(tokens: list[Token], source: str, *, reserved: bool = True, end: int = -1) -> Expr:
    """An expression from raw (not yet rewritten) `tokens`, with its source text."""
    if not tokens:
        raise syntax_error(source, len(source) if end < 0 else end)
    ready = rewrite(tokens, source, reserved=reserved).tokens
    tree = parse_tree(ready, source, into=exp.Expr, end=end)
    return Expr(tree, source[tokens[0].start : tokens[-1].end + 1])


def expression_from_text(text: str, sql_mode: int) -> exp.Expression:
    """The tree of an expression that stands alone, such as a stored default or check."""
    tokens = read_tokens(text, sql_mode)
    number_parameters(tokens, text)
    return parse_slice(tokens, text).tree
