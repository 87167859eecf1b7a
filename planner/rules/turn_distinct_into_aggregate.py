"""DISTINCT is grouping by all columns without aggregates."""

from __future__ import annotations

from planner.logical import Aggregate, Distinct, LogicalNode
from planner.rules.tree import RuleContext, transform_up


def turn_distinct_into_aggregate(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`δ(x)` → `γ(all columns of x)(x)`, which finds its columns by id and can run in the store."""

    def change(node: LogicalNode) -> LogicalNode:
        if not isinstance(node, Distinct):
            return node
        columns = node.child.schema
        return Aggregate(node.child, columns, (), columns)

    return transform_up(plan, change)
