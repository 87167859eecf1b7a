"""Stored forms of passwords: what CREATE USER writes into `mysql.user` and what logging in compares with.

`mysql_native_password` keeps ``*HEX(SHA1(SHA1(password)))``; `caching_sha2_password` keeps ``$A$005$``, 20 bytes of
salt and 43 characters of SHA-256 crypt with 1000 times that many rounds (MySQL: sql/auth/sha2_password.cc; the digest
is Drepper's "Unix crypt using SHA-256"). An empty stored form is an empty password.
"""

from __future__ import annotations

import hashlib
import hmac
import os

NATIVE = "mysql_native_password"
CACHING_SHA2 = "caching_sha2_password"
DEFAULT_PLUGIN = CACHING_SHA2
_ROUNDS_UNIT = 1000
_DEFAULT_UNITS = 5
_SALT_SIZE = 20
_ALPHABET = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ORDER = (0, 10, 20, 21, 1, 11, 12, 22, 2, 3, 13, 23, 24, 4, 14, 15, 25, 5, 6, 16, 26, 27, 7, 17, 18, 28, 8, 9, 19, 29)


def stored_password(password: bytes, plugin: str = DEFAULT_PLUGIN, *, salt: bytes | None = None) -> bytes:
    """The stored form of a clear password under `plugin`. Raises KeyError for a plugin that is not ours."""
    if plugin not in (NATIVE, CACHING_SHA2):
        raise KeyError(plugin)
    if not password:
        return b""
    return native_hash(password) if plugin == NATIVE else sha2_hash(password, salt)


def is_stored_form(stored: bytes, plugin: str) -> bool:
    """Whether `stored` (from IDENTIFIED WITH plugin AS '…') is a form that `plugin` can read."""
    if not stored:
        return True
    if plugin == NATIVE:
        return len(stored) == 41 and stored[:1] == b"*" and all(c in b"0123456789ABCDEFabcdef" for c in stored[1:])
    return plugin == CACHING_SHA2 and _sha2_parts(stored) is not None


def native_hash(password: bytes) -> bytes:
    """`*` and 40 hexadecimal digits."""
    if not password:
        return b""
    return b"*" + hashlib.sha1(hashlib.sha1(password).digest()).hexdigest().upper().encode()


def sha2_hash(password: bytes, salt: bytes | None = None, units: int = _DEFAULT_UNITS) -> bytes:
    """`$A$005$`, salt and digest (70 bytes). `salt` is 20 bytes without NUL and `$`; random when not given.

    Takes some milliseconds of computing on purpose.
    """
    if not password:
        return b""
    if salt is None:
        salt = bytes(byte & 0x7F if byte & 0x7F not in (0, 0x24) else 0x25 for byte in os.urandom(_SALT_SIZE))
    return b"$A$%03X$%b%b" % (units, salt, _sha256_crypt(password, salt, units * _ROUNDS_UNIT))


def verify(password: bytes, stored: bytes, plugin: str) -> bool:
    """Whether a clear password belongs to a stored form."""
    if not stored or not password:
        return not stored and not password
    if plugin == NATIVE:
        return hmac.compare_digest(native_hash(password), stored.upper())
    parts = _sha2_parts(stored)
    if plugin != CACHING_SHA2 or parts is None:
        return False
    units, salt, digest = parts
    return hmac.compare_digest(_sha256_crypt(password, salt, units * _ROUNDS_UNIT), digest)


def _sha2_parts(stored: bytes) -> tuple[int, bytes, bytes] | None:
    if len(stored) != 7 + _SALT_SIZE + 43 or stored[:3] != b"$A$" or stored[6:7] != b"$":
        return None
    try:
        units = int(stored[3:6], 16)
    except ValueError:
        return None
    return units, stored[7 : 7 + _SALT_SIZE], stored[7 + _SALT_SIZE :]


def _sha256_crypt(password: bytes, salt: bytes, rounds: int) -> bytes:
    """The 43 characters that SHA-256 crypt ends with; the salt may have up to 20 bytes here."""
    sha256 = hashlib.sha256
    length = len(password)
    alternate = sha256(password + salt + password).digest()
    start = sha256(password + salt + alternate * (length // 32) + alternate[: length % 32])
    bits = length
    while bits:
        start.update(alternate if bits & 1 else password)
        bits >>= 1
    digest = start.digest()
    repeated = sha256(password * length).digest()
    p_bytes = repeated * (length // 32) + repeated[: length % 32]
    repeated = sha256(salt * (16 + digest[0])).digest()
    s_bytes = (repeated * (len(salt) // 32 + 1))[: len(salt)]
    for number in range(rounds):
        odd = number & 1
        text = p_bytes if odd else digest
        if number % 3:
            text += s_bytes
        if number % 7:
            text += p_bytes
        digest = sha256(text + (digest if odd else p_bytes)).digest()
    output = bytearray()
    for index in range(0, 30, 3):
        a, b, c = _ORDER[index : index + 3]
        _append_base64(output, digest[a] << 16 | digest[b] << 8 | digest[c], 4)
    _append_base64(output, digest[31] << 8 | digest[30], 3)
    return bytes(output)


def _append_base64(output: bytearray, number: int, count: int) -> None:
    for _ in range(count):
        output.append(_ALPHABET[number & 63])
        number >>= 6
