"""KeyDef → IndexInfo: names, key parts, prefix lengths, and the flags that keys give to columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from planner.parse.nodes_ddl import KeyDef, KeyPart
from sqlnode.base.errors import (
    BLOB_KEY_WITHOUT_LENGTH,
    DUP_FIELDNAME,
    DUP_INDEX,
    DUP_KEYNAME,
    JSON_USED_AS_KEY,
    KEY_COLUMN_DOES_NOT_EXIST,
    KEY_PART_0,
    MULTIPLE_PRI_KEY,
    NOT_SUPPORTED_YET,
    PK_INDEX_CANT_BE_INVISIBLE,
    PRIMARY_CANT_HAVE_NULL,
    TOO_LONG_INDEX_COMMENT,
    TOO_LONG_KEY,
    TOO_MANY_KEY_PARTS,
    TOO_MANY_KEYS,
    UNSUPPORTED_ON_GENERATED_COLUMN,
    WRONG_KEY_COLUMN,
    WRONG_NAME_FOR_INDEX,
    WRONG_SUB_KEY,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import ColumnInfo, IndexColumn, IndexInfo
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.build_column import MAX_COMMENT, check_name
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import max_character_bytes

PRIMARY = "PRIMARY"
USING, KEY_BLOCK_SIZE = "sqlnode_using", "sqlnode_key_block_size"
"""Keys in IndexInfo.extra: what SHOW CREATE TABLE repeats. There is no HASH index; who asks for one gets a BTREE."""
PRIMARY_USING = "PRIMARY USING"
"""The same for an integer primary key, which has no IndexInfo, among the table's shown options."""
MAX_KEY_BYTES = 3072
_MAX_PARTS = 16
_MAX_KEYS = 64
_FIXED_BYTES = {
    TypeCode.TINY: 1,
    TypeCode.SHORT: 2,
    TypeCode.INT24: 3,
    TypeCode.LONG: 4,
    TypeCode.LONGLONG: 8,
    TypeCode.FLOAT: 4,
    TypeCode.DOUBLE: 8,
    TypeCode.YEAR: 1,
    TypeCode.DATE: 3,
    TypeCode.TIME: 6,
    TypeCode.DATETIME: 8,
    TypeCode.TIMESTAMP: 7,
    TypeCode.ENUM: 2,
    TypeCode.SET: 8,
}


@dataclass(frozen=True, slots=True)
class Key:
    """A key before it has an id: checked, named, with resolved parts."""

    name: str
    parts: tuple[IndexColumn, ...]
    unique: bool
    primary: bool
    definition: KeyDef

    def index(self, index_id: int) -> IndexInfo:
        """The index as metadata holds it."""
        extra: dict[str, Any] = {}
        if self.definition.using == "BTREE":
            extra[USING] = "BTREE"
        if self.definition.key_block_size:
            extra[KEY_BLOCK_SIZE] = self.definition.key_block_size
        return IndexInfo(
            id=index_id,
            name=self.name,
            columns=self.parts,
            unique=self.unique,
            primary=self.primary,
            comment=self.definition.comment or "",
            index_type=1,
            invisible=self.definition.visible is False,
            extra=extra,
        )


def refuse_kind(definition: KeyDef) -> None:
    """Raises 1235 for kinds of index that are not run."""
    if definition.kind in ("FULLTEXT", "SPATIAL", "VECTOR", "COLUMNAR"):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"{definition.kind} index")
    if definition.is_global:
        raise SqlError(NOT_SUPPORTED_YET, feature="GLOBAL index")
    if definition.engine_attribute is not None or definition.secondary_engine_attribute is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="ENGINE_ATTRIBUTE")
    if definition.using in ("HNSW", "INVERTED", "RTREE"):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"{definition.using} index")
    if definition.comment is not None and len(definition.comment) > MAX_COMMENT:
        raise SqlError(TOO_LONG_INDEX_COMMENT, name=definition.index_name or "", limit=MAX_COMMENT)


def resolve_parts(definition: KeyDef, columns: Sequence[ColumnInfo]) -> tuple[IndexColumn, ...]:
    """The key's parts by name and offset, with lengths checked. Raises 1070-1072, 1089, 1170, 1391, 3152, 1060."""
    by_name = {column.name.lower(): column for column in columns}
    if len(definition.parts) > _MAX_PARTS:
        raise SqlError(TOO_MANY_KEY_PARTS, limit=_MAX_PARTS)
    found: list[IndexColumn] = []
    total = 0
    for part in definition.parts:
        if part.column is None:
            raise SqlError(NOT_SUPPORTED_YET, feature="functional index")
        column = by_name.get(part.column.lower())
        if column is None:
            raise SqlError(KEY_COLUMN_DOES_NOT_EXIST, column=part.column)
        if any(other.offset == column.offset for other in found):
            raise SqlError(DUP_FIELDNAME, column=part.column)
        length = _part_length(part, column)
        size = _part_bytes(column.type, length)
        total += size
        if size > MAX_KEY_BYTES or total > MAX_KEY_BYTES:
            raise SqlError(TOO_LONG_KEY, limit=MAX_KEY_BYTES)
        found.append(IndexColumn(column.name, column.offset, length, part.descending))
    return tuple(found)


def carried_parts(parts: Sequence[IndexColumn], columns: Sequence[ColumnInfo]) -> tuple[IndexColumn, ...]:
    """The parts of a kept index after its columns may have changed: a prefix that is no prefix any more becomes the whole
    column. Raises 1071, 1170, 3152."""
    found: list[KeyPart] = []
    for part in parts:
        column = columns[part.offset]
        sql_type = column.type
        shorter = sql_type.is_string and (sql_type.is_blob or part.length < sql_type.length)
        found.append(KeyPart(column.name, length=part.length if part.length > 0 and shorter else None))
    resolved = resolve_parts(KeyDef("INDEX", tuple(found)), columns)
    return tuple(replace(part, length=new.length) for part, new in zip(parts, resolved, strict=True))


def _part_length(part: KeyPart, column: ColumnInfo) -> int:
    sql_type = column.type
    if sql_type.code == TypeCode.JSON:
        raise SqlError(JSON_USED_AS_KEY, column=column.name)
    if part.length is None:
        if sql_type.is_blob:
            raise SqlError(BLOB_KEY_WITHOUT_LENGTH, column=column.name)
        if sql_type.is_string and sql_type.length == 0:
            raise SqlError(WRONG_KEY_COLUMN, column=column.name)
        return -1
    if part.length == 0:
        raise SqlError(KEY_PART_0, column=column.name)
    if not sql_type.is_string or (part.length > sql_type.length and not sql_type.is_blob):
        raise SqlError(WRONG_SUB_KEY)
    if sql_type.is_blob and sql_type.code == TypeCode.TINY_BLOB and part.length > 255:
        raise SqlError(WRONG_SUB_KEY)
    return -1 if part.length == sql_type.length and not sql_type.is_blob else part.length


def _part_bytes(sql_type: SqlType, length: int) -> int:
    if sql_type.is_string:
        return (sql_type.length if length < 0 else length) * max_character_bytes(sql_type.charset)
    if sql_type.code == TypeCode.NEWDECIMAL:
        return sql_type.length // 2 + 1
    if sql_type.code == TypeCode.BIT:
        return (sql_type.length + 7) // 8
    return _FIXED_BYTES.get(sql_type.code, 8)


def index_name(definition: KeyDef, parts: Sequence[IndexColumn], taken: set[str]) -> str:
    """The name written, checked, or one made of the first column as MySQL makes it. `taken` is in lower case.

    Raises 1061, 1280, 1059.
    """
    written = definition.index_name
    if written is not None:
        if written.lower() == "primary" or not written or written != written.rstrip():
            raise SqlError(WRONG_NAME_FOR_INDEX, name=written)
        check_name(written)
        if written.lower() in taken:
            raise SqlError(DUP_KEYNAME, key=written)
        return written
    return free_name(parts[0].name, taken)


def has_timestamp(parts: Sequence[IndexColumn], columns: Sequence[ColumnInfo]) -> bool:
    """Whether one of the key's columns is a TIMESTAMP."""
    return any(columns[part.offset].type.code == TypeCode.TIMESTAMP for part in parts)


def free_name(base: str, taken: set[str]) -> str:
    """`base`, or `base_2`, `base_3`, … when that is taken (or is PRIMARY)."""
    name, number = base, 2
    while name.lower() in taken or name.lower() == "primary":
        name = f"{base}_{number}"
        number += 1
    return name


def resolve_keys(definitions: Sequence[KeyDef], columns: Sequence[ColumnInfo], taken: Sequence[str] = ()) -> list[Key]:
    """All keys of a table or of an ALTER, in their order. Names that are written win over those that are made."""
    if len(definitions) + len(taken) > _MAX_KEYS:
        raise SqlError(TOO_MANY_KEYS, limit=_MAX_KEYS)
    if sum(definition.kind == "PRIMARY" for definition in definitions) > 1:
        raise SqlError(MULTIPLE_PRI_KEY)
    names = {name.lower() for name in taken}
    named: dict[int, str] = {}
    parts: list[tuple[IndexColumn, ...]] = []
    for number, definition in enumerate(definitions):
        refuse_kind(definition)
        parts.append(resolve_parts(definition, columns))
        if definition.kind != "PRIMARY" and definition.index_name is not None:
            named[number] = index_name(definition, parts[number], names)
            names.add(named[number].lower())
    found: list[Key] = []
    for number, definition in enumerate(definitions):
        if definition.kind == "PRIMARY":
            check_primary(definition, parts[number], columns)
            found.append(Key(PRIMARY, parts[number], True, True, definition))
            continue
        name = named.get(number)
        if name is None:
            name = index_name(definition, parts[number], names)
            names.add(name.lower())
        found.append(Key(name, parts[number], definition.kind == "UNIQUE", False, definition))
    return found


def warn_duplicates(
    keys: Sequence[Key], known: Sequence[IndexInfo], database: str, table: str, building: Building
) -> None:
    """Warns (1831) of new keys that have the parts of another one of their kind."""
    seen = {(index.unique, _written_parts(index.columns)) for index in known if not index.primary}
    for key in keys:
        parts = (key.unique, _written_parts(key.parts))
        if key.primary:
            continue
        if parts in seen:
            message = DUP_INDEX.template.format(index=key.name, table=f"{database}.{table}")
            building.warn(SqlWarning("Warning", DUP_INDEX.code, message))
        seen.add(parts)


def _written_parts(parts: Sequence[IndexColumn]) -> tuple[tuple[str, int, bool], ...]:
    return tuple((part.name.lower(), part.length, part.descending) for part in parts)


def check_primary(definition: KeyDef, parts: Sequence[IndexColumn], columns: Sequence[ColumnInfo]) -> None:
    """Raises 3522, 3106."""
    if definition.visible is False:
        raise SqlError(PK_INDEX_CANT_BE_INVISIBLE)
    for part in parts:
        column = columns[part.offset]
        if column.is_virtual:
            raise SqlError(
                UNSUPPORTED_ON_GENERATED_COLUMN, feature="Defining a virtual generated column as primary key"
            )


def refuse_null_key(name: str) -> SqlError:
    """1171 for a primary key column that was declared NULL."""
    return SqlError(PRIMARY_CANT_HAVE_NULL)


KEY_FLAGS = Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY


def with_key_flags(
    columns: Sequence[ColumnInfo], indexes: Sequence[IndexInfo], primary: Sequence[IndexColumn]
) -> tuple[ColumnInfo, ...]:
    """The columns with the flags that their keys give them, and only those."""
    flags = [column.type.flags & ~KEY_FLAGS for column in columns]
    for part in primary:
        flags[part.offset] |= Flag.PRI_KEY | Flag.NOT_NULL
        column = columns[part.offset]
        has_default = column.default is not None or column.type.flags & Flag.AUTO_INCREMENT or column.is_generated
        if not has_default:
            flags[part.offset] |= Flag.NO_DEFAULT_VALUE
    for index in indexes:
        if index.primary:
            continue
        first = index.columns[0].offset
        flags[first] |= Flag.UNIQUE_KEY if index.unique and len(index.columns) == 1 else Flag.MULTIPLE_KEY
    return tuple(
        column if column.type.flags == flag else replace(column, type=replace(column.type, flags=flag))
        for column, flag in zip(columns, flags, strict=True)
    )
