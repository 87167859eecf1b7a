"""JSON functions (MySQL manual, JSON Functions) over binary JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.cast_json import parse_document
from planner.functions.cast_text import text_converter
from planner.functions.characters import data, text
from planner.functions.json_arguments import document, path, paths, value_of_type, values
from planner.functions.registry import UNLIMITED, Coercibility, Function, Kernel, Kind, Nulls, Overload
from sqlnode.base import json as binary_json
from sqlnode.base import json_path
from sqlnode.base.errors import (
    INCORRECT_TYPE,
    JSON_BAD_ONE_OR_ALL_ARG,
    JSON_DOCUMENT_NULL_KEY,
    WRONG_PARAMCOUNT_TO_NATIVE_FCT,
    SqlError,
)
from sqlnode.base.json import Json
from sqlnode.base.types import EvalType, TypeCode, boolean, integer, json, varchar

ANY, S, N = Kind.ANY, Kind.STRING, Kind.INT
_TEXT = varchar(4294967295 // 4, "utf8mb4", "utf8mb4_bin")


def _encoded(value: Json) -> bytes:
    return binary_json.encode(value)


# ------------------------------------------------------------------------------------------------------------- creation


def _json_array(call: Call) -> Kernel:
    readers = values(call, 0)
    return lambda *given: _encoded([read(value) for read, value in zip(readers, given, strict=True)])


JSON_ARRAY = Function(
    "json_array",
    (ANY,),
    json(),
    build=_json_array,
    min_args=0,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("JSON_ARRAY(1, 'abc', NULL, TRUE)", '[1, "abc", null, true]'),
)


def _json_object(call: Call) -> Kernel:
    if len(call.args) % 2:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function="json_object")
    readers = values(call, 1, 2)
    keys = [value_of_type(arg.type) for arg in call.args[0::2]]

    def run(*given: Any) -> bytes:
        members: dict[str, Json] = {}
        for key, read, name, value in zip(keys, readers, given[0::2], given[1::2], strict=True):
            if name is None:
                raise SqlError(JSON_DOCUMENT_NULL_KEY)
            spelled = key(name)
            members[spelled if isinstance(spelled, str) else binary_json.dumps(spelled)] = read(value)
        return _encoded(members)

    return run


JSON_OBJECT = Function(
    "json_object",
    (ANY,),
    json(),
    build=_json_object,
    min_args=0,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("JSON_OBJECT('id', 87, 'name', 'carrot')", '{"id": 87, "name": "carrot"}'),
)
JSON_QUOTE = Function(
    "json_quote",
    (S,),
    choose=lambda args, context: _quote_kind(args, context),
    example=("JSON_QUOTE('null')", '"null"'),
    examples=(("JSON_QUOTE('a\"b')", '"a\\"b"'),),
)


# -------------------------------------------------------------------------------------------------------------- reading


def _json_extract(call: Call) -> Kernel:
    read = document(call, 0)

    def run(value: Any, *given: bytes) -> bytes | None:
        found = json_path.extract(read(value), paths(given))
        return None if isinstance(found, json_path.Missing) else _encoded(found)

    return run


JSON_EXTRACT = Function(
    "json_extract",
    (ANY, S),
    json(),
    build=_json_extract,
    min_args=2,
    max_args=UNLIMITED,
    tipb="JsonExtractSig",
    exact=lambda call: call.args[0].type.eval_type == EvalType.JSON,
    example=("JSON_EXTRACT('[10, 20, [30, 40]]', '$[1]')", "20"),
    examples=(
        ("JSON_EXTRACT('[10, 20, [30, 40]]', '$[1]', '$[0]')", "[20, 10]"),
        ("JSON_EXTRACT('[10, 20, [30, 40]]', '$[2][*]')", "[30, 40]"),
        ("JSON_EXTRACT('{\"a\": 1}', '$.b')", "NULL"),
    ),
)


def _json_unquote(call: Call) -> Kernel:
    if call.args[0].type.eval_type == EvalType.JSON:
        return lambda value: data(json_path.unquote(binary_json.decode(value)))

    def run(value: bytes) -> bytes:
        if len(value) < 2 or value[:1] != b'"' or value[-1:] != b'"':
            return value
        found = binary_json.decode(parse_document(value, "json_unquote"))
        return data(found) if isinstance(found, str) else value

    return run


def _unquote_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    _check_text(args[0], "json_unquote", json=True)
    kind = ANY if args[0].type.eval_type == EvalType.JSON else S
    return Overload((kind,), _TEXT, build=_json_unquote)


def _check_text(argument: Expression, function: str, *, json: bool = False) -> None:
    """Error 3064 for what is no string; JSON_UNQUOTE takes documents too."""
    kind = argument.type.eval_type
    if kind != EvalType.STRING and not (json and kind == EvalType.JSON) and argument.type.code != TypeCode.NULL:
        raise SqlError(INCORRECT_TYPE, argument=1, function=function)


def _quote_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    _check_text(args[0], "json_quote")
    return Overload((S,), _TEXT, scalar=lambda value: data(binary_json.quote(text(value))))


JSON_UNQUOTE = Function(
    "json_unquote",
    (ANY,),
    choose=_unquote_kind,
    example=("JSON_UNQUOTE('\"abc\"')", "abc"),
    examples=(("JSON_UNQUOTE('[1, 2, 3]')", "[1, 2, 3]"), ("JSON_UNQUOTE('\"\\\\t\\\\u0032\"')", "\t2")),
)


def _json_value(call: Call) -> Kernel:
    read = document(call, 0)

    def run(value: Any, given: bytes) -> bytes | None:
        found = json_path.extract(read(value), [path(given, plain=True)])
        if isinstance(found, json_path.Missing) or found is None:
            return None
        return data(json_path.unquote(found))

    return run


JSON_VALUE = Function(
    "json_value",
    (ANY, S),
    varchar(512, "utf8mb4", "utf8mb4_0900_ai_ci"),
    build=_json_value,
    coercibility=Coercibility.IMPLICIT,
    example=("JSON_VALUE('{\"fname\": \"Joe\"}', '$.fname')", "Joe"),
)


def _contains(call: Call) -> Kernel:
    target, candidate = document(call, 0), document(call, 1)

    def run(value: Any, wanted: Any, given: bytes | None = None) -> int | None:
        where = target(value)
        if given is not None:
            found = json_path.find(where, path(given, plain=True))
            if not found:
                return None
            where = found[0]
        return int(json_path.contains(where, candidate(wanted)))

    return run


JSON_CONTAINS = Function(
    "json_contains",
    (ANY, ANY, S),
    boolean(),
    build=_contains,
    min_args=2,
    max_args=3,
    example=("JSON_CONTAINS('{\"a\": 1, \"b\": 2}', '1', '$.a')", "1"),
    examples=(("JSON_CONTAINS('[1, [2, 3]]', '[3]')", "1"), ("JSON_CONTAINS('[1]', '1', '$.x')", "NULL")),
)


def _is_one(value: bytes, function: str) -> bool:
    word = text(value).lower()
    if word not in ("one", "all"):
        raise SqlError(JSON_BAD_ONE_OR_ALL_ARG, function=function)
    return word == "one"


def _contains_path(call: Call) -> Kernel:
    read = document(call, 0)

    def run(value: Any, mode: bytes, *given: bytes) -> int:
        one = _is_one(mode, call.name)
        where = read(value)
        present = (bool(json_path.find(where, found)) for found in paths(given))
        return int(any(present) if one else all(present))

    return run


JSON_CONTAINS_PATH = Function(
    "json_contains_path",
    (ANY, S, S),
    boolean(),
    build=_contains_path,
    min_args=3,
    max_args=UNLIMITED,
    example=("JSON_CONTAINS_PATH('{\"a\": 1}', 'one', '$.a', '$.e')", "1"),
    examples=(("JSON_CONTAINS_PATH('{\"a\": 1}', 'all', '$.a', '$.e')", "0"),),
)


def _at(call: Call, answer: Callable[[Json], Any]) -> Kernel:
    """A function of the document, or of the value at a path in it (NULL when there is none)."""
    read = document(call, 0)

    def run(value: Any, given: bytes | None = None) -> Any:
        where = read(value)
        if given is not None:
            found = json_path.find(where, path(given, plain=True))
            if not found:
                return None
            where = found[0]
        return answer(where)

    return run


def _keys(value: Json) -> bytes | None:
    found = json_path.keys(value)
    return None if found is None else _encoded(found)


JSON_KEYS = Function(
    "json_keys",
    (ANY, S),
    json(),
    build=lambda call: _at(call, _keys),
    min_args=1,
    max_args=2,
    example=('JSON_KEYS(\'{"a": 1, "b": {"c": 30}}\')', '["a", "b"]'),
    examples=(('JSON_KEYS(\'{"a": 1, "b": {"c": 30}}\', \'$.b\')', '["c"]'), ("JSON_KEYS('[1]')", "NULL")),
)
JSON_LENGTH = Function(
    "json_length",
    (ANY, S),
    integer(length=10),
    build=lambda call: _at(call, json_path.length),
    min_args=1,
    max_args=2,
    example=("JSON_LENGTH('[1, 2, {\"a\": 3}]')", "3"),
    examples=(('JSON_LENGTH(\'{"a": 1, "b": {"c": 30}}\', \'$.b\')', "1"),),
)
JSON_DEPTH = Function(
    "json_depth",
    (ANY,),
    integer(length=10),
    build=lambda call: _at(call, json_path.depth),
    example=("JSON_DEPTH('[10, {\"a\": 20}]')", "3"),
    examples=(("JSON_DEPTH('{}')", "1"),),
)
JSON_TYPE = Function(
    "json_type",
    (ANY,),
    varchar(51, "utf8mb4", "utf8mb4_0900_ai_ci"),
    build=lambda call: _at(call, lambda value: binary_json.type_name(value).encode()),
    example=("JSON_TYPE('[1]')", "ARRAY"),
    examples=(("JSON_TYPE('1.5')", "DOUBLE"), ("JSON_TYPE('null')", "NULL")),
)


def _valid(call: Call) -> Kernel:
    kind = call.args[0].type.eval_type
    if kind == EvalType.JSON:
        return lambda value: 1
    if kind != EvalType.STRING or call.args[0].type.charset == "binary":
        return lambda value: 0

    def run(value: bytes) -> int:
        try:
            binary_json.parse_text(value)
        except (binary_json.JsonError, binary_json.JsonDepthError):
            return 0
        return 1

    if call.args[0].type.code in (TypeCode.ENUM, TypeCode.SET):
        name = text_converter(call.args[0].type, varchar(), explicit=False)
        assert name is not None
        return lambda value: run(name(value, EvalContext()))
    return run


JSON_VALID = Function(
    "json_valid",
    (ANY,),
    boolean(),
    build=_valid,
    example=("JSON_VALID('{\"a\": 1}')", "1"),
    examples=(("JSON_VALID('hello')", "0"), ("JSON_VALID('\"hello\"')", "1")),
)
JSON_OVERLAPS = Function(
    "json_overlaps",
    (ANY, ANY),
    boolean(),
    build=lambda call: _of_two(call, json_path.overlaps),
    example=("JSON_OVERLAPS('[1,3,5,7]', '[2,5,7]')", "1"),
    examples=(("JSON_OVERLAPS('[1,3]', '[2,6]')", "0"),),
)


def _of_two(call: Call, answer: Callable[[Json, Json], bool]) -> Kernel:
    first, second = document(call, 0), document(call, 1)
    return lambda one, two: int(answer(first(one), second(two)))


def _member_of(call: Call) -> Kernel:
    value, array = value_of_type(call.args[0].type), document(call, 1)
    return lambda one, many: int(json_path.member_of(value(one), array(many)))


MEMBER_OF = Function(
    "member_of",
    (ANY, ANY),
    boolean(),
    build=_member_of,
    aliases=("member of",),
    tipb="JsonMemberOfSig",
    exact=lambda call: all(arg.type.eval_type == EvalType.JSON for arg in call.args),
    example=('17 MEMBER OF(\'[23, "abc", 17, "ab", 10]\')', "1"),
    examples=(("'ab' MEMBER OF('[23, \"abc\", 17, \"ab\", 10]')", "1"), ("7 MEMBER OF('[17]')", "0")),
)


# ------------------------------------------------------------------------------------------------------------- utilities


def _pretty(value: Json, indent: str = "") -> str:
    inner = indent + "  "
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in value) + f"\n{indent}]"
    if isinstance(value, dict) and value:
        names = sorted(value, key=binary_json.mysql_key_order)
        members = (f"{inner}{binary_json.quote(name)}: {_pretty(value[name], inner)}" for name in names)
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    return binary_json.dumps(value)


JSON_PRETTY = Function(
    "json_pretty",
    (ANY,),
    _TEXT,
    build=lambda call: _at(call, lambda value: data(_pretty(value))),
    example=("JSON_PRETTY('[1,{\"a\":2}]')", '[\n  1,\n  {\n    "a": 2\n  }\n]'),
)
JSON_STORAGE_SIZE = Function(
    "json_storage_size",
    (ANY,),
    integer(length=10),
    build=lambda call: _at(call, lambda value: len(_encoded(value))),
    example=("JSON_STORAGE_SIZE('1')", "9"),
)
JSON_STORAGE_FREE = Function(
    "json_storage_free",
    (ANY,),
    integer(length=10),
    build=lambda call: _at(call, lambda value: 0),
    example=("JSON_STORAGE_FREE('{}')", "0"),
)


def _pattern(value: bytes, escape: bytes | None) -> re.Pattern[str]:
    mark = text(escape)[:1] if escape else "\\"
    parts: list[str] = []
    characters = iter(text(value))
    for char in characters:
        if char == mark:
            parts.append(re.escape(next(characters, mark)))
        else:
            parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char))
    return re.compile("".join(parts), re.DOTALL)


def _places(value: Json, at: str) -> list[tuple[str, str]]:
    """(path, string) of every string in a document, in its order."""
    if isinstance(value, str):
        return [(at, value)]
    found: list[tuple[str, str]] = []
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, f"{at}[{index}]")
    elif isinstance(value, dict):
        for name in sorted(value, key=binary_json.mysql_key_order):
            plain = re.fullmatch(r"[^\W\d]\w*", name) is not None
            found += _places(value[name], f"{at}.{name if plain else binary_json.quote(name)}")
    return found


def _json_search(call: Call) -> Kernel:
    read = document(call, 0)

    def run(value: Any, mode: Any, wanted: Any, escape: Any = None, *given: Any) -> bytes | None:
        if value is None or mode is None or wanted is None or any(item is None for item in given):
            return None
        one, pattern = _is_one(mode, call.name), _pattern(wanted, escape)
        where = read(value)
        allowed = [text(item) for item in given]
        within = paths(given)
        kept = [name for name, found in _places(where, "$") if pattern.fullmatch(found)]
        if within:
            starts = [start for start, item in zip(allowed, within, strict=True) if not item.wildcard]
            if len(starts) < len(within):
                kept = [name for name in kept if any(_inside(where, name, item) for item in within)]
            else:
                kept = [name for name in kept if any(name.startswith(start) for start in starts)]
        if not kept:
            return None
        names: list[Json] = [*kept]
        return _encoded(names[0] if one or len(names) == 1 else names)

    return run


def _inside(where: Json, name: str, wanted: json_path.Path) -> bool:
    """Whether the value at a plain path is, or lies in, a value that the wanted path names."""
    place = json_path.parse_path(name)
    targets = [id(item) for item in json_path.find(where, wanted)]
    return any(
        id(item) in targets
        for length in range(len(place.legs) + 1)
        for item in json_path.find(where, json_path.Path(place.legs[:length]))
    )


JSON_SEARCH = Function(
    "json_search",
    (ANY, S, S, S, S),
    json(),
    build=_json_search,
    min_args=3,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=('JSON_SEARCH(\'["abc", [{"k": "10"}, "def"], {"x": "abc"}]\', \'one\', \'abc\')', '"$[0]"'),
    examples=(
        ("JSON_SEARCH('[\"abc\", {\"x\": \"abc\"}]', 'all', 'abc')", '["$[0]", "$[1].x"]'),
        ("JSON_SEARCH('[\"abc\"]', 'all', '%d')", "NULL"),
        ("JSON_SEARCH('[\"abc\", {\"x\": \"abc\"}]', 'all', 'a%', NULL, '$[1]')", '"$[1].x"'),
    ),
)
