"""Every documented example of every function holds, by row and by column."""

from __future__ import annotations

import pytest

from planner.functions.resolution import all_functions
from tests.planner.functions.answers import answer, by_column

EXAMPLES = [
    (function.name, sql, wanted)
    for function in all_functions()
    for sql, wanted in ([function.example] if function.example else []) + list(function.examples)
]


@pytest.mark.parametrize(("name", "sql", "wanted"), EXAMPLES, ids=[f"{name}: {sql}" for name, sql, _ in EXAMPLES])
def test_example(name: str, sql: str, wanted: str) -> None:
    assert answer(sql) == wanted


@pytest.mark.parametrize(("name", "sql"), [(name, sql) for name, sql, _ in EXAMPLES])
def test_row_and_column_agree(name: str, sql: str) -> None:
    one, many = by_column(sql)
    assert many == one
