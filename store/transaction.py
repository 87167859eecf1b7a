"""A transaction: a snapshot's reads with the write buffer over them, pessimistic locks, savepoints, commit.

Optimistic: reads at `start_ts`, everything is checked at commit. Pessimistic: keys are locked as they are written, at
`for_update_ts`, which the session raises when a statement meets a newer commit (WriteConflict `pessimistic_retry`) and
runs again; what is locked cannot conflict at commit. `read_ts` is where plain reads look: `start_ts`, or the
statement's own timestamp under READ COMMITTED and in locking reads.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from store.api import (
    MAX_TIMESTAMP,
    AlreadyExists,
    BulkLoad,
    CopCounters,
    CopRequest,
    KeyLocked,
    KvClient,
    LockMode,
    LockRequest,
    LockResult,
    LockWait,
    Pair,
    StoreError,
    Timestamp,
    TxnAborted,
    Undetermined,
)
from store.buffer import WriteBuffer
from store.commit import Committer, plan_commit
from store.leases import Lease
from store.locks import Backoff, LockResolver
from store.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

    from store.store import Store


_PLANNED_INLINE: Final = 20_000
"""Mutations from which a commit is put together in a thread."""
_LOAD_WAIT_MS: Final = 50_000.0
"""How long a load waits for locks of others on its keys."""


class State(enum.Enum):
    """Where a transaction stands."""

    ACTIVE = "active"
    COMMITTING = "committing"
    """From the first prewrite to its answer: must not be cancelled."""
    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"
    UNDETERMINED = "undetermined"


class Transaction:
    """See the module. Used by one task at a time. Alive (referenced) and active, it holds garbage collection back."""

    __slots__ = (
        "_lease",
        "_locked",
        "_primary",
        "_snapshot",
        "_store",
        "buffer",
        "check",
        "compared",
        "explain",
        "for_update_ts",
        "load",
        "may_load",
        "pessimistic",
        "start_ts",
        "state",
    )

    def __init__(self, store: Store, start_ts: Timestamp, *, pessimistic: bool) -> None:
        self._store = store
        self.start_ts = start_ts
        self.for_update_ts = start_ts
        self.pessimistic = pessimistic
        self.buffer = WriteBuffer(store.transaction_limit_bytes)
        self.state = State.ACTIVE
        self.explain: Callable[[Transaction, AlreadyExists], Awaitable[Exception]] | None = None
        """Set by whoever uses `insert`: the error that the commit raises for a key that exists. It goes with the end, for
        it knows who knows the transaction, and such a circle would wait for the cycle collector."""
        self.check: Callable[[], None] | None = None
        """Raises when the statement that runs was killed; asked before each wait for a lock. `cancel_wait` ends a wait that
        has begun."""
        self.compared: dict[bytes, bool] = {}
        """Keys written that the executor has looked at: whether what lies below is what the snapshot has (see
        `executor.overtaken`)."""
        self.may_load = False
        """Set by whoever knows that one statement is all of the transaction: it may `begin_load`."""
        self.load: BulkLoad | None = None
        """New rows that are not in the buffer, and not read by the transaction itself."""
        self._lease: Lease | None = store.leases.take(start_ts)
        self._snapshot = Snapshot(store.client, store.resolver, start_ts)
        self._locked: dict[bytes, LockMode] = {}
        self._primary: bytes | None = None

    # --- state ---

    @property
    def ts(self) -> Timestamp:
        """The same as `read_ts`: a transaction can stand where a snapshot does."""
        return self._snapshot.ts

    @property
    def read_ts(self) -> Timestamp:
        """Where reads look."""
        return self._snapshot.ts

    @read_ts.setter
    def read_ts(self, ts: Timestamp) -> None:
        if ts != self._snapshot.ts:
            self._snapshot = Snapshot(self._store.client, self._store.resolver, ts)

    @property
    def is_active(self) -> bool:
        """Neither committed nor rolled back nor on the way to it."""
        return self.state is State.ACTIVE

    @property
    def has_ended(self) -> bool:
        """Committed or rolled back, or nobody knows which."""
        return self.state is not State.ACTIVE and self.state is not State.COMMITTING

    @property
    def has_locks(self) -> bool:
        """Whether a pessimistic lock was taken (in an optimistic transaction: will be checked at commit)."""
        return bool(self._locked)

    def is_locked(self, key: bytes, mode: LockMode = LockMode.EXCLUSIVE) -> bool:
        """Whether the transaction holds the key in this mode or a stronger one."""
        held = self._locked.get(key)
        return held is not None and held >= mode

    def _check_active(self) -> None:
        if self.state is not State.ACTIVE:
            raise TxnAborted(f"the transaction is {self.state.value}")

    # --- reads ---

    async def get(self, key: bytes) -> bytes | None:
        """The key's value, own writes included."""
        entries = self.buffer.entries
        if key in entries:
            return entries[key]
        return await self._snapshot.get(key)

    async def batch_get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The keys that exist, own writes included."""
        entries = self.buffer.entries
        if not entries:
            return await self._snapshot.batch_get(keys)
        others = [key for key in keys if key not in entries]
        found = await self._snapshot.batch_get(others) if others else {}
        for key in keys:
            value = entries.get(key)
            if value is not None:
                found[key] = value
        return found

    async def scan(self, start: bytes, end: bytes, limit: int = 0, *, reverse: bool = False) -> list[Pair]:
        """At most `limit` pairs (0: all) of [start, end), own writes included."""
        own = self.buffer.buffered(start, end)
        if not own:
            return await self._snapshot.scan(start, end, limit, reverse=reverse)
        # Each deletion in the buffer can hide one pair of the snapshot.
        asked = limit + sum(1 for _, value in own if value is None) if limit else 0
        merged: dict[bytes, bytes | None] = dict(await self._snapshot.scan(start, end, asked, reverse=reverse))
        full = bool(limit) and len(merged) >= asked
        if full:
            # Behind the last pair read, the snapshot may have more: own writes there must wait for the next call.
            last = next(reversed(merged))
            own = [(key, value) for key, value in own if (key >= last if reverse else key <= last)]
        merged.update(own)
        pairs = [(key, value) for key, value in sorted(merged.items(), reverse=reverse) if value is not None]
        return pairs[:limit] if limit else pairs

    def coprocessor(self, request: CopRequest, counters: CopCounters | None = None) -> AsyncIterator[pa.RecordBatch]:
        """Runs a DAG over the snapshot at `read_ts`: own writes are not seen (`buffer.dirty` tells)."""
        return self._snapshot.coprocessor(request, counters)

    @property
    def client(self) -> KvClient:
        """The store's client."""
        return self._store.client

    @property
    def resolver(self) -> LockResolver:
        """The store's resolver of locks."""
        return self._store.resolver

    @property
    def snapshot(self) -> Snapshot:
        """What lies below the buffer, at `read_ts`."""
        return self._snapshot

    # --- writes ---

    def put(self, key: bytes, value: bytes) -> None:
        """Writes a value. Raises TooLarge."""
        self.buffer.put(key, value)

    def insert(self, key: bytes, value: bytes) -> None:
        """Writes a value for a key that must not exist: AlreadyExists at once when it stands in the buffer, otherwise
        at commit."""
        self.buffer.insert(key, value)

    def delete(self, key: bytes) -> None:
        """Deletes a key."""
        self.buffer.put(key, None)

    def savepoint(self) -> int:
        """Where `rollback_to` can come back to."""
        return self.buffer.savepoint()

    def rollback_to(self, savepoint: int) -> None:
        """Undoes writes since the savepoint; locks stay."""
        if self.compared:
            self.compared.clear()
        self.buffer.rollback_to(savepoint)

    # --- locks ---

    async def lock_keys(
        self,
        keys: Sequence[bytes],
        *,
        mode: LockMode = LockMode.EXCLUSIVE,
        wait: LockWait = LockWait.WAIT,
        wait_ms: int = 50_000,
        return_values: bool = False,
        check_existence: bool = False,
        not_exists: frozenset[bytes] = frozenset(),
        only_if_exists: bool = False,
        for_write: bool = False,
    ) -> LockResult:
        """Locks keys for this transaction. Values returned are the newest committed ones, own writes over them.

        An optimistic transaction waits for nobody: it notes the keys, which are checked at commit, and answers from its
        snapshot. Raises as `KvClient.pessimistic_lock`.
        """
        self._check_active()
        if not self.pessimistic:
            return await self._note_locks(keys, mode, wanted=return_values or check_existence, not_exists=not_exists)
        entries = self.buffer.entries
        locked = self._locked
        if not (return_values or check_existence or not_exists):
            keys = [key for key in keys if locked.get(key, -1) < mode]
            if not keys:
                return LockResult({})
        taken: int | None = None
        if entries and not_exists:
            taken = self._first_buffered(keys, not_exists)
            not_exists = frozenset(key for key in not_exists if key not in entries)
        if taken == 0:
            raise AlreadyExists(keys[0], entries[keys[0]])
        asked = keys if taken is None else keys[:taken]
        first_lock = self._primary is None
        if first_lock and only_if_exists and len(asked) > 1:
            return await self._lock_singly(asked, mode=mode, wait=wait, wait_ms=wait_ms, for_write=for_write)
        primary = self._primary = keys[0] if self._primary is None else self._primary
        request = LockRequest(
            asked,
            primary,
            self.start_ts,
            self.for_update_ts,
            mode,
            wait,
            wait_ms,
            return_values,
            check_existence,
            not_exists,
            only_if_exists,
            for_write,
            self.check,
        )
        result = await self._store.client.pessimistic_lock(request)
        self._note_locked(asked, mode, result, only_if_exists=only_if_exists)
        if first_lock and only_if_exists and keys[0] not in locked:
            self._primary = None
        if taken is not None:
            raise AlreadyExists(keys[taken], entries[keys[taken]])
        return result

    async def _lock_singly(
        self, keys: Sequence[bytes], *, mode: LockMode, wait: LockWait, wait_ms: int, for_write: bool
    ) -> LockResult:
        """`lock_keys` with only_if_exists while there is no primary: locks must not point to a primary that turns out to
        be missing, so keys are tried one by one until one is locked."""
        values: dict[bytes, bytes | None] = {}
        skipped: frozenset[bytes] = frozenset()
        at = 0
        while at < len(keys):
            some = keys[at : at + 1] if self._primary is None else keys[at:]
            result = await self.lock_keys(
                some,
                mode=mode,
                wait=wait,
                wait_ms=wait_ms,
                return_values=True,
                only_if_exists=True,
                for_write=for_write,
            )
            values.update(result.values)
            skipped |= result.skipped
            at += len(some)
        return LockResult(values, skipped)

    def _first_buffered(self, keys: Sequence[bytes], not_exists: frozenset[bytes]) -> int | None:
        """The place of the first key that must not exist and stands in the buffer."""
        entries = self.buffer.entries
        for place, key in enumerate(keys):
            if key in not_exists and entries.get(key) is not None:
                return place
        return None

    def _note_locked(self, keys: Sequence[bytes], mode: LockMode, result: LockResult, *, only_if_exists: bool) -> None:
        """Remembers what the store locked, and puts own writes over the values that it answered."""
        entries, locked = self.buffer.entries, self._locked
        values, skipped = result.values, result.skipped
        for key in keys:
            if key in skipped or (only_if_exists and values.get(key) is None):
                continue
            if locked.get(key, -1) < mode:
                locked[key] = mode
        if entries and values:
            for key in keys:
                if key in entries and key not in skipped:
                    values[key] = entries[key]

    def cancel_wait(self) -> bool:
        """Ends a wait for a lock with WaitCancelled (KILL); False when the transaction does not wait."""
        return self._store.client.cancel_wait(self.start_ts)

    async def _note_locks(
        self, keys: Sequence[bytes], mode: LockMode, *, wanted: bool, not_exists: Iterable[bytes]
    ) -> LockResult:
        values: dict[bytes, bytes | None] = {}
        if wanted or not_exists:
            found = await self.batch_get(keys)
            values = {key: found.get(key) for key in keys}
            for key in not_exists:
                if values[key] is not None:
                    raise AlreadyExists(key, values[key])
        for key in keys:
            if self._locked.get(key, -1) < mode:
                self._locked[key] = mode
        return LockResult(values)

    def begin_load(self) -> BulkLoad | None:
        """A load, which takes the place of the buffer; None where there is no such way. The buffer is empty."""
        loads = self._store.loads
        if loads is None or not self.may_load or self.pessimistic or self._locked or self.buffer.entries:
            return None
        self.load = loads.begin_load(self.start_ts)
        return self.load

    def end_load(self) -> None:
        """Forgets the load; whoever wants its rows has put them into the buffer."""
        load, self.load = self.load, None
        if load is not None:
            load.discard()

    # --- the end ---

    async def _commit_load(self, load: BulkLoad) -> Timestamp:
        """See `commit`."""
        backoff = Backoff(_LOAD_WAIT_MS)
        while True:
            locked: KeyLocked | None = None
            try:
                commit_ts = await load.commit()
                self._ended(State.COMMITTED)
                return commit_ts
            except KeyLocked as error:
                failed: BaseException = error
                locked = error
            except BaseException as error:
                failed = error
            if locked is None or backoff.spent:
                break
            if not await self._store.resolver.resolve_for_write(locked.locks):
                await backoff.pause()
        explain = self.explain
        self._ended(State.ROLLED_BACK)
        if isinstance(failed, AlreadyExists) and explain is not None:
            failed = await explain(self, failed)
        raise failed

    async def commit(self, *, wait_ms: float = 0.0) -> Timestamp:
        """Commits; the commit timestamp (start_ts when nothing was written). Returns when the commit is durable.

        `wait_ms` is how long an optimistic transaction waits for locks of others before KeyLocked. Whatever is raised
        except Undetermined, the transaction is rolled back; its buffer stays for whoever explains the failure. Raises
        WriteConflict, KeyLocked, AlreadyExists, TxnAborted, Undetermined, Unavailable. Must not be cancelled (`state`
        tells).
        """
        self._check_active()
        store = self._store
        client = store.client
        locked = self._locked
        self.state = State.COMMITTING
        if self.load is not None:
            return await self._commit_load(self.load)
        if store.direct is not None:
            buffer = self.buffer
            at_once = store.direct.commit_at_once(self.start_ts, buffer, locked, pessimistic=self.pessimistic)
            if at_once:
                try:
                    await store.direct.synced()
                    self._ended(State.COMMITTED)
                    return at_once
                except BaseException as error:
                    failure = error
                await self._clean_up(list(buffer.entries))
                raise failure
        plan_it = partial(
            plan_commit,
            self.buffer,
            locked,
            pessimistic=self.pessimistic,
            lock_records=client.lock_records,
            primary=self._primary,
        )
        many = len(self.buffer) + len(locked) > _PLANNED_INLINE
        plan = await asyncio.get_running_loop().run_in_executor(None, plan_it) if many else plan_it()
        if plan is None:
            await self._end(State.COMMITTED)
            return self.start_ts
        committer = Committer(
            client, store.oracle, store.resolver, plan, self.start_ts, self.for_update_ts if self.pessimistic else 0
        )
        try:
            commit_ts, rest = await committer.run(wait_ms)
        except Undetermined:
            self._ended(State.UNDETERMINED)
            raise
        except BaseException as error:
            failed: BaseException = error
        else:
            if rest:
                store.finish_commit(rest, self.start_ts, commit_ts)
            if self.pessimistic and locked:
                await client.pessimistic_rollback(None, self.start_ts, self.for_update_ts)
            self._ended(State.COMMITTED)
            return commit_ts
        explain = self.explain
        await self._clean_up([key for _, key, _ in plan.mutations])
        if isinstance(failed, AlreadyExists) and explain is not None:
            failed = await explain(self, failed)
        raise failed

    async def _clean_up(self, keys: Sequence[bytes]) -> None:
        try:
            await self._store.client.resolve_lock(self.start_ts, 0, keys)
        except StoreError:
            # Whoever meets a lock that is left asks its primary.
            pass
        buffer, self.buffer = self.buffer, WriteBuffer()
        await self._end(State.ROLLED_BACK)
        self.buffer = buffer

    async def rollback(self) -> None:
        """Forgets all writes and releases all locks. Nothing happens to a transaction that has ended."""
        if self.state is State.ACTIVE:
            await self._end(State.ROLLED_BACK)

    async def _end(self, state: State) -> None:
        if self.pessimistic and self._primary is not None:
            try:
                await self._store.client.pessimistic_rollback(None, self.start_ts, MAX_TIMESTAMP)
            except StoreError:
                pass
        self._ended(state)

    def _ended(self, state: State) -> None:
        """Nothing is read or compared any more."""
        self.state = state
        self.explain = None
        if self.load is not None:
            self.end_load()
        self.buffer.clear()
        self._lease = None
