"""Servers as processes: killed in the middle of changes, cut off from clients, out of disk, stopped in order."""

from __future__ import annotations

import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.clients.server import ServerProcess

LOST = (pymysql.err.OperationalError, pymysql.err.InterfaceError, pymysql.err.InternalError, OSError)


def connect(port: int, **options: Any) -> Any:
    return pymysql.connect(
        host="127.0.0.1", port=port, user="root", database="test", autocommit=True, read_timeout=60, **options
    )


def rows(connection: Any, sql: str) -> Any:
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchall()


# --- kill -9 -------------------------------------------------------------------------------------------------------

CHANGES = [
    "alter table t add key kw (w), add unique key u (id, v)",
    "alter table t modify v varchar(20), add column c int not null default 7",
    "alter table t drop key k",
    "alter table t add constraint positive check (v >= 0)",
]


@pytest.mark.parametrize("seed", [1, *[pytest.param(n, marks=pytest.mark.slow) for n in range(2, 6)]])
def test_kill_during_changes(tmp_path: Path, seed: int) -> None:
    """Whatever a killed change leaves, the next process makes a whole table of it, with every acknowledged row."""
    server = ServerProcess(tmp_path / "data")
    chance = random.Random(seed)
    setup = connect(server.port)
    rows(setup, "create table t (id int primary key, v int, w varchar(20), key k (v))")
    for start in range(0, 6000, 1000):
        rows(setup, "insert into t values " + ",".join(f"({n},{n % 500},'w{n}')" for n in range(start, start + 1000)))
    acknowledged: set[int] = set()
    number = 10_000
    for change in chance.sample(CHANGES, 2 if seed == 1 else 4):
        stop = threading.Event()

        def alter(sql: str = change) -> None:
            try:
                rows(connect(server.port), sql)
            except LOST:
                return

        def write(first: int, stop: threading.Event = stop) -> None:
            try:
                connection = connect(server.port)
                for n in range(first, first + 5000):
                    if stop.is_set():
                        return
                    rows(connection, f"insert into t (id, v) values ({n}, {n % 500})")
                    acknowledged.add(n)
            except LOST:
                return

        threads = [threading.Thread(target=alter), threading.Thread(target=write, args=(number,))]
        for thread in threads:
            thread.start()
        number += 10_000
        time.sleep(chance.uniform(0.02, 0.4))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(60)
        server.restart()
        connection = connect(server.port)
        found = {row[0] for row in rows(connection, "select id, w from t")}
        assert acknowledged <= found and set(range(6000)) <= found
        assert rows(connection, "check table t") == (("test.t", "check", "status", "OK"),)
        assert rows(connection, "select count(*) from t where v < 500")[0][0] == len(found)
        # Nothing is left half done: the next change goes through.
        rows(connection, "alter table t add column probe int, add key p (probe)")
        rows(connection, "alter table t drop column probe")
    assert server.stop() == 0


def test_auto_increment_across_kills_and_stops(tmp_path: Path) -> None:
    """A kill may skip numbers and never gives one twice, whether its row was committed or not; a stop skips none."""
    server = ServerProcess(tmp_path / "data")
    connection = connect(server.port)
    rows(connection, "create table t (id int primary key auto_increment, v int)")
    rows(connection, "create table hidden (v int)")
    given: list[int] = []
    for round_number in range(3):
        for _ in range(20):
            cursor = connection.cursor()
            cursor.execute("begin")
            cursor.execute("insert into t (v) values (1), (2)")
            given += [cursor.lastrowid, cursor.lastrowid + 1]
            cursor.execute("commit" if len(given) % 3 else "rollback")
            cursor.execute("insert into hidden values (1)")
        rows(connection, f"insert into t values ({5000 * (round_number + 1)}, 0)")
        given.append(5000 * (round_number + 1))
        server.kill()
        server.restart()
        connection = connect(server.port)
        cursor = connection.cursor()
        cursor.execute("insert into t (v) values (3)")
        assert cursor.lastrowid > max(given)
        given.append(cursor.lastrowid)
    assert len(set(given)) == len(given)
    assert rows(connection, "select count(*) from hidden") == ((60,),)
    for _ in range(2):
        assert server.stop() == 0
        server.restart()
        connection = connect(server.port)
        cursor = connection.cursor()
        cursor.execute("insert into t (v) values (4)")
        assert cursor.lastrowid == given[-1] + 1
        given.append(cursor.lastrowid)
        (text,) = [row[1] for row in rows(connection, "show create table t")]
        assert f"AUTO_INCREMENT={given[-1] + 1} " in text
    server.stop()


# --- clients that go away ------------------------------------------------------------------------------------------


def test_locks_of_lost_clients_are_released(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    setup = connect(server.port)
    rows(setup, "create table t (id int primary key, v int)")
    rows(setup, "insert into t values (1, 0), (2, 0), (3, 0)")

    def cut(connection: Any) -> None:
        connection._sock.shutdown(socket.SHUT_RDWR)

    # Idle in a transaction; waiting for a row; waiting for a table; asleep with a named lock; in the middle of rows.
    idle, waiting, table, asleep, reading = (connect(server.port) for _ in range(5))
    rows(idle, "begin")
    rows(idle, "update t set v = 1 where id = 1")
    rows(waiting, "begin")
    rows(waiting, "update t set v = 1 where id = 2")
    send(waiting, "update t set v = 1 where id = 1")
    rows(asleep, "begin")
    rows(asleep, "update t set v = 1 where id = 3")
    rows(asleep, "select get_lock('n', 0)")
    send(asleep, "select sleep(60)")
    send(reading, "select * from t a, t b, t c, t d, t e, t f, t g, t h, t i, t j, t k, t l, t m, t n")
    other = connect(server.port)
    rows(other, "create table u (id int)")
    rows(other, "lock tables u write")
    send(table, "insert into u values (1)")
    time.sleep(0.2)
    for connection in (waiting, asleep, reading, table, idle, other):
        cut(connection)
    begin = time.monotonic()
    rows(setup, "update t set v = v + 10")
    assert rows(setup, "select get_lock('n', 20)") == ((1,),)
    rows(setup, "alter table t add column w int")
    rows(setup, "alter table u add column w int")
    assert time.monotonic() - begin < 20
    assert rows(setup, "select v from t") == ((10,), (10,), (10,))
    deadline = time.monotonic() + 20
    while len(rows(setup, "show processlist")) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(rows(setup, "show processlist")) == 1
    assert server.stop() == 0


def send(connection: Any, sql: str) -> None:
    """Sends a statement and does not wait for the answer."""
    connection._execute_command(3, sql)


def test_a_stop_lets_statements_finish_and_rolls_back_the_rest(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    setup = connect(server.port)
    rows(setup, "create table t (id int primary key, v int)")
    rows(setup, "insert into t values (1, 0), (2, 0)")
    open_, running = connect(server.port), connect(server.port)
    rows(open_, "begin")
    rows(open_, "update t set v = 9 where id = 1")
    send(running, "insert into t select 3, sleep(0.7)")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    running._read_ok_packet()
    with pytest.raises(LOST):
        for _ in range(100):
            rows(open_, "select 1")
            time.sleep(0.05)
    assert server.process.wait(30) == 0
    server.restart()
    assert rows(connect(server.port), "select id, v from t") == ((1, 0), (2, 0), (3, 0))
    assert server.stop() == 0


# --- out of disk ---------------------------------------------------------------------------------------------------


def test_a_full_disk_ends_the_process_with_one_line(tmp_path: Path) -> None:
    """Nothing is acknowledged that the log could not hold; with room again, all that was acknowledged is there."""
    directory = tmp_path / "data"
    # A file may not grow beyond 3 MB: the log's write fails as on a full disk.
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20)); "
        "from sqlnode.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--store", f"embedded:{directory}", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r":(\d+) store", process.stdout.readline())
    assert found is not None
    connection = connect(int(found[1]))
    rows(connection, "create table t (id int primary key, v longtext)")
    acknowledged = []
    with pytest.raises(LOST):
        for number in range(200):
            rows(connection, f"insert into t values ({number}, repeat('x', 50000))")
            acknowledged.append(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode not in (0, None) and process.returncode > 0
    assert errors.startswith("sqlnode: cannot ") and errors.count("\n") == 1, errors
    assert len(acknowledged) > 20
    server = ServerProcess(directory)
    stored = [row[0] for row in rows(connect(server.port), "select id from t where length(v) = 50000")]
    assert stored[: len(acknowledged)] == acknowledged and len(stored) <= len(acknowledged) + 1
    assert server.stop() == 0
