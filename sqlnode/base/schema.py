"""Databases, tables, columns, indexes and constraints, in the shape of TiDB's metadata (frozen values).

Each class holds the facts of TiDB's DBInfo, TableInfo, ColumnInfo, ...; `store.codec.meta` maps them to and from the
JSON that TiDB writes. Fields that we neither use nor let a user set travel in `extra`, so that a table that TiDB wrote
keeps them when we rewrite its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

from sqlnode.base.types import SqlType


class SchemaState(IntEnum):
    """How far an online change of a schema element has come (catalog.md section 3)."""

    NONE = 0
    DELETE_ONLY = 1
    WRITE_ONLY = 2
    WRITE_REORGANIZATION = 3
    DELETE_REORGANIZATION = 4
    PUBLIC = 5
    REPLICA_ONLY = 6
    GLOBAL_TXN_ONLY = 7


class ReferenceAction(IntEnum):
    """What a foreign key does to the child rows."""

    NO_OPTION = 0
    RESTRICT = 1
    CASCADE = 2
    SET_NULL = 3
    NO_ACTION = 4
    SET_DEFAULT = 5


@dataclass(frozen=True)
class ColumnInfo:
    """One column. `default` is text (or None for NULL / no default, told apart by the NO_DEFAULT_VALUE flag)."""

    id: int
    name: str
    offset: int
    type: SqlType
    default: str | None = None
    default_is_expr: bool = False
    default_bit: bytes | None = None
    origin_default: str | None = None
    origin_default_bit: bytes | None = None
    generated_expr: str = ""
    generated_stored: bool = False
    dependences: tuple[str, ...] | None = None
    state: SchemaState = SchemaState.PUBLIC
    comment: str = ""
    hidden: bool = False
    version: int = 2
    extra: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_generated(self) -> bool:
        """True for virtual and stored generated columns."""
        return bool(self.generated_expr)

    @property
    def is_virtual(self) -> bool:
        """True for a generated column that is not stored in the row."""
        return bool(self.generated_expr) and not self.generated_stored


@dataclass(frozen=True)
class IndexColumn:
    """One key part: the column's name and offset, and the prefix length (-1: the whole column). `descending` is what the
    definition says; entries are kept in ascending order either way, as by TiDB, and read in both directions."""

    name: str
    offset: int
    length: int = -1
    descending: bool = False


@dataclass(frozen=True)
class IndexInfo:
    """One index. The primary key of a clustered table with one integer column has none."""

    id: int
    name: str
    columns: tuple[IndexColumn, ...]
    unique: bool = False
    primary: bool = False
    state: SchemaState = SchemaState.PUBLIC
    comment: str = ""
    index_type: int = 1
    invisible: bool = False
    is_global: bool = False
    mv_index: bool = False
    backfill_state: int = 0
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ForeignKeyInfo:
    """A foreign key of the child table that holds it."""

    id: int
    name: str
    ref_schema: str
    ref_table: str
    ref_columns: tuple[str, ...]
    columns: tuple[str, ...]
    on_delete: ReferenceAction = ReferenceAction.NO_OPTION
    on_update: ReferenceAction = ReferenceAction.NO_OPTION
    state: SchemaState = SchemaState.PUBLIC
    version: int = 1
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ConstraintInfo:
    """A CHECK constraint; `expression` is SQL text."""

    id: int
    name: str
    columns: tuple[str, ...]
    expression: str
    enforced: bool = True
    in_column: bool = False
    state: SchemaState = SchemaState.PUBLIC
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class ViewInfo:
    """A view's definition; `select` is SQL text with every table name qualified."""

    select: str
    columns: tuple[str, ...]
    algorithm: int = 0
    definer_user: str = ""
    definer_host: str = ""
    security: int = 0
    check_option: int = 1
    extra: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class TableInfo:
    """One table or view. `columns` are in offset order, public ones first; non-public ones are invisible to readers."""

    id: int
    name: str
    charset: str
    collation: str
    columns: tuple[ColumnInfo, ...]
    indexes: tuple[IndexInfo, ...] = ()
    foreign_keys: tuple[ForeignKeyInfo, ...] = ()
    constraints: tuple[ConstraintInfo, ...] = ()
    state: SchemaState = SchemaState.PUBLIC
    pk_is_handle: bool = False
    is_common_handle: bool = False
    common_handle_version: int = 0
    comment: str = ""
    auto_increment: int = 0
    auto_id_cache: int = 0
    max_column_id: int = 0
    max_index_id: int = 0
    max_foreign_key_id: int = 0
    max_constraint_id: int = 0
    update_ts: int = 0
    view: ViewInfo | None = None
    version: int = 5
    partition: dict[str, Any] | None = None
    revision: int = 0
    extra: dict[str, Any] = field(default_factory=dict, compare=False)
    readable_from: int = field(default=0, compare=False)
    """The timestamp from which on rows and index entries are what the definition says; not stored (`CatalogLoader`)."""

    @cached_property
    def public_columns(self) -> tuple[ColumnInfo, ...]:
        """Columns that a reader may use, hidden ones included."""
        return tuple(c for c in self.columns if c.state == SchemaState.PUBLIC)

    @cached_property
    def visible_columns(self) -> tuple[ColumnInfo, ...]:
        """What `SELECT *` gives."""
        return tuple(c for c in self.columns if c.state == SchemaState.PUBLIC and not c.hidden)

    @cached_property
    def columns_by_name(self) -> dict[str, ColumnInfo]:
        """Public columns by lower-case name."""
        return {c.name.lower(): c for c in self.public_columns}

    @cached_property
    def public_indexes(self) -> tuple[IndexInfo, ...]:
        """Indexes that a reader may use."""
        return tuple(i for i in self.indexes if i.state == SchemaState.PUBLIC)

    @cached_property
    def primary_index(self) -> IndexInfo | None:
        """The PRIMARY index, or None (no primary key, or the key is the integer handle)."""
        return next((i for i in self.indexes if i.primary), None)

    @cached_property
    def handle_column(self) -> ColumnInfo | None:
        """The integer primary key that is the handle, if `pk_is_handle`."""
        if not self.pk_is_handle:
            return None
        from sqlnode.base.types import Flag

        return next((c for c in self.columns if c.type.flags & Flag.PRI_KEY), None)

    @cached_property
    def auto_increment_column(self) -> ColumnInfo | None:
        """The AUTO_INCREMENT column, if any."""
        from sqlnode.base.types import Flag

        return next((c for c in self.public_columns if c.type.flags & Flag.AUTO_INCREMENT), None)

    @cached_property
    def stand_in_key(self) -> IndexInfo | None:
        """The first unique key without NULLs where there is no primary key: clients are told that it is one."""
        if self.pk_is_handle or self.primary_index is not None:
            return None
        for index in self.public_indexes:
            parts = index.columns
            if index.unique and all(self.columns[part.offset].type.not_null and part.length < 0 for part in parts):
                return index
        return None

    @cached_property
    def definition_flags(self) -> Mapping[int, int]:
        """By column id: flags of a column definition packet that the column's type does not hold (PART_KEY, TIMESTAMP,
        and PRI_KEY of the key that stands in for a primary key)."""
        from sqlnode.base.types import Flag, TypeCode

        found: dict[int, int] = {}
        handle = self.handle_column
        if handle is not None:
            found[handle.id] = Flag.PART_KEY
        for index in self.public_indexes:
            flags = Flag.PART_KEY | (Flag.PRI_KEY if index is self.stand_in_key else 0)
            for part in index.columns:
                column = self.columns[part.offset]
                found[column.id] = found.get(column.id, 0) | flags
        for column in self.columns:
            if column.type.code in (TypeCode.TIMESTAMP, TypeCode.DATETIME) and (
                column.type.flags & Flag.ON_UPDATE_NOW or (column.default or "").upper().startswith("CURRENT_TIMESTAMP")
            ):
                found[column.id] = found.get(column.id, 0) | Flag.TIMESTAMP
        return found

    @property
    def is_view(self) -> bool:
        """True for a view."""
        return self.view is not None


@dataclass(frozen=True)
class DatabaseInfo:
    """One database."""

    id: int
    name: str
    charset: str = "utf8mb4"
    collation: str = "utf8mb4_0900_ai_ci"
    state: SchemaState = SchemaState.PUBLIC
    extra: dict[str, Any] = field(default_factory=dict, compare=False)
