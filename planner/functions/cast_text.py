"""Casts to character and binary strings: numbers and times as MySQL prints them, charset conversion, CHAR(n)."""

from __future__ import annotations

from planner.expr.evaluation import EvalContext
from planner.functions.cast_number import Converter, shown, truncated
from sqlnode.base import json as binary_json
from sqlnode.base.charset import charset_by_name
from sqlnode.base.decimal import format_fixed, round_to, to_text
from sqlnode.base.errors import INVALID_CHARACTER_STRING, SqlError
from sqlnode.base.temporal import format_datetime, format_duration
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, Value

_UTF8 = frozenset({"utf8mb4", "utf8mb3", "utf8", "ascii"})
_UNITS = {"utf16": 2, "utf16le": 2, "ucs2": 2, "utf32": 4}
"""Bytes of the smallest character, where that is more than one."""


def text_converter(source: SqlType, target: SqlType, *, explicit: bool) -> Converter | None:
    """To a string type. `explicit` cuts at the target's length (warning 1292) and pads BINARY(n) with zero bytes."""
    inner = _to_text(source)
    if source.eval_type == EvalType.STRING and source.code not in (TypeCode.ENUM, TypeCode.SET):
        inner = _between_charsets(source, target)
    if not explicit or target.length < 0:
        return inner
    return _cut(inner, target)


def _cut(inner: Converter | None, target: SqlType) -> Converter:
    length = target.length
    if target.charset == "binary":

        def cut_bytes(value: Value, context: EvalContext) -> Value:
            text = value if inner is None else inner(value, context)
            if text is None:
                return None
            assert isinstance(text, bytes)
            if len(text) > length:
                truncated(context, f"BINARY({length})", shown(text))
                return text[:length]
            return text.ljust(length, b"\0")

        return cut_bytes

    def cut_characters(value: Value, context: EvalContext) -> Value:
        text = value if inner is None else inner(value, context)
        if text is None or len(text) <= length:  # type: ignore[arg-type]
            return text
        assert isinstance(text, bytes)
        characters = text.decode("utf-8", "surrogateescape")
        if len(characters) <= length:
            return text
        truncated(context, f"CHAR({length})", shown(text))
        return characters[:length].encode("utf-8", "surrogateescape")

    return cut_characters


def _between_charsets(source: SqlType, target: SqlType) -> Converter | None:
    """Character values are UTF-8 whatever their charset is; only a step from or to binary changes bytes."""
    if source.charset == target.charset:
        return None
    if source.charset == "binary":
        return _decoder(target.charset)
    if target.charset == "binary":
        return None if source.charset in _UTF8 else _encoder(source.charset)
    if target.charset == "utf8mb4" or source.charset == "ascii":
        return None
    return _replacer(target.charset)


def _decoder(charset: str) -> Converter:
    """Bytes to characters; in UTF-8 charsets invalid ones are NULL with warning 1300 (an error in strict DML). Where
    characters have two or four bytes, missing ones are zero bytes in front."""
    decode = charset_by_name(charset).decode
    checked = charset in _UTF8
    unit = _UNITS.get(charset, 1)
    if unit > 1:
        return lambda value, context: decode(value.rjust(-(-len(value) // unit) * unit, b"\0"))

    def to_character(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, bytes)
        if not checked or value.isascii():
            return decode(value)
        try:
            value.decode("utf-8")
        except UnicodeDecodeError as error:
            bad = value[error.start : error.start + 6].hex().upper()
            if context.strict_dml:
                raise SqlError(INVALID_CHARACTER_STRING, charset=charset, value=bad) from None
            context.warning(INVALID_CHARACTER_STRING, charset=charset, value=bad)
            return None
        return value

    return to_character


def _encoder(charset: str) -> Converter:
    encode = charset_by_name(charset).encode
    return lambda value, context: encode(value)


def _replacer(charset: str) -> Converter:
    """Characters that the charset lacks become question marks."""
    target = charset_by_name(charset)
    return lambda value, context: value if value.isascii() else target.decode(target.encode(value))


def _to_text(source: SqlType) -> Converter | None:
    code = source.code
    if code == TypeCode.ENUM:
        return _enum_text(source)
    if code == TypeCode.SET:
        return _set_text(source)
    if code == TypeCode.BIT:
        size = (max(source.length, 1) + 7) // 8
        return lambda value, context: value.to_bytes(size, "big")
    if code == TypeCode.YEAR:
        return lambda value, context: b"%04d" % value
    match source.eval_type:
        case EvalType.INT:
            if source.flags & Flag.ZEROFILL and source.length > 0:
                width = source.length
                return lambda value, context: b"%0*d" % (width, value)
            return lambda value, context: b"%d" % value
        case EvalType.REAL:
            return _filled(_real_text(source), source)
        case EvalType.DECIMAL:
            return _filled(_decimal_text(source), source)
        case EvalType.TIME:
            fsp = source.fsp
            return lambda value, context: format_datetime(value, code, fsp).encode()
        case EvalType.DURATION:
            fsp = source.fsp
            return lambda value, context: format_duration(value, fsp).encode()
        case EvalType.JSON:
            return lambda value, context: binary_json.to_text(value).encode()
    return None


def _decimal_text(source: SqlType) -> Converter:
    scale = source.scale
    if scale < 0:
        return lambda value, context: to_text(value).encode()
    exponent = -scale

    def decimal_text(value: Value, context: EvalContext) -> Value:
        if value.as_tuple().exponent != exponent:  # type: ignore[union-attr]
            value = round_to(value, scale)  # type: ignore[arg-type]
        return to_text(value).encode()  # type: ignore[arg-type]

    return decimal_text


def _filled(kernel: Converter, source: SqlType) -> Converter:
    """With zeros in front up to the column's width, the point not counted in a DECIMAL's."""
    if not source.flags & Flag.ZEROFILL or source.length <= 0:
        return kernel
    width = source.length + (1 if source.eval_type == EvalType.DECIMAL and source.scale > 0 else 0)
    return lambda value, context: kernel(value, context).rjust(width, b"0")


def _real_text(source: SqlType) -> Converter:
    if 0 <= source.scale < 31:
        scale = source.scale
        return lambda value, context: format_fixed(value, scale).encode()
    if source.code == TypeCode.FLOAT:
        return lambda value, context: format_float(value).encode()
    return lambda value, context: binary_json.format_double(value).encode()


def format_float(value: float) -> str:
    """A FLOAT as MySQL prints it: six significant digits."""
    return binary_json.format_double(float(f"{value:.6g}"))


def _enum_text(source: SqlType) -> Converter:
    names = (b"", *(name.encode() for name in source.elements))
    return lambda value, context: names[value]


def _set_text(source: SqlType) -> Converter:
    names = [name.encode() for name in source.elements]

    def set_text(value: Value, context: EvalContext) -> Value:
        assert isinstance(value, int)
        return b",".join(name for bit, name in enumerate(names) if value >> bit & 1)

    return set_text
