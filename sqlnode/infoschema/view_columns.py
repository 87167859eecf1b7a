"""The columns of views: metadata keeps their names only; their types follow from the definition when it is bound."""

from __future__ import annotations

from dataclasses import replace

from planner.bind import bind
from planner.bind.views import definition, invalid
from planner.context import PlanContext
from planner.expr.nodes import Column
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import TypeCode
from sqlnode.ddl.build_column import build_column
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.create_select import column_definition, is_of_union

_ZEROS = {
    TypeCode.DATE: "0000-00-00",
    TypeCode.DATETIME: "0000-00-00 00:00:00",
    TypeCode.TIMESTAMP: "0000-00-00 00:00:00",
    TypeCode.TIME: "00:00:00",
}


def with_columns(database: str, view: TableInfo, context: PlanContext) -> TableInfo:
    """The view with the columns that a table made of its rows would have. Raises 1356 when the definition no longer
    fits what it reads."""
    assert view.view is not None, "called for a view"
    inside = replace(context, database=database, view_depth=context.view_depth + 1)
    try:
        bound = bind(definition(view.view.select), inside)
    except SqlError as error:
        raise invalid(database, view) from error
    columns, of_union = bound.columns, is_of_union(bound.plan)
    if len(columns) != len(view.columns):
        raise invalid(database, view)
    building = Building(CharsetPair(view.charset, view.collation), sql_mode=0)
    made = (
        _column(replace(column, name=named.name), place, inside, building, of_union=of_union)
        for place, (column, named) in enumerate(zip(columns, view.columns))
    )
    return replace(view, columns=tuple(made))


def _column(column: Column, place: int, context: PlanContext, building: Building, *, of_union: bool) -> ColumnInfo:
    made = column_definition(column, context.catalog, of_union=of_union)
    info = build_column(made, place + 1, place, building)
    if info.default is None and info.type.not_null and not column.origin_name and info.type.code in _ZEROS:
        fraction = "." + "0" * info.type.fsp if info.type.fsp else ""
        return replace(info, default=_ZEROS[info.type.code] + fraction)
    return info
