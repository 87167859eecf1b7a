"""Values brought to columns: MySQL's results, errors and warnings; whole arrays against single values."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.context import SqlMode
from planner.expr.assignment import assigner
from planner.expr.assignment_arrays import assign_array
from planner.expr.evaluation import EvalContext
from sqlnode.base import types
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.temporal import format_datetime, format_duration, pack, zone_of_name
from sqlnode.base.types import Flag, SqlType, TypeCode, Value, arrow_type

TEXT = types.varchar(100)
BYTES = types.varbinary(100)
BIGINT = types.integer()
REAL = types.double()


def column(sql_type: SqlType) -> ColumnInfo:
    return ColumnInfo(1, "c", 0, sql_type)


def context(*, strict: bool = True, zone: str = "+00:00") -> tuple[EvalContext, list[SqlWarning]]:
    warnings: list[SqlWarning] = []
    mode = SqlMode.DEFAULT if strict else SqlMode.DEFAULT & ~(SqlMode.STRICT | 0x1800000)
    found = EvalContext(sql_mode=mode, strict_dml=strict, in_dml=True, zone=zone_of_name(zone), warn=warnings.append)
    return found, warnings


def assign(value: Value, source: SqlType, target: SqlType, *, strict: bool = True, zone: str = "+00:00") -> str:
    """The stored value, and what was said about it, as text."""
    found, warnings = context(strict=strict, zone=zone)
    try:
        result = assigner(source, column(target))(value, found, 1)
    except SqlError as error:
        return f"{error.code} {error.message}"
    text = str(result)
    if isinstance(result, bytes):
        text = repr(result.decode("utf-8", "backslashreplace"))
    elif target.is_temporal and isinstance(result, int):
        text = format_datetime(result, target.code, target.fsp)
    elif target.code == TypeCode.TIME and isinstance(result, int):
        text = format_duration(result, target.fsp)
    return " | ".join([text, *(f"{w.level} {w.code} {w.message}" for w in warnings)])


TINY, UTINY = types.integer(TypeCode.TINY), types.integer(TypeCode.TINY, unsigned=True)
DEC = types.decimal(5, 2)
CHAR = SqlType(TypeCode.STRING, 0, 3, -1, "utf8mb4", "utf8mb4_0900_ai_ci")
VARCHAR = SqlType(TypeCode.VARCHAR, 0, 3, -1, "utf8mb4", "utf8mb4_0900_ai_ci")
LATIN = SqlType(TypeCode.VARCHAR, 0, 9, -1, "latin1", "latin1_swedish_ci")
BINARY = SqlType(TypeCode.STRING, Flag.BINARY, 3, -1)
TINYTEXT = SqlType(TypeCode.TINY_BLOB, 0, 255, -1, "utf8mb4", "utf8mb4_bin")
ENUM = SqlType(TypeCode.ENUM, 0, 1, -1, "utf8mb4", "utf8mb4_0900_ai_ci", ("a", "b", "2"))
SET = SqlType(TypeCode.SET, 0, 5, -1, "utf8mb4", "utf8mb4_0900_ai_ci", ("a", "b", "c"))
BIT = SqlType(TypeCode.BIT, Flag.UNSIGNED, 4)
DATE, DATETIME, TIMESTAMP = types.date(), types.datetime(), SqlType(TypeCode.TIMESTAMP, Flag.BINARY, 19, 0)
TIME, YEAR, JSON = types.time(), SqlType(TypeCode.YEAR, Flag.UNSIGNED, 4, 0), types.json()
FLOAT, UDOUBLE = SqlType(TypeCode.FLOAT, 0, 12, -1), replace(types.double(), flags=Flag.UNSIGNED)

STRICT_CASES: list[tuple[Value, SqlType, SqlType, str]] = [
    (127, BIGINT, TINY, "127"),
    (128, BIGINT, TINY, "1264 Out of range value for column 'c' at row 1"),
    (-1, BIGINT, UTINY, "1264 Out of range value for column 'c' at row 1"),
    (2.5, REAL, TINY, "2"),
    (3.5, REAL, TINY, "4"),
    (Decimal("2.5"), types.decimal(3, 1), TINY, "3"),
    (b" 12 ", TEXT, TINY, "12"),
    (b"1.5e1", TEXT, TINY, "15"),
    (b"12.5", TEXT, TINY, "13"),
    (b"12abc", TEXT, TINY, "1265 Data truncated for column 'c' at row 1"),
    (b"abc", TEXT, TINY, "1366 Incorrect integer value: 'abc' for column 'c' at row 1"),
    (b"", TEXT, TINY, "1366 Incorrect integer value: '' for column 'c' at row 1"),
    (pack(2024, 1, 2), DATE, BIGINT, "20240102"),
    (b"abc", TEXT, REAL, "1265 Data truncated for column 'c' at row 1"),
    (-1.0, REAL, UDOUBLE, "1264 Out of range value for column 'c' at row 1"),
    (1e39, REAL, FLOAT, "1264 Out of range value for column 'c' at row 1"),
    (Decimal("1.239"), types.decimal(4, 3), DEC, "1.24 | Note 1265 Data truncated for column 'c' at row 1"),
    (1000, BIGINT, DEC, "1264 Out of range value for column 'c' at row 1"),
    (b"abc", TEXT, DEC, "1366 Incorrect decimal value: 'abc' for column 'c' at row 1"),
    (b"1.5", TEXT, DEC, "1.50"),
    (b"abcd", TEXT, VARCHAR, "1406 Data too long for column 'c' at row 1"),
    (b"abc  ", TEXT, VARCHAR, "'abc' | Note 1265 Data truncated for column 'c' at row 1"),
    (b"ab   ", TEXT, VARCHAR, "'ab ' | Note 1265 Data truncated for column 'c' at row 1"),
    (b"ab   ", TEXT, CHAR, "'ab'"),
    (b"\xff", BYTES, CHAR, "1366 Incorrect string value: '\\xFF' for column 'c' at row 1"),
    (
        "日本".encode(),
        TEXT,
        LATIN,
        "1366 Incorrect string value: '\\xE6\\x97\\xA5\\xE6\\x9C\\xAC' for column 'c' at row 1",
    ),
    ("€é".encode(), TEXT, LATIN, "'€é'"),
    (b"ab", TEXT, BINARY, "'ab\\x00'"),
    (b"abcd", BYTES, BINARY, "1406 Data too long for column 'c' at row 1"),
    (b"x" * 256, TEXT, TINYTEXT, "1406 Data too long for column 'c' at row 1"),
    (12, BIGINT, VARCHAR, "'12'"),
    (b"B", TEXT, ENUM, "2"),
    (b"2", TEXT, ENUM, "3"),
    (b"1", TEXT, ENUM, "1"),
    (b"x", TEXT, ENUM, "1265 Data truncated for column 'c' at row 1"),
    (4, BIGINT, ENUM, "1265 Data truncated for column 'c' at row 1"),
    (b"c,A", TEXT, SET, "5"),
    (b"", TEXT, SET, "0"),
    (b"a,x", TEXT, SET, "1265 Data truncated for column 'c' at row 1"),
    (15, BIGINT, BIT, "15"),
    (16, BIGINT, BIT, "1406 Data too long for column 'c' at row 1"),
    (b"\x05", BYTES, BIT, "5"),
    (b"2024-02-30", TEXT, DATE, "1292 Incorrect date value: '2024-02-30' for column 'c' at row 1"),
    (b"0000-00-00", TEXT, DATE, "1292 Incorrect date value: '0000-00-00' for column 'c' at row 1"),
    (b"2024-00-01", TEXT, DATE, "1292 Incorrect date value: '2024-00-01' for column 'c' at row 1"),
    (b"2024-01-02 10:00:00", TEXT, DATE, "2024-01-02 | Note 1265 Data truncated for column 'c' at row 1"),
    (b"abc", TEXT, DATETIME, "1292 Incorrect datetime value: 'abc' for column 'c' at row 1"),
    (b"2024-01-02 10:00:00.6", TEXT, DATETIME, "2024-01-02 10:00:01"),
    (240102, BIGINT, DATETIME, "2024-01-02 00:00:00"),
    (b"2040-01-01", TEXT, TIMESTAMP, "1292 Incorrect datetime value: '2040-01-01' for column 'c' at row 1"),
    (b"900:00:00", TEXT, TIME, "1292 Incorrect time value: '900:00:00' for column 'c' at row 1"),
    (b"10:11", TEXT, TIME, "10:11:00"),
    (101112, BIGINT, TIME, "10:11:12"),
    (70, BIGINT, YEAR, "1970"),
    (b"0", TEXT, YEAR, "2000"),
    (b"0000", TEXT, YEAR, "0"),
    (1900, BIGINT, YEAR, "1264 Out of range value for column 'c' at row 1"),
    (None, TEXT, types.integer(not_null=True), "1048 Column 'c' cannot be null"),
    (
        1,
        BIGINT,
        JSON,
        "3140 Invalid JSON text: \"not a JSON text, may need CAST\" at position 0 in value for column 'c'.",
    ),
    (b"{}", BYTES, JSON, "3144 Cannot create a JSON value from a string with CHARACTER SET 'binary'."),
]

LOOSE_CASES: list[tuple[Value, SqlType, SqlType, str]] = [
    (300, BIGINT, TINY, "127 | Warning 1264 Out of range value for column 'c' at row 1"),
    (b"12abc", TEXT, TINY, "12 | Warning 1265 Data truncated for column 'c' at row 1"),
    (b"abc", TEXT, TINY, "0 | Warning 1366 Incorrect integer value: 'abc' for column 'c' at row 1"),
    (b"abcd", TEXT, VARCHAR, "'abc' | Warning 1265 Data truncated for column 'c' at row 1"),
    (b"2024-02-30", TEXT, DATE, "0000-00-00 | Warning 1264 Out of range value for column 'c' at row 1"),
    (b"abc", TEXT, DATE, "0000-00-00 | Warning 1265 Data truncated for column 'c' at row 1"),
    (b"2024-01-02x", TEXT, DATE, "2024-01-02 | Warning 1265 Data truncated for column 'c' at row 1"),
    (b"900:00:00", TEXT, TIME, "838:59:59 | Warning 1264 Out of range value for column 'c' at row 1"),
    (b"x", TEXT, ENUM, "0 | Warning 1265 Data truncated for column 'c' at row 1"),
    (b"a,x", TEXT, SET, "1 | Warning 1265 Data truncated for column 'c' at row 1"),
    (16, BIGINT, BIT, "15 | Warning 1264 Out of range value for column 'c' at row 1"),
    (b"a\xffb", BYTES, VARCHAR, "'a' | Warning 1366 Incorrect string value: '\\xFFb' for column 'c' at row 1"),
    (None, TEXT, types.integer(not_null=True), "0 | Warning 1048 Column 'c' cannot be null"),
    (b"12.5x", TEXT, DEC, "12.50 | Warning 1265 Data truncated for column 'c' at row 1"),
]


@pytest.mark.parametrize(("value", "source", "target", "wanted"), STRICT_CASES)
def test_strict(value: Value, source: SqlType, target: SqlType, wanted: str) -> None:
    assert assign(value, source, target) == wanted


@pytest.mark.parametrize(("value", "source", "target", "wanted"), LOOSE_CASES)
def test_not_strict(value: Value, source: SqlType, target: SqlType, wanted: str) -> None:
    assert assign(value, source, target, strict=False) == wanted


def test_skipped_hour() -> None:
    text = b"2021-03-28 02:30:00"
    wanted = "1292 Incorrect datetime value: '2021-03-28 02:30:00' for column 'c' at row 1"
    assert assign(text, TEXT, TIMESTAMP, zone="Europe/Berlin") == wanted
    assert assign(text, TEXT, TIMESTAMP, zone="Europe/Berlin", strict=False) == (
        "2021-03-28 03:00:00 | Warning 1299 Invalid TIMESTAMP value in column 'c' at row 1"
    )
    assert assign(text, TEXT, DATETIME, zone="Europe/Berlin") == "2021-03-28 02:30:00"


TARGETS = [
    *(t for t in (TINY, UTINY, BIGINT, REAL, DEC, types.decimal(40, 3), CHAR, VARCHAR, LATIN, BINARY, BYTES, ENUM)),
    *(DATE, DATETIME, types.datetime(3), TIME, types.time(2), SET, FLOAT, TINYTEXT, types.integer(not_null=True)),
]
_TEXTS = st.one_of(
    st.text("0123456789-.: é a", max_size=8).map(str.encode),
    st.integers(-300, 300).map(lambda n: b"%d" % n),
    st.dates().map(lambda d: d.isoformat().encode()),
    st.datetimes().map(lambda d: d.isoformat(" ").encode()),
    st.decimals(-2000, 2000, places=2).map(lambda d: str(d).encode()),
    st.sampled_from([b"a", b"B", b"2", b"\xff", b"abc  ", b"10:11:12"]),
)


def _both(values: list[Value], source: SqlType, target: SqlType, *, strict: bool) -> None:
    """The array way and the value way must say and give the same."""
    one, one_warnings = context(strict=strict)
    many, many_warnings = context(strict=strict)
    assign_one = assigner(source, column(target))
    wanted: object
    try:
        wanted = [assign_one(value, one, row) for row, value in enumerate(values, 5)]
    except SqlError as error:
        with pytest.raises(SqlError) as found:
            assign_array(pa.array(values, arrow_type(source)), source, column(target), many, first_row=5)
        assert found.value.message == error.message
        return
    result = assign_array(pa.array(values, arrow_type(source)), source, column(target), many, first_row=5)
    assert result.to_pylist() == wanted
    assert result.type == arrow_type(target)
    assert many_warnings == one_warnings


@settings(max_examples=60, deadline=None)
@given(st.lists(_TEXTS | st.none(), max_size=6), st.booleans())
@pytest.mark.parametrize("target", TARGETS)
def test_arrays_of_texts(target: SqlType, values: list[Value], strict: bool) -> None:
    _both(values, TEXT, target, strict=strict)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-300, 300) | st.integers(-(1 << 63), (1 << 63) - 1) | st.none(), max_size=6), st.booleans())
@pytest.mark.parametrize("target", TARGETS)
def test_arrays_of_integers(target: SqlType, values: list[Value], strict: bool) -> None:
    _both(values, BIGINT, target, strict=strict)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes() | st.none(), max_size=6), st.booleans())
@pytest.mark.parametrize("target", [DATE, DATETIME, types.datetime(6), TIME, VARCHAR, BIGINT])
def test_arrays_of_times(target: SqlType, values: list[object], strict: bool) -> None:
    packed: list[Value] = [
        None if d is None else pack(d.year, d.month, d.day, d.hour, d.minute, d.second, d.microsecond)  # type: ignore[attr-defined]
        for d in values
    ]
    _both(packed, types.datetime(6), target, strict=strict)
