"""Tables change while others write them: nothing acknowledged is lost, and every index agrees with the rows.

Writers work on rows of their own, so each knows exactly what must stand there; the store syncs, so that statements
interleave with every step of a change.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from sqlnode.base.errors import SqlError
from sqlnode.base.schema import SchemaState
from tests.faults.sql_sessions import Client, Process, blocked, pause, scenario

SCHEMA = "create table t (id int primary key, v int, w varchar(20), key k (v))"
RETRIED = (1213, 1205, 1412, 9007)
CHANGES = [
    ["alter table t add key kw (w), add unique key u (id, v)", "alter table t drop key kw, drop key u"],
    ["alter table t add column c int not null default 7", "alter table t drop column c"],
    ["alter table t modify v bigint", "alter table t modify v int"],
    ["alter table t modify v varchar(20), add column d varchar(5)", "alter table t modify v int, drop column d"],
    ["rename table t to t2", "rename table t2 to t"],
    ["alter table t drop key k", "create index k on t (v)"],
    ["alter table t drop primary key, add primary key (id, v)", "alter table t drop primary key, add primary key (id)"],
    ["alter table t change w ww varchar(30)", "alter table t change ww w varchar(20)"],
]


class Load:
    """Writers with what each knows of its rows."""

    def __init__(self, process: Process, seed: int) -> None:
        self.process = process
        self.seed = seed
        self.stop = False
        self.writes = 0

    async def writer(self, worker: int) -> dict[int, int]:
        chance = random.Random(self.seed * 100 + worker)
        client = await self.process.client()
        known: dict[int, int] = {}
        number = 0
        while not self.stop:
            number += 1
            if number % 50 == 0 and worker == 0:
                await self.process.instance.collect_garbage()
            changed = dict(known)
            explicit = chance.random() < 0.3
            try:
                if explicit:
                    await client.run("begin")
                for _ in range(chance.randint(1, 3) if explicit else 1):
                    await self.write(client, worker, number, changed, chance)
                    await pause(chance)
                if explicit:
                    await client.run("commit")
                known = changed
                self.writes += 1
            except SqlError as error:
                # The table is called otherwise for a moment, or a column is.
                assert error.code in (*RETRIED, 1146, 1054), error
                await client.run("rollback")
            await asyncio.sleep(0)
        return known

    async def write(
        self, client: Client, worker: int, number: int, known: dict[int, int], chance: random.Random
    ) -> None:
        how = chance.random()
        if how < 0.5 or not known:
            id_ = worker * 1_000_000 + number * 10 + chance.randrange(10)
            if id_ in known:
                return
            await client.run(f"insert into t (id, v) values ({id_}, {number})")
            known[id_] = number
        elif how < 0.8:
            id_ = chance.choice(list(known))
            assert await client.change(f"update t set v = v + 1 where id = {id_}") == 1
            known[id_] += 1
        else:
            id_ = chance.choice(list(known))
            assert await client.change(f"delete from t where id = {id_}") == 1
            del known[id_]


async def filled(process: Process, rows: int = 1500) -> Client:
    client = await process.client(SCHEMA)
    for start in range(0, rows, 500):
        await client.run("insert into t values " + ",".join(f"(-{n + 1},{n},'w')" for n in range(start, start + 500)))
    return client


async def check(client: Client, known: dict[int, int]) -> None:
    rows = await client.run("select id + 0, v + 0 from t ignore index (k) where id > 0")
    assert dict(rows) == known
    assert await client.one("select count(*) + 0 from t where id < 0") == 1500
    by_index = await client.run("select count(*), sum(v) from t force index (k) where v >= -1")
    assert by_index == await client.run("select count(*), sum(v) from t ignore index (k)")
    assert (await client.run("check table t"))[0][3] == b"OK"


@pytest.mark.parametrize("place", range(len(CHANGES)))
def test_writers_beside_changes(tmp_path: Path, place: int) -> None:
    async def body(process: Process) -> None:
        client = await filled(process)
        load = Load(process, place)
        tasks = [asyncio.create_task(load.writer(worker)) for worker in range(1, 4)]
        for sql in CHANGES[place]:
            await asyncio.sleep(0.05)
            await client.run(sql)
        await asyncio.sleep(0.05)
        load.stop = True
        known: dict[int, int] = {}
        for part in await asyncio.gather(*tasks):
            known.update(part)
        assert load.writes > 10
        await check(client, known)

    scenario(body, tmp_path / "data", seconds=120)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_writers_beside_many_changes(tmp_path: Path, seed: int) -> None:
    async def body(process: Process) -> None:
        client = await filled(process)
        load = Load(process, seed)
        tasks = [asyncio.create_task(load.writer(worker)) for worker in range(5)]
        chance = random.Random(seed)
        for _ in range(12):
            for sql in chance.choice(CHANGES):
                await client.run(sql)
                await asyncio.sleep(chance.random() * 0.1)
        load.stop = True
        known: dict[int, int] = {}
        for part in await asyncio.gather(*tasks):
            known.update(part)
        await check(client, known)

    scenario(body, tmp_path / "data", seconds=300)


def test_truncate_and_drop_beside_writers(tmp_path: Path) -> None:
    async def body(process: Process) -> None:
        client = await process.client("create table t (id int primary key auto_increment, v int, key (v))")
        stop = False
        after: list[int] = []

        async def write(worker: int) -> None:
            own = await process.client()
            while not stop:
                try:
                    await own.run("insert into t (v) values (1), (2)")
                    if after:
                        after.append(2)
                except SqlError as error:
                    assert error.code == 1146, error
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(write(worker)) for worker in range(3)]
        for _ in range(3):
            await asyncio.sleep(0.05)
            await client.run("truncate table t")
            assert (await client.run("check table t"))[0][3] == b"OK"
        for _ in range(2):
            await client.run("drop table t")
            await asyncio.sleep(0.02)
            await client.run("create table t (id int primary key auto_increment, v int, key (v))")
            await asyncio.sleep(0.05)
        stop = True
        await asyncio.gather(*tasks)
        assert (await client.run("check table t"))[0][3] == b"OK"
        assert await client.one("select count(*) + 0 from t") > 0

    scenario(body, tmp_path / "data", seconds=120)


def test_cascades_beside_a_copy_of_the_child(tmp_path: Path) -> None:
    """A statement uses the tables that its foreign keys reach, though it does not name them."""

    async def body(process: Process) -> None:
        client, writer = await process.client("create table p (id int primary key)"), await process.client()
        await client.run(
            "create table c (id int primary key, p int, w int, foreign key (p) references p (id) on delete cascade)"
        )
        rows = range(2000)
        await client.run("insert into p values " + ",".join(f"({n})" for n in rows))
        await client.run("insert into c values " + ",".join(f"({n},{n},{n})" for n in rows))
        for change in (
            "alter table c modify w varchar(9)",
            "alter table p modify id bigint",
            "alter table c add key (w)",
        ):
            task = client.start(change)
            done = await writer.one("select min(id) + 0 from p")
            while not task.done():
                await writer.run(f"delete from p where id = {done}")
                code = await writer.code(f"insert into c values ({done + 5000}, {done}, 1)")
                assert code == 1452
                done += 1
                await asyncio.sleep(0)
            assert await blocked(task, 0) is False
            try:
                await task
            except SqlError as error:
                # The key's type may not differ from its children's.
                assert error.code in (3780, 1833, 1834), error
            assert await client.run("select c.id from c left join p on c.p = p.id where p.id is null") == []
            assert (await client.run("check table c"))[0][3] == b"OK"

    scenario(body, tmp_path / "data", seconds=120)


def test_a_change_gives_up_after_lock_wait_timeout() -> None:
    async def body(process: Process) -> None:
        a = await process.client(SCHEMA, "insert into t values (1, 1, 'x')")
        b = await process.client("set lock_wait_timeout = 1")
        changes = [pair[0] for pair in CHANGES] + ["truncate table t", "drop table t"]
        await a.run("begin")
        await a.run("select * from t where v > 0")
        before = await a.run("show create table t")
        codes = await asyncio.gather(
            *[(await process.client("set lock_wait_timeout = 1")).code(sql) for sql in changes]
        )
        assert codes == [1205] * len(changes)
        # Nothing has happened, the table is usable, and no gate is left closed.
        assert await a.run("show create table t") == before
        assert await b.change("insert into t values (2, 2, 'y')") == 1
        await a.run("commit")
        assert not process.instance.table_versions.gates
        for sql in CHANGES[0]:
            await b.run(sql)
        assert await b.one("select count(*) + 0 from t") == 2

    scenario(body)


def test_a_writer_gives_up_at_the_gate() -> None:
    """An autocommit statement that waited in vain for a copy keeps no hold on the table."""

    async def body(process: Process) -> None:
        a = await process.client(SCHEMA, "set lock_wait_timeout = 1")
        table = process.instance.catalogs.current.table("test", "t")
        assert table is not None
        process.instance.table_versions.close_gate(table.id, 0)
        assert await a.code("insert into t values (1, 1, 'x')") == 1205
        waiting = a.start("insert into t values (1, 1, 'x')")
        assert await blocked(waiting)
        a.session.kill_query()
        with pytest.raises(SqlError):
            await waiting
        process.instance.table_versions.open_gate(table.id)
        process.check_quiet()
        b = await process.client()
        await b.run("alter table t add key (w)")

    scenario(body)


@pytest.mark.parametrize("change", ["alter table t drop key k", "alter table t drop column v, add column x int"])
def test_dropping_an_index_does_not_stop_half_way(tmp_path: Path, change: str) -> None:
    """A transaction that begins in the middle and stays holds the change up for lock_wait_timeout, and no longer."""

    async def body(process: Process) -> None:
        client, reader = await filled(process), await process.client()
        await client.run("set lock_wait_timeout = 1")
        task = client.start(change)
        await reader.run("begin")
        while not task.done():
            table = process.instance.catalogs.current.table("test", "t")
            assert table is not None
            if table.indexes and table.indexes[0].state is not SchemaState.PUBLIC:
                await reader.code("select count(*) from t")
            await asyncio.sleep(0)
        await task
        await reader.run("rollback")
        assert await client.one("select count(*) + 0 from t") == 1500
        assert "KEY `k`" not in str(await client.run("show create table t"))
        await client.run("alter table t add column probe int, add key p (probe)")
        await client.run("alter table t drop column probe")
        assert (await client.run("check table t"))[0][3] == b"OK"

    scenario(body, tmp_path / "data")
