"""What a power failure leaves: the log cut at the end of the last completed sync still has every acknowledged transfer.

`kill -9` keeps the page cache and proves nothing about syncing, so here the data directory is copied while eight sessions
commit, the copy's log is truncated to what a sync had covered, and the copy is opened. The seed is the test's id.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from executor.copr import DagRunner
from executor.result import ValueRows
from sqlnode.instance import Instance
from sqlnode.session.session import Session
from store import open_store
from tests.faults.test_crash import crashed_copy

ACCOUNTS = 10
OPENING = 100


async def opened(path: Path, *, record_syncs: bool) -> Instance:
    store = open_store(f"embedded:{path}", evaluator=DagRunner().evaluate, record_syncs=record_syncs)
    instance = Instance(store)
    await instance.start()
    return instance


async def run(session: Session, sql: str) -> list[tuple[object, ...]]:
    """Rows of a statement, empty for one without."""
    from executor import values_of_batches
    from executor.result import RowsResult, StoredRows

    result = await session.execute_text(sql.encode())
    if isinstance(result, ValueRows):
        return [tuple(row) for row in result.rows]
    if isinstance(result, RowsResult):
        batches = [b async for b in result.batches] if hasattr(result.batches, "__aiter__") else list(result.batches)
        return list(values_of_batches(batches, result.columns))
    assert not isinstance(result, StoredRows), "the statements here compute something"
    return []


async def session_of(instance: Instance) -> Session:
    session = Session(instance, instance.new_connection_id())
    await session.use("test")
    return session


async def transfers(instance: Instance, worker: int, seed: int, acknowledged: set[int], stop: asyncio.Event) -> None:
    chance = random.Random(seed * 100 + worker)
    session = await session_of(instance)
    number = 0
    while not stop.is_set():
        number += 1
        source, target = chance.sample(range(ACCOUNTS), 2)
        try:
            await run(session, "BEGIN")
            await run(session, f"UPDATE account SET balance = balance - 1 WHERE id = {source}")
            await run(session, f"UPDATE account SET balance = balance + 1 WHERE id = {target}")
            await run(session, f"INSERT INTO ledger VALUES ({worker * 1000000 + number}, {source}, {target})")
            await run(session, "COMMIT")
        except Exception as error:
            if getattr(error, "code", 0) not in (1213, 1205):
                raise
            await session.rollback()
            continue
        acknowledged.add(worker * 1000000 + number)
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", [1, 2])
def test_acknowledged_transfers_survive_a_cut_log(tmp_path: Path, seed: int) -> None:
    async def main() -> None:
        instance = await opened(tmp_path / "data", record_syncs=True)
        setup = await session_of(instance)
        await run(setup, "CREATE TABLE account (id INT PRIMARY KEY, balance INT NOT NULL)")
        await run(setup, "CREATE TABLE ledger (id INT PRIMARY KEY, source INT, target INT)")
        for number in range(ACCOUNTS):
            await run(setup, f"INSERT INTO account VALUES ({number}, {OPENING})")
        acknowledged: set[int] = set()
        stop = asyncio.Event()
        workers = [asyncio.create_task(transfers(instance, worker, seed, acknowledged, stop)) for worker in range(1, 9)]
        chance = random.Random(seed)
        copies: list[tuple[Path, set[int]]] = []
        for place in range(3):
            await asyncio.sleep(chance.uniform(0.2, 0.5))
            # Nothing runs between these two lines, so what was acknowledged before is what the copy must have.
            promised = set(acknowledged)
            copies.append((crashed_copy(tmp_path / "data", tmp_path / f"copy{place}", cut=True), promised))
        stop.set()
        await asyncio.gather(*workers)
        await instance.close()
        assert len(copies[-1][1]) > 10, "too few transfers to prove anything"
        for path, promised in copies:
            again = await opened(path, record_syncs=False)
            session = await session_of(again)
            rows = await run(session, "SELECT id + 0, source + 0, target + 0 FROM ledger ORDER BY id")
            missing = promised - {row[0] for row in rows}
            assert not missing, f"lost: {sorted(missing)[:5]}"
            balances = dict.fromkeys(range(ACCOUNTS), OPENING)
            for _, source, target in rows:
                balances[source] -= 1  # type: ignore[index]
                balances[target] += 1  # type: ignore[index]
            assert dict(await run(session, "SELECT id + 0, balance + 0 FROM account")) == balances  # type: ignore[arg-type]
            await again.close()

    asyncio.run(main())
