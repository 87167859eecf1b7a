"""SQLAlchemy's dialect compliance suite, with the stock MySQL dialect over two drivers."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pymysql

from compat.harness import compare, server, skip

HERE = Path(__file__).parent
DRIVERS = {"pymysql": "utf8mb4_0900_ai_ci", "mysqlconnector": "utf8mb4_general_ci"}
"""Driver -> collation of the databases. SQLAlchemy's provisioning connects mysqlconnector with the second one, and its
tests compare columns with CAST(… AS CHAR), which has the connection's collation."""
ENOUGH = 1500
"""Tests that have to pass with each driver: fewer means that a part of the suite did not run."""


def outcomes(report: Path) -> tuple[int, list[str]]:
    """(how many tests passed, the names of those that failed) in a JUnit report."""
    passed, failed = 0, []
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            group = re.sub(r"_mysql\+.*", "", case.get("classname", "").rpartition(".")[2])
            failed.append(f"{group}.{case.get('name')}")
        elif "skipped" not in kinds:
            passed += 1
    return passed, sorted(set(failed))


def run(driver: str, collation: str) -> list[str]:
    """The scoreboard's lines for one driver, against a server of its own."""
    with server() as port, tempfile.TemporaryDirectory() as directory:
        connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE test")
            for name in ("test", "test_schema", "test_schema_2"):
                cursor.execute(f"CREATE DATABASE {name} COLLATE {collation}")
        connection.close()
        report = Path(directory) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-c", "setup.cfg", f"--junitxml={report}"]
        command += ["--dburi", f"mysql+{driver}://root@127.0.0.1:{port}/test", "test_suite.py"]
        path = os.pathsep.join(filter(None, [str(HERE.parents[1]), os.environ.get("PYTHONPATH")]))
        # one test takes "any other" isolation level from a set: always the same one
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
        ran = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, timeout=600)
        if not report.exists():
            print(ran.stdout[-2000:], ran.stderr[-2000:])
            return [f"FAIL {driver} did not run"]
        passed, failed = outcomes(report)
    print(f"{driver}: {passed} of {passed + len(failed)} tests pass")
    if passed < ENOUGH:
        print(ran.stdout[-4000:])
        return [f"FAIL {driver} {ENOUGH} and more"]
    return [f"ok {driver} {ENOUGH} and more", *(f"FAIL {driver} {one}" for one in failed)]


def main() -> int:
    """0 when the same tests fail as are known to."""
    if importlib.util.find_spec("sqlalchemy") is None:
        return skip("sqlalchemy_suite", "SQLAlchemy")
    seen = [line for driver, collation in DRIVERS.items() for line in run(driver, collation)]
    return compare("sqlalchemy_suite", seen, HERE / "expected.txt")
