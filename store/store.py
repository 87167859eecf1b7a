"""Store: one open store, and what is made from it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from store.api import (
    LOGICAL_BITS,
    MAX_TIMESTAMP,
    BulkLoads,
    DirectCommits,
    KvClient,
    Oracle,
    SnapshotTooOld,
    StoreError,
    Timestamp,
)
from store.buffer import TRANSACTION_LIMIT_BYTES
from store.leases import Leases
from store.locks import LockResolver
from store.snapshot import Snapshot
from store.transaction import Transaction

GC_LIFE_MS: Final = 10 * 60 * 1000


class Store:
    """Over one client and one oracle. State (changed only between awaits): the snapshots and transactions that are
    alive (they hold garbage collection back), and the background work of commits."""

    def __init__(self, client: KvClient, oracle: Oracle, *, gc_life_ms: int = GC_LIFE_MS) -> None:
        self.client = client
        self.oracle = oracle
        self.resolver = LockResolver(client, oracle)
        self.gc_life_ms = gc_life_ms
        self.transaction_limit_bytes = TRANSACTION_LIMIT_BYTES
        """What a transaction that begins from now on may write: keys and values. In memory it is about four times as much."""
        self.direct: DirectCommits | None = client if isinstance(client, DirectCommits) else None
        """The client, when it takes small commits as they are."""
        self.loads: BulkLoads | None = client if isinstance(client, BulkLoads) else None
        """The client, when it has a way for bulk loads."""
        self.leases = Leases()
        self._newest = Snapshot(client, self.resolver, MAX_TIMESTAMP)
        self._work: set[asyncio.Task[None]] = set()
        self.collected_ts: Timestamp = 0
        """Versions below this may be gone."""

    def timestamp(self) -> Coroutine[Any, Any, Timestamp]:
        """The next timestamp, when it is awaited."""
        return self.oracle.timestamp()

    def snapshot(self, ts: Timestamp) -> Snapshot:
        """Reads at `ts`. Versions that it can see stay as long as the snapshot is referenced. Raises SnapshotTooOld."""
        if ts == MAX_TIMESTAMP:
            # It pins nothing, and keeps no memory of locks that it passed: those may be committed the next time.
            self._newest._resolved.ignored.clear()
            return self._newest
        if ts < self.collected_ts:
            raise SnapshotTooOld(ts, self.collected_ts)
        return Snapshot(self.client, self.resolver, ts, self.leases.take(ts))

    def begin(self, start_ts: Timestamp, *, pessimistic: bool) -> Transaction:
        """A transaction that started at `start_ts`, a timestamp of the oracle that nobody else uses."""
        return Transaction(self, start_ts, pessimistic=pessimistic)

    def safe_point(self, now: Timestamp) -> Timestamp:
        """The newest safe point that nobody alive would miss; older snapshots are refused from now on."""
        allowed = min(now - (self.gc_life_ms << LOGICAL_BITS), self.leases.oldest() - 1)
        self.collected_ts = max(self.collected_ts, allowed)
        return self.collected_ts

    # --- background ---

    def finish_commit(self, keys: Sequence[bytes], start_ts: Timestamp, commit_ts: Timestamp) -> None:
        """Turns the locks of a committed transaction into versions, in the background."""
        self._spawn(self._commit_rest(keys, start_ts, commit_ts))

    async def _commit_rest(self, keys: Sequence[bytes], start_ts: Timestamp, commit_ts: Timestamp) -> None:
        try:
            await self.client.resolve_lock(start_ts, commit_ts, keys)
        except StoreError:
            # The commit stands; whoever meets a lock that is left asks its primary.
            pass

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="store-commit")
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def prepare(self) -> None:
        """Begins with what the store does at leisure, and ends before `close` returns."""
        self._spawn(self.client.prepare())

    async def close(self) -> None:
        """Waits for background work, then closes. Idempotent."""
        while self._work:
            await asyncio.gather(*self._work, return_exceptions=True)
        await self.client.close()
