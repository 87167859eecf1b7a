"""The columns that CREATE TABLE … SELECT takes from its query."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind import bind
from planner.expr.nodes import Column
from planner.logical import LogicalNode, SetOperation
from planner.parse.entry import parse_expression
from planner.parse.nodes_common import Expr, TypeSpec
from planner.parse.nodes_ddl import ColumnDef, CreateTable
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import DUP_FIELDNAME, NOT_SUPPORTED_YET, SqlError
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.type_names import data_type
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.show_create import default_clause

_LENGTHS = frozenset((TypeCode.VARCHAR, TypeCode.VAR_STRING, TypeCode.STRING, TypeCode.BIT))
_MAX_VARCHAR = 16383
_INT_DIGITS = 9


def with_query_columns(node: CreateTable, context: DdlContext) -> tuple[CreateTable, tuple[str, ...]]:
    """The definition with all columns (its own that the query does not give come first), and the names that the query's
    columns have, in its order. Raises 1060."""
    assert node.select is not None, "called for a query"
    bound = bind(node.select.statement, context.planning())
    own = {column.name.lower(): column for column in node.columns}
    of_union = is_of_union(bound.plan)
    names: list[str] = []
    taken: list[ColumnDef] = []
    for column in bound.columns:
        if column.name.lower() in (name.lower() for name in names):
            raise SqlError(DUP_FIELDNAME, column=column.name)
        names.append(column.name)
        taken.append(own.get(column.name.lower()) or column_definition(column, context.catalog, of_union=of_union))
    given = {name.lower() for name in names}
    first = [column for column in node.columns if column.name.lower() not in given]
    return replace(node, columns=(*first, *taken), select=None), tuple(names)


def is_of_union(node: LogicalNode) -> bool:
    """Whether the rows come from a set operation, whose numbers are all BIGINT."""
    while not isinstance(node, SetOperation):
        if len(node.children) != 1:
            return False
        node = node.children[0]
    return True


def column_definition(column: Column, catalog: Catalog, *, of_union: bool) -> ColumnDef:
    """The column of a new table that holds a result column: a copy of the column behind it, or of the type's kind
    (a whole number of nine digits or fewer is an INT)."""
    origin = _origin(column, catalog)
    spec = type_spec(column.type)
    if origin is None and not of_union and column.type.code == TypeCode.LONGLONG and column.type.length <= _INT_DIGITS:
        spec = replace(spec, name="INT")
    not_null = column.type.not_null
    if origin is not None:
        default = "'0'" if origin.type.flags & Flag.AUTO_INCREMENT else default_clause(origin)
        expr = None if default is None else parse_default(default)
        is_expr = default is not None and default.startswith("(")
        on_update = origin.type.flags & Flag.ON_UPDATE_NOW
        return ColumnDef(
            column.name, spec, nullable=not not_null, default=expr, default_is_expr=is_expr,
            on_update=parse_default(f"CURRENT_TIMESTAMP({origin.type.fsp})") if on_update else None,
            comment=origin.comment or None,
        )  # fmt: skip
    default_expr = None
    if not_null:
        default_expr = _zero(column.type)
    return ColumnDef(column.name, spec, nullable=not not_null, default=default_expr)


def parse_default(text: str) -> Expr:
    """A default that SHOW CREATE prints, as the parser reads it."""
    inner = text[1:-1] if text.startswith("(") else text
    return Expr(parse_expression(inner, 0), inner)


def _zero(sql_type: SqlType) -> Expr | None:
    """The default that MySQL gives a NOT NULL column made of an expression."""
    if sql_type.is_blob or sql_type.code == TypeCode.JSON or sql_type.is_temporal or sql_type.code == TypeCode.TIME:
        return None
    text = "" if sql_type.is_string else "0"
    return Expr(exp.Literal.string(text), f"'{text}'")


def _origin(column: Column, catalog: Catalog) -> ColumnInfo | None:
    if not column.origin_name:
        return None
    table = catalog.table(column.database, column.origin_table)
    found = None if table is None or table.is_view else table.columns_by_name.get(column.origin_name.lower())
    return None if found is None or found.is_generated else found


def type_spec(sql_type: SqlType) -> TypeSpec:
    """The type as a definition would write it. Raises 1235 for a type that no column can have."""
    code = sql_type.code
    if code == TypeCode.NULL:
        return TypeSpec("BINARY", 0)
    name = data_type(sql_type).upper()
    charset = sql_type.charset if sql_type.is_character or code in (TypeCode.ENUM, TypeCode.SET) else None
    collation = sql_type.collation if charset is not None else None
    length: int | None = None
    scale: int | None = None
    if code in _LENGTHS:
        length = max(sql_type.length, 0)
        if code == TypeCode.STRING and length > 255:
            name = "VARBINARY" if charset is None else "VARCHAR"
        is_unknown = sql_type.length < 0 and sql_type.is_string
        if (length > _MAX_VARCHAR or is_unknown) and code != TypeCode.BIT:
            name, length = ("LONGBLOB" if charset is None else "LONGTEXT"), None
    elif code == TypeCode.NEWDECIMAL:
        length, scale = sql_type.length if sql_type.length > 0 else 65, max(sql_type.scale, 0)
    elif code in (TypeCode.DATETIME, TypeCode.TIMESTAMP, TypeCode.TIME):
        length = sql_type.fsp or None
    elif code == TypeCode.TINY and sql_type.length == 1:
        length = 1
    elif code in (TypeCode.FLOAT, TypeCode.DOUBLE) and sql_type.scale >= 0 and sql_type.length > 0:
        length, scale = sql_type.length, sql_type.scale
    elif code == TypeCode.GEOMETRY:
        raise SqlError(NOT_SUPPORTED_YET, feature="geometry columns")
    return TypeSpec(
        name, length, scale, sql_type.elements, unsigned=sql_type.unsigned and code != TypeCode.BIT,
        zerofill=bool(sql_type.flags & Flag.ZEROFILL) and code != TypeCode.YEAR, charset=charset, collation=collation,
    )  # fmt: skip
