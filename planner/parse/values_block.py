"""Reader of literal-only VALUES lists (data model; the reader follows)."""

from __future__ import annotations

from dataclasses import dataclass


class LiteralKind:
    """Kinds of a literal in a VALUES list, one byte each in `ValuesBlock.kinds`."""

    NULL = 0
    INTEGER = 1
    DECIMAL = 2
    FLOAT = 3
    STRING = 4
    BINARY = 5
    BOOLEAN = 6
    DEFAULT = 7


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """All rows of INSERT … VALUES (…), (…) when each value is a plain literal.

    `columns[i][r]` is the value of column i in row r: int (INTEGER, BOOLEAN as 0/1), decimal.Decimal (DECIMAL), float (FLOAT),
    bytes in UTF-8 (STRING; surrogateescape gives the client's bytes back), bytes (BINARY: hex and bit literals), None (NULL and
    DEFAULT). `kinds[i]` is one `LiteralKind` byte per row. Both have `row_count` entries per column.
    """

    columns: tuple[list[object], ...]
    kinds: tuple[bytes, ...]
    row_count: int

    @property
    def column_count(self) -> int:
        """Values in each row."""
        return len(self.columns)
