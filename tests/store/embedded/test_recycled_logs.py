"""Logs written over old ones: what a crash leaves of them is what was written last, never what stood there before."""

from __future__ import annotations

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
