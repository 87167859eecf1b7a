"""JSON functions that change documents or merge them (MySQL manual, Functions That Modify JSON Values)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from planner.context import PlanContext
from planner.expr.nodes import Call, Expression
from planner.functions.json_arguments import document, paths, values
from planner.functions.registry import UNLIMITED, Function, Kernel, Kind, Nulls, Overload
from sqlnode.base import json as binary_json
from sqlnode.base import json_path
from sqlnode.base.errors import (
    INVALID_JSON_PATH_ARRAY_CELL,
    JSON_VACUOUS_PATH,
    WRONG_PARAMCOUNT_TO_NATIVE_FCT,
    SqlError,
)
from sqlnode.base.json import Json
from sqlnode.base.types import json

ANY, S = Kind.ANY, Kind.STRING


def _encoded(value: Json) -> bytes:
    return binary_json.encode(value)


def _changing(insert: bool, replace: bool) -> Callable[[Call], Kernel]:
    """JSON_SET, JSON_INSERT, JSON_REPLACE: pairs of path and value."""

    def build(call: Call) -> Kernel:
        _need_pairs(call)
        read, readers = document(call, 0), values(call, 2, 2)

        def run(value: Any, *pairs: Any) -> bytes | None:
            if value is None or any(given is None for given in pairs[0::2]):
                return None
            changed = read(value)
            for where, reader, new in zip(paths(pairs[0::2], plain=True), readers, pairs[1::2], strict=True):
                changed = json_path.change(changed, where, reader(new), insert=insert, replace=replace)
            return _encoded(changed)

        return run

    return build


def _need_pairs(call: Call) -> None:
    if len(call.args) % 2 == 0:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=call.name)


def _function_of_pairs(name: str, build: Callable[[Call], Kernel], *examples: tuple[str, str]) -> Function:
    def choose(args: Sequence[Expression], context: PlanContext) -> Overload:
        kinds = tuple(S if at % 2 else ANY for at in range(len(args)))
        return Overload(kinds, json(), build=build)

    return Function(
        name,
        choose=choose,
        min_args=3,
        max_args=UNLIMITED,
        nulls=Nulls.KERNEL,
        example=examples[0],
        examples=examples[1:],
    )


_AB = '\'{"a": 1, "b": [2, 3]}\''
CHANGES = (
    _function_of_pairs(
        "json_set",
        _changing(True, True),
        (f"JSON_SET({_AB}, '$.a', 10, '$.c', '[true, false]')", '{"a": 10, "b": [2, 3], "c": "[true, false]"}'),
        (f"JSON_SET({_AB}, '$.a', NULL)", '{"a": null, "b": [2, 3]}'),
        ("JSON_SET(NULL, '$.a', 1)", "NULL"),
    ),
    _function_of_pairs(
        "json_insert",
        _changing(True, False),
        (f"JSON_INSERT({_AB}, '$.a', 10, '$.c', 'x')", '{"a": 1, "b": [2, 3], "c": "x"}'),
    ),
    _function_of_pairs(
        "json_replace",
        _changing(False, True),
        (f"JSON_REPLACE({_AB}, '$.a', 10, '$.c', 'x')", '{"a": 10, "b": [2, 3]}'),
    ),
)


def _array_change(change: Callable[[Json, Any, Json], Json]) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        _need_pairs(call)
        read, readers = document(call, 0), values(call, 2, 2)

        def run(value: Any, *pairs: Any) -> bytes | None:
            if value is None or any(given is None for given in pairs[0::2]):
                return None
            changed = read(value)
            for where, reader, new in zip(paths(pairs[0::2], plain=True), readers, pairs[1::2], strict=True):
                try:
                    changed = change(changed, where, reader(new))
                except binary_json.JsonError:
                    raise SqlError(INVALID_JSON_PATH_ARRAY_CELL) from None
            return _encoded(changed)

        return run

    return build


ARRAY_CHANGES = (
    _function_of_pairs(
        "json_array_append",
        _array_change(json_path.array_append),
        ('JSON_ARRAY_APPEND(\'["a", ["b", "c"], "d"]\', \'$[1]\', 1)', '["a", ["b", "c", 1], "d"]'),
        ("JSON_ARRAY_APPEND('{\"a\": 1}', '$', 'z')", '[{"a": 1}, "z"]'),
    ),
    _function_of_pairs(
        "json_array_insert",
        _array_change(json_path.array_insert),
        ("JSON_ARRAY_INSERT('[\"a\", {\"b\": [1, 2]}, [3, 4]]', '$[1]', 'x')", '["a", "x", {"b": [1, 2]}, [3, 4]]'),
    ),
)


def _json_remove(call: Call) -> Kernel:
    read = document(call, 0)

    def run(value: Any, *given: bytes) -> bytes:
        changed = read(value)
        for where in paths(given, plain=True):
            if not where.legs:
                raise SqlError(JSON_VACUOUS_PATH)
            changed = json_path.remove(changed, where)
        return _encoded(changed)

    return run


JSON_REMOVE = Function(
    "json_remove",
    (ANY, S),
    json(),
    build=_json_remove,
    min_args=2,
    max_args=UNLIMITED,
    example=('JSON_REMOVE(\'["a", ["b", "c"], "d"]\', \'$[1]\')', '["a", "d"]'),
)


def _merge_preserve(call: Call) -> Kernel:
    readers = [document(call, at) for at in range(len(call.args))]

    def run(*given: Any) -> bytes:
        merged = readers[0](given[0])
        for read, value in zip(readers[1:], given[1:], strict=True):
            merged = json_path.merge_preserve(merged, read(value))
        return _encoded(merged)

    return run


JSON_MERGE_PRESERVE = Function(
    "json_merge_preserve",
    (ANY, ANY),
    json(),
    build=_merge_preserve,
    aliases=("json_merge",),
    max_args=UNLIMITED,
    example=("JSON_MERGE_PRESERVE('[1, 2]', '[true, false]')", "[1, 2, true, false]"),
    examples=(('JSON_MERGE_PRESERVE(\'{"a": 1}\', \'{"a": 3, "c": 4}\')', '{"a": [1, 3], "c": 4}'),),
)


def _merge_patch(call: Call) -> Kernel:
    readers = [document(call, at) for at in range(len(call.args))]

    def run(*given: Any) -> bytes | None:
        merged: Json = None
        known = False
        for at, (read, value) in enumerate(zip(readers, given, strict=True)):
            if value is None:
                known = False
                continue
            patch = read(value)
            if at == 0 or not isinstance(patch, dict):
                merged, known = patch, True
            elif known:
                merged = json_path.merge_patch(merged, patch)
        return _encoded(merged) if known else None

    return run


JSON_MERGE_PATCH = Function(
    "json_merge_patch",
    (ANY, ANY),
    json(),
    build=_merge_patch,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=('JSON_MERGE_PATCH(\'{"a": 1, "b": 2}\', \'{"a": 3, "b": null}\')', '{"a": 3}'),
    examples=(("JSON_MERGE_PATCH('[1, 2]', '[true, false]')", "[true, false]"),),
)
