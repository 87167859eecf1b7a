"""PREPARE, EXECUTE and DEALLOCATE PREPARE: prepared statements by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult, Result
from planner.parse.nodes_session import Deallocate, Execute, Prepare
from planner.parse.statement import Statement
from sqlnode.base.errors import UNKNOWN_STMT_HANDLER, UNSUPPORTED_PS, WRONG_ARGUMENTS, SqlError
from sqlnode.base.types import null
from sqlnode.statements.handler import Handler
from sqlnode.statements.set_variables import plain_value

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def _prepare(session: Session, node: Prepare, statement: Statement) -> OkResult:
    session.named.pop(node.name.lower(), None)
    text = node.text
    if text is None:
        value, sql_type = session.facts.user_variable(node.variable or "")
        text = "NULL" if value is None else str(plain_value(value, sql_type))
    prepared = session.prepare_text(text)
    if isinstance(prepared.statement.ast, (Prepare, Execute, Deallocate)):
        raise SqlError(UNSUPPORTED_PS)
    session.named[node.name.lower()] = prepared
    return OkResult(info="Statement prepared")


async def _execute(session: Session, node: Execute, statement: Statement) -> Result:
    prepared = session.named.get(node.name.lower())
    if prepared is None:
        raise SqlError(UNKNOWN_STMT_HANDLER, name=node.name, command="EXECUTE")
    if len(node.using) != prepared.parameter_count:
        raise SqlError(WRONG_ARGUMENTS, function="EXECUTE")
    pairs = [session.user_variables.get(name.lower(), (None, null())) for name in node.using]
    return await session.run_prepared(prepared, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))


async def _deallocate(session: Session, node: Deallocate, statement: Statement) -> OkResult:
    if session.named.pop(node.name.lower(), None) is None:
        raise SqlError(UNKNOWN_STMT_HANDLER, name=node.name, command="DEALLOCATE PREPARE")
    return OkResult()


HANDLERS = (
    Handler((Prepare,), _prepare, preparable=False),
    Handler((Execute,), _execute, keeps_diagnostics=True, preparable=False),
    Handler((Deallocate,), _deallocate, preparable=False),
)
