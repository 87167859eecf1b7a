"""Aggregates and DISTINCT on both paths against a row-by-row model, at the extremes of every type."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

import pytest

from executor.copr.ordering import comparable
from executor.row_keys import extreme_key, identity_key
from planner.expr.nodes import AggregateCall, Column, OrderItem
from planner.physical import AggMode, HashAgg
from sqlnode.base.errors import SqlWarning
from sqlnode.base.types import EvalType, SqlType, Value, boolean, decimal, double, integer
from tests.executor.nodes import (
    ALL_TYPES,
    BIGINT,
    ENUM,
    FOLDED,
    GENERAL,
    SMALL,
    UNSIGNED,
    WIDE,
    by_columns,
    by_rows,
    column,
    constant,
    exec_context,
    source,
    table,
)

EXACT = Context(prec=200)


def aggregate(name: str, sql_type: SqlType, *args: Column, distinct: bool = False, **more: object) -> AggregateCall:
    return AggregateCall(name, args, sql_type, distinct, **more)  # type: ignore[arg-type]


def aggregation(
    child_columns: list[Column], rows: list[tuple], keys: list[Column], calls: list[AggregateCall], pieces: int = 1
) -> HashAgg:
    columns = tuple(column(item.type) for item in [*calls, *keys])
    return HashAgg(
        child=source(child_columns, rows, pieces), group_by=tuple(keys), aggregates=tuple(calls), columns=columns
    )


def identity(value: Value, sql_type: SqlType) -> object:
    make = identity_key(sql_type)
    return value if make is None or value is None else make(value)


def expected_value(call: AggregateCall, values: list[Value], sql_type: SqlType) -> Value:
    present = [value for value in values if value is not None]
    if call.distinct:
        first: dict[object, Value] = {}
        for value in present:
            first.setdefault(identity(value, sql_type), value)
        present = list(first.values())
    match call.name:
        case "count":
            return len(present)
        case "sum" | "avg":
            if not present:
                return None
            if call.type.eval_type == EvalType.REAL:
                total = 0.0
                for value in present:
                    total += float(value)  # type: ignore[arg-type]
                return total if call.name == "sum" else total / len(present)
            exact = Decimal(0)
            for value in present:
                exact = EXACT.add(exact, Decimal(value))  # type: ignore[arg-type]
            if call.name == "avg":
                exact = EXACT.divide(exact, Decimal(len(present)))
            result = exact.quantize(Decimal(1).scaleb(-call.type.scale), ROUND_HALF_UP, EXACT)
            most = Decimal(10**call.type.length - 1).scaleb(-call.type.scale, EXACT)
            return max(min(result, most), EXACT.minus(most))
        case "min" | "max":
            key = extreme_key(sql_type) or (lambda value: value)
            return (min if call.name == "min" else max)(present, key=key, default=None)
        case "first_row":
            return values[0] if values else None
        case "bit_and" | "bit_or" | "bit_xor":
            bits = (1 << 64) - 1 if call.name == "bit_and" else 0
            for value in present:
                number = value & (1 << 64) - 1  # type: ignore[operator]
                bits = (
                    bits & number
                    if call.name == "bit_and"
                    else bits | number
                    if call.name == "bit_or"
                    else bits ^ number
                )
            return bits
        case "group_concat":
            return b"-".join(present) if present else None  # type: ignore[arg-type]
    raise AssertionError(call.name)


def calls_for(sql_type: SqlType, argument: Column) -> list[AggregateCall]:
    calls = [
        aggregate("count", integer(not_null=True), argument),
        aggregate("count", integer(not_null=True), argument, distinct=True),
        aggregate("min", sql_type, argument),
        aggregate("max", sql_type, argument),
        aggregate("first_row", sql_type, argument),
    ]
    if sql_type.eval_type == EvalType.REAL:
        calls += [aggregate("sum", double(), argument), aggregate("avg", double(), argument)]
    elif sql_type.eval_type in (EvalType.INT, EvalType.DECIMAL):
        precision = sql_type.length if sql_type.eval_type == EvalType.DECIMAL else 20
        scale = max(sql_type.scale, 0)
        total, average = decimal(precision + 22, scale), decimal(precision + 4, scale + 4)
        calls += [
            aggregate("sum", total, argument),
            aggregate("sum", total, argument, distinct=True),
            aggregate("avg", average, argument),
            aggregate("avg", average, argument, distinct=True),
        ]
    if sql_type.is_integer:
        calls += [aggregate(name, integer(unsigned=True), argument) for name in ("bit_and", "bit_or", "bit_xor")]
    if sql_type.is_string:
        calls.append(aggregate("group_concat", sql_type, argument, separator=b"-"))
        calls.append(aggregate("group_concat", sql_type, argument, distinct=True, separator=b"-"))
    return calls


def close(found: Value, wanted: Value) -> bool:
    if isinstance(found, float) and isinstance(wanted, float):
        return math.isclose(found, wanted, rel_tol=1e-12)
    return found == wanted


def ends(first: Value, second: Value, sql_type: SqlType) -> bool:
    """MIN and MAX of equal strings may give either."""
    if first is None or second is None or not (sql_type.is_string or sql_type.eval_type == EvalType.JSON):
        return close(first, second)
    import pyarrow as pa

    keys = comparable(pa.array([first, second], pa.binary()), sql_type).to_pylist()
    return bool(keys[0] == keys[1])


@pytest.mark.parametrize("sql_type", ALL_TYPES, ids=lambda t: f"{t.code}-{t.collation}-{t.length}-{t.flags}")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("run", [by_columns, by_rows])
def test_aggregates_agree_with_the_model(
    sql_type: SqlType, seed: int, run: Callable[..., list[tuple]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executor.operators.aggregation._FEW_ROWS", 0)
    randomness = random.Random(seed)
    key, argument = column(randomness.choice([BIGINT, FOLDED, ENUM])), column(sql_type)
    rows = table([key.type, sql_type], randomness.choice([0, 1, 60]), randomness, extreme=sql_type.code != 5)
    calls = calls_for(sql_type, argument)
    grouped = randomness.random() < 0.7
    node = aggregation([key, argument], rows, [key] if grouped else [], calls, 1 if run is by_rows else 3)
    found = run(node)
    groups: dict[object, tuple[Value, list[Value]]] = {}
    for row in rows:
        groups.setdefault(identity(row[0], key.type) if grouped else None, (row[0], []))[1].append(row[1])
    if not grouped:
        groups = {None: (None, [row[1] for row in rows])}
    assert len(found) == len(groups)
    for row, (first, values) in zip(found, groups.values(), strict=True):
        if grouped:
            assert row[-1] == first
        for result, call in zip(row, calls):
            wanted = expected_value(call, values, sql_type)
            if call.name in ("min", "max"):
                assert ends(result, wanted, sql_type), (call, result, wanted)
            else:
                assert close(result, wanted), (call, result, wanted)


def test_sums_do_not_wrap() -> None:
    argument = column(BIGINT)
    node = aggregation([argument], [((1 << 63) - 1,)] * 5, [], [aggregate("sum", decimal(41, 0), argument)])
    for run in (by_columns, by_rows):
        assert run(node) == [(Decimal(5 * ((1 << 63) - 1)),)]


def test_sums_of_the_widest_decimals_are_cut() -> None:
    argument = column(WIDE)
    most = Decimal("9" * 35 + "." + "9" * 30)
    node = aggregation([argument], [(most,)] * 3, [], [aggregate("sum", WIDE, argument)])
    for run in (by_columns, by_rows):
        assert run(node) == [(most,)]


def test_partial_results_are_put_together() -> None:
    count, total, low, key = column(UNSIGNED), column(decimal(32, 2)), column(SMALL), column(GENERAL)
    rows = [
        (2, Decimal("3.00"), Decimal("1.00"), b"a"),
        (0, None, None, b"A"),
        (3, Decimal("0.10"), Decimal("-5.00"), b"A"),
        (0, None, None, b"b"),
    ]
    calls = [
        aggregate("count", integer(not_null=True), count),
        aggregate("avg", decimal(14, 6), count, total),
        aggregate("sum", decimal(32, 2), total),
        aggregate("min", SMALL, low),
    ]
    node = HashAgg(
        child=source([count, total, low, key], rows, 3),
        group_by=(key,),
        aggregates=tuple(calls),
        columns=tuple(column(item.type) for item in [*calls, key]),
        mode=AggMode.FINAL,
    )
    assert by_columns(node) == [
        (5, Decimal("0.620000"), Decimal("3.10"), Decimal("-5.00"), b"a"),
        (0, None, None, None, b"b"),
    ]


@pytest.mark.parametrize("run", [by_columns, by_rows])
def test_distinct_keeps_the_first_value(run: Callable[..., list[tuple]]) -> None:
    name, number = column(GENERAL), column(BIGINT)
    rows = [(b"a", 1), (b"A", 1), (b"b", None), (b"B ", None), (None, 1), (None, 1)]
    node = aggregation([name, number], rows * 20, [name, number], [])
    assert run(node) == [(b"a", 1), (b"b", None), (None, 1)]


@pytest.mark.parametrize("run", [by_columns, by_rows])
def test_group_concat_in_order_and_cut(run: Callable[..., list[tuple]]) -> None:
    text, rank = column(FOLDED), column(BIGINT)
    call = AggregateCall("group_concat", (text,), FOLDED, False, (OrderItem(rank, True),), b", ")
    node = aggregation([text, rank], [(b"x", 1), ("ä".encode(), 2), (b"z", None)], [], [call])
    assert run(node) == [("ä, x, z".encode(),)]
    warnings: list[SqlWarning] = []
    context = exec_context()
    context.evaluation.group_concat_max_len = 1
    context.evaluation.warn = warnings.append
    assert run(node, context) == [(b"",)]
    assert [(warning.code, warning.message) for warning in warnings] == [(1260, "Row 1 was cut by GROUP_CONCAT()")]


@pytest.mark.parametrize("run", [by_columns, by_rows])
def test_spreads_and_json(run: Callable[..., list[tuple]]) -> None:
    from sqlnode.base import json as binary_json
    from sqlnode.base.types import json

    number, text = column(double()), column(FOLDED)
    rows = [(1.0, b"a"), (2.0, b"b"), (4.0, b"a"), (None, b"c")]
    calls = [
        aggregate("std", double(), number),
        aggregate("var_samp", double(), number),
        aggregate("json_arrayagg", json(), number),
        aggregate("json_objectagg", json(), text, number),
    ]
    (row,) = run(aggregation([number, text], rows, [], calls))
    assert row[0] == 1.247219128924647
    assert row[1] == 2.333333333333333
    assert binary_json.to_text(row[2]) == "[1.0, 2.0, 4.0, null]"
    assert binary_json.to_text(row[3]) == '{"a": 4.0, "b": 2.0, "c": null}'


@pytest.mark.parametrize("run", [by_columns, by_rows])
def test_count_of_rows_and_of_pairs(run: Callable[..., list[tuple]]) -> None:
    one, two = column(BIGINT), column(FOLDED)
    rows = [(1, b"a"), (1, b"A"), (None, b"a"), (2, None), (1, b"b")]
    star = AggregateCall("count", (constant(1, boolean()),), integer(not_null=True))
    pairs = aggregate("count", integer(not_null=True), one, two, distinct=True)
    assert run(aggregation([one, two], rows, [], [star, pairs])) == [(5, 2)]
    assert run(aggregation([one, two], [], [], [star, pairs])) == [(0, 0)]
    assert run(aggregation([one, two], [], [one], [star])) == []


def test_large_spreads_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.operators.states._FEW_ROWS", 3)
    randomness = random.Random(5)
    number, key = column(double()), column(BIGINT)
    rows = [(randomness.uniform(-5, 5), randomness.randint(0, 3)) for _ in range(400)]
    call = aggregate("var_pop", double(), number)
    node = aggregation([number, key], rows, [key], [call], 7)
    for value, group in by_columns(node):
        members = [row[0] for row in rows if row[1] == group]
        mean = sum(members) / len(members)
        assert math.isclose(value, sum((m - mean) ** 2 for m in members) / len(members), rel_tol=1e-12)
