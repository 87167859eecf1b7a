"""CALL, and DROP of stored programs: what is named is missing, since none can be created yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult
from planner.parse.nodes_admin import MissingProgram
from planner.parse.statement import Statement
from sqlnode.base.errors import (
    EVENT_DOES_NOT_EXIST,
    NO_DB_ERROR,
    SP_DOES_NOT_EXIST,
    TRG_DOES_NOT_EXIST,
    SqlError,
    SqlWarning,
)
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def _missing(session: Session, node: MissingProgram, statement: Statement) -> OkResult:
    if not node.call:
        await session.commit()
    database = node.name.schema or session.database
    if not database:
        raise SqlError(NO_DB_ERROR)
    error = _error(node, database)
    if not node.if_exists:
        raise error
    session.warn(SqlWarning("Note", error.code, error.message))
    return OkResult()


def _error(node: MissingProgram, database: str) -> SqlError:
    if node.program == "TRIGGER":
        return SqlError(TRG_DOES_NOT_EXIST)
    if node.program == "EVENT":
        return SqlError(EVENT_DOES_NOT_EXIST, name=node.name.name)
    return SqlError(SP_DOES_NOT_EXIST, kind=node.program, name=f"{database}.{node.name.name}")


HANDLERS = (Handler((MissingProgram,), _missing),)
