"""Charsets and collations: relations that MySQL documents, keys as TiDB writes them, columns against values."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlnode.base.collation import (
    all_collations,
    by_id,
    by_name,
    charset_by_name,
    check_pair,
    decode,
    default_of,
    encode,
    sort_keys,
)
from sqlnode.base.errors import SqlError

NAMES = [collation.name for collation in all_collations()]


@pytest.mark.parametrize(
    ("name", "left", "right", "wanted"),
    [
        ("utf8mb4_0900_ai_ci", "a", "a ", -1),
        ("utf8mb4_0900_ai_ci", "cAfe", "café", 0),
        ("utf8mb4_0900_ai_ci", "ß", "ss", 0),
        ("utf8mb4_0900_ai_ci", "a\x01", "a", 0),
        ("utf8mb4_0900_ai_ci", "한", "한", 0),
        ("utf8mb4_0900_as_cs", "a", "A", -1),
        ("utf8mb4_0900_as_cs", "e", "é", -1),
        ("utf8mb4_0900_as_ci", "a", "A", 0),
        ("utf8mb4_0900_as_ci", "e", "é", -1),
        ("utf8mb4_0900_bin", "a", "a ", -1),
        ("utf8mb4_general_ci", "a", "A ", 0),
        ("utf8mb4_general_ci", "cAfe", "café", 0),
        ("utf8mb4_general_ci", "ß", "s", 0),
        ("utf8mb4_general_ci", "ß", "ss", -1),
        ("utf8mb4_general_ci", "😀", "😁", 0),
        ("utf8mb4_unicode_ci", "ß", "ss", 0),
        ("utf8mb4_unicode_ci", "a", "A ", 0),
        ("utf8mb4_bin", "a", "a ", 0),
        ("utf8mb4_bin", "a", "A", 1),
        ("binary", "a", "a ", -1),
        ("latin1_swedish_ci", "Ä", "ä", 0),
        ("latin1_swedish_ci", "Ä", "A", 1),
        ("latin1_general_cs", "a", "A", 1),
        ("ascii_general_ci", "ABC", "abc ", 0),
        ("gbk_chinese_ci", "啊", "中", -1),
    ],
)
def test_order(name: str, left: str, right: str, wanted: int) -> None:
    assert by_name(name).compare(left.encode(), right.encode()) == wanted


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("utf8mb4_0900_ai_ci", "aA", "1c471c47"),
        ("utf8mb4_0900_ai_ci", "一", "fb40ce00"),
        ("utf8mb4_0900_ai_ci", "😀", "15fb"),
        ("utf8mb4_unicode_ci", " 0aZ", "02090e290e33106a"),
        ("utf8mb4_unicode_ci", "😀", "fffd"),
        ("utf8mb4_general_ci", "aé", "00410045"),
    ],
)
def test_keys(name: str, text: str, key: str) -> None:
    assert by_name(name).sort_key(text.encode()).hex() == key


def test_names_and_ids() -> None:
    assert by_name("UTF8MB3_General_CI") is by_name("utf8_general_ci")
    assert by_name("utf8_general_ci").display_name == "utf8mb3_general_ci"
    assert by_id(255).name == "utf8mb4_0900_ai_ci"
    assert default_of("utf8mb4").id == 255
    assert default_of("latin1").name == "latin1_swedish_ci"
    assert len({collation.id for collation in all_collations()}) == len(NAMES)
    with pytest.raises(SqlError, match="Unknown collation: 'nothing'"):
        by_name("nothing")
    with pytest.raises(SqlError, match="COLLATION 'latin1_bin' is not valid for CHARACTER SET 'utf8mb4'"):
        check_pair("utf8mb4", "latin1_bin")


def test_charsets() -> None:
    latin = charset_by_name("latin1")
    assert latin.encode("é€日".encode()) == b"\xe9\x80?"
    assert latin.decode(b"\xe9\x80\x81") == "é€\x81".encode()
    assert not latin.can_encode("日".encode())
    assert charset_by_name("utf8mb3").encode("a😀".encode()) == b"a?"
    assert charset_by_name("ascii").decode(b"a\xe9") == b"a?"
    assert charset_by_name("utf16").encode(b"ab") == b"\0a\0b"
    assert decode(b"\xe4", "latin1") == "ä"
    assert encode("ä", "latin1") == b"\xe4"
    with pytest.raises(UnicodeDecodeError):
        decode(b"\xe4", "utf8mb4")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.lists(st.none() | st.text(max_size=6) | st.text("aA Bß\x01", max_size=6), max_size=8))
def test_columns_as_values(name: str, texts: list[str | None]) -> None:
    collation = by_name(name)
    values = [None if text is None else text.encode("utf-8", "replace") for text in texts]
    wanted = [None if value is None else collation.sort_key(value) for value in values]
    assert sort_keys(pa.array(values, pa.binary()), collation).to_pylist() == wanted
    assert sort_keys(pa.array([b"x", *values], pa.binary()).slice(1), name).to_pylist() == wanted


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.text(max_size=5), st.text(max_size=5))
def test_character_keys_make_the_key(name: str, first: str, second: str) -> None:
    collation = by_name(name)
    for text in (first, second):
        data = text.encode("utf-8", "replace")
        keys = collation.character_keys(data)
        assert len(keys) == len(data.decode())
        if collation.kind in ("unicode900", "raw", "unicode400") and not text.endswith(" "):
            assert b"".join(keys) == collation.sort_key(data)


def test_tables_are_loaded_late() -> None:
    code = (
        "import sys; from sqlnode.base.collation import by_name; from sqlnode.base import collation_weights as w;"
        "by_name('utf8mb4_general_ci').sort_key(b'abc'); assert w._data.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
