"""Three-valued logic and conditional functions: what is evaluated and which type comes out.

Values agree with MySQL 8 (checked against MariaDB where the two do not differ).
"""

from __future__ import annotations

import pytest

from tests.planner.functions.answers import answer

ANSWERS = r"""
1 != null => NULL
not 0 => 1
not 1 => 0
not null => NULL
!5 => 0
1 and 0 => 0
1 and null => NULL
0 and null => 0
null and null => NULL
1 or null => 1
0 or null => NULL
1 xor 1 => 0
1 xor null => NULL
1 is true => 1
0 is false => 1
null is unknown => 1
null is not true => 1
null is not false => 1
'1' is true => 1
0.4 is true => 1
'0.5' and 1 => 1
0.1 or 0 => 1
1 is null => 0
1 is not null => 1
case when 1 then 'a' else 'b' end => a
case 2 when 1 then 'one' when 2 then 'two' end => two
case when null then 1 end => NULL
case 1 when '1' then 'x' else 'y' end => x
case when 1 then 1 else 2.5 end => 1.0
case when 1 then 1 else 'a' end => 1
case when 1 then 1.5 else 1e0 end => 1.5
if(1, 2, 3.5) => 2.0
if(null, 1, 'a') => a
if('a', 1, 2) => 2 | 1292 Truncated incorrect DOUBLE value: 'a'
ifnull(null, 1) => 1
ifnull(1, 2.5) => 1.0
ifnull('a', 1) => a
nullif(1, 1) => NULL
nullif(1, 2) => 1
nullif('a', 'A') => NULL
nullif(1.5, 1) => 1.5
coalesce(null, null, 3) => 3
coalesce(null, 'x', 2) => x
coalesce(1, 2.55) => 1.00
greatest(1, 2, 3) => 3
greatest(1, 2.5) => 2.5
greatest('a', 'B') => B
greatest(1, null) => NULL
least(1, 2, 3) => 1
least(1.5, 2) => 1.5
least('a', 'B') => a
greatest(date'2020-01-01', date'2021-01-01') => 2021-01-01
interval(23, 1, 15, 17, 30, 44, 200) => 3
interval(null, 1) => -1
interval(10, 1, 10, 100) => 2
1 is not null and 2 => 1
null or 1 => 1
not true => 0
case when 1 > 0 then date'2020-01-01' else '2021-01-01' end => 2020-01-01
if(1, date'2020-01-01', timestamp'2020-01-01 10:00:00') => 2020-01-01 00:00:00
ifnull(null, time'10:00:00') => 10:00:00
greatest('10', 9) => 9
greatest(10, '9') => 9
least('abc', 1) => 1
coalesce(null, date'2020-01-01') => 2020-01-01
'a' || 'b' => 0 | 1292 Truncated incorrect DOUBLE value: 'a' | 1292 Truncated incorrect DOUBLE value: 'b'
1 || 0 => 1
2 && 0 => 0
"""
CASES = [line.split(" => ", 1) for line in ANSWERS.strip().splitlines()]


@pytest.mark.parametrize(("sql", "wanted"), CASES, ids=[sql for sql, _ in CASES])
def test_answer(sql: str, wanted: str) -> None:
    assert answer(sql, warnings=True) == wanted
