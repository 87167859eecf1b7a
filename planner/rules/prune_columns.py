"""Columns that nobody reads are not computed and not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from planner.access.paths import handle_infos
from planner.expr.nodes import Column
from planner.locks import columns_needed
from planner.logical import (
    Aggregate,
    Apply,
    DataSource,
    Delete,
    Join,
    Limit,
    Lock,
    LogicalNode,
    MaxOneRow,
    Projection,
    Selection,
    SetKind,
    SetOperation,
    Sort,
    Update,
)
from planner.rules.tree import RuleContext, columns_read, correlated_columns, is_movable, map_children
from sqlnode.base.schema import ColumnInfo


def prune_columns(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`π(t.a)(t)` reads only column a of t."""
    return _Pruner(context).prune(plan, set(plan.schema))


class _Pruner:
    def __init__(self, context: RuleContext) -> None:
        self._context = context

    def prune(self, node: LogicalNode, needed: set[Column]) -> LogicalNode:
        """The node giving at least the needed ones of its columns."""
        match node:
            case DataSource():
                return self._source(node, needed)
            case Projection():
                return self._projection(node, needed)
            case Aggregate():
                return self._aggregate(node, needed)
            case Selection():
                below = needed | columns_read(node.conditions)
            case Sort():
                below = needed | columns_read(item.expression for item in node.items)
            case Lock():
                below = needed | columns_needed(node)
            case Limit() | MaxOneRow() if not getattr(node, "columns", ()):
                below = needed
            case Join():
                return self._join(node, needed)
            case SetOperation():
                return self._set_operation(node, needed)
            case Update() | Delete():
                below = _changed(node)
            case _:
                return map_children(node, lambda child: self.prune(child, set(child.schema)))
        return map_children(node, lambda child: self.prune(child, below))

    def _source(self, node: DataSource, needed: set[Column]) -> LogicalNode:
        pairs = [(column, info) for column, info in zip(node.columns, node.infos) if column in needed]
        if len(pairs) == len(node.columns):
            return node
        if not pairs:
            pairs = [self._smallest(node)]
        return replace(node, columns=tuple(c for c, _ in pairs), infos=tuple(i for _, i in pairs))

    def _smallest(self, node: DataSource) -> tuple[Column, ColumnInfo]:
        """A column to count rows by: the handle, which every path gives."""
        if node.table.id < 0:
            return node.columns[0], node.infos[0]
        info = handle_infos(node.table)[0]
        for column, known in zip(node.columns, node.infos):
            if known.id == info.id:
                return column, known
        ids = self._context.ids
        table = node.table
        column = Column(ids.next(), info.name, info.type, node.alias, node.database, table.name, info.name)
        return column, info

    def _projection(self, node: Projection, needed: set[Column]) -> LogicalNode:
        kept = [
            (expression, column)
            for expression, column in zip(node.expressions, node.columns)
            if column in needed or not is_movable(expression)
        ] or [(node.expressions[0], node.columns[0])]
        expressions = tuple(expression for expression, _ in kept)
        child = self.prune(node.child, columns_read(expressions))
        if len(kept) == len(node.columns) and child is node.child:
            return node
        return replace(node, child=child, expressions=expressions, columns=tuple(column for _, column in kept))

    def _aggregate(self, node: Aggregate, needed: set[Column]) -> LogicalNode:
        calls = list(zip(node.aggregates, node.columns))
        kept = [(call, column) for call, column in calls if column in needed]
        if not kept and not node.group_by:
            kept = calls[:1]
        aggregates = tuple(call for call, _ in kept)
        child = self.prune(node.child, columns_read((*aggregates, *node.group_by)))
        if len(kept) == len(calls) and child is node.child:
            return node
        columns = (*(column for _, column in kept), *node.columns[len(calls) :])
        return replace(node, child=child, aggregates=aggregates, columns=columns)

    def _join(self, node: Join, needed: set[Column]) -> LogicalNode:
        read = needed | columns_read(node.conditions)
        if isinstance(node, Apply):
            read |= correlated_columns(node.right)
        left = self.prune(node.left, _of(node.left, read))
        right = self.prune(node.right, _of(node.right, read))
        return node if left is node.left and right is node.right else node.with_children((left, right))

    def _set_operation(self, node: SetOperation, needed: set[Column]) -> LogicalNode:
        if node.kind is not SetKind.UNION or not node.all_rows:
            return map_children(node, lambda child: self.prune(child, set(child.schema)))
        places = [place for place, column in enumerate(node.columns) if column in needed] or [0]
        inputs = []
        for child in node.inputs:
            wanted = tuple(child.schema[place] for place in places)
            below = self.prune(child, set(wanted))
            if [column.id for column in below.schema] != [column.id for column in wanted]:
                below = Projection(below, wanted, wanted)
            inputs.append(below)
        if len(places) == len(node.columns) and all(new is old for new, old in zip(inputs, node.inputs)):
            return node
        return replace(node, inputs=tuple(inputs), columns=tuple(node.columns[place] for place in places))


def _of(side: LogicalNode, columns: Iterable[Column]) -> set[Column]:
    return set(columns) & set(side.schema)


def _changed(node: Update | Delete) -> set[Column]:
    """What a data change reads of its source."""
    columns = {column for target in node.targets for column in target.columns}
    columns |= {target.handle for target in node.targets if target.handle is not None}
    if isinstance(node, Update):
        columns |= columns_read(one.expression for one in node.assignments if one.expression is not None)
    return columns
