"""Views: the definition is bound in the view's own database and with its definer's rights."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from planner.bind.relation import Relation
from planner.bind.state import Environment, Unit
from planner.context import PlanContext
from planner.parse import parse_query
from planner.parse.statement import Statement
from sqlnode.base.errors import (
    BAD_DB_ERROR,
    BAD_FIELD_ERROR,
    NO_SUCH_TABLE,
    SP_DOES_NOT_EXIST,
    VIEW_INVALID,
    VIEW_RECURSIVE,
    SqlError,
)
from sqlnode.base.schema import TableInfo

SECURITY_DEFINER = 0
_DEPTH_LIMIT = 32
INVALID_CODES = frozenset(
    row.code for row in (BAD_DB_ERROR, BAD_FIELD_ERROR, NO_SUCH_TABLE, SP_DOES_NOT_EXIST, VIEW_INVALID)
)


@lru_cache(maxsize=256)
def definition(text: str) -> Statement:
    """The view's query, parsed; stored definitions are written in the default lexical mode."""
    return parse_query(text)


def view_environment(environment: Environment, database: str, table: TableInfo) -> tuple[Environment, Statement]:
    """Where a view's definition is bound, and the definition. Error 1462 for a view inside itself."""
    view = table.view
    assert view is not None
    unit = environment.unit
    key = (database.lower(), table.name.lower())
    if key in unit.views or len(unit.views) >= _DEPTH_LIMIT:
        raise SqlError(VIEW_RECURSIVE, database=database, view=table.name)
    environment.binding.tables[key] = table
    statement = definition(view.select)
    context: PlanContext = replace(unit.context, database=database, view_depth=unit.context.view_depth + 1)
    definer = unit.definer
    if view.security == SECURITY_DEFINER:
        definer = (view.definer_user, view.definer_host)
    inside = Unit(context, statement, (*unit.views, key), definer)
    return Environment(environment.binding, inside), statement


def bind_view(environment: Environment, database: str, table: TableInfo) -> Relation:
    """The view's rows under its column names. Error 1356, naming the outermost view, when the definition or that of a
    view in it no longer fits."""
    from planner.bind.query import bind_query

    view = table.view
    assert view is not None
    inside, statement = view_environment(environment, database, table)
    try:
        relation = bind_query(statement.tree, inside)
    except SqlError as error:
        if error.code in INVALID_CODES:
            raise invalid(database, table) from error
        raise
    names = view.columns or tuple(info.name for info in table.columns)
    if names and len(names) != len(relation.columns):
        raise invalid(database, table)
    if names:
        columns = tuple(replace(column, name=name) for column, name in zip(relation.columns, names))
        relation = replace(relation, columns=columns)
    return relation


def invalid(database: str, table: TableInfo) -> SqlError:
    """Error 1356."""
    return SqlError(VIEW_INVALID, database=database, view=table.name)
