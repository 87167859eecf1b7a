"""Checksum requests: the XOR over all pairs of the CRC-64/XZ of key and value, with counts.

The CRC runs over many pairs at once: byte by byte, each step for all rows that are long enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from executor.copr.errors import UnsupportedDagError
from store.api import Block
from store.proto import tipb_pb2

_POLYNOMIAL = 0xC96C5795D7870F42
_ALL = np.uint64((1 << 64) - 1)


@lru_cache(maxsize=1)
def _table() -> npt.NDArray[np.uint64]:
    values = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        values.append(value)
    return np.array(values, np.uint64)


def crc64(texts: list[bytes]) -> npt.NDArray[np.uint64]:
    """CRC-64/XZ of each byte string."""
    table = _table()
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    order = np.argsort(-lengths, kind="stable")
    buffer = np.frombuffer(b"".join(texts) + b"\x00", np.uint8)
    starts = (np.cumsum(lengths) - lengths)[order]
    sorted_lengths = lengths[order]
    state = np.full(len(texts), _ALL)
    for step in range(int(sorted_lengths[0]) if len(texts) else 0):
        alive = int(np.searchsorted(-sorted_lengths, -step, side="left"))
        index = (state[:alive] ^ buffer[starts[:alive] + step]) & np.uint64(255)
        state[:alive] = state[:alive] >> np.uint64(8) ^ table[index]
    result = np.empty(len(texts), np.uint64)
    result[order] = state ^ _ALL
    return result


def run_checksum(request: tipb_pb2.ChecksumRequest, blocks: Iterable[Block]) -> tipb_pb2.ChecksumResponse:
    """The answer for one region's ranges. Raises UnsupportedDagError for unknown algorithms."""
    if request.algorithm != 0:
        raise UnsupportedDagError(f"checksum algorithm {request.algorithm}")
    old, new = request.rule.old_prefix, request.rule.new_prefix
    checksum = total_pairs = total_bytes = 0
    for keys, values in blocks:
        if not keys:
            continue
        renamed = [old + key[len(new) :] if new and key.startswith(new) else key for key in keys]
        texts = [key + value for key, value in zip(renamed, values, strict=True)]
        checksum ^= int(np.bitwise_xor.reduce(crc64(texts)))
        total_pairs += len(texts)
        total_bytes += sum(map(len, texts))
    return tipb_pb2.ChecksumResponse(checksum=checksum, total_kvs=total_pairs, total_bytes=total_bytes)
