"""DdlOwner: the one that carries out schema changes in this process, step by step.

One process owns an embedded store, so the owner's steps run inside the await of the session that sent the statement;
there is no worker and no queue to poll. What makes it online is the same as in a cluster: each step is one
transaction that moves an element by one state and raises the schema version, and before the next step the owner waits
until nobody uses the table at an older version (`TableVersions`). At any time at most two adjacent versions of a
table are in use, and adjacent states are made so that writers of both keep the data right:

    ADD INDEX, at versions   10 none → 11 delete-only → 12 write-only → 13 write-reorganization → 14 public
    writer at 11 deletes an entry that a writer at 12 added; nobody at 10 is left when somebody at 12 writes;
    the backfill starts when nobody below 13 is left: from its snapshot on every writer keeps the index itself.

Two changes of the same table wait for each other (`exclusive`); metadata transactions of different jobs are
serialised by one mutex, because they all raise the same counter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sqlnode.base.errors import LOCK_WAIT_TIMEOUT, SqlError
from sqlnode.base.schema import DatabaseInfo, SchemaState
from sqlnode.ddl.jobs import ROLLBACK_DONE, SYNCED, Job, active_job
from sqlnode.ddl.metadata import ACTIVE_JOBS, DELETE_RANGES, Action, MetaWriter
from sqlnode.ddl.waits import TableVersions
from store.api import LOGICAL_BITS, KeyLocked, WriteConflict
from store.codec import meta

if TYPE_CHECKING:
    from sqlnode.catalog_loader import CatalogLoader
    from sqlnode.ddl.context import DdlContext
    from store.store import Store

T = TypeVar("T")
_ATTEMPTS = 20
_LATE_READERS_MS = 10_000


class DdlOwner:
    """One per process. `versions` is filled by the sessions; see the module's essay."""

    def __init__(self, store: Store, catalogs: CatalogLoader, versions: TableVersions | None = None) -> None:
        self.store = store
        self.catalogs = catalogs
        self.versions = TableVersions() if versions is None else versions
        self._mutex = asyncio.Lock()
        self._busy: set[tuple[str, str]] = set()
        self._released: list[asyncio.Future[None]] = []

    # Metadata transactions

    async def change(self, build: Callable[[MetaWriter], Awaitable[T]]) -> T:
        """Runs `build` in one metadata transaction, commits it durably and brings the catalog up to date.

        `build` may run several times (another node's change came first), so it must read what it needs itself.
        """
        async with self._mutex:
            for attempt in range(_ATTEMPTS):
                ts = await self.store.timestamp()
                transaction = self.store.begin(ts, pessimistic=False)
                try:
                    result = await build(MetaWriter(transaction, ts))
                    await transaction.commit()
                    break
                except (WriteConflict, KeyLocked):
                    if attempt + 1 == _ATTEMPTS:
                        raise
                finally:
                    if transaction.is_active:
                        await transaction.rollback()
            await self.catalogs.refresh()
            return result

    # Who works on what

    @asynccontextmanager
    async def exclusive(
        self,
        names: Sequence[tuple[str, str]],
        timeout_seconds: float,
        check: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[None]:
        """No other change touches the (database, table) pairs meanwhile; an empty table name means the whole database.
        Raises 1205."""
        wanted = {(database.lower(), table.lower()) for database, table in names}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_seconds
        while self._collides(wanted):
            check()
            if loop.time() >= deadline:
                raise SqlError(LOCK_WAIT_TIMEOUT)
            waiter: asyncio.Future[None] = loop.create_future()
            self._released.append(waiter)
            timer = loop.call_later(min(0.5, max(deadline - loop.time(), 0)), _finish, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                with suppress(ValueError):
                    self._released.remove(waiter)
        self._busy |= wanted
        try:
            yield
        finally:
            self._busy -= wanted
            waiting, self._released = self._released, []
            for waiter in waiting:
                _finish(waiter)

    def _collides(self, wanted: set[tuple[str, str]]) -> bool:
        if wanted & self._busy:
            return True
        databases = {database for database, table in wanted if not table}
        if any(database in databases for database, _ in self._busy):
            return True
        return any((database, "") in self._busy for database, _ in wanted)

    # Waiting for those who use a table

    async def fence(self, schema_id: int, table_ids: Sequence[int], context: DdlContext) -> int:
        """Returns when every transaction that used one of the tables before now has ended; later ones go on.

        That is a schema version in which nothing changes: whoever comes later is known by it. Raises 1205, and then
        nothing has happened. Returns the version.
        """
        version = self.catalogs.current.version + 1
        if not self.versions.in_use(table_ids, version, context.holder):
            return version

        async def build(writer: MetaWriter) -> int:
            return await writer.bump(Action.NONE, schema_id, table_ids[0])

        version = await self.change(build)
        await self.drain(table_ids, version, context)
        return version

    async def drain(self, table_ids: Sequence[int], version: int, context: DdlContext) -> None:
        """Returns when nobody uses the tables at a version below `version`. Raises 1205, 1317."""
        await self.versions.drained(
            table_ids, version, context.lock_wait_timeout, ignore=context.holder, check=context.check_killed
        )

    @asynccontextmanager
    async def frozen(self, schema_id: int, table_ids: Sequence[int], context: DdlContext) -> AsyncIterator[None]:
        """Nobody writes the tables meanwhile: who used them before has ended, who wants to write waits. Raises 1205.

        The gate closes at a schema version that is known inside the transaction that sets it: whoever plans with an older
        one is waited for, whoever plans with it (or a newer one) waits at the gate, and nobody is both.
        """

        async def build(writer: MetaWriter) -> int:
            version = await writer.bump(Action.NONE, schema_id, table_ids[0])
            for table_id in table_ids:
                self.versions.close_gate(table_id, version)
            return version

        used = self.versions.in_use(table_ids, self.catalogs.current.version + 1, context.holder)
        try:
            if used:
                await self.drain(table_ids, await self.change(build), context)
            else:
                for table_id in table_ids:
                    self.versions.close_gate(table_id, 0)
            yield
        finally:
            for table_id in table_ids:
                self.versions.open_gate(table_id)

    # After a crash

    async def recover(self) -> None:
        """Finishes or undoes what a process before this one left half done. Called once, before the first session."""
        snapshot = self.store.snapshot(await self.store.timestamp())
        start, end = meta.hash_range(ACTIVE_JOBS)
        for _, value in await snapshot.scan(start, end):
            await self._recover(active_job(meta.load_json(value)))
        start, end = meta.hash_range(meta.DATABASES)
        for _, value in await snapshot.scan(start, end):
            info = meta.database_from_json(meta.load_json(value))
            if info.state is not SchemaState.PUBLIC:
                await self._show_again(info)
        await self.collect_ranges(self.store.safe_point(await self.store.timestamp()))

    async def _show_again(self, info: DatabaseInfo) -> None:
        """A DROP DATABASE ended before it removed anything: the database is as it was."""

        async def build(writer: MetaWriter) -> None:
            writer.put_database(replace(info, state=SchemaState.PUBLIC))
            await writer.bump(Action.DROP_SCHEMA, info.id)

        await self.change(build)

    async def _recover(self, job: Job) -> None:
        async def build(writer: MetaWriter) -> None:
            target = job.final if job.forward else job.original
            job.state = SYNCED if job.forward else ROLLBACK_DONE
            job.schema_state = SchemaState.PUBLIC if target is not None else SchemaState.NONE
            if target is not None:
                writer.put_table(job.schema_id, target)
            else:
                await writer.drop_table(job.schema_id, job.table_id)
            for range_start, range_end in job.ranges:
                writer.delete_later(job.id, range_start, range_end)
            version = await writer.bump(job.action, job.schema_id, job.table_id)
            await writer.finish_job(job.id, job.history(version, writer.ts, table=target))

        await self.change(build)

    # Ranges of what was dropped

    async def collect_ranges(self, safe_point: int) -> int:
        """Removes the rows of what was dropped before `safe_point`; returns how many ranges that were.

        `ts` of a range is when its drop began. Until the catalog was loaded again, statements planned with the one before,
        so a snapshot somewhat younger than that may still read the range.
        """
        safe_point -= min(_LATE_READERS_MS, self.store.gc_life_ms) << LOGICAL_BITS
        snapshot = self.store.snapshot(await self.store.timestamp())
        start, end = meta.hash_range(DELETE_RANGES)
        done: list[bytes] = []
        for key, value in await snapshot.scan(start, end):
            entry = meta.load_json(value)
            if entry["ts"] < safe_point:
                await self.store.client.delete_range(bytes.fromhex(entry["start"]), bytes.fromhex(entry["end"]))
                done.append(key)
        if done:
            async with self._mutex:
                transaction = self.store.begin(await self.store.timestamp(), pessimistic=False)
                for key in done:
                    transaction.delete(key)
                await transaction.commit()
        return len(done)


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
