"""Packed times, durations and calendar arithmetic: the integers that DATE, DATETIME, TIMESTAMP and TIME values are.

A packed time is one unsigned integer whose order is the order of times, and which can hold MySQL's zero and partial
dates (`0000-00-00`, `2024-00-10`)::

    ((((year * 13 + month) << 5 | day) << 17 | hour << 12 | minute << 6 | second) << 24) | microsecond

A duration is a count of nanoseconds. Day numbers count as TO_DAYS() does: day 1 is 0000-01-01 (proleptic Gregorian).
"""

from __future__ import annotations

from datetime import date as _Date

from sqlnode.base.types import TypeCode

DATE_SHIFT = 41
"""Bits below the date: hour 5, minute 6, second 6, microsecond 24."""

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
"""Durations in nanoseconds."""

MAX_DURATION = (838 * 3600 + 59 * 60 + 59) * SECOND
"""838:59:59, the largest TIME (the smallest is its negative)."""

_DAYS_IN_MONTH = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)
_UNIT: tuple[int, ...] = tuple(10 ** (6 - digits) for digits in range(7))


def pack(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> int:
    """The packed time of its parts; nothing is checked."""
    return ((((year * 13 + month) << 5 | day) << 17) | hour << 12 | minute << 6 | second) << 24 | micro


def unpack(packed: int) -> tuple[int, int, int, int, int, int, int]:
    """(year, month, day, hour, minute, second, microsecond)."""
    micro = packed & 0xFFFFFF
    rest = packed >> 24
    year, month = divmod(rest >> 22, 13)
    return year, month, rest >> 17 & 31, rest >> 12 & 31, rest >> 6 & 63, rest & 63, micro


def unpack_date(packed: int) -> tuple[int, int, int]:
    """(year, month, day)."""
    year, month = divmod(packed >> 46, 13)
    return year, month, packed >> DATE_SHIFT & 31


MAX_DATETIME = pack(9999, 12, 31, 23, 59, 59, 999999)
MIN_TIMESTAMP = pack(1970, 1, 1, 0, 0, 1)
MAX_TIMESTAMP = pack(2038, 1, 19, 3, 14, 7, 999999)
"""Bounds of TIMESTAMP columns, in UTC."""


def date_part(packed: int) -> int:
    """The packed time at midnight of its day."""
    return packed >> DATE_SHIFT << DATE_SHIFT


def time_of_day(packed: int) -> int:
    """The time of day as a duration in nanoseconds."""
    rest = packed >> 24
    return ((rest >> 12 & 31) * 3600 + (rest >> 6 & 63) * 60 + (rest & 63)) * SECOND + (packed & 0xFFFFFF) * 1000


def is_leap_year(year: int) -> bool:
    """Gregorian; MySQL counts year 0 as an ordinary year."""
    return year % 4 == 0 and (year % 100 != 0 or (year % 400 == 0 and year != 0))


def days_in_month(year: int, month: int) -> int:
    """Days of a month 1 to 12."""
    return 29 if month == 2 and is_leap_year(year) else _DAYS_IN_MONTH[month]


def day_number(year: int, month: int, day: int) -> int:
    """TO_DAYS(). Partial dates give what MySQL's calendar arithmetic gives; 0000-00-00 gives 0."""
    if year == 0 and month == 0:
        return 0
    number = 365 * year + 31 * (month - 1) + day
    if month <= 2:
        year -= 1
    else:
        number -= (month * 4 + 23) // 10
    century = (year // 100 + 1) * 3 // 4 if year >= 0 else 0
    return number + (year // 4 if year >= 0 else 0) - century


def date_of_day_number(number: int) -> tuple[int, int, int] | None:
    """(year, month, day) of a TO_DAYS() number: 366 to 3652424 (0001-01-01 to 9999-12-31); else None."""
    if not 366 <= number <= 3652424:
        return None
    found = _Date.fromordinal(number - 365)
    return found.year, found.month, found.day


def microseconds_of(packed: int) -> int:
    """Microseconds since 0000-01-00 (day number 0) of a packed time, for differences and sums."""
    year, month, day, hour, minute, second, micro = unpack(packed)
    seconds = (day_number(year, month, day) * 24 + hour) * 3600 + minute * 60 + second
    return seconds * 1_000_000 + micro


def pack_microseconds(total: int) -> int | None:
    """The inverse of `microseconds_of`; None outside 0001-01-01 to 9999-12-31."""
    seconds, micro = divmod(total, 1_000_000)
    days, rest = divmod(seconds, 86400)
    found = date_of_day_number(days)
    if found is None:
        return None
    return pack(*found, rest // 3600, rest // 60 % 60, rest % 60, micro)


EPOCH_MICROSECONDS = day_number(1970, 1, 1) * 86400 * 1_000_000


def pack_epoch(microseconds: int) -> int | None:
    """The packed UTC time of microseconds since 1970; None outside the calendar."""
    return pack_microseconds(microseconds + EPOCH_MICROSECONDS)


def epoch_of(packed: int) -> int:
    """Microseconds since 1970 of a packed UTC time."""
    return microseconds_of(packed) - EPOCH_MICROSECONDS


def is_real_date(packed: int) -> bool:
    """Whether month and day are there and the day exists."""
    year, month, day = unpack_date(packed)
    return 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)


def round_packed(packed: int, fsp: int, *, truncate: bool = False) -> int | None:
    """The time with `fsp` fractional digits, rounded half up (or cut); None when that leaves the calendar.

    A partial or zero date that would have to carry into the date keeps its date and is None too.
    """
    unit = _UNIT[fsp]
    micro = packed & 0xFFFFFF
    rest = micro % unit
    if rest == 0:
        return packed
    if truncate or rest * 2 < unit:
        return packed - rest
    if micro - rest + unit < 1_000_000:
        return packed - rest + unit
    return add_microseconds(packed - micro, 1_000_000)


def add_microseconds(packed: int, microseconds: int) -> int | None:
    """The time moved by microseconds; None when it leaves the calendar or is not a real date that must change."""
    if not is_real_date(packed):
        within = time_of_day(packed) // 1000 + microseconds
        if not 0 <= within < 86_400_000_000:
            return None
        seconds, micro = divmod(within, 1_000_000)
        return date_part(packed) | (seconds // 3600 << 12 | seconds // 60 % 60 << 6 | seconds % 60) << 24 | micro
    return pack_microseconds(microseconds_of(packed) + microseconds)


def round_duration(nanoseconds: int, fsp: int, *, truncate: bool = False) -> int:
    """A duration with `fsp` fractional digits, rounded half away from zero (or cut) and held in TIME's range."""
    unit = _UNIT[fsp] * 1000
    size = abs(nanoseconds)
    rest = size % unit
    if rest:
        size += unit - rest if rest * 2 >= unit and not truncate else -rest
    size = min(size, MAX_DURATION)
    return -size if nanoseconds < 0 else size


def format_datetime(packed: int, code: int = TypeCode.DATETIME, fsp: int = 0) -> str:
    """`2024-01-02` for DATE codes, else `2024-01-02 03:04:05` with `fsp` digits (cut, not rounded)."""
    rest = packed >> 24
    year, month = divmod(rest >> 22, 13)
    if code in _DATE_CODES:
        return f"{year:04d}-{month:02d}-{rest >> 17 & 31:02d}"
    text = f"{year:04d}-{month:02d}-{rest >> 17 & 31:02d} {rest >> 12 & 31:02d}:{rest >> 6 & 63:02d}:{rest & 63:02d}"
    if fsp > 0:
        return f"{text}.{(packed & 0xFFFFFF) // _UNIT[fsp]:0{fsp}d}"
    return text


def format_duration(nanoseconds: int, fsp: int = 0) -> str:
    """`[-]HHH:MM:SS` with `fsp` digits (cut, not rounded)."""
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), SECOND)
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    if fsp > 0:
        return f"{text}.{fraction // 1000 // _UNIT[fsp]:0{fsp}d}"
    return text


def datetime_number(packed: int) -> int:
    """YYYYMMDDhhmmss, a datetime in numeric context (without fraction)."""
    year, month, day, hour, minute, second, _ = unpack(packed)
    return ((year * 100 + month) * 100 + day) * 1_000_000 + (hour * 100 + minute) * 100 + second


def date_number(packed: int) -> int:
    """YYYYMMDD."""
    year, month, day = unpack_date(packed)
    return (year * 100 + month) * 100 + day


def duration_number(nanoseconds: int) -> int:
    """hhmmss with sign, a TIME in numeric context (without fraction)."""
    seconds = abs(nanoseconds) // SECOND
    number = seconds // 3600 * 10000 + seconds // 60 % 60 * 100 + seconds % 60
    return -number if nanoseconds < 0 else number
