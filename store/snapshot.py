"""Reads at one timestamp, with the locks that stand in the way resolved."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final

from store.api import CopCounters, CopRequest, KeyLocked, KvClient, Pair, ResolvedLocks, Timestamp, Unavailable
from store.copr import run_request
from store.leases import Lease
from store.locks import Backoff, LockResolver

if TYPE_CHECKING:
    import pyarrow as pa

READ_WAIT_MS: Final = 20_000.0


class Snapshot:
    """Everything committed at or below `ts`, and nothing else. `lease` holds garbage collection back as long as the
    snapshot is referenced; without one, whoever made the snapshot sees to it."""

    __slots__ = ("_client", "_lease", "_resolved", "_resolver", "ts")

    def __init__(self, client: KvClient, resolver: LockResolver, ts: Timestamp, lease: Lease | None = None) -> None:
        self._client = client
        self._resolver = resolver
        self._resolved = ResolvedLocks()
        self.ts = ts
        self._lease = lease

    async def get(self, key: bytes) -> bytes | None:
        """The key's value. Never suspends on the embedded store."""
        try:
            return await self._client.get(key, self.ts, self._resolved)
        except KeyLocked as locked:
            error = locked
        backoff = Backoff(READ_WAIT_MS)
        while True:
            await self._wait_out(error, backoff)
            try:
                return await self._client.get(key, self.ts, self._resolved)
            except KeyLocked as locked:
                error = locked

    async def batch_get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The keys that exist, with values."""
        backoff: Backoff | None = None
        while True:
            try:
                return await self._client.batch_get(keys, self.ts, self._resolved)
            except KeyLocked as locked:
                error = locked
            backoff = backoff or Backoff(READ_WAIT_MS)
            await self._wait_out(error, backoff)

    async def scan(self, start: bytes, end: bytes, limit: int = 0, *, reverse: bool = False) -> list[Pair]:
        """At most `limit` pairs (0: all) of [start, end), descending when `reverse`; an empty end is unbounded."""
        backoff: Backoff | None = None
        while True:
            try:
                return await self._client.scan(start, end, limit, self.ts, self._resolved, reverse=reverse)
            except KeyLocked as locked:
                error = locked
            backoff = backoff or Backoff(READ_WAIT_MS)
            await self._wait_out(error, backoff)

    def coprocessor(self, request: CopRequest, counters: CopCounters | None = None) -> AsyncIterator[pa.RecordBatch]:
        """Runs a DAG; `request.start_ts` 0 means this snapshot's."""
        counters = counters if counters is not None else CopCounters()
        return run_request(self._client, self._resolver, self._resolved, request, self.ts, counters, self)

    async def _wait_out(self, error: KeyLocked, backoff: Backoff) -> None:
        if not await self._resolver.resolve_for_read(error.locks, self.ts, self._resolved):
            if backoff.spent:
                raise Unavailable(f"key {error.locks[0].key.hex()} stays locked") from error
            await backoff.pause()
