"""What is known about keys chooses indexes, also for statements that were prepared before it was known."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory

SEARCH = "SELECT v FROM orders WHERE w = 1 AND d = 3 AND customer = 77"


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as found:
        connection = connect(found)
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE orders (w INT NOT NULL, d INT NOT NULL, id INT NOT NULL, customer INT, v VARCHAR(20),"
            " PRIMARY KEY (w, d, id), KEY by_customer (w, d, customer))"
        )
        for d in range(1, 5):
            rows = ", ".join(f"(1, {d}, {id}, {id * 7 % 500}, 'v{id}')" for id in range(1000))
            cursor.execute(f"INSERT INTO orders VALUES {rows}")
        cursor.execute("CREATE TABLE few (a INT NOT NULL, b INT NOT NULL, c INT, PRIMARY KEY (a, b), KEY (a, c))")
        cursor.execute("INSERT INTO few VALUES (1, 1, 1), (1, 2, 2), (2, 1, 1)")
        connection.close()
        yield found


def connect(server: RunningServer) -> pymysql.Connection:
    return pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)


def plan_of(cursor: pymysql.cursors.Cursor, sql: str) -> str:
    cursor.execute("EXPLAIN " + sql)
    return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def test_an_index_is_chosen_when_its_keys_are_known(server: RunningServer) -> None:
    cursor = connect(server).cursor()
    until = time.monotonic() + 20
    while "by_customer" not in (plan := plan_of(cursor, SEARCH)):
        assert time.monotonic() < until, plan
        time.sleep(0.05)
    cursor.execute(SEARCH)
    assert sorted(cursor.fetchall()) == [("v11",), ("v511",)]


def test_small_tables_keep_their_plans(server: RunningServer) -> None:
    cursor = connect(server).cursor()
    before = plan_of(cursor, "SELECT * FROM few WHERE a = 1 AND c = 2")
    time.sleep(0.5)
    assert plan_of(cursor, "SELECT * FROM few WHERE a = 1 AND c = 2") == before
