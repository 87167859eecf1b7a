"""Record batches as operators make and take them apart. Columns count by position; names mean nothing.

A batch whose schema has no column (`SELECT 1` below its projection, COUNT(*) over a pruned input) still has a number of
rows, which Arrow cannot say without a column: such a batch carries one column of NULLs that no expression reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.nodes import Column
from sqlnode.base.types import SqlType, Value
from store.codec.byte_arrays import values_to_array

I64 = npt.NDArray[np.int64]
OUTPUT_ROWS = 8192
"""Rows of a batch that an operator makes by itself."""
_INT32_LIMIT = (1 << 31) - 1


@lru_cache(maxsize=256)
def _names(count: int) -> list[str]:
    return [str(index) for index in range(count)]


def make_batch(arrays: Sequence[pa.Array], rows: int) -> pa.RecordBatch:
    """A batch of `rows` rows."""
    if not arrays:
        return pa.RecordBatch.from_arrays([pa.nulls(rows)], names=["0"])
    return pa.RecordBatch.from_arrays(list(arrays), names=_names(len(arrays)))


def from_rows(rows: Sequence[Sequence[Value]], columns: Sequence[Column]) -> pa.RecordBatch:
    """A batch of Python rows, in the Arrow forms of `columns`."""
    if not rows:
        return empty(columns)
    arrays = [
        values_to_array(values, column.type) for values, column in zip(zip(*rows, strict=True), columns, strict=True)
    ]
    return make_batch(arrays, len(rows))


def to_rows(batch: pa.RecordBatch, width: int) -> list[tuple[Value, ...]]:
    """The first `width` columns of a batch as Python rows."""
    if not width:
        return [()] * batch.num_rows
    return list(zip(*[batch.column(position).to_pylist() for position in range(width)], strict=True))


def empty(columns: Sequence[Column]) -> pa.RecordBatch:
    """A batch without rows."""
    return make_batch([pa.nulls(0, column.type.arrow) for column in columns], 0)


def null_columns(columns: Sequence[Column], rows: int) -> list[pa.Array]:
    """Columns of NULLs."""
    return [pa.nulls(rows, column.type.arrow) for column in columns]


def coerced(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """The array in the Arrow form of a type that can hold all its values."""
    target = sql_type.arrow
    return array if array.type == target else pc.cast(array, target)


def concat(batches: Sequence[pa.RecordBatch], columns: Sequence[Column]) -> pa.RecordBatch:
    """One batch of all rows."""
    if not batches:
        return empty(columns)
    if len(batches) == 1:
        return batches[0]
    width = len(columns)
    rows = sum(batch.num_rows for batch in batches)
    return make_batch(
        [pa.concat_arrays([batch.column(position) for batch in batches]) for position in range(width)], rows
    )


def taken(batch: pa.RecordBatch, positions: I64 | pa.Array, width: int) -> list[pa.Array]:
    """The first `width` columns at some rows; a NULL position (or one below zero, in numpy) gives NULLs."""
    if isinstance(positions, np.ndarray):
        negative = positions < 0
        positions = pa.array(positions, mask=negative) if negative.any() else pa.array(positions)
    return [batch.column(position).take(positions) for position in range(width)]


def selected(batch: pa.RecordBatch, positions: I64 | pa.Array, width: int) -> pa.RecordBatch:
    """The rows of a batch at some positions."""
    return make_batch(taken(batch, positions, width), len(positions))


def sliced(batch: pa.RecordBatch, rows: int = OUTPUT_ROWS) -> Iterator[pa.RecordBatch]:
    """A batch in pieces of at most `rows` rows."""
    if batch.num_rows <= rows:
        if batch.num_rows:
            yield batch
        return
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def byte_size(batches: Iterable[pa.RecordBatch]) -> int:
    """Bytes that batches hold."""
    return sum(batch.get_total_buffer_size() for batch in batches)
