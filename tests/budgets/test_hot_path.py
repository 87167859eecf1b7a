"""The point select's budget: it never suspends, makes no task, and stays under a fixed number of Python calls.

Calls are counted where the modules run from their sources (compiled code shows no frames), in a process of its own. The
commands go through a real `Connection` over a real instance in memory; only the transport is a fake, so that the
reply can be seen to be written inside the data callback.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

from sqlnode.config import Config
from sqlnode.instance import Instance, open_instance
from sqlnode.server import Server
from sqlnode.wire.connection import Connection
from sqlnode.wire.sending import StateTracker

CALLS_PREPARED = 65
CALLS_TEXT = 80
"""Python calls, get_buffer to the written reply."""

PREPARED = "SELECT c FROM hot WHERE id = ?"


class FakeTransport:
    """Takes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int) -> None:
        return


async def connected(instance: Instance) -> Connection:
    """A connection that has logged in as root."""
    server = Server(instance, Config(store="memory:"))
    connection = Connection(server)
    connection.protocol.transport = FakeTransport()  # type: ignore[assignment]
    session = server.new_session(connection.id, "localhost")
    session.account = instance.accounts.find("root", "localhost")
    connection.session = connection._session = session
    connection.capabilities = session.capabilities = 0x01BFF7DF
    connection.tracker = StateTracker(connection)
    connection.protocol.exact = False
    connection.protocol.busy = False
    for text in (
        b"CREATE TABLE test.hot (id INT PRIMARY KEY AUTO_INCREMENT, k INT, c CHAR(120) NOT NULL, KEY (k))",
        b"INSERT INTO test.hot (k, c) VALUES (1, 'one'), (2, 'two'), (3, 'three')",
        b"USE test",
    ):
        await session.execute_text(text)
    return connection


def command(payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "little") + b"\0" + payload


def feed(connection: Connection, data: bytes) -> None:
    """What the loop does when bytes arrive."""
    protocol = connection.protocol
    buffer = protocol.get_buffer(65536)
    buffer[: len(data)] = data
    protocol.buffer_updated(len(data))


async def answered(connection: Connection, data: bytes) -> list[bytes]:
    """The reply, however long it takes."""
    transport = connection.protocol.transport
    assert isinstance(transport, FakeTransport)
    transport.written.clear()
    feed(connection, data)
    while not transport.written:
        await asyncio.sleep(0.001)
    return list(transport.written)


def measured(connection: Connection, data: bytes) -> tuple[int, list[str], bytes]:
    """Python calls and names of a command that must be answered in the callback, and its reply."""
    transport = connection.protocol.transport
    assert isinstance(transport, FakeTransport)
    transport.written.clear()
    names: list[str] = []

    def count(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            names.append(frame.f_code.co_qualname)

    def no_task(*arguments: object, **keywords: object) -> None:
        raise AssertionError("the hot path made a task")

    loop = connection.loop
    original = loop.create_task
    loop.create_task = no_task  # type: ignore[method-assign, assignment]
    sys.setprofile(count)
    try:
        feed(connection, data)
    finally:
        sys.setprofile(None)
        loop.create_task = original  # type: ignore[method-assign]
    assert not connection.is_running, "the command suspended"
    assert transport.written, "the reply was not written in the callback"
    return len(names), names, transport.written[0]


async def run(kind: str) -> int:
    """Measures a point select. How many Python calls it took."""
    instance = await open_instance("memory:")
    try:
        connection = await connected(instance)
        if kind == "prepared":
            await answered(connection, command(b"\x16" + PREPARED.encode()))
            data = [
                command(b"\x17\x01\0\0\0\0\x01\0\0\0\0\x01\x03\0" + number.to_bytes(4, "little"))
                for number in (1, 2, 3)
            ]
            limit = CALLS_PREPARED
        else:
            data = [command(b"\x03SELECT c FROM hot WHERE id = %d" % number) for number in (1, 2, 3)]
            limit = CALLS_TEXT
        await answered(connection, data[0])
        await answered(connection, data[1])
        calls, names, reply = measured(connection, data[2])
        assert b"three" in reply
        assert calls <= limit, f"{calls} Python calls, {limit} allowed: {names}"
        await connection.session.close()
        return calls
    finally:
        await instance.close()


@pytest.mark.parametrize("kind", ["prepared", "text"])
def test_point_select(kind: str) -> None:
    asyncio.run(run(kind))


@pytest.mark.parametrize("kind", ["prepared", "text"])
def test_calls_of_the_sources(kind: str) -> None:
    code = f"import asyncio; from tests.budgets.test_hot_path import run; print(asyncio.run(run({kind!r})))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "SQLNODE_PURE": "1"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) > 20, "calls are not seen"
