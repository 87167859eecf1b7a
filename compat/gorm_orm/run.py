"""Builds and runs the checks of gorm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from compat.harness import compare, lines_of, server

HERE = Path(__file__).parent


def main() -> int:
    """0 when every line of the scoreboard is as expected."""
    go = shutil.which("go")
    if go is None:
        print("gorm_orm: Go is not installed")
        return 1
    program = HERE / "target" / "checks"
    built = subprocess.run(
        [go, "build", "-o", str(program), "."], cwd=HERE, capture_output=True, text=True, timeout=300
    )
    if built.returncode:
        print(built.stdout[-3000:], built.stderr[-3000:])
        return 1
    with server() as port:
        ran = subprocess.run([program, f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=150)
    return compare("gorm_orm", lines_of(ran), HERE / "expected.txt")
