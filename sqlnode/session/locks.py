"""Locks that belong to sessions, not to rows: GET_LOCK names, LOCK TABLES, and who uses which table until when.

State is in memory (the embedded store allows one process) and dies with the session. Waiters are served in order of
arrival. All methods run on the loop's thread.
"""

from __future__ import annotations

import asyncio
from collections import deque

from sqlnode.base.errors import LOCK_WAIT_TIMEOUT, USER_LOCK_DEADLOCK, SqlError


class AdvisoryLocks:
    """GET_LOCK and its family: a name is held by one session, any number of times."""

    def __init__(self) -> None:
        self._owners: dict[str, tuple[int, int]] = {}
        """name -> (session id, times taken)"""
        self._waiters: dict[str, deque[tuple[int, asyncio.Future[None]]]] = {}
        self._waits_for: dict[int, str] = {}

    def owner(self, name: str) -> int | None:
        """The session that holds the name."""
        entry = self._owners.get(name.lower())
        return None if entry is None else entry[0]

    def try_get(self, session_id: int, name: str) -> bool:
        """Takes the name if it is free or already this session's."""
        key = name.lower()
        entry = self._owners.get(key)
        if entry is None:
            self._owners[key] = (session_id, 1)
            return True
        if entry[0] == session_id:
            self._owners[key] = (session_id, entry[1] + 1)
            return True
        return False

    async def get(self, session_id: int, name: str, timeout_seconds: float) -> int:
        """1 when taken, 0 after the time is over (negative: waits for ever). Raises 3058 on a cycle of waits."""
        if self.try_get(session_id, name):
            return 1
        if timeout_seconds == 0:
            return 0
        key = name.lower()
        self._check_cycle(session_id, key)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (session_id, future)
        queue = self._waiters.setdefault(key, deque())
        queue.append(entry)
        self._waits_for[session_id] = key
        try:
            await asyncio.wait_for(future, None if timeout_seconds < 0 else timeout_seconds)
            return 1
        except TimeoutError:
            return 0
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                # Handed over in the moment in which the wait was ended.
                self.release(session_id, name)
            raise
        finally:
            self._waits_for.pop(session_id, None)
            if entry in queue:
                queue.remove(entry)
            if not queue:
                self._waiters.pop(key, None)

    def _check_cycle(self, session_id: int, key: str) -> None:
        seen = {session_id}
        wanted: str | None = key
        while wanted is not None:
            entry = self._owners.get(wanted)
            if entry is None:
                return
            if entry[0] in seen:
                raise SqlError(USER_LOCK_DEADLOCK)
            seen.add(entry[0])
            wanted = self._waits_for.get(entry[0])

    def release(self, session_id: int, name: str) -> int | None:
        """1 released (once), 0 held by another, None when nobody holds the name."""
        key = name.lower()
        entry = self._owners.get(key)
        if entry is None:
            return None
        if entry[0] != session_id:
            return 0
        if entry[1] > 1:
            self._owners[key] = (session_id, entry[1] - 1)
        else:
            self._hand_over(key)
        return 1

    def release_all(self, session_id: int) -> int:
        """Releases every lock of a session; how many there were, counting each time that one was taken."""
        held = [(key, times) for key, (owner, times) in self._owners.items() if owner == session_id]
        for key, _ in held:
            self._hand_over(key)
        return sum(times for _, times in held)

    def _hand_over(self, key: str) -> None:
        del self._owners[key]
        queue = self._waiters.get(key)
        while queue:
            session_id, future = queue.popleft()
            if not future.done():
                self._owners[key] = (session_id, 1)
                self._waits_for.pop(session_id, None)
                future.set_result(None)
                return


class TableLocks:
    """LOCK TABLES: `locks[(database, table)]` maps session ids to READ or WRITE. Statements of others wait."""

    def __init__(self) -> None:
        self.locks: dict[tuple[str, str], dict[int, str]] = {}
        self.global_readers: set[int] = set()
        """Sessions with FLUSH TABLES WITH READ LOCK: nobody else writes."""
        self.changing: dict[int, frozenset[tuple[str, str]]] = {}
        """Tables whose definition a session changes: statements go on, new table locks wait."""
        self._changed: list[asyncio.Future[None]] = []

    @property
    def active(self) -> bool:
        """Whether any session holds any lock."""
        return bool(self.locks or self.global_readers)

    def conflict(self, session_id: int, table: tuple[str, str], *, write: bool) -> bool:
        """Whether another session's lock forbids this access."""
        if write and self.global_readers and self.global_readers != {session_id}:
            return True
        holders = self.locks.get(table)
        if not holders:
            return False
        return any(owner != session_id and (write or mode == "WRITE") for owner, mode in holders.items())

    def _is_changing(self, session_id: int, table: tuple[str, str]) -> bool:
        return any(owner != session_id and table in tables for owner, tables in self.changing.items())

    async def wait_free(
        self,
        session_id: int,
        tables: list[tuple[tuple[str, str], bool]],
        timeout_seconds: float,
        *,
        locking: bool = False,
    ) -> None:
        """Returns when no other session's lock forbids any of the accesses, and (`locking`) none of the tables is being
        changed. Raises 1205."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while any(
            self.conflict(session_id, table, write=write) or (locking and self._is_changing(session_id, table))
            for table, write in tables
        ):
            await self.wait_change(deadline)

    async def wait_unwritten(self, session_id: int, timeout_seconds: float) -> None:
        """Returns when no other session holds a WRITE lock or changes a definition. Raises 1205."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while any(owner != session_id for owner in self.changing) or any(
            owner != session_id and mode == "WRITE"
            for holders in self.locks.values()
            for owner, mode in holders.items()
        ):
            await self.wait_change(deadline)

    async def wait_change(self, deadline: float) -> None:
        """Returns when some lock was released. Raises 1205 at the deadline (loop time)."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._changed.append(future)
        try:
            await asyncio.wait_for(future, max(deadline - loop.time(), 0))
        except TimeoutError:
            raise SqlError(LOCK_WAIT_TIMEOUT) from None
        finally:
            if future in self._changed:
                self._changed.remove(future)

    def take(self, session_id: int, tables: dict[tuple[str, str], str]) -> None:
        """Holds the tables; the caller has waited."""
        for table, mode in tables.items():
            self.locks.setdefault(table, {})[session_id] = mode

    def release(self, session_id: int) -> None:
        """UNLOCK TABLES, and the session's end."""
        for table in [table for table, holders in self.locks.items() if session_id in holders]:
            del self.locks[table][session_id]
            if not self.locks[table]:
                del self.locks[table]
        self.global_readers.discard(session_id)
        self.wake()

    def wake(self) -> None:
        """Lets waiters look again."""
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
