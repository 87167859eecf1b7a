"""Bytes of the three column families, as TiKV writes them.

    default  enc(key) + desc(start_ts)   → value longer than 255 bytes
    lock     enc(key)                    → lock record
    write    enc(key) + desc(commit_ts)  → write record (rollbacks at desc(start_ts))

`enc` is the memcomparable form (groups of eight bytes, each followed by a marker), `desc` the bitwise complement in
big-endian order, so that newer versions sort first. Sources: TiKV txn_types/lock.rs, write.rs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from typing import Final

from store.api import Corrupt

PUT: Final = 0x50
DELETE: Final = 0x44
LOCK: Final = 0x4C
ROLLBACK: Final = 0x52
PESSIMISTIC: Final = 0x53

NEVER: Final = 1 << 64
"""Above all timestamps."""

_MASK: Final = (1 << 64) - 1
_U64: Final = Struct(">Q")
_HIGH_BITS: Final = int.from_bytes(b"\x80" * 9, "little")
_NINE_BYTE_VARINT: Final = int.from_bytes(b"\x80" * 8 + b"\x00", "little")
_PADS: Final = [bytes(8 - size) + bytes([247 + size]) for size in range(8)]
"""What follows the last, partial group of `size` bytes."""


def encode_key(key: bytes) -> bytes:
    """The memcomparable form."""
    size = len(key)
    if size == 19:
        return key[:8] + b"\xff" + key[8:16] + b"\xff" + key[16:] + b"\x00\x00\x00\x00\x00\xfa"
    if size == 37:
        # An entry of an index over one number.
        return b"%b\xff%b\xff%b\xff%b\xff%b\x00\x00\x00\xfc" % (key[:8], key[8:16], key[16:24], key[24:32], key[32:])
    whole = size >> 3
    if not whole:
        return key + _PADS[size]
    parts = [key[at : at + 8] for at in range(0, whole << 3, 8)]
    parts.append(key[whole << 3 :] + _PADS[size & 7])
    return b"\xff".join(parts)


def decode_key(data: bytes) -> bytes:
    """Inverse of `encode_key`; `data` is exactly one encoded key. Raises Corrupt."""
    size = len(data)
    pad = 255 - data[-1] if size else 9
    if size % 9 or pad > 8 or not pad:
        raise Corrupt(f"not a memcomparable key: {data.hex()}")
    if size == 27:
        return data[:8] + data[9:17] + data[18 : 26 - pad]
    raw = b"".join([data[at : at + 8] for at in range(0, size, 9)])
    return raw[: len(raw) - pad]


def desc(ts: int) -> bytes:
    """Eight bytes that sort newer timestamps first."""
    return _U64.pack(~ts & _MASK)


def ts_of(versioned_key: bytes) -> int:
    """The timestamp at the end of a versioned key."""
    found: int = _U64.unpack(versioned_key[-8:])[0]
    return ~found & _MASK


_LOW_BITS: Final = (1 << 21) - 1


def varint(value: int) -> bytes:
    """LEB128, as in protobuf."""
    if value > _LOW_BITS:
        # A timestamp: what is above its lowest bits stays the same for milliseconds.
        return (0x808080 | value & 0x7F | value << 1 & 0x7F00 | value << 2 & 0x7F0000).to_bytes(3, "little") + _varint(
            value >> 21
        )
    return _varint(value)


@lru_cache(maxsize=256)
def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """The value and the position after it. Raises Corrupt."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Corrupt("bad varint in a record")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _compact(data: bytes) -> bytes:
    return varint(len(data) << 1) + data


def _read_compact(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = read_varint(data, at)
    size >>= 1
    if at + size > len(data):
        raise Corrupt("bad byte string in a record")
    return data[at : at + size], at + size


# --- write records -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """A version: `kind` is PUT, DELETE, LOCK or ROLLBACK. `short_value` is None when the value stands in `default`."""

    kind: int
    start_ts: int
    short_value: bytes | None = None
    overlapped_rollback: bool = False
    gc_fence: int | None = None

    def encode(self) -> bytes:
        """The stored bytes."""
        out = bytes([self.kind]) + varint(self.start_ts)
        if self.short_value is not None:
            out += b"v" + bytes([len(self.short_value)]) + self.short_value
        if self.overlapped_rollback:
            out += b"R"
        if self.gc_fence is not None:
            out += b"F" + _U64.pack(self.gc_fence)
        return out

    @property
    def protected(self) -> bool:
        """A rollback that must not be collapsed."""
        return self.kind == ROLLBACK and self.short_value == b"p"


def decode_write(data: bytes) -> WriteRecord:
    """Raises Corrupt. Unknown sections end the reading, as in TiKV."""
    if not data:
        raise Corrupt("empty write record")
    start_ts, at = read_varint(data, 1)
    short: bytes | None = None
    overlapped = False
    fence: int | None = None
    while at < len(data):
        tag = data[at]
        if tag == 0x76:
            short = data[at + 2 : at + 2 + data[at + 1]]
            at += 2 + data[at + 1]
        elif tag == 0x52:
            overlapped = True
            at += 1
        elif tag == 0x46:
            fence = _U64.unpack_from(data, at + 1)[0]
            at += 9
        elif tag == 0x6C:
            at = read_varint(data, at + 9)[1]
        elif tag == 0x53:
            at = read_varint(data, at + 1)[1]
        else:
            break
    return WriteRecord(data[0], start_ts, short, overlapped, fence)


def has_plain_short_value(record: bytes) -> bool:
    """True for a PUT whose start takes nine varint bytes (any real timestamp) and that ends after its short value:
    then the value is `record[12:]`. Exact, never a guess; everything else takes `decode_write`."""
    return (
        len(record) > 11
        and record[0] == PUT
        and int.from_bytes(record[1:10], "little") & _HIGH_BITS == _NINE_BYTE_VARINT
        and record[10] == 0x76
        and record[11] == len(record) - 12
    )


# --- lock records ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class LockRecord:
    """A durable lock. `kind` is PUT, DELETE, LOCK or PESSIMISTIC."""

    kind: int
    primary: bytes
    start_ts: int
    ttl_ms: int
    short_value: bytes | None = None
    for_update_ts: int = 0
    txn_size: int = 0
    min_commit_ts: int = 0
    use_async_commit: bool = False
    secondaries: Sequence[bytes] = ()
    rollback_ts: list[int] = field(default_factory=list)
    forced: bool = False

    def encode(self) -> bytes:
        """The stored bytes, sections in TiKV's order."""
        parts = [bytes([self.kind]), _compact(self.primary), varint(self.start_ts), varint(self.ttl_ms)]
        if self.short_value is not None:
            parts.append(b"v" + bytes([len(self.short_value)]) + self.short_value)
        if self.for_update_ts:
            parts.append(b"f" + _U64.pack(self.for_update_ts))
        if self.txn_size:
            parts.append(b"t" + _U64.pack(self.txn_size & _MASK))
        if self.min_commit_ts:
            parts.append(b"c" + _U64.pack(self.min_commit_ts))
        if self.use_async_commit:
            parts.append(b"a" + varint(len(self.secondaries)) + b"".join(map(_compact, self.secondaries)))
        if self.rollback_ts:
            parts.append(b"r" + varint(len(self.rollback_ts)) + b"".join(map(_U64.pack, self.rollback_ts)))
        if self.forced:
            parts.append(b"F")
        return b"".join(parts)


def decode_lock(data: bytes) -> LockRecord:
    """Raises Corrupt. Unknown sections end the reading, as in TiKV."""
    if not data:
        raise Corrupt("empty lock record")
    primary, at = _read_compact(data, 1)
    start_ts, at = read_varint(data, at)
    ttl_ms, at = read_varint(data, at)
    lock = LockRecord(data[0], primary, start_ts, ttl_ms)
    while at < len(data):
        tag = data[at]
        at += 1
        if tag == 0x76:
            lock.short_value = data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at]
        elif tag == 0x66:
            lock.for_update_ts = _U64.unpack_from(data, at)[0]
            at += 8
        elif tag == 0x74:
            lock.txn_size = _U64.unpack_from(data, at)[0]
            at += 8
        elif tag == 0x63:
            lock.min_commit_ts = _U64.unpack_from(data, at)[0]
            at += 8
        elif tag == 0x61:
            at = _read_secondaries(data, at, lock)
        elif tag == 0x72:
            count, at = read_varint(data, at)
            lock.rollback_ts = [_U64.unpack_from(data, at + 8 * index)[0] for index in range(count)]
            at += 8 * count
        elif tag == 0x6C:
            at = read_varint(data, at + 8)[1]
        elif tag == 0x73:
            at = read_varint(data, at)[1]
        elif tag == 0x46:
            lock.forced = True
        elif tag == 0x67:
            at += 8
        else:
            break
    return lock


def _read_secondaries(data: bytes, at: int, lock: LockRecord) -> int:
    count, at = read_varint(data, at)
    keys = []
    for _ in range(count):
        key, at = _read_compact(data, at)
        keys.append(key)
    lock.use_async_commit = True
    lock.secondaries = tuple(keys)
    return at
