"""USE, DO, KILL, LOCK TABLES and UNLOCK TABLES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult, RowsResult
from planner.parse.entry import split_text
from planner.parse.nodes_session import Do, Kill, LockTables, UnlockTables, Use
from planner.parse.statement import Statement
from sqlnode.base.errors import (
    CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
    KILL_DENIED_ERROR,
    NO_DB_ERROR,
    NO_SUCH_TABLE,
    NO_SUCH_THREAD,
    NONUNIQ_TABLE,
    SqlError,
)
from sqlnode.base.schema import TableInfo
from sqlnode.session.execution import run_plan
from sqlnode.session.table_use import lock_tables
from sqlnode.show.queries import name as quoted
from sqlnode.statements.expressions import evaluate
from sqlnode.statements.handler import Handler
from sqlnode.statements.rights import check_lock

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def _use(session: Session, node: Use, statement: Statement) -> OkResult:
    await session.use(node.database)
    return OkResult()


async def _do(session: Session, node: Do, statement: Statement) -> OkResult:
    entry = session.plan_statement(node.query.statement, session.parameter_types, session.parameters)
    result = await run_plan(session, entry, session.parameters)
    if isinstance(result, RowsResult):
        if hasattr(result.batches, "__aiter__"):
            async for _ in result.batches:
                pass
        else:
            for _ in result.batches:
                pass
    return OkResult()


async def _kill(session: Session, node: Kill, statement: Statement) -> OkResult:
    value, _ = await evaluate(session, node.connection)
    if isinstance(value, bytes):
        digits = value.strip()
        value = int(digits) if digits.isdigit() else 0
    target = session.instance.sessions.get(value) if isinstance(value, int) else None
    if target is None:
        raise SqlError(NO_SUCH_THREAD, id=value)
    if target.user != session.user and not session.instance.may(session.account, "CONNECTION_ADMIN"):
        raise SqlError(KILL_DENIED_ERROR, id=value)
    if node.query_only:
        target.kill_query()
    else:
        target.must_close = True
        target.kill_query()
        session.instance.disconnect(target)
    if target is session:
        session.kill.check()
    return OkResult()


async def _lock_tables(session: Session, node: LockTables, statement: Statement) -> OkResult:
    check_lock(session, (lock.table for lock in node.locks))
    await session.commit()
    session.transaction.statement_ended()
    if session.transaction.is_read_only and any("WRITE" in lock.mode for lock in node.locks):
        raise SqlError(CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
    instance = session.instance
    instance.unlock_tables(session)
    wanted: dict[tuple[str, str], str] = {}
    names: set[tuple[str, str]] = set()
    inside: set[tuple[str, str]] = set()
    for lock in node.locks:
        database = lock.table.schema or session.database
        if not database:
            raise SqlError(NO_DB_ERROR)
        table = instance.catalogs.current.table(database, lock.table.name)
        if table is None:
            raise SqlError(NO_SUCH_TABLE, database=database, table=lock.table.name)
        alias = (database.lower(), (lock.alias or lock.table.name).lower())
        if alias in names:
            raise SqlError(NONUNIQ_TABLE, table=lock.alias or lock.table.name)
        names.add(alias)
        mode = "WRITE" if "WRITE" in lock.mode else "READ"
        behind = _behind(session, database, table)
        inside.update(behind)
        for key in [(database.lower(), table.name.lower()), *behind]:
            if wanted.get(key) != "WRITE":
                wanted[key] = mode
    await lock_tables(session, wanted, frozenset(names | inside))
    return OkResult()


def _behind(session: Session, database: str, table: TableInfo) -> list[tuple[str, str]]:
    """The tables that a view reads; they are locked with it."""
    if not table.is_view:
        return []
    text = f"SELECT 1 FROM {quoted(database)}.{quoted(table.name)}"
    plan = session.planned(split_text(text)[0].parse())
    return [(name.lower(), info.name.lower()) for name, info in plan.tables if not info.is_view]


async def _unlock_tables(session: Session, node: UnlockTables, statement: Statement) -> OkResult:
    if session.locked_tables:
        await session.commit()
    session.instance.unlock_tables(session)
    return OkResult()


HANDLERS = (
    Handler((Use,), _use),
    Handler((Do,), _do),
    Handler((Kill,), _kill),
    Handler((LockTables,), _lock_tables, preparable=False),
    Handler((UnlockTables,), _unlock_tables, preparable=False),
)
