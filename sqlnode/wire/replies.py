"""OK, EOF and ERR packets."""

from __future__ import annotations

import struct
from typing import Final

from sqlnode.base.errors import SqlError
from sqlnode.wire.constants import EOF_HEADER, Capability, Status, Track
from sqlnode.wire.payload import U16, length_encoded, length_prefix

_END_OK: Final = struct.Struct("<BBBHH").pack
_EOF: Final = struct.Struct("<BHH").pack

_ERROR_TEXT_LIMIT: Final = 1024
"""Bytes of message that MySQL's clients have room for; longer ones are cut there."""


def error_payload(error: SqlError, charset: str | None = None) -> bytes:
    """ERR. The message goes out in the result character set where that is not ours."""
    message = error.message.encode("utf-8", "replace")
    if charset not in (None, "utf8mb4", "utf8", "binary"):
        from sqlnode.base.charset import charset_by_name

        message = charset_by_name(charset or "utf8mb4").encode(message)
    if len(message) > _ERROR_TEXT_LIMIT:
        message = message[:_ERROR_TEXT_LIMIT].decode("utf-8", "ignore").encode()
    return b"\xff" + U16.pack(error.code) + b"#" + error.sqlstate.encode() + message


def ok_payload(
    capabilities: int,
    status: int,
    warnings: int = 0,
    *,
    affected_rows: int = 0,
    last_insert_id: int = 0,
    info: str = "",
    changes: bytes = b"",
) -> bytes:
    """OK. `changes` are session state changes (`state_changes`)."""
    if changes and capabilities & Capability.SESSION_TRACK:
        status |= Status.SESSION_STATE_CHANGED
    parts = [
        b"\0",
        length_prefix(affected_rows),
        length_prefix(last_insert_id & 0xFFFFFFFFFFFFFFFF),
        U16.pack(status),
        U16.pack(warnings),
    ]
    if info or changes:
        # Behind its length without SESSION_TRACK too: so the server does it, whatever its documentation says.
        parts.append(length_encoded(info.encode()))
    if changes and capabilities & Capability.SESSION_TRACK:
        parts.append(length_encoded(changes))
    return b"".join(parts)


def eof_payload(status: int, warnings: int = 0) -> bytes:
    """EOF, for clients without DEPRECATE_EOF and in the places where it never went away."""
    return _EOF(EOF_HEADER, warnings, status)


def end_of_rows(capabilities: int, status: int, warnings: int = 0) -> bytes:
    """What ends the rows of a result: under DEPRECATE_EOF an OK with EOF's first byte."""
    if capabilities & Capability.DEPRECATE_EOF:
        return _END_OK(EOF_HEADER, 0, 0, status, warnings)
    return _EOF(EOF_HEADER, warnings, status)


def state_changes(schema: str | None, variables: list[tuple[str, str]]) -> bytes:
    """Session state changes of an OK packet; empty when there are none."""
    parts = []
    for name, value in variables:
        data = length_encoded(name.encode()) + length_encoded(value.encode())
        parts.append(bytes((Track.SYSTEM_VARIABLES,)) + length_encoded(data))
    if schema is not None:
        parts.append(bytes((Track.SCHEMA,)) + length_encoded(length_encoded(schema.encode())))
    return b"".join(parts)
