"""Aggregate functions over Python values: what the row path runs, and what functions without arithmetic over arrays
(GROUP_CONCAT, JSON_ARRAYAGG, …) run for each group on the column path.

An aggregate takes a list of argument tuples in input order and gives one value. Integer and decimal sums are exact;
STD and VARIANCE follow MySQL's recurrence, so that the last digit agrees.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from executor.compiled import Scalar, scalar
from executor.context import EvalContext
from executor.row_keys import extreme_key, row_identities, sorted_rows
from planner.expr.nodes import AggregateCall, Column
from planner.functions.bits import BYTE_OPERATIONS
from planner.functions.cast_json import json_form
from sqlnode.base import json as binary_json
from sqlnode.base.decimal import quotient_digits
from sqlnode.base.errors import (
    CUT_VALUE_GROUP_CONCAT,
    DATA_OUT_OF_RANGE,
    JSON_DOCUMENT_NULL_KEY,
    NOT_SUPPORTED_YET,
    SqlError,
)
from sqlnode.base.types import EvalType, SqlType, Value
from store.codec.decimals import make_decimal, unscaled

Arguments: TypeAlias = tuple[Value, ...]
Finish: TypeAlias = Callable[[list[Arguments], EvalContext], Value]
_ALL_BITS = (1 << 64) - 1


def compile_aggregate(call: AggregateCall) -> Finish:
    """The function over the argument tuples of one group; rows with NULLs are still in, DISTINCT is not done yet.

    Tuples hold the arguments, then the values of `order_by`. Error 1235 for functions that do not exist here.
    """
    name = call.name
    count = len(call.args)
    distinct = _distinct(call)
    finish = _finisher(call)
    null_skipping = name not in ("json_arrayagg", "json_objectagg", "first_row", "any_value")

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if null_skipping:
            if count == 1:
                rows = [row for row in rows if row[0] is not None]
            else:
                rows = [row for row in rows if None not in row[:count]]
        if distinct is not None:
            rows = distinct(rows)
        return finish(rows, context)

    return run


def _distinct(call: AggregateCall) -> Callable[[list[Arguments]], list[Arguments]] | None:
    if not call.distinct or call.name in ("min", "max", "bit_and", "bit_or", "first_row", "any_value"):
        return None
    identities = row_identities([arg.type for arg in call.args])
    count = len(call.args)

    def run(rows: list[Arguments]) -> list[Arguments]:
        found: dict[object, Arguments] = {}
        for identity, row in zip(identities([row[:count] for row in rows]), rows, strict=True):
            found.setdefault(identity, row)
        return list(found.values())

    return run


def _finisher(call: AggregateCall) -> Finish:
    match call.name:
        case "count":
            return lambda rows, context: len(rows)
        case "sum":
            return _sum(call)
        case "avg":
            return _average(call)
        case "min" | "max":
            return _extreme(call)
        case "first_row" | "any_value":
            return lambda rows, context: rows[0][0] if rows else None
        case "bit_and" | "bit_or" | "bit_xor":
            return _byte_bits(call) if call.type.is_string else _bits(call.name)
        case "group_concat":
            return _group_concat(call)
        case "json_arrayagg":
            form = json_form(call.args[0].type)
            return lambda rows, context: binary_json.encode([form(row[0]) for row in rows]) if rows else None
        case "json_objectagg":
            return _object(call)
    spread = SPREAD_RESULTS.get(call.name)
    if spread is None:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"{call.name.upper()}()")
    return lambda rows, context: spread(*spread_of([float(row[0]) for row in rows]))  # type: ignore[arg-type]


def exact_sum(values: Sequence[Any], scale: int) -> int:
    """The sum of integers or decimals in units of 10**-scale."""
    if not scale and values and isinstance(values[0], int):
        return sum(values)
    return sum(unscaled(value if isinstance(value, Decimal) else Decimal(value), scale) for value in values)


def _sum(call: AggregateCall) -> Finish:
    if call.type.eval_type == EvalType.REAL:
        return lambda rows, context: real_sum([row[0] for row in rows]) if rows else None
    scale = max(call.type.scale, 0)
    # Quotients come with further digits, which are rounded only in the sum.
    further = max(call.args[0].type.scale - scale, 0) if call.args[0].type.eval_type == EvalType.DECIMAL else 0
    limit = 10 ** (call.type.length if call.type.length > 0 else 65)

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if not rows:
            return None
        number = exact_sum([row[0] for row in rows], scale + further)
        if further:
            number = unscaled(make_decimal(number, scale + further), scale)
        if abs(number) >= limit:
            number = limit - 1 if number > 0 else 1 - limit
        return make_decimal(number, scale)

    return run


def compile_exact_sum(call: AggregateCall) -> Callable[[list[Any]], Value] | None:
    """SUM of plain integers, from the values of its argument with NULLs still in; None for all other aggregates."""
    if call.name != "sum" or call.distinct or call.type.scale > 0 or call.args[0].type.eval_type != EvalType.INT:
        return None
    limit = 10 ** (call.type.length if call.type.length > 0 else 65)

    def run(values: list[Any]) -> Value:
        if None in values:
            values = [value for value in values if value is not None]
        if not values:
            return None
        number = sum(values)
        if abs(number) >= limit:
            number = limit - 1 if number > 0 else 1 - limit
        return make_decimal(number, 0)

    return run


def real_sum(values: Sequence[Any]) -> float:
    """The sum of doubles in order. Error 1690 when it is too large."""
    total = 0.0
    for value in values:
        total += value
    return checked_real(total)


def checked_real(value: float) -> float:
    """The value; error 1690 when it is no finite number."""
    if not math.isfinite(value):
        raise SqlError(DATA_OUT_OF_RANGE, kind="DOUBLE", expression="sum")
    return value


def quotient(number: int, scale: int, count: int, result_scale: int) -> Decimal:
    """`number`·10**-scale / count as MySQL divides: cut after whole groups of nine digits, then rounded half away from
    zero to `result_scale` digits."""
    digits = quotient_digits(scale, 0, result_scale - scale, most=36)
    whole = abs(number) * 10 ** (digits - scale) // count
    return make_decimal(unscaled(make_decimal(-whole if number < 0 else whole, digits), result_scale), result_scale)


def _average(call: AggregateCall) -> Finish:
    if call.type.eval_type == EvalType.REAL:
        return lambda rows, context: real_sum([row[0] for row in rows]) / len(rows) if rows else None
    scale = max(call.args[0].type.scale, 0)
    result_scale = max(call.type.scale, 0)

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if not rows:
            return None
        return quotient(exact_sum([row[0] for row in rows], scale), scale, len(rows), result_scale)

    return run


def _extreme(call: AggregateCall) -> Finish:
    key = extreme_key(call.args[0].type)
    choose: Callable[..., Any] = min if call.name == "min" else max
    if key is None:
        return lambda rows, context: choose([row[0] for row in rows], default=None)
    return lambda rows, context: choose([row[0] for row in rows], key=key, default=None)


def _bits(name: str) -> Finish:
    def run(rows: list[Arguments], context: EvalContext) -> Value:
        total = _ALL_BITS if name == "bit_and" else 0
        for row in rows:
            bits = row[0] & _ALL_BITS  # type: ignore[operator]
            if name == "bit_and":
                total &= bits
            elif name == "bit_or":
                total |= bits
            else:
                total ^= bits
        return total

    return run


def _byte_bits(call: AggregateCall) -> Finish:
    """BIT_AND, BIT_OR and BIT_XOR of binary strings, which have one length; without rows all bits, or none."""
    operation = BYTE_OPERATIONS[call.name]
    size = max(call.args[0].type.length, 0)
    empty = (b"\xff" if call.name == "bit_and" else b"\0") * size

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if not rows:
            return empty
        total = rows[0][0]
        for row in rows[1:]:
            total = operation(total, row[0])
        return total

    return run


def _group_concat(call: AggregateCall) -> Finish:
    count = len(call.args)
    keys: list[tuple[Scalar, SqlType, bool]] = []
    for position, item in enumerate(call.order_by, count):
        column = Column(position, "", item.expression.type)
        places = [Column(index, "", item.expression.type) for index in range(position + 1)]
        keys.append((scalar(column, places), item.expression.type, item.descending))
    separator = call.separator
    character = call.type.is_character

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if not rows:
            return None
        if keys:
            rows = sorted_rows(rows, keys, context)
        texts = [b"".join(row[:count]) for row in rows] if count > 1 else [row[0] for row in rows]  # type: ignore[arg-type]
        result = separator.join(texts)  # type: ignore[arg-type]
        limit = context.group_concat_max_len
        if len(result) <= limit:
            return result
        line, size = 0, 0
        for line, text in enumerate(texts, 1):
            size += len(text) + (len(separator) if line > 1 else 0)  # type: ignore[arg-type]
            if size > limit:
                break
        context.warning(CUT_VALUE_GROUP_CONCAT, row=line)
        result = result[:limit]
        return result.decode("utf-8", "ignore").encode() if character else result

    return run


def _object(call: AggregateCall) -> Finish:
    form = json_form(call.args[1].type)

    def run(rows: list[Arguments], context: EvalContext) -> Value:
        if not rows:
            return None
        members: dict[str, binary_json.Json] = {}
        for row in rows:
            if row[0] is None:
                raise SqlError(JSON_DOCUMENT_NULL_KEY)
            assert isinstance(row[0], bytes), "the key of JSON_OBJECTAGG is a string"
            members[row[0].decode("utf-8", "replace")] = form(row[1])
        return binary_json.encode(members)

    return run


def spread_of(values: Sequence[float]) -> tuple[int, float]:
    """(count, sum of squared distances from the mean), by MySQL's recurrence."""
    mean = distance = 0.0
    for number, value in enumerate(values, 1):
        if number == 1:
            mean = value
            continue
        before = mean
        mean = before + (value - before) / number
        distance += (value - before) * (value - mean)
    return len(values), distance


def _population_variance(count: int, distance: float) -> float | None:
    return distance / count if count else None


def _sample_variance(count: int, distance: float) -> float | None:
    return distance / (count - 1) if count > 1 else None


def _root(of: Callable[[int, float], float | None]) -> Callable[[int, float], float | None]:
    def run(count: int, distance: float) -> float | None:
        value = of(count, distance)
        return None if value is None else math.sqrt(value)

    return run


SPREAD_RESULTS: dict[str, Callable[[int, float], float | None]] = {
    **dict.fromkeys(("std", "stddev", "stddev_pop"), _root(_population_variance)),
    "stddev_samp": _root(_sample_variance),
    **dict.fromkeys(("variance", "var_pop"), _population_variance),
    "var_samp": _sample_variance,
}
"""(count, sum of squared distances) to the result of each function."""
