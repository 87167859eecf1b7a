"""Packets: the protocol object of one connection, with packets in and one write buffer out.

Commands are delivered from the data callback itself, one at a time: while a command runs (`busy`), further packets
stay in the read buffer, and reading pauses when that is full. Replies gather in `out` and go to the transport in one
piece, when the `Outbox` says so. When the transport's own buffer is over its limit, `drain` waits, so that a client that
does not read stops the result that it does not read.

In the connection phase (`exact`) the buffer offered to the transport is never larger than what is missing of the
packet awaited, and reading stops after it: bytes behind an SSLRequest belong to the TLS layer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Final

from sqlnode.base.errors import NET_PACKET_TOO_LARGE, NET_PACKETS_OUT_OF_ORDER, SqlError
from sqlnode.wire.constants import MAX_PAYLOAD
from sqlnode.wire.outbox import Outbox

BUFFER_SIZE: Final = 16 * 1024
"""Bytes of the read buffer of a connection whose packets are small."""

KEPT_BUFFER_SIZE: Final = 1024 * 1024
"""A read buffer that grew beyond this is given back after the packet that made it grow."""

READ_AHEAD: Final = 256 * 1024
"""Bytes of further packets that are read while a command runs."""

FLUSH_SIZE: Final = 128 * 1024
"""Reply bytes that gather before they go to the transport."""

WRITE_LIMIT: Final = 512 * 1024
"""Bytes in the transport's own buffer above which a result waits."""

MANY: Final = 128
"""Payloads that `send_many` puts together at once."""

_HEADS_UP_TO: Final = 2048
_HEADS: Final = tuple(length.to_bytes(3, "little") for length in range(_HEADS_UP_TO))
_NUMBERS: Final = tuple(bytes((number & 255,)) for number in range(256 + MANY))

LINGER_SECONDS: Final = 1.0
"""How long a connection that ends with an error may go on sending before it is cut."""


class ConnectionLost(Exception):
    """The client went away."""


class PacketProtocol(asyncio.BufferedProtocol):
    """One connection's bytes. `on_command` gets each command's payload; `on_failure` a broken packet's error.

    Fields change only in callbacks of the loop and between awaits of the one coroutine that serves the connection.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        outbox: Outbox,
        on_connected: Callable[[], None],
        on_command: Callable[[bytes], None],
        on_failure: Callable[[SqlError], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.loop = loop
        self.outbox = outbox
        self.on_connected = on_connected
        self.on_command = on_command
        self.on_failure = on_failure
        self.on_lost = on_lost
        self.transport: asyncio.Transport | None = None
        self.max_packet = 64 * 1024 * 1024
        self.exact = True
        self.busy = True
        """True while commands must wait: during the connection phase and while a command runs."""
        self.sequence = 0
        self.out = bytearray()
        self.received = 0
        self.sent = 0
        self.lost = False
        self.closing = False
        self._buffer = bytearray(BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._start = 0
        self._end = 0
        self._parts: bytearray | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._write_waiter: asyncio.Future[None] | None = None
        self._reading_paused = False
        self._delivering = False

    # --- callbacks of the transport ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first transport, or the TLS transport that takes its place."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        first = self.transport is None
        self.attach(transport)  # type: ignore[arg-type]
        if first:
            self.on_connected()

    def attach(self, transport: asyncio.Transport) -> None:
        """Sends and reads through `transport` from now on."""
        self.transport = transport
        self._reading_paused = False
        transport.set_write_buffer_limits(high=WRITE_LIMIT)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        start, end = self._start, self._end
        if start == end:
            start = end = self._start = self._end = 0
            if not self.exact:
                return self._view
        if self.closing:
            return self._view
        missing = self._missing(start, end)
        if len(self._buffer) - end < min(missing, 4096) or (start and missing > len(self._buffer) - end):
            self._make_room(missing)
            end = self._end
        return self._view[end : end + missing] if self.exact else self._view[end:]

    def buffer_updated(self, count: int) -> None:
        """`count` bytes arrived in the buffer."""
        if self.closing:
            return
        self._end += count
        self.received += count
        poll = self.outbox.poll
        if poll.is_looking:
            poll.found()
        self._deliver(from_callback=True)

    def eof_received(self) -> bool:
        """The client will not send more: the transport closes."""
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """The transport is closed. Whoever waits is told."""
        self.lost = True
        self.out.clear()
        self.outbox.forget(self)
        for waiter in (self._waiter, self._write_waiter):
            if waiter is not None and not waiter.done():
                waiter.set_exception(ConnectionLost())
                waiter.exception()
        self._waiter = None
        self.on_lost()

    def pause_writing(self) -> None:
        """The transport's buffer is over its limit."""
        if self._write_waiter is None:
            self._write_waiter = self.loop.create_future()

    def resume_writing(self) -> None:
        """The client has read enough."""
        waiter, self._write_waiter = self._write_waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if not self.busy:
            self._deliver()

    # --- reading ---

    async def read_packet(self) -> bytes:
        """The next payload, outside the command loop. Raises ConnectionLost, and SqlError for a broken packet."""
        if self.lost:
            raise ConnectionLost
        payload = self._next_payload(self.sequence)
        if payload is None:
            self._waiter = self.loop.create_future()
            self._resume_reading()
            payload = await self._waiter
        return payload

    def command_done(self) -> None:
        """A command that was suspended is answered: flush, and go on with what has arrived meanwhile."""
        self.busy = False
        self._deliver()

    def _deliver(self, *, from_callback: bool = False) -> None:
        """Hands complete packets on, as long as somebody takes them. `from_callback`: others may do so right after."""
        if self._delivering:
            return
        self._delivering = True
        try:
            while not self.closing and not self.lost:
                waiter = self._waiter
                if self._start == self._end or (waiter is None and (self.busy or self._write_waiter is not None)):
                    break
                payload = self._next_payload(self.sequence if waiter is not None else 0)
                if payload is None:
                    break
                if waiter is None:
                    self.on_command(payload)
                    if len(self.out) >= FLUSH_SIZE:
                        self.flush()
                else:
                    self._waiter = None
                    if not waiter.done():
                        waiter.set_result(payload)
        except SqlError as error:
            waiter, self._waiter = self._waiter, None
            if waiter is not None and not waiter.done():
                waiter.set_exception(error)
            else:
                self.on_failure(error)
        finally:
            self._delivering = False
            if self.out:
                self.outbox.hand_over(self, together=from_callback)
        if self.closing:
            return
        if self.exact:
            if self._waiter is None:
                self._pause_reading()
        elif self.busy or self._reading_paused or self._end > READ_AHEAD:
            self._balance_reading()

    def _balance_reading(self) -> None:
        waiting = self._end - self._start
        if (self.busy and self._waiter is None) or self._write_waiter is not None:
            if waiting > READ_AHEAD:
                self._pause_reading()
        elif self._reading_paused:
            self._resume_reading()
        if waiting == 0 and len(self._buffer) > KEPT_BUFFER_SIZE:
            self._replace_buffer(BUFFER_SIZE)

    def _next_payload(self, expected: int) -> bytes | None:
        """A complete payload, or None. Packets of 16 MiB - 1 are put together with the ones that continue them."""
        buffer = self._buffer
        while True:
            start = self._start
            available = self._end - start - 4
            if available < 0:
                return None
            length = buffer[start] | buffer[start + 1] << 8 | buffer[start + 2] << 16
            parts = self._parts
            if parts is not None:
                expected = self.sequence
            if buffer[start + 3] != expected:
                raise SqlError(NET_PACKETS_OUT_OF_ORDER)
            if length + (len(parts) if parts is not None else 0) > self.max_packet:
                self.sequence = (expected + 1) & 255
                raise SqlError(NET_PACKET_TOO_LARGE)
            if available < length:
                return None
            self.sequence = (expected + 1) & 255
            self._start = start + 4 + length
            piece = bytes(self._view[start + 4 : start + 4 + length])
            if length < MAX_PAYLOAD:
                if parts is None:
                    return piece
                parts += piece
                self._parts = None
                return bytes(parts)
            if parts is None:
                self._parts = bytearray(piece)
            else:
                parts += piece

    def _missing(self, start: int, end: int) -> int:
        """How many bytes the packet that begins at `start` still lacks (at least 1)."""
        have = end - start
        if have < 4:
            return 4 - have
        buffer = self._buffer
        length = buffer[start] | buffer[start + 1] << 8 | buffer[start + 2] << 16
        return max(length + 4 - have, 1)

    def _make_room(self, missing: int) -> None:
        """Moves what is unread to the front; doubles the buffer, at most, towards a large packet.

        A declared length alone never takes memory: the buffer grows as the bytes arrive.
        """
        size = len(self._buffer)
        needed = self._end - self._start + missing
        if needed > size:
            size = min(size * 2, needed) if missing > BUFFER_SIZE else size * 2
        self._replace_buffer(size)

    def _replace_buffer(self, size: int) -> None:
        data = bytes(self._view[self._start : self._end])
        if size != len(self._buffer):
            self._buffer = bytearray(size)
            self._view = memoryview(self._buffer)
        self._view[: len(data)] = data
        self._start, self._end = 0, len(data)

    def _pause_reading(self) -> None:
        if not self._reading_paused and self.transport is not None and not self.lost:
            self._reading_paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self._reading_paused and self.transport is not None and not self.lost:
            self._reading_paused = False
            self.transport.resume_reading()

    # --- writing ---

    def send(self, payload: bytes) -> None:
        """Appends a payload to the write buffer, as one packet or as many as its size needs."""
        length = len(payload)
        sequence = self.sequence
        if length < MAX_PAYLOAD:
            self.out += (length | sequence << 24).to_bytes(4, "little")
            self.out += payload
            self.sequence = (sequence + 1) & 255
            return
        view = memoryview(payload)
        for start in range(0, length + 1, MAX_PAYLOAD):
            piece = view[start : start + MAX_PAYLOAD]
            self.out += (len(piece) | self.sequence << 24).to_bytes(4, "little")
            self.out += piece
            self.sequence = (self.sequence + 1) & 255

    def send_many(self, payloads: Sequence[bytes]) -> None:
        """`send` for each of several payloads, all of them of ordinary size as a rule."""
        sequence = self.sequence
        lengths = list(map(len, payloads))
        if lengths and len(lengths) <= MANY and max(lengths) < _HEADS_UP_TO:
            heads = map(_HEADS.__getitem__, lengths)
            self.out += b"".join(
                chain.from_iterable(zip(heads, _NUMBERS[sequence : sequence + len(lengths)], payloads))
            )
            self.sequence = (sequence + len(lengths)) & 255
            return
        for payload in payloads:
            self.send(payload)

    def flush(self) -> None:
        """Hands the write buffer to the transport, which owns it from then on."""
        out = self.out
        if out:
            self.out = bytearray()
            if self.transport is not None and not self.lost and not self.closing:
                self.sent += len(out)
                self.transport.write(out)

    @property
    def is_writing_paused(self) -> bool:
        """Whether the client leaves so much unread that results wait."""
        return self._write_waiter is not None

    def write_buffer(self, data: object) -> None:
        """Sends packets that are already encoded; the caller has moved `sequence` on."""
        self.flush()
        if self.transport is not None and not self.lost:
            self.sent += len(data)  # type: ignore[arg-type]
            self.transport.write(data)  # type: ignore[arg-type]

    async def drain(self) -> None:
        """Flushes, and waits while the client does not read. Raises ConnectionLost."""
        self.flush()
        if self.lost:
            raise ConnectionLost
        if self._write_waiter is not None:
            await self._write_waiter

    def close(self) -> None:
        """Sends what is buffered, then closes."""
        self.flush()
        self.closing = True
        if self.transport is not None and not self.lost:
            self.transport.close()

    def close_lingering(self) -> None:
        """Sends what is buffered, then throws away what still comes for a moment, so that the client sees the reply
        (closing a socket with unread bytes resets the connection), then closes."""
        if self.closing:
            return
        self.flush()
        self.closing = True
        transport = self.transport
        if transport is None or self.lost:
            return
        self._resume_reading()
        if transport.can_write_eof():
            with suppress(OSError):  # the client has reset the connection, and its end will be told
                transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, transport.close)
