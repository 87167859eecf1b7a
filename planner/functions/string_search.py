"""String functions that look for one string in another, or choose among several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from planner.context import PlanContext
from planner.expr.nodes import Call, Column, Constant, Expression
from planner.functions.characters import collation_of, is_binary, longest, text
from planner.functions.registry import UNLIMITED, Function, Kernel, Kind, Nulls, Overload, text_type
from planner.functions.resolution import make_call
from sqlnode.base.collation import Collation
from sqlnode.base.types import EvalType, TypeCode, integer

S, N = Kind.STRING, Kind.INT
POSITION_TYPE = integer(length=21)


# -------------------------------------------------------------------------------------------------------------- LOCATE


def find_text(haystack: bytes, needle: bytes, collation: Collation, start: int = 0) -> int:
    """The byte position of a string equal (under a collation) to `needle`, from byte `start` on; -1 when there is none.

    As MySQL, only stretches with as many bytes as `needle` are compared.
    """
    if collation.is_binary:
        return haystack.find(needle, start)
    if collation.is_ascii_caseless and haystack.isascii() and needle.isascii():
        return haystack.lower().find(needle.lower(), start)
    size, key = len(needle), collation.sort_key
    wanted = key(needle)
    for at in range(start, len(haystack) - size + 1):
        if haystack[at] & 0xC0 != 0x80 and key(haystack[at : at + size]) == wanted:
            return at
    return -1


def _locate(call: Call) -> Callable[[bytes, bytes, int], int]:
    """(needle, haystack, position from 1) -> position from 1, 0 when not found."""
    collation = collation_of(call)
    binary = collation.charset == "binary" and all(is_binary(arg.type) for arg in call.args if arg.type.is_string)

    def locate(needle: bytes, haystack: bytes, position: int) -> int:
        if position < 1:
            return 0
        plain = binary or haystack.isascii()
        if plain:
            if position - 1 > len(haystack):
                return 0
            return find_text(haystack, needle, collation, position - 1) + 1
        characters = text(haystack)
        if position - 1 > len(characters):
            return 0
        start = len(characters[: position - 1].encode("utf-8", "surrogateescape"))
        found = find_text(haystack, needle, collation, start)
        return 0 if found < 0 else len(haystack[:found].decode("utf-8", "surrogateescape")) + 1

    return locate


def _locate_kernel(call: Call) -> Kernel:
    locate = _locate(call)
    return lambda needle, haystack, position=1: locate(needle, haystack, position)


LOCATE = Function(
    "locate",
    (S, S, N),
    POSITION_TYPE,
    build=_locate_kernel,
    aliases=("position",),
    min_args=2,
    max_args=3,
    example=("LOCATE('bar', 'foobarbar')", "4"),
    examples=(
        ("LOCATE('xbar', 'foobar')", "0"),
        ("LOCATE('bar', 'foobarbar', 5)", "7"),
        ("LOCATE('BAR', 'éfoobar')", "5"),
        ("LOCATE('', 'abc', 4)", "4"),
        ("LOCATE('', 'abc', 5)", "0"),
        ("POSITION('b' IN 'ab')", "2"),
    ),
)


def _instr_kernel(call: Call) -> Kernel:
    locate = _locate(call)
    return lambda haystack, needle: locate(needle, haystack, 1)


INSTR = Function(
    "instr",
    (S, S),
    POSITION_TYPE,
    build=_instr_kernel,
    example=("INSTR('foobarbar', 'bar')", "4"),
    examples=(("INSTR('xbar', 'foobar')", "0"),),
)


# --------------------------------------------------------------------------------------------------- FIELD, ELT, STRCMP


_TEXTS = frozenset((EvalType.STRING, EvalType.TIME, EvalType.DURATION, EvalType.JSON))


def _field_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    kinds = {arg.type.eval_type for arg in args}
    if kinds <= _TEXTS:
        return _FIELD_STRING
    if kinds == {EvalType.INT}:
        return _FIELD_INT
    if kinds <= {EvalType.INT, EvalType.DECIMAL}:
        return _FIELD_DECIMAL
    return _FIELD_REAL


def _field(value: object, *members: object) -> int:
    if value is None:
        return 0
    for place, member in enumerate(members, 1):
        if member is not None and member == value:
            return place
    return 0


def _field_text(call: Call) -> Kernel:
    key = collation_of(call).sort_key

    def field(value: bytes | None, *members: bytes | None) -> int:
        if value is None:
            return 0
        wanted = key(value)
        for place, member in enumerate(members, 1):
            if member is not None and (member == value or key(member) == wanted):
                return place
        return 0

    return field


_FIELD_TYPE = integer(length=3)
_FIELD_STRING = Overload((S,), _FIELD_TYPE, build=_field_text)
_FIELD_INT = Overload((N,), _FIELD_TYPE, scalar=_field)
_FIELD_DECIMAL = Overload((Kind.DECIMAL,), _FIELD_TYPE, scalar=_field)
_FIELD_REAL = Overload((Kind.REAL,), _FIELD_TYPE, scalar=_field)

FIELD = Function(
    "field",
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    overloads=(_FIELD_STRING, _FIELD_INT, _FIELD_DECIMAL, _FIELD_REAL),
    choose=_field_kind,
    example=("FIELD('Bb', 'Aa', 'bb', 'Cc')", "2"),
    examples=(("FIELD('Gg', 'Aa', 'Bb')", "0"), ("FIELD(2, 1, 2)", "2"), ("FIELD(NULL, 'a')", "0")),
)
ELT = Function(
    "elt",
    (N, S),
    lambda site: longest(site, 1),
    scalar=lambda number, *members: members[number - 1] if number is not None and 1 <= number <= len(members) else None,
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("ELT(4, 'Aa', 'Bb', 'Cc', 'Dd')", "Dd"),
    examples=(("ELT(0, 'a')", "NULL"), ("ELT(5, 'a')", "NULL")),
)


def _strcmp(call: Call) -> Kernel:
    return collation_of(call).compare


STRCMP = Function(
    "strcmp",
    (S, S),
    integer(length=2),
    build=_strcmp,
    tipb="Strcmp",
    example=("STRCMP('text', 'text2')", "-1"),
    examples=(("STRCMP('TEXT', 'text')", "0"), ("STRCMP('b', 'a')", "1")),
)


# ------------------------------------------------------------------------------------------------- sets of strings


def _find_in_set(call: Call) -> Kernel:
    key = collation_of(call).sort_key

    @lru_cache(maxsize=256)
    def places(members: bytes) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for place, member in enumerate(members.split(b","), 1):
            found.setdefault(key(member), place)
        return found

    def find_in_set(value: bytes, members: bytes) -> int:
        if not members or b"," in value:
            return 0
        return places(members).get(key(value), 0)

    return find_in_set


def _place_in_column(call: Call) -> Kernel:
    """MySQL takes the place in the column's definition, not in the value: of 'b' in the value 'b,c' it is 2."""
    key = collation_of(call).sort_key
    value = call.args[0]
    assert isinstance(value, Constant) and isinstance(value.value, bytes)
    wanted = key(value.value)
    for place, member in enumerate(call.args[1].type.elements):
        if key(member.encode()) == wanted:
            return lambda value, mask: place + 1 if mask >> place & 1 else 0
    return lambda value, mask: 0


_IN_COLUMN = Overload((Kind.STRING, Kind.ANY), integer(length=3), build=_place_in_column)
_IN_TEXT = Overload((S, S), integer(length=3), build=_find_in_set)


def _resolve_find_in_set(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    value, members = args
    plain = isinstance(value, Constant) and isinstance(value.value, bytes) and value.type.is_string
    in_column = plain and isinstance(members, Column) and members.type.code == TypeCode.SET
    return make_call(FIND_IN_SET, _IN_COLUMN if in_column else _IN_TEXT, args, context)


FIND_IN_SET = Function(
    "find_in_set",
    min_args=2,
    max_args=2,
    overloads=(_IN_TEXT, _IN_COLUMN),
    resolver=_resolve_find_in_set,
    example=("FIND_IN_SET('b', 'a,b,c,d')", "2"),
    examples=(("FIND_IN_SET('', '')", "0"), ("FIND_IN_SET('B', 'a,b')", "2")),
)


def _make_set(bits: int | None, *members: bytes | None) -> bytes | None:
    if bits is None:
        return None
    return b",".join([member for at, member in enumerate(members) if bits >> at & 1 and member is not None])


MAKE_SET = Function(
    "make_set",
    (N, S),
    text_type(),
    scalar=_make_set,
    min_args=2,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("MAKE_SET(1 | 4, 'hello', 'nice', 'world')", "hello,world"),
    examples=(("MAKE_SET(0, 'a')", ""), ("MAKE_SET(1 | 4, 'hello', 'nice', NULL)", "hello")),
)


def _export_set(bits: int, on: bytes, off: bytes, separator: bytes = b",", count: int = 64) -> bytes:
    size = count if 0 <= count <= 64 else 64
    return separator.join([on if bits >> at & 1 else off for at in range(size)])


EXPORT_SET = Function(
    "export_set",
    (N, S, S, S, N),
    text_type(),
    scalar=_export_set,
    min_args=3,
    max_args=5,
    example=("EXPORT_SET(5, 'Y', 'N', ',', 4)", "Y,N,Y,N"),
    examples=(("EXPORT_SET(6, '1', '0', ',', 10)", "0,1,1,0,0,0,0,0,0,0"),),
)
