"""Ranges to blocks of visible keys and values, by iterators over the write family.

An iterator sees the database as it was when it was made; which versions a read at T may see never changes (see
`mvcc`), so the iterators of further ranges may be made later, also in another thread. Versions are chosen a chunk at a
time: the usual chunk (one version per key, short values, nothing newer than T) is recognised whole and costs about one
microsecond a pair; everything else goes pair by pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from rocksdict import ReadOptions

from store.api import Block, Corrupt, KeyRange, Pair
from store.embedded.engine import Engine
from store.embedded.records import (
    DELETE,
    PUT,
    WriteRecord,
    decode_key,
    decode_write,
    desc,
    encode_key,
    has_plain_short_value,
)

FIRST_CHUNK = 256
CHUNK = 8192
_STEP = 256
_CHUNK_BYTES = 8 << 20
_FETCHED_AT_ONCE = 16
_ARRAYS_FROM = 256
_MASK_64 = (1 << 64) - 1
AFTER_ALL_KEYS = b"\xff" * 32


@dataclass(slots=True)
class _Chosen:
    """The visible versions of a chunk; `far` are the places whose values stand in the default family. `decided` is the
    last key whose version is known."""

    encoded: list[bytes]
    values: list[bytes]
    far: list[tuple[int, WriteRecord]]
    decided: bytes


class BlockReader:
    """Reads `ranges` at `ts`, without the versions that end with something `hidden`."""

    __slots__ = (
        "_alive",
        "_chunk",
        "_engine",
        "_hidden",
        "_left",
        "_reverse",
        "bytes_read",
        "keys_read",
        "ts",
        "versions_read",
    )

    def __init__(
        self,
        engine: Engine,
        ranges: Iterable[KeyRange],
        ts: int,
        *,
        reverse: bool = False,
        limit: int = 0,
        hidden: frozenset[bytes] = frozenset(),
    ) -> None:
        """`limit`: how many keys the reader will ask for, 0 when unknown."""
        self._engine = engine
        self._hidden = hidden
        self._left: list[KeyRange] = list(ranges)
        """Ranges to read, the next one last."""
        if not reverse:
            self._left.reverse()
        self.ts = ts
        self._reverse = reverse
        self._chunk = min(limit + limit // 2 + 8, FIRST_CHUNK) if limit else FIRST_CHUNK
        self.versions_read = 0
        self._alive: object = None
        self.keys_read = 0
        self.bytes_read = 0

    @property
    def rest(self) -> list[KeyRange]:
        """What is still unread when a block is out, in key order."""
        return self._left.copy() if self._reverse else self._left[::-1]

    def blocks(self) -> Iterator[Block]:
        """Blocks in scan order; never an empty one. What short ranges hold comes together, in blocks that grow."""
        held_keys: list[bytes] = []
        held_values: list[bytes] = []
        wanted = FIRST_CHUNK
        held = self.bytes_read
        while self._left:
            bounds = self._left[-1]
            pairs = self._backward(bounds) if self._reverse else self._forward(bounds)
            for keys, values in pairs:
                if not keys:
                    continue
                self.keys_read += len(keys)
                self.bytes_read += sum(map(len, values))
                # Whoever asks for `rest` while this block is out sees the ranges behind it.
                last = keys[-1]
                self._left[-1] = KeyRange(bounds.start, last) if self._reverse else KeyRange(last + b"\0", bounds.end)
                if held_keys:
                    held_keys += keys
                    held_values += values
                    keys, values = held_keys, held_values
                if len(keys) < wanted and len(self._left) > 1 and self.bytes_read - held < _CHUNK_BYTES:
                    held_keys, held_values = list(keys), list(values)
                    continue
                wanted = min(wanted * 4, CHUNK)
                held = self.bytes_read
                held_keys, held_values = [], []
                yield keys, values
            self._left.pop()
        if held_keys:
            yield held_keys, held_values

    def _pairs(self, bounds: KeyRange) -> Iterator[Pair]:
        lower = encode_key(bounds.start)
        upper = encode_key(bounds.end) if bounds.end else AFTER_ALL_KEYS
        options = ReadOptions()
        # Two traps of rocksdict: its set_iterate_lower_bound sets the upper bound, and its iterator points into the
        # options and ends anywhere when they go before it does.
        options.set_iterate_upper_bound(upper)
        self._alive = (options, upper)
        items: Iterator[Pair] = self._engine.write_family.items(
            backwards=self._reverse, from_key=upper if self._reverse else lower, read_opt=options
        )
        return items

    def _next_chunk(self, pairs: Iterator[Pair]) -> list[Pair]:
        """Up to so many pairs or bytes; an empty list at the end."""
        size = self._chunk
        if size < CHUNK:
            self._chunk = size * 4 if size * 4 < CHUNK else CHUNK
            first = list(islice(pairs, size))
            self.versions_read += len(first)
            return first
        chunk: list[Pair] = []
        total = 0
        while len(chunk) < size and total < _CHUNK_BYTES:
            step = list(islice(pairs, _STEP))
            if not step:
                break
            chunk += step
            total += sum([len(value) for _, value in step])
        self.versions_read += len(chunk)
        return chunk

    def _forward(self, bounds: KeyRange) -> Iterator[Block]:
        pairs = self._pairs(bounds)
        decided = b""
        while True:
            chunk = self._next_chunk(pairs)
            if not chunk:
                return
            block = self._plain(chunk, decided)
            if block is None:
                chosen = self._chosen(chunk, decided)
                decided = chosen.decided
                yield from self._fetched(chosen)
            else:
                decided = chunk[-1][0][:-8]
                yield block

    def _backward(self, bounds: KeyRange) -> Iterator[Block]:
        pairs = self._pairs(bounds)
        lower = encode_key(bounds.start)
        held: list[Pair] = []
        while True:
            chunk = self._next_chunk(pairs)
            chunk.reverse()
            if not chunk or chunk[0][0] < lower:
                chunk = [pair for pair in chunk if pair[0] >= lower] + held
                yield from self._reversed(chunk)
                return
            chunk += held
            # Newer versions of the first key may still come.
            first = chunk[0][0][:-8]
            cut = 1
            while cut < len(chunk) and chunk[cut][0][:-8] == first:
                cut += 1
            held = chunk[:cut]
            yield from self._reversed(chunk[cut:])

    def _reversed(self, chunk: list[Pair]) -> Iterator[Block]:
        if not chunk:
            return
        block = self._plain(chunk, b"")
        if block is not None:
            yield block[0][::-1], block[1][::-1]
            return
        chosen = self._chosen(chunk, b"")
        chosen.encoded.reverse()
        chosen.values.reverse()
        last = len(chosen.values) - 1
        chosen.far = [(last - place, write) for place, write in reversed(chosen.far)]
        yield from self._fetched(chosen)

    def _plain(self, chunk: list[Pair], decided: bytes) -> Block | None:
        """The block when every pair is the only version of its key, visible, with a short value."""
        keys, records = zip(*chunk)
        values = plain_values(records)
        if values is None:
            return None
        if len(keys) >= _ARRAYS_FROM:
            found = _single_keys(keys, self.ts, self._hidden)
            if found is not None:
                return (found, values) if keys[0][:-8] != decided else None
        encoded = [versioned[:-8] for versioned in keys]
        if len(set(encoded)) != len(encoded) or encoded[0] == decided:
            return None
        bound = desc(self.ts)
        ends = [versioned[-8:] for versioned in keys]
        if min(ends) < bound or not self._hidden.isdisjoint(ends):
            return None
        return _decoded_keys(encoded), values

    def _chosen(self, chunk: list[Pair], decided: bytes) -> _Chosen:
        """The newest visible version of each key, pair by pair. `decided` is the last key whose version is known (its
        older ones may fill the next chunk)."""
        bound = desc(self.ts)
        hidden = self._hidden
        encoded: list[bytes] = []
        values: list[bytes] = []
        far: list[tuple[int, WriteRecord]] = []
        for versioned, record in chunk:
            prefix = versioned[:-8]
            if prefix == decided or versioned[-8:] < bound or versioned[-8:] in hidden:
                continue
            kind = record[0]
            if kind != PUT:
                if kind == DELETE:
                    decided = prefix
                continue
            decided = prefix
            if has_plain_short_value(record):
                values.append(record[12:])
            else:
                write = decode_write(record)
                if write.gc_fence and write.gc_fence <= self.ts:
                    continue
                if write.short_value is None:
                    far.append((len(values), write))
                values.append(write.short_value or b"")
            encoded.append(prefix)
        return _Chosen(encoded, values, far, decided)

    def _fetched(self, chosen: _Chosen) -> Iterator[Block]:
        """The chosen versions with their values, in blocks that stay small however long the values are."""
        encoded, values, far = chosen.encoded, chosen.values, chosen.far
        start = total = 0
        for at in range(0, len(far), _FETCHED_AT_ONCE):
            part = far[at : at + _FETCHED_AT_ONCE]
            keys = [encoded[place] + desc(write.start_ts) for place, write in part]
            for (place, write), value in zip(part, self._engine.default.get(keys), strict=True):
                if value is None:
                    raise Corrupt(f"the value of key {encoded[place].hex()} at {write.start_ts} is missing")
                values[place] = value
                total += len(value)
            if total > _CHUNK_BYTES and at + len(part) < len(far):
                end = far[at + len(part)][0]
                yield _decoded_keys(encoded[start:end]), values[start:end]
                values[start:end] = [b""] * (end - start)
                start, total = end, 0
        if start < len(values):
            yield _decoded_keys(encoded[start:]), values[start:] if start else values


_HEAD = 12
_MASK = b"\xff" + b"\x80" * 9 + b"\xff\x00"
_PLAIN = bytes((PUT,)) + b"\x80" * 8 + b"\x00v\x00"


@lru_cache(64)
def _patterns(count: int) -> tuple[int, int]:
    """For `count` heads of plain records in a row: which bits are fixed, and to what."""
    return int.from_bytes(_MASK * count, "big"), int.from_bytes(_PLAIN * count, "big")


def plain_values(records: Sequence[bytes]) -> list[bytes] | None:
    """The values of records that are all plain (`has_plain_short_value`), checked at once; None when one is not."""
    count = len(records)
    heads = b"".join([record[:_HEAD] for record in records])
    if len(heads) != count * _HEAD:
        return None
    mask, plain = _patterns(count)
    if int.from_bytes(heads, "big") & mask != plain:
        return None
    values = [record[_HEAD:] for record in records]
    return values if list(heads[_HEAD - 1 :: _HEAD]) == list(map(len, values)) else None


def _single_keys(versioned: Sequence[bytes], ts: int, hidden: frozenset[bytes] = frozenset()) -> list[bytes] | None:
    """The keys of sorted versions when each is the only one of its key, visible at `ts`, and all keys have one length;
    None when not, or when they must be looked at one by one."""
    count, size = len(versioned), len(versioned[0])
    joined = b"".join(versioned)
    groups, rest = divmod(size - 8, 9)
    if len(joined) != count * size or rest or not groups:
        return None
    matrix = np.frombuffer(joined, np.uint8).reshape(count, size)
    encoded = matrix[:, :-8].reshape(count, groups, 9)
    markers = encoded[:, :, 8]
    pad = 255 - int(markers[0, -1])
    if pad > 8 or (markers[:, -1] != 255 - pad).any() or (markers[:, :-1] != 255).any():
        return None
    prefixes = np.ascontiguousarray(matrix[:, :-8]).view(f"V{size - 8}").reshape(-1)
    timestamps = np.ascontiguousarray(matrix[:, -8:]).view(">u8").reshape(-1)
    if (prefixes[1:] == prefixes[:-1]).any() or (timestamps < np.uint64(~ts & _MASK_64)).any():
        return None
    if any((timestamps == np.uint64(int.from_bytes(end, "big"))).any() for end in hidden):
        return None
    length = 8 * groups - pad
    raw = np.ascontiguousarray(encoded[:, :, :8]).reshape(count, 8 * groups)[:, :length].tobytes()
    return [raw[at : at + length] for at in range(0, count * length, length)]


def _decoded_keys(encoded: list[bytes]) -> list[bytes]:
    """Record keys of integer handles (19 bytes) have one shape; others take the general way."""
    return [
        one[:8] + one[9:17] + one[18:21] if len(one) == 27 and one[26] == 0xFA else decode_key(one) for one in encoded
    ]
