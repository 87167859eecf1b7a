"""Apps of Django's own test suite (from its source distribution) with the stock MySQL backend over PyMySQL."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from compat.harness import compare, server, skip

HERE = Path(__file__).parent
VERSION = "5.2.19"
APPS = (
    "aggregation annotations basic bulk_create constraints datetimes db_functions expressions expressions_case get_or_create "
    "indexes inspectdb introspection lookup model_fields ordering schema select_for_update timezones transactions update"
).split()
ENOUGH = 2300
"""Tests that have to run: fewer means that an app did not load."""


def fetch(directory: Path) -> Path | None:
    """The unpacked source distribution, with what Django needs beside it; None without a package index."""
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    source = [*pip, "download", "--no-deps", "--no-binary", "django", "-d", str(directory), f"Django=={VERSION}"]
    needed = [*pip, "install", "--target", str(directory / "needed"), "asgiref>=3.8.1", "sqlparse>=0.3.1"]
    for command in (source, needed):
        if subprocess.run(command, timeout=300).returncode:
            return None
    archive = next(directory.glob("*.tar.gz"))
    with tarfile.open(archive) as packed:
        packed.extractall(directory, filter="data")
    return directory / archive.name.removesuffix(".tar.gz")


def run(unpacked: Path) -> list[str]:
    """The scoreboard's lines."""
    with server() as port:
        path = os.pathsep.join(map(str, (unpacked, unpacked.parent / "needed", HERE.parents[1])))
        command = [sys.executable, "-W", "ignore", "runtests.py", "--settings=compat.django_suite.settings"]
        ran = subprocess.run(
            [*command, "--parallel=1", "--noinput", *APPS],
            cwd=unpacked / "tests",
            env={**os.environ, "PYTHONPATH": path, "SQLNODE_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=900,
        )
    count = re.search(r"^Ran (\d+) tests in (.*)$", ran.stderr, re.M)
    if count is None:
        print(ran.stdout[-1000:], ran.stderr[-3000:])
        return ["FAIL did not run"]
    print(count[0])
    failed = sorted(set(re.findall(r"^(?:FAIL|ERROR): \w+ \(([\w.]+)\)", ran.stderr, re.M)))
    enough = int(count[1]) >= ENOUGH
    return [f"{'ok' if enough else 'FAIL'} {ENOUGH} and more", *(f"FAIL {name}" for name in failed)]


def main() -> int:
    """0 when the same tests fail as are known to."""
    with tempfile.TemporaryDirectory() as directory:
        unpacked = fetch(Path(directory))
        if unpacked is None:
            return skip("django_suite", f"Django {VERSION} from a package index")
        return compare("django_suite", run(unpacked), HERE / "expected.txt")
