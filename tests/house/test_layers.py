"""Imports go down only, and each outside library has one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("sqlnode", "planner", "executor", "store")

LAYERS = (
    ("sqlnode.wire", 5),
    ("sqlnode.server", 5),
    ("sqlnode.__main__", 5),
    ("sqlnode.tools", 5),
    ("sqlnode.testing", 5),
    ("sqlnode.config", 5),
    ("sqlnode.base", 0),
    ("sqlnode.sysvars", 0),
    ("sqlnode", 4),
    ("executor", 3),
    ("planner", 2),
    ("store", 1),
)
PLANNER_MAY_SEE = ("store.api", "store.codec", "store.proto")
DOORS = {
    "sqlglot": ("planner.parse", "planner.bind"),
    "rocksdict": ("store.embedded",),
    "google.protobuf": ("store.proto",),
    "grpc": ("store.tikv", "store.service"),
    "datafusion": ("executor.engine",),
    "cryptography": ("sqlnode.wire", "planner.functions", "sqlnode.base"),
    "uvloop": ("sqlnode.server", "sqlnode.__main__", "sqlnode.testing"),
}
ALSO_AT_THE_DOOR = {
    "sqlglot": {
        # Definitions keep expressions as trees until they become metadata texts.
        "sqlnode.ddl",
        "sqlnode.statements.expressions",
    },
}


def layer_of(module: str) -> int:
    """The layer of one of our modules."""
    if module == "sqlnode":
        return 0
    for prefix, layer in LAYERS:
        if module == prefix or module.startswith(prefix + "."):
            return layer
    raise AssertionError(module)


def modules() -> Iterator[tuple[str, Path]]:
    """(name, path) of every module of ours."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports_of(path: Path) -> Iterator[str]:
    """Modules that a file imports, those for type checking left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            typing_only |= {id(child) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and node.level == 0:
            yield node.module


def test_imports_go_down() -> None:
    wrong = []
    for name, path in modules():
        layer = layer_of(name)
        for imported in imports_of(path):
            if imported.split(".")[0] not in PACKAGES:
                continue
            if layer_of(imported) > layer:
                wrong.append(f"{name} imports {imported}")
            if layer == 2 and imported.startswith("store") and not imported.startswith(PLANNER_MAY_SEE):
                wrong.append(f"{name} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_each_library_has_one_door() -> None:
    wrong = []
    for name, path in modules():
        for imported in imports_of(path):
            for library, doors in DOORS.items():
                if imported == library or imported.startswith(library + "."):
                    allowed = (*doors, *ALSO_AT_THE_DOOR.get(library, ()))
                    if not any(name == door or name.startswith(door + ".") for door in allowed):
                        wrong.append(f"{name} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_serving_loads_no_cluster_libraries() -> None:
    """Neither grpc nor datafusion is loaded by a server on an embedded store."""
    code = (
        "import sqlnode.server, sqlnode.instance, sys; print([m for m in ('grpc', 'datafusion') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
