"""txn_total_size_limit: how much one transaction may write."""

from __future__ import annotations

import pymysql
import pytest

from sqlnode.testing import serve_memory


def test_the_limit_is_a_variable() -> None:
    with serve_memory() as server:
        connection = pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(1000))")
        insert = "INSERT INTO t (b) VALUES " + ", ".join(["(REPEAT('x', 1000))"] * 1500)
        cursor.execute("SELECT @@txn_total_size_limit")
        assert cursor.fetchall() == ((1 << 30,),)
        cursor.execute("SET GLOBAL txn_total_size_limit = 1048576")
        with pytest.raises(pymysql.err.MySQLError) as caught:
            cursor.execute(insert)
        assert caught.value.args[0] == 8004
        cursor.execute("SELECT COUNT(*) FROM t")
        assert cursor.fetchall() == ((0,),)
        cursor.execute("SET GLOBAL txn_total_size_limit = 4194304")
        assert cursor.execute(insert) == 1500
        connection.close()


def test_a_failed_set_changes_no_limit() -> None:
    """SET of several items is all or nothing for whoever follows a variable, too, and by its other name."""
    with serve_memory() as server:
        connection = pymysql.connect(host=server.host, port=server.port, user="root", database="test", autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INT AUTO_INCREMENT PRIMARY KEY, b VARCHAR(1000))")
        for first in ("txn_total_size_limit = 1048576", "tx_isolation = 'READ-COMMITTED'"):
            with pytest.raises(pymysql.err.MySQLError) as caught:
                cursor.execute(f"SET GLOBAL {first}, nothing_of_the_sort = 1")
            assert caught.value.args[0] == 1193
        cursor.execute("SELECT @@GLOBAL.txn_total_size_limit, @@GLOBAL.transaction_isolation")
        assert cursor.fetchall() == ((1 << 30, "REPEATABLE-READ"),)
        assert cursor.execute("INSERT INTO t (b) VALUES " + ", ".join(["(REPEAT('x', 1000))"] * 1500)) == 1500
        connection.close()
