"""COLLATE, CONVERT(... USING ...), charset introducers, and := assignment of user variables."""

from __future__ import annotations

from dataclasses import replace

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Constant, Expression, UserVariable
from planner.functions.cast_text import text_converter
from planner.functions.casting import make_cast
from planner.functions.registry import (
    Coercibility,
    Derivation,
    Function,
    Kernel,
    Kind,
    Nulls,
    Overload,
    Signature,
    Volatility,
)
from planner.functions.resolution import to_kind
from sqlnode.base.charset import charset_by_name
from sqlnode.base.collation import check_pair, default_of
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import Flag, SqlType, TypeCode, Value


def _same(value: Value) -> Value:
    return value


def _resolve_collate(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    assert text is not None, "COLLATE names a collation"
    value = to_kind(args[0], Kind.STRING, context)
    collation = check_pair(value.type.charset, text)
    result = replace(value.type, collation=collation.name)
    derivation = Derivation(collation.charset, collation.name, Coercibility.EXPLICIT)
    return Call("collate", (value,), result, Signature(COLLATE, _RELABEL, derivation), collation.name)


_RELABEL = Overload((Kind.STRING,), scalar=_same, vector=lambda array: array)
COLLATE = Function(
    "collate",
    min_args=1,
    max_args=1,
    overloads=(_RELABEL,),
    resolver=_resolve_collate,
    not_null=True,
    coercibility=Coercibility.EXPLICIT,
    example=("'a' COLLATE utf8mb4_bin = 'A'", "0"),
)


def _resolve_using(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    """CONVERT(x USING charset): text of any value in another charset."""
    assert text is not None, "CONVERT USING names a charset"
    charset = charset_by_name(text)
    collation = default_of(charset.name)
    value = to_kind(args[0], Kind.STRING, context)
    flags = Flag.BINARY if charset.name == "binary" else 0
    code = value.type.code if value.type.is_blob else TypeCode.VAR_STRING
    length = -1 if charset.name == "binary" else value.type.length
    target = SqlType(code, flags, length, -1, charset.name, collation.name)
    if value.type.charset == charset.name:
        return _relabelled(value, target)
    found = make_cast(value, target)  # the whole text, unlike CAST(… AS CHAR(n))
    if not isinstance(found, Call):
        return found
    # CHAR(… USING charset) is as weak as a literal, unlike CONVERT
    is_char = isinstance(value, Call) and value.name == "char"
    strength = Coercibility.LITERAL if is_char else Coercibility.IMPLICIT
    derivation = replace(found.signature.derivation, coercibility=strength)
    return replace(found, signature=replace(found.signature, derivation=derivation))


def _relabelled(value: Expression, target: SqlType) -> Expression:
    derivation = Derivation(target.charset, target.collation, Coercibility.IMPLICIT)
    if value.type.not_null:
        target = target.with_flags(add=Flag.NOT_NULL)
    return Call("convert_using", (value,), target, Signature(CONVERT_USING, _RELABEL, derivation), target.charset)


CONVERT_USING = Function(
    "convert_using",
    min_args=1,
    max_args=1,
    overloads=(_RELABEL,),
    resolver=_resolve_using,
    not_null=True,
    example=("CONVERT('abc' USING latin1)", "abc"),
)


def _resolve_introducer(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    """_charset'text': the literal's bytes read in another charset."""
    (constant,) = args
    assert text is not None, "an introducer names a charset"
    charset = charset_by_name(text)
    collation = default_of(charset.name)
    if not isinstance(constant, Constant) or not isinstance(constant.value, bytes):
        raise SqlError(NOT_SUPPORTED_YET, feature="introducer before an expression")
    flags = (Flag.BINARY if charset.name == "binary" else 0) | Flag.NOT_NULL
    target = SqlType(TypeCode.VAR_STRING, flags, constant.type.length, -1, charset.name, collation.name)
    value = constant.value
    if charset.name != "binary" and (constant.is_hex or not charset.is_utf8):
        convert = text_converter(SqlType(TypeCode.VAR_STRING), target, explicit=False)
        converted = value if convert is None else convert(value, EvalContext(strict_dml=True))
        assert isinstance(converted, bytes)
        value = converted
    return Constant(value, target, constant.text)


INTRODUCER = Function(
    "introducer", min_args=1, max_args=1, resolver=_resolve_introducer, example=("_utf8mb4'abc'", "abc")
)


# --------------------------------------------------------------------------------------------------------- user variables


def _assign(call: Call) -> Kernel:
    target, value = call.args
    assert isinstance(target, UserVariable), "only a user variable is assigned to"
    name, sql_type = target.name, value.type.nullable()

    def run(context: EvalContext, _old: Value, new: Value) -> Value:
        if context.session is not None:
            context.session.set_user_variable(name, new, sql_type)
        return new

    return run


def _resolve_assignment(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    target, value = args
    assert isinstance(target, UserVariable), "only a user variable is assigned to"
    derivation = Derivation(value.type.charset, value.type.collation, Coercibility.IMPLICIT)
    overload = Overload((Kind.ANY, Kind.ANY), value.type, build=_assign)
    return Call("setvar", (target, value), value.type, Signature(SETVAR, overload, derivation))


SETVAR = Function(
    "setvar",
    min_args=2,
    max_args=2,
    resolver=_resolve_assignment,
    nulls=Nulls.KERNEL,
    volatility=Volatility.ROW,
    context=True,
    aliases=(":=",),
    example=("@a := 3", "3"),
)
