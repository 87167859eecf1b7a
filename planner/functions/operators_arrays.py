"""Arithmetic over whole arrays. A kernel returns None when a value could be out of range: the scalar kernel then runs
row by row and raises for the right row. Neither pyarrow nor numpy is ever asked to wrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from planner.context import SqlMode
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.registry import Kernel
from sqlnode.base.decimal import quotient_digits
from sqlnode.base.errors import DIVISION_BY_ZERO, SqlError
from sqlnode.base.types import arrow_type

Datum: TypeAlias = Any
"""pa.Array or pa.Scalar."""

_INTEGER: dict[str, Callable[[Datum, Datum], Datum]] = {
    "+": pc.add_checked,
    "-": pc.subtract_checked,
    "*": pc.multiply_checked,
}


def _in_type(value: Datum, wanted: pa.DataType) -> Datum:
    return value if value.type == wanted else pc.cast(value, wanted)


def integer_kernel(name: str) -> Callable[[Call], Kernel]:
    """+ - * DIV % of integers in the result's sign."""

    def build(call: Call) -> Kernel:
        wanted = arrow_type(call.type)
        if name in ("div", "%"):
            return lambda context, left, right: _whole_division(name, left, right, wanted)
        compute = _INTEGER[name]

        def run(left: Datum, right: Datum) -> Datum:
            try:
                return compute(_in_type(left, wanted), _in_type(right, wanted))
            except pa.ArrowInvalid:
                return None

        return run

    return build


def _whole_division(name: str, left: Datum, right: Datum, wanted: pa.DataType) -> Datum:
    """DIV and % where all divisors are positive and everything is of one sign's range; else row by row."""
    if left.type != wanted or (right.type != wanted and not isinstance(right, pa.Scalar)):
        return None
    if isinstance(right, pa.Scalar):
        divisor = right.as_py()
        if divisor is None or divisor <= 0 or divisor > 1 << 62 or isinstance(left, pa.Scalar):
            return None
        by = pa.scalar(divisor, wanted)
        quotient = pc.divide(left, by)
        return quotient if name == "div" else pc.subtract(left, pc.multiply(quotient, by))
    smallest = pc.min(right).as_py()
    if smallest is None or smallest <= 0:
        return None
    quotient = pc.divide(left, right)
    return quotient if name == "div" else pc.subtract(left, pc.multiply(quotient, right))


def real_kernel(name: str) -> Callable[[Call], Kernel]:
    """+ - * / of doubles; overflow and division by zero go row by row."""
    compute = {"+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide}[name]

    def finite(left: Datum, right: Datum) -> Datum:
        result = compute(left, right)
        every = pc.all(pc.is_finite(result), min_count=0).as_py()
        return result if every is not False else None

    def build(call: Call) -> Kernel:
        if name != "/":
            return finite

        def divide(context: object, left: Datum, right: Datum) -> Datum:
            zero = pc.equal(right, pa.scalar(0.0))
            if isinstance(zero, pa.Scalar):
                return None if zero.as_py() else finite(left, right)
            return None if pc.any(zero).as_py() else finite(left, right)

        return divide

    return build


def decimal_kernel(name: str) -> Callable[[Call], Kernel]:
    """+ - * of decimals, exact."""
    compute = {"+": pc.add, "-": pc.subtract, "*": pc.multiply}[name]

    def build(call: Call) -> Kernel:
        wanted = arrow_type(call.type)

        def run(left: Datum, right: Datum) -> Datum:
            a, b = left.type, right.type
            if name == "*":
                precision = a.precision + b.precision + 1
                exact_scale = a.scale + b.scale
            else:
                exact_scale = max(a.scale, b.scale)
                precision = max(a.precision - a.scale, b.precision - b.scale) + exact_scale + 1
            if exact_scale > wanted.scale or precision > 76:
                return None
            if precision > 38 and not (pa.types.is_decimal256(a) or pa.types.is_decimal256(b)):
                left = pc.cast(left, pa.decimal256(a.precision, a.scale))
                right = pc.cast(right, pa.decimal256(b.precision, b.scale))
            try:
                return pc.cast(compute(left, right), wanted)
            except pa.ArrowInvalid:
                return None

        return run

    return build


def divided(call: Call) -> Kernel:
    """Decimal division where both sides and the shifted numerator fit 63 bits (most money columns); else row by row."""
    wanted = arrow_type(call.type)
    scale, other = max(call.args[0].type.scale, 0), max(call.args[1].type.scale, 0)
    computed = quotient_digits(scale, other, call.type.scale - scale)
    # MySQL cuts at a group boundary; where that lies beyond the result's digits, one more digit decides the rounding.
    further = 1 if computed > call.type.scale else 0
    shift = call.type.scale + further - scale + other

    def run(context: EvalContext, left: Datum, right: Datum) -> Datum:
        if isinstance(left, pa.Scalar) or isinstance(right, pa.Scalar) or shift > 17 or wanted.precision > 38:
            return None
        numerator, denominator = _small(left), _small(right)
        if numerator is None or denominator is None:
            return None
        valid = _valid(left) & _valid(right)
        zeros = int(np.count_nonzero(valid & (denominator == 0)))
        if zeros:
            valid &= denominator != 0
        numerator, denominator = np.where(valid, numerator, 0), np.where(valid, denominator, 1)
        if len(numerator) and np.abs(numerator).max() > (1 << 62) // 10**shift:
            return None
        size = np.abs(numerator) * 10**shift // np.abs(denominator)
        if further:
            size = (size + 5) // 10
        result = np.where((numerator < 0) != (denominator < 0), -size, size)
        array = _of_units(result, valid, wanted)
        if array is not None:
            for _ in range(zeros):
                zero_divisor(context)
        return array

    return run


def zero_divisor(context: EvalContext) -> None:
    """What a division by zero does beside giving NULL: nothing, warning 1365, or the error in strict DML."""
    if not context.sql_mode & SqlMode.ERROR_FOR_DIVISION_BY_ZERO:
        return
    if context.strict_dml:
        raise SqlError(DIVISION_BY_ZERO)
    context.warning(DIVISION_BY_ZERO)


def _valid(array: pa.Array) -> npt.NDArray[np.bool_]:
    return array.is_valid().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _small(array: pa.Array) -> npt.NDArray[np.int64] | None:
    """The unscaled values of a decimal128 array that all fit 62 bits; NULLs are any number."""
    if not pa.types.is_decimal128(array.type):
        return None
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)[array.offset : array.offset + len(array)]
    low, high = words[:, 0], words[:, 1]
    fits = (high == low >> 63) & (np.abs(low >> 1) < 1 << 61)
    return low if bool((fits | ~_valid(array)).all()) else None


def _of_units(units: npt.NDArray[np.int64], valid: npt.NDArray[np.bool_], wanted: pa.DataType) -> pa.Array | None:
    words = np.empty((len(units), 2), np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63
    mask = pa.array(valid).buffers()[1]
    array = pa.Array.from_buffers(pa.decimal128(38, wanted.scale), len(units), [mask, pa.py_buffer(words)])
    try:
        return pc.cast(array, wanted)
    except pa.ArrowInvalid:
        return None


def negated(call: Call) -> Kernel:
    """Unary minus."""

    def run(array: Datum) -> Datum:
        if array.type == pa.uint64():
            try:
                array = pc.cast(array, pa.int64())
            except pa.ArrowInvalid:
                return None
        if array.type == pa.int64():
            try:
                return pc.negate_checked(array)
            except pa.ArrowInvalid:
                return None
        return pc.negate(array)

    return run
