"""String functions between text and numbers or other notations: HEX, CHAR, CONV, FORMAT, BASE64, QUOTE, SOUNDEX."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from decimal import Decimal

from planner.context import PlanContext
from planner.expr.describe import describe
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Expression
from planner.functions.characters import bounded, connection_text, data, encoded, first_length, length_of, text
from planner.functions.registry import (
    UNLIMITED,
    CallSite,
    Coercibility,
    Function,
    Kernel,
    Kind,
    Nulls,
    Overload,
    text_type,
)
from planner.functions.rounding import round_real
from sqlnode.base.charset import charset_by_name
from sqlnode.base.decimal import format_fixed, round_to
from sqlnode.base.errors import UNKNOWN_LOCALE, WRONG_VALUE_FOR_TYPE
from sqlnode.base.types import EvalType, SqlType, TypeCode, integer, varbinary, varchar

S, N = Kind.STRING, Kind.INT
_MASK = (1 << 64) - 1


# ------------------------------------------------------------------------------------------------------------------ HEX


def _hex_text(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)
    if encode is None:
        return lambda value: value.hex().upper().encode()
    return lambda value: encode(value).hex().upper().encode()


def _hex_length(site: CallSite) -> SqlType:
    sql_type = site.types[0]
    length = length_of(sql_type)
    width = 1 if sql_type.charset == "binary" else charset_by_name(sql_type.charset).max_length
    return varchar(bounded(length * 2 * width) if length >= 0 else -1, site.context.charset, site.context.collation)


HEX = Function(
    "hex",
    coercibility=Coercibility.LITERAL,
    overloads=(
        Overload((N,), connection_text(16), scalar=lambda value: b"%X" % (value & _MASK)),
        Overload((Kind.NUMBER,), connection_text(16), scalar=lambda value: b"%X" % (_whole(value) & _MASK)),
        Overload((S,), _hex_length, build=_hex_text),
    ),
    min_args=1,
    max_args=1,
    example=("HEX('abc')", "616263"),
    examples=(("HEX(255)", "FF"), ("HEX(-1)", "FFFFFFFFFFFFFFFF"), ("HEX(2.5)", "3"), ("HEX(_latin1'é')", "C3A9")),
)


def _whole(value: int | float | Decimal) -> int:
    """Rounded half away from zero, floats too."""
    return int(round_to(Decimal(value), 0)) if -_MASK <= value <= _MASK else -1


_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]*")


def _unhex(call: Call) -> Kernel:
    def run(context: EvalContext, value: bytes) -> bytes | None:
        if _HEXADECIMAL.fullmatch(value) is not None:
            return bytes.fromhex((b"0" + value if len(value) % 2 else value).decode("ascii"))
        context.warning(WRONG_VALUE_FOR_TYPE, kind="string", value=describe(call.args[0]), function="unhex")
        return None

    return run


def _half(site: CallSite) -> SqlType:
    length = length_of(site.types[0])
    return varbinary((length + 1) // 2 if length >= 0 else -1)


UNHEX = Function(
    "unhex",
    (S,),
    _half,
    build=_unhex,
    context=True,
    example=("UNHEX('4D7953514C')", "MySQL"),
    examples=(("UNHEX('GG')", "NULL"), ("HEX(UNHEX('ABC'))", "0ABC")),
)


# -------------------------------------------------------------------------------------------------------- code numbers


def _ascii(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)
    return lambda value: (value if encode is None else encode(value))[0] if value else 0


ASCII = Function(
    "ascii",
    (S,),
    integer(length=3),
    build=_ascii,
    tipb="ASCII",
    exact=lambda call: encoded(call.args[0].type) is None,
    example=("ASCII('dx')", "100"),
    examples=(("ASCII('')", "0"), ("ASCII('2')", "50")),
)


def _ord(call: Call) -> Kernel:
    encode = encoded(call.args[0].type)
    if call.args[0].type.charset == "binary":
        return lambda value: value[0] if value else 0

    def ord_of(value: bytes) -> int:
        first = data(text(value)[:1])
        return int.from_bytes(first if encode is None else encode(first), "big")

    return ord_of


ORD = Function(
    "ord", (S,), integer(length=21), build=_ord, example=("ORD('2')", "50"), examples=(("ORD('é')", "50089"),)
)


def _char(*codes: int | None) -> bytes:
    found = bytearray()
    for code in codes:
        if code is not None:
            low = code & 0xFFFFFFFF
            found += low.to_bytes(max((low.bit_length() + 7) // 8, 1), "big")
    return bytes(found)


CHAR = Function(
    "char",
    (N,),
    lambda site: varbinary(4 * len(site.args)),
    scalar=_char,
    max_args=UNLIMITED,
    nulls=Nulls.KERNEL,
    example=("CHAR(77, 121, 83, 81, '76')", "MySQL"),
    examples=(("HEX(CHAR(256))", "0100"), ("CHAR(77, NULL, 78)", "MN"), ("HEX(CHAR(0))", "00")),
)


# ---------------------------------------------------------------------------------------------------------- numerals

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _numeral(number: int, base: int) -> bytes:
    if number == 0:
        return b"0"
    sign, number = (b"-" if number < 0 else b""), abs(number)
    found = []
    while number:
        number, digit = divmod(number, base)
        found.append(_DIGITS[digit])
    return sign + "".join(reversed(found)).encode()


def _prefix_number(value: bytes, base: int) -> int:
    """The number that a text starts with; beyond 64 bits the nearest end."""
    body = value.strip().upper()
    negative = body[:1] == b"-"
    number = 0
    for char in text(body[1:] if body[:1] in (b"-", b"+") else body):
        digit = _DIGITS.find(char)
        if not 0 <= digit < base:
            break
        number = number * base + digit
    return -number if negative else number


def convert_base(value: bytes, source: int, target: int) -> bytes | None:
    """CONV(): bases 2 to 36 (a negative base: signed); else NULL."""
    if not value or not 2 <= abs(source) <= 36 or not 2 <= abs(target) <= 36:
        return None
    number = _prefix_number(value, abs(source))
    if source < 0:
        number = max(min(number, (1 << 63) - 1), -(1 << 63))
    else:
        number = min(number, _MASK) if number >= 0 else (number & _MASK if number >= -_MASK else _MASK)
    number &= _MASK
    if target < 0 and number >> 63:
        number -= 1 << 64
    return _numeral(number, abs(target))


_CONV_TEXT = Overload((S, N, N), connection_text(65), scalar=convert_base)
_CONV_BITS = Overload(
    (N, N, N), connection_text(65), scalar=lambda value, source, to: convert_base(str(value).encode(), source, to)
)


def _conv_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    """Bits are a number, not the bytes that they are as a string."""
    return _CONV_BITS if args[0].type.code == TypeCode.BIT else _CONV_TEXT


CONV = Function(
    "conv",
    min_args=3,
    max_args=3,
    overloads=(_CONV_TEXT, _CONV_BITS),
    choose=_conv_kind,
    coercibility=Coercibility.LITERAL,
    example=("CONV('a', 16, 2)", "1010"),
    examples=(("CONV('6E', 18, 8)", "172"), ("CONV(-17, 10, -18)", "-H"), ("CONV(10 + '10', 10, 10)", "20")),
)


def _in_base(name: str, base: int, example: tuple[str, str]) -> Function:
    return Function(
        name,
        overloads=(
            Overload((N,), connection_text(64), scalar=lambda value: _numeral(value & _MASK, base)),
            Overload((S,), connection_text(64), scalar=lambda value: convert_base(value, 10, base)),
        ),
        min_args=1,
        max_args=1,
        coercibility=Coercibility.LITERAL,
        example=example,
    )


BIN = _in_base("bin", 2, ("BIN(12)", "1100"))
OCT = _in_base("oct", 8, ("OCT(12)", "14"))


# -------------------------------------------------------------------------------------------------------------- FORMAT

_LOCALES = {
    "en_US": (",", "."),
    "en_GB": (",", "."),
    "en_CA": (",", "."),
    "en_AU": (",", "."),
    "en_IN": (",", "."),
    "zh_CN": (",", "."),
    "zh_TW": (",", "."),
    "ja_JP": (",", "."),
    "ko_KR": (",", "."),
    "th_TH": (",", "."),
    "he_IL": (",", "."),
    "de_DE": (".", ","),
    "de_AT": ("", ","),
    "de_CH": ("'", "."),
    "da_DK": (".", ","),
    "es_ES": ("", ","),
    "fr_FR": ("", ","),
    "it_IT": ("", ","),
    "nl_NL": ("", ","),
    "pt_PT": ("", ","),
    "pt_BR": (".", ","),
    "pl_PL": ("", ","),
    "nb_NO": (".", ","),
    "fi_FI": (" ", ","),
    "sv_SE": (" ", ","),
    "ru_RU": (".", ","),
    "uk_UA": (".", ","),
    "tr_TR": (".", ","),
}
"""(between thousands, before the fraction) by lc_time_names name."""


def _format(context: EvalContext, value: int | float | Decimal, digits: int, locale: bytes | None = b"en_US") -> bytes:
    known = {name.lower(): marks for name, marks in _LOCALES.items()}
    marks = known.get("" if locale is None else text(locale).lower())
    if marks is None:
        context.warning(UNKNOWN_LOCALE, name="NULL" if locale is None else text(locale))
        marks = (",", ".")
    places = min(max(digits, 0), 30)
    if isinstance(value, float):
        plain = format_fixed(round_real(value, places), places)
    else:
        plain = f"{round_to(Decimal(value), places):f}"
    sign = "-" if plain.startswith("-") else ""
    whole, _, fraction = plain.lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", marks[0])
    return (sign + grouped + (marks[1] + fraction if fraction else "")).encode()


def _format_null(context: EvalContext, value: object, digits: object, locale: bytes | None = b"en_US") -> bytes | None:
    if value is None or digits is None:
        return None
    return _format(context, value, digits, locale)  # type: ignore[arg-type]


_FORMAT_NUMBER = Overload((Kind.NUMBER, N, S), connection_text(67), scalar=_format_null)
_FORMAT_TIME = Overload((Kind.REAL, N, S), connection_text(67), scalar=_format_null)


def _format_kind(args: Sequence[Expression], context: PlanContext) -> Overload:
    is_time = args[0].type.eval_type in (EvalType.TIME, EvalType.DURATION)
    return _FORMAT_TIME if is_time else _FORMAT_NUMBER


FORMAT = Function(
    "format",
    overloads=(_FORMAT_NUMBER, _FORMAT_TIME),
    choose=_format_kind,
    context=True,
    min_args=2,
    max_args=3,
    nulls=Nulls.KERNEL,
    coercibility=Coercibility.LITERAL,
    example=("FORMAT(12332.123456, 4)", "12,332.1235"),
    examples=(
        ("FORMAT(12332.1, 4)", "12,332.1000"),
        ("FORMAT(12332.2, 2, 'de_DE')", "12.332,20"),
        ("FORMAT(-5, 0)", "-5"),
        ("FORMAT(2.5E0, 0)", "2"),
    ),
)


# ---------------------------------------------------------------------------------------------------- BASE64 and others


def _to_base64(value: bytes) -> bytes:
    plain = base64.b64encode(value)
    return b"\n".join([plain[at : at + 76] for at in range(0, len(plain), 76)])


def _from_base64(value: bytes) -> bytes | None:
    try:
        return base64.b64decode(value.translate(None, b" \t\r\n\v\f"), validate=True)
    except binascii.Error:
        return None


TO_BASE64 = Function(
    "to_base64",
    (S,),
    connection_text(-1),
    build=lambda call: (
        _to_base64 if (encode := encoded(call.args[0].type)) is None else lambda value: _to_base64(encode(value))
    ),
    coercibility=Coercibility.LITERAL,
    example=("TO_BASE64('abc')", "YWJj"),
)
FROM_BASE64 = Function(
    "from_base64",
    (S,),
    lambda site: varbinary(-1 if (length := length_of(site.types[0])) < 0 else length * 3 // 4),
    scalar=_from_base64,
    example=("FROM_BASE64('YWJj')", "abc"),
    examples=(("FROM_BASE64('!')", "NULL"),),
)


def _quote(value: bytes | None) -> bytes:
    if value is None:
        return b"NULL"
    for plain, escaped in ((b"\\", b"\\\\"), (b"'", b"\\'"), (b"\0", b"\\0"), (b"\x1a", b"\\Z")):
        value = value.replace(plain, escaped)
    return b"'" + value + b"'"


QUOTE = Function(
    "quote",
    (S,),
    lambda site: text_type(-1 if (length := length_of(site.types[0])) < 0 else bounded(length * 2 + 2)),
    scalar=_quote,
    nulls=Nulls.KERNEL,
    example=("QUOTE('Don''t!')", "'Don\\'t!'"),
    examples=(("QUOTE(NULL)", "NULL"),),
)

_SOUNDS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230120022455012623010202", strict=True))


def _soundex_kernel(call: Call) -> Kernel:
    """All characters from U+00C0 count as letters; in binary strings ASCII letters alone do."""
    first = "\u00c0" if call.args[0].type.charset != "binary" else chr(0x110000 - 1)
    return lambda value: _soundex(value, first)


def _soundex(value: bytes, first: str) -> bytes:
    letters = [char for char in text(value) if char >= first or (char.isascii() and char.isalpha())]
    letters = [char.upper() if char.isascii() else char for char in letters]
    if not letters:
        return b""
    found, last = letters[0], _SOUNDS.get(letters[0], "0")
    for letter in letters[1:]:
        sound = _SOUNDS.get(letter, "0")
        if letter not in "HW" and sound != last and sound != "0":
            found += sound
        if letter not in "HW":
            last = sound
    return data(found.ljust(4, "0"))


SOUNDEX = Function(
    "soundex",
    (S,),
    first_length,
    build=_soundex_kernel,
    example=("SOUNDEX('Hello')", "H400"),
    examples=(("SOUNDEX('Quadratically')", "Q36324"),),
)


def _weight_string(call: Call) -> Kernel:
    from sqlnode.base.collation import by_name

    return by_name(call.args[0].type.collation).sort_key


WEIGHT_STRING = Function(
    "weight_string",
    (S,),
    varbinary(),
    build=_weight_string,
)
