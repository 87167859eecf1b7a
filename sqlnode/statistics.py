"""What the planner estimates with: row counts of tables, and how many rows have equal keys.

Rows are counted by ANALYZE TABLE, and learned from statements that read a large table whole or add many rows to one.
Keys are counted around a few places of each index, soon after a statement was planned over the table without (the server
calls `sample_wanted`). All is kept in memory. Small tables keep the planner's usual guesses until they are analyzed, so
that their plans do not wander.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo
from store.codec.keys import (
    RECORD_PREFIX_LENGTH,
    index_range,
    key_datum_end,
    prefix_next,
    record_range,
)

if TYPE_CHECKING:
    from store.snapshot import Snapshot
    from store.store import Store

_PAGE = 4096
_LARGE = 20_000
_SMALL = 1000
"""Entries of an index below which its keys are not counted."""
_PLACES = 4
"""Where groups of equal keys are counted: at the first key, and so many, evenly, between it and the last."""
_MOST_COUNTED = 2048
"""Keys counted in one group."""
_FRESH_SECONDS = 300.0
_INDEX_PREFIX_LENGTH = 19


class Statistics:
    """`rows[table id]` is the last count; `groups[table id, index id]` what `group_rows` answers."""

    def __init__(self, store: Store, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when a count is new or has changed by much: plans made before may be bad ones."""
        self._store = store
        self._changed = changed
        self.rows: dict[int, float] = {}
        self.groups: dict[tuple[int, int], tuple[float, ...]] = {}
        self._sampled_at: dict[int, float] = {}
        self._wanted: dict[int, TableInfo] = {}

    # --- rows ---

    def seen(self, table_id: int, rows: float) -> None:
        """A statement has read the whole table."""
        if rows >= _LARGE or table_id in self.rows:
            self._set(table_id, rows)

    def added(self, table_id: int, rows: float) -> None:
        """A statement has added rows."""
        if rows >= _LARGE:
            self._set(table_id, self.rows.get(table_id, 0.0) + rows)

    def _set(self, table_id: int, rows: float) -> None:
        before = self.rows.get(table_id)
        self.rows[table_id] = rows
        if before is None or not before / 2 <= rows <= before * 2:
            self._sampled_at.pop(table_id, None)
            self._changed()

    async def analyze(self, table: TableInfo) -> int:
        """Counts the table's rows at a new snapshot."""
        snapshot = self._store.snapshot(await self._store.timestamp())
        start, end = record_range(table.id)
        count = 0
        while True:
            pairs = await snapshot.scan(start, end, _PAGE)
            count += len(pairs)
            if len(pairs) < _PAGE:
                self._set(table.id, float(count))
                return count
            start = pairs[-1][0] + b"\0"

    # --- keys ---

    def group_rows(self, table: TableInfo, index_id: int) -> tuple[float, ...]:
        """See `PlanContext`. What is unknown, or was counted long ago, will be counted."""
        sampled_at = self._sampled_at.get(table.id)
        if table.id > 0 and (sampled_at is None or time.monotonic() - sampled_at > _FRESH_SECONDS):
            self._wanted[table.id] = table
        return self.groups.get((table.id, index_id), ())

    async def sample_wanted(self) -> None:
        """Counts the keys of the tables that were asked for. Plans are made anew when that has shown something."""
        while self._wanted:
            _, table = self._wanted.popitem()
            self._sampled_at[table.id] = time.monotonic()
            if await self._sample(table):
                self._changed()

    async def _sample(self, table: TableInfo) -> bool:
        """Whether a count is new or has changed by much."""
        snapshot = self._store.snapshot(await self._store.timestamp())
        changed = False
        for index_id, start, end, parts in _keys_of(table):
            before = self.groups.get((table.id, index_id), ())
            found = await _sampled(snapshot, start, end, parts)
            self.groups[table.id, index_id] = found
            changed |= len(found) != len(before) or any(
                not old / 2 <= new <= old * 2 for old, new in zip(before, found)
            )
        return changed


def _keys_of(table: TableInfo) -> Iterator[tuple[int, bytes, bytes, int]]:
    """(index id, start, end, number of parts) of the table's keys that have several parts, or are not unique."""
    if table.is_common_handle and table.primary_index is not None and len(table.primary_index.columns) > 1:
        yield 0, *record_range(table.id), len(table.primary_index.columns)
    for index in table.public_indexes:
        if not (index.primary and table.is_common_handle) and (len(index.columns) > 1 or not index.unique):
            yield index.id, *index_range(table.id, index.id), len(index.columns)


async def _sampled(snapshot: Snapshot, start: bytes, end: bytes, parts: int) -> tuple[float, ...]:
    """The mean size of the groups around some places, for each number of leading parts; nothing for few keys."""
    if len(await snapshot.scan(start, end, _SMALL)) < _SMALL:
        return ()
    totals = [0] * parts
    keys = await _places(snapshot, start, end)
    for key in keys:
        most = _MOST_COUNTED
        for number, group in enumerate(_groups(key, parts)):
            # What agrees in more parts is a part of what agrees in fewer.
            most = min(most, len(await snapshot.scan(group, prefix_next(group), most)))
            totals[number] += most
            await asyncio.sleep(0)
    return tuple(total / len(keys) for total in totals)


async def _places(snapshot: Snapshot, start: bytes, end: bytes) -> list[bytes]:
    """Some keys: the first, and those behind points that divide the way to the last."""
    first = (await snapshot.scan(start, end, 1))[0][0]
    last = (await snapshot.scan(start, end, 1, reverse=True))[0][0]
    size = max(len(first), len(last))
    low = int.from_bytes(first.ljust(size, b"\0"), "big")
    high = int.from_bytes(last.ljust(size, b"\0"), "big")
    keys = [first]
    for place in range(1, _PLACES + 1):
        point = (low + (high - low) * place // (_PLACES + 1)).to_bytes(size, "big")
        keys += [key for key, _ in await snapshot.scan(point, end, 1)]
    return keys


def _groups(key: bytes, parts: int) -> Iterator[bytes]:
    """What all keys begin with that agree with `key` in one part, in two, and so on."""
    position = RECORD_PREFIX_LENGTH if key[9:11] == b"_r" else _INDEX_PREFIX_LENGTH
    for _ in range(parts):
        position = key_datum_end(key, position)
        yield key[:position]
