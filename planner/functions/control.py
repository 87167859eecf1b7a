"""IF, IFNULL, NULLIF, COALESCE and CASE: branches are evaluated only for the rows that choose them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from planner.context import PlanContext
from planner.expr.coercion import aggregate_collations, as_text, unify
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Constant, Expression
from planner.functions.arrays import exact_form, mask_of, truth
from planner.functions.registry import (
    UNLIMITED,
    Compiled,
    Derivation,
    Function,
    Kind,
    Nulls,
    Overload,
    Signature,
    VectorCompiled,
)
from planner.functions.resolution import cast, is_null, resolve, to_kind, without_zeros
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, Value, arrow_type, null

NULL = Constant(None, null())
_SUFFIX = {kind: kind.value.capitalize() for kind in EvalType}


def unified(
    values: Sequence[Expression], context: PlanContext, operation: str
) -> tuple[list[Expression], SqlType, Derivation]:
    """Values cast to the one type that they have together, and their collation."""
    strings = [value for value in values if value.type.eval_type in (EvalType.STRING, EvalType.JSON)]
    derivation = aggregate_collations([value for value in strings if not is_null(value)], context, operation=operation)
    target = unify([value.type for value in values], derivation)
    plain = target.nullable()
    return [cast(value, plain) if not is_null(value) else Constant(None, plain) for value in values], target, derivation


def _call(
    function: Function,
    args: Sequence[Expression],
    result: SqlType,
    derivation: Derivation,
    tipb: str,
    exact: bool = True,
) -> Call:
    result = without_zeros(result)
    overload = Overload((Kind.ANY,), result, tipb=tipb, exact=exact)
    return Call(function.name, tuple(args), result, Signature(function, overload, derivation))


# ---------------------------------------------------------------------------------------------------------------- CASE


class _Case:
    """Arguments: condition, value, condition, value, ..., and the ELSE value when their count is odd."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        pairs = list(zip(args[0::2], args[1::2]))
        otherwise = args[-1] if len(args) % 2 else None
        if len(pairs) == 1 and otherwise is not None:
            condition, value = pairs[0]
            other = otherwise
            return lambda row, context: value(row, context) if condition(row, context) else other(row, context)

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            for condition, value in pairs:
                if condition(row, context):
                    return value(row, context)
            return None if otherwise is None else otherwise(row, context)

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch."""
        pairs = list(zip(args[0::2], args[1::2]))
        otherwise = args[-1] if len(args) % 2 else None
        sql_type = call.type

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            choice = _Choice(batch.num_rows, sql_type)
            for condition, value in pairs:
                if not len(choice.rest):
                    break
                part = choice.part(batch)
                choice.take(batch, truth(condition(part, context)), value, context)
            if otherwise is not None and len(choice.rest):
                choice.take(batch, pa.repeat(pa.scalar(True), len(choice.rest)), otherwise, context)
            return choice.result()

        return run


class _Choice:
    """Rows of a batch that take their value from one branch after another."""

    def __init__(self, rows: int, sql_type: SqlType) -> None:
        self.rows = rows
        self.rest = np.arange(rows)
        self._type = sql_type
        self._arrays: list[pa.Array] = []
        self._places = np.full(rows, -1, np.int64)
        self._count = 0

    def part(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch's rows that have no value yet."""
        return batch if len(self.rest) == self.rows else batch.take(pa.array(self.rest))

    def take(self, batch: pa.RecordBatch, mask: pa.Array, value: VectorCompiled, context: EvalContext) -> None:
        """The rest's rows where `mask` is true take `value`."""
        chosen = mask_of(mask)
        rows = self.rest[chosen]
        if not len(rows):
            return
        part = batch if len(rows) == self.rows else batch.take(pa.array(rows))
        array = exact_form(value(part, context), self._type)
        self._places[rows] = np.arange(self._count, self._count + len(rows))
        self._count += len(rows)
        self._arrays.append(array)
        self.rest = self.rest[~chosen]

    def result(self) -> pa.Array:
        """One value a row; NULL where no branch was chosen."""
        if not self._arrays:
            return pa.nulls(self.rows, arrow_type(self._type))
        if len(self._arrays) == 1 and self._count == self.rows:
            return self._arrays[0]
        pool = self._arrays[0] if len(self._arrays) == 1 else pa.concat_arrays(self._arrays)
        return pool.take(pa.array(self._places, mask=self._places < 0))


def _resolve_case(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    values = list(args[1::2]) + ([args[-1]] if len(args) % 2 else [])
    with_else = values if len(args) % 2 else [*values, NULL]
    converted, result, derivation = unified(with_else, context, "case")
    merged: list[Expression] = []
    for position, condition in enumerate(args[0 : len(args) - len(args) % 2 : 2]):
        merged += (to_kind(condition, Kind.NUMBER, context), converted[position])
    if len(args) % 2:
        merged.append(converted[-1])
    exact = all(part.type.eval_type == EvalType.INT for part in merged[0 : len(args) - len(args) % 2 : 2])
    return _call(CASE, merged, result, derivation, f"CaseWhen{_SUFFIX[result.eval_type]}", exact)


def _resolve_if(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    condition = to_kind(args[0], Kind.NUMBER, context)
    values, result, derivation = unified(args[1:], context, "if")
    exact = condition.type.eval_type == EvalType.INT
    return _call(IF, (condition, *values), result, derivation, f"If{_SUFFIX[result.eval_type]}", exact)


CASE = Function(
    "case",
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    resolver=_resolve_case,
    lazy=_Case(),
    example=("CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END", "b"),
)
IF = Function(
    "if",
    min_args=3,
    max_args=3,
    nulls=Nulls.KERNEL,
    resolver=_resolve_if,
    lazy=_Case(),
    example=("IF(1 < 2, 'yes', 'no')", "yes"),
)


# ------------------------------------------------------------------------------------------------------------ COALESCE


class _Coalesce:
    """The first argument that is not NULL."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        if len(args) == 2:
            first, second = args

            def of_two(row: Sequence[Value], context: EvalContext) -> Value:
                value = first(row, context)
                return second(row, context) if value is None else value

            return of_two

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            for arg in args:
                value = arg(row, context)
                if value is not None:
                    return value
            return None

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch: each argument sees the rows where the ones before it are NULL."""
        sql_type = call.type

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            result = exact_form(args[0](batch, context), sql_type)
            for arg in args[1:]:
                if not result.null_count:
                    break
                missing = pc.is_null(result)
                result = pc.replace_with_mask(
                    result, missing, exact_form(arg(batch.filter(missing), context), sql_type)
                )
            return result

        return run


def _coalesce_type(result: SqlType, args: Sequence[Expression]) -> SqlType:
    certain = any(arg.type.not_null for arg in args)
    return result.with_flags(add=Flag.NOT_NULL) if certain else result.nullable()


def _resolve_coalesce(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    values, result, derivation = unified(args, context, name)
    function = IFNULL if name == "ifnull" else COALESCE
    prefix = "IfNull" if name == "ifnull" else "Coalesce"
    return _call(function, values, _coalesce_type(result, args), derivation, f"{prefix}{_SUFFIX[result.eval_type]}")


COALESCE = Function(
    "coalesce",
    min_args=1,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    resolver=_resolve_coalesce,
    lazy=_Coalesce(),
    example=("COALESCE(NULL, 2, 3)", "2"),
)
IFNULL = Function(
    "ifnull",
    min_args=2,
    max_args=2,
    nulls=Nulls.KERNEL,
    resolver=_resolve_coalesce,
    lazy=_Coalesce(),
    example=("IFNULL(NULL, 'x')", "x"),
)


def _resolve_nullif(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    """`IF(a = b, NULL, a)`, as MySQL evaluates it (the first argument twice)."""
    value = args[0]
    if value.type.code in (TypeCode.ENUM, TypeCode.SET):
        value = cast(value, as_text(value.type))
    return resolve("if", (resolve("=", args, context), NULL, value), context)


NULLIF = Function(
    "nullif",
    min_args=2,
    max_args=2,
    nulls=Nulls.KERNEL,
    resolver=_resolve_nullif,
    example=("NULLIF(1, 1)", "NULL"),
)
