"""What an authentication plugin is, and what it may do while it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol


class Credentials(Protocol):
    """The part of an account that plugins read."""

    @property
    def user(self) -> str:
        """The account's user name."""

    @property
    def host(self) -> str:
        """The account's host pattern."""

    @property
    def plugin(self) -> str:
        """Name of the account's plugin."""

    @property
    def auth_string(self) -> bytes:
        """The stored password (`sqlnode.base.passwords`)."""


class Channel(Protocol):
    """The connection as a plugin sees it: packets to and from the client."""

    @property
    def is_secure(self) -> bool:
        """Whether nobody can read along (TLS)."""

    def send(self, payload: bytes) -> None:
        """Sends a payload at once."""

    async def receive(self) -> bytes:
        """The client's next payload."""

    async def run_blocking(self, function: Callable[[], bytes | bool]) -> bytes | bool:
        """Runs a computation of milliseconds off the loop."""

    async def private_key(self) -> RsaKey:
        """The server's RSA key pair."""

    @property
    def verified(self) -> VerifiedPasswords:
        """The server's memory of passwords that were proven."""


class RsaKey(Protocol):
    """The RSA pair of the password exchange without TLS."""

    @property
    def public_pem(self) -> bytes:
        """The public key in PEM form."""

    def decrypt(self, encrypted: bytes) -> bytes | None:
        """OAEP with SHA-1; None for what does not decrypt."""


class VerifiedPasswords:
    """caching_sha2_password's cache: SHA256(SHA256(password)) per account, valid while its stored password is the same.

    Bounded: the oldest entry goes when `LIMIT` accounts are in it.
    """

    LIMIT = 4096

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], tuple[bytes, bytes]] = {}

    def get(self, account: Credentials) -> bytes | None:
        """The double hash, if the account's password was proven before and has not changed since."""
        found = self._entries.get((account.user, account.host))
        return found[1] if found is not None and found[0] == account.auth_string else None

    def put(self, account: Credentials, double_hash: bytes) -> None:
        """Remembers a proven password."""
        if len(self._entries) >= self.LIMIT:
            del self._entries[next(iter(self._entries))]
        self._entries[account.user, account.host] = (account.auth_string, double_hash)


@dataclass(frozen=True, slots=True)
class Plugin:
    """An authentication plugin. `check` gets the client's response to `nonce` and says whether the password is right;
    it may exchange further packets."""

    name: str
    check: Callable[[Channel, Credentials, bytes, bytes], Awaitable[bool]]
    """(channel, account, nonce, response)"""
