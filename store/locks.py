"""What to do about somebody else's lock: ask for the fate of its transaction at its primary, and act on it.

Example: T1 (start 10) has committed its primary at 20 and died before its secondaries. A reader at 30 meets the lock on
a secondary, asks the primary, hears "committed at 20", commits the secondary at 20 and reads again. Had T1 been alive,
the question would have pushed its min_commit_ts to 31, and the reader may pass its locks: whatever T1 commits, it
commits above 30.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from store.api import KvClient, LockInfo, Oracle, ResolvedLocks, Timestamp, TxnNotFound, TxnStatus, physical_ms

_LITE_BELOW_KEYS: Final = 512
_FIRST_PAUSE_MS: Final = 1.0
_LONGEST_PAUSE_MS: Final = 100.0


class Backoff:
    """Growing pauses with jitter, within a total. `random_source` makes tests repeatable."""

    __slots__ = ("_left_ms", "_pause_ms", "_random")

    def __init__(self, total_ms: float, random_source: random.Random | None = None) -> None:
        self._left_ms = total_ms
        self._pause_ms = _FIRST_PAUSE_MS
        self._random = random_source or random

    @property
    def spent(self) -> bool:
        """No time left."""
        return self._left_ms <= 0

    async def pause(self) -> None:
        """Sleeps; the next pause is longer."""
        pause = self._pause_ms * (0.5 + self._random.random() / 2)
        self._pause_ms = min(self._pause_ms * 2, _LONGEST_PAUSE_MS)
        self._left_ms -= pause
        await asyncio.sleep(pause / 1000)


class LockResolver:
    """Decides the fate of transactions whose locks stand in the way."""

    __slots__ = ("_client", "_oracle")

    def __init__(self, client: KvClient, oracle: Oracle) -> None:
        self._client = client
        self._oracle = oracle

    async def resolve_for_read(self, locks: Sequence[LockInfo], ts: Timestamp, resolved: ResolvedLocks) -> bool:
        """True when the reader at `ts` may read again at once; False when it must wait for a live transaction."""
        free = True
        for start_ts, group in _by_transaction(locks).items():
            status = await self._status(group[0], ts)
            if status is None or (status.ttl_ms and not status.pushed):
                free = False
            elif status.ttl_ms or (status.rolled_back and not group[0].use_async_commit) or status.commit_ts > ts:
                resolved.ignored.add(start_ts)
                if not status.ttl_ms:
                    await self._clear(start_ts, status.commit_ts, group)
            else:
                await self._clear(start_ts, status.commit_ts, group)
        return free

    async def resolve_for_write(self, locks: Sequence[LockInfo]) -> bool:
        """True when all owners are gone and their locks with them; False when one lives."""
        free = True
        for start_ts, group in _by_transaction(locks).items():
            status = await self._status(group[0], 0)
            if status is None or status.ttl_ms:
                free = False
            else:
                await self._clear(start_ts, status.commit_ts, group)
        return free

    async def _status(self, lock: LockInfo, caller_ts: Timestamp) -> TxnStatus | None:
        """None: not decided yet."""
        now = await self._oracle.timestamp()
        try:
            return await self._client.check_txn_status(lock.primary, lock.start_ts, caller_ts, now)
        except TxnNotFound:
            pass
        # The primary may not be prewritten yet; only after the lock's time has its absence a meaning.
        if physical_ms(lock.start_ts) + lock.ttl_ms >= physical_ms(now):
            return None
        return await self._client.check_txn_status(
            lock.primary, lock.start_ts, caller_ts, now, rollback_if_not_exist=True
        )

    async def _clear(self, start_ts: Timestamp, commit_ts: Timestamp, group: Sequence[LockInfo]) -> None:
        if group[0].op == "pessimistic":
            await self._client.pessimistic_rollback([lock.key for lock in group], start_ts, group[0].for_update_ts)
        elif group[0].txn_size < _LITE_BELOW_KEYS:
            await self._client.resolve_lock(start_ts, commit_ts, [lock.key for lock in group])
        else:
            await self._client.resolve_lock(start_ts, commit_ts)


def _by_transaction(locks: Sequence[LockInfo]) -> dict[Timestamp, list[LockInfo]]:
    groups: dict[Timestamp, list[LockInfo]] = {}
    for lock in locks:
        groups.setdefault(lock.start_ts, []).append(lock)
    return groups
