"""Short scans out of memory answer as the database does, at every timestamp, whatever is written meanwhile."""

from __future__ import annotations

import random

from store.api import KeyRange, StoreError
from store.codec.keys import encode_int, record_prefix
from store.embedded.blocks import BlockReader
from store.embedded.record_blocks import RecordBlocks
from store.store import Store
from tests.store.conftest import Runner

PREFIX = record_prefix(77)
ROWS = 900


def key(handle: int) -> bytes:
    return PREFIX + encode_int(handle)


async def play(store: Store, seed: int) -> int:
    source = random.Random(seed)
    client = store.client
    blocks: RecordBlocks = client.mvcc.versions.blocks
    answered = 0
    loaded = store.begin(await store.timestamp(), pessimistic=False)
    for handle in range(0, ROWS, 2):
        loaded.put(key(handle), b"%d" % handle)
    await loaded.commit()
    moments = [await store.timestamp()]
    for _ in range(400):
        writer = store.begin(await store.timestamp(), pessimistic=source.random() < 0.3)
        for _ in range(source.randrange(1, 4)):
            target = key(source.randrange(200, 700))
            if writer.pessimistic:
                await writer.lock_keys([target])
            kind = source.random()
            if kind < 0.3:
                writer.delete(target)
            elif kind < 0.9:
                writer.put(target, source.randbytes(source.choice((3, 40, 300, 5000))))
        try:
            await writer.commit()
        except StoreError:
            await writer.rollback()
        if source.random() < 0.02:
            client.mvcc.versions.clear()
        moments.append(await store.timestamp())
        for _ in range(4):
            low = source.randrange(ROWS)
            start, end = key(low), key(low + source.randrange(1, 600))
            if source.random() < 0.2:
                end += b"\0"
            ts = moments[-1 - min(int(source.expovariate(0.3)), len(moments) - 1)]
            expected = [
                pair
                for keys, values in BlockReader(client.engine, [KeyRange(start, end)], ts).blocks()
                for pair in zip(keys, values)
            ]
            found = blocks.scan(client.mvcc, start, end, ts)
            answered += found is not None
            assert found is None or found == expected
            limit = source.choice((0, 0, 5))
            reverse = source.random() < 0.3
            whole = await store.snapshot(ts).scan(start, end, limit, reverse=reverse)
            expected = expected[::-1] if reverse else expected
            assert whole == (expected[:limit] if limit else expected)
    return answered


def test_blocks_answer_as_the_database_does(run: Runner) -> None:
    async def body(store: Store) -> None:
        assert await play(store, 1) > 300

    run(body)


def test_a_deleted_range_is_gone(run: Runner) -> None:
    async def body(store: Store) -> None:
        await play(store, 2)
        await store.client.delete_range(PREFIX, PREFIX + b"\xff")
        assert await store.snapshot(await store.timestamp()).scan(key(300), key(400)) == []

    run(body)
