"""Short comparison keys for strings that are compared with each other only: ASCII texts in one byte a character.

In most collations every ASCII character has one weight of its own class, so the rank of that weight is as good a key
as the weight. For texts of some characters (digits, small letters, - . /) the order of the bytes is the order of the
ranks: then the texts are their own keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlnode.base.collation import by_name

_KINDS: Final = frozenset({"general", "ascii", "table", "unicode400", "unicode520", "unicode900"})
"""Collations whose keys of ASCII texts are the keys of the characters one after the other."""
_CANDIDATES: Final = b"-./0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Ranks:
    """Of one collation: `table` for bytes.translate, the characters that it is for, and those that keep their order."""

    table: bytes
    usable: bytes
    in_order: bytes
    pad: bool


@lru_cache(64)
def _ranks(name: str) -> Ranks | None:
    collation = by_name(name)
    if collation.kind not in _KINDS:
        return None
    key = collation.sort_key
    stop = key(b"a")
    weights = {code: key(bytes((code,)) + b"a")[: -len(stop)] for code in range(128)}
    lengths = {len(weight) for weight in weights.values()} - {0}
    if len(lengths) != 1:
        return None
    order = {weight: rank for rank, weight in enumerate(sorted({weight for weight in weights.values() if weight}), 1)}
    table = bytes(order.get(weights.get(code, b""), 0) for code in range(256))
    usable = bytes(code for code in range(128) if table[code])
    in_order = bytearray()
    for code in _CANDIDATES:
        if table[code] and (not in_order or table[code] > table[in_order[-1]]):
            in_order.append(code)
    return Ranks(table, usable, bytes(in_order), collation.pad)


def short_keys(values: list[bytes], collation: str) -> list[bytes] | None:
    """Keys of strings without NULLs: equal and ordered among each other as the strings are. None where this collation,
    or one of the strings, has no such short way."""
    ranks = _ranks(collation)
    if ranks is None:
        return None
    joined = b"".join(values)
    if not joined.translate(None, ranks.in_order):
        return values
    if joined.translate(None, ranks.usable):
        return None
    table = ranks.table
    if ranks.pad:
        return [value.rstrip(b" ").translate(table) for value in values]
    return [value.translate(table) for value in values]
