"""SHOW CREATE TABLE, VIEW and DATABASE as MySQL 8.0 prints them.

Where a table has something that MySQL does not know, it stands in TiDB's comments (`/*T![clustered_index]
NONCLUSTERED */`), which TiDB and sqlnode read and MySQL skips.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from decimal import Decimal, InvalidOperation

from planner.bind.views import definition
from planner.parse.entry import parse_expression
from planner.parse.expression_text import quote_name, shown_text
from planner.parse.view_text import unqualified_text
from sqlnode.base.collation import by_name, charset_by_name
from sqlnode.base.schema import ColumnInfo, DatabaseInfo, IndexInfo, TableInfo
from sqlnode.base.temporal import format_datetime, from_utc
from sqlnode.base.type_names import column_type
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.build_keys import KEY_BLOCK_SIZE, PRIMARY_USING, USING, has_timestamp
from sqlnode.ddl.defaults import NOW
from sqlnode.ddl.expression_keys import is_key_expression
from sqlnode.ddl.foreign_key_text import foreign_key_text
from sqlnode.ddl.table_options import shown_options
from store.codec.table_codec import value_of_text

_ESCAPES = {"\0": "\\0", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "''"}
_OPTION_ORDER = (
    "MIN_ROWS", "MAX_ROWS", "AVG_ROW_LENGTH", "PACK_KEYS", "STATS_PERSISTENT", "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES",
    "CHECKSUM", "DELAY_KEY_WRITE", "ROW_FORMAT", "KEY_BLOCK_SIZE", "COMPRESSION",
)  # fmt: skip
_ALGORITHMS = ("UNDEFINED", "MERGE", "TEMPTABLE")
_SECURITY = ("DEFINER", "INVOKER")
CHECK_OPTION = "sqlnode_check_option"
"""Key in ViewInfo.extra: CASCADED or LOCAL where WITH CHECK OPTION was written (TiDB's own field cannot say `none`)."""


def quote_text(text: str) -> str:
    """A default or comment in quotes, with the escapes that SHOW CREATE uses."""
    return "'" + "".join(_ESCAPES.get(character, character) for character in text) + "'"


def create_database_text(info: DatabaseInfo, *, if_not_exists: bool = False) -> str:
    """SHOW CREATE DATABASE."""
    exists = "/*!32312 IF NOT EXISTS*/ " if if_not_exists else ""
    charset = charset_by_name(info.charset).display_name
    collation = by_name(info.collation)
    shown = f" COLLATE {collation.display_name}" if _names_collation(collation.name) else ""
    return (
        f"CREATE DATABASE {exists}{quote_name(info.name)} /*!40100 DEFAULT CHARACTER SET {charset}{shown} */"
        " /*!80016 DEFAULT ENCRYPTION='N' */"
    )


def _names_collation(name: str) -> bool:
    """Whether a default collation is printed: not when the charset alone means it, except utf8mb4's."""
    return not by_name(name).is_default or name == "utf8mb4_0900_ai_ci"


def create_table_text(
    database: str, table: TableInfo, *, auto_increment: int | None = None, zone: tzinfo | None = None
) -> str:
    """SHOW CREATE TABLE. `auto_increment` is the next value (printed above 1), `zone` the session's time zone."""
    lines = [_column(column, table, zone) for column in table.public_columns if not is_key_expression(column)]
    lines += _keys(table)
    lines += [foreign_key_text(key, database) for key in sorted(table.foreign_keys, key=lambda key: key.name)]
    for check in table.constraints:
        text = f"CONSTRAINT {quote_name(check.name)} CHECK ({expression_shown(check.expression)})"
        lines.append(text if check.enforced else text + " /*!80016 NOT ENFORCED */")
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {quote_name(table.name)} (\n  {body}\n){_options(table, auto_increment)}"


def expression_shown(text: str) -> str:
    """A stored expression in the form in which SHOW CREATE TABLE prints it."""
    return shown_text(parse_expression(text, 0))


# Columns


def _column(column: ColumnInfo, table: TableInfo, zone: tzinfo | None) -> str:
    sql_type = column.type
    parts = [quote_name(column.name), column_type(sql_type)]
    parts += _charset(sql_type, table)
    if column.is_generated:
        kind = "STORED" if column.generated_stored else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({expression_shown(column.generated_expr)}) {kind}")
    if sql_type.not_null:
        parts.append("NOT NULL")
    elif sql_type.code == TypeCode.TIMESTAMP:
        parts.append("NULL")
    default = default_clause(column, zone)
    if default is not None:
        parts.append(f"DEFAULT {default}")
    if sql_type.flags & Flag.ON_UPDATE_NOW:
        parts.append(f"ON UPDATE {now_text(sql_type)}")
    if sql_type.flags & Flag.AUTO_INCREMENT:
        parts.append("AUTO_INCREMENT")
    if column.hidden:
        parts.append("/*!80023 INVISIBLE */")
    if column.comment:
        parts.append(f"COMMENT {quote_text(column.comment)}")
    return " ".join(parts)


def _charset(sql_type: SqlType, table: TableInfo) -> list[str]:
    if not (sql_type.is_character or sql_type.code in (TypeCode.ENUM, TypeCode.SET)):
        return []
    collation = by_name(sql_type.collation)
    if collation.name != by_name(table.collation).name:
        return [f"CHARACTER SET {charset_by_name(sql_type.charset).display_name}", f"COLLATE {collation.display_name}"]
    return [] if collation.is_default else [f"COLLATE {collation.display_name}"]


def now_text(sql_type: SqlType) -> str:
    """CURRENT_TIMESTAMP with the column's precision."""
    return f"{NOW}({sql_type.fsp})" if sql_type.fsp else NOW


def default_clause(column: ColumnInfo, zone: tzinfo | None = None) -> str | None:
    """What stands behind DEFAULT, or None when nothing is printed."""
    sql_type = column.type
    if column.is_generated or sql_type.flags & (Flag.NO_DEFAULT_VALUE | Flag.AUTO_INCREMENT):
        return None
    if column.default_is_expr:
        return f"({expression_shown(column.default or '')})"
    if column.default is None and column.default_bit is None:
        return None if sql_type.not_null or sql_type.is_blob else "NULL"
    if column.default == NOW and sql_type.code in (TypeCode.TIMESTAMP, TypeCode.DATETIME):
        return now_text(sql_type)
    if sql_type.code == TypeCode.BIT:
        return f"b'{int.from_bytes(column.default_bit or b'', 'big'):b}'"
    return quote_text(default_text(column, zone))


def default_text(column: ColumnInfo, zone: tzinfo | None = None) -> str:
    """A literal default as its column would show it: decimals with all digits, TIMESTAMP in the session's zone."""
    text, sql_type = column.default or "", column.type
    if sql_type.code == TypeCode.NEWDECIMAL:
        try:
            return format(Decimal(text).quantize(Decimal(1).scaleb(-max(sql_type.scale, 0))), "f")
        except InvalidOperation:
            return text
    if sql_type.code in (TypeCode.FLOAT, TypeCode.DOUBLE) and sql_type.scale >= 0:
        return f"{float(text):.{sql_type.scale}f}"
    if sql_type.code == TypeCode.TIMESTAMP and column.version >= 1:
        packed = value_of_text(text, sql_type)
        assert isinstance(packed, int), "a time is packed"
        return format_datetime(from_utc(packed, zone) if packed else 0, sql_type.code, sql_type.fsp)
    return text


# Keys


def _keys(table: TableInfo) -> list[str]:
    lines = []
    handle = table.handle_column
    if handle is not None:
        using = " USING BTREE" if shown_options(table.extra).get(PRIMARY_USING) else ""
        lines.append(f"PRIMARY KEY ({quote_name(handle.name)}){using}")
    for index in ordered_indexes(table):
        lines.append(_key(index, table))
    return lines


def ordered_indexes(table: TableInfo) -> list[IndexInfo]:
    """Public indexes in MySQL's order: primary, unique without NULLs, unique, others."""

    def rank(index: IndexInfo) -> tuple[int, int]:
        if index.primary:
            return (0, 0)
        if not index.unique:
            return (3, 0)
        nullable = any(not table.columns[part.offset].type.not_null for part in index.columns)
        return (2 if nullable else 1, int(any(part.length >= 0 for part in index.columns)))

    return sorted(table.public_indexes, key=rank)


def key_part_text(index: IndexInfo, place: int, columns: Sequence[ColumnInfo]) -> str:
    """One part of a key: column, prefix length, or the expression in parentheses."""
    part = index.columns[place]
    column = columns[part.offset]
    order = " DESC" if part.descending else ""
    if is_key_expression(column):
        return f"({expression_shown(column.generated_expr)}){order}"
    return quote_name(column.name) + (f"({part.length})" if part.length >= 0 else "") + order


def _key(index: IndexInfo, table: TableInfo) -> str:
    parts = ",".join(key_part_text(index, place, table.columns) for place in range(len(index.columns)))
    if index.primary:
        text = f"PRIMARY KEY ({parts})"
        usual = not has_timestamp(index.columns, table.columns)
        if table.is_common_handle != usual:
            text += f" /*T![clustered_index] {'CLUSTERED' if table.is_common_handle else 'NONCLUSTERED'} */"
    else:
        text = f"{'UNIQUE KEY' if index.unique else 'KEY'} {quote_name(index.name)} ({parts})"
    if index.extra.get(USING):
        text += " USING BTREE"
    size = index.extra.get(KEY_BLOCK_SIZE)
    if size and size != shown_options(table.extra).get("KEY_BLOCK_SIZE"):
        text += f" KEY_BLOCK_SIZE={size}"
    if index.comment:
        text += f" COMMENT {quote_text(index.comment)}"
    return text + " /*!80000 INVISIBLE */" if index.invisible else text


def _options(table: TableInfo, auto_increment: int | None) -> str:
    parts = [" ENGINE=InnoDB"]
    if auto_increment is not None and auto_increment > 1:
        parts.append(f"AUTO_INCREMENT={auto_increment}")
    parts.append(f"DEFAULT CHARSET={charset_by_name(table.charset).display_name}")
    if _names_collation(by_name(table.collation).name):
        parts.append(f"COLLATE={by_name(table.collation).display_name}")
    options = shown_options(table.extra)
    for name in _OPTION_ORDER:
        if name in options:
            value = options[name]
            parts.append(f"{name}={quote_text(str(value)) if name == 'COMPRESSION' else value}")
    if table.comment:
        parts.append(f"COMMENT={quote_text(table.comment)}")
    if table.auto_increment_column is not None and table.auto_id_cache > 1:
        parts.append(f"/*T![auto_id_cache] AUTO_ID_CACHE={table.auto_id_cache} */")
    return " ".join(parts)


# Views


def create_view_text(database: str, table: TableInfo, current_database: str = "") -> str:
    """SHOW CREATE VIEW; the view's database is printed unless it is the current one."""
    view = table.view
    assert view is not None, "a view has a definition"
    name, select = quote_name(table.name), view.select
    if database.lower() != current_database.lower():
        name = f"{quote_name(database)}.{name}"
    else:
        select = unqualified_text(definition(select), database)
    columns = f" ({','.join(quote_name(column) for column in view.columns)})" if view.columns else ""
    text = (
        f"CREATE ALGORITHM={_ALGORITHMS[view.algorithm]}"
        f" DEFINER={quote_name(view.definer_user)}@{quote_name(view.definer_host)}"
        f" SQL SECURITY {_SECURITY[view.security]} VIEW {name}{columns} AS {select}"
    )
    option = view.extra.get(CHECK_OPTION)
    return f"{text} WITH {option} CHECK OPTION" if option else text
