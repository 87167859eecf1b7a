"""SHOW: each form is either a query on the server tables, planned like any other, or a few rows made here.

`QUERIES` (queries.py) maps a form to SQL over information_schema; `ROWS` (rows.py) to a function that makes rows. LIKE and
WHERE become HAVING on the form's labels. Start at `run_show`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import Result, ValueRows
from planner.expr.nodes import Column
from planner.parse.entry import split_text
from planner.parse.nodes_admin import Describe, Explain, Show
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.session.execution import run_plan
from sqlnode.show.queries import query_of
from sqlnode.show.rows import ROWS

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def run_show(session: Session, node: Show) -> Result:
    """The rows of a SHOW statement."""
    make = ROWS.get(node.what)
    if make is not None:
        columns, rows = await make(session, node)
        return ValueRows(columns, rows)
    statement = _statement(session, node)
    if statement is None:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"SHOW {node.alias}")
    return await run_plan(session, session.plan_statement(statement), ())


def _statement(session: Session, node: Show) -> Statement | None:
    text = query_of(session, node)
    return None if text is None else split_text(text)[0].parse()


def columns_of(session: Session, node: object) -> tuple[Column, ...]:
    """The result's columns before it runs, for COM_STMT_PREPARE; empty when the statement gives no rows."""
    if isinstance(node, Show):
        if node.what in ROWS:
            from sqlnode.show.rows import columns_of_rows

            return columns_of_rows(node)
        statement = _statement(session, node)
        return () if statement is None else session.planned(statement).columns
    if isinstance(node, Describe):
        from sqlnode.show.queries import describe

        return columns_of(session, describe(session, node))
    if isinstance(node, Explain):
        from sqlnode.statements.explain import explain_columns

        return explain_columns(node)
    return ()
