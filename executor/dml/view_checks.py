"""WITH CHECK OPTION: rows that UPDATE and INSERT write through a view must be rows of the view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from executor.context import EvalContext
from executor.dml.table_writer import Row, Scalar
from planner.expr.nodes import Column
from planner.expr.scalar import compile_scalar
from planner.logical import ViewCheck
from sqlnode.base.errors import VIEW_CHECK_FAILED, SqlError


@dataclass(frozen=True, slots=True)
class RowCheck:
    """One condition, over a row of the table behind the view."""

    passes: Scalar
    database: str
    view: str


def row_checks(checks: Sequence[ViewCheck], columns: Sequence[Column]) -> tuple[RowCheck, ...]:
    """The checks for rows whose values stand in the order of `columns`."""
    return tuple(RowCheck(compile_scalar(one.condition, columns), one.database, one.view) for one in checks)


def check_view(checks: Sequence[RowCheck], row: Row, context: EvalContext) -> None:
    """Raises 1369. A condition that is NULL does not hold."""
    for check in checks:
        if not check.passes(row, context):
            raise SqlError(VIEW_CHECK_FAILED, database=check.database, view=check.view)
