"""A small MySQL client over a blocking socket, for what drivers do not let one send or see."""

from __future__ import annotations

import hashlib
import socket

from sqlnode.wire.constants import Capability as C
from sqlnode.wire.payload import PayloadReader, length_encoded

DEFAULT = (
    C.LONG_PASSWORD
    | C.PROTOCOL_41
    | C.SECURE_CONNECTION
    | C.PLUGIN_AUTH
    | C.MULTI_STATEMENTS
    | C.MULTI_RESULTS
    | C.PS_MULTI_RESULTS
    | C.TRANSACTIONS
    | C.LOCAL_FILES
)


def packet(payload: bytes, sequence: int = 0) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((sequence,)) + payload


class RawClient:
    """Connects as root without a password unless told otherwise."""

    def __init__(self, port: int, flags: int = DEFAULT, *, login: bool = True, timeout: float = 10) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.flags = flags
        self.sequence = 0
        if login:
            self.greeting = self.read()
            self.send(self.response(), 1)
            reply = self.read()
            assert reply[0] == 0, reply

    def response(self, user: bytes = b"root", auth: bytes = b"", plugin: bytes = b"caching_sha2_password") -> bytes:
        return (
            self.flags.to_bytes(4, "little")
            + (1 << 24).to_bytes(4, "little")
            + b"\xff"
            + bytes(23)
            + user
            + b"\0"
            + bytes((len(auth),))
            + auth
            + plugin
            + b"\0"
        )

    def send(self, payload: bytes, sequence: int = 0) -> None:
        view = memoryview(payload)
        for start in range(0, len(payload) + 1, 0xFFFFFF):
            self.socket.sendall(packet(bytes(view[start : start + 0xFFFFFF]), sequence))
            sequence = (sequence + 1) & 255

    def exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            piece = self.socket.recv(min(size - len(parts), 1 << 20))
            if not piece:
                raise ConnectionError("closed")
            parts += piece
        return bytes(parts)

    def read(self) -> bytes:
        """The next payload; packets that belong together are put together."""
        payload = b""
        while True:
            head = self.exactly(4)
            length = int.from_bytes(head[:3], "little")
            self.sequence = head[3]
            payload += self.exactly(length)
            if length < 0xFFFFFF:
                return payload

    def command(self, payload: bytes) -> bytes:
        self.send(payload)
        return self.read()

    def result(self, payload: bytes) -> tuple[list[bytes], list[bytes], bytes]:
        """(column definitions, rows, terminator) of a result set."""
        count = PayloadReader(self.command(payload)).length_integer()
        columns = [self.read() for _ in range(count)]
        if not self.flags & C.DEPRECATE_EOF:
            assert self.read()[0] == 0xFE
        rows = []
        while True:
            row = self.read()
            if row[0] == 0xFF or (
                row[0] == 0xFE and len(row) < 0xFFFFFF and (len(row) < 9 or self.flags & C.DEPRECATE_EOF)
            ):
                return columns, rows, row
            rows.append(row)

    def close(self) -> None:
        self.socket.close()


def sha2_scramble(password: bytes, nonce: bytes) -> bytes:
    first = hashlib.sha256(password).digest()
    mask = hashlib.sha256(hashlib.sha256(first).digest() + nonce).digest()
    return bytes(a ^ b for a, b in zip(first, mask))


def text_row(*values: bytes | None) -> bytes:
    return b"".join(b"\xfb" if value is None else length_encoded(value) for value in values)
