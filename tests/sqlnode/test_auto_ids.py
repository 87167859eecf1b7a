"""AUTO_INCREMENT values and hidden row ids: consecutive, never twice, also after a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlnode.auto_ids import STEP, AutoIds
from sqlnode.base.schema import TableInfo
from tests.sqlnode.ddl.server import Server, scenario, serving


def database_id(server: Server) -> int:
    schema = server.catalogs.current.schema("test")
    assert schema is not None
    return schema.info.id


async def allocate(server: Server, table: TableInfo, count: int = 1, increment: int = 1, offset: int = 1) -> int:
    return await server.auto_ids.allocate(database_id(server), table, count, increment, offset)


def test_values_and_steps() -> None:
    async def body(server: Server) -> None:
        await server.run(
            "create table t (id int auto_increment primary key) auto_increment = 10; create table r (a int)"
        )
        table = server.table("t")
        assert server.auto_ids.next_value(table) == 10
        assert [await allocate(server, table) for _ in range(3)] == [10, 11, 12]
        assert await allocate(server, table, 5) == 13
        assert await allocate(server, table, 3, increment=10, offset=4) == 24
        assert await allocate(server, table, increment=10, offset=4) == 54
        assert await allocate(server, table, increment=2, offset=5) == 55
        await server.auto_ids.rebase(database_id(server), table, 50)
        assert await allocate(server, table) == 56
        await server.auto_ids.rebase(database_id(server), table, 1_000_000)
        assert await allocate(server, table) == 1_000_001
        assert server.auto_ids.next_value(table) == 1_000_002
        assert await server.auto_ids.allocate_row_ids(database_id(server), server.table("r"), 3) == 1
        assert await server.auto_ids.allocate_row_ids(database_id(server), server.table("r")) == 4
        assert server.auto_ids.next_value(server.table("r")) is None

    scenario(body)


def test_the_largest_value_comes_again() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id tinyint auto_increment primary key) auto_increment = 126")
        table = server.table("t")
        assert [await allocate(server, table) for _ in range(4)] == [126, 127, 127, 127]

    scenario(body)


def test_many_at_once() -> None:
    async def body(server: Server) -> None:
        await server.run("create table t (id bigint unsigned auto_increment primary key)")
        table = server.table("t")
        found = await asyncio.gather(*(allocate(server, table, 7) for _ in range(500)))
        assert sorted(found) == [1 + 7 * place for place in range(500)]

    scenario(body)


def test_restart(tmp_path: Path) -> None:
    """A clean stop keeps the exact value, a crash skips at most a step and gives nothing twice."""
    url = f"embedded:{tmp_path / 'data'}"

    async def first() -> None:
        async with serving(url) as server:
            await server.run("create table t (id int auto_increment primary key)")
            assert await allocate(server, server.table("t"), 5) == 1
            await server.auto_ids.close()

    async def second() -> None:
        async with serving(url) as server:
            assert server.auto_ids.next_value(server.table("t")) == 6
            assert await allocate(server, server.table("t")) == 6

    async def third() -> None:
        async with serving(url) as server:
            found = await AutoIds(server.store).allocate(database_id(server), server.table("t"))
            assert 6 < found <= 7 + STEP

    for part in (first, second, third):
        asyncio.run(part())


def test_counters_follow_the_table() -> None:
    async def body(server: Server) -> None:
        await server.run("create database other; create table t (id int auto_increment primary key, a int)")
        assert await allocate(server, server.table("t"), 9) == 1
        await server.run("rename table t to other.t")
        moved = server.table("t", "other")
        assert server.auto_ids.next_value(moved) == 10
        schema = server.catalogs.current.schema("other")
        assert schema is not None
        assert await server.auto_ids.allocate(schema.info.id, moved) == 10
        await server.run("truncate table other.t")
        assert server.auto_ids.next_value(server.table("t", "other")) == 1

    scenario(body)
