"""MySQL's date and time texts and numbers.

The rules are those of the MySQL manual (Date and Time Literals; Two-Digit Years in Dates; Conversion Between Date and
Time Types): any punctuation delimits, digits without delimiters are read by their count, two-digit years below 70 are
20YY, fractions are rounded, a trailing `+hh:mm` names a zone. Nothing raises: what was wrong with a text is part of
the answer, because a statement decides by its mode if that is an error, a warning or a note.
"""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from enum import IntFlag
from typing import NamedTuple

from sqlnode.base.packed_time import (
    DAY,
    MAX_DURATION,
    SECOND,
    add_microseconds,
    date_part,
    days_in_month,
    pack,
    round_duration,
    round_packed,
    time_of_day,
)
from sqlnode.base.zones import from_utc, offset_minutes, to_utc

NO_ZERO_IN_DATE = 0x800000
NO_ZERO_DATE = 0x1000000
ALLOW_INVALID_DATES = 0x2000000
TIME_TRUNCATE_FRACTIONAL = 0x100000000
"""Bits of sql_mode that decide which dates are dates."""


class Problem(IntFlag):
    """What was wrong with a text or number that should be a time."""

    NONE = 0
    TRUNCATED = 1
    """Something that does not belong to a time: garbage at the end, or no time at all."""
    OUT_OF_RANGE = 2
    """A day that the month does not have, a TIME beyond 838:59:59 (clipped)."""
    ZERO_DATE = 4
    """0000-00-00 under NO_ZERO_DATE."""
    ZERO_IN_DATE = 8
    """Month or day zero under NO_ZERO_IN_DATE."""


class Parsed(NamedTuple):
    """A parsed time: packed time or nanoseconds (None: it is no time), what was wrong, the fraction digits that were
    written (0 to 6), whether there was a date alone, and whether a TIME was read from a text or number with a date."""

    value: int | None
    problem: Problem = Problem.NONE
    digits: int = 0
    is_date: bool = False
    lost_date: bool = False


_REGULAR = re.compile(rb"(\d\d\d\d)-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?", re.ASCII)
_DATED = re.compile(rb"\d{2,4}-\d\d?-\d\d?[ T]+\d", re.ASCII)
"""A datetime, whose fields may be out of range; a TIME never begins so."""
_POWERS = tuple(10**n for n in range(20))


def parse_datetime(text: bytes | str, fsp: int = 6, sql_mode: int = 0, zone: tzinfo | None = None) -> Parsed:
    """A packed time with `fsp` digits. `zone` is the session's, for texts that name another one (`…+02:00`)."""
    data = text.encode() if isinstance(text, str) else text
    match = _REGULAR.fullmatch(data)
    if match is None:
        return _Scan(data, sql_mode, zone).datetime(fsp)
    year, month, day, hour, minute, second, fraction = match.groups()
    if (
        year == b"0000"
        or month > b"12"
        or day > b"31"
        or check_date(int(year), int(month), int(day), sql_mode, is_zero=False)
    ):
        return _Scan(data, sql_mode, zone).datetime(fsp)
    if hour is None:
        return Parsed(pack(int(year), int(month), int(day)), Problem.NONE, 0, True)
    if hour > b"23" or minute > b"59" or second > b"59":
        return Parsed(None, Problem.TRUNCATED)
    if fraction is None:
        return Parsed(pack(int(year), int(month), int(day), int(hour), int(minute), int(second)))
    micro = int(fraction) * _POWERS[6 - len(fraction)]
    packed = pack(int(year), int(month), int(day), int(hour), int(minute), int(second), micro)
    return rounded(packed, fsp, sql_mode, len(fraction))


def check_date(year: int, month: int, day: int, sql_mode: int, *, is_zero: bool) -> Problem:
    """What sql_mode finds wrong with a date; `is_zero` when year, month, day and time are all zero."""
    if is_zero:
        return Problem.ZERO_DATE if sql_mode & NO_ZERO_DATE else Problem.NONE
    if month == 0 or day == 0:
        return Problem.ZERO_IN_DATE if sql_mode & NO_ZERO_IN_DATE else Problem.NONE
    if day > 28 and not sql_mode & ALLOW_INVALID_DATES and day > days_in_month(year, month):
        return Problem.OUT_OF_RANGE
    return Problem.NONE


def rounded(packed: int, fsp: int, sql_mode: int, digits: int, problem: Problem = Problem.NONE) -> Parsed:
    """A packed time brought to `fsp` digits, rounded or cut as sql_mode says."""
    value = round_packed(packed, fsp, truncate=bool(sql_mode & TIME_TRUNCATE_FRACTIONAL))
    return Parsed(value, problem if value is not None else problem | Problem.OUT_OF_RANGE, digits)


class _Scan:
    """The general reader: a cursor over the text."""

    def __init__(self, data: bytes, sql_mode: int, zone: tzinfo | None) -> None:
        self.data = data.strip(b" \t\n\r\v\f")
        self.sql_mode = sql_mode
        self.zone = zone

    def datetime(self, fsp: int, *, time_required: bool = False) -> Parsed:
        """The text as a date with or without time. `time_required`: a text without a space between is no datetime."""
        data = self.data
        if not data[:1].isdigit():
            return Parsed(None, Problem.TRUNCATED)
        end = 0
        while end < len(data) and (48 <= data[end] <= 57 or data[end] == 84):
            end += 1
        compact = end == len(data) or data[end] == 46
        found = self._fields(compact, 4 if end in (4, 8) or end >= 14 else 2)
        if found is None:
            return Parsed(None, Problem.TRUNCATED)
        values, lengths, count, position, spaced = found
        if time_required and not spaced and not compact:
            return Parsed(None, Problem.NONE)
        year_length = (4 if end in (4, 8) or end >= 14 else 2) if compact else lengths[0]
        is_zero = not any(values)
        if year_length == 2 and not is_zero:
            values[0] += 2000 if values[0] < 70 else 1900
        year, month, day, hour, minute, second, micro = values
        rest = data[position:]
        if count < 3 or year > 9999 or month > 12 or day > 31 or hour > 23 or minute > 59 or second > 59:
            return Parsed(None, Problem.TRUNCATED if not is_zero or rest else Problem.ZERO_DATE)
        problem = check_date(year, month, day, self.sql_mode, is_zero=is_zero)
        if problem:
            return Parsed(None, problem)
        packed = pack(year, month, day, hour, minute, second, micro)
        return self._finish(packed, rest, fsp, lengths[6], is_date=count <= 3)

    def _fields(self, compact: bool, year_length: int) -> tuple[list[int], list[int], int, int, bool] | None:
        """(the seven parts, their digit counts, parts found, where reading stopped, whether a space or T was met)."""
        data, size = self.data, len(self.data)
        values, lengths = [0] * 7, [0] * 7
        position = index = last = 0
        spaced = False
        while index < 7 and position < size and 48 <= data[position] <= 57:
            limit = 6 if index == 6 else (year_length if index == 0 else 2) if compact else size
            start = position
            while position < size and 48 <= data[position] <= 57 and position - start < limit:
                position += 1
            value = int(data[start:position])
            if value > 999999:
                return None
            lengths[index] = position - start
            values[index] = value * _POWERS[6 - lengths[6]] if index == 6 else value
            index, last = index + 1, position
            if position == size or index == 7:
                break
            if index == 3 and data[position] in b"T":
                position, spaced = position + 1, True
            elif index == 6:
                if data[position] != 46:
                    break
                position += 1
                last = position
            else:
                moved = self._delimiters(position, spaces_allowed=index == 3)
                if moved is None:
                    return None
                position, met_space = moved
                spaced |= met_space
                last = position
        return values, lengths, index, last, spaced

    def _delimiters(self, position: int, *, spaces_allowed: bool) -> tuple[int, bool] | None:
        data = self.data
        spaced = False
        while position < len(data) and (data[position] in _PUNCTUATION or data[position] in _SPACES):
            if data[position] in _SPACES:
                if not spaces_allowed:
                    return None
                spaced = True
            position += 1
        return position, spaced

    def _finish(self, packed: int, rest: bytes, fsp: int, digits: int, *, is_date: bool) -> Parsed:
        """Digits beyond the sixth round, a zone moves the time, anything else is garbage."""
        extra = 0
        if digits == 6 and rest[:1].isdigit():
            extra = rest[0] - 48
            rest = rest.lstrip(b"0123456789")
        value: int | None = packed
        truncate = bool(self.sql_mode & TIME_TRUNCATE_FRACTIONAL)
        if extra >= 5 and fsp == 6 and not truncate:
            value = add_microseconds(packed, 1)
        elif not is_date:
            value = round_packed(packed, fsp, truncate=truncate)
        problem = Problem.NONE
        if rest[:1] in (b"+", b"-") and not is_date and value is not None:
            minutes = offset_minutes(rest.decode("latin-1"))
            if minutes is None:
                return Parsed(None, Problem.TRUNCATED)
            value = from_utc(to_utc(value, timezone(timedelta(minutes=minutes))), self.zone)
        elif rest.strip(b" \t\n\r\v\f"):
            problem = Problem.TRUNCATED
        if value is None:
            problem |= Problem.OUT_OF_RANGE
        return Parsed(value, problem, digits, is_date)


_PUNCTUATION = frozenset(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_SPACES = frozenset(b" \t\n\r\v\f")

_CLOCK = re.compile(rb"(-?)(\d{1,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?", re.ASCII)
_TIME = re.compile(
    rb"(?P<days>\d+)[ \t\n\r\v\f]+(?P<dh>\d+)(?::(?P<dm>\d+)(?::(?P<ds>\d+))?)?"
    rb"|(?P<h>\d+):(?P<m>\d+)(?::(?P<s>\d+))?|(?P<number>\d*)",
    re.ASCII,
)
_FRACTION = re.compile(rb"\.(\d+)|\.$", re.ASCII)
_EXPONENT = re.compile(rb"[eE][+-]?\d", re.ASCII)


def parse_duration(text: bytes | str, fsp: int = 6, sql_mode: int = 0) -> Parsed:
    """Nanoseconds of a TIME text: `[D ]hh:mm:ss[.f]`, `hh:mm`, `hhmmss`, or the time of a full datetime."""
    data = text.encode() if isinstance(text, str) else text
    match = _CLOCK.fullmatch(data)
    if match is None:
        return _general_duration(data, fsp, sql_mode)
    sign, hours, minutes, seconds, fraction = match.groups()
    if minutes > b"59" or seconds > b"59":
        return Parsed(None, Problem.OUT_OF_RANGE)
    total = (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * SECOND
    digits = 0
    if fraction is not None:
        digits = len(fraction)
        total += int(fraction) * _POWERS[9 - digits]
    return _duration(total, bool(sign), fsp, sql_mode, digits, Problem.NONE)


def _duration(size: int, negative: bool, fsp: int, sql_mode: int, digits: int, problem: Problem) -> Parsed:
    if size > MAX_DURATION:
        return Parsed(-MAX_DURATION if negative else MAX_DURATION, problem | Problem.OUT_OF_RANGE, digits)
    value = round_duration(-size if negative else size, fsp, truncate=bool(sql_mode & TIME_TRUNCATE_FRACTIONAL))
    return Parsed(value, problem, digits)


def _general_duration(data: bytes, fsp: int, sql_mode: int) -> Parsed:
    body = data.strip(b" \t\n\r\v\f")
    negative = body[:1] == b"-"
    body = body[1:] if negative else body
    if not body:
        return Parsed(None, Problem.TRUNCATED)
    if len(body) >= 12:
        mode = ALLOW_INVALID_DATES | sql_mode & TIME_TRUNCATE_FRACTIONAL
        full = _Scan(body, mode, None).datetime(6, time_required=True)
        if full.value is not None:
            found = _duration(time_of_day(full.value), negative, fsp, sql_mode, full.digits, full.problem)
            return found._replace(lost_date=date_part(full.value) != 0)
        if _DATED.match(body):
            return Parsed(None, Problem.TRUNCATED)
    match = _TIME.match(body)
    assert match is not None, "the last alternative matches an empty text"
    hours, minutes, seconds = _clock_parts(match)
    position = match.end()
    extra, digits = 0, 0
    fraction = _FRACTION.match(body, position)
    if fraction is not None:
        position = fraction.end()
        text = fraction.group(1) or b""
        digits = min(len(text), 6)
        extra = int(text[:9].ljust(9, b"0"))
    if _EXPONENT.match(body, position) or max(hours, minutes, seconds) > 0xFFFFFFFF:
        return Parsed(None, Problem.TRUNCATED)
    if minutes > 59 or seconds > 59:
        return Parsed(None, Problem.OUT_OF_RANGE)
    if position == 0:
        return Parsed(None, Problem.TRUNCATED)
    problem = Problem.TRUNCATED if position < len(body) else Problem.NONE
    return _duration((hours * 3600 + minutes * 60 + seconds) * SECOND + extra, negative, fsp, sql_mode, digits, problem)


def _clock_parts(match: re.Match[bytes]) -> tuple[int, int, int]:
    if match["days"] is not None:
        return int(match["days"]) * 24 + int(match["dh"]), int(match["dm"] or 0), int(match["ds"] or 0)
    if match["h"] is not None:
        return int(match["h"]), int(match["m"]), int(match["s"] or 0)
    number = int(match["number"] or 0)
    return number // 10000, number // 100 % 100, number % 100


def datetime_of_number(number: int, sql_mode: int = 0, *, micro: int = 0) -> Parsed:
    """A packed time from YYMMDD, YYYYMMDD, YYMMDDhhmmss or YYYYMMDDhhmmss."""
    is_date = number < 101000000
    if number < 0 or number > 99999999999999:
        return Parsed(None, Problem.OUT_OF_RANGE if number > 0 else Problem.TRUNCATED)
    if number and number < 10000101000000:
        widened = _with_century(number)
        if widened is None:
            return Parsed(None, Problem.TRUNCATED)
        number = widened
    high, low = divmod(number, 1_000_000)
    year, month, day = high // 10000, high // 100 % 100, high % 100
    hour, minute, second = low // 10000, low // 100 % 100, low % 100
    if month > 12 or day > 31 or hour > 23 or minute > 59 or second > 59:
        return Parsed(None, Problem.TRUNCATED)
    problem = check_date(year, month, day, sql_mode, is_zero=number == 0 and micro == 0)
    if problem:
        return Parsed(None, problem)
    return Parsed(pack(year, month, day, hour, minute, second, micro), Problem.NONE, 0, is_date)


def _with_century(number: int) -> int | None:
    """A number below 14 digits as YYYYMMDDhhmmss."""
    if number < 101:
        return None
    if number <= 691231:
        return (number + 20_000_000) * 1_000_000
    if number < 700101:
        return None
    if number <= 991231:
        return (number + 19_000_000) * 1_000_000
    if number < 10_000_101:
        return None
    if number <= 99_991_231:
        return number * 1_000_000
    if number < 101_000_000:
        return None
    if number <= 691231235959:
        return number + 20_000_000_000_000
    if number < 700101000000:
        return None
    return number + 19_000_000_000_000 if number <= 991231235959 else number


def duration_of_number(number: int, *, nanoseconds: int = 0) -> Parsed:
    """A TIME from hhmmss (or a datetime number); `nanoseconds` is the fraction without sign. A number whose minutes
    or seconds exceed 59 is no time."""
    negative, size = number < 0, abs(number)
    if size > 8385959:
        if number >= 10_000_000_000:
            full = datetime_of_number(number, ALLOW_INVALID_DATES)
            if full.value is not None:
                return Parsed(time_of_day(full.value) + nanoseconds, lost_date=date_part(full.value) != 0)
        return Parsed(-MAX_DURATION if negative else MAX_DURATION, Problem.OUT_OF_RANGE)
    if size % 100 > 59 or size // 100 % 100 > 59:
        return Parsed(None, Problem.OUT_OF_RANGE)
    total = (size // 10000 * 3600 + size // 100 % 100 * 60 + size % 100) * SECOND + nanoseconds
    if total > MAX_DURATION:
        return Parsed(-MAX_DURATION if negative else MAX_DURATION, Problem.OUT_OF_RANGE)
    return Parsed(-total if negative else total)


def duration_to_datetime(nanoseconds: int, today: int) -> int:
    """A TIME as a datetime: counted from midnight of the packed date `today`."""
    moved = add_microseconds(date_part(today), nanoseconds // 1000)
    assert moved is not None and abs(nanoseconds) < 40 * DAY, "a TIME is at most 35 days"
    return moved


def year_of_number(number: int, *, is_text: bool = False) -> int | None:
    """A YEAR value: 1901 to 2155, 0, or one or two digits (0 as text is 2000); None outside."""
    if 0 <= number <= 99:
        if number == 0 and not is_text:
            return 0
        return number + (2000 if number < 70 else 1900)
    return number if 1901 <= number <= 2155 else None
