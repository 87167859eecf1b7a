"""Bytes that no client would send, and clients that go away at any moment: only that connection ends, nothing is left.

Server and clients share one loop, so that what remains after the storm can be counted. Only the seed decides what is sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import ssl
import struct
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from sqlnode.__main__ import open_server
from sqlnode.config import Config
from sqlnode.server import Server
from sqlnode.wire.constants import Capability
from tests.sqlnode.wire.client import DEFAULT, packet

SEED = int(os.environ.get("SQLNODE_SEED", "1"))
ROUNDS = int(os.environ.get("SQLNODE_ROUNDS", "300"))
TEXTS = (
    b"SELECT 1", b"SELECT * FROM big", b"INSERT INTO t VALUES (1)", b"BEGIN", b"SELECT * FROM t FOR UPDATE", b"SELECT SLEEP(0.2)",
    b"LOAD DATA LOCAL INFILE 'x' INTO TABLE t", b"SELECT 1; SELECT 2; SELECT * FROM big", b"SELECT GET_LOCK('n', 0)", b"",
    b"LOCK TABLES u WRITE", b"\xff\xfe\x00", b"SELECT '\xf0\x28\x8c\x28'", b"CREATE TABLE IF NOT EXISTS t (a INT)", b";;", b"'",
    b"SELECT ?, ?, ?", b"COMMIT", b"SELECT REPEAT('x', 1000000)",
)  # fmt: skip


def response(flags: int = DEFAULT, database: bytes = b"") -> bytes:
    """A handshake response of root without a password."""
    if database:
        flags |= Capability.CONNECT_WITH_DB
    head = flags.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + b"\xff" + bytes(23)
    return head + b"root\0\0" + (database + b"\0" if database else b"") + b"caching_sha2_password\0"


class Client:
    """One hostile client."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        self.server = server
        self.random = chance
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.server.port)

    async def read(self) -> bytes:
        """The next payload, or what came of it before the end."""
        head = await self.reader.readexactly(4)
        return await self.reader.readexactly(int.from_bytes(head[:3], "little"))

    async def log_in(self, flags: int = DEFAULT) -> None:
        await self.read()
        self.writer.write(packet(response(flags, b"test"), 1))
        assert (await self.read())[0] == 0

    def garbage(self, most: int = 60) -> bytes:
        return self.random.randbytes(self.random.randrange(most))

    def damaged(self, data: bytes) -> bytes:
        """The data cut, lengthened, or with bytes changed."""
        match self.random.randrange(4):
            case 0:
                return data[: self.random.randrange(len(data) + 1)]
            case 1:
                return data + self.garbage()
            case 2 if data:
                changed = bytearray(data)
                for _ in range(self.random.randrange(1, 5)):
                    changed[self.random.randrange(len(changed))] = self.random.randrange(256)
                return bytes(changed)
            case _:
                return data

    def command(self) -> bytes:
        """A command packet's payload, whole or damaged."""
        pick = self.random.choice
        text = pick(TEXTS)
        statement = struct.pack("<I", pick((0, 1, 2, 3, 0xFFFFFFFF)))
        execute = statement + bytes((pick((0, 1, 2, 255)),)) + struct.pack("<I", 1)
        types = b"".join(
            struct.pack("<H", pick((3, 8, 246, 253, 252, 12, 11, 6, 5, 245, 0x8008, 255, 77))) for _ in range(3)
        )
        values = b"".join(
            pick((b"\x03abc", b"\xfc\xff\xff", b"\xfe" + b"\xff" * 8, b"\x0b" + bytes(11), bytes(8))) for _ in range(3)
        )
        payload = pick((
            b"\x03" + text, b"\x03" + text, b"\x16" + text, b"\x17" + execute + b"\0\1" + types + values,
            b"\x17" + execute + b"\7\0", b"\x18" + statement + struct.pack("<H", pick((0, 2, 9))) + self.garbage(),
            b"\x19" + statement, b"\x1a" + statement, b"\x1c" + statement + struct.pack("<I", pick((0, 1, 2**32 - 1))),
            b"\x02" + pick((b"test", b"mysql", b"nope", b"\xff\xff", b"")), b"\x04" + pick((b"t\0", b"big\0%", b"")), b"\x0e",
            b"\x1f", b"\x09", b"\x0a", b"\x0d", b"\x1b" + pick((b"\0\0", b"\1\0", b"\7\7")), b"\x0c\xff\xff\xff\x7f",
            b"\x11root\0\0test\0\xff\0caching_sha2_password\0", bytes((self.random.randrange(0x20),)) + self.garbage(),
            bytes((self.random.randrange(256),)) + self.garbage(), b"",
        ))  # fmt: skip
        return self.damaged(payload) if self.random.random() < 0.5 else payload

    def wrapped(self, payload: bytes, sequence: int = 0) -> bytes:
        """A packet, sometimes with a wrong length or number."""
        match self.random.randrange(20):
            case 0:
                return packet(payload, self.random.randrange(256))
            case 1:
                return self.random.randrange(1 << 24).to_bytes(3, "little") + bytes((sequence,)) + payload
            case 2:
                return packet(payload, sequence) + self.garbage()
            case _:
                return packet(payload, sequence)

    async def leave(self) -> None:
        """Away: politely, by closing, half closed first, or with a reset."""
        match self.random.randrange(4):
            case 0:
                self.writer.write(packet(b"\x01"))
            case 1 if not self.writer.is_closing():
                with contextlib.suppress(OSError):
                    self.writer.write_eof()
                    await asyncio.wait_for(self.reader.read(), 0.05)
            case 2:
                self.writer.transport.abort()
                return
            case _:
                pass
        self.writer.close()

    async def take(self) -> None:
        """Some of what the server sends."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.reader.read(1 << 16), self.random.choice((0.001, 0.01, 0.05)))

    async def session(self) -> None:
        """A login, whole or hostile; then commands."""
        await self.connect()
        chance = self.random.random()
        if chance < 0.3:
            await self.hostile_login()
        elif chance < 0.95:
            await self.log_in(DEFAULT | self.random.choice((0, Capability.DEPRECATE_EOF, Capability.SESSION_TRACK)))
            for _ in range(self.random.randrange(1, 8)):
                self.writer.write(self.wrapped(self.command()))
                if self.random.random() < 0.7:
                    await self.take()
        await self.leave()

    async def hostile_login(self) -> None:
        if self.random.random() < 0.8:
            await self.read()
        match self.random.randrange(5):
            case 0:
                self.writer.write(self.garbage(200))
            case 1:
                self.writer.write(self.wrapped(self.damaged(response(self.random.randrange(1 << 32))), 1))
            case 2:
                self.writer.write(packet(self.damaged(response()), 1))
            case 3:
                request = struct.pack("<IIB23x", DEFAULT | Capability.SSL, 1 << 24, 255)
                self.writer.write(packet(request, 1) + self.garbage(400))
            case _:
                self.writer.write(self.wrapped(self.garbage(), 1))
        await self.take()


async def quiet(session: Awaitable[None]) -> None:
    """What the server does to the connection is no failure of the client."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, AssertionError):
        await session


async def settled(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def ask(server: Server, text: bytes) -> bytes:
    """The first packet of the answer that a well-behaved client gets."""
    client = Client(server, random.Random(0))
    await client.connect()
    await client.log_in()
    client.writer.write(packet(b"\x03" + text))
    answer = await asyncio.wait_for(client.read(), 10)
    client.writer.close()
    return answer


async def check_nothing_is_left(server: Server, tasks: int) -> None:
    instance = server.instance
    assert await settled(lambda: not server._connections), server._connections
    assert await settled(lambda: not instance.sessions), instance.sessions
    assert await settled(lambda: len(asyncio.all_tasks()) <= tasks), asyncio.all_tasks()
    gc.collect()
    assert not instance.table_locks.active and not instance.table_locks.changing
    assert not instance.advisory_locks._owners and not instance.advisory_locks._waiters
    assert not instance.table_versions._uses
    assert not instance.store.leases.alive(), [lease.ts for lease in instance.store.leases.alive()]
    assert (await ask(server, b"INSERT INTO t VALUES (7)"))[0] == 0
    assert (await ask(server, b"ALTER TABLE t ADD COLUMN IF NOT EXISTS q INT"))[0] in (0, 0xFF)
    assert await settled(lambda: not server._connections)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """What the server logged as a warning or worse, tracebacks included."""
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    return "\n".join(caplog.handler.format(record) for record in records[:5])


def storm(caplog: pytest.LogCaptureFixture, body: Callable[[Server], Awaitable[None]]) -> None:
    """Runs clients against a server and counts what they leave behind."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        wild: list[str] = []
        loop.set_exception_handler(lambda _, context: wild.append(str(context)))
        server = await open_server(Config(store="memory:", port=0, drain_seconds=1.0))
        try:
            await server.keys.context()
            for text in (
                b"CREATE TABLE test.t (a INT)",
                b"CREATE TABLE test.u (a INT)",
                b"CREATE TABLE test.big (a INT, b VARCHAR(2000))",
            ):
                assert (await ask(server, text))[0] == 0
            rows = b", ".join(b"(%d, REPEAT('y', 2000))" % row for row in range(2000))
            assert (await ask(server, b"INSERT INTO test.big VALUES " + rows))[0] == 0
            assert await settled(lambda: not server._connections)
            tasks = len(asyncio.all_tasks())
            await body(server)
            assert not logged(caplog)
            await check_nothing_is_left(server, tasks)
        finally:
            await server.stop()
        gc.collect()
        await asyncio.sleep(0.01)
        assert not wild, wild

    with caplog.at_level(logging.WARNING), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    assert not logged(caplog)


def test_garbage_ends_one_connection_only(caplog: pytest.LogCaptureFixture) -> None:
    async def body(server: Server) -> None:
        chance = random.Random(SEED)
        for _ in range(ROUNDS // 20):
            clients = [Client(server, random.Random(chance.random())) for _ in range(20)]
            await asyncio.gather(*(quiet(client.session()) for client in clients))
            assert (await ask(server, b"SELECT 1"))[0] == 1

    storm(caplog, body)


def test_clients_that_say_nothing_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    async def body(server: Server) -> None:
        server.instance.globals.values["connect_timeout"] = 1
        clients = [Client(server, random.Random(number)) for number in range(200)]
        await asyncio.gather(*(client.connect() for client in clients))
        for client in clients[::2]:
            client.writer.write(b"\x50\x00\x00\x01\x8d")
        assert await settled(lambda: len(server._connections) >= 150, 3)
        assert (await ask(server, b"SELECT 1"))[0] == 1
        assert await settled(lambda: not server._connections, 8)
        for client in clients:
            client.writer.close()

    storm(caplog, body)


def test_too_many_connections_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def body(server: Server) -> None:
        server.instance.globals.values["max_connections"] = 20
        clients = [Client(server, random.Random(number)) for number in range(500)]
        await asyncio.gather(*(client.connect() for client in clients))
        greetings = await asyncio.gather(*(client.read() for client in clients))
        refused = [payload for payload in greetings if payload[0] == 0xFF]
        assert len(refused) == 480
        assert {int.from_bytes(payload[1:3], "little") for payload in refused} == {1040}
        for client in clients:
            client.writer.close()
        server.instance.globals.values["max_connections"] = 151

    storm(caplog, body)


@pytest.mark.parametrize("steps", range(4))
def test_going_away_during_tls(steps: int, caplog: pytest.LogCaptureFixture) -> None:
    """After the request, after half of the client's hello, after the whole of it, after the handshake."""

    async def body(server: Server) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for _ in range(10):
            client = Client(server, random.Random(steps))
            await client.connect()
            await client.read()
            client.writer.write(packet(struct.pack("<IIB23x", DEFAULT | Capability.SSL, 1 << 24, 255), 1))
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(incoming, outgoing, server_hostname="x")
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            hello = outgoing.read()
            if steps == 1:
                client.writer.write(hello[: len(hello) // 2])
            elif steps >= 2:
                client.writer.write(hello)
                incoming.write(await client.reader.read(1 << 16))
            if steps == 3:
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                client.writer.write(outgoing.read())
                await asyncio.sleep(0.01)
            client.writer.transport.abort()
        assert (await ask(server, b"SELECT 1"))[0] == 1

    storm(caplog, body)


COMMANDS_LEFT = (
    b"LOAD DATA LOCAL INFILE 'x' INTO TABLE t", b"SELECT SLEEP(30)", b"SELECT a.b, b.b FROM big a JOIN big b", b"BEGIN",
    b"LOCK TABLES t WRITE", b"SELECT GET_LOCK('x', 30)", b"UPDATE t SET a = 1", b"FLUSH TABLES WITH READ LOCK",
)  # fmt: skip


@pytest.mark.parametrize("text", COMMANDS_LEFT, ids=lambda text: text.decode()[:24])
def test_going_away_during_a_statement(text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def body(server: Server) -> None:
        for number in range(3):
            client = Client(server, random.Random(number))
            await client.connect()
            await client.log_in()
            client.writer.write(packet(b"\x03" + text))
            if text.startswith((b"LOAD", b"BEGIN", b"LOCK")):
                await client.read()
            if text.startswith(b"LOAD"):
                client.writer.write(packet(b"1\n2\n", 2))
            if text == b"BEGIN":
                client.writer.write(packet(b"\x03INSERT INTO t VALUES (1)"))
                await client.read()
            await asyncio.sleep(0.05)
            client.writer.transport.abort()

    storm(caplog, body)


def test_a_killed_statement_keeps_no_snapshot(caplog: pytest.LogCaptureFixture) -> None:
    """Its error is raised through frames that know the snapshot; an idle session must not keep them."""

    async def body(server: Server) -> None:
        client = Client(server, random.Random(0))
        await client.connect()
        await client.log_in()
        client.writer.write(packet(b"\x03SELECT SLEEP(30) FROM big"))
        session = next(iter(server.instance.sessions.values()))
        assert await settled(lambda: session.kill.waiting is not None)
        assert server.instance.store.leases.alive()
        session.kill_query()
        assert (await client.read())[0] == 0xFF
        gc.collect()
        assert not server.instance.store.leases.alive()
        client.writer.close()

    storm(caplog, body)
