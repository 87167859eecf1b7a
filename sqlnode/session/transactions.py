"""A session's transaction: when it begins and ends, what a statement reads at, and what is tried again.

* Explicit (BEGIN, or autocommit off): the store's transaction begins at the first read or write (at once only with
  CONSISTENT SNAPSHOT). A failed statement rolls back to its savepoint and leaves the transaction usable.
* A pessimistic statement that meets a newer commit takes a new `for_update_ts` and runs again, its locks kept. Example:
  T1 (start 10) runs `x = x + 1` and locks x at for_update_ts 12; meanwhile T2 committed x at 15. The lock request answers
  a conflict; T1 takes for_update_ts 20, reads x as of 20, and writes. An optimistic transaction fails at COMMIT instead.
* Autocommit writes are tried once as an optimistic transaction (one phase, one sync); on a lock or a conflict the
  statement runs again pessimistically. So 9007 is nothing that a user of MySQL meets outside optimistic transactions.

The store's errors become the user's in one table here (`sql_error`), applied once, at the statement's boundary.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from sqlnode.base.errors import (
    CANT_CHANGE_TX_CHARACTERISTICS,
    ENTRY_TOO_LARGE,
    LOCK_DEADLOCK,
    LOCK_NOWAIT,
    LOCK_WAIT_TIMEOUT,
    QUERY_INTERRUPTED,
    RESOLVE_LOCK_TIMEOUT,
    RESULT_UNDETERMINED,
    SP_DOES_NOT_EXIST,
    STORE_UNAVAILABLE,
    TXN_ABORTED_BY_GC,
    TXN_RETRYABLE,
    TXN_TOO_LARGE,
    UNSUPPORTED_ISOLATION_LEVEL,
    WRITE_CONFLICT,
    SqlError,
)
from store.api import (
    AlreadyExists,
    CommitTsExpired,
    Deadlock,
    KeyLocked,
    LockNotAvailable,
    LockWaitTimeout,
    RegionError,
    SnapshotTooOld,
    StoreError,
    TooLarge,
    TxnAborted,
    TxnLockNotFound,
    TxnNotFound,
    Unavailable,
    Undetermined,
    WaitCancelled,
    WriteConflict,
    physical_ms,
)

if TYPE_CHECKING:
    from store.store import Store
    from store.transaction import Transaction

Answer = TypeVar("Answer")

STATEMENT_RETRY_LIMIT: Final = 256
"""Runs of one pessimistic statement (TiDB's pessimistic-txn.max-retry-count)."""
COMMIT_WAIT_MS: Final = 40_000.0
"""How long a commit waits for locks of commits that are under way on keys it did not lock (index entries)."""


def sql_error(error: StoreError) -> SqlError:
    """The user's error for the world's (the one table; store/errors of the facts tells the codes)."""
    match error:
        case Deadlock():
            return SqlError(LOCK_DEADLOCK)
        case LockWaitTimeout():
            return SqlError(LOCK_WAIT_TIMEOUT)
        case LockNotAvailable():
            return SqlError(LOCK_NOWAIT)
        case WaitCancelled():
            return SqlError(QUERY_INTERRUPTED)
        case WriteConflict():
            return SqlError(
                WRITE_CONFLICT,
                start_ts=error.start_ts,
                conflict_start_ts=0,
                conflict_commit_ts=error.conflict_commit_ts,
                key=error.key.hex(),
                reason=error.reason,
            )
        case TooLarge():
            if error.entry:
                return SqlError(ENTRY_TOO_LARGE, limit=error.limit, size=error.size)
            return SqlError(TXN_TOO_LARGE, size=error.size)
        case SnapshotTooOld():
            return SqlError(TXN_ABORTED_BY_GC, start=_clock(error.ts), safe_point=_clock(error.safe_point))
        case Undetermined():
            return SqlError(RESULT_UNDETERMINED)
        case KeyLocked():
            return SqlError(RESOLVE_LOCK_TIMEOUT)
        case TxnAborted() | TxnLockNotFound() | TxnNotFound() | CommitTsExpired() | AlreadyExists():
            return SqlError(TXN_RETRYABLE, message=str(error))
        case RegionError() | Unavailable():
            return SqlError(STORE_UNAVAILABLE)
        case _:
            return SqlError(TXN_RETRYABLE, message=str(error))


def _clock(ts: int) -> str:
    return datetime.fromtimestamp(physical_ms(ts) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


class TransactionState:
    """See the module. Fields change only between awaits.

    `active` is the store's transaction once it has begun; `explicit` is True between BEGIN and its end.
    """

    __slots__ = (
        "_store",
        "active",
        "autocommit",
        "consistent",
        "explicit",
        "isolation",
        "lock_wait_ms",
        "next_isolation",
        "next_read_only",
        "pessimistic",
        "read_only",
        "savepoints",
        "session_isolation",
        "session_read_only",
        "touched",
        "writing",
    )

    def __init__(self, store: Store) -> None:
        self._store = store
        self.active: Transaction | None = None
        self.explicit = False
        self.autocommit = True
        self.session_isolation = "REPEATABLE-READ"
        self.session_read_only = False
        self.next_isolation: str | None = None
        self.next_read_only: bool | None = None
        self.isolation = "REPEATABLE-READ"
        self.read_only = False
        self.pessimistic = True
        self.consistent = False
        self.lock_wait_ms = 50_000
        self.savepoints: list[tuple[str, int]] = []
        self.touched = False
        """Tables are noted as used since the transaction began; DDL on them waits."""
        self.writing = False
        """A commit or an autocommit write is under way."""

    # --- state ---

    @property
    def open(self) -> bool:
        """Whether statements belong to a transaction that lasts beyond them."""
        return self.explicit or not self.autocommit

    @property
    def in_transaction(self) -> bool:
        """The status flag IN_TRANS: BEGIN was given, or autocommit is off and a statement has read or written."""
        return self.explicit or self.active is not None

    @property
    def read_committed(self) -> bool:
        """Whether each statement takes its own snapshot."""
        return self.isolation == "READ-COMMITTED"

    @property
    def is_read_only(self) -> bool:
        """Whether a statement that runs now may not write."""
        if self.in_transaction:
            return self.read_only
        return self.session_read_only if self.next_read_only is None else self.next_read_only

    def statement_ended(self) -> None:
        """An autocommit statement was the transaction that SET TRANSACTION spoke of."""
        self.next_isolation = None
        self.next_read_only = None

    def set_next(self, isolation: str | None, read_only: bool | None) -> None:
        """SET TRANSACTION without a scope: for the next transaction only. Raises 1568 inside one."""
        if self.in_transaction:
            raise SqlError(CANT_CHANGE_TX_CHARACTERISTICS)
        if isolation is not None:
            self.next_isolation = isolation
        if read_only is not None:
            self.next_read_only = read_only

    # --- begin and end ---

    def start(
        self, *, read_only: bool | None = None, mode: str | None = None, default_mode: str = "pessimistic"
    ) -> None:
        """BEGIN; the caller has ended what was open."""
        self.explicit = True
        self._characteristics()
        if read_only is not None:
            self.read_only = read_only
        self.pessimistic = (mode or default_mode or "pessimistic").lower() == "pessimistic"

    def _characteristics(self) -> None:
        self.isolation = self.next_isolation or self.session_isolation
        self.read_only = self.session_read_only if self.next_read_only is None else self.next_read_only
        self.next_isolation = None
        self.next_read_only = None

    async def ensure(self, default_mode: str = "pessimistic") -> Transaction:
        """The open transaction, begun now if this is its first read or write."""
        active = self.active
        if active is None:
            if not self.explicit:
                self._characteristics()
                self.pessimistic = (default_mode or "pessimistic").lower() == "pessimistic"
            active = self._store.begin(await self._store.timestamp(), pessimistic=self.pessimistic)
            self.active = active
        return active

    def _ended(self) -> None:
        self.active = None
        self.explicit = False
        self.consistent = False
        self.read_only = self.session_read_only
        self.isolation = self.session_isolation
        if self.savepoints:
            self.savepoints = []

    async def commit(self) -> None:
        """COMMIT. Raises the store's error; the transaction is over either way."""
        active = self.active
        self._ended()
        if active is not None:
            self.writing = True
            try:
                await active.commit(wait_ms=COMMIT_WAIT_MS)
            finally:
                self.writing = False

    async def rollback(self) -> None:
        """ROLLBACK; never fails for the user."""
        active = self.active
        self._ended()
        if active is not None:
            await active.rollback()

    # --- savepoints ---

    def set_savepoint(self, name: str) -> None:
        """SAVEPOINT; one of the same name moves."""
        lowered = name.lower()
        self.savepoints = [entry for entry in self.savepoints if entry[0] != lowered]
        position = self.active.savepoint() if self.active is not None else 0
        self.savepoints.append((lowered, position))

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO: later savepoints go, this one stays. Raises 1305."""
        index = self._savepoint(name)
        position = self.savepoints[index][1]
        del self.savepoints[index + 1 :]
        if self.active is not None:
            self.active.rollback_to(position)

    def release(self, name: str) -> None:
        """RELEASE SAVEPOINT: it and later ones go. Raises 1305."""
        del self.savepoints[self._savepoint(name) :]

    def _savepoint(self, name: str) -> int:
        lowered = name.lower()
        for index, (known, _) in enumerate(self.savepoints):
            if known == lowered:
                return index
        raise SqlError(SP_DOES_NOT_EXIST, kind="SAVEPOINT", name=name)

    # --- statements ---

    async def in_transaction_run(
        self, transaction: Transaction, run: Callable[[Transaction], Awaitable[Answer]], reset: Callable[[], None]
    ) -> Answer:
        """Runs a writing or locking statement in an open transaction, again after each pessimistic conflict; whatever it
        wrote is undone when it fails. `reset` forgets warnings and counters of an abandoned run."""
        savepoint = transaction.savepoint()
        attempt = 0
        while True:
            try:
                if transaction.pessimistic:
                    now = await self._store.timestamp()
                    transaction.for_update_ts = now
                    if self.read_committed:
                        transaction.read_ts = now
                elif self.read_committed:
                    transaction.read_ts = await self._store.timestamp()
                return await run(transaction)
            except WriteConflict as error:
                transaction.rollback_to(savepoint)
                attempt += 1
                if (
                    not transaction.pessimistic
                    or error.reason != "pessimistic_retry"
                    or attempt >= STATEMENT_RETRY_LIMIT
                ):
                    raise
                reset()
            except BaseException:
                transaction.rollback_to(savepoint)
                raise

    async def autocommit_write(
        self,
        run: Callable[[Transaction], Awaitable[Answer]],
        reset: Callable[[], None],
        *,
        optimistic_first: bool = True,
    ) -> Answer:
        """Runs one writing statement as a transaction of its own."""
        store = self._store
        self.writing = True
        transaction: Transaction | None = None
        try:
            if optimistic_first:
                transaction = store.begin(await store.timestamp(), pessimistic=False)
                transaction.may_load = True
                try:
                    answer = await run(transaction)
                    await transaction.commit()
                    self.writing = False
                    return answer
                except (WriteConflict, KeyLocked, TxnAborted, TxnLockNotFound, CommitTsExpired):
                    pass
                await transaction.rollback()
                reset()
            transaction = store.begin(await store.timestamp(), pessimistic=True)
            answer = await self.in_transaction_run(transaction, run, reset)
            await transaction.commit(wait_ms=COMMIT_WAIT_MS)
            self.writing = False
            return answer
        except BaseException as error:
            failure = error
        try:
            if transaction is not None and transaction.is_active:
                await transaction.rollback()
        finally:
            self.writing = False
        raise failure


def checked_isolation(level: str, *, skip_check: bool) -> None:
    """8048 for the levels that no snapshot store gives, unless the check is switched off."""
    if level in ("SERIALIZABLE", "READ-UNCOMMITTED") and not skip_check:
        raise SqlError(UNSUPPORTED_ISOLATION_LEVEL, level=level)
