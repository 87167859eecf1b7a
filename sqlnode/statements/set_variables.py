"""SET, SET TRANSACTION."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from executor.result import OkResult
from planner.parse.nodes_common import Expr
from planner.parse.nodes_session import (
    SetCharacterSet,
    SetNames,
    SetStatement,
    SetSystemVariable,
    SetTransaction,
    SetTransactionItem,
    SetUserVariable,
)
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value
from sqlnode.session.effects import (
    NEXT_TRANSACTION,
    Settings,
    set_character_set,
    set_global,
    set_names,
    set_next_transaction,
    set_session,
)
from sqlnode.session.transactions import checked_isolation
from sqlnode.session.variables import canonical, declaration
from sqlnode.statements.expressions import evaluate
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session


def plain_value(value: Value, sql_type: SqlType) -> object:
    """A value as `Variable.parse` takes it: numbers as they are, everything else as text."""
    if value is None or (isinstance(value, (int, float)) and sql_type.eval_type in (EvalType.INT, EvalType.REAL)):
        return value
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bytes) and sql_type.code != TypeCode.JSON:
        return value.decode("utf-8", "replace")
    return str(value)


async def run_set(session: Session, node: SetStatement, statement: Statement) -> OkResult:
    """Sets items in order, all or none: what an error finds already set is taken back, as MySQL checks all items first.
    Switching autocommit on commits when all are set."""
    committing = False
    before = None if len(node.items) == 1 else Settings.of(session)
    try:
        for item in node.items:
            automatic = session.transaction.autocommit
            await _set_item(session, item)
            committing = committing or (session.transaction.autocommit and not automatic)
    except SqlError:
        if before is None:
            raise
        before.restore(
            session,
            {item.name for item in node.items if isinstance(item, SetSystemVariable) and item.scope == "GLOBAL"},
        )
        raise
    if committing:
        await session.commit()
    return OkResult()


async def _set_item(session: Session, item: object) -> None:
    match item:
        case SetSystemVariable():
            await _system_variable(session, item)
        case SetUserVariable():
            value, sql_type = await evaluate(session, item.value)
            session.user_variables[item.name.lower()] = (value, sql_type)
        case SetNames():
            set_names(session, item.charset, item.collation)
        case SetCharacterSet():
            set_character_set(session, item.charset)
        case SetTransactionItem():
            _characteristics(session, item.scope, item.isolation, item.read_only)
        case _:
            raise AssertionError(item)


async def _system_variable(session: Session, item: SetSystemVariable) -> None:
    declaration(item.name)
    value = None if item.value is None else await _value(session, item.value)
    if item.scope in ("PERSIST", "PERSIST_ONLY"):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"SET {item.scope}")
    if item.scope == "GLOBAL":
        session.instance.check_global(session.account, "SYSTEM_VARIABLES_ADMIN")
        set_global(session, item.name, value, default=item.value is None)
        return
    if item.at_signs and item.scope is None and canonical(item.name) in NEXT_TRANSACTION:
        set_next_transaction(session, item.name, value, default=item.value is None)
        return
    set_session(session, item.name, value, default=item.value is None)


async def _value(session: Session, expression: Expr) -> object:
    word = expression.word
    if word is not None and word.upper() not in ("TRUE", "FALSE", "NULL"):
        return word
    value, sql_type = await evaluate(session, expression)
    return plain_value(value, sql_type)


def _characteristics(session: Session, scope: str | None, isolation: str | None, read_only: bool | None) -> None:
    if isolation is not None:
        checked_isolation(isolation, skip_check=bool(session.variables.values["tidb_skip_isolation_level_check"]))
    if scope is None:
        session.transaction.set_next(isolation, read_only)
        return
    setter = set_global if scope == "GLOBAL" else set_session
    if scope == "GLOBAL":
        session.instance.check_global(session.account, "SYSTEM_VARIABLES_ADMIN")
    if isolation is not None:
        setter(session, "transaction_isolation", isolation)
    if read_only is not None:
        setter(session, "transaction_read_only", int(read_only))


async def run_set_transaction(session: Session, node: SetTransaction, statement: Statement) -> OkResult:
    """SET [GLOBAL | SESSION] TRANSACTION."""
    _characteristics(session, node.scope, node.isolation, node.read_only)
    return OkResult()


SET = Handler((SetStatement,), run_set)
SET_TRANSACTION = Handler((SetTransaction,), run_set_transaction)
