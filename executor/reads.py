"""Which rows a statement sees.

Ordinary reads go through `ExecContext.snapshot`: a Snapshot, or a Transaction, whose point reads and scans merge its
write buffer by themselves while its coprocessor requests do not. A pessimistic statement that changes or locks rows
reads the newest committed rows instead, at the transaction's `for_update_ts`; `CurrentReads` puts the buffer in front
of that snapshot. Example: T1 began at 10 and wrote row 1; T2 committed row 2 at 15. T1's UPDATE at for_update_ts 20
reads row 1 from its buffer and row 2 as of 15; T1's plain SELECT still reads row 2 as of 10.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.context import ExecContext
from store.api import CopCounters, CopRequest, KeyRange, Pair, Reads

if TYPE_CHECKING:
    from store.buffer import WriteBuffer
    from store.snapshot import Snapshot

SCAN_PAGE_ROWS = 4096
"""Pairs taken at a time when rows are merged with a write buffer."""


class CurrentReads:
    """The newest committed rows as of `for_update_ts`, the transaction's own writes in front."""

    __slots__ = ("_buffer", "_snapshot")

    def __init__(self, snapshot: Snapshot, buffer: WriteBuffer) -> None:
        """Any snapshot will do: see `executor.overtaken`."""
        self._snapshot = snapshot
        self._buffer = buffer

    @property
    def buffer(self) -> WriteBuffer:
        """What lies over the snapshot."""
        return self._buffer

    async def get(self, key: bytes) -> bytes | None:
        """See `Reads`."""
        if key in self._buffer:
            return self._buffer.get(key)
        return await self._snapshot.get(key)

    async def batch_get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """See `Reads`."""
        buffer = self._buffer
        if not buffer:
            return await self._snapshot.batch_get(keys)
        found = await self._snapshot.batch_get([key for key in keys if key not in buffer])
        for key in keys:
            value = buffer.get(key)
            if value is not None:
                found[key] = value
        return found

    async def scan(self, start: bytes, end: bytes, limit: int = 0, *, reverse: bool = False) -> list[Pair]:
        """See `Reads`; shorter than `limit` only where nothing is left."""
        result: list[Pair] = []
        while True:
            pairs = await self._snapshot.scan(start, end, limit, reverse=reverse)
            full = bool(limit) and len(pairs) >= limit
            low, high = start, end
            if full:
                # Of the snapshot nothing is known beyond the last pair, so the buffer counts up to there only.
                low, high = (pairs[-1][0], end) if reverse else (start, pairs[-1][0] + b"\x00")
            result += _merged(pairs, self._buffer.buffered(low, high), reverse=reverse)
            if not full:
                return result[:limit] if limit else result
            if len(result) >= limit:
                return result[:limit]
            start, end = (start, low) if reverse else (high, end)

    def coprocessor(self, request: CopRequest, counters: CopCounters | None = None) -> AsyncIterator[pa.RecordBatch]:
        """See `Reads`."""
        return self._snapshot.coprocessor(request, counters)


def _merged(pairs: list[Pair], own: Sequence[tuple[bytes, bytes | None]], *, reverse: bool) -> list[Pair]:
    """Committed pairs with the transaction's own writes (None: deleted) in front, in key order."""
    if not own:
        return pairs
    merged = dict(pairs)
    for key, value in own:
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return sorted(merged.items(), reverse=reverse)


def reads_of(context: ExecContext) -> Reads:
    """What this statement reads through."""
    transaction = context.transaction
    if context.for_update_read and transaction is not None and transaction.pessimistic:
        snapshot = context.store.snapshot(transaction.for_update_ts)
        return CurrentReads(snapshot, transaction.buffer)
    return context.snapshot


def is_dirty(context: ExecContext, ranges: Iterable[KeyRange]) -> bool:
    """Whether the statement's own transaction has written in any of the ranges."""
    transaction = context.transaction
    if transaction is None or not transaction.buffer:
        return False
    reads = context.snapshot
    buffer = reads.buffer if isinstance(reads, CurrentReads) else transaction.buffer
    return any(buffer.dirty(key_range.start, key_range.end) for key_range in ranges)


async def scan_pages(
    reads: Reads, ranges: Sequence[KeyRange], *, reverse: bool = False, rows: int = SCAN_PAGE_ROWS
) -> AsyncIterator[list[Pair]]:
    """The pairs of sorted ranges, in key order (descending: `reverse`), a page at a time."""
    for key_range in reversed(ranges) if reverse else ranges:
        start, end = key_range.start, key_range.end
        while True:
            pairs = await reads.scan(start, end, rows, reverse=reverse)
            if pairs:
                yield pairs
            if len(pairs) < rows:
                break
            if reverse:
                end = pairs[-1][0]
            else:
                start = pairs[-1][0] + b"\x00"
            if end and start >= end:
                break


def merged_ranges(ranges: Iterable[KeyRange]) -> list[KeyRange]:
    """Ranges sorted by key, overlapping and touching ones joined."""
    result: list[KeyRange] = []
    for item in sorted(ranges, key=lambda key_range: key_range.start):
        if result and (not result[-1].end or item.start <= result[-1].end):
            last = result[-1]
            if last.end and (not item.end or item.end > last.end):
                result[-1] = KeyRange(last.start, item.end)
            continue
        result.append(item)
    return result
