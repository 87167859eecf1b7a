"""The cache of short stretches of the key space, which answers short scans of rows.

A block holds the newest committed pairs of all keys with one 18-byte prefix: of a table with integer handles, 256
neighbouring handles. Its history are the last changes with what stood there before, so that a scan at an older T undoes
those above T. Example: block read when its newest commit was 10, key k changed from a to b at 20: `oldest_ts` 10,
`newest_ts` 20, history [(20, k, a)]; a scan at 25 sees b, one at 15 sees a, one at 5 must read the database.

It is right for the same reason as the cache of versions: all runs on the loop's one thread, and whoever writes a version
tells (`note`), or drops the block (`drop`), in the same step.

A block is read from the database when it is asked for twice in a while: large tables read at random keep to the
database's own cache, and what is read often stays here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

from rocksdict import ReadOptions

from store.api import Pair
from store.embedded.records import (
    DELETE,
    NEVER,
    PUT,
    decode_key,
    decode_write,
    encode_key,
    has_plain_short_value,
    ts_of,
)

if TYPE_CHECKING:
    from store.embedded.mvcc import Mvcc

PREFIX: Final = 18
"""Bytes of a key that name its block."""

MOST_BLOCKS: Final = 9
"""Blocks that one scan may touch."""

_MOST_ROWS: Final = 2048
"""Rows of one block; what has more, or grows beyond, is read from the database."""
_MOST_VERSIONS: Final = 1 << 15
_MOST_BYTES: Final = 16 << 20
"""What is read to make a block: rows that are changed all the time have many versions until garbage collection comes, and
reading those once, in some ten milliseconds, is better than at each read of a range."""
_SEEN_LIMIT: Final = 4096
_REFUSALS: Final = 1000
_HISTORY: Final = 64
_PAIR_OVERHEAD_BYTES: Final = 150


class Block:
    """Pairs of one prefix in key order; `keys[i]` is `pairs[i][0]`. `history`: (commit_ts, key, value before or None)."""

    __slots__ = ("history", "keys", "newest_ts", "oldest_ts", "pairs", "size")

    def __init__(self, pairs: list[Pair], newest_ts: int) -> None:
        self.pairs = pairs
        self.keys = [key for key, _ in pairs]
        self.newest_ts = newest_ts
        self.oldest_ts = newest_ts
        self.history: list[tuple[int, bytes, bytes | None]] = []
        self.size = sum([len(key) + len(value) + _PAIR_OVERHEAD_BYTES for key, value in pairs])

    def changed(self, since: int, until: int, start: bytes, end: bytes) -> bool:
        """Whether something in [start, end) may have been committed between the timestamps, both included."""
        if self.oldest_ts >= since:
            return True
        return any(since <= commit_ts <= until and start <= key < end for commit_ts, key, _ in self.history)

    def at(self, ts: int, start: bytes, end: bytes) -> list[Pair]:
        """The pairs of [start, end) as they were at `ts`, which is at or above `oldest_ts`."""
        keys = self.keys
        low = bisect_left(keys, start)
        pairs = self.pairs[low : bisect_left(keys, end, low)]
        undone: dict[bytes, bytes | None] = {}
        for commit_ts, key, before in reversed(self.history):
            if commit_ts > ts and start <= key < end:
                undone[key] = before
        if not undone:
            return pairs
        merged: dict[bytes, bytes | None] = dict(pairs)
        merged.update(undone)
        return sorted([(key, value) for key, value in merged.items() if value is not None])


class RecordBlocks:
    """See the module. `blocks` maps prefixes to blocks, the oldest first; `limit_bytes` bounds them."""

    __slots__ = ("_limit", "_refused", "_seen", "_used", "blocks")

    def __init__(self, limit_bytes: int) -> None:
        self.blocks: dict[bytes, Block] = {}
        self._limit = limit_bytes
        self._used = 0
        self._seen: set[bytes] = set()
        self._refused: dict[bytes, int] = {}
        """Prefixes that turned out to be too much for a block, as clustered keys that begin alike are; and how many times
        they may be asked for until it is tried again."""

    def scan(self, mvcc: Mvcc, start: bytes, end: bytes, ts: int) -> list[Pair] | None:
        """The pairs of [start, end) at `ts`, in key order; None when the database must be read. The caller has
        looked for locks. Sets `mvcc.met_unsynced` when the answer tells of a commit that is not durable."""
        if len(start) <= PREFIX or len(end) < PREFIX or start[:10] != end[:10]:
            return None
        first = start[:PREFIX]
        last = end[:PREFIX]
        if end[PREFIX:] in (b"", b"\0"):
            last = _moved(last, -1)
        if first > last:
            return []
        if first != last and int.from_bytes(last, "big") - int.from_bytes(first, "big") >= MOST_BLOCKS:
            return None
        pairs: list[Pair] = []
        unsynced_ts = mvcc.engine.unsynced_ts
        while True:
            block = self.blocks.get(first) or self._load(mvcc, first)
            if block is None or block.oldest_ts > ts:
                return None
            if block.newest_ts >= unsynced_ts and ts >= unsynced_ts and block.changed(unsynced_ts, ts, start, end):
                mvcc.met_unsynced = True
            if block.newest_ts > ts:
                pairs += block.at(ts, start, end)
            else:
                keys = block.keys
                low = bisect_left(keys, start) if keys and keys[0] < start else 0
                pairs += block.pairs[low : bisect_left(keys, end, low) if first == last else None]
            if first == last:
                break
            first = _moved(first, 1)
        return pairs

    def note(self, block: Block, key: bytes, commit_ts: int, value: bytes | None) -> None:
        """The newest version of a key of `block`, just committed or just read."""
        if commit_ts > block.newest_ts:
            block.newest_ts = commit_ts
        keys, pairs = block.keys, block.pairs
        at = bisect_left(keys, key)
        before = None
        if at < len(keys) and keys[at] == key:
            before = pairs[at][1]
            if before == value:
                return
            if value is None:
                del keys[at], pairs[at]
            else:
                pairs[at] = (keys[at], value)
        elif value is None:
            return
        else:
            keys.insert(at, key)
            pairs.insert(at, (key, value))
            size = len(key) + len(value) + _PAIR_OVERHEAD_BYTES
            block.size += size
            self._used += size
            if len(keys) > _MOST_ROWS:
                self.drop(key)
                self._refuse(key[:PREFIX])
        history = block.history
        history.append((commit_ts, key, before))
        if len(history) > _HISTORY:
            gone = history[: _HISTORY // 2]
            del history[: _HISTORY // 2]
            block.oldest_ts = max(block.oldest_ts, *[entry[0] for entry in gone])

    def drop(self, key: bytes) -> None:
        """Forgets the block of a key."""
        block = self.blocks.pop(key[:PREFIX], None)
        if block is not None:
            self._used -= block.size

    def drop_range(self, first: bytes, last: bytes) -> None:
        """Forgets the blocks of all keys from `first` to `last`."""
        for prefix in [prefix for prefix in self.blocks if first[:PREFIX] <= prefix <= last[:PREFIX]]:
            self.drop(prefix)

    def clear(self) -> None:
        """Forgets everything."""
        self._refused.clear()
        self.blocks.clear()
        self._used = 0

    def _load(self, mvcc: Mvcc, prefix: bytes) -> Block | None:
        """Reads a block, when this is not the first time that somebody wants it."""
        refused = self._refused
        if prefix in refused:
            refused[prefix] -= 1
            if refused[prefix] <= 0:
                del refused[prefix]
            return None
        seen = self._seen
        if prefix not in seen:
            if len(seen) >= _SEEN_LIMIT:
                seen.clear()
            seen.add(prefix)
            return None
        block = read_block(mvcc, prefix)
        if block is None:
            seen.discard(prefix)
            self._refuse(prefix)
            return None
        self.blocks[prefix] = block
        self._used += block.size
        if self._used > self._limit:
            self._evict()
        return block

    def _refuse(self, prefix: bytes) -> None:
        if len(self._refused) >= _SEEN_LIMIT:
            self._refused.clear()
        self._refused[prefix] = _REFUSALS

    def _evict(self) -> None:
        blocks = self.blocks
        for prefix in list(islice(blocks, len(blocks) // 4 + 1)):
            self._used -= blocks.pop(prefix).size


def read_block(mvcc: Mvcc, prefix: bytes) -> Block | None:
    """The block as the database has it now; None when it is too large or holds what only the general way reads."""
    options = ReadOptions()
    upper = encode_key(_moved(prefix, 1))
    options.set_iterate_upper_bound(upper)
    items = mvcc.engine.write_family.items(from_key=encode_key(prefix), read_opt=options)
    versions = _first(items, _MOST_VERSIONS + 1, (options, upper))
    if len(versions) > _MOST_VERSIONS or sum([len(record) for _, record in versions]) > _MOST_BYTES:
        return None
    pairs: list[Pair] = []
    newest = 0
    decided = b""
    for versioned, record in versions:
        commit_ts = ts_of(versioned)
        if mvcc.late:
            commit_ts = mvcc.late.get(commit_ts, commit_ts)
            if commit_ts == NEVER:
                continue
        if commit_ts > newest:
            newest = commit_ts
        encoded = versioned[:-8]
        if encoded == decided:
            continue
        if has_plain_short_value(record):
            pairs.append((decode_key(encoded), record[12:]))
        elif record[0] in (PUT, DELETE):
            write = decode_write(record)
            if write.gc_fence:
                return None
            value = mvcc.value_of(encoded, write)
            if value is not None:
                if len(value) > _MOST_BYTES // 16:
                    return None
                pairs.append((decode_key(encoded), value))
        else:
            continue
        decided = encoded
    return Block(pairs, newest) if len(pairs) <= _MOST_ROWS else None


def _first(items: Iterable[tuple[bytes, bytes]], count: int, alive: object) -> list[tuple[bytes, bytes]]:
    """The first items. The iterator points into its options: as arguments they live as long as it does, where a compiled
    function lets go of a name after its last use."""
    return list(islice(items, count))


def _moved(prefix: bytes, by: int) -> bytes:
    return (int.from_bytes(prefix, "big") + by).to_bytes(PREFIX, "big")
