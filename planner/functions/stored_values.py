"""A value as a column would hold it, computed instead of stored: what SQL text cannot call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from planner.context import PlanContext
from planner.expr.assignment import INTEGER_BITS, assigner, quiet
from planner.expr.assignment_arrays import assign_array
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.expr.scalar import carries_digits
from planner.functions.arrays import exact_form
from planner.functions.registry import (
    Coercibility,
    Compiled,
    Derivation,
    Function,
    Kind,
    Overload,
    Signature,
    VectorCompiled,
)
from sqlnode.base.decimal import round_to
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import Flag, SqlType, Value


def as_column(expression: Expression, target: SqlType) -> Expression:
    """The value as the column holds it."""
    source = expression.type
    if source.is_integer and target.is_integer and source.unsigned == target.unsigned and not target.not_null:
        if INTEGER_BITS[source.code] <= INTEGER_BITS[target.code]:
            return expression
    result = target.with_flags(remove=Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY | Flag.NO_DEFAULT_VALUE)
    strength = Coercibility.IMPLICIT if target.is_string else Coercibility.NUMERIC
    signature = Signature(_STORE, Overload((Kind.ANY,)), Derivation(target.charset, target.collation, strength))
    return Call("as_column", (expression,), result, signature)


class _Store:
    """A value brought to a column as writing it does, but without a word: what does not fit was told of when the row was
    written, and a row with such a value (INSERT IGNORE, a non-strict mode) can be read, changed and deleted."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        (argument,) = args
        expression = call.args[0]
        assign = assigner(expression.type, _column(call.type))
        scale = max(expression.type.scale, 0) if carries_digits(expression) else -1

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            value = argument(row, _lenient(context))
            if scale >= 0 and value is not None:
                value = round_to(value, scale)  # type: ignore[arg-type]
            return assign(value, quiet(context), 1)

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch."""
        (argument,) = args
        source = call.args[0].type
        column = _column(call.type)

        def run(batch: Any, context: EvalContext) -> Any:
            values = exact_form(argument(batch, _lenient(context)), source)
            return assign_array(values, source, column, quiet(context))

        return run


def _lenient(context: EvalContext) -> EvalContext:
    return replace(context, strict_dml=False) if context.strict_dml else context


def _column(sql_type: SqlType) -> ColumnInfo:
    return ColumnInfo(0, "", 0, sql_type)


def _refuse(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    raise SqlError(NOT_SUPPORTED_YET, feature="as_column()")


_STORE = Function("as_column", (Kind.ANY,), resolver=_refuse, lazy=_Store())
