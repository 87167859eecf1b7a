"""Hash joins: one side is collected and numbered by key, the other streams past it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.batches import concat
from executor.compiled import kept
from executor.offload import computed
from executor.operators.matching import Built, Matching
from planner.logical import JoinKind
from planner.physical import HashJoin

if TYPE_CHECKING:
    from executor.stream import Execution

_PROBE_ROWS = 16_384


async def stream(node: HashJoin, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The joined rows, in the order of the side that streams."""
    matching = kept(node, "_matching", lambda: matching_of(node))
    build_node, probe_node = (node.left, node.right) if matching.build_left else (node.right, node.left)
    batches = await execution.collect(build_node)
    if not batches and node.kind in (JoinKind.INNER, JoinKind.SEMI):
        return
    build = concat(batches, build_node.schema)
    batches.clear()
    built = await computed(build.num_rows, lambda: matching.build(build, execution.evaluation), execution.context.kill)
    runtime = execution.runtime(node)
    if runtime is not None:
        runtime.notes["build rows"] = build.num_rows
    # Looking values up in a dictionary costs its size once a call, so calls grow with it.
    wanted = max(_PROBE_ROWS, build.num_rows)
    gathered: list[pa.RecordBatch] = []
    rows = 0
    source = execution.batches(probe_node)
    try:
        async for batch in source:
            execution.context.kill.check()
            if not batch.num_rows:
                continue
            gathered.append(batch)
            rows += batch.num_rows
            if rows >= wanted:
                async for part in _probed(built, concat(gathered, probe_node.schema), build.num_rows, execution):
                    yield part
                gathered, rows = [], 0
    finally:
        await source.aclose()  # type: ignore[attr-defined]
    if gathered:
        async for part in _probed(built, concat(gathered, probe_node.schema), build.num_rows, execution):
            yield part


def matching_of(node: HashJoin) -> Matching:
    """The node's way of matching."""
    return Matching(
        node.kind,
        node.left.schema,
        node.right.schema,
        node.equal,
        node.other,
        node.null_aware_other,
        build_left=node.build_left,
    )


async def _probed(
    built: Built, batch: pa.RecordBatch, build_rows: int, execution: Execution
) -> AsyncIterator[pa.RecordBatch]:
    pieces = built.probe(batch)
    while True:
        execution.context.kill.check()
        piece = await computed(batch.num_rows + build_rows, lambda: next(pieces, None), execution.context.kill)
        if piece is None:
            return
        if piece.num_rows:
            yield piece
