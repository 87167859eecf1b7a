"""Draft: a table while the actions of an ALTER TABLE are worked into it. Pure.

Actions name columns and keys as they are before the statement, except positions (`AFTER c`), which see columns that the
same statement adds. So the draft works in phases: drops, changes of what is there, additions; `finish` then gives ids
and offsets, resolves new keys and foreign keys, and says what the rows need (`AlterPlan`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planner.parse.entry import parse_expression
from planner.parse.expression_text import column_names
from planner.parse.nodes_common import TableName
from planner.parse.nodes_ddl import CheckDef, ColumnDef, ForeignKeyDef, KeyDef
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    CANT_DROP_FIELD_OR_KEY,
    CANT_REMOVE_ALL_FIELDS,
    DEPENDENT_BY_CHECK_CONSTRAINT,
    DEPENDENT_BY_DEFAULT_GENERATED_VALUE,
    DEPENDENT_BY_FUNCTIONAL_INDEX,
    DEPENDENT_BY_GENERATED_COLUMN,
    DUP_FIELDNAME,
    FK_COLUMN_CANNOT_DROP,
    FK_COLUMN_CANNOT_DROP_CHILD,
    ErrorRow,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, ConstraintInfo, ForeignKeyInfo, IndexInfo, TableInfo
from sqlnode.ddl.expression_keys import is_key_expression
from sqlnode.ddl.table_options import Options
from sqlnode.ddl.tables import Found


@dataclass(slots=True)
class Slot:
    """A column of the draft: its definition now, the stored column that it continues (None: it is new), and the
    definition in the statement, if there is one."""

    info: ColumnInfo
    source: ColumnInfo | None = None
    definition: ColumnDef | None = None


@dataclass(slots=True)
class Draft:
    """See the module. Names inside `indexes`, `foreign_keys` and `constraints` are those of the new columns."""

    found: Found
    children: list[tuple[Found, ForeignKeyInfo]]
    """Foreign keys of other tables that point here."""
    slots: list[Slot] = field(default_factory=list)
    indexes: list[IndexInfo] = field(default_factory=list)
    foreign_keys: list[ForeignKeyInfo] = field(default_factory=list)
    constraints: list[ConstraintInfo] = field(default_factory=list)
    handle: str | None = None
    """Name of the column that is the integer handle."""
    primary_changed: bool = False
    changed_indexes: set[int] = field(default_factory=set)
    """Ids of indexes that lost a column: their entries are made anew."""
    new_keys: list[KeyDef] = field(default_factory=list)
    new_foreign_keys: list[ForeignKeyDef] = field(default_factory=list)
    new_checks: list[CheckDef] = field(default_factory=list)
    enforced_checks: list[str] = field(default_factory=list)
    options: Options = field(default_factory=Options)
    converted: bool = False
    rename_to: TableName | None = None
    algorithm: str = "DEFAULT"
    lock: str = "DEFAULT"
    renamed: dict[str, str] = field(default_factory=dict)
    """Old column name in lower case → new name."""
    dropped_foreign_keys: set[str] = field(default_factory=set)
    changed_columns: set[str] = field(default_factory=set)
    """Old names, in lower case, of columns that an action has changed."""

    @property
    def table(self) -> TableInfo:
        """The table as it is."""
        return self.found.table

    def slot(self, name: str) -> Slot:
        """The column that had this name before the statement. Raises 1054."""
        lower = name.lower()
        for slot in self.slots:
            if slot.source is not None and slot.source.name.lower() == lower:
                return slot
        raise SqlError(BAD_FIELD_ERROR, column=name, clause=self.table.name)

    def changing(self, name: str) -> Slot:
        """The column, for the one action of the statement that may change it: to a second one it is unknown, as in MySQL.
        Raises 1054."""
        slot = self.slot(name)
        if name.lower() in self.changed_columns:
            raise SqlError(BAD_FIELD_ERROR, column=name, clause=self.table.name)
        self.changed_columns.add(name.lower())
        return slot

    def place_of(self, name: str) -> int:
        """Where the column with this name stands now. Raises 1054."""
        for place, slot in enumerate(self.slots):
            if slot.info.name.lower() == name.lower():
                return place
        raise SqlError(BAD_FIELD_ERROR, column=name, clause=self.table.name)

    def index(self, name: str) -> IndexInfo | None:
        """The index of this name, the primary one aside."""
        return next((i for i in self.indexes if i.name.lower() == name.lower() and not i.primary), None)

    @property
    def primary_names(self) -> list[str]:
        """The columns of the primary key, in order."""
        if self.handle is not None:
            return [self.handle]
        primary = next((index for index in self.indexes if index.primary), None)
        return [] if primary is None else [part.name for part in primary.columns]


def draft_of(found: Found, children: list[tuple[Found, ForeignKeyInfo]]) -> Draft:
    """The table as it is."""
    table = found.table
    handle = table.handle_column
    return Draft(
        found,
        children,
        slots=[Slot(column, column) for column in table.columns],
        indexes=list(table.indexes),
        foreign_keys=list(table.foreign_keys),
        constraints=list(table.constraints),
        handle=None if handle is None else handle.name,
    )


# Drops


def drop_columns(draft: Draft, names: Sequence[str]) -> None:
    """Removes columns together, so that columns that depend on each other can go. Raises 1091, 1090, 3108, 3959, 1828,
    1829."""
    going: set[str] = set()
    for name in names:
        if name.lower() in going or all(slot.info.name.lower() != name.lower() for slot in draft.slots):
            raise SqlError(CANT_DROP_FIELD_OR_KEY, name=name)
        going.add(name.lower())
    if len(going) >= len([slot for slot in draft.slots if not is_key_expression(slot.info)]):
        raise SqlError(CANT_REMOVE_ALL_FIELDS)
    for name in names:
        _refuse_dependents(draft, name, going)
    draft.constraints = [check for check in draft.constraints if not going & {name.lower() for name in check.columns}]
    draft.slots = [slot for slot in draft.slots if slot.info.name.lower() not in going]
    kept: list[IndexInfo] = []
    for index in draft.indexes:
        parts = tuple(part for part in index.columns if part.name.lower() not in going)
        if len(parts) == len(index.columns):
            kept.append(index)
            continue
        if index.primary:
            draft.primary_changed = True
        if parts:
            draft.changed_indexes.add(index.id)
            kept.append(replace(index, columns=parts))
    draft.indexes = kept
    if draft.handle is not None and draft.handle.lower() in going:
        draft.handle = None
        draft.primary_changed = True


def _refuse_dependents(draft: Draft, name: str, going: set[str]) -> None:
    lower = name.lower()
    for slot in draft.slots:
        if slot.info.name.lower() not in going and lower in (slot.info.dependences or ()):
            raise SqlError(_dependence(slot.info), column=name)
    _refuse_default(draft, name, going)
    for check in draft.constraints:
        used = {column.lower() for column in check.columns}
        if lower in used and not used <= going:
            raise SqlError(DEPENDENT_BY_CHECK_CONSTRAINT, name=check.name, column=name)
    for key in draft.foreign_keys:
        if lower in (column.lower() for column in key.columns):
            raise SqlError(FK_COLUMN_CANNOT_DROP, column=name, constraint=key.name)
    for child, key in draft.children:
        if lower in (column.lower() for column in key.ref_columns):
            raise SqlError(FK_COLUMN_CANNOT_DROP_CHILD, column=name, constraint=key.name, table=child.table.name)


def _dependence(column: ColumnInfo) -> ErrorRow:
    """The error for a column that a generated column, or the expression of a key, reads."""
    return DEPENDENT_BY_FUNCTIONAL_INDEX if is_key_expression(column) else DEPENDENT_BY_GENERATED_COLUMN


def _refuse_default(draft: Draft, name: str, going: set[str]) -> None:
    """Raises 3837 when the default of a column that stays reads the column."""
    for slot in draft.slots:
        info = slot.info
        if not info.default_is_expr or info.default is None or info.name.lower() in going:
            continue
        if name.lower() in column_names(parse_expression(info.default, 0)):
            raise SqlError(DEPENDENT_BY_DEFAULT_GENERATED_VALUE, column=name, table=draft.table.name)


# Changes


def rename_column(draft: Draft, slot: Slot, new_name: str) -> None:
    """Gives the column another name everywhere inside the table. Raises 3108, 3959."""
    old = slot.info.name
    if old == new_name:
        return
    if old.lower() != new_name.lower():
        for other in draft.slots:
            if old.lower() in (other.info.dependences or ()):
                raise SqlError(_dependence(other.info), column=old)
        for check in draft.constraints:
            if old.lower() in (column.lower() for column in check.columns):
                raise SqlError(DEPENDENT_BY_CHECK_CONSTRAINT, name=check.name, column=old)
        _refuse_default(draft, old, set())
    draft.renamed[old.lower()] = new_name
    slot.info = replace(slot.info, name=new_name)


def apply_renames(draft: Draft) -> None:
    """Brings the new names into keys and foreign keys, all at once (two columns may swap names). Raises 1060."""
    names = [slot.info.name.lower() for slot in draft.slots]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise SqlError(DUP_FIELDNAME, column=draft.slots[place].info.name)
    if not draft.renamed:
        return
    new = draft.renamed
    draft.indexes = [
        replace(
            index,
            columns=tuple(replace(part, name=new.get(part.name.lower(), part.name)) for part in index.columns),
        )
        for index in draft.indexes
    ]
    draft.foreign_keys = [
        replace(
            key,
            columns=tuple(new.get(name.lower(), name) for name in key.columns),
            ref_columns=tuple(new.get(n.lower(), n) for n in key.ref_columns)
            if _is_own(draft, key)
            else key.ref_columns,
        )
        for key in draft.foreign_keys
    ]
    draft.constraints = [
        replace(check, columns=tuple(new.get(name.lower(), name) for name in check.columns))
        for check in draft.constraints
    ]
    if draft.handle is not None:
        draft.handle = new.get(draft.handle.lower(), draft.handle)


def _is_own(draft: Draft, key: ForeignKeyInfo) -> bool:
    """Whether the table refers to itself."""
    own = (draft.found.schema.name.lower(), draft.table.name.lower())
    return ((key.ref_schema or own[0]).lower(), key.ref_table.lower()) == own


def move_slot(draft: Draft, slot: Slot, *, first: bool, after: str | None) -> None:
    """FIRST, or AFTER a column. Raises 1054."""
    if not first and after is None:
        return
    draft.slots.remove(slot)
    place = 0 if first or after is None else draft.place_of(after) + 1
    draft.slots.insert(place, slot)


def add_slot(draft: Draft, slot: Slot, *, first: bool, after: str | None) -> None:
    """A new column at its place. Raises 1060, 1054."""
    if any(other.info.name.lower() == slot.info.name.lower() for other in draft.slots):
        raise SqlError(DUP_FIELDNAME, column=slot.info.name)
    hidden = [place for place, other in enumerate(draft.slots) if is_key_expression(other.info)]
    end = hidden[0] if hidden else len(draft.slots)
    place = 0 if first else end if after is None else draft.place_of(after) + 1
    draft.slots.insert(place, slot)
