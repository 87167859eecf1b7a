"""Commands that wait, KILL, lost clients, LOCAL INFILE, idle time, the order of a stop."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pymysql
import pytest

from sqlnode.base.adoption import become_task
from sqlnode.base.errors import SERVER_SHUTDOWN, SqlError
from sqlnode.base.tasks import start
from sqlnode.wire.constants import Capability as C
from tests.sqlnode.wire.client import DEFAULT, RawClient
from tests.sqlnode.wire.fake import Running, running
from tests.sqlnode.wire.script import script


def query(text: str) -> bytes:
    return b"\x03" + text.encode()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_start_runs_to_the_end_without_a_task() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        done: list[str] = []

        async def quick() -> None:
            done.append("quick")

        async def slow() -> str:
            await become_task()
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))
            try:
                await asyncio.wait_for(asyncio.sleep(10), 0.01)
            except TimeoutError:
                done.append("slow")
            return "result"

        async def plain() -> str:
            future = loop.create_future()
            loop.call_later(0.01, future.set_result, "answer")
            answer = str(await future)
            assert answer == "answer" and asyncio.current_task() is None
            await asyncio.sleep(0)
            assert asyncio.current_task() is not None
            done.append("plain")
            return answer

        async def failing() -> None:
            await asyncio.sleep(0)
            raise ValueError

        ends: list[tuple[str, BaseException | None]] = []

        def callback() -> None:
            assert start(quick(), loop, "quick", partial(end, "quick"))
            for coroutine in (slow(), plain(), failing()):
                name = coroutine.__name__
                assert not start(coroutine, loop, name, partial(end, name))
            assert not ends

        def end(name: str, error: BaseException | None) -> None:
            ends.append((name, error))

        loop.call_soon(callback)
        await asyncio.sleep(0.05)
        assert {name: type(error) for name, error in ends} == {
            "slow": type(None),
            "plain": type(None),
            "failing": ValueError,
        }
        assert len(ends) == 3
        assert sorted(done) == ["plain", "quick", "slow"]

    asyncio.run(main())


def test_kill_ends_what_waits(server: Running) -> None:
    client = RawClient(server.port)
    number = int.from_bytes(client.greeting[client.greeting.index(b"\0", 1) + 1 :][:4], "little")
    client.send(query("wait"))
    until(lambda: server.instance.sessions[number].kill.waiting is not None)
    server.loop.call_soon_threadsafe(server.instance.sessions[number].kill_query)
    assert client.read() == b"\xff" + (1317).to_bytes(2, "little") + b"#70100Query execution was interrupted"
    assert client.command(b"\x0e")[0] == 0
    server.loop.call_soon_threadsafe(server.instance.disconnect, server.instance.sessions[number])
    assert client.read()[1:3] == (1317).to_bytes(2, "little")
    with pytest.raises(ConnectionError):
        client.read()


def test_a_lost_client_ends_its_statement_and_session(server: Running) -> None:
    client = RawClient(server.port)
    number = int.from_bytes(client.greeting[client.greeting.index(b"\0", 1) + 1 :][:4], "little")
    client.send(query("wait"))
    until(lambda: server.instance.sessions[number].kill.waiting is not None)
    client.close()
    until(lambda: number in server.instance.closed_sessions)


@pytest.mark.parametrize("limit", ["", "8"])
def test_local_infile(server: Running, limit: str) -> None:
    client = RawClient(server.port)
    assert client.command(query(f"load {limit}")) == b"\xfbfile.csv"
    for number in range(3):
        client.send(b"12345678", client.sequence + 1 + number)
    client.send(b"", client.sequence + 4)
    reply = client.read()
    if limit:
        assert reply[1:3] == (1146).to_bytes(2, "little")
    else:
        assert reply[:2] == b"\x00\x18"
    assert client.command(b"\x0e")[0] == 0


def test_local_infile_by_pymysql(server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.csv").write_bytes(b"x" * 100_000)
    connection = pymysql.connect(host=server.host, port=server.port, user="root", local_infile=True)
    with connection.cursor() as cursor:
        cursor.execute("load")
        assert cursor.rowcount == 100_000
        (tmp_path / "file.csv").unlink()
        with pytest.raises(pymysql.err.Error):
            cursor.execute("load")
    connection.close()


def test_local_infile_needs_the_clients_consent(server: Running) -> None:
    client = RawClient(server.port, DEFAULT & ~C.LOCAL_FILES)
    number = int.from_bytes(client.greeting[client.greeting.index(b"\0", 1) + 1 :][:4], "little")
    assert server.instance.sessions[number].local_infile is None


def test_idle_connections_end_with_4031() -> None:
    with running(script) as server:
        client = RawClient(server.port)
        session = next(iter(server.instance.sessions.values()))
        session.variables.values["wait_timeout"] = 0.1
        assert client.read()[1:3] == (4031).to_bytes(2, "little")
        with pytest.raises(ConnectionError):
            client.read()


def test_a_stop_lets_statements_finish_and_ends_the_rest() -> None:
    replies: list[bytes] = []
    with running(script) as server:
        idle, quick, stuck = RawClient(server.port), RawClient(server.port), RawClient(server.port)
        quick.send(query("sleep"))
        stuck.send(query("wait"))
        until(lambda: any(session.kill.waiting is not None for session in server.instance.sessions.values()))
        reader = threading.Thread(target=lambda: replies.extend([quick.read(), stuck.read(), idle.read()]))
        reader.start()
    reader.join(5)
    assert replies[0][:2] == b"\x00\x07"
    shutdown = SqlError(SERVER_SHUTDOWN)
    for reply in replies[1:]:
        assert reply[1:3] == shutdown.code.to_bytes(2, "little")
    with pytest.raises(OSError):
        RawClient(server.port)


def test_a_stop_does_not_wait_for_who_says_nothing() -> None:
    """Clients that have not logged in run nothing that might finish: not one of them is there when the draining begins."""
    silent: list[socket.socket] = []
    waited: list[int] = []
    with running(script) as server:
        silent += [socket.create_connection((server.host, server.port)) for _ in range(5)]
        for one in silent:
            assert one.recv(4)
        wait_empty = server.server._wait_empty

        async def noted(seconds: float) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waited.append(len(server.server._connections))
            await wait_empty(seconds)

        server.server._wait_empty = noted  # type: ignore[method-assign]
    assert waited[0] == 0
    for one in silent:
        one.close()


def test_many_connections(server: Running) -> None:
    clients = [RawClient(server.port) for _ in range(100)]
    for client in clients:
        client.send(query("insert"))
    assert all(client.read()[0] == 0 for client in clients)
    for client in clients:
        client.close()
