"""mysql_native_password: the client proves SHA1(password) with one scramble.

The response is SHA1(password) XOR SHA1(nonce + SHA1(SHA1(password))); the stored form is the double hash in
hexadecimal (MySQL: sql/auth/password.cc).
"""

from __future__ import annotations

import hashlib
import hmac

from sqlnode.base.passwords import NATIVE
from sqlnode.wire.auth.plugin import Channel, Credentials, Plugin

SCRAMBLE_SIZE = 20


async def check(channel: Channel, account: Credentials, nonce: bytes, response: bytes) -> bool:
    """One comparison, no further packets."""
    stored = account.auth_string
    if not stored or not response:
        return not stored and not response
    if len(response) != SCRAMBLE_SIZE or len(stored) != 41:
        return False
    double_hash = bytes.fromhex(stored[1:].decode("ascii"))
    mask = hashlib.sha1(nonce + double_hash).digest()
    single_hash = bytes(a ^ b for a, b in zip(response, mask))
    return hmac.compare_digest(hashlib.sha1(single_hash).digest(), double_hash)


PLUGIN = Plugin(NATIVE, check)
