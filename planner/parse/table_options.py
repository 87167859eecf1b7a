"""Table options of CREATE TABLE and ALTER TABLE, and PARTITION BY (recognised, named)."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_ddl import PartitionSpec, TableOption

T = TokenType

_INTEGERS = frozenset(
    (
        "AUTO_INCREMENT", "AVG_ROW_LENGTH", "KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS", "SHARD_ROW_ID_BITS",
        "PRE_SPLIT_REGIONS", "AUTO_ID_CACHE", "AUTO_RANDOM_BASE", "CHECKSUM", "TABLE_CHECKSUM", "DELAY_KEY_WRITE",
    )
)  # fmt: skip
_INTEGERS_OR_DEFAULT = frozenset(("PACK_KEYS", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES"))
_STRINGS = frozenset(
    (
        "COMMENT", "COMPRESSION", "CONNECTION", "ENCRYPTION", "PASSWORD", "ENGINE_ATTRIBUTE",
        "SECONDARY_ENGINE_ATTRIBUTE", "TTL_ENABLE", "TTL_JOB_INTERVAL",
    )
)  # fmt: skip
_NAMES = frozenset(("ENGINE", "ROW_FORMAT", "INSERT_METHOD", "TABLESPACE", "SECONDARY_ENGINE"))


def read_option(cursor: Cursor) -> TableOption | None:
    """One table option, or None when none is next."""
    word = cursor.word()
    if word in _INTEGERS:
        cursor.index += 1
        cursor.equals()
        return TableOption("CHECKSUM" if word == "TABLE_CHECKSUM" else word, cursor.integer())
    if word in _INTEGERS_OR_DEFAULT:
        cursor.index += 1
        cursor.equals()
        return TableOption(word, None if cursor.accept("DEFAULT") else cursor.integer())
    if word in _STRINGS:
        cursor.index += 1
        cursor.equals()
        return TableOption(word, cursor.string())
    if word in _NAMES:
        cursor.index += 1
        cursor.equals()
        value = cursor.charset() if cursor.word() not in ("DEFAULT", "NULL") else cursor.advance().text
        return TableOption(word, value.upper() if word in ("ROW_FORMAT", "INSERT_METHOD") else value)
    return _worded(cursor)


def _worded(cursor: Cursor) -> TableOption | None:
    """Options of several words."""
    start = cursor.index
    default = cursor.accept("DEFAULT")
    for words, name in (
        (("CHARACTER", "SET"), "CHARSET"),
        (("CHAR", "SET"), "CHARSET"),
        (("CHARSET",), "CHARSET"),
        (("COLLATE",), "COLLATE"),
    ):
        if cursor.accept(*words):
            cursor.equals()
            return TableOption(name, None if cursor.accept("DEFAULT") else cursor.charset().lower())
    if cursor.accept("ENCRYPTION"):
        cursor.equals()
        return TableOption("ENCRYPTION", cursor.string())
    if default:
        cursor.index = start
        return None
    for words, name in ((("DATA", "DIRECTORY"), "DATA DIRECTORY"), (("INDEX", "DIRECTORY"), "INDEX DIRECTORY")):
        if cursor.accept(*words):
            cursor.equals()
            return TableOption(name, cursor.string())
    if cursor.accept("PLACEMENT", "POLICY"):
        cursor.equals()
        return TableOption("PLACEMENT POLICY", None if cursor.accept("DEFAULT") else cursor.name_or_string())
    if cursor.accept("UNION"):
        cursor.equals()
        cursor.expect_symbol(T.L_PAREN)
        names = [] if cursor.kind() is T.R_PAREN else [str(table) for table in cursor.tables()]
        cursor.expect_symbol(T.R_PAREN)
        return TableOption("UNION", tuple(names))
    if cursor.accept("START", "TRANSACTION"):
        return TableOption("START TRANSACTION", 1)
    if cursor.accept("STORAGE"):
        return TableOption("STORAGE", cursor.expect_any("DISK", "MEMORY"))
    return _ttl(cursor)


def _ttl(cursor: Cursor) -> TableOption | None:
    """TiDB's TTL = column + INTERVAL n unit, as text."""
    if not cursor.accept("TTL"):
        return None
    cursor.equals()
    start = cursor.index
    cursor.name()
    cursor.expect_symbol(T.PLUS)
    cursor.expect("INTERVAL")
    cursor.advance()
    cursor.advance()
    return TableOption("TTL", cursor.slice_text(start, cursor.index))


def read_options(cursor: Cursor) -> tuple[TableOption, ...]:
    """Options with optional commas between them."""
    found: list[TableOption] = []
    while (option := read_option(cursor)) is not None:
        found.append(option)
        while cursor.symbol(T.COMMA):
            option = read_option(cursor)
            if option is None:
                raise cursor.fail()
            found.append(option)
    return tuple(found)


def read_partition(cursor: Cursor) -> PartitionSpec | None:
    """PARTITION BY …, as far as the statement's query or end; balanced, not read further."""
    if not cursor.accept("PARTITION", "BY"):
        return None
    start = cursor.index
    linear = "LINEAR " if cursor.accept("LINEAR") else ""
    method = cursor.expect_any("HASH", "KEY", "RANGE", "LIST")
    columns = " COLUMNS" if method in ("RANGE", "LIST") and cursor.accept("COLUMNS") else ""
    depth = 0
    while not cursor.done:
        kind = cursor.kind()
        if depth == 0 and kind in (T.SELECT, T.WITH):
            break
        if kind is T.L_PAREN:
            depth += 1
        elif kind is T.R_PAREN:
            depth -= 1
        cursor.index += 1
    return PartitionSpec(f"{linear}{method}{columns}", cursor.slice_text(start, cursor.index))
