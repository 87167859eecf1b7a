"""Outbox: when the replies of several clients leave.

Sending to a client that sleeps wakes it, and where its processor sleeps too that costs more than most commands do
(measured on two cores: 18 µs; 3 µs for each client that is woken right after it). So what the loop reads in one go is
answered in one go: the replies wait until the last command of the iteration has run. A client that is alone has nobody to
wait for: its replies leave at once, and its next command is looked for (`BusyPoll`).

Nobody waits long: replies leave as soon as the first of them has waited `_LONGEST_WAIT_SECONDS` when a command ends, and
before a statement is planned, which is the longest that the loop does without a pause.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from sqlnode.wire.busy_poll import BusyPoll

if TYPE_CHECKING:
    from sqlnode.wire.framing import PacketProtocol

_LONGEST_WAIT_SECONDS: Final = 5e-4


class Outbox:
    """The replies that wait on one loop. Used on its thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, poll: BusyPoll) -> None:
        self.loop = loop
        self.poll = poll
        self._waiting: list[PacketProtocol] = []
        self._since = 0.0
        """When the first of `_waiting` came."""
        self._last: PacketProtocol | None = None
        """Whose reply was the last."""

    def hand_over(self, protocol: PacketProtocol, *, together: bool) -> None:
        """`protocol` has a reply to send, now or, with `together`, at the end of the loop's iteration."""
        alone = self._last is protocol or self._last is None
        self._last = protocol
        waiting = self._waiting
        if not together or (alone and not waiting):
            protocol.flush()
            if alone:
                self.poll.begin()
            return
        waiting.append(protocol)
        if len(waiting) == 1:
            self._since = time.perf_counter()
            self.loop.call_soon(self.flush)
        elif time.perf_counter() - self._since > _LONGEST_WAIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Sends all that waits."""
        waiting = self._waiting
        if waiting:
            self._waiting = []
            for protocol in waiting:
                transport = protocol.transport
                # Another command of the same iteration may have cut this connection.
                if transport is not None and not transport.is_closing():
                    protocol.flush()

    def forget(self, protocol: PacketProtocol) -> None:
        """`protocol` is at its end."""
        if self._last is protocol:
            self._last = None
