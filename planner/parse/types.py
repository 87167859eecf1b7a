"""Column types over tokens: every MySQL spelling, resolved to one name."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.context import SqlMode
from planner.parse.cursor import Cursor
from planner.parse.nodes_common import TypeSpec

T = TokenType

_INTEGERS = {
    "TINYINT": "TINYINT",
    "INT1": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INT2": "SMALLINT",
    "MEDIUMINT": "MEDIUMINT",
    "INT3": "MEDIUMINT",
    "MIDDLEINT": "MEDIUMINT",
    "INT": "INT",
    "INTEGER": "INT",
    "INT4": "INT",
    "BIGINT": "BIGINT",
    "INT8": "BIGINT",
}
_DECIMALS = frozenset(("DECIMAL", "DEC", "NUMERIC", "FIXED"))
_FLOATS = {"FLOAT": "FLOAT", "FLOAT4": "FLOAT", "DOUBLE": "DOUBLE", "FLOAT8": "DOUBLE", "REAL": "DOUBLE"}
_TEXTS = frozenset(("TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT"))
_BLOBS = frozenset(("TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB"))
_TEMPORAL = frozenset(("TIME", "DATETIME", "TIMESTAMP"))
_GEOMETRY = frozenset(
    (
        "GEOMETRY",
        "POINT",
        "LINESTRING",
        "POLYGON",
        "MULTIPOINT",
        "MULTILINESTRING",
        "MULTIPOLYGON",
        "GEOMETRYCOLLECTION",
        "GEOMCOLLECTION",
    )
)


def read_type(cursor: Cursor) -> TypeSpec:
    """A column type with its attributes (UNSIGNED, CHARACTER SET, …). Fails at the first word that is no type."""
    word = cursor.word()
    start = cursor.index
    if word in _INTEGERS:
        cursor.index += 1
        return _number(cursor, _INTEGERS[word], _one_length(cursor), None)
    if word in ("BOOL", "BOOLEAN"):
        cursor.index += 1
        return TypeSpec("TINYINT", 1, bool_alias=True)
    if word in _DECIMALS:
        cursor.index += 1
        return _number(cursor, "DECIMAL", *_two_lengths(cursor))
    if word in _FLOATS:
        cursor.index += 1
        if word == "DOUBLE":
            cursor.accept("PRECISION")
        if word == "REAL" and cursor.sql_mode & SqlMode.REAL_AS_FLOAT:
            word = "FLOAT"
        return _number(cursor, _FLOATS[word], *_two_lengths(cursor))
    if word == "SERIAL":
        cursor.index += 1
        return TypeSpec("BIGINT", unsigned=True, serial=True)
    if word in ("BIT", "YEAR", "VECTOR") or word in _TEMPORAL:
        cursor.index += 1
        return TypeSpec(word, _one_length(cursor))
    if word in ("DATE", "JSON"):
        cursor.index += 1
        return TypeSpec(word)
    if word in _GEOMETRY:
        cursor.index += 1
        return TypeSpec("GEOMETRYCOLLECTION" if word == "GEOMCOLLECTION" else word)
    found = _string_type(cursor)
    if found is None:
        cursor.index = start
        raise cursor.fail()
    return found


def _one_length(cursor: Cursor) -> int | None:
    if not cursor.symbol(T.L_PAREN):
        return None
    length = cursor.integer()
    cursor.expect_symbol(T.R_PAREN)
    return length


def _two_lengths(cursor: Cursor) -> tuple[int | None, int | None]:
    if not cursor.symbol(T.L_PAREN):
        return None, None
    length = cursor.integer()
    scale = cursor.integer() if cursor.symbol(T.COMMA) else None
    cursor.expect_symbol(T.R_PAREN)
    return length, scale


def _number(cursor: Cursor, name: str, length: int | None, scale: int | None) -> TypeSpec:
    unsigned = zerofill = False
    while (word := cursor.accept_any("SIGNED", "UNSIGNED", "ZEROFILL")) is not None:
        unsigned = unsigned or word != "SIGNED"
        zerofill = zerofill or word == "ZEROFILL"
    return TypeSpec(name, length, scale, unsigned=unsigned, zerofill=zerofill)


def _string_type(cursor: Cursor) -> TypeSpec | None:
    """CHAR, VARCHAR, BINARY, TEXT, BLOB, ENUM, SET families; None when it is none of them."""
    word = cursor.word()
    if word in _TEXTS:
        cursor.index += 1
        return _character(cursor, word, _one_length(cursor) if word == "TEXT" else None)
    if word in _BLOBS:
        cursor.index += 1
        return TypeSpec(word, _one_length(cursor) if word == "BLOB" else None)
    if word in ("ENUM", "SET"):
        cursor.index += 1
        return _character(cursor, word, None, elements=_elements(cursor))
    if cursor.accept_any("BINARY", "VARBINARY"):
        return TypeSpec(word, _one_length(cursor))
    if cursor.accept("LONG"):
        if cursor.accept("VARBINARY"):
            return TypeSpec("MEDIUMBLOB")
        if not (cursor.accept("VARCHAR") or cursor.accept("VARCHARACTER")):
            cursor.accept("CHAR", "VARYING")
        return _character(cursor, "MEDIUMTEXT", None)
    if cursor.accept("NATIONAL"):
        name = "VARCHAR" if cursor.accept_any("VARCHAR", "VARCHARACTER") else None
        if name is None:
            cursor.expect_any("CHAR", "CHARACTER")
            name = "VARCHAR" if cursor.accept("VARYING") else "CHAR"
        return _character(cursor, name, _one_length(cursor), national=True)
    if cursor.accept("NVARCHAR") or cursor.accept("NCHAR", "VARCHAR") or cursor.accept("NCHAR", "VARYING"):
        return _character(cursor, "VARCHAR", _one_length(cursor), national=True)
    if cursor.accept("NCHAR"):
        return _character(cursor, "CHAR", _one_length(cursor), national=True)
    if cursor.accept_any("VARCHAR", "VARCHARACTER"):
        return _character(cursor, "VARCHAR", _required_length(cursor))
    if cursor.accept_any("CHAR", "CHARACTER"):
        if cursor.accept("VARYING"):
            return _character(cursor, "VARCHAR", _required_length(cursor))
        return _character(cursor, "CHAR", _one_length(cursor))
    return None


def _required_length(cursor: Cursor) -> int | None:
    if cursor.kind() is not T.L_PAREN:
        raise cursor.fail()
    return _one_length(cursor)


def _elements(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect_symbol(T.L_PAREN)
    elements = [_element(cursor)]
    while cursor.symbol(T.COMMA):
        elements.append(_element(cursor))
    cursor.expect_symbol(T.R_PAREN)
    return tuple(elements)


def _element(cursor: Cursor) -> str:
    if cursor.kind() in (T.HEX_STRING, T.BIT_STRING):
        return cursor.string_or_hex().decode("utf-8", "surrogateescape")
    return cursor.string()


def _character(
    cursor: Cursor, name: str, length: int | None, *, elements: tuple[str, ...] = (), national: bool = False
) -> TypeSpec:
    """Character set attributes. COLLATE may also stand among the column's attributes, where it is read too."""
    charset = "utf8mb3" if national else None
    collation: str | None = None
    binary = False
    while True:
        if cursor.accept("CHARACTER", "SET") or cursor.accept("CHAR", "SET") or cursor.accept("CHARSET"):
            charset = cursor.charset().lower()
        elif cursor.accept("ASCII"):
            charset = "latin1"
        elif cursor.accept("UNICODE"):
            charset = "ucs2"
        elif cursor.accept("BYTE"):
            charset = "binary"
        elif cursor.accept("BINARY"):
            binary = True
        elif cursor.sees("COLLATE") and collation is None:
            cursor.index += 1
            collation = cursor.charset().lower()
        else:
            break
    return TypeSpec(
        name, length, None, elements, charset=charset, collation=collation, national=national, binary_collation=binary
    )
