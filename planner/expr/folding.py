"""Constant folding: calls whose arguments are all known are evaluated once, at planning.

Not folded: what may change between executions (parameters, NOW, RAND, user variables), and calls that fail or warn:
those must do so for every execution, and only if they are evaluated at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import AggregateCall, Call, Constant, Expression
from planner.expr.scalar import carries_digits, compile_scalar
from planner.functions.registry import Volatility
from sqlnode.base.errors import SqlError
from sqlnode.base.types import EvalType, Flag, Value

_NEVER = frozenset({"row", "setvar"})


def fold(expression: Expression, context: PlanContext) -> Expression:
    """The expression with constant parts evaluated; the same object when nothing could be."""
    return _fold(expression, context, carried=False)


def _fold(expression: Expression, context: PlanContext, *, carried: bool) -> Expression:
    if isinstance(expression, AggregateCall):
        args = tuple(_fold(arg, context, carried=False) for arg in expression.args)
        same = all(one is other for one, other in zip(args, expression.args))
        return expression if same else replace(expression, args=args)
    if not isinstance(expression, Call):
        return expression
    args = tuple([_fold(arg, context, carried=True) for arg in expression.args])
    if any(one is not other for one, other in zip(args, expression.args)):
        expression = replace(expression, args=args)
    if expression.name in _SIMPLER:
        simpler = _SIMPLER[expression.name](expression)
        if simpler is not expression:
            return simpler
    if not all(map(_is_known, expression.args)) or not _is_pure(expression):
        return expression
    if carried and carries_digits(expression):
        # Its further digits count for the expression around it.
        return expression
    return _evaluated(expression, context)


def _is_known(expression: Expression) -> bool:
    """A constant, or a quotient of constants that was left for the sake of its digits."""
    if isinstance(expression, Constant):
        return True
    if not isinstance(expression, Call) or not carries_digits(expression) or not _is_pure(expression):
        return False
    return all(map(_is_known, expression.args))


def _is_pure(call: Call) -> bool:
    if call.name in _NEVER or call.signature.volatility is not Volatility.PURE:
        return False
    # A TIME as a datetime takes the date of the statement.
    return not (
        call.name == "cast"
        and call.type.eval_type == EvalType.TIME
        and call.args[0].type.eval_type == EvalType.DURATION
    )


def _evaluated(call: Call, context: PlanContext) -> Expression:
    warned: list[object] = []
    evaluation = EvalContext(
        now_us=context.now_us, zone=context.zone, sql_mode=context.sql_mode, warn=warned.append, strict_dml=False
    )
    try:
        value = compile_scalar(call, ())((), evaluation)
    except SqlError:
        return call
    return call if warned else constant_of(value, call)


def constant_of(value: Value, expression: Expression) -> Constant:
    """A value in place of the expression that it was computed from."""
    sql_type = expression.type
    if value is None:
        return Constant(None, sql_type.nullable())
    return Constant(value, sql_type.with_flags(add=Flag.NOT_NULL))


def _junction(call: Call) -> Expression:
    """AND with a false part is false, with true parts is the rest; OR alike."""
    decisive = 0 if call.name == "and" else 1
    rest = []
    for arg in call.args:
        if not isinstance(arg, Constant) or arg.value is None:
            rest.append(arg)
        elif bool(arg.value) == bool(decisive):
            return Constant(decisive, call.type.with_flags(add=Flag.NOT_NULL))
    if len(rest) == len(call.args):
        return call
    if not rest:
        return Constant(1 - decisive, call.type.with_flags(add=Flag.NOT_NULL))
    if len(rest) == 1:
        return rest[0] if rest[0].type.flags & Flag.IS_BOOLEAN else call
    return replace(call, args=tuple(rest))


def _choice(call: Call) -> Expression:
    """CASE and IF without the branches that a constant condition excludes."""
    args = call.args
    kept: list[Expression] = []
    for condition, value in zip(args[0::2], args[1::2]):
        if not isinstance(condition, Constant):
            kept += (condition, value)
        elif condition.value:
            return value if not kept else replace(call, args=(*kept, value))
    if len(args) % 2:
        return args[-1] if not kept else call if len(kept) + 1 == len(args) else replace(call, args=(*kept, args[-1]))
    if not kept:
        return Constant(None, call.type.nullable())
    return call if len(kept) == len(args) else replace(call, args=tuple(kept))


_SIMPLER: dict[str, Callable[[Call], Expression]] = {
    "and": _junction,
    "or": _junction,
    "case": _choice,
    "if": _choice,
}
