"""The column path: a tree of plan nodes as a tree of asynchronous streams of record batches.

`Execution` is one run of a plan. A stream is an async generator of batches whose first `len(schema)` columns are the
node's schema, by position, in the Arrow forms of `sqlnode.base.types`; a stream without rows may give no batch at all.
Closing a stream closes its inputs. Readers, selections, projections and limits pass batches on as they come, so a large
result flows with the memory of a few batches; sorts, aggregations, and the build side of joins collect.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

import pyarrow as pa

from executor.batches import make_batch
from executor.compiled import values_of
from executor.context import EvalContext, ExecContext
from executor.operators import dispatch
from executor.reads import reads_of
from executor.runtime import NodeRuntime
from planner.access.range_plan import Groups, ValueOf
from planner.physical import PhysicalNode, PhysicalPlan
from store.api import Reads


class Execution:
    """One run of a plan: its context, what it reads through, and the streams of its nodes."""

    __slots__ = ("context", "given_ranges", "plan", "reads")

    def __init__(self, plan: PhysicalPlan, context: ExecContext) -> None:
        self.plan = plan
        self.context = context
        self.reads: Reads = reads_of(context)
        self.given_ranges: dict[int, Groups] = {}
        """Ranges that an index join worked out for the readers on its inner side, by identity of the node."""

    @property
    def evaluation(self) -> EvalContext:
        """What expressions may see."""
        return self.context.evaluation

    def batches(self, node: PhysicalNode) -> AsyncIterator[pa.RecordBatch]:
        """The node's stream."""
        stream = dispatch.stream(node, self)
        runtime = self.context.runtime
        return stream if runtime is None else runtime.watched(node.id, stream)

    async def collect(self, node: PhysicalNode) -> list[pa.RecordBatch]:
        """All batches of a node that have rows."""
        check = self.context.kill.check
        found = []
        stream = self.batches(node)
        try:
            async for batch in stream:
                check()
                if batch.num_rows:
                    found.append(batch)
        finally:
            await stream.aclose()  # type: ignore[attr-defined]
        return found

    def value_of(self, node: PhysicalNode) -> ValueOf:
        """Values of the node's expressions that read no row."""
        return values_of(node, self.context.evaluation)

    def runtime(self, node: PhysicalNode) -> NodeRuntime | None:
        """Where the node's statistics go, if anybody wants them."""
        runtime = self.context.runtime
        return None if runtime is None else runtime.of(node.id)


async def picked(
    batches: AsyncIterator[pa.RecordBatch], positions: tuple[int, ...]
) -> AsyncGenerator[pa.RecordBatch, None]:
    """Batches of the result's columns only."""
    in_place = positions == tuple(range(len(positions)))
    try:
        async for batch in batches:
            if not batch.num_rows:
                continue
            if in_place and batch.num_columns == len(positions):
                yield batch
            else:
                yield make_batch([batch.column(position) for position in positions], batch.num_rows)
    finally:
        await batches.aclose()  # type: ignore[attr-defined]


async def chained(first: list[pa.RecordBatch], rest: AsyncIterator[pa.RecordBatch]) -> AsyncIterator[pa.RecordBatch]:
    """What was taken from a stream, then what is left of it."""
    try:
        first.reverse()
        while first:
            yield first.pop()
        async for batch in rest:
            yield batch
    finally:
        await rest.aclose()  # type: ignore[attr-defined]
