"""Exact decimals as MySQL's: 65 digits, 30 after the point, rounding half away from zero.

Python's default context keeps 28 digits; every operation on DECIMAL values goes through `EXACT`.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

MAX_PRECISION = 65
MAX_SCALE = 30
EXACT = Context(prec=200, rounding=ROUND_HALF_UP, Emax=999999, Emin=-999999)
"""Wide enough that sums and products of two 65-digit numbers are never rounded."""
ZERO = Decimal(0)

_PREFIX = re.compile(rb"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")


@lru_cache(maxsize=64)
def unit(scale: int) -> Decimal:
    """10 to the power of -scale."""
    return Decimal((0, (1,), -scale))


def round_to(value: Decimal, scale: int) -> Decimal:
    """The value with exactly `scale` digits after the point, rounded half away from zero."""
    return value.quantize(unit(scale), ROUND_HALF_UP, EXACT)


def truncate_to(value: Decimal, scale: int) -> Decimal:
    """The value with exactly `scale` digits after the point, further ones dropped."""
    return value.quantize(unit(scale), ROUND_DOWN, EXACT)


def without_negative_zero(value: Decimal) -> Decimal:
    """The value, but never -0. (`+ 0` would round to Python's 28 digits.)"""
    return value if value else value.copy_abs()


def scale_of(value: Decimal) -> int:
    """Digits after the point that the value carries."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "not a finite number"
    return max(-exponent, 0)


@lru_cache(maxsize=256)
def limit(precision: int, scale: int) -> Decimal:
    """The greatest DECIMAL(precision, scale)."""
    return Decimal((0, (9,) * precision, -scale)) if precision else ZERO


def fit(value: Decimal, precision: int, scale: int) -> tuple[Decimal, bool]:
    """(the nearest DECIMAL(precision, scale), whether it was out of range). The fraction is rounded silently."""
    top = limit(precision, scale)
    if value.adjusted() > MAX_PRECISION + 5:
        return (top if value > 0 else top.copy_negate()), True
    rounded = round_to(value, scale)
    if rounded > top:
        return top, True
    if rounded < top.copy_negate():
        return top.copy_negate(), True
    return rounded if rounded else unit(scale) * 0, False


def to_text(value: Decimal) -> str:
    """Plain digits, never an exponent; no minus sign before zero."""
    return f"{value:f}" if value else f"{value.copy_abs():f}"


def parse_prefix(text: bytes) -> tuple[Decimal, bool]:
    """(the number that a text starts with, whether all of the text was that number). 0 when there is none."""
    match = _PREFIX.match(text)
    if match is None:
        return ZERO, False
    complete = not text[match.end() :].strip(b" \t\n\v\f\r")
    try:
        value = EXACT.create_decimal(match[1].decode())
    except InvalidOperation:
        return ZERO, False
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MAX_SCALE:
        value = round_to(value, MAX_SCALE) if value.adjusted() < MAX_PRECISION else value
    elif value.adjusted() >= MAX_PRECISION + MAX_SCALE:
        return (limit(MAX_PRECISION, 0) if value > 0 else limit(MAX_PRECISION, 0).copy_negate()), False
    elif isinstance(exponent, int) and exponent > 0:
        value = round_to(value, 0)
    return value, complete


def quotient_digits(scale: int, other: int, increment: int, *, most: int = MAX_SCALE) -> int:
    """Digits after the point that MySQL computes when it divides numbers of two scales, at most `most`."""
    groups, other_groups = -(-scale // 9) * 9, -(-other // 9) * 9
    further = max(increment - (groups - scale) - (other_groups - other), 0)
    return min(-(-(groups + other_groups + further) // 9) * 9, most)


def format_fixed(value: float, scale: int) -> str:
    """A double with `scale` digits behind the point: those of its shortest text, then zeros (`1e23` is 1 and 23 zeros);
    exactly rounded where the shortest text has more."""
    if -_FEW_DIGITS < value * 10.0**scale < _FEW_DIGITS:
        return f"{value:.{scale}f}"
    shortest = Decimal(f"{value!r}")
    exponent = shortest.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -scale:
        return f"{shortest:.{scale}f}"
    return f"{value:.{scale}f}"


_FEW_DIGITS: Final = 1e15
"""Up to 15 digits a double's shortest text and its exact value round to the same text."""
