"""From a finished `Draft` to the new TableInfo, and to what the stored rows need for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planner.context import SqlMode
from planner.parse.nodes_ddl import KeyDef, KeyPart
from sqlnode.base.errors import (
    DROP_INDEX_FK,
    FK_COLUMN_CANNOT_CHANGE,
    FK_COLUMN_CANNOT_CHANGE_CHILD,
    MULTIPLE_PRI_KEY,
    PRIMARY_CANT_HAVE_NULL,
    TABLE_CANT_BE_WITHOUT_VISIBLE_COLUMN,
    SqlError,
)
from sqlnode.base.schema import (
    ColumnInfo,
    ConstraintInfo,
    ForeignKeyInfo,
    IndexColumn,
    IndexInfo,
    TableInfo,
)
from sqlnode.base.types import Flag, TypeCode
from sqlnode.ddl.build_checks import build_checks, check_generated_order
from sqlnode.ddl.build_column import check_row_size
from sqlnode.ddl.build_foreign_keys import (
    ForeignKey,
    check_parent,
    compatible,
    has_leading_key,
    implicit_indexes,
    resolve_foreign_keys,
)
from sqlnode.ddl.build_keys import (
    PRIMARY_USING,
    Key,
    carried_parts,
    free_name,
    resolve_keys,
    warn_duplicates,
    with_key_flags,
)
from sqlnode.ddl.build_table import (
    GENERATED_KEY,
    Surroundings,
    check_auto_increment,
    check_expression_defaults,
    is_clustered,
    is_integer_handle,
    refuse_null_primary,
)
from sqlnode.ddl.building import Building
from sqlnode.ddl.column_change import needs_copy, type_needs_copy
from sqlnode.ddl.defaults import NOW, implicit_default
from sqlnode.ddl.draft import Draft, Slot
from sqlnode.ddl.expression_keys import expression_columns, is_key_expression
from sqlnode.ddl.table_options import shown_options, with_shown


@dataclass(slots=True)
class AlterPlan:
    """`final` is the table under its old name; with `copy` its ids are those of a new table (id 0 still).

    `sources` says, by offset of the new columns, which old column each continues. New indexes are filled from the rows
    unless they are copied anyway; `checks` and `foreign_keys` are to be held against the rows that exist.
    """

    final: TableInfo
    copy: bool
    reason: str = ""
    counted: bool = False
    """MySQL copies too (ALGORITHM=COPY): the rows count as affected, and INPLACE or LOCK=NONE are refused."""
    sources: list[ColumnInfo | None] = field(default_factory=list)
    new_indexes: list[int] = field(default_factory=list)
    dropped_indexes: list[int] = field(default_factory=list)
    checks: list[ConstraintInfo] = field(default_factory=list)
    foreign_keys: list[ForeignKeyInfo] = field(default_factory=list)
    columns_changed: bool = False


def finish(draft: Draft, building: Building, around: Surroundings) -> AlterPlan:
    """Raises SqlError for what the table as a whole has wrong."""
    table = draft.table
    _expression_slots(draft, building, around)
    slots = draft.slots
    if all(slot.info.hidden for slot in slots):
        raise SqlError(TABLE_CANT_BE_WITHOUT_VISIBLE_COLUMN)
    columns = _numbered(slots, table.max_column_id)
    check_generated_order(columns)
    check_expression_defaults([slot.definition for slot in slots if slot.definition is not None], columns)
    _outgrown_handle(draft, columns)
    keys = _new_keys(draft, columns, building)
    primary = next((key for key in keys if key.primary), None)
    if primary is not None:
        draft.primary_changed = True
        refuse_null_primary([primary], [slot.definition for slot in slots if slot.definition is not None])
        _refuse_nullable(primary, columns)
    foreign_keys = _new_foreign_keys(draft, columns, around)
    indexes = _indexes(draft, columns, keys, foreign_keys)
    handle, primary_parts, indexes = _primary(draft, columns, primary, indexes, building)
    columns = with_key_flags(columns, indexes, primary_parts)
    check_auto_increment(columns, indexes, handle)
    constraints = _constraints(draft, columns, building, around)
    final = _table(draft, columns, indexes, foreign_keys, constraints, building, handle is not None)
    final = replace(final, is_common_handle=_is_common(draft, final, primary, building, handle))
    final = replace(final, common_handle_version=1 if final.is_common_handle else 0)
    if draft.primary_changed and (primary is not None or PRIMARY_USING in shown_options(final.extra)):
        using = primary.definition.using if primary is not None and handle is not None else None
        final = replace(final, extra=with_shown(final.extra, {PRIMARY_USING: "BTREE" if using == "BTREE" else ""}))
    check_row_size(final.columns)
    _check_foreign_keys(draft, final, foreign_keys, around)
    return _plan(draft, final, constraints, foreign_keys, building, around)


def _expression_slots(draft: Draft, building: Building, around: Surroundings) -> None:
    """Hidden columns of new keys come, those of dropped keys go."""
    used = {part.name.lower() for index in draft.indexes for part in index.columns}
    draft.slots = [slot for slot in draft.slots if not is_key_expression(slot.info) or slot.info.name.lower() in used]
    columns = [slot.info for slot in draft.slots]
    draft.new_keys, hidden = expression_columns(
        around.database, draft.table.name, draft.new_keys, columns, _taken_names(draft), building
    )
    draft.slots += [Slot(column) for column in hidden]


def _taken_names(draft: Draft) -> list[str]:
    """Names that new keys cannot have. An index that only a foreign key needed gives its name to one that replaces it."""
    taken: list[str] = []
    for index in draft.indexes:
        names = [part.name.lower() for part in index.columns]
        replaced = index.extra.get(GENERATED_KEY) and any(
            [(p.column or "").lower() for p in key.parts[: len(names)] if not p.descending] == names
            for key in draft.new_keys
        )
        if not index.primary and not replaced:
            taken.append(index.name)
    return taken


def _numbered(slots: Sequence[Slot], used: int) -> tuple[ColumnInfo, ...]:
    """Columns with offsets in their order, and ids for the new ones."""
    columns = []
    for place, slot in enumerate(slots):
        column = replace(slot.info, offset=place)
        if slot.source is None:
            used += 1
            column = _with_origin(replace(column, id=used))
        columns.append(column)
    return tuple(columns)


def _with_origin(column: ColumnInfo) -> ColumnInfo:
    """What rows that are older than the column have in it: its literal default, or the type's zero when it cannot be
    NULL."""
    if column.is_generated or column.default_is_expr or column.type.flags & Flag.AUTO_INCREMENT:
        return column
    if column.default is not None or column.default_bit is not None:
        return column if column.default == NOW else replace(
            column, origin_default=column.default, origin_default_bit=column.default_bit
        )  # fmt: skip
    if not column.type.not_null or column.type.code == TypeCode.JSON:
        return column
    if column.type.code == TypeCode.BIT:
        data = bytes((column.type.length + 7) // 8)
        return replace(column, origin_default=data.decode("utf-8", "replace"), origin_default_bit=data)
    return replace(column, origin_default=implicit_default(column.type))


def _outgrown_handle(draft: Draft, columns: Sequence[ColumnInfo]) -> None:
    """A primary key that is no integer any more is not the row's handle: it becomes a clustered key of its own."""
    name = draft.handle
    if name is None or next(column for column in columns if column.name.lower() == name.lower()).type.is_integer:
        return
    draft.handle = None
    draft.new_keys = [KeyDef("PRIMARY", (KeyPart(name),), clustered=True), *draft.new_keys]


def _new_keys(draft: Draft, columns: tuple[ColumnInfo, ...], building: Building) -> list[Key]:
    keys = resolve_keys(draft.new_keys, columns, _taken_names(draft))
    warn_duplicates(keys, draft.indexes, draft.found.schema.name, draft.table.name, building)
    if any(key.primary for key in keys) and draft.primary_names:
        raise SqlError(MULTIPLE_PRI_KEY)
    return keys


def _refuse_nullable(primary: Key, columns: Sequence[ColumnInfo]) -> None:
    """A column that was left with an explicit DEFAULT NULL cannot be in a primary key; one that may be NULL becomes
    NOT NULL."""
    for part in primary.parts:
        column = columns[part.offset]
        if column.is_virtual:
            raise SqlError(PRIMARY_CANT_HAVE_NULL)


def _new_foreign_keys(draft: Draft, columns: Sequence[ColumnInfo], around: Surroundings) -> list[ForeignKey]:
    own = [key.name for key in draft.foreign_keys] + list(draft.dropped_foreign_keys)
    taken = around.foreign_key_names
    definitions = draft.new_foreign_keys
    kept = [key.name for key in draft.foreign_keys]
    return resolve_foreign_keys(
        around.database, draft.table.name, definitions, columns, own_names=kept if definitions else own, taken=taken
    )


def _indexes(
    draft: Draft, columns: Sequence[ColumnInfo], keys: Sequence[Key], foreign_keys: Sequence[ForeignKey]
) -> list[IndexInfo]:
    """Kept indexes with the new offsets, then the new ones; an index that only a foreign key needed gives way."""
    places = {column.name.lower(): column.offset for column in columns}
    used = draft.table.max_index_id
    found: list[IndexInfo] = []
    for index in draft.indexes:
        parts = tuple(
            replace(part, offset=places[part.name.lower()], name=columns[places[part.name.lower()]].name)
            for part in index.columns
        )
        parts = carried_parts(parts, columns)
        if index.id in draft.changed_indexes:
            used += 1
            index = replace(index, id=used)
        found.append(replace(index, columns=parts))
    explicit = []
    for key in keys:
        if key.primary:
            continue
        used += 1
        explicit.append(key.index(used))
    for index in [index for index in found if index.extra.get(GENERATED_KEY)]:
        names = [part.name.lower() for part in index.columns]
        if any([p.name.lower() for p in new.columns[: len(names)] if not p.descending] == names for new in explicit):
            found.remove(index)
    found += explicit
    for missing in implicit_indexes(foreign_keys, found, draft.handle):
        assert missing.name is not None, "a foreign key names its index"
        name = free_name(missing.name, {index.name.lower() for index in found})
        made = resolve_keys([replace(missing, name=name)], columns, [index.name for index in found])[0]
        used += 1
        found.append(replace(made.index(used), extra={GENERATED_KEY: True}))
    return found


def _primary(
    draft: Draft,
    columns: Sequence[ColumnInfo],
    primary: Key | None,
    indexes: list[IndexInfo],
    building: Building,
) -> tuple[str | None, tuple[IndexColumn, ...], list[IndexInfo]]:
    """(handle column, key parts, indexes with the primary one)."""
    if primary is None:
        if draft.handle is not None:
            offset = next(column.offset for column in columns if column.name.lower() == draft.handle.lower())
            return draft.handle, (IndexColumn(columns[offset].name, offset),), indexes
        kept = next((index for index in indexes if index.primary), None)
        return None, () if kept is None else kept.columns, indexes
    if is_clustered(primary, columns, building) and is_integer_handle(primary.parts, columns):
        return primary.parts[0].name, primary.parts, indexes
    number = max([draft.table.max_index_id, *(index.id for index in indexes)]) + 1
    return None, primary.parts, [primary.index(number), *indexes]


def _is_common(draft: Draft, final: TableInfo, primary: Key | None, building: Building, handle: str | None) -> bool:
    if handle is not None or final.primary_index is None:
        return False
    if primary is None:
        return draft.table.is_common_handle
    return is_clustered(primary, final.columns, building)


def _constraints(
    draft: Draft, columns: Sequence[ColumnInfo], building: Building, around: Surroundings
) -> tuple[ConstraintInfo, ...]:
    taken = {*around.check_names, *(check.name.lower() for check in draft.constraints)}
    new = build_checks(
        draft.table.name, draft.new_checks, columns, building, first_id=draft.table.max_constraint_id + 1, taken=taken
    )
    return (*draft.constraints, *new)


def _table(
    draft: Draft,
    columns: tuple[ColumnInfo, ...],
    indexes: list[IndexInfo],
    foreign_keys: list[ForeignKey],
    constraints: tuple[ConstraintInfo, ...],
    building: Building,
    handle: bool,
) -> TableInfo:
    table, options = draft.table, draft.options
    first = table.max_foreign_key_id + 1
    new_keys = tuple(key.info(first + place) for place, key in enumerate(foreign_keys))
    counting = any(column.type.flags & Flag.AUTO_INCREMENT for column in columns)
    cache = table.auto_id_cache
    if options.auto_id_cache is not None:
        cache = options.auto_id_cache
    elif counting and table.auto_increment_column is None:
        cache = building.auto_id_cache
    return replace(
        table,
        charset=building.charset.charset,
        collation=building.charset.collation,
        columns=columns,
        indexes=tuple(indexes),
        foreign_keys=(*draft.foreign_keys, *new_keys),
        constraints=constraints,
        pk_is_handle=handle,
        comment=table.comment if options.comment is None else options.comment,
        auto_id_cache=cache,
        max_column_id=max([table.max_column_id, *(column.id for column in columns)]),
        max_index_id=max([table.max_index_id, *(index.id for index in indexes)]),
        max_foreign_key_id=table.max_foreign_key_id + len(new_keys),
        max_constraint_id=max([table.max_constraint_id, *(check.id for check in constraints)]),
        revision=table.revision + 1,
        extra=with_shown(table.extra, options.shown),
    )


def _check_foreign_keys(draft: Draft, final: TableInfo, new: Sequence[ForeignKey], around: Surroundings) -> None:
    """New keys fit their parents; old ones still have their index and fitting columns on both sides."""
    for key in new:
        check_parent(around.catalog, around.database, final, key, checks=around.foreign_key_checks)
    old_columns = {column.name.lower(): column for column in draft.table.columns}
    new_columns = final.columns_by_name
    renamed = {new_name.lower(): old for old, new_name in draft.renamed.items()}
    for own in draft.foreign_keys:
        if not has_leading_key(final, own.columns):
            raise SqlError(DROP_INDEX_FK, index=_lost_index(draft, final, own.columns))
        for name in own.columns:
            old, column = old_columns[renamed.get(name.lower(), name.lower())], new_columns[name.lower()]
            if around.foreign_key_checks and not compatible(old.type, column.type):
                raise SqlError(FK_COLUMN_CANNOT_CHANGE, column=old.name, constraint=own.name)
    for child, other in draft.children:
        if child.table.id == draft.table.id:
            continue
        names = tuple(draft.renamed.get(name.lower(), name) for name in other.ref_columns)
        if around.foreign_key_checks and not has_leading_key(final, names):
            raise SqlError(DROP_INDEX_FK, index=_lost_index(draft, final, names))
        for old_name, name in zip(other.ref_columns, names, strict=True):
            old, changed = old_columns[old_name.lower()], new_columns.get(name.lower())
            if around.foreign_key_checks and (changed is None or not compatible(old.type, changed.type)):
                raise SqlError(
                    FK_COLUMN_CANNOT_CHANGE_CHILD, column=old.name, constraint=other.name, table=child.table.name
                )


def _lost_index(draft: Draft, final: TableInfo, columns: Sequence[str]) -> str:
    """The name of the dropped index that led with these columns."""
    kept = {index.name.lower() for index in final.indexes}
    for index in draft.table.indexes:
        if index.name.lower() not in kept and [part.name.lower() for part in index.columns[: len(columns)]] == [
            name.lower() for name in columns
        ]:
            return index.name
    return "PRIMARY"


def _plan(
    draft: Draft,
    final: TableInfo,
    constraints: tuple[ConstraintInfo, ...],
    foreign_keys: Sequence[ForeignKey],
    building: Building,
    around: Surroundings,
) -> AlterPlan:
    table = draft.table
    old_ids = {index.id for index in table.indexes}
    new_ids = {index.id for index in final.indexes}
    reason = _copy_reason(draft, final, building)
    counted = reason == TYPE_CHANGED or (draft.primary_changed and not _has_primary(final))
    new_checks = {check.id for check in table.constraints}
    to_check = [
        check
        for check in constraints
        if check.enforced and (check.id not in new_checks or check.name in draft.enforced_checks)
    ]
    names = {key.name for key in foreign_keys}
    to_look_up = [key for key in final.foreign_keys if key.name in names] if around.foreign_key_checks else []
    return AlterPlan(
        final=renumbered(final) if reason else final,
        copy=bool(reason),
        reason=reason,
        counted=counted,
        sources=[slot.source for slot in draft.slots],
        new_indexes=sorted(new_ids - old_ids),
        dropped_indexes=sorted(old_ids - new_ids),
        checks=to_check,
        foreign_keys=to_look_up,
        columns_changed=[_place(c) for c in table.columns] != [_place(c) for c in final.columns],
    )


def _place(column: ColumnInfo) -> tuple[object, ...]:
    """What writers of two versions must agree on."""
    stored = column.type.with_flags(remove=Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY | Flag.NO_DEFAULT_VALUE)
    return column.id, column.offset, column.name.lower(), stored, column.generated_expr


TYPE_CHANGED = "Cannot change column type INPLACE"
PRIMARY_DROPPED = "Dropping a primary key is not allowed without also adding a new primary key"
OTHER_COPY = "the rows are written again"


def _has_primary(table: TableInfo) -> bool:
    return table.pk_is_handle or table.primary_index is not None


def _copy_reason(draft: Draft, final: TableInfo, building: Building) -> str:
    """Why the rows must be copied, in the words of error 1846; empty when they need not be."""
    keyed = {part.name.lower() for index in draft.indexes for part in index.columns}
    if draft.handle is not None:
        keyed.add(draft.handle.lower())
    reason = PRIMARY_DROPPED if draft.primary_changed else ""
    for slot in draft.slots:
        column = next(column for column in final.columns if column.name.lower() == slot.info.name.lower())
        if slot.source is None:
            if _addition_needs_copy(column, building):
                reason = reason or OTHER_COPY
        elif needs_copy(slot.source, column, in_key=column.name.lower() in keyed):
            if type_needs_copy(slot.source.type, column.type, in_key=column.name.lower() in keyed):
                return TYPE_CHANGED
            reason = reason or OTHER_COPY
    return reason


def _addition_needs_copy(column: ColumnInfo, building: Building) -> bool:
    """Whether rows that lack the column cannot be read as if they had it."""
    if column.is_generated:
        return column.generated_stored
    if column.default_is_expr or column.default == NOW or column.type.flags & Flag.AUTO_INCREMENT:
        return True
    if column.type.code == TypeCode.JSON:
        return column.type.not_null
    zero_date = column.type.is_temporal and (column.origin_default or "").startswith("0000-00-00")
    refused = SqlMode.NO_ZERO_DATE if building.strict else 0
    return zero_date and column.default is None and bool(building.sql_mode & refused)


def renumbered(table: TableInfo) -> TableInfo:
    """The table as if it were created so: column and index ids from 1, no memory of older rows."""
    columns = tuple(
        replace(column, id=place, origin_default=None, origin_default_bit=None)
        for place, column in enumerate(table.columns, start=1)
    )
    indexes = tuple(replace(index, id=place) for place, index in enumerate(table.indexes, start=1))
    return replace(table, columns=columns, indexes=indexes, max_column_id=len(columns), max_index_id=len(indexes))
