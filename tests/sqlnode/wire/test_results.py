"""OK, ERR and result sets, with and without DEPRECATE_EOF; multi-results; metadata; commands other than queries."""

from __future__ import annotations

import pymysql
import pytest

from planner.expr.nodes import Column
from sqlnode.base import types as t
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.wire.column_definitions import column_definition
from sqlnode.wire.constants import Capability as C
from sqlnode.wire.payload import PayloadReader
from sqlnode.wire.replies import error_payload
from tests.sqlnode.wire.client import DEFAULT, RawClient, text_row
from tests.sqlnode.wire.fake import Running

BOTH = pytest.mark.parametrize("flags", [DEFAULT, DEFAULT | C.DEPRECATE_EOF])


def query(text: str) -> bytes:
    return b"\x03" + text.encode()


@BOTH
@pytest.mark.parametrize("kind", ["x", "stored", "sync", "many 2 3", "many 1 1000", "many 0 0"])
def test_result_sets(server: Running, flags: int, kind: str) -> None:
    client = RawClient(server.port, flags)
    columns, rows, end = client.result(query(f"select {kind}"))
    assert len(columns) == 2
    assert len(end) == (7 if flags & C.DEPRECATE_EOF else 5)
    expected = {
        "x": [text_row(b"1", b"one"), text_row(b"2", None)],
        "stored": [text_row(b"5", b"stored"), text_row(b"-6", b"stored")],
        "sync": [text_row(b"%d" % n, b"row %d" % n) for n in range(3)],
        "many 2 3": [text_row(b"%d" % n, b"row %d" % n) for n in range(6)],
        "many 1 1000": [text_row(b"%d" % n, b"row %d" % n) for n in range(1000)],
        "many 0 0": [],
    }
    assert rows == expected[kind]


def test_every_result_of_rows_is_finished(server: Running) -> None:
    connection = pymysql.connect(host=server.host, port=server.port, user="root", ssl_disabled=True)
    session = server.instance.sessions[connection.thread_id()]
    before = session.finished
    with connection.cursor() as cursor:
        for text in ("select x", "select stored", "select many 3 10"):
            cursor.execute(text)
        with pytest.raises(pymysql.err.ProgrammingError):
            cursor.execute("select late")
    assert session.finished == before + 4
    connection.close()


def test_an_error_behind_rows(server: Running) -> None:
    client = RawClient(server.port)
    _, rows, end = client.result(query("select late"))
    assert len(rows) == 2
    assert end == b"\xff" + (1146).to_bytes(2, "little") + b"#42S02Table 'd.t' doesn't exist"


def test_ok_and_found_rows(server: Running) -> None:
    plain, found = RawClient(server.port), RawClient(server.port, DEFAULT | C.FOUND_ROWS)
    assert plain.command(query("insert")) == b"\x00\x03\x2a\x02\x00\x00\x00\x26Records: 3  Duplicates: 0  Warnings: 0"
    assert plain.command(query("update"))[1] == 1
    assert found.command(query("update"))[1] == 5


def test_errors_leave_the_connection(server: Running) -> None:
    client = RawClient(server.port)
    assert client.command(query("fail"))[1:3] == (1146).to_bytes(2, "little")
    reply = client.command(query("bug"))
    assert reply[1:3] == (1105).to_bytes(2, "little")
    assert client.command(b"\x0e")[0] == 0


def test_multi_results(server: Running) -> None:
    for flags in (DEFAULT, DEFAULT | C.DEPRECATE_EOF):
        client = RawClient(server.port, flags)
        _, rows, end = client.result(query("select x; insert; fail; insert"))
        assert len(rows) == 2
        status_at = 3
        assert int.from_bytes(end[status_at : status_at + 2], "little") & 0x0008
        ok = client.read()
        assert ok[:3] == b"\x00\x03\x2a"
        assert ok[3] & 0x08
        assert client.read()[0] == 0xFF
        client.send(b"\x0e")
        assert client.read()[0] == 0


def test_session_track(server: Running) -> None:
    client = RawClient(server.port, DEFAULT | C.SESSION_TRACK)
    assert client.command(b"\x02other") == b"\x00\x00\x00\x02\x40\x00\x00\x00\x08\x01\x06\x05other"
    assert client.command(b"\x0e") == b"\x00\x00\x00\x02\x00\x00\x00"
    assert client.command(query("insert")).endswith(b"\x26Records: 3  Duplicates: 0  Warnings: 0")


@BOTH
def test_field_list_and_set_option(server: Running, flags: int) -> None:
    client = RawClient(server.port, flags)
    definition = client.command(b"\x04t\0")
    assert definition.endswith(b"\0\0\xfb")
    assert client.read()[0] == 0xFE
    assert client.command(b"\x04none\0")[1:3] == (1146).to_bytes(2, "little")
    assert client.command(b"\x1b\x01\x00")[0] == 0xFE
    assert client.command(b"\x1b\x02\x00")[0] == 0xFF


def test_statistics_reset_and_quit(server: Running) -> None:
    client = RawClient(server.port)
    assert client.command(b"\x09").startswith(b"Uptime: ")
    assert client.command(b"\x1f")[0] == 0
    client.send(b"\x01")
    with pytest.raises(ConnectionError):
        client.read()


def fields(definition: bytes) -> tuple[list[bytes], int, int, int, int, int]:
    reader = PayloadReader(definition)
    names = [reader.length_string() for _ in range(6)]
    reader.fixed(1)
    return names, reader.integer(2), reader.integer(4), reader.integer(1), reader.integer(2), reader.integer(1)


@pytest.mark.parametrize(
    ("sql_type", "origin", "expected"),
    [
        (t.integer(3, not_null=True), "c", (63, 11, 3, 1, 0)),
        (SqlType(TypeCode.TINY, 0, 1, 0), "c", (63, 1, 1, 0, 0)),
        (t.integer(), "", (63, 20, 8, 128, 0)),
        (t.decimal(10, 2), "c", (63, 12, 246, 0, 2)),
        (t.decimal(10, 0, unsigned=True), "c", (63, 10, 246, 32, 0)),
        (t.double(), "c", (63, 22, 5, 0, 31)),
        (t.varchar(10), "c", (255, 40, 253, 0, 0)),
        (t.varchar(10), "", (255, 40, 253, 0, 31)),
        (SqlType(TypeCode.VARCHAR, 0, 10, 0, "latin1", "latin1_bin"), "c", (255, 40, 253, 128, 0)),
        (SqlType(TypeCode.STRING, 0, 3, 0, "utf8mb4", "utf8mb4_0900_ai_ci"), "c", (255, 12, 254, 0, 0)),
        (SqlType(TypeCode.BLOB, 0, -1, 0, "utf8mb4", "utf8mb4_0900_ai_ci"), "c", (255, 262140, 252, 16, 0)),
        (SqlType(TypeCode.TINY_BLOB, 0, -1, 0), "c", (63, 255, 252, 144, 0)),
        (SqlType(TypeCode.LONG_BLOB, 0, -1, 0, "utf8mb4", "utf8mb4_bin"), "c", (255, 4294967295, 252, 144, 0)),
        (t.varbinary(5), "c", (63, 5, 253, 128, 0)),
        (t.json(), "c", (63, 4294967295, 245, 144, 0)),
        (t.date(), "c", (63, 10, 10, 128, 0)),
        (t.datetime(3), "c", (63, 23, 12, 128, 3)),
        (t.time(), "c", (63, 10, 11, 128, 0)),
        (SqlType(TypeCode.YEAR, 0, 4), "c", (63, 4, 13, 96, 0)),
        (SqlType(TypeCode.BIT, 0, 1), "c", (63, 1, 16, 32, 0)),
        (SqlType(TypeCode.ENUM, 0, -1, 0, "utf8mb4", "utf8mb4_0900_ai_ci", ("a", "ccc")), "c", (255, 12, 254, 256, 0)),
        (SqlType(TypeCode.SET, 0, -1, 0, "utf8mb4", "utf8mb4_0900_ai_ci", ("a", "b")), "c", (255, 12, 254, 2048, 0)),
        (t.null(), "", (63, 0, 6, 128, 0)),
    ],
)
def test_column_definitions(sql_type: SqlType, origin: str, expected: tuple[int, ...]) -> None:
    column = Column(1, "label", sql_type, "alias", "db", "table", origin)
    names, *numbers = fields(column_definition(column, "utf8mb4"))
    assert names == [b"def", b"db", b"alias", b"table", b"label", origin.encode()]
    assert tuple(numbers) == expected


def test_own_character_set_when_results_are_null() -> None:
    column = Column(
        1, "c", SqlType(TypeCode.VARCHAR, Flag.NOT_NULL, 10, 0, "latin1", "latin1_swedish_ci"), "", "", "", "c"
    )
    assert fields(column_definition(column, None))[1:3] == (8, 10)
    assert fields(column_definition(column, "utf8"))[1:3] == (33, 30)


def test_long_messages_are_cut() -> None:
    from sqlnode.base.errors import UNKNOWN_ERROR, SqlError

    assert len(error_payload(SqlError(UNKNOWN_ERROR, message="é" * 2000))) == 9 + 1024
