"""CAST and CONVERT: values, warnings, cut texts.

Values agree with MySQL 8 (checked against MariaDB where the two do not differ).
"""

# ruff: noqa: E501
from __future__ import annotations

import pytest

from tests.planner.functions.answers import answer

ANSWERS = r"""
0x41 => A
x'4142' => AB
cast('12' as signed) => 12
cast('12.7' as signed) => 12 | 1292 Truncated incorrect INTEGER value: '12.7'
cast('-5x' as signed) => -5 | 1292 Truncated incorrect INTEGER value: '-5x'
cast(12.7 as signed) => 13
cast(-12.5 as signed) => -13
cast(12.5e0 as signed) => 12
cast(13.5e0 as signed) => 14
cast(1e20 as signed) => 9223372036854775807 | 1292 Truncated incorrect INTEGER value: '1e20'
cast(-1 as unsigned) => 18446744073709551615
cast('-1' as unsigned) => 18446744073709551615 | 1105 Cast to unsigned converted negative integer to its positive complement
cast('18446744073709551615' as unsigned) => 18446744073709551615
cast('99999999999999999999' as unsigned) => 18446744073709551615 | 1292 Truncated incorrect INTEGER value: '99999999999999999999'
cast('18446744073709551615' as signed) => -1 | 1105 Cast to signed converted positive out-of-range integer to its negative complement
cast(-1.5 as unsigned) => 0 | 1292 Truncated incorrect DECIMAL value: '-1.5'
cast(1.5 as decimal(10,1)) => 1.5
cast(1.55 as decimal(10,1)) => 1.6
cast(-1.55 as decimal(10,1)) => -1.6
cast('1.555' as decimal(10,2)) => 1.56
cast('abc' as decimal(10,2)) => 0.00 | 1292 Truncated incorrect DECIMAL value: 'abc'
cast(12345 as decimal(3,1)) => 99.9 | 1264 Out of range value for column 'cast(12345 as decimal(3,1))' at row 1
cast(1e10 as decimal(20,2)) => 10000000000.00
cast('1e2' as decimal(10,2)) => 100.00
cast(123 as char) => 123
cast(123456 as char(3)) => 123 | 1292 Truncated incorrect CHAR(3) value: '123456'
cast('abcdef' as char(3)) => abc | 1292 Truncated incorrect CHAR(3) value: 'abcdef'
cast(1.50 as char) => 1.50
cast(1e15 as char) => 1e15
cast(1e14 as char) => 100000000000000
cast(0.1e0 as char) => 0.1
cast(123456789012345678 as char) => 123456789012345678
cast('abc' as binary) => abc
cast('abc' as date) => NULL | 1292 Incorrect datetime value: 'abc'
cast(20200102 as date) => 2020-01-02
cast(200102 as date) => 2020-01-02
cast('10:11:12' as time) => 10:11:12
cast('10:11:12.567' as time(1)) => 10:11:12.6
cast('abc' as time) => NULL | 1292 Truncated incorrect time value: 'abc'
cast(101112 as time) => 10:11:12
cast('1 10:00' as time) => 34:00:00
cast('850:00:00' as time) => 838:59:59 | 1292 Truncated incorrect time value: '850:00:00'
cast(time'10:11:12' as signed) => 101112
cast('1.5' as double) => 1.5
cast(1 as double) => 1
convert('abc' using utf8mb4) => abc
convert('abc', char(2)) => ab | 1292 Truncated incorrect CHAR(2) value: 'abc'
binary 'a' = 'A' => 0
_utf8mb4'abc' => abc
_latin1 x'e9' => é
cast(null as signed) => NULL
cast(true as char) => 1
"""
CASES = [line.split(" => ", 1) for line in ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "wanted"), CASES, ids=[sql for sql, _ in CASES])
def test_answer(sql: str, wanted: str) -> None:
    assert answer(sql, warnings=True) == wanted
