"""Arguments of JSON functions: documents, values and paths, with MySQL's errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.cast_json import json_converter, json_form
from planner.functions.characters import text
from sqlnode.base import json as binary_json
from sqlnode.base.errors import INVALID_JSON_PATH, INVALID_JSON_PATH_WILDCARD, INVALID_TYPE_FOR_JSON, SqlError
from sqlnode.base.json import Json
from sqlnode.base.json_path import Path, parse_path
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value

Reader: TypeAlias = Callable[[Value], Json]
_CONTEXT = EvalContext()


def document(call: Call, position: int) -> Reader:
    """Reads an argument as a document: JSON as it is, text parsed. Errors 3141, 3144, 3146."""
    sql_type = call.args[position].type
    if sql_type.eval_type not in (EvalType.JSON, EvalType.STRING) and sql_type.code != TypeCode.NULL:
        raise SqlError(INVALID_TYPE_FOR_JSON, argument=position + 1, function=call.name)
    convert = json_converter(sql_type, call.name, position + 1)
    if convert is None:
        return lambda value: binary_json.decode(_bytes(value))
    return lambda value: binary_json.decode(_bytes(convert(value, _CONTEXT)))


def _bytes(value: Value) -> bytes:
    assert isinstance(value, bytes), "JSON and text are bytes"
    return value


def value_of_type(sql_type: SqlType) -> Reader:
    """Reads a value to be put into a document: SQL NULL is JSON null, text is a string."""
    if sql_type.code == TypeCode.NULL:
        return lambda value: None
    return json_form(sql_type)


def values(call: Call, start: int, step: int = 1) -> list[Reader]:
    """Readers of the values among a call's arguments."""
    return [value_of_type(arg.type) for arg in call.args[start::step]]


def path(value: bytes, *, plain: bool = False) -> Path:
    """A path; `plain` refuses wildcards. Errors 3143, 3149."""
    try:
        found = parse_path(text(value))
    except binary_json.JsonError as error:
        raise SqlError(INVALID_JSON_PATH, position=error.position + 1) from None
    if plain and found.wildcard:
        raise SqlError(INVALID_JSON_PATH_WILDCARD)
    return found


def paths(given: Sequence[bytes], *, plain: bool = False) -> list[Path]:
    """Several paths."""
    return [path(value, plain=plain) for value in given]
