"""What passes between the layers above and a store: protocols, messages, errors. Nothing here does anything.

Keys and values are raw bytes (TiDB's encodings, `store.codec`); the memcomparable wrapping with timestamps is the
implementation's. Timestamps are 64-bit integers: milliseconds since 1970 shifted left by 18, plus a counter.
Ranges are half open; an empty `end` is the end of the key space.

Errors (all `StoreError`; sessions map them to the user's errors in one table):

    StoreError
    ├── KeyLocked            another transaction's lock stands in the way
    ├── WriteConflict        a newer commit exists (optimistic commit fails; pessimistic statement runs again)
    ├── Deadlock             this transaction was chosen to give way                         → 1213
    ├── LockWaitTimeout      waited too long for a lock                                      → 1205
    ├── LockNotAvailable     NOWAIT met a lock                                               → 3572
    ├── WaitCancelled        KILL while waiting                                              → 1317
    ├── AlreadyExists        an insert met an existing key                                   → 1062
    ├── TxnAborted           the transaction was rolled back by somebody else, or must not go on
    ├── TxnLockNotFound      a commit found neither lock nor commit record
    ├── CommitTsExpired      a reader pushed min_commit_ts above the offered commit timestamp
    ├── TxnNotFound          check_txn_status met no trace of the transaction
    ├── TooLarge             the transaction or an entry is over the limit                    → 8004 / 8025
    ├── SnapshotTooOld       the snapshot lies below the safe point of garbage collection     → 9006
    ├── RegionError          the range moved: split again what is left
    ├── Unavailable          the store cannot serve now (stall, shutdown, network)
    ├── Undetermined         nobody knows whether the commit happened: close the connection   → 8501
    ├── StoreOpenError       the data directory or address cannot be opened; `str()` is one line for the operator
    └── Corrupt              stored bytes make no sense
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlnode.base.errors import SqlWarning
    from sqlnode.base.types import Value
    from store.buffer import WriteBuffer
    from store.proto import tipb_pb2

Key: TypeAlias = bytes
Timestamp: TypeAlias = int
Pair: TypeAlias = tuple[bytes, bytes]
Block: TypeAlias = tuple[Sequence[bytes], Sequence[bytes]]
"""Keys and values of the same length, in scan order."""

MAX_TIMESTAMP: Timestamp = (1 << 64) - 1
"""Reads the newest committed version; never pushes anything."""

LOGICAL_BITS = 18
ONE_PC_MUTATION_LIMIT = 1000
ONE_PC_BYTE_LIMIT = 256 * 1024
SHORT_VALUE_LIMIT = 255
ENTRY_LIMIT_BYTES = 6 * 1024 * 1024 * 20
"""One key and value together (TiDB's txn-entry-size-limit at its largest: MySQL's biggest LONGTEXT rows pass)."""


def physical_ms(ts: Timestamp) -> int:
    """Milliseconds since 1970 of a timestamp."""
    return ts >> LOGICAL_BITS


# --- messages ----------------------------------------------------------------------------------------------------


class Op(enum.IntEnum):
    """Kinds of mutation (kvrpcpb.Op)."""

    PUT = 0
    DELETE = 1
    LOCK = 2
    INSERT = 4
    """A put that demands that the key does not exist."""
    CHECK_NOT_EXISTS = 6
    """Demands that the key does not exist; writes nothing."""
    SHARED_LOCK = 7
    """A lock that does not conflict with other shared ones (parents of foreign keys)."""


Mutation: TypeAlias = tuple[Op, bytes, bytes]
"""(op, key, value); the value is empty where the op has none. A plain tuple, because there are millions of them."""


class PessimisticAction(enum.IntEnum):
    """What prewrite demands of a key of a pessimistic transaction."""

    SKIP = 0
    """Not locked by the statement (index entries of locked rows)."""
    CHECK = 1
    """Must still hold the transaction's pessimistic lock."""
    CONSTRAINT = 2
    """Not locked; the write must not conflict with commits after start_ts (lazy unique checks)."""


@dataclass(frozen=True, slots=True)
class KeyRange:
    """[start, end); an empty end is the end of the key space."""

    start: bytes
    end: bytes


@dataclass(frozen=True, slots=True)
class LockInfo:
    """A lock as others see it."""

    key: bytes
    primary: bytes
    start_ts: Timestamp
    ttl_ms: int
    op: str
    """`put`, `delete`, `lock` or `pessimistic`."""
    for_update_ts: Timestamp = 0
    min_commit_ts: Timestamp = 0
    txn_size: int = 0
    use_async_commit: bool = False
    secondaries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class PrewriteRequest:
    """One transaction's prewrite. `actions` is empty for an optimistic transaction, else one per mutation."""

    mutations: Sequence[Mutation]
    primary: bytes
    start_ts: Timestamp
    ttl_ms: int = 3000
    for_update_ts: Timestamp = 0
    actions: Sequence[PessimisticAction] = ()
    min_commit_ts: Timestamp = 0
    txn_size: int = 0
    try_one_pc: bool = False


@dataclass(frozen=True, slots=True)
class PrewriteResult:
    """`one_pc_commit_ts` is not zero when the transaction is already committed, durably."""

    min_commit_ts: Timestamp = 0
    one_pc_commit_ts: Timestamp = 0


class LockMode(enum.IntEnum):
    """Strength of a pessimistic lock."""

    SHARED = 0
    EXCLUSIVE = 1


class LockWait(enum.IntEnum):
    """What to do when a lock is held by another."""

    WAIT = 0
    NOWAIT = 1
    SKIP_LOCKED = 2


@dataclass(frozen=True, slots=True)
class LockRequest:
    """Pessimistic locks for one statement of one transaction."""

    keys: Sequence[bytes]
    primary: bytes
    start_ts: Timestamp
    for_update_ts: Timestamp
    mode: LockMode = LockMode.EXCLUSIVE
    wait: LockWait = LockWait.WAIT
    wait_ms: int = 50_000
    return_values: bool = False
    check_existence: bool = False
    not_exists: frozenset[bytes] = frozenset()
    """Keys that must not exist: AlreadyExists otherwise (the lock on it stays)."""
    only_if_exists: bool = False
    """Keys that do not exist are not locked (needs `return_values`)."""
    for_write: bool = False
    """The values serve writes of the same transaction only, whose commit waits until they are durable; nobody hears of
    them before."""
    check: Callable[[], None] | None = None
    """Raises when nobody wants the locks any more; asked before each wait."""


@dataclass(frozen=True, slots=True)
class LockResult:
    """`values` has one entry per key of the request when values were asked for (None: does not exist, or skipped);
    `skipped` are the keys that SKIP LOCKED left alone."""

    values: dict[bytes, bytes | None]
    skipped: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class TxnStatus:
    """The fate of a transaction: committed (commit_ts), rolled back, or alive (ttl_ms > 0)."""

    commit_ts: Timestamp = 0
    ttl_ms: int = 0
    pushed: bool = False
    """min_commit_ts lies above the caller now: the caller may ignore this transaction's locks."""

    @property
    def rolled_back(self) -> bool:
        """Neither committed nor alive."""
        return not self.commit_ts and not self.ttl_ms


@dataclass(slots=True)
class ResolvedLocks:
    """Transactions (by start_ts) whose locks a reader may pass: not committed at or below the reader's timestamp."""

    ignored: set[Timestamp] = field(default_factory=set)


class Replica(enum.Enum):
    """Which copy of a table a coprocessor request reads."""

    ROW = "row"
    COLUMN = "column"


@dataclass(frozen=True, slots=True, eq=False)
class CopRequest:
    """A DAG over ranges. `dag` is a shared template (never changed): parameters come beside it.

    `keep_order`: batches arrive in key order (descending when `desc`). `concurrency`: tasks in flight at a time;
    0 leaves it to the store. `paging_rows`: stop each task after about so many rows read, 0 for never.
    """

    dag: tipb_pb2.DAGRequest
    ranges: tuple[KeyRange, ...]
    start_ts: Timestamp = 0
    parameters: tuple[Value, ...] = ()
    desc: bool = False
    keep_order: bool = True
    paging_rows: int = 0
    concurrency: int = 0
    replica: Replica = Replica.ROW
    zone: tzinfo | None = None
    flags: int | None = None
    warn: Callable[[SqlWarning], None] | None = None
    check: Callable[[], None] | None = None
    """Called now and then, in any thread; what it raises ends the request."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a range lives. `id` and `version` name one state of a region; the embedded store has one region 1.1."""

    id: int = 1
    version: int = 1
    store: str = "embedded"


@dataclass(frozen=True, slots=True, eq=False)
class CopTask:
    """The part of a request that one region answers."""

    request: CopRequest
    ranges: tuple[KeyRange, ...]
    region: Region = Region()


@dataclass(slots=True)
class CopCounters:
    """What a request did; filled while it runs (EXPLAIN ANALYZE)."""

    tasks: int = 0
    retries: int = 0
    keys_read: int = 0
    bytes_read: int = 0
    rows_returned: int = 0
    nanoseconds: int = 0


CopResult: TypeAlias = "pa.RecordBatch"
"""What a task yields: decoded batches, columns by output offset, TIMESTAMP in the request's zone."""

DagEvaluator: TypeAlias = "Callable[[CopRequest, Iterator[Block]], Iterator[pa.RecordBatch]]"
"""Runs `request.dag` over visible blocks, in scan order. Given to the store by `__main__`; see executor.copr."""


# --- protocols ---------------------------------------------------------------------------------------------------


@runtime_checkable
class DirectCommits(Protocol):
    """A client in the same process that takes small commits as they stand in the buffer, without requests."""

    def commit_at_once(
        self, start_ts: Timestamp, buffer: WriteBuffer, locked: dict[bytes, LockMode], *, pessimistic: bool
    ) -> Timestamp:
        """Commits, and gives back the transaction's locks: the commit timestamp, to be told to nobody before `synced`.
        0 when nothing was done and the commit must go through prewrite."""

    async def synced(self) -> None:
        """Returns when all commits made before are durable."""


class BulkLoad(Protocol):
    """New rows in numbers, for one transaction that writes nothing else: they need little memory and no locks, and are
    committed all or none."""

    rows_added: int

    def add(self, keys: pa.Array, values: pa.Array) -> bool:
        """Adds rows (binary arrays); False, and nothing is added, when the keys are not of one length and prefix, or one
        of them is there already. May run in a thread. Raises Unavailable when the disk is full."""

    def rows(self) -> Iterator[Block]:
        """What was added, to be written in another way. May run in a thread."""

    async def commit(self) -> Timestamp:
        """Commits, durably; the commit timestamp. Raises KeyLocked (to be tried again), AlreadyExists, WriteConflict,
        Unavailable. Must not be cancelled."""

    def discard(self) -> None:
        """Forgets the rows, or what it took to commit them."""


@runtime_checkable
class BulkLoads(Protocol):
    """A client that has a way for bulk loads."""

    def begin_load(self, start_ts: Timestamp) -> BulkLoad:
        """A load of the transaction that started at `start_ts`."""


class Oracle(Protocol):
    """The source of timestamps."""

    async def timestamp(self) -> Timestamp:
        """The next timestamp: greater than all given before, by any process, ever."""


class Reads(Protocol):
    """Reads at one moment; Snapshot, Transaction and CurrentReads have it."""

    async def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    async def batch_get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The keys that exist, with values."""

    async def scan(self, start: bytes, end: bytes, limit: int = 0, *, reverse: bool = False) -> list[Pair]:
        """At most `limit` pairs of [start, end), 0 for all."""

    def coprocessor(self, request: CopRequest, counters: CopCounters | None = None) -> AsyncIterator[pa.RecordBatch]:
        """Batches of a request, without the write buffer."""


class KvClient(Protocol):
    """The whole key space; grouping and retry by region are the implementation's business, except that a region error
    in a coprocessor task surfaces. Each call raises `StoreError`s; none suspends on the embedded store except to wait
    for a lock, a sync, or between slices of much work."""

    lock_records: bool
    """True when a key that was locked but not written must become an `Op.LOCK` mutation at commit."""

    async def get(self, key: bytes, ts: Timestamp, resolved: ResolvedLocks) -> bytes | None:
        """The value visible at `ts`. Raises KeyLocked."""

    async def batch_get(self, keys: Sequence[bytes], ts: Timestamp, resolved: ResolvedLocks) -> dict[bytes, bytes]:
        """The keys that exist at `ts`, with values. Raises KeyLocked."""

    async def scan(
        self, start: bytes, end: bytes, limit: int, ts: Timestamp, resolved: ResolvedLocks, *, reverse: bool = False
    ) -> list[Pair]:
        """At most `limit` pairs (0: all) of [start, end), descending when `reverse`. Raises KeyLocked."""

    async def prewrite(self, request: PrewriteRequest) -> PrewriteResult:
        """First phase, or the whole commit when 1PC was offered and taken. All or nothing per call.
        Raises KeyLocked, WriteConflict, AlreadyExists, TxnAborted; Undetermined."""

    async def commit(self, keys: Sequence[bytes], start_ts: Timestamp, commit_ts: Timestamp) -> None:
        """Second phase; durable when it returns. Raises TxnLockNotFound, CommitTsExpired, Undetermined."""

    async def rollback(self, keys: Sequence[bytes], start_ts: Timestamp) -> None:
        """Removes locks and leaves rollback records. Raises TxnAborted when the transaction is committed."""

    async def pessimistic_lock(self, request: LockRequest) -> LockResult:
        """Raises WriteConflict, Deadlock, LockWaitTimeout, LockNotAvailable, WaitCancelled, AlreadyExists."""

    def cancel_wait(self, start_ts: Timestamp) -> bool:
        """Ends the lock wait of a transaction with WaitCancelled; False if it does not wait."""

    async def pessimistic_rollback(
        self, keys: Sequence[bytes] | None, start_ts: Timestamp, for_update_ts: Timestamp
    ) -> None:
        """Releases pessimistic locks (None: all) of a transaction whose for_update_ts is not above the given."""

    async def check_txn_status(
        self,
        primary: bytes,
        start_ts: Timestamp,
        caller_start_ts: Timestamp,
        current_ts: Timestamp,
        *,
        rollback_if_not_exist: bool = False,
    ) -> TxnStatus:
        """The fate of a transaction by its primary; rolls back one that is expired. Raises TxnNotFound."""

    async def check_secondary_locks(self, keys: Sequence[bytes], start_ts: Timestamp) -> tuple[list[LockInfo], int]:
        """The locks found, and the commit timestamp if a key is committed; ([], 0) when rolled back."""

    async def scan_lock(self, max_ts: Timestamp, start: bytes, end: bytes, limit: int) -> list[LockInfo]:
        """Durable locks with start_ts <= max_ts, in key order."""

    async def resolve_lock(
        self, start_ts: Timestamp, commit_ts: Timestamp, keys: Sequence[bytes] | None = None
    ) -> None:
        """Commits (commit_ts not 0) or rolls back the locks of a transaction: the given keys, or all."""

    async def heartbeat(self, primary: bytes, start_ts: Timestamp, advise_ttl_ms: int) -> int:
        """Lengthens the primary's lock; returns its time to live. Raises TxnNotFound."""

    async def delete_range(self, start: bytes, end: bytes) -> None:
        """Removes all versions at once; only for ranges that nobody reads any more."""

    async def gc_safe_point(self, ts: Timestamp) -> Timestamp:
        """Offers a safe point; returns the one in force (versions below it may be gone)."""

    async def prepare(self) -> None:
        """Called once, some time after opening: what makes later commands faster and is not needed for the first."""

    async def split(self, ranges: Sequence[KeyRange]) -> list[tuple[Region, tuple[KeyRange, ...]]]:
        """The ranges cut at region bounds, in key order."""

    def coprocessor(
        self, task: CopTask, resolved: ResolvedLocks, counters: CopCounters
    ) -> AsyncIterator[tuple[pa.RecordBatch | None, tuple[KeyRange, ...]]]:
        """Batches, each with the ranges still unread after it. Raises KeyLocked, RegionError."""

    async def close(self) -> None:
        """Ends background work and releases everything."""


BlockReader: TypeAlias = "Callable[[Iterable[KeyRange], Timestamp, ResolvedLocks, bool], Iterator[Block]]"

# --- errors ------------------------------------------------------------------------------------------------------


class StoreError(Exception):
    """The world's error: not the user's mistake and not a bug."""


class KeyLocked(StoreError):
    """Another transaction's lock stands in the way. `locks` has at least one entry."""

    def __init__(self, *locks: LockInfo) -> None:
        self.locks = locks
        super().__init__(f"{len(locks)} keys are locked, the first by transaction {locks[0].start_ts}")


class WriteConflict(StoreError):
    """A commit newer than this transaction's view exists. `reason` is `optimistic`, `pessimistic_retry`,
    `self_rolled_back` or `lazy_uniqueness`; with `pessimistic_retry` the statement takes a new for_update_ts and runs
    again (its locks stay held)."""

    def __init__(self, key: bytes, start_ts: Timestamp, conflict_commit_ts: Timestamp, reason: str) -> None:
        self.key = key
        self.start_ts = start_ts
        self.conflict_commit_ts = conflict_commit_ts
        self.reason = reason
        super().__init__(
            f"write conflict ({reason}), txnStartTS={start_ts}, conflictCommitTS={conflict_commit_ts}, key={key.hex()}"
        )


class Deadlock(StoreError):
    """The wait would close a cycle. `chain` are the transactions in it, the caller first."""

    def __init__(self, key: bytes, start_ts: Timestamp, chain: tuple[Timestamp, ...]) -> None:
        self.key = key
        self.start_ts = start_ts
        self.chain = chain
        super().__init__(f"deadlock of {len(chain)} transactions")


class LockWaitTimeout(StoreError):
    """Waited for a lock longer than allowed."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        super().__init__("lock wait timeout")


class LockNotAvailable(StoreError):
    """NOWAIT met a lock."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        super().__init__("lock is held and NOWAIT is set")


class WaitCancelled(StoreError):
    """The wait for a lock was ended from outside (KILL)."""


class AlreadyExists(StoreError):
    """An insert met an existing key; `value` is what stands there, if known."""

    def __init__(self, key: bytes, value: bytes | None = None) -> None:
        self.key = key
        self.value = value
        super().__init__(f"key {key.hex()} already exists")


class TxnAborted(StoreError):
    """The transaction cannot go on: rolled back by others, or a lock is lost."""


class TxnLockNotFound(StoreError):
    """A commit found neither its lock nor its commit record."""


class CommitTsExpired(StoreError):
    """A reader pushed min_commit_ts above the offered commit timestamp."""

    def __init__(self, key: bytes, min_commit_ts: Timestamp) -> None:
        self.key = key
        self.min_commit_ts = min_commit_ts
        super().__init__(f"commit timestamp is below {min_commit_ts}")


class TxnNotFound(StoreError):
    """No lock and no record of the transaction on its primary."""


class TooLarge(StoreError):
    """Over a size limit. `size` in bytes; `entry` when one key and value alone are too large (8025, else 8004)."""

    def __init__(self, size: int, limit: int, *, entry: bool = False) -> None:
        self.size = size
        self.limit = limit
        self.entry = entry
        super().__init__(f"size {size} is over {limit} bytes")


class SnapshotTooOld(StoreError):
    """Reads below the safe point of garbage collection."""

    def __init__(self, ts: Timestamp, safe_point: Timestamp) -> None:
        self.ts = ts
        self.safe_point = safe_point
        super().__init__(f"snapshot {ts} is older than the GC safe point {safe_point}")


class RegionError(StoreError):
    """The region moved or split: locate what is left again."""


class Unavailable(StoreError):
    """The store cannot serve now; nothing was done."""


class Undetermined(StoreError):
    """The commit may or may not have happened. Never answer success or failure: close the connection."""


class StoreOpenError(StoreError):
    """The store cannot be opened; the text is one line for the operator."""


class Corrupt(StoreError):
    """Stored bytes make no sense."""
