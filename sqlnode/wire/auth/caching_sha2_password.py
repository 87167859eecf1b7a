"""caching_sha2_password: a scramble when the server remembers the password, else the password itself, protected.

The fast path compares SHA256(password) XOR SHA256(SHA256(SHA256(password)) + nonce) with what the cache knows. The
full path asks for the password: in clear over TLS, else encrypted with the server's RSA key after an XOR with the
nonce (MySQL: sql/auth/sha2_password.cc).
"""

from __future__ import annotations

import hashlib
import hmac

from sqlnode.base.passwords import CACHING_SHA2, verify
from sqlnode.wire.auth.plugin import Channel, Credentials, Plugin
from sqlnode.wire.handshake import auth_more_data

SCRAMBLE_SIZE = 32
REQUEST_PUBLIC_KEY = b"\x02"
FAST_AUTH_SUCCESS = b"\x03"
PERFORM_FULL_AUTHENTICATION = b"\x04"


async def check(channel: Channel, account: Credentials, nonce: bytes, response: bytes) -> bool:
    """Fast path if the cache knows the account and the scramble fits; else the full exchange."""
    stored = account.auth_string
    if response in (b"", b"\0"):
        return not stored
    if not stored:
        return False
    known = channel.verified.get(account)
    if known is not None and len(response) == SCRAMBLE_SIZE and _scramble_fits(response, known, nonce):
        channel.send(auth_more_data(FAST_AUTH_SUCCESS))
        return True
    channel.send(auth_more_data(PERFORM_FULL_AUTHENTICATION))
    password = await _receive_password(channel, nonce)
    if password is None or not await channel.run_blocking(lambda: verify(password, stored, CACHING_SHA2)):
        return False
    channel.verified.put(account, hashlib.sha256(hashlib.sha256(password).digest()).digest())
    return True


def _scramble_fits(response: bytes, double_hash: bytes, nonce: bytes) -> bool:
    mask = hashlib.sha256(double_hash + nonce).digest()
    single_hash = bytes(a ^ b for a, b in zip(response, mask))
    return hmac.compare_digest(hashlib.sha256(single_hash).digest(), double_hash)


async def _receive_password(channel: Channel, nonce: bytes) -> bytes | None:
    """The clear password without its NUL; None when the client sends no such thing."""
    payload = await channel.receive()
    if channel.is_secure:
        return payload[:-1] if payload.endswith(b"\0") else None
    if payload == REQUEST_PUBLIC_KEY:
        key = await channel.private_key()
        channel.send(auth_more_data(key.public_pem))
        payload = await channel.receive()
    else:
        key = await channel.private_key()
    encrypted = payload
    clear = await channel.run_blocking(lambda: key.decrypt(encrypted) or b"")
    if not isinstance(clear, bytes) or not clear:
        return None
    plain = bytes(byte ^ nonce[index % len(nonce)] for index, byte in enumerate(clear))
    return plain[:-1] if plain.endswith(b"\0") else None


PLUGIN = Plugin(CACHING_SHA2, check)
