"""EXPLAIN and EXPLAIN ANALYZE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import Result, RowsResult, ValueRows
from planner.explain import explain_labels, explain_rows
from planner.expr.nodes import Column
from planner.parse.nodes_admin import Explain
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import varchar
from sqlnode.session.execution import run_plan
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session


def _labelled(labels: tuple[str, ...]) -> tuple[Column, ...]:
    return tuple(Column(place + 1, label, varchar(4096)) for place, label in enumerate(labels))


def explain_columns(node: Explain) -> tuple[Column, ...]:
    """The result's columns, for COM_STMT_PREPARE."""
    return _labelled(explain_labels(node.format or "", analyze=node.analyze))


async def _explain(session: Session, node: Explain, statement: Statement) -> Result:
    if node.statement is None:
        raise SqlError(NOT_SUPPORTED_YET, feature="EXPLAIN FOR CONNECTION")
    if node.into is not None or node.schema is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature="EXPLAIN INTO or FOR SCHEMA")
    context = session.plan_context(session.parameter_types, session.parameters, in_explain=True)
    entry = session.plan_statement(node.statement.statement, session.parameter_types, session.parameters)
    session.instance.check_plan(session, entry.plan, explains=True)
    runtime = None
    if node.analyze:
        from executor.runtime import Runtime

        session.runtime = runtime = Runtime()
        try:
            await _drain(await run_plan(session, entry, session.parameters))
        finally:
            session.runtime = None
    labels, rows = explain_rows(entry.plan, context, format=node.format or "", runtime=runtime)
    return ValueRows(
        _labelled(labels), [tuple(cell.encode("utf-8", "surrogateescape") for cell in row) for row in rows]
    )


async def _drain(result: Result) -> None:
    if isinstance(result, RowsResult):
        if hasattr(result.batches, "__aiter__"):
            async for _ in result.batches:
                pass
        else:
            for _ in result.batches:
                pass


HANDLERS = (Handler((Explain,), _explain),)
