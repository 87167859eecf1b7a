"""Whole-column dates and times against the scalar rules."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlnode.base import temporal_arrays as arrays
from sqlnode.base.temporal import (
    day_number,
    days_in_month,
    epoch_of,
    format_datetime,
    format_duration,
    from_utc,
    pack,
    pack_epoch,
    parse_datetime,
    parse_duration,
    to_utc,
    unpack_date,
    zone_of_name,
)
from sqlnode.base.types import TypeCode

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "+05:30", "UTC", "Asia/Kathmandu")


@st.composite
def times(draw: st.DrawFn) -> int:
    """A packed time with a real date, often near the clock changes of our days."""
    year = draw(st.integers(1, 9999) | st.integers(1900, 2037))
    month = draw(st.integers(1, 12))
    day = draw(st.integers(1, days_in_month(year, month)))
    hour, minute = draw(st.integers(0, 23)), draw(st.sampled_from([0, 29, 30, 59]))
    return pack(year, month, day, hour, minute, draw(st.integers(0, 59)), draw(st.integers(0, 999999)))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(times() | st.sampled_from([0, pack(2020, 0, 1), pack(2020, 2, 0)]), max_size=20), st.sampled_from(ZONES)
)
def test_zones(values: list[int], name: str) -> None:
    zone = zone_of_name(name)
    packed = np.array(values, np.uint64)
    assert arrays.from_utc_values(packed, zone).tolist() == [from_utc(value, zone) for value in values]
    assert arrays.to_utc_values(packed, zone).tolist() == [to_utc(value, zone) for value in values]


@settings(max_examples=100, deadline=None)
@given(st.lists(times(), max_size=20))
def test_calendar(values: list[int]) -> None:
    packed = np.array(values, np.uint64)
    assert arrays.day_numbers(*arrays.date_parts(packed)).tolist() == [day_number(*unpack_date(v)) for v in values]
    epochs = arrays.epochs(packed)
    assert epochs.tolist() == [epoch_of(value) for value in values]
    assert arrays.pack_epochs(epochs).tolist() == [pack_epoch(int(value)) for value in epochs]


@settings(max_examples=100, deadline=None)
@given(st.lists(times() | st.none() | st.just(0), max_size=20), st.integers(0, 6))
def test_datetime_texts(values: list[int | None], fsp: int) -> None:
    column = pa.array(values, pa.uint64())
    for code in (TypeCode.DATE, TypeCode.DATETIME):
        texts = arrays.format_datetimes(column, code, fsp)
        wanted = [None if value is None else format_datetime(value, code, fsp).encode() for value in values]
        assert texts.to_pylist() == wanted
        packed, done = arrays.parse_datetimes(texts, fsp)
        for text, value, read in zip(wanted, packed.tolist(), done.tolist(), strict=True):
            assert read == (text is not None and not text.startswith(b"0000"))
            if read and text is not None:
                assert tuple(parse_datetime(text, fsp))[:4] == (
                    value,
                    0,
                    fsp if code == TypeCode.DATETIME else 0,
                    code == TypeCode.DATE,
                )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.binary(min_size=8, max_size=12) | st.from_regex(rb"\A[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?\Z"),
        max_size=10,
    )
)
def test_duration_texts(values: list[bytes]) -> None:
    found, done = arrays.parse_durations(pa.array(values, pa.binary()), 6)
    for text, value, read in zip(values, found.tolist(), done.tolist(), strict=True):
        if read:
            assert parse_duration(text, 6)[:2] == (value, 0)
    column = pa.array([value for value, read in zip(found.tolist(), done.tolist(), strict=True) if read], pa.int64())
    texts = arrays.format_durations(column, 6)
    assert texts is not None
    assert texts.to_pylist() == [format_duration(value, 6).encode() for value in column.to_pylist()]
