"""Assignment to string, ENUM, SET, BIT and JSON columns."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from planner.expr.assignment import Assigner, complain, note
from planner.expr.evaluation import EvalContext
from planner.expr.real_text import real_text
from sqlnode.base import json as binary_json
from sqlnode.base.charset import decode
from sqlnode.base.collation import by_name, charset_by_name
from sqlnode.base.decimal import EXACT
from sqlnode.base.errors import (
    DATA_TOO_LONG,
    INVALID_JSON_CHARSET,
    INVALID_JSON_TEXT,
    TRUNCATED_WRONG_VALUE_FOR_FIELD,
    WARN_DATA_OUT_OF_RANGE,
    WARN_DATA_TRUNCATED,
    SqlError,
)
from sqlnode.base.types import BLOB_CODES, EvalType, Flag, SqlType, TypeCode, Value

BLOB_LIMITS = {
    TypeCode.TINY_BLOB: 255,
    TypeCode.BLOB: 65535,
    TypeCode.MEDIUM_BLOB: 16777215,
    TypeCode.LONG_BLOB: 4294967295,
}

_ORDINAL = re.compile(rb"[ \t\n\v\f\r]*[+-]?\d+", re.ASCII)
"""The number of a member of ENUM, or of the members of SET, as text."""


def text_of(source: SqlType, target: SqlType) -> Assigner | None:
    """A value as text (bytes); None when it is one already."""
    from planner.functions.casting import converter

    convert = converter(source, SqlType(TypeCode.VAR_STRING, 0, -1, -1, target.charset, target.collation), None)
    if convert is None or (source.charset == "binary" and source.is_string):
        return None

    def to_text(value: Value, context: EvalContext, row: int) -> Value:
        result: Value = convert(value, context)
        return result

    return to_text


def to_string(source: SqlType, target: SqlType, name: str) -> Assigner:
    """CHAR, VARCHAR, BINARY, VARBINARY and the TEXT and BLOB families."""
    if target.code not in BLOB_CODES:
        source = _as_number(source)
    if source.code == TypeCode.DOUBLE and source.eval_type == EvalType.REAL and target.code not in BLOB_CODES:
        return _real_to_string(source, target, name)
    binary = target.charset == "binary"
    text = text_of(source, target) if binary or not source.is_string else None
    limit = _byte_limit(target)
    fit = _fit_bytes(target, name, limit) if binary or target.code in BLOB_CODES else _fit_characters(target, name)
    check = None if binary else _character_check(target, name)
    if are_other_bytes(source, target):
        check = _byte_reader(target, name)

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        found = value if text is None else text(value, context, row)
        assert isinstance(found, bytes), "a string is bytes"
        if check is not None and not found.isascii():
            found = check(found, context, row)
            assert isinstance(found, bytes), "a string is bytes"
        return fit(found, context, row)

    return convert


def _as_number(source: SqlType) -> SqlType:
    """The type by whose value MySQL fills a CHAR or VARCHAR: of a FLOAT all digits of the double, of a YEAR, a BIT and a
    ZEROFILL column the bare number. (TEXT and BLOB take the column's own text.)"""
    if source.code == TypeCode.FLOAT:
        return replace(source, code=TypeCode.DOUBLE)
    if source.code in (TypeCode.YEAR, TypeCode.BIT) or source.flags & Flag.ZEROFILL:
        integer = source.code in (TypeCode.YEAR, TypeCode.BIT)
        flags = (source.flags & ~Flag.ZEROFILL) | (Flag.UNSIGNED if integer else 0)
        return replace(source, code=TypeCode.LONGLONG if integer else source.code, flags=flags)
    return source


def _real_to_string(source: SqlType, target: SqlType, name: str) -> Assigner:
    """A double in as many characters as the column has."""
    scaled = text_of(source, target) if 0 <= source.scale < 31 else None
    width = min(target.length if target.length >= 0 else 1 << 16, 331)
    fit = _fit_bytes(target, name, _byte_limit(target)) if target.charset == "binary" else _fit_characters(target, name)

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, float), "a double"
        if scaled is not None:
            return fit(scaled(value, context, row), context, row)
        text, lost = real_text(value, width)
        if lost:
            if context.strict_dml:
                raise SqlError(DATA_TOO_LONG, column=name, row=row)
            context.warning(WARN_DATA_TRUNCATED, column=name, row=row)
            text = text[:width]
        return fit(text.encode(), context, row)

    return convert


def _byte_limit(target: SqlType) -> int:
    if target.code in BLOB_CODES:
        return BLOB_LIMITS[target.code]
    return target.length if target.length >= 0 else 1 << 32


def _fit_bytes(target: SqlType, name: str, limit: int) -> Assigner:
    pad = target.code == TypeCode.STRING
    is_text = target.charset != "binary"

    def fit(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        if len(value) > limit:
            cut = value[:limit]
            if is_text:
                cut = cut.decode("utf-8", "ignore").encode()
            _too_long(value[len(cut) :], context, name, row, spaces_matter=not is_text, silent=False)
            return cut
        return value.ljust(limit, b"\0") if pad else value

    return fit


def _fit_characters(target: SqlType, name: str) -> Assigner:
    limit = target.length if target.length >= 0 else 1 << 32
    fixed = target.code == TypeCode.STRING

    def fit(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        if len(value) > limit:
            characters = value.decode("utf-8", "surrogateescape")
            if len(characters) > limit:
                rest = characters[limit:].encode("utf-8", "surrogateescape")
                _too_long(rest, context, name, row, spaces_matter=False, silent=fixed)
                value = characters[:limit].encode("utf-8", "surrogateescape")
        return value.rstrip(b" ") if fixed else value

    return fit


def _too_long(rest: bytes, context: EvalContext, name: str, row: int, *, spaces_matter: bool, silent: bool) -> None:
    """What is cut off: only spaces are a note (nothing for CHAR), the rest an error or a warning."""
    if not spaces_matter and not rest.strip(b" "):
        if not silent:
            note(context, WARN_DATA_TRUNCATED, column=name, row=row)
        return
    if context.strict_dml:
        raise SqlError(DATA_TOO_LONG, column=name, row=row)
    context.warning(WARN_DATA_TRUNCATED, column=name, row=row)


def are_other_bytes(source: SqlType, target: SqlType) -> bool:
    """Whether a byte string's bytes are characters of the target's charset that are not UTF-8."""
    if not source.is_string or source.charset != "binary" or target.charset == "binary":
        return False
    return bool(charset_by_name(target.charset).codec)


def _byte_reader(target: SqlType, name: str) -> Assigner:
    """Bytes as characters of the column's charset; ends at the first that is none."""
    charset = target.charset

    def read(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        try:
            return decode(value, charset).encode()
        except UnicodeDecodeError as error:
            shown = bad_bytes(value[error.start :])
            complain(context, TRUNCATED_WRONG_VALUE_FOR_FIELD, kind="string", value=shown, column=name, row=row)
            return decode(value[: error.start], charset).encode()

    return read


def _character_check(target: SqlType, name: str) -> Assigner:
    """Non-ASCII bytes must be UTF-8 and exist in the column's charset."""
    charset = charset_by_name(target.charset)
    anything = charset.name == "utf8mb4"

    def wrong(value: bytes, start: int, context: EvalContext, row: int) -> None:
        shown = bad_bytes(value[start:])
        complain(context, TRUNCATED_WRONG_VALUE_FOR_FIELD, kind="string", value=shown, column=name, row=row)

    def check(value: Value, context: EvalContext, row: int) -> Value:
        assert isinstance(value, bytes), "a string is bytes"
        try:
            characters = value.decode()
        except UnicodeDecodeError as error:
            wrong(value, error.start, context, row)
            return value[: error.start]
        if anything or charset.can_encode(value):
            return value
        first = next(at for at, char in enumerate(characters) if not charset.can_encode(char.encode()))
        wrong(value, len(characters[:first].encode()), context, row)
        return charset.decode(charset.encode(value))

    return check


def bad_bytes(value: bytes) -> str:
    """The first six bytes as error 1366 shows them: `\\xE9a`."""
    shown = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in value[:6])
    return shown + "..." if len(value) > 6 else shown


def to_enum(source: SqlType, target: SqlType, name: str) -> Assigner:
    """The ordinal of a member: by name, by ordinal, or by the text of an ordinal."""
    count = len(target.elements)

    def wrong(context: EvalContext, row: int) -> int:
        complain(context, WARN_DATA_TRUNCATED, column=name, row=row)
        return 0

    if source.is_numeric and not source.is_string:

        def by_ordinal(value: Value, context: EvalContext, row: int) -> Value:
            number = int(value)  # type: ignore[arg-type]
            return number if 1 <= number <= count else wrong(context, row)

        return by_ordinal
    if source.code == TypeCode.ENUM and source.elements == target.elements:
        return lambda value, context, row: value
    text = text_of(source, target)
    keys = by_name(target.collation).sort_key
    exact = {element.encode(): place for place, element in reversed(list(enumerate(target.elements, 1)))}
    folded = {keys(element.encode()): place for place, element in reversed(list(enumerate(target.elements, 1)))}

    def by_text(value: Value, context: EvalContext, row: int) -> Value:
        found = value if text is None else text(value, context, row)
        assert isinstance(found, bytes), "a string is bytes"
        place = exact.get(found)
        if place is None:
            trimmed = found.rstrip(b" ")
            place = folded.get(keys(trimmed))
            if place is None and len(trimmed) < 6 and _ORDINAL.fullmatch(trimmed) and 0 < int(trimmed) <= count:
                place = int(trimmed)
        return wrong(context, row) if place is None else place

    return by_text


def to_set(source: SqlType, target: SqlType, name: str) -> Assigner:
    """The mask of the members named, or a mask as a number."""
    every = (1 << len(target.elements)) - 1

    def wrong(context: EvalContext, row: int) -> None:
        complain(context, WARN_DATA_TRUNCATED, column=name, row=row)

    if source.is_numeric and not source.is_string:

        def by_mask(value: Value, context: EvalContext, row: int) -> Value:
            mask = int(value)  # type: ignore[arg-type]
            if not 0 <= mask <= every:
                wrong(context, row)
            return mask & every

        return by_mask
    if source.code == TypeCode.SET and source.elements == target.elements:
        return lambda value, context, row: value
    text = text_of(source, target)
    keys = by_name(target.collation).sort_key
    bits = {keys(element.encode()): 1 << place for place, element in reversed(list(enumerate(target.elements)))}

    def by_text(value: Value, context: EvalContext, row: int) -> Value:
        found = value if text is None else text(value, context, row)
        assert isinstance(found, bytes), "a string is bytes"
        if not found:
            return 0
        named = found.rstrip(b" ")
        members = [bits.get(keys(part)) for part in named.split(b",")] if named else [None]
        known = [bit for bit in members if bit is not None]
        if len(known) < len(members):
            if not known and len(found) < 22 and _ORDINAL.fullmatch(found) and 0 <= int(found) <= every:
                return int(found)
            wrong(context, row)
        mask = 0
        for bit in known:
            mask |= bit
        return mask

    return by_text


def to_bit(source: SqlType, target: SqlType, name: str) -> Assigner:
    """Bits: of a number, or of a string's bytes."""
    width = max(target.length, 1)
    every = (1 << width) - 1
    is_text = source.is_string
    counted = source.is_numeric or source.code in (TypeCode.ENUM, TypeCode.SET)
    text = None if is_text or counted else text_of(source, target)

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        found = value if text is None else text(value, context, row)
        if isinstance(found, bytes):
            number = int.from_bytes(found, "big")
        elif isinstance(found, Decimal):
            number = int(found.to_integral_value(ROUND_HALF_UP, EXACT))
            if found < 0:
                complain(context, WARN_DATA_OUT_OF_RANGE, column=name, row=row)
                return 0
        else:
            # A double loses its fraction; one beyond a BIGINT is the least of them.
            beyond = isinstance(found, float) and not -(2.0**63) <= found < 2.0**63
            number = 1 << 63 if beyond else int(found)  # type: ignore[arg-type]
            if number < 0:
                number &= (1 << 64) - 1
        if number <= every:
            return number
        if context.strict_dml:
            raise SqlError(DATA_TOO_LONG, column=name, row=row)
        context.warning(WARN_DATA_OUT_OF_RANGE, column=name, row=row)
        return every

    return convert


def to_json(source: SqlType, name: str, table: str) -> Assigner:
    """JSON: a string is parsed as a document; numbers and times need a CAST."""
    column = f"{table}.{name}" if table else name
    if source.code == TypeCode.JSON:
        return lambda value, context, row: value
    text = text_of(source, SqlType(TypeCode.VAR_STRING, 0, -1, -1, "utf8mb4", "utf8mb4_bin"))
    parsed = source.eval_type == EvalType.STRING
    if parsed and source.is_string and source.charset == "binary":
        raise_charset = SqlError(INVALID_JSON_CHARSET, charset="binary")

        def refuse(value: Value, context: EvalContext, row: int) -> Value:
            raise raise_charset

        return refuse

    def convert(value: Value, context: EvalContext, row: int) -> Value:
        if not parsed:
            message = "not a JSON text, may need CAST"
            raise SqlError(INVALID_JSON_TEXT, message=message, position=0, column=column)
        found = value if text is None else text(value, context, row)
        assert isinstance(found, bytes), "a string is bytes"
        try:
            return binary_json.parse_text(found)
        except binary_json.JsonError as error:
            raise SqlError(INVALID_JSON_TEXT, message=str(error), position=error.position, column=column) from None

    return convert
