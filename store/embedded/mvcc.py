"""Reads of versions and the checks of Percolator, as plain functions that never wait.

A version of a key is a write record at (key, commit_ts). A read at T sees the newest PUT or DELETE with
commit_ts <= T, unless a lock stands in the way. Example: PUT at 10, LOCK at 20, ROLLBACK at 30, DELETE at 40: reads at
10, 25 and 39 see the value, a read at 40 sees nothing; a transaction that started at 15 must not write the key.

**A read at T never misses a commit at or below T.** All timestamps come from one oracle in this process, and a commit
timestamp is taken in the same step in which the commit becomes visible (1PC), or after all locks were written (2PC):
it is greater than every timestamp given before, so whoever read at T before that step read below the commit, and
whoever reads later meets the version or the lock. A reader that meets a lock of a live transaction pushes its
min_commit_ts above T; the commit is then refused at a timestamp at or below T.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from store.api import MAX_TIMESTAMP, SHORT_VALUE_LIMIT, Corrupt, KeyLocked, KeyRange, LockInfo, ResolvedLocks
from store.embedded.engine import Engine
from store.embedded.lock_table import LockTable
from store.embedded.oracle import EmbeddedOracle
from store.embedded.prewritten import Prewritten, PrewrittenTable
from store.embedded.records import (
    DELETE,
    LOCK,
    PUT,
    ROLLBACK,
    WriteRecord,
    decode_key,
    decode_lock,
    decode_write,
    desc,
    encode_key,
    has_plain_short_value,
    ts_of,
    varint,
)
from store.embedded.versions import Entry, VersionCache

if TYPE_CHECKING:
    from store.embedded.bulk import EmbeddedBulkLoad

_LOCKS_PER_ERROR: Final = 256
SHARED: Final = 12
"""Bytes that the encoded keys of a table's records share (those of indexes share them with other indexes)."""
_ENDS: Final = 10_000
_TOUCHED_LIMIT: Final = 200_000
_CACHED_KEYS: Final = 20_000
"""Transactions that write more keys leave the cache of versions to others."""


class Mvcc:
    """The versions of one engine. State (changed only between awaits): the caches below.

    `touched[key]` is the commit timestamp of the last transaction that locked the key without writing it: an
    optimistic transaction that began before must not write the key (write skew, orphans of foreign keys). It lives in
    memory, since all transactions of this process end with it; timestamps below `touched_floor` are not known.
    """

    def __init__(self, engine: Engine, oracle: EmbeddedOracle, cache_bytes: int) -> None:
        self.engine = engine
        self.oracle = oracle
        self.versions = VersionCache(cache_bytes, oracle.last)
        self.locks = LockTable()
        self.prewritten = PrewrittenTable()
        self.touched: dict[bytes, int] = {}
        self.touched_floor = 0
        self._ends: dict[bytes, tuple[bytes, int]] = {}
        """Where a table's records end: by the encoded prefix that they share, a key at and behind which the database had
        no record, and the cache's `losses` then. While those stay, what was written behind it stands in the cache."""
        self.late: dict[int, int] = {}
        """Of commits that were written at one timestamp and became visible at a later one: the two (`bulk`)."""
        self.loading: list[EmbeddedBulkLoad] = []
        """Loads whose commit is under way: nobody else may write or lock their keys."""
        self.met_unsynced = False
        """A read met a version that is not durable: whoever called it must let the engine settle before it answers."""
        self._load_locks()

    def _load_locks(self) -> None:
        """Locks of dead processes."""
        for versioned, data in self.engine.lock.items():
            lock = decode_lock(data)
            txn = self.prewritten.by_ts.get(lock.start_ts)
            if txn is None:
                txn = Prewritten(lock.start_ts, lock.primary, 0, lock.min_commit_ts, lock.for_update_ts, dead=True)
                self.prewritten.by_ts[lock.start_ts] = txn
            txn.locks[decode_key(versioned)] = (lock.kind, lock.short_value)

    # --- one key ---

    def newest(self, key: bytes) -> Entry:
        """(commit_ts, value) of the newest PUT or DELETE; (0, None) when there is none."""
        entry = self.versions.entries.get(key)
        if entry is None:
            encoded = encode_key(key)
            end = self._ends.get(encoded[:SHARED])
            if end is not None and encoded >= end[0] and end[1] == self.versions.losses:
                return 0, None
            entry = self._seek(encoded, MAX_TIMESTAMP)
            self.versions.put(key, entry[0], entry[1])
        return entry

    def get(self, key: bytes, ts: int, resolved: ResolvedLocks) -> bytes | None:
        """The value visible at `ts`; sets `met_unsynced`. Raises KeyLocked."""
        if self.prewritten.by_ts:
            self.check_key_lock(key, ts, resolved)
        commit_ts, value = self.newest(key)
        if commit_ts > ts:
            commit_ts, value = self._seek(encode_key(key), ts)
        if commit_ts >= self.engine.unsynced_ts:
            self.met_unsynced = True
        return value

    def _seek(self, encoded: bytes, ts: int) -> Entry:
        """The newest PUT or DELETE at or below `ts`, from the database."""
        cursor = self.engine.write_family.iter()
        cursor.seek(encoded + desc(ts))
        size = len(encoded) + 8
        if ts == MAX_TIMESTAMP and not (cursor.valid() and cursor.key().startswith(encoded[:SHARED])):
            cursor.status()
            if len(self._ends) >= _ENDS:
                self._ends.clear()
            self._ends[encoded[:SHARED]] = (encoded, self.versions.losses)
            return 0, None
        while cursor.valid():
            versioned: bytes = cursor.key()
            if len(versioned) != size or not versioned.startswith(encoded):
                break
            commit_ts = ts_of(versioned)
            if self.late:
                commit_ts = self.late.get(commit_ts, commit_ts)
                if commit_ts > ts:
                    cursor.next()
                    continue
            record: bytes = cursor.value()
            if has_plain_short_value(record):
                return commit_ts, record[12:]
            kind = record[0]
            if kind in (PUT, DELETE):
                write = decode_write(record)
                if not write.gc_fence or write.gc_fence > ts:
                    return commit_ts, self.value_of(encoded, write)
                return commit_ts, None
            cursor.next()
        cursor.status()
        return 0, None

    def value_of(self, encoded: bytes, write: WriteRecord) -> bytes | None:
        """The value of a version, None for a DELETE. Raises Corrupt when it should be in `default` and is not."""
        if write.kind == DELETE:
            return None
        if write.short_value is not None:
            return write.short_value
        value: bytes | None = self.engine.default.get(encoded + desc(write.start_ts))
        if value is None:
            raise Corrupt(f"the value of key {encoded.hex()} at {write.start_ts} is missing")
        return value

    # --- locks in the way of reads ---

    def check_key_lock(self, key: bytes, ts: int, resolved: ResolvedLocks) -> None:
        """Raises KeyLocked when a prewritten lock may hide a commit at or below `ts`."""
        txn = self.prewritten.holder(key)
        if txn is None:
            return
        if txn.dead:
            self.settle(txn)
        elif self._blocks(txn, key, ts, resolved):
            raise KeyLocked(txn.info(key))

    def check_range_locks(self, ranges: Iterable[KeyRange], ts: int, resolved: ResolvedLocks) -> None:
        """The same for all keys of ranges."""
        for txn in [txn for txn in self.prewritten.by_ts.values() if txn.dead]:
            self.settle(txn)
        candidates = [
            txn
            for txn in self.prewritten.by_ts.values()
            if txn.start_ts <= ts
            and txn.min_commit_ts <= ts
            and (txn.commit_ts or txn.start_ts not in resolved.ignored)
        ]
        if not candidates:
            return
        found: list[LockInfo] = []
        bounds = list(ranges)
        for txn in candidates:
            for key in txn.locks:
                if any(one.start <= key and (key < one.end or not one.end) for one in bounds):
                    if self._blocks(txn, key, ts, resolved):
                        found.append(txn.info(key))
                        if len(found) >= _LOCKS_PER_ERROR:
                            raise KeyLocked(*found)
        if found:
            raise KeyLocked(*found)

    @staticmethod
    def _blocks(txn: Prewritten, key: bytes, ts: int, resolved: ResolvedLocks) -> bool:
        if txn.locks[key][0] == LOCK:
            return False
        if txn.commit_ts:
            # Decided, and perhaps acknowledged: a reader of the newest versions that passed this lock before must not
            # pass it any more.
            return txn.commit_ts <= ts
        return (
            txn.start_ts <= ts
            and txn.min_commit_ts <= ts
            and txn.start_ts not in resolved.ignored
            and not (ts == MAX_TIMESTAMP and key == txn.primary)
        )

    # --- a transaction's record on a key ---

    def find_record(self, key: bytes, start_ts: int) -> tuple[int, WriteRecord] | None:
        """(timestamp, record) of the transaction on the key: a commit, or a rollback (also an overlapped one)."""
        encoded = encode_key(key)
        size = len(encoded) + 8
        cursor = self.engine.write_family.iter()
        cursor.seek(encoded)
        while cursor.valid():
            versioned: bytes = cursor.key()
            if len(versioned) != size or not versioned.startswith(encoded):
                break
            ts = ts_of(versioned)
            if ts < start_ts:
                break
            write = decode_write(cursor.value())
            if write.start_ts == start_ts:
                return ts, write
            if ts == start_ts:
                return (ts, WriteRecord(ROLLBACK, start_ts)) if write.overlapped_rollback else None
            cursor.next()
        return None

    def newest_commit(self, key: bytes) -> tuple[int, bool]:
        """(timestamp, whether it is a rollback) of the newest record of any kind; (0, False) when there is none."""
        encoded = encode_key(key)
        cursor = self.engine.write_family.iter()
        cursor.seek(encoded)
        if cursor.valid():
            versioned: bytes = cursor.key()
            if len(versioned) == len(encoded) + 8 and versioned.startswith(encoded):
                ts = ts_of(versioned)
                return self.late.get(ts, ts), cursor.value()[0] == ROLLBACK
        return 0, False

    def has_records(self, first: bytes, last: bytes) -> bool:
        """Whether a key from `first` to `last` has a record of any kind."""
        cursor = self.engine.write_family.iter()
        cursor.seek(encode_key(first))
        if cursor.valid():
            found: bool = cursor.key()[:-8] <= encode_key(last)
            return found
        cursor.status()
        return False

    # --- loads ---

    def hidden_at(self, ts: int) -> frozenset[bytes]:
        """The ends of versions that are written and not to be seen at `ts`."""
        return frozenset([desc(written) for written, visible in self.late.items() if written <= ts < visible])

    def held_back(self, safe_point: int) -> int:
        """The safe point, or what is below all versions that somebody above it does not see yet."""
        for written, visible in list(self.late.items()):
            if safe_point >= visible:
                del self.late[written]
            elif safe_point >= written:
                safe_point = written - 1
        return safe_point

    def is_loading(self, key: bytes) -> bool:
        """Whether a load commits that has the key."""
        return any(load.holds(key) for load in self.loading)

    # --- transactions of dead processes ---

    def settle(self, txn: Prewritten) -> None:
        """Commits or rolls back what a dead process left, as its primary says."""
        found = self.find_record(txn.primary, txn.start_ts)
        commit_ts = 0 if found is None or found[1].kind == ROLLBACK else found[0]
        if commit_ts:
            self.commit_locks(txn, list(txn.locks), commit_ts)
        else:
            self.rollback_locks(txn, list(txn.locks))

    def commit_locks(self, txn: Prewritten, keys: list[bytes], commit_ts: int) -> None:
        """Turns locks into versions, in one batch. Raises Stalled (nothing is done)."""
        engine = self.engine
        batch = engine.batch()
        write_handle, lock_handle = engine.write_handle, engine.lock_handle
        suffix = desc(commit_ts)
        start = varint(txn.start_ts)
        if commit_ts > self.versions.floor:
            # Nobody can start, and be rolled back, at this timestamp any more.
            txn.alone_at = commit_ts
        alone = txn.alone_at == commit_ts
        for key in keys:
            kind, value = txn.locks[key]
            encoded = encode_key(key)
            record = bytes((kind,)) + start
            if value is not None and len(value) <= SHORT_VALUE_LIMIT:
                record += b"v" + len(value).to_bytes(1, "big") + value
            if not alone and self._overlapped(encoded, commit_ts):
                record += b"RF" + bytes(8)
            batch.put(encoded + suffix, record, write_handle)
            batch.delete(encoded, lock_handle)
        engine.write(batch)
        engine.mark_commit(commit_ts)
        versions = self.versions
        if txn.txn_size > _CACHED_KEYS:
            versions.forget(keys, commit_ts)
        for key in keys:
            kind, value = txn.locks.pop(key)
            if txn.txn_size > _CACHED_KEYS:
                continue
            if kind == LOCK:
                versions.forget((), commit_ts)
            elif kind == DELETE:
                versions.put(key, commit_ts, None)
            elif value is None:
                versions.forget((key,), commit_ts)
            else:
                versions.put(key, commit_ts, value)
        if not txn.locks:
            self.prewritten.end(txn)

    def _overlapped(self, encoded: bytes, commit_ts: int) -> bool:
        """Whether a rollback of the transaction that started at `commit_ts` stands where the version goes. The oracle
        never gives a timestamp twice, so this happens only with timestamps from elsewhere."""
        if commit_ts > self.versions.floor:
            return False
        record = self.engine.write_family.get(encoded + desc(commit_ts))
        return record is not None and record[0] == ROLLBACK

    def rollback_locks(self, txn: Prewritten, keys: list[bytes]) -> None:
        """Removes locks and leaves rollback records, in one batch. Raises Stalled (nothing is done)."""
        engine = self.engine
        batch = engine.batch()
        for key in keys:
            kind, value = txn.locks[key]
            encoded = encode_key(key)
            if kind == PUT and (value is None or len(value) > 255):
                batch.delete(encoded + desc(txn.start_ts), engine.default_handle)
            batch.delete(encoded, engine.lock_handle)
            self.put_rollback(batch, encoded, txn.start_ts, protected=key == txn.primary)
        engine.write(batch)
        self.versions.forget((), txn.start_ts + 1)
        for key in keys:
            del txn.locks[key]
        if not txn.locks:
            self.prewritten.end(txn)

    def put_rollback(self, batch: object, encoded: bytes, start_ts: int, *, protected: bool) -> None:
        """Adds the rollback record of `start_ts` to the batch (transactions, section 2.4)."""
        versioned = encoded + desc(start_ts)
        standing = self.engine.write_family.get(versioned)
        record = WriteRecord(ROLLBACK, start_ts, b"p" if protected else None)
        if standing is not None:
            found = decode_write(standing)
            if found.kind == ROLLBACK:
                if not protected:
                    return
            elif not protected:
                return
            else:
                fence = self._next_data_ts(encoded, start_ts)
                record = WriteRecord(found.kind, found.start_ts, found.short_value, True, fence)
        batch.put(versioned, record.encode(), self.engine.write_handle)  # type: ignore[attr-defined]

    def _next_data_ts(self, encoded: bytes, ts: int) -> int:
        """The nearest PUT or DELETE above `ts`, 0 when there is none."""
        cursor = self.engine.write_family.iter()
        cursor.seek_for_prev(encoded + desc(ts + 1))
        size = len(encoded) + 8
        while cursor.valid():
            versioned: bytes = cursor.key()
            if len(versioned) != size or not versioned.startswith(encoded):
                break
            if cursor.value()[0] in (PUT, DELETE):
                return ts_of(versioned)
            cursor.prev()
        return 0

    # --- keys that were locked and not written ---

    def touch(self, keys: Iterable[bytes], commit_ts: int) -> None:
        """See the class."""
        touched = self.touched
        for key in keys:
            touched[key] = commit_ts
        if len(touched) > _TOUCHED_LIMIT:
            self.touched_floor = max(self.touched_floor, max(touched.values()))
            touched.clear()
