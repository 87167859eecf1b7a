"""Arithmetic and bits: result digits, range errors, texts and times as numbers.

Values agree with MySQL 8 (checked against MariaDB where the two do not differ).
"""

# ruff: noqa: E501
from __future__ import annotations

import pytest

from tests.planner.functions.answers import answer

ANSWERS = r"""
1+2 => 3
1-2 => -1
cast(1 as unsigned)-2 => 1690 BIGINT UNSIGNED value is out of range in '(cast(1 as unsigned) - 2)'
cast(1 as unsigned)-1 => 0
9223372036854775807+1 => 1690 BIGINT value is out of range in '(9223372036854775807 + 1)'
18446744073709551615+1 => 1690 BIGINT UNSIGNED value is out of range in '(18446744073709551615 + 1)'
18446744073709551615-1 => 18446744073709551614
-9223372036854775808-1 => 1690 BIGINT value is out of range in '(-9223372036854775808 - 1)'
9223372036854775807*2 => 1690 BIGINT value is out of range in '(9223372036854775807 * 2)'
4294967296*4294967296 => 1690 BIGINT value is out of range in '(4294967296 * 4294967296)'
-(-9223372036854775808) => 1690 BIGINT value is out of range in '-(-9223372036854775808)'
-9223372036854775808 => -9223372036854775808
-9223372036854775809 => -9223372036854775809
- 18446744073709551615 => -18446744073709551615
1/3 => 0.3333
1/3*3 => 1.0000
2/3 => 0.6667
(1/3)*3 => 1.0000
10/4 => 2.5000
10/0 => NULL | 1365 Division by 0
1.5/0 => NULL | 1365 Division by 0
10 div 3 => 3
-10 div 3 => -3
10.5 div 3 => 3
10 div 0 => NULL | 1365 Division by 0
10 mod 3 => 1
-10 mod 3 => -1
10 mod -3 => 1
10.5 mod 3 => 1.5
10 % 0 => NULL | 1365 Division by 0
5.5e0 % 2 => 1.5
1.23+4.5 => 5.73
1.23*4.56 => 5.6088
1.00/3 => 0.333333
1.23456/7 => 0.176365714
123456789.123456/3.21 => 38460058.9169644860
1e0/3 => 0.3333333333333333
'1.5'+1 => 2.5
'abc'+1 => 1 | 1292 Truncated incorrect DOUBLE value: 'abc'
'12abc'+1 => 13 | 1292 Truncated incorrect DOUBLE value: '12abc'
' 12 '+1 => 13
'1e2'+1 => 101
1.5+1e0 => 2.5
date'2020-01-01'+1 => 20200102
timestamp'2020-01-01 10:00:00'+1 => 20200101100001
timestamp'2020-01-01 10:00:00.5'+1 => 20200101100001.5
time'10:00:00'+1 => 100001
time'10:00:00.25'+0 => 100000.25
0x10+1 => 17
b'101'+0 => 5
5 & 3 => 1
5 | 3 => 7
5 ^ 3 => 6
~5 => 18446744073709551610
1 << 3 => 8
1 << 64 => 0
-1 >> 1 => 9223372036854775807
'7' & 3 => 3
7.6 & 15 => 8
-1 & 255 => 255
null & 1 => NULL
isnull(null) => 1
isnull(1) => 0
cast(1.23e-5 as char) => 0.0000123
cast('2020-01-02' as date) => 2020-01-02
cast('2020-01-02 10:11:12' as date) => 2020-01-02
cast('2020-01-02x' as date) => 2020-01-02 | 1292 Truncated incorrect date value: '2020-01-02x'
cast('2020-02-30' as date) => NULL | 1292 Incorrect datetime value: '2020-02-30'
cast('20-1-2' as date) => 2020-01-02
cast('2020-01-02 10:11:12.6' as datetime) => 2020-01-02 10:11:13
cast('2020-01-02 10:11:12.123456' as datetime(3)) => 2020-01-02 10:11:12.123
cast('2020-01-02T10:11:12' as datetime) => 2020-01-02 10:11:12
cast(timestamp'2020-01-01 10:11:12' as time) => 10:11:12
cast(timestamp'2020-01-01 10:11:12' as signed) => 20200101101112
cast(timestamp'2020-01-01 10:11:12.6' as signed) => 20200101101113
cast(date'2020-01-01' as signed) => 20200101
cast(date'2020-01-01' as char) => 2020-01-01
cast(date'2020-01-01' as datetime) => 2020-01-01 00:00:00
cast(timestamp'2020-01-01 10:11:12' as date) => 2020-01-01
cast(timestamp'2020-01-01 10:11:12' as char) => 2020-01-01 10:11:12
cast(timestamp'2020-01-01 10:11:12.50' as char) => 2020-01-01 10:11:12.50
cast(timestamp'2020-01-01 10:11:12.5' as decimal(20,2)) => 20200101101112.50
1 + null => NULL
null * 0 => NULL
-null => NULL
- '5' => -5
-'abc' => -0 | 1292 Truncated incorrect DOUBLE value: 'abc'
- 1.5 => -1.5
0.1 + 0.2 => 0.3
0.1e0 + 0.2e0 => 0.30000000000000004
1e308 * 10 => 1690 DOUBLE value is out of range in '(1e308 * 10)'
1 / 3 + 0.5 => 0.8333
100 * 1.1 => 110.0
3 * 0.5 - 1 => 0.5
7 / 2 / 2 => 1.75000000
2 * 3 / 4 => 1.5000
1.0 / 3.0 => 0.33333
1000000000000000000000 * 10 => 10000000000000000000000
1000000000000000000000 + 1 => 1000000000000000000001
12345678901234567890123456789012345678901234567890 * 12345678901234567890 => 1690 DECIMAL value is out of range in '(12345678901234567890123456789012345678901234567890 * 12345678901234567890)'
0.000000000000000000000000000001 * 0.1 => 0.000000000000000000000000000000
'0x10' + 0 => 0 | 1292 Truncated incorrect DOUBLE value: '0x10'
true + true => 2
0b1 + 1 => 2
5 div 2.0 => 2
'7' div 2 => 3
1e1 div 3 => 3
18446744073709551615 div 2 => 9223372036854775807
-7 div 2 => -3
-7.5 % 2 => -1.5
7 % -2.5 => 2.0
18446744073709551615 % 10 => 5
-1 % 18446744073709551615 => -1
"""
CASES = [line.split(" => ", 1) for line in ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "wanted"), CASES, ids=[sql for sql, _ in CASES])
def test_answer(sql: str, wanted: str) -> None:
    assert answer(sql, warnings=True) == wanted
