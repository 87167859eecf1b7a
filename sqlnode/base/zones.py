"""Time zones: names to `tzinfo`, and packed times between UTC and a zone. A zone of None is UTC.

Local times that a clock change skipped do not exist; MySQL takes the first instant after the gap for them (and in
strict mode refuses them, `is_in_gap`). Of two instants with the same local time the first is taken.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlnode.base.errors import UNKNOWN_TIME_ZONE, SqlError
from sqlnode.base.packed_time import add_microseconds, pack, unpack

_LIMIT_MINUTES = (-(13 * 60 + 59), 14 * 60)


@lru_cache(maxsize=512)
def zone_of_name(name: str) -> tzinfo:
    """The zone of a `time_zone` value: SYSTEM, `+05:30`, or a name of the IANA database in any letter case.

    Raises SqlError(UNKNOWN_TIME_ZONE).
    """
    found = _zone_of_name(name)
    if found is None:
        raise SqlError(UNKNOWN_TIME_ZONE, name=name)
    return found


def _zone_of_name(name: str) -> tzinfo | None:
    if name.upper() == "SYSTEM":
        return system_zone()
    if name[:1] in ("+", "-"):
        minutes = offset_minutes(name)
        return None if minutes is None else timezone(timedelta(minutes=minutes))
    return _named(name)


def offset_minutes(text: str) -> int | None:
    """Minutes of `+05:30` (-13:59 to +14:00), or None."""
    hours, colon, minutes = text[1:].partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(hours) <= 2 and len(minutes) == 2):
        return None
    if int(minutes) > 59:
        return None
    total = (int(hours) * 60 + int(minutes)) * (-1 if text[0] == "-" else 1)
    return total if _LIMIT_MINUTES[0] <= total <= _LIMIT_MINUTES[1] else None


def _named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    exact = _names().get(name.lower())
    return None if exact is None else ZoneInfo(exact)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    from zoneinfo import available_timezones

    return {name.lower(): name for name in available_timezones()}


@lru_cache(maxsize=1)
def system_zone() -> tzinfo:
    """The machine's zone: TZ, else /etc/localtime, else UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if name:
        return _named(name) or UTC
    path = Path("/etc/localtime")
    try:
        target = str(path.resolve(strict=True))
    except OSError:
        return UTC
    _, marker, key = target.partition("zoneinfo/")
    if marker and (found := _named(key)) is not None:
        return found
    try:
        with path.open("rb") as file:
            return ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError):
        return UTC


@lru_cache(maxsize=512)
def fixed_offset(zone: tzinfo | None) -> timedelta | None:
    """The offset of a zone that never changes; None for others."""
    return timedelta(0) if zone is None else zone.utcoffset(None)


def from_utc(packed: int, zone: tzinfo | None) -> int:
    """Local packed time of a packed UTC time; zero dates, and times that leave the calendar, stay."""
    if packed == 0 or zone is None:
        return packed
    fixed = fixed_offset(zone)
    if fixed is not None:
        moved = add_microseconds(packed, int(fixed.total_seconds()) * 1_000_000) if fixed else packed
        return packed if moved is None else moved
    try:
        local = datetime(*unpack(packed), tzinfo=UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return packed
    return pack(local.year, local.month, local.day, local.hour, local.minute, local.second, local.microsecond)


def to_utc(packed: int, zone: tzinfo | None) -> int:
    """Packed UTC time of a local packed time; a skipped local time counts as the first instant after the gap."""
    if packed == 0 or zone is None:
        return packed
    fixed = fixed_offset(zone)
    if fixed is not None:
        moved = add_microseconds(packed, -int(fixed.total_seconds()) * 1_000_000) if fixed else packed
        return packed if moved is None else moved
    try:
        local = datetime(*unpack(packed), tzinfo=zone)
        before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
        assert before is not None and after is not None, "a zone gives offsets"
        moment = local.replace(tzinfo=None) - before
        if after > before:
            moment = _end_of_gap(moment, zone)
    except (ValueError, OverflowError):
        return packed
    return pack(moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond)


def is_repeated(packed: int, zone: tzinfo | None) -> bool:
    """Whether a clock was set back over a local packed time, so that two instants have it."""
    if packed == 0 or fixed_offset(zone) is not None:
        return False
    try:
        local = datetime(*unpack(packed), tzinfo=zone)
        before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    except (ValueError, OverflowError):
        return False
    assert before is not None and after is not None, "a zone gives offsets"
    return after < before


def _end_of_gap(moment: datetime, zone: tzinfo) -> datetime:
    """The change of offset that lies at or before a naive UTC instant, within the last day."""
    high = moment.replace(microsecond=0)
    wanted = _offset_at(high, zone)
    low = high - timedelta(days=1)
    if _offset_at(low, zone) == wanted:
        return moment
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if _offset_at(middle, zone) == wanted:
            high = middle
        else:
            low = middle
    return high


def _offset_at(moment: datetime, zone: tzinfo) -> timedelta | None:
    return moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()


def is_in_gap(packed: int, zone: tzinfo | None) -> bool:
    """Whether a local time does not exist because clocks were set forward over it."""
    if packed == 0 or zone is None or fixed_offset(zone) is not None:
        return False
    try:
        local = datetime(*unpack(packed), tzinfo=zone)
    except (ValueError, OverflowError):
        return False
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    return before is not None and after is not None and after > before
