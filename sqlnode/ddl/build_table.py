"""CreateTable → TableInfo, pure: columns, keys, checks, foreign keys and options in MySQL's order of checking.

The result has id 0; everything inside (column, index, constraint ids) is final. Ids are given as TiDB gives them:
keys that stand in a column's definition come behind the table's own, an integer primary key that is the handle gets
no index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import expressions as exp

from planner.parse.expression_text import column_names
from planner.parse.nodes_ddl import ColumnDef, CreateTable, KeyDef, KeyPart
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    DEFAULT_VAL_GENERATED_NON_PRIOR,
    DEFAULT_VAL_GENERATED_REF_AUTO_INC,
    DUP_FIELDNAME,
    MULTIPLE_PRI_KEY,
    NOT_SUPPORTED_YET,
    PRIMARY_CANT_HAVE_NULL,
    TABLE_CANT_BE_WITHOUT_VISIBLE_COLUMN,
    TABLE_MUST_HAVE_COLUMNS,
    TABLE_WITHOUT_PK,
    TOO_MANY_FIELDS,
    WRONG_AUTO_KEY,
    WRONG_TABLE_NAME,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, ForeignKeyInfo, IndexColumn, IndexInfo, TableInfo
from sqlnode.base.types import Flag
from sqlnode.ddl.build_checks import build_checks, check_generated_order, with_generated
from sqlnode.ddl.build_column import build_column, check_name, check_row_size
from sqlnode.ddl.build_foreign_keys import ForeignKey, check_parent, implicit_indexes, resolve_foreign_keys
from sqlnode.ddl.build_keys import (
    PRIMARY_USING,
    Key,
    free_name,
    has_timestamp,
    resolve_keys,
    warn_duplicates,
    with_key_flags,
)
from sqlnode.ddl.building import Building
from sqlnode.ddl.expression_keys import expression_columns
from sqlnode.ddl.table_options import Options, with_shown

MAX_COLUMNS = 1017
GENERATED_KEY = "sqlnode_generated"
"""Key in IndexInfo.extra of an index that exists only because a foreign key needs one: it goes when another index does
its work, as in MySQL."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a definition is checked against: the catalog, the database, and the constraint names that are taken in
    it."""

    catalog: Catalog
    database: str
    check_names: frozenset[str] = frozenset()
    foreign_key_names: frozenset[str] = frozenset()
    foreign_key_checks: bool = True


def surroundings(catalog: Catalog, database: str, *, checks: bool = True, without: str = "") -> Surroundings:
    """The names that are taken in a database; `without` is the table that is being changed."""
    schema = catalog.schema(database)
    tables = [] if schema is None else [table for name, table in schema.tables.items() if name != without.lower()]
    return Surroundings(
        catalog,
        database,
        frozenset(check.name.lower() for table in tables for check in table.constraints),
        frozenset(key.name.lower() for table in tables for key in table.foreign_keys),
        checks,
    )


def check_table_name(name: str) -> None:
    """Raises 1059, 1103."""
    check_name(name)
    if not name or name != name.rstrip():
        raise SqlError(WRONG_TABLE_NAME, name=name)


def build_table(node: CreateTable, options: Options, building: Building, around: Surroundings) -> TableInfo:
    """The table of a CREATE TABLE with columns. Raises SqlError; see the modules beside this one for which."""
    if node.partition is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"PARTITION BY {node.partition.method}")
    check_table_name(node.table.name)
    definitions = node.columns
    columns = build_columns(definitions, building)
    if not columns:
        raise SqlError(TABLE_MUST_HAVE_COLUMNS)
    # REFERENCES inside a column definition is read and ignored, as MySQL 8.0 does.
    resolved = resolve_foreign_keys(
        around.database, node.table.name, node.foreign_keys, columns, taken=around.foreign_key_names
    )
    key_definitions, hidden = expression_columns(
        around.database, node.table.name, [*node.keys, *column_keys(definitions)], columns, (), building
    )
    columns += tuple(
        replace(column, id=place + 1, offset=place) for place, column in enumerate(hidden, start=len(columns))
    )
    keys = resolve_keys(key_definitions, columns)
    warn_duplicates(keys, (), around.database, node.table.name, building)
    refuse_null_primary(keys, definitions)
    table = _assemble(node.table.name, columns, keys, resolved, options, building)
    checks = [*(check for column in definitions for check in column.checks), *node.checks]
    constraints = build_checks(node.table.name, checks, columns, building, taken=around.check_names)
    table = replace(table, constraints=constraints, max_constraint_id=len(constraints))
    for key in resolved:
        check_parent(around.catalog, around.database, table, key, checks=around.foreign_key_checks)
    check_row_size(table.columns)
    return table


def build_columns(definitions: Sequence[ColumnDef], building: Building) -> tuple[ColumnInfo, ...]:
    """The columns of a new table, generated ones included. Raises 1060, 1117, 4028."""
    seen: set[str] = set()
    for definition in definitions:
        lower = definition.name.lower()
        if lower in seen:
            raise SqlError(DUP_FIELDNAME, column=definition.name)
        seen.add(lower)
    if len(definitions) > MAX_COLUMNS:
        raise SqlError(TOO_MANY_FIELDS)
    plain = [build_column(definition, place + 1, place, building) for place, definition in enumerate(definitions)]
    found = [
        with_generated(column, definition, plain, building) if definition.generated is not None else column
        for column, definition in zip(plain, definitions, strict=True)
    ]
    check_generated_order(found)
    check_expression_defaults(definitions, found)
    if found and all(column.hidden for column in found):
        raise SqlError(TABLE_CANT_BE_WITHOUT_VISIBLE_COLUMN)
    return tuple(found)


def check_expression_defaults(definitions: Sequence[ColumnDef], columns: Sequence[ColumnInfo]) -> None:
    """Columns that an expression default reads: known, not counting, and not computed behind it. Raises 1054, 3767,
    3768."""
    place = {column.name.lower(): number for number, column in enumerate(columns)}
    for definition in definitions:
        if definition.default is None or not definition.default_is_expr:
            continue
        own = place[definition.name.lower()]
        for name in column_names(definition.default.tree):
            if name not in place:
                raise SqlError(BAD_FIELD_ERROR, column=name, clause="default value expression")
            other = columns[place[name]]
            if other.type.flags & Flag.AUTO_INCREMENT:
                raise SqlError(DEFAULT_VAL_GENERATED_REF_AUTO_INC, column=definition.name)
            if place[name] >= own and (other.is_generated or other.default_is_expr):
                raise SqlError(DEFAULT_VAL_GENERATED_NON_PRIOR, column=definition.name)


def column_keys(definitions: Iterable[ColumnDef]) -> list[KeyDef]:
    """The keys that column definitions ask for."""
    found = []
    for definition in definitions:
        part = (KeyPart(definition.name),)
        if definition.primary_key:
            found.append(KeyDef("PRIMARY", part, clustered=definition.clustered))
        if definition.unique:
            found.append(KeyDef("UNIQUE", part))
    return found


def refuse_null_primary(keys: Sequence[Key], definitions: Sequence[ColumnDef]) -> None:
    """Raises 1171 when a primary key column was declared NULL."""
    primary = next((key for key in keys if key.primary), None)
    if primary is None:
        return
    nullable = {definition.name.lower() for definition in definitions if definition.nullable is True}
    null_default = {
        definition.name.lower()
        for definition in definitions
        if definition.default is not None and isinstance(definition.default.tree, exp.Null)
    }
    for part in primary.parts:
        if part.name.lower() in nullable or part.name.lower() in null_default:
            raise SqlError(PRIMARY_CANT_HAVE_NULL)


def _assemble(
    name: str,
    columns: tuple[ColumnInfo, ...],
    keys: list[Key],
    foreign_keys: list[ForeignKey],
    options: Options,
    building: Building,
) -> TableInfo:
    """Handle, index ids, column flags and the table's own fields."""
    if sum(key.primary for key in keys) > 1:
        raise SqlError(MULTIPLE_PRI_KEY)
    primary = next((key for key in keys if key.primary), None)
    if primary is None and building.require_primary_key:
        raise SqlError(TABLE_WITHOUT_PK)
    clustered = primary is not None and is_clustered(primary, columns, building)
    handle = clustered and primary is not None and is_integer_handle(primary.parts, columns)
    indexes = number_indexes([key for key in keys if not (handle and key.primary)])
    handle_name = primary.parts[0].name if handle and primary is not None else None
    for missing in implicit_indexes(foreign_keys, indexes, handle_name):
        made = _implicit(missing, columns, [index.name for index in indexes])
        indexes.append(replace(made.index(len(indexes) + 1), extra={GENERATED_KEY: True}))
    columns = with_key_flags(columns, indexes, primary.parts if primary is not None else ())
    check_auto_increment(columns, indexes, handle_name)
    has_counter = any(column.type.flags & Flag.AUTO_INCREMENT for column in columns)
    infos: tuple[ForeignKeyInfo, ...] = tuple(key.info(place + 1) for place, key in enumerate(foreign_keys))
    extra: dict[str, Any] = dict(options.extra)
    if handle and primary is not None and primary.definition.using == "BTREE":
        extra = with_shown(extra, {PRIMARY_USING: "BTREE"})
    return TableInfo(
        id=0,
        name=name,
        charset=building.charset.charset,
        collation=building.charset.collation,
        columns=columns,
        indexes=tuple(indexes),
        foreign_keys=infos,
        pk_is_handle=handle,
        is_common_handle=clustered and not handle,
        common_handle_version=1 if clustered and not handle else 0,
        comment=options.comment or "",
        auto_increment=options.auto_increment or 0,
        auto_id_cache=options.auto_id_cache
        if options.auto_id_cache is not None
        else building.auto_id_cache
        if has_counter
        else 0,
        max_column_id=len(columns),
        max_index_id=len(indexes),
        max_foreign_key_id=len(infos),
        extra=extra,
    )


def _implicit(definition: KeyDef, columns: Sequence[ColumnInfo], taken: Sequence[str]) -> Key:
    """The index of a foreign key; its name gives way when another key has it."""
    assert definition.name is not None, "the foreign key names its index"
    name = free_name(definition.name, {other.lower() for other in taken})
    return resolve_keys([replace(definition, name=name)], columns, taken)[0]


def number_indexes(keys: Sequence[Key], first: int = 1) -> list[IndexInfo]:
    """The keys with ids in their order."""
    return [key.index(first + place) for place, key in enumerate(keys)]


def is_clustered(primary: Key, columns: Sequence[ColumnInfo], building: Building) -> bool:
    """Whether rows are stored by the primary key. Without the keyword, no TIMESTAMP is part of a handle: rows are told
    apart by local times while a statement runs, and where clocks are set back two instants have the same one."""
    if primary.definition.clustered is not None:
        return primary.definition.clustered
    return building.clustered and not has_timestamp(primary.parts, columns)


def is_integer_handle(parts: Sequence[IndexColumn], columns: Sequence[ColumnInfo]) -> bool:
    """Whether these primary key parts make the row's integer handle."""
    return len(parts) == 1 and columns[parts[0].offset].type.is_integer


def check_auto_increment(columns: Sequence[ColumnInfo], indexes: Sequence[IndexInfo], handle: str | None) -> None:
    """At most one AUTO_INCREMENT column, and it begins a key. Raises 1075."""
    counting = [column for column in columns if column.type.flags & Flag.AUTO_INCREMENT]
    if not counting:
        return
    name = counting[0].name.lower()
    leads = (handle is not None and handle.lower() == name) or any(
        index.columns[0].name.lower() == name for index in indexes
    )
    if len(counting) > 1 or not leads:
        raise SqlError(WRONG_AUTO_KEY)
