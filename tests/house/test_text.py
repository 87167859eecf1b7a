"""Files have one job: bounds on sizes, a docstring on everything public, no words of a machine or a workplace."""

from __future__ import annotations

import ast
import re

from tests.house.test_layers import ROOT, modules

FILE_LINES = 620
FUNCTION_LINES = 80
LONG_FILES = {
    "planner.physical": "all nodes of a plan, which are read together",
}
LONG_FUNCTIONS = {
    "planner.parse.tables._install_expressions": "one table of changes to the parser, in its order",
}


def test_files_are_short() -> None:
    long = []
    for name, path in modules():
        if name in LONG_FILES or "_pb2" in name:
            continue
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > FILE_LINES:
            long.append(f"{name}: {count}")
    assert not long, "\n".join(long)


def test_functions_are_short() -> None:
    long = []
    for name, path in modules():
        if "_pb2" in name:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
                length = node.end_lineno - node.lineno
                if length > FUNCTION_LINES and f"{name}.{node.name}" not in LONG_FUNCTIONS:
                    long.append(f"{name}.{node.name}: {length}")
    assert not long, "\n".join(long)


def test_public_things_have_docstrings() -> None:
    missing = []
    for name, path in modules():
        if "_pb2" in name:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if path.stat().st_size and ast.get_docstring(tree) is None:
            missing.append(name)
        for node in tree.body:
            if (
                isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                and not node.name.startswith("_")
                and ast.get_docstring(node) is None
            ):
                missing.append(f"{name}.{node.name}")
    assert not missing, "\n".join(missing)


def test_no_broad_except() -> None:
    allowed = {
        "sqlnode.wire.connection",
        "sqlnode.server",
        "sqlnode.base.tasks",
        "sqlnode.base.adoption",
        "sqlnode.testing",
    }
    found = []
    for name, path in modules():
        if name in allowed:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        raised = {ast.unparse(node.exc) for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc}
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")
                )
                reraised = any(isinstance(child, ast.Raise) for child in ast.walk(node))
                if not reraised and isinstance(node.body[-1], (ast.Assign, ast.AnnAssign)):
                    # Raised behind the handler, because something is awaited before (see test_compilation).
                    kept = node.body[-1]
                    target = kept.targets[0] if isinstance(kept, ast.Assign) else kept.target
                    reraised = ast.unparse(target) in raised and ast.unparse(kept.value or target) == node.name
                if broad and not reraised:
                    found.append(f"{name}:{node.lineno}")
    # rocksdict raises bare Exception for everything.
    found = [place for place in found if not place.startswith("store.embedded.")]
    assert not found, "\n".join(found)


def test_no_foreign_words() -> None:
    words = re.compile(r"/root/|/home/|TODO|FIXME")
    found = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("benchmarks/*"), *(path for _, path in modules())]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if words.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)
