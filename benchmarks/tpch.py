"""TPC-H on sqlnode beside DuckDB over the same data: answers compared, time and ratio per query.

usage: python benchmarks/tpch.py [--scale 0.1] [--runs 3] [--queries 1,6] [--write]

Needs the extra `bench`. Makes the data, starts a server on an embedded store of its own, loads it through LOAD DATA LOCAL
INFILE, and asks both in turn. DuckDB holds its tables in memory. Exits with 1 when an answer differs or a query fails.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import math
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import duckdb_extension_tpch
import pymysql
from oltp import free_port, start_sqlnode, wait_for

KEYS = {
    "region": "r_regionkey",
    "nation": "n_nationkey",
    "supplier": "s_suppkey",
    "customer": "c_custkey",
    "part": "p_partkey",
    "partsupp": "ps_partkey, ps_suppkey",
    "orders": "o_orderkey",
    "lineitem": "l_orderkey, l_linenumber",
}
TYPES = {"BIGINT": "BIGINT", "INTEGER": "INT", "DATE": "DATE"}


def make_data(directory: Path, scale: str) -> None:
    """The tables as text for sqlnode and as Parquet for DuckDB."""
    generator = Path(sys.executable).parent / "tpchgen-cli"
    for form in ("tbl", "parquet"):
        subprocess.run(
            [str(generator), form, "-s", scale, "--output-dir", str(directory / form)],
            check=True,
            stderr=subprocess.DEVNULL,
        )


def open_duckdb(directory: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the tables in memory and its TPC-H extension, which has the queries."""
    extension = Path(duckdb_extension_tpch.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    database.execute(f"LOAD '{extension / 'tpch.duckdb_extension'}'")
    for table in KEYS:
        database.execute(f"CREATE TABLE {table} AS SELECT * FROM '{directory}/parquet/{table}.parquet'")
    return database


def definition(database: duckdb.DuckDBPyConnection, table: str) -> str:
    """CREATE TABLE with the columns that DuckDB found."""
    columns = []
    for name, kind, *_ in database.execute(f"DESCRIBE {table}").fetchall():
        columns.append(f"{name} {TYPES.get(kind, 'VARCHAR(200)' if kind == 'VARCHAR' else kind)} NOT NULL")
    return f"CREATE TABLE {table} ({', '.join(columns)}, PRIMARY KEY ({KEYS[table]}))"


def load(cursor: pymysql.cursors.Cursor, database: duckdb.DuckDBPyConnection, directory: Path) -> float:
    """Loads all tables; the seconds that it took."""
    cursor.execute("CREATE DATABASE tpch")
    cursor.execute("USE tpch")
    begin = time.perf_counter()
    for table in KEYS:
        cursor.execute(definition(database, table))
        cursor.execute(
            f"LOAD DATA LOCAL INFILE '{directory}/tbl/{table}.tbl' INTO TABLE {table} FIELDS TERMINATED BY '|'"
        )
    taken = time.perf_counter() - begin
    for table in KEYS:
        cursor.execute(f"ANALYZE TABLE {table}")
    return taken


def same(first: Sequence[Sequence[object]], second: Sequence[Sequence[object]]) -> bool:
    """Whether two answers agree: numbers to four digits, order aside (ties may come either way)."""

    def plain(value: object) -> str:
        if isinstance(value, (int, float, decimal.Decimal)):
            return f"{float(value):.2f}"
        if isinstance(value, datetime.datetime):
            value = value.date()
        return str(value).strip()

    def close(one: object, other: object) -> bool:
        if plain(one) == plain(other):
            return True
        try:
            return math.isclose(float(str(one)), float(str(other)), rel_tol=1e-4, abs_tol=0.011)
        except ValueError:
            return False

    def ordered(rows: Sequence[Sequence[object]]) -> list[Sequence[object]]:
        return sorted(rows, key=lambda row: [plain(value) for value in row])

    return len(first) == len(second) and all(
        close(one, other) for left, right in zip(ordered(first), ordered(second)) for one, other in zip(left, right)
    )


def best(runs: int, ask: Callable[[], Sequence[Sequence[object]]]) -> tuple[float, Sequence[Sequence[object]]]:
    """(seconds of the fastest run, rows)."""
    seconds = []
    rows: Sequence[Sequence[object]] = ()
    for _ in range(runs):
        begin = time.perf_counter()
        rows = ask()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), rows


def compare(
    cursor: pymysql.cursors.Cursor, database: duckdb.DuckDBPyConnection, options: argparse.Namespace
) -> tuple[list[str], list[int]]:
    """Lines of the table, and the queries whose answer is missing or another."""
    queries = dict(database.execute("SELECT query_nr, query FROM tpch_queries()").fetchall())
    chosen = [int(number) for number in options.queries.split(",") if number] or sorted(queries)
    lines: list[str] = []
    bad: list[int] = []
    totals = {"sqlnode": 0.0, "duckdb": 0.0}
    ratios = []
    for number in chosen:
        text = queries[number]
        theirs, truth = best(options.runs, lambda text=text: database.execute(text).fetchall())  # type: ignore[misc]

        def ask(text: str = text) -> Sequence[Sequence[object]]:
            cursor.execute(re.sub(r"CAST\('([0-9-]+)' AS date\)", r"DATE '\1'", text))
            return cursor.fetchall()

        try:
            ours, rows = best(options.runs, ask)
        except pymysql.MySQLError as error:
            lines.append(f"| {number} | | {theirs:.3f} | | {error} |")
            bad.append(number)
            continue
        right = same(rows, truth)
        if not right:
            bad.append(number)
        totals["sqlnode"] += ours
        totals["duckdb"] += theirs
        ratios.append(ours / theirs)
        lines.append(f"| {number} | {ours:.3f} | {theirs:.3f} | {ours / theirs:.0f} | {'same' if right else 'OTHER'} |")
        print(lines[-1], flush=True)
    if ratios:
        lines.append(
            f"| all | {totals['sqlnode']:.2f} | {totals['duckdb']:.2f} | {statistics.geometric_mean(ratios):.0f} | |"
        )
        print(lines[-1])
    return lines, bad


def write_results(lines: Sequence[str], loaded: float, options: argparse.Namespace) -> None:
    """Puts the table between its markers in RESULTS.md."""
    path = Path(__file__).parent / "RESULTS.md"
    text = path.read_text() if path.exists() else "# Results\n"
    if "<!-- tpch -->" not in text:
        text += "\n<!-- tpch -->\n<!-- /tpch -->\n"
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d")
    body = (
        f"TPC-H at scale {options.scale}, measured {stamp}: loaded in {loaded:.1f} s; seconds, best of {options.runs}.\n\n"
        "| query | sqlnode s | DuckDB s | ratio | answer |\n|---|---|---|---|---|\n" + "\n".join(lines) + "\n"
    )
    start, end = text.index("<!-- tpch -->") + len("<!-- tpch -->"), text.index("<!-- /tpch -->")
    path.write_text(text[:start] + "\n" + body + text[end:])


def main() -> None:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="0.1")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--queries", default="")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="sqlnode-tpch-"))
    port = free_port()
    server = start_sqlnode(directory, port)
    try:
        make_data(directory, options.scale)
        database = open_duckdb(directory)
        wait_for(port, server)
        connection = pymysql.connect(host="127.0.0.1", port=port, user="root", local_infile=True, autocommit=True)
        cursor = connection.cursor()
        loaded = load(cursor, database, directory)
        print(f"# loaded in {loaded:.1f} s", flush=True)
        lines, bad = compare(cursor, database, options)
        connection.close()
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(directory, ignore_errors=True)
    if options.write:
        write_results(lines, loaded, options)
    if bad:
        sys.exit(f"other answers than DuckDB's: {bad}")


if __name__ == "__main__":
    main()
