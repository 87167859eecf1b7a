"""Column definitions, keys, foreign keys and checks: the elements that CREATE TABLE and ALTER TABLE share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlglot import expressions as exp
from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Expr, TableName, TypeSpec
from planner.parse.nodes_ddl import (
    CheckDef,
    ColumnDef,
    ForeignKeyDef,
    Generated,
    KeyDef,
    KeyPart,
    Reference,
)
from planner.parse.types import read_type
from sqlnode.base.schema import ReferenceAction

T = TokenType
_NOW = ("CURRENT_TIMESTAMP", "NOW", "LOCALTIME", "LOCALTIMESTAMP")
_ACTIONS = (
    (("RESTRICT",), ReferenceAction.RESTRICT),
    (("CASCADE",), ReferenceAction.CASCADE),
    (("SET", "NULL"), ReferenceAction.SET_NULL),
    (("SET", "DEFAULT"), ReferenceAction.SET_DEFAULT),
    (("NO", "ACTION"), ReferenceAction.NO_ACTION),
)
_KEY_STARTS = frozenset(("PRIMARY", "UNIQUE", "INDEX", "KEY", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK"))


def at_key(cursor: Cursor) -> bool:
    """True when a table element that is not a column begins."""
    word = cursor.word()
    if word in _KEY_STARTS:
        return True
    return word in ("VECTOR", "COLUMNAR") and cursor.word(1) in ("INDEX", "KEY")


@dataclass(slots=True)
class _Attributes:
    """A column definition being read."""

    type: TypeSpec
    values: dict[str, Any] = field(default_factory=dict)
    checks: list[CheckDef] = field(default_factory=list)


def read_column(cursor: Cursor, *, name: str | None = None) -> ColumnDef:
    """name type attributes…; the attributes come in any order."""
    if name is None:
        name = _column_name(cursor)
    spec = read_type(cursor)
    found = _Attributes(spec)
    if spec.serial:
        found.values.update(nullable=False, auto_increment=True, unique=True)
    while _attribute(cursor, found, name):
        pass
    return ColumnDef(name, spec, checks=tuple(found.checks), **found.values)


def _column_name(cursor: Cursor) -> str:
    """A column's name, which may be qualified by its table (and schema)."""
    name = cursor.name()
    while cursor.symbol(T.DOT):
        name = cursor.any_name()
    return name


def _attribute(cursor: Cursor, found: _Attributes, column: str) -> bool:
    """Reads one attribute; False when none is next."""
    values = found.values
    match cursor.word():
        case "NOT":
            cursor.expect("NOT", "NULL")
            values["nullable"] = False
        case "NULL":
            cursor.expect("NULL")
            values["nullable"] = True
        case "DEFAULT":
            cursor.index += 1
            values["default"], values["default_is_expr"] = read_default(cursor)
        case "ON":
            cursor.expect("ON", "UPDATE")
            values["on_update"] = _now(cursor)
        case "AUTO_INCREMENT":
            cursor.index += 1
            values["auto_increment"] = True
        case "PRIMARY" | "KEY":
            cursor.accept("PRIMARY")
            cursor.expect("KEY")
            values["primary_key"] = True
            _clustered(cursor, values)
        case "UNIQUE":
            cursor.index += 1
            cursor.accept("KEY")
            values["unique"] = True
            if cursor.accept_any("GLOBAL", "LOCAL") == "GLOBAL":
                values["unsupported"] = "GLOBAL index"
        case "COMMENT":
            cursor.index += 1
            values["comment"] = cursor.string()
        case "COLLATE":
            cursor.index += 1
            values["collation"] = cursor.charset().lower()
        case "GENERATED" | "AS":
            _generated(cursor, values)
        case "REFERENCES":
            values["reference"] = read_reference(cursor)
        case "CONSTRAINT" | "CHECK":
            found.checks.append(_column_check(cursor, column))
        case "SERIAL":
            cursor.expect("SERIAL", "DEFAULT", "VALUE")
            values.update(nullable=False, auto_increment=True, unique=True)
        case _:
            return _rare_attribute(cursor, values)
    return True


def _rare_attribute(cursor: Cursor, values: dict[str, Any]) -> bool:
    match cursor.word():
        case "VISIBLE" | "INVISIBLE":
            values["visible"] = cursor.advance().text.upper() == "VISIBLE"
        case "COLUMN_FORMAT":
            cursor.index += 1
            values["column_format"] = cursor.expect_any("FIXED", "DYNAMIC", "DEFAULT")
        case "STORAGE":
            cursor.index += 1
            values["storage"] = cursor.expect_any("DISK", "MEMORY", "DEFAULT")
        case "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE":
            key = cursor.advance().text.lower()
            cursor.equals()
            values[key] = cursor.string()
        case "SRID":
            cursor.index += 1
            cursor.integer()
            values["unsupported"] = "SRID"
        case "AUTO_RANDOM":
            cursor.index += 1
            values["auto_random"] = _auto_random(cursor)
        case "NOT_SECONDARY":
            cursor.index += 1
        case _:
            return False
    return True


def _auto_random(cursor: Cursor) -> tuple[int, ...]:
    if not cursor.symbol(T.L_PAREN):
        return ()
    bits = [cursor.integer()]
    if cursor.symbol(T.COMMA):
        bits.append(cursor.integer())
    cursor.expect_symbol(T.R_PAREN)
    return tuple(bits)


def _clustered(cursor: Cursor, values: dict[str, Any]) -> None:
    word = cursor.accept_any("CLUSTERED", "NONCLUSTERED")
    if word is not None:
        values["clustered"] = word == "CLUSTERED"


def read_default(cursor: Cursor) -> tuple[Expr, bool]:
    """The value after DEFAULT: (expression) gives True; a signed literal, NULL, TRUE or NOW gives False."""
    if cursor.kind() is T.L_PAREN:
        return cursor.in_parens(), True
    if cursor.word() in _NOW:
        return _now(cursor), False
    start = cursor.index
    if cursor.kind() in (T.DASH, T.PLUS):
        cursor.index += 1
        if cursor.kind() is not T.NUMBER and cursor.kind() is not T.DOT:
            raise cursor.fail()
    if cursor.kind() is T.DOT and cursor.kind(1) is T.NUMBER:
        cursor.index += 2
    elif cursor.kind() is T.STRING:
        cursor.string()
    elif cursor.kind() is T.INTRODUCER:
        cursor.index += 2
    elif cursor.kind() in (T.NUMBER, T.HEX_STRING, T.BIT_STRING, T.NULL, T.TRUE, T.FALSE, T.NATIONAL_STRING):
        cursor.index += 1
    elif cursor.kind() is T.VAR and cursor.kind(1) is T.STRING and cursor.word() in ("DATE", "TIME", "TIMESTAMP"):
        cursor.index += 2
    else:
        raise cursor.fail()
    end = cursor.index
    cursor.index = start
    return cursor.until(end), False


def _now(cursor: Cursor) -> Expr:
    """CURRENT_TIMESTAMP[(fsp)] and its synonyms, as a call named CURRENT_TIMESTAMP."""
    start = cursor.index
    word = cursor.expect_any(*_NOW)
    arguments: list[exp.Expression] = []
    if cursor.symbol(T.L_PAREN):
        if cursor.kind() is T.NUMBER:
            arguments.append(exp.Literal.number(cursor.integer()))
        cursor.expect_symbol(T.R_PAREN)
    elif word == "NOW":
        raise cursor.fail()
    tree = exp.Anonymous(this="CURRENT_TIMESTAMP", expressions=arguments)
    return Expr(tree, cursor.slice_text(start, cursor.index))


def _generated(cursor: Cursor, values: dict[str, Any]) -> None:
    if cursor.accept("GENERATED"):
        cursor.expect("ALWAYS")
    cursor.expect("AS")
    expr = cursor.in_parens()
    word = cursor.accept_any("VIRTUAL", "STORED")
    values["generated"] = Generated(expr, word == "STORED")


def _column_check(cursor: Cursor, column: str) -> CheckDef:
    name = None
    if cursor.accept("CONSTRAINT") and not cursor.sees("CHECK"):
        name = cursor.name()
    return read_check(cursor, name, column)


def read_check(cursor: Cursor, name: str | None, column: str | None = None) -> CheckDef:
    """CHECK (expression) [[NOT] ENFORCED]."""
    cursor.expect("CHECK")
    expr = cursor.in_parens()
    enforced = True
    if cursor.accept("NOT", "ENFORCED"):
        enforced = False
    else:
        cursor.accept("ENFORCED")
    return CheckDef(expr, name, enforced, column)


def read_reference(cursor: Cursor) -> Reference:
    """REFERENCES table [(columns)] [MATCH …] [ON DELETE …] [ON UPDATE …]."""
    cursor.expect("REFERENCES")
    table: TableName = cursor.table()
    columns = cursor.names_in_parens() if cursor.kind() is T.L_PAREN else ()
    match = cursor.expect_any("FULL", "PARTIAL", "SIMPLE") if cursor.accept("MATCH") else None
    actions = {"DELETE": ReferenceAction.NO_OPTION, "UPDATE": ReferenceAction.NO_OPTION}
    while cursor.sees("ON", "DELETE") or cursor.sees("ON", "UPDATE"):
        cursor.index += 1
        event = cursor.advance().text.upper()
        actions[event] = _action(cursor)
    return Reference(table, columns, match, actions["DELETE"], actions["UPDATE"])


def _action(cursor: Cursor) -> ReferenceAction:
    for words, action in _ACTIONS:
        if cursor.accept(*words):
            return action
    raise cursor.fail()


def read_key_parts(cursor: Cursor) -> tuple[KeyPart, ...]:
    """( {column [(length)] | (expression)} [ASC | DESC], … )."""
    cursor.expect_symbol(T.L_PAREN)
    parts = [_key_part(cursor)]
    while cursor.symbol(T.COMMA):
        parts.append(_key_part(cursor))
    cursor.expect_symbol(T.R_PAREN)
    return tuple(parts)


def _key_part(cursor: Cursor) -> KeyPart:
    column: str | None = None
    expr: Expr | None = None
    length: int | None = None
    if cursor.kind() is T.L_PAREN:
        expr = cursor.in_parens()
    else:
        column = cursor.name()
        if cursor.symbol(T.L_PAREN):
            length = cursor.integer()
            cursor.expect_symbol(T.R_PAREN)
    direction = cursor.accept_any("ASC", "DESC")
    return KeyPart(column, expr, length, direction == "DESC")


def read_key_options(cursor: Cursor, values: dict[str, Any]) -> None:
    """Index options, before or behind the key parts."""
    while True:
        match cursor.word():
            case "USING" | "TYPE":
                cursor.index += 1
                values["using"] = cursor.expect_any("BTREE", "HASH", "RTREE", "HNSW", "INVERTED")
            case "KEY_BLOCK_SIZE":
                cursor.index += 1
                cursor.equals()
                values["key_block_size"] = cursor.integer()
            case "COMMENT":
                cursor.index += 1
                values["comment"] = cursor.string()
            case "WITH":
                cursor.expect("WITH", "PARSER")
                values["parser"] = cursor.name()
            case "VISIBLE" | "INVISIBLE":
                values["visible"] = cursor.advance().text.upper() == "VISIBLE"
            case "ENGINE_ATTRIBUTE" | "SECONDARY_ENGINE_ATTRIBUTE":
                key = cursor.advance().text.lower()
                cursor.equals()
                values[key] = cursor.string()
            case "CLUSTERED" | "NONCLUSTERED":
                _clustered(cursor, values)
            case "GLOBAL" | "LOCAL":
                values["is_global"] = cursor.advance().text.upper() == "GLOBAL"
            case _:
                return


def read_key(cursor: Cursor, kind: str, constraint: str | None) -> KeyDef:
    """[name] [USING …] (parts) [options], behind the words that name the kind."""
    values: dict[str, Any] = {"constraint": constraint}
    if cursor.accept("IF", "NOT", "EXISTS"):
        values["if_not_exists"] = True
    if cursor.kind() is not T.L_PAREN and cursor.word() not in ("USING", "TYPE"):
        values["name"] = cursor.name()
    read_key_options(cursor, values)
    parts = read_key_parts(cursor)
    read_key_options(cursor, values)
    if kind == "PRIMARY":
        values.pop("name", None)
    return KeyDef(kind, parts, **values)


def read_foreign_key(cursor: Cursor, name: str | None) -> ForeignKeyDef:
    """FOREIGN KEY [index] (columns) REFERENCES …, from the word FOREIGN on."""
    cursor.expect("FOREIGN", "KEY")
    exists = cursor.accept("IF", "NOT", "EXISTS")
    index_name = None if cursor.kind() is T.L_PAREN else cursor.name()
    columns = tuple(part.column or "" for part in read_key_parts(cursor))
    if not cursor.sees("REFERENCES"):
        raise cursor.fail()
    reference = read_reference(cursor)
    return ForeignKeyDef(columns, reference, name, index_name, exists)


def read_table_key(cursor: Cursor) -> KeyDef | ForeignKeyDef | CheckDef:
    """A key, foreign key or check of a table, from its first word (perhaps CONSTRAINT) on."""
    constraint = None
    named = cursor.accept("CONSTRAINT")
    if named and cursor.word() not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        constraint = cursor.name()
    match cursor.word():
        case "PRIMARY":
            cursor.expect("PRIMARY", "KEY")
            return read_key(cursor, "PRIMARY", constraint)
        case "UNIQUE":
            cursor.index += 1
            cursor.accept_any("INDEX", "KEY")
            return read_key(cursor, "UNIQUE", constraint)
        case "FOREIGN":
            return read_foreign_key(cursor, constraint)
        case "CHECK":
            return read_check(cursor, constraint)
        case "INDEX" | "KEY" if not named:
            cursor.index += 1
            return read_key(cursor, "INDEX", None)
        case "FULLTEXT" | "SPATIAL" | "VECTOR" | "COLUMNAR" if not named:
            kind = cursor.advance().text.upper()
            cursor.accept_any("INDEX", "KEY")
            return read_key(cursor, kind, None)
    raise cursor.fail()
