"""DISTINCT over rows that differ anyway disappears."""

from __future__ import annotations

from planner.access.paths import unique_keys
from planner.expr.nodes import Column
from planner.logical import Aggregate, DataSource, Distinct, Limit, LogicalNode, Projection, Selection, Sort
from planner.rules.tree import RuleContext, transform_up


def eliminate_distinct(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`δ(π(t.id, t.x)(t))` → `π(t.id, t.x)(t)` when t.id is unique."""

    def change(node: LogicalNode) -> LogicalNode:
        if isinstance(node, Distinct) and is_unique(node.child, frozenset(node.schema)):
            return node.child
        return node

    return transform_up(plan, change)


def is_unique(node: LogicalNode, columns: frozenset[Column]) -> bool:
    """Whether no two rows of the node agree on all these columns."""
    match node:
        case DataSource():
            return any(key <= columns for key in unique_keys(node))
        case Selection() | Sort() | Limit():
            return is_unique(node.child, columns)
        case Distinct():
            return frozenset(node.schema) <= columns
        case Projection():
            below = frozenset(
                expression
                for expression, column in zip(node.expressions, node.columns)
                if column in columns and isinstance(expression, Column)
            )
            return is_unique(node.child, below)
        case Aggregate():
            return frozenset(node.columns[len(node.aggregates) :]) <= columns
    return False
