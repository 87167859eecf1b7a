"""A double as the text of so many characters, as MySQL writes it into a CHAR or VARCHAR column (its `my_gcvt`)."""

from __future__ import annotations

import math

_PLAIN_DIGITS = 15
"""Numbers with more digits before the decimal point, or zeros behind it, are written with an exponent."""


def real_text(value: float, width: int) -> tuple[str, bool]:
    """(text, whether it did not fit). It has as many digits as fit in `width` characters, at most those that tell the
    double from its neighbours."""
    if not math.isfinite(value) or width <= 0:
        return str(value)[: max(width, 0)], True
    sign, value = ("-", -value) if math.copysign(1.0, value) < 0 else ("", value)
    width -= len(sign)
    digits, point = _significant(value, max(width, 1))
    length = len(digits)
    exponent_length = 1 + (point >= 101 or point <= -99) + (point >= 11 or point <= -9)
    plain_length = length - point + 2 if point <= 0 else length + 1 if point < length else point
    fits = plain_length <= width
    only_exponent = point < 0 and width <= 2 - point and width >= 3 + exponent_length
    few_zeros = point <= width and (point >= -1 or (point == -2 and (length > 1 or not only_exponent)))
    plain = (fits or (few_zeros and not only_exponent)) and (
        not fits or (point >= 1 - _PLAIN_DIGITS and (point <= _PLAIN_DIGITS or length > point))
    )
    text, lost = _plain(value, digits, point, width) if plain else _scientific(value, digits, point, width)
    return sign + text, lost


def _significant(value: float, count: int) -> tuple[str, int]:
    """(digits without zeros at the end, place of the decimal point): the shortest that give the double again, or `count`
    of them when those are fewer."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return "0", 1
    if len(digits) > count:
        mantissa, _, exponent = f"{value:.{count - 1}e}".partition("e")
        digits, point = mantissa.replace(".", "").rstrip("0"), int(exponent) + 1
    return digits, point


def _plain(value: float, digits: str, point: int, width: int) -> tuple[str, bool]:
    lost = False
    room = width - (point < len(digits)) - (1 - point if point <= 0 else 0)
    if room < len(digits):
        if room < point:
            lost, room = True, point
        text = f"{value:.{max(room - point, 0)}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text), lost
    if point <= 0:
        return "0." + "0" * -point + digits, lost
    if point < len(digits):
        return f"{digits[:point]}.{digits[point:]}", lost
    return digits + "0" * (point - len(digits)), lost


def _scientific(value: float, digits: str, point: int, width: int) -> tuple[str, bool]:
    exponent = point - 1
    room = width - (exponent < 0) - 1 - len(str(abs(exponent))) - (len(digits) > 1)
    lost = room <= 0
    if room < len(digits):
        digits, point = _significant(value, max(room, 1))
        exponent = point - 1
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{exponent}", lost
