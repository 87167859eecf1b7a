"""Faults on purpose, from a seed: a client whose answers come late, twice or never, and a checker of bank accounts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from store.api import (
    CopCounters,
    CopTask,
    Deadlock,
    KeyLocked,
    KeyRange,
    KvClient,
    LockInfo,
    LockRequest,
    LockResult,
    LockWaitTimeout,
    Pair,
    PrewriteRequest,
    PrewriteResult,
    Region,
    RegionError,
    ResolvedLocks,
    TxnAborted,
    TxnStatus,
    Unavailable,
    Undetermined,
    WriteConflict,
)
from store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances (0 to 1) of each fault, per call."""

    delay: float = 0.2
    longest_delay_seconds: float = 0.002
    lost_answer: float = 0.05
    """The call is carried out, its answer never arrives: Undetermined."""
    repeated: float = 0.05
    """The call is carried out twice (a network that delivers a request again)."""
    stall: float = 0.02
    """The store refuses to write for a moment."""
    region_error: float = 0.1
    """A coprocessor task ends early after some batches."""


class FaultyClient:
    """A `KvClient` around another. Reads are only delayed; writes suffer all faults."""

    def __init__(self, client: KvClient, seed: int, faults: Faults = Faults()) -> None:
        self.inner = client
        self.lock_records = client.lock_records
        self._faults = faults
        self._random = random.Random(seed)
        self.counts: dict[str, int] = {}

    def _happens(self, name: str, chance: float) -> bool:
        if self._random.random() >= chance:
            return False
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    async def _delay(self) -> None:
        if self._happens("delay", self._faults.delay):
            await asyncio.sleep(self._random.random() * self._faults.longest_delay_seconds)

    async def _write(self, call: Callable[[], Awaitable[T]]) -> T:
        await self._delay()
        if self._happens("stall", self._faults.stall):
            await asyncio.sleep(self._faults.longest_delay_seconds)
        answer = await call()
        if self._happens("repeated", self._faults.repeated):
            answer = await call()
        if self._happens("lost_answer", self._faults.lost_answer):
            raise Undetermined("the answer was lost")
        await self._delay()
        return answer

    async def get(self, key: bytes, ts: int, resolved: ResolvedLocks) -> bytes | None:
        """See `KvClient`."""
        await self._delay()
        return await self.inner.get(key, ts, resolved)

    async def batch_get(self, keys: Sequence[bytes], ts: int, resolved: ResolvedLocks) -> dict[bytes, bytes]:
        """See `KvClient`."""
        await self._delay()
        return await self.inner.batch_get(keys, ts, resolved)

    async def scan(
        self, start: bytes, end: bytes, limit: int, ts: int, resolved: ResolvedLocks, *, reverse: bool = False
    ) -> list[Pair]:
        """See `KvClient`."""
        await self._delay()
        return await self.inner.scan(start, end, limit, ts, resolved, reverse=reverse)

    async def prewrite(self, request: PrewriteRequest) -> PrewriteResult:
        """See `KvClient`."""
        return await self._write(lambda: self.inner.prewrite(request))

    async def commit(self, keys: Sequence[bytes], start_ts: int, commit_ts: int) -> None:
        """See `KvClient`."""
        await self._write(lambda: self.inner.commit(keys, start_ts, commit_ts))

    async def rollback(self, keys: Sequence[bytes], start_ts: int) -> None:
        """See `KvClient`."""
        await self._delay()
        await self.inner.rollback(keys, start_ts)

    async def pessimistic_lock(self, request: LockRequest) -> LockResult:
        """See `KvClient`."""
        await self._delay()
        return await self.inner.pessimistic_lock(request)

    def cancel_wait(self, start_ts: int) -> bool:
        """See `KvClient`."""
        return self.inner.cancel_wait(start_ts)

    async def pessimistic_rollback(self, keys: Sequence[bytes] | None, start_ts: int, for_update_ts: int) -> None:
        """See `KvClient`."""
        await self.inner.pessimistic_rollback(keys, start_ts, for_update_ts)

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
        await self._delay()
        return await self.inner.check_txn_status(
            primary, start_ts, caller_start_ts, current_ts, rollback_if_not_exist=rollback_if_not_exist
        )

    async def check_secondary_locks(self, keys: Sequence[bytes], start_ts: int) -> tuple[list[LockInfo], int]:
        """See `KvClient`."""
        return await self.inner.check_secondary_locks(keys, start_ts)

    async def scan_lock(self, max_ts: int, start: bytes, end: bytes, limit: int) -> list[LockInfo]:
        """See `KvClient`."""
        return await self.inner.scan_lock(max_ts, start, end, limit)

    async def resolve_lock(self, start_ts: int, commit_ts: int, keys: Sequence[bytes] | None = None) -> None:
        """See `KvClient`. May be lost without a trace, as the work of a client that died."""
        await self._delay()
        if not self._happens("lost_resolve", self._faults.lost_answer):
            await self.inner.resolve_lock(start_ts, commit_ts, keys)

    async def heartbeat(self, primary: bytes, start_ts: int, advise_ttl_ms: int) -> int:
        """See `KvClient`."""
        return await self.inner.heartbeat(primary, start_ts, advise_ttl_ms)

    async def delete_range(self, start: bytes, end: bytes) -> None:
        """See `KvClient`."""
        await self.inner.delete_range(start, end)

    async def gc_safe_point(self, ts: int) -> int:
        """See `KvClient`."""
        return await self.inner.gc_safe_point(ts)

    async def prepare(self) -> None:
        """See `KvClient`."""
        await self.inner.prepare()

    async def split(self, ranges: Sequence[KeyRange]) -> list[tuple[Region, tuple[KeyRange, ...]]]:
        """See `KvClient`."""
        return await self.inner.split(ranges)

    async def coprocessor(
        self, task: CopTask, resolved: ResolvedLocks, counters: CopCounters
    ) -> AsyncIterator[tuple[pa.RecordBatch | None, tuple[KeyRange, ...]]]:
        """See `KvClient`. A region error may come before the first batch or right after one that leaves ranges."""
        if self._happens("region_error", self._faults.region_error):
            raise RegionError("the region moved")
        async for batch, rest in self.inner.coprocessor(task, resolved, counters):
            yield batch, rest
            await self._delay()

    async def close(self) -> None:
        """See `KvClient`."""
        await self.inner.close()


@dataclass(slots=True)
class Bank:
    """Accounts whose sum never changes, whatever happens to the transfers between them.

    `acknowledged` counts transfers whose commit was answered; `unknown` those that ended Undetermined.
    """

    store: Store
    accounts: int = 8
    balance: int = 100
    acknowledged: int = 0
    unknown: int = 0
    refused: dict[str, int] = field(default_factory=dict)

    def key(self, account: int) -> bytes:
        """The key of an account."""
        return b"bank/%04d" % account

    async def open(self) -> None:
        """Writes the accounts."""
        transaction = self.store.begin(await self.store.timestamp(), pessimistic=False)
        for account in range(self.accounts):
            transaction.put(self.key(account), b"%d" % self.balance)
        await transaction.commit()

    async def transfer(self, source: random.Random) -> None:
        """One transfer of a random kind: optimistic or pessimistic, with padding that forces a two-phase commit or
        without, committed or rolled back."""
        one, other = source.sample(range(self.accounts), 2)
        amount = source.randrange(1, 10)
        pessimistic = source.random() < 0.5
        transaction = self.store.begin(await self.store.timestamp(), pessimistic=pessimistic)
        try:
            keys = [self.key(one), self.key(other)]
            if pessimistic:
                values = await self._locked(transaction, keys)
            else:
                values = await transaction.batch_get(keys)
            transaction.put(keys[0], b"%d" % (int(values[keys[0]]) - amount))
            transaction.put(keys[1], b"%d" % (int(values[keys[1]]) + amount))
            if source.random() < 0.2:
                padding = b"x" * 5000
                for number in range(60):
                    transaction.put(b"bank-padding/%d/%d" % (transaction.start_ts, number), padding)
            if source.random() < 0.1:
                await transaction.rollback()
                return
            await transaction.commit(wait_ms=source.choice((0, 20)))
            self.acknowledged += 1
        except Undetermined:
            self.unknown += 1
        except (WriteConflict, KeyLocked, Deadlock, LockWaitTimeout, TxnAborted, Unavailable) as error:
            name = type(error).__name__
            self.refused[name] = self.refused.get(name, 0) + 1
            await transaction.rollback()

    async def _locked(self, transaction, keys: list[bytes]) -> dict[bytes, bytes]:  # type: ignore[no-untyped-def]
        while True:
            try:
                result = await transaction.lock_keys(keys, wait_ms=2000, return_values=True)
                return dict(result.values)
            except WriteConflict:
                transaction.for_update_ts = await self.store.timestamp()

    async def check(self) -> None:
        """One consistent read of all accounts, by scan and by single gets. Raises AssertionError."""
        snapshot = self.store.snapshot(await self.store.timestamp())
        pairs = await snapshot.scan(b"bank/", b"bank0")
        total = sum(int(value) for _, value in pairs)
        expected = self.accounts * self.balance
        assert len(pairs) == self.accounts and total == expected, f"{total} instead of {expected}"
        for key, value in pairs:
            again = await snapshot.get(key)
            assert again == value, f"{key!r} at {snapshot.ts}: first {value!r}, then {again!r}"
