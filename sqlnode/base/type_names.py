"""Names of types as MySQL 8 prints them: `DATA_TYPE` and `COLUMN_TYPE` of information_schema, SHOW CREATE TABLE."""

from __future__ import annotations

from sqlnode.base.types import Flag, SqlType, TypeCode

_INTEGERS = {
    TypeCode.TINY: "tinyint",
    TypeCode.SHORT: "smallint",
    TypeCode.INT24: "mediumint",
    TypeCode.LONG: "int",
    TypeCode.LONGLONG: "bigint",
}
_BLOBS = {
    TypeCode.TINY_BLOB: ("tinyblob", "tinytext"),
    TypeCode.BLOB: ("blob", "text"),
    TypeCode.MEDIUM_BLOB: ("mediumblob", "mediumtext"),
    TypeCode.LONG_BLOB: ("longblob", "longtext"),
}
_OTHERS = {
    TypeCode.DATE: "date",
    TypeCode.NEWDATE: "date",
    TypeCode.TIME: "time",
    TypeCode.DATETIME: "datetime",
    TypeCode.TIMESTAMP: "timestamp",
    TypeCode.YEAR: "year",
    TypeCode.FLOAT: "float",
    TypeCode.DOUBLE: "double",
    TypeCode.NEWDECIMAL: "decimal",
    TypeCode.BIT: "bit",
    TypeCode.ENUM: "enum",
    TypeCode.SET: "set",
    TypeCode.JSON: "json",
    TypeCode.NULL: "null",
    TypeCode.GEOMETRY: "geometry",
}


def data_type(sql_type: SqlType) -> str:
    """The bare name: `varchar`, `int`."""
    code = sql_type.code
    if code in _INTEGERS:
        return _INTEGERS[code]
    if code in _BLOBS:
        return _BLOBS[code][sql_type.charset != "binary"]
    if code in (TypeCode.VARCHAR, TypeCode.VAR_STRING):
        return "varbinary" if sql_type.charset == "binary" else "varchar"
    if code == TypeCode.STRING:
        return "binary" if sql_type.charset == "binary" else "char"
    return _OTHERS[code]


def quoted(text: str) -> str:
    """A string literal as SHOW CREATE prints element lists and comments."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n").replace("\0", "\\0") + "'"


def column_type(sql_type: SqlType) -> str:
    """The whole type without charset: `varchar(10)`, `int unsigned`, `decimal(10,2)`, `enum('a','b')`."""
    name = data_type(sql_type)
    code = sql_type.code
    flags = sql_type.flags
    if code in _INTEGERS:
        if flags & Flag.ZEROFILL:
            name += f"({sql_type.length})"
        elif code == TypeCode.TINY and sql_type.length == 1:
            name += "(1)"
    elif code == TypeCode.NEWDECIMAL:
        name += f"({sql_type.length},{max(sql_type.scale, 0)})"
    elif code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        if sql_type.scale >= 0 and sql_type.length > 0:
            name += f"({sql_type.length},{sql_type.scale})"
    elif code in (TypeCode.VARCHAR, TypeCode.VAR_STRING, TypeCode.STRING, TypeCode.BIT):
        name += f"({sql_type.length})"
    elif code in (TypeCode.DATETIME, TypeCode.TIMESTAMP, TypeCode.TIME):
        if sql_type.fsp:
            name += f"({sql_type.fsp})"
    elif code in (TypeCode.ENUM, TypeCode.SET):
        name += "(" + ",".join(quoted(element) for element in sql_type.elements) + ")"
    if code not in (TypeCode.YEAR, TypeCode.BIT):
        if flags & Flag.UNSIGNED:
            name += " unsigned"
        if flags & Flag.ZEROFILL:
            name += " zerofill"
    return name
