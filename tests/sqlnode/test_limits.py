"""Statements at and beyond MySQL's limits: an error that names the limit, and the connection goes on."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory


def named(length: int) -> str:
    return "n" * length


def listed(form: str, count: int, separator: str = ", ") -> str:
    return separator.join(form.format(number) for number in range(count))


DEEP = 3000
LIMITS: list[tuple[str, str | bytes, int]] = [
    ("parentheses", "SELECT " + "(" * DEEP + "1" + ")" * DEEP, 1436),
    ("subqueries", "SELECT " + "(SELECT " * 60 + "1" + ")" * 60, 0),
    ("deep subqueries", "SELECT " + "(SELECT " * DEEP + "1" + ")" * DEEP, 1436),
    ("derived tables", "SELECT * FROM " + "(SELECT * FROM " * DEEP + "one" + listed(") x{}", DEEP, ""), 1436),
    ("cases", "SELECT " + "CASE WHEN 1 THEN " * DEEP + "1" + " END" * DEEP, 1436),
    ("calls", "SELECT " + "ABS(" * DEEP + "1" + ")" * DEEP, 1436),
    ("nots", "SELECT " + "NOT " * 10 * DEEP + "1", 1436),
    ("a sum", "SELECT " + listed("{}", 1000, " + "), 0),
    ("differences", "SELECT a" + listed(" - {}", 1000, "") + " FROM one", 0),
    ("a condition on a sum", "SELECT a FROM one WHERE a" + " + a" * 500 + " > 0", 0),
    ("sums of sums", "SELECT SUM(a" + " + a" * 500 + ") FROM one GROUP BY a" + " + a" * 500, 0),
    ("cases beside each other", "SELECT " + listed("CASE a WHEN {} THEN 1 END", 1000) + " FROM one", 0),
    ("a default", "CREATE TABLE q (a INT DEFAULT (" + "(" * DEEP + "1" + ")" * DEEP + "))", 1436),
    ("a pattern", "SELECT 'a' REGEXP '" + "(" * DEEP + "a" + ")" * DEEP + "'", 3698),
    ("OR of many", "SELECT COUNT(*) FROM one WHERE a = 0" + listed(" OR a = {}", 2000, ""), 0),
    ("IN of many", "SELECT COUNT(*) FROM one WHERE a IN (" + listed("{}", 20000) + ")", 0),
    ("many rows", "INSERT INTO many VALUES " + listed("({})", 50000), 0),
    ("a long string", "SELECT LENGTH('" + "x" * (16 << 20) + "')", 0),
    ("a long number", "SELECT " + "9" * 100000, 0),
    ("a long fraction", "SELECT 0." + "9" * 100000, 0),
    ("a long exponent", "SELECT 1e" + "9" * 1000, 1367),
    ("61 tables", "SELECT COUNT(*) FROM " + listed("one t{}", 61), 0),
    ("62 tables", "SELECT COUNT(*) FROM " + listed("one t{}", 62), 1116),
    ("61 outer joins", "SELECT 1 FROM one t" + listed(" LEFT JOIN one t{0} ON t{0}.a = t.a", 60, ""), 0),
    ("1000 columns", "CREATE TABLE wide (" + listed("c{} INT", 1000) + ")", 0),
    ("1000 values", "INSERT INTO wide VALUES (" + listed("{}", 1000) + ")", 0),
    ("4097 columns", "CREATE TABLE q (" + listed("c{} INT", 4097) + ")", 1117),
    ("16 key parts", "CREATE TABLE parts (" + listed("c{} INT", 16) + ", KEY (" + listed("c{}", 16) + "))", 0),
    ("17 key parts", "CREATE TABLE q (" + listed("c{} INT", 17) + ", KEY (" + listed("c{}", 17) + "))", 1070),
    ("a long key", "CREATE TABLE q (a VARCHAR(769), KEY (a))", 1071),
    ("64 keys", "CREATE TABLE keys64 (a INT, " + listed("KEY k{} (a)", 64) + ")", 0),
    ("one key more", "CREATE INDEX more ON keys64 (a)", 1069),
    ("a long row", "CREATE TABLE q (a VARCHAR(16000), b VARCHAR(16000))", 1118),
    ("a long column", "CREATE TABLE q (a VARCHAR(16384))", 1074),
    ("a name of 64", f"CREATE TABLE {named(64)} (a INT)", 0),
    ("a table's name", f"CREATE TABLE {named(65)} (a INT)", 1059),
    ("a column's name", f"CREATE TABLE q ({named(65)} INT)", 1059),
    ("a key's name", f"CREATE TABLE q (a INT, KEY {named(65)} (a))", 1059),
    ("a database's name", f"CREATE DATABASE {named(65)}", 1059),
    ("a comment", f"CREATE TABLE q (a INT COMMENT '{named(1025)}')", 1629),
    ("a table's comment", f"CREATE TABLE q (a INT) COMMENT '{named(2049)}'", 1628),
    ("odd names", "CREATE TABLE `we``ird \"ta'ble` (`ü col` INT, `日本` INT)", 0),
    ("names in use", "INSERT INTO `we``ird \"ta'ble` (`ü col`, `日本`) VALUES (1, 2)", 0),
    ("a name beyond the plane", "CREATE TABLE `a\U0001f600` (a INT)", 1300),
    ("a name with NUL", b"CREATE TABLE `a\0b` (a INT)", 1300),
    ("a name that is no text", b"CREATE TABLE `a\xff` (a INT)", 1300),
    ("a value that is no text", b"INSERT INTO texts VALUES ('a\xffb')", 1366),
    ("four bytes", "INSERT INTO texts VALUES ('\U0001f600')", 0),
    ("NUL in a string", b"SELECT 'a\0b'", 0),
    ("NUL outside", b"SELECT \0 1", 1064),
    ("nothing", "", 1065),
    ("a comment alone", "/* x */ -- y", 1065),
    ("semicolons", ";;", 1065),
    ("an open string", "SELECT 'abc", 1064),
    ("an open name", "SELECT `abc", 1064),
    ("an open comment", "SELECT 1 /* abc", 1064),
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


@pytest.fixture(scope="module")
def connection(server: RunningServer) -> Iterator[pymysql.connections.Connection]:
    found = connect(server)
    for text in ("one (a INT PRIMARY KEY)", "many (a INT PRIMARY KEY)", "texts (t VARCHAR(10))"):
        found.cursor().execute("CREATE TABLE " + text)
    found.cursor().execute("INSERT INTO one VALUES (1)")
    yield found
    found.close()


def connect(server: RunningServer) -> pymysql.connections.Connection:
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user="root",
        database="test",
        autocommit=True,
        read_timeout=60,
        client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
    )


def code_of(connection: pymysql.connections.Connection, text: str | bytes) -> int:
    try:
        connection.cursor().execute(text)
    except pymysql.err.MySQLError as error:
        return int(error.args[0])
    return 0


@pytest.mark.parametrize("what, text, wanted", LIMITS, ids=[row[0] for row in LIMITS])
def test_limits(what: str, text: str | bytes, wanted: int, connection: pymysql.connections.Connection) -> None:
    assert code_of(connection, text) == wanted
    assert code_of(connection, "SELECT 1") == 0


def test_packets_beyond_max_allowed_packet_end_the_connection(server: RunningServer) -> None:
    connection = connect(server)
    assert code_of(connection, "SELECT LENGTH('" + "x" * (65 << 20) + "')") in (1153, 2006, 2013)
    connection.close()
    connect(server).close()


def test_prepared_statements_are_counted_over_all_sessions(server: RunningServer) -> None:
    first, second = connect(server), connect(server)
    first.cursor().execute("SET GLOBAL max_prepared_stmt_count = 2")
    assert [code_of(first, f"PREPARE a{number} FROM 'SELECT 1'") for number in range(2)] == [0, 0]
    assert code_of(second, "PREPARE b FROM 'SELECT 1'") == 1461
    assert code_of(first, "DEALLOCATE PREPARE a0") == 0
    assert code_of(second, "PREPARE b FROM 'SELECT 1'") == 0
    first.cursor().execute("SET GLOBAL max_prepared_stmt_count = 16382")
    first.close()
    second.close()


def test_long_texts_leave_nothing_behind(server: RunningServer) -> None:
    """The tree of a text refers to itself, and has too few objects for the cycle collector to care."""
    connection = connect(server)
    gc.collect()
    gc.disable()
    try:
        for number in range(20):
            assert code_of(connection, f"SELECT '{number}{'x' * (4 << 20)}' IS NULL") == 0
        trees = [one for one in gc.get_objects() if type(one).__name__ == "Literal" and len(one.this) > 1 << 20]
    finally:
        gc.enable()
    assert len(trees) < 12
    connection.close()


def test_no_name_of_a_database(server: RunningServer) -> None:
    connection = connect(server)
    with pytest.raises(pymysql.err.OperationalError) as caught:
        connection.select_db("")
    assert caught.value.args[0] == 1046
    connection.close()


def test_prepared_statements_have_65535_parameters(server: RunningServer) -> None:
    connection = connect(server)
    connection.cursor().execute("SET @fits = CONCAT('DO 1 IN (?', REPEAT(',?', 65534), ')')")
    connection.cursor().execute("SET @more = CONCAT('DO 1 IN (?', REPEAT(',?', 65535), ')')")
    assert code_of(connection, "PREPARE fits FROM @fits") == 0
    assert code_of(connection, "PREPARE more FROM @more") == 1390
    connection.close()


def test_errors_after_rows_end_the_result(server: RunningServer) -> None:
    """The error comes in place of the rest; the connection goes on, and statements behind it in the text do not run."""
    connection = connect(server)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE rows_then (a INT PRIMARY KEY, s VARCHAR(200))")
    values = ", ".join(f"({number}, REPEAT('x', 200))" for number in range(20000))
    cursor.execute("INSERT INTO rows_then VALUES " + values)
    text = "SELECT a, s, EXP(a - 19000 + 1) FROM rows_then"
    assert code_of(connection, text) == 1690
    assert code_of(connection, f"{text}; CREATE TABLE never (a INT)") == 1690
    assert code_of(connection, "SELECT 1 FROM never") == 1146
    cursor.execute(f"PREPARE p FROM '{text}'")
    assert code_of(connection, "EXECUTE p") == 1690
    streaming = connection.cursor(pymysql.cursors.SSCursor)
    with pytest.raises(pymysql.err.MySQLError) as caught:
        streaming.execute(text)
        while streaming.fetchone() is not None:
            pass
    assert caught.value.args[0] == 1690
    assert code_of(connection, "SELECT COUNT(*) FROM rows_then") == 0
    assert code_of(connection, text) == 1690
    cursor.execute("SHOW ERRORS")
    assert [row[1] for row in cursor.fetchall()] == [1690]
    connection.close()


def test_idle_connections_end(server: RunningServer) -> None:
    import time

    connection = connect(server)
    connection.cursor().execute("SET wait_timeout = 1")
    time.sleep(3.2)
    assert code_of(connection, "SELECT 1") in (4031, 2006, 2013)
    connection.close()
