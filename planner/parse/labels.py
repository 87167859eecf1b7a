"""Column labels: the source text of each select-list item, which names the column when it has no alias."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot.tokens import Token, TokenType

from planner.parse.token_pass import SELECT_WORDS, word_of

T = TokenType
_ENDS = frozenset(
    (
        T.FROM, T.INTO, T.UNION, T.EXCEPT, T.INTERSECT, T.WHERE, T.GROUP_BY, T.HAVING, T.ORDER_BY, T.LIMIT, T.FOR, T.LOCK,
        T.SEMICOLON, T.WINDOW, T.ON,
    )
)  # fmt: skip


def select_labels(tokens: Sequence[Token], source: str, index: int) -> tuple[str | None, ...]:
    """Labels of the SELECT whose token is `tokens[index]`, one per item; None for `*` and `t.*`."""
    return tuple(_label(tokens, source, start, end) for start, end in _item_spans(tokens, source, index))


def list_items(tokens: Sequence[Token], source: str, index: int) -> list[Sequence[Token]]:
    """The tokens of each select-list item of the SELECT whose token is `tokens[index]`."""
    return [tokens[start:end] for start, end in _item_spans(tokens, source, index)]


def _item_spans(tokens: Sequence[Token], source: str, index: int) -> list[tuple[int, int]]:
    position = _list_start(tokens, source, index + 1)
    spans: list[tuple[int, int]] = []
    start = position
    depth = 0
    while position < len(tokens):
        kind = tokens[position].token_type
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0:
            if kind is T.COMMA:
                spans.append((start, position))
                start = position + 1
            elif kind in _ENDS and not (position and tokens[position - 1].token_type is T.DOT):
                break
        position += 1
    if position > start:
        spans.append((start, position))
    return spans


def _list_start(tokens: Sequence[Token], source: str, position: int) -> int:
    """Index of the first token of the list, behind hints, ALL, DISTINCT and option words."""
    while position < len(tokens):
        token = tokens[position]
        if token.token_type is T.HINT:
            end = source.find("*/", token.start)
            while position < len(tokens) and tokens[position].start < end + 2:
                position += 1
        elif token.token_type in (T.ALL, T.DISTINCT) or (
            word_of(token) in SELECT_WORDS
            and position + 1 < len(tokens)
            and tokens[position + 1].token_type not in _STOPS
        ):
            position += 1
        else:
            break
    return position


_STOPS = frozenset((T.COMMA, T.FROM, T.DOT, T.ALIAS))


def _label(tokens: Sequence[Token], source: str, start: int, end: int) -> str | None:
    """The text of one item. A plain string is named by its value (of the first piece), NULL by `NULL`; numbers,
    strings and NULL lose the parentheses and plus signs around them."""
    text = _without_comments(tokens, source, start, end)
    start, end = _core(tokens, start, end)
    first, last = tokens[start], tokens[end - 1]
    if last.token_type is T.STAR and (end - start == 1 or tokens[end - 2].token_type is T.DOT):
        return None
    if first.token_type is T.STRING and all(t.token_type is T.STRING for t in tokens[start:end]):
        return str(first.text).lstrip(_NOT_SHOWN)
    if first.token_type is T.NULL and end - start == 1:
        return "NULL"
    if first.token_type is T.INTRODUCER and end - start == 2 and last.token_type is T.STRING:
        return str(last.text)
    if first.token_type is T.NATIONAL_STRING and end - start == 1:
        return str(first.text)
    if end - start == 1 and first.token_type is T.NUMBER:
        return source[first.start : first.end + 1]
    return text


_COMMENT = re.compile(r"/\*.*?\*/|(?:--[\s]|#)[^\n]*", re.DOTALL)
_NOT_SHOWN = "".join(map(chr, range(33))) + "\x7f"


def _without_comments(tokens: Sequence[Token], source: str, start: int, end: int) -> str:
    """The source text of the item; comments between its tokens are left out, the spaces round them stay."""
    text = source[tokens[start].start : tokens[end - 1].end + 1]
    if "/*" not in text and "--" not in text and "#" not in text:
        return text
    pieces = []
    for at in range(start, end):
        pieces.append(source[tokens[at].start : tokens[at].end + 1])
        if at + 1 < end:
            pieces.append(_COMMENT.sub("", source[tokens[at].end + 1 : tokens[at + 1].start]))
    return "".join(pieces)


def _core(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int]:
    """The item without parentheses around all of it and plus signs before it."""
    while end - start > 1:
        if tokens[start].token_type is T.PLUS:
            start += 1
        elif tokens[start].token_type is T.L_PAREN and _closes(tokens, start, end):
            start, end = start + 1, end - 1
        else:
            break
    return start, end


def _closes(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether the last token of the span closes its first."""
    depth = 0
    for at in range(start, end):
        kind = tokens[at].token_type
        depth += (kind is T.L_PAREN) - (kind is T.R_PAREN)
        if depth == 0:
            return at == end - 1
    return False
