"""PyMySQL, mysql-connector-python (pure and with its C extension) and aiomysql as an application uses them: with a password
account, with TLS and without, executemany, large values, metadata calls, warnings. Values of every type and the
authentication plugins are in tests/sqlnode."""

from __future__ import annotations

import asyncio
import datetime
import gc
import ssl
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiomysql
import mysql.connector
import mysql.connector.pooling
import pymysql
import pytest

from sqlnode.testing import RunningServer

HAVE_C_EXTENSION = mysql.connector.pooling.CMySQLConnection is not None
HOW = ("pymysql", "connector", *(("connector-c",) if HAVE_C_EXTENSION else ()))


def test_with_the_c_extension() -> None:
    """The extension brings an OpenSSL of its own, which must be loaded before Python's: these tests in a process that does."""
    if HAVE_C_EXTENSION:
        return  # It is loaded here, so that the tests below use it.
    script = "import _mysql_connector, sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    arguments = ["-q", "-p", "no:cacheprovider", "-n0", "-k", "connector-c or prepared", __file__]
    found = subprocess.run([sys.executable, "-c", "import _mysql_connector"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("mysql-connector-python came without its C extension")
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=180, check=False
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]


@pytest.fixture(scope="module")
def account(chinook: RunningServer) -> RunningServer:
    """A password account that may do everything in a database of its own, and read Chinook."""
    with (
        pymysql.connect(host=chinook.host, port=chinook.port, user="root") as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("CREATE DATABASE driven")
        cursor.execute("CREATE USER 'driver'@'%' IDENTIFIED BY 'correct horse'")
        cursor.execute("GRANT ALL ON driven.* TO 'driver'@'%'")
        cursor.execute("GRANT SELECT ON Chinook.* TO 'driver'@'%'")
        cursor.execute("SET GLOBAL local_infile = 1")
    found = RunningServer(chinook.host, chinook.port, "driver", "correct horse", "driven")
    # Without TLS the connectors refuse the full exchange; the short one follows it.
    connect(found, "connector", tls=True).close()
    return found


def connect(server: RunningServer, how: str, tls: bool, **options: Any) -> Any:
    """A connection of one of the drivers."""
    common = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": server.database,
    }
    if how == "pymysql":
        secure: dict[str, Any] = {"ssl": {"check_hostname": False}} if tls else {"ssl_disabled": True}
        return pymysql.connect(**common, **secure, **options)  # type: ignore[call-overload]
    return mysql.connector.connect(**common, ssl_disabled=not tls, use_pure=how == "connector", **options)


@pytest.fixture(
    params=[(how, tls) for how in HOW for tls in (False, True)], ids=lambda p: f"{p[0]}-{'tls' if p[1] else 'plain'}"
)
def connection(account: RunningServer, request: pytest.FixtureRequest) -> Iterator[Any]:
    how, tls = request.param
    made = connect(account, how, tls, autocommit=True)
    yield made
    made.close()


def rows(connection: Any, text: str, *arguments: Any) -> list[tuple[Any, ...]]:
    cursor = connection.cursor()
    cursor.execute(text, *arguments)
    found = list(cursor.fetchall()) if cursor.description is not None else []
    cursor.close()
    return found


def test_secure_or_not(connection: Any, request: pytest.FixtureRequest) -> None:
    ((_, cipher),) = rows(connection, "SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    assert bool(cipher) == ("tls" in request.node.callspec.id)
    assert rows(connection, "SELECT CURRENT_USER()") == [("driver@%",)]
    with pytest.raises((pymysql.err.MySQLError, mysql.connector.Error)) as caught:
        rows(connection, "DELETE FROM Chinook.Genre")
    assert caught.value.args[0] == 1142


def test_executemany_and_transactions(connection: Any) -> None:
    rows(connection, "DROP TABLE IF EXISTS many")
    rows(
        connection,
        "CREATE TABLE many (id INT PRIMARY KEY AUTO_INCREMENT, n DECIMAL(8,2), s VARCHAR(30), d DATE, UNIQUE KEY (s))",
    )
    cursor = connection.cursor()
    data = [(Decimal(n) / 4, f"it's {n}% \\ 'größe'", datetime.date(2024, 1, 1 + n % 28)) for n in range(1000)]
    cursor.executemany("INSERT INTO many (n, s, d) VALUES (%s, %s, %s)", data)
    assert cursor.rowcount == 1000
    assert cursor.lastrowid in (1, 1000)
    assert rows(connection, "SELECT n, s, d FROM many ORDER BY id") == data
    upserts = [(1, f"it's {n}% \\ 'größe'") for n in range(3)]
    cursor.executemany("INSERT INTO many (n, s) VALUES (%s, %s) ON DUPLICATE KEY UPDATE n = VALUES(n)", upserts)
    cursor.executemany("UPDATE many SET n = n + %s WHERE id = %s", [(1, 1), (2, 2)])
    cursor.executemany("DELETE FROM many WHERE id = %s", [(n,) for n in range(10, 20)])
    cursor.close()
    assert rows(connection, "SELECT COUNT(*), SUM(id <= 2 AND n IN (2, 3)) FROM many") == [(990, 2)]
    turn_off = connection.autocommit
    turn_off(False) if callable(turn_off) else setattr(connection, "autocommit", False)
    rows(connection, "DELETE FROM many")
    connection.rollback()
    assert rows(connection, "SELECT COUNT(*) FROM many") == [(990,)]
    rows(connection, "DELETE FROM many WHERE id > 5")
    connection.commit()
    assert rows(connection, "SELECT COUNT(*) FROM many") == [(5,)]


def test_large_values(connection: Any) -> None:
    rows(connection, "CREATE TABLE IF NOT EXISTS large (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT)")
    several_packets = isinstance(
        connection, pymysql.connections.Connection
    )  # the connectors take very long to escape it
    data, text = bytes(range(256)) * (17 << 12 if several_packets else 4000), "größe 😀 " * 10_000
    rows(connection, "REPLACE INTO large VALUES (1, %s, %s)", (data, text))
    ((found, found_text, length),) = rows(connection, "SELECT b, t, LENGTH(b) FROM large WHERE id = 1")
    assert (found == data, found_text == text, length) == (True, True, len(data))


def test_prepared(account: RunningServer) -> None:
    for how in HOW[1:]:
        connection = connect(account, how, tls=how == "connector")
        connection.autocommit = True
        plain = connection.cursor()
        plain.execute("DROP TABLE IF EXISTS prepared")
        plain.execute(
            "CREATE TABLE prepared (id INT PRIMARY KEY, d DECIMAL(10,3), s VARCHAR(50), b LONGBLOB, at DATETIME(6), f DOUBLE)"
        )
        cursor = connection.cursor(prepared=True)
        moment = datetime.datetime(2024, 2, 29, 1, 2, 3, 456789)
        data = [(n, Decimal(n) / 8, f"größe {n}", bytes([n, 0, 255]), moment, n / 8) for n in range(20)] + [
            (99, *[None] * 5)
        ]
        cursor.executemany("INSERT INTO prepared VALUES (%s, %s, %s, %s, %s, %s)", data)
        cursor.execute("SELECT * FROM prepared WHERE id >= %s AND id < %s ORDER BY id LIMIT 50", (0, 100))
        assert cursor.fetchall() == data
        large = bytes(range(256)) * 10_000
        cursor.execute("UPDATE prepared SET b = %s, s = NULL WHERE id = %s", (large, 1))
        plain.execute("SELECT LENGTH(b), s FROM prepared WHERE id = 1")
        assert plain.fetchall() == [(len(large), None)]
        with pytest.raises(mysql.connector.Error) as caught:
            cursor.execute("SELECT * FROM no_such_table WHERE id = %s", (1,))
        assert caught.value.errno == 1146
        connection.close()


def test_stored_programs_are_refused(connection: Any) -> None:
    cursor = connection.cursor()
    with pytest.raises((pymysql.err.MySQLError, mysql.connector.Error)) as caught:
        cursor.callproc("missing", (1, 2))
    assert caught.value.args[0] == 1305
    assert rows(connection, "SELECT 1") == [(1,)]


def test_warnings(connection: Any) -> None:
    rows(connection, "SET sql_mode = ''")
    rows(connection, "CREATE TABLE IF NOT EXISTS noted (id INT, s CHAR(3))")
    rows(connection, "SHOW WARNINGS")
    cursor = connection.cursor()
    cursor.execute("INSERT INTO noted VALUES ('12x', 'too long'), (1, 'ok')")
    assert cursor.rowcount == 2
    cursor.execute("SHOW WARNINGS")
    assert list(cursor.fetchall()) == [
        ("Warning", 1265, "Data truncated for column 'id' at row 1"),
        ("Warning", 1265, "Data truncated for column 's' at row 1"),
    ]
    cursor.execute("SELECT 1")
    cursor.fetchall()
    assert rows(connection, "SHOW WARNINGS") == []


def test_schema_through_metadata(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT InvoiceId, InvoiceDate, Total, BillingCity, Total * 2 AS twice FROM Chinook.Invoice WHERE InvoiceId = 1"
    )
    described = [(column[0], column[1]) for column in cursor.description]
    assert described == [("InvoiceId", 3), ("InvoiceDate", 12), ("Total", 246), ("BillingCity", 253), ("twice", 246)]
    assert [type(value) for value in cursor.fetchone()] == [int, datetime.datetime, Decimal, str, Decimal]
    cursor.close()
    found = rows(
        connection,
        "SELECT column_name, data_type, is_nullable, column_key FROM information_schema.columns WHERE table_schema = %s "
        "AND table_name = %s ORDER BY ordinal_position LIMIT 3",
        ("Chinook", "Invoice"),
    )
    assert found == [
        ("InvoiceId", "int", "NO", "PRI"),
        ("CustomerId", "int", "NO", "MUL"),
        ("InvoiceDate", "datetime", "NO", ""),
    ]
    assert len(rows(connection, "SHOW TABLES FROM Chinook")) == 11
    assert rows(connection, "SHOW DATABASES LIKE 'mysql'") == []
    assert [row[2] for row in rows(connection, "SHOW KEYS FROM Chinook.PlaylistTrack")][:2] == ["PRIMARY", "PRIMARY"]


def test_local_infile(account: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('1,"one, ""quoted"""\n2,\\N\n' + "".join(f"{n},row {n}\n" for n in range(3, 500)), encoding="utf-8")
    for how in HOW:
        option = {"local_infile": True} if how == "pymysql" else {"allow_local_infile": True}
        connection = connect(account, how, tls=False, autocommit=True, **option)
        rows(connection, "DROP TABLE IF EXISTS loaded")
        rows(connection, "CREATE TABLE loaded (id INT PRIMARY KEY, name VARCHAR(20))")
        load = "INTO TABLE loaded FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"'"
        rows(connection, f"LOAD DATA LOCAL INFILE '{path}' {load}")
        assert rows(connection, "SELECT COUNT(*), MAX(id) FROM loaded") == [(499, 499)]
        assert rows(connection, "SELECT name FROM loaded WHERE id <= 2 ORDER BY id") == [('one, "quoted"',), (None,)]
        connection.close()


def test_aiomysql(account: RunningServer) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def run(secure: ssl.SSLContext | None) -> None:
        connection = await aiomysql.connect(
            host=account.host, port=account.port, user=account.user, password=account.password, db="driven", ssl=secure
        )
        async with connection.cursor() as cursor:
            await cursor.execute("CREATE TABLE awaited (id INT PRIMARY KEY, s LONGTEXT)")
            await cursor.executemany("INSERT INTO awaited VALUES (%s, %s)", [(n, f"größe {n}") for n in range(200)])
            assert cursor.rowcount == 200
            await connection.rollback()
            await cursor.execute("SELECT COUNT(*) FROM awaited")
            assert await cursor.fetchone() == (0,)
            await connection.begin()
            await cursor.execute("INSERT INTO awaited VALUES (1, %s), (2, NULL)", ("x" * 1_000_000,))
            await connection.commit()
            await cursor.execute("SELECT id, LENGTH(s) FROM awaited ORDER BY id; SELECT 5")
            assert await cursor.fetchall() == ((1, 1_000_000), (2, None))
            assert await cursor.nextset()
            assert await cursor.fetchall() == ((5,),)
            with pytest.raises(pymysql.err.MySQLError) as caught:
                await cursor.callproc("missing", (1,))
            assert caught.value.args[0] == 1305
        async with connection.cursor(aiomysql.SSDictCursor) as stream:
            await stream.execute("SELECT TrackId, Name FROM Chinook.Track ORDER BY TrackId")
            count = 0
            async for row in stream:
                count += 1
                assert set(row) == {"TrackId", "Name"}
            assert count == 3503
        async with connection.cursor() as cursor:
            await cursor.execute("DROP TABLE awaited")
        await connection.ensure_closed()

    asyncio.run(run(None))
    asyncio.run(run(context))
    gc.collect()  # what the driver left open complains here and not in the midst of another test
