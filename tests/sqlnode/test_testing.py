"""The server for tests: starts fast, answers, stops; several at a time."""

from __future__ import annotations

import time

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory, sqlnode_server

__all__ = ["sqlnode_server"]


def connect(server: RunningServer) -> pymysql.Connection:  # type: ignore[type-arg]
    return pymysql.connect(host=server.host, port=server.port, user=server.user, database=server.database)


def test_the_fixture_serves(sqlnode_server: RunningServer) -> None:
    assert sqlnode_server.url == f"mysql://root@127.0.0.1:{sqlnode_server.port}/test"
    connection = connect(sqlnode_server)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fixture_test (id INT PRIMARY KEY, name VARCHAR(20))")
        cursor.execute("INSERT INTO fixture_test VALUES (1, 'one')")
        cursor.execute("SELECT * FROM fixture_test")
        assert cursor.fetchall() == ((1, "one"),)
    connection.close()


def test_servers_are_separate_and_start_fast() -> None:
    with serve_memory():
        started = time.perf_counter()
        with serve_memory() as second:
            took = time.perf_counter() - started
            connection = connect(second)
            connection.close()
    assert took < 0.5
    with pytest.raises(pymysql.err.OperationalError):
        connect(second)


def test_a_failure_to_start_is_raised() -> None:
    from store.api import StoreOpenError

    with pytest.raises(StoreOpenError), serve_memory("nonsense:"):
        pass
