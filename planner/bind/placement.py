"""Subqueries that were met inside an expression, and where they join the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planner.expr.nodes import Column, CorrelatedColumn, Expression, walk
from planner.logical import (
    Aggregate,
    Apply,
    CteReference,
    Join,
    JoinKind,
    Limit,
    LogicalNode,
    Projection,
    Selection,
    Sort,
    Values,
)


@dataclass(slots=True)
class Pending:
    """A subquery whose answer an expression reads: the columns of `plan` (LEFT), or `mark` (MARK).

    `conditions` read columns of both sides.
    """

    kind: JoinKind
    plan: LogicalNode
    conditions: tuple[Expression, ...] = ()
    mark: Column | None = None
    null_aware_count: int = 0

    def answers(self) -> set[Column]:
        """The columns that expressions read the answer by."""
        return {self.mark} if self.mark is not None else set(self.plan.schema)

    def correlated(self) -> set[Column]:
        """Outer columns that the subquery itself reads."""
        return correlated_columns(self.plan)


def attach(plan: LogicalNode, pending: Iterable[Pending]) -> LogicalNode:
    """The plan with the subqueries' answers as further columns."""
    for item in pending:
        plan = join_subquery(plan, item)
    return plan


def join_subquery(plan: LogicalNode, item: Pending) -> LogicalNode:
    """An Apply when the subquery reads columns of `plan`, else a Join."""
    kind = Apply if item.correlated() & set(plan.schema) else Join
    return kind(
        item.kind, plan, item.plan, conditions=item.conditions, mark=item.mark, null_aware_count=item.null_aware_count
    )


def correlated_columns(plan: LogicalNode) -> set[Column]:
    """Columns of enclosing queries that a plan reads."""
    found: set[Column] = set()
    stack = [plan]
    while stack:
        node = stack.pop()
        for expression in expressions_of(node):
            found.update(part.column for part in walk(expression) if isinstance(part, CorrelatedColumn))
        stack.extend(node.children)
        if isinstance(node, CteReference):
            stack.append(node.plan)
    if found:
        found -= produced(plan)
    return found


def produced(plan: LogicalNode) -> set[Column]:
    """Every column that some node of the plan gives."""
    found: set[Column] = set()
    stack = [plan]
    while stack:
        node = stack.pop()
        found.update(node.schema)
        stack.extend(node.children)
    return found


def expressions_of(node: LogicalNode) -> Iterator[Expression]:
    """The expressions that stand in a node itself."""
    match node:
        case Selection() | Join():
            yield from node.conditions
        case Projection():
            yield from node.expressions
        case Aggregate():
            yield from node.group_by
            yield from node.aggregates
        case Sort():
            for item in node.items:
                yield item.expression
        case Limit():
            yield from (part for part in (node.count, node.offset) if part is not None)
        case Values():
            for row in node.rows:
                yield from row
        case _:
            return
