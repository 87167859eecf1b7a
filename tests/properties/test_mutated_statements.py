"""Whatever the statement, the client gets rows, OK or a MySQL error: never 1105, never a lost connection.

`SQLNODE_MUTANTS` (per statement) and `SQLNODE_SEED` make the run longer or another one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from sqlnode.testing import RunningServer, serve_memory
from tests.properties.mutations import GOLDEN, scripts, steps

SEED = int(os.environ.get("SQLNODE_SEED", "1"))
MUTANTS = int(os.environ.get("SQLNODE_MUTANTS", "1"))
STATEMENT_SECONDS = 30


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


def _connect(server: RunningServer, database: str | None) -> pymysql.connections.Connection:
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        database=database,
        conv={},
        charset="utf8mb4",
        autocommit=True,
        client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
        read_timeout=STATEMENT_SECONDS,
    )


def _run(connection: pymysql.connections.Connection, text: str) -> str | None:
    """What is wrong about the answer to a statement; None when it may stand."""
    cursor = connection.cursor()
    try:
        cursor.execute(text.encode("utf-8", "surrogateescape"))
        while cursor.nextset():
            pass
    except pymysql.err.MySQLError as error:
        code = error.args[0] if error.args else 0
        if code == 1105 or (isinstance(code, int) and code >= 2000 and code < 3000) or not code:
            return f"{code}: {error}"
    return None


@pytest.mark.parametrize("path", scripts(), ids=lambda path: str(path.relative_to(GOLDEN)))
def test_mutants_are_answered(path: Path, server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    database = "mutants_" + path.stem
    setup = _connect(server, None)
    setup.cursor().execute(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    problems: list[str] = []
    connection = _connect(server, database)
    with caplog.at_level(logging.ERROR):
        for step in steps(path, SEED, MUTANTS):
            problem = _run(connection, step.text)
            if problem is not None:
                problems.append(f"{problem}\n  {step.text}")
            if not connection.open or (problem is not None and not problem.startswith("1105")):
                connection.close()
                connection = _connect(server, database)
    connection.close()
    logged = [record.exc_text or record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    setup.cursor().execute(f"DROP DATABASE IF EXISTS `{database}`")
    setup.close()
    assert not problems, "\n".join(problems + logged)
    assert not logged, "\n".join(logged)
