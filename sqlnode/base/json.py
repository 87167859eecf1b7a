"""Binary JSON as TiDB stores it, its Python form, its text, and MySQL's comparison order.

Python form: dict, list, str, int, float, bool, None, and for what JSON text cannot say `Unsigned` (an unsigned
integer that would fit a signed one), `Decimal` (a SQL value; numbers in text are doubles), `JsonTime` (date, datetime,
timestamp), `JsonDuration` and `Opaque` (binary strings, bits). Stored values are a type byte and a body; nested bodies
lie inside with offsets relative to their parent's body. Paths and changes are in `json_path`.
"""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias, Union

from sqlnode.base import json_decimal
from sqlnode.base.decimal import to_text as decimal_text
from sqlnode.base.json_complaints import complaint

OBJECT = 0x01
ARRAY = 0x03
LITERAL = 0x04
INT64 = 0x09
UINT64 = 0x0A
DOUBLE = 0x0B
STRING = 0x0C
OPAQUE = 0x0D
DATE = 0x0E
DATETIME = 0x0F
TIMESTAMP = 0x10
DURATION = 0x11

MAX_DEPTH: Final = 100
_NULL, _TRUE, _FALSE = 0, 1, 2
_HEAD = struct.Struct("<II")
_KEY_ENTRY = struct.Struct("<IH")
_VALUE_ENTRY = struct.Struct("<BI")
_U64 = struct.Struct("<Q")
_I64 = struct.Struct("<q")
_F64 = struct.Struct("<d")
_DURATION = struct.Struct("<qI")


class JsonError(ValueError):
    """Text that is not JSON. `position` counts characters from 0 (0 when unknown)."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class JsonDepthError(ValueError):
    """More than `MAX_DEPTH` nested arrays and objects."""


class Unsigned(int):
    """An unsigned integer (JSON_TYPE UNSIGNED INTEGER) whose value may also fit a signed one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class JsonTime:
    """A date, datetime or timestamp; `packed` is TiDB's packed time, `kind` one of DATE, DATETIME, TIMESTAMP."""

    kind: int
    packed: int
    fsp: int = 0


@dataclass(frozen=True, slots=True)
class JsonDuration:
    """A TIME in nanoseconds."""

    nanoseconds: int
    fsp: int = 0


@dataclass(frozen=True, slots=True)
class Opaque:
    """Bytes of a MySQL type that JSON has no form for."""

    type_code: int
    data: bytes


Json: TypeAlias = Union[  # noqa: UP007 (recursive alias)
    bool, int, float, Decimal, str, list["Json"], dict[str, "Json"], JsonTime, JsonDuration, Opaque, None
]


# Binary form


def _uvarint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_uvarint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def packed_to_core(packed: int, fsp: int, kind: int) -> int:
    """Packed time to the 64-bit core time inside JSON (where dates have no mark of their own)."""
    microsecond, rest = packed & 0xFFFFFF, packed >> 24
    clock, ymd = rest & 0x1FFFF, rest >> 17
    year, month = divmod(ymd >> 5, 13)
    low = fsp << 1 | (kind == TIMESTAMP)
    return (
        year << 50
        | month << 46
        | (ymd & 31) << 41
        | (clock >> 12) << 36
        | (clock >> 6 & 63) << 30
        | (clock & 63) << 24
        | microsecond << 4
        | low
    )


def core_to_packed(core: int) -> int:
    """The packed time of a core time (fsp and kind bits dropped)."""
    date = ((core >> 50) * 13 + (core >> 46 & 15)) << 5 | (core >> 41 & 31)
    clock = (core >> 36 & 31) << 12 | (core >> 30 & 63) << 6 | (core >> 24 & 63)
    return (date << 17 | clock) << 24 | (core >> 4 & 0xFFFFF)


def encode(value: Json) -> bytes:
    """Type byte and body. Raises JsonDepthError above 100 levels."""
    kind, body = _encode(value, 0)
    return bytes((kind,)) + body


def _encode(value: Json, depth: int) -> tuple[int, bytes]:
    if value is None:
        return LITERAL, b"\x00"
    if isinstance(value, bool):
        return LITERAL, b"\x01" if value else b"\x02"
    if isinstance(value, str):
        data = value.encode("utf-8")
        return STRING, _uvarint(len(data)) + data
    if isinstance(value, int):
        return _encode_int(value)
    if isinstance(value, float):
        return DOUBLE, _F64.pack(value)
    if isinstance(value, (dict, list)):
        if depth >= MAX_DEPTH:
            raise JsonDepthError("the JSON document is nested too deep")
        return _encode_object(value, depth + 1) if isinstance(value, dict) else _encode_array(value, depth + 1)
    if isinstance(value, JsonTime):
        return value.kind, _U64.pack(packed_to_core(value.packed, value.fsp, value.kind))
    if isinstance(value, JsonDuration):
        return DURATION, _DURATION.pack(value.nanoseconds, value.fsp)
    if isinstance(value, Decimal):
        value = Opaque(json_decimal.TYPE_CODE, json_decimal.encode(value))
    return OPAQUE, bytes((value.type_code,)) + _uvarint(len(value.data)) + value.data


def _encode_int(value: int) -> tuple[int, bytes]:
    if isinstance(value, Unsigned) or value >= 1 << 63:
        return (UINT64, _U64.pack(value)) if value < 1 << 64 else (DOUBLE, _F64.pack(float(value)))
    return (INT64, _I64.pack(value)) if value >= -(1 << 63) else (DOUBLE, _F64.pack(float(value)))


def _encode_array(items: list[Json], depth: int) -> tuple[int, bytes]:
    entries, bodies = _encode_values(items, 8 + 5 * len(items), depth)
    size = 8 + len(entries) + len(bodies)
    return ARRAY, _HEAD.pack(len(items), size) + entries + bodies


def _encode_object(items: dict[str, Json], depth: int) -> tuple[int, bytes]:
    pairs = sorted(((key.encode("utf-8"), value) for key, value in items.items()), key=lambda pair: pair[0])
    count = len(pairs)
    at = 8 + 11 * count
    key_entries = bytearray()
    for key, _ in pairs:
        if len(key) > 65535:
            raise JsonError("an object key is longer than 65535 bytes")
        key_entries += _KEY_ENTRY.pack(at, len(key))
        at += len(key)
    keys = b"".join(key for key, _ in pairs)
    entries, bodies = _encode_values([value for _, value in pairs], at, depth)
    size = at + len(bodies)
    return OBJECT, _HEAD.pack(count, size) + bytes(key_entries) + entries + keys + bodies


def _encode_values(items: list[Json], at: int, depth: int) -> tuple[bytes, bytes]:
    entries, bodies = bytearray(), []
    for item in items:
        kind, body = _encode(item, depth)
        if kind == LITERAL:
            entries += _VALUE_ENTRY.pack(LITERAL, body[0])
            continue
        entries += _VALUE_ENTRY.pack(kind, at)
        bodies.append(body)
        at += len(body)
    return bytes(entries), b"".join(bodies)


def decode(data: bytes) -> Json:
    """The Python form. Raises ValueError for bytes that are no binary JSON."""
    if not data:
        raise ValueError("empty binary JSON")
    return _decode(data[0], data, 1)


def _decode(kind: int, data: bytes, at: int) -> Json:
    match kind:
        case 0x0C:
            length, start = _read_uvarint(data, at)
            return data[start : start + length].decode("utf-8")
        case 0x09:
            number: int = _I64.unpack_from(data, at)[0]
            return number
        case 0x01:
            return _decode_object(data, at)
        case 0x03:
            count = _HEAD.unpack_from(data, at)[0]
            return [_decode_entry(data, at, at + 8 + 5 * index) for index in range(count)]
        case 0x04:
            return _literal(data[at])
        case 0x0B:
            real: float = _F64.unpack_from(data, at)[0]
            return real
        case 0x0A:
            return Unsigned(_U64.unpack_from(data, at)[0])
        case 0x0D:
            length, start = _read_uvarint(data, at + 1)
            if data[at] == json_decimal.TYPE_CODE:
                return json_decimal.decode(data[start : start + length])
            return Opaque(data[at], data[start : start + length])
        case 0x0E | 0x0F | 0x10:
            core = _U64.unpack_from(data, at)[0]
            return JsonTime(kind, core_to_packed(core), 0 if kind == DATE else core >> 1 & 7)
        case 0x11:
            nanoseconds, fsp = _DURATION.unpack_from(data, at)
            return JsonDuration(nanoseconds, fsp)
    raise ValueError(f"unknown JSON type byte {kind:#x}")


def _literal(code: int) -> bool | None:
    return None if code == _NULL else code == _TRUE


def _decode_entry(data: bytes, base: int, entry: int) -> Json:
    kind, offset = _VALUE_ENTRY.unpack_from(data, entry)
    return _literal(offset & 255) if kind == LITERAL else _decode(kind, data, base + offset)


def _decode_object(data: bytes, at: int) -> dict[str, Json]:
    count = _HEAD.unpack_from(data, at)[0]
    result: dict[str, Json] = {}
    entries = at + 8 + 6 * count
    for index in range(count):
        offset, length = _KEY_ENTRY.unpack_from(data, at + 8 + 6 * index)
        key = data[at + offset : at + offset + length].decode("utf-8")
        result[key] = _decode_entry(data, at, entries + 5 * index)
    return result


# Text


def _reject(name: str) -> float:
    raise JsonError(f"Invalid value: {name}")


def _integer(text: str) -> int | float:
    value = int(text)
    if -(1 << 63) <= value < 1 << 63:
        return value
    return Unsigned(value) if 0 <= value < 1 << 64 else _real(text)


def _real(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise JsonError("Number too big to be stored in double.")
    return value


_DECODER = json.JSONDecoder(parse_int=_integer, parse_float=_real, parse_constant=_reject)


def loads(text: str | bytes) -> Json:
    """The Python form of JSON text. Raises JsonError with the position, or JsonDepthError."""
    try:
        source = text.decode("utf-8") if isinstance(text, bytes) else text
        value: Json = _DECODER.decode(source)
    except UnicodeDecodeError as error:
        raise JsonError("Invalid encoding in string.", error.start) from None
    except json.JSONDecodeError as error:
        raise JsonError(*complaint(error)) from None
    except RecursionError:
        raise JsonDepthError("the JSON document is nested too deep") from None
    return value


def parse_text(text: str | bytes) -> bytes:
    """Binary JSON of JSON text. Raises JsonError (a ValueError with `position`) or JsonDepthError."""
    try:
        return encode(loads(text))
    except UnicodeEncodeError as error:
        raise JsonError("The surrogate pair in string is invalid.", error.start) from None


def format_double(value: float) -> str:
    """A double as MySQL prints it: shortest digits, exponent form below 1e-15 and, unless a fraction is left, from 1e15."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return sign + "0"
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if -15 < point <= 15 or len(digits) > point > 15:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        if point >= len(digits):
            return f"{sign}{digits}{'0' * (point - len(digits))}"
        return f"{sign}{digits[:point]}.{digits[point:]}"
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{head}e{point - 1}"


def _double_text(value: float) -> str:
    text = format_double(value)
    return text if "." in text or "e" in text else text + ".0"


def time_text(value: JsonTime | JsonDuration) -> str:
    """The text inside the quotes: always six fraction digits except for dates."""
    if isinstance(value, JsonDuration):
        seconds, nanoseconds = divmod(abs(value.nanoseconds), 1_000_000_000)
        sign = "-" if value.nanoseconds < 0 else ""
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return f"{sign}{clock}.{nanoseconds // 1000:06d}"
    core = packed_to_core(value.packed, 0, DATETIME)
    day = f"{core >> 50:04d}-{core >> 46 & 15:02d}-{core >> 41 & 31:02d}"
    if value.kind == DATE:
        return day
    return f"{day} {core >> 36 & 31:02d}:{core >> 30 & 63:02d}:{core >> 24 & 63:02d}.{core >> 4 & 0xFFFFF:06d}"


def quote(text: str) -> str:
    """A JSON string literal."""
    return json.dumps(text, ensure_ascii=False)


def mysql_key_order(key: str) -> tuple[int, bytes]:
    """MySQL lists an object's members by key length, then bytes."""
    data = key.encode("utf-8")
    return len(data), data


def dumps(value: Json) -> str:
    """JSON text with MySQL's spacing and member order: `{"a": 1, "bb": [1, 2]}`."""
    if isinstance(value, str):
        return quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return _double_text(value)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(dumps, value))}]"
    if isinstance(value, dict):
        members = (f"{quote(key)}: {dumps(value[key])}" for key in sorted(value, key=mysql_key_order))
        return f"{{{', '.join(members)}}}"
    if isinstance(value, Opaque):
        return f'"base64:type{value.type_code}:{base64.b64encode(value.data).decode("ascii")}"'
    return f'"{time_text(value)}"'


def to_text(data: bytes) -> str:
    """JSON text of binary JSON (`dumps`)."""
    return dumps(decode(data))


# Order


def _rank(value: Json) -> int:
    if value is None:
        return 0
    if isinstance(value, bool):
        return 5
    if isinstance(value, (int, float, Decimal)):
        return 1
    if isinstance(value, str):
        return 2
    if isinstance(value, dict):
        return 3
    if isinstance(value, list):
        return 4
    if isinstance(value, JsonTime):
        return 6 if value.kind == DATE else 8
    if isinstance(value, JsonDuration):
        return 7
    return {16: 10}.get(value.type_code, 11 if value.type_code >= 249 else 9)


def compare_values(left: Json, right: Json) -> int:
    """-1, 0 or 1 in MySQL's order: by type first, then by value."""
    rank, other = _rank(left), _rank(right)
    if rank != other:
        return -1 if rank < other else 1
    match left, right:
        case (list(), list()):
            for one, two in zip(left, right, strict=False):
                if found := compare_values(one, two):
                    return found
            return _sign(len(left), len(right))
        case (dict(), dict()):
            return _compare_objects(left, right)
        case (str(), str()):
            return _sign(left.encode("utf-8"), right.encode("utf-8"))
        case (JsonTime(), JsonTime()):
            return _sign(left.packed, right.packed)
        case (JsonDuration(), JsonDuration()):
            return _sign(left.nanoseconds, right.nanoseconds)
        case (Opaque(), Opaque()):
            return _sign(left.data, right.data)
        case (int() | float(), int() | float()):
            return (left > right) - (left < right)
        case (int() | float() | Decimal(), int() | float() | Decimal()):
            one, two = exact(left), exact(right)
            return (one > two) - (one < two)
    return 0


def exact(value: float | Decimal) -> Decimal:
    """A number as a DECIMAL; a double is the number that its shortest digits say."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _compare_objects(left: dict[str, Json], right: dict[str, Json]) -> int:
    if len(left) != len(right):
        return _sign(len(left), len(right))
    for one, two in zip(sorted(left, key=mysql_key_order), sorted(right, key=mysql_key_order), strict=True):
        found = _sign(one.encode("utf-8"), two.encode("utf-8")) or compare_values(left[one], right[two])
        if found:
            return found
    return 0


def _sign(left: int | bytes, right: int | bytes) -> int:
    return (left > right) - (left < right)  # type: ignore[operator]


def compare(left: bytes, right: bytes) -> int:
    """-1, 0 or 1 for two binary values."""
    return compare_values(decode(left), decode(right))


def type_name(value: Json) -> str:
    """What JSON_TYPE answers."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, int):
        return "UNSIGNED INTEGER" if isinstance(value, Unsigned) else "INTEGER"
    if isinstance(value, JsonTime):
        return {DATE: "DATE", DATETIME: "DATETIME"}.get(value.kind, "DATETIME")
    if isinstance(value, Opaque):
        return "BIT" if value.type_code == 16 else "BLOB" if value.type_code >= 249 else "OPAQUE"
    names = {float: "DOUBLE", Decimal: "DECIMAL", str: "STRING", list: "ARRAY", dict: "OBJECT", JsonDuration: "TIME"}
    return names[type(value)]
