"""Temporal kernels over whole columns. None stands for "not exactly": the scalar kernel runs instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from sqlnode.base.packed_time import MINUTE, SECOND
from sqlnode.base.temporal_arrays import Numbers, Packed, date_parts, day_numbers, real_dates, time_parts

ArrayKernel: TypeAlias = Callable[[pa.Array], "pa.Array | None"]


def packed_values(array: pa.Array) -> Packed:
    """The packed times of a column, zero for NULL."""
    filled = array.fill_null(0) if array.null_count else array
    values: Packed = filled.to_numpy(zero_copy_only=False)
    return values


def with_nulls_of(values: Numbers | Packed, array: pa.Array) -> pa.Array:
    """An Arrow array of numpy values with the NULLs of another."""
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    return pa.array(values, mask=mask)


def all_real(array: pa.Array, packed: Packed) -> bool:
    """Whether every value that is not NULL is a real date."""
    real = real_dates(packed)
    if array.null_count:
        real |= array.is_null().to_numpy(zero_copy_only=False)
    return bool(real.all())


def _year_starts(years: Numbers) -> Numbers:
    ones = np.ones(len(years), np.int64)
    return day_numbers(years, ones, ones)


_PARTS: dict[str, Callable[[Numbers, Numbers, Numbers], Numbers]] = {
    "year": lambda years, months, days: years,
    "month": lambda years, months, days: months,
    "dayofmonth": lambda years, months, days: days,
    "quarter": lambda years, months, days: (months + 2) // 3,
    "year_month": lambda years, months, days: years * 100 + months,
}
_NUMBERS: dict[str, Callable[[Numbers, Numbers, Numbers], Numbers]] = {
    "to_days": day_numbers,
    "weekday": lambda years, months, days: (day_numbers(years, months, days) + 5) % 7,
    "dayofweek": lambda years, months, days: (day_numbers(years, months, days) + 6) % 7 + 1,
    "dayofyear": lambda years, months, days: day_numbers(years, months, days) - _year_starts(years) + 1,
}


def date_part_array(name: str) -> ArrayKernel:
    """YEAR, MONTH, … of a column of packed times."""
    any_date = _PARTS.get(name)
    if any_date is not None:
        part = any_date
        return lambda array: with_nulls_of(part(*date_parts(packed_values(array))), array)
    number = _NUMBERS[name]

    def run(array: pa.Array) -> pa.Array | None:
        packed = packed_values(array)
        return with_nulls_of(number(*date_parts(packed)), array) if all_real(array, packed) else None

    return run


_DURATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "hour": lambda sizes: sizes // (60 * MINUTE),
    "minute": lambda sizes: sizes // MINUTE % 60,
    "second": lambda sizes: sizes // SECOND % 60,
    "microsecond": lambda sizes: sizes % SECOND // 1000,
}
_PLACES = {"hour": 0, "minute": 1, "second": 2, "microsecond": 3}


def time_part_array(name: str) -> ArrayKernel:
    """HOUR, MINUTE, SECOND, MICROSECOND of a column of packed times or durations."""

    def run(array: pa.Array) -> pa.Array:
        if array.type == pa.int64():
            durations = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
            return with_nulls_of(_DURATIONS[name](np.abs(durations)), array)
        return with_nulls_of(time_parts(packed_values(array))[_PLACES[name]], array)

    return run
