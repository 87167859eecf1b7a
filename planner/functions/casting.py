"""CAST, CONVERT and every implicit conversion: one call named `cast` whose type is the target.

`make_cast` builds it; the converter of a pair of types is chosen when the call is compiled (`converter`), and where it
is the identity the call costs nothing. Whole arrays: `cast_arrays`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Column, Constant, CorrelatedColumn, Expression, UserVariable
from planner.functions.cast_json import json_converter, scalar_json_converter
from planner.functions.cast_number import Converter, decimal_converter, integer_converter, real_converter
from planner.functions.cast_text import text_converter
from planner.functions.cast_time import duration_converter, time_converter
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
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, Value

EXPLICIT = "explicit"
SCALAR_JSON = "scalar"
"""`Call.text` of casts: as CAST says it; text to a JSON string instead of a document. Implicit ones have none."""

_TOTAL = frozenset({EvalType.INT, EvalType.REAL, EvalType.DECIMAL})
_NAMES = {
    EvalType.INT: "Int",
    EvalType.REAL: "Real",
    EvalType.DECIMAL: "Decimal",
    EvalType.STRING: "String",
    EvalType.TIME: "Time",
    EvalType.DURATION: "Duration",
    EvalType.JSON: "Json",
}
_IGNORED_FLAGS = ~(
    Flag.NOT_NULL
    | Flag.PRI_KEY
    | Flag.UNIQUE_KEY
    | Flag.MULTIPLE_KEY
    | Flag.AUTO_INCREMENT
    | Flag.NO_DEFAULT_VALUE
    | Flag.ON_UPDATE_NOW
    | Flag.PART_KEY
    | Flag.BINARY
    | Flag.NUM
    | Flag.TIMESTAMP
    | Flag.BLOB
    | Flag.PREVENT_NULL_INSERT
)


def same_type(source: SqlType, target: SqlType) -> bool:
    """Whether a value of one type is one of the other without any change."""
    return (
        source.code == target.code
        and source.length == target.length
        and source.scale == target.scale
        and source.charset == target.charset
        and source.collation == target.collation
        and source.elements == target.elements
        and (source.flags & _IGNORED_FLAGS) == (target.flags & _IGNORED_FLAGS)
    )


def make_cast(
    expression: Expression, target: SqlType, *, explicit: bool = False, scalar_json: bool = False
) -> Expression:
    """The value as `target`; see `planner.functions.casting`."""
    source = expression.type
    if same_type(source, target):
        return expression
    if isinstance(expression, Constant):
        if expression.value is None:
            return Constant(None, target.nullable())
        if expression.is_hex and not explicit and target.is_numeric and isinstance(expression.value, bytes):
            number = int.from_bytes(expression.value[-8:], "big")
            unsigned = SqlType(TypeCode.LONGLONG, Flag.BINARY | Flag.UNSIGNED | Flag.NOT_NULL, 20, 0)
            return (
                make_cast(Constant(number, unsigned), target)
                if target.eval_type != EvalType.INT
                else Constant(number, unsigned)
            )
    if target.code == TypeCode.NULL:
        return expression
    if source.code == TypeCode.NULL and target.code in (TypeCode.ENUM, TypeCode.SET):
        return Constant(None, target.nullable())
    wider_bits = target.code == TypeCode.BIT and source.code == TypeCode.BIT
    if target.code in (TypeCode.ENUM, TypeCode.SET, TypeCode.BIT, TypeCode.GEOMETRY) and not wider_bits:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"cast to type {target.code}")
    if isinstance(expression, UserVariable) and not explicit and not scalar_json:
        return UserVariable(expression.name, target.nullable())
    result = target.nullable()
    if source.not_null and _is_total(source, target):
        result = result.with_flags(add=Flag.NOT_NULL)
    text = EXPLICIT if explicit else SCALAR_JSON if scalar_json else None
    strength = Coercibility.IMPLICIT if explicit else _strength(expression)
    derivation = Derivation(target.charset, target.collation, strength if target.is_string else Coercibility.NUMERIC)
    signature = Signature(CAST, _overload(source.eval_type, target.eval_type), derivation)
    return Call("cast", (expression,), result, signature, text)


def _is_total(source: SqlType, target: SqlType) -> bool:
    to = target.eval_type
    if source.eval_type == EvalType.STRING and to == EvalType.STRING:
        return source.charset == target.charset or source.charset != "binary"
    if source.eval_type in _TOTAL or source.eval_type == EvalType.STRING:
        return (to in _TOTAL and target.code != TypeCode.YEAR) or (to == EvalType.STRING and source.eval_type in _TOTAL)
    if source.is_temporal or source.eval_type == EvalType.DURATION:
        return (to in _TOTAL and target.code != TypeCode.YEAR) or to == EvalType.STRING
    return False


def _strength(expression: Expression) -> int:
    if expression.type.eval_type not in (EvalType.STRING, EvalType.JSON) and expression.type.code != TypeCode.BIT:
        return Coercibility.NUMERIC
    if isinstance(expression, (Column, CorrelatedColumn, UserVariable)):
        return Coercibility.IMPLICIT
    if isinstance(expression, Call):
        return expression.signature.derivation.coercibility
    return Coercibility.LITERAL


@lru_cache(maxsize=256)
def converter(source: SqlType, target: SqlType, text: str | None) -> Converter | None:
    """The kernel of one pair of types; None for the identity."""
    if source.code == TypeCode.NULL:
        return None
    match target.eval_type:
        case EvalType.INT:
            return integer_converter(source, target)
        case EvalType.REAL:
            return real_converter(source, target)
        case EvalType.DECIMAL:
            return decimal_converter(source, target)
        case EvalType.TIME:
            return time_converter(source, target)
        case EvalType.DURATION:
            return duration_converter(source, target)
        case EvalType.JSON:
            if text == SCALAR_JSON:
                return scalar_json_converter(source)
            return json_converter(source, "cast_as_json")
    return text_converter(source, target, explicit=text == EXPLICIT)


class _Cast:
    """How casts compile: the converter around the argument, nothing where it is the identity."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        kernel = converter(call.args[0].type, call.type, call.text)
        (argument,) = args
        if kernel is None:
            return argument
        convert = kernel

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            value = argument(row, context)
            return None if value is None else convert(value, context)

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch."""
        from planner.functions.cast_arrays import array_converter

        return array_converter(call, args[0], converter(call.args[0].type, call.type, call.text))


def _refuse(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    raise SqlError(NOT_SUPPORTED_YET, feature="cast() as a function call")


CAST = Function(
    "cast",
    (Kind.ANY,),
    resolver=_refuse,
    lazy=_Cast(),
    example=("CAST('12.5' AS DECIMAL(5,2))", "12.50"),
)


def _exact(call: Call) -> bool:
    """Conversions of which a store's answer is certainly ours: between numbers without loss, DATE to DATETIME."""
    source, target = call.args[0].type, call.type
    if call.text is not None or source.code in (
        TypeCode.ENUM,
        TypeCode.SET,
        TypeCode.BIT,
        TypeCode.YEAR,
        TypeCode.NULL,
    ):
        return False
    pair = (source.eval_type, target.eval_type)
    if pair == (EvalType.INT, EvalType.INT):
        return source.unsigned == target.unsigned
    if pair in ((EvalType.INT, EvalType.REAL), (EvalType.INT, EvalType.DECIMAL), (EvalType.REAL, EvalType.REAL)):
        return target.code != TypeCode.FLOAT
    if pair == (EvalType.DECIMAL, EvalType.DECIMAL):
        return converter(source, target, None) is None or target.scale >= source.scale
    if pair == (EvalType.TIME, EvalType.TIME):
        return target.fsp >= source.fsp and target.code == TypeCode.DATETIME and source.code != TypeCode.TIMESTAMP
    return False


@lru_cache(maxsize=64)
def _overload(source: EvalType, target: EvalType) -> Overload:
    return Overload((Kind.ANY,), tipb=f"Cast{_NAMES[source]}As{_NAMES[target]}", exact=_exact)


def with_type(expression: Expression, target: SqlType) -> Expression:
    """A constant or column relabelled with a type of the same form (a collation, a shorter length)."""
    if isinstance(expression, (Constant, Call)):
        return replace(expression, type=target)
    return make_cast(expression, target)
