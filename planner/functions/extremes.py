"""GREATEST, LEAST and INTERVAL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import pyarrow as pa

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.control import unified
from planner.functions.registry import (
    UNLIMITED,
    Compiled,
    Function,
    Kernel,
    Kind,
    Nulls,
    Overload,
    Signature,
    VectorCompiled,
)
from planner.functions.resolution import to_kind
from sqlnode.base import json as binary_json
from sqlnode.base.collation import by_name
from sqlnode.base.types import EvalType, Flag, TypeCode, Value, integer


def _build(name: str) -> Callable[[Call], Kernel]:
    choose = max if name == "greatest" else min

    def build(call: Call) -> Kernel:
        kind = call.type.eval_type
        if kind == EvalType.STRING and call.signature.derivation.collation != "binary":
            key = by_name(call.signature.derivation.collation).sort_key
            return lambda *values: choose(values, key=key)
        if kind == EvalType.JSON:
            sign = 1 if name == "greatest" else -1

            def better(left: bytes, right: bytes) -> bytes:
                return right if binary_json.compare(right, left) * sign > 0 else left

            return lambda *values: reduce(better, values)
        return lambda *values: choose(values)

    return build


_NAMED = (TypeCode.ENUM, TypeCode.SET)
_OVERLOADS = {
    name: {
        kind: Overload(
            (Kind.ANY,),
            build=_build(name),
            tipb=f"{name.capitalize()}{kind.value.capitalize()}"
            if kind not in (EvalType.DURATION, EvalType.JSON)
            else "",
        )
        for kind in EvalType
    }
    for name in ("greatest", "least")
}


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    args = tuple(to_kind(arg, Kind.STRING, context) if arg.type.code in _NAMED else arg for arg in args)
    values, result, derivation = unified(args, context, name)
    certain = all(arg.type.not_null for arg in args)
    result = result.with_flags(add=Flag.NOT_NULL) if certain else result.nullable()
    overload = _OVERLOADS[name][result.eval_type]
    return Call(name, tuple(values), result, Signature(FUNCTIONS[name], overload, derivation))


FUNCTIONS = {
    name: Function(
        name,
        min_args=2,
        max_args=UNLIMITED,
        overloads=tuple(_OVERLOADS[name].values()),
        resolver=_resolve,
        example=(f"{name.upper()}(2, 3, 1)", answer),
    )
    for name, answer in (("greatest", "3"), ("least", "1"))
}
EXTREMES = tuple(FUNCTIONS.values())


class _Interval:
    """INTERVAL(n, a, b, ...): how many of the ascending a, b, ... are not above n; -1 for NULL."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        value, *bounds = args

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            number = value(row, context)
            if number is None:
                return -1
            count = 0
            for bound in bounds:
                limit = bound(row, context)
                if limit is not None and number < limit:  # type: ignore[operator]
                    break
                count += 1
            return count

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch."""

        value, *bounds = args

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            numbers = value(batch, context).to_pylist()
            counts = [-1 if number is None else 0 for number in numbers]
            rest = [place for place, number in enumerate(numbers) if number is not None]
            for bound in bounds:
                if not rest:
                    break
                part = batch if len(rest) == len(numbers) else batch.take(pa.array(rest))
                limits = bound(part, context).to_pylist()
                rest = [at for at, limit in zip(rest, limits) if limit is None or numbers[at] >= limit]
                for at in rest:
                    counts[at] += 1
            return pa.array(counts, pa.int64())

        return run


def _resolve_interval(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    values = [to_kind(arg, Kind.NUMBER, context) for arg in args]
    kinds = {value.type.eval_type for value in values}
    if len(kinds) > 1:
        values = [to_kind(value, Kind.REAL if EvalType.REAL in kinds else Kind.DECIMAL, context) for value in values]
    result = integer(not_null=True)
    return Call(name, tuple(values), result, Signature(INTERVAL, Overload((Kind.ANY,), result)))


INTERVAL = Function(
    "interval",
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    resolver=_resolve_interval,
    lazy=_Interval(),
    example=("INTERVAL(23, 1, 15, 17, 30, 44, 200)", "3"),
)
