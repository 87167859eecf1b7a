"""& | ^ ~ << >>: on 64-bit unsigned integers, and byte by byte on two binary strings (MySQL 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from planner.context import PlanContext
from planner.expr.nodes import Constant, Expression
from planner.functions.cast_number import MAX_UINT
from planner.functions.operators import operands
from planner.functions.registry import CallSite, Function, Kernel, Kind, Overload
from planner.functions.resolution import cast, make_call
from sqlnode.base.errors import INVALID_BITWISE_OPERANDS_SIZE, SqlError
from sqlnode.base.types import EvalType, SqlType, integer, varbinary

_COMPUTE: dict[str, Callable[[int, int], int]] = {
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "<<": lambda left, right: left << right & MAX_UINT if right < 64 else 0,
    ">>": lambda left, right: left >> right if right < 64 else 0,
}
_ARRAYS: dict[str, Callable[[pa.Array, pa.Array], pa.Array]] = {
    "&": pc.bit_wise_and,
    "|": pc.bit_wise_or,
    "^": pc.bit_wise_xor,
}
_TIPB = {"&": "BitAndSig", "|": "BitOrSig", "^": "BitXorSig", "<<": "LeftShift", ">>": "RightShift"}
_UNSIGNED = integer(unsigned=True)


def _integer_kernel(name: str) -> Kernel:
    compute = _COMPUTE[name]
    return lambda left, right: compute(left & MAX_UINT, right & MAX_UINT)


def _array_kernel(name: str) -> Kernel | None:
    compute = _ARRAYS.get(name)
    if compute is None:
        return None
    return lambda left, right: compute(_bits(left), _bits(right))


def _bits(array: pa.Array) -> pa.Array:
    return array if array.type == pa.uint64() else pc.cast(array, pa.uint64(), safe=False)


_INTEGERS = {
    name: Overload(
        (Kind.INT,),
        _UNSIGNED,
        scalar=_integer_kernel(name),
        vector=_array_kernel(name),
        tipb=_TIPB[name],
        exact=True,
    )
    for name in _COMPUTE
}


def _bytes_kernel(name: str) -> Kernel:
    compute = _COMPUTE[name]

    def run(left: bytes, right: bytes) -> bytes:
        if len(left) != len(right):
            raise SqlError(INVALID_BITWISE_OPERANDS_SIZE, operation=name)
        value = compute(int.from_bytes(left, "big"), int.from_bytes(right, "big"))
        return value.to_bytes(len(left), "big")

    return run


BYTE_OPERATIONS = {"bit_and": _bytes_kernel("&"), "bit_or": _bytes_kernel("|"), "bit_xor": _bytes_kernel("^")}


def _shift_kernel(name: str) -> Kernel:
    def run(left: bytes, right: int) -> bytes:
        size = len(left)
        count = right & MAX_UINT
        if count >= 8 * size:
            return bytes(size)
        value = int.from_bytes(left, "big")
        moved = value << count & ((1 << 8 * size) - 1) if name == "<<" else value >> count
        return moved.to_bytes(size, "big")

    return run


def _binary_result(site: CallSite) -> SqlType:
    return varbinary(max(site.types[0].length, site.types[-1].length if len(site.types) == 2 else -1))


_BYTES = {name: Overload((Kind.STRING,), _binary_result, scalar=_bytes_kernel(name)) for name in _ARRAYS}
_SHIFTS = {
    name: Overload((Kind.STRING, Kind.INT), lambda site: varbinary(site.types[0].length), scalar=_shift_kernel(name))
    for name in ("<<", ">>")
}


def is_binary_string(expression: Expression) -> bool:
    """Whether an operand is taken byte by byte: a binary string that is no hexadecimal literal."""
    if isinstance(expression, Constant) and (expression.is_hex or expression.value is None):
        return False
    return expression.type.is_string and expression.type.charset == "binary"


def _is_bytes(expression: Expression) -> bool:
    """Also a hexadecimal literal, which is taken as bytes beside a binary string of another kind."""
    return is_binary_string(expression) or (isinstance(expression, Constant) and expression.is_hex)


def _plain(args: Sequence[Expression], context: PlanContext) -> list[Expression]:
    numbers = operands(args, context)
    return [number if number.type.eval_type == EvalType.INT else cast(number, integer()) for number in numbers]


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    if name in _SHIFTS and is_binary_string(args[0]):
        return make_call(FUNCTIONS[name], _SHIFTS[name], (args[0], *_plain(args[1:], context)), context)
    if name in _BYTES and any(map(is_binary_string, args)) and all(map(_is_bytes, args)):
        return make_call(FUNCTIONS[name], _BYTES[name], args, context)
    return make_call(FUNCTIONS[name], _INTEGERS[name], _plain(args, context), context)


_ANSWERS = {"&": "1", "|": "7", "^": "6", "<<": "40", ">>": "0"}
FUNCTIONS = {
    name: Function(
        name,
        min_args=2,
        max_args=2,
        overloads=(_INTEGERS[name],),
        resolver=_resolve,
        not_null=True,
        example=(f"5 {name} 3", _ANSWERS[name]),
    )
    for name in _COMPUTE
}
OPERATORS = tuple(FUNCTIONS.values())

_INVERTED = Overload(
    (Kind.INT,),
    _UNSIGNED,
    scalar=lambda value: value & MAX_UINT ^ MAX_UINT,
    vector=lambda array: pc.bit_wise_not(_bits(array)),
    tipb="BitNegSig",
    exact=True,
)


def _inverted_bytes(value: bytes) -> bytes:
    return bytes(byte ^ 255 for byte in value)


_INVERTED_BYTES = Overload((Kind.STRING,), lambda site: varbinary(site.types[0].length), scalar=_inverted_bytes)


def _resolve_inverted(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    if is_binary_string(args[0]):
        return make_call(INVERTED, _INVERTED_BYTES, args, context)
    return make_call(INVERTED, _INVERTED, _plain(args, context), context)


INVERTED = Function(
    "~",
    min_args=1,
    max_args=1,
    overloads=(_INVERTED,),
    resolver=_resolve_inverted,
    not_null=True,
    example=("~0", "18446744073709551615"),
)
