"""Compiled forms of a plan's expressions, kept with the node that they belong to.

Plan nodes are shared by all executions of a statement and never change, so what is compiled from one may stay as long
as the node: `kept(node, name, make)` stores it among the node's attributes (nodes compare by identity and `replace`
copies declared fields only).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from executor.context import EvalContext
from executor.evaluate import as_condition, compile_filter, compile_vector
from planner.expr.nodes import Call, Column, Constant, Expression, Parameter, walk
from planner.expr.scalar import compile_scalar
from sqlnode.base.types import Value

Kept = TypeVar("Kept")
Scalar: TypeAlias = Callable[[Sequence[Value], EvalContext], Value]
"""An expression over one row."""
Vector: TypeAlias = Callable[[pa.RecordBatch, EvalContext], pa.Array]
"""An expression over a batch."""
RowFilter: TypeAlias = Callable[[Sequence[Value], EvalContext], bool]


def kept(node: object, name: str, make: Callable[[], Kept]) -> Kept:
    """What `make` gave the first time for this node and name."""
    attributes = node.__dict__
    found: Kept | None = attributes.get(name)
    if found is None:
        found = attributes[name] = make()
    return found


def scalar(expression: Expression, columns: Sequence[Column] = ()) -> Scalar:
    """An expression over rows of `columns`."""
    return compile_scalar(expression, columns)


def values_of(node: object, context: EvalContext) -> Callable[[Expression], Value]:
    """Values of the node's expressions that read no row, compiled once."""
    memory: dict[int, tuple[Expression, Scalar]] = kept(node, "_expression_values", dict)
    parameters = context.parameters

    def value(expression: Expression) -> Value:
        if expression.__class__ is Constant:
            return expression.value
        if expression.__class__ is Parameter:
            return parameters[expression.index]
        found = memory.get(id(expression))
        if found is None:
            found = memory[id(expression)] = (expression, compile_scalar(expression, ()))
        return found[1]((), context)

    return value


def row_filter(conditions: Sequence[Expression], columns: Sequence[Column]) -> RowFilter:
    """Whether every condition is true for a row; the first one that is not ends the work."""
    compiled = [scalar(as_condition(condition), columns) for condition in conditions]
    if len(compiled) == 1:
        only = compiled[0]
        return lambda row, context: bool(only(row, context))

    def passes(row: Sequence[Value], context: EvalContext) -> bool:
        for condition in compiled:
            if not condition(row, context):
                return False
        return True

    return passes


def assigns(expressions: Sequence[Expression]) -> bool:
    """Whether an expression assigns a user variable: then each row sees what the row before it assigned, and within a
    row each expression what those before it did, so that nothing may be evaluated column by column."""
    return any(isinstance(part, Call) and part.name == "setvar" for one in expressions for part in walk(one))


def vector(expression: Expression, columns: Sequence[Column]) -> Vector:
    """An expression over batches of `columns`, in exactly the Arrow form of its type."""
    if isinstance(expression, Column):
        for position, column in enumerate(columns):
            if column.id == expression.id:
                return _column_reader(position)
        raise AssertionError(f"column {expression.name!r} ({expression.id}) is not in {[c.id for c in columns]}")
    return compile_vector(expression, columns)


def _column_reader(position: int) -> Vector:
    return lambda batch, context: batch.column(position)


def batch_filter(
    conditions: Sequence[Expression], columns: Sequence[Column]
) -> Callable[[pa.RecordBatch, EvalContext], pa.RecordBatch]:
    """The rows of a batch for which every condition is true; later conditions see only the rows still alive."""
    mask = compile_filter(conditions, columns)

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.RecordBatch:
        keep = mask(batch, context)
        return batch if keep.true_count == batch.num_rows else batch.filter(keep)

    return run


def truth_mask(condition: Expression, columns: Sequence[Column]) -> Vector:
    """A condition as a boolean array without NULLs: not NULL and not zero."""
    known = truth_values(condition, columns)
    return lambda batch, context: known(batch, context).fill_null(False)


def truth_values(condition: Expression, columns: Sequence[Column]) -> Vector:
    """A condition as a boolean array; NULL where it is NULL."""
    compiled = vector(as_condition(condition), columns)

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        values = compiled(batch, context)
        if pa.types.is_boolean(values.type):
            return values
        if pa.types.is_binary(values.type):
            return pa.nulls(len(values), pa.bool_())
        return pc.not_equal(values, pa.scalar(0, values.type))

    return run
