"""`mariadb-dump` of Chinook and of a table with every kind of value, in each locking mode; each dump loads again, and a dump
of what was loaded is the same text."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, server, skip
from compat.mysql_cli.run import DUMP

HERE = Path(__file__).parent
MODES = {
    "single transaction": ["--single-transaction", "--quick"],
    "lock tables": ["--lock-tables"],
    "lock all tables": ["--lock-all-tables"],
    "whole inserts": [
        "--single-transaction",
        "--hex-blob",
        "--complete-insert",
        "--routines",
        "--triggers",
        "--events",
    ],
    "no extended inserts": ["--skip-extended-insert", "--skip-opt", "--create-options", "--disable-keys"],
}


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    client, dump = shutil.which("mariadb"), shutil.which("mariadb-dump")
    if client is None or dump is None:
        return skip("mariadb_dump", "MariaDB's client with mariadb-dump")
    seen: list[str] = []
    with server() as port:
        address = ["--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "--default-character-set=utf8mb4"]

        def load(text: bytes, *database: str) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run([client, *address, *database], input=text, capture_output=True, timeout=120)

        def dumped(database: str, *options: str) -> subprocess.CompletedProcess[bytes]:
            return subprocess.run(
                [dump, *address, "--skip-comments", *options, database], capture_output=True, timeout=120
            )

        load(DUMP.read_bytes())
        load((HERE / "kinds.sql").read_bytes(), "Chinook")
        for name, options in MODES.items():
            first = dumped("Chinook", *options)
            load(b"DROP DATABASE IF EXISTS again; CREATE DATABASE again")
            loaded = load(first.stdout, "again")
            second = dumped("again", *options)
            good = first.returncode == 0 == loaded.returncode and first.stdout == second.stdout
            seen.append(f"{'ok' if good and b'kinds' in first.stdout else 'FAIL'} {name}")
            if not good:
                print(first.stderr.decode()[:500], loaded.stderr.decode()[:500], second.stderr.decode()[:500])
    return compare("mariadb_dump", seen, HERE / "expected.txt")
