"""Names that are functions only with `(` right behind them (MySQL manual, "Function Name Parsing and Resolution").

`COUNT(a)` calls the function; `COUNT (a)` is the name of something else, unless sql_mode has IGNORE_SPACE. Where the word
is a function it cannot name a table or column: `CREATE TABLE count(a INT)` is an error, `CREATE TABLE count (a INT)` none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sqlglot.tokens import Token, TokenType

from planner.context import SqlMode

NAMES = frozenset(
    "ADDDATE BIT_AND BIT_OR BIT_XOR CAST COUNT CURDATE CURTIME DATE_ADD DATE_SUB EXTRACT GROUP_CONCAT JSON_ARRAYAGG "
    "JSON_OBJECTAGG MAX MID MIN NOW POSITION SESSION_USER STD STDDEV STDDEV_POP STDDEV_SAMP SUBDATE SUBSTR SUBSTRING SUM "
    "SYSDATE SYSTEM_USER TRIM VARIANCE VAR_POP VAR_SAMP".split()
)
_SEARCHED = 65_536
"""Longer texts are not searched, which nothing could interrupt; their tokens are looked at."""
_APART = re.compile(rf"\b(?:{'|'.join(sorted(NAMES))})(?:\s|/\*.*?\*/)+\(", re.IGNORECASE | re.DOTALL)


def quote_names(tokens: Sequence[Token], source: str, sql_mode: int) -> None:
    """Turns the words that are no function here into quoted names, in place."""
    if sql_mode & SqlMode.IGNORE_SPACE:
        return
    if len(source) <= _SEARCHED and _APART.search(source) is None:
        return
    for token, following in pairwise(tokens):
        if (
            token.token_type is TokenType.VAR
            and following.token_type is TokenType.L_PAREN
            and following.start > token.end + 1
            and token.text.upper() in NAMES
        ):
            token.token_type = TokenType.IDENTIFIER


def is_call(token: Token, following: Token | None, sql_mode: int) -> bool:
    """Whether a word token is one of these functions, being called."""
    if following is None or following.token_type is not TokenType.L_PAREN or token.token_type is not TokenType.VAR:
        return False
    adjacent = following.start == token.end + 1 or bool(sql_mode & SqlMode.IGNORE_SPACE)
    return adjacent and token.text.upper() in NAMES
