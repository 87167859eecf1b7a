"""What plan nodes did while a statement ran: rows, batches and time, by node id (EXPLAIN ANALYZE)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import perf_counter_ns

import pyarrow as pa

from store.api import CopCounters


@dataclass(slots=True)
class NodeRuntime:
    """One node's work. `nanoseconds` include those of its inputs; `loops` counts how often it was started."""

    rows: int = 0
    batches: int = 0
    nanoseconds: int = 0
    loops: int = 0
    cop: CopCounters = field(default_factory=CopCounters)
    """What its coprocessor requests did (readers; for an index lookup the index side)."""
    notes: dict[str, int] = field(default_factory=dict)
    """Numbers that a node wants shown: groups, build rows, cached answers, …"""


class Runtime:
    """Statistics of one execution. Put into `ExecContext.runtime` before the plan runs."""

    __slots__ = ("nodes",)

    def __init__(self) -> None:
        self.nodes: dict[int, NodeRuntime] = {}

    def of(self, node_id: int) -> NodeRuntime:
        """The node's entry, made when it is asked for first."""
        found = self.nodes.get(node_id)
        if found is None:
            found = self.nodes[node_id] = NodeRuntime()
        return found

    async def watched(self, node_id: int, batches: AsyncIterator[pa.RecordBatch]) -> AsyncIterator[pa.RecordBatch]:
        """The same batches, counted and timed."""
        entry = self.of(node_id)
        entry.loops += 1
        try:
            while True:
                start = perf_counter_ns()
                try:
                    batch = await anext(batches, None)
                finally:
                    entry.nanoseconds += perf_counter_ns() - start
                if batch is None:
                    return
                entry.rows += batch.num_rows
                entry.batches += 1
                yield batch
        finally:
            await batches.aclose()  # type: ignore[attr-defined]
