"""What string kernels share: bytes as characters, result types of strings, comparison in a call's collation.

Values are UTF-8 bytes (any bytes when the charset is binary). ASCII values are handled as they are; others as `str`
with surrogate escapes, so that no byte is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Constant
from planner.functions.registry import CallSite, text_type
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import Collation, by_name
from sqlnode.base.errors import WARN_ALLOWED_PACKET_OVERFLOWED
from sqlnode.base.types import EvalType, SqlType, varchar

MAX_LENGTH = 4294967295 // 4
TextKernel: TypeAlias = Callable[..., str]


def text(value: bytes) -> str:
    """The characters of a value."""
    return value.decode("utf-8", "surrogateescape")


def data(value: str) -> bytes:
    """The value of characters."""
    return value.encode("utf-8", "surrogateescape")


def is_binary(sql_type: SqlType) -> bool:
    """Whether positions in strings of a type count bytes."""
    return sql_type.charset == "binary"


def sequence(call: Call) -> tuple[Callable[[bytes], str], Callable[[str], bytes]] | None:
    """(decode, encode) for kernels that count characters; None when a call's result is binary."""
    return None if call.signature.derivation.charset == "binary" else (text, data)


def collation_of(call: Call) -> Collation:
    """The collation that a call compares its strings in."""
    return by_name(call.signature.derivation.collation)


def encoded(sql_type: SqlType) -> Callable[[bytes], bytes] | None:
    """From our UTF-8 to the bytes of the type's charset; None when they are the same."""
    charset = charset_by_name(sql_type.charset)
    return charset.encode if charset.codec and charset.name != "ascii" else None


def length_of(sql_type: SqlType) -> int:
    """The most characters that a value of a type has; -1 when unknown."""
    if sql_type.is_string or sql_type.length < 0:
        return sql_type.length
    if sql_type.eval_type == EvalType.DECIMAL:
        return sql_type.length + 2
    return sql_type.length


def bounded(length: int) -> int:
    """A length that is known and not absurd, else -1."""
    return length if 0 <= length <= MAX_LENGTH else -1


def first_length(site: CallSite) -> SqlType:
    """As long as the first argument."""
    return text_type(length_of(site.types[0]))


def constant_number(site: CallSite, place: int) -> int | None:
    """The argument's value where that is known, which bounds the result's length."""
    argument = site.args[place] if place < len(site.args) else None
    return argument.value if isinstance(argument, Constant) and isinstance(argument.value, int) else None


def cut_length(site: CallSite, place: int = 1) -> SqlType:
    """As long as the first argument, at most what the argument at `place` says."""
    whole, most = length_of(site.types[0]), constant_number(site, place)
    if most is None:
        return text_type(whole)
    return text_type(max(most, 0) if whole < 0 else min(whole, max(most, 0)))


def padded_length(site: CallSite) -> SqlType:
    """As long as the second argument says."""
    length = constant_number(site, 1)
    return text_type(-1 if length is None else bounded(max(length, 0)))


def repeated_length(site: CallSite) -> SqlType:
    """The first argument's length as many times as the second says."""
    whole, count = length_of(site.types[0]), constant_number(site, 1)
    return text_type(-1 if whole < 0 or count is None else bounded(whole * max(count, 0)))


def sum_of_lengths(site: CallSite) -> SqlType:
    """As long as all arguments together."""
    lengths = [length_of(sql_type) for sql_type in site.types]
    return text_type(-1 if min(lengths) < 0 else bounded(sum(lengths)))


def longest(site: CallSite, start: int = 0) -> SqlType:
    """As long as the longest argument from `start` on."""
    lengths = [length_of(sql_type) for sql_type in site.types[start:]]
    return text_type(-1 if min(lengths) < 0 else max(lengths))


def connection_text(length: int) -> Callable[[CallSite], SqlType]:
    """A string in the connection's charset and collation."""

    def rule(site: CallSite) -> SqlType:
        return varchar(length, site.context.charset, site.context.collation)

    return rule


def too_large(context: EvalContext, function: str, size: int) -> bool:
    """Whether a result exceeds max_allowed_packet; then there is warning 1301 and the result is NULL."""
    if size <= context.max_allowed_packet:
        return False
    context.warning(WARN_ALLOWED_PACKET_OVERFLOWED, function=function, limit=context.max_allowed_packet)
    return True
