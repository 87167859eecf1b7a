"""The actions of ALTER TABLE, worked into a `Draft` one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.parse.nodes_ddl import (
    AddCheck,
    AddColumn,
    AddForeignKey,
    AddKey,
    AlterAction,
    AlterCheck,
    AlterColumnDefault,
    AlterColumnVisibility,
    AlterIndexVisibility,
    AlterOption,
    ChangeColumn,
    ColumnDef,
    ConvertCharset,
    DropCheck,
    DropColumn,
    DropConstraint,
    DropForeignKey,
    DropKey,
    DropPrimaryKey,
    EnableKeys,
    ForceRebuild,
    KeyDef,
    KeyPart,
    ModifyColumn,
    OrderRows,
    RenameColumn,
    RenameIndex,
    RenameTo,
    SetTableOptions,
    UnsupportedAction,
)
from sqlnode.base.errors import (
    CANT_DROP_FIELD_OR_KEY,
    CHECK_CONSTRAINT_NOT_FOUND,
    CONSTRAINT_NOT_FOUND,
    DUP_FIELDNAME,
    DUP_KEYNAME,
    KEY_DOES_NOT_EXIST,
    NOT_SUPPORTED_YET,
    PK_INDEX_CANT_BE_INVISIBLE,
    PRIMARY_CANT_HAVE_NULL,
    UNSUPPORTED_ON_GENERATED_COLUMN,
    WRONG_NAME_FOR_INDEX,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.build_checks import with_generated
from sqlnode.ddl.build_column import build_column, check_name
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair, max_character_bytes
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.defaults import with_default
from sqlnode.ddl.draft import Draft, Slot, add_slot, apply_renames, drop_columns, move_slot, rename_column
from sqlnode.ddl.table_options import read_table_options

_DROPS = (DropColumn, DropKey, DropPrimaryKey, DropForeignKey, DropCheck, DropConstraint)
_BLOBS = (
    (TypeCode.TINY_BLOB, 255),
    (TypeCode.BLOB, 65535),
    (TypeCode.MEDIUM_BLOB, 16777215),
    (TypeCode.LONG_BLOB, 4294967295),
)


def apply_actions(draft: Draft, actions: Sequence[AlterAction], building: Building, context: DdlContext) -> None:
    """All actions in the order of the phases. Raises SqlError."""
    _drop_all(draft, [action for action in actions if isinstance(action, _DROPS)], context)
    for action in actions:
        _options_first(draft, action, context)
    moves: list[tuple[Slot, bool, str | None]] = []
    for action in actions:
        _change(draft, action, building, moves, context)
    apply_renames(draft)
    for action in actions:
        if isinstance(action, AddColumn):
            _add_column(draft, action, building, context)
    for slot, first, after in moves:
        move_slot(draft, slot, first=first, after=after)
    for action in actions:
        _add(draft, action, context)


# Drops


def _drop_all(draft: Draft, actions: Sequence[AlterAction], context: DdlContext) -> None:
    for action in actions:
        match action:
            case DropPrimaryKey():
                _drop_primary(draft)
            case DropKey(name=name, if_exists=exists):
                _drop_key(draft, name, exists, context)
            case DropForeignKey(name=name, if_exists=exists):
                if not _drop_foreign_key(draft, name):
                    _missing(name, exists, context)
            case DropCheck(name=name):
                if not _drop_check(draft, name):
                    raise SqlError(CHECK_CONSTRAINT_NOT_FOUND, name=name)
            case DropConstraint(name=name, if_exists=exists):
                _drop_constraint(draft, name, exists, context)
    names: list[str] = []
    for action in actions:
        if isinstance(action, DropColumn):
            if action.if_exists and all(slot.info.name.lower() != action.name.lower() for slot in draft.slots):
                _missing(action.name, True, context)
            else:
                names.append(action.name)
    if names:
        drop_columns(draft, names)


def _missing(name: str, exists: bool, context: DdlContext) -> None:
    if not exists:
        raise SqlError(CANT_DROP_FIELD_OR_KEY, name=name)
    context.note(CANT_DROP_FIELD_OR_KEY.code, CANT_DROP_FIELD_OR_KEY.template.format(name=name))


def _drop_primary(draft: Draft) -> None:
    if not draft.primary_names:
        raise SqlError(CANT_DROP_FIELD_OR_KEY, name="PRIMARY")
    draft.indexes = [index for index in draft.indexes if not index.primary]
    draft.handle = None
    draft.primary_changed = True


def _drop_key(draft: Draft, name: str, exists: bool, context: DdlContext) -> None:
    if name.lower() == "primary":
        _drop_primary(draft)
        return
    index = draft.index(name)
    if index is None:
        _missing(name, exists, context)
        return
    draft.indexes.remove(index)


def _drop_foreign_key(draft: Draft, name: str) -> bool:
    kept = [key for key in draft.foreign_keys if key.name.lower() != name.lower()]
    found = len(kept) < len(draft.foreign_keys)
    if found:
        draft.dropped_foreign_keys.add(name.lower())
    draft.foreign_keys = kept
    return found


def _drop_check(draft: Draft, name: str) -> bool:
    kept = [check for check in draft.constraints if check.name.lower() != name.lower()]
    found = len(kept) < len(draft.constraints)
    draft.constraints = kept
    return found


def _drop_constraint(draft: Draft, name: str, exists: bool, context: DdlContext) -> None:
    """Whichever has the name: primary key, check, foreign key, unique key."""
    if name.lower() == "primary" and draft.primary_names:
        _drop_primary(draft)
        return
    index = draft.index(name)
    if index is not None and index.unique:
        draft.indexes.remove(index)
    elif not (_drop_foreign_key(draft, name) or _drop_check(draft, name)):
        if not exists:
            raise SqlError(CONSTRAINT_NOT_FOUND, name=name)
        context.note(CONSTRAINT_NOT_FOUND.code, CONSTRAINT_NOT_FOUND.template.format(name=name))


# Options


def _options_first(draft: Draft, action: AlterAction, context: DdlContext) -> None:
    """What must be known before columns are built: charsets, and what is refused altogether."""
    name = draft.table.name
    match action:
        case UnsupportedAction(feature=feature):
            raise SqlError(NOT_SUPPORTED_YET, feature=f"ALTER TABLE {feature}")
        case SetTableOptions(options=options):
            found = read_table_options(options, name, context.sql_mode, context.warn)
            own = draft.options
            for attribute in ("charset", "collation", "comment", "auto_increment", "auto_id_cache"):
                value = getattr(found, attribute)
                if value is not None:
                    setattr(own, attribute, value)
            own.has_charset = own.has_charset or found.has_charset
            own.shown.update(found.shown)
        case EnableKeys():
            context.note(1031, f"Table storage engine for '{name}' doesn't have this option")
        case OrderRows():
            if draft.primary_names:
                text = f"ORDER BY ignored as there is a user-defined clustered index in the table '{name}'"
                context.warning(1105, text)
        case AlterOption(name="ALGORITHM", value=value):
            draft.algorithm = value
        case AlterOption(name="LOCK", value=value):
            draft.lock = value
        case RenameTo(table=target):
            draft.rename_to = target
        case ForceRebuild():
            pass


# Changes of what is there


def _change(
    draft: Draft,
    action: AlterAction,
    building: Building,
    moves: list[tuple[Slot, bool, str | None]],
    context: DdlContext,
) -> None:
    match action:
        case ModifyColumn(column=definition, first=first, after=after):
            moves.append((_modify(draft, definition.name, definition, building), first, after))
        case ChangeColumn(old_name=old, column=definition, first=first, after=after):
            moves.append((_modify(draft, old, definition, building), first, after))
        case RenameColumn(old_name=old, new_name=new):
            check_name(new)
            rename_column(draft, draft.changing(old), new)
        case AlterColumnDefault():
            _set_default(draft, action, building)
        case AlterColumnVisibility(name=name, visible=visible):
            draft.slot(name)
            if not visible:
                raise SqlError(NOT_SUPPORTED_YET, feature="INVISIBLE columns")
        case ConvertCharset():
            _convert(draft, building)
        case RenameIndex(old_name=old, new_name=new):
            _rename_index(draft, old, new)
        case AlterIndexVisibility(name=name, visible=visible):
            _index_visibility(draft, name, visible)
        case AlterCheck(name=name, enforced=enforced, constraint=constraint):
            _alter_check(draft, name, enforced, constraint)


def _modify(draft: Draft, old: str, definition: ColumnDef, building: Building) -> Slot:
    """A column with another definition; its id, and what older rows have in it, stay."""
    slot = draft.changing(old)
    before = slot.info
    built = build_column(definition, before.id, before.offset, building)
    if definition.generated is not None:
        others = [other.info for other in draft.slots]
        built = with_generated(built, definition, others, building)
    if before.is_generated != built.is_generated or before.generated_stored != built.generated_stored:
        stored_to_plain = before.is_generated and before.generated_stored and not built.is_generated
        plain_to_stored = not before.is_generated and built.is_generated and built.generated_stored
        if not (stored_to_plain or plain_to_stored):
            raise SqlError(UNSUPPORTED_ON_GENERATED_COLUMN, feature="Changing the STORED status")
    if before.name.lower() in (name.lower() for name in draft.primary_names):
        if definition.nullable is True:
            raise SqlError(PRIMARY_CANT_HAVE_NULL)
        built = replace(built, type=built.type.with_flags(add=Flag.NOT_NULL))
    slot.info = replace(
        built, name=before.name, origin_default=before.origin_default, origin_default_bit=before.origin_default_bit
    )
    slot.definition = definition
    if before.name.lower() != definition.name.lower() or before.name != definition.name:
        rename_column(draft, slot, definition.name)
    _column_keys(draft, definition)
    return slot


def _column_keys(draft: Draft, definition: ColumnDef) -> None:
    """PRIMARY KEY, UNIQUE and CHECK inside a column's definition."""
    part = (KeyPart(definition.name),)
    if definition.primary_key:
        draft.new_keys.append(KeyDef("PRIMARY", part, clustered=definition.clustered))
    if definition.unique:
        draft.new_keys.append(KeyDef("UNIQUE", part))
    draft.new_checks.extend(definition.checks)


def _set_default(draft: Draft, action: AlterColumnDefault, building: Building) -> None:
    slot = draft.changing(action.name)
    column = slot.info
    if column.is_generated:
        raise SqlError(UNSUPPORTED_ON_GENERATED_COLUMN, feature="ALTER COLUMN … SET DEFAULT")
    if action.default is None:
        # Unlike a column without a DEFAULT clause, a nullable one has no default at all afterwards.
        sql_type = column.type.with_flags(add=Flag.NO_DEFAULT_VALUE)
        slot.info = replace(column, type=sql_type, default=None, default_bit=None, default_is_expr=False)
    else:
        slot.info = with_default(column, action.default, action.default_is_expr, building)


def _convert(draft: Draft, building: Building) -> None:
    """CONVERT TO CHARACTER SET: every character column; `building` has the new pair."""
    draft.converted = True
    for slot in draft.slots:
        sql_type = slot.info.type
        if sql_type.is_character or sql_type.code in (TypeCode.ENUM, TypeCode.SET):
            slot.info = replace(slot.info, type=_converted(sql_type, building.charset))


def _converted(sql_type: SqlType, pair: CharsetPair) -> SqlType:
    """The type in another charset; a TEXT type grows so that the same number of characters fits."""
    result = replace(sql_type, charset=pair.charset, collation=pair.collation)
    old, new = max_character_bytes(sql_type.charset), max_character_bytes(pair.charset)
    if not sql_type.is_blob or new <= old:
        return result
    size = sql_type.length // old * new
    code, length = next(((code, limit) for code, limit in _BLOBS if size <= limit), _BLOBS[-1])
    return replace(result, code=code, length=length)


def _rename_index(draft: Draft, old: str, new: str) -> None:
    if old.lower() == "primary" or new.lower() == "primary":
        raise SqlError(WRONG_NAME_FOR_INDEX, name="PRIMARY")
    check_name(new)
    index = draft.index(old)
    if index is None:
        raise SqlError(KEY_DOES_NOT_EXIST, key=old, table=draft.table.name)
    if old.lower() != new.lower() and draft.index(new) is not None:
        raise SqlError(DUP_KEYNAME, key=new)
    draft.indexes[draft.indexes.index(index)] = replace(index, name=new)


def _index_visibility(draft: Draft, name: str, visible: bool) -> None:
    if name.lower() == "primary" and draft.primary_names:
        raise SqlError(PK_INDEX_CANT_BE_INVISIBLE)
    index = draft.index(name)
    if index is None:
        raise SqlError(KEY_DOES_NOT_EXIST, key=name, table=draft.table.name)
    draft.indexes[draft.indexes.index(index)] = replace(index, invisible=not visible)


def _alter_check(draft: Draft, name: str, enforced: bool, constraint: bool) -> None:
    for place, check in enumerate(draft.constraints):
        if check.name.lower() == name.lower():
            if enforced and not check.enforced:
                draft.enforced_checks.append(check.name)
            draft.constraints[place] = replace(check, enforced=enforced)
            return
    raise SqlError(CONSTRAINT_NOT_FOUND if constraint else CHECK_CONSTRAINT_NOT_FOUND, name=name)


# Additions


def _add_column(draft: Draft, action: AddColumn, building: Building, context: DdlContext) -> None:
    definition = action.column
    if action.if_not_exists and any(slot.info.name.lower() == definition.name.lower() for slot in draft.slots):
        context.note(DUP_FIELDNAME.code, DUP_FIELDNAME.template.format(column=definition.name))
        return
    column: ColumnInfo = build_column(definition, 0, 0, building)
    slot = Slot(column, None, definition)
    add_slot(draft, slot, first=action.first, after=action.after)
    if definition.generated is not None:
        slot.info = with_generated(column, definition, [other.info for other in draft.slots], building)
    _column_keys(draft, definition)


def _add(draft: Draft, action: AlterAction, context: DdlContext) -> None:
    match action:
        case AddKey(key=key):
            if key.if_not_exists and key.index_name is not None and draft.index(key.index_name) is not None:
                context.note(DUP_KEYNAME.code, DUP_KEYNAME.template.format(key=key.index_name))
            else:
                draft.new_keys.append(key)
        case AddForeignKey(foreign_key=foreign_key):
            draft.new_foreign_keys.append(foreign_key)
        case AddCheck(check=check):
            draft.new_checks.append(check)
