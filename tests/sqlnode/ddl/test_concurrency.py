"""Changes of tables beside open transactions, and after a crash in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from executor.result import RowsResult, StoredRows, ValueRows
from sqlnode.base.errors import SqlError
from sqlnode.ddl import alter_table as alter_table_module
from sqlnode.ddl import owner as owner_module
from sqlnode.ddl.metadata import MetaWriter
from sqlnode.ddl.rebuild import copy_rows
from sqlnode.instance import Instance, open_instance
from sqlnode.session import table_use as table_use_module
from sqlnode.session.session import Session
from tests.sqlnode.ddl.server import Server, serving


class Sessions:
    """Sessions of one instance by name."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.open: dict[str, Session] = {}

    async def run(self, name: str, text: str) -> list[tuple[object, ...]]:
        """Runs a statement; its rows, or nothing."""
        session = self.open.get(name)
        if session is None:
            session = self.open[name] = Session(self.instance, self.instance.new_connection_id())
            await session.use("test")
        result = await session.execute_text(text.encode())
        rows: list[tuple[object, ...]] = []
        if isinstance(result, RowsResult):
            batches = result.batches
            if hasattr(batches, "__aiter__"):
                async for batch in batches:
                    rows += [tuple(row.values()) for row in batch.to_pylist()]
            else:
                for batch in batches:
                    rows += [tuple(row.values()) for row in batch.to_pylist()]
        elif isinstance(result, ValueRows):
            rows = [tuple(row) for row in result.rows]
        else:
            assert not isinstance(result, StoredRows), "ask for expressions, not for plain points"
        await session.finish(result)
        return rows

    def start(self, name: str, text: str) -> asyncio.Task[list[tuple[object, ...]]]:
        """Runs a statement beside others."""
        return asyncio.get_running_loop().create_task(self.run(name, text))


def scenario(body: Callable[[Sessions], Awaitable[None]]) -> None:
    async def run() -> None:
        instance = await open_instance("memory:")
        sessions = Sessions(instance)
        try:
            await body(sessions)
        finally:
            for session in sessions.open.values():
                await session.close()
            await instance.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "change",
    [
        "alter table t add column c int default 7",
        "alter table t modify v varchar(20) not null",
        "alter table t add key (v)",
        "alter table t drop key k",
        "truncate table t",
        "drop table t",
        "rename table t to u",
    ],
)
def test_a_change_waits_for_transactions_that_use_the_table(change: str) -> None:
    async def body(sessions: Sessions) -> None:
        await sessions.run("a", "create table t (id int primary key, v varchar(10), k int, key k (k))")
        await sessions.run("a", "insert into t values (1, 'x', 1)")
        await sessions.run("a", "begin")
        await sessions.run("a", "update t set v = concat(v, 'y') where id = 1")
        waiting = sessions.start("b", change)
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert await sessions.run("a", "select concat(v, '') from t") == [(b"xy",)]
        await sessions.run("a", "commit")
        await asyncio.wait_for(waiting, 5)

    scenario(body)


def test_lock_wait_timeout() -> None:
    async def body(sessions: Sessions) -> None:
        await sessions.run("a", "create table t (id int primary key, v int)")
        await sessions.run("a", "begin")
        await sessions.run("a", "select * from t where v > 0")
        await sessions.run("b", "set lock_wait_timeout = 1")
        with pytest.raises(SqlError) as caught:
            await sessions.run("b", "alter table t add column c int")
        assert caught.value.code == 1205
        await sessions.run("a", "commit")
        await sessions.run("b", "alter table t add column c int")

    scenario(body)


@pytest.mark.parametrize(
    "change",
    ["alter table t add key kv (v), add unique key uv (v, id)", "alter table t modify v bigint, add column w int"],
)
def test_writers_beside_a_change(change: str) -> None:
    """Every acknowledged write is there afterwards, and every index agrees with the rows."""

    async def body(sessions: Sessions) -> None:
        await sessions.run("a", "create table t (id int primary key, v int, key k (v))")
        for start in range(0, 2000, 500):
            rows = ",".join(f"({n},{n % 100})" for n in range(start, start + 500))
            await sessions.run("a", f"insert into t (id, v) values {rows}")
        done: list[int] = []

        async def write(name: str, first: int) -> None:
            for n in range(first, first + 60):
                await sessions.run(name, f"insert into t (id, v) values ({10000 + n}, {n})")
                await sessions.run(name, f"update t set v = v + 1 where id = {n * 3 % 2000}")
                await sessions.run(name, f"delete from t where id = {1000 + n}")
                done.append(n)
                await asyncio.sleep(0)

        writers = [
            asyncio.get_running_loop().create_task(write(name, 100 * place))
            for place, name in enumerate(("x", "y", "z"))
        ]
        await asyncio.sleep(0.02)
        await sessions.run("b", change)
        await asyncio.gather(*writers)
        count = await sessions.run("a", "select count(*), sum(id >= 10000), count(distinct id) from t")
        assert count == [(2000, 180, 2000)]
        by_index = await sessions.run("a", "select count(*), sum(v) from t force index (k) where v >= -1")
        by_rows = await sessions.run("a", "select count(*), sum(v) from t ignore index (k)")
        assert by_index == by_rows
        assert await sessions.run("a", "check table t") == [(b"test.t", b"check", b"status", b"OK")]

    scenario(body)


def test_a_writer_whose_task_is_made_while_the_copy_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that meets the gate becomes a task first; when the gate opens meanwhile the table is another one."""

    async def body(sessions: Sessions) -> None:
        await sessions.run("a", "create table t (id int primary key auto_increment, v int)")
        await sessions.run("a", "insert into t (v) values (1), (2)")
        versions = sessions.instance.table_versions

        async def copy(*arguments: Any) -> Any:
            while not reached.is_set():
                await asyncio.sleep(0)
            return await copy_rows(*arguments)

        async def late() -> None:
            reached.set()
            await change

        reached = asyncio.Event()
        monkeypatch.setattr(alter_table_module, "copy_rows", copy)
        change = sessions.start("b", "alter table t modify v varchar(20)")
        while not versions.gates:
            await asyncio.sleep(0)
        monkeypatch.setattr(table_use_module, "become_task", late)
        await sessions.run("a", "insert into t (v) values (3)")
        assert await sessions.run("a", "select id + 0, v + 0 from t order by id") == [(1, 1.0), (2, 2.0), (3, 3.0)]

    scenario(body)


def test_a_crash_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies between two steps leaves a table that the next one sets right."""

    class Died(Exception):
        pass

    async def half(text: str, steps: int, number: int) -> None:
        url = f"embedded:{tmp_path / str(number)}"
        async with serving(url) as server:
            await server.run("create table t (id int primary key, a int, key ka (a))")
            await server.insert("t", {"id": 1, "a": 5}, {"id": 2, "a": 5})
            shown = server.shown("t")
            left = steps
            change = owner_module.DdlOwner.change

            async def dying(self, build):  # type: ignore[no-untyped-def]
                nonlocal left
                if left <= 0:
                    raise Died
                left -= 1
                return await change(self, build)

            monkeypatch.setattr(owner_module.DdlOwner, "change", dying)
            with pytest.raises(Died):
                await server.run(text)
            monkeypatch.undo()
        async with serving(url) as server:
            assert await server.active_jobs() == 0
            assert await server.rows("t") == [(1, 5), (2, 5)]
            kept = server.shown("t") == shown
            assert kept or (text.endswith("drop key ka") and "ka" not in str(server.shown("t")))
            await server.run("alter table t add key again (a), add column b int")
            assert await server.rows("t") == [(1, 5, None), (2, 5, None)]

    cases = [
        ("alter table t add key kb (a, id)", 4),
        ("alter table t modify a varchar(5)", 2),
        ("alter table t drop key ka", 3),
    ]
    for number, (text, count) in enumerate(cases):
        for steps in range(1, count):
            asyncio.run(half(text, steps, number * 10 + steps))


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("drop table t, u", 3),
        ("drop database test", 3),
        ("alter table t rename v, drop key ka", 3),
        ("alter table t rename v, modify a varchar(5)", 2),
        ("alter table t rename v, add key kb (a)", 4),
    ],
)
def test_a_crash_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, steps: int) -> None:
    """Several tables, or a name and a definition, change together whenever the process dies."""

    class Died(Exception):
        pass

    change = owner_module.DdlOwner.change

    async def half(left: int) -> list[list[str]]:
        async def dying(self, build):  # type: ignore[no-untyped-def]
            nonlocal left
            if left <= 0:
                raise Died
            left -= 1
            return await change(self, build)

        url = f"embedded:{tmp_path / str(left)}"
        async with serving(url) as server:
            await server.run("create table t (id int primary key, a int, key ka (a)); create table u (id int)")
            await server.insert("t", {"id": 1, "a": 5})
            before = _definitions(server)
            monkeypatch.setattr(owner_module.DdlOwner, "change", dying)
            with pytest.raises(Died):
                await server.run(text)
            monkeypatch.undo()
        async with serving(url) as server:
            assert await server.active_jobs() == 0
            after = _definitions(server)
            await server.run("create database if not exists test; create table if not exists t (id int)")
        return [before, after]

    async def whole() -> list[str]:
        async with serving() as server:
            await server.run("create table t (id int primary key, a int, key ka (a)); create table u (id int)")
            await server.run(text)
            return _definitions(server)

    done = asyncio.run(whole())
    for number in range(1, steps):
        before, after = asyncio.run(half(number))
        assert after in (before, done)


def _definitions(server: Server) -> list[str]:
    schema = server.catalogs.current.schema("test")
    tables = {} if schema is None else schema.tables
    return [f"{name}: {server.shown(name)}" for name in sorted(tables)]


def test_metadata_writer_counts_ids() -> None:
    async def body() -> None:
        async with serving() as server:

            async def build(writer: MetaWriter) -> list[int]:
                return await writer.next_ids(3)

            first = await server.owner.change(build)
            second = await server.owner.change(build)
            assert second == [number + 3 for number in first]

    asyncio.run(body())
