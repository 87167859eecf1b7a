"""Assignment to DATE, DATETIME, TIMESTAMP and TIME columns."""

from __future__ import annotations

from decimal import Decimal

from planner.expr.assignment import Assigner, note, number_text
from planner.expr.evaluation import EvalContext
from sqlnode.base.errors import (
    INCORRECT_COLUMN_VALUE,
    WARN_DATA_OUT_OF_RANGE,
    WARN_DATA_TRUNCATED,
    WARN_INVALID_TIMESTAMP,
    SqlError,
)
from sqlnode.base.temporal import (
    MAX_TIMESTAMP,
    MIN_TIMESTAMP,
    Parsed,
    Problem,
    check_date,
    date_part,
    datetime_of_number,
    duration_of_number,
    duration_to_datetime,
    format_datetime,
    format_duration,
    from_utc,
    is_in_gap,
    pack_epoch,
    parse_datetime,
    parse_duration,
    round_duration,
    round_packed,
    time_of_day,
    to_utc,
    unpack,
)
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value

_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)
_TRUNCATE = 0x100000000


def to_datetime(source: SqlType, target: SqlType, name: str) -> Assigner:
    """DATE, DATETIME, TIMESTAMP."""
    is_date = target.code in _DATE_CODES
    is_timestamp = target.code == TypeCode.TIMESTAMP
    fsp = 6 if is_date else target.fsp
    kind = "date" if is_date else "datetime"
    same = source.is_temporal and not is_timestamp and not is_date and source.fsp <= fsp

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        if same and value:
            _, month, day, *_ = unpack(value)  # type: ignore[arg-type]
            if month and day:
                return value
        parsed = _read(value, source, context, fsp)
        found = parsed.value
        if parsed.problem or found is None:
            _report(parsed.problem or Problem.TRUNCATED, kind, value, source, name, context, row)
            if found is None:
                return 0
        if is_date:
            if found != date_part(found):
                note(context, WARN_DATA_TRUNCATED, column=name, row=row)
            return date_part(found)
        if is_timestamp and found:
            return _in_timestamp_range(found, value, source, name, context, row)
        return found

    return convert


def _read(value: Value, source: SqlType, context: EvalContext, fsp: int) -> Parsed:
    mode = context.sql_mode
    if isinstance(value, bytes) and source.eval_type == EvalType.STRING:
        return parse_datetime(value, fsp, mode, context.zone)
    truncate = bool(mode & _TRUNCATE)
    if source.is_temporal:
        assert isinstance(value, int), "a time is packed"
        year, month, day, *_ = unpack(value)
        problem = check_date(year, month, day, mode, is_zero=value == 0)
        if problem:
            return Parsed(None, problem)
        rounded = round_packed(value, fsp, truncate=truncate)
        return Parsed(rounded, Problem.NONE if rounded is not None else Problem.OUT_OF_RANGE)
    if source.eval_type == EvalType.DURATION:
        assert isinstance(value, int), "a duration is nanoseconds"
        now = pack_epoch(context.now_us)
        assert now is not None, "the statement's time is in the calendar"
        moved = round_packed(duration_to_datetime(value, from_utc(now, context.zone)), fsp, truncate=truncate)
        return Parsed(moved)
    if source.code in (TypeCode.ENUM, TypeCode.SET, TypeCode.JSON):
        return parse_datetime(_as_text(value, source, context), fsp, mode, context.zone)
    whole, fraction = _split(value)
    if fraction and value < 0:  # type: ignore[operator]
        return Parsed(None, Problem.OUT_OF_RANGE)
    parsed = datetime_of_number(whole, mode, micro=fraction // 1000)
    if parsed.value is None:
        return parsed
    rounded = round_packed(parsed.value, fsp, truncate=truncate)
    return Parsed(rounded, Problem.NONE if rounded is not None else Problem.OUT_OF_RANGE)


def _as_text(value: Value, source: SqlType, context: EvalContext) -> bytes:
    from planner.functions.casting import converter

    convert = converter(source, SqlType(TypeCode.VAR_STRING, 0, -1, -1, "utf8mb4", "utf8mb4_bin"), None)
    text = value if convert is None else convert(value, context)
    assert isinstance(text, bytes), "a string is bytes"
    return text[1:-1] if source.code == TypeCode.JSON and text[:1] == b'"' else text


def _split(value: Value) -> tuple[int, int]:
    """(whole number, nanoseconds of its fraction)."""
    if isinstance(value, int):
        return value, 0
    number = Decimal(repr(value)) if isinstance(value, float) else value
    assert isinstance(number, Decimal), "a number"
    if not number.is_finite() or abs(number) > Decimal("1e20"):
        return (1 << 63) if number > 0 else -(1 << 63), 0
    whole = int(number)
    return whole, int(abs(number - whole) * 1_000_000_000)


def _shown(value: Value, source: SqlType, context: EvalContext) -> str:
    if isinstance(value, bytes):
        text = value if source.code != TypeCode.JSON else _as_text(value, source, context)
        return text.decode("utf-8", "backslashreplace")
    if source.is_temporal and isinstance(value, int):
        return format_datetime(value, source.code, source.fsp)
    if source.code == TypeCode.TIME and isinstance(value, int):
        return format_duration(value, source.fsp)
    return number_text(value)


def _report(
    problem: Problem, kind: str, value: Value, source: SqlType, name: str, context: EvalContext, row: int
) -> None:
    """1292 in strict DML; else 1265 for what is no time and 1264 for times that are not allowed."""
    if context.strict_dml:
        raise SqlError(INCORRECT_COLUMN_VALUE, kind=kind, value=_shown(value, source, context), column=name, row=row)
    if problem & Problem.TRUNCATED:
        context.warning(WARN_DATA_TRUNCATED, column=name, row=row)
    else:
        context.warning(WARN_DATA_OUT_OF_RANGE, column=name, row=row)


def _in_timestamp_range(found: int, value: Value, source: SqlType, name: str, context: EvalContext, row: int) -> int:
    """A local time that exists and lies between 1970 and 2038 in UTC."""
    moment = to_utc(found, context.zone)
    _, month, day, *_ = unpack(found)
    if month == 0 or day == 0 or not MIN_TIMESTAMP <= moment <= MAX_TIMESTAMP:
        _report(Problem.OUT_OF_RANGE, "datetime", value, source, name, context, row)
        return 0
    if is_in_gap(found, context.zone):
        if context.strict_dml:
            raise SqlError(
                INCORRECT_COLUMN_VALUE, kind="datetime", value=_shown(value, source, context), column=name, row=row
            )
        context.warning(WARN_INVALID_TIMESTAMP, column=name, row=row)
        return from_utc(moment, context.zone)
    return found


def to_duration(source: SqlType, target: SqlType, name: str) -> Assigner:
    """TIME."""
    fsp = target.fsp
    same = source.code == TypeCode.TIME and source.fsp <= fsp

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        if same:
            return value
        truncate = bool(context.sql_mode & _TRUNCATE)
        if source.is_temporal:
            assert isinstance(value, int), "a time is packed"
            note(context, WARN_DATA_TRUNCATED, column=name, row=row)
            return round_duration(time_of_day(value), fsp, truncate=truncate)
        if source.code == TypeCode.TIME:
            return round_duration(value, fsp, truncate=truncate)  # type: ignore[arg-type]
        parsed = _read_duration(value, source, context, fsp)
        if parsed.problem or parsed.value is None:
            _report(parsed.problem or Problem.TRUNCATED, "time", value, source, name, context, row)
        if parsed.lost_date:
            note(context, WARN_DATA_TRUNCATED, column=name, row=row)
        return 0 if parsed.value is None else round_duration(parsed.value, fsp, truncate=truncate)

    return convert


def _read_duration(value: Value, source: SqlType, context: EvalContext, fsp: int) -> Parsed:
    if isinstance(value, bytes) and source.eval_type == EvalType.STRING:
        return parse_duration(value, fsp, context.sql_mode)
    if source.code in (TypeCode.ENUM, TypeCode.SET, TypeCode.JSON):
        return parse_duration(_as_text(value, source, context), fsp, context.sql_mode)
    whole, fraction = _split(value)
    parsed = duration_of_number(whole, nanoseconds=fraction)
    if whole == 0 and parsed.value and value < 0:  # type: ignore[operator]
        return Parsed(-parsed.value, parsed.problem)
    return parsed
