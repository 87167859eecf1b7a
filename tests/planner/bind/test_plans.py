"""Bound plans and errors as text: `plans.txt` holds statements and what binding them gives.

`python -m tests.planner.bind.test_plans` rewrites the file from the code; the difference is for review.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlnode.base.errors import SqlError
from tests.planner.bind.trees import bound, dump

PLANS = Path(__file__).parent / "plans.txt"


def blocks() -> list[tuple[str, str]]:
    """(statement, expected text) of the file."""
    found = []
    for block in PLANS.read_text().split("\n\n"):
        sql, _, expected = block.strip().partition("\n")
        if sql:
            found.append((sql, expected))
    return found


def result(sql: str) -> str:
    """What binding gives: the plan and labels, or the error."""
    try:
        query = bound(sql)
    except SqlError as error:
        return str(error)
    lines = [dump(query.plan)]
    if query.labels:
        lines.append(f"=> {' | '.join(query.labels)}")
    if not query.cacheable:
        lines.append("not cacheable")
    return "\n".join(lines)


@pytest.mark.parametrize(("sql", "expected"), blocks(), ids=[sql for sql, _ in blocks()])
def test_plan(sql: str, expected: str) -> None:
    assert result(sql) == expected


def rewrite() -> None:
    """Writes the file anew from its statements."""
    PLANS.write_text("\n\n".join(f"{sql}\n{result(sql)}" for sql, _ in blocks()) + "\n")


if __name__ == "__main__":
    rewrite()
