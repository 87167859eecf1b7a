"""Old versions and dropped tables go, and nobody who still reads them notices."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from executor import values_of_batches
from executor.result import RowsResult
from sqlnode import server as server_module
from sqlnode.__main__ import open_server
from sqlnode.config import Config
from store import open_store
from store.api import Op, PrewriteRequest
from store.codec.keys import table_range
from store.embedded.records import encode_key
from store.store import Store
from tests.faults.sql_sessions import Client, Process, scenario
from tests.faults.test_crash import crashed_copy

ROWS = 1600


def eager(process: Process) -> Store:
    """Everything that nobody reads is garbage at once."""
    store = process.instance.store
    store.gc_life_ms = 0
    return store


async def collect(process: Process) -> None:
    await process.instance.collect_garbage()
    process.instance.store.client.gc.work()  # type: ignore[attr-defined]


def stored_keys(store: Store, table_id: int) -> int:
    """Versions that the database holds of a table."""
    start, end = table_range(table_id)
    family = store.client.engine.write_family  # type: ignore[attr-defined]
    last = encode_key(end)
    count = 0
    for key in family.keys(from_key=encode_key(start)):
        if key >= last:
            break
        count += 1
    return count


async def filled(process: Process) -> tuple[Client, int]:
    client = await process.client("create table t (id int primary key, v int not null, w varchar(400), key (v))")
    for start in range(0, ROWS, 400):
        await client.run(
            "insert into t values " + ",".join(f"({n}, 0, repeat('w', 300))" for n in range(start, start + 400))
        )
    table = process.instance.catalogs.current.table("test", "t")
    assert table is not None
    return client, table.id


@pytest.mark.parametrize("seed", [1, 2])
def test_readers_keep_their_versions(seed: int) -> None:
    """An open transaction and a result that is read slowly, beside writers and a collector without mercy."""

    async def body(process: Process) -> None:
        store = eager(process)
        setup, table_id = await filled(process)
        chance = random.Random(seed)
        old, stream = await process.client("begin"), await process.client()
        assert await old.one("select sum(v) + 0 from t") == 0
        result = await stream.open("select id, v, w from t force index (v) where v >= 0")
        assert isinstance(result, RowsResult)
        batches = result.batches.__aiter__()  # type: ignore[union-attr]
        read = 0
        for number in range(1, 5):
            await setup.run(
                f"update t set v = {number}, w = repeat('{number}', 300) where id >= {chance.randrange(100)}"
            )
            await setup.run(f"delete from t where id % 50 = {number}")
            await setup.run(f"insert into t values ({ROWS + number}, {number}, '')")
            await collect(process)
            assert await old.run("select sum(v) + 0, count(*) + 0, sum(w = repeat('w', 300)) + 0 from t") == [
                (0, ROWS, ROWS)
            ]
            one = chance.randrange(ROWS)
            assert await old.run(f"select v + 0, left(w, 1) from t where id = {one}") == [(0, b"w")]
            batch = await anext(batches, None)
            if batch is not None:
                rows = values_of_batches([batch], result.columns)
                assert all(row[1] == 0 and row[2] == b"w" * 300 for row in rows)
                read += len(rows)
        async for batch in batches:
            rows = values_of_batches([batch], result.columns)
            assert all(row[1] == 0 and row[2] == b"w" * 300 for row in rows)
            read += len(rows)
        await stream.session.finish(result)
        assert read == ROWS
        await old.run("commit")
        del result, batches, batch
        before = stored_keys(store, table_id)
        await collect(process)
        left = await setup.one("select count(*) + 0 from t")
        assert stored_keys(store, table_id) == 2 * left < before
        assert (await setup.run("check table t"))[0][3] == b"OK"

    scenario(body)


@pytest.mark.parametrize("drop", ["drop table t", "truncate table t", "alter table t modify v varchar(20)"])
def test_dropped_rows_stay_for_who_reads_them(drop: str) -> None:
    async def body(process: Process) -> None:
        store = eager(process)
        setup, table_id = await filled(process)
        reader = await process.client()
        result = await reader.open("select id, v, w from t")
        assert isinstance(result, RowsResult)
        await setup.run(drop)
        await asyncio.sleep(0.002)
        await collect(process)
        assert stored_keys(store, table_id) >= ROWS
        read = 0
        async for batch in result.batches:  # type: ignore[union-attr]
            await collect(process)
            read += batch.num_rows
        await reader.session.finish(result)
        assert read == ROWS
        del result, batch
        await asyncio.sleep(0.002)
        await collect(process)
        assert stored_keys(store, table_id) == 0

    scenario(body)


def test_a_dropped_index_goes() -> None:
    async def body(process: Process) -> None:
        store = eager(process)
        setup, table_id = await filled(process)
        await setup.run("alter table t drop key v")
        await asyncio.sleep(0.002)
        await collect(process)
        assert stored_keys(store, table_id) == ROWS

    scenario(body)


def test_locks_of_dead_processes_settle_before_their_primary_is_collected(tmp_path: Path) -> None:
    """A process died between primary and secondaries. The primary is written again and again, and its old versions, which
    say that the transaction is committed, are collected: the secondaries must have been asked before."""

    async def main() -> None:
        store = open_store(f"embedded:{tmp_path}/data")
        start_ts = await store.timestamp()
        await store.client.prewrite(PrewriteRequest([(Op.PUT, b"a", b"1"), (Op.PUT, b"b", b"1")], b"a", start_ts))
        await store.client.commit([b"a"], start_ts, await store.timestamp())
        copy = crashed_copy(tmp_path / "data", tmp_path / "copy", cut=False)
        await store.close()
        again = open_store(f"embedded:{copy}")
        again.gc_life_ms = 0
        for number in range(3):
            transaction = again.begin(await again.timestamp(), pessimistic=False)
            transaction.put(b"a", b"%d" % number)
            await transaction.commit()
        await asyncio.sleep(0.002)
        await again.client.gc_safe_point(again.safe_point(await again.timestamp()))
        again.client.gc.work()
        snapshot = again.snapshot(await again.timestamp())
        assert await snapshot.get(b"a") == b"2"
        assert await snapshot.get(b"b") == b"1", "a committed write is lost"
        await again.close()

    asyncio.run(main())


def test_the_server_collects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "GARBAGE_SECONDS", 0.02)

    async def main() -> None:
        server = await open_server(Config(store="memory:", port=0))
        process = Process(server.instance)
        store = eager(process)
        client, table_id = await filled(process)
        store.gc_life_ms = 60_000
        await client.run("drop table t")
        store.gc_life_ms = 0
        assert stored_keys(store, table_id) > 0
        for _ in range(250):
            await asyncio.sleep(0.02)
            if not stored_keys(store, table_id):
                break
        assert not stored_keys(store, table_id)
        await client.close()
        await server.stop()

    asyncio.run(main())
