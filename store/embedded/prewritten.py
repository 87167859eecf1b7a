"""Transactions whose two-phase commit is under way: what their durable locks say, kept in memory.

The lock column family is the truth and is read at open: locks found then belong to processes that are dead, and are
settled by their primary as soon as somebody meets one. All others are alive, with a time to live, until their last
lock is gone. There are few such transactions at a time (small ones commit in one phase), so a key is looked for in
each of them; when there are none, which is the rule, nobody looks at all.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from store.api import LockInfo, Op
from store.embedded.records import DELETE, LOCK, PUT

KINDS = {Op.PUT: PUT, Op.INSERT: PUT, Op.DELETE: DELETE, Op.LOCK: LOCK, Op.SHARED_LOCK: LOCK}
"""The kind of record that a mutation leaves."""
_NAMES = {PUT: "put", DELETE: "delete", LOCK: "lock"}


@dataclass(slots=True, eq=False)
class Prewritten:
    """One transaction. `locks` maps each key still locked to (record kind, value; None when it stands in `default`)."""

    start_ts: int
    primary: bytes
    ttl_ms: int
    min_commit_ts: int
    for_update_ts: int = 0
    txn_size: int = 0
    dead: bool = False
    """Left by an earlier process."""
    commit_ts: int = 0
    """Not zero once the primary is committed."""
    alone_at: int = 0
    """A commit timestamp at which no other record can stand."""
    locks: dict[bytes, tuple[int, bytes | None]] = field(default_factory=dict)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    """Woken when the last lock is gone or the fate is decided."""

    def info(self, key: bytes) -> LockInfo:
        """The lock on `key` as others see it."""
        return LockInfo(
            key,
            self.primary,
            self.start_ts,
            self.ttl_ms,
            _NAMES[self.locks[key][0]],
            self.for_update_ts,
            self.min_commit_ts,
            self.txn_size,
        )

    def wake(self) -> None:
        """Lets everybody who waits look again."""
        waiters, self.waiters = self.waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class PrewrittenTable:
    """All of them, by start_ts."""

    __slots__ = ("by_ts",)

    def __init__(self) -> None:
        self.by_ts: dict[int, Prewritten] = {}

    def holder(self, key: bytes, start_ts: int = 0) -> Prewritten | None:
        """The transaction, other than `start_ts`, that has a durable lock on the key."""
        for txn in self.by_ts.values():
            if key in txn.locks and txn.start_ts != start_ts:
                return txn
        return None

    def end(self, txn: Prewritten) -> None:
        """The last lock is gone."""
        self.by_ts.pop(txn.start_ts, None)
        txn.wake()
