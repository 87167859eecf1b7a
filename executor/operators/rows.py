"""Operators that pass rows on as they come: constants, selection, projection, limit, MaxOneRow, UNION ALL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from executor.batches import coerced, concat, from_rows, make_batch, null_columns, to_rows
from executor.compiled import assigns, batch_filter, kept, row_filter, scalar, vector
from executor.context import EvalContext
from executor.offload import computed
from executor.row_counts import limit_value
from planner.expr.nodes import Column, Expression
from planner.physical import Dual, Limit, MaxOneRow, Projection, Selection, Union, ValuesScan
from sqlnode.base.errors import SUBQUERY_NO_1_ROW, SqlError

if TYPE_CHECKING:
    from executor.stream import Execution

BatchFunction: TypeAlias = Callable[[pa.RecordBatch, EvalContext], pa.RecordBatch]


async def dual(node: Dual, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """One row of NULLs, or none."""
    if node.rows:
        yield make_batch(null_columns(node.columns, node.rows), node.rows)


async def values(node: ValuesScan, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """Rows of expressions."""
    compiled = kept(node, "_compiled", lambda: [[scalar(part) for part in row] for row in node.rows])
    evaluation = execution.evaluation
    rows = [tuple([part((), evaluation) for part in row]) for row in compiled]
    if not rows:
        return
    yield from_rows(rows, node.columns) if node.columns else make_batch([], len(rows))


async def selection(node: Selection, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """Rows for which every condition is true."""
    make = _row_by_row_filter if assigns(node.conditions) else batch_filter
    keep = kept(node, "_filter", lambda: make(node.conditions, node.child.schema))
    evaluation, check = execution.evaluation, execution.context.kill.check
    source = execution.batches(node.child)
    try:
        async for batch in source:
            check()
            if batch.num_rows:
                kept_rows = await computed(batch.num_rows, partial(keep, batch, evaluation), execution.context.kill)
                if kept_rows.num_rows:
                    yield kept_rows
    finally:
        await source.aclose()  # type: ignore[attr-defined]


def _row_by_row_filter(conditions: Sequence[Expression], columns: Sequence[Column]) -> BatchFunction:
    passes = row_filter(conditions, columns)
    width = len(columns)

    def keep(batch: pa.RecordBatch, context: EvalContext) -> pa.RecordBatch:
        return batch.filter(pa.array([passes(row, context) for row in to_rows(batch, width)], pa.bool_()))

    return keep


def _row_by_row(node: Projection) -> BatchFunction:
    columns = node.child.schema
    compiled = [scalar(expression, columns) for expression in node.expressions]
    width = len(columns)

    def project(batch: pa.RecordBatch, context: EvalContext) -> pa.RecordBatch:
        rows = [tuple([evaluate(row, context) for evaluate in compiled]) for row in to_rows(batch, width)]
        return from_rows(rows, node.columns)

    return project


def _by_columns(node: Projection) -> BatchFunction:
    compiled = [vector(expression, node.child.schema) for expression in node.expressions]

    def project(batch: pa.RecordBatch, context: EvalContext) -> pa.RecordBatch:
        return make_batch([evaluate(batch, context) for evaluate in compiled], batch.num_rows)

    return project


async def projection(node: Projection, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """Expressions over each batch."""
    make = _row_by_row if assigns(node.expressions) else _by_columns
    project = kept(node, "_compiled", lambda: make(node))
    evaluation, check = execution.evaluation, execution.context.kill.check
    source = execution.batches(node.child)
    try:
        async for batch in source:
            check()
            if batch.num_rows:
                yield await computed(batch.num_rows, partial(project, batch, evaluation), execution.context.kill)
    finally:
        await source.aclose()  # type: ignore[attr-defined]


async def limit(node: Limit, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """Some rows after some others; the input is closed as soon as there are enough."""
    evaluation = execution.evaluation
    left = kept(node, "_count", lambda: limit_value(node.count))(evaluation)
    skip = kept(node, "_offset", lambda: limit_value(node.offset))(evaluation) or 0
    if left == 0:
        return
    source = execution.batches(node.child)
    try:
        async for batch in source:
            if skip:
                dropped = min(skip, batch.num_rows)
                skip -= dropped
                batch = batch.slice(dropped)
            if not batch.num_rows:
                continue
            if left is None:
                yield batch
                continue
            if batch.num_rows > left:
                batch = batch.slice(0, left)
            left -= batch.num_rows
            yield batch
            if not left:
                return
    finally:
        await source.aclose()  # type: ignore[attr-defined]


async def max_one_row(node: MaxOneRow, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The only row, or NULLs. Error 1242 for more rows."""
    found: list[pa.RecordBatch] = []
    source = execution.batches(node.child)
    try:
        async for batch in source:
            if batch.num_rows:
                found.append(batch)
            if sum(part.num_rows for part in found) > 1:
                raise SqlError(SUBQUERY_NO_1_ROW)
    finally:
        await source.aclose()  # type: ignore[attr-defined]
    yield concat(found, node.child.schema) if found else make_batch(null_columns(node.schema, 1), 1)


async def union(node: Union, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """All rows of the inputs, one input after another."""
    for child in node.inputs:
        source = execution.batches(child)
        try:
            async for batch in source:
                if batch.num_rows:
                    yield in_form_of(node, batch)
        finally:
            await source.aclose()  # type: ignore[attr-defined]


def in_form_of(node: Union, batch: pa.RecordBatch) -> pa.RecordBatch:
    """An input's batch with the columns of the node."""
    arrays = [coerced(batch.column(position), column.type) for position, column in enumerate(node.columns)]
    return make_batch(arrays, batch.num_rows)
