"""ALTER TABLE and its actions."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.columns import at_key, read_column, read_default, read_table_key
from planner.parse.cursor import Cursor
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
    AlterTable,
    ChangeColumn,
    ConvertCharset,
    DropCheck,
    DropColumn,
    DropConstraint,
    DropForeignKey,
    DropKey,
    DropPrimaryKey,
    EnableKeys,
    ForceRebuild,
    ForeignKeyDef,
    KeyDef,
    ModifyColumn,
    OrderRows,
    RenameColumn,
    RenameIndex,
    RenameTo,
    SetTableOptions,
    UnsupportedAction,
)
from planner.parse.table_options import read_option, read_partition

T = TokenType
_PARTITION_WORDS = (
    ("ADD", "PARTITION"),
    ("DROP", "PARTITION"),
    ("TRUNCATE", "PARTITION"),
    ("COALESCE", "PARTITION"),
    ("REORGANIZE", "PARTITION"),
    ("EXCHANGE", "PARTITION"),
    ("ANALYZE", "PARTITION"),
    ("CHECK", "PARTITION"),
    ("OPTIMIZE", "PARTITION"),
    ("REBUILD", "PARTITION"),
    ("REPAIR", "PARTITION"),
    ("DISCARD", "PARTITION"),
    ("IMPORT", "PARTITION"),
    ("REMOVE", "PARTITIONING"),
    ("DISCARD", "TABLESPACE"),
    ("IMPORT", "TABLESPACE"),
    ("SET", "TIFLASH"),
    ("SECONDARY_LOAD",),
    ("SECONDARY_UNLOAD",),
    ("CACHE",),
    ("NOCACHE",),
    ("REMOVE", "TTL"),
)
"""Actions that are recognised and refused by name; the rest of the statement is not read."""


def parse_alter_table(cursor: Cursor) -> AlterTable:
    """ALTER TABLE name action, …, behind the word TABLE."""
    table = cursor.table()
    actions: list[AlterAction] = []
    if cursor.done:
        return AlterTable(table, ())
    while True:
        actions.extend(_action(cursor))
        if cursor.symbol(T.COMMA):
            continue
        if cursor.done:
            break
        # Table options, and a partition clause, may follow without a comma.
        if not isinstance(actions[-1], (SetTableOptions, UnsupportedAction)) and cursor.word() != "PARTITION BY":
            if not cursor.sees("PARTITION", "BY"):
                raise cursor.fail()
    return AlterTable(table, tuple(actions))


def _refused(cursor: Cursor) -> AlterAction | None:
    for words in _PARTITION_WORDS:
        if cursor.sees(*words):
            cursor.index = len(cursor.tokens)
            return UnsupportedAction(" ".join(words))
    if cursor.sees("PARTITION", "BY"):
        spec = read_partition(cursor)
        assert spec is not None, "the words were seen"
        return UnsupportedAction(f"PARTITION BY {spec.method}")
    return None


def _action(cursor: Cursor) -> list[AlterAction]:
    refused = _refused(cursor)
    if refused is not None:
        return [refused]
    match cursor.word():
        case "ADD":
            cursor.index += 1
            return _add(cursor)
        case "DROP":
            cursor.index += 1
            return [_drop(cursor)]
        case "MODIFY":
            cursor.index += 1
            cursor.accept("COLUMN")
            column = read_column(cursor)
            return [ModifyColumn(column, *_position(cursor))]
        case "CHANGE":
            cursor.index += 1
            cursor.accept("COLUMN")
            old = cursor.name()
            column = read_column(cursor)
            return [ChangeColumn(old, column, *_position(cursor))]
        case "RENAME":
            cursor.index += 1
            return [_rename(cursor)]
        case "ALTER":
            cursor.index += 1
            return [_alter(cursor)]
        case _:
            return [_other(cursor)]


def _position(cursor: Cursor) -> tuple[bool, str | None]:
    if cursor.accept("FIRST"):
        return True, None
    if cursor.accept("AFTER"):
        return False, cursor.name()
    return False, None


def _add(cursor: Cursor) -> list[AlterAction]:
    if at_key(cursor):
        return [_added(read_table_key(cursor))]
    cursor.accept("COLUMN")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    if cursor.symbol(T.L_PAREN):
        found: list[AlterAction] = []
        while True:
            if at_key(cursor):
                found.append(_added(read_table_key(cursor)))
            else:
                found.append(AddColumn(read_column(cursor)))
            if not cursor.symbol(T.COMMA):
                break
        cursor.expect_symbol(T.R_PAREN)
        return found
    column = read_column(cursor)
    first, after = _position(cursor)
    return [AddColumn(column, first, after, exists)]


def _added(element: object) -> AlterAction:
    if isinstance(element, KeyDef):
        return AddKey(element)
    if isinstance(element, ForeignKeyDef):
        return AddForeignKey(element)
    from planner.parse.nodes_ddl import CheckDef

    assert isinstance(element, CheckDef), "a table element is a key, a foreign key or a check"
    return AddCheck(element)


def _drop(cursor: Cursor) -> AlterAction:
    match cursor.word():
        case "PRIMARY":
            cursor.expect("PRIMARY", "KEY")
            return DropPrimaryKey()
        case "INDEX" | "KEY":
            cursor.index += 1
            exists = cursor.accept("IF", "EXISTS")
            return DropKey(cursor.name(), exists)
        case "FOREIGN":
            cursor.expect("FOREIGN", "KEY")
            exists = cursor.accept("IF", "EXISTS")
            return DropForeignKey(cursor.name(), exists)
        case "CHECK":
            cursor.index += 1
            return DropCheck(cursor.name())
        case "CONSTRAINT":
            cursor.index += 1
            exists = cursor.accept("IF", "EXISTS")
            return DropConstraint(cursor.name(), exists)
    cursor.accept("COLUMN")
    exists = cursor.accept("IF", "EXISTS")
    name = cursor.name()
    cursor.accept_any("RESTRICT", "CASCADE")
    return DropColumn(name, exists)


def _rename(cursor: Cursor) -> AlterAction:
    if cursor.accept("COLUMN"):
        old = cursor.name()
        cursor.expect("TO")
        return RenameColumn(old, cursor.name())
    if cursor.accept_any("INDEX", "KEY"):
        old = cursor.name()
        cursor.expect("TO")
        return RenameIndex(old, cursor.name())
    if cursor.accept_any("TO", "AS") is None:
        cursor.equals()
    return RenameTo(cursor.table())


def _alter(cursor: Cursor) -> AlterAction:
    if cursor.accept("INDEX"):
        name = cursor.name()
        return AlterIndexVisibility(name, cursor.expect_any("VISIBLE", "INVISIBLE") == "VISIBLE")
    word = cursor.accept_any("CHECK", "CONSTRAINT")
    if word is not None:
        name = cursor.name()
        enforced = not cursor.accept("NOT")
        cursor.expect("ENFORCED")
        return AlterCheck(name, enforced, word == "CONSTRAINT")
    cursor.accept("COLUMN")
    name = cursor.name()
    if cursor.accept("DROP"):
        cursor.expect("DEFAULT")
        return AlterColumnDefault(name, None)
    cursor.expect("SET")
    shown = cursor.accept_any("VISIBLE", "INVISIBLE")
    if shown is not None:
        return AlterColumnVisibility(name, shown == "VISIBLE")
    cursor.expect("DEFAULT")
    default, is_expr = read_default(cursor)
    return AlterColumnDefault(name, default, is_expr)


def _other(cursor: Cursor) -> AlterAction:
    match cursor.word():
        case "ENABLE" | "DISABLE":
            enable = cursor.advance().text.upper() == "ENABLE"
            cursor.expect("KEYS")
            return EnableKeys(enable)
        case "FORCE":
            cursor.index += 1
            return ForceRebuild()
        case "ALGORITHM" | "LOCK":
            name = cursor.advance().text.upper()
            cursor.equals()
            values = ("DEFAULT", "INPLACE", "COPY", "INSTANT") if name == "ALGORITHM" else (
                "DEFAULT", "NONE", "SHARED", "EXCLUSIVE",
            )  # fmt: skip
            return AlterOption(name, cursor.known(name, values))
        case "WITH" | "WITHOUT":
            word = cursor.advance().text.upper()
            cursor.expect("VALIDATION")
            return AlterOption("VALIDATION", word)
        case "CONVERT":
            cursor.index += 1
            return _convert(cursor)
        case "ORDER" | "ORDER BY":
            cursor.expect("ORDER", "BY")
            return _order(cursor)
    option = read_option(cursor)
    if option is None:
        raise cursor.fail()
    options = [option]
    while (option := read_option(cursor)) is not None:
        options.append(option)
    return SetTableOptions(tuple(options))


def _convert(cursor: Cursor) -> AlterAction:
    cursor.expect("TO")
    if not (cursor.accept("CHARACTER", "SET") or cursor.accept("CHAR", "SET")):
        cursor.expect("CHARSET")
    cursor.equals()
    charset = None if cursor.accept("DEFAULT") else cursor.charset().lower()
    collation = None
    if cursor.accept("COLLATE"):
        cursor.equals()
        collation = cursor.charset().lower()
    return ConvertCharset(charset, collation)


def _order(cursor: Cursor) -> AlterAction:
    columns = []
    while True:
        name = cursor.name()
        while cursor.symbol(T.DOT):
            name = cursor.any_name()
        columns.append((name, cursor.accept_any("ASC", "DESC") == "DESC"))
        if cursor.kind() is not T.COMMA or not cursor.at_name(1):
            return OrderRows(tuple(columns))
        cursor.index += 1


PARSERS = {"ALTER TABLE": parse_alter_table}
