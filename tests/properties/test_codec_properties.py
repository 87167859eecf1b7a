"""Codecs: what is written is read back, and encoded keys keep the order of their values."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlnode.base import json as binary_json
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from store.codec import keys
from store.codec.chunk import decode_chunk, decode_datum_rows, encode_chunk, encode_datum_rows
from store.codec.decimals import decode_decimal, decode_struct, encode_decimal, encode_struct, make_decimal
from store.codec.key_batch import KeyCursor
from store.codec.rows import ColumnSpec, RowDecoder, decode_rows, encode_row

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
UINT64 = st.integers(0, (1 << 64) - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)


@given(INT64, INT64)
def test_int_order(one: int, two: int) -> None:
    left, right = keys.encode_int(one), keys.encode_int(two)
    assert (left < right) == (one < two)
    assert keys.decode_int(left) == one


@given(FLOATS, FLOATS)
def test_float_order(one: float, two: float) -> None:
    left, right = keys.encode_float(one), keys.encode_float(two)
    assert (left < right) == (one < two)
    assert keys.decode_float(left) == one


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=4))
def test_bytes_order(one: bytes, two: bytes, rest: bytes) -> None:
    left, right = keys.encode_bytes(one), keys.encode_bytes(two)
    assert (left < right) == (one < two)
    assert keys.decode_bytes(left + rest) == (one, len(left))
    assert len(left) == (len(one) // 8 + 1) * 9


@given(st.binary(max_size=20))
def test_bytes_reject_garbage(data: bytes) -> None:
    try:
        value, end = keys.decode_bytes(data)
    except ValueError:
        return
    assert keys.encode_bytes(value) == data[:end]


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_prefix_next(prefix: bytes, tail: bytes) -> None:
    following = keys.prefix_next(prefix)
    if following:
        assert prefix + tail < following
        assert not following.startswith(prefix) or prefix == b""


@given(INT64)
def test_varints(value: int) -> None:
    out = bytearray()
    keys.append_varint(out, value)
    assert keys.read_varint(bytes(out), 0) == (value, len(out))


@st.composite
def decimals(draw: st.DrawFn) -> tuple[int, int, list[Decimal]]:
    precision = draw(st.integers(1, 65))
    scale = draw(st.integers(0, min(precision, 30)))
    limit = 10**precision - 1
    numbers = draw(st.lists(st.integers(-limit, limit), min_size=1, max_size=6))
    return precision, scale, [make_decimal(number, scale) for number in numbers]


@given(decimals())
def test_decimal_forms(case: tuple[int, int, list[Decimal]]) -> None:
    precision, scale, values = case
    encoded = [encode_decimal(value, precision, scale) for value in values]
    for value, data in zip(values, encoded, strict=True):
        assert decode_decimal(data) == (value, len(data))
        assert decode_struct(encode_struct(value, scale)) == value
    assert [decode_decimal(data)[0] for data in sorted(encoded)] == sorted(values)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**20), max_value=10**20))
def test_decimal_natural(value: Decimal) -> None:
    assert decode_decimal(encode_decimal(value))[0] == value


def _typed(sql_type: SqlType, values: st.SearchStrategy[Value]) -> tuple[SqlType, st.SearchStrategy[Value]]:
    return sql_type, st.none() | values


COLUMN_KINDS: list[tuple[SqlType, st.SearchStrategy[Value]]] = [
    _typed(SqlType(TypeCode.LONGLONG), INT64),
    _typed(SqlType(TypeCode.LONGLONG, Flag.UNSIGNED), UINT64),
    _typed(SqlType(TypeCode.DOUBLE), FLOATS),
    _typed(SqlType(TypeCode.VARCHAR), st.binary(max_size=30)),
    _typed(
        SqlType(TypeCode.NEWDECIMAL, 0, 12, 4), st.integers(-(10**12) + 1, 10**12 - 1).map(lambda n: make_decimal(n, 4))
    ),
    _typed(
        SqlType(TypeCode.NEWDECIMAL, 0, 65, 30),
        st.integers(-(10**65) + 1, 10**65 - 1).map(lambda n: make_decimal(n, 30)),
    ),
    _typed(SqlType(TypeCode.TIME, 0, 10, 6), st.integers(-(10**15), 10**15)),
    _typed(SqlType(TypeCode.YEAR, Flag.UNSIGNED), st.integers(1901, 2155)),
    _typed(SqlType(TypeCode.BIT, Flag.UNSIGNED, 64), UINT64),
    _typed(SqlType(TypeCode.ENUM, elements=("a", "b")), st.integers(0, 2)),
]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[SqlType], list[list[Value]]]:
    kinds = draw(st.lists(st.sampled_from(COLUMN_KINDS), min_size=1, max_size=6))
    ids = draw(st.lists(st.integers(1, 400), min_size=len(kinds), max_size=len(kinds), unique=True))
    rows = draw(st.lists(st.tuples(*(values for _, values in kinds)), min_size=1, max_size=8))
    return ids, [sql_type for sql_type, _ in kinds], [list(row) for row in rows]


@settings(max_examples=200, deadline=None)
@given(tables(), st.booleans())
def test_rows_both_ways(table: tuple[list[int], list[SqlType], list[list[Value]]], keep: bool) -> None:
    ids, types, rows = table
    kept = frozenset(ids) if keep else frozenset()
    stored = [encode_row(ids, types, row, keep_nulls=kept) for row in rows]
    specs = [ColumnSpec(column_id, sql_type) for column_id, sql_type in zip(ids, types, strict=True)]
    decoder = RowDecoder(specs)
    assert [decoder.decode(value, 0) for value in stored] == rows
    batch = decode_rows([], stored, specs)
    assert [list(row.values()) for row in batch.to_pylist()] == rows


@settings(max_examples=200, deadline=None)
@given(tables())
def test_chunks_both_ways(table: tuple[list[int], list[SqlType], list[list[Value]]]) -> None:
    _, types, rows = table
    arrays = [pa.array([row[index] for row in rows], sql_type.arrow) for index, sql_type in enumerate(types)]
    batch = pa.RecordBatch.from_arrays(arrays, names=[str(index) for index in range(len(types))])
    assert decode_chunk(encode_chunk(batch, types), types).equals(batch)
    assert decode_datum_rows(encode_datum_rows(batch, types), types).equals(batch)


@settings(max_examples=200, deadline=None)
@given(tables())
def test_key_columns(table: tuple[list[int], list[SqlType], list[list[Value]]]) -> None:
    _, types, rows = table
    encoded = [b"".join(map(keys.encode_key_value, row, types)) for row in rows]
    cursor = KeyCursor(encoded, 0)
    columns = [cursor.read(sql_type).to_pylist() for sql_type in types]
    assert [list(row) for row in zip(*columns, strict=True)] == rows
    assert cursor.positions.tolist() == cursor.ends.tolist()


@given(st.lists(st.tuples(INT64, st.binary(max_size=12)), min_size=2, max_size=6))
def test_composite_key_order(rows: list[tuple[int, bytes]]) -> None:
    types = [SqlType(TypeCode.LONGLONG), SqlType(TypeCode.VARCHAR)]
    encoded = sorted((b"".join(map(keys.encode_key_value, row, types)), row) for row in rows)
    assert [row for _, row in encoded] == sorted(rows)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | INT64 | FLOATS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON_VALUES)
def test_json_round_trip(value: binary_json.Json) -> None:
    data = binary_json.encode(value)
    assert binary_json.decode(data) == value
    assert binary_json.compare(data, binary_json.parse_text(binary_json.to_text(data))) == 0


@settings(deadline=None)
@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_json_order_is_total(one: binary_json.Json, two: binary_json.Json, three: binary_json.Json) -> None:
    compare = binary_json.compare_values
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


def test_row_that_is_not_one() -> None:
    with pytest.raises(ValueError):
        keys.decode_record_key(b"t")
