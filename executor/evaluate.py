"""Expressions compiled to functions over record batches.

A call with a vector kernel runs it over whole arrays; where there is none, or where the kernel says that it cannot be
exact, the scalar kernel runs once a row (once a distinct string), so errors and warnings are those of the rows in order.
Functions with their own evaluation order (AND, CASE, ...) evaluate their branches on the rows that choose them only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

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
    columns_of,
)
from planner.expr.scalar import carries_digits, compile_part, compile_scalar, kernel_of
from planner.functions.arrays import array_of, exact_form, list_of, rows_where, truth
from planner.functions.casting import make_cast
from planner.functions.registry import Kernel, Nulls, Volatility
from sqlnode.base.errors import INVALID_GROUP_FUNC_USE, SqlError, SqlWarning
from sqlnode.base.types import Value, arrow_type, double

VectorFunction: TypeAlias = Callable[[pa.RecordBatch, EvalContext], pa.Array]


def compile_vector(expression: Expression, columns: Sequence[Column]) -> VectorFunction:
    """The function (batch, context) -> array of an expression, in the Arrow form of its type.

    Batches hold `columns` in order. Errors: 1111 for an aggregate, 1235 for a function without a kernel.
    """
    compiled = _compile(expression, _Scope(columns))
    sql_type = expression.type
    target = arrow_type(sql_type)

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        array = compiled(batch, context)
        return array if array.type == target else exact_form(array, sql_type)

    return run


def compile_filter(conditions: Sequence[Expression], columns: Sequence[Column]) -> VectorFunction:
    """The function (batch, context) -> boolean array without NULLs: where every condition is true. Later conditions
    see only the rows that earlier ones kept."""
    scope = _Scope(columns)
    compiled = [_compile(as_condition(condition), scope) for condition in conditions]

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        mask: pa.Array | None = None
        for condition in compiled:
            if mask is None:
                mask = truth(condition(batch, context))
                continue
            if not mask.true_count:
                break
            if mask.true_count == len(mask):
                mask = truth(condition(batch, context))
                continue
            mask = rows_where(mask, truth(condition(batch.filter(mask), context)))
        return mask if mask is not None else pa.repeat(pa.scalar(True), batch.num_rows)

    return run


def as_condition(expression: Expression) -> Expression:
    """The expression as a number, for its truth."""
    return expression if expression.type.is_numeric else make_cast(expression, double())


class _Scope:
    """Where columns stand in a batch."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.positions = {column.id: position for position, column in enumerate(columns)}


def _compile(expression: Expression, scope: _Scope) -> VectorFunction:
    if isinstance(expression, Column):
        position = scope.positions[expression.id]
        return lambda batch, context: batch.column(position)
    if isinstance(expression, Call):
        return _call(expression, scope)
    if isinstance(expression, AggregateCall):
        raise SqlError(INVALID_GROUP_FUNC_USE)
    return _broadcast(expression)


def _broadcast(expression: Expression) -> VectorFunction:
    made: list[Callable[[EvalContext], pa.Scalar]] = []

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        if not made:
            # Made when it is first asked for: a kernel that takes constants as they are never does.
            made.append(_scalar(expression))
        return pa.repeat(made[0](context), batch.num_rows)

    return run


def _scalar(expression: Expression) -> Callable[[EvalContext], pa.Scalar]:
    """The value of a constant, parameter, variable or outer column as a `pa.Scalar`."""
    target = arrow_type(expression.type)
    sql_type = expression.type
    if isinstance(expression, Constant):
        value = array_of([expression.value], sql_type)[0]
        return lambda context: value
    compiled = compile_scalar(expression, ())

    def run(context: EvalContext) -> pa.Scalar:
        array = array_of([compiled((), context)], sql_type)
        assert array.type == target
        return array[0]

    return run


def is_constant(expression: Expression) -> bool:
    """Whether one value serves for all rows of a batch."""
    return isinstance(expression, (Constant, Parameter, CorrelatedColumn, UserVariable))


def _call(call: Call, scope: _Scope) -> VectorFunction:
    function = call.signature.function
    if any(carries_digits(arg) for arg in call.args):
        return _by_row(call, scope)
    if function.lazy is not None:
        return function.lazy.vector(call, [_compile(arg, scope) for arg in call.args])
    overload = call.signature.overload
    build = overload.build_vector or function.build_vector
    vector = build(call) if build is not None else overload.vector or function.vector
    if vector is None or not call.args:
        return _mapped(call, [_exact(arg, scope) for arg in call.args])
    if overload.constants and 0 < sum(map(is_constant, call.args)) < len(call.args):
        return _with_constants(call, vector, scope)
    args = [_exact(arg, scope) for arg in call.args]
    mapped = _mapping(call)
    in_context = function.context

    def compute(arrays: Sequence[pa.Array], rows: int, context: EvalContext) -> pa.Array:
        result = vector(context, *arrays) if in_context else vector(*arrays)
        return result if result is not None else mapped(arrays, rows, context)

    return _over(call, args, compute)


Computation: TypeAlias = Callable[[Sequence[pa.Array], int, EvalContext], pa.Array]


def _over(call: Call, args: Sequence[VectorFunction], compute: Computation) -> VectorFunction:
    """A computation over the arguments' arrays. Where the first one is NULL, a later call is not evaluated: it could
    fail or warn, and for these rows nobody asks."""
    strict = call.signature.function.nulls is Nulls.PROPAGATE
    if not strict or not any(isinstance(arg, Call) for arg in call.args[1:]):
        return lambda batch, context: compute([arg(batch, context) for arg in args], batch.num_rows, context)
    sql_type = call.type

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        first = args[0](batch, context)
        if not first.null_count:
            return compute([first, *(arg(batch, context) for arg in args[1:])], batch.num_rows, context)
        known = pc.is_valid(first)
        part = batch.filter(known)
        arrays = [first.filter(known), *(arg(part, context) for arg in args[1:])]
        found = exact_form(compute(arrays, part.num_rows, context), sql_type)
        return pc.replace_with_mask(pa.nulls(batch.num_rows, found.type), known, found)

    return run


def _exact(expression: Expression, scope: _Scope) -> VectorFunction:
    compiled = _compile(expression, scope)
    if isinstance(expression, Column):
        return compiled
    sql_type, target = expression.type, arrow_type(expression.type)

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        array = compiled(batch, context)
        return array if array.type == target else exact_form(array, sql_type)

    return run


def _with_constants(call: Call, vector: Kernel, scope: _Scope) -> VectorFunction:
    """A kernel that takes scalars for its constant arguments."""
    args: list[Callable[[pa.RecordBatch, EvalContext], Any]] = []
    for arg in call.args:
        if is_constant(arg):
            scalar = _scalar(arg)
            args.append(lambda batch, context, scalar=scalar: scalar(context))  # type: ignore[misc]
        else:
            args.append(_exact(arg, scope))
    mapped = _mapping(call)
    in_context = call.signature.function.context

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        values = [arg(batch, context) for arg in args]
        result = vector(context, *values) if in_context else vector(*values)
        if result is not None:
            return result
        rows = batch.num_rows
        arrays = [pa.repeat(value, rows) if isinstance(value, pa.Scalar) else value for value in values]
        return mapped(arrays, rows, context)

    return run


def _mapped(call: Call, args: Sequence[VectorFunction]) -> VectorFunction:
    return _over(call, args, _mapping(call))


def _mapping(call: Call) -> Computation:
    """The scalar kernel over arrays, row by row; over the distinct values of one string argument where that is less."""
    function = call.signature.function
    try:
        kernel = kernel_of(call)
    except SqlError as error:
        problem = error

        def refuse(arrays: Sequence[pa.Array], rows: int, context: EvalContext) -> pa.Array:
            raise problem

        return refuse
    strict = function.nulls is Nulls.PROPAGATE
    in_context = function.context
    sql_type = call.type
    varying = [position for position, arg in enumerate(call.args) if not is_constant(arg)]
    distinct = varying[0] if len(varying) == 1 and function.volatility is Volatility.PURE else None

    def over_rows(arrays: Sequence[pa.Array], rows: int, context: EvalContext) -> pa.Array:
        values = run_kernel(kernel, [list_of(array) for array in arrays], rows, context if in_context else None, strict)
        return array_of(values, sql_type)

    def run(arrays: Sequence[pa.Array], rows: int, context: EvalContext) -> pa.Array:
        if distinct is None or rows < 64 or not pa.types.is_binary(arrays[distinct].type):
            return over_rows(arrays, rows, context)
        encoded = arrays[distinct].dictionary_encode()
        count = len(encoded.dictionary)
        if count * 2 > rows:
            return over_rows(arrays, rows, context)
        fewer = [array[:count] for array in arrays]
        fewer[distinct] = encoded.dictionary
        warnings: list[SqlWarning] = []
        original, context.warn = context.warn, warnings.append
        try:
            found = over_rows(fewer, count, context)
        finally:
            context.warn = original
        if warnings or (not strict and encoded.null_count):
            return over_rows(arrays, rows, context)
        return found.take(encoded.indices)

    return run


def run_kernel(
    kernel: Kernel, lists: Sequence[Sequence[Value]], rows: int, context: EvalContext | None, strict: bool
) -> list[Value]:
    """A scalar kernel over columns of Python values; `context` is its first argument when it takes one."""
    columns = [repeat(context, rows), *lists] if context is not None else list(lists)
    if not columns:
        return [kernel() for _ in range(rows)]
    if not strict:
        return list(map(kernel, *columns))
    start = 1 if context is not None else 0
    if len(columns) == 1 and not start:
        return [None if value is None else kernel(value) for value in columns[0]]
    if not any(None in column for column in columns[start:]):
        return list(map(kernel, *columns))
    return [None if None in row[start:] else kernel(*row) for row in zip(*columns)]


def _by_row(call: Call, scope: _Scope) -> VectorFunction:
    """The whole call over rows of Python values: where decimals carry more digits than their type."""
    used = sorted(columns_of(call), key=lambda column: scope.positions[column.id])
    compiled = compile_part(call, {column.id: place for place, column in enumerate(used)})
    places = [scope.positions[column.id] for column in used]
    sql_type = call.type

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        rows = zip(*[list_of(batch.column(place)) for place in places]) if places else repeat((), batch.num_rows)
        return array_of([compiled(row, context) for row in rows], sql_type)

    return run


def is_null(array: pa.Array) -> pa.Array:
    """A boolean array: where a value is NULL."""
    return pc.is_null(array)
