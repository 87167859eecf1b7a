"""The block reader against the parser, and what it must leave to the parser."""

from __future__ import annotations

from decimal import Decimal

import pytest

from planner.context import SqlMode
from planner.parse.entry import parse_text
from planner.parse.values_block import LEAST_LENGTH, LiteralKind, read_values

PADDING = ", ".join(["(0, 'padding', NULL)"] * 300)
K = LiteralKind


def block_of(row: str, *, mode: int = SqlMode.DEFAULT, head: str = "INSERT INTO t VALUES ", tail: str = ""):
    text = f"{head}({row}), " + ", ".join([f"({row})"] * (LEAST_LENGTH // len(row) + 2)) + tail
    return read_values(text, mode)


@pytest.mark.parametrize(
    ("literal", "value", "kind"),
    [
        ("1", 1, K.INTEGER),
        ("-9223372036854775808", -(1 << 63), K.INTEGER),
        ("18446744073709551615", (1 << 64) - 1, K.INTEGER),
        ("18446744073709551616", Decimal(1 << 64), K.DECIMAL),
        ("1.50", Decimal("1.50"), K.DECIMAL),
        (".5", Decimal("0.5"), K.DECIMAL),
        ("1e3", 1000.0, K.FLOAT),
        ("-1.5E-1", -0.15, K.FLOAT),
        ("null", None, K.NULL),
        ("Default", None, K.DEFAULT),
        ("TRUE", 1, K.BOOLEAN),
        ("false", 0, K.BOOLEAN),
        ("0x4142", b"AB", K.HEX),
        ("X'0f'", b"\x0f", K.HEX),
        ("b'101'", b"\x05", K.HEX),
        ("0b1", b"\x01", K.HEX),
        ("_binary 'a\\0b'", b"a\0b", K.BINARY),
        (r"'it''s \'q\' \\ \n \% \x'", b"it's 'q' \\ \n \\% x", K.STRING),
        ('"a""b\'c"', b"a\"b'c", K.STRING),
        ("'é\udcff'", "é".encode() + b"\xff", K.STRING),
        ("''", b"", K.STRING),
    ],
)
def test_literals(literal: str, value: object, kind: int) -> None:
    found = block_of(f"{literal}, 7")
    assert found is not None
    assert found.block.columns[0][1] == value and type(found.block.columns[0][1]) is type(value)
    assert found.block.kinds[0][1] == kind
    assert set(found.block.columns[1]) == {7} and len(found.block.columns[0]) == found.block.row_count


@pytest.mark.parametrize(
    "row", ["1+1", "now()", "'a' 'b'", "(1)", "?", "a", "_utf8mb4'x'", "- 1", "1 2", "'open", "N'x'", "@v", "NULLx"]
)
def test_what_is_no_plain_literal_goes_to_the_parser(row: str) -> None:
    assert block_of(f"{row}, 7") is None


def test_modes() -> None:
    assert block_of('"x", 1', mode=SqlMode.ANSI_QUOTES) is None
    found = block_of(r"'a\', 1", mode=SqlMode.NO_BACKSLASH_ESCAPES)
    assert found is not None and found.block.columns[0][0] == b"a\\"


def test_the_parser_sees_the_first_row() -> None:
    text = f"INSERT INTO t (a, b, c) VALUES (1, 'x', 2.5), {PADDING} ON DUPLICATE KEY UPDATE a = VALUES(a); SELECT 1"
    first, second = parse_text(text)
    assert first.values is not None and first.values.row_count == 301
    assert first.text == text.split(";")[0] and second.text == "SELECT 1"
    assert len(first.tree.args["expression"].expressions) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT INTO t SELECT 1 FROM (VALUES ROW(1,2,3)) x WHERE 1 IN {PADDING}",
        f"INSERT INTO t VALUES (1, 'a', 2), {PADDING}, (now(), 1, 2)",
        f"INSERT INTO t VALUES (1, 'a', 2), {PADDING}, (1, 2)",
        f"INSERT INTO t VALUES (1, 'a', 2), {PADDING} + 1",
        f"UPDATE t SET a = 1 WHERE b IN {PADDING}",
        "INSERT INTO t VALUES (1), (2)",
    ],
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert read_values(text, SqlMode.DEFAULT) is None
