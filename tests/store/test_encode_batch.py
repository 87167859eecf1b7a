"""Rows and keys encoded by column are the bytes that are encoded one by one."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlnode.base.types import SqlType, TypeCode, Value, arrow_type, decimal, double, integer, varchar
from store.codec.byte_arrays import values_to_array
from store.codec.encode_batch import RowBatchEncoder, cells_to_list, key_cells, value_cells
from store.codec.keys import encode_key_value
from store.codec.row_format import encode_row, value_encoder

_I64 = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-300, 300) | st.integers(-70_000, 70_000)
_U64 = st.integers(0, (1 << 64) - 1) | st.integers(0, 70_000)
_UNSIGNED = integer(unsigned=True)
_DATETIME = SqlType(TypeCode.DATETIME)


def _decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda number: Decimal(number).scaleb(-scale))


_COLUMNS: list[tuple[SqlType, st.SearchStrategy[Value]]] = [
    (integer(), _I64),
    (_UNSIGNED, _U64),
    (decimal(15, 2), _decimals(15, 2)),
    (decimal(28, 10), _decimals(28, 10)),
    (double(), st.floats(allow_nan=False, allow_infinity=False)),
    (varchar(), st.binary(max_size=300)),
    (_DATETIME, _U64),
]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rows(data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.tuples(*(st.none() | values for _, values in _COLUMNS)), min_size=1, max_size=30))
    types = [sql_type for sql_type, _ in _COLUMNS]
    ids = list(range(1, len(types) + 1))
    kept = frozenset({2, 6})
    encoder = RowBatchEncoder([(i, sql_type, i in kept) for i, sql_type in zip(ids, types)])
    arrays = [values_to_array(list(column), sql_type) for column, sql_type in zip(zip(*rows), types)]
    expected = [encode_row(ids, types, row, keep_nulls=kept) for row in rows]
    found = encoder.encode(arrays)
    assert found == expected or (found is None and len({tuple(v is None for v in row) for row in rows}) > 1)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(_COLUMNS))
def test_cells(data: st.DataObject, column: tuple[SqlType, st.SearchStrategy[Value]]) -> None:
    sql_type, strategy = column
    values = data.draw(st.lists(strategy, min_size=1, max_size=50))
    array = values_to_array(values, sql_type)
    encode = value_encoder(sql_type)
    assert cells_to_list(value_cells(array, sql_type)) == [encode(value) for value in values]
    keys = key_cells(array, sql_type)
    if keys is not None:
        assert cells_to_list(keys) == [encode_key_value(value, sql_type) for value in values]


def test_a_sliced_column() -> None:
    array = pa.array([b"a", b"bc", b"", b"def"], arrow_type(varchar())).slice(1, 3)
    assert cells_to_list(array) == [b"bc", b"", b"def"]


def test_rows_beyond_small_offsets_are_left_to_others() -> None:
    assert RowBatchEncoder([(1, varchar(), False)]).encode([pa.array([b"x" * 70_000], pa.binary())]) is None
    assert RowBatchEncoder([(300, integer(), False)]).encode([pa.array([1], pa.int64())]) is None
