"""Runs every compat harness: `python -m compat.run [name …]`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> int:
    """1 when one of them differs from what is expected of it."""
    here = Path(__file__).parent
    names = sys.argv[1:] or sorted(path.parent.name for path in here.glob("*/run.py"))
    return max([importlib.import_module(f"compat.{name}.run").main() for name in names], default=0)


if __name__ == "__main__":
    sys.exit(main())
