"""The rows of a short range, locked (`SelectLock` on the row path).

As in the column form (operators/row_locks.py) the range is read first, and each row's values are taken anew from what
its lock returned: rows that are gone, or that SKIP LOCKED left alone, are dropped, and the conditions checked again.
Under a limit no more rows are read and locked at a time than are still wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from executor.compiled import kept, row_filter, values_of
from executor.context import ExecContext
from executor.index_entries import entry_handle
from executor.locking import lock_rows
from executor.point import RowReader, StoredRow
from executor.reads import reads_of
from executor.record_keys import handle_of_key
from executor.row_counts import limit_value
from executor.short_range import entries
from planner.physical import SHORT_RANGE_ROWS, PhysicalNode, Selection, SelectLock, ShortRange
from store.api import KeyRange, Pair, Reads
from store.codec.keys import encode_int, record_prefix


def is_short(node: SelectLock) -> bool:
    """Whether the rows come from a short range, with nothing but filters in between."""
    return isinstance(_range_of(node), ShortRange)


def _range_of(node: SelectLock) -> PhysicalNode:
    below: PhysicalNode = node.child
    while isinstance(below, Selection):
        below = below.child
    return below


class LockedRange:
    """What is fixed about a SelectLock over a ShortRange."""

    __slots__ = ("_before", "_limit", "_node", "_prefix", "_range", "_reader", "_recheck")

    def __init__(self, node: SelectLock) -> None:
        source = _range_of(node)
        assert isinstance(source, ShortRange), "the caller looked"
        filters = []
        below: PhysicalNode = node.child
        while isinstance(below, Selection):
            filters.append(row_filter(below.conditions, source.columns))
            below = below.child
        self._node = node
        self._range = source
        self._before = filters[::-1]
        self._recheck = row_filter(node.conditions, source.columns) if node.conditions else None
        self._reader = RowReader(source.table, source.infos)
        self._limit = limit_value(node.limit_hint)
        self._prefix = record_prefix(source.table.id)

    async def rows(self, context: ExecContext) -> list[Any] | None:
        """The rows, each a list of the range's columns; None when the range turned out to be long."""
        source = self._range
        reads = reads_of(context) if context.for_update_read else context.snapshot
        limit = self._limit(context.evaluation)
        if limit is None:
            pairs = await entries(source, context, reads)
            return None if pairs is None else await self._locked(pairs, context, reads)
        evaluation = context.evaluation
        groups = source.ranges.evaluate(values_of(source, evaluation), evaluation.zone)
        ranges: list[KeyRange] = [item for group in groups for item in group]
        if source.desc:
            ranges.reverse()
        found: list[Any] = []
        read = 0
        for key_range in ranges:
            start, end = key_range.start, key_range.end
            while len(found) < limit:
                context.kill.check()
                wanted = limit - len(found)
                pairs = await reads.scan(start, end, wanted, reverse=source.desc)
                read += len(pairs)
                if read > SHORT_RANGE_ROWS:
                    return None
                found += await self._locked(pairs, context, reads)
                if len(pairs) < wanted:
                    break
                if source.desc:
                    end = pairs[-1][0]
                else:
                    start = pairs[-1][0] + b"\0"
        return found

    async def _locked(self, pairs: Sequence[Pair], context: ExecContext, reads: Reads) -> list[Any]:
        """The rows of some keys of the range that pass the filters, before and after they are locked."""
        source, node, evaluation = self._range, self._node, context.evaluation
        if not pairs:
            return []
        keys: list[bytes]
        if source.index is None:
            keys = [key for key, _ in pairs]
        else:
            count, common, prefix = len(source.index.columns), source.table.is_common_handle, self._prefix
            handles = [entry_handle(key, value, count, common=common) for key, value in pairs]
            keys = [prefix + (encode_int(handle) if isinstance(handle, int) else handle) for handle in handles]
        transaction = context.transaction
        stored: list[StoredRow]
        if self._before or transaction is None:
            values = dict(pairs) if source.index is None else await reads.batch_get(keys)
            keys = [key for key in keys if key in values]
            stored = [(handle_of_key(key), values[key]) for key in keys]
            rows: list[Any] = self._reader.rows(stored, evaluation)
            for passes in self._before:
                chosen = [place for place, row in enumerate(rows) if passes(row, evaluation)]
                keys = [keys[place] for place in chosen]
                rows = [rows[place] for place in chosen]
            if transaction is None:
                return rows
        found = await lock_rows(context, keys, node.mode, node.wait)
        stored = [(handle_of_key(key), found[key]) for key in keys if key in found]
        rows = self._reader.rows(stored, evaluation)
        recheck = self._recheck
        return rows if recheck is None else [row for row in rows if recheck(row, evaluation)]


def locked_range(node: SelectLock) -> LockedRange:
    """The node's program."""
    return kept(node, "_locked_range", lambda: LockedRange(node))
