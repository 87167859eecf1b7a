"""The clock and the epoch: NOW and its names, UNIX_TIMESTAMP, FROM_UNIXTIME, CONVERT_TZ, and DATE, TIME, TIMESTAMP."""

from __future__ import annotations

import time as clock
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Constant, Expression
from planner.functions.characters import text
from planner.functions.registry import CallSite, Function, Kind, Overload, Volatility
from planner.functions.resolution import cast, make_call, resolve
from planner.functions.temporal_differences import string_digits
from sqlnode.base.decimal import EXACT
from sqlnode.base.errors import TOO_BIG_PRECISION, SqlError
from sqlnode.base.temporal import (
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    date_part,
    epoch_of,
    from_utc,
    is_real_date,
    pack_epoch,
    round_packed,
    time_of_day,
    to_utc,
    zone_of_name,
)
from sqlnode.base.types import EvalType, Flag, SqlType, date, datetime, decimal, integer, time

T, N, S = Kind.TIME, Kind.INT, Kind.STRING
_MAX_EPOCH = 32_536_771_199
"""3001-01-18 23:59:59 UTC."""


# ------------------------------------------------------------------------------------------------------------------ NOW


def _digits(name: str, args: tuple[Expression, ...]) -> int:
    if not args:
        return 0
    wanted = args[0].value if isinstance(args[0], Constant) else None
    if not isinstance(wanted, int) or not 0 <= wanted <= 6:
        raise SqlError(TOO_BIG_PRECISION, precision=wanted, column=name, limit=6)
    return wanted


def _moment(microseconds: int) -> int:
    packed = pack_epoch(microseconds)
    assert packed is not None, "the clock is in the calendar"
    return packed


def utc_now(context: EvalContext) -> int:
    """The statement's time as a packed UTC time."""
    return _moment(context.now_us)


def local_now(context: EvalContext) -> int:
    """The statement's time as a packed time in the session's zone."""
    return from_utc(utc_now(context), context.zone)


def _clock_function(
    name: str,
    result: Callable[[int], SqlType],
    read: Callable[[EvalContext], int],
    example: tuple[str, str],
    *aliases: str,
    takes_digits: bool = True,
    volatility: Volatility = Volatility.STATEMENT,
) -> Function:
    """A function without arguments, or with constant fraction digits; further digits of the clock are cut."""

    def resolver(called: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
        fsp = _digits(name, args)
        sql_type = result(fsp).with_flags(add=Flag.NOT_NULL)
        is_duration = sql_type.eval_type == EvalType.DURATION

        def kernel(evaluation: EvalContext) -> int:
            found = read(evaluation)
            if is_duration:
                unit: int = 10 ** (9 - fsp)
                return found - found % unit
            rounded = round_packed(found, fsp, truncate=True)
            assert rounded is not None, "cutting stays in the calendar"
            return rounded

        return make_call(declared, Overload((), sql_type, scalar=kernel), (), context, text=str(fsp))

    declared = Function(
        name,
        aliases=aliases,
        min_args=0,
        max_args=1 if takes_digits else 0,
        context=True,
        not_null=True,
        volatility=volatility,
        resolver=resolver,
        example=example,
    )
    return declared


NOW = _clock_function(
    "now",
    datetime,
    local_now,
    ("NOW(3)", "2024-01-02 03:04:05.678"),
    "current_timestamp",
    "localtime",
    "localtimestamp",
)
SYSDATE = _clock_function(
    "sysdate",
    datetime,
    lambda context: from_utc(_moment(clock.time_ns() // 1000), context.zone),
    ("SYSDATE() >= '2020-01-01'", "1"),
    volatility=Volatility.ROW,
)
CURDATE = _clock_function(
    "curdate",
    lambda fsp: date(),
    lambda context: date_part(local_now(context)),
    ("CURDATE()", "2024-01-02"),
    "current_date",
    takes_digits=False,
)
CURTIME = _clock_function(
    "curtime", time, lambda context: time_of_day(local_now(context)), ("CURTIME(6)", "03:04:05.678901"), "current_time"
)
UTC_TIMESTAMP = _clock_function("utc_timestamp", datetime, utc_now, ("UTC_TIMESTAMP()", "2024-01-02 03:04:05"))
UTC_DATE = _clock_function(
    "utc_date",
    lambda fsp: date(),
    lambda context: date_part(utc_now(context)),
    ("UTC_DATE()", "2024-01-02"),
    takes_digits=False,
)
UTC_TIME = _clock_function("utc_time", time, lambda context: time_of_day(utc_now(context)), ("UTC_TIME()", "03:04:05"))


# --------------------------------------------------------------------------------------------- DATE(), TIME(), TIMESTAMP()


def _resolve_date(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    return cast(args[0], date())


def _resolve_time(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    return cast(args[0], time(string_digits(args[0])))


def _resolve_timestamp(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    moment = cast(args[0], datetime(string_digits(args[0])))
    return moment if len(args) == 1 else resolve("addtime", (moment, args[1]), context)


DATE = Function(
    "date", min_args=1, max_args=1, resolver=_resolve_date, example=("DATE('2003-12-31 01:02:03')", "2003-12-31")
)
TIME = Function(
    "time",
    min_args=1,
    max_args=1,
    resolver=_resolve_time,
    example=("TIME('2003-12-31 01:02:03')", "01:02:03"),
    examples=(("TIME('2003-12-31 01:02:03.000123')", "01:02:03.000123"),),
)
TIMESTAMP = Function(
    "timestamp",
    min_args=1,
    max_args=2,
    resolver=_resolve_timestamp,
    example=("TIMESTAMP('2003-12-31')", "2003-12-31 00:00:00"),
    examples=(("TIMESTAMP('2003-12-31 12:00:00', '12:00:00')", "2004-01-01 00:00:00"),),
)


# ------------------------------------------------------------------------------------------------------------ the epoch


def _epoch_seconds(context: EvalContext, packed: int) -> Decimal:
    """Seconds since 1970 of a local time; 0 for what is no real date or out of range."""
    if not is_real_date(packed):
        return Decimal(0)
    micros = epoch_of(to_utc(packed, context.zone))
    if not 0 <= micros < (_MAX_EPOCH + 1) * 1_000_000:
        return Decimal(0)
    return Decimal(micros).scaleb(-6)


def _resolve_unix(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    if not args:
        now = Overload((), integer(unsigned=True, length=11), scalar=lambda evaluation: evaluation.now_us // 1_000_000)
        return make_call(UNIX_TIMESTAMP, now, args, context)
    fsp = string_digits(args[0])
    if fsp == 0:
        whole = Overload((T,), integer(length=12), scalar=lambda *given: int(_epoch_seconds(*given)))
        return make_call(UNIX_TIMESTAMP, whole, (cast(args[0], datetime(0)),), context)
    exact = Overload((T,), decimal(11 + fsp, fsp), scalar=_epoch_seconds)
    return make_call(UNIX_TIMESTAMP, exact, (cast(args[0], datetime(fsp)),), context)


UNIX_TIMESTAMP = Function(
    "unix_timestamp",
    min_args=0,
    max_args=1,
    context=True,
    volatility=Volatility.STATEMENT,
    resolver=_resolve_unix,
    example=("UNIX_TIMESTAMP('2015-11-13 10:20:19')", "1447410019"),
    examples=(
        ("UNIX_TIMESTAMP()", "1704164645"),
        ("UNIX_TIMESTAMP('2015-11-13 10:20:19.012')", "1447410019.012"),
        ("UNIX_TIMESTAMP('1969-01-01')", "0"),
    ),
)


def _from_unix(context: EvalContext, value: Any) -> int | None:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not 0 <= number <= _MAX_EPOCH:
        return None
    micros = int(EXACT.multiply(number, Decimal(1_000_000)).to_integral_value())
    packed = pack_epoch(micros)
    return None if packed is None else from_utc(packed, context.zone)


def _from_unix_type(site: CallSite) -> SqlType:
    source = site.types[0]
    if source.eval_type == EvalType.INT:
        return datetime(0)
    return datetime(min(max(source.scale, 0), 6) if source.eval_type == EvalType.DECIMAL else 6)


def _resolve_from_unix(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    overload = Overload((Kind.NUMBER,), _from_unix_type, scalar=_from_unix)
    moment = make_call(FROM_UNIXTIME, overload, args[:1], context)
    return moment if len(args) == 1 else resolve("date_format", (moment, args[1]), context)


FROM_UNIXTIME = Function(
    "from_unixtime",
    min_args=1,
    max_args=2,
    context=True,
    volatility=Volatility.STATEMENT,
    resolver=_resolve_from_unix,
    example=("FROM_UNIXTIME(1447430881)", "2015-11-13 16:08:01"),
    examples=(("FROM_UNIXTIME(1447430881.5)", "2015-11-13 16:08:01.5"), ("FROM_UNIXTIME(-1)", "NULL")),
)


def _convert_zone(packed: int, source: bytes, target: bytes) -> int | None:
    try:
        old, new = zone_of_name(text(source)), zone_of_name(text(target))
    except SqlError:
        return None
    if not is_real_date(packed):
        return None
    moment = to_utc(packed, old)
    return from_utc(moment, new) if MIN_TIMESTAMP <= moment <= MAX_TIMESTAMP else packed


def _resolve_convert(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    fsp = string_digits(args[0])
    overload = Overload((T, S, S), datetime(fsp), scalar=_convert_zone)
    return make_call(CONVERT_TZ, overload, (cast(args[0], datetime(fsp)), *args[1:]), context)


CONVERT_TZ = Function(
    "convert_tz",
    min_args=3,
    max_args=3,
    resolver=_resolve_convert,
    example=("CONVERT_TZ(TIMESTAMP'2004-01-01 12:00:00', '+00:00', '+10:00')", "2004-01-01 22:00:00"),
    examples=(
        ("CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'MET')", "2004-01-01 13:00:00"),
        ("CONVERT_TZ(TIMESTAMP'2004-01-01 12:00:00', 'nowhere', 'MET')", "NULL"),
    ),
)
