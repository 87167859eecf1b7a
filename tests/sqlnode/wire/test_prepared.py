"""Prepared statements: parameters of every type, re-execution, long data, cursors x EOF deprecation."""

from __future__ import annotations

import datetime
import struct
from decimal import Decimal

import mysql.connector
import pytest

from sqlnode.base import types as t
from sqlnode.base.errors import SqlError
from sqlnode.base.packed_time import DAY, SECOND, pack
from sqlnode.base.types import SqlType, TypeCode, Value
from sqlnode.wire.binary_parameters import BoundStatement, TextRules, read_parameters
from sqlnode.wire.constants import Capability as C
from sqlnode.wire.payload import length_encoded
from tests.sqlnode.wire.client import DEFAULT, RawClient
from tests.sqlnode.wire.fake import Running

RULES = TextRules("utf8mb4", "utf8mb4", "utf8mb4_0900_ai_ci")
BOTH = pytest.mark.parametrize("flags", [DEFAULT, DEFAULT | C.DEPRECATE_EOF])


def execute(
    statement: int, words: list[int] | None, values: bytes, *, nulls: int = 0, count: int = -1, flags: int = 0
) -> bytes:
    count = len(words or ()) if count < 0 else count
    head = b"\x17" + statement.to_bytes(4, "little") + bytes((flags,)) + b"\x01\0\0\0"
    if not count:
        return head
    bound = b"\x00" if words is None else b"\x01" + struct.pack(f"<{len(words)}H", *words)
    return head + nulls.to_bytes((count + 7) // 8, "little") + bound + values


def parameter(word: int, data: bytes, rules: TextRules = RULES) -> tuple[Value, SqlType]:
    values, types = read_parameters(BoundStatement(1), execute(1, [word], data), rules)
    return values[0], types[0]


@pytest.mark.parametrize(
    ("word", "data", "value", "sql_type"),
    [
        (TypeCode.TINY, b"\xff", -1, t.integer()),
        (TypeCode.TINY | 0x8000, b"\xff", 255, t.integer(unsigned=True)),
        (TypeCode.SHORT, b"\x00\x80", -32768, t.integer()),
        (TypeCode.LONG, b"\x01\0\0\0", 1, t.integer()),
        (TypeCode.LONGLONG | 0x8000, b"\xff" * 8, (1 << 64) - 1, t.integer(unsigned=True)),
        (TypeCode.FLOAT, struct.pack("<f", 1.5), 1.5, t.double()),
        (TypeCode.DOUBLE, struct.pack("<d", -2.5), -2.5, t.double()),
        (TypeCode.NEWDECIMAL, b"\x0512.34", Decimal("12.34"), t.decimal(65, 2)),
        (TypeCode.VAR_STRING, b"\x03abc", b"abc", t.varchar()),
        (TypeCode.BLOB, b"\x02\x00\xff", b"\x00\xff", t.varbinary()),
        (TypeCode.DATE, b"\x04\xe8\x07\x02\x1d", pack(2024, 2, 29), t.date()),
        (TypeCode.DATETIME, b"\x07\xe8\x07\x02\x1d\x01\x02\x03", pack(2024, 2, 29, 1, 2, 3), t.datetime()),
        (TypeCode.TIMESTAMP, b"\x0b\xe8\x07\x02\x1d\0\0\0\x01\0\0\0", pack(2024, 2, 29, 0, 0, 0, 1), t.datetime(6)),
        (TypeCode.DATETIME, b"\x00", 0, t.datetime()),
        (TypeCode.TIME, b"\x08\x01\x01\0\0\0\x00\x00\x01", -(DAY + SECOND), t.time()),
        (TypeCode.NULL, b"", None, t.null()),
    ],
)
def test_parameters(word: int, data: bytes, value: Value, sql_type: SqlType) -> None:
    assert parameter(word, data) == (value, sql_type)


def test_strings_in_the_clients_character_set() -> None:
    rules = TextRules("latin1", "latin1", "latin1_swedish_ci")
    assert parameter(TypeCode.VAR_STRING, b"\x01\xe9", rules) == (
        "é".encode(),
        t.varchar(-1, "latin1", "latin1_swedish_ci"),
    )


@pytest.mark.parametrize(
    ("word", "data"),
    [
        (TypeCode.LONG, b"\x01"),
        (TypeCode.VAR_STRING, b"\x09abc"),
        (TypeCode.DATE, b"\x05\0\0\0\0\0"),
        (99, b"\x01"),
        (TypeCode.VAR_STRING, b"\xff"),
    ],
)
def test_broken_parameters(word: int, data: bytes) -> None:
    with pytest.raises(SqlError) as raised:
        parameter(word, data)
    assert raised.value.code == 1835


def test_re_execution_keeps_types_and_their_identity() -> None:
    bound = BoundStatement(2)
    words = [TypeCode.LONG, TypeCode.VAR_STRING]
    values, first = read_parameters(bound, execute(1, words, b"\x07\0\0\0\x01a"), RULES)
    assert values == (7, b"a")
    values, second = read_parameters(bound, execute(1, None, b"\x08\0\0\0\x01b", count=2), RULES)
    assert values == (8, b"b")
    assert second is first
    values, third = read_parameters(bound, execute(1, words, b"\x09\0\0\0\x01c"), RULES)
    assert third is first
    values, fourth = read_parameters(bound, execute(1, None, b"\x01c", count=2, nulls=1), RULES)
    assert values == (None, b"c")
    assert fourth[0] == t.null()


def test_types_must_be_bound_once() -> None:
    with pytest.raises(SqlError) as raised:
        read_parameters(BoundStatement(1), execute(1, None, b"\x01", count=1), RULES)
    assert raised.value.code == 1210


def prepare(client: RawClient, text: str) -> int:
    reply = client.command(b"\x16" + text.encode())
    assert reply[0] == 0
    columns, parameters = int.from_bytes(reply[5:7], "little"), int.from_bytes(reply[7:9], "little")
    for group in (parameters, columns):
        for _ in range(group):
            client.read()
        if group and not client.flags & C.DEPRECATE_EOF:
            assert client.read()[0] == 0xFE
    return int.from_bytes(reply[1:5], "little")


@BOTH
def test_binary_rows(server: Running, flags: int) -> None:
    client = RawClient(server.port, flags)
    statement = prepare(client, "select x ? ?")
    _, rows, _ = client.result(execute(statement, [TypeCode.LONG, TypeCode.VAR_STRING], b"\x07\0\0\0\x01a"))
    assert rows == [b"\x00\x00\x01\0\0\0\x03one", b"\x00\x08\x02\0\0\0"]
    for kind, expected in (
        ("stored", [b"\x00\x00\x05\0\0\0\x06stored", b"\x00\x00\xfa\xff\xff\xff\x06stored"]),
        ("many 1 2", [b"\x00\x00" + n.to_bytes(4, "little") + b"\x05row %d" % n for n in range(2)]),
        ("many 1 300", [b"\x00\x00" + n.to_bytes(4, "little") + length_encoded(b"row %d" % n) for n in range(300)]),
    ):
        statement = prepare(client, f"select {kind}")
        assert client.result(execute(statement, [], b""))[1] == expected


@BOTH
@pytest.mark.parametrize("kind", ["x", "stored", "many 3 7", "many 0 0"])
def test_cursors(server: Running, flags: int, kind: str) -> None:
    client = RawClient(server.port, flags)
    statement = prepare(client, f"select {kind}")
    whole = client.result(execute(statement, [], b""))[1]
    count = client.command(execute(statement, [], b"", flags=1))[0]
    for _ in range(count):
        client.read()
    end = client.read()
    assert end[0] == 0xFE
    assert int.from_bytes(end[3:5], "little") & 0x40
    rows: list[bytes] = []
    for _ in range(100):
        client.send(b"\x1c" + statement.to_bytes(4, "little") + b"\x04\0\0\0")
        while (row := client.read())[0] != 0xFE:
            rows.append(row)
        if int.from_bytes(row[3:5], "little") & 0x80:
            break
    assert rows == whole
    assert client.command(b"\x1c" + statement.to_bytes(4, "little") + b"\x04\0\0\0")[0] == 0xFF


def test_long_data(server: Running) -> None:
    client = RawClient(server.port)
    statement = prepare(client, "insert ? ?")
    piece = b"\x18" + statement.to_bytes(4, "little") + b"\x01\x00"
    client.send(piece + b"ab")
    client.send(piece + b"cd")
    assert client.command(execute(statement, [TypeCode.LONG, TypeCode.BLOB], b"\x01\0\0\0"))[0] == 0
    (session,) = [
        found for found in server.instance.sessions.values() if found.executed and "insert ? ?" in found.executed[-1][0]
    ]
    assert session.executed[-1][1] == (1, b"abcd")
    client.send(piece + b"gone")
    assert client.command(b"\x1a" + statement.to_bytes(4, "little"))[0] == 0
    assert client.command(execute(statement, [TypeCode.LONG, TypeCode.BLOB], b"\x01\0\0\0\x01z"))[0] == 0
    assert session.executed[-1][1] == (1, b"z")


def test_long_data_for_a_parameter_that_is_not_there(server: Running) -> None:
    """The command has no answer: the next execution fails, and the one after it does not."""
    client = RawClient(server.port)
    statement = prepare(client, "insert ?")
    client.send(b"\x18" + statement.to_bytes(4, "little") + b"\x01\x00" + b"ab")
    reply = client.command(execute(statement, [TypeCode.LONG], b"\x01\0\0\0"))
    assert reply[1:3] == (1210).to_bytes(2, "little") and b"mysqld_stmt_send_long_data" in reply
    assert client.command(execute(statement, [TypeCode.LONG], b"\x01\0\0\0"))[0] == 0


def test_close_and_unknown_statements(server: Running) -> None:
    client = RawClient(server.port)
    statement = prepare(client, "insert")
    client.send(b"\x19" + statement.to_bytes(4, "little"))
    reply = client.command(execute(statement, [], b""))
    assert reply[1:3] == (1243).to_bytes(2, "little")
    assert b"mysqld_stmt_execute" in reply


def test_mysql_connector_prepared(server: Running) -> None:
    connection = mysql.connector.connect(host=server.host, port=server.port, user="root", use_pure=True)
    cursor = connection.cursor(prepared=True)
    moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
    for number in range(3):
        cursor.execute("select x %s %s %s %s", (number, "text", moment, None))
        assert cursor.fetchall() == [(1, "one"), (2, None)]
    session = server.instance.sessions[connection.connection_id]
    values = session.executed[-1][1]
    assert values == (2, b"text", pack(2024, 2, 29, 1, 2, 3, 4), None)
    connection.close()
