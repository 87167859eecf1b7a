"""The statements that drivers, ORMs, tools and dump programs send, in their order, over one connection a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mysql.connector
import pymysql
import pytest

from sqlnode.testing import RunningServer
from tests.clients.statements import drivers, dumps, orms, server, tools
from tests.clients.statements.sent import Sent

CLIENTS = {**drivers.CLIENTS, **orms.CLIENTS, **tools.CLIENTS, **dumps.CLIENTS, **server.CLIENTS}


def ask(connection: Any, sent: Sent) -> tuple[str | None, list[tuple[str | None, ...]]]:
    """Labels and rows as text, by the text protocol."""
    with connection.cursor() as cursor:
        cursor.execute(sent.text)
        if cursor.description is None:
            return None, []
        labels = "|".join(column[0] for column in cursor.description)
        return labels, [tuple(_text(value) for value in row) for row in cursor.fetchall()]


def ask_prepared(running: RunningServer, sent: Sent) -> tuple[str | None, list[tuple[str | None, ...]]]:
    """The same through a prepared statement with parameters."""
    connection = mysql.connector.connect(
        host=running.host, port=running.port, user="root", database="Chinook", use_pure=True
    )
    try:
        cursor = connection.cursor(prepared=True)
        cursor.execute(sent.text, sent.parameters)
        labels = "|".join(cursor.column_names)
        return labels, [tuple(_text(value) for value in row) for row in cursor.fetchall()]
    finally:
        connection.close()


def _text(value: object) -> str | None:
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    return None if value is None else str(value)


def problems_of(sent: Sent, labels: str | None, rows: Sequence[tuple[str | None, ...]]) -> list[str]:
    """What is not as the client expects."""
    found = []
    if sent.labels is not None and labels != sent.labels:
        found.append(f"labels {labels}, not {sent.labels}")
    if sent.rows is not None and tuple(rows) != sent.rows:
        found.append(f"rows {rows}, not {list(sent.rows)}")
    found += [f"no row {row} in {rows[:30]}" for row in sent.having if row not in rows]
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_statements(chinook: RunningServer, client: str) -> None:
    connection = pymysql.connect(
        host=chinook.host,
        port=chinook.port,
        user="root",
        database="Chinook",
        conv={},
        charset="utf8mb4",
        autocommit=True,
    )
    problems: list[str] = []
    for sent in CLIENTS[client]:
        try:
            labels, rows = ask(connection, sent) if sent.parameters is None else ask_prepared(chinook, sent)
        except (pymysql.err.MySQLError, mysql.connector.Error) as error:
            if error.args[0] != sent.error:
                problems.append(f"{sent.text[:300]}\n    gave {error.args}")
            continue
        if sent.error is not None:
            problems.append(f"{sent.text[:300]}\n    was answered, not refused with {sent.error}")
        problems += [f"{sent.text[:300]}\n    {text}" for text in problems_of(sent, labels, rows)]
    connection.close()
    assert not problems, "\n" + "\n".join(problems)
