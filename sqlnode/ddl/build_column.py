"""ColumnDef → ColumnInfo: type, lengths, flags, character set; the default is in defaults.py."""

from __future__ import annotations

from dataclasses import replace

from planner.parse.nodes_common import TypeSpec
from planner.parse.nodes_ddl import ColumnDef
from sqlnode.base.collation import by_name
from sqlnode.base.errors import (
    DUPLICATED_VALUE_IN_TYPE,
    ILLEGAL_VALUE_FOR_TYPE,
    INVALID_CHARACTER_STRING,
    INVALID_ON_UPDATE,
    M_BIGGER_THAN_D,
    NOT_SUPPORTED_YET,
    TOO_BIG_DISPLAYWIDTH,
    TOO_BIG_FIELDLENGTH,
    TOO_BIG_PRECISION,
    TOO_BIG_ROWSIZE,
    TOO_BIG_SCALE,
    TOO_BIG_SET,
    TOO_LONG_FIELD_COMMENT,
    TOO_LONG_IDENT,
    UNKNOWN_ERROR,
    WRONG_COLUMN_NAME,
    WRONG_FIELD_SPEC,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair, binary_collation, max_character_bytes, resolve
from sqlnode.ddl.defaults import is_now, set_default

_INTEGERS = {
    "TINYINT": (TypeCode.TINY, 4, 3),
    "SMALLINT": (TypeCode.SHORT, 6, 5),
    "MEDIUMINT": (TypeCode.INT24, 9, 8),
    "INT": (TypeCode.LONG, 11, 10),
    "BIGINT": (TypeCode.LONGLONG, 20, 20),
}
"""Code, and display width signed and unsigned."""

_BLOBS = {
    "TINYTEXT": (TypeCode.TINY_BLOB, 255),
    "TEXT": (TypeCode.BLOB, 65535),
    "MEDIUMTEXT": (TypeCode.MEDIUM_BLOB, 16777215),
    "LONGTEXT": (TypeCode.LONG_BLOB, 4294967295),
    "TINYBLOB": (TypeCode.TINY_BLOB, 255),
    "BLOB": (TypeCode.BLOB, 65535),
    "MEDIUMBLOB": (TypeCode.MEDIUM_BLOB, 16777215),
    "LONGBLOB": (TypeCode.LONG_BLOB, 4294967295),
}
_TEMPORAL = {"TIME": (TypeCode.TIME, 10), "DATETIME": (TypeCode.DATETIME, 19), "TIMESTAMP": (TypeCode.TIMESTAMP, 19)}
_CHARACTER = frozenset(("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT", "ENUM", "SET"))
MAX_COMMENT = 1024
MAX_NAME = 64
_MAX_ROW_BYTES = 65535


def shown_bytes(name: str) -> str:
    """A name as an error shows it: bytes that are no ASCII text in hexadecimal."""
    return "".join(
        chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in name.encode("utf-8", "surrogateescape")
    )


def check_name(name: str) -> None:
    """Raises 1059 for a name that is too long, 1300 for one with NUL, bytes that are no text, or characters beyond the
    basic plane, which names cannot have."""
    if any(character == "\0" or "\ud800" <= character <= "\udfff" or character > "\uffff" for character in name):
        raise SqlError(INVALID_CHARACTER_STRING, charset="utf8mb3", value=shown_bytes(name))
    if len(name) > MAX_NAME:
        raise SqlError(TOO_LONG_IDENT, name=name)


def build_column(definition: ColumnDef, column_id: int, offset: int, building: Building) -> ColumnInfo:
    """The column as metadata holds it, without what keys add (PRI_KEY, NOT NULL of a primary key, …).

    Raises SqlError for everything that one column alone can have wrong.
    """
    name = definition.name
    check_name(name)
    if not name or name != name.rstrip():
        raise SqlError(WRONG_COLUMN_NAME, column=name)
    if definition.unsupported is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=definition.unsupported)
    if definition.visible is False:
        raise SqlError(NOT_SUPPORTED_YET, feature="INVISIBLE columns")
    if definition.engine_attribute is not None or definition.secondary_engine_attribute is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="ENGINE_ATTRIBUTE")
    if definition.auto_random is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="AUTO_RANDOM")
    if definition.comment is not None and len(definition.comment) > MAX_COMMENT:
        raise SqlError(TOO_LONG_FIELD_COMMENT, name=name, limit=MAX_COMMENT)
    sql_type = build_type(definition, building)
    flags = sql_type.flags
    if definition.nullable is False or definition.type.serial:
        flags |= Flag.NOT_NULL
    if definition.auto_increment:
        _check_auto_increment(definition, sql_type)
        flags |= Flag.NOT_NULL | Flag.AUTO_INCREMENT
    if definition.on_update is not None:
        _check_on_update(definition, sql_type)
        flags |= Flag.ON_UPDATE_NOW
    column = ColumnInfo(
        id=column_id,
        name=name,
        offset=offset,
        type=replace(sql_type, flags=flags),
        comment=definition.comment or "",
    )
    return set_default(column, definition, building)


def _check_auto_increment(definition: ColumnDef, sql_type: SqlType) -> None:
    if not (sql_type.is_integer or sql_type.code in (TypeCode.FLOAT, TypeCode.DOUBLE)) or definition.generated:
        raise SqlError(WRONG_FIELD_SPEC, column=definition.name)


def _check_on_update(definition: ColumnDef, sql_type: SqlType) -> None:
    assert definition.on_update is not None, "called with the clause only"
    temporal = sql_type.code in (TypeCode.TIMESTAMP, TypeCode.DATETIME)
    if not temporal or is_now(definition.on_update.tree) != sql_type.fsp:
        raise SqlError(INVALID_ON_UPDATE, column=definition.name)


def build_type(definition: ColumnDef, building: Building) -> SqlType:
    """The column's type with charset and collation; flags are those of the type alone."""
    spec, name = definition.type, definition.name
    if spec.name in _INTEGERS:
        return _integer(spec, name, building)
    if spec.name in ("DECIMAL", "FLOAT", "DOUBLE"):
        return _real(spec, name)
    if spec.name in _TEMPORAL:
        code, length = _TEMPORAL[spec.name]
        fsp = spec.length or 0
        if fsp > 6:
            raise SqlError(TOO_BIG_PRECISION, precision=fsp, column=name, limit=6)
        return SqlType(code, Flag.BINARY, length + (fsp + 1 if fsp else 0), fsp)
    match spec.name:
        case "DATE":
            return SqlType(TypeCode.DATE, Flag.BINARY, 10, 0)
        case "YEAR":
            return _year(spec, building)
        case "BIT":
            length = 1 if spec.length is None else spec.length
            if length == 0:
                raise _invalid_length(name, "BIT")
            if length > 64:
                raise SqlError(TOO_BIG_DISPLAYWIDTH, column=name, limit=64)
            return SqlType(TypeCode.BIT, Flag.UNSIGNED, length, 0)
        case "JSON":
            if definition.collation is not None:
                raise SqlError(NOT_SUPPORTED_YET, feature="COLLATE for a JSON column")
            return SqlType(TypeCode.JSON, Flag.BINARY, 4294967295, 0)
    if spec.name in _CHARACTER or spec.name in ("BINARY", "VARBINARY") or spec.name in _BLOBS:
        return _string(definition, building)
    raise SqlError(NOT_SUPPORTED_YET, feature=f"type {spec.name}")


def _invalid_length(name: str, type_name: str) -> SqlError:
    return SqlError(UNKNOWN_ERROR, message=f"Invalid size for column '{name}' of type {type_name}.")


def _integer(spec: TypeSpec, name: str, building: Building) -> SqlType:
    code, signed, unsigned = _INTEGERS[spec.name]
    flags = Flag.UNSIGNED if spec.unsigned or spec.zerofill else 0
    width = unsigned if flags else signed
    if spec.length is not None:
        if spec.length > 255:
            raise SqlError(TOO_BIG_DISPLAYWIDTH, column=name, limit=255)
        width = spec.length
        if not (spec.name == "TINYINT" and spec.length == 1):
            building.deprecated(1681, "Integer display width is deprecated and will be removed in a future release.")
    if spec.zerofill:
        flags |= Flag.ZEROFILL
        building.deprecated(
            1681,
            "The ZEROFILL attribute is deprecated and will be removed in a future release. Use the LPAD function to"
            " zero-pad numbers, or store the formatted numbers in a CHAR column.",
        )
    return SqlType(code, flags, width, 0)


def _real(spec: TypeSpec, name: str) -> SqlType:
    flags = (Flag.UNSIGNED if spec.unsigned or spec.zerofill else 0) | (Flag.ZEROFILL if spec.zerofill else 0)
    if spec.name == "DECIMAL":
        precision, scale = spec.length if spec.length is not None else 10, spec.scale or 0
        if precision == 0:
            precision = 10
        if scale > 30:
            raise SqlError(TOO_BIG_SCALE, scale=scale, column=name, limit=30)
        if precision > 65:
            raise SqlError(TOO_BIG_PRECISION, precision=precision, column=name, limit=65)
        if scale > precision:
            raise SqlError(M_BIGGER_THAN_D, column=name)
        return SqlType(TypeCode.NEWDECIMAL, flags, precision, scale)
    code = TypeCode.FLOAT if spec.name == "FLOAT" else TypeCode.DOUBLE
    if spec.scale is None:
        if spec.length is not None:
            if spec.length > 53:
                raise SqlError(WRONG_FIELD_SPEC, column=name)
            # FLOAT(p): the number of bits decides, not the number of digits.
            code = TypeCode.FLOAT if spec.length <= 24 else TypeCode.DOUBLE
        return SqlType(code, flags, 12 if code == TypeCode.FLOAT else 22, -1)
    if spec.scale > 30:
        raise SqlError(TOO_BIG_SCALE, scale=spec.scale, column=name, limit=30)
    if (spec.length or 0) > 255:
        raise SqlError(TOO_BIG_DISPLAYWIDTH, column=name, limit=255)
    if (spec.length or 0) < spec.scale:
        raise SqlError(M_BIGGER_THAN_D, column=name)
    return SqlType(code, flags, spec.length or 0, spec.scale)


def _year(spec: TypeSpec, building: Building) -> SqlType:
    if spec.length not in (None, 4):
        raise SqlError(UNKNOWN_ERROR, message="Supports only YEAR or YEAR(4) column.")
    if spec.length == 4:
        building.deprecated(
            1287, "'YEAR(4)' is deprecated and will be removed in a future release. Please use YEAR instead"
        )
    return SqlType(TypeCode.YEAR, Flag.UNSIGNED | Flag.ZEROFILL, 4, 0)


def _pair(definition: ColumnDef, building: Building) -> CharsetPair:
    spec = definition.type
    collation = definition.collation or spec.collation
    pair = resolve(spec.charset, collation, building.charset, building.utf8mb4_default)
    if spec.binary_collation and collation is None:
        return CharsetPair(pair.charset, binary_collation(pair.charset))
    return pair


def _string(definition: ColumnDef, building: Building) -> SqlType:
    spec, name = definition.type, definition.name
    pair = _pair(definition, building) if spec.name in _CHARACTER else CharsetPair("binary", "binary")
    if spec.name in ("ENUM", "SET"):
        return _members(spec, name, pair)
    flags = Flag.BINARY if pair.charset == "binary" else 0
    width = max_character_bytes(pair.charset)
    if spec.name in _BLOBS:
        code, length = _BLOBS[spec.name]
        if spec.length is not None:
            code, length = _fitting_blob(spec.length * width, name)
        return SqlType(code, flags, length, 0, pair.charset, pair.collation)
    fixed = spec.name in ("CHAR", "BINARY")
    length = 1 if spec.length is None else spec.length
    limit = 255 if fixed else _MAX_ROW_BYTES // width
    if length > limit:
        if building.strict or fixed:
            raise SqlError(TOO_BIG_FIELDLENGTH, column=name, limit=limit)
        kind = "TEXT" if pair.charset != "binary" else "BLOB"
        building.warn(SqlWarning("Note", 1246, f"Converting column '{name}' from {spec.name} to {kind}"))
        code, length = _fitting_blob(length * width, name)
        return SqlType(code, flags, length, 0, pair.charset, pair.collation)
    code = TypeCode.STRING if fixed else TypeCode.VARCHAR
    return SqlType(code, flags, length, 0, pair.charset, pair.collation)


def _fitting_blob(size: int, name: str) -> tuple[int, int]:
    """The smallest TEXT or BLOB type for so many bytes."""
    for kind in ("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"):
        code, length = _BLOBS[kind]
        if size <= length:
            return code, length
    raise SqlError(TOO_BIG_FIELDLENGTH, column=name, limit=4294967295)


def _members(spec: TypeSpec, name: str, pair: CharsetPair) -> SqlType:
    """ENUM and SET. Trailing blanks of members are cut; members must differ under the collation."""
    members = tuple(member.rstrip(" ") if pair.charset != "binary" else member for member in spec.elements)
    limit = 65535 if spec.name == "ENUM" else 64
    if len(members) > limit:
        raise (
            SqlError(TOO_BIG_SET, column=name)
            if spec.name == "SET"
            else SqlError(TOO_BIG_FIELDLENGTH, column=name, limit=limit)
        )
    key = by_name(pair.collation).sort_key
    seen: set[bytes] = set()
    for member in members:
        weight = key(member.encode("utf-8", "surrogateescape"))
        if weight in seen:
            raise SqlError(DUPLICATED_VALUE_IN_TYPE, column=name, value=member, kind=spec.name)
        seen.add(weight)
        if spec.name == "SET" and "," in member:
            raise SqlError(ILLEGAL_VALUE_FOR_TYPE, kind="set", value=member)
    sizes = [len(member.encode("utf-8", "surrogateescape")) for member in members]
    if spec.name == "ENUM":
        return SqlType(TypeCode.ENUM, 0, max(sizes), 0, pair.charset, pair.collation, members)
    length = sum(sizes) + len(sizes) - 1
    return SqlType(TypeCode.SET, 0, length, 0, pair.charset, pair.collation, members)


def check_row_size(columns: tuple[ColumnInfo, ...]) -> None:
    """Raises 1118 when the columns without BLOBs take more than 65,535 bytes, as MySQL counts them."""
    total = 0
    for column in columns:
        sql_type = column.type
        if sql_type.code in (TypeCode.STRING, TypeCode.VARCHAR):
            size = sql_type.length * max_character_bytes(sql_type.charset)
            total += size + ((2 if size > 255 else 1) if sql_type.code == TypeCode.VARCHAR else 0)
        elif sql_type.is_blob or sql_type.code == TypeCode.JSON:
            total += 12
        else:
            total += 8
    if total > _MAX_ROW_BYTES:
        raise SqlError(TOO_BIG_ROWSIZE, limit=_MAX_ROW_BYTES)
