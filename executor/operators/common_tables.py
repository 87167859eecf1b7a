"""Common table expressions that several parts of a statement read: computed once, kept until the statement ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from planner.physical import CteScan

if TYPE_CHECKING:
    from executor.stream import Execution


async def stream(node: CteScan, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The rows, computed by the first use that asks."""
    known = execution.context.ctes
    if node.cte_id not in known:
        known[node.cte_id] = await execution.collect(execution.plan.ctes[node.cte_id])
    for batch in cast("list[pa.RecordBatch]", known[node.cte_id]):
        yield batch
