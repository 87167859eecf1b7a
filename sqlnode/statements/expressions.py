"""Values of expressions in statements without a plan (SET, KILL, EXECUTE): through the binder, or a plan for subqueries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import expressions as exp

from executor import values_of_batches
from executor.result import RowsResult, ValueRows
from planner.bind import bind_expression
from planner.expr.evaluation import EvalContext, Suspend
from planner.expr.scalar import value_of
from planner.functions import unrounded
from planner.parse.entry import split_text
from planner.parse.nodes_common import Expr
from sqlnode.base.errors import OPERAND_COLUMNS, SqlError
from sqlnode.base.types import SqlType, Value
from sqlnode.session.execution import make_context, run_plan
from sqlnode.session.interrupts import interruptible

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def evaluate(session: Session, expression: Expr) -> tuple[Value, SqlType]:
    """The value of an expression that stands alone, with its type."""
    if isinstance(expression.tree, (exp.Subquery, exp.Query)) or expression.tree.find(exp.Query) is not None:
        return await _by_query(session, expression)
    context = session.plan_context(session.parameter_types, session.parameters)
    node = unrounded(bind_expression(expression.tree, (), context))
    evaluation = evaluation_context(session)
    while True:
        try:
            return value_of(evaluation)(node), node.type
        except Suspend as wait:
            evaluation.resumed.append(await interruptible(session.kill, wait.awaitable()))
            evaluation.cursor = 0


def evaluation_context(session: Session) -> EvalContext:
    """What an expression outside a plan may see."""
    return make_context(session, session.instance.newest, None, session.parameters).evaluation


async def _by_query(session: Session, expression: Expr) -> tuple[Value, SqlType]:
    statement = split_text("SELECT " + expression.text, sql_mode=session.sql_mode)[0].parse()
    entry = session.plan_statement(statement, session.parameter_types, session.parameters)
    if len(entry.plan.columns) != 1:
        raise SqlError(OPERAND_COLUMNS, count=1)
    result = await run_plan(session, entry, session.parameters)
    column = entry.plan.columns[0]
    if isinstance(result, RowsResult):
        batches = (
            [batch async for batch in result.batches] if hasattr(result.batches, "__aiter__") else list(result.batches)
        )
        rows = values_of_batches(batches, entry.plan.columns)
    else:
        assert isinstance(result, ValueRows), result
        rows = [tuple(row) for row in result.rows]
    return (rows[0][0] if rows else None), column.type
