"""Splitting, threads and retries of coprocessor requests, with an evaluator that returns what it reads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pyarrow as pa
import pytest

from store import open_store
from store.api import Block, CopCounters, CopRequest, KeyRange
from store.proto import tipb_pb2
from store.store import Store
from store.testing import Faults, FaultyClient


def evaluator(request: CopRequest, blocks: Iterator[Block]) -> Iterator[pa.RecordBatch]:
    for keys, values in blocks:
        yield pa.RecordBatch.from_arrays([pa.array(keys), pa.array(values)], ["key", "value"])


@pytest.mark.parametrize("desc", [False, True])
@pytest.mark.parametrize("size", [100, 30_000])
@pytest.mark.parametrize("faults", [False, True])
def test_every_row_once_and_in_order(desc: bool, size: int, faults: bool) -> None:
    async def main() -> None:
        plain = open_store("memory:", evaluator=evaluator, split_seed=7)
        store = Store(FaultyClient(plain.client, 3, Faults(region_error=0.5)), plain.oracle) if faults else plain
        transaction = plain.begin(await plain.timestamp(), pessimistic=False)
        for number in range(size):
            transaction.put(b"k%06d" % number, b"%d" % number)
        await transaction.commit()
        snapshot = store.snapshot(await store.timestamp())
        counters = CopCounters()
        ranges = (KeyRange(b"k000010", b"k000020"), KeyRange(b"k000050", b""))
        request = CopRequest(tipb_pb2.DAGRequest(), ranges, desc=desc)
        found: list[int] = []
        async for batch in snapshot.coprocessor(request, counters):
            found += [int(value) for value in batch.column(1).to_pylist()]
        expected = [*range(10, 20), *range(50, size)]
        assert found == (expected[::-1] if desc else expected)
        assert counters.keys_read >= len(expected) and counters.tasks >= 2
        await store.close()

    asyncio.run(main())
