"""DATE_ADD, DATE_SUB, TIMESTAMPDIFF, DATEDIFF, TIMEDIFF, ADDTIME and other arithmetic with dates and times."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Overload
from planner.functions.resolution import make_call
from planner.functions.temporal_columns import all_real, packed_values, with_nulls_of
from planner.functions.temporal_intervals import (
    COMPOSITE,
    DATE_UNITS,
    MONTH_UNITS,
    Interval,
    add_to_duration,
    add_to_time,
    interval_of,
)
from sqlnode.base.errors import DATETIME_FUNCTION_OVERFLOW, TRUNCATED_WRONG_VALUE, SqlWarning
from sqlnode.base.packed_time import date_of_day_number
from sqlnode.base.temporal import (
    MAX_DURATION,
    SECOND,
    Problem,
    date_part,
    day_number,
    days_in_month,
    format_datetime,
    format_duration,
    is_real_date,
    microseconds_of,
    pack,
    pack_microseconds,
    parse_datetime,
    parse_duration,
    unpack,
    unpack_date,
)
from sqlnode.base.temporal_arrays import (
    date_parts,
    day_numbers,
    epochs,
    month_lengths,
    pack_epochs,
    pack_parts,
)
from sqlnode.base.types import EvalType, SqlType, TypeCode, date, datetime, integer, time, varchar

T, D, N, S = Kind.TIME, Kind.DURATION, Kind.INT, Kind.STRING
_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)


# ----------------------------------------------------------------------------------------------------------- DATE_ADD


def _interval_digits(unit: str, amount: SqlType) -> int:
    """Fraction digits that an interval can bring into a result."""
    if unit.endswith("MICROSECOND"):
        return 6
    if unit == "SECOND" and amount.eval_type != EvalType.INT:
        return min(amount.scale, 6) if amount.eval_type == EvalType.DECIMAL and amount.scale >= 0 else 6
    return 0


def _added_type(source: SqlType, unit: str, digits: int) -> SqlType:
    if source.code in _DATE_CODES:
        return date() if unit in DATE_UNITS else datetime(digits)
    return datetime(max(source.fsp, digits))


def _resolve_add(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    unit = text or "DAY"
    source, amount = args[0].type, args[1].type
    amount_kind = S if unit in COMPOSITE else Kind.DECIMAL if unit == "SECOND" else N
    digits = _interval_digits(unit, amount)
    function = DATE_ADD if name == "date_add" else DATE_SUB
    kind = source.eval_type
    if kind == EvalType.TIME:
        result = _added_type(source, unit, digits)
        overload = Overload((T, amount_kind), result, build=_add_kernel, build_vector=_add_array, constants=True)
    elif kind == EvalType.DURATION and unit not in MONTH_UNITS | {"WEEK"}:
        overload = Overload((D, amount_kind), time(max(source.fsp, digits)), build=_add_duration)
    elif kind == EvalType.DURATION:
        overload = Overload((T, amount_kind), datetime(source.fsp), build=_add_kernel)
    else:
        result = varchar(29, context.charset, context.collation)
        overload = Overload((S, amount_kind), result, build=_add_text)
    return make_call(function, overload, args, context, text=unit)


def _overflow(context: EvalContext) -> None:
    context.warning(DATETIME_FUNCTION_OVERFLOW, field="date_add_interval")


def _amount(call: Call) -> Callable[[Any], Interval]:
    unit, subtract = call.text or "DAY", call.name == "date_sub"

    def amount(value: Any) -> Interval:
        found = interval_of(value, unit)
        return found.negated() if subtract else found

    return amount


def _add_kernel(call: Call) -> Kernel:
    amount = _amount(call)

    def add(context: EvalContext, packed: int, value: Any) -> int | None:
        moved = add_to_time(packed, amount(value))
        if moved is None and is_real_date(packed):
            _overflow(context)
        return moved

    return add


def _add_duration(call: Call) -> Kernel:
    amount = _amount(call)

    def add(context: EvalContext, nanoseconds: int, value: Any) -> int | None:
        moved = add_to_duration(nanoseconds, amount(value))
        if moved is None:
            _overflow(context)
        return moved

    return add


def _add_text(call: Call) -> Kernel:
    amount, date_unit = _amount(call), (call.text or "DAY") in DATE_UNITS

    def add(context: EvalContext, text: bytes, value: Any) -> bytes | None:
        parsed = parse_datetime(text, 6, context.sql_mode, context.zone)
        if parsed.value is None or parsed.problem:
            _wrong_time(context, text, parsed.problem)
        if parsed.value is None:
            return None
        moved = add_to_time(parsed.value, amount(value))
        if moved is None:
            if is_real_date(parsed.value):
                _overflow(context)
            return None
        if parsed.is_date and date_unit:
            return format_datetime(moved, TypeCode.DATE).encode()
        return format_datetime(moved, TypeCode.DATETIME, 6 if moved & 0xFFFFFF else 0).encode()

    return add


def _wrong_time(context: EvalContext, text: bytes, problem: Problem) -> None:
    shown = text.decode("utf-8", "backslashreplace")
    if problem == Problem.TRUNCATED and text[:1].isdigit():
        context.warning(TRUNCATED_WRONG_VALUE, kind="datetime", value=shown)
    else:
        context.warn(SqlWarning("Warning", 1292, f"Incorrect datetime value: '{shown}'"))


def _add_array(call: Call) -> Kernel:
    amount = _amount(call)

    def run(context: EvalContext, array: pa.Array, value: pa.Scalar) -> pa.Array | None:
        if isinstance(array, pa.Scalar) or not isinstance(value, pa.Scalar) or value.as_py() is None:
            return None
        packed = packed_values(array)
        if not all_real(array, packed):
            return None
        interval = amount(value.as_py())
        usable = packed if not array.null_count else np.where(packed == 0, np.uint64(pack(2000, 1, 1)), packed)
        if interval.months:
            moved = _add_months(usable, interval.months)
            return None if moved is None else with_nulls_of(moved, array)
        if abs(interval.microseconds) > 10**18:
            return None
        total = epochs(usable) + interval.microseconds
        if len(total) and (int(total.min()) < _FIRST or int(total.max()) > _LAST):
            return None
        return with_nulls_of(pack_epochs(total), array)

    return run


_FIRST = -62135596800 * 1_000_000
_LAST = 253402300799 * 1_000_000 + 999_999


def _add_months(packed: np.ndarray[Any, np.dtype[np.uint64]], months: int) -> np.ndarray[Any, Any] | None:
    years, month_numbers, days = date_parts(packed)
    total = years * 12 + month_numbers - 1 + months
    if len(total) and (int(total.min()) < 12 or int(total.max()) >= 120000):
        return None
    years, month_numbers = total // 12, total % 12 + 1
    dates = pack_parts(years, month_numbers, np.minimum(days, month_lengths(years, month_numbers)))
    return dates | (packed & np.uint64((1 << 41) - 1))


DATE_ADD = Function(
    "date_add",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_add,
    coercibility=Coercibility.LITERAL,
    example=("DATE_ADD('2018-05-01', INTERVAL 1 DAY)", "2018-05-02"),
    examples=(
        ("DATE_ADD(DATE'2018-01-31', INTERVAL 1 MONTH)", "2018-02-28"),
        ("DATE_ADD('2020-12-31 23:59:59', INTERVAL 1 SECOND)", "2021-01-01 00:00:00"),
        ("DATE_ADD('2100-12-31 23:59:59', INTERVAL '1:1' MINUTE_SECOND)", "2101-01-01 00:01:00"),
        ("DATE_ADD('1900-01-01 00:00:00', INTERVAL '-1 10' DAY_HOUR)", "1899-12-30 14:00:00"),
        (
            "DATE_ADD('1992-12-31 23:59:59.000002', INTERVAL '1.999999' SECOND_MICROSECOND)",
            "1993-01-01 00:00:01.000001",
        ),
        ("DATE_ADD(DATE'2024-01-01', INTERVAL 90 MINUTE)", "2024-01-01 01:30:00"),
        ("DATE_ADD(TIMESTAMP'2024-02-29 10:00:00.5', INTERVAL 1 YEAR)", "2025-02-28 10:00:00.5"),
        ("DATE_ADD(TIMESTAMP'2024-01-01 00:00:00', INTERVAL 1.5 SECOND)", "2024-01-01 00:00:01.5"),
        ("DATE_ADD(TIME'10:00:00', INTERVAL 1 HOUR)", "11:00:00"),
        ("DATE_ADD('2024-01-02', INTERVAL 1.5 DAY)", "2024-01-04"),
        ("DATE_ADD('9999-12-31', INTERVAL 1 DAY)", "NULL"),
        ("ADDDATE('2008-01-02', 31)", "2008-02-02"),
        ("DATE'2024-01-31' + INTERVAL 1 QUARTER", "2024-04-30"),
        ("TIMESTAMPADD(WEEK, 1, '2003-01-02')", "2003-01-09"),
    ),
)
DATE_SUB = Function(
    "date_sub",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_add,
    coercibility=Coercibility.LITERAL,
    example=("DATE_SUB('2018-05-01', INTERVAL 1 YEAR)", "2017-05-01"),
    examples=(
        ("DATE_SUB('2025-01-01 00:00:00', INTERVAL '1 1:1:1' DAY_SECOND)", "2024-12-30 22:58:59"),
        ("DATE_SUB('1998-01-02', INTERVAL 31 DAY)", "1997-12-02"),
        ("TIMESTAMP'2024-03-31 00:00:00' - INTERVAL 1 MONTH", "2024-02-29 00:00:00"),
    ),
)


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


def _clipped(context: EvalContext, nanoseconds: int) -> int:
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


def _timediff_texts(context: EvalContext, first: bytes, second: bytes) -> int | None:
    one, two = _moment(first, context), _moment(second, context)
    if one is None or two is None or one[1] != two[1]:
        return None
    return _clipped(context, one[0] - two[0])


def _timediff_times(context: EvalContext, first: int, second: int) -> int:
    return _clipped(context, (microseconds_of(first) - microseconds_of(second)) * 1000)


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
        overload = Overload((D, D), time(fsp), scalar=lambda context, one, two: _clipped(context, one - two))
    else:
        overload = Overload((S, S), time(fsp), scalar=_timediff_texts)
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
        return _clipped(evaluation, value + sign * change)

    def to_text(evaluation: EvalContext, value: bytes, change: int) -> bytes | None:
        found = _moment(value, evaluation)
        if found is None:
            return None
        total = found[0] + sign * change
        if not found[1]:
            return format_duration(_clipped(evaluation, total), 6 if total % SECOND else 0).encode()
        moved = pack_microseconds(total // 1000)
        return None if moved is None else format_datetime(moved, TypeCode.DATETIME, 6 if total % SECOND else 0).encode()

    if source.eval_type == EvalType.TIME:
        overload = Overload((T, D), datetime(fsp), scalar=to_time)
    elif source.eval_type == EvalType.DURATION:
        overload = Overload((D, D), time(fsp), scalar=to_duration)
    else:
        overload = Overload((S, D), varchar(29, context.charset, context.collation), scalar=to_text)
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


# -------------------------------------------------------------------------------------------------------------- makers


def _last_day(packed: int) -> int | None:
    year, month, day = unpack_date(packed)
    return pack(year, month, days_in_month(year, month)) if month and day else None


def _last_day_array(array: pa.Array) -> pa.Array | None:
    packed = packed_values(array)
    if array.null_count or not all_real(array, packed):
        return None
    years, months, _ = date_parts(packed)
    return pa.array(pack_parts(years, months, month_lengths(years, months)))


LAST_DAY = Function(
    "last_day",
    (T,),
    date(),
    scalar=_last_day,
    vector=_last_day_array,
    example=("LAST_DAY('2003-02-05')", "2003-02-28"),
    examples=(("LAST_DAY('2004-02-05')", "2004-02-29"), ("LAST_DAY('2003-03-32')", "NULL")),
)


def _full_year(year: int) -> int:
    return year if year >= 100 else year + (2000 if year < 70 else 1900)


def _makedate(year: int, day: int) -> int | None:
    if not 0 <= year <= 9999 or day <= 0:
        return None
    found = date_of_day_number(day_number(_full_year(year), 1, 1) + day - 1) if day < 4_000_000 else None
    return None if found is None else pack(*found)


MAKEDATE = Function(
    "makedate",
    (N, N),
    date(),
    scalar=_makedate,
    example=("MAKEDATE(2011, 31)", "2011-01-31"),
    examples=(("MAKEDATE(2011, 365)", "2011-12-31"), ("MAKEDATE(2011, 0)", "NULL")),
)


def _maketime(context: EvalContext, hour: int, minute: int, second: Decimal) -> int | None:
    if not 0 <= minute <= 59 or not 0 <= second < 60:
        return None
    total = (abs(hour) * 3600 + minute * 60) * SECOND + int(second * SECOND)
    return _clipped(context, -total if hour < 0 else total)


MAKETIME = Function(
    "maketime",
    (N, N, Kind.DECIMAL),
    lambda site: time(min(max(site.types[2].scale, 0), 6)),
    scalar=_maketime,
    context=True,
    example=("MAKETIME(12, 15, 30)", "12:15:30"),
    examples=(("MAKETIME(-1, 2, 3)", "-01:02:03"), ("MAKETIME(1, 60, 3)", "NULL")),
)


def _from_days(number: int) -> int:
    found = date_of_day_number(number)
    return 0 if found is None else pack(*found)


FROM_DAYS = Function(
    "from_days",
    (N,),
    date(),
    scalar=_from_days,
    example=("FROM_DAYS(730669)", "2000-07-03"),
    examples=(("FROM_DAYS(0)", "0000-00-00"),),
)


def _sec_to_time(context: EvalContext, value: Any) -> int:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return _clipped(context, int(min(max(number, Decimal(-(10**9))), Decimal(10**9)) * SECOND))


SEC_TO_TIME = Function(
    "sec_to_time",
    (Kind.NUMBER,),
    lambda site: time(min(max(site.types[0].scale, 0), 6) if site.types[0].eval_type != EvalType.REAL else 6),
    scalar=_sec_to_time,
    context=True,
    example=("SEC_TO_TIME(2378)", "00:39:38"),
    examples=(("SEC_TO_TIME(-1.5)", "-00:00:01.5"),),
)


def _month_count(period: int) -> int:
    year, month = divmod(period, 100)
    return _full_year(year) * 12 + month - 1


def _period_add(period: int, months: int) -> int:
    if period == 0:
        return 0
    total = _month_count(period) + months
    return total // 12 * 100 + total % 12 + 1


PERIOD_ADD = Function(
    "period_add", (N, N), integer(length=6), scalar=_period_add, example=("PERIOD_ADD(200801, 2)", "200803")
)
PERIOD_DIFF = Function(
    "period_diff",
    (N, N),
    integer(length=6),
    scalar=lambda first, second: _month_count(first) - _month_count(second),
    example=("PERIOD_DIFF(200802, 200703)", "11"),
)
