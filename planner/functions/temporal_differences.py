"""Differences of dates and times, and sums of them: TIMESTAMPDIFF, DATEDIFF, TIMEDIFF, ADDTIME, SUBTIME."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.cast_time import nanoseconds_of_number, packed_of_number
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Overload
from planner.functions.resolution import make_call
from planner.functions.temporal_columns import all_real, packed_values
from sqlnode.base.errors import DATETIME_FUNCTION_OVERFLOW, TRUNCATED_WRONG_VALUE
from sqlnode.base.temporal import (
    MAX_DURATION,
    SECOND,
    date_part,
    day_number,
    format_datetime,
    format_duration,
    is_real_date,
    microseconds_of,
    pack_microseconds,
    parse_datetime,
    parse_duration,
    unpack,
    unpack_date,
)
from sqlnode.base.temporal_arrays import (
    date_parts,
    day_numbers,
)
from sqlnode.base.types import EvalType, TypeCode, datetime, integer, time, varchar

T, D, N, S = Kind.TIME, Kind.DURATION, Kind.INT, Kind.STRING
_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)


# ---------------------------------------------------------------------------------------------------------- differences


def months_between(first: int, second: int) -> int:
    """Whole months from the first to the second time."""
    sign = 1
    if first > second:
        first, second, sign = second, first, -1
    year, month, day, *_ = unpack(first)
    other_year, other_month, other_day, *_ = unpack(second)
    months = (other_year - year) * 12 + other_month - month
    if (other_day, second - date_part(second)) < (day, first - date_part(first)):
        months -= 1
    return months * sign


def _timestampdiff(call: Call) -> Kernel:
    unit = call.text or "SECOND"
    divisor = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)

    def by_months(first: int, second: int) -> int | None:
        if not (is_real_date(first) and is_real_date(second)):
            return None
        months = months_between(first, second)
        assert divisor is not None, "a unit of months"
        return abs(months) // divisor * (1 if months >= 0 else -1)

    if divisor is not None:
        return by_months
    size = {"MICROSECOND": 1, "SECOND": 10**6, "MINUTE": 60 * 10**6, "HOUR": 3600 * 10**6}.get(unit)
    size = size or {"DAY": 86400 * 10**6, "WEEK": 604800 * 10**6}[unit]

    def by_size(first: int, second: int) -> int | None:
        if not (is_real_date(first) and is_real_date(second)):
            return None
        gap = microseconds_of(second) - microseconds_of(first)
        return abs(gap) // size * (1 if gap >= 0 else -1)

    return by_size


TIMESTAMPDIFF = Function(
    "timestampdiff",
    (T, T),
    integer(length=21),
    build=_timestampdiff,
    example=("TIMESTAMPDIFF(MONTH, '2003-02-01', '2003-05-01')", "3"),
    examples=(
        ("TIMESTAMPDIFF(YEAR, '2002-05-01', '2001-01-01')", "-1"),
        ("TIMESTAMPDIFF(MINUTE, '2003-02-01', '2003-05-01 12:05:55')", "128885"),
        ("TIMESTAMPDIFF(MONTH, '2024-01-31', '2024-02-29')", "0"),
    ),
)


def _datediff(first: int, second: int) -> int | None:
    if not (is_real_date(first) and is_real_date(second)):
        return None
    return day_number(*unpack_date(first)) - day_number(*unpack_date(second))


def _datediff_array(first: pa.Array, second: pa.Array) -> pa.Array | None:
    one, two = packed_values(first), packed_values(second)
    if first.null_count or second.null_count or not (all_real(first, one) and all_real(second, two)):
        return None
    return pa.array(day_numbers(*date_parts(one)) - day_numbers(*date_parts(two)))


DATEDIFF = Function(
    "datediff",
    (T, T),
    integer(length=7),
    scalar=_datediff,
    vector=_datediff_array,
    tipb="DateDiff",
    exact=True,
    example=("DATEDIFF('2007-12-31 23:59:59', '2007-12-30')", "1"),
    examples=(("DATEDIFF('2010-11-30 23:59:59', '2010-12-31')", "-31"),),
)


def clipped(context: EvalContext, nanoseconds: int) -> int:
    """A duration held in TIME's range, with warning 1292."""
    if abs(nanoseconds) <= MAX_DURATION:
        return nanoseconds
    context.warning(TRUNCATED_WRONG_VALUE, kind="time", value=format_duration(nanoseconds, 0))
    return MAX_DURATION if nanoseconds > 0 else -MAX_DURATION


def _moment(value: bytes, context: EvalContext) -> tuple[int, bool] | None:
    """(nanoseconds, whether the text was a datetime) of a text; a datetime counts from year 0."""
    if len(value) >= 12:
        full = parse_datetime(value, 6, context.sql_mode, context.zone)
        if full.value is not None:
            return microseconds_of(full.value) * 1000, True
    found = parse_duration(value).value
    if found is None:
        context.warning(TRUNCATED_WRONG_VALUE, kind="time", value=value.decode("utf-8", "backslashreplace"))
        return None
    return found, False


def _moment_of_number(value: Any, context: EvalContext) -> tuple[int, bool] | None:
    """As `_moment`, of a number."""
    if abs(value) >= _DATETIME_NUMBER:
        full = packed_of_number(value, context, False, 6)
        return None if full is None else (microseconds_of(full) * 1000, True)
    found = nanoseconds_of_number(value, context, 6)
    return None if found is None else (found, False)


_DATETIME_NUMBER = 10_000_000_000
_NUMBERS = frozenset((EvalType.INT, EvalType.REAL, EvalType.DECIMAL))
_Reader: TypeAlias = Callable[[Any, EvalContext], "tuple[int, bool] | None"]


def _reader(arg: Expression) -> tuple[Kind, _Reader]:
    """How an argument that is no time is read."""
    is_number = arg.type.eval_type in _NUMBERS
    return (Kind.NUMBER, _moment_of_number) if is_number else (S, _moment)


def _timediff_moments(first: _Reader, second: _Reader) -> Kernel:
    def run(context: EvalContext, value: Any, other: Any) -> int | None:
        one, two = first(value, context), second(other, context)
        if one is None or two is None or one[1] != two[1]:
            return None
        return clipped(context, one[0] - two[0])

    return run


def _timediff_times(context: EvalContext, first: int, second: int) -> int:
    return clipped(context, (microseconds_of(first) - microseconds_of(second)) * 1000)


def _none(context: EvalContext, first: Any, second: Any) -> None:
    """Times of day and dates have no difference."""


def _resolve_timediff(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    kinds = [arg.type.eval_type for arg in args]
    fsp = max(string_digits(arg) for arg in args)
    if EvalType.TIME in kinds and EvalType.DURATION in kinds:
        overload = Overload((Kind.ANY, Kind.ANY), time(fsp), scalar=_none)
    elif EvalType.TIME in kinds:
        dates = {arg.type.code in _DATE_CODES for arg in args if arg.type.eval_type == EvalType.TIME}
        if len(dates) == 2:
            overload = Overload((Kind.ANY, Kind.ANY), time(fsp), scalar=_none)
        elif kinds[0] == kinds[1]:
            overload = Overload((T, T), time(fsp), scalar=_timediff_times)
        else:
            overload = Overload((S, S), time(fsp), scalar=_timediff_dates)
    elif set(kinds) == {EvalType.DURATION}:
        overload = Overload((D, D), time(fsp), scalar=lambda context, one, two: clipped(context, one - two))
    else:
        (kind, first), (other, second) = map(_reader, args)
        overload = Overload((kind, other), time(fsp), scalar=_timediff_moments(first, second))
    return make_call(TIMEDIFF, overload, args, context, text=text)


def _timediff_dates(context: EvalContext, first: bytes, second: bytes) -> int | None:
    """Texts of which one is a date or datetime for certain: both must be of the same sort."""
    one, two = (parse_datetime(value, 6, context.sql_mode, context.zone) for value in (first, second))
    if one.value is None or two.value is None or one.is_date != two.is_date:
        return None
    return _timediff_times(context, one.value, two.value)


def string_digits(arg: Expression) -> int:
    """Fraction digits of a value that will be read as a time: of a constant text those written, else 6."""
    from planner.expr.nodes import Constant

    sql_type = arg.type
    if sql_type.is_temporal or sql_type.code == TypeCode.TIME:
        return sql_type.fsp
    if sql_type.eval_type == EvalType.INT:
        return 0
    if sql_type.eval_type == EvalType.DECIMAL:
        return min(max(sql_type.scale, 0), 6)
    if isinstance(arg, Constant) and isinstance(arg.value, bytes):
        return max(parse_datetime(arg.value).digits, parse_duration(arg.value).digits)
    return 6


TIMEDIFF = Function(
    "timediff",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_timediff,
    example=("TIMEDIFF('2000-01-01 00:00:00', '2000-01-01 00:00:00.000001')", "-00:00:00.000001"),
    examples=(
        ("TIMEDIFF('2008-12-31 23:59:59.000001', '2008-12-30 01:01:01.000002')", "46:58:57.999999"),
        ("TIMEDIFF(TIME'10:00:00', TIME'11:30:00')", "-01:30:00"),
        ("TIMEDIFF(TIMESTAMP'2024-01-02 00:00:00', TIMESTAMP'2024-01-01 00:00:00')", "24:00:00"),
    ),
)


# -------------------------------------------------------------------------------------------------------------- ADDTIME


def _resolve_addtime(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    function = ADDTIME if name == "addtime" else SUBTIME
    sign = 1 if name == "addtime" else -1
    source = args[0].type
    fsp = max(string_digits(args[0]), string_digits(args[1]))

    def to_time(evaluation: EvalContext, packed: int, change: int) -> int | None:
        moved = pack_microseconds(microseconds_of(packed) + sign * change // 1000) if is_real_date(packed) else None
        if moved is None:
            evaluation.warning(DATETIME_FUNCTION_OVERFLOW, field=name)
        return moved

    def to_duration(evaluation: EvalContext, value: int, change: int) -> int:
        return clipped(evaluation, value + sign * change)

    kind, read = _reader(args[0])

    def to_text(evaluation: EvalContext, value: Any, change: int) -> bytes | None:
        found = read(value, evaluation)
        if found is None:
            return None
        total = found[0] + sign * change
        if not found[1]:
            return format_duration(clipped(evaluation, total), 6 if total % SECOND else 0).encode()
        moved = pack_microseconds(total // 1000)
        return None if moved is None else format_datetime(moved, TypeCode.DATETIME, 6 if total % SECOND else 0).encode()

    if source.eval_type == EvalType.TIME:
        overload = Overload((T, D), datetime(fsp), scalar=to_time)
    elif source.eval_type == EvalType.DURATION:
        overload = Overload((D, D), time(fsp), scalar=to_duration)
    else:
        overload = Overload((kind, D), varchar(29, context.charset, context.collation), scalar=to_text)
    return make_call(function, overload, args, context, text=text)


ADDTIME = Function(
    "addtime",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_addtime,
    coercibility=Coercibility.LITERAL,
    example=("ADDTIME('2007-12-31 23:59:59.999999', '1 1:1:1.000002')", "2008-01-02 01:01:01.000001"),
    examples=(
        ("ADDTIME('01:59:59.999999', '01:00:00.999998')", "03:00:00.999997"),
        ("ADDTIME(TIME'1:00:00', 100)", "01:01:00"),
    ),
)
SUBTIME = Function(
    "subtime",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_addtime,
    coercibility=Coercibility.LITERAL,
    example=("SUBTIME('2007-12-31 23:59:59.999999', '1 1:1:1.000002')", "2007-12-30 22:58:58.999997"),
    examples=(("SUBTIME('01:00:00.999999', '02:00:00.999998')", "-00:59:59.999999"),),
)
