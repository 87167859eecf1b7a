"""Tables that TiDB created: our parser and builder must write the same TableInfo."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from planner.context import PlanContext
from planner.parse.entry import parse_text
from planner.parse.nodes_ddl import CreateTable
from sqlnode.base.catalog import EMPTY, Catalog
from sqlnode.base.errors import SqlError
from sqlnode.ddl.build_table import Surroundings, build_table
from sqlnode.ddl.building import Building
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.table_options import read_table_options
from store.codec import meta
from tests.data.vectors import load

EXPECTED_SHARE = 0.75
ALTERED = {"ids_over_255", "added_columns", "modified_columns", "idx_added"}
OURS_DIFFERS = {
    "coll_latin1": "latin1 means latin1_swedish_ci, as in MySQL",
    "fk_child": "names of foreign keys and their indexes, as in MySQL",
}
_SET_BY_THE_JOB = ("id", "update_timestamp", "revision")
CASES: list[dict[str, Any]] = [case for case in load("rows") if case["name"] not in ALTERED]


def _built(case: dict[str, Any]) -> dict[str, Any]:
    start = f"create table {case['table']}"
    text = next(item["sql"] for item in case["statements"] if item["sql"].lower().startswith(start))
    node = parse_text(text)[0].ast
    assert isinstance(node, CreateTable)
    options = read_table_options(node.options, node.table.name, 0, lambda warning: None)
    building = Building(
        options.pair(CharsetPair("utf8mb4", "utf8mb4_bin")),
        auto_id_cache=0,
        sql_mode=0,
        planning=lambda: PlanContext(EMPTY, "vec", collation="utf8mb4_bin"),
    )
    around = Surroundings(Catalog(1, {}), "vec", foreign_key_checks=False)
    made = meta.table_to_json(build_table(node, options, building, around))
    return {**made, **{key: case["table_info"][key] for key in _SET_BY_THE_JOB}}


@pytest.mark.parametrize("case", [c for c in CASES if c["name"] not in OURS_DIFFERS], ids=lambda case: case["name"])
def test_same_table_info(case: dict[str, Any]) -> None:
    """The same, or refused by name (`test_share` counts those)."""
    try:
        made = _built(case)
    except SqlError as error:
        assert error.code == 1235, "what is not supported is refused by name"
        return
    assert made == case["table_info"]


def test_share(capsys: pytest.CaptureFixture[str]) -> None:
    missing: Counter[str] = Counter()
    for case in CASES:
        try:
            if case["name"] in OURS_DIFFERS:
                missing[OURS_DIFFERS[case["name"]]] += 1
            elif _built(case) != case["table_info"]:
                missing[f"differs: {case['name']}"] += 1
        except SqlError as error:
            missing[error.message] += 1
    good = len(CASES) - missing.total()
    with capsys.disabled():
        print(
            f"\nrows.json: {good} of {len(CASES)} CREATE TABLEs give TiDB's TableInfo ({good / len(CASES):.0%}); missing:"
        )
        for reason, count in missing.most_common():
            print(f"  {count} {reason}")
    assert good / len(CASES) >= EXPECTED_SHARE
    assert not any(reason.startswith("differs") for reason in missing)
