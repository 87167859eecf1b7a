"""Rows of logical nodes, for rules that choose by size."""

from __future__ import annotations

from planner.access.readers import read_points
from planner.cardinality import DISTINCT, PSEUDO_ROWS, group_count, join_rows, selectivity, table_rows
from planner.context import PlanContext
from planner.expr.nodes import Constant
from planner.logical import (
    Aggregate,
    CteReference,
    DataSource,
    Distinct,
    Dual,
    Join,
    JoinKind,
    Limit,
    LogicalNode,
    MaxOneRow,
    Selection,
    SetOperation,
    Values,
)


def estimated_rows(node: LogicalNode, context: PlanContext) -> float:
    """About how many rows a node gives."""
    match node:
        case DataSource():
            return table_rows(node.table, context)
        case Selection():
            return _filtered(node, context)
        case Aggregate() | Distinct():
            rows = estimated_rows(node.child, context)
            return 1.0 if isinstance(node, Aggregate) and not node.group_by else group_count(rows)
        case Limit():
            rows = estimated_rows(node.child, context)
            count = node.count
            return (
                min(rows, float(count.value)) if isinstance(count, Constant) and isinstance(count.value, int) else rows
            )
        case Join():
            return _joined(node, context)
        case SetOperation():
            return sum(estimated_rows(child, context) for child in node.inputs)
        case MaxOneRow():
            return 1.0
        case Dual():
            return float(node.rows)
        case Values():
            return float(len(node.rows))
        case CteReference():
            return estimated_rows(node.plan, context)
    children = node.children
    return estimated_rows(children[0], context) if children else PSEUDO_ROWS


def _filtered(node: Selection, context: PlanContext) -> float:
    if isinstance(node.child, DataSource) and node.child.table.id > 0:
        points = read_points(node.child, node.conditions)
        if points is not None:
            return float(len(points.keys))
    rows = estimated_rows(node.child, context)
    # "Less than one row" multiplied on through joins would promise that all of them are free.
    return max(rows * selectivity(node.conditions), min(rows, 1.0))


def _joined(node: Join, context: PlanContext) -> float:
    left, right = estimated_rows(node.left, context), estimated_rows(node.right, context)
    if node.kind in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT):
        rows = join_rows(left, right, len(node.conditions))
        return max(rows, left) if node.kind is JoinKind.LEFT else rows
    return left * DISTINCT
