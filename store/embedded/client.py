"""`KvClient` over the embedded engine: waits for locks, syncs and stalls around the plain functions of `mvcc` and
`percolator`, and yields the loop between slices of much work.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Final, TypeVar

from store.api import (
    MAX_TIMESTAMP,
    AlreadyExists,
    CopCounters,
    CopTask,
    DagEvaluator,
    KeyRange,
    LockInfo,
    LockMode,
    LockNotAvailable,
    LockRequest,
    LockResult,
    LockWait,
    LockWaitTimeout,
    Mutation,
    Op,
    Pair,
    PrewriteRequest,
    PrewriteResult,
    Region,
    ResolvedLocks,
    TxnStatus,
    WaitCancelled,
    WriteConflict,
)
from store.embedded import percolator
from store.embedded.at_once import KEY_LIMIT, commit_at_once
from store.embedded.blocks import AFTER_ALL_KEYS, BlockReader
from store.embedded.bulk import EmbeddedBulkLoad, recover_loads
from store.embedded.dead_ranges import WORTH
from store.embedded.engine import Engine, Stalled
from store.embedded.evaluation import Evaluation
from store.embedded.gc import GarbageCollector
from store.embedded.mvcc import Mvcc
from store.embedded.oracle import EmbeddedOracle
from store.embedded.prewritten import Prewritten
from store.embedded.records import encode_key

if TYPE_CHECKING:
    import pyarrow as pa

    from store.buffer import WriteBuffer

T = TypeVar("T")

_SLICE_MUTATIONS: Final = 1000
_STALL_PAUSE_SECONDS: Final = 5e-3
_YIELD_SECONDS: Final = 3e-3


class EmbeddedClient:
    """Implements `KvClient`. `split_seed`, when set, makes `split` cut ranges at random keys."""

    lock_records = False

    def __init__(
        self,
        engine: Engine,
        oracle: EmbeddedOracle,
        *,
        evaluator: DagEvaluator | None = None,
        cache_bytes: int = 128 << 20,
        split_seed: int | None = None,
    ) -> None:
        self.engine = engine
        self.oracle = oracle
        self.mvcc = Mvcc(engine, oracle, cache_bytes)
        recover_loads(self.mvcc)
        self.gc = GarbageCollector(self.mvcc)
        self._evaluation = Evaluation(engine, evaluator)
        self._entries = self.mvcc.versions.entries
        self._blocks = self.mvcc.versions.blocks
        self._live = self.mvcc.prewritten.by_ts
        self._split_random = random.Random(split_seed) if split_seed is not None else None
        self._waits: dict[int, asyncio.Future[None]] = {}
        """Waits for the end of a two-phase commit, by the waiter's start_ts."""

    # --- reads ---

    async def get(self, key: bytes, ts: int, resolved: ResolvedLocks) -> bytes | None:
        """See `KvClient`. Suspends only for a value that a slow disk has not made durable yet."""
        entry = self._entries.get(key)
        if entry is not None and entry[0] <= ts and not self._live:
            if entry[0] >= self.engine.unsynced_ts:
                await self.engine.settle()
            return entry[1]
        value = self.mvcc.get(key, ts, resolved)
        if self.mvcc.met_unsynced:
            await self._settle()
        return value

    async def _settle(self) -> None:
        self.mvcc.met_unsynced = False
        await self.engine.settle()

    async def batch_get(self, keys: Sequence[bytes], ts: int, resolved: ResolvedLocks) -> dict[bytes, bytes]:
        """See `KvClient`. Suspends as `get` does."""
        found = {}
        get = self.mvcc.get
        for key in keys:
            value = get(key, ts, resolved)
            if value is not None:
                found[key] = value
        if self.mvcc.met_unsynced:
            await self._settle()
        return found

    async def scan(
        self, start: bytes, end: bytes, limit: int, ts: int, resolved: ResolvedLocks, *, reverse: bool = False
    ) -> list[Pair]:
        """See `KvClient`. Suspends only after a long time of reading."""
        if self._live:
            self.mvcc.check_range_locks((KeyRange(start, end),), ts, resolved)
        pairs = self._blocks.scan(self.mvcc, start, end, ts)
        if self.mvcc.met_unsynced:
            await self._settle()
        if pairs is not None:
            if reverse:
                pairs.reverse()
            if limit and len(pairs) > limit:
                del pairs[limit:]
            return pairs
        versions = self.mvcc.versions
        begin = start
        if not reverse:
            begin = versions.dead.alive(start, ts, versions.floor)
            if end and begin >= end:
                return []
        reader = self._reader([KeyRange(begin, end)], ts, resolved, reverse=reverse, limit=limit)
        if self.mvcc.met_unsynced:
            await self._settle()
        pairs = []
        until = perf_counter() + _YIELD_SECONDS
        for keys, values in reader.blocks():
            pairs.extend(zip(keys, values))
            if limit and len(pairs) >= limit:
                del pairs[limit:]
                break
            if perf_counter() > until:
                await asyncio.sleep(0)
                until = perf_counter() + _YIELD_SECONDS
        # While no later timestamp was given, nothing can have been committed above the reader's.
        if not reverse and reader.versions_read - len(pairs) >= WORTH and reader.ts >= self.oracle.last:
            alive = pairs[0][0] if pairs else end
            if alive:  # an empty end is the end of all keys, which no scan can begin at
                versions.dead.note(start, reader.ts, alive)
        return pairs

    def _reader(
        self, ranges: Sequence[KeyRange], ts: int, resolved: ResolvedLocks, *, reverse: bool, limit: int = 0
    ) -> BlockReader:
        """A reader of the ranges, after the check for locks; locks that come later cannot matter to it. Sets
        `met_unsynced`."""
        if self._live:
            self.mvcc.check_range_locks(ranges, ts, resolved)
        if ts == MAX_TIMESTAMP:
            ts = self.oracle.last
        if ts >= self.engine.unsynced_ts:
            self.mvcc.met_unsynced = True
        if not self.mvcc.late:
            return BlockReader(self.engine, ranges, ts, reverse=reverse, limit=limit)
        hidden = self.mvcc.hidden_at(ts)
        return BlockReader(self.engine, ranges, ts, reverse=reverse, limit=limit, hidden=hidden)

    # --- writes ---

    async def _unstalled(self, command: Callable[[], T]) -> T:
        while True:
            try:
                return command()
            except Stalled:
                pass
            await asyncio.sleep(_STALL_PAUSE_SECONDS)

    async def prewrite(self, request: PrewriteRequest) -> PrewriteResult:
        """See `KvClient`."""
        if percolator.fits_one_phase(request):
            commit_ts = await self._unstalled(lambda: percolator.one_phase(self.mvcc, request))
            self._note_garbage(request.mutations, commit_ts)
            await self.engine.wait_synced()
            return PrewriteResult(one_pc_commit_ts=commit_ts)
        committed = percolator.already_committed(self.mvcc, request)
        if committed:
            await self.engine.wait_synced()
            return PrewriteResult(one_pc_commit_ts=committed)
        try:
            for places in percolator.slices(request, _SLICE_MUTATIONS):
                mutations = [request.mutations[place] for place in places]
                actions = [request.actions[place] for place in places] if request.actions else ()
                await self._unstalled(
                    lambda mutations=mutations, actions=actions: percolator.prewrite(  # type: ignore[misc]
                        self.mvcc, request, mutations, actions
                    )
                )
                await asyncio.sleep(0)
        except BaseException:
            percolator.undo_prewrite(self.mvcc, request.start_ts)
            raise
        for at in range(0, len(request.mutations), _SLICE_MUTATIONS):
            self._note_garbage(request.mutations[at : at + _SLICE_MUTATIONS], self.oracle.last)
            if at % (8 * _SLICE_MUTATIONS) == 0:
                await asyncio.sleep(0)
        txn = self._live.get(request.start_ts)
        return PrewriteResult(min_commit_ts=txn.min_commit_ts if txn is not None else request.start_ts + 1)

    def commit_at_once(
        self, start_ts: int, buffer: WriteBuffer, locked: dict[bytes, LockMode], *, pessimistic: bool
    ) -> int:
        """A small commit without requests: the commit timestamp, to be answered after `synced`; 0 when nothing was done
        and it must go the ordinary way."""
        if not 0 < len(buffer.entries) <= KEY_LIMIT:
            return 0
        return commit_at_once(self.mvcc, self.gc, start_ts, buffer, locked, pessimistic=pessimistic)

    def begin_load(self, start_ts: int) -> EmbeddedBulkLoad:
        """See `BulkLoads`."""
        return EmbeddedBulkLoad(self.mvcc, start_ts)

    async def synced(self) -> None:
        """All commits that were made are durable."""
        await self.engine.wait_synced()

    def _note_garbage(self, mutations: Sequence[Mutation], commit_ts: int) -> None:
        note = self.gc.note
        for op, key, _ in mutations:
            if op is Op.PUT or op is Op.DELETE:
                note(commit_ts, key)

    async def commit(self, keys: Sequence[bytes], start_ts: int, commit_ts: int) -> None:
        """See `KvClient`."""
        for at in range(0, len(keys), _SLICE_MUTATIONS):
            part = keys[at : at + _SLICE_MUTATIONS]
            await self._unstalled(
                lambda part=part: percolator.commit(self.mvcc, part, start_ts, commit_ts)  # type: ignore[misc]
            )
            if at:
                await asyncio.sleep(0)
        await self.engine.wait_synced()

    async def rollback(self, keys: Sequence[bytes], start_ts: int) -> None:
        """See `KvClient`."""
        for at in range(0, len(keys), _SLICE_MUTATIONS):
            part = keys[at : at + _SLICE_MUTATIONS]
            await self._unstalled(
                lambda part=part: percolator.rollback(self.mvcc, part, start_ts)  # type: ignore[misc]
            )
            if at:
                await asyncio.sleep(0)

    # --- pessimistic locks ---

    async def pessimistic_lock(self, request: LockRequest) -> LockResult:
        """See `KvClient`. Suspends only to wait for a lock. After WriteConflict and AlreadyExists all locks stay; after
        another error those that this request took are given back."""
        locks = self.mvcc.locks
        start_ts = request.start_ts
        mode = request.mode
        taken: list[bytes] = []
        values: dict[bytes, bytes | None] = {}
        skipped: set[bytes] = set()
        deadline = 0.0
        unsynced = False
        wanted = request.return_values or request.check_existence
        try:
            for key in request.keys:
                before = locks.mode_held(key, start_ts)
                if (before is None or before < mode) and (
                    self._live or self.mvcc.loading or not locks.try_acquire(key, start_ts, mode, request.primary)
                ):
                    deadline = deadline or perf_counter() + request.wait_ms / 1000
                    if not await self._acquire(key, request, deadline):
                        skipped.add(key)
                        if wanted:
                            values[key] = None
                        continue
                if before is None:
                    taken.append(key)
                commit_ts, value = self._check_locked(key, request)
                if wanted:
                    values[key] = value
                    if commit_ts >= self.engine.unsynced_ts and not request.for_write:
                        unsynced = True
                    if value is None and request.only_if_exists and before is None:
                        taken.pop()
                        locks.release(start_ts, (key,))
        except (WriteConflict, AlreadyExists):
            raise
        except BaseException:
            locks.release(start_ts, taken)
            raise
        if unsynced:
            await self.engine.settle()
        if request.check_existence and not request.return_values:
            values = {key: None if value is None else b"" for key, value in values.items()}
        return LockResult(values, frozenset(skipped))

    def _check_locked(self, key: bytes, request: LockRequest) -> tuple[int, bytes | None]:
        """Conflict and existence, once the lock is held; the newest version."""
        commit_ts, value = self.mvcc.newest(key)
        if commit_ts > request.for_update_ts:
            raise WriteConflict(key, request.start_ts, commit_ts, "pessimistic_retry")
        if request.mode is LockMode.EXCLUSIVE and self.mvcc.touched:
            # Somebody who held the key without writing it may have written what this statement must see (the child row
            # of a parent that is about to go).
            touched = self.mvcc.touched.get(key, 0)
            if touched > request.for_update_ts:
                raise WriteConflict(key, request.start_ts, touched, "pessimistic_retry")
        if value is not None and key in request.not_exists:
            if commit_ts >= self.engine.unsynced_ts:
                self.engine.sync_now()
            raise AlreadyExists(key, value)
        return commit_ts, value

    async def _acquire(self, key: bytes, request: LockRequest, deadline: float) -> bool:
        """Takes the lock, waiting as the request says; False when it is to be skipped."""
        locks = self.mvcc.locks
        start_ts = request.start_ts
        while True:
            if self.mvcc.loading and self.mvcc.is_loading(key):
                if not await self._wait_for_load(key, request, deadline):
                    return False
                continue
            txn = self.mvcc.prewritten.holder(key, start_ts)
            if txn is not None and txn.dead:
                await self._unstalled(lambda txn=txn: self.mvcc.settle(txn))  # type: ignore[misc]
                continue
            if txn is not None and txn.commit_ts:
                await self._unstalled(
                    lambda txn=txn: self.mvcc.commit_locks(txn, [key], txn.commit_ts)  # type: ignore[misc]
                )
                continue
            if txn is None and locks.try_acquire(key, start_ts, request.mode, request.primary):
                return True
            if request.wait is LockWait.NOWAIT:
                raise LockNotAvailable(key)
            if request.wait is LockWait.SKIP_LOCKED:
                return False
            if request.check is not None:
                request.check()
            left = deadline - perf_counter()
            if txn is not None:
                await self._wait_for(txn, key, start_ts, left)
                continue
            await locks.acquire(key, start_ts, request.mode, request.primary, max(0, int(left * 1000)))
            if self.mvcc.prewritten.holder(key, start_ts) is None:
                return True

    async def _wait_for_load(self, key: bytes, request: LockRequest, deadline: float) -> bool:
        """For a moment, while a load that has the key commits; False when it is to be skipped."""
        if request.wait is LockWait.NOWAIT:
            raise LockNotAvailable(key)
        if request.wait is LockWait.SKIP_LOCKED:
            return False
        if request.check is not None:
            request.check()
        if perf_counter() > deadline:
            raise LockWaitTimeout(key)
        await asyncio.sleep(_STALL_PAUSE_SECONDS)
        return True

    async def _wait_for(self, txn: Prewritten, key: bytes, start_ts: int, seconds: float) -> None:
        """Until the two-phase commit is decided or its locks have outlived their time."""
        now = self.oracle.now()
        left_ms = (txn.start_ts >> 18) + txn.ttl_ms - (now >> 18)
        if left_ms < 0:
            self.mvcc.rollback_locks(txn, list(txn.locks))
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        txn.waiters.append(waiter)
        self._waits[start_ts] = waiter
        timer = loop.call_later(max(0.0, min(seconds, (left_ms + 1) / 1000)), _wake, waiter)
        begin = perf_counter()
        try:
            await waiter
        finally:
            timer.cancel()
            del self._waits[start_ts]
        if perf_counter() - begin >= seconds and self.mvcc.prewritten.holder(key, start_ts) is txn:
            raise LockWaitTimeout(key)

    def cancel_wait(self, start_ts: int) -> bool:
        """Ends the lock wait of a transaction with WaitCancelled (KILL). False if it does not wait."""
        waiter = self._waits.get(start_ts)
        if waiter is not None and not waiter.done():
            waiter.set_exception(WaitCancelled())
            return True
        return self.mvcc.locks.cancel_wait(start_ts)

    async def pessimistic_rollback(self, keys: Sequence[bytes] | None, start_ts: int, for_update_ts: int) -> None:
        """See `KvClient`."""
        if keys is None:
            self.mvcc.locks.release_all(start_ts)
        else:
            self.mvcc.locks.release(start_ts, keys)

    # --- other transactions ---

    async def check_txn_status(
        self,
        primary: bytes,
        start_ts: int,
        caller_start_ts: int,
        current_ts: int,
        *,
        rollback_if_not_exist: bool = False,
    ) -> TxnStatus:
        """See `KvClient`."""
        return await self._unstalled(
            lambda: percolator.check_txn_status(
                self.mvcc, primary, start_ts, caller_start_ts, current_ts, rollback_if_not_exist=rollback_if_not_exist
            )
        )

    async def check_secondary_locks(self, keys: Sequence[bytes], start_ts: int) -> tuple[list[LockInfo], int]:
        """See `KvClient`."""
        return await self._unstalled(lambda: percolator.check_secondary_locks(self.mvcc, keys, start_ts))

    async def scan_lock(self, max_ts: int, start: bytes, end: bytes, limit: int) -> list[LockInfo]:
        """See `KvClient`."""
        return percolator.scan_lock(self.mvcc, max_ts, start, end, limit)

    async def resolve_lock(self, start_ts: int, commit_ts: int, keys: Sequence[bytes] | None = None) -> None:
        """See `KvClient`."""
        locked = percolator.locked_keys(self.mvcc, start_ts, None) if keys is None else keys
        for at in range(0, len(locked), _SLICE_MUTATIONS):
            # Some need nothing, or somebody else may have resolved them between the slices.
            part = percolator.locked_keys(self.mvcc, start_ts, locked[at : at + _SLICE_MUTATIONS])
            if part:
                txn = self._live[start_ts]
                # What is decided stays decided, whatever the caller believes (one who was cancelled while it committed).
                decided = txn.commit_ts or commit_ts
                if decided:
                    await self._unstalled(
                        lambda part=part, txn=txn, ts=decided: self.mvcc.commit_locks(txn, part, ts)  # type: ignore[misc]
                    )
                else:
                    await self._unstalled(
                        lambda part=part, txn=txn: self.mvcc.rollback_locks(txn, part)  # type: ignore[misc]
                    )
            if at:
                await asyncio.sleep(0)

    async def heartbeat(self, primary: bytes, start_ts: int, advise_ttl_ms: int) -> int:
        """See `KvClient`."""
        return percolator.heartbeat(self.mvcc, primary, start_ts, advise_ttl_ms)

    # --- ranges ---

    async def delete_range(self, start: bytes, end: bytes) -> None:
        """See `KvClient`."""
        engine = self.engine
        lower = encode_key(start)
        upper = encode_key(end) if end else AFTER_ALL_KEYS

        def run() -> None:
            batch = engine.batch()
            for handle in (engine.default_handle, engine.write_handle, engine.lock_handle):
                batch.delete_range(lower, upper, handle)
            engine.write(batch, patient=True)

        run()
        self._blocks.clear()
        entries = self._entries
        for key in [key for key in entries if start <= key and (key < end or not end)]:
            del entries[key]

    async def gc_safe_point(self, ts: int) -> int:
        """See `KvClient`."""
        if not self.gc.closed:
            self.gc.start()
        return self.gc.advance(ts)

    async def prepare(self) -> None:
        """See `KvClient`: what the log's first syncs gain from."""
        await self.engine.prepare_logs()

    async def split(self, ranges: Sequence[KeyRange]) -> list[tuple[Region, tuple[KeyRange, ...]]]:
        """See `KvClient`. One region, except when a test asked for cuts."""
        if self._split_random is None:
            return [(Region(), tuple(ranges))] if ranges else []
        return [(Region(), tuple(part)) for part in self._random_cuts(ranges)]

    def _random_cuts(self, ranges: Sequence[KeyRange]) -> Iterator[list[KeyRange]]:
        """The ranges in key order, cut at some of the keys that exist in them."""
        assert self._split_random is not None
        for one in sorted(ranges, key=lambda one: one.start):
            sample: list[bytes] = []
            for keys, _ in islice(BlockReader(self.engine, [one], self.oracle.last).blocks(), 4):
                sample += keys
            count = min(len(sample), self._split_random.randrange(4))
            cuts = sorted(set(self._split_random.sample(sample, count)))
            start = one.start
            for cut in cuts:
                if cut > start:
                    yield [KeyRange(start, cut)]
                    start = cut
            yield [KeyRange(start, one.end)]

    # --- coprocessor ---

    def coprocessor(
        self, task: CopTask, resolved: ResolvedLocks, counters: CopCounters
    ) -> AsyncIterator[tuple[pa.RecordBatch | None, tuple[KeyRange, ...]]]:
        """See `KvClient`."""
        request = task.request
        reader = self._reader(task.ranges, request.start_ts or MAX_TIMESTAMP, resolved, reverse=request.desc)
        settle = self._settle if self.mvcc.met_unsynced else None
        return self._evaluation.batches(request, reader, counters, settle)

    async def close(self) -> None:
        """See `KvClient`."""
        self.gc.close()
        await self._evaluation.close()
        self.engine.close()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
