"""Drivers with their defaults against a whole server: values of every type, both protocols, and what pools do."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from decimal import Decimal
from pathlib import Path

import aiomysql
import mysql.connector
import pymysql
import pytest

from sqlnode.testing import RunningServer, sqlnode_server

__all__ = ["sqlnode_server"]

TYPES = {
    "ti": ("TINYINT", -128),
    "tu": ("TINYINT UNSIGNED", 255),
    "flag": ("TINYINT(1)", 1),
    "si": ("SMALLINT", -32768),
    "mi": ("MEDIUMINT", 8388607),
    "i": ("INT", -2147483648),
    "iu": ("INT UNSIGNED", 4294967295),
    "bi": ("BIGINT", -9223372036854775808),
    "bu": ("BIGINT UNSIGNED", 18446744073709551615),
    "d": ("DECIMAL(10,2)", Decimal("-12345678.90")),
    "dd": ("DECIMAL(65,30)", Decimal("12345678901234567890123456789012345.123456789012345678901234567891")),
    "f": ("FLOAT", 1.5),
    "db": ("DOUBLE", 0.1),
    "c": ("CHAR(10)", "char é"),
    "v": ("VARCHAR(200)", "varchar 😀" * 20),
    "t": ("TEXT", "text " * 100),
    "b": ("BINARY(4)", b"\x00\xff\x01\x02"),
    "vb": ("VARBINARY(10)", b"\x00\xff"),
    "bl": ("BLOB", bytes(range(256)) * 2),
    "da": ("DATE", datetime.date(2024, 2, 29)),
    "dt": ("DATETIME", datetime.datetime(2024, 2, 29, 23, 59, 58)),
    "dt6": ("DATETIME(6)", datetime.datetime(2024, 2, 29, 23, 59, 58, 123456)),
    "ts": ("TIMESTAMP(3) NULL", datetime.datetime(2024, 7, 1, 12, 0, 0, 500000)),
    "tm": ("TIME", datetime.timedelta(hours=-838, minutes=-59, seconds=-59)),
    "tm6": ("TIME(6)", datetime.timedelta(hours=1, microseconds=5)),
    "y": ("YEAR", 2024),
    "e": ("ENUM('small','large')", "large"),
}


def url(server: RunningServer) -> dict[str, object]:
    return {"host": server.host, "port": server.port, "user": server.user, "database": server.database}


@pytest.fixture(scope="module")
def table(sqlnode_server: RunningServer) -> RunningServer:
    """The server with a table that has every type, one full row and one of NULLs."""
    with pymysql.connect(**url(sqlnode_server)) as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        columns = ", ".join(f"`{name}` {kind}" for name, (kind, _) in TYPES.items())
        cursor.execute(f"CREATE TABLE every (id INT PRIMARY KEY AUTO_INCREMENT, {columns})")
        names = ", ".join(f"`{name}`" for name in TYPES)
        marks = ", ".join(["%s"] * len(TYPES))
        cursor.execute(f"INSERT INTO every ({names}) VALUES ({marks})", [value for _, value in TYPES.values()])
        cursor.execute("INSERT INTO every () VALUES ()")
        assert cursor.lastrowid == 2
        connection.commit()
    return sqlnode_server


NOT_READ = ("y", "tm")
"""What mysql-connector-python's binary protocol gets wrong: YEAR, and TIME below zero (in both directions)."""

EXPECTED = [(1, *[value for _, value in TYPES.values()]), (2, *[None] * len(TYPES))]


@pytest.mark.parametrize("where", ["", " WHERE id = 1", " WHERE id IN (1, 2)", " WHERE id + 0 = 1"])
def test_every_type_through_both_protocols(table: RunningServer, where: str) -> None:
    expected = EXPECTED if where in ("", " WHERE id IN (1, 2)") else EXPECTED[:1]
    text = f"SELECT * FROM every{where}"
    with pymysql.connect(**url(table)) as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        cursor.execute(text)
        assert sorted(cursor.fetchall()) == expected
    connector = mysql.connector.connect(**url(table), use_pure=True)
    plain = connector.cursor()
    plain.execute(text)
    assert sorted(plain.fetchall()) == expected
    prepared = connector.cursor(prepared=True)
    names = ["id", *[name for name in TYPES if name not in NOT_READ]]
    places = [index for index, name in enumerate(["id", *TYPES]) if name in names]
    for _ in range(3):
        prepared.execute(f"SELECT {', '.join(f'`{name}`' for name in names)} FROM every{where}")
        assert sorted(prepared.fetchall()) == [tuple(row[place] for place in places) for row in expected]
    connector.close()


def test_every_type_as_a_parameter(table: RunningServer) -> None:
    connector = mysql.connector.connect(**url(table), use_pure=True, autocommit=True)
    sent = [name for name in TYPES if name != "tm"]
    names = ", ".join(f"`{name}`" for name in sent)
    prepared = connector.cursor(prepared=True)
    prepared.execute("CREATE TABLE again LIKE every")
    values = [TYPES[name][1] for name in sent]
    prepared.execute(f"INSERT INTO again ({names}) VALUES ({', '.join(['%s'] * len(values))})", values)
    plain = connector.cursor()
    plain.execute(f"SELECT id, {names} FROM again")
    (row,) = plain.fetchall()
    assert {name: value for name, value in zip(sent, row[1:]) if value != TYPES[name][1]} == {}
    connector.close()


def test_time_zones_of_timestamps(table: RunningServer) -> None:
    with pymysql.connect(**url(table)) as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        cursor.execute("SET time_zone = '+00:00'")
        for text in ("SELECT ts FROM every WHERE id = 1", "SELECT ts FROM every WHERE ts IS NOT NULL"):
            cursor.execute(text)
            ((before,),) = cursor.fetchall()
            cursor.execute("SET time_zone = '+05:30'")
            cursor.execute(text)
            assert cursor.fetchall() == ((before + datetime.timedelta(hours=5, minutes=30),),)
            cursor.execute("SET time_zone = '+00:00'")


def test_several_results_and_warnings(table: RunningServer) -> None:
    connection = mysql.connector.connect(**url(table), use_pure=True)
    cursor = connection.cursor()
    cursor.execute("SELECT 1; SET @x = 5; SELECT @x")
    found = [cursor.fetchall() if cursor.with_rows else None]
    while cursor.nextset():
        found.append(cursor.fetchall() if cursor.with_rows else None)
    assert [rows for rows in found if rows is not None] == [[(1,)], [(5,)]]
    cursor.execute("DROP TABLE IF EXISTS missing")
    assert cursor.warning_count == 1
    connection.close()


def test_pools(table: RunningServer) -> None:
    connection = mysql.connector.connect(**url(table), use_pure=True)
    cursor = connection.cursor()
    cursor.execute("SET @x = 1, SESSION sql_mode = ''")
    connection.cmd_reset_connection()
    cursor.execute("SELECT @x, @@sql_mode <> '', DATABASE()")
    assert cursor.fetchall() == [(None, 1, "test")]
    connection.ping()
    connection.database = "mysql"
    assert connection.database == "mysql"
    connection.cmd_change_user("root", "", "test")
    assert connection.database == "test"
    connection.close()


def test_kill_query(table: RunningServer) -> None:
    victim = pymysql.connect(**url(table))  # type: ignore[call-overload]
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            with victim.cursor() as cursor:
                cursor.execute("SELECT SLEEP(20) FROM every")
        except pymysql.err.Error as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    started = time.monotonic()
    thread.start()
    time.sleep(0.2)
    with pymysql.connect(**url(table)) as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        cursor.execute(f"KILL QUERY {victim.thread_id()}")
    thread.join(10)
    assert time.monotonic() - started < 5
    assert [error.args[0] for error in failures] in ([1317], [])
    with victim.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == ((1,),)
    victim.close()


def test_local_infile(table: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1,one\n2,two\n" + "".join(f"{n},row {n}\n" for n in range(3, 2000)))
    with pymysql.connect(**url(table), local_infile=True) as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        cursor.execute("CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(20))")
        cursor.execute("SET GLOBAL local_infile = 1")
        cursor.execute(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE loaded FIELDS TERMINATED BY ','")
        assert cursor.rowcount == 1999
        cursor.execute("SELECT COUNT(*), MAX(name) FROM loaded")
        assert cursor.fetchall() == ((1999, "two"),)
        connection.commit()


def test_aiomysql(table: RunningServer) -> None:
    async def run() -> None:
        pool = await aiomysql.create_pool(
            host=table.host, port=table.port, user="root", db="test", minsize=3, maxsize=5, autocommit=True
        )

        async def one(number: int) -> object:
            async with pool.acquire() as connection, connection.cursor() as cursor:
                await cursor.execute("SELECT %s + id FROM every WHERE id = 1", (number,))
                return (await cursor.fetchone())[0]

        assert await asyncio.gather(*[one(n) for n in range(20)]) == [n + 1 for n in range(20)]
        async with pool.acquire() as connection, connection.cursor(aiomysql.SSCursor) as cursor:
            await cursor.execute("SELECT id FROM every ORDER BY id")
            assert await cursor.fetchall() == [(1,), (2,)]
        pool.close()
        await pool.wait_closed()

    asyncio.run(run())


def test_other_character_sets(table: RunningServer) -> None:
    with pymysql.connect(**url(table), charset="latin1") as connection, connection.cursor() as cursor:  # type: ignore[call-overload]
        cursor.execute("SELECT 'é', c, @@character_set_client FROM every WHERE id = 1")
        assert cursor.fetchall() == (("é", "char é", "latin1"),)
        cursor.execute("SELECT HEX('é'), HEX(CONVERT('é' USING utf8mb4))")
        assert cursor.fetchall() == (("E9", "C3A9"),)
