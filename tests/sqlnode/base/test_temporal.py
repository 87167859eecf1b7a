"""MySQL's date and time texts and numbers, zones, and calendar."""

from __future__ import annotations

import pytest

from sqlnode.base.errors import SqlError
from sqlnode.base.temporal import (
    Problem,
    datetime_of_number,
    day_number,
    duration_of_number,
    format_datetime,
    format_duration,
    from_utc,
    is_in_gap,
    pack,
    parse_datetime,
    parse_duration,
    round_packed,
    to_utc,
    unpack,
    year_of_number,
    zone_of_name,
)
from sqlnode.base.types import TypeCode

DATETIMES = [
    ("2024-01-02", "2024-01-02 00:00:00.000000"),
    ("2024-1-2 3:4:5.6789", "2024-01-02 03:04:05.678900"),
    ("20240102030405.123456", "2024-01-02 03:04:05.123456"),
    ("240102", "2024-01-02 00:00:00.000000"),
    ("70-01-02", "1970-01-02 00:00:00.000000"),
    ("69-01-02", "2069-01-02 00:00:00.000000"),
    ("99.12.31 11:30:45", "1999-12-31 11:30:45.000000"),
    ("2024^01^02 11+30+45", "2024-01-02 11:30:45.000000"),
    ("2024-01-02T03:04:05.9999995", "2024-01-02 03:04:06.000000"),
    ("1999-12-31 23:59:59.9999999", "2000-01-01 00:00:00.000000"),
    ("2020-01-01 10:10:10+05:30", "2020-01-01 04:40:10.000000"),
    ("20240102T030405", "2024-01-02 03:04:05.000000"),
    ("10:11:12", "2010-11-12 00:00:00.000000"),
    ("2024-01-02 10", "2024-01-02 10:00:00.000000"),
    ("2024-01-02abc", "2024-01-02 00:00:00.000000 TRUNCATED"),
    ("0000-00-00", "0000-00-00 00:00:00.000000"),
    ("2020-00-10", "2020-00-10 00:00:00.000000"),
    ("2020-02-30", "OUT_OF_RANGE"),
    ("2024-01-02 25:00:00", "TRUNCATED"),
    ("2024", "TRUNCATED"),
    ("abc", "TRUNCATED"),
    ("", "TRUNCATED"),
    ("9999-12-31 23:59:59.9999996", "OUT_OF_RANGE"),
    ("2024-13-01", "TRUNCATED"),
]


def shown(value: str | None, problem: Problem) -> str:
    return " ".join(part for part in (value, problem.name if problem else None) if part)


@pytest.mark.parametrize(("text", "wanted"), DATETIMES)
def test_datetime_texts(text: str, wanted: str) -> None:
    found = parse_datetime(text)
    value = None if found.value is None else format_datetime(found.value, TypeCode.DATETIME, 6)
    assert shown(value, found.problem) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10:11:12", "10:11:12.000000"),
        ("-1 2:3:4.5", "-26:03:04.500000"),
        ("10:11", "10:11:00.000000"),
        ("101112", "10:11:12.000000"),
        ("12", "00:00:12.000000"),
        ("1 10", "34:00:00.000000"),
        ("2024-01-02 03:04:05.678", "03:04:05.678000"),
        ("-10:11:12.1234567", "-10:11:12.123457"),
        ("900:00:00", "838:59:59.000000 OUT_OF_RANGE"),
        ("838:59:59.9", "838:59:59.000000 OUT_OF_RANGE"),
        ("10:11:12x", "10:11:12.000000 TRUNCATED"),
        ("2024-01-02", "00:20:24.000000 TRUNCATED"),
        ("10:61:00", "OUT_OF_RANGE"),
        ("abc", "TRUNCATED"),
    ],
)
def test_duration_texts(text: str, wanted: str) -> None:
    found = parse_duration(text)
    value = None if found.value is None else format_duration(found.value, 6)
    assert shown(value, found.problem) == wanted


@pytest.mark.parametrize(
    ("mode", "text", "problem"),
    [
        (0x1000000, "0000-00-00", Problem.ZERO_DATE),
        (0x800000, "2024-00-01", Problem.ZERO_IN_DATE),
        (0x2000000, "2024-02-31", Problem.NONE),
        (0, "2024-02-31", Problem.OUT_OF_RANGE),
    ],
)
def test_modes(mode: int, text: str, problem: Problem) -> None:
    assert parse_datetime(text, 6, mode).problem == problem


def test_fractions_are_rounded_or_cut() -> None:
    text = "2024-01-02 03:04:59.96"
    assert format_datetime(parse_datetime(text, 1).value or 0, TypeCode.DATETIME, 1) == "2024-01-02 03:05:00.0"
    assert (
        format_datetime(parse_datetime(text, 1, 0x100000000).value or 0, TypeCode.DATETIME, 1)
        == "2024-01-02 03:04:59.9"
    )
    assert round_packed(pack(9999, 12, 31, 23, 59, 59, 600000), 0) is None


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (240102, "2024-01-02 00:00:00"),
        (20240102, "2024-01-02 00:00:00"),
        (240102030405, "2024-01-02 03:04:05"),
        (20240102030405, "2024-01-02 03:04:05"),
        (991231, "1999-12-31 00:00:00"),
        (0, "0000-00-00 00:00:00"),
        (100, None),
        (20241301, None),
    ],
)
def test_datetime_numbers(number: int, wanted: str | None) -> None:
    value = datetime_of_number(number).value
    assert (None if value is None else format_datetime(value)) == wanted


def test_duration_numbers() -> None:
    assert format_duration(duration_of_number(-101112).value or 0) == "-10:11:12"
    assert duration_of_number(9000000).problem == Problem.OUT_OF_RANGE
    assert duration_of_number(6100).value is None


def test_years() -> None:
    assert [year_of_number(n) for n in (0, 1, 69, 70, 99, 1900, 1901, 2155, 2156)] == [
        *(0, 2001, 2069, 1970, 1999, None, 1901, 2155, None)
    ]
    assert year_of_number(0, is_text=True) == 2000


def test_packed_form() -> None:
    assert pack(2018, 1, 19, 3, 14, 7) == 0x199EE63387000000
    assert pack(2024, 1, 2, 3, 4, 5, 678901) == 0x19B24431050A5BF5
    assert unpack(pack(2024, 1, 2, 3, 4, 5, 678901)) == (2024, 1, 2, 3, 4, 5, 678901)
    assert [day_number(0, 1, 1), day_number(1970, 1, 1), day_number(9999, 12, 31)] == [1, 719528, 3652424]


def test_clock_changes() -> None:
    berlin = zone_of_name("europe/berlin")
    gap, twice = pack(2021, 3, 28, 2, 30), pack(2021, 10, 31, 2, 30)
    assert is_in_gap(gap, berlin)
    assert format_datetime(to_utc(gap, berlin)) == "2021-03-28 01:00:00"
    assert format_datetime(from_utc(to_utc(gap, berlin), berlin)) == "2021-03-28 03:00:00"
    assert format_datetime(to_utc(twice, berlin)) == "2021-10-31 00:30:00"
    assert not is_in_gap(twice, berlin)
    assert from_utc(0, berlin) == 0


def test_zone_names() -> None:
    assert zone_of_name("+14:00").utcoffset(None) is not None
    for name in ("+14:01", "-14:00", "nowhere", "+5", "+05:99"):
        with pytest.raises(SqlError, match="Unknown or incorrect time zone"):
            zone_of_name(name)
