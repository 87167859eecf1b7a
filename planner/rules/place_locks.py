"""Row locks get their place: under the Limit, over the Sort that a Limit cuts, and with the handles that they need."""

from __future__ import annotations

from dataclasses import replace

from planner.access.paths import column_of, handle_infos
from planner.expr.nodes import Column
from planner.locks import locked_sources
from planner.logical import (
    DataSource,
    Delete,
    Limit,
    Lock,
    LockMode,
    LogicalNode,
    Projection,
    Sort,
    Update,
)
from planner.rules.tree import RuleContext, map_children, nodes, transform_up


def place_locks(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """UPDATE and DELETE lock the rows of their targets; `Limit(Sort(Lock(x)))` → `Limit(Lock(Sort(x)))`, so that no more
    rows are locked than are read; every locked table gives its handle."""
    if isinstance(plan, (Update, Delete)):
        aliases = frozenset(target.alias for target in plan.targets)
        plan = plan.with_children([_locked(plan.source, aliases)])
    if not any(isinstance(node, Lock) for node in nodes(plan)):
        return plan
    plan = transform_up(plan, _over_sort)
    return transform_up(plan, lambda node: _with_handles(node, context) if isinstance(node, Lock) else node)


def _locked(source: LogicalNode, aliases: frozenset[str]) -> LogicalNode:
    """The source of a change with the lock below its order and limit."""
    if isinstance(source, (Limit, Sort, Projection)):
        return map_children(source, lambda child: _locked(child, aliases))
    return Lock(source, LockMode.UPDATE, aliases=aliases)


def _over_sort(node: LogicalNode) -> LogicalNode:
    if isinstance(node, Limit) and isinstance(node.child, Sort) and isinstance(node.child.child, Lock):
        sort = node.child
        lock = sort.child
        assert isinstance(lock, Lock), "just tested"
        return replace(node, child=replace(lock, child=replace(sort, child=lock.child)))
    return node


def _with_handles(lock: Lock, context: RuleContext) -> LogicalNode:
    sources = {id(source) for source in locked_sources(lock)}

    def change(node: LogicalNode) -> LogicalNode:
        if isinstance(node, DataSource):
            return _with_handle(node, context) if id(node) in sources else node
        return map_children(node, change)

    return replace(lock, child=change(lock.child)) if sources else lock


def _with_handle(source: DataSource, context: RuleContext) -> DataSource:
    table = source.table
    missing = [info for info in handle_infos(table) if column_of(source, info.id) is None]
    if not missing:
        return source
    columns = tuple(
        Column(context.ids.next(), info.name, info.type, source.alias, source.database, table.name, info.name)
        for info in missing
    )
    return replace(source, columns=source.columns + columns, infos=source.infos + tuple(missing))
