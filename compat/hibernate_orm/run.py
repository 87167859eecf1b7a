"""Builds and runs the Hibernate checks with Maven."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, lines_of, server

HERE = Path(__file__).parent


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    maven = shutil.which("mvn")
    if maven is None or shutil.which("javac") is None:
        print("hibernate_orm: a JDK with Maven is not installed")
        return 1
    built = subprocess.run([maven, "-q", "-B", "compile"], cwd=HERE, capture_output=True, text=True, timeout=600)
    if built.returncode:
        print(built.stdout[-3000:], built.stderr[-3000:])
        return 1
    with server() as port:
        ran = subprocess.run(
            [maven, "-q", "-B", "exec:java", f"-Dexec.args=127.0.0.1 {port}"],
            cwd=HERE,
            capture_output=True,
            text=True,
            timeout=300,
        )
    return compare("hibernate_orm", lines_of(ran), HERE / "expected.txt")
