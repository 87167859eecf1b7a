"""Character set and collation of databases, tables and columns, and how each inherits from the one above."""

from __future__ import annotations

from dataclasses import dataclass

from sqlnode.base.collation import by_name, charset_by_name, check_pair, default_of


@dataclass(frozen=True, slots=True)
class CharsetPair:
    """A character set with one of its collations, by TiDB's names (`utf8` for utf8mb3)."""

    charset: str
    collation: str


def resolve(
    charset: str | None, collation: str | None, inherited: CharsetPair, utf8mb4_default: str = ""
) -> CharsetPair:
    """What was written, completed: a charset brings its default collation, a collation its charset, nothing inherits.

    `utf8mb4_default` is what CHARACTER SET utf8mb4 without COLLATE means (default_collation_for_utf8mb4).
    Raises 1115, 1273, 1253.
    """
    if charset is None and collation is None:
        return inherited
    if charset is None:
        assert collation is not None, "one of both was written"
        found = by_name(collation)
        return CharsetPair(found.charset, found.name)
    known = charset_by_name(charset)
    if collation is None:
        name = default_of(charset).name
        if known.name == "utf8mb4" and utf8mb4_default:
            name = by_name(utf8mb4_default).name
        return CharsetPair(known.name, name)
    return CharsetPair(known.name, check_pair(charset, collation).name)


def binary_collation(charset: str) -> str:
    """The collation that the column attribute BINARY means."""
    name = charset_by_name(charset).name
    return "binary" if name == "binary" else f"{name}_bin"


def max_character_bytes(charset: str) -> int:
    """The most bytes that one character takes, as MySQL counts column lengths."""
    return charset_by_name(charset).max_length
