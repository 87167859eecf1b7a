"""Blocks of a scan: short ranges together, long values apart, in both directions, with what is left behind each."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from store import open_store
from store.api import MAX_TIMESTAMP, KeyRange
from store.embedded import blocks as module
from store.embedded.blocks import BlockReader
from store.embedded.client import EmbeddedClient
from store.embedded.records import desc, encode_key


def key(number: int) -> bytes:
    """A key of the test."""
    return b"t%06d" % number


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("length", [10, 3000])
def test_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int, reverse: bool) -> None:
    monkeypatch.setattr(module, "_CHUNK_BYTES", 100_000)

    async def run() -> None:
        store = open_store(f"embedded:{tmp_path}/data")
        expected = {}
        for start in range(0, 900, 300):
            writer = store.begin(await store.timestamp(), pessimistic=False)
            for number in range(start, start + 300):
                expected[key(number)] = b"%d" % number + b"." * length
                writer.put(key(number), expected[key(number)])
            await writer.commit()
        await store.close()
        store = open_store(f"embedded:{tmp_path}/data")
        client = store.client
        assert isinstance(client, EmbeddedClient)
        for ranges in (
            [KeyRange(key(0), key(900))],
            [KeyRange(key(number), key(number + 1)) for number in range(0, 900, 2)],
            [KeyRange(key(3), key(400)), KeyRange(key(500), key(500)), KeyRange(key(501), key(502))],
        ):
            wanted = [one for one in expected if any(r.start <= one < r.end for r in ranges)]
            reader = BlockReader(client.engine, ranges, MAX_TIMESTAMP >> 1, reverse=reverse)
            found: list[bytes] = []
            count = 0
            for keys, values in reader.blocks():
                assert list(values) == [expected[one] for one in keys]
                found += keys
                count += 1
                assert sum(map(len, values)) < 400_000
                rest = [one for one in wanted if any(r.start <= one < r.end for r in reader.rest)]
                assert sorted(found + rest) == wanted
                assert [r.start for r in reader.rest] == sorted(r.start for r in reader.rest)
            assert found == (wanted[::-1] if reverse else wanted)
            assert count < 40
        await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("length", [11, 19, 24, 25, 29, 35])
def test_single_keys(length: int) -> None:
    """Many keys decoded at once, where each has one visible version."""
    source = random.Random(length)
    raw = sorted({source.randbytes(length) for _ in range(500)})
    versioned = [encode_key(one) + desc(source.randrange(10**17, 10**18)) for one in raw]
    assert module._single_keys(versioned, 10**18) == raw
    assert module._single_keys(versioned, 10**17) is None
    assert module._single_keys([*versioned[:5], encode_key(raw[4]) + desc(5), *versioned[5:]], 10**18) is None
    assert module._single_keys([*versioned, encode_key(b"x" * (length + 1)) + desc(5)], 10**18) is None
