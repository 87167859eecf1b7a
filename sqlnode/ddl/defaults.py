"""Column defaults: validation, and the canonical text that metadata keeps.

A literal default is kept as text in the form of the column's type (numbers in their shortest form, TIMESTAMP in UTC,
BINARY padded with zero bytes, BIT in `default_bit`), an expression as SQL with `default_is_expr`. CURRENT_TIMESTAMP
is kept as that word; its precision is the column's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from sqlglot import expressions as exp

from planner.context import SqlMode
from planner.parse.expression_text import column_names, function_names, has_subquery, has_variable, stored_text
from planner.parse.nodes_common import Expr
from planner.parse.nodes_ddl import ColumnDef
from sqlnode.base.collation import by_name
from sqlnode.base.errors import (
    BLOB_CANT_HAVE_DEFAULT,
    DEFAULT_VAL_GENERATED_NAMED_FUNCTION_IS_NOT_ALLOWED,
    DEFAULT_VAL_GENERATED_VARIABLES,
    INVALID_DEFAULT,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.temporal import format_datetime, format_duration, parse_datetime, parse_duration, to_utc
from sqlnode.base.temporal_parse import Problem, year_of_number
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.building import Building

NOW = "CURRENT_TIMESTAMP"
_RANGES = {
    TypeCode.TINY: 8,
    TypeCode.SHORT: 16,
    TypeCode.INT24: 24,
    TypeCode.LONG: 32,
    TypeCode.LONGLONG: 64,
}
_NOW_NAMES = frozenset(("current_timestamp", "now", "localtime", "localtimestamp"))
_FORBIDDEN = frozenset(("sleep", "benchmark", "get_lock", "release_lock", "load_file", "row_count", "last_insert_id"))


def is_now(tree: exp.Expression) -> int | None:
    """The precision of CURRENT_TIMESTAMP[(n)], or None for anything else."""
    if not isinstance(tree, exp.Anonymous) or str(tree.this).lower() not in _NOW_NAMES:
        return None
    return int(tree.expressions[0].this) if tree.expressions else 0


def set_default(column: ColumnInfo, definition: ColumnDef, building: Building) -> ColumnInfo:
    """The column with its DEFAULT clause worked in. Raises 1067, 1101, 3770."""
    default = definition.default
    if definition.generated is not None:
        return column
    if default is None:
        return without_default(column)
    if definition.auto_increment:
        raise SqlError(INVALID_DEFAULT, column=column.name)
    return with_default(column, default, definition.default_is_expr, building)


def without_default(column: ColumnInfo) -> ColumnInfo:
    """No DEFAULT clause: NULL when the column may be NULL, else no default at all."""
    flags = column.type.flags
    if flags & Flag.NOT_NULL and not flags & Flag.AUTO_INCREMENT:
        flags |= Flag.NO_DEFAULT_VALUE
    else:
        flags &= ~Flag.NO_DEFAULT_VALUE
    sql_type = replace(column.type, flags=flags)
    return replace(column, type=sql_type, default=None, default_bit=None, default_is_expr=False)


def with_default(column: ColumnInfo, default: Expr, is_expr: bool, building: Building) -> ColumnInfo:
    """The column with this default. Raises 1067, 1101, 3770."""
    tree = default.tree
    flags = column.type.flags & ~Flag.NO_DEFAULT_VALUE
    column = replace(column, type=replace(column.type, flags=flags), default_bit=None, default_is_expr=False)
    fsp = None if is_expr else is_now(tree)
    if fsp is not None:
        if column.type.code not in (TypeCode.TIMESTAMP, TypeCode.DATETIME) or fsp != column.type.fsp:
            raise SqlError(INVALID_DEFAULT, column=column.name)
        return replace(column, default=NOW)
    if is_expr:
        return replace(column, default=_expression(column, tree, building), default_is_expr=True)
    if isinstance(tree, exp.Null):
        if flags & Flag.NOT_NULL:
            raise SqlError(INVALID_DEFAULT, column=column.name)
        return replace(column, default=None)
    if column.type.is_blob or column.type.code in (TypeCode.JSON, TypeCode.GEOMETRY):
        return _blob_default(column, tree, building)
    if column.type.code == TypeCode.BIT:
        return _bit_default(column, tree)
    return replace(column, default=literal_text(tree, column.type, column.name, building))


def _expression(column: ColumnInfo, tree: exp.Expression, building: Building) -> str:
    forbidden = next((name for name in function_names(tree) if name in _FORBIDDEN), None)
    if forbidden is not None:
        raise SqlError(DEFAULT_VAL_GENERATED_NAMED_FUNCTION_IS_NOT_ALLOWED, column=column.name, function=forbidden)
    if has_variable(tree):
        raise SqlError(DEFAULT_VAL_GENERATED_VARIABLES, column=column.name)
    if has_subquery(tree) or any(isinstance(node, exp.Placeholder) for node in tree.dfs()):
        raise SqlError(DEFAULT_VAL_GENERATED_NAMED_FUNCTION_IS_NOT_ALLOWED, column=column.name, function="select")
    return stored_text(tree, building.connection_charset)


def default_columns(column: ColumnInfo, tree: exp.Expression) -> tuple[str, ...]:
    """The columns that an expression default reads."""
    return column_names(tree)


def _blob_default(column: ColumnInfo, tree: exp.Expression, building: Building) -> ColumnInfo:
    empty = isinstance(tree, exp.Literal) and tree.is_string and not tree.this
    if building.strict or not empty:
        raise SqlError(BLOB_CANT_HAVE_DEFAULT, column=column.name)
    message = BLOB_CANT_HAVE_DEFAULT.template.format(column=column.name)
    building.warn(SqlWarning("Warning", BLOB_CANT_HAVE_DEFAULT.code, message))
    return without_default(column)


def _bit_default(column: ColumnInfo, tree: exp.Expression) -> ColumnInfo:
    number = _bits(tree)
    if number is None or number < 0 or number >= 1 << column.type.length:
        raise SqlError(INVALID_DEFAULT, column=column.name)
    data = number.to_bytes((column.type.length + 7) // 8, "big")
    return replace(column, default=data.decode("utf-8", "replace"), default_bit=data)


def _bits(tree: exp.Expression) -> int | None:
    if isinstance(tree, exp.BitString):
        return int(tree.name or "0", 2)
    if isinstance(tree, exp.HexString):
        return int(tree.name or "0", 16)
    if isinstance(tree, exp.Boolean):
        return int(bool(tree.this))
    if isinstance(tree, exp.Literal):
        if tree.is_string:
            return int.from_bytes(str(tree.this).encode("utf-8", "surrogateescape"), "big")
        number = _number(str(tree.this))
        return None if number is None else int(number.quantize(Decimal(1), ROUND_HALF_UP))
    return None


# Literals


def literal_text(tree: exp.Expression, sql_type: SqlType, name: str, building: Building) -> str:
    """The canonical text of a literal default. Raises 1067."""
    written = _written(tree)
    if written is None:
        raise SqlError(INVALID_DEFAULT, column=name)
    text, is_string = written
    if isinstance(tree, exp.HexString) and sql_type.is_numeric:
        text, is_string = str(int(tree.name or "0", 16)), False
    found: str | None
    if sql_type.is_integer:
        found = _integer_text(text, sql_type)
    elif sql_type.code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        found = _float_text(text, sql_type)
    elif sql_type.code == TypeCode.NEWDECIMAL:
        found = _decimal_text(text, sql_type)
    elif sql_type.is_temporal:
        found = _datetime_text(text, sql_type, building)
    elif sql_type.code == TypeCode.TIME:
        parsed = parse_duration(text, sql_type.fsp, building.sql_mode)
        bad = parsed.value is None or parsed.problem
        found = None if bad or parsed.value is None else format_duration(parsed.value, sql_type.fsp)
    elif sql_type.code == TypeCode.YEAR:
        number = _number(text)
        year = None if number is None else year_of_number(int(number), is_text=is_string)
        found = None if year is None else str(year)
    elif sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        found = _member_text(text, sql_type)
    else:
        found = _string_text(text, sql_type)
    if found is None:
        raise SqlError(INVALID_DEFAULT, column=name)
    return found


def _written(tree: exp.Expression) -> tuple[str, bool] | None:
    """The text of a literal and whether it was a string."""
    match tree:
        case exp.Literal():
            return str(tree.this), bool(tree.is_string)
        case exp.Boolean():
            return ("1" if tree.this else "0"), False
        case exp.Neg():
            inner = _written(tree.this)
            return None if inner is None or inner[1] else ("-" + inner[0], False)
        case exp.HexString():
            digits = tree.name if len(tree.name) % 2 == 0 else "0" + tree.name
            return bytes.fromhex(digits).decode("utf-8", "surrogateescape"), True
        case exp.BitString():
            return str(int(tree.name or "0", 2)), False
        case exp.Introducer():
            return _written(tree.expression)
        case exp.National():
            return tree.name, True
        case exp.Anonymous() if str(tree.this).upper().endswith(" LITERAL"):
            return _written(tree.expressions[0])
        case exp.Paren():
            return _written(tree.this)
    return None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _integer_text(text: str, sql_type: SqlType) -> str | None:
    number = _number(text)
    if number is None:
        return None
    whole = int(number.quantize(Decimal(1), ROUND_HALF_UP)) if abs(number) < Decimal(10) ** 25 else 1 << 80
    bits = _RANGES[sql_type.code]
    low, high = (0, (1 << bits) - 1) if sql_type.unsigned else (-(1 << bits - 1), (1 << bits - 1) - 1)
    return str(whole) if low <= whole <= high else None


def _float_text(text: str, sql_type: SqlType) -> str | None:
    number = _number(text)
    if number is None or (sql_type.unsigned and number < 0):
        return None
    value = float(number)
    if sql_type.scale >= 0:
        value = float(number.quantize(Decimal(1).scaleb(-sql_type.scale), ROUND_HALF_UP))
    if value in (float("inf"), float("-inf")):
        return None
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _decimal_text(text: str, sql_type: SqlType) -> str | None:
    number = _number(text)
    if number is None or (sql_type.unsigned and number < 0):
        return None
    scale = max(sql_type.scale, 0)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has a numeric exponent"
    if -exponent > scale:
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return format(number, "f") if abs(number) < Decimal(10) ** (sql_type.length - scale) else None


def _datetime_text(text: str, sql_type: SqlType, building: Building) -> str | None:
    mode = (
        building.sql_mode if building.strict else building.sql_mode & ~(SqlMode.NO_ZERO_DATE | SqlMode.NO_ZERO_IN_DATE)
    )
    parsed = parse_datetime(text, sql_type.fsp, mode, building.zone)
    if parsed.value is None or parsed.problem & ~Problem.NONE:
        return None
    value = parsed.value
    if sql_type.code == TypeCode.TIMESTAMP and value:
        packed = _timestamp_in_utc(value, building.zone)
        if packed is None:
            return None
        value = packed
    return format_datetime(value, sql_type.code, sql_type.fsp)


def _timestamp_in_utc(value: int, zone: tzinfo | None) -> int | None:
    """Packed UTC time; None outside of TIMESTAMP's range."""
    packed = to_utc(value, zone)
    text = format_datetime(packed, TypeCode.DATETIME, 0)
    return packed if "1970-01-01 00:00:01" <= text <= "2038-01-19 03:14:07" else None


def _member_text(text: str, sql_type: SqlType) -> str | None:
    key = by_name(sql_type.collation).sort_key
    weights = {key(member.encode("utf-8", "surrogateescape")): member for member in sql_type.elements}

    def member(written: str) -> str | None:
        return weights.get(key(written.encode("utf-8", "surrogateescape")))

    if sql_type.code == TypeCode.ENUM:
        return member(text.rstrip(" "))
    if not text:
        return ""
    found = [member(part) for part in text.split(",")]
    if None in found:
        return None
    return ",".join(element for element in sql_type.elements if element in found)


def _string_text(text: str, sql_type: SqlType) -> str | None:
    if sql_type.is_character and any("\ud800" <= character <= "\udfff" for character in text):
        return None
    size = len(text) if sql_type.is_character else len(text.encode("utf-8", "surrogateescape"))
    if size > sql_type.length:
        # Blanks that do not fit are cut from a character default; anything else is an error.
        cut = text[: sql_type.length]
        if not sql_type.is_character or text[sql_type.length :].strip(" "):
            return None
        text = cut
    if sql_type.code == TypeCode.STRING:
        return text + "\0" * (sql_type.length - size) if sql_type.charset == "binary" else text.rstrip(" ")
    return text


def implicit_default(sql_type: SqlType) -> str:
    """What a NOT NULL column without a default holds in rows that are older than it, as canonical text."""
    if sql_type.is_numeric and sql_type.code != TypeCode.BIT:
        return "0000" if sql_type.code == TypeCode.YEAR else "0"
    match sql_type.code:
        case TypeCode.DATE:
            return "0000-00-00"
        case TypeCode.DATETIME | TypeCode.TIMESTAMP:
            return format_datetime(0, sql_type.code, sql_type.fsp)
        case TypeCode.TIME:
            return format_duration(0, sql_type.fsp)
        case TypeCode.ENUM:
            return sql_type.elements[0]
        case TypeCode.JSON:
            return "null"
    if sql_type.code == TypeCode.STRING and sql_type.charset == "binary":
        return "\0" * sql_type.length
    return ""
