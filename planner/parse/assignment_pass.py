"""`@name := value` inside larger expressions: parentheses for sqlglot, which reads it in select lists and arguments only.

In MySQL's grammar an assignment is an operand, whose value goes as far to the right as an expression can.
"""

from __future__ import annotations

from sqlglot.tokens import Token, TokenType

T = TokenType

_BEFORE = frozenset(
    (
        T.THEN, T.ELSE, T.WHEN, T.CASE, T.WHERE, T.HAVING, T.ON, T.AND, T.OR, T.XOR, T.NOT, T.EQ, T.NEQ, T.LT, T.GT, T.LTE,
        T.GTE, T.NULLSAFE_EQ, T.PLUS, T.DASH, T.STAR, T.SLASH, T.DIV, T.MOD, T.AMP, T.PIPE, T.CARET, T.TILDE, T.DAMP,
        T.DPIPE, T.BETWEEN, T.LIKE, T.RLIKE, T.ORDER_BY, T.GROUP_BY,
    )
)  # fmt: skip
_ENDS = frozenset(
    (
        T.COMMA, T.SEMICOLON, T.ALIAS, T.FROM, T.WHERE, T.GROUP_BY, T.HAVING, T.ORDER_BY, T.LIMIT, T.UNION, T.EXCEPT,
        T.INTERSECT, T.INTO, T.FOR, T.LOCK, T.ASC, T.DESC, T.JOIN, T.INNER, T.CROSS, T.NATURAL, T.STRAIGHT_JOIN, T.WINDOW,
        T.WITH,
    )
)  # fmt: skip
_IN_CASE = frozenset((T.WHEN, T.THEN, T.ELSE, T.END))
_JOINS_OR_CALLS = frozenset((T.LEFT, T.RIGHT))


def wrap_assignments(tokens: list[Token]) -> list[Token]:
    """The tokens with parentheses around each assignment that is an operand."""
    closing: dict[int, int] = {}
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if token.token_type is T.PARAMETER and at and tokens[at - 1].token_type in _BEFORE and _is_assigned(tokens, at):
            out.append(Token(T.L_PAREN, "(", token.line, token.col, token.start, token.end))
            end = _end(tokens, at + 3)
            closing[end] = closing.get(end, 0) + 1
        for _ in range(closing.get(at, 0)):
            out.append(_closing(tokens[at - 1]))
        out.append(token)
    for _ in range(closing.get(len(tokens), 0)):
        out.append(_closing(tokens[-1]))
    return out


def _is_assigned(tokens: list[Token], at: int) -> bool:
    return at + 2 < len(tokens) and tokens[at + 2].token_type is T.COLON_EQ


def _closing(last: Token) -> Token:
    return Token(T.R_PAREN, ")", last.line, last.col, last.start, last.end)


def _is_call(tokens: list[Token], at: int) -> bool:
    return at + 1 < len(tokens) and tokens[at + 1].token_type is T.L_PAREN


def _end(tokens: list[Token], at: int) -> int:
    """The index of the first token behind the expression that begins at `at`."""
    depth = cases = 0
    while at < len(tokens):
        kind = tokens[at].token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            if depth == 0:
                return at
            depth -= 1
        elif depth == 0:
            if kind is T.CASE:
                cases += 1
            elif kind in _IN_CASE:
                if cases == 0:
                    return at
                cases -= kind is T.END
            elif kind in _ENDS or (kind in _JOINS_OR_CALLS and not _is_call(tokens, at)):
                return at
        at += 1
    return at
