"""Where scans begin with keys that are all deleted, as they do in a table that is used as a queue.

Deleted keys stay until garbage collection comes, and `ORDER BY id LIMIT 1` would pass all of them each time. So a scan that
passed many remembers which key was the first alive: `dead[table][start] = (ts, alive)` says that at `ts` no key in
[start, alive) had a value. It holds for a scan at a later timestamp as long as nothing was written in between: whoever
writes a value tells (`written`), and what is written without being told raises `VersionCache.floor` above `ts`.
"""

from __future__ import annotations

from typing import Final

_TABLE: Final = 11
"""Bytes of a key that name its table, and whether it is a record or an index entry."""
_STARTS: Final = 32
"""Starts remembered of one table."""
_TABLES: Final = 256
WORTH: Final = 32
"""Versions passed for nothing, from which on a start is remembered."""


class DeadRanges:
    """See the module."""

    __slots__ = ("tables",)

    def __init__(self) -> None:
        self.tables: dict[bytes, dict[bytes, tuple[int, bytes]]] = {}

    def alive(self, start: bytes, ts: int, floor: int) -> bytes:
        """Where a scan from `start` at `ts` may begin as well: at or above `start`."""
        starts = self.tables.get(start[:_TABLE])
        if starts is None:
            return start
        found = starts.get(start)
        if found is None:
            return start
        if floor > found[0]:
            del starts[start]
            return start
        return found[1] if ts >= found[0] else start

    def note(self, start: bytes, ts: int, alive: bytes) -> None:
        """A scan at `ts`, the newest timestamp there is, found nothing in [start, alive)."""
        table = start[:_TABLE]
        starts = self.tables.get(table)
        if starts is None:
            if len(self.tables) >= _TABLES:
                self.tables.clear()
            starts = self.tables[table] = {}
        elif len(starts) >= _STARTS and start not in starts:
            starts.clear()
        starts[start] = (ts, alive)

    def written(self, key: bytes) -> None:
        """A value of `key` was committed."""
        starts = self.tables.get(key[:_TABLE])
        if starts:
            for start in [start for start, (_, alive) in starts.items() if start <= key < alive]:
                del starts[start]
