"""What a statement waits for before it may use its tables, and what waits for it.

Three things meet here. LOCK TABLES and FLUSH TABLES WITH READ LOCK of other sessions hold a statement back before it
begins. Changes of definitions (`sqlnode.ddl`) wait for transactions that use a table, which therefore note it; while the
rows of a table are copied its writers wait at a gate. Whoever waited may find the tables changed and plans anew.

A foreign key makes a statement use tables that it does not name: a row that goes takes its children along, a row that
comes locks its parent. They are noted as well, or a copy of the child would miss what a cascade does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from planner.parse.nodes_common import StatementKind
from planner.physical import PhysicalPlan
from sqlnode.base.adoption import become_task
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import (
    CANT_UPDATE_WITH_READLOCK,
    LOCK_WAIT_TIMEOUT,
    TABLE_DEF_CHANGED,
    TABLE_NOT_LOCKED,
    TABLE_NOT_LOCKED_FOR_WRITE,
    SqlError,
)
from sqlnode.session.interrupts import interruptible
from sqlnode.session.plan_cache import CachedPlan
from store.codec.keys import table_range

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlnode.base.types import Value
    from sqlnode.session.session import Session

_REPLANNED: Final = frozenset(
    {StatementKind.SELECT, StatementKind.INSERT, StatementKind.REPLACE, StatementKind.UPDATE, StatementKind.DELETE}
)
_POLL_SECONDS: Final = 0.01


def lock_timeout(session: Session) -> float:
    """lock_wait_timeout, in seconds."""
    return float(session.variables.values["lock_wait_timeout"] or 0)


# --- transactions and changes of definitions -----------------------------------------------------------------------


async def note_tables(session: Session, entry: CachedPlan, values: tuple[Value, ...]) -> CachedPlan:
    """Marks the plan's tables as used until the transaction ends, so that DDL on them waits; before a write also waits
    while such a DDL copies a table, and plans anew then. Raises 1205; an autocommit statement has released by then."""
    versions = session.instance.table_versions
    while True:
        plan = entry.plan
        version = entry.catalog.version
        used = entry.used if entry.used_in is entry.catalog else _find_used(entry)
        for table_id in used:
            versions.note(session, table_id, version)
        session.transaction.touched = True
        if not versions.gates or (plan.is_read_only and not plan.needs_lock):
            return entry
        waited = False
        try:
            for table_id in used:
                if table_id in versions.gates:
                    await become_task()
                    waited |= await versions.writable(
                        session, table_id, lock_timeout(session), check=session.kill.check
                    )
                    # The gate may have opened while the task was made: no wait, and another table all the same.
                    waited |= entry.catalog is not session.instance.catalogs.current
        except BaseException:
            if not session.transaction.open:
                release_tables(session)
            raise
        if not waited:
            return entry
        entry = replanned(session, entry, values)


def release_tables(session: Session) -> None:
    """The transaction is over: DDL may go on."""
    if session.transaction.touched:
        session.transaction.touched = False
        session.instance.table_versions.release(session)
        session.instance.table_locks.wake()


def replanned(session: Session, entry: CachedPlan, values: tuple[Value, ...]) -> CachedPlan:
    """A plan for the same statement under the tables of now. Raises whatever planning raises."""
    if entry.statement.kind not in _REPLANNED:
        raise SqlError(TABLE_DEF_CHANGED)
    found = session.plan_statement(entry.statement, entry.types, values)
    found.command = entry.command
    session.instance.check_plan(session, found.plan)
    return found


def check_definitions(plan: PhysicalPlan, ts: int) -> None:
    """Raises 1412 when a table got its rows or an index after the snapshot at `ts` was taken: what the definition speaks
    of may not be in it."""
    for _, table in plan.tables:
        if table.readable_from > ts and table.id > 0 and not table.is_view:
            raise SqlError(TABLE_DEF_CHANGED)


def _find_used(entry: CachedPlan) -> tuple[int, ...]:
    plan, catalog = entry.plan, entry.catalog
    found = {table.id for _, table in plan.tables if table.id > 0}
    for database, name in _targets(plan):
        _follow_keys(catalog, database, name, found)
    entry.used = tuple(found)
    entry.used_in = catalog
    return entry.used


def _follow_keys(catalog: Catalog, database: str, name: str, found: set[int]) -> None:
    """Adds the parents of a table that is written, its children, and theirs."""
    seen = {(database, name)}
    reached = [(database, name)]
    while reached:
        current = reached.pop()
        table = catalog.table(*current)
        if table is None:
            continue
        for key in table.foreign_keys:
            parent = catalog.table(key.ref_schema or current[0], key.ref_table)
            if parent is not None:
                found.add(parent.id)
        for child_name in catalog.referencing.get(current, ()):
            child = catalog.table(*child_name)
            if child is not None and child_name not in seen:
                seen.add(child_name)
                found.add(child.id)
                reached.append(child_name)


def _targets(plan: PhysicalPlan) -> list[tuple[str, str]]:
    """Lower-case (database, table) of what the plan writes."""
    logical = getattr(plan.root, "node", None)
    if logical is None or plan.is_read_only:
        return []
    targets = getattr(logical, "targets", None)
    if targets is not None:
        return [(target.database.lower(), target.table.name.lower()) for target in targets]
    return [(logical.database.lower(), logical.table.name.lower())]


# --- LOCK TABLES and FLUSH TABLES WITH READ LOCK -------------------------------------------------------------------


async def wait_for_table_locks(session: Session, plan: PhysicalPlan) -> bool:
    """Under LOCK TABLES: waits for the locks of others (True when it had to), and refuses what this session has not
    locked. Raises 1099, 1100, 1205, 1223."""
    written = set(_targets(plan))
    accesses = [
        ((database.lower(), table.name.lower()), (database.lower(), table.name.lower()) in written)
        for database, table in plan.tables
        if table.id > 0 and not table.is_view
    ]
    if session.locked_tables:
        for reference in plan.references:
            if reference not in session.locked_names:
                raise SqlError(TABLE_NOT_LOCKED, table=reference[1])
        for table, write in accesses:
            _check_locked(session, table, write=write)
        return False
    locks = session.instance.table_locks
    if session.id in locks.global_readers and written:
        raise SqlError(CANT_UPDATE_WITH_READLOCK)
    if not any(locks.conflict(session.id, table, write=write) for table, write in accesses):
        return False
    waiting = locks.wait_free(session.id, accesses, lock_timeout(session))
    await interruptible(session.kill, waiting)
    return True


def _check_locked(session: Session, table: tuple[str, str], *, write: bool) -> None:
    mode = session.locked_tables.get(table)
    if mode is None:
        raise SqlError(TABLE_NOT_LOCKED, table=table[1])
    if write and mode != "WRITE":
        raise SqlError(TABLE_NOT_LOCKED_FOR_WRITE, table=table[1])


async def begin_change(session: Session, tables: Iterable[tuple[str, str]]) -> None:
    """Before a change of definitions: waits for table locks of others; until `end_change` nobody else gets new ones.
    Raises 1099, 1100, 1205, 1223."""
    locks = session.instance.table_locks
    wanted = [(database.lower(), name.lower()) for database, name in tables]
    if session.id in locks.global_readers:
        raise SqlError(CANT_UPDATE_WITH_READLOCK)
    if session.locked_tables:
        for table in wanted:
            _check_locked(session, table, write=True)
    # The nameless table is everybody's: FLUSH TABLES WITH READ LOCK holds back whatever writes.
    accesses = [(table, True) for table in (("", ""), *wanted)]
    if any(locks.conflict(session.id, table, write=True) for table, _ in accesses):
        await interruptible(session.kill, locks.wait_free(session.id, accesses, lock_timeout(session)))
    locks.changing[session.id] = frozenset(wanted)


def end_change(session: Session) -> None:
    """The change is over."""
    locks = session.instance.table_locks
    if locks.changing.pop(session.id, None) is not None:
        locks.wake()


async def lock_tables(session: Session, wanted: dict[tuple[str, str], str], names: frozenset[tuple[str, str]]) -> None:
    """LOCK TABLES: `wanted` maps lower-case (database, table) to READ or WRITE, `names` are the (database, alias) under
    which statements may use them. Raises 1205, 1317.

    Asked for all at once, so that two sessions cannot each hold half; held before the wait for open transactions, so
    that no new one begins meanwhile. A READ lock waits for those that have written the table, a WRITE lock for all that
    use it.
    """
    instance = session.instance
    locks = instance.table_locks
    timeout = lock_timeout(session)
    accesses = [(key, mode == "WRITE") for key, mode in wanted.items()]
    await interruptible(session.kill, locks.wait_free(session.id, accesses, timeout, locking=True))
    locks.take(session.id, wanted)
    session.locked_tables, session.locked_names = wanted, names
    found = {key: instance.catalogs.current.table(*key) for key in wanted}
    ids = {key: table.id for key, table in found.items() if table is not None}
    try:
        await instance.table_versions.drained(
            [ids[key] for key in ids if wanted[key] == "WRITE"],
            1 << 62,
            timeout,
            ignore=session,
            check=session.kill.check,
        )
        read = [ids[key] for key in ids if wanted[key] != "WRITE"]
        await _poll(session, lambda: not _writers(session, read))
    except BaseException:
        instance.unlock_tables(session)
        raise


async def lock_everything(session: Session) -> None:
    """FLUSH TABLES WITH READ LOCK: returns when no change is under way; until UNLOCK TABLES nobody else writes or
    commits. Raises 1205, 1317."""
    instance = session.instance
    locks = instance.table_locks
    await interruptible(session.kill, locks.wait_unwritten(session.id, lock_timeout(session)))
    locks.global_readers.add(session.id)
    try:
        await _poll(session, lambda: not _busy(session))
    except BaseException:
        instance.unlock_tables(session)
        raise


async def wait_to_commit(session: Session) -> None:
    """COMMIT of a transaction that has written waits for the end of FLUSH TABLES WITH READ LOCK. Raises 1205, 1317."""
    locks = session.instance.table_locks
    active = session.transaction.active
    if active is None or not active.buffer or locks.global_readers <= {session.id}:
        return
    await interruptible(session.kill, locks.wait_free(session.id, [(("", ""), True)], lock_timeout(session)))


def _busy(session: Session) -> bool:
    """Whether another session's writing statement or commit is under way."""
    return any(
        other is not session and (other.running is not None or other.transaction.writing)
        for other in session.instance.sessions.values()
    )


def _writers(session: Session, table_ids: Collection[int]) -> bool:
    """Whether another session has written one of the tables and not committed yet, or may be about to."""
    uses = session.instance.table_versions
    for other in session.instance.sessions.values():
        if other is session or not uses.in_use_by(other, table_ids):
            continue
        if other.running is not None or other.transaction.writing:
            return True
        active = other.transaction.active
        if active is not None and any(active.buffer.dirty(*table_range(table_id)) for table_id in table_ids):
            return True
    return False


async def _poll(session: Session, ready: Callable[[], bool]) -> None:
    """Such waits are short and rare, and end by many ways: looking again is simpler than being told."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + lock_timeout(session)
    while not ready():
        session.kill.check()
        if loop.time() >= deadline:
            raise SqlError(LOCK_WAIT_TIMEOUT)
        await asyncio.sleep(_POLL_SECONDS)
