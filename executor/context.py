"""ExecContext and EvalContext: what a running statement may see. A `Session` never travels down here."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.expr.evaluation import EvalContext, SessionFacts, Suspend
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlWarning
from sqlnode.base.schema import TableInfo

if TYPE_CHECKING:
    import pyarrow as pa

    from executor.runtime import Runtime
    from store.snapshot import Snapshot
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


@dataclass(slots=True)
class ExecContext:
    """What operators may use. One per execution of a statement."""

    store: Store
    catalog: Catalog
    snapshot: Snapshot | Transaction
    """Reads. When `transaction` is set it is the same object."""
    transaction: Transaction | None
    """Writes; None for an autocommit read."""
    evaluation: EvalContext
    variables: Mapping[str, object]
    database: str = ""
    kill: KillFlag = field(default_factory=KillFlag)
    virtual_table: Callable[[str, str, Mapping[str, object]], pa.RecordBatch] | None = None
    """(database, table, predicates) -> rows of a server table (information_schema), all columns. `predicates` maps a
    lower-case column name to a tuple of the values that it may have, and `NAME like` to a tuple of patterns; they are
    hints that may be ignored. May be a coroutine function."""
    allocate_auto_id: Callable[[str, TableInfo, int], Awaitable[int]] | None = None
    """(database name, table, count) -> the first of `count` values, auto_increment_increment apart (a variable)."""
    rebase_auto_id: Callable[[str, TableInfo, int], Awaitable[None]] | None = None
    """(database name, table, value): later values must be greater."""
    allocate_row_ids: Callable[[str, TableInfo, int], Awaitable[int]] | None = None
    """(database name, table, count) -> first of `count` consecutive hidden row ids (tables without a handle of their own)."""
    warnings: list[SqlWarning] = field(default_factory=list)
    for_update_read: bool = False
    """Pessimistic DML and locking reads: read the newest committed rows, not the snapshot."""
    locks_missing: bool = True
    """Whether statements that lock rows by key lock keys without a row too, so that nobody inserts them. Not at READ
    COMMITTED."""
    ctes: MutableMapping[int, object] = field(default_factory=dict)
    current_read_ts: int = 0
    runtime: Runtime | None = None
    """Collects what each node does (EXPLAIN ANALYZE); None otherwise."""
    rows_seen: Callable[[int, float], None] = lambda table_id, rows: None
    """Told how many rows a table has by whoever has read it whole."""
    rows_added: Callable[[int, float], None] = lambda table_id, rows: None
    """Told how many rows a statement has added to a table."""
    local_infile: Callable[[str], object] | None = None
    """Asks the client for a LOCAL INFILE's bytes: (file name) -> async iterator of bytes."""
