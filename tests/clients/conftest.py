"""One in-memory server for all client tests, with the Chinook dump loaded once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest
from pymysql.constants import CLIENT

from sqlnode.testing import RunningServer, serve_memory

DUMP = Path(__file__).parents[1] / "data" / "chinook_mysql.sql"


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    with serve_memory() as running:
        yield running


@pytest.fixture(scope="session")
def chinook(server: RunningServer) -> RunningServer:
    """The server with the Chinook database."""
    connection = pymysql.connect(
        host=server.host, port=server.port, user="root", client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True
    )
    with connection.cursor() as cursor:
        cursor.execute(DUMP.read_text(encoding="utf-8"))
        while cursor.nextset():
            pass
    connection.close()
    return server
