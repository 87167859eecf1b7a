"""Who uses which table at which schema version: what a change of a table waits for, and what waits for it.

Sessions fill it, the owner of a change asks it; nothing here is stored, so it serves one process. A holder is any
object that stands for a transaction (or for one autocommit statement). It *notes* a table at first touch, with the
schema version of the catalog that it planned with, and is *released* as a whole at its end:

    versions.note(transaction, table.id, catalog.version)      # first touch; cheap, later touches do nothing
    await versions.writable(transaction, table.id, ...)        # before the first write: a copy of the table may be
    running versions.release(transaction)                              # commit, rollback, or the end of an autocommit
    statement

A change commits schema version v and then waits until no holder uses the table at a version below v. That is MySQL's
metadata lock turned round: the transaction goes on undisturbed, and the ALTER waits, up to lock_wait_timeout (1205).
While the rows of a table are copied (`gate`), writers at the new version wait until the copy is done; they must take
the newest catalog afterwards and plan again, because the table is another one then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress

from sqlnode.base.errors import LOCK_WAIT_TIMEOUT, SqlError


class TableVersions:
    """The registry. All methods but the two that wait are synchronous; state changes only between awaits."""

    __slots__ = ("_uses", "_waiters", "gates")

    def __init__(self) -> None:
        self._uses: dict[object, dict[int, int]] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self.gates: dict[int, int] = {}
        """Tables that are being copied: id -> the schema version from which on writers wait."""

    def note(self, holder: object, table_id: int, version: int) -> None:
        """`holder` uses the table, as it is at schema `version`; only the first note of a table counts."""
        uses = self._uses.get(holder)
        if uses is None:
            self._uses[holder] = {table_id: version}
        elif table_id not in uses:
            uses[table_id] = version

    def release(self, holder: object) -> None:
        """`holder` ended; whoever waits looks again."""
        if self._uses.pop(holder, None) is not None and self._waiters:
            self._wake()

    def in_use_by(self, holder: object, table_ids: Collection[int]) -> bool:
        """Whether `holder` has noted one of the tables."""
        uses = self._uses.get(holder)
        return uses is not None and any(table_id in uses for table_id in table_ids)

    def in_use(self, table_ids: Collection[int], below: int, ignore: object = None) -> bool:
        """Whether a holder other than `ignore` uses one of the tables at a version below the given."""
        for holder, uses in self._uses.items():
            if holder is ignore:
                continue
            for table_id in table_ids:
                if uses.get(table_id, below) < below:
                    return True
        return False

    async def drained(
        self,
        table_ids: Collection[int],
        below: int,
        timeout_seconds: float,
        *,
        ignore: object = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Returns when no holder uses one of the tables at a version below `below`. Raises 1205, and what `check`
        raises (a killed statement)."""
        await self._until(lambda: not self.in_use(table_ids, below, ignore), timeout_seconds, check)

    async def writable(
        self,
        holder: object,
        table_id: int,
        timeout_seconds: float,
        *,
        check: Callable[[], None] = lambda: None,
    ) -> bool:
        """Returns when `holder` may write the table: False at once, True when it had to wait (plan again). Raises
        1205."""
        if not self._gated(holder, table_id):
            return False
        await self._until(lambda: not self._gated(holder, table_id), timeout_seconds, check)
        return True

    def _gated(self, holder: object, table_id: int) -> bool:
        gate = self.gates.get(table_id)
        if gate is None:
            return False
        noted = self._uses.get(holder, {}).get(table_id)
        return noted is None or noted >= gate

    def close_gate(self, table_id: int, version: int) -> None:
        """From schema `version` on, writers of the table wait."""
        self.gates[table_id] = version

    def open_gate(self, table_id: int) -> None:
        """Writers go on."""
        if self.gates.pop(table_id, None) is not None:
            self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _until(self, ready: Callable[[], bool], timeout_seconds: float, check: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while not ready():
            check()
            left = deadline - loop.time()
            if left <= 0:
                raise SqlError(LOCK_WAIT_TIMEOUT)
            waiter: asyncio.Future[None] = loop.create_future()
            self._waiters.append(waiter)
            # Woken by a release, and at least every half second, so that KILL is seen.
            timer = loop.call_later(min(left, 0.5), _finish, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                with suppress(ValueError):
                    self._waiters.remove(waiter)


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
