"""Comparable forms of columns, and the sorted few rows of TopN."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from executor.context import EvalContext
from sqlnode.base import json as binary_json
from sqlnode.base.collation import by_name, sort_keys
from sqlnode.base.decimal import EXACT
from sqlnode.base.types import SqlType, TypeCode

_SORTED_ROWS = 16_384

KeyFunction: TypeAlias = Callable[[pa.RecordBatch, EvalContext], pa.Array]
"""A compiled expression: one value per row of the batch."""


def comparable(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """An array whose equality is that of the SQL type (and whose order, except for JSON): weights for strings."""
    if sql_type.code == TypeCode.JSON:
        return _json_identities(array)
    if sql_type.is_character:
        return sort_keys(array, by_name(sql_type.collation))
    if pa.types.is_floating(array.type):
        return pc.add(array, 0.0)
    return array


def member_names(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """ENUM ordinals and SET masks as the names they stand for (what MIN and MAX compare), binary."""
    elements = [element.encode("utf-8") for element in sql_type.elements]
    if sql_type.code == TypeCode.ENUM:
        return pa.array([b"", *elements], pa.binary()).take(array)

    def text(mask: int) -> bytes:
        return b",".join(element for index, element in enumerate(elements) if mask >> index & 1)

    return pa.array([None if mask is None else text(mask) for mask in array.to_pylist()], pa.binary())


def _json_identities(array: pa.Array) -> pa.Array:
    """Documents that compare equal get one form: numbers of either kind as doubles where that is exact."""
    forms = [
        None if value is None else binary_json.encode(_normal(binary_json.decode(value))) for value in array.to_pylist()
    ]
    return pa.array(forms, pa.binary())


def _normal(value: binary_json.Json) -> binary_json.Json:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return float(value) if int(float(value)) == value else value
    if isinstance(value, Decimal):
        return float(value) if binary_json.exact(float(value)) == value else value.normalize(EXACT)
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        return {key: _normal(item) for key, item in value.items()}
    return value


def order_keys(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """An array that sorts as the SQL type does; JSON becomes ranks within this array."""
    if sql_type.code != TypeCode.JSON:
        return comparable(array, sql_type)
    values = array.to_pylist()
    present = [index for index, value in enumerate(values) if value is not None]
    present.sort(key=cmp_to_key(lambda one, two: binary_json.compare(values[one], values[two])))
    ranks: list[int | None] = [None] * len(values)
    rank = 0
    for position, index in enumerate(present):
        if position and binary_json.compare(values[present[position - 1]], values[index]):
            rank += 1
        ranks[index] = rank
    return pa.array(ranks, pa.int64())


def sort_positions(
    keys: Sequence[pa.Array], types: Sequence[SqlType], descending: Sequence[bool], limit: int | None = None
) -> pa.Array:
    """Row positions in order, NULL smallest, ties in the order they came; the first `limit` of them."""
    columns, names = [], []
    for index, (key, sql_type, down) in enumerate(zip(keys, types, descending, strict=True)):
        direction = "descending" if down else "ascending"
        if key.null_count:
            columns.append(key.is_valid().cast(pa.int8()))
            names.append((f"valid{index}", direction))
        columns.append(order_keys(key, sql_type))
        names.append((f"key{index}", direction))
    table = pa.table(columns, names=[name for name, _ in names])
    positions = pc.sort_indices(table, sort_keys=names)
    return positions if limit is None else positions.slice(0, min(limit, len(positions)))


def rank_rows(array: pa.Array, sql_type: SqlType) -> npt.NDArray[np.int64]:
    """For every row its place in ascending order; NULL rows have places too."""
    order = sort_positions([array], [sql_type], [False]).to_numpy()
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


@dataclass(frozen=True, slots=True)
class TopN:
    """Keeps the first `limit` rows by the keys; drains its input before it answers."""

    keys: tuple[KeyFunction, ...]
    key_types: tuple[SqlType, ...]
    descending: tuple[bool, ...]
    limit: int

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """One batch, sorted; none when there is no row."""
        gathered: list[pa.RecordBatch] = []
        rows = kept = 0
        for batch in batches:
            if not batch.num_rows or not self.limit:
                continue
            gathered.append(batch)
            rows += batch.num_rows
            # As many new rows as old ones at least, or a large limit would sort the same rows again and again.
            if rows - kept >= max(_SORTED_ROWS, self.limit):
                gathered = [self._best(gathered, context)]
                rows = kept = gathered[0].num_rows
        if gathered:
            yield self._best(gathered, context)

    def _best(self, batches: Sequence[pa.RecordBatch], context: EvalContext) -> pa.RecordBatch:
        candidate = batches[0] if len(batches) == 1 else concat_batches(batches)
        columns = [key(candidate, context) for key in self.keys]
        return candidate.take(sort_positions(columns, self.key_types, self.descending, self.limit))


def concat_batches(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of all rows."""
    arrays = [pa.concat_arrays([batch.column(index) for batch in batches]) for index in range(batches[0].num_columns)]
    return pa.RecordBatch.from_arrays(arrays, names=batches[0].schema.names)
