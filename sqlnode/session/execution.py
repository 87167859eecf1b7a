"""Running a plan: in which transaction, at which snapshot, and what the session remembers of it.

`run_plan` is the hot path of every query. A point read outside a transaction reads the newest committed version (no
timestamp); every other autocommit read takes a snapshot; writes and locking reads go through `TransactionState`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from executor import collect, direct_read, run, values_of_batches
from executor.context import ExecContext
from executor.overtaken import correct_reads
from executor.result import OkResult, Result, RowsResult, StoredRows, ValueRows
from planner.context import SqlMode
from planner.expr.evaluation import EvalContext, Suspend
from planner.logical import LockMode
from planner.physical import Delete, Insert, PhysicalNode, PhysicalPlan, PointGet, SelectLock, Update
from sqlnode.base.errors import (
    CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
    OPTION_PREVENTS_STATEMENT,
    SP_FETCH_NO_DATA,
    TOO_MANY_ROWS,
    SqlError,
    SqlWarning,
)
from sqlnode.base.types import Value
from sqlnode.session.interrupts import interruptible, start_timer
from sqlnode.session.result_streams import as_async, watched
from sqlnode.session.table_use import (
    check_definitions,
    note_tables,
    release_tables,
    replanned,
    wait_for_table_locks,
)
from sqlnode.session.transactions import sql_error
from store.api import Reads, StoreError

if TYPE_CHECKING:
    from planner.parse.statement import IntoClause
    from sqlnode.session.plan_cache import CachedPlan
    from sqlnode.session.session import Session
    from store.snapshot import Snapshot
    from store.transaction import Transaction

_STRICT: Final = SqlMode.STRICT


async def run_plan(session: Session, entry: CachedPlan, values: tuple[Value, ...]) -> Result:
    """Runs a planned statement for `session` with parameter values. Raises SqlError and StoreError."""
    plan = entry.plan
    instance = session.instance
    if entry.account is not session.account or entry.privileges_epoch != instance.accounts.epoch:
        instance.check_plan(session, plan)
        entry.account = session.account
        entry.privileges_epoch = instance.accounts.epoch
    if instance.table_locks.active and await wait_for_table_locks(session, plan):
        if not entry.fits(instance.catalogs.current):
            return await run_plan(session, replanned(session, entry, values), values)
    session.commands[entry.command] += 1
    if plan.found_rows:
        return await _run_counting(session, entry, values)
    state = session.transaction
    limit_ms = plan.max_execution_ms or session.variables.values["max_execution_time"]
    if limit_ms and plan.is_read_only:
        start_timer(session, limit_ms)  # type: ignore[arg-type]
    # What reads no table neither begins a transaction nor is the one that SET TRANSACTION spoke of.
    if plan.is_read_only and not plan.needs_lock and ((not state.explicit and state.autocommit) or not plan.tables):
        root = plan.root
        if plan.tables and (state.next_isolation is not None or state.next_read_only is not None):
            state.statement_ended()
        if root.__class__ is PointGet and root.index is None:
            snapshot = instance.newest
        else:
            snapshot = instance.store.snapshot(await instance.store.timestamp())
        direct = direct_read(plan)
        if direct is not None and session.runtime is None:
            return _noted(session, await direct.read(snapshot, values, session.zone))
        context = make_context(session, snapshot, None, values)
        result = await _run(plan, context)
        if result.__class__ is StoredRows and plan.into is None:
            return _noted(session, result)
        return await _finished(session, plan, context, result, streaming=True)
    return await _run_in_transaction(session, entry, values)


def _noted(session: Session, result: StoredRows) -> StoredRows:
    """What ROW_COUNT() and FOUND_ROWS() say after a result of stored rows."""
    session.row_count = -1
    session.found_rows = len(result.values)
    return result


async def _run_counting(session: Session, entry: CachedPlan, values: tuple[Value, ...]) -> Result:
    """SQL_CALC_FOUND_ROWS: the rows, and how many there would be without LIMIT, at one snapshot."""
    unlimited = session.plan_statement(entry.statement.without_limit(), entry.types, values).plan
    state = session.transaction
    transaction = None
    snapshot: Snapshot | Transaction
    if state.open:
        entry = await note_tables(session, entry, values)
        snapshot = transaction = await state.ensure(str(session.variables.values["tidb_txn_mode"]))
        if state.read_committed:
            transaction.read_ts = await session.instance.store.timestamp()
        check_definitions(entry.plan, transaction.read_ts)
    else:
        snapshot = session.instance.store.snapshot(await session.instance.store.timestamp())
    context = make_context(session, snapshot, transaction, values)
    if transaction is not None and transaction.for_update_ts > transaction.read_ts and transaction.buffer:
        await correct_reads(context, entry.plan.tables)
    result = await _finished(session, entry.plan, context, await _run(entry.plan, context), streaming=False)
    counted = await _run(unlimited, make_context(session, context.snapshot, transaction, values))
    if isinstance(counted, RowsResult):
        session.found_rows = sum([batch.num_rows async for batch in as_async(counted.batches)])
    elif isinstance(counted, ValueRows):
        session.found_rows = len(counted.rows)
    elif isinstance(counted, StoredRows):
        session.found_rows = len(counted.values)
    return result


def make_context(
    session: Session,
    snapshot: Reads,
    transaction: Transaction | None,
    values: tuple[Value, ...],
    *,
    in_dml: bool = False,
    ignore: bool = False,
    for_update: bool = False,
) -> ExecContext:
    """The contexts of one run."""
    instance = session.instance
    variables = session.variables.values
    sql_mode = session.sql_mode
    evaluation = EvalContext(
        parameters=values,
        now_us=session.now_us(),
        zone=session.zone,
        sql_mode=sql_mode,
        warn=session.warn,
        strict_dml=in_dml and bool(sql_mode & _STRICT) and not ignore,
        in_dml=in_dml,
        session=session.facts,
        max_allowed_packet=variables["max_allowed_packet"],  # type: ignore[arg-type]
        div_precision_increment=variables["div_precision_increment"],  # type: ignore[arg-type]
        group_concat_max_len=variables["group_concat_max_len"],  # type: ignore[arg-type]
        advisory_locks=instance.advisory_locks,
    )
    return ExecContext(
        store=instance.store,
        catalog=instance.catalogs.current,
        snapshot=snapshot,
        transaction=transaction,
        evaluation=evaluation,
        variables=variables,
        database=session.database,
        kill=session.kill,
        virtual_table=session.tables.virtual_table,
        allocate_auto_id=session.tables.allocate_auto_id,
        rebase_auto_id=session.tables.rebase_auto_id,
        allocate_row_ids=session.tables.allocate_row_ids,
        for_update_read=for_update,
        locks_missing=not session.transaction.read_committed,
        local_infile=session.local_infile,
        runtime=session.runtime,
        rows_seen=instance.statistics.seen,
        rows_added=instance.statistics.added,
    )


async def _run(plan: PhysicalPlan, context: ExecContext) -> Result:
    """Runs the plan, and again each time an expression had to wait (SLEEP, GET_LOCK)."""
    while True:
        try:
            return await run(plan, context)
        except Suspend as suspended:
            wait = suspended
        await _resume(context, wait)


async def _resume(context: ExecContext, wait: Suspend) -> None:
    evaluation = context.evaluation
    evaluation.resumed.append(await interruptible(context.kill, wait.awaitable()))
    evaluation.cursor = 0
    evaluation.row_offset = 0


async def _run_in_transaction(session: Session, entry: CachedPlan, values: tuple[Value, ...]) -> Result:
    plan = entry.plan
    state = session.transaction
    writes = isinstance(plan.root, (Insert, Update, Delete))
    if (writes or (plan.needs_lock and _locks_for_update(plan.root))) and state.is_read_only:
        raise SqlError(CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
    entry = await note_tables(session, entry, values)
    plan = entry.plan
    if not writes and not plan.needs_lock:
        transaction = await state.ensure(session.variables.values["tidb_txn_mode"])  # type: ignore[arg-type]
        if state.read_committed:
            transaction.read_ts = await session.instance.store.timestamp()
        check_definitions(plan, transaction.read_ts)
        direct = direct_read(plan)
        if direct is not None and session.runtime is None:
            return _noted(session, await direct.read(transaction, values, session.zone))
        context = make_context(session, transaction, transaction, values)
        if transaction.for_update_ts > transaction.read_ts and transaction.buffer:
            await correct_reads(context, plan.tables)
        result = await _run(plan, context)
        return await _finished(session, plan, context, result, streaming=True)
    node = plan.root
    logical = getattr(node, "node", None)
    ignore = bool(getattr(logical, "ignore", False))
    warnings_before = len(session.warnings)

    def reset() -> None:
        del session.warnings[warnings_before:]
        session.statement_insert_id = 0

    async def attempt(transaction: Transaction) -> Result:
        if not transaction.pessimistic:
            check_definitions(plan, transaction.read_ts)
        context = make_context(
            session,
            transaction,
            transaction,
            values,
            in_dml=writes,
            ignore=ignore,
            for_update=transaction.pessimistic,
        )
        session.running = transaction
        transaction.check = session.kill.check
        try:
            result = await _run(plan, context)
            return await _finished(session, plan, context, result, streaming=False)
        finally:
            session.running = None

    session.statement_insert_id = 0
    if state.open:
        transaction = await state.ensure(session.variables.values["tidb_txn_mode"])  # type: ignore[arg-type]
        try:
            return await state.in_transaction_run(transaction, attempt, reset)
        except StoreError as error:
            if sql_error(error).code != 1213:
                raise
            deadlock = error
        await session.rollback()
        raise deadlock
    try:
        return await state.autocommit_write(attempt, reset, optimistic_first=writes)
    finally:
        state.statement_ended()
        release_tables(session)


def _locks_for_update(node: PhysicalNode) -> bool:
    """Whether the plan takes exclusive row locks."""
    lock = node if isinstance(node, SelectLock) else getattr(node, "lock", None)
    if lock is not None and lock.mode is LockMode.UPDATE:
        return True
    return any(map(_locks_for_update, node.children))


async def _finished(
    session: Session, plan: PhysicalPlan, context: ExecContext, result: Result, *, streaming: bool
) -> Result:
    """Keeps what later statements may ask for, and turns rows into their final form."""
    if result.__class__ is OkResult:
        _note_ok(session, result)
        return result
    session.row_count = -1
    if plan.into is not None:
        return await _into(session, plan, context, result)
    if isinstance(result, RowsResult):
        if not streaming:
            batches = [batch async for batch in as_async(result.batches)]
            session.found_rows = sum(batch.num_rows for batch in batches)
            return RowsResult(result.columns, iter(batches))
        return RowsResult(result.columns, watched(session, result.batches))
    if isinstance(result, ValueRows):
        session.found_rows = len(result.rows)
    elif isinstance(result, StoredRows):
        session.found_rows = len(result.values)
    return result


def _note_ok(session: Session, result: OkResult) -> None:
    session.row_count = result.affected_rows
    if result.last_insert_id:
        session.statement_insert_id = result.last_insert_id
        session.last_insert_id = result.last_insert_id
    elif session.statement_insert_id:
        result.last_insert_id = session.statement_insert_id
    elif result.explicit_insert_id:
        result.last_insert_id = result.explicit_insert_id


async def _into(session: Session, plan: PhysicalPlan, context: ExecContext, result: Result) -> Result:
    """SELECT … INTO @a, @b. Raises 1172 for a second row; warning 1329 when there is none."""
    clause: IntoClause = plan.into  # type: ignore[assignment]
    if isinstance(result, RowsResult):
        batches = [batch async for batch in as_async(result.batches)]
        rows = values_of_batches(batches, plan.columns)
    elif isinstance(result, ValueRows):
        rows = [tuple(row) for row in result.rows]
    else:
        batches = await collect(plan.root, plan, context)
        rows = values_of_batches(batches, plan.root.schema)
        places = [plan.root.schema.index(column) for column in plan.columns]
        rows = [tuple(row[place] for place in places) for row in rows]
    if clause.file is not None:
        raise SqlError(OPTION_PREVENTS_STATEMENT, option="--secure-file-priv")
    if len(rows) > 1:
        raise SqlError(TOO_MANY_ROWS)
    if not rows:
        session.warn(SqlWarning("Warning", SP_FETCH_NO_DATA.code, SP_FETCH_NO_DATA.template))
        return OkResult(0)
    for target, column, value in zip(clause.variables, plan.columns, rows[0]):
        session.user_variables[target.name.lower()] = (value, column.type)
    session.row_count = 1
    return OkResult(1)
