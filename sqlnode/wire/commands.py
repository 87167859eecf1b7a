"""Command packets: a command byte and its payload to a dataclass. Raises 1835 for payloads that break off.

The two commands that come all the time have an `__init__` that is written out, which is cheaper when compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlnode.base.errors import MALFORMED_PACKET, UNKNOWN_COM_ERROR, SqlError
from sqlnode.wire.constants import CommandByte
from sqlnode.wire.payload import PayloadReader


@dataclass(init=False, slots=True)
class ComQuery:
    """Run a text."""

    text: bytes

    def __init__(self, text: bytes) -> None:
        self.text = text


@dataclass(frozen=True, slots=True)
class ComPrepare:
    """Prepare a statement."""

    text: bytes


@dataclass(init=False, slots=True)
class ComExecute:
    """Run a prepared statement. `payload` is the whole packet: its parameters begin at byte 10."""

    statement_id: int
    flags: int
    payload: bytes

    def __init__(self, statement_id: int, flags: int, payload: bytes) -> None:
        self.statement_id = statement_id
        self.flags = flags
        self.payload = payload


@dataclass(frozen=True, slots=True)
class ComSendLongData:
    """A piece of a parameter's value; never answered."""

    statement_id: int
    parameter: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ComCloseStatement:
    """Forget a prepared statement; never answered."""

    statement_id: int


@dataclass(frozen=True, slots=True)
class ComResetStatement:
    """Drop long data and cursor of a prepared statement."""

    statement_id: int


@dataclass(frozen=True, slots=True)
class ComFetch:
    """Rows of an open cursor."""

    statement_id: int
    count: int


@dataclass(frozen=True, slots=True)
class ComInitDatabase:
    """USE."""

    database: bytes


@dataclass(frozen=True, slots=True)
class ComFieldList:
    """The columns of a table."""

    table: bytes
    wildcard: bytes


@dataclass(frozen=True, slots=True)
class ComProcessKill:
    """KILL."""

    connection_id: int


@dataclass(frozen=True, slots=True)
class ComSetOption:
    """Multi-statements on or off."""

    multi_statements: bool


@dataclass(frozen=True, slots=True)
class ComChangeUser:
    """Authenticate anew; `handshake.parse_change_user` reads the payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class ComSimple:
    """A command without a payload: ping, quit, reset connection, statistics, process list."""

    code: int


Command: TypeAlias = (
    ComQuery
    | ComPrepare
    | ComExecute
    | ComSendLongData
    | ComCloseStatement
    | ComResetStatement
    | ComFetch
    | ComInitDatabase
    | ComFieldList
    | ComProcessKill
    | ComSetOption
    | ComChangeUser
    | ComSimple
)


def _execute(payload: bytes) -> ComExecute:
    if len(payload) < 10:
        raise SqlError(MALFORMED_PACKET)
    return ComExecute(int.from_bytes(payload[1:5], "little"), payload[5], payload)


def _long_data(payload: bytes) -> ComSendLongData:
    reader = PayloadReader(payload, 1)
    return ComSendLongData(reader.integer(4), reader.integer(2), reader.rest())


def _field_list(payload: bytes) -> ComFieldList:
    reader = PayloadReader(payload, 1)
    return ComFieldList(reader.null_terminated(), reader.rest())


def _fetch(payload: bytes) -> ComFetch:
    reader = PayloadReader(payload, 1)
    return ComFetch(reader.integer(4), reader.integer(4))


def _set_option(payload: bytes) -> ComSetOption:
    option = PayloadReader(payload, 1).integer(2)
    if option > 1:
        raise SqlError(UNKNOWN_COM_ERROR)
    return ComSetOption(option == 0)


def _number(payload: bytes) -> int:
    return PayloadReader(payload, 1).integer(4)


_PARSERS: dict[int, Callable[[bytes], Command]] = {
    CommandByte.STMT_PREPARE: lambda payload: ComPrepare(payload[1:]),
    CommandByte.STMT_EXECUTE: _execute,
    CommandByte.STMT_SEND_LONG_DATA: _long_data,
    CommandByte.STMT_CLOSE: lambda payload: ComCloseStatement(_number(payload)),
    CommandByte.STMT_RESET: lambda payload: ComResetStatement(_number(payload)),
    CommandByte.STMT_FETCH: _fetch,
    CommandByte.INIT_DB: lambda payload: ComInitDatabase(payload[1:]),
    CommandByte.FIELD_LIST: _field_list,
    CommandByte.PROCESS_KILL: lambda payload: ComProcessKill(_number(payload)),
    CommandByte.SET_OPTION: _set_option,
    CommandByte.CHANGE_USER: ComChangeUser,
    **{
        code: lambda payload: ComSimple(payload[0])
        for code in (
            CommandByte.QUIT,
            CommandByte.PING,
            CommandByte.STATISTICS,
            CommandByte.PROCESS_INFO,
            CommandByte.DEBUG,
            CommandByte.RESET_CONNECTION,
        )
    },
}


def parse_command(payload: bytes) -> Command:
    """The command in a packet. Raises 1835, and 1047 for commands that are not served."""
    if not payload:
        raise SqlError(MALFORMED_PACKET)
    if payload[0] == CommandByte.QUERY:
        return ComQuery(payload[1:])
    parser = _PARSERS.get(payload[0])
    if parser is None:
        raise SqlError(UNKNOWN_COM_ERROR)
    return parser(payload)
