"""Statements that differ in literals only: a plan that was kept gives what a plan of the statement's own gives.

A comment keeps a text out of the cache, so each statement runs once with a kept plan (of whatever literals came before)
and once without, and rows, warnings and errors must be the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory

COLUMNS = (
    "id INT PRIMARY KEY, u BIGINT UNSIGNED, si SMALLINT, dt DATETIME, dt6 DATETIME(6), d DATE, ts TIMESTAMP NULL, tm TIME, "
    "tm3 TIME(3), y YEAR, m DECIMAL(10,2), f DOUBLE, s VARCHAR(20), sb VARCHAR(20) COLLATE utf8mb4_bin, "
    "l VARCHAR(20) CHARACTER SET latin1, e ENUM('a','b'), vb VARBINARY(8), bt BIT(8)"
)
KEYED = ("dt", "dt6", "d", "ts", "tm", "tm3", "y", "u", "si", "bt", "m", "s", "sb", "l", "e", "vb")
TIMES = (
    "'2024-01-01' '2024-01-02|10:00:00' '2024-01-02|10:00:00.5' '2024-1-2' '20240102' '2024-02-30' '2024-00-00' 'x' '' "
    "'2024-01-02T10:00:00' '2024-01-02|10:00' '10:00:00' '2024-01-02|10:00:00+02:00' 20240102 20240102100000 5 0 '0000-00-00' "
    "'9999-12-31|23:59:59.999999' '2024-03-31|02:30:00' '24-01-02' '|2024-01-02' '2024-01-02|' 1.5 '2024-01-02|25:00:00'"
)
DURATIONS = (
    "'10:00:00' '01:00:00' '10:00' '1' '838:59:59' '900:00:00' '-01:00:00' '01:00:00.5' "
    "100000 'x' '1|10:00:00' 10 1.5 '799:00:00'"
)
NUMBERS = (
    "'5' 5 '5.5' 5.5 '5x' '' '|5' '-5' '005' '18446744073709551615' '99999999999999999999' '9223372036854775808' "
    "18446744073709551615 9223372036854775808 -5 5e0 '5e0' 70 '70' 2005 '2005' 99 100 '99' 0 '0' 1"
)
TEXTS = "'s1' 'S1' 's%' '%1' '_1' '' 'ä' '€' 1 1.5 's1|' 'a' 'b' 1e0 's\\\\_' 'l1' 'L1' '1%'"
LITERALS = {
    **dict.fromkeys(("dt", "dt6", "d", "ts"), TIMES),
    **dict.fromkeys(("tm", "tm3"), DURATIONS),
    **dict.fromkeys(("y", "id", "u", "si", "bt", "m"), NUMBERS),
    **dict.fromkeys(("s", "sb", "l", "e", "vb"), TEXTS),
}
FORMS = (
    "{c} = {0}", "{c} > {0}", "{c} <= {0}", "{c} <> {0}", "{c} <=> {0}", "{c} IN ({0}, {1})", "{c} BETWEEN {0} AND {1}",
    "{c} NOT IN ({0})", "{c} LIKE {0}", "NOT {c} < {0}", "{c} + 1 > {0}", "{c} > u + {0}", "{c} = si - {0}", "{c} - {0} < {1}",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        cursor = connect(running).cursor()
        cursor.execute(f"CREATE TABLE plain ({COLUMNS})")
        cursor.execute(f"CREATE TABLE keyed ({COLUMNS}, {', '.join(f'KEY ({name})' for name in KEYED)})")
        for i in range(1, 10):
            day = f"'2024-01-{i:02}"
            cursor.execute(
                f"INSERT INTO plain VALUES ({i}, {i}, {i + 60}, {day} 10:00:00', {day} 10:00:00.5', {day}', {day} 10:00:00', "
                f"'0{i}:00:00', '0{i}:00:00.5', {1998 + i}, {i}.5, {i}, 's{i}', 's{i}', 'l{i}', 'a', 's{i}', {i})"
            )
        cursor.execute("INSERT INTO plain (id) VALUES (70)")
        cursor.execute(
            "INSERT INTO plain VALUES (71, 70, 5, '2024-03-31 02:30:00', '2024-03-31 02:30:00', '2024-03-31', "
            "'2024-03-31 04:30:00', '-01:00:00', '10:00:00', 2070, 5.5, 5.5, 'ä', '€', 'ä', 'b', '%1', 5)"
        )
        cursor.execute("INSERT INTO keyed SELECT * FROM plain")
        yield running


def connect(server: RunningServer) -> pymysql.connections.Connection:
    return pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)


def outcome(cursor: pymysql.cursors.Cursor, text: str) -> object:
    try:
        cursor.execute(text)
        rows = sorted(map(repr, cursor.fetchall()))
        cursor.execute("SHOW WARNINGS")
        return rows, sorted(set(cursor.fetchall()))
    except pymysql.err.MySQLError as error:
        return error.args


@pytest.mark.parametrize(
    "settings", ["", "sql_mode = '', time_zone = 'Europe/Berlin'", "sql_mode = 'ALLOW_INVALID_DATES'"]
)
@pytest.mark.parametrize("table", ["plain", "keyed"])
def test_kept_plans_mean_the_same(table: str, settings: str, server: RunningServer) -> None:
    connection = connect(server)
    cursor = connection.cursor()
    if settings:
        cursor.execute("SET " + settings)
    choose = random.Random(f"{table} {settings}")
    for _ in range(45):
        column, form = choose.choice(list(LITERALS)), choose.choice(FORMS)
        literals = [literal.replace("|", " ") for literal in LITERALS[column].split(" ")]
        for _ in range(8):
            condition = form.format(choose.choice(literals), choose.choice(literals), c=column)
            kept = outcome(cursor, f"SELECT id FROM {table} WHERE {condition}")
            own = outcome(cursor, f"SELECT id FROM {table} WHERE /* own */ {condition}")
            assert kept == own, condition
    connection.close()


def test_changes_with_kept_plans(server: RunningServer) -> None:
    connection = connect(server)
    cursor = connection.cursor()
    cursor.execute(
        "CREATE TABLE account (id INT PRIMARY KEY, balance DECIMAL(10,2) NOT NULL, n TINYINT UNSIGNED NOT NULL, d DATE)"
    )
    cursor.execute("INSERT INTO account VALUES (1, 100, 1, '2024-01-01'), (2, 100, 1, '2024-01-02')")
    for amount in ("30", "0.25", "1e1", "'5'"):
        cursor.execute(f"UPDATE account SET balance = balance - {amount} WHERE id = 1")
    for amount in (1, 2, 3):
        cursor.execute(f"UPDATE account SET n = n + {amount} WHERE d = '2024-01-0{amount}'")
    cursor.execute("SELECT balance, n FROM account")
    assert cursor.fetchall() == ((Decimal("54.75"), 2), (Decimal("100.00"), 3))
    for amount in (2, 9):
        with pytest.raises(pymysql.err.MySQLError) as caught:
            cursor.execute(f"UPDATE account SET n = n - {amount} - 9 WHERE id = 1")
        assert caught.value.args[0] == 1690
        assert f"- {amount}" in caught.value.args[1]
    connection.close()


def test_prepared_statements_with_texts_for_times_and_numbers(server: RunningServer) -> None:
    connection = connect(server)
    cursor = connection.cursor()
    cursor.execute("PREPARE p FROM 'SELECT id FROM keyed WHERE d = ? AND id = ?'")
    found = []
    for day, number in (
        ("2024-01-01", "1"),
        ("2024-01-02", "2"),
        ("20240103", "3.0"),
        ("2024-1-4", "4"),
        ("2024-01-05", "5"),
    ):
        cursor.execute("SET @day = %s, @number = %s", (day, number))
        cursor.execute("EXECUTE p USING @day, @number")
        found += [row[0] for row in cursor.fetchall()]
    assert found == [1, 2, 3, 4, 5]
    cursor.execute("SET @day = '2024-02-30'")
    with pytest.raises(pymysql.err.MySQLError) as caught:
        cursor.execute("EXECUTE p USING @day, @number")
    assert caught.value.args[0] == 1525
    connection.close()
