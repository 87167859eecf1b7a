"""Readers of one request: table records, or index entries that have all columns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.readers.requests import reader_groups, run_request
from executor.reads import merged_ranges
from planner.physical import IndexReader, TableReader

if TYPE_CHECKING:
    from executor.stream import Execution


async def stream(node: TableReader | IndexReader, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The request's batches; groups of ranges one after another where order counts, else all at once."""
    groups = reader_groups(node, execution)
    if len(groups) > 1 and not node.keep_order:
        groups = [tuple(merged_ranges(item for group in groups for item in group))]
    for ranges in groups:
        batches = run_request(node.request, ranges, node, execution)
        try:
            async for batch in batches:
                yield batch
        finally:
            await batches.aclose()  # type: ignore[attr-defined]
