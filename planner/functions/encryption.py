"""Hashes, AES and compression (MySQL manual, Encryption and Compression Functions)."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from typing import Any

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.characters import connection_text, encoded
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Volatility
from sqlnode.base.errors import (
    AES_INVALID_IV,
    DATA_OUT_OF_RANGE,
    NOT_SUPPORTED_YET,
    OPTION_IGNORED,
    WRONG_PARAMCOUNT_TO_NATIVE_FCT,
    SqlError,
)
from sqlnode.base.types import integer, varbinary

S, N = Kind.STRING, Kind.INT


def _hash(name: str) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        encode = encoded(call.args[0].type)

        def run(value: bytes) -> bytes:
            return (
                hashlib.new(name, value if encode is None else encode(value), usedforsecurity=False)
                .hexdigest()
                .encode()
            )

        return run

    return build


MD5 = Function(
    "md5",
    (S,),
    connection_text(32),
    build=_hash("md5"),
    coercibility=Coercibility.LITERAL,
    example=("MD5('testing')", "ae2b1fca515949e5d54fb22b8ed95575"),
)
SHA1 = Function(
    "sha1",
    (S,),
    connection_text(40),
    build=_hash("sha1"),
    aliases=("sha",),
    coercibility=Coercibility.LITERAL,
    example=("SHA1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d"),
)
_SHA2 = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}


def _sha2(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)

    def run(value: bytes, bits: int) -> bytes | None:
        name = _SHA2.get(bits)
        body = value if encode is None else encode(value)
        return None if name is None else hashlib.new(name, body).hexdigest().encode()

    return run


SHA2 = Function(
    "sha2",
    (S, N),
    connection_text(128),
    build=_sha2,
    coercibility=Coercibility.LITERAL,
    example=("SHA2('abc', 224)", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    examples=(("SHA2('abc', 1)", "NULL"),),
)


# ------------------------------------------------------------------------------------------------------------------ AES


def _aes_key(key: bytes, size: int) -> bytes:
    """MySQL's folding of a key of any length: its blocks are xored together."""
    folded = bytearray(size)
    for at, byte in enumerate(key):
        folded[at % size] ^= byte
    return bytes(folded)


def _cipher(context: EvalContext, function: str, key: bytes, vector: bytes | None) -> tuple[Any, bool]:
    """(the cipher of block_encryption_mode, whether its blocks are padded)."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    mode = context.session.variable("block_encryption_mode") if context.session is not None else "aes-128-ecb"
    _, bits, chaining = str(mode).lower().split("-")
    algorithm = algorithms.AES(_aes_key(key, int(bits) // 8))
    if chaining == "ecb":
        if vector is not None:
            context.warning(OPTION_IGNORED, option="IV")
        return Cipher(algorithm, modes.ECB()), True
    if vector is None:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=function)
    if len(vector) < 16:
        raise SqlError(AES_INVALID_IV, function=function, size=16)
    if chaining == "cbc":
        return Cipher(algorithm, modes.CBC(vector[:16])), True
    if chaining == "ofb":
        from cryptography.hazmat.decrepit.ciphers.modes import OFB

        return Cipher(algorithm, OFB(vector[:16])), False
    if chaining == "cfb128":
        from cryptography.hazmat.decrepit.ciphers.modes import CFB

        return Cipher(algorithm, CFB(vector[:16])), False
    raise SqlError(NOT_SUPPORTED_YET, feature=f"block_encryption_mode {mode}")


def _aes_encrypt(context: EvalContext, value: bytes, key: bytes, vector: bytes | None = None) -> bytes:
    cipher, padded = _cipher(context, "aes_encrypt", key, vector)
    if padded:
        missing = 16 - len(value) % 16
        value += bytes([missing]) * missing
    encryptor = cipher.encryptor()
    result: bytes = encryptor.update(value) + encryptor.finalize()
    return result


def _aes_decrypt(context: EvalContext, value: bytes, key: bytes, vector: bytes | None = None) -> bytes | None:
    cipher, padded = _cipher(context, "aes_decrypt", key, vector)
    if padded and (len(value) % 16 or not value):
        return None
    decryptor = cipher.decryptor()
    plain: bytes = decryptor.update(value) + decryptor.finalize()
    if not padded:
        return plain
    missing = plain[-1]
    if not 1 <= missing <= 16 or plain[-missing:] != bytes([missing]) * missing:
        return None
    return plain[:-missing]


AES_ENCRYPT = Function(
    "aes_encrypt",
    (S, S, S),
    varbinary(),
    scalar=_aes_encrypt,
    context=True,
    min_args=2,
    max_args=3,
    volatility=Volatility.STATEMENT,
    example=("HEX(AES_ENCRYPT('text', 'password'))", "F6BD0FA8DCB7F8CD4A2FAABC54668044"),
)
AES_DECRYPT = Function(
    "aes_decrypt",
    (S, S, S),
    varbinary(),
    scalar=_aes_decrypt,
    context=True,
    min_args=2,
    max_args=3,
    volatility=Volatility.STATEMENT,
    example=("AES_DECRYPT(AES_ENCRYPT('text', 'password'), 'password')", "text"),
    examples=(("AES_DECRYPT('abc', 'password')", "NULL"),),
)


def _random_bytes(context: EvalContext, count: int) -> bytes:
    if not 1 <= count <= 1024:
        raise SqlError(DATA_OUT_OF_RANGE, kind="length", expression="random_bytes")
    return os.urandom(count)


RANDOM_BYTES = Function(
    "random_bytes",
    (N,),
    varbinary(1024),
    scalar=_random_bytes,
    context=True,
    volatility=Volatility.ROW,
    example=("LENGTH(RANDOM_BYTES(16))", "16"),
)


# ---------------------------------------------------------------------------------------------------------- compression


def _compress(value: bytes) -> bytes:
    if not value:
        return b""
    packed = struct.pack("<I", len(value)) + zlib.compress(value)
    return packed + b"." if packed.endswith(b" ") else packed


def _uncompress(value: bytes) -> bytes | None:
    if not value:
        return b""
    try:
        return zlib.decompressobj().decompress(value[4:]) if len(value) > 4 else None
    except zlib.error:
        return None


COMPRESS = Function(
    "compress", (S,), varbinary(), scalar=_compress, example=("LENGTH(COMPRESS(REPEAT('a', 1000)))", "21")
)
UNCOMPRESS = Function(
    "uncompress",
    (S,),
    varbinary(),
    scalar=_uncompress,
    example=("UNCOMPRESS(COMPRESS('any string'))", "any string"),
    examples=(("UNCOMPRESS('any string')", "NULL"),),
)
UNCOMPRESSED_LENGTH = Function(
    "uncompressed_length",
    (S,),
    integer(length=10),
    scalar=lambda value: int.from_bytes(value[:4], "little") & 0x3FFFFFFF if len(value) > 4 else 0,
    example=("UNCOMPRESSED_LENGTH(COMPRESS(REPEAT('a', 30)))", "30"),
)
