"""Aggregation in a coprocessor: partial results per group, exact, in arrays indexed by group number.

Each aggregate is a *state* that takes batches (`update`) and gives its partial columns (`columns`), as TiKV returns
them: AVG is a count and a sum, the others one column. Integer and decimal sums are exact: values are added as 32-bit
limbs in 64-bit accumulators, which cannot wrap below 2**31 rows, and put together with Python integers at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from executor.context import EvalContext
from executor.copr.grouping import I64, Groups
from executor.copr.ordering import KeyFunction, comparable, member_names, rank_rows
from sqlnode.base import json as binary_json
from sqlnode.base.types import SqlType, TypeCode, arrow_type
from store.codec.byte_arrays import quantize
from store.codec.decimal_arrays import from_int64
from store.codec.decimals import make_decimal

MANY_GROUPS = 64
"""Groups whose results are worth arrays of their own."""
_INT64_DIGITS = 18

Bools = npt.NDArray[np.bool_]


class State(Protocol):
    """One aggregate function's running results."""

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """Take one batch: the argument, each row's group, and the number of groups so far."""

    def columns(self, count: int) -> list[pa.Array]:
        """The partial columns, one value per group."""


Number = TypeVar("Number", bound=np.generic)


def _grown(array: npt.NDArray[Number], count: int, fill: int = 0) -> npt.NDArray[Number]:
    if len(array) >= count:
        return array
    larger: npt.NDArray[Number] = np.full(max(count, 2 * len(array)), fill, array.dtype)
    larger[: len(array)] = array
    return larger


def _valid(argument: pa.Array) -> Bools | None:
    return argument.is_valid().to_numpy(zero_copy_only=False) if argument.null_count else None


class CountState:
    """COUNT: rows whose argument is not NULL."""

    def __init__(self) -> None:
        self._counts: I64 = np.zeros(0, np.int64)

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`."""
        valid = _valid(argument)
        self._counts = _grown(self._counts, count)
        chosen = groups if valid is None else groups[valid]
        self._counts[:count] += np.bincount(chosen, minlength=count)

    def counts(self, count: int) -> I64:
        """The plain numbers."""
        self._counts = _grown(self._counts, count)
        return self._counts[:count]

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`; COUNT is an unsigned bigint in partial results."""
        return [pa.array(self.counts(count).astype(np.uint64))]


def _limbs_of(argument: pa.Array) -> list[npt.NDArray[np.int64]]:
    """32-bit pieces of each value, least significant first, the last one signed; NULL rows are zero."""
    if pa.types.is_decimal(argument.type):
        width = 4 if pa.types.is_decimal128(argument.type) else 8
        raw = np.frombuffer(argument.buffers()[1], "<u4", count=(argument.offset + len(argument)) * width)
        pieces = raw.reshape(-1, width)[argument.offset :].astype(np.int64)
        if argument.null_count:
            pieces[argument.is_null().to_numpy(zero_copy_only=False)] = 0
        last = pieces[:, -1]
        return [*(pieces[:, index] for index in range(width - 1)), np.where(last >= 1 << 31, last - (1 << 32), last)]
    filled = argument.fill_null(0) if argument.null_count else argument
    values = filled.to_numpy(zero_copy_only=False)
    if values.dtype == np.uint64:
        return [
            (values & np.uint64(0xFFFFFFFF)).astype(np.int64),
            (values >> np.uint64(32)).astype(np.int64),
        ]
    return [values & np.int64(0xFFFFFFFF), values >> np.int64(32)]


class ExactSumState:
    """SUM of integers and decimals, as a decimal of the result type; NULL for groups without values."""

    def __init__(self, result: SqlType) -> None:
        self._arrow = arrow_type(result)
        self._scale = 0
        self._seen = CountState()
        self._limbs: list[npt.NDArray[np.int64]] = []

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`."""
        self._seen.update(argument, groups, count)
        self._scale = argument.type.scale if pa.types.is_decimal(argument.type) else 0
        pieces = _limbs_of(argument)
        while len(self._limbs) < len(pieces):
            self._limbs.append(np.zeros(0, np.int64))
        for index, piece in enumerate(pieces):
            self._limbs[index] = total = _grown(self._limbs[index], count)
            if count == 1:
                total[0] += piece.sum()
            else:
                np.add.at(total, groups, piece)

    def totals(self, count: int) -> list[tuple[int | None, int]]:
        """(sum as an integer, its scale) of every group; None for groups without values."""
        limbs = [_grown(limb, count)[:count].tolist() for limb in self._limbs]
        scale = self._scale
        return [
            (sum(limb[group] << (32 * index) for index, limb in enumerate(limbs)) if seen else None, scale)
            for group, seen in enumerate(self._seen.counts(count).tolist())
        ]

    def decimals(self, count: int, wanted: pa.DataType) -> pa.Array | None:
        """The sums as decimals of a type, worked out in arrays; None when one of them has more than 18 digits, or digits
        behind those of the type."""
        shift = wanted.scale - self._scale
        if shift < 0 or wanted.precision < _INT64_DIGITS:
            return None
        numbers = self._small_numbers(count)
        if numbers is None:
            return None
        limit = 10 ** (_INT64_DIGITS - shift) if shift < _INT64_DIGITS else 1
        if len(numbers) and (numbers.max() >= limit or numbers.min() <= -limit):
            return None
        return from_int64(numbers * np.int64(10**shift), self._seen.counts(count) > 0, wanted)

    def _small_numbers(self, count: int) -> I64 | None:
        """The sums as 64-bit numbers; None when one of them is larger."""
        limbs = [_grown(limb, count)[:count].copy() for limb in self._limbs]
        if not limbs:
            return None
        for low, high in pairwise(limbs):
            high += low >> 32
            low &= 0xFFFFFFFF
        if len(limbs) == 1:
            return limbs[0]
        numbers = (limbs[1] << 32) | limbs[0]
        if len(limbs) == 2:
            return numbers if ((limbs[1] >= -(1 << 31)) & (limbs[1] < 1 << 31)).all() else None
        sign = numbers >> 63
        middle = all(bool((limb == sign & 0xFFFFFFFF).all()) for limb in limbs[2:-1])
        return numbers if middle and bool((limbs[-1] == sign).all()) else None

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`."""
        if count >= MANY_GROUPS:
            found = self.decimals(count, self._arrow)
            if found is not None:
                return [found]
        values = [
            None if number is None else quantize(make_decimal(number, scale), self._arrow)
            for number, scale in self.totals(count)
        ]
        return [pa.array(values, self._arrow)]


class RealSumState:
    """SUM of doubles; NULL for groups without values."""

    def __init__(self) -> None:
        self._seen = CountState()
        self._sums: npt.NDArray[np.float64] = np.zeros(0, np.float64)

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`."""
        self._seen.update(argument, groups, count)
        self._sums = _grown(self._sums, count)
        values = argument.fill_null(0.0).to_numpy(zero_copy_only=False)
        np.add.at(self._sums, groups, values)

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`."""
        self._sums = _grown(self._sums, count)
        return [pa.array(self._sums[:count], mask=self._seen.counts(count) == 0)]


class AverageState:
    """AVG: the count, then the sum."""

    def __init__(self, total: State) -> None:
        self._count = CountState()
        self._total = total

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`."""
        self._count.update(argument, groups, count)
        self._total.update(argument, groups, count)

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`."""
        return [*self._count.columns(count), *self._total.columns(count)]


class BitState:
    """BIT_AND, BIT_OR, BIT_XOR over unsigned 64-bit numbers."""

    def __init__(self, operation: np.ufunc, empty: int) -> None:
        self._operation = operation
        self._empty = empty
        self._bits: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`; the argument is an integer array."""
        self._bits = _grown(self._bits, count, self._empty)
        valid = _valid(argument)
        values = argument.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
        if valid is not None:
            values, groups = values[valid], groups[valid]
        self._operation.at(self._bits, groups, values)

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`."""
        self._bits = _grown(self._bits, count, self._empty)
        return [pa.array(self._bits[:count])]


class ExtremeState:
    """MIN, MAX (strings by collation, ENUM and SET by name) and FIRST (the first row's value, NULL or not)."""

    def __init__(self, kind: str, sql_type: SqlType) -> None:
        self._kind = kind
        self._type = sql_type
        self._by_name = sql_type.code in (TypeCode.ENUM, TypeCode.SET)
        self._order_type = replace(sql_type, code=TypeCode.VARCHAR) if self._by_name else sql_type
        self._values: list[object] = []
        self._keys: list[object] = []
        self._found: list[bool] = []

    def update(self, argument: pa.Array, groups: I64, count: int) -> None:
        """See `State`."""
        grow = count - len(self._values)
        self._values += [None] * grow
        self._keys += [None] * grow
        self._found += [False] * grow
        if self._kind == "first":
            numbers, rows = np.unique(groups, return_index=True)
        else:
            numbers, rows = self._best_rows(argument, groups)
        if self._kind == "first" and all(self._found[number] for number in numbers.tolist()):
            return
        chosen = argument.take(pa.array(rows))
        keys = self._comparable_keys(chosen)
        for number, value, key in zip(numbers.tolist(), chosen.to_pylist(), keys, strict=True):
            if not self._found[number] or (self._kind != "first" and self._better(key, self._keys[number])):
                self._values[number], self._keys[number], self._found[number] = value, key, True

    def _best_rows(self, argument: pa.Array, groups: I64) -> tuple[I64, I64]:
        """(groups that have a value in this batch, the row of the best one of each)."""
        valid = _valid(argument)
        rows = np.arange(len(groups)) if valid is None else np.flatnonzero(valid)
        places = rank_rows(self._ordered(argument), self._order_type)[rows]
        if self._kind == "max":
            places = -places
        order = np.lexsort((places, groups[rows]))
        numbers, starts = np.unique(groups[rows][order], return_index=True)
        return numbers, rows[order][starts]

    def _comparable_keys(self, chosen: pa.Array) -> list[object]:
        if self._type.code == TypeCode.JSON:
            return list(chosen.to_pylist())
        return list(comparable(self._ordered(chosen), self._order_type).to_pylist())

    def _ordered(self, argument: pa.Array) -> pa.Array:
        return member_names(argument, self._type) if self._by_name else argument

    def _better(self, key: object, than: object) -> bool:
        if self._type.code == TypeCode.JSON:
            assert isinstance(key, bytes) and isinstance(than, bytes), "NULL never gets here"
            order = binary_json.compare(key, than)
        else:
            order = (key > than) - (key < than)  # type: ignore[operator]
        return order < 0 if self._kind == "min" else order > 0

    def columns(self, count: int) -> list[pa.Array]:
        """See `State`."""
        values = self._values + [None] * (count - len(self._values))
        return [pa.array(values, arrow_type(self._type))]


@dataclass(frozen=True, slots=True)
class AggregateFunction:
    """A compiled aggregate: how to make its state, its argument, and the types of its partial columns."""

    make: Callable[[], State]
    argument: KeyFunction
    types: tuple[SqlType, ...]


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Hash and stream aggregation alike: groups come out in order of first appearance, after the last input row."""

    functions: tuple[AggregateFunction, ...]
    keys: tuple[KeyFunction, ...]
    key_types: tuple[SqlType, ...]

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """One batch of partial columns, then group columns; without keys always exactly one row."""
        groups = Groups(self.key_types)
        states = [function.make() for function in self.functions]
        for batch in batches:
            if not batch.num_rows:
                continue
            numbers, _ = groups.number([key(batch, context) for key in self.keys], batch.num_rows)
            for function, state in zip(self.functions, states, strict=True):
                state.update(function.argument(batch, context), numbers, groups.count)
        count = groups.count if self.keys else 1
        arrays: Sequence[pa.Array] = [column for state in states for column in state.columns(count)]
        arrays = [*arrays, *groups.columns()]
        if count:
            yield pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(arrays))])
