"""ExecContext and EvalContext: what a running statement may see. A `Session` never travels down here."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from executor.runtime import Runtime
from planner.expr.evaluation import EvalContext, SessionFacts, Suspend
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlWarning
from sqlnode.base.schema import TableInfo
from store.api import Reads
from store.store import Store
from store.transaction import Transaction

__all__ = ["EvalContext", "ExecContext", "KillFlag", "SessionFacts", "Suspend"]


class KillFlag:
    """Set by KILL or a timer; polled once a batch. `error` is what to raise."""

    __slots__ = ("error", "waiting")

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.waiting: Future[object] | None = None
        """What the statement waits for and KILL may cancel (SLEEP, GET_LOCK)."""

    def check(self) -> None:
        """Raises when the statement was killed."""
        if self.error is not None:
            raise self.error


def _not_counted(table_id: int, rows: float) -> None:
    pass


@dataclass(slots=True, init=False)
class ExecContext:
    """What operators may use. One per execution of a statement, with an `__init__` that is written out for its speed."""

    store: Store
    catalog: Catalog
    snapshot: Reads
    """A Snapshot; the transaction itself, when that is set."""
    transaction: Transaction | None
    """Writes; None for an autocommit read."""
    evaluation: EvalContext
    variables: Mapping[str, Any]
    database: str
    kill: KillFlag
    virtual_table: Callable[[str, str, Mapping[str, Any]], Any] | None
    """(database, table, predicates) -> rows of a server table (information_schema), all columns. `predicates` maps a
    lower-case column name to a tuple of the values that it may have, and `NAME like` to a tuple of patterns; they are
    hints that may be ignored. May be a coroutine function."""
    allocate_auto_id: Callable[[str, TableInfo, int], Awaitable[int]] | None
    """(database name, table, count) -> the first of `count` values, auto_increment_increment apart (a variable)."""
    rebase_auto_id: Callable[[str, TableInfo, int], Awaitable[None]] | None
    """(database name, table, value): later values must be greater."""
    allocate_row_ids: Callable[[str, TableInfo, int], Awaitable[int]] | None
    """(database name, table, count) -> first of `count` consecutive hidden row ids (tables without a handle of their own)."""
    for_update_read: bool
    """Pessimistic DML and locking reads: read the newest committed rows, not the snapshot."""
    locks_missing: bool
    """Whether statements that lock rows by key lock keys without a row too, so that nobody inserts them. Not at READ
    COMMITTED."""
    runtime: Runtime | None
    """Collects what each node does (EXPLAIN ANALYZE); None otherwise."""
    rows_seen: Callable[[int, float], None]
    """Told how many rows a table has by whoever has read it whole."""
    rows_added: Callable[[int, float], None]
    """Told how many rows a statement has added to a table."""
    local_infile: Callable[[str], Any] | None
    """Asks the client for a LOCAL INFILE's bytes: (file name) -> async iterator of bytes."""
    warnings: list[SqlWarning]
    ctes: MutableMapping[int, Any]
    current_read_ts: int

    def __init__(
        self,
        store: Store,
        catalog: Catalog,
        snapshot: Reads,
        transaction: Transaction | None,
        evaluation: EvalContext,
        variables: Mapping[str, Any],
        database: str = "",
        kill: KillFlag | None = None,
        virtual_table: Callable[[str, str, Mapping[str, Any]], Any] | None = None,
        allocate_auto_id: Callable[[str, TableInfo, int], Awaitable[int]] | None = None,
        rebase_auto_id: Callable[[str, TableInfo, int], Awaitable[None]] | None = None,
        allocate_row_ids: Callable[[str, TableInfo, int], Awaitable[int]] | None = None,
        for_update_read: bool = False,
        locks_missing: bool = True,
        runtime: Runtime | None = None,
        rows_seen: Callable[[int, float], None] = _not_counted,
        rows_added: Callable[[int, float], None] = _not_counted,
        local_infile: Callable[[str], Any] | None = None,
        warnings: list[SqlWarning] | None = None,
        ctes: MutableMapping[int, Any] | None = None,
        current_read_ts: int = 0,
    ) -> None:
        self.store = store
        self.catalog = catalog
        self.snapshot = snapshot
        self.transaction = transaction
        self.evaluation = evaluation
        self.variables = variables
        self.database = database
        self.kill = KillFlag() if kill is None else kill
        self.virtual_table = virtual_table
        self.allocate_auto_id = allocate_auto_id
        self.rebase_auto_id = rebase_auto_id
        self.allocate_row_ids = allocate_row_ids
        self.for_update_read = for_update_read
        self.locks_missing = locks_missing
        self.runtime = runtime
        self.rows_seen = rows_seen
        self.rows_added = rows_added
        self.local_infile = local_infile
        self.warnings = [] if warnings is None else warnings
        self.ctes = {} if ctes is None else ctes
        self.current_read_ts = current_read_ts
