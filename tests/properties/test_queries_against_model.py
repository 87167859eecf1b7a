"""One query, answered along different paths, has one result.

The model is a table without any key, read through the column path with no rewriting beyond what must be. It must agree
with: the same rows under a primary key and indexes (text run three times, so that kept plans and the row path take part;
again with the row path off), and the same rows where half of them are an open transaction's own changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any, TypeAlias

import pymysql
import pytest

import planner.point
import planner.row_path
import planner.rules
from planner.rules.place_locks import place_locks
from sqlnode.testing import serve_memory
from tests.properties.random_tables import RandomTable, random_query, random_table, value_of

SEEDS = range(7)
QUERIES = 20
Connection: TypeAlias = "pymysql.connections.Connection[Any]"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serve_memory() as server:
        yield server.port


@contextmanager
def _only_columns(*, rules: bool) -> Iterator[None]:
    """Plans made now have no row path and no point reads; without `rules` they are rewritten only as they must be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner.row_path, "row_path_of", lambda root, bound: None)
        patch.setattr(planner.point, "point_plan", lambda bound, context: None)
        if not rules:
            patch.setattr(planner.rules.optimize, "__defaults__", ((place_locks,),))
        yield


def _connect(port: int, zone: str) -> Connection:
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database="test", conv={}, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SET time_zone = '{zone}'")
    return connection


def _rows(connection: Connection, query: str) -> list[Any] | str:
    """The sorted rows, or the error's number."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(query)
            return sorted(map(repr, cursor.fetchall()))
        except pymysql.err.MySQLError as error:
            return f"error {error.args[0]}"


def _execute(connection: Connection, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _fill(connection: Connection, place: int, table: RandomTable) -> None:
    """The three tables of a place: keyed and plain with the rows, dirty still empty."""
    keyed, plain, dirty = (f"{name}{place}" for name in ("keyed", "plain", "dirty"))
    _execute(connection, *(f"DROP TABLE IF EXISTS {name}" for name in (keyed, plain, dirty)))
    _execute(connection, *(table.create(name, keyed=name != plain) for name in (keyed, plain, dirty)))
    rows = ", ".join(f"({', '.join(row)})" for row in table.rows)
    _execute(connection, f"INSERT IGNORE INTO {keyed} VALUES {rows}")
    _execute(connection, f"INSERT INTO {plain} SELECT * FROM {keyed}")


def _make_dirty(connection: Connection, random: Random, place: int, table: RandomTable) -> None:
    """Some rows committed (others with wrong values in them), the rest by the transaction that is then open."""
    keyed, dirty = f"keyed{place}", f"dirty{place}"
    column = random.choice(table.columns)
    kept = f"{column.name} IS NULL OR {column.name} <= {value_of(random, column.kind)}"
    _execute(connection, f"INSERT INTO {dirty} SELECT * FROM {keyed} WHERE {kept}")
    changed = random.choice(table.columns)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE IGNORE {dirty} SET {changed.name} = {value_of(random, changed.kind)}")
    _execute(
        connection, "BEGIN", f"DELETE FROM {dirty} WHERE {table.columns[-1].name} IS NOT NULL", f"DELETE FROM {dirty}"
    )
    _execute(connection, f"INSERT INTO {dirty} SELECT * FROM {keyed}")


@pytest.mark.parametrize("seed", SEEDS)
def test_paths_agree(port: int, seed: int) -> None:
    compare_paths(port, seed, QUERIES)


def compare_paths(port: int, seed: int, queries: int, row_count: int | None = None) -> None:
    """Fills tables by the seed and compares the paths of so many queries."""
    random = Random(seed)
    zone = random.choice(["+00:00", "+05:30", "Europe/Berlin"])
    connection, other = _connect(port, zone), _connect(port, zone)
    tables = tuple(random_table(random, row_count or random.randint(5, 40)) for _ in range(2))
    for place, table in enumerate(tables):
        _fill(connection, place, table)
    _execute(other, "INSERT INTO dirty0 SELECT * FROM keyed0")
    _make_dirty(other, random, 1, tables[1])
    try:
        for _ in range(queries):
            _compare(connection, other, random_query(random, tables))
    finally:
        connection.close()
        other.close()


def _compare(connection: Connection, other: Connection, form: str) -> None:
    names = [[f"{name}{place}" for place in range(2)] for name in ("plain", "keyed", "dirty")]
    plain, keyed, dirty = (form.format(*several) for several in names)
    with _only_columns(rules=False):
        model = _rows(connection, f"{plain} /* model */")
    for attempt in range(3):
        assert _rows(connection, keyed) == model, f"kept plan, run {attempt + 1}: {keyed}"
    with _only_columns(rules=True):
        assert _rows(connection, f"{keyed} /* columns */") == model, f"column path: {keyed}"
    assert _rows(other, dirty) == model, f"own changes: {dirty}"
