"""The connection phase's packets: the greeting, the SSL request and the handshake response."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from sqlnode.base.errors import HANDSHAKE_ERROR, MALFORMED_PACKET, SqlError
from sqlnode.wire.constants import PROTOCOL_VERSION, Capability
from sqlnode.wire.payload import U16, U32, PayloadReader

NONCE_SIZE = 20
SSL_REQUEST_SIZE = 32
GREETING_CHARSET = 255
"""utf8mb4_0900_ai_ci."""

MAX_ATTRIBUTES_SIZE = 64 * 1024
"""Bytes of connection attributes that are kept; more is malformed, as in MySQL."""


def new_nonce() -> bytes:
    """20 random bytes that no client takes for the end of a string: none is NUL or `$`."""
    return bytes(byte & 0x7F if byte & 0x7F not in (0, 0x24) else 0x25 for byte in os.urandom(NONCE_SIZE))


def greeting(version: str, connection_id: int, nonce: bytes, capabilities: int, status: int, plugin: str) -> bytes:
    """Handshake v10. The filler is zero and LONG_PASSWORD is set, or MariaDB clients read extended flags there."""
    return b"".join(
        (
            bytes((PROTOCOL_VERSION,)),
            version.encode() + b"\0",
            U32.pack(connection_id & 0xFFFFFFFF),
            nonce[:8] + b"\0",
            U16.pack(capabilities & 0xFFFF),
            bytes((GREETING_CHARSET,)),
            U16.pack(status),
            U16.pack(capabilities >> 16),
            bytes((len(nonce) + 1,)),
            bytes(10),
            nonce[8:] + b"\0",
            plugin.encode() + b"\0",
        )
    )


@dataclass(frozen=True, slots=True)
class HandshakeResponse:
    """What the client says of itself. `capabilities` are the ones that both sides have."""

    capabilities: int
    max_packet: int
    charset: int
    user: bytes
    auth_response: bytes
    database: bytes
    plugin: str
    attributes: dict[str, str] = field(default_factory=dict)


def is_ssl_request(payload: bytes) -> bool:
    """Whether the first packet asks for TLS: the response's first 32 bytes alone, with the SSL flag."""
    if len(payload) < 4:
        raise SqlError(HANDSHAKE_ERROR)
    flags = int.from_bytes(payload[:4], "little")
    return len(payload) == SSL_REQUEST_SIZE and bool(flags & Capability.SSL)


def parse_response(payload: bytes, offered: int) -> HandshakeResponse:
    """The handshake response. Raises 1043 for a client before protocol 4.1 and for a packet that breaks off."""
    try:
        reader = PayloadReader(payload)
        flags = reader.integer(4)
        if not flags & Capability.PROTOCOL_41:
            raise SqlError(HANDSHAKE_ERROR)
        capabilities = flags & offered
        max_packet = reader.integer(4)
        charset = reader.integer(1)
        reader.fixed(23)
        user = reader.null_terminated()
        auth_response = _auth_response(reader, flags)
        database = reader.null_terminated() if flags & Capability.CONNECT_WITH_DB and reader.remaining else b""
        plugin = ""
        if flags & Capability.PLUGIN_AUTH and reader.remaining:
            plugin = _until_null(reader).decode("ascii", "replace")
        attributes = parse_attributes(reader) if capabilities & Capability.CONNECT_ATTRS and reader.remaining else {}
    except SqlError as error:
        if error.row is MALFORMED_PACKET:
            raise SqlError(HANDSHAKE_ERROR) from None
        raise
    return HandshakeResponse(capabilities, max_packet, charset, user, auth_response, database, plugin, attributes)


def _auth_response(reader: PayloadReader, flags: int) -> bytes:
    if flags & Capability.PLUGIN_AUTH_LENENC_CLIENT_DATA:
        return reader.length_string()
    if flags & Capability.SECURE_CONNECTION:
        return reader.fixed(reader.integer(1))
    return reader.null_terminated()


def _until_null(reader: PayloadReader) -> bytes:
    """A NUL-terminated string whose NUL some clients leave out at the end of the packet."""
    if b"\0" in reader.data[reader.position :]:
        return reader.null_terminated()
    return reader.rest()


def parse_attributes(reader: PayloadReader) -> dict[str, str]:
    """Connection attributes: a total length, then pairs of strings."""
    total = reader.length_integer()
    if total > MAX_ATTRIBUTES_SIZE:
        raise SqlError(MALFORMED_PACKET)
    inner = PayloadReader(reader.fixed(total))
    attributes: dict[str, str] = {}
    while inner.remaining:
        name = inner.length_string().decode("utf-8", "replace")
        attributes[name] = inner.length_string().decode("utf-8", "replace")
    return attributes


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """COM_CHANGE_USER's payload. `plugin` is empty when the client does not name one, `charset` None when absent."""

    user: bytes
    auth_response: bytes
    database: bytes
    charset: int | None
    plugin: str
    attributes: dict[str, str]


def parse_change_user(payload: bytes, capabilities: int) -> ChangeUser:
    """COM_CHANGE_USER, command byte included. Raises 1835."""
    reader = PayloadReader(payload, 1)
    user = reader.null_terminated()
    auth_response = (
        reader.fixed(reader.integer(1)) if capabilities & Capability.SECURE_CONNECTION else reader.null_terminated()
    )
    database = reader.null_terminated() if reader.remaining else b""
    charset = reader.integer(2) if reader.remaining >= 2 else None
    plugin = ""
    if capabilities & Capability.PLUGIN_AUTH and reader.remaining:
        plugin = _until_null(reader).decode("ascii", "replace")
    attributes = parse_attributes(reader) if capabilities & Capability.CONNECT_ATTRS and reader.remaining else {}
    return ChangeUser(user, auth_response, database, charset, plugin, attributes)


def auth_switch_request(plugin: str, nonce: bytes) -> bytes:
    """Asks the client to authenticate with another plugin."""
    return b"\xfe" + plugin.encode() + b"\0" + nonce + b"\0"


def auth_more_data(data: bytes) -> bytes:
    """A plugin's own message to the client."""
    return b"\x01" + data
