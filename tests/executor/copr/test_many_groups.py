"""Sums of many groups are worked out in arrays, and are what a few groups get one by one."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.copr.aggregate import MANY_GROUPS, ExactSumState
from sqlnode.base.types import arrow_type, decimal

_SMALL = st.integers(-(10**15), 10**15)
_LARGE = st.integers(-(10**27), 10**27)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([_SMALL, _LARGE]), st.booleans())
def test_sums(data: st.DataObject, numbers: st.SearchStrategy[int], wide: bool) -> None:
    rows = data.draw(st.lists(st.none() | numbers, min_size=1, max_size=200))
    groups = np.array(data.draw(st.lists(st.integers(0, 99), min_size=len(rows), max_size=len(rows))))
    source = pa.decimal256(40, 2) if wide else pa.decimal128(30, 2)
    values = [None if row is None else Decimal(row).scaleb(-2) for row in rows]
    result = decimal(40, 2)
    state = ExactSumState(result)
    half = len(rows) // 2
    for part in (slice(0, half), slice(half, None)):
        if len(values[part]):
            state.update(pa.array(values[part], source), groups[part], 100)
    expected: list[Decimal | None] = [None] * 100
    for group, value in zip(groups.tolist(), values):
        if value is not None:
            expected[group] = (expected[group] or Decimal(0)) + value
    assert MANY_GROUPS <= 100
    assert state.columns(100)[0].to_pylist() == expected
    found = state.decimals(100, arrow_type(result))
    if numbers is _SMALL:
        assert found is not None
    assert found is None or found.to_pylist() == expected


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=50))
def test_sums_of_integers(rows: list[int]) -> None:
    result = decimal(41, 0)
    state = ExactSumState(result)
    state.update(pa.array(rows, pa.int64()), np.zeros(len(rows), np.int64), 100)
    assert state.columns(100)[0].to_pylist() == [Decimal(sum(rows)), *[None] * 99]
