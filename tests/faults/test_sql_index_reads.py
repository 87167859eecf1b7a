"""Whatever index a statement takes, it sees the same rows: seeded transactions that change indexed columns of rows which
others change after their snapshot, and read the table by each of its indexes in between.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from sqlnode.base.errors import SqlError
from tests.faults.sql_sessions import Client, Process, pause, scenario

ROWS = 8
INDEXES = {"k": "k > -1", "kn": "k > -1 and n > -1", "u": "u > -1 or u is null", "s": "s > ''"}
RETRIED = (1213, 1205, 9007, 1062)


def slow(seed: int) -> Any:
    return pytest.param(seed, marks=pytest.mark.slow)


def change(chance: random.Random) -> str:
    one, other, small = chance.randrange(ROWS), chance.randrange(ROWS), chance.randrange(ROWS + 3)
    return chance.choice(
        (
            f"update t set k = {small} where id = {one}",
            f"update t set n = n + 1 where k = {small}",
            f"update t set u = {small} where id = {one}",
            f"update t set v = v + 1 where id in ({one}, {other})",
            f"update t set s = '{'aAbB'[small % 4]}' where u = {small}",
            f"delete from t where id = {one}",
            f"delete from t where u = {small}",
            f"replace into t (id, k, u, s) values ({one}, {other}, {small}, 'r')",
            f"insert into t (id, k, u, s) values ({one}, {small}, {other}, 'i') on duplicate key update k = k + 1",
            f"insert into t (id, k, u, s) values ({one}, 1, {small}, 'n')",
        )
    )


async def check_indexes(client: Client) -> None:
    every = ", ".join(INDEXES)
    whole = sorted(await client.run(f"select id + 0, k, n, u, s, v from t ignore index ({every})"), key=repr)
    for index, condition in INDEXES.items():
        found = await client.run(f"select id + 0, k, n, u, s, v from t force index ({index}) where {condition}")
        assert sorted(found, key=repr) == whole, index
        columns = await client.run(f"select {index[0]}, id + 0 from t force index ({index}) where {condition}")
        assert len(columns) == len(whole), index
    assert await client.one("select count(*) from t force index (k) where k > -1") == len(whole)


async def work(process: Process, number: int, seed: int) -> None:
    chance = random.Random(seed * 100 + number)
    client = await process.client()
    for _ in range(14):
        try:
            if chance.random() < 0.4:
                await client.run(change(chance))
                continue
            await client.run("begin")
            await client.run("select count(*) from t")
            for _ in range(chance.randint(1, 4)):
                await pause(chance)
                if chance.random() < 0.2:
                    await client.run("savepoint s")
                    await client.run(change(chance))
                    await check_indexes(client)
                    await client.run("rollback to s")
                await client.run(change(chance))
                await check_indexes(client)
            await client.run(chance.choice(("commit", "commit", "rollback")))
        except SqlError as error:
            assert error.code in RETRIED, error
            await client.run("rollback")


@pytest.mark.parametrize("seed", [1, 2, *map(slow, range(3, 15))])
def test_all_indexes_show_the_same_rows(seed: int) -> None:
    async def body(process: Process) -> None:
        setup = await process.client("set sql_mode = ''")
        await setup.run(
            "create table t (id int primary key, k int, n int default 0, u int, s varchar(9), v int default 0,"
            " key k (k), key kn (k, n), unique key u (u), key s (s))"
        )
        await setup.run("insert into t (id, k, u, s) values " + ",".join(f"({i}, {i}, {i}, 'x')" for i in range(ROWS)))
        await asyncio.gather(*[work(process, number, seed) for number in range(5)])
        await check_indexes(setup)
        assert (await setup.run("check table t"))[0][3] == b"OK"

    scenario(body)
