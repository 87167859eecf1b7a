"""Foreign keys: names, the index that the child needs, and the checks against the parent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from planner.parse.nodes_ddl import ForeignKeyDef, KeyDef, KeyPart
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import (
    CANNOT_ADD_FOREIGN,
    DUP_CONSTRAINT_NAME,
    FK_CANNOT_OPEN_PARENT,
    FK_CANNOT_USE_VIRTUAL_COLUMN,
    FK_COLUMN_NOT_NULL,
    FK_INCOMPATIBLE_COLUMNS,
    FK_NO_COLUMN_PARENT,
    FK_NO_INDEX_PARENT,
    KEY_COLUMN_DOES_NOT_EXIST,
    NO_DB_ERROR,
    NOT_SUPPORTED_YET,
    WRONG_FK_DEF,
    WRONG_FK_OPTION_FOR_GENERATED_COLUMN,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, ForeignKeyInfo, IndexColumn, IndexInfo, ReferenceAction, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.build_column import check_name


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key before it has an id: names and columns as the child spells them."""

    name: str
    columns: tuple[str, ...]
    ref_schema: str
    ref_table: str
    ref_columns: tuple[str, ...]
    on_delete: ReferenceAction
    on_update: ReferenceAction
    index_name: str

    def info(self, key_id: int) -> ForeignKeyInfo:
        """The constraint as metadata holds it."""
        return ForeignKeyInfo(
            id=key_id,
            name=self.name,
            ref_schema=self.ref_schema,
            ref_table=self.ref_table,
            ref_columns=self.ref_columns,
            columns=self.columns,
            on_delete=self.on_delete,
            on_update=self.on_update,
        )


def resolve_foreign_keys(
    database: str,
    table: str,
    definitions: Sequence[ForeignKeyDef],
    columns: Sequence[ColumnInfo],
    *,
    own_names: Iterable[str] = (),
    taken: Iterable[str] = (),
) -> list[ForeignKey]:
    """The constraints with their names. `own_names` are those that the table has, `taken` those of the database.

    Raises 1072, 1239, 1826, 1830, 3104, 3733, 1046.
    """
    names = {name.lower() for name in taken} | {name.lower() for name in own_names}
    number = _highest(table, own_names) + 1
    for definition in definitions:
        if definition.name is not None:
            check_name(definition.name)
            if definition.name.lower() in names:
                raise SqlError(DUP_CONSTRAINT_NAME, name=definition.name)
            names.add(definition.name.lower())
    found = []
    for definition in definitions:
        name = definition.name
        if name is None:
            while f"{table}_ibfk_{number}".lower() in names:
                number += 1
            name = f"{table}_ibfk_{number}"
            names.add(name.lower())
        found.append(_resolve(name, database, definition, columns))
    return found


def _highest(table: str, names: Iterable[str]) -> int:
    """The largest n of the names `table_ibfk_n`: MySQL counts on from there."""
    prefix = f"{table}_ibfk_".lower()
    numbers = [name[len(prefix) :] for name in names if name.lower().startswith(prefix)]
    return max((int(number) for number in numbers if number.isdigit()), default=0)


def _resolve(name: str, database: str, definition: ForeignKeyDef, columns: Sequence[ColumnInfo]) -> ForeignKey:
    reference = definition.reference
    by_name = {column.name.lower(): column for column in columns}
    own: list[str] = []
    for written in definition.columns:
        column = by_name.get(written.lower())
        if column is None:
            raise SqlError(KEY_COLUMN_DOES_NOT_EXIST, column=written)
        _check_column(name, column, reference.on_delete, reference.on_update)
        own.append(column.name)
    if reference.match in ("PARTIAL", "FULL"):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"MATCH {reference.match}")
    if len(reference.columns) != len(own):
        raise SqlError(
            WRONG_FK_DEF,
            name=definition.name or "foreign key without name",
            reason="Key reference and table reference don't match",
        )
    ref_schema = reference.table.schema or database
    if not ref_schema:
        raise SqlError(NO_DB_ERROR)
    index_name = definition.index_name or definition.name or own[0]
    return ForeignKey(
        name,
        tuple(own),
        ref_schema,
        reference.table.name,
        reference.columns,
        reference.on_delete,
        reference.on_update,
        index_name,
    )


def _check_column(name: str, column: ColumnInfo, on_delete: ReferenceAction, on_update: ReferenceAction) -> None:
    if ReferenceAction.SET_DEFAULT in (on_delete, on_update):
        raise SqlError(CANNOT_ADD_FOREIGN)
    if column.is_virtual:
        raise SqlError(FK_CANNOT_USE_VIRTUAL_COLUMN, constraint=name, column=column.name)
    if ReferenceAction.SET_NULL in (on_delete, on_update) and column.type.not_null:
        raise SqlError(FK_COLUMN_NOT_NULL, column=column.name, constraint=name)
    if column.is_generated:
        for event, action in (("ON DELETE", on_delete), ("ON UPDATE", on_update)):
            if action is ReferenceAction.SET_NULL or (event == "ON UPDATE" and action is ReferenceAction.CASCADE):
                word = action.name.replace("_", " ")
                raise SqlError(WRONG_FK_OPTION_FOR_GENERATED_COLUMN, action=f"{event} {word}")


def check_parent(
    catalog: Catalog, database: str, child: TableInfo, key: ForeignKey | ForeignKeyInfo, *, checks: bool = True
) -> None:
    """That the parent table has the columns, of fitting types, and an index on them.

    With foreign_key_checks off a parent that does not exist is accepted; types are checked as soon as there is one.
    Raises 1824, 1822, 3734, 3780.
    """
    own = (key.ref_schema.lower(), key.ref_table.lower()) == (database.lower(), child.name.lower())
    parent = child if own else catalog.table(key.ref_schema, key.ref_table)
    if parent is None or parent.is_view:
        if checks:
            raise SqlError(FK_CANNOT_OPEN_PARENT, table=key.ref_table)
        return
    parent_columns = parent.columns_by_name
    children = {column.name.lower(): column for column in child.columns}
    for name, ref_name in zip(key.columns, key.ref_columns, strict=True):
        column = parent_columns.get(ref_name.lower())
        if column is None:
            raise SqlError(FK_NO_COLUMN_PARENT, column=ref_name, constraint=key.name, table=key.ref_table)
        if column.is_virtual:
            raise SqlError(FK_CANNOT_USE_VIRTUAL_COLUMN, constraint=key.name, column=column.name)
        if not compatible(children[name.lower()].type, column.type):
            raise SqlError(FK_INCOMPATIBLE_COLUMNS, column=name, referenced=column.name, constraint=key.name)
    if not has_leading_key(parent, key.ref_columns):
        raise SqlError(FK_NO_INDEX_PARENT, constraint=key.name, table=key.ref_table)


def compatible(child: SqlType, parent: SqlType) -> bool:
    """Whether a column of the first type may refer to one of the second: same type and sign, for strings same
    collation."""
    if child.is_string and parent.is_string and child.is_character == parent.is_character:
        return child.collation == parent.collation
    if child.code != parent.code:
        return False
    if child.is_integer or child.code in (TypeCode.FLOAT, TypeCode.DOUBLE, TypeCode.YEAR):
        return child.unsigned == parent.unsigned
    if child.code == TypeCode.NEWDECIMAL:
        return (child.length, child.scale, child.unsigned) == (parent.length, parent.scale, parent.unsigned)
    if child.code in (TypeCode.ENUM, TypeCode.SET):
        return child.elements == parent.elements and child.collation == parent.collation
    return not child.is_temporal or child.fsp == parent.fsp


def has_leading_key(table: TableInfo, columns: Sequence[str], *, without: int = 0) -> bool:
    """Whether the columns are the first ones of an index (or the integer primary key), in this order.

    `without` is an index id to leave out of account.
    """
    wanted = [name.lower() for name in columns]
    handle = table.handle_column
    if handle is not None and wanted == [handle.name.lower()]:
        return True
    return any(_leads(index.columns, wanted) for index in table.indexes if index.id != without)


def _leads(parts: Sequence[IndexColumn], wanted: Sequence[str]) -> bool:
    if len(parts) < len(wanted):
        return False
    first = parts[: len(wanted)]
    whole = all(part.length < 0 and not part.descending for part in first)
    return whole and [part.name.lower() for part in first] == list(wanted)


def implicit_indexes(keys: Sequence[ForeignKey], indexes: Sequence[IndexInfo], handle: str | None) -> list[KeyDef]:
    """The indexes that MySQL makes for foreign keys whose columns lead none. Of two that would do the same work the longer
    one is made, of two over the same columns the later one."""
    found: list[KeyDef] = []
    for key in keys:
        made = _implicit_index(key, indexes, handle)
        if made is None or any(_begins(made, other) and len(other.parts) > len(made.parts) for other in found):
            continue
        found = [other for other in found if not _begins(other, made)]
        found.append(made)
    return found


def _begins(short: KeyDef, long: KeyDef) -> bool:
    """Whether the columns of the first key are the first ones of the second."""
    names = [part.column for part in short.parts]
    return names == [part.column for part in long.parts[: len(names)]]


def _implicit_index(key: ForeignKey, indexes: Sequence[IndexInfo], handle: str | None) -> KeyDef | None:
    wanted = [name.lower() for name in key.columns]
    if handle is not None and wanted == [handle.lower()]:
        return None
    if any(_leads(index.columns, wanted) for index in indexes):
        return None
    return KeyDef("INDEX", tuple(KeyPart(name) for name in key.columns), name=key.index_name)


def is_auto_increment(column: ColumnInfo) -> bool:
    """Whether the column counts by itself."""
    return bool(column.type.flags & Flag.AUTO_INCREMENT)
