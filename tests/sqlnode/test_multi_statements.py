"""Several statements in one text, over the wire: results in order, an error ends the rest, and only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest
from pymysql.constants import CLIENT

from sqlnode.testing import RunningServer, serve_memory


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


def connect(server: RunningServer, flags: int = CLIENT.MULTI_STATEMENTS) -> pymysql.connections.Connection[Any]:
    return pymysql.connect(
        host=server.host, port=server.port, user="root", database="test", client_flag=flags, autocommit=True
    )


def results(connection: pymysql.connections.Connection[Any], sql: str) -> list[object]:
    """Rows, affected rows or the error's code of each statement."""
    found: list[object] = []
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
            while True:
                found.append(list(cursor.fetchall()) if cursor.description else cursor.rowcount)
                if not cursor.nextset():
                    return found
        except pymysql.err.MySQLError as error:
            return [*found, error.args[0]]


def test_results_come_in_order(server: RunningServer) -> None:
    sql = "CREATE TABLE m (a INT); INSERT INTO m VALUES (1), (2);; SELECT a FROM m ORDER BY a; SELECT ';' AS x; DROP TABLE m;"
    assert results(connect(server), sql) == [0, 2, [(1,), (2,)], [(";",)], 0]


def test_an_error_ends_the_rest(server: RunningServer) -> None:
    connection = connect(server)
    sql = "CREATE TABLE n (a INT PRIMARY KEY); INSERT INTO n VALUES (1); INSERT INTO n VALUES (1); INSERT INTO n VALUES (2)"
    assert results(connection, sql) == [0, 1, 1062]
    assert results(connection, "SELECT COUNT(*) FROM n") == [[(1,)]]
    assert results(connection, "INSERT INTO n VALUES (3); SELEC 1; DROP TABLE n") == [1, 1064]
    assert results(connection, "SELECT COUNT(*) FROM n; DROP TABLE n") == [[(2,)], 0]


def test_later_statements_see_what_earlier_ones_set(server: RunningServer) -> None:
    sql = "SET @a = 5; SELECT @a + 1; SET sql_mode = 'ANSI'; SELECT @@sql_mode LIKE '%ANSI_QUOTES%'; USE mysql; SELECT DATABASE()"
    assert results(connect(server), sql) == [0, [(6,)], 0, [(1,)], 0, [("mysql",)]]


def test_transactions_span_them(server: RunningServer) -> None:
    connection = connect(server)
    results(connection, "CREATE TABLE tr (a INT)")
    assert results(connection, "BEGIN; INSERT INTO tr VALUES (1); ROLLBACK; SELECT COUNT(*) FROM tr") == [
        0,
        1,
        0,
        [(0,)],
    ]


def test_without_the_flag_the_second_is_a_syntax_error(server: RunningServer) -> None:
    connection = connect(server, 0)
    assert results(connection, "SELECT 1; SELECT 2") == [1064]
    assert results(connection, "SELECT 1;") == [[(1,)]]
    assert results(connection, "SELECT ?") == [1064]
