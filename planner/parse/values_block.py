"""Reader of literal-only VALUES lists: all rows at the speed of one regular expression, before the tokenizer.

A dump has millions of rows, and a parser costs tens of microseconds for each. `read_values` finds `INSERT … VALUES (…),
(…), …` at the start of a text and reads rows as long as every value is a plain literal. If all are, the parser sees the
statement with its first row only; if one is not, it sees the whole text. Example: from `INSERT INTO t VALUES (1,'a'),
(2,NULL) ON DUPLICATE KEY UPDATE …` the reader takes columns ([1, 2], [b"a", None]), and the parser reads `INSERT INTO t
VALUES (1,'a') ON DUPLICATE KEY UPDATE …`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from planner.context import SqlMode

LEAST_LENGTH = 4096
"""Shorter texts go to the parser whole: they are repeated with other literals, and plans are cached for those."""


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
    HEX = 8


@dataclass(frozen=True, slots=True)
class ValuesBlock:
    """All rows of INSERT … VALUES (…), (…) when each value is a plain literal.

    `columns[i][r]` is the value of column i in row r: int (INTEGER, BOOLEAN as 0/1), decimal.Decimal (DECIMAL), float
    (FLOAT), bytes in UTF-8 (STRING; surrogateescape gives the client's bytes back), bytes (BINARY: `_binary` strings; HEX:
    hex and bit literals, which are numbers to a numeric column), None (NULL and DEFAULT). `kinds[i]` is one `LiteralKind`
    byte per row. Both have `row_count` entries per column.
    """

    columns: tuple[list[object], ...]
    kinds: tuple[bytes, ...]
    row_count: int

    @property
    def column_count(self) -> int:
        """Values in each row."""
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """A block and its place: `text[first_end:end]` are the rows behind the first."""

    block: ValuesBlock
    first_end: int
    end: int


_HEAD = re.compile(
    r"\s*(?:INSERT|REPLACE)\b(?P<table>[^'\"();]*?)(?:\((?P<names>[^()'\";]*)\))?\s*\bVALUES?\s*(?=\()", re.IGNORECASE
)
_QUERY = re.compile(r"\b(?:SELECT|SET|TABLE|WITH)\b", re.IGNORECASE)
_BEHIND = re.compile(r"\s*(?:;|\Z|ON\b|AS\b)", re.IGNORECASE)
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_WORDS = r"(?i:NULL|TRUE|FALSE|DEFAULT)"
_BITS = r"0x[0-9a-fA-F]+|[xX]'[0-9a-fA-F]*'|0b[01]+|[bB]'[01]*'"
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ROWS_FOR_A_PATTERN = 400
"""A row of more values than this is left to the parser."""


def _quoted(quote: str, *, backslashes: bool) -> str:
    if backslashes:
        return rf"{quote}[^{quote}\\]*(?:(?:\\.|{quote}{quote})[^{quote}\\]*)*{quote}"
    return rf"{quote}[^{quote}]*(?:{quote}{quote}[^{quote}]*)*{quote}"


@lru_cache(maxsize=64)
def _value_pattern(sql_mode: int) -> str:
    backslashes = not sql_mode & SqlMode.NO_BACKSLASH_ESCAPES
    strings = _quoted("'", backslashes=backslashes)
    if not sql_mode & SqlMode.ANSI_QUOTES:
        strings += "|" + _quoted('"', backslashes=backslashes)
    binary = rf"_binary\s*{_quoted(chr(39), backslashes=backslashes)}"
    return rf"\s*({_BITS}|{_NUMBER}|{strings}|{_WORDS}|{binary})\s*"


@lru_cache(maxsize=64)
def _row_pattern(count: int, sql_mode: int) -> re.Pattern[str]:
    return re.compile(r"\s*,?\s*\(" + ",".join([_value_pattern(sql_mode)] * count) + r"\)", re.DOTALL)


@lru_cache(maxsize=8)
def _first_pattern(sql_mode: int) -> re.Pattern[str]:
    return re.compile(_value_pattern(sql_mode) + r"([,)])", re.DOTALL)


def read_values(text: str, sql_mode: int) -> FoundBlock | None:
    """The rows of the INSERT or REPLACE that `text` begins with; None when it is something else, when it is short, or
    when some value is no plain literal."""
    if len(text) < LEAST_LENGTH:
        return None
    head = _HEAD.match(text)
    if head is None or _QUERY.search(head["table"]) is not None:
        return None
    count = _count_values(text, head.end() + 1, sql_mode)
    if not 0 < count <= _ROWS_FOR_A_PATTERN:
        return None
    pattern = _row_pattern(count, sql_mode)
    match = pattern.match
    rows: list[tuple[str, ...]] = []
    first_end = position = head.end()
    while (row := match(text, position)) is not None:
        rows.append(row.groups())
        position = row.end()
        if len(rows) == 1:
            first_end = position
            if text[head.end()] != "(":
                return None
    if len(rows) < 2 or _BEHIND.match(text, position) is None:
        return None
    backslashes = not sql_mode & SqlMode.NO_BACKSLASH_ESCAPES
    columns: list[list[object]] = []
    kinds: list[bytes] = []
    for raw in zip(*rows):
        values, kind = _column(raw, backslashes)
        columns.append(values)
        kinds.append(kind)
    return FoundBlock(ValuesBlock(tuple(columns), tuple(kinds), len(rows)), first_end, position)


def _count_values(text: str, position: int, sql_mode: int) -> int:
    """How many literals the first row has, 0 when it is not literal."""
    match = _first_pattern(sql_mode).match
    count = 0
    while (value := match(text, position)) is not None:
        count += 1
        position = value.end()
        if value[2] == ")":
            return count
        if count > _ROWS_FOR_A_PATTERN:
            break
    return 0


def _column(raw: Sequence[str], backslashes: bool) -> tuple[list[object], bytes]:
    """The values of one column, whole-column ways first."""
    first = raw[0][0]
    if first.isdigit() and all(map(str.isdigit, raw)) and max(map(len, raw)) < 19:
        return list(map(int, raw)), bytes((LiteralKind.INTEGER,)) * len(raw)
    if first == "'" and all(one[0] == "'" for one in raw):
        return [_string(one, backslashes) for one in raw], bytes((LiteralKind.STRING,)) * len(raw)
    values: list[object] = []
    kinds = bytearray()
    for one in raw:
        value, kind = _literal(one, backslashes)
        values.append(value)
        kinds.append(kind)
    return values, bytes(kinds)


def _string(raw: str, backslashes: bool) -> bytes:
    body = raw[1:-1]
    quote = raw[0]
    if quote in body or (backslashes and "\\" in body):
        body = _unescaped(body, quote, backslashes)
    return body.encode("utf-8", "surrogateescape")


def _unescaped(body: str, quote: str, backslashes: bool) -> str:
    if not backslashes:
        return body.replace(quote * 2, quote)
    pieces = []
    done = 0
    for match in _ESCAPE.finditer(body):
        pieces.append(body[done : match.start()].replace(quote * 2, quote))
        letter = match[1]
        pieces.append(_ESCAPES.get(letter, letter))
        done = match.end()
    pieces.append(body[done:].replace(quote * 2, quote))
    return "".join(pieces)


def _literal(raw: str, backslashes: bool) -> tuple[object, int]:
    first = raw[0]
    if first in "'\"":
        return _string(raw, backslashes), LiteralKind.STRING
    if first in "xXbB" or raw[:2] in ("0x", "0b"):
        return _bits(raw), LiteralKind.HEX
    if first.isdigit() or first in "+-.":
        return _number(raw)
    match raw[:4].upper():
        case "NULL":
            return None, LiteralKind.NULL
        case "TRUE":
            return 1, LiteralKind.BOOLEAN
        case "FALS":
            return 0, LiteralKind.BOOLEAN
        case "DEFA":
            return None, LiteralKind.DEFAULT
    return _string(raw[len("_binary") :].lstrip(), backslashes), LiteralKind.BINARY


def _number(raw: str) -> tuple[object, int]:
    if "e" in raw or "E" in raw:
        return float(raw), LiteralKind.FLOAT
    if "." in raw:
        return Decimal(raw), LiteralKind.DECIMAL
    number = int(raw)
    if -(1 << 63) <= number < 1 << 64:
        return number, LiteralKind.INTEGER
    return Decimal(number), LiteralKind.DECIMAL


def _bits(raw: str) -> bytes:
    """The bytes of a hexadecimal or bit literal."""
    digits = raw[2:-1] if raw[1] == "'" else raw[2:]
    if raw[0] in "xX" or raw[1] == "x":
        return bytes.fromhex(digits if len(digits) % 2 == 0 else "0" + digits)
    return int(digits, 2).to_bytes((len(digits) + 7) // 8, "big") if digits else b""
