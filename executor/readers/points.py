"""Reads by key as sources of record batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.batches import from_rows, make_batch
from executor.point import fetch, row_reader
from planner.physical import BatchPointGet, PointGet

if TYPE_CHECKING:
    from executor.stream import Execution


async def stream(node: PointGet | BatchPointGet, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """One batch, if there is a row."""
    stored = await fetch(node, execution.context, execution.reads)
    if not stored:
        return
    rows = row_reader(node).rows(stored, execution.evaluation)
    yield from_rows(rows, node.columns) if node.columns else make_batch([], len(rows))
