"""INTERSECT and EXCEPT: rows are numbered by equality (NULLs equal, strings by collation), then counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from executor.batches import I64, concat, selected, sliced
from executor.copr.grouping import Groups
from executor.offload import computed
from executor.operators.rows import in_form_of
from planner.logical import SetKind
from planner.physical import SetOperation

if TYPE_CHECKING:
    from executor.stream import Execution


async def stream(node: SetOperation, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The left input's rows that stay, in their order."""
    left = [in_form_of(node, batch) for batch in await execution.collect(node.inputs[0])]
    if not left:
        return
    right = [in_form_of(node, batch) for batch in await execution.collect(node.inputs[1])]
    rows = sum(batch.num_rows for batch in (*left, *right))
    result = await computed(
        rows, lambda: combined(node, concat(left, node.columns), concat(right, node.columns)), execution.context.kill
    )
    for part in sliced(result):
        yield part


def combined(node: SetOperation, left: pa.RecordBatch, right: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of `left` that belong to the result."""
    groups = Groups([column.type for column in node.columns])
    width = len(node.columns)
    numbers, _ = groups.number(left.columns[:width], left.num_rows)
    others, _ = groups.number(right.columns[:width], right.num_rows)
    counts = np.bincount(others, minlength=groups.count)[numbers]
    occurrence = occurrences(numbers)
    if node.kind is SetKind.INTERSECT:
        keep = occurrence < counts if node.all_rows else (occurrence == 0) & (counts > 0)
    else:
        keep = occurrence >= counts if node.all_rows else (occurrence == 0) & (counts == 0)
    return selected(left, np.flatnonzero(keep), width)


def occurrences(numbers: I64) -> I64:
    """For each row: how many rows before it have the same number."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    result = np.empty(len(numbers), np.int64)
    result[order] = np.arange(len(numbers)) - np.repeat(starts, lengths)
    return result
