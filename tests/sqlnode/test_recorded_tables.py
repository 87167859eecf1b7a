"""Tables that TiDB wrote, made again by the same statements through our server: the same keys and values byte for byte.

And the other way round: TiDB's pairs loaded into the embedded store, read by the requests that TiDB sent.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from executor.copr import DagRunner, UnsupportedDagError
from sqlnode.base.errors import SqlError
from sqlnode.instance import Instance
from sqlnode.session.session import Session
from store import open_store
from store.api import CopRequest, KeyRange
from store.codec.keys import table_prefix, table_range
from store.proto import tipb_pb2
from tests.data.vectors import load
from tests.executor.copr import replay
from tests.executor.copr.test_replay import KNOWN_DIFFERENCES

EXPECTED_SHARE_OF_TABLES = 0.85
EXPECTED_SHARE_OF_REQUESTS = 0.60
NOT_COVERED = {
    "row_checksum": "checksums in rows are an option of TiDB that is off",
    "row_checksum_cpk": "checksums in rows are an option of TiDB that is off",
    "row_format_v1": "row format 1 is read, never written",
    "row_format_v1_cpk": "row format 1 is read, never written",
}
OURS_DIFFERS = {
    "coll_latin1": "latin1 means latin1_swedish_ci, as in MySQL",
    "enum_set_invalid": "SET keeps the valid members of 'a,zz', as in MySQL",
    "modified_columns": "a changed column's rows and indexes are copied to a new table",
    "auto_inc_nonclustered": "row ids and AUTO_INCREMENT count apart from each other, as from table version 5 on",
    "json_types": "CAST … AS BINARY(n) inside JSON is VAR_STRING, not STRING",
    "fk_child": "its parent stands in a case of its own",
}


async def pairs_of(instance: Instance, case: dict[str, Any]) -> dict[str, str]:
    """The pairs that our server writes for a case's statements, under the recorded table's id."""
    session = Session(instance, instance.new_connection_id())
    await session.use("vec")
    for sql in ("SET time_zone = '+00:00', collation_connection = utf8mb4_bin", *case["session"]):
        try:
            await session.execute_text(sql.encode())
        except SqlError as error:
            assert error.code == 1193, "a switch of TiDB's own that is not known here"
    for statement in case["statements"]:
        try:
            await session.finish(await session.execute_text(statement["sql"].encode()))
        except SqlError:
            if "error" not in statement:
                raise
    table = instance.catalogs.current.table("vec", case["table"])
    assert table is not None, case["name"]
    snapshot = instance.store.snapshot(await instance.store.timestamp())
    ours, theirs = table_prefix(table.id), table_prefix(case["table_id"])
    found = await snapshot.scan(*table_range(table.id))
    return {(theirs + key[len(ours) :]).hex(): value.hex() for key, value in found}


def test_tables_by_sql(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        instance = Instance(open_store("memory:", evaluator=DagRunner().evaluate))
        await instance.start()
        setup = Session(instance, instance.new_connection_id())
        await setup.execute_text(b"CREATE DATABASE vec CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        same = 0
        missing: Counter[str] = Counter()
        wrong = []
        covered = 0
        for case in load("rows"):
            name = case["name"]
            if name in NOT_COVERED or name in OURS_DIFFERS:
                missing[NOT_COVERED.get(name) or OURS_DIFFERS[name]] += 1
                covered += name in OURS_DIFFERS
                continue
            try:
                ours = await pairs_of(instance, case)
            except SqlError as error:
                if error.code == 1235:
                    missing[error.message] += 1
                else:
                    wrong.append(f"{name}: {error}")
                continue
            covered += 1
            theirs = {pair["k"]: pair["v"] for pair in case["pairs"] if pair["kind"] != "dropped_index"}
            if ours == theirs:
                same += 1
            else:
                wrong.append(name)
        await instance.close()
        with capsys.disabled():
            print(f"\nrows.json by SQL: {same} of {covered} tables of covered types ({same / covered:.0%}); the rest:")
            for what, count in missing.most_common():
                print(f"  {count} {what}")
        assert not wrong
        assert same / covered >= EXPECTED_SHARE_OF_TABLES

    asyncio.run(main())


def test_requests_over_the_embedded_store(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        runner = DagRunner()
        store = open_store("memory:", evaluator=runner.evaluate)
        keys, pairs = replay.stored()
        for at in range(0, len(keys), 500):
            transaction = store.begin(await store.timestamp(), pessimistic=False)
            for key in keys[at : at + 500]:
                transaction.put(key, pairs[key])
            await transaction.commit()
        good = total = 0
        wrong = []
        for case in load("cop")["cases"]:
            for request in case["requests"]:
                if request["tp"] != 103:
                    continue
                total += 1
                dag = tipb_pb2.DAGRequest.FromString(bytes.fromhex(request["data"]))
                try:
                    compiled = runner.compile(dag)
                except UnsupportedDagError:
                    continue
                ranges = tuple(KeyRange(bytes.fromhex(start), bytes.fromhex(end)) for start, end in request["ranges"])
                snapshot = store.snapshot(await store.timestamp())
                asked = CopRequest(dag, ranges, desc=compiled.descending)
                try:
                    rows = [
                        row
                        async for batch in snapshot.coprocessor(asked)
                        for row in replay.rows_of(batch, compiled.types)
                    ]
                except SqlError:
                    good += "error" in request["response"].get("select_response", {})
                    continue
                if replay.same(request, compiled, rows):
                    good += 1
                elif case["name"] not in KNOWN_DIFFERENCES:
                    wrong.append(case["name"])
        await store.close()
        with capsys.disabled():
            print(f"\ncop.json over the embedded store: {good} of {total} requests ({good / total:.0%})")
        assert not wrong
        assert good / total >= EXPECTED_SHARE_OF_REQUESTS

    asyncio.run(main())
