"""Digits of quotients that MySQL keeps until a value is shown: sums and averages of them, averages inside expressions."""

from __future__ import annotations

from decimal import Decimal

from planner.expr.nodes import AggregateCall, Call, Column, Constant
from planner.expr.scalar import compile_scalar
from planner.functions import resolve, resolve_aggregate
from sqlnode.base.types import decimal, integer
from tests.planner.functions.answers import eval_context, plan_context

A = Column(1, "a", integer())
PRICE = Column(2, "price", decimal(10, 2))
THREE = Constant(3, integer(not_null=True, length=1))


def test_sum_of_quotients_takes_their_further_digits() -> None:
    third = resolve("/", (A, THREE), plan_context())
    total = resolve_aggregate("sum", (third,), plan_context())
    assert (third.type.scale, total.args[0].type.scale, total.type.scale) == (4, 9, 4)
    value = compile_scalar(total.args[0], (A,))((1,), eval_context()[0])
    assert value == Decimal("0.333333333")


def test_sum_of_other_numbers_is_left_alone() -> None:
    total = resolve_aggregate("sum", (resolve("*", (PRICE, THREE), plan_context()),), plan_context())
    assert total.args[0].type.scale == 2


def test_average_inside_an_expression_is_a_quotient() -> None:
    average = resolve_aggregate("avg", (PRICE,), plan_context())
    found = resolve("*", (average, THREE), plan_context())
    assert isinstance(found, Call)
    quotient = found.args[0]
    assert isinstance(quotient, Call) and quotient.name == "/" and quotient.type == average.type
    assert isinstance(quotient.args[0], AggregateCall) and quotient.args[0].name == "sum"


def test_shown_values_are_rounded() -> None:
    third = resolve("/", (A, THREE), plan_context())
    context, _ = eval_context()
    assert compile_scalar(third, (A,))((1,), context) == Decimal("0.3333")
    assert compile_scalar(resolve("*", (third, THREE), plan_context()), (A,))((1,), context) == Decimal("1.0000")
