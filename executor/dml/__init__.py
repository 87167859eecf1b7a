"""INSERT, REPLACE, UPDATE, DELETE and LOAD DATA: rows to writes in the transaction's buffer.

Knows: plans of data changes, rows, tables, the transaction. Must not know: sessions, retries, commits (whoever runs the
statement undoes what a failed one wrote and commits). Start at `insert` and `update`; every row is written by `row_writes`,
with what `table_writer` has compiled for its table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from executor.context import ExecContext
from executor.dml.delete import run_delete
from executor.dml.insert import run_insert
from executor.dml.update import run_update
from executor.result import OkResult
from planner.physical import Delete, Insert, PhysicalPlan, Update
from sqlnode.base.errors import SqlWarning

_RUNNERS: dict[type, Callable[[PhysicalPlan, Any, ExecContext, list[int]], Awaitable[OkResult]]] = {
    Insert: run_insert,
    Update: run_update,
    Delete: run_delete,
}


async def run_dml(plan: PhysicalPlan, context: ExecContext) -> OkResult:
    """Runs an Insert, Update or Delete plan in the context's transaction. Raises SqlError and StoreError; what was
    written before is then the caller's to undo."""
    evaluation = context.evaluation
    warn = evaluation.warn
    warnings = [0]

    def counted(warning: SqlWarning) -> None:
        warnings[0] += 1
        warn(warning)

    evaluation.warn = counted
    return await _RUNNERS[plan.root.__class__](plan, plan.root, context, warnings)
