"""The last step: numbers for the nodes, and everything that the session wants to know about a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import count

from planner.logical import BoundQuery
from planner.physical import (
    Delete,
    IndexLookUp,
    IndexReader,
    Insert,
    PhysicalNode,
    PhysicalPlan,
    TableReader,
    Update,
)


def finished_plan(
    bound: BoundQuery,
    root: PhysicalNode,
    *,
    rules: tuple[str, ...] = (),
    row_path: PhysicalNode | None = None,
    ctes: Mapping[int, PhysicalNode] | None = None,
) -> PhysicalPlan:
    """The plan with its nodes numbered from 1, inputs before what reads them."""
    numbers = count(1)
    numbered_ctes = {cte_id: numbered(node, numbers) for cte_id, node in (ctes or {}).items()}
    root = numbered(root, numbers)
    changes = isinstance(root, (Insert, Update, Delete))
    return PhysicalPlan(
        root=root,
        columns=bound.columns,
        labels=bound.labels,
        tables=bound.tables,
        references=bound.references,
        privileges=bound.privileges,
        view_privileges=bound.view_privileges,
        cacheable=bound.cacheable,
        guards=bound.guards,
        parameter_types=bound.parameter_types,  # type: ignore[arg-type]
        is_read_only=not changes and not bound.locks,
        needs_lock=changes or bound.locks,
        into=bound.into,
        found_rows=bound.found_rows,
        max_execution_ms=bound.max_execution_ms,
        row_path=None if row_path is None else numbered(row_path, numbers),
        ctes=numbered_ctes,
        rules=rules,
    )


def numbered(node: PhysicalNode, numbers: Iterator[int]) -> PhysicalNode:
    """The tree with an id in every node, cop chains included."""
    if isinstance(node, (TableReader, IndexReader)):
        return replace(node, cop=numbered(node.cop, numbers), id=next(numbers))
    if isinstance(node, IndexLookUp):
        index_cop, table_cop = numbered(node.index_cop, numbers), numbered(node.table_cop, numbers)
        return replace(node, index_cop=index_cop, table_cop=table_cop, id=next(numbers))
    children = node.children
    if children:
        node = node.with_children(tuple(numbered(child, numbers) for child in children))
    return replace(node, id=next(numbers))
