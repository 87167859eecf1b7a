"""Key parts that are expressions: each becomes a hidden virtual column of the table, named `_V$_<index>_<part>`, and the key
part names that column. Rows do not store it; whoever writes rows computes it as any virtual column, for the index entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind import bind_expression, table_columns
from planner.context import PlanContext
from planner.parse.expression_text import column_names, function_names, has_subquery, has_variable, stored_text
from planner.parse.nodes_ddl import KeyDef, KeyPart
from sqlnode.base.catalog import EMPTY
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    FUNCTIONAL_INDEX_FUNCTION_IS_NOT_ALLOWED,
    FUNCTIONAL_INDEX_ON_FIELD,
    FUNCTIONAL_INDEX_ON_JSON_OR_GEOMETRY_FUNCTION,
    FUNCTIONAL_INDEX_ON_LOB,
    FUNCTIONAL_INDEX_PRIMARY_KEY,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.ddl.build_checks import VOLATILE
from sqlnode.ddl.build_keys import free_name
from sqlnode.ddl.building import Building

PREFIX = "_V$_"
_NAME = "functional_index"


def is_key_expression(column: ColumnInfo) -> bool:
    """Whether the column stands for an expression in a key."""
    return column.hidden and column.is_generated and column.name.startswith(PREFIX)


def expression_columns(
    database: str,
    table: str,
    definitions: Sequence[KeyDef],
    columns: Sequence[ColumnInfo],
    taken: Sequence[str],
    building: Building,
) -> tuple[list[KeyDef], list[ColumnInfo]]:
    """The keys with every expression replaced by a column, and those columns (without id and offset).

    `columns` are the table's others, `taken` the names of its indexes. Raises 1054, 3753, 3756, 3757, 3758, 3762.
    """
    names = {name.lower() for name in taken} | {d.index_name.lower() for d in definitions if d.index_name is not None}
    hidden: list[ColumnInfo] = []
    result: list[KeyDef] = []
    for definition in definitions:
        if all(part.expr is None for part in definition.parts):
            result.append(definition)
            continue
        if definition.kind == "PRIMARY":
            raise SqlError(FUNCTIONAL_INDEX_PRIMARY_KEY)
        name = definition.index_name
        if name is None:
            name = free_name(_NAME if definition.parts[0].expr is not None else definition.parts[0].column or "", names)
            names.add(name.lower())
        parts: list[KeyPart] = []
        for number, part in enumerate(definition.parts):
            if part.expr is None:
                parts.append(part)
                continue
            column = _column(f"{PREFIX}{name}_{number}", name, part.expr.tree, database, table, columns, building)
            hidden.append(column)
            parts.append(KeyPart(column.name, descending=part.descending))
        result.append(replace(definition, parts=tuple(parts), name=name))
    return result, hidden


def _column(
    name: str,
    index: str,
    tree: exp.Expression,
    database: str,
    table: str,
    columns: Sequence[ColumnInfo],
    building: Building,
) -> ColumnInfo:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if isinstance(tree, exp.Column):
        raise SqlError(FUNCTIONAL_INDEX_ON_FIELD)
    if has_variable(tree) or has_subquery(tree) or any(function in VOLATILE for function in function_names(tree)):
        raise SqlError(FUNCTIONAL_INDEX_FUNCTION_IS_NOT_ALLOWED, name=index)
    known = {column.name.lower() for column in columns}
    read = column_names(tree)
    for column in read:
        if column not in known:
            raise SqlError(BAD_FIELD_ERROR, column=column, clause="functional index")
    return ColumnInfo(
        id=0,
        name=name,
        offset=0,
        type=_type(tree, database, table, columns, building),
        generated_expr=stored_text(tree, building.connection_charset),
        dependences=read,
        hidden=True,
    )


def _type(
    tree: exp.Expression, database: str, table: str, columns: Sequence[ColumnInfo], building: Building
) -> SqlType:
    """What the expression gives, as a type that an index can hold."""
    numbered = tuple(replace(column, id=place + 1, offset=place) for place, column in enumerate(columns))
    whole = TableInfo(0, table, building.charset.charset, building.charset.collation, numbered)
    planning = PlanContext(EMPTY, database) if building.planning is None else building.planning()
    found = bind_expression(tree, table_columns(database, whole, 1), planning).type
    if found.code in (TypeCode.JSON, TypeCode.GEOMETRY):
        raise SqlError(FUNCTIONAL_INDEX_ON_JSON_OR_GEOMETRY_FUNCTION)
    if found.is_blob or (found.is_string and not 0 <= found.length <= 16383):
        raise SqlError(FUNCTIONAL_INDEX_ON_LOB)
    flags = found.flags & (Flag.UNSIGNED | Flag.BINARY)
    length = found.length
    if found.code == TypeCode.LONGLONG:
        # The width is of no matter for what is stored; it is TiDB's.
        length = 22 if isinstance(tree, exp.Cast) else 20
    return replace(found, flags=flags, length=length)
