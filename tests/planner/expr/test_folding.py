"""What is evaluated at planning, and what must wait."""

from __future__ import annotations

import pytest

from planner.expr.folding import fold
from planner.expr.nodes import Call, Column, Constant, Parameter, walk
from planner.functions import resolve
from sqlnode.base.types import Flag, integer, varchar
from tests.planner.functions.answers import bound, plan_context

A = Column(1, "a", integer())


@pytest.mark.parametrize("sql", ["1 + 2 * 3", "'a' = 'A'", "if(1 > 2, 1 / 0, 5)", "concat('a', 'b')", "1 / 3 * 3"])
def test_constants_become_one(sql: str) -> None:
    folded = fold(bound(sql), plan_context())
    assert isinstance(folded, Constant)
    assert folded.type.flags & Flag.NOT_NULL


@pytest.mark.parametrize("sql", ["now()", "rand()", "1 / 0", "'abc' + 1", "9223372036854775807 + 1", "@a + 1"])
def test_what_warns_fails_or_changes_stays(sql: str) -> None:
    assert isinstance(fold(bound(sql), plan_context()), Call)


def test_parameters_stay() -> None:
    context = plan_context()
    call = resolve(
        "+", (Parameter(0, integer()), resolve("+", (Constant(1, integer()), Constant(2, integer())), context)), context
    )
    folded = fold(call, context)
    assert isinstance(folded, Call)
    assert isinstance(folded.args[1], Constant) and folded.args[1].value == 3


def test_digits_of_a_quotient_are_kept_inside() -> None:
    context = plan_context()
    third = resolve("/", (Constant(1, integer()), Constant(3, integer())), context)
    folded = fold(resolve("=", (third, Column(2, "d", third.type)), context), context)
    assert any(isinstance(node, Call) and node.name == "/" for node in walk(folded))


def test_conjunctions_lose_what_is_known() -> None:
    context = plan_context()
    greater = resolve(">", (A, Constant(3, integer(not_null=True))), context)
    true, false = Constant(1, integer(not_null=True)), Constant(0, integer(not_null=True))
    assert fold(resolve("and", (true, greater), context), context) == greater
    folded = fold(resolve("and", (greater, false), context), context)
    assert isinstance(folded, Constant) and folded.value == 0
    folded = fold(resolve("or", (greater, true), context), context)
    assert isinstance(folded, Constant) and folded.value == 1


def test_unchanged_is_the_same_object() -> None:
    call = resolve("=", (A, Column(2, "b", varchar(5))), plan_context())
    assert fold(call, plan_context()) is call
