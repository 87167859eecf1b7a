"""Cells of every type, and that whole columns, single rows and stored rows become the same bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa
import pytest

from executor.result import StoredLayout, StoredRows
from planner.expr.nodes import Column
from sqlnode.base import types as t
from sqlnode.base.json import parse_text
from sqlnode.base.packed_time import DAY, SECOND, pack
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from sqlnode.base.zones import zone_of_name
from sqlnode.wire.binary_cells import binary_cell
from sqlnode.wire.resultset import RowEncoder
from sqlnode.wire.text_cells import text_bytes
from sqlnode.wire.transcode import transcoder
from store.codec.row_format import ColumnSpec, HandleParts, encode_row

UTF8 = ("utf8mb4", "utf8mb4_bin")
WIDE = Context(prec=80)
TYPES = {
    "enum": SqlType(TypeCode.ENUM, 0, 1, 0, *UTF8, ("a", "bé", "c")),
    "set": SqlType(TypeCode.SET, 0, 1, 0, *UTF8, ("a", "bé", "c")),
    "zerofill": SqlType(TypeCode.LONG, Flag.ZEROFILL | Flag.UNSIGNED, 8, 0),
    "bit": SqlType(TypeCode.BIT, Flag.UNSIGNED, 9),
    "year": SqlType(TypeCode.YEAR, Flag.UNSIGNED, 4),
    "float": SqlType(TypeCode.FLOAT),
    "double2": SqlType(TypeCode.DOUBLE, 0, 10, 2),
    "latin1": t.varchar(9, "latin1", "latin1_swedish_ci"),
}


def text(sql_type: SqlType, value: Any, charset: str | None = "utf8mb4") -> bytes:
    convert = text_bytes(sql_type, charset)
    return convert(value) if convert is not None else value


@pytest.mark.parametrize(
    ("sql_type", "value", "expected"),
    [
        (t.integer(), -(1 << 63), b"-9223372036854775808"),
        (t.integer(unsigned=True), (1 << 64) - 1, b"18446744073709551615"),
        (TYPES["zerofill"], 42, b"00000042"),
        (t.decimal(10, 2), Decimal("-0.50"), b"-0.50"),
        (t.decimal(65, 30), Decimal("1e-30"), b"0.000000000000000000000000000001"),
        (t.double(), 1e15, b"1e15"),
        (t.double(), 100000000000000.0, b"100000000000000"),
        (t.double(), 0.1, b"0.1"),
        (t.double(), -0.0, b"-0"),
        (t.double(), 1.7976931348623157e308, b"1.7976931348623157e308"),
        (TYPES["float"], 3.1415927410125732, b"3.14159"),
        (TYPES["float"], 16777216.0, b"16777200"),
        (TYPES["double2"], 3.14159, b"3.14"),
        (t.date(), 0, b"0000-00-00"),
        (t.date(), pack(2024, 0, 10), b"2024-00-10"),
        (t.datetime(), pack(2024, 2, 29, 23, 59, 58), b"2024-02-29 23:59:58"),
        (t.datetime(3), pack(2024, 2, 29, 0, 0, 0, 120000), b"2024-02-29 00:00:00.120"),
        (t.time(), -838 * 3600 * SECOND, b"-838:00:00"),
        (t.time(6), 1000, b"00:00:00.000001"),
        (TYPES["year"], 0, b"0000"),
        (TYPES["year"], 2024, b"2024"),
        (TYPES["bit"], 257, b"\x01\x01"),
        (TYPES["enum"], 2, "bé".encode()),
        (TYPES["enum"], 0, b""),
        (TYPES["set"], 5, b"a,c"),
        (TYPES["set"], 0, b""),
        (t.json(), parse_text('{"b": 1, "a": [1.0, null]}'), b'{"a": [1.0, null], "b": 1}'),
        (t.varbinary(), b"\x00\xff", b"\x00\xff"),
    ],
)
def test_texts(sql_type: SqlType, value: Value, expected: bytes) -> None:
    assert text(sql_type, value) == expected


def test_result_character_sets() -> None:
    word = "é😀".encode()
    assert text(t.varchar(), word, "latin1") == b"\xe9?"
    assert text(t.varchar(), word, "utf8") == "é?".encode()
    assert text(TYPES["latin1"], "é".encode(), None) == b"\xe9"
    assert text(TYPES["latin1"], "é".encode(), "utf8mb4") == "é".encode()
    assert text(TYPES["enum"], 2, "latin1") == b"b\xe9"
    assert text(t.varbinary(), word, "latin1") == word


@pytest.mark.parametrize(
    ("sql_type", "value", "expected"),
    [
        (t.integer(1), -1, "ff"),
        (t.integer(2), -2, "feff"),
        (t.integer(9), -3, "fdffffff"),
        (t.integer(3, unsigned=True), 1 << 31, "00000080"),
        (t.integer(), 5, "0500000000000000"),
        (TYPES["year"], 2024, "e807"),
        (TYPES["float"], 1.5, "0000c03f"),
        (t.double(), 1.5, "000000000000f83f"),
        (t.date(), pack(2024, 2, 29), "04e807021d"),
        (t.date(), 0, "00"),
        (t.datetime(), pack(2024, 2, 29), "04e807021d"),
        (t.datetime(), pack(2024, 2, 29, 1, 2, 3), "07e807021d010203"),
        (t.datetime(6), pack(2024, 2, 29, 0, 0, 0, 1), "0be807021d00000001000000"),
        (t.datetime(), 0, "00"),
        (t.time(), 0, "00"),
        (t.time(), -(DAY + 3661 * SECOND), "080101000000010101"),
        (t.time(6), 1000, "0c000000000000000001000000"),
        (t.decimal(5, 2), Decimal("1.5"), "04312e3530"),
        (TYPES["bit"], 257, "020101"),
    ],
)
def test_binary_cells(sql_type: SqlType, value: Value, expected: str) -> None:
    assert binary_cell(sql_type)(value).hex() == expected


def columns_and_values(seed: int, count: int) -> tuple[list[Column], list[list[Value]]]:
    """Columns of every type with random values, a fifth of them NULL."""
    generator = random.Random(seed)
    columns: list[Column] = []
    data: list[list[Value]] = []

    def add(sql_type: SqlType, make: Callable[[], Value]) -> None:
        columns.append(Column(len(columns) + 1, "c", sql_type))
        data.append([None if generator.random() < 0.2 else make() for _ in range(count)])

    def number(low: int, high: int) -> int:
        return generator.choice([low, high, 0, generator.randint(low, high)])

    def moment() -> int:
        parts = (generator.randint(0, 9999), generator.randint(1, 12), generator.randint(1, 28))
        clock = (
            generator.randint(0, 23),
            generator.randint(0, 59),
            generator.randint(0, 59),
            generator.randint(0, 999999),
        )
        return generator.choice([0, pack(2024, 0, 10), pack(*parts), pack(*parts, *clock[:3]), pack(*parts, *clock)])

    for code, bits in ((1, 8), (2, 16), (9, 24), (3, 32), (8, 64)):
        add(t.integer(code), lambda bits=bits: number(-(1 << bits - 1), (1 << bits - 1) - 1))  # type: ignore[misc]
        add(t.integer(code, unsigned=True), lambda bits=bits: number(0, (1 << bits) - 1))  # type: ignore[misc]
    for precision, scale in ((5, 0), (10, 2), (38, 6), (38, 20), (65, 30), (65, 2)):
        top = 10**precision - 1
        add(t.decimal(precision, scale), lambda top=top, scale=scale: Decimal(number(-top, top)).scaleb(-scale, WIDE))  # type: ignore[misc]
    add(t.double(), lambda: generator.choice([0.0, -0.5, 1e20, 1e-20, generator.random(), 123456.0]))
    add(TYPES["float"], lambda: generator.choice([0.0, 1.5, 0.25]))
    add(TYPES["double2"], lambda: generator.random() * 100)
    for fsp in (0, 3, 6):
        add(t.datetime(fsp), moment)
        add(t.time(fsp), lambda: generator.choice([0, SECOND, -1000, number(-3020399 * SECOND, 3020399 * SECOND)]))
    add(t.date(), lambda: generator.choice([0, pack(2024, 1, 2)]))
    add(TYPES["year"], lambda: generator.choice([0, 1999, 2155]))
    add(TYPES["bit"], lambda: number(0, 511))
    add(TYPES["enum"], lambda: number(0, 3))
    add(TYPES["set"], lambda: number(0, 7))
    add(TYPES["zerofill"], lambda: number(0, 99))
    add(TYPES["latin1"], lambda: generator.choice([b"", "é".encode(), b"plain"]))
    add(t.varchar(), lambda: generator.choice([b"", b"y" * 250, b"z" * 251, b"q" * 70000, "é😀".encode()]))
    add(t.varbinary(), lambda: generator.randbytes(5))
    add(t.json(), lambda: parse_text('{"a": [1, 2.5, "é"]}'))
    return columns, data


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("charset", ["utf8mb4", "latin1", "utf8", None])
def test_batches_rows_and_stored_rows_are_the_same_bytes(charset: str | None, binary: bool) -> None:
    columns, data = columns_and_values(7, 120)
    rows: Sequence[tuple[Value, ...]] = list(zip(*data))
    encoder = RowEncoder(columns, charset, binary=binary)
    expected = [encoder.payload(row) for row in rows]
    arrays = [pa.array(values, column.type.arrow) for values, column in zip(data, columns)]
    batch = pa.record_batch(arrays, names=[str(column.id) for column in columns])
    assert list(encoder.payloads(batch)) == expected
    for start, count in ((0, 120), (17, 50), (119, 1)):
        packets = b"".join(
            len(payload).to_bytes(3, "little") + bytes(((250 + index) & 255,)) + payload
            for index, payload in enumerate(expected[start : start + count])
        )
        buffer = encoder.packets(batch.slice(start, count), 250)
        assert buffer is not None
        assert bytes(buffer) == packets
    layout = StoredLayout(tuple(ColumnSpec(column.id, column.type) for column in columns))
    types = [column.type for column in columns]
    ids = [column.id for column in columns]
    for keep in (frozenset[int](), frozenset(ids)):
        stored = StoredRows(tuple(columns), layout, [(1, encode_row(ids, types, row, keep_nulls=keep)) for row in rows])
        row_of = transcoder(stored, charset, binary=binary).row
        assert [row_of(value, handle) for handle, value in stored.values] == expected


def test_stored_rows_with_handles_defaults_and_zones() -> None:
    stamp = SqlType(TypeCode.TIMESTAMP, 0, 19, 0)
    columns = (
        Column(1, "id", t.integer()),
        Column(2, "missing", t.varchar()),
        Column(3, "at", stamp),
        Column(4, "part", t.varchar()),
    )
    specs = (
        ColumnSpec(1, columns[0].type, is_handle=True),
        ColumnSpec(2, columns[1].type, default=b"default"),
        ColumnSpec(3, stamp),
        ColumnSpec(4, columns[3].type),
    )
    layout = StoredLayout(specs, HandleParts())
    row = encode_row([3], [stamp], [pack(2024, 7, 1, 10, 0, 0)])
    for zone, expected in ((None, b"2024-07-01 10:00:00"), (zone_of_name("Europe/Berlin"), b"2024-07-01 12:00:00")):
        rows = StoredRows(columns, layout, [(-7, row)], zone)
        found = transcoder(rows, "utf8mb4", binary=False).row(row, -7)
        assert found == b"\x02-7\x07default\x13" + expected + b"\xfb"
        binary = transcoder(rows, "utf8mb4", binary=True).row(row, -7)
        assert binary[:2] == b"\x00\x20"
        assert binary[2:18] == (-7).to_bytes(8, "little", signed=True) + b"\x07default"


def test_rows_in_format_version_1() -> None:
    columns = (Column(1, "id", t.integer()), Column(2, "name", t.varchar()))
    layout = StoredLayout((ColumnSpec(1, columns[0].type, is_handle=True), ColumnSpec(2, columns[1].type)))
    row = b"\x08\x04\x02\x06abc"
    rows = StoredRows(columns, layout, [(9, row)])
    assert transcoder(rows, "utf8mb4", binary=False).row(row, 9) == b"\x019\x03abc"
