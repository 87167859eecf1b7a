"""sysbench's OLTP workloads on sqlnode beside MariaDB in the same run, both durable on every commit.

usage: python benchmarks/oltp.py [--seconds 5] [--rounds 3] [--threads 1,8] [--rows 100000] [--write]

Needs Debian's packages `sysbench` and `mariadb-server`. Starts both servers itself, on free ports of the loopback
interface with data directories of their own, runs each workload in turn (A B A B …) and reports queries per second and
the ratio of each pair's median. `--write` puts the table into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

WORKLOADS = (
    ("oltp_point_select", "auto", 0.60, 0.37),
    ("oltp_point_select", "disable", 0.60, 0.37),
    ("oltp_read_only", "auto", 0.29, 0.255),
    ("oltp_read_write", "auto", 0.33, 0.24),
    ("oltp_write_only", "auto", 0.32, 0.28),
    ("oltp_update_index", "auto", 0.29, 0.37),
    ("oltp_insert", "auto", 0.33, 0.365),
)
"""(workload, prepared statements, wanted share of MariaDB at 8 threads, at 1 thread)."""


def free_port() -> int:
    """A port of the loopback interface that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the port accepts."""
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("a server ended at once")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("a server does not answer")


def start_mariadb(directory: Path, port: int) -> subprocess.Popen[bytes]:
    """MariaDB, synced at each commit."""
    data = directory / "mariadb"
    subprocess.run(
        [
            "mariadb-install-db",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return subprocess.Popen(
        [
            "mariadbd",
            "--no-defaults",
            "--user=root",
            f"--datadir={data}",
            f"--socket={directory}/mariadb.sock",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=512M",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def start_sqlnode(directory: Path, port: int) -> subprocess.Popen[bytes]:
    """sqlnode on an embedded store."""
    return subprocess.Popen(
        [sys.executable, "-m", "sqlnode", "serve", "--store", f"embedded:{directory}/sqlnode", "--port", str(port)],
        stdout=subprocess.DEVNULL,
    )


def sysbench(port: int, rows: int, *words: str) -> str:
    """What one sysbench run prints."""
    ran = subprocess.run(
        [
            "sysbench",
            "--db-driver=mysql",
            "--mysql-host=127.0.0.1",
            f"--mysql-port={port}",
            "--mysql-user=root",
            "--mysql-db=sbtest",
            "--tables=1",
            f"--table-size={rows}",
            "--mysql-ignore-errors=1213,1205,9007,8002,1020,1062",
            *words,
        ],
        capture_output=True,
        text=True,
        timeout=600,
    )
    return ran.stdout + ran.stderr


def create_database(port: int) -> None:
    """The database that sysbench wants."""
    import pymysql

    connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
    connection.cursor().execute("CREATE DATABASE sbtest")
    connection.close()


def measure(ports: dict[str, int], options: argparse.Namespace) -> list[str]:
    """One line of the table for each workload and number of threads."""
    lines: list[str] = []
    for workload, mode, wanted_8, wanted_1 in WORKLOADS:
        for threads in options.threads.split(","):
            rates: dict[str, list[float]] = {name: [] for name in ports}
            for _ in range(options.rounds):
                for name, port in ports.items():
                    printed = sysbench(
                        port,
                        options.rows,
                        f"--threads={threads}",
                        f"--time={options.seconds}",
                        f"--db-ps-mode={mode}",
                        workload,
                        "run",
                    )
                    found = re.search(r"queries:\s+\d+\s+\(([\d.]+) per sec", printed)
                    rates[name].append(float(found[1]) if found else 0.0)
                    if not found or float(found[1]) == 0.0:
                        print(printed[-500:], file=sys.stderr)
            ratio = statistics.median(
                a / b if b else 0.0 for a, b in zip(rates["sqlnode"], rates["mariadb"], strict=True)
            )
            wanted = wanted_8 if threads == "8" else wanted_1
            lines.append(
                f"| {workload} | {'text' if mode == 'disable' else 'prepared'} | {threads} "
                f"| {statistics.median(rates['sqlnode']):.0f} | {statistics.median(rates['mariadb']):.0f} | {ratio:.2f} "
                f"| {wanted:.2f} | {'yes' if ratio >= wanted else 'no'} |"
            )
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Runs everything and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="1,8")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="sqlnode-oltp-"))
    ports = {"sqlnode": free_port(), "mariadb": free_port()}
    servers = [start_sqlnode(directory, ports["sqlnode"]), start_mariadb(directory, ports["mariadb"])]
    try:
        for port, process in zip(ports.values(), servers, strict=True):
            wait_for(port, process)
            create_database(port)
            print("#", sysbench(port, options.rows, "oltp_point_select", "prepare")[-120:].strip(), flush=True)
        lines = measure(ports, options)
    finally:
        for process in servers:
            process.terminate()
        for process in servers:
            process.wait(60)
        shutil.rmtree(directory, ignore_errors=True)
    head = (
        "| workload | statements | threads | sqlnode q/s | MariaDB q/s | ratio | wanted | reached |\n"
        + "|---" * 8
        + "|"
    )
    table = head + "\n" + "\n".join(lines)
    print(table)
    if options.write:
        write_results(table, options)


def write_results(table: str, options: argparse.Namespace) -> None:
    """Puts the table between the markers of RESULTS.md."""
    path = Path(__file__).parent / "RESULTS.md"
    text = path.read_text() if path.exists() else "# Results\n\n<!-- oltp -->\n<!-- /oltp -->\n"
    stamp = datetime.now(UTC).strftime("%Y-%m-%d")
    body = (
        f"Measured {stamp}: {options.rows} rows, median of {options.rounds} rounds of {options.seconds} s.\n\n{table}\n"
    )
    start, end = text.index("<!-- oltp -->") + len("<!-- oltp -->"), text.index("<!-- /oltp -->")
    path.write_text(text[:start] + "\n" + body + text[end:])


if __name__ == "__main__":
    main()
