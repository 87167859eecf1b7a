"""What holds garbage collection back: a lease for each snapshot and each active transaction.

A lease ends with the last reference to it. That needs weak references, which compiled classes do not have; so leases are
objects of their own.
"""

from __future__ import annotations

from weakref import ref

from store.api import MAX_TIMESTAMP, Timestamp


class Lease:
    """While it is referenced, versions that somebody can see at `ts` or later stay."""

    __slots__ = ("__weakref__", "ts")

    def __init__(self, ts: Timestamp) -> None:
        self.ts = ts


class Leases:
    """The leases of a store."""

    __slots__ = ("_alive", "_forget")

    def __init__(self) -> None:
        self._alive: set[ref[Lease]] = set()
        self._forget = self._alive.discard

    def take(self, ts: Timestamp) -> Lease:
        """A new lease at `ts`."""
        lease = Lease(ts)
        self._alive.add(ref(lease, self._forget))
        return lease

    def alive(self) -> list[Lease]:
        """The leases that are referenced by somebody."""
        return [lease for found in list(self._alive) if (lease := found()) is not None]

    def count(self) -> int:
        """How many leases are alive."""
        return len(self._alive)

    def oldest(self) -> Timestamp:
        """The smallest timestamp that a lease stands for, MAX_TIMESTAMP when there is none."""
        return min((lease.ts for lease in self.alive()), default=MAX_TIMESTAMP)
