"""Digest text of a statement: literals as `?`, lists of them shortened, words in one case and one space apart."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.door import read_tokens
from planner.parse.token_pass import QUOTED
from sqlnode.base.errors import SqlError

T = TokenType
_LITERALS = frozenset({T.NUMBER, T.STRING, T.HEX_STRING, T.BIT_STRING, T.NATIONAL_STRING})


def digest_text(text: str, sql_mode: int = 0) -> str:
    """The statement's shape, lower case, identifiers in backticks only where the source has them. Unreadable text is
    returned as it is."""
    try:
        tokens = read_tokens(text, sql_mode)
    except SqlError:
        return text
    parts: list[str] = []
    for token in tokens:
        kind = token.token_type
        if kind in _LITERALS or kind is T.PLACEHOLDER:
            if len(parts) > 1 and parts[-1] == "," and parts[-2] in ("?", "..."):
                parts[-1:] = []
                parts[-1] = "..."
                continue
            parts.append("?")
        elif kind in QUOTED:
            parts.append(f"`{token.text.lower()}`")
        else:
            parts.append(" ".join(token.text.lower().split()))
    return " ".join(parts)
