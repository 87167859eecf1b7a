"""Double reads: handles from an index, then the rows of those handles.

Handles are taken in growing batches. The rows of a batch are fetched by key, in the index's order, own writes included,
and the table side's DAG runs over them in this process: so the output has the order of the index without a sort.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.compiled import kept
from executor.readers.requests import reader_groups, run_here, run_request, slot_values
from executor.reads import merged_ranges
from executor.record_keys import RecordKeys
from executor.row_counts import limit_value
from planner.physical import IndexLookUp
from store.api import KeyRange

if TYPE_CHECKING:
    from executor.stream import Execution

FIRST_HANDLES = 256
MOST_HANDLES = 16_384


async def stream(node: IndexLookUp, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The table side's batches."""
    groups = reader_groups(node, execution)
    if len(groups) > 1 and not node.keep_order:
        groups = [tuple(merged_ranges(item for group in groups for item in group))]
    hint = kept(node, "_limit_hint", lambda: limit_value(node.limit_hint))(execution.evaluation)
    size = FIRST_HANDLES if hint is None else max(min(hint, FIRST_HANDLES), 1)
    parameters = slot_values(node.table_request, node, execution)
    for ranges in groups:
        async for keys in _record_keys(node, ranges, execution):
            start = 0
            while start < len(keys):
                part = keys[start : start + size]
                start += len(part)
                size = min(size * 4, MOST_HANDLES)
                execution.context.kill.check()
                rows = await execution.reads.batch_get(part)
                found = [key for key in part if key in rows]
                block = (found, [rows[key] for key in found])
                if found:
                    for batch in await run_here(node.table_request, [block], parameters, node, execution):
                        yield batch


async def _record_keys(
    node: IndexLookUp, ranges: Sequence[KeyRange], execution: Execution
) -> AsyncIterator[list[bytes]]:
    keys = kept(node, "_record_keys", lambda: RecordKeys(node.table))
    width = len(node.index_request.columns)
    batches = run_request(node.index_request, ranges, node, execution)
    try:
        async for batch in batches:
            yield keys.of(batch.columns[:width], execution.evaluation.zone)
    finally:
        await batches.aclose()  # type: ignore[attr-defined]
