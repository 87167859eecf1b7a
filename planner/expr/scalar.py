"""Expressions compiled to closures over one row: the hot path of small statements.

All dispatch happens in `compile_scalar`; what runs is a chain of closures that hold column positions, constants and
kernels. Shapes that small statements are made of (a kernel of columns and constants) have closures of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from operator import itemgetter

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import (
    AggregateCall,
    Call,
    Column,
    Constant,
    CorrelatedColumn,
    Expression,
    Parameter,
    UserVariable,
)
from planner.functions.registry import Compiled, Kernel, Nulls
from sqlnode.base.decimal import MAX_SCALE, quotient_digits, round_to
from sqlnode.base.errors import INVALID_GROUP_FUNC_USE, NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import EvalType, Value, decimal


def compile_scalar(expression: Expression, columns: Sequence[Column]) -> Compiled:
    """The function (row, context) -> value of an expression; rows hold values in the order of `columns`.

    Errors: 1111 for an aggregate; a column that is not there is a bug (KeyError).
    """
    compiled = compile_part(expression, {column.id: position for position, column in enumerate(columns)})
    if not carries_digits(expression):
        return compiled
    scale = max(expression.type.scale, 0)

    def rounded(row: Sequence[Value], context: EvalContext) -> Value:
        value = compiled(row, context)
        return None if value is None else round_to(value, scale)  # type: ignore[arg-type]

    return rounded


def value_of(context: EvalContext) -> Callable[[Expression], Value]:
    """Values of expressions that read no row."""

    def value(expression: Expression) -> Value:
        return compile_scalar(expression, ())((), context)

    return value


_WIDE = decimal(65, MAX_SCALE)
_CARRYING = frozenset({"/", "+", "-", "*", "%", "unary_minus", "if", "ifnull", "case", "coalesce", "nullif"})


def carries_digits(expression: Expression) -> bool:
    """Whether a DECIMAL value may have more digits than its type says: MySQL's division keeps whole groups of nine
    digits until a result is shown or stored, so that 1/3*3 is 1.0000."""
    if not isinstance(expression, Call) or expression.type.eval_type != EvalType.DECIMAL:
        return False
    if expression.name == "/":
        return True
    return expression.name in _CARRYING and any(map(carries_digits, expression.args))


def carried_scale(expression: Expression) -> int:
    """Digits after the point that a value may have before it is rounded to its type."""
    scale = max(expression.type.scale, 0)
    if not carries_digits(expression):
        return scale if expression.type.eval_type == EvalType.DECIMAL else 0
    assert isinstance(expression, Call)
    scales = [carried_scale(arg) for arg in expression.args]
    if expression.name == "/":
        increment = scale - max(expression.args[0].type.scale, 0)
        return max(scale, quotient_digits(scales[0], scales[1], increment))
    return min(sum(scales), MAX_SCALE) if expression.name == "*" else max(scale, *scales)


def compile_part(expression: Expression, positions: dict[int, int]) -> Compiled:
    """Any sub-expression, its decimals unrounded; `positions` maps column ids to places in the row."""
    if isinstance(expression, Call):
        return _call(expression, positions)
    if isinstance(expression, Column):
        get = itemgetter(positions[expression.id])
        return lambda row, context: get(row)
    if isinstance(expression, Constant):
        constant = expression.value
        return lambda row, context: constant
    if isinstance(expression, Parameter):
        index = expression.index
        return lambda row, context: context.parameters[index]
    if isinstance(expression, CorrelatedColumn):
        identity = expression.column.id
        return lambda row, context: context.correlated[identity]
    if isinstance(expression, UserVariable):
        return _user_variable(expression)
    if isinstance(expression, AggregateCall):
        raise SqlError(INVALID_GROUP_FUNC_USE)
    raise AssertionError(f"no expression: {expression!r}")


def _user_variable(expression: UserVariable) -> Compiled:
    from planner.functions.casting import converter, same_type

    name, wanted = expression.name, expression.type

    def read(row: Sequence[Value], context: EvalContext) -> Value:
        if context.session is None:
            return None
        value, found = context.session.user_variable(name)
        if value is None or same_type(found, wanted):
            return value
        if wanted.eval_type == EvalType.DECIMAL:
            if isinstance(value, Decimal):
                return value  # with all its digits, whatever the variable held when the statement began
            kernel = converter(found, _WIDE, None)
        else:
            kernel = converter(found, wanted, None)
        return value if kernel is None else kernel(value, context)

    return read


def kernel_of(call: Call) -> Kernel:
    """The scalar kernel of a call. Error 1235 when the function has none."""
    overload = call.signature.overload
    if overload.build is not None:
        return overload.build(call)
    if overload.scalar is not None:
        return overload.scalar
    function = call.signature.function
    if function.build is not None:
        return function.build(call)
    if function.scalar is None:
        raise SqlError(NOT_SUPPORTED_YET, feature=call.name)
    return function.scalar


def _call(call: Call, positions: dict[int, int]) -> Compiled:
    function = call.signature.function
    if function.lazy is not None:
        return function.lazy.scalar(call, [compile_part(arg, positions) for arg in call.args])
    kernel = kernel_of(call)
    if function.nulls is Nulls.KERNEL:
        return _with_nulls(call, kernel, positions, function.context)
    if function.context:
        return _strict_in_context(call, kernel, positions)
    match call.args:
        case ():
            return lambda row, context: kernel()
        case (Column() as left,):
            place = positions[left.id]
            return lambda row, context: None if (value := row[place]) is None else kernel(value)
        case (left,):
            argument = compile_part(left, positions)
            return lambda row, context: None if (value := argument(row, context)) is None else kernel(value)
        case (left, right):
            return _binary(left, right, kernel, positions)
    return _many(call, kernel, positions)


def _binary(left: Expression, right: Expression, kernel: Kernel, positions: dict[int, int]) -> Compiled:
    match left, right:
        case Column(), Constant():
            place, constant = positions[left.id], right.value
            if constant is None:
                return lambda row, context: None
            return lambda row, context: None if (value := row[place]) is None else kernel(value, constant)
        case Column(), Parameter():
            place, index = positions[left.id], right.index

            def with_parameter(row: Sequence[Value], context: EvalContext) -> Value:
                value, other = row[place], context.parameters[index]
                return None if value is None or other is None else kernel(value, other)

            return with_parameter
        case Column(), Column():
            first_place, second_place = positions[left.id], positions[right.id]

            def of_columns(row: Sequence[Value], context: EvalContext) -> Value:
                value, other = row[first_place], row[second_place]
                return None if value is None or other is None else kernel(value, other)

            return of_columns
        case _, Constant():
            one, constant = compile_part(left, positions), right.value
            if constant is None:
                return lambda row, context: None
            return lambda row, context: None if (value := one(row, context)) is None else kernel(value, constant)
    first, second = compile_part(left, positions), compile_part(right, positions)

    def of_two(row: Sequence[Value], context: EvalContext) -> Value:
        value = first(row, context)
        if value is None:
            return None
        other = second(row, context)
        return None if other is None else kernel(value, other)

    return of_two


def _many(call: Call, kernel: Kernel, positions: dict[int, int]) -> Compiled:
    parts = [compile_part(arg, positions) for arg in call.args]

    def of_many(row: Sequence[Value], context: EvalContext) -> Value:
        values = []
        for part in parts:
            value = part(row, context)
            if value is None:
                return None
            values.append(value)
        return kernel(*values)  # type: ignore[no-any-return]

    return of_many


def _strict_in_context(call: Call, kernel: Kernel, positions: dict[int, int]) -> Compiled:
    parts = [compile_part(arg, positions) for arg in call.args]
    if not parts:
        return lambda row, context: kernel(context)
    if len(parts) == 1:
        (part,) = parts
        return lambda row, context: None if (value := part(row, context)) is None else kernel(context, value)
    if len(parts) == 2:
        first, second = parts

        def of_two(row: Sequence[Value], context: EvalContext) -> Value:
            value = first(row, context)
            if value is None:
                return None
            other = second(row, context)
            return None if other is None else kernel(context, value, other)

        return of_two

    def of_many(row: Sequence[Value], context: EvalContext) -> Value:
        values = []
        for one in parts:
            value = one(row, context)
            if value is None:
                return None
            values.append(value)
        return kernel(context, *values)  # type: ignore[no-any-return]

    return of_many


def _with_nulls(call: Call, kernel: Kernel, positions: dict[int, int], in_context: bool) -> Compiled:
    parts = [compile_part(arg, positions) for arg in call.args]
    if in_context:
        return lambda row, context: kernel(context, *[part(row, context) for part in parts])
    if len(parts) == 1:
        (only,) = parts
        return lambda row, context: kernel(only(row, context))
    if len(parts) == 2:
        first, second = parts
        return lambda row, context: kernel(first(row, context), second(row, context))
    return lambda row, context: kernel(*[part(row, context) for part in parts])
