"""Apply: the right side runs again for each distinct combination of the left values that it reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from executor.batches import I64, concat, make_batch
from executor.compiled import kept
from executor.operators.join_keys import distinct_rows
from executor.operators.matching import Built, Matching
from planner.expr.nodes import Column
from planner.logical import JoinKind
from planner.physical import Apply
from sqlnode.base.types import integer

if TYPE_CHECKING:
    from executor.stream import Execution

_POSITION_ID = -(1 << 40)
"""Column id of the left rows' positions; plans number theirs upwards."""
_CACHED_ROWS = 262_144
"""Rows of answers that are kept for later batches; beyond, the oldest answers are forgotten."""


async def stream(node: Apply, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The joined rows, in left order."""
    matching = kept(node, "_matching", lambda: _matching(node))
    columns = node.left.schema
    positions = {column.id: position for position, column in enumerate(columns)}
    places = [positions[column.id] for column in node.correlated]
    answers: dict[tuple[object, ...], Built] = {}
    held = 0
    source = execution.batches(node.left)
    try:
        async for batch in source:
            if not batch.num_rows:
                continue
            first, numbers = distinct_rows([batch.column(place) for place in places], batch.num_rows)
            chosen = pa.array(first)
            keys = [batch.column(place).take(chosen).to_pylist() for place in places]
            combinations = list(zip(*keys, strict=True)) if keys else [()]
            pieces: list[pa.RecordBatch] = []
            for number, combination in enumerate(combinations):
                execution.context.kill.check()
                built = answers.get(combination)
                if built is None:
                    built = await _answer(node, matching, combination, execution)
                    held += built.table.count
                    while held > _CACHED_ROWS and answers:
                        held -= answers.pop(next(iter(answers))).table.count
                    answers[combination] = built
                rows = np.flatnonzero(numbers == number) if len(combinations) > 1 else np.arange(batch.num_rows)
                # Empty pieces are left out: a table of nothing but those has no batch at all.
                pieces += [piece for piece in built.probe(_chosen(batch, rows, len(columns))) if piece.num_rows]
            if pieces:
                yield _in_left_order(pieces, len(columns), len(combinations) > 1)
    finally:
        await source.aclose()  # type: ignore[attr-defined]


def _chosen(batch: pa.RecordBatch, rows: I64, width: int) -> pa.RecordBatch:
    """Some left rows, with their positions as a further column."""
    positions = pa.array(rows)
    arrays = batch.columns[:width]
    if len(rows) < batch.num_rows:
        arrays = [array.take(positions) for array in arrays]
    return make_batch([*arrays, positions], len(rows))


def _in_left_order(pieces: list[pa.RecordBatch], place: int, mixed: bool) -> pa.RecordBatch:
    """All pieces as one batch, ordered by the positions in column `place`, which is dropped."""
    whole = pa.Table.from_batches(pieces).combine_chunks().to_batches()[0] if len(pieces) > 1 else pieces[0]
    arrays = [*whole.columns[:place], *whole.columns[place + 1 :]]
    if mixed:
        order = pa.array(np.argsort(whole.column(place).to_numpy(zero_copy_only=False), kind="stable"))
        arrays = [array.take(order) for array in arrays]
    return make_batch(arrays, whole.num_rows)


def _matching(node: Apply) -> Matching:
    aware = node.conditions[: node.null_aware_count]
    plain = node.conditions[node.null_aware_count :]
    assert node.kind is not JoinKind.RIGHT, "an Apply keeps its left side"
    left = (*node.left.schema, Column(_POSITION_ID, "position", integer(not_null=True)))
    return Matching(node.kind, left, node.right.schema, (), plain, aware)


async def _answer(node: Apply, matching: Matching, combination: tuple[object, ...], execution: Execution) -> Built:
    """The right side for one combination of left values."""
    correlated = execution.evaluation.correlated
    before = dict(correlated)
    for column, value in zip(node.correlated, combination, strict=True):
        correlated[column.id] = value  # type: ignore[assignment]
    try:
        found = await execution.collect(node.right)
    finally:
        correlated.clear()
        correlated.update(before)
    return matching.build(concat(found, node.right.schema), execution.evaluation)
