"""String functions that build, cut and measure strings (MySQL manual, String Functions and Operators)."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.characters import (
    bounded,
    cut_length,
    data,
    encoded,
    first_length,
    is_binary,
    length_of,
    padded_length,
    repeated_length,
    sum_of_lengths,
    text,
    too_large,
)
from planner.functions.registry import UNLIMITED, CallSite, Function, Kernel, Kind, Nulls, Overload, text_type
from planner.functions.string_arrays import (
    byte_length_array,
    case_array,
    is_ascii,
    length_array,
    slice_array,
    trim_array,
)
from sqlnode.base.types import SqlType, integer

S, N = Kind.STRING, Kind.INT
LENGTH_TYPE = integer(length=10)


# ------------------------------------------------------------------------------------------------------------- lengths


def _length(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)
    return len if encode is None else lambda value: len(encode(value))


def _length_array(call: Call) -> Kernel:
    if encoded(call.args[0].type) is None:
        return byte_length_array
    return lambda array: byte_length_array(array) if is_ascii(array) else None


def _char_length(call: Call) -> Kernel:
    if is_binary(call.args[0].type):
        return len
    return lambda value: len(value) if value.isascii() else len(text(value))


def _char_length_array(call: Call) -> Kernel:
    return byte_length_array if is_binary(call.args[0].type) else length_array


LENGTH = Function(
    "length",
    (S,),
    LENGTH_TYPE,
    build=_length,
    build_vector=_length_array,
    aliases=("octet_length",),
    tipb="Length",
    exact=lambda call: encoded(call.args[0].type) is None,
    example=("LENGTH('text')", "4"),
    examples=(("LENGTH('é')", "2"),),
)
CHAR_LENGTH = Function(
    "char_length",
    (S,),
    LENGTH_TYPE,
    build=_char_length,
    build_vector=_char_length_array,
    aliases=("character_length",),
    tipb="CharLengthUTF8",
    exact=lambda call: not is_binary(call.args[0].type),
    example=("CHAR_LENGTH('é')", "1"),
)
BIT_LENGTH = Function(
    "bit_length",
    (S,),
    LENGTH_TYPE,
    build=lambda call: (lambda kernel: lambda value: 8 * kernel(value))(_length(call)),
    tipb="BitLength",
    exact=lambda call: encoded(call.args[0].type) is None,
    example=("BIT_LENGTH('text')", "32"),
)


# ------------------------------------------------------------------------------------------------------------- joining


def _concat(*values: bytes) -> bytes:
    return b"".join(values)


def _concat_array(*arrays: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(*arrays, pa.scalar(b"", pa.binary()))


CONCAT = Function(
    "concat",
    (S,),
    sum_of_lengths,
    scalar=_concat,
    vector=_concat_array,
    max_args=UNLIMITED,
    not_null=True,
    tipb="Concat",
    exact=True,
    example=("CONCAT('My', 'S', 'QL')", "MySQL"),
    examples=(("CONCAT('My', NULL, 'QL')", "NULL"), ("CONCAT(14.3)", "14.3")),
)


def _concat_ws(separator: bytes | None, *values: bytes | None) -> bytes | None:
    return None if separator is None else separator.join([value for value in values if value is not None])


def _concat_ws_type(site: CallSite) -> SqlType:
    lengths = [length_of(sql_type) for sql_type in site.types]
    if min(lengths) < 0:
        return text_type(-1)
    return text_type(bounded(sum(lengths[1:]) + lengths[0] * max(len(lengths) - 2, 0)))


CONCAT_WS = Function(
    "concat_ws",
    (S, S),
    _concat_ws_type,
    scalar=_concat_ws,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("CONCAT_WS(',', 'First name', NULL, 'Last Name')", "First name,Last Name"),
)


# ------------------------------------------------------------------------------------------------------------- cutting


def counted(call: Call, on_text: Callable[..., str], on_bytes: Callable[..., bytes]) -> Kernel:
    """A kernel that counts characters of its first argument: on bytes where these are the same."""
    if is_binary(call.args[0].type):
        return on_bytes

    def run(value: bytes, *rest: int) -> bytes:
        return on_bytes(value, *rest) if value.isascii() else data(on_text(text(value), *rest))

    return run


def _substring(value: bytes, position: int, length: int | None = None) -> bytes:
    start = position - 1 if position > 0 else len(value) + position
    if position == 0 or start < 0 or (length is not None and length <= 0):
        return value[:0]
    return value[start:] if length is None else value[start : start + length]


def _same_kernel(kernel: Callable[..., bytes]) -> Callable[[Call], Kernel]:
    """Slicing means the same on bytes and on characters."""
    return lambda call: counted(call, kernel, kernel)  # type: ignore[arg-type]


def _counts_characters(call: Call) -> bool:
    return not is_binary(call.args[0].type)


def _substring_overload(count: int) -> Overload:
    return Overload(
        (S, N, N)[:count],
        first_length if count == 2 else lambda site: cut_length(site, 2),
        build=_same_kernel(_substring),
        build_vector=slice_array,
        constants=True,
        tipb=f"Substring{count}ArgsUTF8",
        exact=_counts_characters,
    )


_BY_COUNT = {count: _substring_overload(count) for count in (2, 3)}

SUBSTRING = Function(
    "substring",
    overloads=tuple(_BY_COUNT.values()),
    choose=lambda args, context: _BY_COUNT[len(args)],
    aliases=("substr", "mid"),
    min_args=2,
    max_args=3,
    example=("SUBSTRING('Quadratically', 5, 6)", "ratica"),
    examples=(
        ("SUBSTRING('Sakila', -3)", "ila"),
        ("SUBSTRING('Sakila', 0)", ""),
        ("SUBSTRING('Sakila', -5, 3)", "aki"),
        ("SUBSTRING('été', 2, 1)", "t"),
        ("SUBSTRING('a', -2)", ""),
    ),
)
LEFT = Function(
    "left",
    (S, N),
    cut_length,
    build=_same_kernel(lambda value, length: value[: max(length, 0)]),
    build_vector=slice_array,
    constants=True,
    example=("LEFT('foobarbar', 5)", "fooba"),
    examples=(("LEFT('é', 1)", "é"), ("LEFT('a', -1)", "")),
)
RIGHT = Function(
    "right",
    (S, N),
    cut_length,
    build=_same_kernel(lambda value, length: value[-length:] if length > 0 else value[:0]),
    build_vector=slice_array,
    constants=True,
    tipb="RightUTF8",
    exact=_counts_characters,
    example=("RIGHT('foobarbar', 4)", "rbar"),
    examples=(("RIGHT('abc', 0)", ""),),
)


def _insert(value: bytes, position: int, length: int, new: bytes) -> bytes:
    if not 1 <= position <= len(value):
        return value
    if length < 0 or position - 1 + length > len(value):
        length = len(value)
    return value[: position - 1] + new + value[position - 1 + length :]


def _insert_kernel(call: Call) -> Kernel:
    if is_binary(call.args[0].type):
        return _insert

    def run(value: bytes, position: int, length: int, new: bytes) -> bytes:
        if value.isascii():
            return _insert(value, position, length, new)
        return data(_insert(text(value), position, length, text(new)))  # type: ignore[arg-type]

    return run


INSERT = Function(
    "insert",
    (S, N, N, S),
    lambda site: sum_of_lengths(_strings(site)),
    build=_insert_kernel,
    example=("INSERT('Quadratic', 3, 4, 'What')", "QuWhattic"),
    examples=(("INSERT('Quadratic', -1, 4, 'What')", "Quadratic"), ("INSERT('Quadratic', 3, 100, 'What')", "QuWhat")),
)


def _strings(site: CallSite) -> CallSite:
    args = tuple(arg for arg in site.args if arg.type.is_string)
    return CallSite(site.name, args, site.context, site.text, site.derivation)


def _substring_index(value: bytes, delimiter: bytes, count: int) -> bytes:
    if not delimiter or count == 0:
        return b""
    parts = value.split(delimiter)
    if abs(count) >= len(parts):
        return value
    if count > 0:
        return delimiter.join(parts[:count])
    return delimiter.join(value.rsplit(delimiter, -count)[1:])


SUBSTRING_INDEX = Function(
    "substring_index",
    (S, S, N),
    first_length,
    scalar=_substring_index,
    example=("SUBSTRING_INDEX('www.mysql.com', '.', 2)", "www.mysql"),
    examples=(("SUBSTRING_INDEX('www.mysql.com', '.', -2)", "mysql.com"), ("SUBSTRING_INDEX('a.b', '', 1)", "")),
)


# ------------------------------------------------------------------------------------------------------- trim and case


def _trim_left(value: bytes, removed: bytes) -> bytes:
    size = len(removed)
    while value.startswith(removed):
        value = value[size:]
    return value


def _trim_right(value: bytes, removed: bytes) -> bytes:
    size = len(removed)
    while value.endswith(removed):
        value = value[:-size]
    return value


def _trim_kernel(call: Call) -> Kernel:
    side = call.text or "BOTH"

    def trim(value: bytes, removed: bytes = b" ") -> bytes:
        if not removed:
            return value
        if side != "TRAILING":
            value = value.lstrip(removed) if len(removed) == 1 else _trim_left(value, removed)
        if side != "LEADING":
            value = value.rstrip(removed) if len(removed) == 1 else _trim_right(value, removed)
        return value

    return trim


TRIM = Function(
    "trim",
    (S, S),
    first_length,
    build=_trim_kernel,
    build_vector=lambda call: trim_array(call.text or "BOTH") if len(call.args) == 1 else lambda *arrays: None,
    min_args=1,
    max_args=2,
    example=("TRIM('  bar   ')", "bar"),
    examples=(("TRIM(LEADING 'x' FROM 'xxxbarxxx')", "barxxx"), ("TRIM(TRAILING 'xyz' FROM 'barxxyz')", "barx")),
)
LTRIM = Function(
    "ltrim",
    (S,),
    first_length,
    scalar=lambda value: value.lstrip(b" "),
    vector=trim_array("LEADING"),
    tipb="LTrim",
    exact=True,
    example=("LTRIM('  barbar')", "barbar"),
)
RTRIM = Function(
    "rtrim",
    (S,),
    first_length,
    scalar=lambda value: value.rstrip(b" "),
    vector=trim_array("TRAILING"),
    tipb="RTrim",
    exact=True,
    example=("RTRIM('barbar   ')", "barbar"),
)


def upper_case(value: str) -> str:
    """Upper case, one character for one (as MySQL's tables: ß stays)."""
    mapped = value.upper()
    if len(mapped) == len(value):
        return mapped
    return "".join(high if len(high := char.upper()) == 1 else char for char in value)


def lower_case(value: str) -> str:
    """Lower case, one character for one, whatever stands next to it."""
    return "".join(
        [_LOWER.get(char) or low if len(low := char.lower()) == 1 else _LOWER.get(char, char) for char in value]
    )


_LOWER = {"İ": "i"}


def _case_kernel(on_bytes: Callable[[bytes], bytes], on_text: Callable[[str], str]) -> Callable[[Call], Kernel]:
    def build(call: Call) -> Kernel:
        if is_binary(call.args[0].type):
            return lambda value: value
        return lambda value: on_bytes(value) if value.isascii() else data(on_text(text(value)))

    return build


UPPER = Function(
    "upper",
    (S,),
    first_length,
    build=_case_kernel(bytes.upper, upper_case),
    build_vector=case_array,
    aliases=("ucase",),
    example=("UPPER('Hej')", "HEJ"),
    examples=(("UPPER('straße é')", "STRAßE É"),),
)
LOWER = Function(
    "lower",
    (S,),
    first_length,
    build=_case_kernel(bytes.lower, lower_case),
    build_vector=case_array,
    aliases=("lcase",),
    example=("LOWER('QUADRATICALLY')", "quadratically"),
    examples=(("LOWER('ÀΣ')", "àσ"),),
)


# ----------------------------------------------------------------------------------------- repetition and replacement


def _repeat(context: EvalContext, value: bytes, count: int) -> bytes | None:
    if count < 1 or not value:
        return b""
    return None if too_large(context, "repeat", len(value) * count) else value * count


REPEAT = Function(
    "repeat",
    (S, N),
    repeated_length,
    scalar=_repeat,
    context=True,
    example=("REPEAT('MySQL', 3)", "MySQLMySQLMySQL"),
    examples=(("REPEAT('a', -1)", ""),),
)
SPACE = Function(
    "space",
    (N,),
    lambda site: SqlType(253, 0, -1, -1, site.context.charset, site.context.collation),
    scalar=lambda context, count: None if too_large(context, "space", count) else b" " * max(count, 0),
    context=True,
    coercibility=4,
    example=("CONCAT('[', SPACE(3), ']')", "[   ]"),
)


def _pad(on_left: bool) -> Callable[[Call], Kernel]:
    name = "lpad" if on_left else "rpad"

    def build(call: Call) -> Kernel:
        binary = is_binary(call.args[0].type)

        def padded(value: bytes, length: int, filler: bytes) -> bytes:
            missing = length - len(value)
            if missing <= 0:
                return value[:length]
            if not filler:
                return value[:0]
            fill = (filler * (missing // len(filler) + 1))[:missing]
            return fill + value if on_left else value + fill

        def run(context: EvalContext, value: bytes, length: int, filler: bytes) -> bytes | None:
            if length < 0 or too_large(context, name, length):
                return None
            if binary or (value.isascii() and filler.isascii()):
                return padded(value, length, filler)
            return data(padded(text(value), length, text(filler)))  # type: ignore[arg-type]

        return run

    return build


LPAD = Function(
    "lpad",
    (S, N, S),
    padded_length,
    build=_pad(True),
    context=True,
    example=("LPAD('hi', 4, '??')", "??hi"),
    examples=(("LPAD('hi', 1, '??')", "h"), ("LPAD('hi', -1, 'a')", "NULL")),
)
RPAD = Function(
    "rpad",
    (S, N, S),
    padded_length,
    build=_pad(False),
    context=True,
    example=("RPAD('hi', 5, '?')", "hi???"),
    examples=(("RPAD('hi', 1, '?')", "h"),),
)
REPLACE = Function(
    "replace",
    (S, S, S),
    text_type(),
    scalar=lambda value, old, new: value.replace(old, new) if old else value,
    tipb="Replace",
    exact=True,
    example=("REPLACE('www.mysql.com', 'w', 'Ww')", "WwWwWw.mysql.com"),
)
REVERSE = Function(
    "reverse",
    (S,),
    first_length,
    build=_same_kernel(lambda value: value[::-1]),
    tipb="ReverseUTF8",
    exact=_counts_characters,
    example=("REVERSE('abc')", "cba"),
    examples=(("REVERSE('né')", "én"),),
)
