"""Requests that a real TiDB sent: the recorded rows, or a refusal that names the signature; never something else."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from executor.copr import DagRunner, UnsupportedDagError
from executor.copr.response import respond
from sqlnode.base.errors import SqlError
from store.proto import tipb_pb2
from tests.data.vectors import load
from tests.executor.copr import replay

EXPECTED_SHARE = 0.60
SIZES = (1000, 3)

# Recorded answers of TiDB's own mock store that MySQL (and TiKV) do not give.
KNOWN_DIFFERENCES: dict[str, str] = {
    "agg_42": "recorded: BIT compared by its bytes",
    "topn_16": "recorded: BIT compared by its bytes",
    "agg_46": "recorded: no row for an aggregate over nothing",
    "agg_47": "recorded: no row for an aggregate over nothing",
    "group_24": "recorded: partial groups by bytes, merged later",
    "group_25": "recorded: partial groups by bytes, merged later",
    "group_29": "recorded: partial groups by bytes, merged later",
    "topn_08": "recorded: JSON null before NULL",
    "topn_08_datum": "recorded: JSON null before NULL",
    "topn_12": "recorded: other members of a tie",
}


def _requests() -> list[tuple[str, dict[str, Any]]]:
    return [
        (case["name"], request) for case in load("cop")["cases"] for request in case["requests"] if request["tp"] == 103
    ]


@pytest.mark.parametrize("size", SIZES)
def test_recorded_requests(size: int, capsys: pytest.CaptureFixture[str]) -> None:
    runner = DagRunner()
    good = 0
    refused: Counter[str] = Counter()
    wrong = []
    requests = _requests()
    for name, request in requests:
        expects_error = "error" in request["response"].get("select_response", {})
        try:
            compiled, rows, _ = replay.run(runner, request, size)
        except UnsupportedDagError as error:
            refused[error.feature] += 1
            continue
        except SqlError as error:
            if expects_error:
                good += 1
            else:
                wrong.append(f"{name}: {error}")
            continue
        if replay.same(request, compiled, rows) and not expects_error:
            good += 1
        elif name in KNOWN_DIFFERENCES:
            refused[KNOWN_DIFFERENCES[name]] += 1
        else:
            wrong.append(name)
    with capsys.disabled():
        print(
            f"\ncop.json, blocks of {size}: {good} of {len(requests)} requests ({good / len(requests):.0%}); refused:"
        )
        for feature, count in refused.most_common():
            print(f"  {count} {feature}")
    assert not wrong
    assert good / len(requests) >= EXPECTED_SHARE


def test_answers_over_the_wire() -> None:
    """What we answer as tipb bytes decodes to the batches' rows."""
    runner = DagRunner()
    seen = 0
    for _, request in _requests()[::5]:
        try:
            compiled, rows, _ = replay.run(runner, request, 100)
        except (UnsupportedDagError, SqlError):
            continue
        ranges = [(bytes.fromhex(start), bytes.fromhex(end)) for start, end in request["ranges"]]
        blocks = replay.blocks(ranges, compiled.descending, 100)
        answer = respond(compiled, runner.run(compiled, blocks))
        again = tipb_pb2.SelectResponse.FromString(answer.SerializeToString())
        assert not again.error.code
        assert replay.answered_rows(again, compiled) == rows
        seen += 1
    assert seen > 30
