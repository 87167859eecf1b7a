"""INSERT, REPLACE, UPDATE, DELETE and LOAD DATA: rows to writes in the transaction's buffer.

Knows: plans of data changes, rows, tables, the transaction. Must not know: sessions, retries, commits (whoever runs the
statement undoes what a failed one wrote and commits). Start at `insert` and `update`; every row is written by `row_writes`,
with what `table_writer` has compiled for its table.
"""

from __future__ import annotations

from executor.context import ExecContext
from executor.result import OkResult
from planner.physical import Delete, Insert, PhysicalPlan, Update
from sqlnode.base.errors import SqlWarning


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
    root = plan.root
    if isinstance(root, Insert):
        from executor.dml.insert import run_insert

        return await run_insert(plan, root, context, warnings)
    if isinstance(root, Update):
        from executor.dml.update import run_update

        return await run_update(plan, root, context, warnings)
    assert isinstance(root, Delete), f"no data change: {type(root).__name__}"
    from executor.dml.delete import run_delete

    return await run_delete(plan, root, context)
