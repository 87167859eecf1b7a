"""DATE_FORMAT, TIME_FORMAT, STR_TO_DATE and GET_FORMAT: times by format strings."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa

from planner.context import PlanContext, SqlMode
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Constant, Expression
from planner.functions.characters import connection_text, data, text
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Overload
from planner.functions.resolution import make_call
from planner.functions.temporal import DAY_NAMES, MONTH_NAMES, day_of_year, week_of, weekday
from planner.functions.temporal_reading import fields_of_format, read_time
from sqlnode.base.errors import TRUNCATED_WRONG_VALUE, WRONG_VALUE_FOR_TYPE
from sqlnode.base.temporal import SECOND, check_date, is_real_date, pack, unpack
from sqlnode.base.temporal_arrays import format_datetimes
from sqlnode.base.types import SqlType, TypeCode, date, datetime, time

T, D, S = Kind.TIME, Kind.DURATION, Kind.STRING

Piece = Callable[[int], str | None]
"""(packed time) -> the text of one specifier, None where there is none."""


def _of(place: int, form: str) -> Piece:
    return lambda packed: format(unpack(packed)[place], form)


def _hour12(packed: int) -> int:
    return (unpack(packed)[3] + 11) % 12 + 1


def _half(packed: int) -> str:
    return "AM" if unpack(packed)[3] % 24 < 12 else "PM"


def _clock(packed: int) -> str:
    _, _, _, hour, minute, second, _ = unpack(packed)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def _clock12(packed: int) -> str:
    _, _, _, _, minute, second, _ = unpack(packed)
    return f"{_hour12(packed):02d}:{minute:02d}:{second:02d} {_half(packed)}"


def _real(piece: Callable[[int], str]) -> Piece:
    return lambda packed: piece(packed) if is_real_date(packed) else None


def _month(shorten: int | None) -> Piece:
    return lambda packed: MONTH_NAMES[month - 1][:shorten] if (month := unpack(packed)[1]) else None


def _with_suffix(packed: int) -> str:
    day = unpack(packed)[2]
    suffix = "th" if 10 <= day % 100 <= 19 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{suffix}"


PIECES: dict[str, Piece] = {
    "a": _real(lambda t: DAY_NAMES[weekday(t)][:3]),
    "b": _month(3),
    "c": _of(1, "d"),
    "D": _with_suffix,
    "d": _of(2, "02d"),
    "e": _of(2, "d"),
    "f": _of(6, "06d"),
    "H": _of(3, "02d"),
    "h": lambda t: f"{_hour12(t):02d}",
    "I": lambda t: f"{_hour12(t):02d}",
    "i": _of(4, "02d"),
    "j": _real(lambda t: f"{day_of_year(t):03d}"),
    "k": _of(3, "d"),
    "l": lambda t: str(_hour12(t)),
    "M": _month(None),
    "m": _of(1, "02d"),
    "p": _half,
    "r": _clock12,
    "S": _of(5, "02d"),
    "s": _of(5, "02d"),
    "T": _clock,
    "U": _real(lambda t: f"{week_of(t, 0)[1]:02d}"),
    "u": _real(lambda t: f"{week_of(t, 1)[1]:02d}"),
    "V": _real(lambda t: f"{week_of(t, 2)[1]:02d}"),
    "v": _real(lambda t: f"{week_of(t, 3)[1]:02d}"),
    "W": _real(lambda t: DAY_NAMES[weekday(t)]),
    "w": _real(lambda t: str((weekday(t) + 1) % 7)),
    "X": _real(lambda t: f"{week_of(t, 2, with_year=True)[0]:04d}"),
    "x": _real(lambda t: f"{week_of(t, 3, with_year=True)[0]:04d}"),
    "Y": _of(0, "04d"),
    "y": lambda t: f"{unpack(t)[0] % 100:02d}",
}


@lru_cache(maxsize=512)
def _pieces(form: str) -> tuple[str | Piece, ...]:
    """The literal texts and specifiers of a format; an unknown specifier is its letter."""
    found: list[str | Piece] = []
    at = 0
    while at < len(form):
        if form[at] == "%" and at + 1 < len(form):
            found.append(PIECES.get(form[at + 1], form[at + 1]))
            at += 2
        else:
            found.append(form[at])
            at += 1
    return tuple(found)


def format_time(packed: int, form: bytes) -> bytes | None:
    """DATE_FORMAT(); None where a specifier needs a real date and there is none, and for the empty format."""
    if not form:
        return None
    parts: list[str] = []
    for piece in _pieces(text(form)):
        part = piece if isinstance(piece, str) else piece(packed)
        if part is None:
            return None
        parts.append(part)
    return data("".join(parts))


_PLAIN = {
    b"%Y-%m-%d": (TypeCode.DATE, 0),
    b"%Y-%m-%d %H:%i:%s": (TypeCode.DATETIME, 0),
    b"%Y-%m-%d %H:%i:%S": (TypeCode.DATETIME, 0),
    b"%Y-%m-%d %T": (TypeCode.DATETIME, 0),
    b"%Y-%m-%d %H:%i:%s.%f": (TypeCode.DATETIME, 6),
}


def _date_format_array(array: pa.Array, form: pa.Scalar) -> pa.Array | None:
    """Plain formats at once, others once per distinct time."""
    if isinstance(array, pa.Scalar) or not isinstance(form, pa.Scalar) or form.as_py() is None:
        return None
    wanted = form.as_py()
    plain = _PLAIN.get(wanted)
    if plain is not None:
        return format_datetimes(array, *plain)
    coded = array.dictionary_encode()
    texts = [None if packed is None else format_time(packed, wanted) for packed in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.binary()).take(coded.indices)


DATE_FORMAT = Function(
    "date_format",
    (T, S),
    connection_text(255),
    scalar=format_time,
    vector=_date_format_array,
    constants=True,
    coercibility=Coercibility.LITERAL,
    example=("DATE_FORMAT('2009-10-04 22:23:00', '%W %M %Y')", "Sunday October 2009"),
    examples=(
        ("DATE_FORMAT('2007-10-04 22:23:00', '%H:%i:%s')", "22:23:00"),
        ("DATE_FORMAT('1900-10-04 22:23:00', '%D %y %a %d %m %b %j')", "4th 00 Thu 04 10 Oct 277"),
        ("DATE_FORMAT('1997-10-04 22:23:00', '%H %k %I %r %T %S %w')", "22 22 10 10:23:00 PM 22:23:00 00 6"),
        ("DATE_FORMAT('1999-01-01', '%X %V')", "1998 52"),
        ("DATE_FORMAT('2024-01-02', '%Y-%m')", "2024-01"),
        ("DATE_FORMAT('2024-01-02', '')", "NULL"),
        ("DATE_FORMAT(TIMESTAMP'2024-01-02 03:04:05.5', '%f%%')", "500000%"),
    ),
)


# ---------------------------------------------------------------------------------------------------------- TIME_FORMAT


def format_duration_by(nanoseconds: int, form: bytes) -> bytes | None:
    """TIME_FORMAT(): hours may exceed 23, date parts are zero. None for the empty format, as MySQL."""
    if not form:
        return None
    size = abs(nanoseconds)
    hours = size // (3600 * SECOND)
    packed = pack(0, 0, 0, hours % 24, size // (60 * SECOND) % 60, size // SECOND % 60, size % SECOND // 1000)
    parts: list[str] = []
    for char, specifier in _split(text(form)):
        if not specifier:
            parts.append(char)
        elif char in "Hk":
            parts.append(f"{hours:02d}" if char == "H" else str(hours))
        elif char == "T":
            parts.append(f"{hours:02d}{_clock(packed)[2:]}")
        elif char in "fhIilprSs":
            parts.append(PIECES[char](packed) or "")
        elif char in "cdemYy":
            parts.append({"Y": "0000", "c": "0", "e": "0"}.get(char, "00"))
        elif char in PIECES:
            return None
        else:
            parts.append(char)
    return data(("-" if nanoseconds < 0 else "") + "".join(parts))


def _split(form: str) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(form):
        specifier = form[at] == "%" and at + 1 < len(form)
        at += specifier
        found.append((form[at], specifier))
        at += 1
    return found


TIME_FORMAT = Function(
    "time_format",
    (D, S),
    connection_text(255),
    scalar=format_duration_by,
    coercibility=Coercibility.LITERAL,
    example=("TIME_FORMAT('100:00:00', '%H %k %h %I %l')", "100 100 04 04 4"),
)


# ---------------------------------------------------------------------------------------------------------- STR_TO_DATE


def _resolve_str_to_date(
    name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None
) -> Expression:
    form = args[1].value if isinstance(args[1], Constant) and isinstance(args[1].value, bytes) else None
    overload = Overload((S, S), _read_type(form), build=_str_to_date)
    return make_call(STR_TO_DATE, overload, args, context, text=label)


def _read_type(form: bytes | None) -> SqlType:
    if form is None:
        return datetime(6)
    has_date, has_time, has_fraction = fields_of_format(text(form))
    fsp = 6 if has_fraction else 0
    if has_time and not has_date:
        return time(fsp)
    return datetime(fsp) if has_time else date()


def _str_to_date(call: Call) -> Kernel:
    duration = call.type.code == TypeCode.TIME
    word = {TypeCode.TIME: "time", TypeCode.DATE: "date"}.get(call.type.code, "datetime")

    def run(context: EvalContext, value: bytes, form: bytes) -> int | None:
        reading = read_time(text(value), text(form))
        result = None
        if reading.fields is not None:
            year, month, day, hour, minute, second, micro = reading.fields
            zeros = context.sql_mode & SqlMode.NO_ZERO_DATE and not (year and month and day)
            if duration:
                result = (hour * 3600 + minute * 60 + second) * SECOND + micro * 1000
            elif not zeros and not check_date(year, month, day, context.sql_mode, is_zero=not any(reading.fields)):
                result = pack(*reading.fields)
        if result is None:
            kind = "time" if reading.failed_in_time else "datetime"
            context.warning(WRONG_VALUE_FOR_TYPE, kind=kind, value=text(value), function=call.name)
        elif reading.has_rest:
            context.warning(TRUNCATED_WRONG_VALUE, kind=word, value=text(value))
        return result

    return run


STR_TO_DATE = Function(
    "str_to_date",
    min_args=2,
    max_args=2,
    context=True,
    resolver=_resolve_str_to_date,
    example=("STR_TO_DATE('01,5,2013', '%d,%m,%Y')", "2013-05-01"),
    examples=(
        ("STR_TO_DATE('May 1, 2013', '%M %d,%Y')", "2013-05-01"),
        ("STR_TO_DATE('a09:30:17', 'a%h:%i:%s')", "09:30:17"),
        ("STR_TO_DATE('a09:30:17', '%h:%i:%s')", "NULL"),
        ("STR_TO_DATE('2013-05-01 09:30:17.25', '%Y-%m-%d %H:%i:%s.%f')", "2013-05-01 09:30:17.250000"),
        ("STR_TO_DATE('02/30/2024', '%m/%d/%Y')", "NULL"),
        ("STR_TO_DATE('200442 Monday', '%X%V %W')", "2004-10-18"),
    ),
)


# ----------------------------------------------------------------------------------------------------------- GET_FORMAT

_FORMATS = {
    "DATE": {"USA": "%m.%d.%Y", "JIS": "%Y-%m-%d", "ISO": "%Y-%m-%d", "EUR": "%d.%m.%Y", "INTERNAL": "%Y%m%d"},
    "TIME": {"USA": "%h:%i:%s %p", "JIS": "%H:%i:%s", "ISO": "%H:%i:%s", "EUR": "%H.%i.%s", "INTERNAL": "%H%i%s"},
    "DATETIME": {
        "USA": "%Y-%m-%d %H.%i.%s",
        "JIS": "%Y-%m-%d %H:%i:%s",
        "ISO": "%Y-%m-%d %H:%i:%s",
        "EUR": "%Y-%m-%d %H.%i.%s",
        "INTERNAL": "%Y%m%d%H%i%s",
    },
}


def _get_format(call: Call) -> Kernel:
    forms = _FORMATS.get({"TIMESTAMP": "DATETIME"}.get(call.text or "", call.text or ""), {})

    def run(name: bytes) -> bytes | None:
        form = forms.get(text(name).upper())
        return None if form is None else form.encode()

    return run


GET_FORMAT = Function(
    "get_format",
    (S,),
    connection_text(17),
    build=_get_format,
    coercibility=Coercibility.LITERAL,
    example=("GET_FORMAT(DATE, 'USA')", "%m.%d.%Y"),
)
