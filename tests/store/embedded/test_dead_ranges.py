"""Scans that begin with deleted keys answer as the database does, at every timestamp, whatever is written meanwhile."""

from __future__ import annotations

import random

import pytest

from store.api import KeyRange, StoreError
from store.codec.keys import encode_int, record_prefix
from store.embedded.blocks import BlockReader
from store.store import Store
from tests.store.conftest import Runner

PREFIX = record_prefix(78)
COMMON = b"\x03" * 12
"""What keys begin with alike is longer than what names a block: there are too many for one."""


def key(number: int) -> bytes:
    return PREFIX + COMMON + encode_int(number)


async def play(store: Store, seed: int) -> int:
    """A queue: taken from the front, filled at the end, and now and then in the middle. How many scans began later."""
    source = random.Random(seed)
    client = store.client
    cache = client.mvcc.versions
    begun_later = 0
    last = 400
    numbers = [*range(last), *range(20_000, 22_100)]
    for at in range(0, len(numbers), 100):
        # In pieces that are committed whole at once: the slow reader below knows nothing of locks.
        loaded = store.begin(await store.timestamp(), pessimistic=False)
        for number in numbers[at : at + 100]:
            loaded.put(key(number), b"%d" % number)
        await loaded.commit()
    moments = [await store.timestamp()]
    front = 0
    for _ in range(300):
        writer = store.begin(await store.timestamp(), pessimistic=source.random() < 0.3)
        kind = source.random()
        if kind < 0.7:
            taken = source.randrange(1, 4)
            for number in range(front, front + taken):
                writer.delete(key(number))
            front += taken
        elif kind < 0.95:
            writer.put(key(last), source.randbytes(source.choice((3, 300, 5000))))
            last += 1
        else:
            front = source.randrange(front + 1)
            writer.put(key(front), b"again")
        try:
            await writer.commit()
        except StoreError:
            await writer.rollback()
        if source.random() < 0.02:
            cache.floor = store.oracle.last
        moments.append(await store.timestamp())
        for _ in range(3):
            start = key(source.choice((0, 0, source.randrange(last))))
            end = key(source.choice((last, 10_000)))
            limit = source.choice((1, 1, 3, 0))
            ts = moments[-1 - min(int(source.expovariate(0.7)), len(moments) - 1)]
            begun_later += cache.dead.alive(start, ts, cache.floor) > start
            expected = [
                pair
                for keys, values in BlockReader(client.engine, [KeyRange(start, end)], ts).blocks()
                for pair in zip(keys, values)
            ]
            found = await store.snapshot(ts).scan(start, end, limit)
            assert found == (expected[:limit] if limit else expected)
    return begun_later


@pytest.mark.parametrize("seed", range(6))
def test_a_queue(run: Runner, seed: int) -> None:
    async def script(store: Store) -> None:
        assert await play(store, seed) > 50

    run(script)


def test_nothing_alive_up_to_the_end_of_all_keys(run: Runner) -> None:
    async def script(store: Store) -> None:
        for number in range(100):
            writer = store.begin(await store.timestamp(), pessimistic=False)
            writer.put(key(number), b"v")
            await writer.commit()
        for number in range(1, 100):
            writer = store.begin(await store.timestamp(), pessimistic=False)
            writer.delete(key(number))
            await writer.commit()
        for _ in range(3):
            snapshot = store.snapshot(await store.timestamp())
            assert await snapshot.scan(key(1), b"", 1) == []

    run(script)
