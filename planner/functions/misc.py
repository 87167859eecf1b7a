"""SLEEP and the GET_LOCK family, which may wait; NAME_CONST, FORMAT_BYTES and FORMAT_PICO_TIME."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Protocol

from planner.context import PlanContext
from planner.expr.evaluation import EvalContext, Suspend
from planner.expr.nodes import Call, Constant, Expression
from planner.functions.characters import connection_text, text
from planner.functions.information import session_of
from planner.functions.registry import Coercibility, Function, Kind, Nulls, Volatility
from sqlnode.base.errors import RESERVED_SYNTAX, USER_LOCK_WRONG_NAME, WRONG_ARGUMENTS, SqlError
from sqlnode.base.types import EvalType, Flag, Value, integer

S, N, R = Kind.STRING, Kind.INT, Kind.REAL


class AdvisoryLocks(Protocol):
    """The server's table of GET_LOCK names; a session is known by its connection id."""

    def owner(self, name: str) -> int | None:
        """Who holds a name."""

    def try_get(self, session_id: int, name: str) -> bool:
        """Takes a free name at once."""

    async def get(self, session_id: int, name: str, timeout_seconds: float) -> int:
        """1 taken, 0 timed out."""

    def release(self, session_id: int, name: str) -> int | None:
        """1 released, 0 another's, None nobody's."""

    def release_all(self, session_id: int) -> int:
        """How many were released."""


def waited(context: EvalContext, start: Callable[[], Awaitable[Value]]) -> Value:
    """The answer of a call that must wait: at first the statement is suspended, when it runs again the answer is there."""
    place = context.cursor
    context.cursor += 1
    if place < len(context.resumed):
        return context.resumed[place]
    raise Suspend(start)


# ---------------------------------------------------------------------------------------------------------------- SLEEP


def _sleep(context: EvalContext, seconds: float | None) -> Value:
    if seconds is None or seconds < 0:
        raise SqlError(WRONG_ARGUMENTS, function="sleep.")
    if seconds == 0:
        return 0

    async def sleep() -> Value:
        await asyncio.sleep(seconds)
        return 0

    return waited(context, sleep)


SLEEP = Function(
    "sleep",
    (R,),
    integer(length=21),
    scalar=_sleep,
    context=True,
    nulls=Nulls.KERNEL,
    volatility=Volatility.ROW,
    example=("SLEEP(0)", "0"),
)


# ------------------------------------------------------------------------------------------------------------- GET_LOCK


def _locks(context: EvalContext) -> AdvisoryLocks:
    locks: AdvisoryLocks | None = context.advisory_locks
    assert locks is not None, "the server has a table of advisory locks"
    return locks


def _name(value: bytes | None) -> str:
    name = "" if value is None else text(value)
    if not name or len(name) > 64:
        raise SqlError(USER_LOCK_WRONG_NAME, name="NULL" if value is None else name)
    return name


def _get_lock(context: EvalContext, value: bytes | None, seconds: float | None) -> Value:
    name, owner = _name(value), session_of(context).connection_id
    if seconds is None:
        raise SqlError(WRONG_ARGUMENTS, function="get_lock")
    locks = _locks(context)

    async def get() -> Value:
        return await locks.get(owner, name, seconds)

    return waited(context, get)


def _release_lock(context: EvalContext, value: bytes | None) -> Value:
    return _locks(context).release(session_of(context).connection_id, _name(value))


LOCKS = (
    Function(
        "get_lock",
        (S, R),
        integer(length=1),
        scalar=_get_lock,
        context=True,
        nulls=Nulls.KERNEL,
        volatility=Volatility.ROW,
    ),
    Function(
        "release_lock",
        (S,),
        integer(length=1),
        scalar=_release_lock,
        context=True,
        nulls=Nulls.KERNEL,
        volatility=Volatility.ROW,
    ),
    Function(
        "is_free_lock",
        (S,),
        integer(length=1),
        scalar=lambda context, value: int(_locks(context).owner(_name(value)) is None),
        context=True,
        nulls=Nulls.KERNEL,
        volatility=Volatility.ROW,
    ),
    Function(
        "is_used_lock",
        (S,),
        integer(unsigned=True, length=21),
        scalar=lambda context, value: _locks(context).owner(_name(value)),
        context=True,
        nulls=Nulls.KERNEL,
        volatility=Volatility.ROW,
    ),
    Function(
        "release_all_locks",
        (),
        integer(unsigned=True, length=21),
        scalar=lambda context: _locks(context).release_all(session_of(context).connection_id),
        context=True,
        volatility=Volatility.ROW,
    ),
)


# --------------------------------------------------------------------------------------------------------------- others


def _resolve_name_const(name: str, args: tuple[Expression, ...], context: PlanContext, label: str | None) -> Expression:
    """Literals only: not TRUE and FALSE, nor those of times; the value may have a collation of its own."""
    literal = args[1].args[0] if isinstance(args[1], Call) and args[1].name == "collate" else args[1]
    is_literal = isinstance(literal, Constant) and not literal.type.flags & Flag.IS_BOOLEAN
    if (
        not is_literal
        or literal.type.eval_type in (EvalType.TIME, EvalType.DURATION)
        or not isinstance(args[0], Constant)
    ):
        raise SqlError(WRONG_ARGUMENTS, function="NAME_CONST")
    if args[0].value is None:
        raise SqlError(RESERVED_SYNTAX, syntax="NAME_CONST")
    return args[1]


NAME_CONST = Function(
    "name_const", min_args=2, max_args=2, resolver=_resolve_name_const, example=("NAME_CONST('myname', 14)", "14")
)


def _in_units(value: float, units: tuple[tuple[float, str], ...], smallest: str) -> bytes:
    for size, unit in units:
        if abs(value) >= size:
            scaled = value / size
            return (f"{scaled:.2e}" if abs(scaled) >= 100000 else f"{scaled:.2f}").encode() + f" {unit}".encode()
    return f"{Decimal(value):4.0f} {smallest}".encode()


_BYTES = ((2.0**60, "EiB"), (2.0**50, "PiB"), (2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (1024.0, "KiB"))
_PICOSECONDS = ((8.64e16, "d"), (3.6e15, "h"), (6e13, "min"), (1e12, "s"), (1e9, "ms"), (1e6, "us"), (1e3, "ns"))

FORMAT_BYTES = Function(
    "format_bytes",
    (R,),
    connection_text(20),
    scalar=lambda value: _in_units(value, _BYTES, "bytes"),
    coercibility=Coercibility.LITERAL,
    example=("FORMAT_BYTES(18446644073709551615)", "16.00 EiB"),
    examples=(("FORMAT_BYTES(512)", " 512 bytes"),),
)
FORMAT_PICO_TIME = Function(
    "format_pico_time",
    (R,),
    connection_text(20),
    scalar=lambda value: _in_units(value, _PICOSECONDS, "ps"),
    coercibility=Coercibility.LITERAL,
    example=("FORMAT_PICO_TIME(3501)", "3.50 ns"),
    examples=(("FORMAT_PICO_TIME(188732396662000)", "3.15 min"),),
)
