"""Every verb of `KvClient`, on the embedded store: the cases that naive implementations get wrong."""

from __future__ import annotations

import asyncio

import pytest

from store import open_store
from store.api import (
    MAX_TIMESTAMP,
    AlreadyExists,
    CommitTsExpired,
    Deadlock,
    KeyLocked,
    LockMode,
    LockNotAvailable,
    LockRequest,
    LockWait,
    LockWaitTimeout,
    Op,
    PessimisticAction,
    PrewriteRequest,
    ResolvedLocks,
    SnapshotTooOld,
    TxnAborted,
    TxnLockNotFound,
    TxnNotFound,
    WaitCancelled,
    WriteConflict,
)
from store.store import Store
from tests.store.conftest import Runner

NONE = ResolvedLocks()


def puts(*pairs: tuple[bytes, bytes]) -> list[tuple[Op, bytes, bytes]]:
    return [(Op.PUT, key, value) for key, value in pairs]


async def prewrite(store: Store, start_ts: int, mutations, **options):
    primary = options.pop("primary", mutations[0][1])
    return await store.client.prewrite(PrewriteRequest(mutations, primary, start_ts, **options))


async def two_phase(store: Store, mutations) -> tuple[int, int]:
    start_ts = await store.timestamp()
    await prewrite(store, start_ts, mutations)
    commit_ts = await store.timestamp()
    await store.client.commit([key for _, key, _ in mutations], start_ts, commit_ts)
    return start_ts, commit_ts


async def get(store: Store, key: bytes, ts: int = MAX_TIMESTAMP) -> bytes | None:
    return await store.client.get(key, ts, ResolvedLocks())


def lock(keys, start_ts, for_update_ts=None, **options) -> LockRequest:
    return LockRequest(keys, keys[0], start_ts, for_update_ts or start_ts, **options)


@pytest.mark.parametrize("one_phase", [True, False])
def test_versions_are_seen_from_their_commit_on(run: Runner, one_phase: bool) -> None:
    async def body(store: Store) -> None:
        stamps = []
        for value in (b"1", b"x" * 255, b"x" * 256, b"", b"y" * 5000):
            before = await store.timestamp()
            if one_phase:
                result = await prewrite(store, before, puts((b"k", value)), try_one_pc=True)
                commit_ts = result.one_pc_commit_ts
            else:
                _, commit_ts = await two_phase(store, puts((b"k", value)))
            stamps.append((commit_ts, value))
        for index, (commit_ts, value) in enumerate(stamps):
            assert await get(store, b"k", commit_ts) == value
            assert await get(store, b"k", commit_ts - 1) == (stamps[index - 1][1] if index else None)
        start_ts = await store.timestamp()
        await prewrite(store, start_ts, [(Op.DELETE, b"k", b"")], try_one_pc=True)
        assert await get(store, b"k") is None
        assert await get(store, b"k", start_ts) == b"y" * 5000
        store.client.mvcc.versions.clear()
        assert await get(store, b"k") is None
        assert await get(store, b"k", start_ts) == b"y" * 5000

    run(body)


def test_batch_get_and_scan_in_both_directions(run: Runner) -> None:
    async def body(store: Store) -> None:
        await two_phase(store, puts(*[(b"k%03d" % i, b"v" * (i * 3)) for i in range(100)]))
        middle = await store.timestamp()
        await two_phase(store, [(Op.DELETE, b"k%03d" % i, b"") for i in range(0, 100, 3)])
        await two_phase(store, puts(*[(b"k%03d" % i, b"new") for i in range(1, 100, 3)]))
        now = await store.timestamp()
        client = store.client
        assert await client.batch_get([b"k001", b"k000", b"zz"], now, NONE) == {b"k001": b"new"}
        old = await client.scan(b"k010", b"k020", 0, middle, NONE)
        assert old == [(b"k%03d" % i, b"v" * (i * 3)) for i in range(10, 20)]
        assert await client.scan(b"k010", b"k020", 0, middle, NONE, reverse=True) == old[::-1]
        new = await client.scan(b"", b"", 0, now, NONE)
        assert [key for key, _ in new] == [b"k%03d" % i for i in range(100) if i % 3]
        assert await client.scan(b"", b"", 0, now, NONE, reverse=True) == new[::-1]
        assert [key for key, _ in await client.scan(b"k004", b"", 3, now, NONE)] == [b"k004", b"k005", b"k007"]
        assert [k for k, _ in await client.scan(b"", b"", 2, now, NONE, reverse=True)] == [b"k098", b"k097"]

    run(body)


def test_a_lock_stops_readers_that_may_miss_its_commit(run: Runner) -> None:
    async def body(store: Store) -> None:
        before = await store.timestamp()
        start_ts = await store.timestamp()
        await prewrite(store, start_ts, puts((b"a", b"1"), (b"b", b"2")))
        now = await store.timestamp()
        assert await get(store, b"a", before) is None
        assert await get(store, b"a") is None, "a read at the maximum passes the primary"
        for key in (b"a", b"b"):
            with pytest.raises(KeyLocked) as found:
                await get(store, key, now)
            assert found.value.locks[0].primary == b"a" and found.value.locks[0].start_ts == start_ts
        with pytest.raises(KeyLocked):
            await store.client.scan(b"", b"", 0, now, NONE)
        assert await store.client.scan(b"", b"", 0, now, ResolvedLocks({start_ts})) == []
        status = await store.client.check_txn_status(b"a", start_ts, now, await store.timestamp())
        assert status.pushed and status.ttl_ms and not status.rolled_back
        assert await get(store, b"b", now) is None, "its min_commit_ts is above the reader now"
        with pytest.raises(CommitTsExpired):
            await store.client.commit([b"a", b"b"], start_ts, now)
        await store.client.commit([b"a", b"b"], start_ts, await store.timestamp())
        assert await get(store, b"b", now) is None
        assert await get(store, b"b") == b"2"

    run(body)


def test_optimistic_conflicts(run: Runner) -> None:
    async def body(store: Store) -> None:
        early = await store.timestamp()
        _, commit_ts = await two_phase(store, puts((b"k", b"1")))
        for one_phase in (True, False):
            for clear in (False, True):
                if clear:
                    store.client.mvcc.versions.clear()
                with pytest.raises(WriteConflict) as found:
                    await prewrite(store, early, puts((b"k", b"2")), try_one_pc=one_phase)
                assert found.value.conflict_commit_ts == commit_ts and found.value.reason == "optimistic"
        late = await store.timestamp()
        with pytest.raises(AlreadyExists) as exists:
            await prewrite(store, late, [(Op.INSERT, b"k", b"2")], try_one_pc=True)
        assert exists.value.value == b"1"
        with pytest.raises(AlreadyExists):
            await prewrite(store, late, [(Op.CHECK_NOT_EXISTS, b"k", b"")])
        await prewrite(store, late, [(Op.CHECK_NOT_EXISTS, b"other", b""), (Op.DELETE, b"k", b"")], try_one_pc=True)
        assert await get(store, b"other") is None
        again = await store.timestamp()
        await prewrite(store, again, [(Op.INSERT, b"k", b"3")], try_one_pc=True)
        assert await get(store, b"k") == b"3"

    run(body)


def test_lock_records_conflict_and_hide_nothing(run: Runner) -> None:
    async def body(store: Store) -> None:
        await two_phase(store, puts((b"k", b"1")))
        early = await store.timestamp()
        await two_phase(store, [(Op.LOCK, b"k", b"")])
        assert await get(store, b"k") == b"1"
        with pytest.raises(WriteConflict):
            await prewrite(store, early, puts((b"k", b"2")), try_one_pc=True)
        early = await store.timestamp()
        third = await store.timestamp()
        for start_ts in (await store.timestamp(), third):
            mutations = [(Op.SHARED_LOCK, b"k", b""), (Op.PUT, b"m%d" % start_ts, b"")]
            await prewrite(store, start_ts, mutations, try_one_pc=True)
        with pytest.raises(WriteConflict):
            await prewrite(store, early, puts((b"k", b"2")), try_one_pc=True)
        await prewrite(store, await store.timestamp(), puts((b"k", b"2")), try_one_pc=True)

    run(body)


def test_prewrite_is_all_or_nothing_and_may_be_repeated(run: Runner) -> None:
    async def body(store: Store) -> None:
        start_ts, _ = await two_phase(store, puts((b"k1500", b"taken")))
        early = start_ts + 0
        many = puts(*[(b"k%04d" % i, b"v") for i in range(2000)])
        with pytest.raises(WriteConflict):
            await prewrite(store, early, many)
        assert await store.client.scan_lock(MAX_TIMESTAMP, b"", b"", 0) == []
        start_ts = await store.timestamp()
        for _ in range(2):
            await prewrite(store, start_ts, many)
        assert len(await store.client.scan_lock(MAX_TIMESTAMP, b"", b"", 0)) == 2000
        assert len(await store.client.scan_lock(MAX_TIMESTAMP, b"k0010", b"k0020", 5)) == 5
        assert await store.client.scan_lock(start_ts - 1, b"", b"", 0) == []
        commit_ts = await store.timestamp()
        for _ in range(2):
            await store.client.commit([key for _, key, _ in many], start_ts, commit_ts)
        result = await prewrite(store, start_ts, many)
        assert result.one_pc_commit_ts == commit_ts, "a prewrite that comes again after the commit succeeds"
        assert await store.client.scan_lock(MAX_TIMESTAMP, b"", b"", 0) == []

    run(body)


def test_one_phase_repeated(run: Runner) -> None:
    async def body(store: Store) -> None:
        for value in (b"1", b"y" * 5000):
            start_ts = await store.timestamp()
            first = await prewrite(store, start_ts, puts((b"k", value)), try_one_pc=True)
            again = await prewrite(store, start_ts, puts((b"k", value)), try_one_pc=True)
            assert first == again and first.one_pc_commit_ts > start_ts

    run(body)


def test_rollback_stops_a_late_prewrite(run: Runner) -> None:
    async def body(store: Store) -> None:
        start_ts = await store.timestamp()
        await store.client.rollback([b"k"], start_ts)
        for one_phase in (True, False):
            with pytest.raises(WriteConflict) as found:
                await prewrite(store, start_ts, puts((b"k", b"1")), try_one_pc=one_phase)
            assert found.value.reason == "self_rolled_back"
        other = await store.timestamp()
        await prewrite(store, other, puts((b"k", b"x" * 300)))
        await store.client.rollback([b"k"], other)
        assert list(store.client.engine.default.items()) == []
        with pytest.raises(TxnLockNotFound):
            await store.client.commit([b"k"], other, await store.timestamp())
        start_ts, _ = await two_phase(store, puts((b"k", b"1")))
        with pytest.raises(TxnAborted):
            await store.client.rollback([b"k"], start_ts)
        with pytest.raises(TxnAborted):
            await store.client.commit([b"k"], start_ts, start_ts)

    run(body)


def test_the_fate_of_a_transaction(run: Runner) -> None:
    async def body(store: Store) -> None:
        client = store.client
        start_ts, commit_ts = await two_phase(store, puts((b"k", b"1")))
        assert (await client.check_txn_status(b"k", start_ts, 0, commit_ts)).commit_ts == commit_ts
        with pytest.raises(TxnNotFound):
            await client.check_txn_status(b"k", start_ts + 1, 0, commit_ts)
        gone = await client.check_txn_status(b"k", start_ts + 1, 0, commit_ts, rollback_if_not_exist=True)
        assert gone.rolled_back
        assert (await client.check_txn_status(b"k", start_ts + 1, 0, commit_ts)).rolled_back
        with pytest.raises(WriteConflict):
            await prewrite(store, start_ts + 1, puts((b"k", b"2")))
        start_ts = await store.timestamp()
        await prewrite(store, start_ts, puts((b"a", b"1"), (b"b", b"2")), ttl_ms=1000)
        edge = start_ts + (1000 << 18)
        assert (await client.check_txn_status(b"a", start_ts, 0, edge)).ttl_ms == 1000
        assert await client.heartbeat(b"a", start_ts, 2000) == 2000
        assert (await client.check_txn_status(b"a", start_ts, 0, edge + (1000 << 18))).ttl_ms == 2000
        assert (await client.check_txn_status(b"a", start_ts, 0, edge + (1001 << 18))).rolled_back
        with pytest.raises(TxnNotFound):
            await client.heartbeat(b"a", start_ts, 2000)
        await client.resolve_lock(start_ts, 0)
        assert await get(store, b"b", await store.timestamp()) is None

    run(body)


def test_an_overlapped_rollback_keeps_the_commit(run: Runner) -> None:
    async def body(store: Store) -> None:
        _, commit_ts = await two_phase(store, puts((b"k", b"1")))
        status = await store.client.check_txn_status(b"k", commit_ts, 0, commit_ts, rollback_if_not_exist=True)
        assert status.rolled_back
        assert await get(store, b"k") == b"1"
        with pytest.raises(WriteConflict):
            await prewrite(store, commit_ts, puts((b"k", b"2")))

    run(body)


def test_secondaries(run: Runner) -> None:
    async def body(store: Store) -> None:
        client = store.client
        start_ts = await store.timestamp()
        await prewrite(store, start_ts, puts((b"a", b"1"), (b"b", b"2")))
        found, commit_ts = await client.check_secondary_locks([b"b"], start_ts)
        assert [one.key for one in found] == [b"b"] and not commit_ts
        done = await store.timestamp()
        await client.commit([b"a"], start_ts, done)
        await client.resolve_lock(start_ts, done, [b"b"])
        assert await client.check_secondary_locks([b"b"], start_ts) == ([], done)
        assert await client.check_secondary_locks([b"c"], start_ts) == ([], 0)
        with pytest.raises(WriteConflict):
            await prewrite(store, start_ts, puts((b"c", b"1")))

    run(body)


# --- pessimistic -----------------------------------------------------------------------------------------------------


def test_pessimistic_locks_never_stop_readers(run: Runner) -> None:
    async def body(store: Store) -> None:
        await two_phase(store, puts((b"k", b"1")))
        start_ts = await store.timestamp()
        await store.client.pessimistic_lock(lock([b"k"], start_ts))
        assert await get(store, b"k", await store.timestamp()) == b"1"
        with pytest.raises(KeyLocked) as found:
            await prewrite(store, await store.timestamp(), puts((b"k", b"2")), try_one_pc=True)
        assert found.value.locks[0].op == "pessimistic"
        mutations = puts((b"k", b"3"))
        await prewrite(
            store, start_ts, mutations, for_update_ts=start_ts, actions=[PessimisticAction.CHECK], try_one_pc=True
        )
        assert await get(store, b"k") == b"3"
        with pytest.raises(TxnAborted):
            await prewrite(
                store, start_ts + 1, mutations, for_update_ts=start_ts + 1, actions=[PessimisticAction.CHECK]
            )

    run(body)


def test_lock_conflicts_compare_with_for_update_ts(run: Runner) -> None:
    async def body(store: Store) -> None:
        start_ts = await store.timestamp()
        _, commit_ts = await two_phase(store, puts((b"k", b"1")))
        with pytest.raises(WriteConflict) as found:
            await store.client.pessimistic_lock(lock([b"k"], start_ts))
        assert found.value.reason == "pessimistic_retry" and found.value.conflict_commit_ts == commit_ts
        request = lock([b"k", b"none"], start_ts, await store.timestamp(), return_values=True)
        assert (await store.client.pessimistic_lock(request)).values == {b"k": b"1", b"none": None}
        with pytest.raises(AlreadyExists):
            await store.client.pessimistic_lock(lock([b"k"], start_ts, commit_ts, not_exists=frozenset([b"k"])))
        only = lock([b"nothing"], start_ts, commit_ts, return_values=True, only_if_exists=True)
        assert (await store.client.pessimistic_lock(only)).values == {b"nothing": None}
        assert store.client.mvcc.locks.mode_held(b"nothing", start_ts) is None

    run(body)


def test_waiting_for_locks(run: Runner) -> None:
    async def body(store: Store) -> None:
        client = store.client
        one, other, third = [await store.timestamp() for _ in range(3)]
        await client.pessimistic_lock(lock([b"a", b"b"], one))
        with pytest.raises(LockNotAvailable):
            await client.pessimistic_lock(lock([b"c", b"a"], other, wait=LockWait.NOWAIT))
        assert client.mvcc.locks.mode_held(b"c", other) is None, "a request is all or nothing"
        skipping = lock([b"c", b"a"], other, wait=LockWait.SKIP_LOCKED, return_values=True)
        result = await client.pessimistic_lock(skipping)
        assert result.skipped == {b"a"} and result.values == {b"c": None, b"a": None}
        with pytest.raises(LockWaitTimeout):
            await client.pessimistic_lock(lock([b"a"], other, wait_ms=20))
        killed = asyncio.create_task(client.pessimistic_lock(lock([b"a"], third)))
        await asyncio.sleep(0)
        assert client.cancel_wait(third)
        with pytest.raises(WaitCancelled):
            await killed
        waiting = asyncio.create_task(client.pessimistic_lock(lock([b"a"], other)))
        await asyncio.sleep(0)
        with pytest.raises(Deadlock) as found:
            await client.pessimistic_lock(lock([b"c"], one))
        assert found.value.chain == (one, other)
        await client.pessimistic_rollback(None, one, MAX_TIMESTAMP)
        await waiting
        assert client.mvcc.locks.mode_held(b"a", other) is LockMode.EXCLUSIVE

    run(body)


def test_shared_locks(run: Runner) -> None:
    async def body(store: Store) -> None:
        client = store.client
        one, other, third = [await store.timestamp() for _ in range(3)]
        await client.pessimistic_lock(lock([b"p"], one, mode=LockMode.SHARED))
        await client.pessimistic_lock(lock([b"p"], other, mode=LockMode.SHARED))
        with pytest.raises(LockNotAvailable):
            await client.pessimistic_lock(lock([b"p"], third, wait=LockWait.NOWAIT))
        with pytest.raises(KeyLocked):
            await prewrite(store, await store.timestamp(), [(Op.DELETE, b"p", b"")], try_one_pc=True)
        await prewrite(
            store, await store.timestamp(), [(Op.PUT, b"x", b""), (Op.SHARED_LOCK, b"p", b"")], try_one_pc=True
        )

    run(body)


def test_a_waiter_behind_a_two_phase_commit(run: Runner) -> None:
    async def body(store: Store) -> None:
        client = store.client
        start_ts = await store.timestamp()
        await prewrite(store, start_ts, puts((b"a", b"1"), (b"b", b"2")), ttl_ms=20000)
        later = await store.timestamp()
        with pytest.raises(LockNotAvailable):
            await client.pessimistic_lock(lock([b"b"], later, wait=LockWait.NOWAIT))
        with pytest.raises(LockWaitTimeout):
            await client.pessimistic_lock(lock([b"b"], later, wait_ms=10))
        waiting = asyncio.create_task(client.pessimistic_lock(lock([b"b"], later)))
        await asyncio.sleep(0)
        await client.commit([b"a"], start_ts, await store.timestamp())
        with pytest.raises(WriteConflict):
            await waiting
        assert await get(store, b"b") == b"2", "the waiter committed the secondary that it met"

    run(body)


# --- ranges, time, garbage --------------------------------------------------------------------------------------------


def test_delete_range(run: Runner) -> None:
    async def body(store: Store) -> None:
        await two_phase(store, puts((b"a", b"1"), (b"b", b"x" * 300), (b"c", b"3")))
        await store.client.delete_range(b"b", b"c")
        assert [await get(store, key) for key in (b"a", b"b", b"c")] == [b"1", None, b"3"]
        await store.client.delete_range(b"", b"")
        assert await store.client.scan(b"", b"", 0, await store.timestamp(), NONE) == []

    run(body)


def test_garbage_collection_keeps_what_readers_see(run: Runner) -> None:
    async def body(store: Store) -> None:
        store.gc_life_ms = 0
        engine = store.client.engine
        for value in (b"1", b"2" * 300, b"3"):
            await two_phase(store, puts((b"k", value), (b"gone", value)))
        await two_phase(store, [(Op.DELETE, b"gone", b"")])
        reader = store.snapshot(await store.timestamp())
        await two_phase(store, puts((b"k", b"4")))
        await two_phase(store, puts((b"k", b"5")))
        now = await store.timestamp()
        assert await store.client.gc_safe_point(now) < reader.ts
        store.client.gc.work()
        assert await reader.get(b"k") == b"3"
        assert [bytes(key[:4]).rstrip(b"\0") for key, _ in engine.write_family.items()] == [b"k"] * 3
        assert list(engine.default.keys()) == []
        del reader
        assert await store.client.gc_safe_point(await store.timestamp()) > now
        store.client.gc.work()
        assert len(list(engine.write_family.keys())) == 1 and await get(store, b"k") == b"5"

    run(body)


def test_a_sweep_finds_what_an_earlier_process_left(tmp_path) -> None:
    async def main() -> None:
        store = open_store(f"embedded:{tmp_path}/data")
        for number in range(3000):
            if number % 500 == 0:
                await two_phase(store, puts(*[(b"k%04d" % (number + at), b"x" * 300) for at in range(500)]))
        await two_phase(store, puts(*[(b"k%04d" % at, b"new") for at in range(0, 3000, 7)]))
        await two_phase(store, [(Op.DELETE, b"k%04d" % at, b"") for at in range(0, 3000, 5)])
        before = await store.client.scan(b"", b"", 0, await store.timestamp(), NONE)
        await store.close()
        again = open_store(f"embedded:{tmp_path}/data")
        again.gc_life_ms = 0
        await two_phase(again, puts((b"zz", b"1")))
        await again.client.gc_safe_point(await again.timestamp())
        again.client.gc.work()
        assert await again.client.scan(b"", b"zz", 0, await again.timestamp(), NONE) == before
        assert len(list(again.client.engine.write_family.items())) == len(before) + 1
        with pytest.raises(SnapshotTooOld):
            again.snapshot(again.collected_ts - 1)
        await again.close()

    asyncio.run(main())
