"""Sessions share what PREPARE made of a text, as far as it means the same to them."""

from __future__ import annotations

from collections.abc import Iterator

import mysql.connector
import pytest
from mysql.connector.cursor import MySQLCursorPrepared

from sqlnode.testing import RunningServer, serve_memory


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as found:
        yield found


def connect(server: RunningServer, user: str = "root", database: str = "test") -> mysql.connector.MySQLConnection:
    found = mysql.connector.connect(
        host=server.host, port=server.port, user=user, database=database, autocommit=True, use_pure=True
    )
    assert isinstance(found, mysql.connector.MySQLConnection)
    return found


def ask(connection: mysql.connector.MySQLConnection, sql: str, values: tuple[object, ...] = ()) -> list[object]:
    cursor = connection.cursor(cursor_class=MySQLCursorPrepared)
    try:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.with_rows else []
    finally:
        cursor.close()


def run(connection: mysql.connector.MySQLConnection, *statements: str) -> None:
    cursor = connection.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()


def test_each_session_has_its_own_values(server: RunningServer) -> None:
    first, second = connect(server), connect(server)
    run(first, "CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(10))", "INSERT INTO a VALUES (1, 'x'), (2, 'y')")
    sql = "SELECT v FROM a WHERE id = ?"
    for _ in range(3):
        assert ask(first, sql, (1,)) == [("x",)]
        assert ask(second, sql, (2,)) == [("y",)]
        assert ask(second, sql, ("1",)) == [("x",)]


def test_a_changed_table_is_seen_by_all(server: RunningServer) -> None:
    first, second = connect(server), connect(server)
    run(first, "CREATE TABLE b (id INT PRIMARY KEY, v INT)", "INSERT INTO b VALUES (1, 5)")
    sql = "SELECT * FROM b WHERE id >= ?"
    assert ask(first, sql, (0,)) == ask(second, sql, (0,)) == [(1, 5)]
    run(first, "ALTER TABLE b ADD COLUMN w INT DEFAULT 7")
    assert ask(second, sql, (0,)) == ask(first, sql, (0,)) == [(1, 5, 7)]
    run(second, "DROP TABLE b")
    with pytest.raises(mysql.connector.Error) as raised:
        ask(first, sql, (0,))
    assert raised.value.errno == 1146


def test_names_belong_to_the_database_of_prepare(server: RunningServer) -> None:
    first = connect(server)
    run(first, "CREATE DATABASE other", "CREATE TABLE test.c (v INT)", "CREATE TABLE other.c (v INT)")
    run(first, "INSERT INTO test.c VALUES (1)", "INSERT INTO other.c VALUES (2)")
    second = connect(server, database="other")
    sql = "SELECT v FROM c WHERE v > ?"
    assert ask(first, sql, (0,)) == [(1,)]
    assert ask(second, sql, (0,)) == [(2,)]
    cursor = first.cursor(cursor_class=MySQLCursorPrepared)
    cursor.execute(sql, (0,))
    assert cursor.fetchall() == [(1,)]
    run(second, "USE test")
    other = connect(server)
    moving = other.cursor(cursor_class=MySQLCursorPrepared)
    moving.execute(sql, (0,))
    assert moving.fetchall() == [(1,)]
    run(other, "USE other")
    moving.execute(sql, ("0",))
    assert moving.fetchall() == [(1,)]
    assert ask(connect(server), sql, ("0",)) == [(1,)]


def test_privileges_are_each_session_s_own(server: RunningServer) -> None:
    root = connect(server)
    run(root, "CREATE TABLE d (v INT)", "CREATE USER poor@localhost", "GRANT SELECT ON test.a TO poor@localhost")
    sql = "SELECT COUNT(*) FROM d WHERE v = ?"
    assert ask(root, sql, (0,)) == [(0,)]
    with pytest.raises(mysql.connector.Error) as raised:
        ask(connect(server, user="poor"), sql, (0,))
    assert raised.value.errno == 1142


def test_modes_make_other_plans(server: RunningServer) -> None:
    first, second = connect(server), connect(server)
    run(second, "SET sql_mode = 'PIPES_AS_CONCAT'")
    assert ask(first, "SELECT ? || 0", (1,)) == [(1,)]
    assert ask(second, "SELECT ? || 0", (1,)) == [("10",)]
