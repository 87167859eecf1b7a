"""SHOW, DESCRIBE and HELP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import Result
from planner.parse.nodes_admin import Describe, Help, Show
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session

_DIAGNOSTICS = frozenset({"WARNINGS", "ERRORS", "COUNT WARNINGS", "COUNT ERRORS"})


async def _show(session: Session, node: Show, statement: Statement) -> Result:
    from sqlnode.show import run_show

    if node.what not in _DIAGNOSTICS:
        session.clear_warnings()
    return await run_show(session, node)


async def _describe(session: Session, node: Describe, statement: Statement) -> Result:
    from sqlnode.show import run_show
    from sqlnode.show.queries import describe

    return await run_show(session, describe(session, node))


async def _help(session: Session, node: Help, statement: Statement) -> Result:
    raise SqlError(NOT_SUPPORTED_YET, feature="HELP")


HANDLERS = (
    Handler((Show,), _show, keeps_diagnostics=True),
    Handler((Describe,), _describe),
    Handler((Help,), _help),
)
