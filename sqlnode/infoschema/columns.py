"""COLUMNS: one row for each column of each table and view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import by_name
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.type_names import column_type, data_type
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.expression_keys import is_key_expression
from sqlnode.ddl.show_create import default_text as default_shown
from sqlnode.ddl.show_create import expression_shown, now_text
from sqlnode.infoschema.table import Row, View, VirtualTable
from sqlnode.infoschema.view_columns import with_columns

_INTEGER_DIGITS = {
    TypeCode.TINY: (3, 3),
    TypeCode.SHORT: (5, 5),
    TypeCode.INT24: (7, 7),
    TypeCode.LONG: (10, 10),
    TypeCode.LONGLONG: (19, 20),
}
_BLOB_BYTES = {
    TypeCode.TINY_BLOB: 255,
    TypeCode.BLOB: 65535,
    TypeCode.MEDIUM_BLOB: 16777215,
    TypeCode.LONG_BLOB: 4294967295,
}


def key_of(table: TableInfo, column: ColumnInfo) -> str:
    """PRI, UNI, MUL or empty, as COLUMN_KEY has it. The first unique key without NULLs stands for a missing primary key."""
    if column.type.flags & Flag.PRI_KEY:
        return "PRI"
    primary = table.primary_index or table.stand_in_key
    best = ""
    for index in table.public_indexes:
        names = [part.name.lower() for part in index.columns]
        if column.name.lower() not in names:
            continue
        if index is primary:
            return "PRI"
        if names[0] != column.name.lower():
            continue
        if index.unique and len(names) == 1:
            best = "UNI"
        elif not best:
            best = "MUL"
    return best


def default_text(column: ColumnInfo, zone: tzinfo | None = None) -> str | None:
    """COLUMN_DEFAULT, which is also the Default of SHOW COLUMNS."""
    if column.is_generated or column.type.flags & Flag.AUTO_INCREMENT:
        return None
    if column.default_is_expr:
        return expression_text(column.default or "")
    if column.type.code == TypeCode.BIT and column.default_bit is not None:
        return f"b'{int.from_bytes(column.default_bit, 'big'):b}'"
    if column.default is None:
        return None
    if is_current_timestamp(column):
        return now_text(column.type)
    return default_shown(column, zone)


def expression_text(stored: str) -> str:
    """An expression as information_schema has it: SHOW CREATE TABLE's form with its quotes escaped."""
    return expression_shown(stored).replace("\\", "\\\\").replace("'", "\\'")


def is_current_timestamp(column: ColumnInfo) -> bool:
    """Whether the default is the statement's time."""
    return (
        column.default is not None
        and column.type.code in (TypeCode.DATETIME, TypeCode.TIMESTAMP)
        and column.default.upper().startswith("CURRENT_TIMESTAMP")
    )


def extra_text(column: ColumnInfo) -> str:
    """EXTRA."""
    words: list[str] = []
    flags = column.type.flags
    if flags & Flag.AUTO_INCREMENT:
        words.append("auto_increment")
    if column.is_generated:
        words.append("STORED GENERATED" if column.generated_stored else "VIRTUAL GENERATED")
    elif column.default is not None and (is_current_timestamp(column) or column.default_is_expr):
        words.append("DEFAULT_GENERATED")
    if flags & Flag.ON_UPDATE_NOW:
        fsp = f"({column.type.fsp})" if column.type.fsp else ""
        words.append(f"on update CURRENT_TIMESTAMP{fsp}")
    if column.hidden:
        words.append("INVISIBLE")
    return " ".join(words)


def lengths(sql_type: SqlType) -> tuple[int | None, int | None]:
    """CHARACTER_MAXIMUM_LENGTH and CHARACTER_OCTET_LENGTH."""
    if sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        widths = [len(element) for element in sql_type.elements]
        wide = max(widths, default=0) if sql_type.code == TypeCode.ENUM else sum(widths) + max(len(widths) - 1, 0)
        return wide, wide * charset_by_name(sql_type.charset).max_length
    if not sql_type.is_string:
        return None, None
    if sql_type.is_blob:
        octets = _BLOB_BYTES[sql_type.code]
        return octets, octets
    wide = 1 if sql_type.charset == "binary" else charset_by_name(sql_type.charset).max_length
    return sql_type.length, sql_type.length * wide


def numbers(sql_type: SqlType) -> tuple[int | None, int | None]:
    """NUMERIC_PRECISION and NUMERIC_SCALE."""
    code = sql_type.code
    if code in _INTEGER_DIGITS:
        return _INTEGER_DIGITS[code][sql_type.unsigned], 0
    if code == TypeCode.NEWDECIMAL:
        return sql_type.length, max(sql_type.scale, 0)
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        if sql_type.scale >= 0:
            return sql_type.length, sql_type.scale
        return (12 if code == TypeCode.FLOAT else 22), None
    if code == TypeCode.BIT:
        return sql_type.length, None
    return None, None


def _rows(view: View) -> Iterator[Row]:
    for schema, table in view.tables():
        position = 0
        if table.is_view:
            try:
                table = with_columns(schema.name, table, view.session.plan_context())
            except SqlError as error:
                view.session.warn(SqlWarning("Warning", error.code, error.message))
                continue
        for column in table.public_columns:
            if is_key_expression(column):
                continue
            position += 1
            if not view.may_match("column_name", column.name):
                continue
            yield column_row(schema.name, table, column, position, view.session.zone)


def column_row(database: str, table: TableInfo, column: ColumnInfo, position: int, zone: tzinfo | None = None) -> Row:
    """One row of COLUMNS."""
    sql_type = column.type
    characters, octets = lengths(sql_type)
    precision, scale = numbers(sql_type)
    textual = sql_type.is_character or sql_type.code in (TypeCode.ENUM, TypeCode.SET)
    temporal = sql_type.code in (TypeCode.DATETIME, TypeCode.TIMESTAMP, TypeCode.TIME)
    nullable = "NO" if sql_type.not_null or sql_type.flags & Flag.PRI_KEY else "YES"
    return (
        "def",
        database,
        table.name,
        column.name,
        position,
        default_text(column, zone),
        nullable,
        data_type(sql_type),
        characters,
        octets,
        precision,
        scale,
        sql_type.fsp if temporal else None,
        charset_by_name(sql_type.charset).display_name if textual else None,
        by_name(sql_type.collation).display_name if textual else None,
        column_type(sql_type),
        key_of(table, column),
        extra_text(column),
        "select,insert,update,references",
        column.comment,
        expression_text(column.generated_expr) if column.is_generated else "",
        None,
    )


COLUMNS = VirtualTable(
    "information_schema",
    "COLUMNS",
    """
    TABLE_CATALOG varchar(64)!
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    COLUMN_NAME varchar(64)
    ORDINAL_POSITION int unsigned!
    COLUMN_DEFAULT longtext
    IS_NULLABLE varchar(3)!
    DATA_TYPE longtext
    CHARACTER_MAXIMUM_LENGTH bigint
    CHARACTER_OCTET_LENGTH bigint
    NUMERIC_PRECISION bigint unsigned
    NUMERIC_SCALE bigint unsigned
    DATETIME_PRECISION int unsigned
    CHARACTER_SET_NAME varchar(64)
    COLLATION_NAME varchar(64)
    COLUMN_TYPE longtext!
    COLUMN_KEY varchar(3)!
    EXTRA varchar(256)
    PRIVILEGES varchar(154)
    COLUMN_COMMENT longtext!
    GENERATION_EXPRESSION longtext!
    SRS_ID int unsigned
    """,
    _rows,
)
