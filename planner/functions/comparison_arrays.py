"""Comparisons over whole arrays: numbers of mixed signs, decimals of mixed scales, strings by their collation's keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.nodes import Call
from planner.functions.registry import Kernel
from sqlnode.base.collation import Collation, by_name, sort_keys
from sqlnode.base.types import EvalType

Datum: TypeAlias = Any
"""pa.Array or pa.Scalar."""

_COMPUTE: dict[str, Callable[[Datum, Datum], Datum]] = {
    "=": pc.equal,
    "!=": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
_BELOW = {"=": False, "!=": True, "<": True, "<=": True, ">": False, ">=": False}
"""The answer when the left side is smaller than anything that the right side can be."""


def comparing(name: str) -> Callable[[Call], Kernel]:
    """The builder of a comparison's array kernel."""
    base = "=" if name == "<=>" else name

    def build(call: Call) -> Kernel:
        kind = call.args[0].type.eval_type
        if kind == EvalType.STRING:
            collation = call.signature.derivation.collation
            kernel = _COMPUTE[base] if collation == "binary" else _by_keys(base, by_name(collation))
        elif kind == EvalType.INT:
            kernel = _integers(base)
        elif kind == EvalType.DECIMAL:
            kernel = _decimals(base)
        else:
            kernel = _COMPUTE[base]
        return _null_safe(kernel) if name == "<=>" else kernel

    return build


def _by_keys(name: str, collation: Collation) -> Kernel:
    compute = _COMPUTE[name]

    def keys(value: Datum) -> Datum:
        if isinstance(value, pa.Scalar):
            return value if not value.is_valid else pa.scalar(collation.sort_key(value.as_py()), pa.binary())
        return sort_keys(value, collation)

    return lambda left, right: compute(keys(left), keys(right))


def _integers(name: str) -> Kernel:
    compute, below = _COMPUTE[name], _BELOW[name]
    above = below if name in ("=", "!=") else not below

    def run(left: Datum, right: Datum) -> Datum:
        if left.type == right.type:
            return compute(left, right)
        if pa.types.is_boolean(left.type) or pa.types.is_boolean(right.type):
            return None
        if left.type == pa.int64():
            # A negative number is below every unsigned one; the others compare as unsigned.
            negative = pc.less(left, pa.scalar(0, pa.int64()))
            plain = compute(pc.cast(left, pa.uint64(), safe=False), right)
            return pc.if_else(pc.and_kleene(negative, pc.is_valid(right)), pa.scalar(below), plain)
        negative = pc.less(right, pa.scalar(0, pa.int64()))
        plain = compute(left, pc.cast(right, pa.uint64(), safe=False))
        return pc.if_else(pc.and_kleene(negative, pc.is_valid(left)), pa.scalar(above), plain)

    return lambda left, right: _with_nulls(run(left, right), left, right)


def _with_nulls(result: Datum, left: Datum, right: Datum) -> Datum:
    """NULL where either side is (a kernel's `if_else` may have hidden one)."""
    if result is None or left.type == right.type:
        return result
    for side in (left, right):
        if isinstance(side, pa.Scalar):
            if not side.is_valid:
                rows = next(len(other) for other in (left, right) if not isinstance(other, pa.Scalar))
                return pa.nulls(rows, pa.bool_())
        elif side.null_count:
            result = pc.if_else(pc.is_valid(side), result, pa.scalar(None, pa.bool_()))
    return result


def _decimals(name: str) -> Kernel:
    compute = _COMPUTE[name]

    def run(left: Datum, right: Datum) -> Datum:
        if not pa.types.is_decimal(left.type) or not pa.types.is_decimal(right.type):
            return None
        if left.type != right.type:
            scale = max(left.type.scale, right.type.scale)
            whole = max(left.type.precision - left.type.scale, right.type.precision - right.type.scale)
            if whole + scale > 76:
                return None
            common = pa.decimal128(whole + scale, scale) if whole + scale <= 38 else pa.decimal256(whole + scale, scale)
            left, right = pc.cast(left, common), pc.cast(right, common)
        return compute(left, right)

    return run


def _null_safe(kernel: Kernel) -> Kernel:
    def run(left: Datum, right: Datum) -> Datum:
        equal = kernel(left, right)
        if equal is None:
            return None
        both = pc.and_(pc.is_null(left), pc.is_null(right))
        return pc.or_(pc.fill_null(equal, False), both)

    return run
