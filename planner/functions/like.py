"""LIKE: pattern matching character by character in a collation (bytes for binary strings)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from planner.context import PlanContext, SqlMode
from planner.expr.coercion import aggregate_collations, valued
from planner.expr.guards import begins_plain
from planner.expr.nodes import Call, Constant, Expression, Parameter
from planner.functions.comparison import by_known_collation, in_charset
from planner.functions.registry import Function, Kind, Overload
from planner.functions.resolution import make_call, to_kind
from sqlnode.base.collation import Collation, by_name
from sqlnode.base.errors import WRONG_ARGUMENTS, SqlError
from sqlnode.base.types import Value, boolean, integer

Matcher = Callable[[bytes], bool]
_ANY, _ONE = object(), object()
_BACKSLASH = 92


def _tokens(pattern: str, escape: str) -> list[object]:
    """Characters and wildcards of a pattern; runs of `%` are one."""
    tokens: list[object] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if escape and char == escape and position + 1 < len(pattern):
            position += 1
            tokens.append(pattern[position])
        elif char == "%":
            if not tokens or tokens[-1] is not _ANY:
                tokens.append(_ANY)
        elif char == "_":
            tokens.append(_ONE)
        else:
            tokens.append(char)
        position += 1
    return tokens


def _regular(tokens: list[object], flags: int) -> re.Pattern[str]:
    parts = [".*" if token is _ANY else "." if token is _ONE else re.escape(str(token)) for token in tokens]
    return re.compile("".join(parts), flags | re.DOTALL)


@lru_cache(maxsize=512)
def matcher(pattern: bytes, escape: str, collation_name: str) -> Matcher:
    """The test of one pattern."""
    if collation_name == "binary":
        text = pattern.decode("latin-1")
        regular = _regular(_tokens(text, escape), 0)
        return lambda value: regular.fullmatch(value.decode("latin-1")) is not None
    collation = by_name(collation_name)
    tokens = _tokens(pattern.decode("utf-8", "surrogateescape"), escape)
    if collation.is_binary:
        exact = _regular(tokens, 0)
        return lambda value: exact.fullmatch(value.decode("utf-8", "surrogateescape")) is not None
    weights = _weighted(tokens, collation)
    if not collation.is_ascii_caseless or not pattern.isascii():
        return weights
    caseless = _regular(tokens, re.IGNORECASE | re.ASCII)

    def match(value: bytes) -> bool:
        if value.isascii():
            return caseless.fullmatch(value.decode("ascii")) is not None
        return weights(value)

    return match


def _weighted(tokens: list[object], collation: Collation) -> Matcher:
    wanted = [
        token
        if token is _ANY or token is _ONE
        else collation.character_keys(str(token).encode("utf-8", "surrogateescape"))[0]
        for token in tokens
    ]
    return lambda value: _match(wanted, collation.character_keys(value))


def _match(tokens: list[object], keys: list[bytes]) -> bool:
    """Greedy matching with one point of return (the last `%`)."""
    at = position = 0
    star, resume = -1, 0
    while position < len(keys):
        token = tokens[at] if at < len(tokens) else None
        if token is _ANY:
            star, resume = at, position
            at += 1
        elif token is not None and (token is _ONE or token == keys[position]):
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            position, at = resume, star + 1
        else:
            return False
    return all(token is _ANY for token in tokens[at:])


def _build(call: Call) -> Callable[..., int]:
    collation = call.signature.derivation.collation
    pattern, escape = call.args[1], call.args[2]
    if isinstance(pattern, Constant) and isinstance(pattern.value, bytes) and isinstance(escape, Constant):
        match = matcher(pattern.value, _escape_text(escape.value), collation)
        return lambda value, _pattern, _escape: 1 if match(value) else 0
    return lambda value, wanted, sign: 1 if matcher(wanted, _escape_text(sign), collation)(value) else 0


def _escape_text(value: Value) -> str:
    if isinstance(value, int):
        return chr(value) if value else ""
    assert isinstance(value, bytes), "an escape is a character or its code"
    return value.decode("utf-8", "replace")


_OVERLOAD = Overload(
    (Kind.STRING, Kind.STRING, Kind.ANY), boolean(), build=_build, tipb="LikeSig", exact=by_known_collation
)


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    """The third argument is the code of the escape character (0: none), as a store wants it."""
    value, pattern = (to_kind(arg, Kind.STRING, context) for arg in args[:2])
    pattern = _usual(pattern, context)
    derivation = aggregate_collations((value, pattern), context, operation="like", comparison=True)
    escape: Expression = Constant(
        0 if context.sql_mode & SqlMode.NO_BACKSLASH_ESCAPES else _BACKSLASH, integer(not_null=True)
    )
    if len(args) == 3:
        escape = args[2]
        if isinstance(escape, Constant) and isinstance(escape.value, bytes):
            characters = escape.value.decode("utf-8", "replace")
            if len(characters) > 1:
                raise SqlError(WRONG_ARGUMENTS, function="ESCAPE")
            escape = Constant(ord(characters) if characters else 0, integer(not_null=True))
        elif isinstance(escape, Constant) and escape.value is None:
            escape = Constant(_BACKSLASH, integer(not_null=True))
    sides = (in_charset(value, derivation), in_charset(pattern, derivation))
    return make_call(LIKE, _OVERLOAD, (*sides, escape), context, derivation=derivation)


def _usual(pattern: Expression, context: PlanContext) -> Expression:
    """A parameter whose value begins with a character of its own bounds an index, as every such value does; others, which
    do not, are taken as constants."""
    if not isinstance(pattern, Parameter) or pattern.index >= len(context.parameters):
        return pattern
    if not begins_plain(context.parameters[pattern.index]):
        return valued(pattern, context)
    context.guarded(pattern.index, begins_plain)
    return pattern


LIKE = Function(
    "like",
    min_args=2,
    max_args=3,
    overloads=(_OVERLOAD,),
    resolver=_resolve,
    not_null=True,
    example=("'MySQL' LIKE 'my%'", "1"),
)
