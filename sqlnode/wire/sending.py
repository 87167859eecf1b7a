"""Results to packets: OK, and result sets in both protocols, pulled no faster than the client reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from executor.result import OkResult, Result, RowsResult, StoredRows, ValueRows
from planner.expr.nodes import Column
from sqlnode.base.types import Value
from sqlnode.sysvars import REGISTRY
from sqlnode.wire.column_definitions import definitions
from sqlnode.wire.constants import Capability, Status
from sqlnode.wire.cursors import Cursor
from sqlnode.wire.framing import FLUSH_SIZE, MANY
from sqlnode.wire.replies import end_of_rows, eof_payload, ok_payload, state_changes
from sqlnode.wire.resultset import SMALL_BATCH, RowEncoder, slices
from sqlnode.wire.transcode import transcoder

if TYPE_CHECKING:
    from sqlnode.wire.connection import Connection
    from sqlnode.wire.session_view import SessionView

_HEADS_LIMIT: Final = 64
_OFF_LOOP_BYTES: Final = 128 * 1024
"""Slices of a batch above this size are encoded in the loop's thread pool."""

_SLICES_PER_TURN: Final = 4
"""Slices sent before other connections get their turn."""


@dataclass(slots=True)
class ResultHead:
    """What precedes the rows of a result: column count and definitions. Kept per columns and character set."""

    columns: tuple[Column, ...]
    payloads: list[bytes]
    packets: bytes
    """The payloads as packets numbered from 1."""
    next_sequence: int
    text: RowEncoder
    binary: RowEncoder


class ResultHeads:
    """The heads of the last results: a plan that runs again has the same columns object."""

    def __init__(self) -> None:
        self._heads: dict[int, ResultHead] = {}
        self._charset: str | None = "utf8mb4"

    def get(self, columns: tuple[Column, ...], charset: str | None) -> ResultHead:
        """The head for columns, under the current result character set."""
        if charset != self._charset:
            self._heads.clear()
            self._charset = charset
        found = self._heads.get(id(columns))
        if found is not None and found.columns is columns:
            return found
        payloads = definitions(columns, charset)
        packets = b"".join(
            (len(payload) | (1 + index & 255) << 24).to_bytes(4, "little") + payload
            for index, payload in enumerate(payloads)
        )
        head = ResultHead(
            columns,
            payloads,
            packets,
            (1 + len(payloads)) & 255,
            RowEncoder(columns, charset, binary=False),
            RowEncoder(columns, charset, binary=True),
        )
        if len(self._heads) >= _HEADS_LIMIT:
            self._heads.clear()
        self._heads[id(columns)] = head
        return head


class StateTracker:
    """Session state that the client wants to hear of: the current database, and session_track_system_variables."""

    def __init__(self, connection: Connection) -> None:
        self._enabled = bool(connection.capabilities & Capability.SESSION_TRACK)
        self._database = connection.session.database
        self._values = connection.session.variables.values

    def changes(self, session: SessionView) -> bytes:
        """What changed since the last OK, in the packet's form."""
        if not self._enabled:
            return b""
        values = session.variables.values
        if values is self._values and session.database == self._database:
            return b""
        before, self._values = self._values, values
        schema = None
        if session.database != self._database:
            self._database = session.database
            if values.get("session_track_schema", True):
                schema = session.database
        names = [name.strip().lower() for name in str(values.get("session_track_system_variables") or "").split(",")]
        if "*" in names:
            names = list(values)
        changed = [
            (name, REGISTRY[name].show(values[name]))
            for name in names
            if name in REGISTRY and name in values and values[name] != before.get(name)
        ]
        return state_changes(schema, changed)


def send_ok(
    connection: Connection, *, affected_rows: int = 0, last_insert_id: int = 0, info: str = "", more: bool = False
) -> None:
    """OK with the session's status, warnings and state changes."""
    session = connection.session
    tracker = connection.tracker
    connection.protocol.send(
        ok_payload(
            connection.capabilities,
            session.status | (Status.MORE_RESULTS_EXISTS if more else 0),
            session.warning_count,
            affected_rows=affected_rows,
            last_insert_id=last_insert_id,
            info=info,
            changes=tracker.changes(session) if tracker is not None else b"",
        )
    )


def send_end(connection: Connection, flags: int = 0) -> None:
    """What ends the rows of a result."""
    session = connection.session
    connection.protocol.send(end_of_rows(connection.capabilities, session.status | flags, session.warning_count))


async def send_results(connection: Connection, result: Result, *, binary: bool) -> None:
    """The result of a command's first statement and of those that follow it in the text."""
    session = connection.session
    while True:
        more = session.more_results
        if result.__class__ is StoredRows and not more and len(result.values) < 2 and connection.protocol.sequence == 1:
            _send_point(connection, result, binary=binary)
        elif result.__class__ is OkResult:
            send_ok_result(connection, result, more=more)
        else:
            await send_rows(connection, result, binary=binary, more=more)  # type: ignore[arg-type]
        if not more:
            return
        await connection.protocol.drain()
        result = await session.next_result()


def _send_point(connection: Connection, result: StoredRows, *, binary: bool) -> None:
    """A whole result of at most one stored row: nothing to wait for, nothing to free."""
    session, protocol = connection.session, connection.protocol
    charset = session.charset_results
    head = connection.heads.get(result.columns, charset)
    protocol.out += head.packets
    protocol.sequence = head.next_sequence
    if not connection.capabilities & Capability.DEPRECATE_EOF:
        protocol.send(eof_payload(session.status, session.warning_count))
    for handle, value in result.values:
        protocol.send(transcoder(result, charset, binary=binary).row(value, handle))
    send_end(connection)


def send_ok_result(connection: Connection, result: OkResult, *, more: bool) -> None:
    """OK of a statement; under FOUND_ROWS an UPDATE counts the rows that it matched."""
    affected = result.affected_rows
    if result.matched_rows is not None and connection.capabilities & Capability.FOUND_ROWS:
        affected = result.matched_rows
    send_ok(connection, affected_rows=affected, last_insert_id=result.last_insert_id, info=result.info, more=more)


async def send_rows(
    connection: Connection, result: RowsResult | ValueRows | StoredRows, *, binary: bool, more: bool
) -> None:
    """A result set: head, rows, end. The result is finished whatever happens."""
    session = connection.session
    protocol = connection.protocol
    failure: BaseException | None = None
    try:
        head = connection.heads.get(result.columns, session.charset_results)
        if protocol.sequence == 1:
            protocol.out += head.packets
            protocol.sequence = head.next_sequence
        else:
            for payload in head.payloads:
                protocol.send(payload)
        if not connection.capabilities & Capability.DEPRECATE_EOF:
            flags = session.status | (Status.MORE_RESULTS_EXISTS if more else 0)
            protocol.send(eof_payload(flags, session.warning_count))
        if result.__class__ is StoredRows:
            await _send_stored(connection, result, binary=binary)
        else:
            encoder = head.binary if binary else head.text
            if isinstance(result, ValueRows):
                await _send_values(connection, result.rows, encoder)
            elif isinstance(result, RowsResult):
                await _send_batches(connection, result, encoder)
    except BaseException as error:
        failure = error
    await session.finish(result)
    if failure is not None:
        raise failure
    send_end(connection, Status.MORE_RESULTS_EXISTS if more else 0)


async def _send_stored(connection: Connection, result: StoredRows, *, binary: bool) -> None:
    protocol = connection.protocol
    form = transcoder(result, connection.session.charset_results, binary=binary)
    values = result.values
    if len(values) == 1:
        ((handle, value),) = values
        protocol.send(form.row(value, handle))
        return
    for start in range(0, len(values), MANY):
        protocol.send_many(form.rows(values[start : start + MANY]))
        if len(protocol.out) >= FLUSH_SIZE:
            await protocol.drain()


async def _send_values(connection: Connection, rows: Sequence[Sequence[Value]], encoder: RowEncoder) -> None:
    protocol = connection.protocol
    for start in range(0, len(rows), MANY):
        protocol.send_many(encoder.payloads_of(rows[start : start + MANY]))
        if len(protocol.out) >= FLUSH_SIZE:
            await protocol.drain()


async def _send_batches(connection: Connection, result: RowsResult, encoder: RowEncoder) -> None:
    batches = result.batches
    if hasattr(batches, "__aiter__"):
        async for batch in batches:
            await _send_batch(connection, batch, encoder)
    else:
        for batch in batches:
            await _send_batch(connection, batch, encoder)


async def _send_batch(connection: Connection, batch: pa.RecordBatch, encoder: RowEncoder) -> None:
    protocol = connection.protocol
    if batch.num_rows <= SMALL_BATCH and batch.nbytes <= FLUSH_SIZE:
        protocol.send_many(list(encoder.payloads(batch)))
        if len(protocol.out) >= FLUSH_SIZE:
            await protocol.drain()
        return
    for index, piece in enumerate(slices(batch)):
        if piece.nbytes > _OFF_LOOP_BYTES:
            data = await connection.loop.run_in_executor(None, encoder.packets, piece, protocol.sequence)
        else:
            data = encoder.packets(piece, protocol.sequence)
        if data is None:
            for payload in encoder.payloads(piece):
                protocol.send(payload)
                await protocol.drain()
            continue
        protocol.write_buffer(memoryview(data))
        protocol.sequence = (protocol.sequence + piece.num_rows) & 255
        await protocol.drain()
        if index % _SLICES_PER_TURN == _SLICES_PER_TURN - 1:
            await asyncio.sleep(0)


# --- cursors -------------------------------------------------------------------------------------------------------


async def open_cursor(connection: Connection, result: RowsResult | ValueRows | StoredRows) -> Cursor:
    """Takes a result whole, and answers with its columns and a terminator without rows."""
    session = connection.session
    protocol = connection.protocol
    failure: BaseException | None = None
    try:
        head = connection.heads.get(result.columns, session.charset_results)
        cursor = Cursor(head.binary)
        if isinstance(result, StoredRows):
            row = transcoder(result, session.charset_results, binary=True).row
            for handle, value in result.values:
                cursor.add_payload(row(value, handle))
        elif isinstance(result, ValueRows):
            for values in result.rows:
                cursor.add_payload(head.binary.payload(values))
        elif hasattr(result.batches, "__aiter__"):
            async for batch in result.batches:
                cursor.add_batch(batch)
        else:
            for batch in result.batches:
                cursor.add_batch(batch)
    except BaseException as error:
        failure = error
    await session.finish(result)
    if failure is not None:
        raise failure
    for payload in head.payloads:
        protocol.send(payload)
    send_end(connection, Status.CURSOR_EXISTS)
    return cursor


async def fetch(connection: Connection, cursor: Cursor, count: int) -> bool:
    """COM_STMT_FETCH. True when these were the last rows."""
    protocol = connection.protocol
    remaining = count
    while True:
        step = min(remaining, 256)
        payloads, last = cursor.fetch(step)
        for payload in payloads:
            protocol.send(payload)
        remaining -= len(payloads)
        if last or remaining <= 0:
            break
        if len(protocol.out) >= FLUSH_SIZE:
            await protocol.drain()
    send_end(connection, Status.CURSOR_EXISTS | (Status.LAST_ROW_SENT if last else 0))
    return last
