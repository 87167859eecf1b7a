"""Logs written over old ones: what a crash leaves of them is what was written last, never what stood there before."""

from __future__ import annotations

import asyncio
import errno
import random
import re
import shutil
from pathlib import Path

import pytest

from store.embedded.engine import Engine


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_crash_brings_nothing_old_back(tmp_path: Path, seed: int) -> None:
    choose = random.Random(seed)
    engine = Engine(tmp_path / "data", write_buffer_bytes=256 << 10)
    expected: dict[bytes, bytes] = {}
    for number in range(2500):
        key = b"k%03d" % choose.randrange(300)
        value = b"%06d" % number + choose.randbytes(choose.randrange(1, 1500))
        batch = engine.batch()
        batch.put(key, value, engine.default_handle)
        engine.write(batch, patient=True)
        expected[key] = value
        if number % 50 == 0:
            engine.sync_now()
    engine.sync_now()
    told = "".join(path.read_text(errors="replace") for path in (tmp_path / "data/rocksdb").glob("LOG*"))
    assert re.search(r"reusing log \d+ from recycle list", told), "no log was recycled"
    # As after a loss of power: the files as they are, while the engine still runs.
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    (tmp_path / "copy/rocksdb/LOCK").unlink(missing_ok=True)
    copy = Engine(tmp_path / "copy")
    try:
        assert {key: copy.default.get(key) for key in expected} == expected
    finally:
        copy.close()
        engine.close()


def test_the_first_commits_find_logs_to_write_over(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "data", write_buffer_bytes=1 << 20)
    try:
        asyncio.run(engine.prepare_logs())
        told = (tmp_path / "data/rocksdb/LOG").read_text(errors="replace")
        assert re.search(r"reusing log \d+ from recycle list", told), "no log was recycled"
        kept = sum(path.stat().st_size for path in (tmp_path / "data/rocksdb").glob("*.sst"))
        assert kept < 1 << 20, "most of the filler is gone"
    finally:
        engine.close()


def test_no_logs_are_made_ahead_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int, offset: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", full)
    engine = Engine(tmp_path / "data", write_buffer_bytes=1 << 20)
    try:
        asyncio.run(engine.prepare_logs())
        assert sum(path.stat().st_size for path in (tmp_path / "data/rocksdb").glob("*.log")) == 0
    finally:
        engine.close()
