"""What compiled modules must not contain, and which form of them is used when."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sqlnode
from sqlnode.base.compilation import EXTENSION_SUFFIXES, group_name, is_current, sources

ROOT = Path(__file__).parents[2]
AWAITS = (ast.Await, ast.AsyncFor, ast.AsyncWith)


def offences(tree: ast.AST) -> list[str]:
    """What mypyc compiles wrongly or not at all, with its line."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef):
            own = [child for child in ast.walk(node) if isinstance(child, ast.Yield)]
            found += [f"{child.lineno}: an asynchronous generator" for child in own]
            local = [child for child in ast.walk(node) if isinstance(child, (ast.Import, ast.ImportFrom))]
            found += [f"{child.lineno}: a name imported inside a coroutine is lost" for child in local]
        if isinstance(node, ast.Try):
            for block in (*node.handlers, *node.finalbody):
                # The exception that is handled would be seen by whatever else runs until the coroutine goes on.
                inside = [child for child in ast.walk(block) if isinstance(child, AWAITS)]
                found += [f"{child.lineno}: it waits while it handles an exception" for child in inside]
        if isinstance(node, ast.AsyncWith):
            found.append(f"{node.lineno}: `async with` waits while it handles an exception")
        if isinstance(node, ast.With) and any(isinstance(child, AWAITS) for child in ast.walk(node)):
            found.append(f"{node.lineno}: it waits inside `with`")
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for decorator in node.decorator_list:
                if "cached_property" in ast.unparse(decorator):
                    found.append(f"{node.lineno}: compiled classes have no __dict__ for a cached property")
    return found


def test_compiled_modules_keep_to_what_can_be_compiled() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{offence}"
        for path in sources(ROOT)
        for offence in offences(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "async def f():\n yield 1",
        "async def f():\n try:\n  pass\n except ValueError:\n  await g()",
        "async def f():\n try:\n  pass\n finally:\n  await g()",
        "async def f():\n with a:\n  await g()",
        "async def f():\n async with a:\n  g()",
        "async def f():\n from a import b\n await b()",
        "class C:\n @cached_property\n def f(self): pass",
    ],
)
def test_offences_are_seen(text: str) -> None:
    assert offences(ast.parse(text))


def is_compiled(environment: dict[str, str]) -> bool:
    code = "import sqlnode; from sqlnode.wire import framing; print(sqlnode.IS_COMPILED, framing.__file__)"
    run = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    flag, file = run.stdout.split()
    assert (flag == "True") == (not file.endswith(".py")), run.stdout
    return flag == "True"


def test_sources_when_asked_for() -> None:
    assert not is_compiled({"SQLNODE_PURE": "1"})


def test_the_installation_is_compiled() -> None:
    """Where a compiler is and nothing was edited, the suite tests the compiled modules; CI makes sure of both."""
    if os.environ.get("CI") and (shutil.which("cc") or shutil.which("gcc")):
        assert sqlnode.IS_COMPILED
    expected = is_current(ROOT) and os.environ.get("SQLNODE_PURE", "") in ("", "0")
    assert is_compiled({}) == sqlnode.IS_COMPILED == expected


def test_an_edit_makes_the_compiled_form_stale(tmp_path: Path) -> None:
    for path in sources(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    assert not is_current(tmp_path)
    (tmp_path / f"{group_name(tmp_path)}__mypyc{EXTENSION_SUFFIXES[0]}").touch()
    assert is_current(tmp_path)
    with (tmp_path / "store/buffer.py").open("a") as file:
        file.write("# edited\n")
    assert not is_current(tmp_path)
