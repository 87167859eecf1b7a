"""Waiting: row locks, deadlocks, time-outs, KILL, table locks, named locks, and what is left behind (nothing)."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from sqlnode.base.errors import SqlError
from tests.faults.sql_sessions import Client, Process, blocked, pause, scenario

ACCOUNTS = "create table t (id int primary key, v int not null, k int, key (k))"


async def accounts(process: Process, rows: int = 10) -> Client:
    client = await process.client(ACCOUNTS)
    await client.run("insert into t values " + ",".join(f"({one}, 0, {one})" for one in range(rows)))
    return client


# --- row locks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["for update skip locked", "for update", "delete"])
def test_a_queue_gives_every_job_once(how: str) -> None:
    async def body(process: Process) -> None:
        setup = await process.client("create table jobs (id int primary key, state int not null, key (state))")
        await setup.run("insert into jobs values " + ",".join(f"({one}, 0)" for one in range(60)))
        taken: list[int] = []

        async def work(worker: int) -> None:
            chance = random.Random(worker)
            client = await process.client()
            while True:
                await client.run("begin")
                try:
                    if how == "delete":
                        rows = await client.run("select id + 0 from jobs where state = 0 order by id limit 1")
                        if rows and not await client.change(f"delete from jobs where id = {rows[0][0]} and state = 0"):
                            await client.run("rollback")
                            continue
                    else:
                        rows = await client.run(f"select id + 0 from jobs where state = 0 order by id limit 1 {how}")
                    if not rows:
                        await client.run("rollback")
                        if await client.one("select count(*) from jobs where state = 0") == 0:
                            return
                        await asyncio.sleep(0)
                        continue
                    await pause(chance)
                    if how != "delete":
                        assert await client.change(f"update jobs set state = 1 where id = {rows[0][0]}") == 1
                    await pause(chance)
                    if chance.random() < 0.2:
                        await client.run("rollback")
                        continue
                    await client.run("commit")
                    taken.append(rows[0][0])
                except SqlError as error:
                    assert error.code == 1213, error
                    await client.run("rollback")

        await asyncio.gather(*[work(worker) for worker in range(6)])
        assert sorted(taken) == list(range(60))

    scenario(body)


def test_nowait_skip_locked_and_shared_locks() -> None:
    async def body(process: Process) -> None:
        a, b, c = await accounts(process), await process.client(), await process.client()
        await a.run("begin")
        await a.run("select * from t where id = 1 for update")
        await a.run("select * from t where k = 2 for share")
        assert await b.code("select * from t where id = 1 for update nowait") == 3572
        assert await b.code("select * from t where id = 1 for share nowait") == 3572
        assert await b.code("select * from t where id = 2 for update nowait") == 3572
        assert await b.run("select v + 0 from t where id = 2 for share nowait") == [(0,)]
        skipped = await b.run("select id + 0 from t where id < 4 order by id for update skip locked")
        assert skipped == [(0,), (3,)]
        assert await b.run("select id + 0 from t where id in (1, 3) for share skip locked") == [(3,)]
        # Plain reads wait for nobody; shared locks stand together, and hold a writer back.
        assert await b.run("select v + 0 from t where id = 1") == [(0,)]
        await c.run("begin")
        await c.run("select * from t where id = 2 for share")
        writer = b.start("update t set v = 5 where id = 2")
        assert await blocked(writer)
        await a.run("commit")
        assert await blocked(writer)
        await c.run("commit")
        await writer
        assert await a.run("select v + 0 from t where id = 2") == [(5,)]

    scenario(body)


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_storm_of_deadlocks(seed: int) -> None:
    """Everybody gets through in the end, every victim hears 1213, and no lock is left."""

    async def body(process: Process) -> None:
        setup = await accounts(process)
        victims = done = 0

        async def work(worker: int) -> None:
            nonlocal victims, done
            chance = random.Random(seed * 100 + worker)
            client = await process.client()
            for _ in range(15):
                while True:
                    try:
                        await client.run("begin")
                        for one in chance.sample(range(10), 3):
                            how = chance.choice(("", "for update", "for share"))
                            if how:
                                await client.run(f"select * from t where id = {one} {how}")
                            await client.run(f"update t set v = v + 1 where id = {one}")
                            await pause(chance)
                        await client.run("commit")
                        done += 1
                        break
                    except SqlError as error:
                        assert error.code == 1213, error
                        # The victim's whole transaction is gone: a new statement is outside of it.
                        assert not client.session.transaction.in_transaction
                        victims += 1

        await asyncio.gather(*[work(worker) for worker in range(8)])
        assert done == 120 and victims > 5
        assert await setup.one("select sum(v) + 0 from t") == 360

    scenario(body)


def test_lock_wait_timeout_undoes_the_statement_only() -> None:
    async def body(process: Process) -> None:
        a, b = await accounts(process), await process.client("set innodb_lock_wait_timeout = 1")
        await a.run("begin")
        await a.run("update t set v = 1 where id = 5")
        await b.run("begin")
        await b.run("update t set v = 7 where id = 1")
        assert await b.code("update t set v = 8 where id >= 2") == 1205
        assert await b.run("select id + 0, v + 0 from t where v > 0") == [(1, 7)]
        await b.run("commit")
        assert await b.code("update t set v = 8 where id = 5") == 1205
        await a.run("rollback")
        assert await b.change("update t set v = 8 where id = 5") == 1

    scenario(body)


# --- KILL ----------------------------------------------------------------------------------------------------------


def test_kill_ends_waits() -> None:
    async def body(process: Process) -> None:
        a, b, killer = await accounts(process), await process.client(), await process.client()
        await killer.run("select get_lock('n', 0)")
        await a.run("begin")
        await a.run("update t set v = 1 where id = 1")
        for explicit in (False, True):
            for sql in (
                "update t set v = 2 where id = 1",
                "select * from t where id = 1 for update",
                "insert into t values (20, 1, 1), (1, 1, 1)",
                "select sleep(20)",
                "select get_lock('n', 20)",
            ):
                if explicit:
                    await b.run("begin")
                waiting = b.start(sql)
                assert await blocked(waiting), sql
                await killer.run(f"kill query {b.session.id}")
                with pytest.raises(SqlError) as caught:
                    await asyncio.wait_for(waiting, 2)
                assert caught.value.code == 1317, sql
                if explicit:
                    assert b.session.transaction.in_transaction
                    await b.run("rollback")
        await b.run("begin")
        await b.run("update t set v = 3 where id = 2")
        waiting = b.start("update t set v = 2 where id = 1")
        assert await blocked(waiting)
        await killer.run(f"kill {b.session.id}")
        with pytest.raises(SqlError):
            await waiting
        assert b.session.must_close
        await b.close()
        process.clients.remove(b)
        assert await killer.change("update t set v = 4 where id = 2") == 1

    scenario(body)


@pytest.mark.parametrize("rows", [3, 1100])
def test_kill_of_a_commit_never_gives_half_an_answer(tmp_path: Path, rows: int) -> None:
    """Killed at any step of its commit, a statement either succeeded or left nothing."""

    async def body(process: Process) -> None:
        setup = await accounts(process, rows)
        victim, value = await process.client(), 0
        outcomes = set()
        for turns in [*range(12), 20] if rows < 10 else (0, 2, 4, 6, 20):
            for explicit in (False, True):
                if explicit:
                    await victim.run("begin")
                    await victim.run("update t set v = v + 1, k = k + 1")
                task = victim.start("commit" if explicit else "update t set v = v + 1, k = k + 1")
                for _ in range(turns):
                    await asyncio.sleep(0)
                victim.session.kill_query()
                try:
                    await task
                    value += 1
                    outcomes.add("done")
                except SqlError as error:
                    assert error.code == 1317
                    outcomes.add("killed")
                    await victim.run("rollback")
                assert await setup.run("select min(v) + 0, max(v) + 0 from t") == [(value, value)]
        assert "done" in outcomes
        assert (await setup.run("check table t"))[0][3] == b"OK"

    scenario(body, tmp_path / "data", seconds=120)


# --- tables --------------------------------------------------------------------------------------------------------


def test_lock_tables() -> None:
    async def body(process: Process) -> None:
        a, b, c = await accounts(process), await process.client(), await process.client()
        await a.run("create table other (id int primary key)")
        await a.run("lock tables t write")
        assert await a.code("select * from other") == 1100
        await a.run("insert into t values (100, 1, 1)")
        for sql in ("select count(*) from t", "insert into t values (101, 1, 1)", "alter table t comment 'x'"):
            waiting = b.start(sql)
            assert await blocked(waiting), sql
            assert not await c.code("select * from other")
            await c.run(f"kill query {b.session.id}")
            with pytest.raises(SqlError) as caught:
                await waiting
            assert caught.value.code == 1317, sql
        waiting = b.start("lock tables t read")
        assert await blocked(waiting)
        await a.run("unlock tables")
        await waiting
        assert await b.code("insert into t values (102, 1, 1)") == 1099
        assert await c.run("select v + 0 from t where id = 100") == [(1,)]
        writer = c.start("insert into t values (103, 1, 1)")
        assert await blocked(writer)
        await b.run("begin")
        await writer
        await c.run("set lock_wait_timeout = 1")
        await b.run("lock tables t read")
        assert await c.code("update t set v = 2") == 1205
        assert await c.code("drop table t") == 1205
        assert await c.code("lock tables other read, t write") == 1205
        assert await c.change("insert into other values (1)") == 1
        await b.close()
        process.clients.remove(b)
        assert await c.change("update t set v = 2 where id = 1") == 1

    scenario(body)


def test_lock_tables_waits_for_transactions() -> None:
    async def body(process: Process) -> None:
        a, b = await accounts(process), await process.client()
        await a.run("begin")
        await a.run("select * from t where v = 0")
        await b.run("lock tables t read")
        await b.run("unlock tables")
        await a.run("update t set v = 1 where id = 1")
        waiting = b.start("lock tables t read")
        assert await blocked(waiting)
        await a.run("commit")
        await waiting
        assert await b.one("select sum(v) + 0 from t") == 1
        await b.run("unlock tables")
        await a.run("begin")
        await a.run("select * from t where v = 0")
        waiting = b.start("lock tables t write")
        assert await blocked(waiting)
        b.session.kill_query()
        with pytest.raises(SqlError):
            await waiting
        assert not process.instance.table_locks.active

    scenario(body)


def test_plans_that_waited_see_the_table_of_now() -> None:
    """What waits for LOCK TABLES was planned before the holder changed the table."""

    async def body(process: Process) -> None:
        a, b, c = await accounts(process), await process.client(), await process.client()
        await a.run("lock tables t write")
        waiting = [b.start("insert into t values (50, 5, 5)"), c.start("update t set v = 6, k = 7 where id = 3")]
        assert await blocked(waiting[0])
        await a.run("alter table t add key (v), add unique key (k, id)")
        await a.run("unlock tables")
        await asyncio.gather(*waiting)
        assert (await a.run("check table t"))[0][3] == b"OK"
        await a.run("lock tables t write")
        waiting = [b.start("insert into t values (51, 5, 5)"), c.start("select count(*) + 0 from t")]
        assert await blocked(waiting[0])
        await a.run("alter table t modify v bigint not null, drop key v")
        await a.run("unlock tables")
        assert await waiting[1] in ([(11,)], [(12,)])
        await waiting[0]
        assert await a.one("select count(*) + 0 from t") == 12
        assert (await a.run("check table t"))[0][3] == b"OK"

    scenario(body)


def test_flush_tables_with_read_lock() -> None:
    async def body(process: Process) -> None:
        a, b, c = await accounts(process), await process.client(), await process.client()
        await a.run("begin")
        await a.run("update t set v = 1 where id = 1")
        await b.run("flush tables with read lock")
        assert await b.one("select sum(v) + 0 from t") == 0
        assert await b.code("insert into t values (60, 1, 1)") == 1223
        assert await b.code("create table u (id int)") == 1223
        d, e = await process.client(), await process.client()
        waiting = [a.start("commit"), c.start("insert into t values (61, 1, 1)")]
        waiting += [d.start("create table made (id int)"), e.start("create database made")]
        for one in waiting:
            assert await blocked(one)
        # mysqldump's way to a snapshot.
        await b.run("start transaction with consistent snapshot")
        await b.run("unlock tables")
        await asyncio.gather(*waiting)
        assert await b.one("select sum(v) + 0 from t") == 0
        await b.run("commit")
        assert await b.one("select sum(v) + 0 from t") == 2
        changing = [a.start("alter table t modify v bigint not null"), c.start("update t set v = v + 1")]
        await b.run("flush tables with read lock")
        total = await b.one("select sum(v) + 0 from t")
        await asyncio.sleep(0.05)
        assert await b.one("select sum(v) + 0 from t") == total
        await b.run("unlock tables")
        await asyncio.gather(*changing)

    scenario(body)


# --- named locks, time limits --------------------------------------------------------------------------------------


def test_named_locks() -> None:
    async def body(process: Process) -> None:
        a, b, c = await process.client(), await process.client(), await process.client()
        assert await a.one("select get_lock('x', 1)") == 1
        assert await b.one("select get_lock('y', 1)") == 1
        assert await c.one("select get_lock('x', 0)") == 0
        waiting = a.start("select get_lock('y', 10)")
        assert await blocked(waiting)
        assert await b.code("select get_lock('x', 10)") == 3058
        assert await b.one("select release_lock('y')") == 1
        assert await waiting == [(1,)]
        # The lock has gone from b to a in one step; b is no part of a cycle any more.
        waiting = b.start("select get_lock('x', 10)")
        third = c.start("select get_lock('y', 10)")
        assert await blocked(waiting) and await blocked(third)
        await a.close()
        process.clients.remove(a)
        assert await waiting == [(1,)] and await third == [(1,)]

    scenario(body)


@pytest.mark.parametrize("seed", [1, 2])
def test_named_locks_under_races(seed: int) -> None:
    """One holder at a time, also with time-outs and kills in the moment of the hand-over."""

    async def body(process: Process) -> None:
        inside: dict[str, int] = {}

        async def work(worker: int) -> None:
            chance = random.Random(seed * 100 + worker)
            client = await process.client()
            for _ in range(25):
                name = chance.choice("ab")
                try:
                    task = client.start(f"select get_lock('{name}', {chance.choice((0, 0.01, 5))})")
                    if chance.random() < 0.3:
                        await pause(chance)
                        client.session.kill_query()
                    ((got,),) = await task
                except SqlError as error:
                    assert error.code in (1317, 3058), error
                    assert await client.one(f"select is_used_lock('{name}')") != client.session.id
                    continue
                if not got:
                    continue
                assert inside.setdefault(name, worker) == worker, "two holders"
                await pause(chance)
                del inside[name]
                assert await client.one(f"select release_lock('{name}')") == 1

        await asyncio.gather(*[work(worker) for worker in range(5)])

    scenario(body)


def test_max_execution_time() -> None:
    async def body(process: Process) -> None:
        a = await accounts(process, 2000)
        await a.run("set max_execution_time = 100")
        assert await a.code("select x.id from t x, t y, t z order by x.v + y.v + z.v") == 3024
        assert await a.code("select sleep(5)") == 3024
        # While rows are sent, too.
        result = await a.open("select x.id, y.id from t x, t y")
        with pytest.raises(SqlError) as caught:
            async for _ in result.batches:  # type: ignore[union-attr]
                await asyncio.sleep(0.06)
        assert caught.value.code == 3024
        await a.session.finish(result)
        # Writes have no limit, a statement that is over has none, and the next one starts anew.
        await a.run("insert into t select id + 10000, sleep(0.001), 0 from t limit 150")
        assert await a.one("select count(*) from t") == 2150
        await asyncio.sleep(0.15)
        assert await a.one("select 1") == 1
        await a.run("set max_execution_time = 0")
        await a.run("select sleep(0.15)")

    scenario(body)


# --- definitions and snapshots -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ("alter table t add key kv (v)", 1412),
        ("alter table t modify v bigint", 1412),
        ("truncate table t", 1412),
        ("alter table t drop key k", 0),
        ("alter table t comment = 'more', alter v set default 5", 0),
        ("alter table t rename column k to kk", 0),
    ],
)
def test_a_snapshot_does_not_read_newer_definitions(change: str, refused: int) -> None:
    """1412 instead of rows that the index or the copy did not have then; what changes no rows is read through."""

    async def body(process: Process) -> None:
        a, b = await accounts(process), await process.client()
        await a.run("create table other (id int primary key)")
        for isolation, code in (("repeatable read", refused), ("read committed", 0)):
            await a.run(f"set transaction isolation level {isolation}")
            await a.run("begin")
            await a.run("select * from other")
            await b.run(change)
            assert await a.code("select sum(v) from t where v >= 0") == code
            assert await a.code("select * from t where id = 1") == code
            # What is written goes by the newest rows and the newest definition.
            await a.run("replace into t values (3, 33, 3)")
            assert await a.code("update t set v = v + 1 where id = 3") == 0
            await a.run("commit")
            assert await a.run("select v + 0 from t where id = 3") == [(34,)]
            assert (await a.run("check table t"))[0][3] == b"OK"
            if "add key" in change:
                await b.run("alter table t drop key kv")
            if "drop key" in change:
                await b.run("alter table t add key k (k)")
            if "rename" in change:
                await b.run("alter table t rename column kk to k")
            await b.run("alter table t modify v int")

    scenario(body)
