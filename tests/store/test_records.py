"""Byte vectors of TiKV's records (transactions, section 16) and round trips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.api import Corrupt
from store.codec import keys
from store.embedded import records as r

LOCKS = [
    (
        r.LockRecord(r.PUT, b"pk", 100, 3000, b"v1", txn_size=2, min_commit_ts=101),
        "5004706b64b81776027631740000000000000002630000000000000065",
    ),
    (
        r.LockRecord(r.PESSIMISTIC, b"pk", 100, 20000, for_update_ts=110, min_commit_ts=111),
        "5304706b64a09c0166000000000000006e63000000000000006f",
    ),
    (
        r.LockRecord(
            r.PUT, b"k1", 300, 3000, b"x", txn_size=2, min_commit_ts=301, use_async_commit=True, secondaries=(b"k2",)
        ),
        "50046b31ac02b81776017874000000000000000263000000000000012d6101046b32",
    ),
    (
        r.LockRecord(r.DELETE, b"k1", 300, 3000, min_commit_ts=301, use_async_commit=True),
        "44046b31ac02b81763000000000000012d6100",
    ),
]
WRITES = [
    (r.WriteRecord(r.PUT, 100, b"v1"), "506476027631"),
    (r.WriteRecord(r.PUT, 300), "50ac02"),
    (r.WriteRecord(r.DELETE, 128), "448001"),
    (r.WriteRecord(r.ROLLBACK, 100), "5264"),
    (r.WriteRecord(r.ROLLBACK, 100, b"p"), "5264760170"),
    (r.WriteRecord(r.PUT, 5, b"v", overlapped_rollback=True, gc_fence=0), "500576017652460000000000000000"),
]


@pytest.mark.parametrize(("lock", "data"), LOCKS)
def test_lock_vectors(lock: r.LockRecord, data: str) -> None:
    assert lock.encode().hex() == data
    assert r.decode_lock(bytes.fromhex(data)) == lock


@pytest.mark.parametrize(("write", "data"), WRITES)
def test_write_vectors(write: r.WriteRecord, data: str) -> None:
    assert write.encode().hex() == data
    assert r.decode_write(bytes.fromhex(data)) == write


def test_write_with_last_change_hint() -> None:
    assert r.decode_write(bytes.fromhex("4c646c000000000000005a01")) == r.WriteRecord(r.LOCK, 100)


def test_key_vectors() -> None:
    assert r.encode_key(b"").hex() == "0000000000000000f7"
    assert r.encode_key(b"12345678").hex() == "3132333435363738ff0000000000000000f7"
    assert (r.encode_key(b"k") + r.desc(100)).hex() == "6b00000000000000f8ffffffffffffff9b"
    assert r.ts_of(r.encode_key(b"k") + r.desc(100)) == 100


@given(st.binary(max_size=60))
def test_keys_round_trip_and_agree_with_the_codec(key: bytes) -> None:
    assert r.encode_key(key) == keys.encode_bytes(key)
    assert r.decode_key(r.encode_key(key)) == key


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_keys_keep_their_order(one: bytes, other: bytes) -> None:
    assert (r.encode_key(one) < r.encode_key(other)) == (one < other)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=255), st.sampled_from([r.PUT, r.DELETE]))
def test_plain_short_values_are_recognised_exactly(start_ts: int, value: bytes, kind: int) -> None:
    data = r.WriteRecord(kind, start_ts, value).encode()
    if r.has_plain_short_value(data):
        assert kind == r.PUT and data[12:] == value
    else:
        assert kind != r.PUT or not 2**56 <= start_ts < 2**63


def test_bad_keys_are_corrupt() -> None:
    for data in (b"", b"abc", b"\x00" * 9):
        with pytest.raises(Corrupt):
            r.decode_key(data)
