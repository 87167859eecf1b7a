"""LOAD DATA LOCAL INFILE over the wire."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from executor.dml import bulk_rows, load_columns
from sqlnode.testing import serve_memory


@pytest.fixture(scope="module")
def connection() -> Iterator[pymysql.connections.Connection[Any]]:
    with serve_memory() as server:
        connection = pymysql.connect(
            host=server.host, port=server.port, user="root", database="test", local_infile=True, autocommit=True
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT NOT NULL, b VARCHAR(5), c DATE, UNIQUE KEY (a))"
            )
        yield connection
        connection.close()


def load(connection: pymysql.connections.Connection[Any], file: Path, rest: str) -> tuple[int, str, list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM t")
        try:
            count = cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' {rest}")
            message = (cursor._result.message or b"").decode().lstrip("\x00-\xff")
        except pymysql.err.MySQLError as error:
            count, message = -1, f"{error.args[0]}: {error.args[1]}"
        cursor.execute("SHOW WARNINGS")
        warnings = [row[1] for row in cursor.fetchall()]
    return count, message, warnings


def rows(connection: pymysql.connections.Connection[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, a, b, CAST(c AS CHAR) FROM t ORDER BY id")
        return list(cursor.fetchall())


def test_plain_lines(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "plain"
    file.write_bytes(b"1\t5\thello\t2020-01-01\n2\t6\t\\N\t2021-02-03\n")
    count, message, warnings = load(connection, file, "INTO TABLE t")
    assert (count, warnings) == (2, []) and message.endswith("Records: 2  Deleted: 0  Skipped: 0  Warnings: 0")
    assert rows(connection) == [(1, 5, "hello", "2020-01-01"), (2, 6, None, "2021-02-03")]


def test_columns_variables_and_set(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "csv"
    file.write_bytes(b'id,"x",y\r\n31,"a,b",7\r\n32,"q""q",8\r\n')
    rest = (
        "INTO TABLE t FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' LINES TERMINATED BY '\\r\\n' IGNORE 1 LINES"
        " (id, b, @y) SET a = @y * 10, c = '2000-01-01'"
    )
    assert load(connection, file, rest)[0] == 2
    assert rows(connection) == [(31, 70, "a,b", "2000-01-01"), (32, 80, 'q"q', "2000-01-01")]


def test_lines_that_do_not_fit(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "bad"
    file.write_bytes(
        b"1\t1\ttoolong\t2020-01-01\n2\t2\n3\t3\tc\t2020-01-01\tmore\n4\t1\td\t2020-01-01\nx\t\\N\te\tnot\n"
    )
    count, message, warnings = load(connection, file, "INTO TABLE t")
    assert count == 4 and message.endswith("Records: 5  Deleted: 0  Skipped: 1  Warnings: 8")
    assert sorted(warnings) == [1062, 1261, 1261, 1262, 1263, 1265, 1265, 1366]
    assert [row[:3] for row in rows(connection)][:3] == [(1, 1, "toolo"), (2, 2, None), (3, 3, "c")]


def test_replace(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "replace"
    file.write_bytes(b"1\t1\ta\t\\N\n2\t1\tb\t\\N\n")
    count, message, _ = load(connection, file, "REPLACE INTO TABLE t")
    assert count == 3 and message.endswith("Records: 2  Deleted: 1  Skipped: 0  Warnings: 0")
    assert rows(connection) == [(2, 1, "b", None)]


def test_many_lines_are_one_transaction(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "many"
    file.write_bytes(b"".join(b"%d\tn%d\n" % (number, number % 100) for number in range(1, 7001)) + b"5\tdup\n")
    count, message, warnings = load(connection, file, "IGNORE INTO TABLE t (a, b)")
    assert count == 7000 and warnings == [1062]
    count, message, _ = load(connection, file, "REPLACE INTO TABLE t (a, zz)")
    assert count == -1 and message.startswith("1054")
    assert rows(connection) == []


def test_other_charsets(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "latin"
    file.write_bytes("1\t1\té\t\\N\n".encode("latin-1"))
    assert load(connection, file, "INTO TABLE t CHARACTER SET latin1")[0] == 1
    assert rows(connection) == [(1, 1, "é", None)]


def test_quotes_and_missing_fields(connection: pymysql.connections.Connection[Any], tmp_path: Path) -> None:
    file = tmp_path / "quoted.csv"
    file.write_bytes(b'1,7,"a,b",2020-01-01\r\n2,8,"q""q",\'\\N\'\r\n3,"9","\\N","\\N"\r\n4\r\n')
    rest = "INTO TABLE t FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'{} LINES TERMINATED BY '\\r\\n'"
    count, _, warnings = load(connection, file, rest.format(""))
    assert (count, warnings) == (4, [1265, 1261, 1261, 1261])
    assert rows(connection) == [
        (1, 7, "a,b", "2020-01-01"),
        (2, 8, 'q"q', "0000-00-00"),
        (3, 9, None, None),
        (4, 0, None, None),
    ]
    count, _, warnings = load(connection, file, rest.format(" ESCAPED BY ''"))
    assert (count, warnings) == (4, [1265, 1265, 1261, 1261, 1261])
    assert rows(connection)[2] == (3, 9, "\\N", "0000-00-00")
    file.write_bytes(b'1,7,"a\r\n2,8,b,c')
    assert load(connection, file, rest.format(""))[0] == 1
    assert rows(connection) == [(1, 7, '"a\r\n2', None)]
    assert load(connection, file, "INTO TABLE t FIELDS ENCLOSED BY 'xy'")[1].startswith("1083: Field separator")


def test_a_short_line_leaves_null_only_where_it_is_the_default(
    connection: pymysql.connections.Connection[Any], tmp_path: Path
) -> None:
    file = tmp_path / "short"
    file.write_bytes(b"1\tx\t\\N\n2\ty\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE short (id INT, a VARCHAR(9), b VARCHAR(9) DEFAULT 'b', c INT, d INT NOT NULL DEFAULT 4)"
        )
        cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' INTO TABLE short")
        cursor.execute("SELECT * FROM short ORDER BY id")
        assert list(cursor.fetchall()) == [(1, "x", None, None, 0), (2, "y", "", None, 0)]


@pytest.fixture
def bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loads from a few rows on."""
    monkeypatch.setattr(bulk_rows, "LOAD_FROM_BYTES", 2_000)
    monkeypatch.setattr(load_columns, "BLOCK_BYTES", 1_000)


def in_bulk(kind: str, key: str, tmp_path: Path, lines: list[bytes], before: str = "") -> tuple[Any, str, list[Any]]:
    """(count or error, warnings, rows) of a LOAD DATA that goes the bulk way as far as it can."""
    file = tmp_path / "many"
    file.write_bytes(b"".join(lines))
    with serve_memory() as server:
        connection = pymysql.connect(
            host=server.host, port=server.port, user="root", database="test", local_infile=True, autocommit=True
        )
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE b (id INT, v VARCHAR(40){key})")
            if before:
                cursor.execute(before)
            try:
                answer: Any = cursor.execute(f"LOAD DATA LOCAL INFILE '{file}' {kind} INTO TABLE b")
            except pymysql.err.MySQLError as error:
                answer = error.args[0]
            cursor.execute("SHOW WARNINGS")
            warnings = sorted({str(row[1:]) for row in cursor.fetchall()})
            cursor.execute("SELECT * FROM b ORDER BY id, v")
            found = list(cursor.fetchall())
        connection.close()
    return answer, "".join(warnings), found


LINES = [b"%d\tvalue of %d\n" % (number, number) for number in range(1000)]
ROWS = [(number, f"value of {number}") for number in range(1000)]


@pytest.mark.usefixtures("bulk")
@pytest.mark.parametrize("key", [", PRIMARY KEY (id)", "", ", PRIMARY KEY (id, v)"])
def test_in_bulk(tmp_path: Path, key: str) -> None:
    assert in_bulk("", key, tmp_path, LINES) == (1000, "", ROWS)


@pytest.mark.usefixtures("bulk")
def test_in_bulk_in_any_order_with_other_rows(tmp_path: Path) -> None:
    lines = random.Random(5).sample(LINES, 1000)
    found = in_bulk("", ", PRIMARY KEY (id)", tmp_path, lines, "INSERT INTO b VALUES (1000, 'z'), (-1, 'a')")
    assert found == (1000, "", [(-1, "a"), *ROWS, (1000, "z")])


@pytest.mark.usefixtures("bulk")
@pytest.mark.parametrize("line", [b"500\ttwice\n", b"7\ttwice\n", b"990\ttwice\n"])
def test_in_bulk_with_a_duplicate(tmp_path: Path, line: bytes) -> None:
    number = int(line.split(b"\t")[0])
    lines = [*LINES[:700], line, *LINES[700:]]
    first = (number, "twice" if number > 700 else f"value of {number}")
    kept = [first if row[0] == number else row for row in ROWS]
    warning = f"(1062, \"Duplicate entry '{number}' for key 'b.PRIMARY'\")"
    assert in_bulk("", ", PRIMARY KEY (id)", tmp_path, lines) == (1000, warning, kept)
    last = (number, f"value of {number}" if number > 700 else "twice")
    kept = [last if row[0] == number else row for row in ROWS]
    assert in_bulk("REPLACE", ", PRIMARY KEY (id)", tmp_path, lines) == (1002, "", kept)


@pytest.mark.usefixtures("bulk")
def test_in_bulk_with_rows_that_are_there(tmp_path: Path) -> None:
    before = "INSERT INTO b VALUES (3, 'old'), (600, 'old')"
    kept = [(row[0], "old") if row[0] in (3, 600) else row for row in ROWS]
    count, warnings, found = in_bulk("", ", PRIMARY KEY (id)", tmp_path, LINES, before)
    assert (count, found, warnings.count("1062")) == (998, kept, 2)


@pytest.mark.usefixtures("bulk")
def test_in_bulk_with_lines_that_are_not_plain(tmp_path: Path) -> None:
    lines = [*LINES[:700], b"5000\tvalue\\tof\n", b"5001\n", *LINES[700:]]
    count, warnings, found = in_bulk("", ", PRIMARY KEY (id)", tmp_path, lines)
    assert (count, found) == (1002, [*ROWS, (5000, "value\tof"), (5001, None)])
    assert "1261" in warnings


@pytest.mark.usefixtures("bulk")
def test_insert_select_in_bulk() -> None:
    with serve_memory() as server:
        connection = pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(40))")
            cursor.execute("INSERT INTO a VALUES " + ",".join(f"({number}, 'value')" for number in range(1500)))
            cursor.execute("CREATE TABLE b LIKE a")
            assert cursor.execute("INSERT INTO b SELECT * FROM a") == 1500
            with pytest.raises(pymysql.err.IntegrityError, match="Duplicate entry '0' for key"):
                cursor.execute("INSERT INTO b SELECT * FROM a")
            assert cursor.execute("INSERT INTO b SELECT id + 1500, v FROM b") == 1500
            cursor.execute("SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id) FROM b WHERE v = 'value'")
            assert cursor.fetchall() == ((3000, 3000, 0, 2999),)
        connection.close()
