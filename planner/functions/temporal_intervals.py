"""Intervals: the amounts of DATE_ADD's units, and dates moved by them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from sqlnode.base.decimal import round_to
from sqlnode.base.packed_time import (
    MAX_DURATION,
    add_microseconds,
    date_part,
    days_in_month,
    is_real_date,
    pack,
    unpack,
)

DATE_UNITS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "YEAR_MONTH"})
MONTH_UNITS = frozenset({"MONTH", "QUARTER", "YEAR", "YEAR_MONTH"})
COMPOSITE = {
    "YEAR_MONTH": ("YEAR", "MONTH"),
    "DAY_HOUR": ("DAY", "HOUR"),
    "DAY_MINUTE": ("DAY", "HOUR", "MINUTE"),
    "DAY_SECOND": ("DAY", "HOUR", "MINUTE", "SECOND"),
    "DAY_MICROSECOND": ("DAY", "HOUR", "MINUTE", "SECOND", "MICROSECOND"),
    "HOUR_MINUTE": ("HOUR", "MINUTE"),
    "HOUR_SECOND": ("HOUR", "MINUTE", "SECOND"),
    "HOUR_MICROSECOND": ("HOUR", "MINUTE", "SECOND", "MICROSECOND"),
    "MINUTE_SECOND": ("MINUTE", "SECOND"),
    "MINUTE_MICROSECOND": ("MINUTE", "SECOND", "MICROSECOND"),
    "SECOND_MICROSECOND": ("SECOND", "MICROSECOND"),
}
MICROSECONDS = {
    "MICROSECOND": 1,
    "SECOND": 1_000_000,
    "MINUTE": 60_000_000,
    "HOUR": 3_600_000_000,
    "DAY": 86_400_000_000,
    "WEEK": 604_800_000_000,
}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_DIGITS = re.compile(rb"\d+")
_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class Interval:
    """An amount: months or microseconds; one of them is zero."""

    months: int = 0
    microseconds: int = 0

    def negated(self) -> Interval:
        """The opposite."""
        return Interval(-self.months, -self.microseconds)


def interval_of(value: int | Decimal | bytes, unit: str) -> Interval | None:
    """The amount of a value in a unit; texts of composite units have their numbers in any notation. None for a text with
    more numbers than the unit has."""
    fields = COMPOSITE.get(unit)
    if fields is not None:
        assert isinstance(value, bytes), "composite units take texts"
        return _composite(value, fields)
    if unit in _MONTHS:
        assert isinstance(value, int), "whole months"
        return Interval(months=value * _MONTHS[unit])
    if isinstance(value, Decimal):
        return Interval(microseconds=int(round_to(value * MICROSECONDS[unit], 0)))
    assert isinstance(value, int), "a whole number"
    return Interval(microseconds=value * MICROSECONDS[unit])


def _composite(value: bytes, fields: tuple[str, ...]) -> Interval | None:
    body = value.strip()
    negative = body.startswith(b"-")
    texts = _DIGITS.findall(body)
    if len(texts) > len(fields):
        return None
    numbers = [int(text) for text in texts]
    if fields[-1] == "MICROSECOND" and numbers:
        numbers[-1] = int(texts[-1][:6].ljust(6, b"0"))
    numbers = [0] * (len(fields) - len(numbers)) + numbers
    months = microseconds = 0
    for number, field in zip(numbers, fields, strict=True):
        if field in _MONTHS:
            months += number * _MONTHS[field]
        else:
            microseconds += number * MICROSECONDS[field]
    found = Interval(months, microseconds)
    return found.negated() if negative else found


def add_to_time(packed: int, interval: Interval) -> int | None:
    """A packed time moved by an interval; None for a date that is not real, or a result outside the calendar."""
    if not is_real_date(packed):
        return None
    if interval.months:
        return add_months(packed, interval.months)
    if abs(interval.microseconds) > _LIMIT:
        return None
    return add_microseconds(packed, interval.microseconds)


def add_months(packed: int, months: int) -> int | None:
    """The same day some months later, or the month's last day."""
    year, month, day, *_ = unpack(packed)
    total = year * 12 + month - 1 + months
    year, month = total // 12, total % 12 + 1
    if not 0 <= year <= 9999:
        return None
    return pack(year, month, min(day, days_in_month(year, month))) | packed - date_part(packed)


def add_to_duration(nanoseconds: int, interval: Interval) -> int | None:
    """A duration moved by an interval without months; None outside TIME's range."""
    moved = nanoseconds + interval.microseconds * 1000
    return moved if abs(moved) <= MAX_DURATION else None
