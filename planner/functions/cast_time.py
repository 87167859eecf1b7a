"""Casts to DATE, DATETIME, TIMESTAMP and TIME. A value that is no time is NULL with warning 1292."""

from __future__ import annotations

from decimal import Decimal

from planner.expr.evaluation import EvalContext
from planner.functions.cast_number import Converter, shown
from sqlnode.base import json as binary_json
from sqlnode.base.decimal import EXACT, to_text, truncate_to
from sqlnode.base.errors import TRUNCATED_WRONG_VALUE, SqlError, SqlWarning
from sqlnode.base.temporal import (
    Parsed,
    Problem,
    check_date,
    date_part,
    datetime_of_number,
    duration_of_number,
    duration_to_datetime,
    from_utc,
    pack_epoch,
    parse_datetime,
    parse_duration,
    round_duration,
    round_packed,
    time_of_day,
    unpack,
)
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value

_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)
_TIME_TRUNCATE = 0x100000000


def wrong_time(context: EvalContext, kind: str, value: str, *, nothing: bool) -> None:
    """Warning 1292 for a text that is no time (`nothing`) or has something after it; an error in strict DML."""
    form = (
        f"Incorrect {kind} value: '{value}'"
        if nothing and kind != "time"
        else f"Truncated incorrect {kind} value: '{value}'"
    )
    if context.strict_dml:
        raise SqlError(TRUNCATED_WRONG_VALUE, kind=kind, value=value)
    context.warn(SqlWarning("Warning", TRUNCATED_WRONG_VALUE.code, form))


def time_converter(source: SqlType, target: SqlType) -> Converter | None:
    """To a packed time."""
    is_date = target.code in _DATE_CODES
    fsp = target.fsp
    if source.is_temporal:
        return _between(source, is_date, fsp)
    if source.eval_type == EvalType.DURATION:
        return _of_duration(is_date, fsp)
    if source.eval_type == EvalType.JSON:
        return _of_json(is_date, fsp)
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        from planner.functions.cast_text import text_converter

        name = text_converter(source, target, explicit=False)
        assert name is not None
        return lambda value, context: _of_text(name(value, context), context, is_date, fsp)
    if source.eval_type == EvalType.STRING:
        return lambda value, context: _of_text(value, context, is_date, fsp)
    return lambda value, context: packed_of_number(value, context, is_date, fsp)


def _between(source: SqlType, is_date: bool, fsp: int) -> Converter | None:
    if source.code in _DATE_CODES:
        return None
    if is_date:
        return lambda value, context: date_part(value)
    if fsp >= source.fsp:
        return None
    return lambda value, context: round_packed(value, fsp, truncate=bool(context.sql_mode & _TIME_TRUNCATE))


def today(context: EvalContext) -> int:
    """The statement's time as a packed time in the session's zone."""
    packed = pack_epoch(context.now_us)
    assert packed is not None, "the statement's time is in the calendar"
    return packed if context.zone is None else from_utc(packed, context.zone)


def _of_duration(is_date: bool, fsp: int) -> Converter:
    def of_duration(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, int)
        moved = duration_to_datetime(value, today(context))
        return date_part(moved) if is_date else round_packed(moved, fsp)

    return of_duration


def _accept(parsed: Parsed, context: EvalContext, is_date: bool, written: str) -> int | None:
    kind = "date" if is_date else "datetime"
    value = parsed.value
    if parsed.problem:
        refused = value is None or parsed.problem & ~Problem.TRUNCATED
        wrong_time(context, "datetime" if refused else kind, written, nothing=bool(refused))
        if refused:
            return None
    return date_part(value) if is_date and value is not None else value


def _of_text(value: bytes, context: EvalContext, is_date: bool, fsp: int) -> int | None:
    parsed = parse_datetime(value, 6 if is_date else fsp, context.sql_mode, context.zone)
    if not parsed.problem and parsed.value is not None:
        return date_part(parsed.value) if is_date else parsed.value
    return _accept(parsed, context, is_date, shown(value))


def packed_of_number(value: Value, context: EvalContext, is_date: bool, fsp: int) -> int | None:
    """A packed time of a number like 20240229 or 20240229123456.5."""
    micro = 0
    if isinstance(value, float):
        written = binary_json.format_double(value)
        value = Decimal(repr(value)) if abs(value) < 1e20 else Decimal(-1)
    else:
        written = to_text(value) if isinstance(value, Decimal) else str(value)
    if isinstance(value, Decimal):
        whole = int(value)
        micro = int(truncate_to(EXACT.multiply(EXACT.subtract(value, whole).copy_abs(), Decimal(1_000_000)), 0))
    else:
        assert isinstance(value, int)
        whole = value
    parsed = datetime_of_number(whole, context.sql_mode, micro=micro)
    if whole and parsed.is_date and parsed.value is not None:
        parsed = parsed._replace(value=date_part(parsed.value))  # a date has no fraction
    accepted = _accept(parsed, context, is_date, written)
    return accepted if is_date or accepted is None else round_packed(accepted, fsp)


def _of_json(is_date: bool, fsp: int) -> Converter:
    def of_json(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, bytes)
        document = binary_json.decode(value)
        if isinstance(document, binary_json.JsonTime):
            return date_part(document.packed) if is_date else round_packed(document.packed, fsp)
        if isinstance(document, binary_json.JsonDuration):
            return _of_duration(is_date, fsp)(document.nanoseconds, context)  # type: ignore[no-any-return]
        if isinstance(document, str):
            return _of_text(document.encode(), context, is_date, fsp)
        wrong_time(context, "date" if is_date else "datetime", binary_json.dumps(document), nothing=True)
        return None

    return of_json


def duration_converter(source: SqlType, target: SqlType) -> Converter | None:
    """To nanoseconds of a TIME."""
    fsp = target.fsp
    if source.eval_type == EvalType.DURATION:
        if fsp >= source.fsp:
            return None
        return lambda value, context: round_duration(value, fsp, truncate=bool(context.sql_mode & _TIME_TRUNCATE))
    if source.is_temporal:
        return lambda value, context: round_duration(time_of_day(value), fsp)
    if source.eval_type == EvalType.JSON:
        return _duration_of_json(fsp)
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        from planner.functions.cast_text import text_converter

        name = text_converter(source, target, explicit=False)
        assert name is not None
        return lambda value, context: _duration_of_text(name(value, context), context, fsp)
    if source.eval_type == EvalType.STRING:
        return lambda value, context: _duration_of_text(value, context, fsp)
    return lambda value, context: nanoseconds_of_number(value, context, fsp)


def _accept_duration(parsed: Parsed, context: EvalContext, written: str) -> int | None:
    if parsed.problem:
        wrong_time(context, "time", written, nothing=parsed.value is None)
    return parsed.value


def _duration_of_text(value: bytes, context: EvalContext, fsp: int) -> int | None:
    return _accept_duration(parse_duration(value, fsp, context.sql_mode), context, shown(value))


def nanoseconds_of_number(value: Value, context: EvalContext, fsp: int) -> int | None:
    """A TIME of a number like 123456.5."""
    nanoseconds = 0
    if isinstance(value, float):
        written = binary_json.format_double(value)
        value = Decimal(repr(value))
    else:
        written = to_text(value) if isinstance(value, Decimal) else str(value)
    if isinstance(value, Decimal):
        whole = int(value)
        nanoseconds = int(EXACT.multiply(EXACT.subtract(value, whole).copy_abs(), Decimal(1_000_000_000)))
        if value < 0 and whole == 0:
            parsed = duration_of_number(0, nanoseconds=nanoseconds)
            return None if parsed.value is None else round_duration(-parsed.value, fsp)
    else:
        assert isinstance(value, int)
        whole = value
    parsed = duration_of_number(whole, nanoseconds=nanoseconds)
    accepted = _accept_duration(parsed, context, written)
    return None if accepted is None else round_duration(accepted, fsp)


def _duration_of_json(fsp: int) -> Converter:
    def of_json(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, bytes)
        document = binary_json.decode(value)
        if isinstance(document, binary_json.JsonDuration):
            return round_duration(document.nanoseconds, fsp)
        if isinstance(document, binary_json.JsonTime):
            return round_duration(time_of_day(document.packed), fsp)
        if isinstance(document, str):
            return _duration_of_text(document.encode(), context, fsp)
        wrong_time(context, "time", binary_json.dumps(document), nothing=True)
        return None

    return of_json


def is_valid_time(packed: int, sql_mode: int) -> bool:
    """Whether sql_mode accepts a packed time's date."""
    year, month, day, hour, minute, second, micro = unpack(packed)
    is_zero = not (year or month or day or hour or minute or second or micro)
    return not check_date(year, month, day, sql_mode, is_zero=is_zero)
