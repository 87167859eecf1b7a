"""Connection: one client, from its first byte to its last.

A command starts in the data callback that brought it (`_command`). Mostly it finishes there and the reply leaves with
the callback; only when it waits does a callback or a task carry it on. While it runs, further commands stay in the read buffer.
What commands do stands in `dispatch`; how results become packets in `sending`.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from sqlnode.base.errors import (
    CLIENT_INTERACTION_TIMEOUT,
    CON_COUNT_ERROR,
    MALFORMED_PACKET,
    NET_PACKET_TOO_LARGE,
    NET_PACKETS_OUT_OF_ORDER,
    SERVER_SHUTDOWN,
    STACK_OVERRUN,
    UNKNOWN_ERROR,
    SqlError,
)
from sqlnode.base.tasks import start
from sqlnode.wire.binary_parameters import BoundStatement, TextRules
from sqlnode.wire.commands import parse_command
from sqlnode.wire.connection_phase import ConnectionPhase
from sqlnode.wire.constants import Capability
from sqlnode.wire.cursors import Cursor
from sqlnode.wire.dispatch import HANDLERS
from sqlnode.wire.framing import ConnectionLost, PacketProtocol
from sqlnode.wire.local_infile import LocalInfile
from sqlnode.wire.replies import error_payload
from sqlnode.wire.sending import ResultHeads, StateTracker, send_ok

if TYPE_CHECKING:
    from sqlnode.server import Server
    from sqlnode.wire.session_view import SessionView

log = logging.getLogger("sqlnode.wire")
_FATAL: Final = frozenset({MALFORMED_PACKET, NET_PACKET_TOO_LARGE, NET_PACKETS_OUT_OF_ORDER})


class Connection:
    """See the module. Fields change on the loop's thread only: in callbacks, or in the one running command."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.loop = server.loop
        self.id = server.instance.new_connection_id()
        self.protocol = PacketProtocol(
            self.loop, server.outbox, self._connected, self._command, self._broken, self._lost
        )
        self.phase: ConnectionPhase | None = None
        self.capabilities = 0
        self.last_used = self.loop.time()
        self.packets = 0
        """Commands that came; `unasked` are those that ask for no work, `slow` those that took long."""
        self.unasked = 0
        self.slow = 0
        self.has_quit = False
        self._began = 0.0
        self.statements: dict[int, BoundStatement] = {}
        self.cursors: dict[int, Cursor] = {}
        self.heads = ResultHeads()
        self.infile = LocalInfile(self.protocol)
        self.tracker: StateTracker | None = None
        self.rules = TextRules("utf8mb4", "utf8mb4", "utf8mb4_0900_ai_ci")
        self.ending: SqlError | None = None
        """Set when the connection must end after the running command, which then fails with this."""
        self.session: SessionView
        """Set when the client has logged in; commands run only then."""
        self._session: SessionView | None = None
        self._running = False
        """A command waits, or the client is logging in."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_running(self) -> bool:
        """Whether a command runs (or the client is logging in)."""
        return self._running

    # --- the connection phase ---

    def _connected(self) -> None:
        if self.server.is_full:
            self._refuse(SqlError(CON_COUNT_ERROR))
            return
        transport = self.protocol.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.phase = ConnectionPhase(self.server, self.protocol, self.id, address)
        self.server.add(self)
        timeout = float(self.server.instance.globals.values["connect_timeout"] or 0)
        self._timer = self.loop.call_later(timeout, self.abort)
        self._running = True
        task = self.loop.create_task(self._log_in(self.phase), name=f"login {self.id}")
        task.add_done_callback(self._logged_in)

    def _refuse(self, error: SqlError) -> None:
        """An error instead of the greeting: without SQLSTATE, which belongs to protocol 4.1."""
        message = error.message.encode()
        self.protocol.send(b"\xff" + error.code.to_bytes(2, "little") + message)
        self.protocol.close_lingering()

    async def _log_in(self, phase: ConnectionPhase) -> None:
        try:
            session = await phase.run()
            self.session = self._session = session
            self.capabilities = phase.capabilities
            if self.capabilities & Capability.LOCAL_FILES:
                session.local_infile = self.infile.read
            self.protocol.max_packet = int(session.variables.values["max_allowed_packet"] or 0)
            self.tracker = StateTracker(self)
            self.send_ok()
        except SqlError as error:
            self.protocol.send(error_payload(error))
            self.protocol.close_lingering()
        except (ConnectionLost, OSError):
            self.abort()
        except Exception:
            log.exception("connection %d failed while it logged in", self.id)
            self.protocol.send(error_payload(SqlError(UNKNOWN_ERROR, message="internal error")))
            self.protocol.close_lingering()
        finally:
            if self._timer is not None:
                self._timer.cancel()
        self.protocol.exact = False

    # --- commands ---

    def _command(self, payload: bytes) -> None:
        """A command came in: run it as far as it goes without waiting."""
        protocol = self.protocol
        protocol.busy = True
        if start(self._run(payload), self.loop, "command", self._suspended_done):
            protocol.busy = False
        else:
            self._running = True
            self._began = self.loop.time()

    def _logged_in(self, task: asyncio.Task[None]) -> None:
        self._suspended_done(None if task.cancelled() else task.exception())

    def _suspended_done(self, error: BaseException | None) -> None:
        self._running = False
        session = self._session
        if session is not None and self._began:
            # What did not wait cannot have taken long.
            if self.loop.time() - self._began > float(session.variables.values["long_query_time"] or 0):
                self.slow += 1
            self._began = 0.0
        if error is not None and not isinstance(error, asyncio.CancelledError):
            log.error("connection %d failed", self.id, exc_info=error)
            self.abort()
        if self.protocol.lost:
            self._close_session()
        else:
            self.protocol.command_done()

    async def _run(self, payload: bytes) -> None:
        """One command, whatever comes of it: the reply is in the write buffer at the end."""
        self.packets += 1
        failure: SqlError | None = None
        try:
            command = parse_command(payload)
            await HANDLERS[command.__class__](self, command)
            if self.infile.is_open:
                await self.infile.drain()
        except SqlError as error:
            failure = error
        except ConnectionLost:
            return
        except RecursionError:
            failure = SqlError(STACK_OVERRUN)
        except asyncio.CancelledError:
            killed = self.ending or self.session.kill.error
            if not isinstance(killed, SqlError):
                raise
            failure = killed
        except Exception as error:
            log.exception("connection %d: command %#x failed", self.id, payload[0])
            failure = SqlError(UNKNOWN_ERROR, message=f"internal error: {type(error).__name__}")
        if failure is not None:
            await self._fail(failure)
        self.last_used = self.loop.time()
        session = self.session
        session.command = "Sleep"
        # It was raised, so it knows the frames it went through, and with them the statement's snapshot.
        session.kill.error = None
        if self.ending is not None or session.must_close:
            self.protocol.close_lingering()

    async def _fail(self, error: SqlError) -> None:
        try:
            if self.infile.is_open:
                await self.infile.drain()
        except ConnectionLost:
            return
        except SqlError as broken:
            error = broken
        self.protocol.send(error_payload(self.ending or error, self.session.charset_results))
        if error.row in _FATAL:
            self.protocol.close_lingering()

    def _broken(self, error: SqlError) -> None:
        """A packet that is no packet: the error, and the end of this connection."""
        self.protocol.send(error_payload(error))
        self.protocol.close_lingering()

    def send_ok(self, *, affected_rows: int = 0, last_insert_id: int = 0, info: str = "", more: bool = False) -> None:
        """OK with the session's status and warnings."""
        send_ok(self, affected_rows=affected_rows, last_insert_id=last_insert_id, info=info, more=more)

    # --- ends ---

    def _lost(self) -> None:
        self.server.remove(self, refused=self._session is None, aborted=not self.has_quit and not self.protocol.closing)
        for cursor in self.cursors.values():
            cursor.close()
        self.cursors.clear()
        if self._session is None:
            return
        if self._running:
            self._session.kill_query()
        else:
            self._close_session()

    def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self.server.in_background(session.close(), f"close session {session.id}")

    def abort(self) -> None:
        """Cuts the connection."""
        transport = self.protocol.transport
        if transport is not None and not self.protocol.lost:
            transport.abort()

    def end(self, error: SqlError) -> None:
        """Ends the connection: at once when it is idle, else after its command has failed with `error`."""
        self.ending = error
        session = self._session
        if self.protocol.closing:
            return
        if session is None:
            self.abort()
        elif not self._running:
            self.protocol.sequence = 1
            self.protocol.send(error_payload(error))
            self.protocol.close()
        else:
            session.kill_query(error)
            if self.protocol.is_writing_paused:
                self.abort()

    def shut_down(self) -> None:
        """The server stops: an idle connection ends, and one that has not logged in; a running command may finish, and
        ends it then."""
        if not self._running or self._session is None:
            self.end(SqlError(SERVER_SHUTDOWN))
        else:
            self.ending = SqlError(SERVER_SHUTDOWN)

    def check_idle(self, now: float) -> None:
        """wait_timeout, interactive_timeout: called every now and then by the server."""
        session = self._session
        if session is None or self._running:
            return
        limit = session.variables.values["wait_timeout"]
        if now - self.last_used > float(limit or 0):
            self.end(SqlError(CLIENT_INTERACTION_TIMEOUT))
