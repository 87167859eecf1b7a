"""Parts of dates and times: YEAR, MONTH, HOUR, WEEK, DAYNAME, EXTRACT, TO_DAYS … (MySQL manual, Date and Time Functions).

Partial dates (`2024-00-10`) have parts; what needs a real day (weekdays, weeks, day numbers) is NULL for them.
"""

from __future__ import annotations

from collections.abc import Callable

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.characters import connection_text
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Overload, Volatility
from planner.functions.resolution import make_call
from planner.functions.temporal_columns import date_part_array, time_part_array
from sqlnode.base.temporal import (
    MINUTE,
    SECOND,
    day_number,
    is_leap_year,
    is_real_date,
    parse_datetime,
    parse_duration,
    time_of_day,
    unpack,
    unpack_date,
)
from sqlnode.base.types import EvalType, integer

T, D, N = Kind.TIME, Kind.DURATION, Kind.INT
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def weekday(packed: int) -> int:
    """0 Monday to 6 Sunday."""
    return (day_number(*unpack_date(packed)) + 5) % 7


def day_of_year(packed: int) -> int:
    """1 to 366."""
    year, month, day = unpack_date(packed)
    return day_number(year, month, day) - day_number(year, 1, 1) + 1


# ---------------------------------------------------------------------------------------------------- parts of the date


def _part(
    name: str,
    kernel: Callable[[int], int],
    length: int,
    tipb: str,
    *examples: tuple[str, str],
    aliases: tuple[str, ...] = (),
) -> Function:
    """A part that partial dates have too."""
    return Function(
        name,
        (T,),
        integer(length=length),
        scalar=kernel,
        vector=date_part_array(name),
        aliases=aliases,
        tipb=tipb,
        exact=True,
        example=examples[0],
        examples=examples[1:],
    )


DATE_PARTS = (
    _part("year", lambda t: unpack_date(t)[0], 5, "Year", ("YEAR('1987-01-01')", "1987")),
    _part("month", lambda t: unpack_date(t)[1], 3, "Month", ("MONTH('2008-02-03')", "2")),
    _part(
        "dayofmonth",
        lambda t: unpack_date(t)[2],
        3,
        "DayOfMonth",
        ("DAYOFMONTH('2007-02-03')", "3"),
        ("DAY('2007-02-28')", "28"),
        aliases=("day",),
    ),
    _part("quarter", lambda t: (unpack_date(t)[1] + 2) // 3, 2, "", ("QUARTER('2008-04-01')", "2")),
)


def _real(kernel: Callable[[int], int]) -> Kernel:
    return lambda packed: kernel(packed) if is_real_date(packed) else None


def _number(name: str, kernel: Callable[[int], int], length: int, tipb: str, *examples: tuple[str, str]) -> Function:
    """A number that only real dates have."""
    return Function(
        name,
        (T,),
        integer(length=length),
        scalar=_real(kernel),
        vector=date_part_array(name),
        tipb=tipb,
        exact=bool(tipb),
        example=examples[0],
        examples=examples[1:],
    )


DAY_NUMBERS = (
    _number("dayofweek", lambda t: (weekday(t) + 1) % 7 + 1, 2, "DayOfWeek", ("DAYOFWEEK('2007-02-03')", "7")),
    _number("weekday", weekday, 2, "", ("WEEKDAY('2008-02-03 22:23:00')", "6"), ("WEEKDAY('2007-11-06')", "1")),
    _number("dayofyear", day_of_year, 4, "DayOfYear", ("DAYOFYEAR('2007-02-03')", "34")),
    _number(
        "to_days",
        lambda t: day_number(*unpack_date(t)),
        7,
        "",
        ("TO_DAYS('2007-10-07')", "733321"),
        ("TO_DAYS(950501)", "728779"),
    ),
)


def _to_seconds(packed: int) -> int:
    return day_number(*unpack_date(packed)) * 86400 + time_of_day(packed) // SECOND


TO_SECONDS = Function(
    "to_seconds",
    (T,),
    integer(length=13),
    scalar=_real(_to_seconds),
    example=("TO_SECONDS('2009-11-29')", "63426672000"),
    examples=(("TO_SECONDS('2009-11-29 13:43:32')", "63426721412"),),
)


DAYNAME = Function(
    "dayname",
    (T,),
    connection_text(9),
    scalar=lambda packed: DAY_NAMES[weekday(packed)].encode() if is_real_date(packed) else None,
    coercibility=Coercibility.LITERAL,
    example=("DAYNAME('2007-02-03')", "Saturday"),
)
MONTHNAME = Function(
    "monthname",
    (T,),
    connection_text(9),
    scalar=lambda packed: MONTH_NAMES[month - 1].encode() if (month := unpack_date(packed)[1]) else None,
    coercibility=Coercibility.LITERAL,
    example=("MONTHNAME('2008-02-03')", "February"),
)


# ---------------------------------------------------------------------------------------------------- parts of the time


def _clock(
    name: str, of_time: Callable[[int], int], of_duration: Callable[[int], int], length: int, *examples: tuple[str, str]
) -> Function:
    result = integer(length=length)
    return Function(
        name,
        overloads=(
            Overload((T,), result, scalar=of_time, vector=time_part_array(name)),
            Overload((D,), result, scalar=of_duration, vector=time_part_array(name)),
        ),
        min_args=1,
        max_args=1,
        example=examples[0],
        examples=examples[1:],
    )


CLOCK_PARTS = (
    _clock(
        "hour",
        lambda t: unpack(t)[3],
        lambda n: abs(n) // (60 * MINUTE),
        4,
        ("HOUR('10:05:03')", "10"),
        ("HOUR('272:59:59')", "272"),
        ("HOUR('2024-01-02 03:04:05')", "3"),
    ),
    _clock(
        "minute", lambda t: unpack(t)[4], lambda n: abs(n) // MINUTE % 60, 3, ("MINUTE('2008-02-03 10:05:03')", "5")
    ),
    _clock("second", lambda t: unpack(t)[5], lambda n: abs(n) // SECOND % 60, 3, ("SECOND('10:05:03')", "3")),
    _clock(
        "microsecond",
        lambda t: unpack(t)[6],
        lambda n: abs(n) % SECOND // 1000,
        7,
        ("MICROSECOND('12:00:00.123456')", "123456"),
        ("MICROSECOND('2019-12-31 23:59:59.000010')", "10"),
    ),
)
TIME_TO_SEC = Function(
    "time_to_sec",
    (D,),
    integer(length=10),
    scalar=lambda value: (abs(value) // SECOND) * (-1 if value < 0 else 1),
    example=("TIME_TO_SEC('22:23:00')", "80580"),
    examples=(("TIME_TO_SEC('-00:00:01')", "-1"),),
)


# ----------------------------------------------------------------------------------------------------------------- WEEK

_MONDAY_FIRST, _WEEK_YEAR, _FIRST_WEEKDAY = 1, 2, 4


def week_of(packed: int, mode: int, *, with_year: bool = False) -> tuple[int, int]:
    """(year, week) of a real date in one of WEEK()'s modes 0 to 7; `with_year` as YEARWEEK counts."""
    behaviour = mode & 7
    if not behaviour & _MONDAY_FIRST:
        behaviour ^= _FIRST_WEEKDAY
    if with_year:
        behaviour |= _WEEK_YEAR
    year, month, day = unpack_date(packed)
    number, first = day_number(year, month, day), day_number(year, 1, 1)
    by_weekday, in_week_year = bool(behaviour & _FIRST_WEEKDAY), bool(behaviour & _WEEK_YEAR)
    start = (first + 5 + (0 if behaviour & _MONDAY_FIRST else 1)) % 7
    if month == 1 and day <= 7 - start:
        if not in_week_year and (start != 0 if by_weekday else start >= 4):
            return year, 0
        in_week_year = True
        year -= 1
        days = 366 if is_leap_year(year) else 365
        first -= days
        start = (start + 53 * 7 - days) % 7
    late = start != 0 if by_weekday else start >= 4
    passed = number - (first + 7 - start if late else first - start)
    if in_week_year and passed >= 52 * 7:
        following = (start + (366 if is_leap_year(year) else 365)) % 7
        if following == 0 if by_weekday else following < 4:
            return year + 1, 1
    return year, passed // 7 + 1


def _week(context: EvalContext, packed: int, mode: int | None = None) -> int | None:
    if not is_real_date(packed):
        return None
    if mode is None:
        found = context.session.variable("default_week_format") if context.session is not None else 0
        mode = found if isinstance(found, int) else 0
    return week_of(packed, mode)[1]


WEEK = Function(
    "week",
    (T, N),
    integer(length=3),
    scalar=_week,
    context=True,
    min_args=1,
    max_args=2,
    volatility=Volatility.STATEMENT,
    example=("WEEK('2008-02-20')", "7"),
    examples=(("WEEK('2008-02-20', 1)", "8"), ("WEEK('2008-12-31', 1)", "53"), ("WEEK('2000-01-01', 2)", "52")),
)
WEEKOFYEAR = Function(
    "weekofyear",
    (T,),
    integer(length=3),
    scalar=_real(lambda t: week_of(t, 3)[1]),
    example=("WEEKOFYEAR('2008-02-20')", "8"),
)


def _yearweek(packed: int, mode: int = 0) -> int | None:
    if not is_real_date(packed):
        return None
    year, week = week_of(packed, mode, with_year=True)
    return year * 100 + week


YEARWEEK = Function(
    "yearweek",
    (T, N),
    integer(length=7),
    scalar=_yearweek,
    min_args=1,
    max_args=2,
    example=("YEARWEEK('1987-01-01')", "198652"),
    examples=(("YEARWEEK('2000-01-01', 1)", "199952"),),
)


# -------------------------------------------------------------------------------------------------------------- EXTRACT

_DATE_UNITS: dict[str, Callable[[int], int | None]] = {
    "YEAR": lambda t: unpack_date(t)[0],
    "QUARTER": lambda t: (unpack_date(t)[1] + 2) // 3,
    "MONTH": lambda t: unpack_date(t)[1],
    "DAY": lambda t: unpack_date(t)[2],
    "WEEK": lambda t: week_of(t, 0)[1] if is_real_date(t) else None,
    "YEAR_MONTH": lambda t: unpack_date(t)[0] * 100 + unpack_date(t)[1],
}
_TIME_UNITS: dict[str, Callable[[int, int, int, int, int], int]] = {
    "HOUR": lambda d, h, m, s, u: h,
    "MINUTE": lambda d, h, m, s, u: m,
    "SECOND": lambda d, h, m, s, u: s,
    "MICROSECOND": lambda d, h, m, s, u: u,
    "DAY_HOUR": lambda d, h, m, s, u: d * 100 + h,
    "DAY_MINUTE": lambda d, h, m, s, u: (d * 100 + h) * 100 + m,
    "DAY_SECOND": lambda d, h, m, s, u: ((d * 100 + h) * 100 + m) * 100 + s,
    "DAY_MICROSECOND": lambda d, h, m, s, u: (((d * 100 + h) * 100 + m) * 100 + s) * 1_000_000 + u,
    "HOUR_MINUTE": lambda d, h, m, s, u: h * 100 + m,
    "HOUR_SECOND": lambda d, h, m, s, u: (h * 100 + m) * 100 + s,
    "HOUR_MICROSECOND": lambda d, h, m, s, u: ((h * 100 + m) * 100 + s) * 1_000_000 + u,
    "MINUTE_SECOND": lambda d, h, m, s, u: m * 100 + s,
    "MINUTE_MICROSECOND": lambda d, h, m, s, u: (m * 100 + s) * 1_000_000 + u,
    "SECOND_MICROSECOND": lambda d, h, m, s, u: s * 1_000_000 + u,
}


def _of_duration(unit: str, value: int) -> int:
    size = abs(value)
    clock = (size // (60 * MINUTE), size // MINUTE % 60, size // SECOND % 60, size % SECOND // 1000)
    found = _TIME_UNITS[unit](0, *clock)
    return -found if value < 0 else found


def _of_time(unit: str, packed: int) -> int:
    _, _, day, hour, minute, second, micro = unpack(packed)
    return _TIME_UNITS[unit](day, hour, minute, second, micro)


def _extract_kernel(call: Call) -> Kernel:
    unit = call.text or ""
    if unit in _DATE_UNITS:
        return _DATE_UNITS[unit]
    kind = call.args[0].type.eval_type
    if kind == EvalType.DURATION:
        return lambda value: _of_duration(unit, value)
    if kind == EvalType.TIME:
        return lambda packed: _of_time(unit, packed)

    def of_text(value: bytes) -> int | None:
        full = parse_datetime(value) if len(value) >= 12 else None
        if full is not None and full.value is not None and not full.is_date:
            return _of_time(unit, full.value)
        duration = parse_duration(value).value
        return None if duration is None else _of_duration(unit, duration)

    return of_text


def _extract_array(call: Call) -> Kernel:
    names = {"YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "dayofmonth"}
    name = names.get(call.text or "")
    if name is not None:
        return date_part_array(name)
    if call.text == "YEAR_MONTH":
        return date_part_array("year_month")
    if call.text in ("HOUR", "MINUTE", "SECOND", "MICROSECOND") and call.args[0].type.eval_type == EvalType.TIME:
        return time_part_array(call.text.lower())
    return lambda array: None


_EXTRACT_TYPE = integer(length=21)
_EXTRACT = {
    kind: Overload((kind,), _EXTRACT_TYPE, build=_extract_kernel, build_vector=_extract_array)
    for kind in (T, D, Kind.STRING)
}


def _resolve_extract(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    kind = args[0].type.eval_type
    if text in _DATE_UNITS or kind == EvalType.TIME:
        overload = _EXTRACT[T]
    else:
        overload = _EXTRACT[D if kind in (EvalType.DURATION, EvalType.REAL, EvalType.DECIMAL) else Kind.STRING]
    return make_call(EXTRACT, overload, args, context, text=text)


EXTRACT = Function(
    "extract",
    min_args=1,
    max_args=1,
    resolver=_resolve_extract,
    example=("EXTRACT(YEAR FROM '2019-07-02')", "2019"),
    examples=(
        ("EXTRACT(YEAR_MONTH FROM '2019-07-02 01:02:03')", "201907"),
        ("EXTRACT(DAY_MINUTE FROM '2019-07-02 01:02:03')", "20102"),
        ("EXTRACT(MICROSECOND FROM '2003-01-02 10:30:00.000123')", "123"),
        ("EXTRACT(HOUR FROM TIME'-30:00:00')", "-30"),
        ("EXTRACT(WEEK FROM DATE'2008-02-20')", "7"),
    ),
)
