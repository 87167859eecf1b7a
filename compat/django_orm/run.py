"""Installs Django from PyPI and runs its ORM on the stock MySQL backend (over PyMySQL)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from compat.harness import compare, lines_of, server, skip

HERE = Path(__file__).parent
REQUIREMENTS = ("Django==5.2.8", "PyMySQL>=1.1", "cryptography")


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    target = HERE / "target"
    if not (target / "django").is_dir():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--target",
            str(target),
            *REQUIREMENTS,
        ]
        installed = subprocess.run(command, capture_output=True, text=True, timeout=100)
        if installed.returncode:
            print(installed.stderr[-1000:])
            return skip("django_orm", "Django (pip could not get it)")
    with server() as port:
        environment = {**os.environ, "PYTHONPATH": str(target), "PORT": str(port)}
        ran = subprocess.run(
            [sys.executable, "checks.py"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=120
        )
    return compare("django_orm", lines_of(ran), HERE / "expected.txt")
