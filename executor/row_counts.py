"""Counts and offsets of limits."""

from __future__ import annotations

from collections.abc import Callable

from executor.compiled import scalar
from executor.context import EvalContext
from planner.expr.nodes import Constant, Expression
from sqlnode.base.errors import WRONG_ARGUMENTS, SqlError
from sqlnode.base.types import Value


def limit_value(expression: Expression | None) -> Callable[[EvalContext], int | None]:
    """The value of a limit's count or offset; None when there is none."""
    if expression is None:
        return lambda context: None
    if isinstance(expression, Constant):
        known = _as_count(expression.value)
        return lambda context: known
    evaluate = scalar(expression)
    return lambda context: _as_count(evaluate((), context))


def _as_count(value: Value) -> int:
    """Clients send counts as text too. Error 1210 for a text that is no whole number."""
    if value is None:
        return 0
    if isinstance(value, bytes):
        if not value.strip().isdigit():
            raise SqlError(WRONG_ARGUMENTS, function="LIMIT")
        value = int(value)
    return max(int(value), 0)
