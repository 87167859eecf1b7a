"""Every golden script, over the wire against an in-memory server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlnode.testing import serve_memory
from tests.golden.runner import Target, run_script
from tests.golden.script import read_script, rewrite

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.rglob("*.test"))


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with serve_memory() as server:
        yield Target(server.host, server.port)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(HERE)))
def test_golden(path: Path, target: Target, request: pytest.FixtureRequest) -> None:
    blocks = read_script(path)
    problems = run_script(target, blocks, "golden_" + path.stem.replace("-", "_"))
    if problems and request.config.getoption("--rewrite"):
        rewrite(path, blocks)
    assert not problems, "\n\n".join(problems)
