"""Pessimistic locks in memory: exclusive and shared, first come first served, with deadlock detection.

A transaction is its start_ts. Keys that a two-phase commit has prewritten are held here too, so that waiters queue in
one place. Locks die with the process, as do the transactions that hold them.

Release hands a lock over to the first waiter (and to the shared waiters right behind a shared one) before any newcomer
can take it; a newcomer that would overtake an incompatible waiter queues. A holder of a shared lock that wants the
exclusive one queues in front, since those behind it wait for it anyway.

Deadlocks: a transaction waits for one key at a time, so the wait-for graph is followed from each new wait (waiter →
holders and earlier waiters that it is incompatible with); the request that closes a cycle is refused. Example: T1 holds
a, T2 holds b, T1 waits for b (no cycle: b → T2, which waits for nothing), T2 asks for a: a → T1 → b → T2, refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from store.api import Deadlock, LockMode, LockWaitTimeout, WaitCancelled

EXCLUSIVE: Final = LockMode.EXCLUSIVE
SHARED: Final = LockMode.SHARED


class _Waiter:
    __slots__ = ("future", "key", "mode", "start_ts")

    def __init__(self, key: bytes, start_ts: int, mode: LockMode, future: asyncio.Future[None]) -> None:
        self.key = key
        self.start_ts = start_ts
        self.mode = mode
        self.future = future


class _KeyLock:
    __slots__ = ("holders", "queue")

    def __init__(self, start_ts: int, mode: LockMode) -> None:
        self.holders: dict[int, LockMode] = {start_ts: mode}
        """One exclusive holder, or any number of shared ones."""
        self.queue: deque[_Waiter] = deque()


class LockTable:
    """See the module. `primaries` maps each transaction with locks to its primary key."""

    __slots__ = ("_held", "_waiting", "locks", "primaries")

    def __init__(self) -> None:
        self.locks: dict[bytes, _KeyLock] = {}
        self.primaries: dict[int, bytes] = {}
        self._held: dict[int, set[bytes]] = {}
        self._waiting: dict[int, _Waiter] = {}

    # --- asking ---

    def foreign_holder(self, key: bytes, start_ts: int) -> int:
        """A transaction other than `start_ts` that holds the key, or 0."""
        lock = self.locks.get(key)
        if lock is None:
            return 0
        for holder in lock.holders:
            if holder != start_ts:
                return holder
        return 0

    def mode_held(self, key: bytes, start_ts: int) -> LockMode | None:
        """The mode in which the transaction holds the key."""
        lock = self.locks.get(key)
        return None if lock is None else lock.holders.get(start_ts)

    def keys_of(self, start_ts: int) -> Iterable[bytes]:
        """All keys that the transaction holds."""
        return self._held.get(start_ts, ())

    def is_alive(self, start_ts: int) -> bool:
        """True while the transaction holds or awaits a lock."""
        return start_ts in self._held or start_ts in self._waiting

    def waiting(self) -> Iterator[tuple[int, bytes, tuple[int, ...]]]:
        """(waiter, key, holders) of every wait: for data_lock_waits."""
        for waiter in self._waiting.values():
            yield waiter.start_ts, waiter.key, tuple(self.locks[waiter.key].holders)

    # --- taking ---

    def try_acquire(self, key: bytes, start_ts: int, mode: LockMode, primary: bytes) -> bool:
        """Takes the lock if nothing stands in the way. Asking again for what is held is true."""
        lock = self.locks.get(key)
        if lock is None:
            self.locks[key] = _KeyLock(start_ts, mode)
        else:
            held = lock.holders.get(start_ts)
            if held is not None and held >= mode:
                return True
            if held is None and lock.queue:
                return False
            if not _compatible(lock, start_ts, mode):
                return False
            lock.holders[start_ts] = mode
        keys = self._held.get(start_ts)
        if keys is None:
            keys = self._held[start_ts] = set()
            self.primaries[start_ts] = primary
        keys.add(key)
        return True

    async def acquire(self, key: bytes, start_ts: int, mode: LockMode, primary: bytes, wait_ms: int) -> None:
        """Takes the lock, waiting if need be. Raises Deadlock, LockWaitTimeout, WaitCancelled; then nothing is held
        that was not held before."""
        if self.try_acquire(key, start_ts, mode, primary):
            return
        lock = self.locks[key]
        loop = asyncio.get_running_loop()
        waiter = _Waiter(key, start_ts, mode, loop.create_future())
        if start_ts in lock.holders:
            lock.queue.appendleft(waiter)
        else:
            lock.queue.append(waiter)
        self._waiting[start_ts] = waiter
        self.primaries.setdefault(start_ts, primary)
        cycle = self._find_cycle(start_ts)
        if cycle:
            self._leave(waiter)
            raise Deadlock(key, start_ts, cycle)
        timer = loop.call_later(wait_ms / 1000, self._expire, waiter)
        try:
            await waiter.future
        except asyncio.CancelledError:
            # The lock may have been handed over in the same iteration in which the task was cancelled.
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                self.release(start_ts, (key,))
            raise
        finally:
            timer.cancel()
            self._leave(waiter)

    def cancel_wait(self, start_ts: int) -> bool:
        """Ends the wait of a transaction with WaitCancelled (KILL). False if it does not wait."""
        waiter = self._waiting.get(start_ts)
        if waiter is None or waiter.future.done():
            return False
        waiter.future.set_exception(WaitCancelled())
        self._leave(waiter)
        return True

    def _expire(self, waiter: _Waiter) -> None:
        if not waiter.future.done():
            waiter.future.set_exception(LockWaitTimeout(waiter.key))
            self._leave(waiter)

    def _leave(self, waiter: _Waiter) -> None:
        """Ends a wait, whatever its outcome. Those behind may be able to go on."""
        if self._waiting.get(waiter.start_ts) is waiter:
            del self._waiting[waiter.start_ts]
            if waiter.start_ts not in self._held:
                self.primaries.pop(waiter.start_ts, None)
        lock = self.locks.get(waiter.key)
        if lock is not None and waiter in lock.queue:
            lock.queue.remove(waiter)
            self._hand_over(waiter.key, lock)

    # --- giving back ---

    def release(self, start_ts: int, keys: Iterable[bytes]) -> None:
        """Gives back some keys; those not held are ignored."""
        held = self._held.get(start_ts)
        if held is None:
            return
        for key in keys:
            if key in held:
                held.discard(key)
                self._drop_holder(key, start_ts)
        if not held:
            del self._held[start_ts]
            if start_ts not in self._waiting:
                self.primaries.pop(start_ts, None)

    def release_all(self, start_ts: int) -> None:
        """Gives back everything that the transaction holds."""
        held = self._held.pop(start_ts, None)
        if held is None:
            return
        if start_ts not in self._waiting:
            self.primaries.pop(start_ts, None)
        for key in held:
            self._drop_holder(key, start_ts)

    def _drop_holder(self, key: bytes, start_ts: int) -> None:
        lock = self.locks[key]
        del lock.holders[start_ts]
        if lock.queue:
            self._hand_over(key, lock)
        elif not lock.holders:
            del self.locks[key]

    def _hand_over(self, key: bytes, lock: _KeyLock) -> None:
        while lock.queue:
            waiter = lock.queue[0]
            if waiter.future.done():
                lock.queue.popleft()
                continue
            if not _compatible(lock, waiter.start_ts, waiter.mode):
                break
            lock.queue.popleft()
            lock.holders[waiter.start_ts] = waiter.mode
            self._held.setdefault(waiter.start_ts, set()).add(key)
            waiter.future.set_result(None)
            if self._waiting.get(waiter.start_ts) is waiter:
                del self._waiting[waiter.start_ts]
        if not lock.holders and not lock.queue:
            self.locks.pop(key, None)

    # --- deadlocks ---

    def _blockers(self, waiter: _Waiter) -> Iterator[int]:
        lock = self.locks[waiter.key]
        for holder, mode in lock.holders.items():
            if holder != waiter.start_ts and (mode is EXCLUSIVE or waiter.mode is EXCLUSIVE):
                yield holder
        for earlier in lock.queue:
            if earlier is waiter:
                return
            if earlier.mode is EXCLUSIVE or waiter.mode is EXCLUSIVE:
                yield earlier.start_ts

    def _find_cycle(self, start_ts: int) -> tuple[int, ...]:
        """The transactions of a cycle through `start_ts`, it first; empty when there is none."""
        came_from: dict[int, int] = {}
        stack = [start_ts]
        while stack:
            current = stack.pop()
            waiter = self._waiting.get(current)
            if waiter is None:
                continue
            for blocker in self._blockers(waiter):
                if blocker == start_ts:
                    chain = [current]
                    while chain[-1] != start_ts:
                        chain.append(came_from[chain[-1]])
                    return tuple(reversed(chain))
                if blocker not in came_from:
                    came_from[blocker] = current
                    stack.append(blocker)
        return ()


def _compatible(lock: _KeyLock, start_ts: int, mode: LockMode) -> bool:
    if mode is EXCLUSIVE:
        return all(holder == start_ts for holder in lock.holders)
    return all(held is SHARED or holder == start_ts for holder, held in lock.holders.items())
