"""INSERT and REPLACE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.ctes import with_ctes
from planner.bind.derived import table_name
from planner.bind.dml_targets import assigned_value, check_generated
from planner.bind.expressions import ExpressionBinder, column_parts
from planner.bind.insert_rows import InsertTarget, bind_rows, block_rows
from planner.bind.query import bind_query
from planner.bind.relation import Relation
from planner.bind.scope import Scope, Source
from planner.bind.state import Environment, unsupported
from planner.bind.tables import find_table, plan_column, refuse_partition
from planner.bind.updatable import BaseTable, insertable, is_join
from planner.expr.nodes import Column, Expression, substitute
from planner.logical import Assignment, Insert, LogicalNode, Projection, ViewCheck
from planner.parse.nodes_common import StatementKind
from planner.parse.statement import Statement
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    FIELD_SPECIFIED_TWICE,
    NON_INSERTABLE_TABLE,
    NON_UPDATABLE_TABLE,
    NONUNIQ_TABLE,
    WRONG_VALUE_COUNT_ON_ROW,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, TableInfo

FIELD_LIST = "field list"


def bind_insert(statement: Statement, environment: Environment) -> LogicalNode:
    """The Insert node. Errors 1054, 1093, 1110, 1136, 1471, 3105."""
    node = statement.tree
    take(node)
    environment = with_ctes(environment, node)
    replacing = statement.kind is StatementKind.REPLACE
    target = _target(environment, node.this, "REPLACE" if replacing else "INSERT")
    target.need(environment, "INSERT", target.columns)
    if replacing:
        target.need(environment, "DELETE")
    values = node.args["expression"]
    forbidden = replace(environment, written=frozenset(((target.database.lower(), target.table.name.lower()),)))
    source: LogicalNode | None = None
    rows: tuple[tuple[Expression | None, ...], ...] = ()
    literals: object | None = None
    selected: Relation | None = None
    if isinstance(values, exp.Values):
        target = _for_empty_rows(target, values, statement)
        if statement.values is not None:
            literals = block_rows(target, statement.values)
        else:
            # of several rows, MySQL lets the subquery of one see the rows before it
            alone = len(values.expressions) == 1
            rows, source = bind_rows(replace(forbidden, written_by_alias=alone), target, values)
    else:
        selected = bind_query(values, environment)
        source = _source(target, selected)
    given = tuple(environment.binding.fresh(column) for column in target.row)
    on_duplicate = _on_duplicate(statement, forbidden, target, given, selected)
    if on_duplicate:
        target.need(environment, "UPDATE", [assignment.column for assignment in on_duplicate])
    return Insert(
        target.database,
        target.table,
        target.columns,
        rows,
        literals,
        source,
        replacing,
        statement.modifiers.ignore,
        on_duplicate,
        target.row,
        given,
        target.checks,
        isinstance(values, exp.Values) and len(values.expressions) == 1,
    )


def _target(environment: Environment, node: exp.Expression, verb: str) -> InsertTarget:
    """The table and its named columns."""
    take(node)
    names: list[str] | None = None
    listed: list[exp.Expression] = []
    if isinstance(node, exp.Schema):
        listed = node.expressions
        names = [column.name for column in listed]
        node = node.this
        take(node)
    refuse_partition(node)
    name, database, alias = table_name(node)
    if alias or node.args.get("joins") or node.args.get("hints"):
        raise refused(node)
    environment.check("INSERT", database, name)
    found, table = find_table(database, name, environment.context)
    named_database, named_table = found, table.name
    environment.refers(found, name)
    mapping: dict[str, str] | None = None
    behind: Environment | None = None
    base: BaseTable | None = None
    if table.is_view:
        base = insertable(environment, found, table)
        if base is None and is_join(table):
            raise unsupported(f"{verb} into a view over several tables")
        if base is None:
            raise SqlError(NON_INSERTABLE_TABLE, table=table.name, statement=verb)
        mapping = {key: value for key, value in base.names.items() if value is not None}
        if names is None:
            names = list(mapping)
        found, table, behind = base.database, base.table, base.behind
    if table.id <= 0:
        raise SqlError(NON_UPDATABLE_TABLE, table=table.name, statement=verb)
    environment.binding.tables[(found.lower(), table.name.lower())] = table
    row = []
    for info in table.public_columns:
        environment.binding.next_id += 1
        row.append(plan_column(environment.binding.next_id, info, found, table, named_table))
    columns = _columns(table, names, mapping)
    checks = () if base is None else _over_row(base, row)
    return InsertTarget(found, table, columns, tuple(row), named_database, named_table, mapping, behind, checks)


def _over_row(base: BaseTable, row: Sequence[Column]) -> tuple[ViewCheck, ...]:
    """The view's checks over the columns of the new row."""
    given: dict[Column, Expression] = {base.columns[column.origin_name.lower()]: column for column in row}
    return tuple(replace(check, condition=substitute(check.condition, given)) for check in base.checks)


def _columns(table: TableInfo, names: list[str] | None, mapping: dict[str, str] | None) -> tuple[ColumnInfo, ...]:
    if names is None or not names:
        return table.visible_columns
    found: list[ColumnInfo] = []
    for name in names:
        stored = name if mapping is None else mapping.get(name.lower())
        info = None if stored is None else table.columns_by_name.get(stored.lower())
        if info is None or info.hidden:
            raise SqlError(BAD_FIELD_ERROR, column=name, clause=FIELD_LIST)
        if info in found:
            raise SqlError(FIELD_SPECIFIED_TWICE, column=info.name)
        found.append(info)
    return tuple(found)


def _for_empty_rows(target: InsertTarget, values: exp.Expression, statement: Statement) -> InsertTarget:
    """`VALUES ()` gives every column its default."""
    empty = values.expressions and not any(row.expressions for row in values.expressions)
    named = len(target.columns) != len(target.table.visible_columns)
    if empty and not named and statement.values is None:
        return replace(target, columns=())
    return target


def _source(target: InsertTarget, relation: Relation) -> LogicalNode:
    """A query's rows, exactly the visible columns."""
    if len(relation.columns) != len(target.columns):
        raise SqlError(WRONG_VALUE_COUNT_ON_ROW, row=1)
    for info in target.columns:
        check_generated(target.table, info, default=False)
    if [c.id for c in relation.plan.schema] == [c.id for c in relation.columns]:
        return relation.plan
    return Projection(relation.plan, tuple(relation.columns), relation.columns)


@dataclass(frozen=True, slots=True)
class _Selected:
    """Columns of INSERT … SELECT's query, by which ON DUPLICATE KEY UPDATE may name the new row's values."""

    columns: tuple[tuple[Column, Column], ...]

    def find(self, name: str, table: str, database: str) -> Expression | None:
        """The new row's column that holds the named column of the query."""
        for selected, given in self.columns:
            names = (selected.name.lower(), selected.origin_name.lower())
            if name.lower() in names and (not table or selected.table.lower() == table.lower()):
                return given
        return None


def _on_duplicate(
    statement: Statement,
    environment: Environment,
    target: InsertTarget,
    given: tuple[Column, ...],
    selected: Relation | None,
) -> tuple[Assignment, ...]:
    clause = statement.tree.args.get("conflict")
    if clause is None:
        return ()
    take(clause)
    row = target.source(target.row)
    row.reads = environment.reader(target.named_database, target.named_table)
    new_row = target.source(given)
    scope = Scope((row,), row.columns)
    sources: list[Source] = [row]
    if statement.insert_alias is not None:
        if statement.insert_alias[0].lower() == target.named_table.lower():
            raise SqlError(NONUNIQ_TABLE, table=statement.insert_alias[0])
        sources.append(_alias_source(target, given, *statement.insert_alias))
        scope = Scope(tuple(sources), row.columns)
    binder = ExpressionBinder(environment, scope, FIELD_LIST, values=Scope((new_row,), new_row.columns))
    if len(sources) > 1:
        binder.last = lambda name, table, database: None if table else sources[1].names.get(name.lower())
    elif selected is not None:
        by_id = {info.id: column for info, column in zip(target.table.public_columns, given)}
        pairs = tuple((column, by_id[info.id]) for column, info in zip(selected.columns, target.columns))
        binder.last = _Selected(pairs).find
    found = []
    for tree in clause.expressions:
        take(tree)
        info = _assigned(target, scope, row, tree.this)
        value = assigned_value(binder, tree.expression, info)
        check_generated(target.table, info, default=value is None)
        found.append(Assignment(info, value))
    return tuple(found)


def _alias_source(target: InsertTarget, given: Sequence[Column], alias: str, names: Sequence[str]) -> Source:
    """`VALUES … AS alias(names)`: the new row under its own names."""
    by_id = {info.id: column for info, column in zip(target.table.public_columns, given)}
    if not names:
        return Source(alias, "", tuple(replace(column, table=alias) for column in target.source(given).columns))
    if len(names) != len(target.columns):
        raise SqlError(WRONG_VALUE_COUNT_ON_ROW, row=1)
    columns = [replace(by_id[info.id], name=name, table=alias) for info, name in zip(target.columns, names)]
    return Source(alias, "", tuple(columns))


def _assigned(target: InsertTarget, scope: Scope, row: Source, node: exp.Expression) -> ColumnInfo:
    take(node)
    name, table, database = column_parts(node)
    column = scope.here(name, table, database, FIELD_LIST)
    if column is None or column not in row.columns:
        raise SqlError(BAD_FIELD_ERROR, column=f"{table}.{name}" if table else name, clause=FIELD_LIST)
    return target.table.columns_by_name[column.origin_name.lower()]
