"""Data that a real TiDB wrote (README.md beside this file), gzipped; `load` reads one file."""

from __future__ import annotations

import gzip
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@lru_cache(maxsize=4)
def load(name: str) -> Any:
    """The parsed file `NAME.json.gz`. Shared between tests: do not change it."""
    with gzip.open(_HERE / f"{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)
