"""Internet addresses and UUIDs in their notations (MySQL manual, Miscellaneous Functions)."""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from planner.expr.describe import describe
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.characters import connection_text, text
from planner.functions.registry import Coercibility, Function, Kernel, Kind, Volatility
from sqlnode.base.errors import WRONG_VALUE_FOR_TYPE, SqlError
from sqlnode.base.types import boolean, integer, varbinary, varchar

S, N = Kind.STRING, Kind.INT


# ------------------------------------------------------------------------------------------------------------ addresses


def _warning(function: Callable[[Any], Any], kind: str) -> Callable[[Call], Kernel]:
    """A function that is NULL with warning 1411, which shows the argument's expression, for what is no address."""

    def build(call: Call) -> Kernel:
        def run(context: EvalContext, value: Any) -> Any:
            found = function(value)
            if found is None:
                context.warning(WRONG_VALUE_FOR_TYPE, kind=kind, value=describe(call.args[0]), function=call.name)
            return found

        return run

    return build


def _aton(value: bytes) -> int | None:
    parts = text(value).split(".")
    if len(parts) > 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
        return None
    numbers = [int(part) for part in parts]
    number = 0
    for part in numbers[:-1] + [0] * (4 - len(numbers)) + numbers[-1:]:
        number = number << 8 | part
    return number


def _ntoa(value: int) -> bytes | None:
    if not 0 <= value < 1 << 32:
        return None
    return str(ipaddress.IPv4Address(value)).encode()


def _v4(value: bytes) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text(value))
    except ValueError:
        return None


def _v6(value: bytes) -> ipaddress.IPv6Address | None:
    if b"%" in value:
        return None
    try:
        return ipaddress.IPv6Address(text(value))
    except ValueError:
        return None


def _aton6(value: bytes) -> bytes | None:
    found = _v4(value) or _v6(value)
    return None if found is None else found.packed


def _ntoa6(value: bytes) -> bytes | None:
    if len(value) == 4:
        return str(ipaddress.IPv4Address(value)).encode()
    if len(value) != 16:
        return None
    found = ipaddress.IPv6Address(value)
    inside = found.ipv4_mapped
    if inside is not None:
        return f"::ffff:{inside}".encode()
    if not any(value[:12]) and value[12:] > b"\0\0\xff\xff":
        return f"::{ipaddress.IPv4Address(value[12:])}".encode()
    return str(found).encode()


ADDRESSES = (
    Function(
        "inet_aton",
        (S,),
        integer(unsigned=True, length=21),
        build=_warning(_aton, "string"),
        context=True,
        example=("INET_ATON('10.0.5.9')", "167773449"),
        examples=(("INET_ATON('127.1')", "2130706433"), ("INET_ATON('x')", "NULL")),
    ),
    Function(
        "inet_ntoa",
        (N,),
        connection_text(31),
        build=_warning(_ntoa, "integer"),
        context=True,
        coercibility=Coercibility.LITERAL,
        example=("INET_NTOA(167773449)", "10.0.5.9"),
    ),
    Function(
        "inet6_aton",
        (S,),
        varbinary(16),
        build=_warning(_aton6, "string"),
        context=True,
        example=("HEX(INET6_ATON('fdfe::5a55:caff:fefa:9089'))", "FDFE0000000000005A55CAFFFEFA9089"),
        examples=(("HEX(INET6_ATON('10.0.5.9'))", "0A000509"),),
    ),
    Function(
        "inet6_ntoa",
        (S,),
        connection_text(39),
        scalar=_ntoa6,
        coercibility=Coercibility.LITERAL,
        example=("INET6_NTOA(INET6_ATON('fdfe::5a55:caff:fefa:9089'))", "fdfe::5a55:caff:fefa:9089"),
        examples=(("INET6_NTOA(INET6_ATON('::ffff:10.0.0.1'))", "::ffff:10.0.0.1"),),
    ),
    Function(
        "is_ipv4",
        (S,),
        boolean(),
        scalar=lambda value: int(_v4(value) is not None),
        example=("IS_IPV4('10.0.5.9')", "1"),
    ),
    Function(
        "is_ipv6", (S,), boolean(), scalar=lambda value: int(_v6(value) is not None), example=("IS_IPV6('::1')", "1")
    ),
    Function(
        "is_ipv4_compat",
        (S,),
        boolean(),
        scalar=lambda value: int(len(value) == 16 and not any(value[:12]) and value[12:] > b"\0\0\0\1"),
        example=("IS_IPV4_COMPAT(INET6_ATON('::10.0.5.9'))", "1"),
    ),
    Function(
        "is_ipv4_mapped",
        (S,),
        boolean(),
        scalar=lambda value: int(len(value) == 16 and value[:12] == b"\0" * 10 + b"\xff\xff"),
        example=("IS_IPV4_MAPPED(INET6_ATON('::ffff:10.0.5.9'))", "1"),
    ),
)


# ---------------------------------------------------------------------------------------------------------------- UUIDs

_UUID = re.compile(
    rb"\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?|[0-9a-fA-F]{32}"
)


def _uuid_bytes(value: bytes) -> bytes | None:
    if _UUID.fullmatch(value) is None or value.startswith(b"{") != value.endswith(b"}"):
        return None
    return bytes.fromhex(text(value).strip("{}").replace("-", ""))


def _uuid_to_bin(value: bytes, swap: int = 0) -> bytes:
    found = _uuid_bytes(value)
    if found is None:
        raise SqlError(WRONG_VALUE_FOR_TYPE, kind="string", value=text(value), function="uuid_to_bin")
    return found[6:8] + found[4:6] + found[:4] + found[8:] if swap else found


def _bin_to_uuid(value: bytes, swap: int = 0) -> bytes:
    if len(value) != 16:
        shown = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in value)
        raise SqlError(WRONG_VALUE_FOR_TYPE, kind="string", value=shown, function="bin_to_uuid")
    if swap:
        value = value[4:8] + value[2:4] + value[:2] + value[8:]
    return str(uuid.UUID(bytes=value)).encode()


_STARTED = int(time.time())


class _ShortIds:
    """UUID_SHORT(): start time of the server and a counter."""

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next = (1 << 56) + (_STARTED << 24)

    def __call__(self) -> int:
        self._next += 1
        return self._next


UUIDS = (
    Function(
        "uuid",
        (),
        varchar(36, "utf8mb4", "utf8mb4_0900_ai_ci"),
        scalar=lambda: str(uuid.uuid1()).encode(),
        volatility=Volatility.ROW,
        coercibility=Coercibility.LITERAL,
        example=("IS_UUID(UUID())", "1"),
    ),
    Function(
        "uuid_short",
        (),
        integer(unsigned=True, length=21),
        scalar=_ShortIds(),
        volatility=Volatility.ROW,
        example=("UUID_SHORT() > 0", "1"),
    ),
    Function(
        "is_uuid",
        (S,),
        boolean(),
        scalar=lambda value: int(_uuid_bytes(value) is not None),
        example=("IS_UUID('6ccd780c-baba-1026-9564-5b8c656024db')", "1"),
        examples=(("IS_UUID('6ccd780c')", "0"),),
    ),
    Function(
        "uuid_to_bin",
        (S, N),
        varbinary(16),
        scalar=_uuid_to_bin,
        min_args=1,
        max_args=2,
        example=("HEX(UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db'))", "6CCD780CBABA102695645B8C656024DB"),
        examples=(("HEX(UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db', 1))", "1026BABA6CCD780C95645B8C656024DB"),),
    ),
    Function(
        "bin_to_uuid",
        (S, N),
        connection_text(36),
        scalar=_bin_to_uuid,
        min_args=1,
        max_args=2,
        coercibility=Coercibility.LITERAL,
        example=(
            "BIN_TO_UUID(UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db', 1), 1)",
            "6ccd780c-baba-1026-9564-5b8c656024db",
        ),
    ),
)
