"""Loads the Chinook dump with MariaDB's command-line client and compares row counts with the file."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, server, skip

DUMP = Path(__file__).parents[2] / "tests" / "data" / "chinook_mysql.sql"


def expected_counts(text: str) -> dict[str, int]:
    """Rows of each table in the dump: one row a line that begins with a parenthesis, below its INSERT."""
    counts: dict[str, int] = {}
    table = ""
    for line in text.splitlines():
        match = re.match(r"INSERT INTO `(\w+)`", line)
        if match:
            table = match[1]
            counts.setdefault(table, 0)
        counts_here = line.lstrip()
        if table and re.match(r"\(\S", counts_here) and not match:
            counts[table] += 1
    return counts


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    client = shutil.which("mariadb") or shutil.which("mysql")
    if client is None:
        return skip("mysql_cli", "MariaDB's client")
    seen: list[str] = []
    with server() as port:
        base = [client, "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root"]
        text = DUMP.read_text(encoding="utf-8")
        for mode, option in (("tls", "--ssl"), ("plain", "--skip-ssl")):
            loaded = subprocess.run([*base, option], input=text, capture_output=True, text=True, timeout=300)
            seen.append(f"{'ok' if loaded.returncode == 0 else 'FAIL'} load {mode}")
            if loaded.returncode:
                print(loaded.stderr[:2000])
            wrong = []
            for table, count in expected_counts(text).items():
                asked = subprocess.run(
                    [*base, option, "-N", "-e", f"SELECT COUNT(*) FROM Chinook.`{table}`"],
                    capture_output=True,
                    text=True,
                    timeout=60,
                )
                if asked.stdout.strip() != str(count):
                    wrong.append(f"{table}: {asked.stdout.strip()} for {count} {asked.stderr[:100]}")
            seen.append(f"{'FAIL' if wrong else 'ok'} counts {mode}")
            for line in wrong:
                print(line)
        status = subprocess.run([*base, "-e", "\\s"], capture_output=True, text=True, timeout=60)
        seen.append(f"{'ok' if 'Server version' in status.stdout else 'FAIL'} status")
        used = subprocess.run(
            [*base, "Chinook", "-e", "SHOW TABLES; DESCRIBE Track"], capture_output=True, text=True, timeout=60
        )
        seen.append(f"{'ok' if 'PlaylistTrack' in used.stdout and 'UnitPrice' in used.stdout else 'FAIL'} describe")
    return compare("mysql_cli", seen, Path(__file__).parent / "expected.txt")
