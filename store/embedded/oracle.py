"""Time for one process: strictly increasing timestamps, also across restarts and clocks that go back.

The smallest timestamp not yet allowed is stored (`meta/oracle_bound`) and synced before any timestamp at or above it
is given out; a new process starts above it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Final

from store.api import LOGICAL_BITS, Timestamp
from store.embedded.engine import Engine

_BOUND_KEY: Final = b"oracle_bound"
_LEAD: Final = 5000 << LOGICAL_BITS
"""How far ahead the bound is written (5 s): one sync in so much time."""


class EmbeddedOracle:
    """Implements `Oracle`. `now` is the same without a coroutine."""

    __slots__ = ("_bound", "_clock", "_engine", "last")

    def __init__(self, engine: Engine, clock: Callable[[], float] = time) -> None:
        self._engine = engine
        stored = engine.meta.get(_BOUND_KEY)
        self.last: Timestamp = int.from_bytes(stored, "big") if stored else 0
        self._bound = 0
        self._clock = clock

    async def timestamp(self) -> Timestamp:
        """See `Oracle`; never suspends."""
        return self.now()

    def now(self) -> Timestamp:
        """The next timestamp."""
        ts = int(self._clock() * 1000.0) << LOGICAL_BITS
        if ts <= self.last:
            ts = self.last + 1
        self.last = ts
        if ts >= self._bound:
            self._raise_bound(ts)
        return ts

    def advance_to(self, ts: Timestamp) -> None:
        """Later timestamps are above `ts` (data that came from another store)."""
        if ts > self.last:
            self.last = ts

    def _raise_bound(self, ts: Timestamp) -> None:
        bound = ts + _LEAD
        batch = self._engine.batch()
        batch.put(_BOUND_KEY, bound.to_bytes(8, "big"), self._engine.meta_handle)
        self._engine.write(batch, patient=True)
        self._engine.sync_now()
        self._bound = bound
