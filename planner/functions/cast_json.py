"""Casts to JSON: SQL values as JSON scalars, texts as documents (CAST, JSON arguments) or as strings (comparisons)."""

from __future__ import annotations

from collections.abc import Callable

from planner.expr.evaluation import EvalContext
from planner.functions.cast_number import Converter
from planner.functions.cast_text import text_converter
from sqlnode.base import json as binary_json
from sqlnode.base.errors import INVALID_JSON_CHARSET, INVALID_JSON_TEXT_IN_PARAM, JSON_DOCUMENT_TOO_DEEP, SqlError
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, Value, varchar


def json_converter(source: SqlType, function: str, argument: int = 1) -> Converter | None:
    """To binary JSON; a character string is parsed (error 3141 names `function` and `argument`)."""
    if source.eval_type == EvalType.JSON:
        return None
    if source.is_string and source.charset != "binary":

        def parse(value: Value, context: EvalContext) -> Value:
            assert isinstance(value, bytes)
            return parse_document(value, function, argument)

        return parse
    if source.is_string and function != "cast_as_json":

        def refuse(value: Value, context: EvalContext) -> Value:
            raise SqlError(INVALID_JSON_CHARSET, charset="binary")

        return refuse
    return scalar_json_converter(source)


def parse_document(value: bytes, function: str, argument: int = 1) -> bytes:
    """Binary JSON of a text; error 3141."""
    try:
        return binary_json.parse_text(value)
    except binary_json.JsonError as error:
        raise SqlError(
            INVALID_JSON_TEXT_IN_PARAM,
            argument=argument,
            function=function,
            message=error.message,
            position=error.position,
        ) from None
    except binary_json.JsonDepthError:
        raise SqlError(JSON_DOCUMENT_TOO_DEEP) from None


def scalar_json_converter(source: SqlType) -> Converter | None:
    """To binary JSON with strings as JSON strings."""
    if source.eval_type == EvalType.JSON:
        return None
    form = json_form(source)
    return lambda value, context: binary_json.encode(form(value))


def json_form(source: SqlType) -> Callable[[Value], binary_json.Json]:
    """A value of a type to the Python form of JSON: what JSON_ARRAY and JSON_OBJECT put into a document."""
    kind = source.eval_type
    if kind == EvalType.JSON:
        return lambda value: None if value is None else binary_json.decode(value)  # type: ignore[arg-type]
    if source.code in (TypeCode.ENUM, TypeCode.SET):
        name = text_converter(source, varchar(), explicit=False)
        assert name is not None
        return lambda value: None if value is None else name(value, EvalContext()).decode()
    if source.code == TypeCode.BIT:
        size = (max(source.length, 1) + 7) // 8
        return lambda value: None if value is None else binary_json.Opaque(TypeCode.BIT, value.to_bytes(size, "big"))  # type: ignore[union-attr]
    if kind == EvalType.INT:
        if source.flags & Flag.IS_BOOLEAN:
            return lambda value: None if value is None else bool(value)
        if source.unsigned:
            return lambda value: None if value is None else binary_json.Unsigned(value)
        return lambda value: value  # type: ignore[return-value]
    if kind == EvalType.REAL:
        return lambda value: value  # type: ignore[return-value]
    if kind == EvalType.DECIMAL:
        return lambda value: value  # type: ignore[return-value]
    if kind == EvalType.TIME:
        code = {TypeCode.DATE: binary_json.DATE, TypeCode.NEWDATE: binary_json.DATE}.get(
            source.code, binary_json.DATETIME
        )
        code = binary_json.TIMESTAMP if source.code == TypeCode.TIMESTAMP else code
        return lambda value: None if value is None else binary_json.JsonTime(code, value)  # type: ignore[arg-type]
    if kind == EvalType.DURATION:
        return lambda value: None if value is None else binary_json.JsonDuration(value, 6)  # type: ignore[arg-type]
    if source.charset == "binary" and source.code != TypeCode.NULL:
        code = source.code
        return lambda value: None if value is None else binary_json.Opaque(code, value)  # type: ignore[arg-type]
    return lambda value: None if value is None else value.decode("utf-8", "replace")  # type: ignore[union-attr]
