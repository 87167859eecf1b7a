"""Bulk loads: seen whole or not at all, also by those who read before and after a crash; conflicts; rows in any order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pyarrow as pa
import pytest

from store import open_store
from store.api import AlreadyExists, KeyLocked, KeyRange, StoreError, Unavailable, WriteConflict
from store.embedded import bulk as module
from store.embedded.blocks import BlockReader
from store.embedded.client import EmbeddedClient
from store.store import Store
from store.transaction import Transaction

Body = Callable[[Store], Awaitable[None]]
START, END = b"t" + bytes(8) + b"_r", b"t" + bytes(8) + b"_s"


def key(number: int) -> bytes:
    """A record key of one table."""
    return START + (number + (1 << 63)).to_bytes(8, "big")


def value(number: int, length: int = 10) -> bytes:
    """The row of a key."""
    return b"%d " % number + b"x" * length


def binary(values: list[bytes]) -> pa.Array:
    """An array as loads take them."""
    return pa.array(values, pa.binary())


async def loading(store: Store, numbers: list[int], length: int = 10) -> Transaction:
    """A transaction that has loaded rows, in blocks of a hundred."""
    transaction = store.begin(await store.timestamp(), pessimistic=False)
    transaction.may_load = True
    load = transaction.begin_load()
    assert load is not None
    for at in range(0, len(numbers), 100):
        part = numbers[at : at + 100]
        assert load.add(binary([key(one) for one in part]), binary([value(one, length) for one in part]))
    return transaction


def run(path: Path, body: Body) -> None:
    """Runs a body over a store in a directory."""

    async def main() -> None:
        def fail(line: str) -> None:
            raise Unavailable(line)

        store = open_store(f"embedded:{path}", on_fatal=fail)
        try:
            await asyncio.wait_for(body(store), 30)
        finally:
            await store.close()

    asyncio.run(main())


async def seen(store: Store, ts: int) -> set[int]:
    """The rows at a timestamp, found in four ways that must agree."""
    snapshot = store.snapshot(ts)
    pairs = await snapshot.scan(START, END)
    assert [one for one, _ in pairs] == sorted(one for one, _ in pairs)
    assert await snapshot.scan(START, END, reverse=True) == pairs[::-1]
    found = {int.from_bytes(one[-8:], "big") - (1 << 63) for one, _ in pairs}
    some = random.Random(ts).sample(range(-5, 700), 60)
    points = await snapshot.batch_get([key(one) for one in some])
    assert points.keys() == {key(one) for one in some if one in found}
    assert all(dict(pairs)[one] == stored for one, stored in points.items())
    for _ in range(2):  # the second time from the cache of blocks
        short = await snapshot.scan(key(100), key(140))
        assert {one for one, _ in short} == {key(one) for one in range(100, 140) if one in found}
    return found


@pytest.mark.parametrize("length", [10, 3000])
@pytest.mark.parametrize("shuffled", [False, True])
def test_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shuffled: bool, length: int) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 12_000 if length == 10 else 400_000)
    numbers = list(range(0, 600, 2))
    if shuffled:
        random.Random(7).shuffle(numbers)

    async def body(store: Store) -> None:
        other = store.begin(await store.timestamp(), pessimistic=False)
        other.insert(key(301), b"another's")
        await other.commit()
        transaction = await loading(store, numbers, length)
        before = await store.timestamp()
        pinned = store.snapshot(before)
        assert await seen(store, before) == {301}
        commit = asyncio.ensure_future(transaction.commit())
        during = []
        while not commit.done():
            during.append(await store.timestamp())
            assert await seen(store, during[-1]) == {301}
            await asyncio.sleep(0)
        commit_ts = await commit
        assert during and commit_ts > during[-1]
        for ts in (before, during[0], during[-1], commit_ts - 1):
            assert await seen(store, ts) == {301}
        for ts in (commit_ts, await store.timestamp()):
            assert await seen(store, ts) == {*numbers, 301}
        assert len(await pinned.scan(START, END)) == 1
        assert await store.snapshot(commit_ts).get(key(44)) == value(44, length)
        late = store.begin(before, pessimistic=False)
        late.put(key(2), b"lost update")
        with pytest.raises(WriteConflict):
            await late.commit()

    async def again(store: Store) -> None:
        assert await seen(store, await store.timestamp()) == {*numbers, 301}

    run(tmp_path / "data", body)
    assert not list((tmp_path / "data" / "loads").glob("*"))
    run(tmp_path / "data", again)


def test_keys_that_do_not_fit(tmp_path: Path) -> None:
    async def body(store: Store) -> None:
        transaction = await loading(store, list(range(500)))
        load = transaction.load
        assert load is not None
        assert not load.add(binary([key(600), key(600)]), binary([b"1", b"2"]))
        assert not load.add(binary([key(700), key(44)]), binary([b"1", b"2"]))
        assert not load.add(binary([key(700), key(701) + b"x"]), binary([b"1", b"2"]))
        assert not load.add(binary([b"m" + key(700)[1:]]), binary([b"1"]))
        rows = [pair for keys, values in load.rows() for pair in zip(keys, values)]
        assert rows == [(key(one), value(one)) for one in range(500)]
        await transaction.rollback()
        assert not await seen(store, await store.timestamp())

    run(tmp_path / "data", body)


@pytest.mark.parametrize("length", [10, 3000])
def test_rows_are_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 9_000)

    async def body(store: Store) -> None:
        transaction = await loading(store, list(range(450)), length)
        assert transaction.load is not None
        rows = [pair for keys, values in transaction.load.rows() for pair in zip(keys, values)]
        assert rows == [(key(one), value(one, length)) for one in range(450)]
        await transaction.rollback()

    run(tmp_path / "data", body)


def test_conflicts(tmp_path: Path) -> None:
    async def write(store: Store, number: int, stored: bytes | None) -> None:
        other = store.begin(await store.timestamp(), pessimistic=False)
        if stored is None:
            other.delete(key(number))
        else:
            other.put(key(number), stored)
        await other.commit()

    async def body(store: Store) -> None:
        transaction = await loading(store, list(range(300)))
        await write(store, 120, b"first")
        with pytest.raises(AlreadyExists) as caught:
            await transaction.commit()
        assert (caught.value.key, caught.value.value) == (key(120), b"first")
        assert await seen(store, await store.timestamp()) == {120}
        transaction = await loading(store, list(range(300)))
        await write(store, 120, None)
        with pytest.raises(WriteConflict):
            await transaction.commit()
        transaction = await loading(store, list(range(300)))
        await transaction.commit()
        assert await seen(store, await store.timestamp()) == set(range(300))

    run(tmp_path / "data", body)


def test_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 1_000)

    async def body(store: Store) -> None:
        holder = store.begin(await store.timestamp(), pessimistic=True)
        await holder.lock_keys([key(7), key(1000)])
        transaction = await loading(store, list(range(300)))
        assert transaction.load is not None
        with pytest.raises(KeyLocked):
            await transaction.load.commit()
        commit = asyncio.ensure_future(transaction.commit())
        await asyncio.sleep(0.02)
        assert not commit.done()
        holder.put(key(1000), b"free")
        await holder.commit()
        with pytest.raises(WriteConflict):  # it was locked since the load began
            await commit

    async def waiting(store: Store) -> None:
        """Who asks for a lock, or writes, while a load commits, comes after it."""
        transaction = await loading(store, list(range(300)))
        commit = asyncio.ensure_future(transaction.commit())
        locker = store.begin(await store.timestamp(), pessimistic=True)
        writer = store.begin(await store.timestamp(), pessimistic=False)
        writer.put(key(9), b"blind")
        while not client_of(store).mvcc.loading:
            await asyncio.sleep(0)
        tries = [asyncio.ensure_future(locker.lock_keys([key(8)])), asyncio.ensure_future(writer.commit())]
        await asyncio.sleep(0)
        assert not any(one.done() for one in tries)
        await commit
        for one in tries:
            with pytest.raises(WriteConflict):
                await one

    run(tmp_path / "data", body)
    run(tmp_path / "other", waiting)


def client_of(store: Store) -> EmbeddedClient:
    """The embedded client."""
    assert isinstance(store.client, EmbeddedClient)
    return store.client


@pytest.mark.parametrize("length", [10, 3000])
@pytest.mark.parametrize("files", [0, 1, 2, 4])
def test_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int, length: int) -> None:
    """The process ends after so many files; nothing is left of the load."""
    monkeypatch.setattr(module, "_FILE_BYTES", 2_000)
    taken = 0

    def guarded(engine: object, command: Callable[[], None]) -> None:
        nonlocal taken
        if taken == files:
            raise Unavailable("the power is off")
        taken += 1
        command()

    async def crash(store: Store) -> None:
        other = store.begin(await store.timestamp(), pessimistic=False)
        other.insert(key(1000), b"x" * length)
        await other.commit()
        transaction = await loading(store, list(range(450)), length)
        monkeypatch.setattr(module, "_guarded", guarded)
        with pytest.raises(StoreError):
            await transaction.commit()
        assert taken == files

    async def look(store: Store) -> None:
        assert await store.snapshot(await store.timestamp()).scan(START, END) == [(key(1000), b"x" * length)]
        engine = client_of(store).engine
        assert len(list(engine.write_family.keys())) == 1
        assert len(list(engine.default.keys())) == (length > 255)
        assert not [mark for mark in engine.meta.keys(from_key=b"load:") if mark.startswith(b"load:")]
        transaction = await loading(store, list(range(450)), length)
        await transaction.commit()
        assert len(await store.snapshot(await store.timestamp()).scan(START, END)) == 451

    run(tmp_path / "data", crash)
    monkeypatch.undo()
    run(tmp_path / "data", look)


def test_garbage_collection_waits_for_readers(tmp_path: Path) -> None:
    async def body(store: Store) -> None:
        transaction = await loading(store, list(range(300)))
        pinned = store.snapshot(await store.timestamp())
        commit_ts = await transaction.commit()
        store.gc_life_ms = 0
        client = client_of(store)
        (written_ts,) = client.mvcc.late
        assert await client.gc_safe_point(await store.timestamp()) < written_ts
        assert not await pinned.scan(START, END)
        del pinned
        assert await client.gc_safe_point(await store.timestamp()) >= commit_ts
        assert not client.mvcc.late
        assert await seen(store, await store.timestamp()) == set(range(300))
        reader = BlockReader(client.engine, [KeyRange(START, END)], await store.timestamp())
        assert sum(len(keys) for keys, _ in reader.blocks()) == 300

    run(tmp_path / "data", body)
