"""Plans as text: `plans.txt` holds statements, their EXPLAIN, and the plan of the row path where there is one.

`python -m tests.planner.physical.test_plans` rewrites the file from the code; the difference is for review.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from executor.copr import DagRunner
from planner.physical import IndexLookUp, IndexReader, PhysicalNode, TableReader
from sqlnode.base.errors import SqlError
from tests.planner.plans import context_of, explained, outline, planned

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
    """EXPLAIN, and the row path."""
    try:
        text = explained(sql)
    except SqlError as error:
        return str(error)
    row_path = planned(sql).row_path
    return text if row_path is None else f"{text}\nrow path:\n{outline(row_path)}"


@pytest.mark.parametrize(("sql", "expected"), blocks(), ids=[sql for sql, _ in blocks()])
def test_plan(sql: str, expected: str) -> None:
    assert result(sql) == expected


def requests(node: PhysicalNode) -> list[object]:
    """The DAGs of all readers of a plan."""
    found: list[object] = []
    if isinstance(node, (TableReader, IndexReader)):
        found.append(node.request)
    elif isinstance(node, IndexLookUp):
        found.extend((node.index_request, node.table_request))
    for child in node.children:
        found.extend(requests(child))
    return found


@pytest.mark.parametrize("sql", [sql for sql, expected in blocks() if not expected.startswith("ERROR")])
def test_requests_compile_and_give_what_the_plan_says(sql: str) -> None:
    runner = DagRunner()
    plan = planned(sql, context_of())
    for root in (plan.root, *plan.ctes.values()):
        for request in requests(root):
            compiled = runner.compile(request.dag)  # type: ignore[attr-defined]
            kinds = [sql_type.arrow for sql_type in compiled.types]
            assert kinds == [column.type.arrow for column in request.columns]  # type: ignore[attr-defined]


def test_visible_columns_are_in_the_root() -> None:
    for sql, expected in blocks():
        if not expected.startswith("ERROR"):
            plan = planned(sql)
            assert {column.id for column in plan.columns} <= {column.id for column in plan.root.schema}, sql
            if plan.row_path is not None:
                assert {column.id for column in plan.columns} <= {column.id for column in plan.row_path.schema}, sql


def rewrite() -> None:
    """Writes the file anew from its statements."""
    PLANS.write_text("\n\n".join(f"{sql}\n{result(sql)}" for sql, _ in blocks()) + "\n")


if __name__ == "__main__":
    rewrite()
