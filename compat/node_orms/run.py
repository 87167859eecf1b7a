"""Installs Sequelize, Knex and TypeORM from npm and runs their checks on Node, over mysql2."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, lines_of, server

HERE = Path(__file__).parent


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("node_orms: Node with npm is not installed")
        return 1
    command = [npm, "ci", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=200)
    if installed.returncode:
        print(installed.stdout[-3000:], installed.stderr[-3000:])
        return 1
    seen: list[str] = []
    with server() as port:
        for program in ("sequelize.js", "knex.js", "typeorm.js"):
            ran = subprocess.run([node, program, str(port)], cwd=HERE, capture_output=True, text=True, timeout=120)
            seen += lines_of(ran)
    return compare("node_orms", seen, HERE / "expected.txt")
