"""ROUND, TRUNCATE, CEIL and FLOOR: exact for integers and decimals, half to even for floats (as C's rint)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.nodes import Call, Constant, Expression
from planner.functions.math import out_of_range
from planner.functions.registry import CallSite, Function, Kernel, Kind, Overload
from sqlnode.base.decimal import EXACT, MAX_SCALE, without_negative_zero
from sqlnode.base.types import Flag, SqlType, decimal, double, integer

N, R, D = Kind.INT, Kind.REAL, Kind.DECIMAL
_MIN_INT, _MAX_INT, _MAX_UINT = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
_NOT_FIXED = 31


# ----------------------------------------------------------------------------------------------------- ROUND, TRUNCATE


def _digits(args: tuple[Expression, ...]) -> int | None:
    """The wanted digits where they are a constant."""
    if len(args) == 1:
        return 0
    wanted = args[1]
    return wanted.value if isinstance(wanted, Constant) and isinstance(wanted.value, int) else None


def _decimal_type(site: CallSite) -> SqlType:
    source, digits = site.types[0], _digits(site.args)
    if digits is None:
        return replace(source.nullable(), flags=source.flags & ~Flag.NOT_NULL)
    scale = min(max(digits, 0), MAX_SCALE)
    carries = 1 if site.name == "round" and scale < source.scale else 0
    return decimal(source.length - source.scale + scale + carries, scale, unsigned=source.unsigned)


def _real_type(site: CallSite) -> SqlType:
    digits = _digits(site.args)
    if digits is None:
        return double()
    scale = max(digits, 0)
    return double() if scale >= _NOT_FIXED else replace(double(), length=17 + scale, scale=scale)


def _integer_type(site: CallSite) -> SqlType:
    return integer(unsigned=site.types[0].unsigned, length=max(site.types[0].length, 1) + 1)


def _round_decimal(rounding: str) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        shown = max(call.type.scale, 0)

        def run(value: Decimal, digits: int = 0) -> Decimal:
            places = min(max(digits, -66), MAX_SCALE)
            rounded = value.quantize(Decimal((0, (1,), -places)), rounding, EXACT)
            return without_negative_zero(rounded.quantize(Decimal((0, (1,), -shown)), ROUND_DOWN, EXACT))

        return run

    return build


def round_real(value: float, digits: int) -> float:
    """ROUND() of a float."""
    return _round_real(False)(value, digits)


def _round_real(truncated: bool) -> Callable[..., float]:
    def run(value: float, digits: int = 0) -> float:
        if not math.isfinite(value):
            return value
        size = min(abs(digits), 400)
        factor = 10.0**size if size < 309 else math.inf
        if digits < 0:
            if math.isinf(factor):
                return 0.0
            scaled = value / factor
            return (math.trunc(scaled) if truncated else round(scaled)) * factor
        scaled = value * factor
        if not math.isfinite(scaled):
            return value
        return (math.trunc(scaled) if truncated else round(scaled)) / factor

    return run


def _round_integer(truncated: bool) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        low, high = (0, _MAX_UINT) if call.type.unsigned else (_MIN_INT, _MAX_INT)

        def run(value: int, digits: int = 0) -> int:
            if digits >= 0:
                return value
            if digits < -20:
                return 0
            unit: int = 10**-digits
            size = abs(value)
            kept = size // unit * unit
            if not truncated and (size - kept) * 2 >= unit:
                kept += unit
            result = -kept if value < 0 else kept
            if not low <= result <= high:
                raise out_of_range(call, "BIGINT UNSIGNED" if call.type.unsigned else "BIGINT")
            return result

        return run

    return build


def _decimal_array(mode: str) -> Callable[[Call], Kernel]:
    """Constant digits within the argument's scale."""

    def build(call: Call) -> Kernel:
        digits = _digits(call.args)
        scale = call.args[0].type.scale

        def run(array: pa.Array, *rest: pa.Scalar) -> pa.Array | None:
            if digits is None or digits < 0 or isinstance(array, pa.Scalar):
                return None
            if digits >= scale:
                return array
            wide = array.type.precision + 1
            if wide > 76:
                return None
            # One more digit: where a rounded value does not fit, pyarrow answers 0 and says nothing.
            roomy = pa.decimal128(wide, scale) if wide <= 38 else pa.decimal256(wide, scale)
            return pc.round(pc.cast(array, roomy), digits, mode)

        return run

    return build


def _one_argument(call: Call) -> bool:
    """The signatures that are named here have no digits."""
    return call.name == "round" and len(call.args) == 1


def _overloads(truncated: bool) -> tuple[Overload, ...]:
    name = "Truncate" if truncated else "Round"
    mode, arrow = (ROUND_DOWN, "towards_zero") if truncated else (ROUND_HALF_UP, "half_towards_infinity")
    return (
        Overload((N, N), _integer_type, build=_round_integer(truncated), tipb=f"{name}Int", exact=_one_argument),
        Overload(
            (D, N),
            _decimal_type,
            build=_round_decimal(mode),
            build_vector=_decimal_array(arrow),
            constants=True,
            tipb=f"{name}Dec",
            exact=_one_argument,
        ),
        Overload((R, N), _real_type, scalar=_round_real(truncated), tipb=f"{name}Real"),
    )


ROUND = Function(
    "round",
    overloads=_overloads(False),
    min_args=1,
    max_args=2,
    example=("ROUND(-1.58)", "-2"),
    examples=(
        ("ROUND(1.298, 1)", "1.3"),
        ("ROUND(23.298, -1)", "20"),
        ("ROUND(2.5)", "3"),
        ("ROUND(25E-1)", "2"),
        ("ROUND(150, -2)", "200"),
        ("ROUND(12, 1)", "12"),
        ("ROUND(1.298E0, 1)", "1.3"),
        ("ROUND('1.5')", "2"),
    ),
)
TRUNCATE = Function(
    "truncate",
    overloads=_overloads(True),
    min_args=2,
    max_args=2,
    example=("TRUNCATE(1.223, 1)", "1.2"),
    examples=(
        ("TRUNCATE(-1.999, 1)", "-1.9"),
        ("TRUNCATE(122, -2)", "100"),
        ("TRUNCATE(10.28*100, 0)", "1028"),
        ("TRUNCATE(1.999E0, 1)", "1.9"),
    ),
)


# --------------------------------------------------------------------------------------------------------- CEIL, FLOOR


def _whole_type(site: CallSite) -> SqlType:
    source = site.types[0]
    whole = source.length - max(source.scale, 0)
    if whole < 18:
        return integer(unsigned=source.unsigned, length=whole + 2)
    return decimal(min(whole + 1, 65), 0, unsigned=source.unsigned)


def _whole_decimal(rounding: str) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        if call.type.is_integer:
            return lambda value: int(value.to_integral_value(rounding, EXACT))
        return lambda value: without_negative_zero(value.to_integral_value(rounding, EXACT))

    return build


def _as_is(value: int) -> int:
    return value


def _whole(
    name: str, aliases: tuple[str, ...], rounding: str, real: Callable[[float], float], *examples: tuple[str, str]
) -> Function:
    tipb = "Ceil" if name == "ceil" else "Floor"
    arrow = pc.ceil if name == "ceil" else pc.floor
    return Function(
        name,
        aliases=aliases,
        overloads=(
            Overload(
                (N,),
                lambda site: integer(unsigned=site.types[0].unsigned, length=max(site.types[0].length, 1)),
                scalar=_as_is,
                vector=lambda array: array,
                tipb=f"{tipb}IntToInt",
                exact=True,
            ),
            Overload(
                (D,),
                _whole_type,
                build=_whole_decimal(rounding),
                tipb=f"{tipb}DecToInt",
                exact=lambda call: call.type.is_integer,
            ),
            Overload(
                (R,),
                replace(double(), length=17, scale=0),
                scalar=real,
                vector=lambda array: pc.add(arrow(array), 0.0),
                tipb=f"{tipb}Real",
                exact=True,
            ),
        ),
        min_args=1,
        max_args=1,
        example=examples[0],
        examples=examples[1:],
    )


CEIL = _whole(
    "ceil",
    ("ceiling",),
    ROUND_CEILING,
    lambda value: float(math.ceil(value)) if math.isfinite(value) else value,
    ("CEILING(1.23)", "2"),
    ("CEIL(-1.23)", "-1"),
    ("CEIL(5)", "5"),
    ("CEIL(-0.5E0)", "0"),
)
FLOOR = _whole(
    "floor",
    (),
    ROUND_FLOOR,
    lambda value: float(math.floor(value)) if math.isfinite(value) else value,
    ("FLOOR(1.23)", "1"),
    ("FLOOR(-1.23)", "-2"),
    ("FLOOR('1.9')", "1"),
)
