"""The doors of the executor: a plan's result, and the rows of a node for others (data changes, INTO, expressions)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

import pyarrow as pa

from executor.batches import to_rows
from executor.compiled import kept
from executor.context import ExecContext
from executor.result import OkResult, Result, RowsResult
from executor.row_path import RowPlan, StoredPoint, StoredProgram, is_linear, row_plan, row_program
from executor.stream import Execution, chained, picked
from planner.expr.nodes import Call, Column, Expression, walk
from planner.physical import Delete, Insert, PhysicalNode, PhysicalPlan, Update
from sqlnode.base.types import Value

_EAGER_BYTES: Final = 4 << 20
EAGER_ROWS: Final = 1024
"""Rows (or `_EAGER_BYTES`) made before a streamed result is handed out: what is smaller is complete by then, and most
errors come before the client has seen the result's columns."""

_WAITING: Final = frozenset({"sleep", "get_lock"})
"""Functions that may suspend a statement (`Suspend`): it runs again from its start, so nothing may be sent before."""


_change: Callable[[PhysicalPlan, ExecContext], Awaitable[OkResult]] | None = None


def _load_change() -> Callable[[PhysicalPlan, ExecContext], Awaitable[OkResult]]:
    """`run_dml`, whose modules import this one."""
    global _change
    from executor.dml import run_dml

    _change = run_dml
    return run_dml


async def run(plan: PhysicalPlan, context: ExecContext) -> Result:
    """Runs a plan. Raises SqlError, StoreError, and `Suspend` where an expression must wait."""
    if context.runtime is None:
        program = plan.__dict__.get("_row_plan")
        if program is None:
            program = _row_plan(plan)
        if not isinstance(program, bool):
            result: Result | None = await program.run(context)
            if result is not None:
                return result
    if isinstance(plan.root, (Insert, Update, Delete)):
        return await (_change or _load_change())(plan, context)
    return await _run_stream(plan, context)


def direct_read(plan: PhysicalPlan) -> StoredPoint | None:
    """The plan's whole work when it is a point read that needs no contexts and has run before."""
    program = plan.__dict__.get("_row_plan")
    return program if program.__class__ is StoredPoint and program.is_direct and plan.into is None else None


def _row_plan(plan: PhysicalPlan) -> RowPlan | StoredPoint | StoredProgram | bool:
    """The plan's row path, False when it has none."""
    program: RowPlan | StoredPoint | StoredProgram | bool = False
    root = plan.row_path or plan.root
    if is_linear(root) and not isinstance(plan.root, (Insert, Update, Delete)):
        program = row_plan(root, plan.columns, result_columns(plan))
    plan.__dict__["_row_plan"] = program
    return program


def result_columns(plan: PhysicalPlan) -> tuple[Column, ...]:
    """The columns of a plan's result, named by their labels."""
    if not plan.labels:
        return plan.columns
    return tuple(
        column if column.name == label else replace(column, name=label)
        for column, label in zip(plan.columns, plan.labels, strict=True)
    )


async def _run_stream(plan: PhysicalPlan, context: ExecContext) -> Result:
    columns = kept(plan, "_result_columns", lambda: result_columns(plan))
    positions = kept(plan, "_positions", lambda: _positions(plan.root, plan.columns))
    batches = picked(Execution(plan, context).batches(plan.root), positions)
    first: list[pa.RecordBatch] = []
    rows = size = 0
    try:
        async for batch in batches:
            first.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if (rows >= EAGER_ROWS or size >= _EAGER_BYTES) and not kept(plan, "_waits", lambda: (may_wait(plan),))[0]:
                return RowsResult(columns, chained(first, batches))
    except BaseException as error:
        failure = error
    else:
        return RowsResult(columns, iter(first))
    await batches.aclose()
    raise failure


def _positions(root: PhysicalNode, columns: Sequence[Column]) -> tuple[int, ...]:
    places = {column.id: position for position, column in enumerate(root.schema)}
    return tuple(places[column.id] for column in columns)


def may_wait(plan: PhysicalPlan) -> bool:
    """Whether some expression of the plan may suspend it."""
    nodes = [plan.root, *plan.ctes.values()]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        for expression in expressions_of(node):
            if any(isinstance(part, Call) and part.name in _WAITING for part in walk(expression)):
                return True
    return False


def expressions_of(node: PhysicalNode) -> list[Expression]:
    """The expressions in which a node may compute something that is not pushed down."""
    found: list[Expression] = []
    for name in ("conditions", "expressions", "group_by", "aggregates", "other", "null_aware_other"):
        found.extend(getattr(node, name, ()))
    found.extend(item.expression for item in getattr(node, "items", ()))
    for row in getattr(node, "rows", ()) if isinstance(getattr(node, "rows", ()), tuple) else ():
        found.extend(row)
    return found


async def collect(node: PhysicalNode, plan: PhysicalPlan, context: ExecContext) -> list[pa.RecordBatch]:
    """All batches of a node (its whole schema). Raises as `run`."""
    return await Execution(plan, context).collect(node)


async def rows_of(node: PhysicalNode, plan: PhysicalPlan, context: ExecContext) -> list[tuple[Value, ...]]:
    """All rows of a node as Python values in the order of its schema. Raises as `run`."""
    rows = await few_rows_of(node, context)
    return values_of_batches(await collect(node, plan, context), node.schema) if rows is None else rows


async def source_rows(node: PhysicalNode, plan: PhysicalPlan, context: ExecContext) -> list[tuple[Value, ...]]:
    """`rows_of` the source of an UPDATE or DELETE, of which the plan may have a form for few rows."""
    small = plan.row_path
    if small is None:
        return await rows_of(node, plan, context)
    rows = await few_rows_of(small, context)
    if rows is None:
        return values_of_batches(await collect(node, plan, context), node.schema)
    places = kept(small, "_places", lambda: _positions(small, node.schema))
    if places == tuple(range(len(small.schema))):
        return rows
    return [tuple([row[place] for place in places]) for row in rows]


async def few_rows_of(node: PhysicalNode, context: ExecContext) -> list[tuple[Value, ...]] | None:
    """The same for nodes that run row by row and have few rows; None for all others."""
    if context.runtime is None and kept(node, "_is_linear", lambda: (is_linear(node),))[0]:
        rows = await row_program(node).run(context)
        if rows is not None:
            return [tuple(row) for row in rows]
    return None


def values_of_batches(batches: Sequence[pa.RecordBatch], columns: Sequence[Column]) -> list[tuple[Value, ...]]:
    """The rows of batches as Python values; `columns` says how many of a batch's columns count."""
    width = len(columns)
    rows: list[tuple[Value, ...]] = []
    for batch in batches:
        rows += to_rows(batch, width)
    return rows
