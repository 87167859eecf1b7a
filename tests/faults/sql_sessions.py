"""Many sessions of one process on one loop: what the concurrency tests of SQL run on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from executor import values_of_batches
from executor.copr import DagRunner
from executor.result import OkResult, Result, StoredRows, ValueRows
from sqlnode.base.errors import SqlError
from sqlnode.ddl.metadata import ACTIVE_JOBS
from sqlnode.instance import Instance
from sqlnode.session.session import Session
from store import open_store
from store.codec import meta
from store.codec.row_format import RowDecoder

Rows = list[tuple[Any, ...]]


async def rows_of(result: Result) -> Rows:
    """A result's rows as Python values."""
    if isinstance(result, OkResult):
        return []
    if isinstance(result, ValueRows):
        return [tuple(row) for row in result.rows]
    if isinstance(result, StoredRows):
        decode = RowDecoder(result.layout.specs, result.layout.parts).decode
        return [tuple(decode(value, handle)) for handle, value in result.values]
    batches = result.batches
    found = [one async for one in batches] if hasattr(batches, "__aiter__") else list(batches)
    return list(values_of_batches(found, result.columns))


class Client:
    """One session. `run` gives rows, `change` the number of affected rows; both raise SqlError."""

    def __init__(self, instance: Instance) -> None:
        self.session = Session(instance, instance.new_connection_id())
        instance.sessions[self.session.id] = self.session

    async def open(self, sql: str) -> Result:
        """The result as the wire gets it; the caller finishes it."""
        return await self.session.execute_text(sql.encode())

    async def run(self, sql: str) -> Rows:
        result = await self.open(sql)
        try:
            rows = await rows_of(result)
        except SqlError:
            await self.session.finish(result)
            raise
        await self.session.finish(result)
        return rows

    async def change(self, sql: str) -> int:
        result = await self.open(sql)
        assert isinstance(result, OkResult), sql
        return result.affected_rows

    async def one(self, sql: str) -> Any:
        """The only value of the only row."""
        ((value,),) = await self.run(sql)
        return value

    async def code(self, sql: str) -> int:
        """The error code of a statement, 0 when it succeeds."""
        try:
            await self.run(sql)
        except SqlError as error:
            return error.code
        return 0

    def start(self, sql: str) -> asyncio.Task[Rows]:
        """Runs a statement beside others."""
        return asyncio.get_running_loop().create_task(self.run(sql))

    async def close(self) -> None:
        await self.session.close()


class Process:
    """One instance with its sessions."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.clients: list[Client] = []

    async def client(self, *statements: str) -> Client:
        client = Client(self.instance)
        await client.session.use("test")
        self.clients.append(client)
        for sql in statements:
            await client.run(sql)
        return client

    def check_quiet(self) -> None:
        """No lock and no use of a table is left behind."""
        client = self.instance.store.client
        locks = client.mvcc.locks  # type: ignore[attr-defined]
        assert not locks.locks and not locks.primaries and not locks._held and not locks._waiting
        assert not self.instance.table_versions._uses
        assert not self.instance.table_locks.active

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        await asyncio.sleep(0)
        self.check_quiet()
        store = self.instance.store
        jobs = await store.snapshot(await store.timestamp()).scan(*meta.hash_range(ACTIVE_JOBS))
        assert not jobs, "an unfinished change, which the next process would carry out again"
        await self.instance.close()


async def start(url: str = "memory:", *, split_seed: int | None = None) -> Process:
    """A process over a store."""
    instance = Instance(open_store(url, evaluator=DagRunner().evaluate, split_seed=split_seed))
    await instance.start()
    return Process(instance)


def scenario(body: Callable[[Process], Awaitable[None]], path: Path | None = None, *, seconds: float = 60.0) -> None:
    """Runs `body` on a new process, which must be quiet afterwards. A hang is a failure."""

    async def main() -> None:
        process = await start("memory:" if path is None else f"embedded:{path}")
        await asyncio.wait_for(body(process), seconds)
        await process.close()

    asyncio.run(main())


async def pause(chance: random.Random) -> None:
    """Lets others run, sometimes for several turns of the loop."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        await asyncio.sleep(0)


async def blocked(task: asyncio.Task[Any], seconds: float = 0.05) -> bool:
    """Whether a statement still waits after some time."""
    await asyncio.wait({task}, timeout=seconds)
    return not task.done()
