"""GROUP BY, aggregates, DISTINCT: rows are numbered by group as they come, and every aggregate keeps arrays by group.

Groups come out in the order of their first rows, which is also what a StreamAgg promises over sorted input.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from executor.batches import coerced, from_rows, make_batch, sliced, to_rows
from executor.compiled import Vector, kept, vector
from executor.context import EvalContext
from executor.copr.grouping import Groups
from executor.offload import computed
from executor.operators.states import Accumulator, make_accumulator
from executor.row_path import aggregation_step
from planner.physical import AggMode, HashAgg

if TYPE_CHECKING:
    from executor.stream import Execution

_FEW_ROWS = 48
"""Inputs up to this size are aggregated as Python rows: less work than the array functions need to start."""


class AggregationPlan:
    """What is fixed about a HashAgg node."""

    def __init__(self, node: HashAgg) -> None:
        columns = node.child.schema
        self.node = node
        self.keys: list[Vector] = [vector(expression, columns) for expression in node.group_by]
        self.key_types = [expression.type for expression in node.group_by]
        self.arguments: list[list[Vector]] = []
        for call in node.aggregates:
            parts = [*call.args, *(item.expression for item in call.order_by)]
            self.arguments.append([vector(part, columns) for part in parts])
        self.makers = [make_accumulator(call, node.mode) for call in node.aggregates]
        self.by_rows = aggregation_step(node) if node.mode is AggMode.COMPLETE else None


class Aggregating:
    """One run over one input."""

    def __init__(self, plan: AggregationPlan) -> None:
        self._plan = plan
        self.groups = Groups(plan.key_types)
        self._accumulators: list[Accumulator] = [make() for make in plan.makers]

    def update(self, batch: pa.RecordBatch, context: EvalContext) -> pa.RecordBatch | None:
        """Takes a batch; without aggregates (DISTINCT) gives the rows that are new in it."""
        plan = self._plan
        keys = [key(batch, context) for key in plan.keys]
        numbers, new = self.groups.number(keys, batch.num_rows)
        for accumulator, arguments in zip(self._accumulators, plan.arguments, strict=True):
            arrays = [argument(batch, context) for argument in arguments]
            accumulator.update(arrays, numbers, self.groups.count, context)
        if plan.node.aggregates or not plan.node.group_by or not len(new):
            return None
        positions = pa.array(np.sort(new))
        columns = plan.node.columns
        return make_batch([coerced(key.take(positions), column.type) for key, column in zip(keys, columns)], len(new))

    def result(self, context: EvalContext) -> pa.RecordBatch:
        """The aggregates, then the first values of the groups."""
        node = self._plan.node
        count = self.groups.count if node.group_by else 1
        arrays = [accumulator.result(count, context) for accumulator in self._accumulators]
        if node.group_by:
            arrays += self.groups.columns()
        columns = node.columns
        return make_batch([coerced(array, column.type) for array, column in zip(arrays, columns, strict=True)], count)


async def stream(node: HashAgg, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The groups; DISTINCT gives rows as soon as they appear."""
    plan = kept(node, "_aggregation", lambda: AggregationPlan(node))
    evaluation, check = execution.evaluation, execution.context.kill.check
    few: list[pa.RecordBatch] = []
    few_rows = 0
    running: Aggregating | None = None
    source = execution.batches(node.child)
    try:
        async for batch in source:
            check()
            if not batch.num_rows:
                continue
            if running is None:
                few.append(batch)
                few_rows += batch.num_rows
                if few_rows <= _FEW_ROWS and plan.by_rows is not None:
                    continue
                running = Aggregating(plan)
            for part in few or [batch]:
                new = await computed(part.num_rows, partial(running.update, part, evaluation), execution.context.kill)
                if new is not None:
                    yield new
            few = []
    finally:
        await source.aclose()  # type: ignore[attr-defined]
    if running is None and plan.by_rows is not None:
        width = len(node.child.schema)
        rows = [row for batch in few for row in to_rows(batch, width)]
        found = plan.by_rows(rows, evaluation)
        if found:
            yield from_rows(found, node.columns)
        return
    if node.group_by and not node.aggregates:
        return
    final = running or Aggregating(plan)
    runtime = execution.runtime(node)
    if runtime is not None:
        runtime.notes["groups"] = final.groups.count
    result = await computed(final.groups.count, lambda: final.result(evaluation), execution.context.kill)
    for part in sliced(result):
        yield part
