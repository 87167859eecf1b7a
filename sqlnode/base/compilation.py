"""The modules of the hot path that the installation compiles (mypyc), and when their compiled form is used.

The sources are ordinary typed Python, and run as such where no C compiler was at hand. The compiled form is one native
library whose name holds a digest of those sources. `choose` compares it with the sources that are there now: after an
edit the names differ and Python runs the sources, until the next `pip install -e .`. SQLNODE_PURE=1 asks for the sources.

The standard library only: `setup.py` loads this file by its path.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path

PURE_VARIABLE = "SQLNODE_PURE"

PACKAGES = ("sqlnode", "planner", "executor", "store")

COMPILED: dict[str, tuple[str, ...]] = {
    "sqlnode/base": ("tasks",),
    "sqlnode/wire": (
        "binary_parameters",
        "busy_poll",
        "commands",
        "connection",
        "constants",
        "dispatch",
        "framing",
        "outbox",
        "payload",
        "replies",
        "sending",
        "transcode",
    ),
    "sqlnode/session": (
        "execution",
        "facts",
        "locks",
        "plan_cache",
        "session",
        "table_services",
        "table_use",
        "text_plans",
        "transactions",
    ),
    "sqlnode/statements": ("transaction",),
    "planner/expr": ("evaluation",),
    "planner/parse": ("text_template",),
    "executor": (
        "context",
        "locked_range",
        "locking",
        "point",
        "result",
        "row_keys",
        "row_path",
        "running",
        "short_range",
        "text_keys",
    ),
    "executor/dml": ("auto_increment", "delete", "insert", "row_writes", "table_writer", "update"),
    "store": ("buffer", "commit", "locks", "snapshot", "store", "transaction"),
    "store/codec": ("keys", "row_format", "table_codec"),
    "store/embedded": (
        "at_once",
        "client",
        "dead_ranges",
        "engine",
        "gc",
        "lock_table",
        "mvcc",
        "oracle",
        "record_blocks",
        "records",
        "versions",
    ),
}
"""Folder to the modules in it. A module qualifies when every statement meets it, when its annotations hold at run time
(compiled code checks them), and when it has no asynchronous generators, which mypyc does not know."""


def sources(root: Path) -> list[Path]:
    """The files of the compiled modules."""
    return [root / folder / f"{name}.py" for folder, names in COMPILED.items() for name in names]


def group_name(root: Path) -> str:
    """What the native library of the sources under `root` is called, without its ending."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sources(root):
        digest.update(path.read_bytes())
    return f"sqlnode_{digest.hexdigest()}"


def is_current(root: Path) -> bool:
    """Whether the compiled modules under `root` were made from the sources that are there."""
    try:
        name = group_name(root)
    except OSError:
        return False
    return any((root / f"{name}__mypyc{suffix}").exists() for suffix in EXTENSION_SUFFIXES)


def prefer_sources(root: Path) -> None:
    """From now on modules of our packages are imported from their sources, whatever lies beside them."""
    ours = tuple(str(root / package) for package in PACKAGES)

    def is_ours(path: str) -> bool:
        # The path may lead through a link; `root` does not.
        return os.path.realpath(path).startswith(ours)

    def hook(path: str) -> FileFinder:
        if not is_ours(path):
            raise ImportError
        return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, hook)
    for path in [path for path in sys.path_importer_cache if is_ours(path)]:
        del sys.path_importer_cache[path]


def choose() -> bool:
    """Called once, before any of the compiled modules is imported. Whether the compiled form is used."""
    root = Path(__file__).resolve().parents[2]
    if os.environ.get(PURE_VARIABLE, "") not in ("", "0") or not is_current(root):
        prefer_sources(root)
        return False
    return True
