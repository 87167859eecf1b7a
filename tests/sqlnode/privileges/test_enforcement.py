"""What accounts may and may not do, over the wire: one account, the privileges of a case, one statement, its error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory

SETUP = """
CREATE DATABASE d; CREATE DATABASE e;
CREATE TABLE d.t (a INT PRIMARY KEY, b INT, c INT);
INSERT INTO d.t VALUES (1, 2, 3), (2, 3, 4);
CREATE TABLE d.u (a INT PRIMARY KEY, z INT);
INSERT INTO d.u VALUES (1, 10);
CREATE TABLE e.x (k INT PRIMARY KEY);
CREATE VIEW d.v AS SELECT a, b FROM d.t;
CREATE SQL SECURITY INVOKER VIEW d.i AS SELECT a, b FROM d.t;
CREATE USER ann; CREATE USER bob;
GRANT ALL ON d.* TO bob;
CREATE DEFINER = bob VIEW d.w AS SELECT k FROM e.x
"""
T = "SELECT ON d.t"

CASES: list[tuple[str, str, int]] = [
    # reading
    ("", "SELECT a FROM d.t", 1142),
    ("", "SELECT nothing FROM d.t", 1142),
    ("", "SELECT * FROM d.missing", 1142),
    (T, "SELECT * FROM d.missing", 1142),
    (T, "SELECT nothing FROM d.t", 1054),
    (T, "SELECT a FROM d.t", 0),
    ("SELECT ON *.*", "SELECT a FROM d.t", 0),
    ("SELECT ON d.*", "SELECT a FROM d.t", 0),
    ("SELECT ON e.*", "SELECT a FROM d.t", 1142),
    ("SELECT (a) ON d.t", "SELECT a FROM d.t", 0),
    ("SELECT (a) ON d.t", "SELECT COUNT(*) FROM d.t", 0),
    ("SELECT (a) ON d.t", "SELECT b FROM d.t", 1143),
    ("SELECT (a) ON d.t", "SELECT * FROM d.t", 1143),
    ("SELECT (a) ON d.t", "SELECT a FROM d.t WHERE b = 1", 1143),
    ("SELECT (a) ON d.t", "SELECT a FROM d.t ORDER BY b", 1143),
    ("SELECT (a) ON d.t", "SELECT 1 FROM d.t GROUP BY a HAVING MAX(c) > 0", 1143),
    ("SELECT (a) ON d.t", "SELECT a FROM d.t x WHERE EXISTS (SELECT 1 FROM d.t y WHERE x.b = 1)", 1143),
    ("SELECT (b) ON d.t, SELECT ON d.u", "SELECT z FROM d.u JOIN d.t USING (a)", 1143),
    ("SELECT (b) ON d.t, SELECT ON d.u", "SELECT z FROM d.u NATURAL JOIN d.t", 1143),
    (T, "SELECT a FROM d.t WHERE a IN (SELECT a FROM d.u)", 1142),
    (T, "WITH q AS (SELECT z FROM d.u) SELECT 1", 1142),
    (T, "SELECT a FROM d.t UNION SELECT z FROM d.u", 1142),
    (T, "DO (SELECT z FROM d.u)", 1142),
    (T, "SET @x = (SELECT z FROM d.u)", 1142),
    (T, "EXPLAIN SELECT z FROM d.u", 1142),
    (T, "EXPLAIN ANALYZE SELECT z FROM d.u", 1142),
    (T, "SELECT a INTO OUTFILE '/tmp/x' FROM d.t", 1045),
    # writing
    ("", "INSERT INTO d.t VALUES (5, 5, 5)", 1142),
    ("INSERT ON d.t", "INSERT INTO d.t VALUES (5, 5, 5)", 0),
    ("INSERT (a) ON d.t", "INSERT INTO d.t (a) VALUES (6)", 0),
    ("INSERT (a) ON d.t", "INSERT INTO d.t (a, b) VALUES (6, 6)", 1143),
    ("INSERT (a) ON d.t", "INSERT INTO d.t VALUES (6, 6, 6)", 1143),
    ("INSERT ON d.t", "INSERT INTO d.t SELECT a + 10, z, z FROM d.u", 1142),
    ("INSERT ON d.t, SELECT ON d.u", "INSERT INTO d.t SELECT a + 10, z, z FROM d.u", 0),
    ("INSERT ON d.t", "INSERT INTO d.t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE b = 1", 1142),
    ("INSERT ON d.t, UPDATE (b) ON d.t", "INSERT INTO d.t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE b = 1", 0),
    ("INSERT ON d.t, UPDATE (b) ON d.t", "INSERT INTO d.t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE c = 1", 1143),
    ("INSERT ON d.t, UPDATE ON d.t", "INSERT INTO d.t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE b = c + 1", 1143),
    ("INSERT ON d.t, UPDATE ON d.t", "INSERT INTO d.t VALUES (1, 1, 1) ON DUPLICATE KEY UPDATE b = VALUES(b)", 0),
    ("INSERT ON d.t", "REPLACE INTO d.t VALUES (1, 1, 1)", 1142),
    ("INSERT ON d.t, DELETE ON d.t", "REPLACE INTO d.t VALUES (1, 1, 1)", 0),
    ("", "UPDATE d.t SET b = 1", 1142),
    ("UPDATE ON d.t", "UPDATE d.t SET b = 1", 0),
    ("UPDATE ON d.t", "UPDATE d.t SET b = 1 WHERE a = 1", 1143),
    ("UPDATE ON d.t", "UPDATE d.t SET b = c", 1143),
    ("UPDATE ON d.t", "UPDATE d.t SET b = 1 ORDER BY a LIMIT 1", 1143),
    ("UPDATE ON d.t, SELECT (c) ON d.t", "UPDATE d.t SET b = c", 0),
    ("UPDATE (b) ON d.t", "UPDATE d.t SET b = 1", 0),
    ("UPDATE (b) ON d.t", "UPDATE d.t SET c = 1", 1143),
    ("UPDATE ON d.t", "UPDATE d.t JOIN d.u ON TRUE SET b = 1", 1142),
    ("UPDATE ON d.t, SELECT ON d.u", "UPDATE d.t JOIN d.u ON TRUE SET b = 1", 0),
    ("UPDATE ON d.t", "UPDATE d.t SET b = (SELECT MAX(z) FROM d.u)", 1142),
    (T, "DELETE FROM d.t", 1142),
    ("DELETE ON d.t", "DELETE FROM d.t WHERE a = 1", 1143),
    ("DELETE ON d.t, SELECT (a) ON d.t", "DELETE FROM d.t WHERE a = 100", 0),
    ("DELETE ON d.t", "DELETE d.t FROM d.t JOIN d.u ON TRUE", 1142),
    (T, "LOAD DATA LOCAL INFILE '/dev/null' INTO TABLE d.t", 1142),
    (T, "SELECT a FROM d.t FOR UPDATE", 0),
    # views
    ("", "SELECT a FROM d.v", 1142),
    ("SELECT ON d.v", "SELECT a FROM d.v", 0),
    ("SELECT (a) ON d.v", "SELECT b FROM d.v", 1143),
    ("SELECT ON d.v", "SELECT a FROM d.t", 1142),
    ("SELECT ON d.i", "SELECT a FROM d.i", 1356),
    ("SELECT ON d.i, SELECT ON d.t", "SELECT a FROM d.i", 0),
    ("SELECT ON d.w", "SELECT k FROM d.w", 1356),
    ("SELECT ON d.v", "EXPLAIN SELECT a FROM d.v", 1345),
    ("SELECT ON d.v, SHOW VIEW ON d.v", "EXPLAIN SELECT a FROM d.v", 0),
    ("SELECT ON d.v", "UPDATE d.v SET b = 1", 1142),
    ("UPDATE ON d.v", "UPDATE d.v SET b = 1", 0),
    ("UPDATE (a) ON d.v", "UPDATE d.v SET b = 1", 1143),
    ("INSERT ON d.v", "INSERT INTO d.v VALUES (20, 1)", 0),
    ("DELETE ON d.v, SELECT ON d.v", "DELETE FROM d.v WHERE a = 99", 0),
    # definition
    (T, "CREATE TABLE d.n (a INT)", 1142),
    ("CREATE ON d.*", "CREATE TABLE d.n (a INT)", 0),
    ("CREATE ON d.n", "CREATE TABLE d.n (a INT)", 0),
    ("CREATE ON d.*", "CREATE TABLE d.n LIKE d.t", 1142),
    ("CREATE ON d.*", "CREATE TABLE d.n AS SELECT 1 AS q", 1142),
    ("CREATE ON d.*, INSERT ON d.*", "CREATE TABLE d.n AS SELECT * FROM d.t", 1142),
    ("CREATE ON d.*, INSERT ON d.*, SELECT ON d.*", "CREATE TABLE d.n AS SELECT * FROM d.t", 0),
    ("CREATE ON d.*", "CREATE TABLE d.n (a INT, FOREIGN KEY (a) REFERENCES d.t (a))", 1142),
    ("CREATE ON d.*, REFERENCES ON d.t", "CREATE TABLE d.n (a INT, FOREIGN KEY (a) REFERENCES d.t (a))", 0),
    (T, "DROP TABLE d.t", 1142),
    (T, "TRUNCATE TABLE d.t", 1142),
    (T, "ALTER TABLE d.t ADD COLUMN q INT", 1142),
    ("ALTER ON d.t", "ALTER TABLE d.t ADD COLUMN q INT", 0),
    ("ALTER ON d.t", "ALTER TABLE d.t RENAME TO d.n", 1142),
    ("ALTER ON d.t, DROP ON d.t", "RENAME TABLE d.t TO d.n", 1142),
    ("ALTER ON d.*, DROP ON d.*, CREATE ON d.*, INSERT ON d.*", "RENAME TABLE d.t TO d.n, d.n TO d.t", 0),
    (T, "CREATE INDEX k ON d.t (b)", 1142),
    ("INDEX ON d.t", "CREATE INDEX k ON d.t (b)", 0),
    (T, "DROP INDEX k ON d.t", 1142),
    (T, "CREATE VIEW d.n AS SELECT a FROM d.t", 1142),
    ("CREATE VIEW ON d.*", "CREATE VIEW d.n AS SELECT a FROM d.t", 1142),
    ("CREATE VIEW ON d.*, SELECT (a) ON d.t", "CREATE VIEW d.n AS SELECT b FROM d.t", 1143),
    ("CREATE VIEW ON d.*, SELECT ON d.t", "CREATE VIEW d.n AS SELECT a FROM d.t", 0),
    ("CREATE VIEW ON d.*, SELECT ON d.t", "CREATE OR REPLACE VIEW d.v AS SELECT a FROM d.t", 1142),
    ("CREATE VIEW ON d.*, SELECT ON d.t", "CREATE DEFINER = root@localhost VIEW d.n AS SELECT a FROM d.t", 1227),
    (T, "DROP VIEW d.v", 1142),
    (T, "CREATE DATABASE f", 1044),
    (T, "DROP DATABASE d", 1044),
    (T, "ALTER DATABASE d CHARACTER SET latin1", 1044),
    # looking
    ("", "USE d", 1044),
    (T, "USE d", 0),
    ("SELECT (a) ON d.t", "USE d", 0),
    ("", "SHOW TABLES FROM d", 1044),
    (T, "SHOW TABLES FROM d", 0),
    ("", "SHOW TABLE STATUS FROM d", 1044),
    ("", "SHOW COLUMNS FROM d.t", 1142),
    (T, "SHOW CREATE TABLE d.u", 1142),
    (T, "SHOW INDEX FROM d.u", 1142),
    (T, "DESCRIBE d.u", 1142),
    ("SELECT ON d.v", "SHOW CREATE VIEW d.v", 1142),
    ("SELECT ON d.v, SHOW VIEW ON d.v", "SHOW CREATE VIEW d.v", 0),
    ("", "SHOW CREATE DATABASE d", 1044),
    ("", "SHOW GRANTS", 0),
    ("", "SHOW GRANTS FOR ann", 0),
    ("", "SHOW GRANTS FOR bob", 1044),
    ("SELECT ON mysql.*", "SHOW GRANTS FOR bob", 0),
    ("", "SHOW CREATE USER bob", 1044),
    ("", "SELECT * FROM mysql.user", 1142),
    ("", "SHOW ENGINE INNODB STATUS", 1227),
    ("", "SHOW MASTER STATUS", 1227),
    # administration
    ("", "SET GLOBAL max_connections = 100", 1227),
    ("SYSTEM_VARIABLES_ADMIN ON *.*", "SET GLOBAL max_connections = 151", 0),
    ("SUPER ON *.*", "SET GLOBAL max_connections = 151", 0),
    ("", "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED", 1227),
    ("", "FLUSH PRIVILEGES", 1227),
    ("", "FLUSH TABLES WITH READ LOCK", 1227),
    ("RELOAD ON *.*", "FLUSH PRIVILEGES", 0),
    ("", "LOCK TABLES d.t READ", 1044),
    (T, "LOCK TABLES d.t READ", 1044),
    ("LOCK TABLES ON d.*", "LOCK TABLES d.t READ", 1142),
    ("LOCK TABLES ON d.*, SELECT ON d.t", "LOCK TABLES d.t READ", 0),
    (T, "ANALYZE TABLE d.t", 1142),
    ("SELECT ON d.t, INSERT ON d.t", "ANALYZE TABLE d.t", 0),
    ("", "CHECK TABLE d.t", 1142),
    ("", "CREATE USER eve", 1227),
    ("", "DROP USER bob", 1227),
    ("", "RENAME USER bob TO eve", 1227),
    ("", "ALTER USER bob IDENTIFIED BY 'x'", 1227),
    ("", "SET PASSWORD FOR bob = 'x'", 1227),
    ("", "SET PASSWORD = ''", 0),
    ("", "GRANT SELECT ON d.t TO bob", 1142),
    (T, "GRANT SELECT ON d.t TO bob", 1142),
    ("SELECT ON d.t WITH GRANT OPTION", "GRANT SELECT ON d.t TO bob", 0),
    ("SELECT ON d.t WITH GRANT OPTION", "GRANT SELECT (a) ON d.t TO bob", 0),
    ("SELECT ON d.t WITH GRANT OPTION", "GRANT INSERT ON d.t TO bob", 1142),
    ("SELECT ON d.* WITH GRANT OPTION", "GRANT INSERT ON d.* TO bob", 1044),
    ("SELECT ON d.* WITH GRANT OPTION", "GRANT SELECT ON *.* TO bob", 1045),
    ("SELECT ON d.* WITH GRANT OPTION", "GRANT SELECT ON d.* TO ann", 0),
    ("", "REVOKE ALL ON d.* FROM bob", 1044),
    ("CREATE USER ON *.*", "CREATE USER eve", 0),
]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


def connect(server: RunningServer, user: str = "root", **options: Any) -> pymysql.connections.Connection:
    return pymysql.connect(
        host=server.host, port=server.port, user=user, autocommit=True, local_infile=True, read_timeout=20, **options
    )


def code_of(connection: pymysql.connections.Connection, text: str) -> int:
    try:
        connection.cursor().execute(text)
    except pymysql.err.MySQLError as error:
        return int(error.args[0])
    return 0


def run(connection: pymysql.connections.Connection, script: str) -> None:
    for text in script.split(";"):
        if text.strip():
            connection.cursor().execute(text)


def wiped(root: pymysql.connections.Connection) -> None:
    run(root, "UNLOCK TABLES; DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e; DROP DATABASE IF EXISTS f;"
              "DROP USER IF EXISTS ann; DROP USER IF EXISTS bob; DROP USER IF EXISTS eve")  # fmt: skip


@pytest.fixture
def root(server: RunningServer) -> Iterator[pymysql.connections.Connection]:
    connection = connect(server)
    wiped(connection)
    run(connection, SETUP)
    yield connection
    connection.close()


def granted(root: pymysql.connections.Connection, grants: str) -> None:
    pieces = [piece.strip() for piece in grants.split(", ") if piece.strip()]
    for piece in pieces:
        option = ""
        if piece.endswith(" WITH GRANT OPTION"):
            piece, option = piece.removesuffix(" WITH GRANT OPTION"), " WITH GRANT OPTION"
        root.cursor().execute(f"GRANT {piece} TO ann{option}")


_READS = ("SELECT", "SHOW", "USE", "EXPLAIN", "DO", "SET", "LOCK", "CHECK", "ANALYZE", "FLUSH", "UPDATE", "DELETE")
"""What leaves tables and other accounts as they are, or as good as that."""


def test_statements_demand_their_privileges(server: RunningServer) -> None:
    root = connect(server)
    wrong = []
    changed = True
    for grants, text, wanted in CASES:
        if changed:
            wiped(root)
            run(root, SETUP)
        run(root, "DROP USER ann; CREATE USER ann")
        granted(root, grants)
        ann = connect(server, "ann")
        found = code_of(ann, text)
        changed = not found and not text.startswith(_READS)
        ann.close()
        if found != wanted:
            wrong.append(f"with [{grants}] {text}: {found} instead of {wanted}")
    wiped(root)
    root.close()
    assert not wrong, "\n".join(wrong)


def test_information_schema_shows_what_is_granted(server: RunningServer, root: pymysql.connections.Connection) -> None:
    root.cursor().execute("GRANT SELECT (a) ON d.t TO ann")
    ann = connect(server, "ann")
    cursor = ann.cursor()
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema IN ('d', 'e')")
    assert [row[0] for row in cursor.fetchall()] == ["t"]
    cursor.execute("SHOW DATABASES")
    assert [row[0] for row in cursor.fetchall()] == ["d", "information_schema", "performance_schema"]
    cursor.execute("SELECT grantee FROM information_schema.user_privileges")
    assert {row[0] for row in cursor.fetchall()} == {"'ann'@'%'"}
    cursor.execute("SELECT DISTINCT user FROM information_schema.processlist")
    assert cursor.fetchall() == (("ann",),)
    ann.close()


def test_changes_reach_open_sessions_at_once(server: RunningServer, root: pymysql.connections.Connection) -> None:
    ann = connect(server, "ann")
    assert code_of(ann, "SELECT a FROM d.t") == 1142
    root.cursor().execute("GRANT SELECT ON d.t TO ann")
    assert code_of(ann, "SELECT a FROM d.t") == 0
    assert code_of(ann, "PREPARE s FROM 'SELECT a FROM d.t'") == 0
    assert code_of(ann, "EXECUTE s") == 0
    root.cursor().execute("REVOKE SELECT ON d.t FROM ann")
    assert code_of(ann, "SELECT a FROM d.t") == 1142
    assert code_of(ann, "EXECUTE s") == 1142
    root.cursor().execute("GRANT SELECT ON d.* TO ann")
    assert code_of(ann, "EXECUTE s") == 0
    root.cursor().execute("DROP USER ann")
    assert code_of(ann, "EXECUTE s") == 1142
    assert code_of(ann, "SELECT a FROM d.t") == 1142
    assert code_of(ann, "SELECT 1") == 0
    ann.close()


def test_views_follow_their_definers_rights(server: RunningServer, root: pymysql.connections.Connection) -> None:
    root.cursor().execute("GRANT SELECT ON d.w TO ann")
    ann = connect(server, "ann")
    assert code_of(ann, "SELECT k FROM d.w") == 1356
    root.cursor().execute("GRANT SELECT (k) ON e.x TO bob")
    assert code_of(ann, "SELECT k FROM d.w") == 0
    root.cursor().execute("REVOKE SELECT (k) ON e.x FROM bob")
    assert code_of(ann, "SELECT k FROM d.w") == 1356
    root.cursor().execute("DROP USER bob")
    assert code_of(ann, "SELECT k FROM d.w") == 1449
    ann.close()


def test_threads_of_others_are_not_killed(server: RunningServer, root: pymysql.connections.Connection) -> None:
    ann, second = connect(server, "ann"), connect(server, "ann")
    assert code_of(ann, f"KILL {root.thread_id()}") == 1095
    assert code_of(ann, "KILL 4000000") == 1094
    assert code_of(ann, f"KILL QUERY {second.thread_id()}") == 0
    root.cursor().execute("GRANT CONNECTION_ADMIN ON *.* TO ann")
    assert code_of(ann, f"KILL QUERY {root.thread_id()}") == 0
    ann.close()
    second.close()


def refused(server: RunningServer, user: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(pymysql.err.MySQLError) as caught:
        connect(server, user, **options)
    return caught.value.args[0], caught.value.args[1]


def test_who_may_come_in(server: RunningServer, root: pymysql.connections.Connection) -> None:
    cursor = root.cursor()
    assert refused(server, "nobody") == (1045, "Access denied for user 'nobody'@'localhost' (using password: NO)")
    cursor.execute("ALTER USER ann IDENTIFIED BY 'secret'")
    assert refused(server, "ann", password="wrong")[0] == 1045
    assert refused(server, "ann") == (1045, "Access denied for user 'ann'@'localhost' (using password: NO)")
    connect(server, "ann", password="secret").close()
    assert refused(server, "ann", password="secret", database="d")[0] == 1044
    assert refused(server, "ann", password="secret", database="missing")[0] in (1044, 1049)
    cursor.execute("ALTER USER ann ACCOUNT LOCK")
    assert refused(server, "ann", password="secret")[0] == 3118
    assert refused(server, "ann", password="wrong")[0] == 1045
    cursor.execute("ALTER USER ann ACCOUNT UNLOCK")
    connect(server, "ann", password="secret").close()


def test_the_most_specific_host_counts(server: RunningServer, root: pymysql.connections.Connection) -> None:
    cursor = root.cursor()
    cursor.execute("GRANT SELECT ON d.* TO ann")
    cursor.execute("CREATE USER eve@'10.%'")
    assert refused(server, "eve")[0] == 1045
    cursor.execute("CREATE USER eve@'127.0.0.%'")
    eve = connect(server, "eve")
    row = eve.cursor()
    row.execute("SELECT CURRENT_USER(), USER()")
    assert row.fetchone() == ("eve@127.0.0.%", "eve@localhost")
    eve.close()
    cursor.execute("DROP USER eve@'10.%', eve@'127.0.0.%'")


def test_connections_of_an_account_are_limited(server: RunningServer, root: pymysql.connections.Connection) -> None:
    root.cursor().execute("ALTER USER ann WITH MAX_USER_CONNECTIONS 2")
    held = [connect(server, "ann"), connect(server, "ann")]
    assert refused(server, "ann")[0] == 1226
    held.pop().close()
    root.cursor().execute("ALTER USER ann WITH MAX_USER_CONNECTIONS 0")
    connect(server, "ann").close()
    for connection in held:
        connection.close()
