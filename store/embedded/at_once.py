"""The commit of a small transaction in one step: what `plan_commit`, `Committer` and `percolator.one_phase` do together.

Most transactions write a few keys that nobody else has touched since they began. For them this makes the same checks and
the same records without mutations, requests and plans in between. Whatever is not plain (another's lock or newer commit,
a key that exists and must not, versions that the cache does not know, a stall) is left to the ordinary way, which finds
out what it means; nothing has been done then.
"""

from __future__ import annotations

from typing import Final

from store.api import ONE_PC_BYTE_LIMIT, SHORT_VALUE_LIMIT, LockMode
from store.buffer import WriteBuffer
from store.embedded.engine import Stalled
from store.embedded.gc import GarbageCollector
from store.embedded.mvcc import Mvcc
from store.embedded.records import DELETE, PUT, desc, encode_key, varint

KEY_LIMIT: Final = 64
"""Written keys up to which a commit is tried in this way."""


def commit_at_once(
    mvcc: Mvcc,
    garbage: GarbageCollector,
    start_ts: int,
    buffer: WriteBuffer,
    locked: dict[bytes, LockMode],
    *,
    pessimistic: bool,
) -> int:
    """Commits what the buffer holds; the commit timestamp, 0 when it is not a plain case. Visible at once, durable after
    the next sync."""
    if not _is_plain(mvcc, start_ts, buffer, locked, pessimistic=pessimistic):
        return 0
    commit_ts = mvcc.oracle.now()
    try:
        _write(mvcc, start_ts, commit_ts, buffer.entries)
    except Stalled:
        return 0
    entries, inserts = buffer.entries, buffer.inserts
    remember, note = mvcc.versions.put, garbage.note
    for key, value in entries.items():
        remember(key, commit_ts, value)
        if key not in inserts or (pessimistic and key in locked):
            note(commit_ts, key)
    mvcc.engine.mark_commit(commit_ts)
    if pessimistic:
        held = mvcc.locks.keys_of(start_ts)
        if held:
            mvcc.touch([key for key in held if key not in entries], commit_ts)
            mvcc.locks.release_all(start_ts)
    return commit_ts


def _is_plain(
    mvcc: Mvcc, start_ts: int, buffer: WriteBuffer, locked: dict[bytes, LockMode], *, pessimistic: bool
) -> bool:
    """Whether the checks of prewrite pass, and the caches answer all of them."""
    versions = mvcc.versions
    if mvcc.prewritten.by_ts or mvcc.loading or start_ts < versions.floor or start_ts < mvcc.touched_floor:
        return False
    if buffer.size_bytes > ONE_PC_BYTE_LIMIT:
        return False
    entries, inserts = buffer.entries, buffer.inserts
    known, touched = versions.entries, mvcc.touched
    locks = mvcc.locks.locks
    for key, value in entries.items():
        mode = locked.get(key) if locked else None
        lock = locks.get(key) if locks else None
        if pessimistic and mode is LockMode.EXCLUSIVE:
            # What is locked cannot have changed.
            if lock is None or lock.holders.get(start_ts) is not LockMode.EXCLUSIVE:
                return False
            continue
        if lock is not None:
            return False
        if pessimistic:
            if mode is None and key in inserts:
                return False
            continue
        entry = known.get(key)
        if (entry is not None and entry[0] > start_ts) or (touched and touched.get(key, 0) > start_ts):
            return False
        if key in inserts and (value is None or mvcc.newest(key)[1] is not None):
            return False
    return pessimistic or all(key in entries for key in locked)


def _write(mvcc: Mvcc, start_ts: int, commit_ts: int, entries: dict[bytes, bytes | None]) -> None:
    engine = mvcc.engine
    batch = engine.batch()
    put = batch.put
    handle = engine.write_handle
    suffix = desc(commit_ts)
    start = varint(start_ts)
    head = bytes((PUT,)) + start + b"v"
    for key, value in entries.items():
        if value is None:
            put(encode_key(key) + suffix, bytes((DELETE,)) + start, handle)
            continue
        size = len(value)
        encoded = encode_key(key)
        if size <= SHORT_VALUE_LIMIT:
            put(encoded + suffix, b"%b%c%b" % (head, size, value), handle)
        else:
            put(encoded + desc(start_ts), value, engine.default_handle)
            put(encoded + suffix, head[:-1], handle)
    engine.write(batch)
