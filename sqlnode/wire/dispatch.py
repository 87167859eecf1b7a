"""What each command does: one handler per command class."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from executor.result import OkResult
from sqlnode.base.errors import (
    MALFORMED_PACKET,
    NO_DB_ERROR,
    SPECIFIC_ACCESS_DENIED_ERROR,
    UNKNOWN_COM_ERROR,
    UNKNOWN_ERROR,
    UNKNOWN_STMT_HANDLER,
    WRONG_ARGUMENTS,
    SqlError,
)
from sqlnode.session.activity import CHANGE_DATABASE, CLOSE, FETCH, LONG_DATA, RESET
from sqlnode.wire.binary_parameters import LONG_DATA_TOO_LARGE, BoundStatement, TextRules, read_parameters
from sqlnode.wire.column_definitions import column_definition
from sqlnode.wire.commands import (
    ComChangeUser,
    ComCloseStatement,
    ComExecute,
    ComFetch,
    ComFieldList,
    ComInitDatabase,
    ComPrepare,
    ComProcessKill,
    ComQuery,
    ComResetStatement,
    ComSendLongData,
    ComSetOption,
    ComSimple,
)
from sqlnode.wire.constants import Capability, CommandByte
from sqlnode.wire.handshake import parse_change_user
from sqlnode.wire.payload import U16, U32
from sqlnode.wire.replies import error_payload
from sqlnode.wire.sending import StateTracker, fetch, open_cursor, send_end, send_results

if TYPE_CHECKING:
    from sqlnode.wire.connection import Connection

CURSOR_READ_ONLY: Final = 0x01


async def _query(connection: Connection, command: ComQuery) -> None:
    result = await connection.session.execute_text(command.text)
    await send_results(connection, result, binary=False)


async def _prepare(connection: Connection, command: ComPrepare) -> None:
    session, protocol = connection.session, connection.protocol
    prepared = await session.prepare(command.text)
    connection.statements[prepared.id] = BoundStatement(prepared.parameter_count)
    columns, parameters = prepared.columns, prepared.parameter_columns
    protocol.send(
        b"\0"
        + U32.pack(prepared.id)
        + U16.pack(len(columns))
        + U16.pack(prepared.parameter_count)
        + b"\0"
        + U16.pack(session.warning_count)
    )
    for group in (parameters, columns):
        for column in group:
            protocol.send(column_definition(column, session.charset_results))
        if group and not connection.capabilities & Capability.DEPRECATE_EOF:
            send_end(connection)


async def _execute(connection: Connection, command: ComExecute) -> None:
    session = connection.session
    statement_id = command.statement_id
    bound = _bound(connection, statement_id, "mysqld_stmt_execute")
    if connection.cursors:
        _drop_cursor(connection, statement_id)
    values, types = read_parameters(bound, command.payload, _rules(connection))
    bound.forget_long_data()
    result = await session.execute_prepared(statement_id, values, types)
    if command.flags & CURSOR_READ_ONLY and not isinstance(result, OkResult):
        connection.cursors[statement_id] = await open_cursor(connection, result)
        return
    await send_results(connection, result, binary=True)


def _bound(connection: Connection, statement_id: int, command: str) -> BoundStatement:
    bound = connection.statements.get(statement_id)
    if bound is None:
        raise SqlError(UNKNOWN_STMT_HANDLER, name=statement_id, command=command)
    return bound


def _rules(connection: Connection) -> TextRules:
    """How the client's strings are read now; the same object while nothing changed."""
    session, rules = connection.session, connection.rules
    if (
        rules.client_charset is not session.charset_client
        or rules.charset is not session.charset
        or rules.collation is not session.collation
    ):
        rules = connection.rules = TextRules(session.charset_client, session.charset, session.collation)
    return rules


def _drop_cursor(connection: Connection, statement_id: int) -> None:
    cursor = connection.cursors.pop(statement_id, None)
    if cursor is not None:
        cursor.close()


async def _send_long_data(connection: Connection, command: ComSendLongData) -> None:
    """Errors wait for the execution: this command has no answer."""
    bound = connection.statements.get(command.statement_id)
    if bound is None:
        return
    if command.parameter >= bound.parameter_count:
        bound.long_data_error = SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_send_long_data")
        return
    if bound.long_data_size + len(command.data) > connection.protocol.max_packet:
        bound.long_data_error = SqlError(UNKNOWN_ERROR, message=LONG_DATA_TOO_LARGE)
        return
    connection.session.commands[LONG_DATA] += 1
    bound.long_data_size += len(command.data)
    bound.long_data.setdefault(command.parameter, bytearray()).extend(command.data)


async def _close_statement(connection: Connection, command: ComCloseStatement) -> None:
    _drop_cursor(connection, command.statement_id)
    if connection.statements.pop(command.statement_id, None) is not None:
        connection.session.commands[CLOSE] += 1
        connection.session.close_prepared(command.statement_id)


async def _reset_statement(connection: Connection, command: ComResetStatement) -> None:
    bound = _bound(connection, command.statement_id, "mysqld_stmt_reset")
    _drop_cursor(connection, command.statement_id)
    bound.forget_long_data()
    connection.session.commands[RESET] += 1
    connection.session.reset_prepared(command.statement_id)
    connection.send_ok()


async def _fetch(connection: Connection, command: ComFetch) -> None:
    _bound(connection, command.statement_id, "mysqld_stmt_fetch")
    cursor = connection.cursors.get(command.statement_id)
    if cursor is None:
        raise SqlError(WRONG_ARGUMENTS, function="mysqld_stmt_fetch")
    connection.session.commands[FETCH] += 1
    if await fetch(connection, cursor, max(command.count, 1)):
        _drop_cursor(connection, command.statement_id)


async def _init_database(connection: Connection, command: ComInitDatabase) -> None:
    session = connection.session
    session.commands[CHANGE_DATABASE] += 1
    if not command.database:
        raise SqlError(NO_DB_ERROR)
    await session.use(session.decode(command.database))
    connection.send_ok()


async def _field_list(connection: Connection, command: ComFieldList) -> None:
    session = connection.session
    columns = await session.field_list(session.decode(command.table), session.decode(command.wildcard))
    for column in columns:
        connection.protocol.send(column_definition(column, session.charset_results, default=b""))
    send_end(connection)


async def _process_kill(connection: Connection, command: ComProcessKill) -> None:
    result = await connection.session.execute_text(b"KILL %d" % command.connection_id)
    await send_results(connection, result, binary=False)


async def _set_option(connection: Connection, command: ComSetOption) -> None:
    session = connection.session
    if command.multi_statements:
        session.capabilities |= Capability.MULTI_STATEMENTS
    else:
        session.capabilities &= ~Capability.MULTI_STATEMENTS
    send_end(connection)


def _forget_statements(connection: Connection) -> None:
    for cursor in connection.cursors.values():
        cursor.close()
    connection.cursors.clear()
    connection.statements.clear()


async def _change_user(connection: Connection, command: ComChangeUser) -> None:
    """A client that fails here is not who it was any more: the connection ends."""
    assert connection.phase is not None, "a connection with commands has been through the connection phase"
    request = parse_change_user(command.payload, connection.capabilities)
    _forget_statements(connection)
    try:
        await connection.phase.change_user(connection.session, request)
    except SqlError as error:
        if error.row is MALFORMED_PACKET:
            raise
        connection.protocol.send(error_payload(error))
        connection.protocol.close_lingering()
        return
    connection.tracker = StateTracker(connection)
    connection.send_ok()


async def _simple(connection: Connection, command: ComSimple) -> None:
    match command.code:
        case CommandByte.PING:
            connection.unasked += 1
            connection.send_ok()
        case CommandByte.QUIT:
            connection.has_quit = True
            connection.protocol.close()
        case CommandByte.RESET_CONNECTION:
            _forget_statements(connection)
            await connection.session.reset()
            connection.send_ok()
        case CommandByte.STATISTICS:
            connection.unasked += 1
            connection.protocol.send(connection.server.statistics().encode())
        case CommandByte.PROCESS_INFO:
            result = await connection.session.execute_text(b"SHOW PROCESSLIST")
            await send_results(connection, result, binary=False)
        case CommandByte.DEBUG:
            raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege="SUPER")
        case _:
            raise SqlError(UNKNOWN_COM_ERROR)


HANDLERS: dict[type[object], Callable[[Connection, Any], Awaitable[None]]] = {
    ComQuery: _query,
    ComExecute: _execute,
    ComPrepare: _prepare,
    ComSendLongData: _send_long_data,
    ComCloseStatement: _close_statement,
    ComResetStatement: _reset_statement,
    ComFetch: _fetch,
    ComInitDatabase: _init_database,
    ComFieldList: _field_list,
    ComProcessKill: _process_kill,
    ComSetOption: _set_option,
    ComChangeUser: _change_user,
    ComSimple: _simple,
}
"""Command class to handler."""
