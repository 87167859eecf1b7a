"""Typed expressions to tipb Expr, where a store computes exactly what we would.

What does not depend on a row (parameters, NOW(), columns of an outer query) becomes a slot of the request's template, so
one template serves all executions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from planner.access.ranges import is_free
from planner.expr.nodes import AggregateCall, Call, Column, Constant, Expression
from planner.pushdown.signatures import signature_number
from sqlnode.base.types import EvalType, SqlType, TypeCode
from store.codec.keys import encode_int
from store.codec.tipb_types import constant_expr, field_type
from store.proto import tipb_pb2
from store.proto.numbers import ExprType

_NEVER_SENT = frozenset({TypeCode.SET, TypeCode.GEOMETRY, TypeCode.ENUM, TypeCode.BIT, TypeCode.YEAR})
"""Columns of these types are not computed with in a store; they may be counted, grouped by and passed on."""
_NUMBERS = frozenset({EvalType.INT, EvalType.REAL, EvalType.DECIMAL})
_AGGREGATES = {
    "count": ExprType.COUNT,
    "sum": ExprType.SUM,
    "avg": ExprType.AVG,
    "min": ExprType.MIN,
    "max": ExprType.MAX,
    "first_row": ExprType.FIRST,
    "any_value": ExprType.FIRST,
    "bit_and": ExprType.BIT_AND,
    "bit_or": ExprType.BIT_OR,
    "bit_xor": ExprType.BIT_XOR,
}


_MOST_LEVELS = 80
"""Levels of calls that are sent; a message may nest a hundred, some of which hold the expression."""


def is_pushable(expression: Expression, levels: int = _MOST_LEVELS) -> bool:
    """Whether a store evaluates the expression over rows that have its columns."""
    if isinstance(expression, Column):
        return expression.type.code not in _NEVER_SENT
    if is_free(expression):
        return _sendable(expression.type)
    if not isinstance(expression, Call) or not expression.signature.pushdown(expression):
        return False
    if signature_number(expression.signature.tipb) is None:
        return False
    if levels == 0 or (expression.text is not None and expression.name != "cast"):
        return False
    return all(is_pushable(arg, levels - 1) for arg in expression.args)


def _sendable(sql_type: SqlType) -> bool:
    return sql_type.code not in (TypeCode.JSON, TypeCode.SET, TypeCode.GEOMETRY)


def is_pushable_condition(expression: Expression) -> bool:
    """Whether a store filters by the expression: it must also be a number."""
    return expression.type.eval_type in _NUMBERS and is_pushable(expression) and not is_free(expression)


def is_pushable_key(expression: Expression) -> bool:
    """Whether a store groups by the expression."""
    if isinstance(expression, Column):
        return expression.type.code not in (TypeCode.SET, TypeCode.GEOMETRY, TypeCode.JSON)
    return is_pushable(expression) and not is_free(expression) and expression.type.eval_type != EvalType.JSON


def is_pushable_order(expression: Expression) -> bool:
    """Whether a store sorts by the expression."""
    if isinstance(expression, Column):
        return expression.type.code not in (TypeCode.SET, TypeCode.GEOMETRY, TypeCode.JSON, TypeCode.ENUM)
    return is_pushable_key(expression)


def is_pushable_aggregate(call: AggregateCall) -> bool:
    """Whether a store computes partial results of the aggregate."""
    if call.name not in _AGGREGATES or call.distinct or call.order_by or len(call.args) != 1:
        return False
    (argument,) = call.args
    kind = argument.type.eval_type
    if call.name == "count":
        if isinstance(argument, Column):
            return argument.type.code not in (TypeCode.SET, TypeCode.GEOMETRY)
        return is_pushable(argument)
    if not is_pushable(argument):
        return call.name in ("first_row", "any_value") and isinstance(argument, Column) and _passes(argument.type)
    if call.name in ("sum", "avg"):
        return kind in _NUMBERS and argument.type.code != TypeCode.FLOAT
    if call.name.startswith("bit_"):
        return kind == EvalType.INT
    return kind != EvalType.JSON or call.name in ("first_row", "any_value")


def _passes(sql_type: SqlType) -> bool:
    return sql_type.code not in (TypeCode.SET, TypeCode.GEOMETRY)


@dataclass(slots=True)
class Encoder:
    """Encodes the expressions of one request. `slots` collects what becomes a parameter of the template,
    `places` where each of them is."""

    slots: list[Expression] = field(default_factory=list)
    places: dict[Expression, int] = field(default_factory=dict)

    def encode(self, expression: Expression, columns: Sequence[Column]) -> tipb_pb2.Expr:
        """The message of a pushable expression over a child with these columns."""
        if isinstance(expression, Column):
            offset = columns.index(expression)
            return tipb_pb2.Expr(
                tp=ExprType.COLUMN_REF, val=encode_int(offset), field_type=field_type(columns[offset].type)
            )
        if isinstance(expression, Constant) and expression.type.code != TypeCode.TIMESTAMP:
            return constant_expr(expression.value, expression.type)
        if is_free(expression):
            return self._slot(expression)
        assert isinstance(expression, Call), f"not pushable: {expression!r}"
        children = [self.encode(arg, columns) for arg in expression.args]
        number = signature_number(expression.signature.tipb)
        assert number is not None, f"{expression.name} is not sent to stores"
        result = self._result_type(expression)
        return tipb_pb2.Expr(tp=ExprType.SCALAR_FUNC, sig=number, children=children, field_type=field_type(result))

    def _result_type(self, call: Call) -> SqlType:
        """A call's type; one that compares strings says by which collation."""
        if call.type.eval_type != EvalType.STRING and any(arg.type.is_string for arg in call.args):
            return replace(call.type, collation=call.signature.derivation.collation)
        return call.type

    def _slot(self, expression: Expression) -> tipb_pb2.Expr:
        index = self.places.setdefault(expression, len(self.slots))
        if index == len(self.slots):
            self.slots.append(expression)
        return tipb_pb2.Expr(
            tp=ExprType.PARAMETER, val=index.to_bytes(4, "big"), field_type=field_type(expression.type)
        )

    def aggregate(self, call: AggregateCall, columns: Sequence[Column], partial: Iterable[Column]) -> tipb_pb2.Expr:
        """The message of a partial aggregate; its type is that of its value column (a sum's for AVG)."""
        value_type = list(partial)[-1].type
        return tipb_pb2.Expr(
            tp=_AGGREGATES[call.name],
            children=[self.encode(arg, columns) for arg in call.args],
            field_type=field_type(value_type),
            aggFuncMode=2,
        )
