"""Server: the listener, the connections, the background tasks, and the order in which all of it stops.

A stop is: no new connections; idle ones end at once; running statements may finish for `drain_seconds`, then end with
1053; background tasks; the instance with its store.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlnode.base.errors import QUERY_INTERRUPTED, SERVER_SHUTDOWN, SqlError
from sqlnode.base.stack import allow_deep_recursion
from sqlnode.config import Config
from sqlnode.session.activity import Activity
from sqlnode.wire.auth.plugin import VerifiedPasswords
from sqlnode.wire.busy_poll import BusyPoll, processors
from sqlnode.wire.connection import Connection
from sqlnode.wire.framing import PacketProtocol
from sqlnode.wire.outbox import Outbox
from sqlnode.wire.tls import ServerKeys
from store.api import StoreError

if TYPE_CHECKING:
    from sqlnode.instance import Instance
    from sqlnode.session.session import Session

log = logging.getLogger("sqlnode.server")
IDLE_CHECK_SECONDS = 1.0
GARBAGE_SECONDS = 60.0
"""Between two looks for what was dropped and for the safe point."""
CERTIFICATE_DELAY_SECONDS = 0.5
PREPARE_DELAY_SECONDS = 0.3
SAMPLE_SECONDS = 0.2
"""Between two looks for tables that were planned over without knowing their keys."""
_BACKLOG = 1024
_KILL_GRACE_SECONDS = 2.0


class Server:
    """One process's listener over an open `Instance`. Fields change on the loop's thread only."""

    def __init__(self, instance: Instance, config: Config) -> None:
        self.instance = instance
        self.config = config
        self.loop = asyncio.get_running_loop()
        looking = config.busy_poll_us / 1e6 if processors() >= 2 else 0.0
        self.outbox = Outbox(self.loop, BusyPoll(self.loop, looking))
        self.verified = VerifiedPasswords()
        directory = config.data_directory
        self.keys = ServerKeys(directory, _path(config.tls_certificate), _path(config.tls_key))
        self._past = Activity()
        """What connections that are gone did."""
        self._flushed: dict[int, Activity] = {}
        """What connections had done at their last FLUSH STATUS."""
        self.port = config.port
        self.stopping = False
        self._connections: dict[int, Connection] = {}
        self._listener: asyncio.Server | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._started = time.monotonic()
        self._empty = asyncio.Event()
        self._empty.set()

    # --- life ---

    async def start(self) -> None:
        """Accepts connections from now on. Raises OSError when the address cannot be bound."""
        allow_deep_recursion()
        self.instance.disconnect = self._disconnect
        self.instance.activity = self._activity
        self.instance.status_flushed = self._status_flushed
        self.instance.before_planning = self.outbox.flush
        listener = await self.loop.create_server(
            self._new_protocol, self.config.host, self.config.port, backlog=_BACKLOG, reuse_address=True
        )
        self._listener = listener
        self.port = listener.sockets[0].getsockname()[1]
        self.instance.globals.values["port"] = self.port
        self.instance.globals.values["bind_address"] = self.config.host
        self.run_task("idle connections", self._watch_idle())
        self.run_task("store", self._look_after_store())
        self.run_task("statistics", self._sample_keys())
        if self.config.tls and self.keys.must_make_certificate:
            self.run_task("certificate", self._make_certificate())

    async def stop(self) -> None:
        """Drains and closes everything, the store last."""
        self.stopping = True
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections.values()):
            connection.shut_down()
        await self._wait_empty(self.config.drain_seconds)
        for connection in list(self._connections.values()):
            connection.end(SqlError(SERVER_SHUTDOWN))
        await self._wait_empty(_KILL_GRACE_SECONDS)
        for connection in list(self._connections.values()):
            connection.abort()
        await self._wait_empty(_KILL_GRACE_SECONDS)
        tasks = list(self._tasks.values())
        for task in tasks:
            if not task.get_name().startswith("close session"):
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.instance.close()

    async def _wait_empty(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            return

    # --- background tasks ---

    def run_task(self, name: str, coroutine: Coroutine[Any, Any, None]) -> None:
        """A named task that lives as long as the server; its failure is logged."""
        self._tasks[name] = task = self.loop.create_task(_logged(name, coroutine), name=name)
        task.add_done_callback(lambda done: self._tasks.pop(name, None))

    def in_background(self, work: Awaitable[None], name: str) -> None:
        """Work that nobody waits for, but a stop does."""

        async def run() -> None:
            await work

        self.run_task(name, run())

    async def _make_certificate(self) -> None:
        """A first start: the certificate is there before the first client needs it, and the ready line earlier."""
        await asyncio.sleep(CERTIFICATE_DELAY_SECONDS)
        await self.keys.context()

    async def _look_after_store(self) -> None:
        await asyncio.sleep(PREPARE_DELAY_SECONDS)
        self.instance.prepare()
        while True:
            await asyncio.sleep(GARBAGE_SECONDS)
            try:
                await self.instance.collect_garbage()
            except StoreError:
                log.exception("garbage collection failed; it is tried again")

    async def _sample_keys(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            try:
                await self.instance.sample_keys()
            except StoreError:
                log.exception("a table's keys could not be counted")

    async def _watch_idle(self) -> None:
        while True:
            await asyncio.sleep(IDLE_CHECK_SECONDS)
            now = self.loop.time()
            for connection in list(self._connections.values()):
                connection.check_idle(now)

    # --- connections ---

    def _new_protocol(self) -> PacketProtocol:
        return Connection(self).protocol

    def new_session(self, connection_id: int, host: str) -> Session:
        """A session for a client that is about to log in."""
        from sqlnode.session.session import Session

        return Session(self.instance, connection_id, host=host)

    @property
    def is_full(self) -> bool:
        """Whether one more connection is too many."""
        return self.stopping or len(self._connections) >= int(self.instance.globals.values["max_connections"] or 0)

    def add(self, connection: Connection) -> None:
        """A connection was accepted."""
        self._connections[connection.id] = connection
        self._past.accepted += 1
        self._past.most = max(self._past.most, len(self._connections))
        self._empty.clear()

    def remove(self, connection: Connection, *, refused: bool = False, aborted: bool = False) -> None:
        """A connection is gone: before it logged in, or without a word."""
        self._flushed.pop(connection.id, None)
        if self._connections.pop(connection.id, None) is not None:
            _add(self._past, connection)
            if refused:
                self._past.refused += 1
            elif aborted:
                self._past.aborted += 1
        if not self._connections:
            self._empty.set()

    def _disconnect(self, session: Session) -> None:
        """KILL CONNECTION."""
        connection = self._connections.get(session.id)
        if connection is not None:
            connection.end(SqlError(QUERY_INTERRUPTED))

    def _activity(self, session: Session | None) -> Activity:
        """What a session's connection did, or all of them; connections themselves are always those of the server."""
        past = self._past
        chosen = list(self._connections.values())
        if session is None:
            found = replace(past)
        else:
            found = Activity(accepted=past.accepted, most=past.most, aborted=past.aborted, refused=past.refused)
            chosen = [connection for connection in chosen if connection.id == session.id]
        for connection in chosen:
            _add(found, connection)
            if session is not None and (flushed := self._flushed.get(connection.id)) is not None:
                found.forget(flushed)
        return found

    def _status_flushed(self, session: Session) -> None:
        """FLUSH STATUS: the session shows what comes from now on."""
        self._past.most = len(self._connections)
        connection = self._connections.get(session.id)
        if connection is not None:
            self._flushed[connection.id] = flushed = Activity()
            _add(flushed, connection)

    def statistics(self) -> str:
        """COM_STATISTICS."""
        activity = self._activity(None)
        questions = activity.packets - activity.unasked
        uptime = max(int(time.monotonic() - self._started), 1)
        return (
            f"Uptime: {uptime}  Threads: {len(self._connections)}  Questions: {questions}  Slow queries: {activity.slow}  "
            f"Opens: 0  Flush tables: 0  Open tables: 0  Queries per second avg: {questions / uptime:.3f}"
        )


def _add(activity: Activity, connection: Connection) -> None:
    activity.packets += connection.packets
    activity.unasked += connection.unasked
    activity.slow += connection.slow
    activity.received += connection.protocol.received
    activity.sent += connection.protocol.sent


def _path(text: str) -> Any:
    from pathlib import Path

    return Path(text) if text else None


async def _logged(name: str, coroutine: Coroutine[Any, Any, None]) -> None:
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("background task %r failed", name)
