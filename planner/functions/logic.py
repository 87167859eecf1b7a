"""AND, OR, XOR, NOT and the tests IS NULL, IS TRUE, IS FALSE: three-valued logic with short circuit."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.arrays import nonzero, rows_where, truth
from planner.functions.registry import UNLIMITED, Compiled, Function, Kind, Nulls, Overload, VectorCompiled
from sqlnode.base.types import EvalType, Flag, SqlType, Value, boolean

CERTAIN = boolean().with_flags(add=Flag.NOT_NULL)


def all_integers(call: Call) -> bool:
    """Whether every argument is an integer, as the store's signatures for truth want them."""
    return all(arg.type.eval_type == EvalType.INT for arg in call.args)


class _Junction:
    """AND (`decisive` 0) and OR (`decisive` 1): the first decisive argument ends the evaluation."""

    def __init__(self, decisive: int) -> None:
        self._decisive = bool(decisive)

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        if len(args) == 2:
            return _conjunction(args[0], args[1]) if not self._decisive else _disjunction(args[0], args[1])
        combine = _disjunction if self._decisive else _conjunction
        combined = args[0]
        for arg in args[1:]:
            combined = combine(combined, arg)
        return combined

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch: later arguments see only the rows that are not decided."""
        combine = pc.or_kleene if self._decisive else pc.and_kleene
        decided = self._decisive

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            result = nonzero(args[0](batch, context))
            for arg in args[1:]:
                open_rows = pc.fill_null(pc.invert(result) if decided else result, True)
                count = open_rows.true_count
                if not count:
                    break
                if count == len(result):
                    result = combine(result, nonzero(arg(batch, context)))
                    continue
                known = result.filter(open_rows)
                result = rows_where_nullable(
                    result, open_rows, combine(known, nonzero(arg(batch.filter(open_rows), context)))
                )
            return result

        return run


def rows_where_nullable(array: pa.Array, mask: pa.Array, chosen: pa.Array) -> pa.Array:
    """`array` with the values where `mask` is true replaced by `chosen`, in order."""
    return pc.replace_with_mask(array, mask, chosen)


def _conjunction(first: Compiled, second: Compiled) -> Compiled:
    def run(row: Sequence[Value], context: EvalContext) -> Value:
        left = first(row, context)
        if left is not None and not left:
            return 0
        right = second(row, context)
        if right is None:
            return None
        if not right:
            return 0
        return None if left is None else 1

    return run


def _disjunction(first: Compiled, second: Compiled) -> Compiled:
    def run(row: Sequence[Value], context: EvalContext) -> Value:
        left = first(row, context)
        if left:
            return 1
        right = second(row, context)
        if right:
            return 1
        return None if left is None or right is None else 0

    return run


AND = Function(
    "and",
    overloads=(Overload((Kind.NUMBER,), boolean(), tipb="LogicalAnd", exact=all_integers),),
    aliases=("&&",),
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    not_null=True,
    lazy=_Junction(0),
    example=("1 AND NULL", "NULL"),
)
OR = Function(
    "or",
    overloads=(Overload((Kind.NUMBER,), boolean(), tipb="LogicalOr", exact=all_integers),),
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    not_null=True,
    lazy=_Junction(1),
    example=("1 OR NULL", "1"),
)
XOR = Function(
    "xor",
    (Kind.NUMBER, Kind.NUMBER),
    boolean(),
    scalar=lambda left, right: 1 if bool(left) != bool(right) else 0,
    vector=lambda left, right: pc.xor(nonzero(left), nonzero(right)),
    not_null=True,
    tipb="LogicalXor",
    exact=all_integers,
    example=("1 XOR 1", "0"),
)


def _per_kind(prefix: str, suffix: str, function: object, arrays: object) -> tuple[Overload, ...]:
    return tuple(
        Overload((kind,), None, scalar=function, vector=arrays, tipb=f"{prefix}{name}{suffix}", exact=True)  # type: ignore[arg-type]
        for kind, name in ((Kind.INT, "Int"), (Kind.DECIMAL, "Decimal"), (Kind.REAL, "Real"))
    )


NOT = Function(
    "not",
    result=boolean(),
    min_args=1,
    max_args=1,
    overloads=_per_kind("UnaryNot", "", lambda value: 0 if value else 1, lambda array: pc.invert(nonzero(array))),
    aliases=("!",),
    not_null=True,
    example=("NOT 2", "0"),
)
IS_TRUE = Function(
    "is_true",
    result=CERTAIN,
    min_args=1,
    max_args=1,
    nulls=Nulls.KERNEL,
    overloads=_per_kind("", "IsTrue", lambda value: 1 if value else 0, truth),
    example=("NULL IS TRUE", "0"),
)
IS_FALSE = Function(
    "is_false",
    result=CERTAIN,
    min_args=1,
    max_args=1,
    nulls=Nulls.KERNEL,
    overloads=_per_kind(
        "",
        "IsFalse",
        lambda value: 1 if value is not None and not value else 0,
        lambda array: pc.fill_null(pc.invert(nonzero(array)), False),
    ),
    example=("0 IS FALSE", "1"),
)
TRUTH = Function(
    "truth",
    result=boolean(),
    min_args=1,
    max_args=1,
    not_null=True,
    overloads=_per_kind("", "IsTrueWithNull", lambda value: 1 if value else 0, nonzero),
)
"""Whether a number is not zero, NULL for NULL: what a condition is in numeric context."""

_NULL_TEST = {kind: Overload((Kind.ANY,), tipb=f"{kind.value.capitalize()}IsNull", exact=True) for kind in EvalType}


def _null_overload(args: Sequence[object], context: object) -> Overload:
    sql_type: SqlType = args[0].type  # type: ignore[attr-defined]
    return _NULL_TEST[sql_type.eval_type]


IS_NULL = Function(
    "is_null",
    result=CERTAIN,
    scalar=lambda value: 1 if value is None else 0,
    vector=lambda array: pc.is_null(array),
    min_args=1,
    max_args=1,
    nulls=Nulls.KERNEL,
    overloads=tuple(_NULL_TEST.values()),
    choose=_null_overload,
    aliases=("isnull",),
    example=("ISNULL(1/0)", "1"),
)

__all__ = ["AND", "CERTAIN", "IS_FALSE", "IS_NULL", "IS_TRUE", "NOT", "OR", "XOR", "all_integers", "rows_where"]
