"""Plans of statements with parameters whose value decides how they are compared: for which values one plan serves."""

from __future__ import annotations

import pytest

from planner.expr.guards import all_pass
from sqlnode.base.types import SqlType, Value, integer, varchar
from tests.planner.plans import context_of, planned

TEXT = varchar(-1, "utf8mb4", "utf8mb4_0900_ai_ci")


def plan_for(condition: str, *values: Value) -> tuple[bool, tuple[tuple[int, object], ...]]:
    types: tuple[SqlType, ...] = tuple(integer() if isinstance(value, int) else TEXT for value in values)
    plan = planned("SELECT * FROM t WHERE " + condition, context_of(values, types))
    return plan.cacheable, plan.guards


@pytest.mark.parametrize(
    "condition, made_for, serves, not_for",
    [
        ("d > ?", b"2024-01-01", b"2030-12-31 23:59:59.5", b"2024-1-1"),
        ("d > ?", b"2024-01-01 10:00:00", b"2000-02-29", b"2001-02-29"),
        ("d = ?", b"2024-01-01", b"1000-01-01", b"0000-00-00"),
        ("d BETWEEN '2024-01-01' AND ?", b"2024-01-01", b"2024-02-02", b"2024-02-02T10:00:00"),
        ("ts <= ?", b"2024-01-01", b"2024-02-02", b"2024-01-01 10:00:00+02:00"),
        ("d IN ('2024-01-01', ?)", b"2024-01-01", b"2024-02-02", b"x"),
        ("id = ?", b"5", b"007", b"5x"),
        ("id = ?", b"5", b"123456789012345678", b"99999999999999999999"),
        ("id IN (1, ?)", b"5", b"6", b" 5"),
        ("a > ?", b"5", b"0", b"-1"),
        ("s LIKE ?", b"a%", b"z", b"%a"),
        ("s LIKE ?", b"a%", b"\xc3\xa4", b"_a"),
    ],
)
def test_a_plan_serves_for_values_of_one_kind(condition: str, made_for: bytes, serves: bytes, not_for: bytes) -> None:
    cacheable, guards = plan_for(condition, made_for)
    assert cacheable
    assert guards
    assert all_pass(guards, (serves,))  # type: ignore[arg-type]
    assert not all_pass(guards, (not_for,))  # type: ignore[arg-type]


@pytest.mark.parametrize("condition, value", [("d > ?", b"2024-1-1"), ("id = ?", b"5x"), ("s LIKE ?", b"%a")])
def test_a_plan_for_an_unusual_value_serves_once(condition: str, value: bytes) -> None:
    assert not plan_for(condition, value)[0]


@pytest.mark.parametrize(
    "condition, value", [("id = ?", 5), ("m > ?", 5), ("s = ?", b"x"), ("a + 1 = ?", b"5"), ("m = ?", b"1.5")]
)
def test_other_plans_serve_for_all_values(condition: str, value: Value) -> None:
    assert plan_for(condition, value) == (True, ())
