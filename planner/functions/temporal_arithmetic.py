"""DATE_ADD and DATE_SUB, and dates and times made from numbers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.cast_time import packed_of_number
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Overload
from planner.functions.resolution import make_call
from planner.functions.temporal_columns import all_real, packed_values, with_nulls_of
from planner.functions.temporal_differences import clipped
from planner.functions.temporal_intervals import (
    COMPOSITE,
    DATE_UNITS,
    MONTH_UNITS,
    Interval,
    add_to_duration,
    add_to_time,
    interval_of,
)
from sqlnode.base.errors import (
    DATETIME_FUNCTION_OVERFLOW,
    TRUNCATED_WRONG_VALUE,
    WRONG_ARGUMENTS,
    SqlError,
    SqlWarning,
)
from sqlnode.base.packed_time import date_of_day_number
from sqlnode.base.temporal import (
    SECOND,
    Problem,
    day_number,
    days_in_month,
    format_datetime,
    is_real_date,
    pack,
    parse_datetime,
    unpack_date,
)
from sqlnode.base.temporal_arrays import (
    date_parts,
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
        is_number = kind in _NUMBERS and source.code != TypeCode.BIT
        first, build = (Kind.NUMBER, _add_number) if is_number else (S, _add_text)
        overload = Overload((first, amount_kind), result, build=build)
    return make_call(function, overload, args, context, text=unit)


def _overflow(context: EvalContext) -> None:
    context.warning(DATETIME_FUNCTION_OVERFLOW, field="date_add_interval")


def _amount(call: Call) -> Callable[[Any], Interval | None]:
    unit, subtract = call.text or "DAY", call.name == "date_sub"

    def amount(value: Any) -> Interval | None:
        found = interval_of(value, unit)
        return found if found is None or not subtract else found.negated()

    return amount


def _add_kernel(call: Call) -> Kernel:
    amount = _amount(call)

    def add(context: EvalContext, packed: int, value: Any) -> int | None:
        interval = amount(value)
        moved = None if interval is None else add_to_time(packed, interval)
        if interval is not None and moved is None and is_real_date(packed):
            _overflow(context)
        return moved

    return add


def _add_number(call: Call) -> Kernel:
    """Of a number that is a date or a datetime; the text that a text would have."""
    amount, date_unit = _amount(call), (call.text or "DAY") in DATE_UNITS

    def add(context: EvalContext, number: Any, value: Any) -> bytes | None:
        packed, interval = packed_of_number(number, context, False, 6), amount(value)
        if packed is None or interval is None:
            return None
        moved = add_to_time(packed, interval)
        if moved is None:
            if is_real_date(packed):
                _overflow(context)
            return None
        if number < _DATETIME_NUMBER and date_unit:
            return format_datetime(moved, TypeCode.DATE).encode()
        return format_datetime(moved, TypeCode.DATETIME, 6 if moved & 0xFFFFFF else 0).encode()

    return add


_DATETIME_NUMBER = 101_000_000
_NUMBERS = frozenset((EvalType.INT, EvalType.REAL, EvalType.DECIMAL))


def _add_duration(call: Call) -> Kernel:
    amount = _amount(call)

    def add(context: EvalContext, nanoseconds: int, value: Any) -> int | None:
        interval = amount(value)
        if interval is None:
            return None
        moved = add_to_duration(nanoseconds, interval)
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
        interval = amount(value)
        if interval is None:
            return None
        moved = add_to_time(parsed.value, interval)
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
        if interval is None:
            return pa.nulls(len(array), pa.uint64())
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
    return clipped(context, -total if hour < 0 else total)


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
    return clipped(context, int(min(max(number, Decimal(-(10**9))), Decimal(10**9)) * SECOND))


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


def _valid_period(period: int, function: str) -> int:
    if period <= 0 or not 1 <= period % 100 <= 12:
        raise SqlError(WRONG_ARGUMENTS, function=function)
    return _month_count(period)


def _period_add(period: int, months: int) -> int:
    total = (_valid_period(period, "period_add") + months) & _UNSIGNED
    if total == 0:
        return 0
    year, month = divmod(total, 12)
    year += (2000 if year < 70 else 1900) if year < 100 else 0
    found = year * 100 + month + 1
    return found - (1 << 64) if found >> 63 else found


_UNSIGNED = (1 << 64) - 1

PERIOD_ADD = Function(
    "period_add",
    (N, N),
    integer(length=6),
    scalar=_period_add,
    example=("PERIOD_ADD(200801, 2)", "200803"),
    examples=(("PERIOD_ADD(9801, 2)", "199803"),),
)
PERIOD_DIFF = Function(
    "period_diff",
    (N, N),
    integer(length=6),
    scalar=lambda first, second: _valid_period(first, "period_diff") - _valid_period(second, "period_diff"),
    example=("PERIOD_DIFF(200802, 200703)", "11"),
)
