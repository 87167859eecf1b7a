"""Table options: which are kept, which are read and ignored as InnoDB does, which are refused by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from planner.context import SqlMode
from planner.parse.nodes_ddl import TableOption
from sqlnode.base.errors import (
    NOT_SUPPORTED_YET,
    TOO_LONG_TABLE_COMMENT,
    UNKNOWN_STORAGE_ENGINE,
    SqlError,
    SqlWarning,
)
from sqlnode.ddl.charsets import CharsetPair, resolve

MAX_TABLE_COMMENT = 2048
_ENGINES = frozenset(
    (
        "memory",
        "myisam",
        "csv",
        "archive",
        "blackhole",
        "mrg_myisam",
        "merge",
        "aria",
        "heap",
        "ndb",
        "ndbcluster",
        "federated",
    )
)
_SHOWN = frozenset(
    ("ROW_FORMAT", "KEY_BLOCK_SIZE", "AVG_ROW_LENGTH", "MAX_ROWS", "MIN_ROWS", "PACK_KEYS", "CHECKSUM", "DELAY_KEY_WRITE",
     "STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES", "COMPRESSION"),
)  # fmt: skip
"""Options without effect that SHOW CREATE TABLE prints when they were written."""
_IGNORED = frozenset(("INSERT_METHOD", "PASSWORD", "STORAGE"))
_TABLESPACES = frozenset(("innodb_system", "innodb_file_per_table", "innodb_temporary"))
"""Tablespaces that every MySQL has; dumps name them."""
_OPTIONS = "sqlnode_options"
"""Key in TableInfo.extra under which the shown ones are kept."""


@dataclass(slots=True)
class Options:
    """The options of one statement; None where one was not written."""

    charset: str | None = None
    collation: str | None = None
    has_charset: bool = False
    comment: str | None = None
    auto_increment: int | None = None
    auto_id_cache: int | None = None
    shown: dict[str, str | int] = field(default_factory=dict)
    engine: bool = False

    @property
    def extra(self) -> dict[str, Any]:
        """What goes into a new TableInfo's `extra`."""
        return {_OPTIONS: self.shown} if self.shown else {}

    def pair(self, inherited: CharsetPair, utf8mb4_default: str = "") -> CharsetPair:
        """The table's charset and collation."""
        return resolve(self.charset, self.collation, inherited, utf8mb4_default)


def shown_options(extra: dict[str, Any]) -> dict[str, str | int]:
    """The options without effect that a table was created with."""
    found = extra.get(_OPTIONS)
    return found if isinstance(found, dict) else {}


def with_shown(extra: dict[str, Any], shown: dict[str, str | int]) -> dict[str, Any]:
    """`extra` with more of them."""
    return {**extra, _OPTIONS: {**shown_options(extra), **shown}} if shown else extra


def read_table_options(
    options: Iterable[TableOption], table: str, sql_mode: int, warn: Callable[[SqlWarning], None]
) -> Options:
    """Raises 1235, 1286, 1628."""
    found = Options()
    for option in options:
        name, value = option.name, option.value
        match name:
            case "CHARSET":
                found.charset = value if isinstance(value, str) else None
                found.has_charset = True
            case "COLLATE":
                found.collation = value if isinstance(value, str) else None
            case "COMMENT":
                assert isinstance(value, str), "the parser reads a string"
                if len(value) > MAX_TABLE_COMMENT:
                    raise SqlError(TOO_LONG_TABLE_COMMENT, name=table, limit=MAX_TABLE_COMMENT)
                found.comment = value
            case "AUTO_INCREMENT":
                found.auto_increment = value if isinstance(value, int) else None
            case "AUTO_ID_CACHE":
                found.auto_id_cache = value if isinstance(value, int) else None
            case "ENGINE":
                found.engine = True
                _engine(str(value), table, sql_mode, warn)
            case _:
                _other(found, name, value, warn)
    return found


def _engine(name: str, table: str, sql_mode: int, warn: Callable[[SqlWarning], None]) -> None:
    if name.lower() == "innodb":
        return
    if name.lower() not in _ENGINES:
        message = UNKNOWN_STORAGE_ENGINE.template.format(name=name)
        if sql_mode & SqlMode.NO_ENGINE_SUBSTITUTION:
            raise SqlError(UNKNOWN_STORAGE_ENGINE, name=name)
        warn(SqlWarning("Warning", UNKNOWN_STORAGE_ENGINE.code, message))
    warn(SqlWarning("Warning", 1266, f"Using storage engine InnoDB for table '{table}'"))


def _other(
    found: Options, name: str, value: str | int | tuple[str, ...] | None, warn: Callable[[SqlWarning], None]
) -> None:
    if name in _SHOWN:
        if isinstance(value, (str, int)) and value not in ("DEFAULT", ""):
            found.shown[name] = value
        return
    if name in _IGNORED or (name == "TABLESPACE" and value in _TABLESPACES):
        return
    if name in ("DATA DIRECTORY", "INDEX DIRECTORY"):
        warn(SqlWarning("Warning", 1618, f"<{name}> option ignored"))
        return
    if name in ("SHARD_ROW_ID_BITS", "PRE_SPLIT_REGIONS") and value == 0:
        return
    if name == "ENCRYPTION" and isinstance(value, str) and value.upper() in ("", "N"):
        return
    raise SqlError(NOT_SUPPORTED_YET, feature=f"table option {name}")
