"""Comparisons, IN, BETWEEN and LIKE: in what type, with which collation, NULL.

Values agree with MySQL 8 (checked against MariaDB where the two do not differ).
"""

from __future__ import annotations

import pytest

from tests.planner.functions.answers import answer

ANSWERS = r"""
1 = 1 => 1
1 = 1.0 => 1
1 = '1' => 1
'a' = 'A' => 1
'a' = 'a ' => 0
'a' = 0 => 1 | 1292 Truncated incorrect DOUBLE value: 'a'
'1a' = 1 => 1 | 1292 Truncated incorrect DOUBLE value: '1a'
1 <=> null => 0
null <=> null => 1
null = null => NULL
1 <> 2 => 1
'b' > 'A' => 1
0.1 = 1e-1 => 1
18446744073709551615 > -1 => 1
18446744073709551615 = -1 => 0
date'2020-01-01' = '2020-01-01' => 1
date'2020-01-01' < '2020-01-02 10:00:00' => 1
timestamp'2020-01-01 00:00:00' = '2020-1-1' => 1
time'10:00:00' = '10:00:00' => 1
time'10:00:00' < time'11:00:00' => 1
date'2020-01-01' = 20200101 => 1
timestamp'2020-01-01 00:00:00' = 20200101000000 => 1
1 in (1,2,3) => 1
4 in (1,2,null) => NULL
'a' in ('A','b') => 1
1 in ('1x', 2) => 1 | 1292 Truncated incorrect DOUBLE value: '1x'
1.0 in (1, 2) => 1
null in (1) => NULL
1 not in (2, null) => NULL
2 between 1 and 3 => 1
2 between 3 and 1 => 0
'b' between 'A' and 'C' => 1
2 not between 1 and 3 => 0
null between 1 and 2 => NULL
5 between null and 3 => 0
'2' between 1 and 10 => 1
'abc' like 'A%' => 1
'abc' like 'a_c' => 1
'abc' like 'a\_c' => 0
'a_c' like 'a\_c' => 1
'a%c' like 'a|%c' escape '|' => 1
'abc' like '' => 0
'' like '%' => 1
'ABC' like binary 'abc' => 0
'aé' like 'AE' => 1
'abc' not like 'b%' => 1
12 like '1%' => 1
null like 'a' => NULL
'a' collate utf8mb4_bin = 'A' => 0
(1,2) = (1,2) => 1
(1,2) = (1,3) => 0
(1,null) = (1,2) => NULL
(1,null) = (2,2) => 0
(1,2) < (1,3) => 1
(2,1) > (1,5) => 1
(1,2) in ((1,3),(1,2)) => 1
(1,2) <> (1,2) => 0
1 = null => NULL
'abc' = 0 => 1 | 1292 Truncated incorrect DOUBLE value: 'abc'
'' = 0 => 1 | 1292 Truncated incorrect DOUBLE value: ''
(1 = 1) + 1 => 2
true = 1 => 1
1 + (2 = 2) => 2
'10' > '9' => 0
'10' > 9 => 1
10 > '9' => 1
'2020-01-02' > date'2020-01-01' => 1
date'2020-01-02' between '2020-01-01' and '2020-01-03' => 1
date'2020-01-02' in ('2020-01-02', '2021-01-01') => 1
"""
CASES = [line.split(" => ", 1) for line in ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "wanted"), CASES, ids=[sql for sql, _ in CASES])
def test_answer(sql: str, wanted: str) -> None:
    assert answer(sql, warnings=True) == wanted
