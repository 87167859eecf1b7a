"""Errors of the parser: MySQL's 1064 with the text from the first token that does not fit."""

from __future__ import annotations

from sqlnode.base.errors import EMPTY_QUERY, NOT_SUPPORTED_YET, STACK_OVERRUN, SYNTAX_ERROR, SqlError

NEAR_LENGTH = 80
"""Characters of the statement that MySQL shows after `near`."""


def syntax_error(source: str, offset: int) -> SqlError:
    """1064 at `offset` in `source` (characters; the length of the source means the end of the input)."""
    line = source.count("\n", 0, offset) + 1
    return SqlError(SYNTAX_ERROR, near=source[offset : offset + NEAR_LENGTH], line=line)


def empty_query() -> SqlError:
    """1065."""
    return SqlError(EMPTY_QUERY)


def unsupported(feature: str) -> SqlError:
    """1235 naming what is missing."""
    return SqlError(NOT_SUPPORTED_YET, feature=feature)


def too_deep() -> SqlError:
    """The statement nests deeper than the parser follows."""
    return SqlError(STACK_OVERRUN)
