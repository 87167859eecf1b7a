"""Isolation of SQL transactions under seeded schedules: many sessions on one loop, checked against what must hold.

Each list row is a comma-separated text that transactions append their number to. A number that a reader saw belongs to
a committed transaction (no dirty read), stands in all lists that the transaction wrote or in none (no half commits),
and all readers of a list see prefixes of the list as it is in the end (one order of commits, nothing lost).
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from sqlnode.base.errors import SqlError
from tests.faults.sql_sessions import Client, Process, pause, scenario

LISTS = 4
RETRIED = (1213, 1205, 9007)
MODES = {
    "repeatable read": ("set tidb_txn_mode = 'pessimistic'", "set transaction_isolation = 'REPEATABLE-READ'"),
    "read committed": ("set tidb_txn_mode = 'pessimistic'", "set transaction_isolation = 'READ-COMMITTED'"),
    "optimistic": ("set tidb_txn_mode = 'optimistic'", "set transaction_isolation = 'REPEATABLE-READ'"),
}


def slow(*values: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.slow)


def numbers(text: bytes) -> list[int]:
    return [int(part) for part in text.split(b",") if part]


class Lists:
    """What the sessions of one run share."""

    def __init__(self, process: Process, mode: str, seed: int) -> None:
        self.process = process
        self.mode = mode
        self.seed = seed
        self.written: dict[int, set[int]] = {}
        """Committed transaction -> lists it appended to."""
        self.aborted: set[int] = set()
        self.seen: list[tuple[int, list[int]]] = []
        self.cuts: list[dict[int, list[int]]] = []
        """Lists as one statement, or one snapshot, showed them."""
        self.next = 0

    async def client(self) -> Client:
        return await self.process.client(*MODES[self.mode])

    async def writer(self, worker: int, count: int) -> None:
        chance = random.Random(self.seed * 1000 + worker)
        client = await self.client()
        for _ in range(count):
            self.next += 1
            number = self.next
            chosen = chance.sample(range(LISTS), chance.randint(1, 3))
            try:
                await self.append(client, number, chosen, chance)
            except SqlError as error:
                assert error.code in RETRIED, error
                self.aborted.add(number)
                await client.run("rollback")
            await pause(chance)

    async def append(self, client: Client, number: int, chosen: list[int], chance: random.Random) -> None:
        if len(chosen) == 1 and chance.random() < 0.5:
            await client.run(f"update lists set v = concat(v, '{number},') where id = {chosen[0]}")
            self.written[number] = set(chosen)
            return
        await client.run("begin")
        before = await self.cut(client) if chance.random() < 0.4 else None
        for place, one in enumerate(chosen):
            await pause(chance)
            if chance.random() < 0.3:
                await client.run("savepoint s")
                await client.run(f"update lists set v = concat(v, 'x,') where id = {one}")
                await client.run("rollback to s")
            how = chance.random()
            if how < 0.3:
                ((text,),) = await client.run(f"select concat(v, '') from lists where id = {one} for update")
                await pause(chance)
                await client.run(f"update lists set v = '{text.decode()}{number},' where id = {one}")
            elif how < 0.5:
                await client.run(
                    f"insert into lists values ({one}, '!') on duplicate key update v = concat(v, '{number},')"
                )
            else:
                await client.run(f"update lists set v = concat(v, '{number},') where id = {one}")
            # Read your own writes, also in the statement's scan.
            ((text,),) = await client.run(f"select concat(v, '') from lists where id = {one}")
            assert numbers(text)[-1] == number, (text, number)
            if place == 0 and chance.random() < 0.2 and self.mode != "optimistic":
                # A statement that fails in the middle leaves nothing of itself.
                assert await client.code(f"insert into marks values ({number}), ({number})") == 1062
        if before is not None and self.mode == "repeatable read":
            untouched = [one for one in range(LISTS) if one not in chosen]
            after = await self.cut(client, keep=False)
            assert all(after[one] == before[one] for one in untouched), "a repeatable read changed"
        if chance.random() < 0.15:
            self.aborted.add(number)
            await client.run("rollback")
            return
        await pause(chance)
        await client.run("commit")
        self.written[number] = set(chosen)

    async def cut(self, client: Client, *, keep: bool = True) -> dict[int, list[int]]:
        rows = await client.run("select id + 0, concat(v, '') from lists where v <> '?'")
        found = {row[0]: numbers(row[1]) for row in rows}
        assert len(found) == LISTS
        if keep:
            self.cuts.append(found)
        return found

    async def reader(self, worker: int, count: int) -> None:
        chance = random.Random(self.seed * 77 + worker)
        client = await self.client()
        for _ in range(count):
            await pause(chance)
            how = chance.random()
            if how < 0.3:
                await self.cut(client)
            elif how < 0.5:
                one = chance.randrange(LISTS)
                ((text,),) = await client.run(f"select v from lists where id = {one}")
                self.seen.append((one, numbers(text)))
            elif self.mode != "read committed":
                # One snapshot, list by list.
                await client.run("begin")
                found = {}
                for one in range(LISTS):
                    ((text,),) = await client.run(f"select v from lists where id = {one}")
                    found[one] = numbers(text)
                    await pause(chance)
                await client.run("commit")
                self.cuts.append(found)

    def check(self, final: dict[int, list[int]]) -> None:
        for one, whole in final.items():
            assert len(set(whole)) == len(whole), "an append happened twice"
            assert set(whole) == {number for number, lists in self.written.items() if one in lists}
        for one, part in self.seen:
            assert final[one][: len(part)] == part, "a list that never was"
        for cut in self.cuts:
            for one, part in cut.items():
                assert final[one][: len(part)] == part, "a list that never was"
            for number in {number for part in cut.values() for number in part}:
                shown = {one for one, part in cut.items() if number in part}
                assert shown == self.written[number], f"half of transaction {number}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2, *map(slow, range(3, 20))])
def test_lists(mode: str, seed: int) -> None:
    async def body(process: Process) -> None:
        setup = await process.client("create table lists (id int primary key, v mediumtext not null)")
        await setup.run("create table marks (id int primary key)")
        await setup.run("insert into marks values (0)")
        await setup.run("insert into lists values " + ",".join(f"({one}, '')" for one in range(LISTS)))
        lists = Lists(process, mode, seed)
        await asyncio.gather(
            *[lists.writer(worker, 25) for worker in range(6)], *[lists.reader(worker, 40) for worker in range(3)]
        )
        lists.check(await lists.cut(setup, keep=False))
        assert len(lists.written) > 30, (len(lists.written), len(lists.aborted))
        assert await setup.run("select id + 0 from marks") == [(0,)]
        assert (await setup.run("check table lists"))[0][3] == b"OK"

    scenario(body)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("upsert", [False, True])
def test_counters_lose_nothing(mode: str, explicit: bool, upsert: bool) -> None:
    """`x = x + 1` counts every acknowledged statement, whatever the mode."""

    async def body(process: Process) -> None:
        setup = await process.client("create table c (id int primary key, x int not null, u int, unique key (u))")
        await setup.run("insert into c values (1, 0, 1)")
        done = 0

        async def count(worker: int) -> None:
            nonlocal done
            chance = random.Random(worker)
            client = await process.client(*MODES[mode])
            sql = "update c set x = x + 1 where id = 1"
            if upsert:
                key = chance.choice(("(1, 1, 7)", "(2, 1, 1)"))
                sql = f"insert into c values {key} on duplicate key update x = x + 1"
            for _ in range(20):
                await pause(chance)
                try:
                    if explicit:
                        await client.run("begin")
                        await client.run(sql)
                        await pause(chance)
                        await client.run("commit")
                    else:
                        await client.run(sql)
                    done += 1
                except SqlError as error:
                    assert error.code in RETRIED and (explicit or error.code != 9007), error
                    await client.run("rollback")

        await asyncio.gather(*[count(worker) for worker in range(6)])
        assert await setup.run("select id + 0, x + 0 from c") == [(1, done)]
        assert done >= (20 if mode == "optimistic" else 120)
        assert (await setup.run("check table c"))[0][3] == b"OK"

    scenario(body)


@pytest.mark.parametrize("rows", [50, 1100])
def test_commits_are_seen_whole(rows: int) -> None:
    """One phase and two: every row has the same number in every read, point by point, by scan and by index."""

    async def body(process: Process) -> None:
        setup = await process.client("create table t (id int primary key, v int not null, k int, key (k))")
        await setup.run("insert into t values " + ",".join(f"({one}, 0, 0)" for one in range(rows)))
        acknowledged = 0
        stop = False

        async def write() -> None:
            nonlocal acknowledged, stop
            client = await process.client()
            for number in range(1, 9):
                if number % 2:
                    await client.run("update t set v = v + 1, k = k + 1")
                else:
                    await client.run("begin")
                    await client.run(f"update t set v = v + 1, k = k + 1 where id < {rows // 2}")
                    await asyncio.sleep(0)
                    await client.run(f"update t set v = v + 1, k = k + 1 where id >= {rows // 2}")
                    await client.run("commit")
                acknowledged = number
                await asyncio.sleep(0)
            stop = True

        async def scan(isolation: str) -> None:
            client = await process.client(f"set transaction_isolation = '{isolation}'")
            while not stop:
                least = acknowledged
                sql = "select min(v) + 0, max(v) + 0, min(k) + 0, max(k) + 0, count(*) from t"
                ((low, high, first, last, count),) = await client.run(sql)
                assert low == high == first == last and count == rows and low >= least, (low, high, first, last, count)
                await asyncio.sleep(0)

        async def points() -> None:
            client = await process.client()
            chance = random.Random(rows)
            while not stop:
                least = acknowledged
                one = chance.randrange(rows)
                ((value,),) = await client.run(f"select v from t where id = {one}")
                assert value >= least, "an acknowledged commit is not seen"
                await client.run("begin")
                found = set()
                for one in chance.sample(range(rows), 3):
                    ((value,),) = await client.run(f"select v from t where id = {one}")
                    found.add(value)
                    await asyncio.sleep(0)
                ((by_index, in_index),) = await client.run("select count(*), count(distinct k) from t where k >= 0")
                await client.run("commit")
                assert len(found) == 1 and (by_index, in_index) == (rows, 1) and min(found) >= least
                await asyncio.sleep(0)

        await asyncio.gather(write(), scan("REPEATABLE-READ"), scan("READ-COMMITTED"), points(), points())

    scenario(body)


@pytest.mark.parametrize("seed", [1, 2, *map(slow, range(3, 10))])
def test_unique_keys_under_races(seed: int) -> None:
    """Nobody succeeds with a key that stands, and rows and entries agree in the end."""

    async def body(process: Process) -> None:
        setup = await process.client(
            "create table t (id int primary key, u int, w varchar(20), unique key (u), key (w))"
        )
        inserted: dict[int, list[int]] = {}

        async def insert_only(worker: int) -> None:
            chance = random.Random(seed * 100 + worker)
            client = await process.client(*MODES[chance.choice(list(MODES))])
            for number in range(30):
                key = chance.randrange(40)
                explicit = chance.random() < 0.5
                verb = chance.choice(("insert", "insert ignore"))
                try:
                    if explicit:
                        await client.run("begin")
                    rows = await client.change(f"{verb} into t values ({worker * 1000 + number}, {key}, 'w{worker}')")
                    await pause(chance)
                    if explicit:
                        await client.run("commit")
                    if rows:
                        inserted.setdefault(key, []).append(worker)
                except SqlError as error:
                    assert error.code in (*RETRIED, 1062), error
                    await client.run("rollback")
                await pause(chance)

        async def churn(worker: int) -> None:
            chance = random.Random(seed * 999 + worker)
            client = await process.client(*MODES[chance.choice(list(MODES))])
            for number in range(40):
                key = 100 + chance.randrange(6)
                sql = chance.choice(
                    (
                        f"replace into t values ({50000 + worker * 1000 + number}, {key}, 'r')",
                        f"delete from t where u = {key}",
                        f"update t set u = {100 + chance.randrange(6)}, w = 'm' where u = {key}",
                        f"insert into t values ({70000 + key}, {key}, 'o') on duplicate key update w = concat(w, 'o')",
                    )
                )
                explicit = chance.random() < 0.4
                try:
                    if explicit:
                        await client.run("begin")
                    await client.run(sql)
                    await pause(chance)
                    if explicit:
                        await client.run(chance.choice(("commit", "commit", "rollback")))
                except SqlError as error:
                    assert error.code in (*RETRIED, 1062, 1406), error
                    await client.run("rollback")
                await pause(chance)

        await asyncio.gather(*[insert_only(worker) for worker in range(5)], *[churn(worker) for worker in range(4)])
        assert all(len(workers) == 1 for workers in inserted.values()), inserted
        rows = await setup.run("select u + 0, concat(w, '') from t where u < 100")
        assert {key: [int(w[1:])] for key, w in rows} == inserted
        total, distinct = (await setup.run("select count(*), count(distinct u) from t"))[0]
        assert total == distinct
        assert (await setup.run("check table t"))[0][3] == b"OK"

    scenario(body)


@pytest.mark.parametrize("seed", [1, 2, *map(slow, range(3, 10))])
@pytest.mark.parametrize("action", ["restrict", "cascade", "set null"])
def test_foreign_keys_under_races(seed: int, action: str) -> None:
    """Whoever inserts a child and whoever removes its parent never both succeed without seeing each other."""

    async def body(process: Process) -> None:
        setup = await process.client("create table p (id int primary key, u int, unique key (u))")
        await setup.run(
            "create table c (id int primary key, p int, key (p), "
            f"foreign key (p) references p (id) on delete {action} on update {action})"
        )

        async def work(worker: int) -> None:
            chance = random.Random(seed * 100 + worker)
            client = await process.client(*MODES[chance.choice(list(MODES))])
            for number in range(40):
                parent = chance.randrange(8)
                sql = chance.choice(
                    (
                        f"insert ignore into p values ({parent}, {parent})",
                        f"delete from p where id = {parent}",
                        f"update p set id = {chance.randrange(8)} where id = {parent}",
                        f"insert into c values ({worker * 1000 + number}, {parent})",
                        f"insert into c values ({worker * 1000 + number}, {parent})",
                        f"update c set p = {parent} where p = {chance.randrange(8)}",
                        f"delete from c where p = {parent}",
                    )
                )
                explicit = chance.random() < 0.5
                try:
                    if explicit:
                        await client.run("begin")
                    await client.run(sql)
                    await pause(chance)
                    if explicit:
                        await client.run(chance.choice(("commit", "commit", "rollback")))
                except SqlError as error:
                    assert error.code in (*RETRIED, 1062, 1451, 1452), error
                    await client.run("rollback")
                await pause(chance)

        await asyncio.gather(*[work(worker) for worker in range(6)])
        orphans = await setup.run("select * from c left join p on c.p = p.id where c.p is not null and p.id is null")
        assert orphans == []
        for table in ("p", "c"):
            assert (await setup.run(f"check table {table}"))[0][3] == b"OK"

    scenario(body)
