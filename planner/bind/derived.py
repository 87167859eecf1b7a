"""Named tables, common table expressions, views, and derived tables as pieces of FROM."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.ctes import use_cte
from planner.bind.from_clause import Part
from planner.bind.relation import Relation
from planner.bind.scope import Source
from planner.bind.state import Environment, unsupported
from planner.bind.tables import data_source, find_table, refuse_partition
from planner.bind.updatable import is_join, updatable_part
from planner.bind.views import bind_view
from planner.expr.nodes import Column
from sqlnode.base.errors import DUP_FIELDNAME, KEY_DOES_NOT_EXIST, UPDATE_TABLE_USED, VIEW_WRONG_LIST, SqlError


def bind_named(environment: Environment, node: exp.Expression) -> Part:
    """A Table node: a common table expression, view, stored or virtual table."""
    name, database, alias = table_name(node)
    if not database:
        cte = environment.ctes.get(name.lower())
        if cte is not None:
            _refuse_hints(node, name)
            relation = use_cte(environment, cte)
            return as_part(relation, alias or name, "")
    refuse_partition(node)
    if not environment.whole:
        environment.check("SELECT", database, name)
    found_database, table = find_table(database, name, environment.context)
    if not environment.whole:
        environment.need("SELECT", found_database, table.name)
    if not environment.whole and (found_database.lower(), table.name.lower()) in environment.written:
        if not environment.written_by_alias or not alias or alias.lower() == table.name.lower():
            raise SqlError(UPDATE_TABLE_USED, table=table.name)
    if table.id > 0:
        environment.refers(found_database, alias or name)
    if table.is_view:
        _refuse_hints(node, name)
        if environment.whole or environment.locking:
            part = updatable_part(environment, found_database, table, alias or name)
            if part is not None:
                part.sources[0].reads = environment.reader(found_database, table.name)
                return part
        relation = bind_view(environment, found_database, table)
        part = as_part(relation, alias or name, found_database, view=table.name, labels_columns=True)
        part.sources[0].joined = environment.whole and is_join(table)
        part.sources[0].reads = environment.reader(found_database, table.name)
        return part
    relation, source = data_source(
        environment, found_database, table, alias or table.name, hints=node.args.get("hints") or ()
    )
    source.reads = environment.reader(found_database, table.name)
    return Part(relation.plan, (source,), source.columns, (relation.facts,))


def _refuse_hints(node: exp.Expression, name: str) -> None:
    """Error 1176: what is no stored table has no indexes."""
    refuse_partition(node)
    for hint in node.args.get("hints") or ():
        for index in hint.expressions:
            raise SqlError(KEY_DOES_NOT_EXIST, key=index.name, table=name)


def table_name(node: exp.Expression) -> tuple[str, str, str]:
    """(name, database, alias) of a Table node; missing parts are empty."""
    identifier = node.this
    if not isinstance(identifier, exp.Identifier):
        raise refused(identifier)
    database = node.args.get("db")
    alias = node.args.get("alias")
    if alias is not None:
        take(alias)
        if alias.args.get("columns"):
            raise unsupported("a column list after a table's alias")
    return identifier.this, "" if database is None else database.name, "" if alias is None else alias.name


def bind_derived(environment: Environment, node: exp.Expression) -> Part:
    """`(query) AS alias [(columns)]`, also `(VALUES …) AS alias`."""
    from planner.bind.query import bind_query, bind_values_rows

    alias = node.args["alias"]
    take(alias)
    if isinstance(node, exp.Values):
        relation = bind_values_rows(environment, node)
    else:
        inside = environment.derived()
        if any(node.args.get(name) for name in ("order", "limit", "offset", "with_")):
            raise unsupported("clauses behind a derived table")
        relation = bind_query(node.this, inside)
    names = [column.name for column in alias.args.get("columns") or ()]
    return as_part(renamed(relation, names), alias.name, "", labels_columns=_is_merged(node.this))


def _is_merged(query: exp.Expression) -> bool:
    """Whether MySQL merges a derived table into the query around it (manual, "Optimizing Derived Tables")."""
    if not isinstance(query, exp.Select) or query.args.get("from_") is None:
        return False
    if any(query.args.get(name) for name in ("group", "having", "distinct", "limit", "windows")):
        return False
    return not any(item.find(exp.AggFunc, exp.Window) for item in query.expressions)


def renamed(relation: Relation, names: list[str]) -> Relation:
    """The relation with a column list. Errors 1353, 1060."""
    if names:
        if len(names) != len(relation.columns):
            raise SqlError(VIEW_WRONG_LIST)
        columns = tuple(replace(column, name=name) for column, name in zip(relation.columns, names))
        relation = replace(relation, columns=columns)
    check_names(relation.columns)
    return relation


def check_names(columns: tuple[Column, ...]) -> None:
    """Error 1060 for a name that stands twice."""
    seen: set[str] = set()
    for column in columns:
        key = column.name.lower()
        if key in seen:
            raise SqlError(DUP_FIELDNAME, column=column.name)
        seen.add(key)


def as_part(relation: Relation, alias: str, database: str, *, view: str = "", labels_columns: bool = False) -> Part:
    """A bound query as a source under its alias."""
    columns = tuple(replace(column, table=alias) for column in relation.columns)
    source = Source(alias, database, columns, stored_name=view, labels_columns=labels_columns)
    return Part(relation.plan, (source,), columns, (relation.facts,))
