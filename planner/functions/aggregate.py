"""Aggregate functions: argument kinds and result types (MySQL manual, Aggregate Function Descriptions).

How they are computed is the executor's. SUM and AVG of exact numbers are DECIMAL: SUM with 22 more digits, AVG with
`div_precision_increment` more digits after the point; of floats and texts they are DOUBLE.
"""

from __future__ import annotations

from dataclasses import replace

from planner.functions.registry import UNLIMITED, AggregateFunction, CallSite, Kind, text_type
from sqlnode.base.decimal import MAX_SCALE
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, decimal, double, integer, json

ANY, NUMBER, S, N = Kind.ANY, Kind.NUMBER, Kind.STRING, Kind.INT
_SUM_DIGITS = 22
_COUNT = integer(not_null=True, length=21)
_BITS = integer(unsigned=True, not_null=True, length=21)


def _digits(source: SqlType) -> tuple[int, int]:
    """(digits in all, digits after the point) of an exact number."""
    if source.eval_type == EvalType.INT:
        widths = {1: 3, 2: 5, 9: 8, 3: 10, 8: 20 if source.unsigned else 19, TypeCode.YEAR: 4}
        wide = widths.get(source.code, 20)
        known = source.length if 0 < source.length < wide else wide
        return known, 0
    return max(source.length, 1), max(source.scale, 0)


def _sum(site: CallSite) -> SqlType:
    source = site.types[0]
    if source.eval_type == EvalType.REAL:
        return double() if not 0 <= source.scale < 31 else replace(double(), length=23, scale=source.scale)
    precision, scale = _digits(source)
    return decimal(precision + _SUM_DIGITS, scale)


def _average(site: CallSite) -> SqlType:
    source = site.types[0]
    increment = site.context.variables.get("div_precision_increment", 4)
    added = increment if isinstance(increment, int) else 4
    if source.eval_type == EvalType.REAL:
        scale = source.scale + added if 0 <= source.scale < 31 else -1
        return double() if not 0 <= scale < 31 else replace(double(), length=23, scale=scale)
    precision, scale = _digits(source)
    return decimal(precision + added, min(scale + added, MAX_SCALE))


def _same(site: CallSite) -> SqlType:
    source = site.types[0]
    kept = Flag.UNSIGNED | Flag.BINARY | Flag.IS_BOOLEAN | Flag.ENUM | Flag.SET
    kept |= Flag.ZEROFILL if source.code == TypeCode.YEAR else 0
    return replace(source, flags=source.flags & kept)


def _spread(site: CallSite) -> SqlType:
    return double()


COUNT = AggregateFunction(
    "count", (ANY,), _COUNT, min_args=1, max_args=UNLIMITED, example=("COUNT(c) over 1, NULL, 2", "2")
)
SUM = AggregateFunction("sum", (NUMBER,), _sum, example=("SUM(c) over 1, 2", "3"))
AVG = AggregateFunction("avg", (NUMBER,), _average, example=("AVG(c) over 1, 2", "1.5000"))
MIN = AggregateFunction("min", (ANY,), _same, example=("MIN(c) over 1, 2", "1"))
MAX = AggregateFunction("max", (ANY,), _same, example=("MAX(c) over 1, 2", "2"))
ANY_VALUE = AggregateFunction("any_value", (ANY,), _same, distinct=False)
FIRST_ROW = AggregateFunction("first_row", (ANY,), _same, distinct=False)

BITS = tuple(AggregateFunction(name, (N,), _BITS, distinct=False) for name in ("bit_and", "bit_or", "bit_xor"))
SPREADS = (
    AggregateFunction("std", (Kind.REAL,), _spread, aliases=("stddev", "stddev_pop"), distinct=False),
    AggregateFunction("stddev_samp", (Kind.REAL,), _spread, distinct=False),
    AggregateFunction("var_pop", (Kind.REAL,), _spread, aliases=("variance",), distinct=False),
    AggregateFunction("var_samp", (Kind.REAL,), _spread, distinct=False),
)


def _group_concat(site: CallSite) -> SqlType:
    return text_type(-1)


GROUP_CONCAT = AggregateFunction(
    "group_concat",
    (S,),
    _group_concat,
    min_args=1,
    max_args=UNLIMITED,
    example=("GROUP_CONCAT(c) over 'a', 'b'", "a,b"),
)
JSON_ARRAYAGG = AggregateFunction("json_arrayagg", (ANY,), json(), distinct=False)
JSON_OBJECTAGG = AggregateFunction("json_objectagg", (S, ANY), json(), distinct=False)

WINDOW = (
    *(AggregateFunction(name, (), _COUNT, window_only=True) for name in ("row_number", "rank", "dense_rank")),
    *(AggregateFunction(name, (), double(), window_only=True) for name in ("percent_rank", "cume_dist")),
    AggregateFunction("ntile", (N,), _COUNT, window_only=True),
    *(AggregateFunction(name, (ANY,), _same, window_only=True) for name in ("first_value", "last_value")),
    *(
        AggregateFunction(name, (ANY, N, ANY), _same, min_args=1, max_args=3, window_only=True)
        for name in ("lag", "lead")
    ),
    AggregateFunction("nth_value", (ANY, N), _same, window_only=True),
)
