"""Foreign keys: parents of new rows, children of changed and removed ones.

A child's writer locks the parent's record shared (an optimistic one has it checked at commit); whoever removes or changes
a parent holds it exclusive. So either the child's writer waits and then misses its parent, or the parent's writer waits
and then sees the child. Parents and children are read as of the statement's newest view, own writes included.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from executor.context import ExecContext
from executor.dml.row_writes import change_row, lock, remove_row, writing_transaction
from executor.dml.table_writer import Row, TableWriter, writer_of
from executor.index_entries import entry_handle
from executor.locking import lock_wait_ms
from executor.reads import reads_of
from planner.expr.assignment import assigner
from sqlnode.base.errors import FK_DEPTH_EXCEEDED, NO_REFERENCED_ROW_2, ROW_IS_REFERENCED_2, SqlError
from sqlnode.base.schema import ForeignKeyInfo, IndexInfo, ReferenceAction, SchemaState, TableInfo
from sqlnode.base.types import Value
from store.api import LockMode
from store.codec.keys import Handle, index_prefix, key_encoder, prefix_next

if TYPE_CHECKING:
    from sqlnode.base.catalog import Catalog

TableIds: TypeAlias = tuple[int, ...]
DEPTH_LIMIT = 15
_RESTRICTING = frozenset(
    (ReferenceAction.NO_OPTION, ReferenceAction.RESTRICT, ReferenceAction.NO_ACTION, ReferenceAction.SET_DEFAULT)
)
_ACTION_TEXTS = {
    ReferenceAction.CASCADE: "CASCADE",
    ReferenceAction.SET_NULL: "SET NULL",
    ReferenceAction.NO_ACTION: "NO ACTION",
    ReferenceAction.RESTRICT: "RESTRICT",
    ReferenceAction.SET_DEFAULT: "SET DEFAULT",
}


@dataclass(frozen=True, slots=True)
class Lookup:
    """How rows with given values of some columns are found: by handle, or by the leading columns of an index.
    `order[i]` is the place, among the values, of the key's i-th part."""

    index: IndexInfo | None
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ParentKey:
    """A foreign key of the table being written."""

    key: ForeignKeyInfo
    offsets: tuple[int, ...]
    database: str
    parent: TableInfo | None
    lookup: Lookup | None
    parent_offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChildKey:
    """A foreign key of another (or the same) table that points at the table being written."""

    key: ForeignKeyInfo
    database: str
    child: TableInfo
    parent_offsets: tuple[int, ...]
    child_offsets: tuple[int, ...]
    lookup: Lookup | None


class ForeignKeys:
    """Both sides of one table, at one catalog version."""

    __slots__ = ("catalog", "children", "parents", "referenced")

    def __init__(self, catalog: Catalog, database: str, table: TableInfo) -> None:
        self.catalog = catalog
        self.parents = [_parent_key(catalog, database, table, key) for key in table.foreign_keys if _enforced(key)]
        self.children = _child_keys(catalog, database, table)
        self.referenced = frozenset(offset for child in self.children for offset in child.parent_offsets)


def keys_of(context: ExecContext, writer: TableWriter) -> ForeignKeys | None:
    """The table's foreign keys, None when there are none or they are switched off."""
    table = writer.table
    catalog = context.catalog
    if not table.foreign_keys:
        referencing = catalog.referencing
        if not referencing or (writer.database.lower(), table.name.lower()) not in referencing:
            return None
    if not context.variables.get("foreign_key_checks", True):
        return None
    found: ForeignKeys | None = writer.foreign_keys
    if found is None or found.catalog is not catalog:
        found = writer.foreign_keys = ForeignKeys(catalog, writer.database, table)
    return found if found.parents or found.children else None


def _enforced(key: ForeignKeyInfo) -> bool:
    return key.version >= 1 and key.state == SchemaState.PUBLIC


def _offsets(table: TableInfo, names: Sequence[str]) -> tuple[int, ...]:
    return tuple(table.columns_by_name[name.lower()].offset for name in names)


def _parent_key(catalog: Catalog, database: str, table: TableInfo, key: ForeignKeyInfo) -> ParentKey:
    parent_database = key.ref_schema or database
    parent = catalog.table(parent_database, key.ref_table)
    offsets = _offsets(table, key.columns)
    if parent is None or any(name.lower() not in parent.columns_by_name for name in key.ref_columns):
        return ParentKey(key, offsets, parent_database, None, None)
    parent_offsets = _offsets(parent, key.ref_columns)
    return ParentKey(key, offsets, parent_database, parent, find_lookup(parent, parent_offsets), parent_offsets)


def _child_keys(catalog: Catalog, database: str, table: TableInfo) -> list[ChildKey]:
    found = []
    for child_database, child_name in catalog.referencing.get((database.lower(), table.name.lower()), ()):
        child = catalog.table(child_database, child_name)
        if child is None:
            continue
        for key in child.foreign_keys:
            target = ((key.ref_schema or child_database).lower(), key.ref_table.lower())
            if target != (database.lower(), table.name.lower()) or not _enforced(key):
                continue
            if any(name.lower() not in table.columns_by_name for name in key.ref_columns):
                continue
            offsets = _offsets(child, key.columns)
            parent_offsets = _offsets(table, key.ref_columns)
            schema = catalog.schema(child_database)
            name = child_database if schema is None else schema.name
            found.append(ChildKey(key, name, child, parent_offsets, offsets, find_lookup(child, offsets)))
    return found


def find_lookup(table: TableInfo, offsets: tuple[int, ...]) -> Lookup | None:
    """The handle or an index whose leading columns are these, in any order; unique ones first."""
    handle = table.handle_column
    if handle is not None and offsets == (handle.offset,):
        return Lookup(None, (0,))
    usable = [index for index in table.indexes if index.state == SchemaState.PUBLIC and not index.mv_index]
    for index in sorted(usable, key=lambda one: (not one.unique, len(one.columns))):
        parts = index.columns[: len(offsets)]
        if len(parts) == len(offsets) and all(part.length < 0 for part in parts):
            if {part.offset for part in parts} == set(offsets):
                return Lookup(index, tuple(offsets.index(part.offset) for part in parts))
    return None


# --- finding rows -----------------------------------------------------------------------------------------------------


async def find_handles(
    context: ExecContext,
    writer: TableWriter,
    lookup: Lookup,
    offsets: Sequence[int],
    values: Sequence[Value],
    limit: int,
) -> list[Handle]:
    """Handles of at most `limit` (0: all) rows whose columns at `offsets` hold `values` (stored form)."""
    table, codec = writer.table, writer.codec
    reads = reads_of(context)
    if lookup.index is None:
        value = values[0]
        assert isinstance(value, int), "an integer handle"
        handle = value if value < 1 << 63 else value - (1 << 64)
        return [handle] if await reads.get(codec.record_key(handle)) is not None else []
    encoders = writer.lookup_encoders.get(lookup.index.id)
    if encoders is None:
        encoders = writer.lookup_encoders[lookup.index.id] = _encoders(table, lookup.index)
    parts = b"".join([encoders[at](values[place]) for at, place in enumerate(lookup.order)])
    if lookup.index is codec.primary:
        prefix = codec.record_prefix + parts
        pairs = await reads.scan(prefix, prefix_next(prefix), limit)
        size = len(codec.record_prefix)
        return [key[size:] for key, _ in pairs]
    prefix = index_prefix(table.id, lookup.index.id) + parts
    pairs = await reads.scan(prefix, prefix_next(prefix), limit)
    count, common = len(lookup.index.columns), table.is_common_handle
    return [entry_handle(key, value, count, common=common) for key, value in pairs]


def _encoders(table: TableInfo, index: IndexInfo | None) -> list[Callable[[Value], bytes]]:
    assert index is not None, "an index lookup has an index"
    return [key_encoder(table.columns[part.offset].type, part.length) for part in index.columns]


# --- the child's side -------------------------------------------------------------------------------------------------


async def check_parents(
    context: ExecContext, writer: TableWriter, keys: ForeignKeys, row: Row, changed: frozenset[int] | None = None
) -> None:
    """Every foreign key of the row has its parent, which stays locked. `changed` limits the check to keys with one of
    these columns. Raises 1452. The row itself is in the buffer already: it may be its own parent."""
    for parent_key in keys.parents:
        if changed is not None and not changed.intersection(parent_key.offsets):
            continue
        values = [row[offset] for offset in parent_key.offsets]
        if None in values:
            continue
        if parent_key.parent is None or parent_key.lookup is None:
            raise _no_parent(writer, parent_key)
        if not await _lock_parent(context, writer, parent_key, values):
            raise _no_parent(writer, parent_key)


async def _lock_parent(context: ExecContext, writer: TableWriter, parent_key: ParentKey, values: list[Value]) -> bool:
    assert parent_key.parent is not None and parent_key.lookup is not None
    parent_writer = writer_of(parent_key.database, parent_key.parent, context)
    wanted = _converted(context, writer, parent_key.offsets, parent_writer, parent_key.parent_offsets, values)
    transaction = writing_transaction(context)
    handles = await find_handles(context, parent_writer, parent_key.lookup, parent_key.parent_offsets, wanted, 1)
    if not handles:
        return False
    key = parent_writer.codec.record_key(handles[0])
    if key not in transaction.buffer and not transaction.is_locked(key, LockMode.SHARED):
        result = await transaction.lock_keys(
            [key], mode=LockMode.SHARED, wait_ms=lock_wait_ms(context), return_values=True
        )
        return result.values.get(key) is not None
    return True


def _converted(
    context: ExecContext,
    source: TableWriter,
    source_offsets: Sequence[int],
    target: TableWriter,
    target_offsets: Sequence[int],
    values: Sequence[Value],
) -> list[Value]:
    """Values of one table's columns as the other table's columns hold them, in stored form."""
    found: list[Value] = [None] * target.width
    for source_offset, target_offset, value in zip(source_offsets, target_offsets, values):
        one, other = source.table.columns[source_offset], target.table.columns[target_offset]
        if one.type.code != other.type.code or one.type.scale != other.type.scale:
            value = assigner(one.type, other)(value, context.evaluation, 1)
        found[target_offset] = value
    stored = target.stored(found, context.evaluation.zone)
    return [stored[offset] for offset in target_offsets]


# --- the parent's side ------------------------------------------------------------------------------------------------


async def after_delete(
    context: ExecContext, writer: TableWriter, keys: ForeignKeys, row: Row, depth: int = 0, updated: TableIds = ()
) -> None:
    """What becomes of the children of a row that was just removed. `updated` are the tables that the chain of actions
    up to here changed rows of. Raises 1451, 3008."""
    for child_key in keys.children:
        values = [row[offset] for offset in child_key.parent_offsets]
        if None in values:
            continue
        action = child_key.key.on_delete
        if action in _RESTRICTING and _refers_to_itself(writer, child_key, row, values):
            raise _has_child(child_key)
        async for child, child_row, handle in _children(
            context, writer, child_key, values, only_one=action in _RESTRICTING
        ):
            if action in _RESTRICTING:
                raise _has_child(child_key)
            if depth >= DEPTH_LIMIT:
                raise SqlError(FK_DEPTH_EXCEEDED, limit=DEPTH_LIMIT)
            if action == ReferenceAction.CASCADE:
                await delete_with_children(context, child, child_row, handle, depth + 1, updated)
            elif child.table.id in updated:
                raise _has_child(child_key)
            else:
                new = child_row.copy()
                for offset in child_key.child_offsets:
                    new[offset] = None
                await _change_child(context, child, child_row, new, handle, depth + 1, updated)


async def after_update(
    context: ExecContext,
    writer: TableWriter,
    keys: ForeignKeys,
    old: Row,
    new: Row,
    depth: int = 0,
    updated: TableIds = (),
) -> None:
    """What becomes of the children of a row whose referenced columns were just changed. Raises 1451, 3008.

    A chain of actions that would change rows of a table that it changed rows of already is refused, as in MySQL: so no
    ON UPDATE action of a table on itself ever finds a row that it may change.
    """
    updated = (*updated, writer.table.id)
    for child_key in keys.children:
        values = [old[offset] for offset in child_key.parent_offsets]
        changed = [new[offset] for offset in child_key.parent_offsets]
        if None in values or values == changed:
            continue
        action = child_key.key.on_update
        if _refers_to_itself(writer, child_key, old, values):
            raise _has_child(child_key)
        async for child, child_row, handle in _children(
            context, writer, child_key, values, only_one=action in _RESTRICTING
        ):
            if action in _RESTRICTING or child.table.id in updated:
                raise _has_child(child_key)
            if depth >= DEPTH_LIMIT:
                raise SqlError(FK_DEPTH_EXCEEDED, limit=DEPTH_LIMIT)
            altered = child_row.copy()
            for place, offset in enumerate(child_key.child_offsets):
                value = None if action == ReferenceAction.SET_NULL else changed[place]
                if value is not None:
                    source = writer.table.columns[child_key.parent_offsets[place]].type
                    value = assigner(source, child.table.columns[offset])(value, context.evaluation, 1)
                altered[offset] = value
            await _change_child(context, child, child_row, altered, handle, depth + 1, updated)


async def _children(
    context: ExecContext, writer: TableWriter, child_key: ChildKey, values: list[Value], *, only_one: bool
) -> AsyncIterator[tuple[TableWriter, Row, Handle]]:
    """(writer, row, handle) of the child rows, locked unless only the existence of one matters."""
    child = writer_of(child_key.database, child_key.child, context)
    wanted = _converted(context, writer, child_key.parent_offsets, child, child_key.child_offsets, values)
    if child_key.lookup is None:
        return
    handles = await find_handles(
        context, child, child_key.lookup, child_key.child_offsets, wanted, 1 if only_one else 0
    )
    if only_one:
        for handle in handles:
            yield child, [], handle
        return
    codec = child.codec
    record_keys = [codec.record_key(handle) for handle in handles]
    await lock(context, record_keys)
    reads = reads_of(context)
    for handle, key in zip(handles, record_keys):
        value = await reads.get(key)
        if value is not None:
            yield child, child.decode(value, handle, context.evaluation), handle


def _refers_to_itself(writer: TableWriter, child_key: ChildKey, row: Row, values: list[Value]) -> bool:
    """The row that goes or changes is its own child: MySQL meets its entry in the child's index before it is gone."""
    return child_key.child.id == writer.table.id and [row[offset] for offset in child_key.child_offsets] == values


async def delete_with_children(
    context: ExecContext, writer: TableWriter, row: Row, handle: Handle, depth: int = 0, updated: TableIds = ()
) -> None:
    """Removes a row and then looks after its children."""
    keys = keys_of(context, writer)
    await remove_row(context, writer, row, handle)
    if keys is not None and keys.children:
        await after_delete(context, writer, keys, row, depth, updated)


async def _change_child(
    context: ExecContext, writer: TableWriter, old: Row, new: Row, handle: Handle, depth: int, updated: TableIds
) -> None:
    changed = frozenset(offset for offset in range(writer.width) if new[offset] != old[offset])
    writer.regenerate(new, context.evaluation, 1, changed)
    await change_row(context, writer, old, new, handle)
    keys = keys_of(context, writer)
    if keys is not None and keys.children:
        await after_update(context, writer, keys, old, new, depth, updated)


# --- errors -----------------------------------------------------------------------------------------------------------


def _no_parent(writer: TableWriter, parent_key: ParentKey) -> SqlError:
    return SqlError(NO_REFERENCED_ROW_2, constraint=_described(writer.database, writer.table, parent_key.key))


def _has_child(child_key: ChildKey) -> SqlError:
    return SqlError(ROW_IS_REFERENCED_2, constraint=_described(child_key.database, child_key.child, child_key.key))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _described(database: str, child: TableInfo, key: ForeignKeyInfo) -> str:
    """The constraint as MySQL's messages print it."""
    parent = _quoted(key.ref_table)
    if key.ref_schema and key.ref_schema.lower() != database.lower():
        parent = f"{_quoted(key.ref_schema)}.{parent}"
    text = (
        f"{_quoted(database)}.{_quoted(child.name)}, CONSTRAINT {_quoted(key.name)} FOREIGN KEY "
        f"({', '.join(map(_quoted, key.columns))}) REFERENCES {parent} ({', '.join(map(_quoted, key.ref_columns))})"
    )
    for event, action in (("DELETE", key.on_delete), ("UPDATE", key.on_update)):
        if action != ReferenceAction.NO_OPTION:
            text += f" ON {event} {_ACTION_TEXTS[action]}"
    return text
