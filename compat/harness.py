"""What every compat run shares: a server as a process of its own, and the scoreboard."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def server(*options: str) -> Iterator[int]:
    """`sqlnode serve` on an in-memory store; yields its port, ends it with SIGTERM."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sqlnode", "serve", "--store", "memory:", "--port", "0", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.search(r":(\d+)", line)
        if match is None:
            raise RuntimeError(f"the server did not start: {line!r}")
        yield int(match[1])
    finally:
        process.terminate()
        process.wait(30)


def lines_of(ran: subprocess.CompletedProcess[str]) -> list[str]:
    """The scoreboard that a program printed, without the reasons of failures, which are shown; all it said when there is
    no scoreboard."""
    seen = []
    for line in re.sub(r"\x1b\[[0-9;]*m", "", ran.stdout).splitlines():
        if line.startswith(("ok ", "FAIL ")):
            seen.append(line.split(":")[0])
            if line.startswith("FAIL "):
                print(line)
    if not seen or ran.returncode:
        print(ran.stdout[-3000:], ran.stderr[-3000:])
    return seen


def compare(name: str, seen: list[str], expected_file: Path) -> int:
    """Prints the scoreboard and the differences from what is expected; 0 when there are none. In the file, lines that
    begin with `#` say why something fails."""
    lines = expected_file.read_text(encoding="utf-8").splitlines()
    expected = [line for line in lines if line.strip() and not line.startswith("#")]
    for line in seen:
        print(f"{name}: {line}")
    missing = [line for line in expected if line not in seen]
    surprising = [line for line in seen if line not in expected]
    for line in missing:
        print(f"{name}: expected but not seen: {line}")
    for line in surprising:
        print(f"{name}: not expected: {line}")
    return 1 if missing or surprising else 0


def skip(name: str, what: str) -> int:
    """A tool is missing: a failure under CI."""
    print(f"{name}: SKIP ({what} is not installed)")
    return 1 if os.environ.get("CI") else 0
