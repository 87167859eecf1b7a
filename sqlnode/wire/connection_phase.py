"""From the first byte to an authenticated session: greeting, TLS, handshake response, authentication, database.

One coroutine per connection, `ConnectionPhase.run`; every packet that it awaits is named in the code's order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from sqlnode.base.collation import by_id
from sqlnode.base.errors import (
    ACCOUNT_HAS_BEEN_LOCKED,
    HANDSHAKE_ERROR,
    TOO_MANY_USER_CONNECTIONS,
    USER_LIMIT_REACHED,
    SqlError,
)
from sqlnode.session.effects import set_session
from sqlnode.sysvars.server import VERSION
from sqlnode.wire.auth.exchange import authenticate, denied
from sqlnode.wire.auth.plugin import Channel, RsaKey, VerifiedPasswords
from sqlnode.wire.constants import SERVER_CAPABILITIES, Capability, Status
from sqlnode.wire.framing import LINGER_SECONDS, PacketProtocol
from sqlnode.wire.handshake import (
    ChangeUser,
    HandshakeResponse,
    greeting,
    is_ssl_request,
    new_nonce,
    parse_response,
)

if TYPE_CHECKING:
    from sqlnode.privileges import Account
    from sqlnode.server import Server
    from sqlnode.session.session import Session
    from sqlnode.wire.session_view import SessionView

LOCAL_HOST = "localhost"
NO_PLUGIN = "-"
"""A plugin name that no account has."""


class AuthChannel(Channel):
    """What authentication plugins may do with a connection."""

    def __init__(self, protocol: PacketProtocol, server: Server, *, secure: bool) -> None:
        self._protocol = protocol
        self._server = server
        self._secure = secure

    @property
    def is_secure(self) -> bool:
        """Whether the connection is under TLS."""
        return self._secure

    @property
    def verified(self) -> VerifiedPasswords:
        """The server's cache."""
        return self._server.verified

    def send(self, payload: bytes) -> None:
        """Sends at once."""
        self._protocol.send(payload)
        self._protocol.flush()

    async def receive(self) -> bytes:
        """The client's next payload."""
        return await self._protocol.read_packet()

    async def run_blocking(self, function: Callable[[], bytes | bool]) -> bytes | bool:
        """In the loop's thread pool."""
        return await asyncio.get_running_loop().run_in_executor(None, function)

    async def private_key(self) -> RsaKey:
        """The server's RSA pair."""
        return await self._server.keys.rsa()


class ConnectionPhase:
    """One client's way in. After `run`, `session` is set and `capabilities` are agreed."""

    def __init__(self, server: Server, protocol: PacketProtocol, connection_id: int, address: str) -> None:
        self._server = server
        self._protocol = protocol
        self._id = connection_id
        self.address = address
        self.host = LOCAL_HOST if is_loopback(address) else address
        self.capabilities = 0
        self.is_secure = False
        self.cipher = ("", "")
        self.nonce = new_nonce()

    async def run(self) -> SessionView:
        """The session. Raises SqlError for what ends the connection, and ConnectionLost."""
        protocol, server = self._protocol, self._server
        offered = SERVER_CAPABILITIES | (Capability.SSL if server.config.tls else 0)
        nonce = self.nonce
        plugin = str(server.instance.globals.values["default_authentication_plugin"])
        protocol.send(greeting(VERSION, self._id, nonce, offered, Status.AUTOCOMMIT, plugin))
        protocol.flush()
        payload = await protocol.read_packet()
        if is_ssl_request(payload):
            if not offered & Capability.SSL:
                raise SqlError(HANDSHAKE_ERROR)
            await self._start_tls()
            payload = await protocol.read_packet()
        response = parse_response(payload, offered)
        self.capabilities = response.capabilities
        session = server.new_session(self._id, self.host)
        session.cipher = self.cipher
        _set_charset(session, response.charset)
        await self._log_in(session, response, nonce)
        server.instance.sessions[session.id] = session
        return session

    async def _start_tls(self) -> None:
        protocol = self._protocol
        context = await self._server.keys.context()
        assert protocol.transport is not None, "a packet came in, so there is a transport"
        loop = asyncio.get_running_loop()
        # Clients that are idle do not answer the end of TLS: a stop and KILL must not wait for them.
        transport = await loop.start_tls(
            protocol.transport, protocol, context, server_side=True, ssl_shutdown_timeout=LINGER_SECONDS
        )
        assert transport is not None, "start_tls answers with a transport or raises"
        protocol.attach(transport)
        found = transport.get_extra_info("cipher")
        if found is not None:
            self.cipher = (str(found[0]), str(found[1]))
        protocol.exact = False
        self.is_secure = True

    async def _log_in(self, session: Session, response: HandshakeResponse, nonce: bytes) -> None:
        user = response.user.decode("utf-8", "replace")
        account = await self._authenticate(user, response.plugin, nonce, response.auth_response)
        session.user, session.account = user, account
        session.capabilities = response.capabilities
        session.attributes = response.attributes
        if response.capabilities & Capability.INTERACTIVE:
            set_session(session, "wait_timeout", session.variables.values["interactive_timeout"])
        self._check_count(account)
        if response.database:
            await session.use(session.decode(response.database))

    def _check_count(self, account: Account) -> None:
        """max_user_connections, the account's own or the server's. Raises 1226, 1203."""
        own = account.max_user_connections
        everybody = int(self._server.instance.globals.values["max_user_connections"] or 0)
        limit = own or everybody
        if not limit:
            return
        name = (account.user, account.host)
        others = (session.account for session in self._server.instance.sessions.values())
        if sum(other is not None and (other.user, other.host) == name for other in others) < limit:
            return
        if own:
            raise SqlError(USER_LIMIT_REACHED, user=account.user, resource="max_user_connections", limit=own)
        raise SqlError(TOO_MANY_USER_CONNECTIONS, user=account.user)

    async def _authenticate(self, user: str, plugin: str, nonce: bytes, auth_response: bytes) -> Account:
        accounts = self._server.instance.accounts
        found: Account | None = accounts.find(user, self.host)
        if self.host != self.address and self.address and (found is None or found.host != self.host):
            by_address = accounts.find(user, self.address)
            if by_address is not None and (found is None or by_address.host == self.address):
                found = by_address
        channel = AuthChannel(self._protocol, self._server, secure=self.is_secure)
        account = await authenticate(
            channel,
            found,
            user=user,
            host=self.host,
            nonce=nonce,
            client_plugin=plugin,
            response=auth_response,
            capabilities=self.capabilities,
        )
        if account.user == "root" and not account.auth_string and self.host != LOCAL_HOST:
            raise denied(user, self.host, auth_response)
        if account.require_tls and not self.is_secure:
            raise denied(user, self.host, auth_response)
        if account.locked:
            raise SqlError(ACCOUNT_HAS_BEEN_LOCKED, user=user, host=self.host)
        return account

    async def change_user(self, session: SessionView, request: ChangeUser) -> None:
        """COM_CHANGE_USER: the same exchange for another user; the session begins anew. Raises 1045, 1049.

        Clients with plugins are always asked to switch, with a new nonce: what they took for the nonce here depends on
        the client.
        """
        user = request.user.decode("utf-8", "replace")
        plugin = NO_PLUGIN if self.capabilities & Capability.PLUGIN_AUTH else request.plugin
        account = await self._authenticate(user, plugin, self.nonce, request.auth_response)
        await session.change_user(user, self.host, account, session.decode(request.database))
        if request.charset is not None:
            _set_charset(cast("Session", session), request.charset)
        if request.attributes:
            session.attributes = request.attributes


def is_loopback(address: str) -> bool:
    """Whether a peer's address (empty: a Unix socket) is this machine's own."""
    return address in ("", "::1") or address.removeprefix("::ffff:").startswith("127.")


def _set_charset(session: Session, number: int) -> None:
    """The character set of the handshake's collation; an unknown number leaves the server's own."""
    try:
        collation = by_id(number)
    except SqlError:
        return
    if collation.charset in ("ucs2", "utf16", "utf16le", "utf32"):
        return
    set_session(session, "character_set_client", collation.charset)
    set_session(session, "character_set_results", collation.charset)
    set_session(session, "collation_connection", collation.name)
