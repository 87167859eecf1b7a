"""Running results of aggregate functions over whole arrays, indexed by group number.

The coprocessor's states (`executor.copr.aggregate`) do most of the arithmetic; here is what only the root needs: results
put together from partial ones, DISTINCT, averages, spreads, and functions that need all values of a group at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from executor.batches import I64, coerced
from executor.context import EvalContext
from executor.copr.aggregate import MANY_GROUPS, BitState, CountState, ExactSumState, ExtremeState, RealSumState, State
from executor.copr.grouping import Groups
from executor.row_aggregates import SPREAD_RESULTS, checked_real, compile_aggregate, quotient
from planner.expr.nodes import AggregateCall, Constant
from planner.physical import AggMode
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import EvalType, SqlType, Value, arrow_type, integer
from store.codec.byte_arrays import values_to_array
from store.codec.decimals import make_decimal, unscaled

_BITS: dict[str, tuple[np.ufunc, int]] = {
    "bit_and": (np.bitwise_and, (1 << 64) - 1),
    "bit_or": (np.bitwise_or, 0),
    "bit_xor": (np.bitwise_xor, 0),
}
_FEW_ROWS = 4096


class Accumulator(Protocol):
    """One aggregate's running results. `arguments` are its compiled arguments (FINAL: its partial columns)."""

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """Takes a batch: the arguments, each row's group, and the number of groups so far."""

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """The results of all groups, in order of their numbers."""


def make_accumulator(call: AggregateCall, mode: AggMode) -> Callable[[], Accumulator]:
    """How to begin an aggregate. Error 1235 for one that does not exist here."""
    name, final = call.name, mode is AggMode.FINAL
    if call.distinct and not final and name not in ("min", "max", "bit_and", "bit_or", "first_row", "any_value"):
        if name in ("count", "sum", "avg"):
            return lambda: DistinctAccumulator(call)
        return lambda: ListAccumulator(call)
    return _plain(call, final=final)


def _plain(call: AggregateCall, *, final: bool) -> Callable[[], Accumulator]:
    sql_type, name = call.type, call.name
    match name:
        case "count":
            if final:
                return lambda: NumberSum(sql_type)
            return lambda: Count(call, sql_type)
        case "sum":
            return lambda: Sum(call)
        case "avg":
            return lambda: Average(call, final=final)
        case "min" | "max" | "first_row" | "any_value":
            kind = name if name in ("min", "max") else "first"
            argument = call.args[0].type
            return lambda: Wrapped(ExtremeState(kind, argument), sql_type)
        case "bit_and" | "bit_or" | "bit_xor" if sql_type.is_string:
            return lambda: ListAccumulator(call)
        case "bit_and" | "bit_or" | "bit_xor":
            operation, empty = _BITS[name]
            return lambda: Wrapped(BitState(operation, empty), sql_type)
        case "group_concat" | "json_arrayagg" | "json_objectagg":
            return lambda: ListAccumulator(call)
    if name in SPREAD_RESULTS:
        return lambda: Spread(SPREAD_RESULTS[name])
    raise SqlError(NOT_SUPPORTED_YET, feature=f"{name.upper()}()")


class Wrapped:
    """A coprocessor state of one argument and one column."""

    def __init__(self, state: State, result: SqlType) -> None:
        self._state = state
        self._type = result

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        self._state.update(arguments[0], groups, count)

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        return coerced(self._state.columns(count)[0], self._type)


class Count:
    """COUNT: rows without a NULL argument."""

    def __init__(self, call: AggregateCall, result: SqlType) -> None:
        self._type = result
        self._state = CountState()
        self._all_rows = all(isinstance(arg, Constant) and arg.value is not None for arg in call.args)

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        argument = arguments[0]
        if len(arguments) > 1 and not self._all_rows:
            argument = pc.if_else(valid_everywhere(arguments), 1, None)
        self._state.update(argument, groups, count)

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        return coerced(pa.array(self._state.counts(count)), self._type)


def valid_everywhere(arguments: Sequence[pa.Array]) -> pa.Array:
    """A boolean array: rows in which no argument is NULL."""
    valid = arguments[0].is_valid()
    for argument in arguments[1:]:
        valid = pc.and_(valid, argument.is_valid())
    return valid


class NumberSum:
    """The sum of partial counts."""

    def __init__(self, result: SqlType) -> None:
        self._type = result
        self._totals: I64 = np.zeros(0, np.int64)

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        self._totals = grown(self._totals, count)
        values = arguments[0].fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        np.add.at(self._totals, groups, values)

    def totals(self, count: int) -> I64:
        """The plain numbers."""
        self._totals = grown(self._totals, count)
        return self._totals[:count]

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        return coerced(pa.array(self.totals(count)), self._type)


def grown(array: I64, count: int) -> I64:
    """The array with room for `count` numbers, zero where it is new."""
    if len(array) >= count:
        return array
    larger = np.zeros(max(count, 2 * len(array)), np.int64)
    larger[: len(array)] = array
    return larger


class Sum:
    """SUM, exact for integers and decimals (cut to the largest number of the result type)."""

    def __init__(self, call: AggregateCall) -> None:
        self._type = call.type
        self._real = call.type.eval_type == EvalType.REAL
        self._state = RealSumState() if self._real else ExactSumState(call.type)

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        argument = arguments[0]
        if self._real and not pa.types.is_floating(argument.type):
            argument = pc.cast(argument, pa.float64())
        self._state.update(argument, groups, count)

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`. Error 1690 for a double that is too large."""
        if isinstance(self._state, RealSumState):
            array = self._state.columns(count)[0]
            if not pc.all(pc.is_finite(array).fill_null(True), min_count=0).as_py():
                checked_real(float("inf"))
            return array
        wanted = arrow_type(self._type)
        if count >= MANY_GROUPS and pa.types.is_decimal(wanted):
            found = self._state.decimals(count, wanted)
            if found is not None:
                return found
        scale = max(self._type.scale, 0)
        limit = 10 ** (self._type.length if self._type.length > 0 else 65)
        values: list[Value] = []
        for total, own_scale in self._state.totals(count):
            if total is None:
                values.append(None)
                continue
            number = unscaled(make_decimal(total, own_scale), scale)
            number = max(min(number, limit - 1), 1 - limit)
            values.append(make_decimal(number, scale))
        return values_to_array(values, self._type)


class Average:
    """AVG: a sum and a count."""

    def __init__(self, call: AggregateCall, *, final: bool) -> None:
        self._type = call.type
        self._final = final
        self._real = call.type.eval_type == EvalType.REAL
        self._count: NumberSum | Count = NumberSum(integer()) if final else Count(call, integer())
        self._sum = RealSumState() if self._real else ExactSumState(call.type)

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`; FINAL: count, then sum."""
        argument = arguments[-1]
        if self._real and not pa.types.is_floating(argument.type):
            argument = pc.cast(argument, pa.float64())
        self._count.update(arguments[:1], groups, count, context)
        self._sum.update(argument, groups, count)

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        counts = self._count.result(count, context).to_pylist()
        if isinstance(self._sum, RealSumState):
            sums = self._sum.columns(count)[0].to_pylist()
            reals = [
                checked_real(total / rows) if rows and total is not None else None for total, rows in zip(sums, counts)
            ]
            return pa.array(reals, pa.float64())
        scale = max(self._type.scale, 0)
        values: list[Decimal | None] = [
            quotient(total, own_scale, rows, scale) if rows and total is not None else None
            for (total, own_scale), rows in zip(self._sum.totals(count), counts)
        ]
        return values_to_array(values, self._type)


class Spread:
    """STD and VARIANCE: count, mean and sum of squared distances; MySQL's recurrence row by row for small batches,
    otherwise batch results merged (Chan, Golub, LeVeque), which differs in the last digits at most."""

    def __init__(self, finish: Callable[[int, float], float | None]) -> None:
        self._finish = finish
        self._counts: list[int] = []
        self._means: list[float] = []
        self._distances: list[float] = []

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        self._grow(count)
        argument = arguments[0]
        if argument.null_count:
            valid = argument.is_valid().to_numpy(zero_copy_only=False)
            argument, groups = argument.drop_null(), groups[valid]
        values = pc.cast(argument, pa.float64()).to_numpy(zero_copy_only=False)
        if len(values) <= _FEW_ROWS:
            self._row_by_row(values.tolist(), groups.tolist())
        else:
            self._merged(values, groups, count)

    def _grow(self, count: int) -> None:
        missing = count - len(self._counts)
        self._counts += [0] * missing
        self._means += [0.0] * missing
        self._distances += [0.0] * missing

    def _row_by_row(self, values: list[float], groups: list[int]) -> None:
        counts, means, distances = self._counts, self._means, self._distances
        for value, group in zip(values, groups):
            counts[group] += 1
            if counts[group] == 1:
                means[group] = value
                continue
            before = means[group]
            means[group] = before + (value - before) / counts[group]
            distances[group] += (value - before) * (value - means[group])

    def _merged(self, values: npt.NDArray[np.float64], groups: I64, count: int) -> None:
        counts = np.bincount(groups, minlength=count)
        means = np.bincount(groups, values, minlength=count) / np.maximum(counts, 1)
        distances = np.bincount(groups, (values - means[groups]) ** 2, minlength=count)
        for group in np.flatnonzero(counts).tolist():
            here, rows = self._counts[group], int(counts[group])
            total = here + rows
            delta = float(means[group]) - self._means[group]
            self._distances[group] += float(distances[group]) + delta * delta * here * rows / total
            self._means[group] += delta * rows / total
            self._counts[group] = total

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        self._grow(count)
        results = [self._finish(*pair) for pair in zip(self._counts[:count], self._distances[:count])]
        return pa.array(results, pa.float64())


class DistinctAccumulator:
    """COUNT, SUM and AVG of DISTINCT values: only the first row of each (group, values) goes on."""

    def __init__(self, call: AggregateCall) -> None:
        self._inner = _plain(call, final=False)()
        self._seen = Groups((integer(), *(arg.type for arg in call.args)))

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        if any(argument.null_count for argument in arguments):
            valid = valid_everywhere(arguments)
            groups = groups[valid.to_numpy(zero_copy_only=False)]
            arguments = [argument.filter(valid) for argument in arguments]
        _, new = self._seen.number([pa.array(groups), *arguments], len(groups))
        positions = pa.array(new)
        self._inner.update([argument.take(positions) for argument in arguments], groups[new], count, context)

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        return self._inner.result(count, context)


class ListAccumulator:
    """Functions that need a group's rows together: arguments and order keys are kept, and computed at the end."""

    def __init__(self, call: AggregateCall) -> None:
        self._finish = compile_aggregate(call)
        self._type = call.type
        self._batches: list[tuple[Sequence[pa.Array], I64]] = []

    def update(self, arguments: Sequence[pa.Array], groups: I64, count: int, context: EvalContext) -> None:
        """See `Accumulator`."""
        self._batches.append((list(arguments), groups))

    def result(self, count: int, context: EvalContext) -> pa.Array:
        """See `Accumulator`."""
        members: list[list[tuple[Value, ...]]] = [[] for _ in range(count)]
        for arguments, groups in self._batches:
            rows = zip(*[argument.to_pylist() for argument in arguments], strict=True)
            for row, group in zip(rows, groups.tolist(), strict=True):
                members[group].append(row)
        return values_to_array([self._finish(rows, context) for rows in members], self._type)
