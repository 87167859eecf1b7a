"""BEGIN, COMMIT, ROLLBACK and savepoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult
from planner.parse.nodes_session import (
    Begin,
    Commit,
    ReleaseSavepoint,
    Rollback,
    RollbackToSavepoint,
    Savepoint,
    Xa,
)
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def _begin(session: Session, node: Begin, statement: Statement) -> OkResult:
    if node.as_of is not None or node.causal_consistency_only:
        raise SqlError(NOT_SUPPORTED_YET, feature="START TRANSACTION with stale reads")
    await session.commit()
    if session.locked_tables:
        session.instance.unlock_tables(session)
    default_mode = str(session.variables.values["tidb_txn_mode"])
    session.transaction.start(read_only=node.read_only, mode=node.mode, default_mode=default_mode)
    if node.consistent_snapshot and not session.transaction.read_committed:
        await session.transaction.ensure(default_mode)
    return OkResult()


async def _end(session: Session, node: Commit | Rollback, *, commit: bool) -> OkResult:
    state = session.transaction
    isolation, read_only, mode = state.isolation, state.read_only, state.pessimistic
    chained = state.in_transaction
    chain, release = _ending(session, node)
    if commit:
        await session.commit()
    else:
        await session.rollback()
    state.statement_ended()
    if chain:
        state.start(mode="pessimistic" if mode else "optimistic")
        if chained:
            state.isolation, state.read_only = isolation, read_only
    if release:
        session.must_close = True
    return OkResult()


def _ending(session: Session, node: Commit | Rollback) -> tuple[bool, bool]:
    """(begin the next transaction, end the connection): as written, else as completion_type says."""
    default = str(session.variables.values["completion_type"])
    chain = default == "CHAIN" if node.chain is None else node.chain
    release = default == "RELEASE" if node.release is None else node.release
    return chain and not node.release, release and not node.chain


async def _commit(session: Session, node: Commit, statement: Statement) -> OkResult:
    return await _end(session, node, commit=True)


async def _rollback(session: Session, node: Rollback, statement: Statement) -> OkResult:
    return await _end(session, node, commit=False)


async def _savepoint(session: Session, node: Savepoint, statement: Statement) -> OkResult:
    if session.transaction.open:
        session.transaction.set_savepoint(node.name)
    return OkResult()


async def _rollback_to(session: Session, node: RollbackToSavepoint, statement: Statement) -> OkResult:
    session.transaction.rollback_to(node.name)
    return OkResult()


async def _release(session: Session, node: ReleaseSavepoint, statement: Statement) -> OkResult:
    session.transaction.release(node.name)
    return OkResult()


async def _xa(session: Session, node: Xa, statement: Statement) -> OkResult:
    raise SqlError(NOT_SUPPORTED_YET, feature=f"XA {node.verb}")


HANDLERS = (
    Handler((Begin,), _begin),
    Handler((Commit,), _commit),
    Handler((Rollback,), _rollback),
    Handler((Savepoint,), _savepoint),
    Handler((RollbackToSavepoint,), _rollback_to),
    Handler((ReleaseSavepoint,), _release),
    Handler((Xa,), _xa),
)
