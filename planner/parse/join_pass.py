"""Joins without ON: sqlglot parses them in exponential time, and cannot tell `a JOIN b` from `a, b`.

Each ON or USING belongs to the nearest open JOIN of its parenthesis level. A JOIN that stays without one becomes
CROSS JOIN; an outer join that does is MySQL's error 1064.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot.tokens import Token, TokenType

from planner.parse.failure import syntax_error

T = TokenType
JOIN_TOKENS = frozenset((T.JOIN, T.STRAIGHT_JOIN))
_ENDS = frozenset(
    (
        T.COMMA, T.WHERE, T.GROUP_BY, T.HAVING, T.ORDER_BY, T.LIMIT, T.UNION, T.EXCEPT, T.INTERSECT, T.SET, T.FOR,
        T.LOCK, T.WINDOW, T.INTO, T.FROM, T.SELECT,
    )
)  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A JOIN that waits for its ON: its index in the output, and whether one is required."""

    index: int
    outer: bool


def fix_joins(tokens: list[Token], source: str) -> list[Token]:
    """`tokens` with unmatched joins turned into CROSS JOIN. Linear."""
    crossed: set[int] = set()
    levels: list[list[_Open]] = [[]]

    def close(level: list[_Open], index: int) -> None:
        for join in level:
            if join.outer:
                offset = tokens[index].start if index < len(tokens) else len(source)
                raise syntax_error(source, offset)
            crossed.add(join.index)
        level.clear()

    for index, token in enumerate(tokens):
        kind = token.token_type
        if kind is T.L_PAREN:
            levels.append([])
        elif kind is T.R_PAREN:
            close(levels.pop(), index)
            if not levels:
                raise syntax_error(source, token.start)
        elif kind in JOIN_TOKENS:
            _open(tokens, index, levels[-1], source)
        elif kind is T.ON or (
            kind is T.USING and index + 1 < len(tokens) and tokens[index + 1].token_type is T.L_PAREN
        ):
            if levels[-1]:
                levels[-1].pop()
        elif kind in _ENDS and levels[-1]:
            close(levels[-1], index)
    while levels:
        close(levels.pop(), len(tokens))
    return _emit(tokens, crossed) if crossed else tokens


def _open(tokens: list[Token], index: int, level: list[_Open], source: str) -> None:
    """Notes the join at `index` unless it is NATURAL, which takes no ON."""
    if tokens[index].token_type is T.STRAIGHT_JOIN:
        level.append(_Open(index, outer=False))
        return
    before = index - 1
    if before >= 0 and tokens[before].token_type is T.OUTER:
        if before == 0 or tokens[before - 1].token_type not in (T.LEFT, T.RIGHT):
            raise syntax_error(source, tokens[before].start)
        before -= 1
    side = tokens[before].token_type if before >= 0 else None
    outer = side in (T.LEFT, T.RIGHT)
    head = before - 1 if outer or side in (T.INNER, T.CROSS) else before
    if head >= 0 and tokens[head].token_type is T.NATURAL:
        return
    level.append(_Open(index, outer))


def _emit(tokens: list[Token], crossed: set[int]) -> list[Token]:
    out: list[Token] = []
    for index, token in enumerate(tokens):
        if index in crossed:
            if out and out[-1].token_type in (T.INNER, T.CROSS):
                out.pop()
            out.append(Token(T.CROSS, "CROSS", token.line, token.col, token.start, token.end))
            token = Token(T.JOIN, "JOIN", token.line, token.col, token.start, token.end)
        out.append(token)
    return out
