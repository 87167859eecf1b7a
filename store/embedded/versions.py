"""The cache of newest committed versions, which answers most point reads and most conflict checks.

`entries[key] = (commit_ts, value)` is the newest PUT or DELETE of the key (value None: deleted, or commit_ts 0: the key
never existed). So a read at `ts >= commit_ts` is answered by it, and an older read is not.

Two rules keep it right, both by running on the loop's one thread, without an await between database and cache:
1. Whoever writes a version updates or drops the key's entry in the same step.
2. Every version with `commit_ts > floor` is in `entries`. Evicting an entry, skipping one (large values, bulk commits)
   and LOCK records raise `floor`. So for `start_ts >= floor` a key without a newer entry has no newer commit, and no
   conflict check needs the database.

Whoever tells this cache of a version tells the cache of blocks (`record_blocks`) and the dead ranges by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from store.embedded.dead_ranges import DeadRanges
from store.embedded.record_blocks import PREFIX, RecordBlocks

_ENTRY_OVERHEAD_BYTES: Final = 220
VALUE_LIMIT_BYTES: Final = 4096

Entry = tuple[int, bytes | None]


class VersionCache:
    """See the module. `limit_bytes` bounds keys, values and their overhead; the oldest entries go first."""

    __slots__ = ("_blocks", "_limit", "_used", "blocks", "dead", "entries", "floor", "losses")

    def __init__(self, limit_bytes: int, floor: int) -> None:
        self.entries: dict[bytes, Entry] = {}
        self.floor = floor
        self.losses = 0
        """Counts the moments at which versions may have left `entries`, or passed it by."""
        self.blocks = RecordBlocks(limit_bytes // 2)
        self._blocks = self.blocks.blocks
        self.dead = DeadRanges()
        self._limit = limit_bytes
        self._used = 0

    def put(self, key: bytes, commit_ts: int, value: bytes | None) -> None:
        """The newest version of `key`, just committed or just read."""
        if value is not None and self.dead.tables:
            self.dead.written(key)
        if value is not None and len(value) > VALUE_LIMIT_BYTES:
            self.losses += 1
            self.entries.pop(key, None)
            self.blocks.drop(key)
            if commit_ts > self.floor:
                self.floor = commit_ts
            return
        block = self._blocks.get(key[:PREFIX])
        if block is not None:
            self.blocks.note(block, key, commit_ts, value)
        self.entries[key] = (commit_ts, value)
        # Replaced entries are counted again; eviction recounts, so the error only makes eviction come early.
        self._used += _ENTRY_OVERHEAD_BYTES + len(key) + (len(value) if value is not None else 0)
        if self._used > self._limit:
            self._evict()

    def forget(self, keys: Iterable[bytes], commit_ts: int) -> None:
        """Drops keys that got a version which is not worth keeping."""
        entries = self.entries
        self.losses += 1
        for key in keys:
            entries.pop(key, None)
            self.blocks.drop(key)
            self.dead.written(key)
        if commit_ts > self.floor:
            self.floor = commit_ts

    def forget_range(self, first: bytes, last: bytes, commit_ts: int) -> None:
        """Drops all keys from `first` to `last`, of which many got a version."""
        entries = self.entries
        for key in [key for key in entries if first <= key <= last]:
            del entries[key]
        self.blocks.drop_range(first, last)
        self.forget((), commit_ts)

    def clear(self) -> None:
        """Forgets everything."""
        self.losses += 1
        for commit_ts, _ in self.entries.values():
            if commit_ts > self.floor:
                self.floor = commit_ts
        self.entries.clear()
        self.blocks.clear()
        self._used = 0

    def _evict(self) -> None:
        entries = self.entries
        used = sum(
            _ENTRY_OVERHEAD_BYTES + len(key) + (len(entry[1]) if entry[1] is not None else 0)
            for key, entry in entries.items()
        )
        target = self._limit - self._limit // 4
        if used > target:
            self.losses += 1
            for key in list(islice(entries, len(entries) // 4 + 1)):
                commit_ts, value = entries.pop(key)
                used -= _ENTRY_OVERHEAD_BYTES + len(key) + (len(value) if value is not None else 0)
                if commit_ts > self.floor:
                    self.floor = commit_ts
        self._used = used
