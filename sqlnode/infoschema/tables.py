"""SCHEMATA, TABLES, VIEWS, PARTITIONS."""

from __future__ import annotations

from collections.abc import Iterator

from planner.bind.updatable import is_updatable
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import by_name
from sqlnode.base.schema import TableInfo
from sqlnode.base.temporal import pack
from sqlnode.ddl.table_options import shown_options
from sqlnode.infoschema.table import Row, View, VirtualTable

_CREATE_OPTIONS = (
    "MIN_ROWS", "MAX_ROWS", "AVG_ROW_LENGTH", "PACK_KEYS", "STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES",
    "CHECKSUM", "DELAY_KEY_WRITE", "ROW_FORMAT", "KEY_BLOCK_SIZE",
)  # fmt: skip


def _schemata(view: View) -> Iterator[Row]:
    for schema in view.schemas("schema_name"):
        info = schema.info
        yield (
            "def",
            info.name,
            charset_by_name(info.charset).display_name,
            by_name(info.collation).display_name,
            None,
            "NO",
        )


SCHEMATA = VirtualTable(
    "information_schema",
    "SCHEMATA",
    """
    CATALOG_NAME varchar(64)!
    SCHEMA_NAME varchar(64)!
    DEFAULT_CHARACTER_SET_NAME varchar(64)!
    DEFAULT_COLLATION_NAME varchar(64)!
    SQL_PATH varchar(512)
    DEFAULT_ENCRYPTION varchar(3)!
    """,
    _schemata,
)


def created_at(table: TableInfo) -> int | None:
    """CREATE_TIME as a packed time (UTC), from the timestamp of the last change of the table's metadata."""
    if not table.update_ts:
        return None
    from datetime import UTC, datetime

    moment = datetime.fromtimestamp((table.update_ts >> 18) / 1000, UTC)
    return pack(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, 0)


def table_type(table: TableInfo) -> str:
    """TABLE_TYPE."""
    if table.id < 0:
        return "SYSTEM VIEW"
    return "VIEW" if table.is_view else "BASE TABLE"


def _row_format(table: TableInfo) -> str:
    """What was asked for, as MySQL spells it; DEFAULT is Dynamic, and FIXED means nothing to InnoDB."""
    asked = str(shown_options(table.extra).get("ROW_FORMAT", "")).capitalize()
    return asked if asked in ("Compact", "Redundant", "Compressed") else "Dynamic"


def _create_options(table: TableInfo) -> str:
    """Table options that were written, as `name=value`."""
    options = shown_options(table.extra)
    found = [f"{name.lower()}={options[name]}" for name in _CREATE_OPTIONS if name in options]
    return " ".join(found + ["partitioned"] if table.partition else found)


def _tables(view: View) -> Iterator[Row]:
    for schema, table in view.tables():
        kind = table_type(table)
        head: Row = ("def", schema.name, table.name, kind)
        if kind == "VIEW":
            yield (*head, *(None,) * 10, created_at(table), None, None, None, None, None, "VIEW")
            continue
        if kind == "SYSTEM VIEW":
            yield (*head, None, 10, None, 0, 0, 0, 0, 0, 0, None, None, None, None, None, None, "", "")
            continue
        rows = view.instance.row_count(table.id)
        count = int(rows) if rows is not None else 0
        auto = view.instance.auto_ids.next_value(table) if table.auto_increment_column is not None else None
        yield (
            *head,
            "InnoDB",
            10,
            _row_format(table),
            count,
            0,
            count * 16 if count else 16384,
            0,
            16384 * len(table.public_indexes),
            0,
            auto,
            created_at(table),
            None,
            None,
            by_name(table.collation).display_name,
            None,
            _create_options(table),
            table.comment,
        )


TABLES = VirtualTable(
    "information_schema",
    "TABLES",
    """
    TABLE_CATALOG varchar(64)!
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    TABLE_TYPE varchar(11)!
    ENGINE varchar(64)
    VERSION int
    ROW_FORMAT varchar(10)
    TABLE_ROWS bigint unsigned
    AVG_ROW_LENGTH bigint unsigned
    DATA_LENGTH bigint unsigned
    MAX_DATA_LENGTH bigint unsigned
    INDEX_LENGTH bigint unsigned
    DATA_FREE bigint unsigned
    AUTO_INCREMENT bigint unsigned
    CREATE_TIME datetime
    UPDATE_TIME datetime
    CHECK_TIME datetime
    TABLE_COLLATION varchar(64)
    CHECKSUM bigint
    CREATE_OPTIONS varchar(256)
    TABLE_COMMENT longtext
    """,
    _tables,
)


def _views(view: View) -> Iterator[Row]:
    for schema, table in view.tables():
        info = table.view
        if info is None:
            continue
        check = info.extra.get("sqlnode_check_option") or "NONE"
        yield (
            "def",
            schema.name,
            table.name,
            info.select,
            check,
            "YES" if is_updatable(table, view.catalog.table) else "NO",
            f"{info.definer_user}@{info.definer_host}",
            "INVOKER" if info.security else "DEFINER",
            "utf8mb4",
            "utf8mb4_0900_ai_ci",
        )


VIEWS = VirtualTable(
    "information_schema",
    "VIEWS",
    """
    TABLE_CATALOG varchar(64)
    TABLE_SCHEMA varchar(64)
    TABLE_NAME varchar(64)
    VIEW_DEFINITION longtext
    CHECK_OPTION varchar(8)
    IS_UPDATABLE varchar(3)
    DEFINER varchar(288)
    SECURITY_TYPE varchar(7)
    CHARACTER_SET_CLIENT varchar(64)!
    COLLATION_CONNECTION varchar(64)!
    """,
    _views,
)


def _partitions(view: View) -> Iterator[Row]:
    for schema, table in view.base_tables():
        count = int(view.instance.row_count(table.id) or 0)
        yield (
            "def",
            schema.name,
            table.name,
            *(None,) * 9,
            count,
            0,
            16384,
            0,
            0,
            0,
            created_at(table),
            None,
            None,
            None,
            "",
            "",
            None,
        )


PARTITIONS = VirtualTable(
    "information_schema",
    "PARTITIONS",
    """
    TABLE_CATALOG varchar(64)!
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    PARTITION_NAME varchar(64)
    SUBPARTITION_NAME varchar(64)
    PARTITION_ORDINAL_POSITION int unsigned
    SUBPARTITION_ORDINAL_POSITION int unsigned
    PARTITION_METHOD varchar(13)
    SUBPARTITION_METHOD varchar(13)
    PARTITION_EXPRESSION varchar(2048)
    SUBPARTITION_EXPRESSION varchar(2048)
    PARTITION_DESCRIPTION longtext
    TABLE_ROWS bigint unsigned
    AVG_ROW_LENGTH bigint unsigned
    DATA_LENGTH bigint unsigned
    MAX_DATA_LENGTH bigint unsigned
    INDEX_LENGTH bigint unsigned
    DATA_FREE bigint unsigned
    CREATE_TIME datetime
    UPDATE_TIME datetime
    CHECK_TIME datetime
    CHECKSUM bigint
    PARTITION_COMMENT longtext!
    NODEGROUP varchar(256)
    TABLESPACE_NAME varchar(268)
    """,
    _partitions,
)
