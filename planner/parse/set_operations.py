"""Set operations in the token pass: what may not stand before UNION, and VALUES as a subquery of an expression."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot.tokens import Token, TokenType

from planner.parse.failure import syntax_error

T = TokenType
SET_TOKENS = frozenset((T.UNION, T.EXCEPT, T.INTERSECT))
_AFTER_TABLES = frozenset((T.FROM, T.JOIN, T.STRAIGHT_JOIN, T.COMMA, T.L_PAREN))


def check_operands(tokens: Sequence[Token], source: str) -> None:
    """1064 for ORDER BY, LIMIT or a locking clause before UNION, EXCEPT or INTERSECT: only a query in parentheses may
    have its own."""
    closed = [False]
    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is T.L_PAREN:
            closed.append(False)
        elif kind is T.R_PAREN:
            if len(closed) > 1:
                closed.pop()
        elif kind in (T.ORDER_BY, T.LIMIT) or (kind is T.FOR and _is_lock(tokens, index)) or kind is T.LOCK:
            closed[-1] = True
        elif kind in SET_TOKENS and closed[-1]:
            raise syntax_error(source, token.start)


def _is_lock(tokens: Sequence[Token], index: int) -> bool:
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    return following is not None and (following.token_type is T.UPDATE or following.text.upper() == "SHARE")


def wrap_values(tokens: list[Token], index: int) -> bool:
    """Turns `(VALUES ROW(…), … [ORDER BY …])`, whose VALUES is `tokens[index]`, into `(SELECT * FROM (VALUES …) AS v
    [ORDER BY …])` in place; False for rows alone that are a table reference, which are read as they stand."""
    end = _rows_end(tokens, index)
    if end < 0:
        return False
    is_table = index < 2 or tokens[index - 2].token_type in _AFTER_TABLES
    if is_table and tokens[end].token_type is T.R_PAREN:
        return False
    close, first = tokens[end], tokens[index]
    tokens[end:end] = [_made(T.R_PAREN, ")", close), _made(T.ALIAS, "AS", close), _made(T.IDENTIFIER, "v", close)]
    tokens[index:index] = [
        _made(T.SELECT, "SELECT", first),
        _made(T.STAR, "*", first),
        _made(T.FROM, "FROM", first),
        _made(T.L_PAREN, "(", first),
    ]
    return True


def _rows_end(tokens: Sequence[Token], index: int) -> int:
    """Index of what ends the rows: the closing parenthesis, ORDER BY or LIMIT; -1 for an operand of a set operation."""
    depth = 0
    for at in range(index, len(tokens)):
        kind = tokens[at].token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
        elif depth == 0 and kind in SET_TOKENS:
            return -1
        if depth < 0 or (depth == 0 and kind in (T.ORDER_BY, T.LIMIT)):
            return at
    return -1


def _made(kind: TokenType, text: str, like: Token) -> Token:
    return Token(kind, text, like.line, like.col, like.start, like.start)
