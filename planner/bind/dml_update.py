"""UPDATE, one table or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.ctes import with_ctes
from planner.bind.dml_targets import (
    FIELD_LIST,
    assigned_column,
    assigned_value,
    check_generated,
    narrowed,
    need_read,
    need_write,
    target_of,
)
from planner.bind.expressions import ExpressionBinder
from planner.bind.from_clause import bind_from
from planner.bind.placement import Pending, attach
from planner.bind.scope import Scope, Source
from planner.bind.state import Environment
from planner.bind.updatable import view_checks
from planner.expr.nodes import Column
from planner.logical import Assignment, LogicalNode, Update
from planner.parse.statement import Statement
from sqlnode.base.errors import MULTI_UPDATE_KEY_CONFLICT, SqlError
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import Flag

VERB = "UPDATE"


def bind_update(statement: Statement, environment: Environment) -> LogicalNode:
    """The Update node. Errors 1054, 1093, 1221, 1288, 1348, 1706, 3105."""
    node = statement.tree
    take(node)
    environment = with_ctes(environment, node)
    part = bind_from(replace(environment, whole=True), node.this, ())
    scope = part.scope(None)
    named = [assigned_column(scope, _assignment(tree).this, VERB) for tree in node.expressions]
    sources: list[Source] = []
    for source, column, _ in named:
        if source not in sources:
            sources.append(source)
            need_write(environment, source, "UPDATE")
        need_write(environment, source, "UPDATE", column)
    need_read(environment, part.sources, sources)
    targets = [replace(target_of(source, VERB), checks=view_checks(source)) for source in sources]
    _refuse_moved_twice(named, sources)
    written = frozenset((t.database.lower(), t.table.name.lower()) for t in targets)
    environment = replace(environment, written=written)
    plan = narrowed(environment, node, part, scope, verb=VERB)
    pending: list[Pending] = []
    assignments = _assignments(environment, node, scope, named, sources, pending)
    plan = attach(plan, pending)
    return Update(plan, tuple(targets), tuple(assignments), statement.modifiers.ignore)


def _refuse_moved_twice(named: Sequence[tuple[Source, Column, ColumnInfo]], sources: Sequence[Source]) -> None:
    """Error 1706 for a table that is updated under two aliases when one of them assigns its primary key."""
    for number, first in enumerate(sources):
        for second in sources[number + 1 :]:
            if first.node is None or second.node is None or first.node.table.id != second.node.table.id:
                continue
            table = first.node.table
            parts = {part.offset for index in table.indexes if index.primary for part in index.columns}
            parts.update(column.offset for column in table.public_columns if column.type.flags & Flag.PRI_KEY)
            if any(column.offset in parts for source, _, column in named if source in (first, second)):
                raise SqlError(MULTI_UPDATE_KEY_CONFLICT, first=first.alias, second=second.alias)


def _assignment(tree: exp.Expression) -> exp.Expression:
    take(tree)
    if not isinstance(tree, exp.EQ):
        raise refused(tree)
    return tree


def _assignments(
    environment: Environment,
    node: exp.Expression,
    scope: Scope,
    named: Sequence[tuple[Source, Column, ColumnInfo]],
    sources: Sequence[Source],
    pending: list[Pending],
) -> list[Assignment]:
    binder = ExpressionBinder(environment, scope, FIELD_LIST, pending)
    found = []
    for tree, (source, _, info) in zip(node.expressions, named):
        value = assigned_value(binder, tree.expression, info)
        assert source.node is not None
        check_generated(source.node.table, info, default=value is None)
        found.append(Assignment(info, value, sources.index(source)))
    return found
