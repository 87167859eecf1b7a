"""Statements that differ only in literals share one plan: which literals of a text become parameters.

`split(text)` finds literals with one regular expression: the text with each replaced by `?` is the *shape*, the literals
are its values. Which of them may become parameters is decided once per shape from the statement's tokens (`template_of`):
only those behind a comparison or LIKE, in BETWEEN, in an IN list, in VALUES and in UPDATE's SET, and what is added to a
name, outside select lists, GROUP BY, ORDER BY and LIMIT. The others keep their text, which is part of the cache's key
together with the kinds of the parameters. Where the expression's idea of a literal is not the tokenizer's, the shape is
not cached at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlglot.tokens import Token, TokenType

from sqlnode.base.types import SqlType, Value, decimal, double, integer, varchar

T: Final = TokenType

_LITERAL: Final = re.compile(
    r"""['\d](?:(?<=')[^'\\]*(?:(?:\\.|'')[^'\\]*)*'(?![\s]*['"])"""
    r"""|(?<=\d)(?<![\w$.`@\\'"]\d)\d*(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w$.`'"]))""",
    re.DOTALL,
)
"""Its first character is a set, so that the search skips what cannot begin a literal."""
_PIECES: Final = re.compile(f"({_LITERAL.pattern})", re.DOTALL)
_MISREAD: Final = ('"', "#", "--", "/*")
_QUOTED_APOSTROPHE: Final = re.compile(r"`[^`]*'")
"""Texts that the expression above could misread: comments, quoted names with apostrophes, double quotes."""

LENGTH_LIMIT: Final = 16_384
PARAMETER_LIMIT: Final = 256
_ESCAPES: Final = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE: Final = re.compile(r"\\(.)|''", re.DOTALL)


def split(text: str) -> tuple[str, list[str]] | None:
    """The shape of a text and its literals in order; None when it is not for this cache."""
    if len(text) > LENGTH_LIMIT:
        return None
    for mark in _MISREAD:
        if mark in text:
            return None
    if "`" in text and _QUOTED_APOSTROPHE.search(text) is not None:
        return None
    pieces = _PIECES.split(text)
    if len(pieces) > 2 * PARAMETER_LIMIT + 1:
        return None
    return "?".join(pieces[::2]), pieces[1::2]


def _unescaped(match: re.Match[str]) -> str:
    letter = match[1]
    return "'" if letter is None else _ESCAPES.get(letter, letter)


def value_of_literal(literal: str, charset: str, collation: str) -> tuple[Value, SqlType]:
    """The value of a literal and the type that the binder gives it."""
    if literal[0] == "'":
        body = literal[1:-1]
        if "\\" in body or "'" in body:
            body = _ESCAPE.sub(_unescaped, body)
        return body.encode("utf-8", "surrogateescape"), _string_type(charset, collation)
    if literal.isdigit():
        number = int(literal)
        if number < 1 << 63:
            return number, _INTEGER
        if number < 1 << 64:
            return number, _UNSIGNED
        return Decimal(number), decimal(len(literal), 0)
    if "e" in literal or "E" in literal:
        return float(literal), _DOUBLE
    whole, fraction = literal.split(".")
    return Decimal(literal), decimal(max(len(whole.lstrip("0")), 0) + len(fraction), len(fraction))


_INTEGER: Final = integer()
_UNSIGNED: Final = integer(unsigned=True)
_DOUBLE: Final = double()
_STRINGS: dict[tuple[str, str], SqlType] = {}


def _string_type(charset: str, collation: str) -> SqlType:
    found = _STRINGS.get((charset, collation))
    if found is None:
        found = _STRINGS[charset, collation] = varchar(-1, charset, collation)
    return found


@dataclass(frozen=True, slots=True)
class Template:
    """Of one shape: which literals are parameters (`parameters`, indexes in order) and which stay text (`kept`)."""

    parameters: tuple[int, ...]
    kept: tuple[int, ...]


_COMPARISONS: Final = frozenset({T.EQ, T.NEQ, T.LT, T.GT, T.LTE, T.GTE, T.NULLSAFE_EQ, T.LIKE})
_ADDITIONS: Final = frozenset({T.PLUS, T.DASH})
_NAMES: Final = frozenset({T.VAR, T.IDENTIFIER})
_CLOSED: Final = frozenset({T.SELECT, T.GROUP_BY, T.ORDER_BY, T.LIMIT, T.HAVING, T.OFFSET})
_OPEN: Final = frozenset({T.WHERE, T.SET, T.VALUES, T.ON})
_ENDS: Final = frozenset(
    {
        T.COMMA,
        T.R_PAREN,
        T.AND,
        T.OR,
        T.GROUP_BY,
        T.ORDER_BY,
        T.LIMIT,
        T.HAVING,
        T.WHERE,
        T.UNION,
        T.JOIN,
        T.LEFT,
        T.INNER,
        T.FOR,
        T.SEMICOLON,
    }
)


def template_of(text: str, tokens: Sequence[Token]) -> Template | None:
    """The template of a text whose tokens (of its only statement) are given; None when no literal may be replaced."""
    spans = [match.span() for match in _LITERAL.finditer(text)]
    wanted = {start: index for index, (start, _) in enumerate(spans)}
    seen = 0
    parameters: list[int] = []
    region = [False]
    lists = [""]
    between = False
    for position, token in enumerate(tokens):
        kind = token.token_type
        previous = tokens[position - 1].token_type if position else None
        if kind is T.L_PAREN:
            is_list = "in" if previous is T.IN else "values" if lists[-1] == "rows" else ""
            region.append(region[-1])
            lists.append(is_list)
        elif kind is T.R_PAREN:
            if len(region) == 1:
                return None
            region.pop()
            lists.pop()
        elif kind in _CLOSED:
            region[-1] = False
            lists[-1] = ""
        elif kind in _OPEN:
            region[-1] = True
            lists[-1] = "rows" if kind is T.VALUES else ""
        elif kind is T.BETWEEN:
            between = True
        elif kind in (T.NUMBER, T.STRING):
            index = wanted.get(token.start)
            if index is None or spans[index][1] != token.end + 1:
                # A literal that the expression did not see whole (adjacent strings, hexadecimal): kept as shape only if unseen.
                if index is not None:
                    return None
                continue
            seen += 1
            following = tokens[position + 1].token_type if position + 1 < len(tokens) else T.SEMICOLON
            if region[-1] and following in _ENDS:
                listed = previous in (T.L_PAREN, T.COMMA) and lists[-1] in ("in", "values")
                ranged = between and previous in (T.BETWEEN, T.AND)
                added = previous in _ADDITIONS and position > 1 and tokens[position - 2].token_type in _NAMES
                if previous in _COMPARISONS or listed or ranged or added:
                    parameters.append(index)
            if between and previous is T.AND:
                between = False
    if seen != len(spans) or not parameters:
        return None
    chosen = set(parameters)
    return Template(tuple(parameters), tuple(index for index in range(len(spans)) if index not in chosen))


def parameterised(text: str, template: Template) -> str:
    """The text with the template's literals replaced by `?`."""
    spans = [match.span() for match in _LITERAL.finditer(text)]
    parts: list[str] = []
    at = 0
    for index in template.parameters:
        start, end = spans[index]
        parts.append(text[at:start])
        parts.append("?")
        at = end
    parts.append(text[at:])
    return "".join(parts)
