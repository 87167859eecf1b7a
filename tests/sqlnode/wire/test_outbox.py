"""When replies leave: one client's at once, several clients' together; and when a lone client's next command is looked for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, cast

from sqlnode.wire.busy_poll import BusyPoll, processors
from sqlnode.wire.framing import PacketProtocol
from sqlnode.wire.outbox import Outbox


class FakeTransport:
    """Takes what is written into a list that all share."""

    def __init__(self, name: str, written: list[tuple[str, bytes]]) -> None:
        self.name = name
        self.written = written
        self.closing = False

    def write(self, data: bytes) -> None:
        assert not self.closing, "a closed transport takes nothing"
        self.written.append((self.name, bytes(data)))

    def is_closing(self) -> bool:
        return self.closing

    def set_write_buffer_limits(self, high: int) -> None:
        return


class Clients:
    """Protocols whose commands are answered with themselves."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.outbox = Outbox(loop, BusyPoll(loop, 0.0))
        self.written: list[tuple[str, bytes]] = []
        self.protocols: dict[str, PacketProtocol] = {}

    def ask(self, name: str, text: bytes, work: Callable[[], None] = lambda: None) -> None:
        """A command of a client, as the loop delivers it."""
        protocol = self.protocols.get(name)
        if protocol is None:
            protocol = self.protocols[name] = self._connected(name)
        protocol.sequence = 1
        self.work = work
        packet = len(text).to_bytes(3, "little") + b"\0" + text
        buffer = protocol.get_buffer(1000)
        buffer[: len(packet)] = packet
        protocol.buffer_updated(len(packet))

    def _connected(self, name: str) -> PacketProtocol:
        def answer(payload: bytes) -> None:
            self.work()
            protocol.send(payload)

        protocol = PacketProtocol(self.outbox.loop, self.outbox, lambda: None, answer, lambda error: None, lambda: None)
        protocol.connection_made(cast("Any", FakeTransport(name, self.written)))
        protocol.exact = protocol.busy = False
        return protocol

    @property
    def answers(self) -> list[tuple[str, bytes]]:
        """Who was answered, with the payload."""
        return [(name, data[4:]) for name, data in self.written]


def run(script: Callable[[Clients], Any]) -> None:
    async def go() -> None:
        await script(Clients(asyncio.get_running_loop()))

    asyncio.run(go())


def test_a_lone_client_is_answered_in_the_callback() -> None:
    async def script(clients: Clients) -> None:
        for number in range(3):
            clients.ask("a", b"%d" % number)
            assert clients.answers[-1] == ("a", b"%d" % number)

    run(script)


def test_replies_of_one_iteration_leave_together_and_in_order() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.written.clear()
        for name in ("b", "a", "c"):
            clients.ask(name, b"x")
        assert clients.answers == []
        await asyncio.sleep(0)
        assert clients.answers == [("b", b"x"), ("a", b"x"), ("c", b"x")]

    run(script)


def test_several_replies_to_one_client_are_one_write() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.written.clear()
        clients.ask("b", b"x")
        clients.ask("b", b"y")
        await asyncio.sleep(0)
        assert clients.written == [("b", b"\1\0\0\1x\1\0\0\1y")]

    run(script)


def test_replies_do_not_wait_for_long_commands() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.written.clear()
        clients.ask("b", b"quick")
        clients.ask("c", b"slow", lambda: time.sleep(0.002))
        assert clients.answers == [("b", b"quick"), ("c", b"slow")]

    run(script)


def test_planning_lets_replies_go_first() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.written.clear()
        clients.ask("b", b"quick")
        clients.ask("c", b"planned", clients.outbox.flush)
        assert clients.answers == [("b", b"quick")]
        await asyncio.sleep(0)
        assert clients.answers == [("b", b"quick"), ("c", b"planned")]

    run(script)


def test_a_connection_that_was_cut_meanwhile_does_not_keep_others_waiting() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.written.clear()
        for name in ("b", "c", "d"):
            clients.ask(name, b"x")
        cast("FakeTransport", clients.protocols["b"].transport).closing = True
        clients.protocols["c"].connection_lost(None)
        await asyncio.sleep(0)
        assert clients.answers == [("d", b"x")]

    run(script)


def test_a_lost_client_is_forgotten() -> None:
    async def script(clients: Clients) -> None:
        clients.ask("a", b"first")
        clients.protocols["a"].connection_lost(None)
        clients.ask("b", b"x")
        assert clients.answers[-1] == ("b", b"x")

    run(script)


class Callbacks:
    """A loop that runs what is asked of it when it is told to."""

    def __init__(self) -> None:
        self.ready: list[Callable[[], None]] = []

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.ready.append(callback)

    def run_once(self) -> None:
        ready, self.ready = self.ready, []
        for callback in ready:
            callback()


def test_looking_ends_when_the_command_comes_or_the_time_is_over() -> None:
    loop = Callbacks()
    poll = BusyPoll(cast("Any", loop), 60.0)
    poll.begin()
    loop.run_once()
    assert poll.is_looking
    assert loop.ready
    poll.found()
    loop.run_once()
    assert not poll.is_looking
    assert not loop.ready
    poll.seconds = 1e-9
    poll.begin()
    time.sleep(0.001)
    loop.run_once()
    assert not poll.is_looking
    assert not loop.ready


def test_looking_that_finds_nothing_becomes_rare_and_comes_back() -> None:
    loop = Callbacks()
    poll = BusyPoll(cast("Any", loop), 1e-9)
    for _ in range(20):
        poll.begin()
        time.sleep(1e-6)
        loop.run_once()
    looked = 0
    for _ in range(640):
        poll.begin()
        looked += poll.is_looking
        time.sleep(1e-6)
        loop.run_once()
    assert looked == 10
    poll.seconds = 60.0
    for _ in range(64 * 3):
        poll.begin()
        if poll.is_looking:
            poll.found()
        loop.run_once()
    poll.begin()
    assert poll.is_looking


def test_no_looking_where_it_is_turned_off() -> None:
    loop = Callbacks()
    poll = BusyPoll(cast("Any", loop), 0.0)
    poll.begin()
    assert not poll.is_looking
    assert not loop.ready


def test_processors() -> None:
    assert processors() > 0
