"""While one connection runs something large, the others are served.

What counts is order, not time: statements of another connection begin and end while the large one runs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory


def listed(form: str, count: int, separator: str = ", ") -> str:
    return separator.join(form.format(number) for number in range(count))


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        connection = connect(running)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE few (id INT PRIMARY KEY, a INT, s VARCHAR(20))")
        cursor.execute("INSERT INTO few VALUES (1, 1, 'x1'), (2, 2, 'x2'), (3, 3, NULL)")
        cursor.execute("CREATE TABLE many (id INT PRIMARY KEY, a INT, g INT AS (a + 1), CHECK (a >= 0))")
        connection.close()
        yield running


def connect(server: RunningServer) -> pymysql.connections.Connection:
    return pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)


LARGE = {
    "OR": ("SELECT COUNT(*) FROM few WHERE " + listed("a = {0} AND id = {0}", 3000, " OR "), 3),
    "IN": ("SELECT COUNT(*) FROM few WHERE a IN (" + listed("{}", 20000) + ")", 3),
    "CASE": ("SELECT MAX(CASE a " + listed("WHEN {0} THEN {0}", 5000, " ") + " END) FROM few", 3),
    "UNION": ("SELECT COUNT(*) FROM (" + listed("SELECT {} n", 2000, " UNION ALL ") + ") u", 2000),
    "literals": ("INSERT INTO many (id, a) VALUES " + listed("({0}, {0})", 20000), 20000),
    "expressions": ("REPLACE INTO many (id, a) VALUES " + listed("({0}, {0} + 1)", 5000), 10000),
    "duplicates": (
        "INSERT INTO many (id, a) VALUES " + listed("({0}, {0})", 10000) + " ON DUPLICATE KEY UPDATE a = VALUES(a) + 2",
        20000,
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_others_go_on(name: str, server: RunningServer) -> None:
    text, wanted = LARGE[name]
    large, small = connect(server), connect(server)
    found: list[int] = []
    over = threading.Event()

    def run() -> None:
        cursor = large.cursor()
        try:
            affected = cursor.execute(text)
            rows = cursor.fetchall()
            found.append(rows[0][0] if rows else affected)
        finally:
            over.set()

    thread = threading.Thread(target=run)
    thread.start()
    served = 0
    cursor = small.cursor()
    while not over.is_set():
        cursor.execute("SELECT a FROM few WHERE id = 2")
        assert cursor.fetchall() == ((2,),)
        served += 1
    thread.join()
    assert found == [wanted]
    assert served >= 5
    large.close()
    small.close()


def test_a_large_statement_is_killed_while_it_is_planned(server: RunningServer) -> None:
    large, small = connect(server), connect(server)
    text = "SELECT COUNT(*) FROM few WHERE " + listed("a < {0} AND id = {0}", 6000, " OR ")
    codes: list[int] = []

    def run() -> None:
        try:
            large.cursor().execute(text)
        except pymysql.err.MySQLError as error:
            codes.append(error.args[0])

    thread = threading.Thread(target=run)
    thread.start()
    cursor = small.cursor()
    while True:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s AND command = 'Query'", large.thread_id()
        )
        if cursor.fetchone() == (1,):
            break
    cursor.execute("KILL QUERY %s", large.thread_id())
    thread.join()
    assert codes == [1317]
    cursor = large.cursor()
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == ((1,),)
    large.close()
    small.close()


def test_definitions_that_change_under_a_large_statement(server: RunningServer) -> None:
    """The plan that comes out of the thread is for tables that are there when it runs."""
    large, small = connect(server), connect(server)
    small.cursor().execute("CREATE TABLE changing (id INT PRIMARY KEY, a INT)")
    small.cursor().execute("INSERT INTO changing VALUES (1, 1)")
    text = "SELECT * FROM changing WHERE " + listed("a < {0} AND id = {0}", 4000, " OR ") + " OR id = 1"
    rows: list[object] = []

    def run() -> None:
        cursor = large.cursor()
        cursor.execute(text)
        rows.extend(cursor.fetchall())

    thread = threading.Thread(target=run)
    thread.start()
    small.cursor().execute("ALTER TABLE changing ADD COLUMN b INT DEFAULT 5")
    thread.join()
    assert rows in ([(1, 1)], [(1, 1, 5)])
    large.close()
    small.close()


def test_large_texts_prepared(server: RunningServer) -> None:
    connection = connect(server)
    cursor = connection.cursor()
    cursor.execute("SET @a = 2, @b = 3")
    cursor.execute("PREPARE p FROM 'SELECT COUNT(*) FROM few WHERE a IN (" + listed("?", 10000) + ")'")
    cursor.execute("EXECUTE p USING " + listed("@{}", 10000).replace("@0,", "@a,").replace("@1,", "@b,"))
    assert cursor.fetchall() == ((2,),)
    connection.close()
