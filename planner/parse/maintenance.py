"""ANALYZE, OPTIMIZE, CHECK, REPAIR and CHECKSUM TABLE; FLUSH."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_admin import Flush, TableMaintenance
from planner.parse.nodes_common import StatementKind, TableName

T = TokenType
_OPTIONS = ("QUICK", "FAST", "MEDIUM", "EXTENDED", "CHANGED", "USE_FRM")


def _maintenance(kind: StatementKind, *, binlog: bool = False) -> Callable[[Cursor], TableMaintenance]:
    def read(cursor: Cursor) -> TableMaintenance:
        no_binlog = bool(binlog and cursor.accept_any("NO_WRITE_TO_BINLOG", "LOCAL"))
        if not (cursor.accept("TABLE") or cursor.accept("TABLES")):
            raise cursor.fail()
        tables = cursor.tables()
        options: list[str] = []
        unsupported: str | None = None
        while not cursor.done:
            if cursor.accept("FOR", "UPGRADE"):
                options.append("FOR UPGRADE")
                continue
            word = cursor.accept_any(*_OPTIONS)
            if word is not None:
                options.append(word)
                continue
            if kind is StatementKind.ANALYZE_TABLE and cursor.word() in (
                "UPDATE",
                "DROP",
                "INDEX",
                "PARTITION",
                "COLUMNS",
                "ALL",
                "PREDICATE",
                "WITH",
            ):
                unsupported = "ANALYZE TABLE " + " ".join(filter(None, (cursor.word(), cursor.word(1))))
                cursor.index = len(cursor.tokens)
                break
            raise cursor.fail()
        return TableMaintenance(tables, kind, tuple(options), no_binlog, unsupported)

    return read


_FLUSH = (
    ("BINARY LOGS",),
    ("ENGINE LOGS",),
    ("ERROR LOGS",),
    ("GENERAL LOGS",),
    ("RELAY LOGS",),
    ("SLOW LOGS",),
    ("HOSTS",),
    ("LOGS",),
    ("PRIVILEGES",),
    ("OPTIMIZER_COSTS",),
    ("STATUS",),
    ("USER_RESOURCES",),
    ("QUERY CACHE",),
)


def _flush(cursor: Cursor) -> Flush:
    if cursor.word() in ("NO_WRITE_TO_BINLOG", "LOCAL"):
        cursor.index += 1
    if cursor.accept("TABLES") or cursor.accept("TABLE"):
        tables: tuple[TableName, ...] = ()
        if not cursor.done and cursor.word() not in ("WITH", "FOR"):
            tables = cursor.tables()
        read_lock = cursor.accept("WITH", "READ", "LOCK")
        for_export = not read_lock and cursor.accept("FOR", "EXPORT")
        return Flush(("TABLES",), tables, read_lock, for_export)
    options: list[str] = []
    while True:
        for (words,) in _FLUSH:
            if cursor.accept(*words.split()):
                options.append(words)
                break
        else:
            raise cursor.fail()
        if not cursor.symbol(T.COMMA):
            return Flush(tuple(options))


PARSERS = {
    "ANALYZE": _maintenance(StatementKind.ANALYZE_TABLE, binlog=True),
    "OPTIMIZE": _maintenance(StatementKind.OPTIMIZE_TABLE, binlog=True),
    "CHECK": _maintenance(StatementKind.CHECK_TABLE),
    "REPAIR": _maintenance(StatementKind.REPAIR_TABLE, binlog=True),
    "CHECKSUM": _maintenance(StatementKind.CHECKSUM_TABLE),
    "FLUSH": _flush,
}
