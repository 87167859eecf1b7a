"""Installs mysql2 from npm and runs the checks on Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, lines_of, server, skip

HERE = Path(__file__).parent


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return skip("mysql2_node", "Node with npm")
    command = [npm, "ci", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=100)
    if installed.returncode:
        print(installed.stdout[-3000:], installed.stderr[-3000:])
        return 1
    with server() as port:
        ran = subprocess.run([node, "checks.js", str(port)], cwd=HERE, capture_output=True, text=True, timeout=70)
    return compare("mysql2_node", lines_of(ran), HERE / "expected.txt")
