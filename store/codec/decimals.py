"""Decimals in TiDB's two forms: the ordered binary form of rows and keys, and the 40-byte struct of chunks.

Binary form: precision byte, scale byte, then groups of up to nine digits in the fewest whole bytes, first byte's top
bit flipped and all bytes inverted for negative numbers. Only values of equal precision and scale sort correctly.
The functions for whole columns live in `decimal_arrays`.
"""

from __future__ import annotations

import struct
from decimal import Context, Decimal
from functools import lru_cache

DIGITS_TO_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
MAX_PRECISION = 65
MAX_SCALE = 30
_GROUP = 9
_BASE = 10**_GROUP
_CONTEXT = Context(prec=81)
_POWERS = tuple(10**n for n in range(MAX_PRECISION + 17))
STRUCT_SIZE = 40
_WORDS = 9
_STRUCT = struct.Struct("<BBBB9i")


@lru_cache(maxsize=4096)
def group_layout(precision: int, scale: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """((digits, bytes) of each group in order, total bytes) of a number with this precision and scale."""
    if not 0 < precision <= MAX_PRECISION + 16 or not 0 <= scale <= precision:
        raise ValueError(f"bad decimal header ({precision},{scale})")
    whole = precision - scale
    groups = []
    if whole % _GROUP:
        groups.append(whole % _GROUP)
    groups.extend([_GROUP] * (whole // _GROUP))
    groups.extend([_GROUP] * (scale // _GROUP))
    if scale % _GROUP:
        groups.append(scale % _GROUP)
    layout = tuple((digits, DIGITS_TO_BYTES[digits]) for digits in groups)
    return layout, sum(size for _, size in layout)


def unscaled(value: Decimal, scale: int) -> int:
    """`value` times 10**scale as an integer, further digits rounded half away from zero."""
    sign, _, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is not a number")
    number: int = int(value.scaleb(-exponent, _CONTEXT)) if exponent else int(value)
    shift = exponent + scale
    power: int = 10 ** abs(shift)
    if shift >= 0:
        return number * power
    quotient, rest = divmod(abs(number), power)
    if rest * 2 >= power:
        quotient += 1
    return -quotient if sign else quotient


def natural_digits(value: Decimal) -> tuple[int, int]:
    """(precision, scale) of a number by its own digits, at least (1, 0); used where no type is declared."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is not a number")
    scale = max(-exponent, 0)
    whole = max(len(digits) + exponent, 0) if any(digits) else 0
    return max(whole + scale, 1), scale


def encode_decimal(value: Decimal, precision: int = 0, scale: int = 0) -> bytes:
    """Precision byte, scale byte and digits; precision 0 takes the number's own digits.

    Raises ValueError when the number has more integer digits than the precision allows.
    """
    if precision <= 0:
        precision, scale = natural_digits(value)
    layout, size = group_layout(precision, scale)
    number = unscaled(value, scale)
    negative = number < 0
    rest = -number if negative else number
    if rest >= _POWERS[precision]:
        raise ValueError(f"{value} does not fit DECIMAL({precision},{scale})")
    parts = []
    for digits, width in reversed(layout):
        rest, group = divmod(rest, _POWERS[digits])
        parts.append(group.to_bytes(width, "big"))
    parts.reverse()
    data = int.from_bytes(b"".join(parts), "big")
    if negative:
        data ^= (1 << (8 * size)) - 1
    data ^= 0x80 << (8 * (size - 1))
    return bytes((precision, scale)) + data.to_bytes(size, "big")


def decode_decimal(data: bytes, position: int = 0) -> tuple[Decimal, int]:
    """The number whose precision byte is at `position`, and the position after its last byte."""
    precision, scale = data[position], data[position + 1]
    layout, size = group_layout(precision, scale)
    start = position + 2
    bits = int.from_bytes(data[start : start + size], "big")
    negative = not bits >> (8 * size - 1)
    bits ^= 0x80 << (8 * (size - 1))
    if negative:
        bits ^= (1 << (8 * size)) - 1
    remaining = 8 * size
    number = 0
    for digits, width in layout:
        remaining -= 8 * width
        number = number * _POWERS[digits] + ((bits >> remaining) & ((1 << (8 * width)) - 1))
    return make_decimal(-number if negative else number, scale), start + size


def make_decimal(number: int, scale: int) -> Decimal:
    """`number` divided by 10**scale, keeping `scale` fraction digits."""
    return Decimal(number).scaleb(-scale, _CONTEXT) if scale else Decimal(number)


def encode_struct(value: Decimal, scale: int) -> bytes:
    """The 40-byte form: integer words, then fraction words with the last one left-aligned."""
    number = unscaled(value, scale)
    negative = number < 0
    whole, fraction = divmod(abs(number), 10**scale)
    whole_digits = len(str(whole)) if whole else 0
    words = []
    while whole:
        whole, word = divmod(whole, _BASE)
        words.append(word)
    words.reverse()
    fraction_words = -(-scale // _GROUP)
    fraction *= 10 ** (fraction_words * _GROUP - scale)
    tail = []
    for _ in range(fraction_words):
        fraction, word = divmod(fraction, _BASE)
        tail.append(word)
    words.extend(reversed(tail))
    if len(words) > _WORDS:
        raise ValueError(f"{value} needs more than {_WORDS} words")
    words.extend([0] * (_WORDS - len(words)))
    return _STRUCT.pack(whole_digits, scale, scale, negative, *words)


def decode_struct(data: bytes, position: int = 0) -> Decimal:
    """Inverse of `encode_struct`; unused words may hold anything."""
    whole_digits, fraction_digits, result_scale, negative, *words = _STRUCT.unpack_from(data, position)
    whole_words = -(-whole_digits // _GROUP)
    fraction_words = -(-fraction_digits // _GROUP)
    number = 0
    for word in words[: whole_words + fraction_words]:
        number = number * _BASE + word
    number //= 10 ** (fraction_words * _GROUP - fraction_digits)
    value = make_decimal(-number if negative else number, fraction_digits)
    return value if result_scale == fraction_digits else make_decimal(unscaled(value, result_scale), result_scale)
