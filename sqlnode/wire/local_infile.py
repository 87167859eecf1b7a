"""LOAD DATA LOCAL INFILE: the server asks for a file, the client sends it in packets and an empty one at its end.

The client's packets must all be taken before the reply goes out, whether the statement wanted them or failed, or they
would be read as commands.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlnode.base.errors import SqlError
from sqlnode.wire.constants import LOCAL_INFILE_HEADER
from sqlnode.wire.framing import PacketProtocol


class LocalInfile:
    """The LOCAL INFILE exchange of one connection."""

    def __init__(self, protocol: PacketProtocol) -> None:
        self._protocol = protocol
        self.is_open = False
        """Whether the client is still to send its end of file."""

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The file's bytes as the client sends them. Raises ConnectionLost."""
        protocol = self._protocol
        protocol.send(LOCAL_INFILE_HEADER + name.encode("utf-8", "surrogateescape"))
        await protocol.drain()
        self.is_open = True
        while True:
            piece = await self._packet()
            if not piece:
                self.is_open = False
                return
            yield piece

    async def drain(self) -> None:
        """Takes what the client still sends. Raises ConnectionLost, and SqlError for a broken packet."""
        while self.is_open:
            if not await self._packet():
                self.is_open = False

    async def _packet(self) -> bytes:
        """The next packet; behind a broken one there is nothing that could be understood."""
        try:
            return await self._protocol.read_packet()
        except SqlError:
            self.is_open = False
            raise
