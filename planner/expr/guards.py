"""Kinds of values on which a plan may rely although it holds none of them.

How a parameter is compared can depend on what it holds: a text beside a DATETIME is a time if it is one, beside an INT
column an integer if it is one. A plan made for such a value serves every value of the same kind. It names its guards,
(parameter, test of the value), and runs with new values only if all tests pass; else the statement is planned anew.

The tests take the plain forms only, which mean the same in every sql_mode and time zone and convert without a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeAlias

from sqlnode.base.types import Value

Guard: TypeAlias = Callable[[Value], bool]

_TIME = re.compile(rb"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?")
_DURATION = re.compile(rb"-?(?:\d\d|[1-7]\d\d):[0-5]\d:[0-5]\d(?:\.\d{1,6})?")


def is_time(value: Value) -> bool:
    """A text that is a date, or a date and a time, as ISO writes them."""
    if not isinstance(value, bytes) or _TIME.fullmatch(value) is None:
        return False
    try:
        if len(value) == 10:
            return date.fromisoformat(value.decode()).year > 0
        return datetime.fromisoformat(value[:19].decode()).year > 0
    except ValueError:
        return False


def is_duration(value: Value) -> bool:
    """A text that is hours, minutes and seconds, within TIME's range."""
    return isinstance(value, bytes) and _DURATION.fullmatch(value) is not None


def is_whole(value: Value) -> bool:
    """A text of digits that is a BIGINT."""
    return isinstance(value, bytes) and value.isdigit() and len(value) <= 18


def is_full_year(value: Value) -> bool:
    """A number that is no year of two digits."""
    return isinstance(value, int) and not 0 < value <= 99


def is_full_year_text(value: Value) -> bool:
    """A text of digits that is no year of two digits."""
    return is_whole(value) and isinstance(value, bytes) and not 0 < int(value) <= 99


def is_ascii(value: Value) -> bool:
    """A text of ASCII characters."""
    return isinstance(value, bytes) and value.isascii()


def begins_plain(value: Value) -> bool:
    """A LIKE pattern that begins with neither a wildcard nor an escape character."""
    return isinstance(value, bytes) and (value[:1].isalnum() or value[:1] >= b"\x80")


def all_pass(guards: Sequence[tuple[int, Guard]], values: Sequence[Value]) -> bool:
    """Whether a plan with these guards serves for these values."""
    for index, guard in guards:
        if not guard(values[index]):
            return False
    return True
