"""Garbage collection without a scan: a commit that overwrites or deletes leaves (commit_ts, key) in a queue, and once
the safe point has passed commit_ts the key is visited. After a restart, or when the queue overflowed, one slow sweep
over all keys finds what the queue does not know.

Per key, at safe point S: all versions above S stay, and the newest PUT at or below S; everything older goes, and a
DELETE at or below S with it. Example: PUT 10, PUT 20, DELETE 30, PUT 40. S = 25 leaves 20, 30, 40; S = 35 leaves 40.

Work is done on the loop in slices of two milliseconds, by timers that stand only while there is something to do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice
from time import perf_counter
from typing import Final

from store.embedded.engine import Stalled
from store.embedded.mvcc import Mvcc
from store.embedded.records import DELETE, PUT, decode_write, desc, encode_key, ts_of

_SLICE_SECONDS: Final = 2e-3
_PAUSE_SECONDS: Final = 20e-3
_IDLE_SECONDS: Final = 10.0
_QUEUE_LIMIT: Final = 500_000
_SWEEP_PAIRS: Final = 1000


class GarbageCollector:
    """`safe_point` is the one in force: versions below it may be gone."""

    def __init__(self, mvcc: Mvcc) -> None:
        self.safe_point = 0
        self._mvcc = mvcc
        self._wanted: Callable[[], int] = lambda: 0
        self._queue: deque[tuple[int, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._sweep_from: bytes | None = b""
        """Where the sweep goes on; None when none is needed."""
        self._sweep_above = mvcc.oracle.last
        """A sweep begins once the safe point has passed this: all that the queue does not know is older."""
        self.closed = False

    def allow(self, wanted: Callable[[], int]) -> None:
        """`wanted` answers the newest safe point that readers allow."""
        self._wanted = wanted

    def note(self, commit_ts: int, key: bytes) -> None:
        """The key got a version that hides an older one, or is a DELETE."""
        self._queue.append((commit_ts, key))
        if len(self._queue) > _QUEUE_LIMIT:
            self._queue.popleft()
            self._sweep_from = b""
            self._sweep_above = commit_ts
        if self._timer is None:
            self.start()

    def start(self) -> None:
        """Sets the timer; needs a running loop."""
        if self._timer is None and not self.closed:
            self._timer = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._tick)

    def close(self) -> None:
        """Ends the work."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def advance(self, ts: int) -> int:
        """Raises the safe point to `ts` at most, as far as readers allow; returns the one in force."""
        allowed = self._mvcc.held_back(min(ts, self._wanted()))
        if allowed > self.safe_point:
            self.safe_point = allowed
        return self.safe_point

    def _tick(self) -> None:
        self._timer = None
        if self.closed or self._mvcc.engine.closed:
            return
        self.advance(self._wanted())
        try:
            more = self.work(_SLICE_SECONDS)
        except Stalled:
            more = False
        if more or self._queue or self._sweep_from is not None:
            pause = _PAUSE_SECONDS if more else _IDLE_SECONDS
            self._timer = asyncio.get_running_loop().call_later(pause, self._tick)

    def work(self, seconds: float = 1e9) -> bool:
        """Collects for so long; True when there is more to do at this safe point."""
        self._settle_dead()
        until = perf_counter() + seconds
        queue = self._queue
        while queue and queue[0][0] <= self.safe_point:
            _, key = queue.popleft()
            self.collect(encode_key(key))
            if perf_counter() > until:
                return True
        while self._sweep_from is not None and self.safe_point > self._sweep_above:
            self._sweep_from = self._sweep(self._sweep_from)
            if perf_counter() > until:
                return self._sweep_from is not None
        return False

    def _settle_dead(self) -> None:
        """Locks of dead processes ask for the record on their primary, which must still be there when they do."""
        for txn in [txn for txn in self._mvcc.prewritten.by_ts.values() if txn.dead]:
            self._mvcc.settle(txn)

    def _sweep(self, start: bytes) -> bytes | None:
        """Looks at some pairs from `start` on; returns where to go on. A sweep sees each key's versions whole, or
        comes back to the key."""
        pairs = list(islice(self._mvcc.engine.write_family.items(from_key=start), _SWEEP_PAIRS))
        seen = b""
        count = 0
        last = b""
        for versioned, record in pairs:
            last = versioned[:-8]
            count = count + 1 if last == seen else 1
            if (count == 2 or record[0] != PUT) and ts_of(versioned) <= self.safe_point:
                self.collect(last)
            seen = last
        if len(pairs) < _SWEEP_PAIRS:
            return None
        following = last + b"\xff" * 8
        return following if pairs[0][0][:-8] == last or start > last else last

    def collect(self, encoded: bytes) -> None:
        """Removes what no read at or above the safe point can see of one key."""
        engine = self._mvcc.engine
        cursor = engine.write_family.iter()
        cursor.seek(encoded + desc(self.safe_point))
        size = len(encoded) + 8
        batch = engine.batch()
        decided = False
        while cursor.valid():
            versioned: bytes = cursor.key()
            if len(versioned) != size or not versioned.startswith(encoded):
                break
            record = decode_write(cursor.value())
            if decided or record.kind != PUT:
                if record.kind == PUT and record.short_value is None:
                    batch.delete(encoded + desc(record.start_ts), engine.default_handle)
                batch.delete(versioned, engine.write_handle)
            decided = decided or record.kind in (PUT, DELETE)
            cursor.next()
        if not batch.is_empty():
            engine.write(batch)
