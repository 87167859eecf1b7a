"""Arithmetic: + - * / DIV % and unary minus, with MySQL's result types, precisions and range errors.

Kinds: REAL as soon as one side is a float, text or JSON; DECIMAL as soon as one is a decimal or a time with a
fraction; else 64-bit integers, unsigned if one side is (except `-` under NO_UNSIGNED_SUBTRACTION). Nothing wraps: 1690.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from planner.context import PlanContext, SqlMode
from planner.expr.coercion import whole_digits
from planner.expr.describe import describe
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import AggregateCall, Call, Constant, Expression
from planner.functions.cast_number import MAX_INT, MAX_UINT, MIN_INT
from planner.functions.casting import with_type
from planner.functions.operators_arrays import (
    decimal_kernel,
    divided,
    integer_kernel,
    negated,
    real_kernel,
    zero_divisor,
)
from planner.functions.registry import CallSite, Function, Kernel, Kind, Overload, Signature
from planner.functions.resolution import cast, decimal_form, make_call, resolve_aggregate, to_kind
from sqlnode.base.decimal import EXACT, MAX_SCALE, quotient_digits, scale_of, truncate_to
from sqlnode.base.errors import DATA_OUT_OF_RANGE, SqlError
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, decimal, double, integer, real_together

_DEFAULT_INCREMENT = 4


# ------------------------------------------------------------------------------------------------------------ operands


def operands(args: Sequence[Expression], context: PlanContext) -> list[Expression]:
    """The arguments as numbers (hexadecimal literals are integers)."""
    numbers: list[Expression] = []
    for arg in args:
        if isinstance(arg, Constant) and arg.is_hex:
            arg = cast(arg, integer(unsigned=True))
        if arg.type.code == TypeCode.NULL:
            arg = cast(arg, integer())
        if isinstance(arg, AggregateCall):
            arg = average_in_full(arg, context)
        numbers.append(to_kind(arg, Kind.NUMBER, context))
    return numbers


def average_in_full(call: AggregateCall, context: PlanContext) -> Expression:
    """AVG of decimals inside an expression as the quotient that it is: MySQL goes on with its further digits."""
    if call.name != "avg" or call.type.eval_type != EvalType.DECIMAL:
        return call
    total = resolve_aggregate("sum", call.args, context, distinct=call.distinct)
    count = in_kind(resolve_aggregate("count", call.args, context, distinct=call.distinct), EvalType.DECIMAL)
    return Call("/", (total, count), call.type, Signature(FUNCTIONS["/"], _OVERLOADS["/"][EvalType.DECIMAL]))


def common_kind(args: Sequence[Expression]) -> EvalType:
    """The kind that numbers are computed in together."""
    kinds = {arg.type.eval_type for arg in args}
    for kind in (EvalType.REAL, EvalType.DECIMAL):
        if kind in kinds:
            return kind
    return EvalType.INT


def in_kind(arg: Expression, kind: EvalType) -> Expression:
    """A number in the common kind."""
    if kind == EvalType.REAL:
        return arg if arg.type.eval_type == EvalType.REAL else cast(arg, double())
    if kind == EvalType.DECIMAL and arg.type.eval_type != EvalType.DECIMAL:
        return cast(arg, _tight(arg, decimal_form(arg.type)))
    return arg


def _tight(arg: Expression, form: SqlType) -> SqlType:
    """An integer's digits: those of a constant itself, else of its type."""
    if arg.type.eval_type != EvalType.INT:
        return form
    if isinstance(arg, Constant) and isinstance(arg.value, int):
        return decimal(len(str(abs(arg.value))), 0)
    return decimal(whole_digits(arg.type), 0, unsigned=arg.type.unsigned)


def digits_of(sql_type: SqlType) -> tuple[int, int]:
    """(digits before the point, after it) of an integer or decimal."""
    return whole_digits(sql_type), max(sql_type.scale, 0) if sql_type.eval_type == EvalType.DECIMAL else 0


def out_of_range(call: Call, kind: str) -> SqlError:
    """Error 1690 naming the expression."""
    return SqlError(DATA_OUT_OF_RANGE, kind=kind, expression=describe(call))


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    numbers = operands(args, context)
    kind = common_kind(numbers)
    if name == "/" and kind == EvalType.INT:
        kind = EvalType.DECIMAL
    overload = _OVERLOADS[name][kind]
    if kind == EvalType.INT and name == "-" and context.sql_mode & SqlMode.NO_UNSIGNED_SUBTRACTION:
        overload = _SIGNED_MINUS
    call = make_call(FUNCTIONS[name], overload, [in_kind(arg, kind) for arg in numbers], context)
    if kind == EvalType.REAL:
        more = _increment(context) if name == "/" else 0
        together = real_together((number.type for number in numbers), more)
        if together.scale >= 0:
            return with_type(call, together.with_flags(add=call.type.flags & Flag.NOT_NULL))
    return call


def _increment(context: PlanContext) -> int:
    increment = context.variables.get("div_precision_increment", _DEFAULT_INCREMENT)
    assert isinstance(increment, int)
    return increment


# -------------------------------------------------------------------------------------------------------- result types


def _integer_result(site: CallSite) -> SqlType:
    left, right = site.types
    length = max(left.length, right.length) + 1 if site.name in "+-" else left.length + right.length
    if site.name == "%":
        return integer(unsigned=left.unsigned, length=max(left.length, right.length))
    return integer(unsigned=left.unsigned or right.unsigned, length=min(max(length, 1), 20))


def _decimal_sum(site: CallSite) -> SqlType:
    (whole, scale), (other_whole, other_scale) = map(digits_of, site.types)
    digits = max(scale, other_scale)
    return decimal(max(whole, other_whole) + 1 + digits, digits, unsigned=_unsigned(site))


def _decimal_product(site: CallSite) -> SqlType:
    (whole, scale), (other_whole, other_scale) = map(digits_of, site.types)
    digits = min(scale + other_scale, MAX_SCALE)
    return decimal(whole + scale + other_whole + other_scale, digits, unsigned=_unsigned(site))


def _decimal_quotient(site: CallSite) -> SqlType:
    (whole, scale), (_, other_scale) = map(digits_of, site.types)
    increment = _increment(site.context)
    digits = min(scale + increment, MAX_SCALE)
    return decimal(whole + scale + other_scale + increment, digits, unsigned=_unsigned(site))


def _decimal_rest(site: CallSite) -> SqlType:
    (whole, scale), (other_whole, other_scale) = map(digits_of, site.types)
    digits = max(scale, other_scale)
    return decimal(max(whole, other_whole) + digits, digits, unsigned=site.types[0].unsigned)


def _unsigned(site: CallSite) -> bool:
    return all(sql_type.unsigned for sql_type in site.types)


# -------------------------------------------------------------------------------------------------------- scalar kernels


def _checked(call: Call, compute: Callable[[int, int], int]) -> Kernel:
    if call.type.unsigned:

        def unsigned(left: int, right: int) -> int:
            result = compute(left, right)
            if 0 <= result <= MAX_UINT:
                return result
            raise out_of_range(call, "BIGINT UNSIGNED")

        return unsigned

    def signed(left: int, right: int) -> int:
        result = compute(left, right)
        if MIN_INT <= result <= MAX_INT:
            return result
        raise out_of_range(call, "BIGINT")

    return signed


def _checked_real(call: Call, compute: Callable[[float, float], float]) -> Kernel:
    def real(left: float, right: float) -> float:
        try:
            result = compute(left, right)
        except OverflowError:
            result = math.inf
        if math.isinf(result) or math.isnan(result):
            raise out_of_range(call, "DOUBLE")
        return result

    return real


def _limited(call: Call, compute: Callable[[Decimal, Decimal], Decimal]) -> Kernel:
    """Decimals of more than 65 digits are an error; further digits than 30 after the point are cut."""

    def run(left: Decimal, right: Decimal) -> Decimal:
        result = compute(left, right)
        if scale_of(result) > MAX_SCALE:
            result = truncate_to(result, MAX_SCALE)
        if result.adjusted() >= 65 and result:
            raise out_of_range(call, "DECIMAL")
        return result

    return run


def quotient(left: Decimal, right: Decimal, increment: int) -> Decimal:
    """MySQL's decimal division: computed in whole groups of nine digits, cut, at least `increment` more digits."""
    scale, other = scale_of(left), scale_of(right)
    digits = quotient_digits(scale, other, increment)
    numerator = int(EXACT.scaleb(left, scale)) * 10 ** (other + digits)
    denominator = int(EXACT.scaleb(right, other)) * 10**scale
    whole = abs(numerator) // abs(denominator)
    result = EXACT.scaleb(Decimal(whole), -digits)
    return result.copy_negate() if (numerator < 0) != (denominator < 0) and whole else result


def _divide(call: Call) -> Kernel:
    increment = max(call.type.scale - digits_of(call.args[0].type)[1], 0)

    def run(context: EvalContext, left: Decimal, right: Decimal) -> Decimal | None:
        if not right:
            zero_divisor(context)
            return None
        result = quotient(left, right, increment)
        if result.adjusted() >= 65 and result:
            raise out_of_range(call, "DECIMAL")
        return result

    return run


def _divide_real(call: Call) -> Kernel:
    def run(context: EvalContext, left: float, right: float) -> float | None:
        if not right:
            zero_divisor(context)
            return None
        result = left / right
        if math.isinf(result):
            raise out_of_range(call, "DOUBLE")
        return result

    return run


def _truncated_quotient(left: int, right: int) -> int:
    whole = abs(left) // abs(right)
    return -whole if (left < 0) != (right < 0) else whole


def _divide_whole(call: Call) -> Kernel:
    checked = _checked(call, _truncated_quotient)

    def run(context: EvalContext, left: int, right: int) -> int | None:
        if not right:
            zero_divisor(context)
            return None
        return checked(left, right)  # type: ignore[no-any-return]

    return run


def _divide_decimal_whole(call: Call) -> Kernel:
    unsigned = call.type.unsigned

    def run(context: EvalContext, left: Decimal, right: Decimal) -> int | None:
        if not right:
            zero_divisor(context)
            return None
        scale = max(scale_of(left), scale_of(right))
        result = _truncated_quotient(int(EXACT.scaleb(left, scale)), int(EXACT.scaleb(right, scale)))
        low, high = (0, MAX_UINT) if unsigned else (MIN_INT, MAX_INT)
        if not low <= result <= high:
            raise out_of_range(call, "BIGINT UNSIGNED" if unsigned else "BIGINT")
        return result

    return run


def _divide_real_whole(call: Call) -> Kernel:
    divide = _divide_decimal_whole(call)

    def run(context: EvalContext, left: float | Decimal, right: float | Decimal) -> int | None:
        one = Decimal(repr(left)) if isinstance(left, float) else left
        other = Decimal(repr(right)) if isinstance(right, float) else right
        return divide(context, one, other)  # type: ignore[no-any-return]

    return run


def _rest(call: Call) -> Kernel:
    def run(context: EvalContext, left: int, right: int) -> int | None:
        if not right:
            zero_divisor(context)
            return None
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest

    return run


def _rest_decimal(call: Call) -> Kernel:
    def run(context: EvalContext, left: Decimal, right: Decimal) -> Decimal | None:
        if not right:
            zero_divisor(context)
            return None
        return EXACT.remainder(left, right)

    return run


def _rest_real(call: Call) -> Kernel:
    def run(context: EvalContext, left: float, right: float) -> float | None:
        if not right:
            zero_divisor(context)
            return None
        return math.fmod(left, right)

    return run


# ------------------------------------------------------------------------------------------------------------- overloads


def _overload(
    kind: EvalType, result: object, build: Callable[[Call], Kernel], vector: Callable[[Call], Kernel], tipb: str
) -> Overload:
    # A quotient comes back from a store with its further digits unrounded.
    exact = tipb != "DivideDecimal"
    return Overload((Kind.ANY,), result, build=build, build_vector=vector, tipb=tipb, exact=exact, constants=True)  # type: ignore[arg-type]


def _ring(
    name: str, word: str, compute: Callable[..., object], exact: Callable[..., Decimal]
) -> dict[EvalType, Overload]:
    total = _decimal_product if name == "*" else _decimal_sum
    return {
        EvalType.INT: _overload(
            EvalType.INT,
            _integer_result,
            lambda call: _checked(call, compute),  # type: ignore[arg-type]
            integer_kernel(name),
            f"{word}Int",
        ),
        EvalType.REAL: _overload(
            EvalType.REAL,
            double(),
            lambda call: _checked_real(call, compute),  # type: ignore[arg-type]
            real_kernel(name),
            f"{word}Real",
        ),
        EvalType.DECIMAL: _overload(
            EvalType.DECIMAL, total, lambda call: _limited(call, exact), decimal_kernel(name), f"{word}Decimal"
        ),
    }


def _whole_result(site: CallSite) -> SqlType:
    return integer(unsigned=any(sql_type.unsigned for sql_type in site.types))


_OVERLOADS: dict[str, dict[EvalType, Overload]] = {
    "+": _ring("+", "Plus", lambda left, right: left + right, EXACT.add),
    "-": _ring("-", "Minus", lambda left, right: left - right, EXACT.subtract),
    "*": _ring("*", "Multiply", lambda left, right: left * right, EXACT.multiply),
    "/": {
        EvalType.DECIMAL: _overload(EvalType.DECIMAL, _decimal_quotient, _divide, divided, "DivideDecimal"),
        EvalType.REAL: _overload(EvalType.REAL, double(), _divide_real, real_kernel("/"), "DivideReal"),
    },
    "div": {
        EvalType.INT: _overload(EvalType.INT, _whole_result, _divide_whole, integer_kernel("div"), "IntDivideInt"),
        EvalType.DECIMAL: Overload((Kind.ANY,), _whole_result, build=_divide_decimal_whole, tipb="IntDivideDecimal"),
    },
    "%": {
        EvalType.INT: _overload(EvalType.INT, _integer_result, _rest, integer_kernel("%"), "ModInt"),
        EvalType.DECIMAL: Overload((Kind.ANY,), _decimal_rest, build=_rest_decimal, tipb="ModDecimal", exact=True),
        EvalType.REAL: Overload((Kind.ANY,), double(), build=_rest_real, tipb="ModReal", exact=True),
    },
}
_OVERLOADS["div"][EvalType.REAL] = Overload((Kind.ANY,), _whole_result, build=_divide_real_whole)
_SIGNED_MINUS = Overload(
    (Kind.ANY,),
    lambda site: integer(length=min(max(site.types[0].length, site.types[1].length) + 1, 20)),
    build=lambda call: _checked(call, lambda left, right: left - right),
    tipb="",
)


def _resolve_div(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    numbers = operands(args, context)
    kind = common_kind(numbers)
    if kind == EvalType.REAL:
        # Each side is divided as the decimal that it is; only floats stay floats.
        sides = [arg if arg.type.eval_type == EvalType.REAL else in_kind(arg, EvalType.DECIMAL) for arg in numbers]
    else:
        sides = [in_kind(arg, kind) for arg in numbers]
    return make_call(FUNCTIONS["div"], _OVERLOADS["div"][kind], sides, context)


def _function(name: str, answer: str, *, alias: tuple[str, ...] = (), division: bool = False) -> Function:
    return Function(
        name,
        min_args=2,
        max_args=2,
        overloads=tuple(_OVERLOADS[name].values()),
        resolver=_resolve_div if name == "div" else _resolve,
        aliases=alias,
        not_null=not division,
        context=division,
        example=(f"7 {name.upper()} 2", answer),
    )


FUNCTIONS = {
    "+": _function("+", "9"),
    "-": _function("-", "5"),
    "*": _function("*", "14"),
    "/": _function("/", "3.5000", division=True),
    "div": _function("div", "3", division=True),
    "%": _function("%", "1", alias=("mod",), division=True),
}
ARITHMETIC = tuple(FUNCTIONS.values())


# ------------------------------------------------------------------------------------------------------------ unary minus


def _negative_integer(site: CallSite) -> SqlType:
    (source,) = site.types
    return integer(length=min(source.length + 1, 20) if source.length > 0 else 20)


def _negate_integer(call: Call) -> Kernel:
    def run(value: int) -> int:
        if -MAX_INT - 1 <= -value <= MAX_INT:
            return -value
        raise out_of_range(call, "BIGINT")

    return run


_NEGATIONS = {
    EvalType.INT: Overload(
        (Kind.ANY,), _negative_integer, build=_negate_integer, build_vector=negated, tipb="UnaryMinusInt", exact=True
    ),
    EvalType.DECIMAL: Overload(
        (Kind.ANY,),
        lambda site: site.types[0].with_flags(remove=Flag.UNSIGNED),
        scalar=lambda value: value.copy_negate() if value else value,
        build_vector=negated,
        tipb="UnaryMinusDecimal",
        exact=True,
    ),
    EvalType.REAL: Overload(
        (Kind.ANY,),
        lambda site: real_together(site.types),
        scalar=lambda value: -value,
        build_vector=negated,
        tipb="UnaryMinusReal",
        exact=True,
    ),
}


def _resolve_minus(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    (number,) = operands(args, context)
    if isinstance(number, Constant) and number.type.eval_type == EvalType.INT and isinstance(number.value, int):
        # A literal above 2^63 becomes a decimal, so that -9223372036854775809 is a number.
        if number.value > 1 << 63:
            number = in_kind(number, EvalType.DECIMAL)
    return make_call(UNARY_MINUS, _NEGATIONS[number.type.eval_type], (number,), context)


UNARY_MINUS = Function(
    "unary_minus",
    min_args=1,
    max_args=1,
    overloads=tuple(_NEGATIONS.values()),
    resolver=_resolve_minus,
    not_null=True,
    example=("-(2)", "-2"),
)
UNARY_PLUS = Function(
    "unary_plus", min_args=1, max_args=1, resolver=lambda name, args, context, text: args[0], example=("+2", "2")
)
