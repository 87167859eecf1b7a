"""ORDER BY, and ORDER BY with a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.batches import OUTPUT_ROWS, concat, selected, sliced
from executor.compiled import Vector, kept, vector
from executor.context import EvalContext
from executor.copr.ordering import sort_positions
from executor.offload import computed
from executor.row_counts import limit_value
from planner.expr.nodes import Column, OrderItem
from planner.physical import Sort, TopN
from sqlnode.base.types import SqlType

if TYPE_CHECKING:
    from executor.stream import Execution

_TOP_N_ROWS = 16_384
"""Rows gathered before TopN sorts again."""


class SortKeys:
    """Compiled ORDER BY items over the columns of an input."""

    __slots__ = ("_descending", "_keys", "_types")

    def __init__(self, items: Sequence[OrderItem], columns: Sequence[Column]) -> None:
        self._keys: list[Vector] = [vector(item.expression, columns) for item in items]
        self._types: list[SqlType] = [item.expression.type for item in items]
        self._descending = [item.descending for item in items]

    def positions(self, batch: pa.RecordBatch, context: EvalContext, limit: int | None = None) -> pa.Array:
        """The rows' positions in order, the first `limit` of them."""
        keys = [key(batch, context) for key in self._keys]
        return sort_positions(keys, self._types, self._descending, limit)


async def sort(node: Sort, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """All rows in order."""
    columns = node.child.schema
    keys = kept(node, "_keys", lambda: SortKeys(node.items, columns))
    batches = await execution.collect(node.child)
    if not batches:
        return
    whole = concat(batches, columns)
    batches.clear()
    order = await computed(whole.num_rows, lambda: keys.positions(whole, execution.evaluation), execution.context.kill)
    for start in range(0, len(order), OUTPUT_ROWS):
        execution.context.kill.check()
        yield selected(whole, order.slice(start, OUTPUT_ROWS), len(columns))


async def top_n(node: TopN, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The first rows in order; never holds many more than it gives."""
    evaluation, columns = execution.evaluation, node.child.schema
    count = kept(node, "_count", lambda: limit_value(node.count))(evaluation)
    skip = kept(node, "_offset", lambda: limit_value(node.offset))(evaluation) or 0
    if count == 0:
        return
    keys = kept(node, "_keys", lambda: SortKeys(node.items, columns))
    most = None if count is None else count + skip
    width = len(columns)
    gathered: list[pa.RecordBatch] = []
    rows = best = 0

    def cut() -> pa.RecordBatch:
        whole = concat(gathered, columns)
        return selected(whole, keys.positions(whole, evaluation, most), width)

    source = execution.batches(node.child)
    try:
        async for batch in source:
            execution.context.kill.check()
            if not batch.num_rows:
                continue
            gathered.append(batch)
            rows += batch.num_rows
            if most is not None and rows - best > max(_TOP_N_ROWS, 2 * most):
                gathered = [await computed(rows, cut, execution.context.kill)]
                rows = best = gathered[0].num_rows
    finally:
        await source.aclose()  # type: ignore[attr-defined]
    if rows:
        result = await computed(rows, cut, execution.context.kill)
        result = result.slice(min(skip, result.num_rows))
        for part in sliced(result):
            yield part
