"""The counters of SHOW STATUS."""

from __future__ import annotations

from collections.abc import Iterator

import mysql.connector
import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


def connect(server: RunningServer) -> pymysql.connections.Connection:
    return pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)


def status(connection: pymysql.connections.Connection, scope: str = "SESSION") -> dict[str, int]:
    cursor = connection.cursor()
    cursor.execute(f"SHOW {scope} STATUS")
    return {name: int(value) for name, value in cursor.fetchall() if value.isdigit()}


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - count for name, count in before.items() if name[:4] == "Com_" and after[name] != count}


STATEMENTS = [
    ("CREATE TABLE counted (a INT PRIMARY KEY, b INT)", "create_table"),
    ("INSERT INTO counted VALUES (1, 1)", "insert"),
    ("INSERT INTO counted SELECT a + 1, b FROM counted", "insert_select"),
    ("REPLACE INTO counted VALUES (1, 2)", "replace"),
    ("SELECT * FROM counted", "select"),
    ("SELECT * FROM counted WHERE a = 1", "select"),
    ("SELECT * FROM counted WHERE a = 2", "select"),
    ("UPDATE counted SET b = 3 WHERE a = 1", "update"),
    ("DELETE FROM counted WHERE a = 1", "delete"),
    ("UPDATE counted c JOIN counted d ON c.a = d.a + 1 SET c.b = 4", "update_multi"),
    ("UPDATE (counted c, counted d) SET c.b = 4 WHERE c.a = d.a + 1", "update_multi"),
    ("DELETE FROM c USING counted c WHERE c.a = 7", "delete_multi"),
    ("DELETE c FROM counted c, counted d WHERE c.a = d.a + 7", "delete_multi"),
    ("BEGIN", "begin"),
    ("COMMIT", "commit"),
    ("ROLLBACK", "rollback"),
    ("SET @a = 1", "set_option"),
    ("SHOW TABLES", "show_tables"),
    ("SHOW CREATE TABLE counted", "show_create_table"),
    ("EXPLAIN SELECT 1", "explain_other"),
    ("USE test", "change_db"),
    ("TRUNCATE TABLE counted", "truncate"),
    ("ALTER TABLE counted ADD COLUMN c INT", "alter_table"),
    ("DROP TABLE counted", "drop_table"),
]


def test_statements_count_in_their_session_and_in_the_server(server: RunningServer) -> None:
    working, watching = connect(server), connect(server)
    own, others, whole = status(working), status(watching), status(watching, "GLOBAL")
    wanted: dict[str, int] = {"Com_show_status": 1}
    for text, name in STATEMENTS:
        working.cursor().execute(text)
        wanted[f"Com_{name}"] = wanted.get(f"Com_{name}", 0) + 1
    after = status(working)
    assert changed(own, after) == wanted
    assert after["Questions"] - own["Questions"] == len(STATEMENTS) + 1
    assert after["Bytes_received"] > own["Bytes_received"]
    assert after["Bytes_sent"] > own["Bytes_sent"]
    assert changed(others, status(watching)) == {"Com_show_status": 2}
    working.close()
    wanted["Com_show_status"] += 2
    assert changed(whole, status(watching, "GLOBAL")) == wanted
    watching.close()


def test_failing_statements_count(server: RunningServer) -> None:
    connection = connect(server)
    before = status(connection)
    with pytest.raises(pymysql.err.MySQLError):
        connection.cursor().execute("SELECT EXP(1000)")
    with pytest.raises(pymysql.err.MySQLError):
        connection.cursor().execute("DROP TABLE nowhere")
    assert changed(before, status(connection)) == {"Com_select": 1, "Com_drop_table": 1, "Com_show_status": 1}
    connection.close()


def test_prepared_statements_and_pings(server: RunningServer) -> None:
    connection = mysql.connector.connect(host=server.host, port=server.port, user="root", database="test")
    watching = connect(server)
    before = status(watching, "GLOBAL")
    cursor = connection.cursor(prepared=True)
    for number in range(3):
        cursor.execute("SELECT %s + 1", (number,))
        cursor.fetchall()
    connection.ping()
    after = status(watching, "GLOBAL")
    found = changed(before, after)
    assert (found["Com_stmt_prepare"], found["Com_stmt_execute"], found["Com_select"]) == (1, 3, 3)
    prepared = after["Queries"] - before["Queries"]
    assert prepared - (after["Questions"] - before["Questions"]) == 1 + found.get("Com_stmt_reset", 0)
    assert after["Prepared_stmt_count"] == before["Prepared_stmt_count"] + 1
    connection.close()
    watching.close()


def test_connections(server: RunningServer) -> None:
    watching = connect(server)
    before = status(watching, "GLOBAL")
    polite, rude = connect(server), connect(server)
    between = status(watching, "GLOBAL")
    assert between["Connections"] - before["Connections"] == 2
    assert between["Threads_connected"] - before["Threads_connected"] == 2
    assert between["Threads_running"] == 1
    polite.close()
    rude._sock.close()  # type: ignore[attr-defined]
    rude._rfile.close()  # type: ignore[attr-defined]
    with pytest.raises(pymysql.err.OperationalError):
        pymysql.connect(host=server.host, port=server.port, user="nobody", password="x")
    while status(watching, "GLOBAL")["Threads_connected"] > before["Threads_connected"]:
        pass
    after = status(watching, "GLOBAL")
    assert after["Aborted_clients"] - before["Aborted_clients"] == 1
    assert after["Aborted_connects"] - before["Aborted_connects"] == 1
    watching.close()


def test_flush_status_begins_the_sessions_counts_anew(server: RunningServer) -> None:
    working, watching = connect(server), connect(server)
    other = status(watching)
    working.cursor().execute("SELECT 1")
    working.cursor().execute("DO 1")
    whole = status(watching, "GLOBAL")
    working.cursor().execute("FLUSH STATUS")
    working.cursor().execute("SELECT 2")
    after = status(working)
    assert {name: count for name, count in after.items() if name[:4] == "Com_" and count} == {
        "Com_select": 1,
        "Com_show_status": 1,
    }
    assert (after["Questions"], after["Max_used_connections"]) == (2, after["Threads_connected"])
    assert 0 < after["Bytes_received"] < 60
    assert after["Uptime_since_flush_status"] <= after["Uptime"]
    assert changed(other, status(watching)) == {"Com_show_status": 2}
    assert changed(whole, status(watching, "GLOBAL")) == {"Com_flush": 1, "Com_select": 1, "Com_show_status": 3}
    working.close()
    assert status(watching, "GLOBAL")["Com_flush"] - whole["Com_flush"] == 1
    watching.close()


def test_slow_statements(server: RunningServer) -> None:
    connection = connect(server)
    before = status(connection)
    connection.cursor().execute("SELECT SLEEP(0.01)")
    connection.cursor().execute("SET long_query_time = 0.005")
    connection.cursor().execute("SELECT SLEEP(0.05)")
    assert status(connection)["Slow_queries"] - before["Slow_queries"] == 1
    connection.close()
