"""The authentication exchange, for a new connection and for COM_CHANGE_USER."""

from __future__ import annotations

from typing import TypeVar

from sqlnode.base.errors import ACCESS_DENIED_ERROR, NOT_SUPPORTED_AUTH_MODE, SqlError
from sqlnode.base.passwords import DEFAULT_PLUGIN
from sqlnode.wire.auth import caching_sha2_password, mysql_native_password
from sqlnode.wire.auth.plugin import Channel, Credentials, Plugin
from sqlnode.wire.constants import Capability
from sqlnode.wire.handshake import auth_switch_request, new_nonce

PLUGINS: dict[str, Plugin] = {
    plugin.name: plugin for plugin in (caching_sha2_password.PLUGIN, mysql_native_password.PLUGIN)
}
Account = TypeVar("Account", bound=Credentials)


def denied(user: str, host: str, response: bytes) -> SqlError:
    """1045, with whether the client sent a password at all."""
    using = "YES" if response.strip(b"\0") else "NO"
    return SqlError(ACCESS_DENIED_ERROR, user=user, host=host, using=using)


async def authenticate(
    channel: Channel,
    account: Account | None,
    *,
    user: str,
    host: str,
    nonce: bytes,
    client_plugin: str,
    response: bytes,
    capabilities: int,
) -> Account:
    """The account, if the client proves its password. Raises 1045 or 1251.

    `response` answers `nonce` with `client_plugin` (empty: the greeting's, or native for clients without plugins). For
    an unknown account the exchange looks the same and fails at its end.
    """
    has_plugins = bool(capabilities & Capability.PLUGIN_AUTH)
    wanted = account.plugin if account is not None else DEFAULT_PLUGIN
    plugin = PLUGINS.get(wanted)
    if plugin is None:
        raise denied(user, host, response)
    if not client_plugin:
        client_plugin = DEFAULT_PLUGIN if has_plugins else mysql_native_password.PLUGIN.name
    if client_plugin != wanted:
        if not has_plugins:
            raise SqlError(NOT_SUPPORTED_AUTH_MODE)
        nonce = new_nonce()
        channel.send(auth_switch_request(wanted, nonce))
        response = await channel.receive()
    if account is None or not await plugin.check(channel, account, nonce, response):
        raise denied(user, host, response)
    return account
