"""Dates and times as whole columns (numpy): parts, calendar, zones, texts. The scalar rules are `temporal`'s.

Arrays of packed times are uint64, of durations int64 nanoseconds. Parsers answer with a mask of the values that have
the regular form and nothing wrong with them; the caller gives the others to the scalar parser.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sqlnode.base.collation_arrays import binary_array, bytes_of
from sqlnode.base.packed_time import MAX_DURATION, SECOND, pack
from sqlnode.base.types import TypeCode
from sqlnode.base.zones import fixed_offset, from_utc, to_utc

Packed: TypeAlias = npt.NDArray[np.uint64]
Numbers: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

_EPOCH_DAY = 719528
_MICROS_PER_DAY = 86_400_000_000


def date_parts(packed: Packed) -> tuple[Numbers, Numbers, Numbers]:
    """(years, months, days)."""
    high = (packed >> np.uint64(41)).astype(np.int64)
    months = high >> 5
    return months // 13, months % 13, high & 31


def time_parts(packed: Packed) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """(hours, minutes, seconds, microseconds)."""
    low = (packed & np.uint64((1 << 41) - 1)).astype(np.int64)
    return low >> 36, low >> 30 & 63, low >> 24 & 63, low & 0xFFFFFF


def pack_parts(
    years: Numbers, months: Numbers, days: Numbers, within: Numbers | None = None, micros: Numbers | None = None
) -> Packed:
    """Packed times of dates and (optionally) seconds within the day and microseconds."""
    high = (years * 13 + months) << 5 | days
    packed = high << 41
    if within is not None:
        packed |= (within // 3600) << 36 | (within // 60 % 60) << 30 | (within % 60) << 24
    if micros is not None:
        packed |= micros
    return packed.astype(np.uint64)


def day_numbers(years: Numbers, months: Numbers, days: Numbers) -> Numbers:
    """TO_DAYS() of real dates."""
    shifted = np.where(months <= 2, years - 1, years)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * np.where(months > 2, months - 3, months + 9) + 2) // 5 + days - 1
    numbers: Numbers = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year + 60
    return numbers


def dates_of_day_numbers(numbers: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """(years, months, days) of TO_DAYS() numbers."""
    shifted = numbers - 60
    era = shifted // 146097
    of_era = shifted - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    days = of_year - (153 * shifted_month + 2) // 5 + 1
    months = np.where(shifted_month < 10, shifted_month + 3, shifted_month - 9)
    return year_of_era + era * 400 + (months <= 2), months, days


def epochs(packed: Packed) -> Numbers:
    """Microseconds since 1970 of real dates."""
    hours, minutes, seconds, micros = time_parts(packed)
    days = day_numbers(*date_parts(packed)) - _EPOCH_DAY
    return ((days * 24 + hours) * 3600 + minutes * 60 + seconds) * 1_000_000 + micros


def pack_epochs(microseconds: Numbers) -> Packed:
    """Packed times of microseconds since 1970, which must lie in years 0 to 9999."""
    days = microseconds // _MICROS_PER_DAY
    rest = microseconds - days * _MICROS_PER_DAY
    return pack_parts(*dates_of_day_numbers(days + _EPOCH_DAY), rest // 1_000_000, rest % 1_000_000)


def real_dates(packed: Packed) -> Mask:
    """Which values have a month and an existing day, in years 1 to 9999."""
    years, months, days = date_parts(packed)
    return (years > 0) & (months > 0) & (days > 0) & (days <= month_lengths(years, months))


_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0], np.int64)


def month_lengths(years: Numbers, months: Numbers) -> Numbers:
    """Days of each month; 0 where there is no month."""
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    lengths: Numbers = _LENGTHS[months] + ((months == 2) & leap)
    return lengths


def from_utc_values(packed: Packed, zone: tzinfo | None) -> Packed:
    """Local packed times of packed UTC times; zero and partial dates stay."""
    return _converted(packed, zone, 1, from_utc)


def to_utc_values(packed: Packed, zone: tzinfo | None) -> Packed:
    """Packed UTC times of local packed times; zero and partial dates stay."""
    return _converted(packed, zone, -1, to_utc)


def _converted(packed: Packed, zone: tzinfo | None, sign: int, one: Callable[[int, tzinfo | None], int]) -> Packed:
    """Moves each hour by the zone's offset in it; hours near a change of offset go value by value."""
    if zone is None or len(packed) == 0:
        return packed
    movable = real_dates(packed) & (packed > np.uint64(pack(1, 1, 2))) & (packed < np.uint64(pack(9999, 12, 30)))
    fixed = fixed_offset(zone)
    moved = packed.copy()
    if fixed is not None:
        shift = np.int64(sign * int(fixed.total_seconds()) * 1_000_000)
        moved[movable] = pack_epochs(epochs(packed[movable]) + shift)
    else:
        micros = epochs(packed[movable])
        hours, places = np.unique(micros // 3_600_000_000, return_inverse=True)
        offsets = np.array([_steady_offset(hour, zone, local=sign < 0) for hour in hours.tolist()], np.int64)
        shifts = offsets[places.reshape(-1)]
        result = pack_epochs(micros + np.where(shifts == _UNSTEADY, 0, sign * shifts))
        for index in np.nonzero(shifts == _UNSTEADY)[0].tolist():
            result[index] = one(int(packed[movable][index]), zone)
        moved[movable] = result
    for index in np.nonzero(~movable & (packed != 0))[0].tolist():
        moved[index] = one(int(packed[index]), zone)
    return moved


_UNSTEADY = np.int64(1 << 62)


def _steady_offset(hour: int, zone: tzinfo, *, local: bool) -> int:
    """The offset in microseconds all through an hour since 1970 (UTC or local); _UNSTEADY when it changes nearby."""
    start = datetime(1970, 1, 1) + timedelta(hours=hour)
    found = set()
    for moment in (start, start + timedelta(hours=1)):
        if local:
            found |= {moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        else:
            found.add(moment.replace(tzinfo=UTC).astimezone(zone).utcoffset())
    offset = found.pop()
    if found or offset is None:
        return int(_UNSTEADY)
    return int(offset.total_seconds()) * 1_000_000


def _digits(rows: npt.NDArray[np.uint8], start: int, count: int) -> tuple[Numbers, Mask]:
    """(numbers, which are digits) of columns of a matrix of characters."""
    cells = rows[:, start : start + count].astype(np.int64) - 48
    ok: Mask = np.asarray(((cells >= 0) & (cells <= 9)).all(axis=1))
    numbers = np.zeros(len(rows), np.int64)
    for place in range(count):
        numbers = numbers * 10 + cells[:, place]
    return numbers, ok


def parse_datetimes(array: pa.Array, fsp: int, *, date_only: bool = False) -> tuple[Packed, Mask]:
    """(packed times, which values were read) of a binary array of `YYYY-MM-DD[ hh:mm:ss[.f…]]` texts.

    Read are real dates whose fraction has at most `fsp` digits (`date_only`: those without a time).
    """
    offsets, data = bytes_of(array)
    lengths = np.diff(offsets)
    packed = np.zeros(len(array), np.uint64)
    done = np.zeros(len(array), np.bool_)
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    widths = [10] if date_only else [10, 19, *range(21, 21 + fsp)]
    for width in widths:
        chosen = np.nonzero(valid & (lengths == width))[0]
        if len(chosen) == 0:
            continue
        rows = data[offsets[chosen][:, None] + np.arange(width)]
        packed[chosen], done[chosen] = _parse_rows(rows, width)
    return packed, done


def _parse_rows(rows: npt.NDArray[np.uint8], width: int) -> tuple[Packed, Mask]:
    years, ok = _digits(rows, 0, 4)
    months, ok_month = _digits(rows, 5, 2)
    days, ok_day = _digits(rows, 8, 2)
    ok = ok & ok_month & ok_day & (rows[:, 4] == 45) & (rows[:, 7] == 45)
    ok &= (years > 0) & (months > 0) & (months < 13) & (days > 0)
    ok &= days <= month_lengths(years, np.clip(months, 0, 12))
    within: Numbers | None = None
    micros: Numbers | None = None
    if width > 10:
        within, ok_clock = _parse_clock(rows, 11)
        ok &= ok_clock & ((rows[:, 10] == 32) | (rows[:, 10] == 84)) & (within < 86400)
    if width > 19:
        fraction, ok_fraction = _digits(rows, 20, width - 20)
        ok &= ok_fraction & (rows[:, 19] == 46)
        micros = fraction * 10 ** (26 - width)
    return pack_parts(years, np.clip(months, 0, 12), days & 31, within, micros), ok


def _parse_clock(rows: npt.NDArray[np.uint8], start: int) -> tuple[Numbers, Mask]:
    """(seconds, ok) of `hh:mm:ss`."""
    hours, ok = _digits(rows, start, 2)
    minutes, ok_minute = _digits(rows, start + 3, 2)
    seconds, ok_second = _digits(rows, start + 6, 2)
    ok = ok & ok_minute & ok_second & (rows[:, start + 2] == 58) & (rows[:, start + 5] == 58)
    return hours * 3600 + minutes * 60 + seconds, ok & (minutes < 60) & (seconds < 60)


def parse_durations(array: pa.Array, fsp: int) -> tuple[Numbers, Mask]:
    """(nanoseconds, which values were read) of a binary array of `hh:mm:ss[.f…]` texts with at most `fsp` digits."""
    offsets, data = bytes_of(array)
    lengths = np.diff(offsets)
    values = np.zeros(len(array), np.int64)
    done = np.zeros(len(array), np.bool_)
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    for width in (8, *range(10, 10 + fsp)):
        chosen = np.nonzero(valid & (lengths == width))[0]
        if len(chosen) == 0:
            continue
        rows = data[offsets[chosen][:, None] + np.arange(width)]
        seconds, ok = _parse_clock(rows, 0)
        total = seconds * SECOND
        if width > 8:
            fraction, ok_fraction = _digits(rows, 9, width - 9)
            total += fraction * 10 ** (18 - width)
            ok &= ok_fraction & (rows[:, 8] == 46)
        values[chosen], done[chosen] = total, ok & (total <= MAX_DURATION)
    return values, done


def _put(rows: npt.NDArray[np.uint8], start: int, count: int, numbers: Numbers) -> None:
    for place in range(start + count - 1, start - 1, -1):
        rows[:, place] = numbers % 10 + 48
        numbers = numbers // 10


def format_datetimes(array: pa.Array, code: int, fsp: int) -> pa.Array:
    """Texts of a uint64 array of packed times, as binary."""
    packed = array.fill_null(0).to_numpy(zero_copy_only=False) if array.null_count else array.to_numpy()
    is_date = code in (TypeCode.DATE, TypeCode.NEWDATE)
    width = 10 if is_date else 19 + (fsp + 1 if fsp else 0)
    rows = np.empty((len(packed), width), np.uint8)
    years, months, days = date_parts(packed)
    _put(rows, 0, 4, years)
    _put(rows, 5, 2, months)
    _put(rows, 8, 2, days)
    rows[:, 4] = rows[:, 7] = 45
    if not is_date:
        hours, minutes, seconds, micros = time_parts(packed)
        rows[:, 10] = 32
        rows[:, 13] = rows[:, 16] = 58
        _put(rows, 11, 2, hours)
        _put(rows, 14, 2, minutes)
        _put(rows, 17, 2, seconds)
        if fsp:
            rows[:, 19] = 46
            _put(rows, 20, fsp, micros // 10 ** (6 - fsp))
    return binary_array(np.arange(len(packed) + 1, dtype=np.int32) * width, rows.reshape(-1), array)


def format_durations(array: pa.Array, fsp: int) -> pa.Array | None:
    """Texts of an int64 array of durations, as binary; None when one has a sign or three digits of hours."""
    values = array.fill_null(0).to_numpy(zero_copy_only=False) if array.null_count else array.to_numpy()
    if len(values) and (int(values.min()) < 0 or int(values.max()) >= 100 * 3600 * SECOND):
        return None
    width = 8 + (fsp + 1 if fsp else 0)
    rows = np.empty((len(values), width), np.uint8)
    seconds = values // SECOND
    rows[:, 2] = rows[:, 5] = 58
    _put(rows, 0, 2, seconds // 3600)
    _put(rows, 3, 2, seconds // 60 % 60)
    _put(rows, 6, 2, seconds % 60)
    if fsp:
        rows[:, 8] = 46
        _put(rows, 9, fsp, values % SECOND // 10 ** (9 - fsp))
    return binary_array(np.arange(len(values) + 1, dtype=np.int32) * width, rows.reshape(-1), array)
