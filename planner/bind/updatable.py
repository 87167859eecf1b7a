"""Views that UPDATE, DELETE and INSERT can write through: a plain selection of columns of one stored table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.from_clause import Part, bind_from
from planner.bind.scope import Source
from planner.bind.state import Environment, unsupported
from planner.bind.views import INVALID_CODES, definition, invalid, view_environment
from planner.expr.nodes import Column, Expression, columns_of
from planner.functions import is_aggregate
from planner.logical import LogicalNode, ViewCheck
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import TableInfo

if TYPE_CHECKING:
    from planner.bind.select import SelectItem

CHECK_OPTION = "sqlnode_check_option"
"""Key of `ViewInfo.extra`: the WITH CHECK OPTION that the view was created with."""
TEMPTABLE = 2
"""`ViewInfo.algorithm` of a view that is computed before it is read."""
_PLAIN = frozenset(("expressions", "from_", "where"))


@dataclass(frozen=True, slots=True)
class BaseTable:
    """The stored table behind an updatable view; `names` maps the view's column names (lower case) to its columns'
    (None for a computed column)."""

    database: str
    table: TableInfo
    names: dict[str, str | None]
    behind: Environment | None
    columns: dict[str, Column]
    """The base table's columns, by lower-case name, over which `checks` are."""
    checks: tuple[ViewCheck, ...]


def plain_select(view: exp.Expression) -> bool:
    """Whether the definition selects from one table, without grouping, DISTINCT, LIMIT or subqueries."""
    if not isinstance(view, exp.Select) or view.args.get("from_") is None:
        return False
    if any(value and name not in _PLAIN for name, value in view.args.items()):
        return False
    source = view.args["from_"].this
    if not isinstance(source, exp.Table) or source.args.get("joins"):
        return False
    return not any(
        isinstance(node, (exp.Select, exp.AggFunc, exp.GroupConcat)) and node is not view for node in view.walk()
    )


def may_be_updatable(view: exp.Expression, algorithm: int) -> bool:
    """Whether MySQL might write through a view of this definition: no grouping, DISTINCT, LIMIT, set operation or missing
    FROM. (What we can write through is less, see `is_updatable`.)"""
    if not isinstance(view, exp.Select) or view.args.get("from_") is None or algorithm == TEMPTABLE:
        return False
    if any(
        value and name not in _PLAIN and name not in ("joins", "order", "with_") for name, value in view.args.items()
    ):
        return False
    return not any(
        isinstance(node, (exp.AggFunc, exp.GroupConcat))
        or (isinstance(node, exp.Anonymous) and is_aggregate(node.name))
        for item in view.expressions
        for node in item.walk(prune=lambda node: isinstance(node, exp.Query))
    )


def is_join(table: TableInfo) -> bool:
    """Whether the view would be one whose columns MySQL can update although it joins tables."""
    view = table.view
    assert view is not None
    node = definition(view.select).tree
    if view.algorithm == TEMPTABLE or not isinstance(node, exp.Select) or not node.args.get("joins"):
        return False
    return not any(value and name not in _PLAIN and name != "joins" for name, value in node.args.items())


def is_updatable(table: TableInfo, find: Callable[[str, str], TableInfo | None]) -> bool:
    """Whether UPDATE and DELETE can write through the view; `find` gives a table or view by database and name."""
    view = table.view
    assert view is not None
    node = definition(view.select).tree
    if view.algorithm == TEMPTABLE or not plain_select(node):
        return False
    if any(isinstance(call, exp.Anonymous) and is_aggregate(call.name) for call in node.find_all(exp.Anonymous)):
        return False
    from planner.bind.derived import table_name

    name, database, _ = table_name(node.args["from_"].this)
    base = find(database, name)
    return base is not None and base.id > 0 and (not base.is_view or is_updatable(base, find))


def updatable_part(environment: Environment, database: str, table: TableInfo, alias: str) -> Part | None:
    """The view as a source whose rows are rows of its base table; None when it is not updatable."""
    from planner.bind.group import has_aggregate
    from planner.bind.select import Block, bind_items, bind_where

    view = table.view
    assert view is not None
    if view.algorithm == TEMPTABLE:
        return None
    inside, statement = view_environment(environment, database, table)
    node = statement.tree
    if not plain_select(node):
        return None
    inside = replace(inside, whole=True)
    take(node)
    try:
        part = bind_from(inside, node.args["from_"].this, ())
    except SqlError as error:
        raise invalid(database, table) if error.code in INVALID_CODES else error from None
    if len(part.sources) != 1 or part.sources[0].node is None:
        return None
    scope = part.scope(None)
    plan = part.plan
    own: list[Expression] = []
    try:
        if node.args.get("where") is not None:
            plan, own = bind_where(inside, scope, node.args["where"].this, plan)
        items = bind_items(Block(inside, node, part, scope))
    except SqlError as error:
        raise invalid(database, table) if error.code in INVALID_CODES else error from None
    if any(has_aggregate(item.expression) for item in items):
        return None
    names = view.columns or tuple(info.name for info in table.columns)
    if len(names) != len(items):
        raise invalid(database, table)
    found = _as_source(environment, inside, plan, part.sources[0], items, names, alias, database, table.name)
    if found is not None:
        _note_checks(found.sources[0], part.sources[0], own, view.extra.get(CHECK_OPTION))
    return found


def _note_checks(source: Source, base: Source, own: Sequence[Expression], option: object) -> None:
    """What new rows must fulfil: with LOCAL the view's own condition, with CASCADED those of all views below as well; what
    a view below asks itself holds in any case."""
    source.conditions = (*base.conditions, *own)
    source.checks = base.checks
    if option == "LOCAL":
        source.checks = (*base.checks, *own)
    elif option:
        source.checks = source.conditions


def view_checks(source: Source) -> tuple[ViewCheck, ...]:
    """The source's checks as a statement that writes it needs them. Error 1235 for one over computed columns."""
    assert source.node is not None, "only stored rows are written"
    stored = set(source.node.columns)
    if any(columns_of(check) - stored for check in source.checks):
        raise unsupported("WITH CHECK OPTION over computed columns")
    return tuple(ViewCheck(check, source.database, source.stored_name) for check in source.checks)


def _as_source(
    environment: Environment,
    inside: Environment,
    plan: LogicalNode,
    base: Source,
    items: Sequence[SelectItem],
    names: Sequence[str],
    alias: str,
    database: str,
    name: str,
) -> Part | None:
    """The base table's scan under the view's names; computed columns are added above it."""
    from planner.bind.ordering import project

    computed = [item.expression for item in items if not isinstance(item.expression, Column)]
    if computed and environment.locking:
        return None
    given: dict[int, Column] = {}
    if computed:
        stored = plan.schema
        labels = [column.name for column in stored] + ["" for _ in computed]
        plan, columns = project(environment.binding, plan, [*stored, *computed], labels)
        given = {id(value): column for value, column in zip(computed, columns[len(stored) :])}
    shown = []
    for item, label in zip(items, names):
        value = item.expression
        column = value if isinstance(value, Column) else given[id(value)]
        shown.append(replace(column, name=label, table=alias))
    source = Source(alias, database, tuple(shown), base.table, base.node, name, inside)
    return Part(plan, (source,), source.columns)


def insertable(environment: Environment, database: str, table: TableInfo) -> BaseTable | None:
    """The base table behind a view that INSERT can write; None when there is none."""
    part = updatable_part(replace(environment, whole=True), database, table, table.name)
    if part is None:
        return None
    source = part.sources[0]
    assert source.table is not None and source.node is not None
    stored = {column.id for column in source.node.columns}
    names = {c.name.lower(): c.origin_name if c.id in stored else None for c in source.columns}
    if None in names.values() or len(set(names.values())) != len(names):
        return None
    columns = {info.name.lower(): column for column, info in zip(source.node.columns, source.node.infos)}
    return BaseTable(source.node.database, source.table, names, source.behind, columns, view_checks(source))
