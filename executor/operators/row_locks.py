"""SelectLock: locks rows a batch at a time, and takes their values anew.

The child read at some moment; by the time the lock is held, a row may have been changed or deleted by somebody who
committed in between. So the columns of each locked row come from the value that the lock returned, rows that are gone
(or that SKIP LOCKED left alone) are dropped, and the conditions are checked again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from executor.batches import make_batch, selected
from executor.compiled import batch_filter, kept
from executor.context import EvalContext
from executor.locking import lock_rows
from executor.operators.join_keys import null_rows
from executor.point import RowReader, StoredRow
from executor.record_keys import RecordKeys, handle_of_key
from executor.row_counts import limit_value
from planner.expr.nodes import Column
from planner.physical import LockSource, SelectLock
from store.codec.byte_arrays import values_to_array

if TYPE_CHECKING:
    from executor.stream import Execution


class SourceLock:
    """What is fixed about one source."""

    def __init__(self, source: LockSource, columns: tuple[Column, ...]) -> None:
        positions = {column.id: position for position, column in enumerate(columns)}
        self.handles = [positions[column.id] for column in source.handle]
        self.places = [positions[column.id] for column in source.columns]
        self.types = [column.type for column in source.columns]
        self.keys = RecordKeys(source.table)
        self.reader = RowReader(source.table, source.infos)


async def stream(node: SelectLock, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The child's rows, locked and fresh. Without a transaction (autocommit) nothing is locked."""
    columns = node.child.schema
    sources = kept(node, "_sources", lambda: [SourceLock(source, columns) for source in node.sources])
    recheck = kept(node, "_filter", lambda: batch_filter(node.conditions, columns)) if node.conditions else None
    left = kept(node, "_limit_hint", lambda: limit_value(node.limit_hint))(execution.evaluation)
    source = execution.batches(node.child)
    try:
        async for read in source:
            start = 0
            while start < read.num_rows:
                execution.context.kill.check()
                # No more rows than the limit above still wants: other takers of a work queue must find the rest free.
                batch = read.slice(start, read.num_rows if left is None else max(left, 1))
                start += batch.num_rows
                batch = await _locked_rows(node, sources, recheck, batch, execution)
                if batch.num_rows:
                    yield batch
                if left is not None:
                    left -= batch.num_rows
                    if left <= 0:
                        return
    finally:
        await source.aclose()  # type: ignore[attr-defined]


async def _locked_rows(
    node: SelectLock,
    sources: list[SourceLock],
    recheck: Callable[[pa.RecordBatch, EvalContext], pa.RecordBatch] | None,
    batch: pa.RecordBatch,
    execution: Execution,
) -> pa.RecordBatch:
    """A batch's rows that could be locked and still fulfil the conditions."""
    if execution.context.transaction is None:
        return batch
    for lock in sources:
        if batch.num_rows:
            batch = await _locked(node, lock, batch, execution)
    return recheck(batch, execution.evaluation) if batch.num_rows and recheck is not None else batch


async def _locked(node: SelectLock, lock: SourceLock, batch: pa.RecordBatch, execution: Execution) -> pa.RecordBatch:
    width = len(node.child.schema)
    handles = [batch.column(place) for place in lock.handles]
    absent = null_rows(handles, batch.num_rows)
    present = np.flatnonzero(~absent)
    if not len(present):
        return batch
    if absent.any():
        chosen = pa.array(present)
        handles = [array.take(chosen) for array in handles]
    keys = lock.keys.of(handles, execution.evaluation.zone)
    found = await lock_rows(execution.context, list(dict.fromkeys(keys)), node.mode, node.wait)
    row_of: dict[bytes, int] = {}
    stored: list[StoredRow] = []
    for key, value in found.items():
        row_of[key] = len(stored)
        stored.append((handle_of_key(key), value))
    fresh = lock.reader.rows(stored, execution.evaluation)
    origin = np.full(batch.num_rows, -1, np.int64)
    origin[present] = [row_of.get(key, -1) for key in keys]
    keep = absent | (origin >= 0)
    arrays = list(batch.columns[:width])
    old = np.arange(batch.num_rows)
    for index, (place, sql_type) in enumerate(zip(lock.places, lock.types, strict=True)):
        values = values_to_array([row[index] for row in fresh], sql_type)
        both = pa.concat_arrays([arrays[place], values])
        arrays[place] = both.take(pa.array(np.where(origin >= 0, origin + batch.num_rows, old)))
    locked = make_batch(arrays, batch.num_rows)
    return locked if keep.all() else selected(locked, np.flatnonzero(keep), width)
