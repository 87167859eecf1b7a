"""The pieces that payloads consist of: integers, length-encoded integers and strings."""

from __future__ import annotations

import struct
from typing import Final

from sqlnode.base.errors import MALFORMED_PACKET, SqlError

U16: Final = struct.Struct("<H")
U32: Final = struct.Struct("<I")
U64: Final = struct.Struct("<Q")

SHORT_LENGTHS: Final = tuple(bytes((length,)) for length in range(251))
"""The length prefix of strings below 251 bytes."""


def length_prefix(length: int) -> bytes:
    """A length-encoded integer."""
    if length < 251:
        return SHORT_LENGTHS[length]
    if length < 1 << 16:
        return b"\xfc" + length.to_bytes(2, "little")
    if length < 1 << 24:
        return b"\xfd" + length.to_bytes(3, "little")
    return b"\xfe" + length.to_bytes(8, "little")


def length_encoded(text: bytes) -> bytes:
    """A string behind its length."""
    length = len(text)
    return (SHORT_LENGTHS[length] if length < 251 else length_prefix(length)) + text


class PayloadReader:
    """Typed reads from a payload. Every read raises SqlError(MALFORMED_PACKET) when the payload ends early."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def remaining(self) -> int:
        """Bytes not read yet."""
        return len(self.data) - self.position

    def fixed(self, size: int) -> bytes:
        """The next `size` bytes."""
        start = self.position
        end = start + size
        if end > len(self.data):
            raise SqlError(MALFORMED_PACKET)
        self.position = end
        return self.data[start:end]

    def integer(self, size: int) -> int:
        """A little-endian unsigned integer of `size` bytes."""
        return int.from_bytes(self.fixed(size), "little")

    def length_integer(self) -> int:
        """A length-encoded integer."""
        first = self.integer(1)
        if first < 251:
            return first
        if first in (0xFB, 0xFF):
            raise SqlError(MALFORMED_PACKET)
        return self.integer({0xFC: 2, 0xFD: 3, 0xFE: 8}[first])

    def length_string(self) -> bytes:
        """A string behind its length."""
        return self.fixed(self.length_integer())

    def null_terminated(self) -> bytes:
        """The bytes up to the next NUL, which is consumed."""
        end = self.data.find(b"\0", self.position)
        if end < 0:
            raise SqlError(MALFORMED_PACKET)
        found = self.data[self.position : end]
        self.position = end + 1
        return found

    def rest(self) -> bytes:
        """Everything not read yet."""
        found = self.data[self.position :]
        self.position = len(self.data)
        return found
