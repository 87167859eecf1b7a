"""Mathematical functions (MySQL manual, Mathematical Functions). Results outside a type's range are error 1690."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from planner.context import PlanContext
from planner.expr.describe import describe
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.characters import encoded
from planner.functions.registry import CallSite, Function, Kernel, Kind, Nulls, Overload, Volatility
from planner.functions.resolution import is_null
from sqlnode.base.errors import DATA_OUT_OF_RANGE, INVALID_ARGUMENT_FOR_LOGARITHM, SqlError
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, double, integer, real_together

N, R = Kind.INT, Kind.REAL
_MIN_INT = -(1 << 63)
_MASK = (1 << 64) - 1


def out_of_range(call: Call, kind: str) -> SqlError:
    """Error 1690 for a call's result."""
    return SqlError(DATA_OUT_OF_RANGE, kind=kind, expression=describe(call))


# ------------------------------------------------------------------------------------------------------------ ABS, SIGN


def _same(site: CallSite) -> SqlType:
    return site.types[0].nullable()


def _same_integer(site: CallSite) -> SqlType:
    given = site.types[0]
    return integer(
        unsigned=given.unsigned or given.code == TypeCode.BIT,
        length=max(given.length, 20 if given.code == TypeCode.BIT else 1),
    )


def _abs_int(call: Call) -> Kernel:
    def absolute(value: int) -> int:
        if value == _MIN_INT:
            raise out_of_range(call, "BIGINT")
        return abs(value)

    return absolute


def _abs_array(array: pa.Array) -> pa.Array | None:
    if array.type == pa.uint64():
        return array
    try:
        return pc.abs_checked(array)
    except pa.ArrowInvalid:
        return None


_ABS_INT = Overload((N,), _same_integer, build=_abs_int, vector=_abs_array, tipb="AbsInt", exact=True)
_ABS_DECIMAL = Overload(
    (Kind.DECIMAL,), _same, scalar=Decimal.copy_abs, vector=_abs_array, tipb="AbsDecimal", exact=True
)


def _abs_real(fsp: int = 0) -> Overload:
    """Of a time with a fraction as many digits are shown."""
    return Overload(
        (R,),
        lambda site: replace(double(), scale=fsp, length=17 + fsp) if fsp else real_together(site.types),
        scalar=abs,
        vector=pc.abs,
        tipb="AbsReal",
        exact=True,
    )


_ABS_REAL = _abs_real()


def _abs_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    given = args[0].type
    match given.eval_type:
        case EvalType.INT:
            return _ABS_INT
        case EvalType.DECIMAL:
            return _ABS_DECIMAL
        case EvalType.TIME | EvalType.DURATION if given.fsp:
            return _abs_real(given.fsp)
    return _ABS_INT if is_null(args[0]) else _ABS_REAL


ABS = Function(
    "abs",
    overloads=(_ABS_INT, _ABS_DECIMAL, _ABS_REAL),
    choose=_abs_kind,
    min_args=1,
    max_args=1,
    not_null=True,
    example=("ABS(-32)", "32"),
    examples=(("ABS(-1.50)", "1.50"), ("ABS(-1.5E0)", "1.5")),
)
SIGN = Function(
    "sign",
    (Kind.NUMBER,),
    integer(length=2),
    scalar=lambda value: (value > 0) - (value < 0),
    example=("SIGN(-32)", "-1"),
    examples=(("SIGN(0)", "0"), ("SIGN(234.5)", "1")),
)


# -------------------------------------------------------------------------------------------------- functions of reals


def _checked(function: Callable[..., float], name: str) -> Callable[[Call], Kernel]:
    """A float function whose overflow is error 1690."""

    def build(call: Call) -> Kernel:
        def run(*values: float) -> float:
            try:
                result = function(*values)
            except OverflowError:
                raise out_of_range(call, "DOUBLE") from None
            if not math.isfinite(result):
                raise out_of_range(call, "DOUBLE")
            return result

        return run

    return build


def _logarithm(function: Callable[[float], float]) -> Callable[[EvalContext, float], float | None]:
    def run(context: EvalContext, value: float) -> float | None:
        if value <= 0:
            context.warning(INVALID_ARGUMENT_FOR_LOGARITHM)
            return None
        return function(value)

    return run


def _log(context: EvalContext, base: float, value: float | None = None) -> float | None:
    if value is None:
        return _logarithm(math.log)(context, base)
    if base <= 0 or base == 1 or value <= 0:
        context.warning(INVALID_ARGUMENT_FOR_LOGARITHM)
        return None
    return math.log(value) / math.log(base)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except ValueError:
        return math.nan


def _real(
    name: str, scalar: Kernel, example: tuple[str, str], tipb: str = "", *, aliases: tuple[str, ...] = ()
) -> Function:
    return Function(name, (R,), double(), scalar=scalar, aliases=aliases, tipb=tipb, example=example)


SQRT = Function(
    "sqrt",
    (R,),
    double(),
    scalar=lambda value: math.sqrt(value) if value >= 0 else None,
    tipb="Sqrt",
    exact=True,
    example=("SQRT(4)", "2"),
    examples=(("SQRT(-16)", "NULL"), ("SQRT(20)", "4.47213595499958")),
)
EXP = Function("exp", (R,), double(), build=_checked(math.exp, "exp"), example=("EXP(0)", "1"))
POW = Function(
    "pow",
    (R, R),
    double(),
    build=_checked(_power, "pow"),
    aliases=("power",),
    example=("POW(2, 2)", "4"),
    examples=(("POW(2, -2)", "0.25"),),
)
LN = Function(
    "ln",
    (R,),
    double(),
    scalar=_logarithm(math.log),
    context=True,
    example=("LN(1)", "0"),
    examples=(("LN(-2)", "NULL"),),
)
LOG = Function(
    "log",
    (R, R),
    double(),
    scalar=_log,
    context=True,
    min_args=1,
    max_args=2,
    example=("LOG(2, 65536)", "16"),
    examples=(("LOG(10, 100)", "2"), ("LOG(1, 100)", "NULL"), ("LOG(1)", "0")),
)
LOG2 = Function(
    "log2",
    (R,),
    double(),
    scalar=_logarithm(lambda value: math.log(value) / math.log(2)),
    context=True,
    example=("LOG2(65536)", "16"),
)
LOG10 = Function("log10", (R,), double(), scalar=_logarithm(math.log10), context=True, example=("LOG10(100)", "2"))


def _in_unit(function: Callable[[float], float]) -> Kernel:
    return lambda value: function(value) if -1 <= value <= 1 else None


def _cotangent(value: float) -> float:
    tangent = math.tan(value)
    return 1 / tangent if tangent else math.inf


TRIGONOMETRY = (
    _real("sin", math.sin, ("SIN(0)", "0")),
    _real("cos", math.cos, ("COS(0)", "1")),
    _real("tan", math.tan, ("TAN(0)", "0")),
    _real("asin", _in_unit(math.asin), ("ASIN(0.2)", "0.2013579207903308")),
    _real("acos", _in_unit(math.acos), ("ACOS(1.0001)", "NULL")),
    Function("degrees", (R,), double(), build=_checked(math.degrees, "degrees"), example=("DEGREES(PI())", "180")),
    _real("radians", math.radians, ("RADIANS(90)", "1.5707963267948966")),
)
COT = Function("cot", (R,), double(), build=_checked(_cotangent, "cot"), example=("COT(12)", "-1.5726734063976893"))
ATAN = Function(
    "atan",
    (R, R),
    double(),
    scalar=lambda value, other=None: math.atan(value) if other is None else math.atan2(value, other),
    aliases=("atan2",),
    min_args=1,
    max_args=2,
    example=("ATAN(2)", "1.1071487177940904"),
    examples=(("ATAN(-2, 2)", "-0.7853981633974483"),),
)
PI = Function(
    "pi",
    (),
    SqlType(TypeCode.DOUBLE, Flag.BINARY, 8, 6),
    scalar=lambda: math.pi,
    example=("PI()", "3.141593"),
)


# ---------------------------------------------------------------------------------------------------------------- RAND

_RANDOM_MAX = 0x3FFFFFFF


class Randomizer:
    """MySQL's generator, so that RAND(seed) gives MySQL's numbers."""

    __slots__ = ("_first", "_second")

    def __init__(self, seed: int) -> None:
        self._first = (seed * 0x10001 + 55555555 & 0xFFFFFFFF) % _RANDOM_MAX
        self._second = (seed * 0x10000001 & 0xFFFFFFFF) % _RANDOM_MAX

    def next(self) -> float:
        """The next number, 0 to below 1."""
        self._first = (self._first * 3 + self._second) % _RANDOM_MAX
        self._second = (self._first + self._second + 33) % _RANDOM_MAX
        return self._first / _RANDOM_MAX


def _rand(call: Call) -> Kernel:
    identity = id(call)

    def run(context: EvalContext, seed: int | None = 0) -> float:
        if not call.args:
            import random

            return random.random()
        state = context.random.get(identity)
        if not isinstance(state, Randomizer):
            state = Randomizer((seed or 0) & 0xFFFFFFFF)
            context.random[identity] = state
        return state.next()

    return run


RAND = Function(
    "rand",
    (N,),
    double(),
    build=_rand,
    context=True,
    min_args=0,
    max_args=1,
    nulls=Nulls.KERNEL,
    volatility=Volatility.ROW,
    example=("RAND(3)", "0.9057697559760601"),
)


# --------------------------------------------------------------------------------------------------------------- others


def _crc32(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)
    return zlib.crc32 if encode is None else lambda value: zlib.crc32(encode(value))


CRC32 = Function(
    "crc32",
    (Kind.STRING,),
    integer(unsigned=True, length=10),
    build=_crc32,
    tipb="CRC32",
    exact=lambda call: encoded(call.args[0].type) is None,
    example=("CRC32('MySQL')", "3259397556"),
)


def _whole(value: float | Decimal) -> int:
    whole = int(value.to_integral_value(ROUND_HALF_UP)) if isinstance(value, Decimal) else round(value)
    return min(max(whole, _MIN_INT), -_MIN_INT - 1)


BIT_COUNT = Function(
    "bit_count",
    overloads=(
        Overload((N,), integer(length=2), scalar=lambda value: (value & _MASK).bit_count()),
        Overload((Kind.NUMBER,), integer(length=2), scalar=lambda value: (_whole(value) & _MASK).bit_count()),
    ),
    min_args=1,
    max_args=1,
    example=("BIT_COUNT(29)", "4"),
    examples=(("BIT_COUNT(-1)", "64"), ("BIT_COUNT(1e100)", "63"), ("BIT_COUNT(-1e100)", "1")),
)
