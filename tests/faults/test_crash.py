"""Crash and reopen: what was acknowledged is there, what was not is whole or absent, and locks settle by themselves."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from pathlib import Path

import pytest

from store import open_store
from store.api import Op, PrewriteRequest, ResolvedLocks, StoreOpenError
from store.testing import Bank


def crashed_copy(path: Path, target: Path, *, cut: bool) -> Path:
    """The data directory as a power failure leaves it: log bytes after the last completed sync are gone."""
    shutil.copytree(path, target, ignore=shutil.ignore_patterns("LOCK"))
    if cut:
        synced = json.loads((target / "SYNCED").read_bytes().rstrip(b" \0") or b"{}")
        for log in (target / "rocksdb").glob("*.log"):
            with log.open("r+b") as file:
                file.truncate(synced.get(log.name, 0))
    return target


@pytest.mark.parametrize("seed", range(3))
def test_acknowledged_commits_survive_a_cut_log(tmp_path: Path, seed: int) -> None:
    async def main() -> None:
        source = random.Random(seed)
        store = open_store(f"embedded:{tmp_path}/data", record_syncs=True)
        bank = Bank(store)
        await bank.open()
        acknowledged: dict[bytes, bytes] = {}

        async def writer(number: int) -> None:
            own = random.Random(seed * 10 + number)
            for count in range(40):
                transaction = store.begin(await store.timestamp(), pessimistic=False)
                key, value = b"w%d/%d" % (number, own.randrange(8)), b"%d" % count
                transaction.put(key, value)
                if own.random() < 0.2:
                    for place in range(1200):
                        transaction.put(b"big/%d/%d/%d" % (number, count, place), value)
                await transaction.commit()
                acknowledged[key] = value
                await bank.transfer(own)

        tasks = [asyncio.create_task(writer(number)) for number in range(4)]
        for round_number in range(4):
            await asyncio.sleep(0.01 + source.random() * 0.05)
            expected = dict(acknowledged)
            copy = crashed_copy(tmp_path / "data", tmp_path / f"copy{round_number}", cut=True)
            again = open_store(f"embedded:{copy}")
            snapshot = again.snapshot(await again.timestamp())
            for key, value in expected.items():
                found = await snapshot.get(key)
                # Later commits of the same key may have been synced without an answer yet.
                assert found is not None and int(found) >= int(value)
            await Bank(again).check()
            for number in range(4):
                for count in range(40):
                    rows = await snapshot.scan(b"big/%d/%d/" % (number, count), b"big/%d/%d0" % (number, count))
                    assert len(rows) in (0, 1200)
            assert not again.client.mvcc.prewritten.by_ts
            await again.close()
        await asyncio.gather(*tasks)
        await store.close()

    asyncio.run(main())


@pytest.mark.parametrize("committed", [True, False])
def test_locks_of_a_dead_process_settle_by_their_primary(tmp_path: Path, committed: bool) -> None:
    async def main() -> None:
        store = open_store(f"embedded:{tmp_path}/data")
        start_ts = await store.timestamp()
        mutations = [(Op.PUT, b"a", b"1"), (Op.PUT, b"b", b"x" * 300), (Op.DELETE, b"c", b"")]
        await store.client.prewrite(PrewriteRequest(mutations, b"a", start_ts))
        commit_ts = await store.timestamp()
        if committed:
            await store.client.commit([b"a"], start_ts, commit_ts)
        else:
            store.client.engine.sync_now()
        copy = crashed_copy(tmp_path / "data", tmp_path / "copy", cut=False)
        again = open_store(f"embedded:{copy}")
        assert await again.timestamp() > commit_ts
        assert len(await again.client.scan_lock(1 << 63, b"", b"", 0)) == (2 if committed else 3)
        value = await again.snapshot(await again.timestamp()).get(b"b")
        assert value == (b"x" * 300 if committed else None)
        assert await again.client.scan_lock(1 << 63, b"", b"", 0) == []
        writer = again.begin(await again.timestamp(), pessimistic=False)
        writer.put(b"b", b"2")
        await writer.commit()
        assert await again.client.get(b"b", 1 << 63, ResolvedLocks()) == b"2"
        await again.close()
        await store.close()

    asyncio.run(main())


def test_bad_directories_are_refused_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("else")
    for url in (f"embedded:{tmp_path}", "embedded:", "memory:x", "tikv://pd", "file:x", "embedded:/proc/nothing"):
        with pytest.raises(StoreOpenError) as found:
            open_store(url)
        assert "\n" not in str(found.value)


def test_a_directory_is_used_once(tmp_path: Path) -> None:
    async def main() -> None:
        store = open_store(f"embedded:{tmp_path}/data")
        with pytest.raises(StoreOpenError, match="in use by another process"):
            open_store(f"embedded:{tmp_path}/data")
        await store.close()
        await open_store(f"embedded:{tmp_path}/data").close()

    asyncio.run(main())
