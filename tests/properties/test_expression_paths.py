"""Every operator over every pair of kinds: what the row path computes is what the column path computes.

The row path is the model. When a row fails, the batch fails with that row's error; else values and warnings agree.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.evaluate import compile_filter, compile_vector
from planner.bind import bind_expression
from planner.context import SqlMode
from planner.expr.folding import fold
from planner.expr.nodes import Column, Expression
from planner.expr.scalar import compile_scalar
from planner.parse import parse_expression
from sqlnode.base.errors import SqlError
from sqlnode.base.temporal import MAX_DURATION, pack
from sqlnode.base.types import (
    SqlType,
    TypeCode,
    arrow_type,
    date,
    datetime,
    decimal,
    double,
    integer,
    time,
    varbinary,
    varchar,
)
from tests.planner.functions.answers import eval_context, plan_context

_TEXTS = st.sampled_from(
    [b"", b"a", b"A", b"b ", b"12", b"-3.5x", b"1e3", "é".encode(), b"2020-01-02", b"10:11:12", b"\xf0\x9f\x98\x80"]
)
_INTS = (
    st.integers(-5, 5) | st.sampled_from([-(1 << 63), (1 << 63) - 1, 1 << 40]) | st.integers(-(1 << 63), (1 << 63) - 1)
)
_UINTS = st.integers(0, 9) | st.sampled_from([(1 << 64) - 1, 1 << 63]) | st.integers(0, (1 << 64) - 1)
_REALS = st.sampled_from([0.0, -0.0, 1.5, -2.5, 1e300, -1e308, 12.0, 1e-300]) | st.floats(-1e6, 1e6)
_DATES = st.builds(lambda y, m, d: pack(y, m, d), st.integers(1970, 2030), st.integers(1, 12), st.integers(1, 28))
_TIMES = st.builds(lambda day, s, milli: day | s << 24 | milli * 1000, _DATES, st.integers(0, 59), st.integers(0, 999))


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    top = 10**precision - 1
    units = st.integers(-top, top) | st.integers(-500, 500) | st.sampled_from([0, top, -top])
    return units.map(lambda unit: Decimal(unit).scaleb(-scale))


KINDS: dict[str, tuple[SqlType, st.SearchStrategy[Any]]] = {
    "i": (integer(), _INTS),
    "u": (integer(unsigned=True), _UINTS),
    "t": (integer(TypeCode.TINY), st.integers(-128, 127)),
    "d": (decimal(10, 2), _decimals(10, 2)),
    "w": (decimal(25, 10), _decimals(25, 10)),
    "f": (double(), _REALS),
    "s": (varchar(20), _TEXTS),
    "n": (varchar(20, "utf8mb4", "utf8mb4_general_ci"), _TEXTS),
    "b": (varbinary(20), _TEXTS),
    "dt": (date(), _DATES),
    "ts": (datetime(3), _TIMES),
    "tm": (time(2), st.integers(-MAX_DURATION // 10**7, MAX_DURATION // 10**7).map(lambda unit: unit * 10**7)),
    "e": (SqlType(TypeCode.ENUM, 0, -1, -1, "utf8mb4", "utf8mb4_0900_ai_ci", ("b", "a", "10")), st.integers(1, 3)),
    "y": (SqlType(TypeCode.YEAR, 32, 4, 0), st.integers(1901, 2155)),
}
COLUMNS = tuple(Column(place, name, sql_type) for place, (name, (sql_type, _)) in enumerate(KINDS.items(), 1))
ROWS = st.lists(st.tuples(*[st.none() | values for _, values in KINDS.values()]), min_size=1, max_size=6)

FORMS = (
    *[
        f"{{a}} {operator} {{b}}"
        for operator in ("=", "<=>", "<", ">=", "!=", "+", "-", "*", "/", "div", "%", "&", "<<")
    ],
    "{a} in ({b}, 12, null)",
    "{a} in ('12', 'A', 3)",
    "{a} between {b} and 100",
    "{a} like {b}",
    "coalesce(null, {a}, {b})",
    "if({a}, {a}, {b})",
    "case when {a} > {b} then {b} when {b} is null then {a} end",
    "nullif({a}, {b})",
    "greatest({a}, {b})",
    "least({a}, {b}, {a})",
    "interval({a}, {b}, 10, 20)",
    "({a} and {b}) or ({b} xor {a})",
    "not {a} is true",
    "-{a}",
    "~{a}",
    "1 / {a} * {b}",
    "if({a} = 0, null, {b} / {a})",
    "({a}, {b}) <= ({b}, {a})",
)
TARGETS = (
    *("signed", "unsigned", "char", "char(2)", "binary(3)", "decimal(20, 3)", "decimal(5, 1)", "double", "float"),
    *("date", "datetime", "datetime(2)", "time", "time(1)"),
)


def _bound(sql: str) -> Expression:
    context = plan_context()
    return fold(bind_expression(parse_expression(sql, sql_mode=SqlMode.DEFAULT), COLUMNS, context), context)


def _batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    arrays = [pa.array([row[at] for row in rows], arrow_type(column.type)) for at, column in enumerate(COLUMNS)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in COLUMNS])


def _agree(sql: str, rows: list[tuple[Any, ...]]) -> None:
    try:
        expression = _bound(sql)
    except SqlError:
        return
    scalar, vector = compile_scalar(expression, COLUMNS), compile_vector(expression, COLUMNS)
    context, warnings = eval_context()
    failure: SqlError | None = None
    values = []
    for row in rows:
        try:
            values.append(scalar(row, context))
        except SqlError as error:
            failure = error
            break
    other, other_warnings = eval_context()
    try:
        found = vector(_batch(rows), other)
    except SqlError as error:
        assert failure is not None, f"{sql}: {error}"
        assert error.code == failure.code
        return
    assert failure is None, f"{sql}: the batch hides {failure}"
    assert found.type == arrow_type(expression.type)
    assert found.to_pylist() == values, sql
    assert sorted(map(str, warnings)) == sorted(map(str, other_warnings)), sql


@settings(max_examples=400, deadline=None)
@given(ROWS, st.sampled_from(FORMS), st.sampled_from(list(KINDS)), st.sampled_from(list(KINDS)))
def test_operators(rows: list[tuple[Any, ...]], form: str, left: str, right: str) -> None:
    _agree(form.format(a=left, b=right), rows)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(list(KINDS)), st.sampled_from(TARGETS))
def test_casts(rows: list[tuple[Any, ...]], source: str, target: str) -> None:
    _agree(f"cast({source} as {target})", rows)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(list(KINDS)), st.sampled_from(list(KINDS)))
def test_filters(rows: list[tuple[Any, ...]], left: str, right: str) -> None:
    try:
        conditions = [_bound(f"{left} is not null"), _bound(f"{left} >= {right}"), _bound(f"{right} <> 3")]
    except SqlError:
        return
    scalars = [compile_scalar(condition, COLUMNS) for condition in conditions]
    context, _ = eval_context()
    wanted = [all(scalar(row, context) for scalar in scalars) for row in rows]
    mask = compile_filter(conditions, COLUMNS)(_batch(rows), eval_context()[0])
    assert mask.to_pylist() == wanted
