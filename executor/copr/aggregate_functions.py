"""tipb aggregate functions to aggregation states, with the partial columns that a TiKV answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from executor.copr.aggregate import (
    AggregateFunction,
    AverageState,
    BitState,
    CountState,
    ExactSumState,
    ExtremeState,
    RealSumState,
    State,
)
from executor.copr.errors import UnsupportedDagError
from executor.copr.expressions import CompiledExpression, ExpressionCompiler
from sqlnode.base.types import EvalType, SqlType, TypeCode, integer
from store.codec.tipb_types import type_of_field
from store.proto import tipb_pb2
from store.proto.numbers import ExprType

_COUNT_TYPE = integer(unsigned=True)
_BITS = {
    ExprType.BIT_AND: (np.bitwise_and, (1 << 64) - 1),
    ExprType.BIT_OR: (np.bitwise_or, 0),
    ExprType.BIT_XOR: (np.bitwise_xor, 0),
}
_EXTREMES = {ExprType.MIN: "min", ExprType.MAX: "max", ExprType.FIRST: "first"}


def compile_aggregate(expr: tipb_pb2.Expr, compiler: ExpressionCompiler) -> AggregateFunction:
    """One aggregate of a DAG. Raises UnsupportedDagError for DISTINCT and for functions that stores do not have."""
    if expr.has_distinct:
        raise UnsupportedDagError("DISTINCT in a store's aggregate")
    if len(expr.children) != 1:
        raise UnsupportedDagError(f"aggregate {expr.tp} with {len(expr.children)} arguments")
    argument = compiler.compile(expr.children[0])
    result = type_of_field(expr.field_type)
    match expr.tp:
        case ExprType.COUNT:
            return AggregateFunction(CountState, argument.evaluate, (_COUNT_TYPE,))
        case ExprType.SUM:
            make, argument = _sum(argument, result, compiler)
            return AggregateFunction(make, argument.evaluate, (result,))
        case ExprType.AVG:
            make, argument = _sum(argument, result, compiler)
            return AggregateFunction(lambda: AverageState(make()), argument.evaluate, (_COUNT_TYPE, result))
        case ExprType.MIN | ExprType.MAX | ExprType.FIRST:
            kind, sql_type = _EXTREMES[expr.tp], argument.type
            return AggregateFunction(lambda: ExtremeState(kind, sql_type), argument.evaluate, (sql_type,))
        case ExprType.BIT_AND | ExprType.BIT_OR | ExprType.BIT_XOR:
            if argument.type.eval_type != EvalType.INT and argument.type.code not in (TypeCode.ENUM, TypeCode.SET):
                raise UnsupportedDagError(f"bit aggregates of {argument.type.eval_type.value} values")
            operation, empty = _BITS[expr.tp]
            return AggregateFunction(lambda: BitState(operation, empty), argument.evaluate, (_COUNT_TYPE,))
    raise UnsupportedDagError(f"aggregate function {expr.tp}")


def _sum(
    argument: CompiledExpression, result: SqlType, compiler: ExpressionCompiler
) -> tuple[Callable[[], State], CompiledExpression]:
    """The state of a sum, and the argument in a form that it takes (a cast where the types ask for one)."""
    if result.eval_type == EvalType.DECIMAL:
        if argument.type.eval_type not in (EvalType.INT, EvalType.DECIMAL):
            argument = compiler.cast(argument, result)
        return (lambda: ExactSumState(result)), argument
    if result.eval_type != EvalType.REAL:
        raise UnsupportedDagError(f"sums of type {result.eval_type.value}")
    if argument.type.eval_type != EvalType.REAL:
        argument = compiler.cast(argument, result)
    return RealSumState, argument
