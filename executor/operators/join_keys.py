"""Join keys: equal values to equal integers, and a table from key to rows.

The values of each key column of the build side are numbered (`dictionary`); a row's key is the combination of its
columns' numbers, made dense. A probe row's values are looked up in the dictionaries, so two rows meet exactly where all
their values are equal: strings by the weights of the pair's collation, NULL never, except in `<=>`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from executor.batches import I64
from executor.compiled import Vector, vector
from executor.context import EvalContext
from executor.copr.ordering import comparable
from planner.expr.nodes import Column, Expression
from planner.functions import cast
from planner.physical import EqualPair
from sqlnode.base.types import EvalType, SqlType, TypeCode

Bools = npt.NDArray[np.bool_]
_WIDEST = 1 << 62
_ANY_INTEGER = pa.decimal128(20, 0)
_AS_THEY_ARE = frozenset({EvalType.INT, EvalType.REAL, EvalType.TIME, EvalType.DURATION, EvalType.JSON})


class KeyColumns:
    """The key expressions of one side, as arrays in which equal values have equal form."""

    __slots__ = ("_evaluate", "_types", "_widened")

    def __init__(self, pairs: Sequence[EqualPair], columns: Sequence[Column], *, left: bool) -> None:
        self._evaluate: list[Vector] = []
        self._types: list[SqlType] = []
        self._widened: list[bool] = []
        for pair in pairs:
            own, other = (pair.left, pair.right) if left else (pair.right, pair.left)
            expression, sql_type = _prepared(own, other, pair.type)
            self._evaluate.append(vector(expression, columns))
            self._types.append(sql_type)
            integers = own.type.eval_type == other.type.eval_type == EvalType.INT
            self._widened.append(integers and own.type.arrow != other.type.arrow)

    def arrays(self, batch: pa.RecordBatch, context: EvalContext) -> list[pa.Array]:
        """One array a pair."""
        found = []
        for evaluate, sql_type, widened in zip(self._evaluate, self._types, self._widened):
            array = evaluate(batch, context)
            found.append(pc.cast(array, _ANY_INTEGER) if widened else comparable(array, sql_type))
        return found


def _prepared(own: Expression, other: Expression, target: SqlType) -> tuple[Expression, SqlType]:
    """The expression to evaluate, and the type by which its values are compared."""
    kind = own.type.eval_type
    if TypeCode.NULL in (own.type.code, other.type.code):
        return cast(own, target), target
    if kind == other.type.eval_type:
        if kind in _AS_THEY_ARE:
            return own, own.type
        if own.type.is_string and other.type.is_string:
            return own, target
        if kind == EvalType.DECIMAL and own.type.arrow == other.type.arrow:
            return own, own.type
    return cast(own, target), target


class KeyTable:
    """The build side's rows by key. Without key columns every row has the one key there is."""

    __slots__ = ("_dictionaries", "_levels", "_null_safe", "_sizes", "count", "key_counts", "order", "starts")

    def __init__(
        self, keys: Sequence[pa.Array], null_safe: Sequence[bool], rows: int, chosen: I64 | None = None
    ) -> None:
        """`chosen`: only these rows of the build side, ascending."""
        self._null_safe = tuple(null_safe)
        self._dictionaries: list[pa.Array] = []
        self._sizes: list[int] = []
        self._levels: list[I64 | None] = []
        codes = np.zeros(rows, np.int64)
        valid = np.ones(rows, np.bool_)
        if chosen is not None:
            valid[:] = False
            valid[chosen] = True
        space = 1
        for key, safe in zip(keys, null_safe):
            dictionary = pc.unique(key)
            numbers, known = _numbers(key, dictionary, null_safe=safe)
            valid &= known
            self._dictionaries.append(dictionary)
            size = max(len(dictionary), 1)
            if space * size >= _WIDEST:
                level, codes = np.unique(codes, return_inverse=True)
                codes = codes.reshape(-1).astype(np.int64)
                self._levels.append(level)
                space = len(level)
            else:
                self._levels.append(None)
            self._sizes.append(size)
            codes = codes * size + numbers
            space *= size
        positions = np.flatnonzero(valid)
        distinct, dense = np.unique(codes[positions], return_inverse=True)
        dense = dense.reshape(-1)
        self._levels.append(distinct)
        self.order: I64 = positions[np.argsort(dense, kind="stable")]
        self.key_counts: I64 = np.bincount(dense, minlength=len(distinct)).astype(np.int64)
        self.starts: I64 = np.cumsum(self.key_counts) - self.key_counts
        self.count = len(positions)

    def probe(self, keys: Sequence[pa.Array], rows: int) -> I64:
        """For each probe row the number of its key, -1 where the build side has none."""
        codes = np.zeros(rows, np.int64)
        valid = np.ones(rows, np.bool_)
        for position, (key, safe) in enumerate(zip(keys, self._null_safe)):
            numbers, known = _numbers(key, self._dictionaries[position], null_safe=safe)
            valid &= known
            level = self._levels[position]
            if level is not None:
                codes, found = _placed(codes, level)
                valid &= found
            codes = codes * self._sizes[position] + numbers
        level = self._levels[-1]
        assert level is not None, "the last level makes keys dense"
        codes, found = _placed(codes, level)
        codes[~(valid & found)] = -1
        return codes

    def matches(self, codes: I64) -> I64:
        """How many build rows each probe row meets."""
        if not len(self.key_counts):
            return np.zeros(len(codes), np.int64)
        return np.where(codes >= 0, self.key_counts[codes], 0)

    def pairs(self, codes: I64, counts: I64, start: int, stop: int) -> tuple[I64, I64]:
        """(probe rows, build rows) of all candidates of the probe rows [start, stop), by probe row."""
        some = counts[start:stop]
        probe = np.repeat(np.arange(start, stop), some)
        ends = np.cumsum(some)
        offsets = np.arange(len(probe)) - np.repeat(ends - some, some)
        if not len(probe):
            return probe, probe
        return probe, self.order[self.starts[codes[probe]] + offsets]


def _placed(codes: I64, level: I64) -> tuple[I64, Bools]:
    """Where codes stand among sorted distinct ones, and whether they do."""
    if not len(level):
        return np.zeros(len(codes), np.int64), np.zeros(len(codes), np.bool_)
    places = np.searchsorted(level, codes)
    places[places == len(level)] = 0
    return places.astype(np.int64), level[places] == codes


def _numbers(key: pa.Array, dictionary: pa.Array, *, null_safe: bool) -> tuple[I64, Bools]:
    """Positions of values in the dictionary, and which rows have one (NULL only when `null_safe`)."""
    found = pc.index_in(key, value_set=dictionary, skip_nulls=not null_safe)
    if not found.null_count:
        return found.to_numpy(zero_copy_only=False).astype(np.int64), np.ones(len(found), np.bool_)
    known = found.is_valid().to_numpy(zero_copy_only=False)
    return found.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64), known


def null_rows(keys: Sequence[pa.Array], rows: int) -> Bools:
    """Rows in which some key is NULL."""
    result = np.zeros(rows, np.bool_)
    for key in keys:
        if key.null_count:
            result |= key.is_null().to_numpy(zero_copy_only=False)
    return result


def chunks_of(counts: I64, most: int) -> list[tuple[int, int]]:
    """Ranges of probe rows with about `most` candidates each, at least one row."""
    if not len(counts):
        return []
    ends = np.cumsum(np.maximum(counts, 1))
    if ends[-1] <= most:
        return [(0, len(counts))]
    ranges = []
    start = done = 0
    while start < len(counts):
        stop = max(int(np.searchsorted(ends, done + most, side="right")), start + 1)
        ranges.append((start, stop))
        done = int(ends[stop - 1])
        start = stop
    return ranges


def distinct_rows(arrays: Sequence[pa.Array], rows: int) -> tuple[I64, I64]:
    """(first row of each distinct combination, in order; for each row the number of its combination)."""
    codes = np.zeros(rows, np.int64)
    for array in arrays:
        encoded = pc.dictionary_encode(array, null_encoding="encode").indices.to_numpy(zero_copy_only=False)
        codes = codes * (int(encoded.max(initial=0)) + 1) + encoded.astype(np.int64)
        codes = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    renumbered = np.empty(len(order), np.int64)
    renumbered[order] = np.arange(len(order))
    return first[order].astype(np.int64), renumbered[inverse.reshape(-1)]


def types_of(pairs: Sequence[EqualPair]) -> list[SqlType]:
    """The comparison types of pairs."""
    return [pair.type for pair in pairs]
