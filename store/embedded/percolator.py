"""Percolator's commands over `Mvcc`, as plain functions that never wait: each is atomic because nothing else runs.

Every function may raise Stalled: then nothing was written, and the whole command may run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from store.api import (
    MAX_TIMESTAMP,
    ONE_PC_BYTE_LIMIT,
    ONE_PC_MUTATION_LIMIT,
    SHORT_VALUE_LIMIT,
    AlreadyExists,
    CommitTsExpired,
    KeyLocked,
    LockInfo,
    LockMode,
    Mutation,
    Op,
    PessimisticAction,
    PrewriteRequest,
    TxnAborted,
    TxnLockNotFound,
    TxnNotFound,
    TxnStatus,
    WriteConflict,
    physical_ms,
)
from store.embedded.engine import Stalled
from store.embedded.mvcc import Mvcc
from store.embedded.prewritten import KINDS, Prewritten
from store.embedded.records import DELETE, LOCK, PUT, ROLLBACK, LockRecord, desc, encode_key, varint

_LOCKS_PER_ERROR = 16
_MANY = 64
"""Keys for which it is worth a look whether there is anything at all where they go."""
_PESSIMISTIC_TTL_MS = 20_000
_DATA = (Op.PUT, Op.INSERT, Op.DELETE)


# --- prewrite ----------------------------------------------------------------------------------------------------


def fits_one_phase(request: PrewriteRequest) -> bool:
    """Whether the whole transaction goes into one batch."""
    mutations = request.mutations
    if not request.try_one_pc or len(mutations) > ONE_PC_MUTATION_LIMIT:
        return False
    size = 0
    for _, key, value in mutations:
        size += len(key) + len(value)
    return size <= ONE_PC_BYTE_LIMIT


def one_phase(mvcc: Mvcc, request: PrewriteRequest) -> int:
    """Checks and commits; the commit timestamp. Visible at once, durable after the next sync."""
    done = already_committed(mvcc, request)
    if done:
        return done
    check(mvcc, request, request.mutations, request.actions)
    commit_ts = mvcc.oracle.now()
    _write_versions(mvcc, request, commit_ts)
    mvcc.engine.mark_commit(commit_ts)
    locks = mvcc.locks
    held = locks.keys_of(request.start_ts)
    if held:
        written = {key for _, key, _ in request.mutations}
        mvcc.touch([key for key in held if key not in written], commit_ts)
        locks.release_all(request.start_ts)
    return commit_ts


def _write_versions(mvcc: Mvcc, request: PrewriteRequest, commit_ts: int) -> None:
    engine = mvcc.engine
    batch = engine.batch()
    put = batch.put
    write_handle = engine.write_handle
    start_ts = request.start_ts
    suffix = desc(commit_ts)
    start = varint(start_ts)
    short_head = bytes((PUT,)) + start + b"v"
    empty = True
    touched: list[bytes] = []
    for op, key, value in request.mutations:
        if op is Op.PUT or op is Op.INSERT:
            encoded = encode_key(key)
            size = len(value)
            if size <= SHORT_VALUE_LIMIT:
                put(encoded + suffix, short_head + size.to_bytes(1, "big") + value, write_handle)
            else:
                put(encoded + desc(start_ts), value, engine.default_handle)
                put(encoded + suffix, short_head[:-1], write_handle)
        elif op is Op.DELETE:
            put(encode_key(key) + suffix, bytes((DELETE,)) + start, write_handle)
        elif op is Op.LOCK or op is Op.SHARED_LOCK:
            touched.append(key)
            continue
        else:
            continue
        empty = False
    if not empty:
        engine.write(batch)
    if touched:
        mvcc.touch(touched, commit_ts)
    remember = mvcc.versions.put
    for op, key, value in request.mutations:
        if op is Op.PUT or op is Op.INSERT:
            remember(key, commit_ts, value)
        elif op is Op.DELETE:
            remember(key, commit_ts, None)


def prewrite(mvcc: Mvcc, request: PrewriteRequest, mutations: Sequence[Mutation], actions: Sequence[int]) -> None:
    """Locks a slice of the transaction's keys. The slice with the primary comes first."""
    check(mvcc, request, mutations, actions)
    engine = mvcc.engine
    txn = mvcc.prewritten.by_ts.get(request.start_ts)
    new = txn is None
    if txn is None:
        min_commit_ts = max(request.min_commit_ts, request.start_ts + 1, request.for_update_ts + 1)
        txn = Prewritten(
            request.start_ts, request.primary, request.ttl_ms, min_commit_ts, request.for_update_ts, request.txn_size
        )
    batch = engine.batch()
    lock_handle = engine.lock_handle
    frames = {kind: _lock_frame(request, kind, txn.min_commit_ts) for kind in (PUT, DELETE, LOCK)}
    taken: dict[bytes, tuple[int, bytes | None]] = {}
    for op, key, value in mutations:
        kind = KINDS.get(op)
        if kind is None or key in txn.locks:
            continue
        encoded = encode_key(key)
        short = value if kind == PUT and len(value) <= SHORT_VALUE_LIMIT else None
        if kind == PUT and short is None:
            batch.put(encoded + desc(request.start_ts), value, engine.default_handle)
        head, tail = frames[kind]
        section = b"" if short is None else b"v" + len(short).to_bytes(1, "big") + short
        batch.put(encoded, head + section + tail, lock_handle)
        taken[key] = (kind, value if kind == PUT else None)
    if taken:
        engine.write(batch)
        txn.locks.update(taken)
        if new:
            mvcc.prewritten.by_ts[request.start_ts] = txn


def _lock_frame(request: PrewriteRequest, kind: int, min_commit_ts: int) -> tuple[bytes, bytes]:
    """What stands before and behind the short value in all lock records of one kind of a transaction."""
    head = LockRecord(kind, request.primary, request.start_ts, request.ttl_ms).encode()
    whole = LockRecord(
        kind,
        request.primary,
        request.start_ts,
        request.ttl_ms,
        None,
        request.for_update_ts,
        request.txn_size,
        min_commit_ts,
    ).encode()
    return head, whole[len(head) :]


def slices(request: PrewriteRequest, size: int) -> Iterator[list[int]]:
    """The places of the mutations in slices of `size`; the one with the primary comes first."""
    mutations = request.mutations
    primary = next((place for place, (_, key, _) in enumerate(mutations) if key == request.primary), 0)
    first = primary - primary % size
    for start in (first, *(at for at in range(0, len(mutations), size) if at != first)):
        yield list(range(start, min(start + size, len(mutations))))


def undo_prewrite(mvcc: Mvcc, start_ts: int) -> None:
    """Takes back the slices of a prewrite that failed; leaves no record, so that it may be tried again."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    if txn is None:
        return
    engine = mvcc.engine
    batch = engine.batch()
    for key, (kind, value) in txn.locks.items():
        encoded = encode_key(key)
        batch.delete(encoded, engine.lock_handle)
        if kind == PUT and (value is None or len(value) > SHORT_VALUE_LIMIT):
            batch.delete(encoded + desc(start_ts), engine.default_handle)
    engine.write(batch, patient=True)
    txn.locks.clear()
    mvcc.prewritten.end(txn)


def already_committed(mvcc: Mvcc, request: PrewriteRequest) -> int:
    """The commit timestamp when this is a prewrite sent again after its commit."""
    key = next((key for op, key, _ in request.mutations if op in _DATA), None)
    if key is None:
        return 0
    if request.start_ts >= mvcc.versions.floor:
        # Its commit would stand in the cache; look further only then.
        entry = mvcc.versions.entries.get(key)
        if entry is None or entry[0] <= request.start_ts:
            return 0
    found = mvcc.find_record(key, request.start_ts)
    return 0 if found is None or found[1].kind == ROLLBACK else found[0]


def check(mvcc: Mvcc, request: PrewriteRequest, mutations: Sequence[Mutation], actions: Sequence[int]) -> None:
    """All conditions of prewrite (transactions, 5.1 and 5.2). Raises KeyLocked, WriteConflict, AlreadyExists,
    TxnAborted."""
    start_ts = request.start_ts
    if mvcc.loading and any(mvcc.is_loading(key) for _, key, _ in mutations):
        raise Stalled("a load that has one of the keys commits")
    if mvcc.locks.locks or mvcc.prewritten.by_ts:
        _check_locks(mvcc, request, mutations, actions)
    elif actions and PessimisticAction.CHECK in actions:
        raise TxnAborted(f"transaction {start_ts} has lost its pessimistic locks")
    if len(mutations) >= _MANY and not actions and start_ts >= mvcc.touched_floor and not mvcc.touched:
        keys = [key for _, key, _ in mutations]
        if not mvcc.has_records(min(keys), max(keys)):
            return
    for index, (op, key, _) in enumerate(mutations):
        if actions:
            action = actions[index]
            if action == PessimisticAction.CHECK:
                continue
            if action == PessimisticAction.CONSTRAINT:
                _check_conflict(mvcc, op, key, start_ts, "lazy_uniqueness")
            elif start_ts < mvcc.versions.floor:
                _check_rolled_back(mvcc, key, start_ts)
        else:
            _check_conflict(mvcc, op, key, start_ts, "optimistic")
        if op is Op.INSERT or op is Op.CHECK_NOT_EXISTS:
            value = mvcc.newest(key)[1]
            if value is not None:
                raise AlreadyExists(key, value)


def _check_locks(mvcc: Mvcc, request: PrewriteRequest, mutations: Sequence[Mutation], actions: Sequence[int]) -> None:
    start_ts = request.start_ts
    found: list[LockInfo] = []
    own = mvcc.prewritten.by_ts.get(start_ts)
    if not mvcc.locks.locks and not actions and len(mvcc.prewritten.by_ts) == (own is not None):
        return
    for index, (op, key, _) in enumerate(mutations):
        if mvcc.prewritten.by_ts:
            txn = mvcc.prewritten.holder(key, start_ts)
            if txn is not None and (txn.dead or txn.commit_ts):
                if txn.dead:
                    mvcc.settle(txn)
                else:
                    mvcc.commit_locks(txn, [key], txn.commit_ts)
            elif txn is not None:
                found.append(txn.info(key))
                continue
        if actions and actions[index] == PessimisticAction.CHECK:
            if own is not None and key in own.locks:
                continue
            if mvcc.locks.mode_held(key, start_ts) is not LockMode.EXCLUSIVE:
                raise TxnAborted(f"transaction {start_ts} has lost its lock on key {key.hex()}")
        else:
            holder = _blocking_holder(mvcc, op, key, start_ts)
            if holder:
                found.append(pessimistic_info(mvcc, key, holder))
        if len(found) >= _LOCKS_PER_ERROR:
            break
    if found:
        raise KeyLocked(*found)


def _blocking_holder(mvcc: Mvcc, op: Op, key: bytes, start_ts: int) -> int:
    holder = mvcc.locks.foreign_holder(key, start_ts)
    if holder and op is Op.SHARED_LOCK and mvcc.locks.mode_held(key, holder) is LockMode.SHARED:
        return 0
    return holder


def pessimistic_info(mvcc: Mvcc, key: bytes, holder: int) -> LockInfo:
    """A lock of the lock table as others see it."""
    return LockInfo(key, mvcc.locks.primaries.get(holder, key), holder, _PESSIMISTIC_TTL_MS, "pessimistic")


def _check_conflict(mvcc: Mvcc, op: Op, key: bytes, start_ts: int, reason: str) -> None:
    versions = mvcc.versions
    entry = versions.entries.get(key)
    if entry is not None and entry[0] > start_ts:
        raise WriteConflict(key, start_ts, entry[0], reason)
    if start_ts < versions.floor:
        newest, _ = mvcc.newest_commit(key)
        if newest >= start_ts:
            _check_rolled_back(mvcc, key, start_ts)
            if newest > start_ts:
                raise WriteConflict(key, start_ts, newest, reason)
    if op is not Op.SHARED_LOCK:
        touched = mvcc.touched.get(key, 0)
        if touched > start_ts or start_ts < mvcc.touched_floor:
            raise WriteConflict(key, start_ts, touched or mvcc.touched_floor, reason)


def _check_rolled_back(mvcc: Mvcc, key: bytes, start_ts: int) -> None:
    found = mvcc.find_record(key, start_ts)
    if found is not None and found[1].kind == ROLLBACK:
        raise WriteConflict(key, start_ts, start_ts, "self_rolled_back")


# --- second phase --------------------------------------------------------------------------------------------------


def commit(mvcc: Mvcc, keys: Sequence[bytes], start_ts: int, commit_ts: int) -> bool:
    """Commits the keys; False when there was nothing left to write."""
    if commit_ts <= start_ts:
        raise TxnAborted(f"commit timestamp {commit_ts} is not above {start_ts}")
    txn = mvcc.prewritten.by_ts.get(start_ts)
    locked = [key for key in keys if txn is not None and key in txn.locks]
    if len(locked) != len(keys):
        held = set(locked)
        for key in keys:
            if key not in held:
                _check_committed(mvcc, key, start_ts)
    if not locked:
        return False
    assert txn is not None, "locked keys belong to a transaction"
    if commit_ts < txn.min_commit_ts and not txn.commit_ts:
        raise CommitTsExpired(locked[0], txn.min_commit_ts)
    primary = txn.primary in locked
    mvcc.commit_locks(txn, locked, commit_ts)
    if primary:
        txn.commit_ts = commit_ts
        mvcc.touch(mvcc.locks.keys_of(start_ts), commit_ts)
        mvcc.locks.release_all(start_ts)
        txn.wake()
    return True


def _check_committed(mvcc: Mvcc, key: bytes, start_ts: int) -> None:
    """A key without lock: fine when its commit stands, or when only a pessimistic lock is left of it."""
    if mvcc.locks.mode_held(key, start_ts) is not None:
        mvcc.locks.release(start_ts, (key,))
        return
    found = mvcc.find_record(key, start_ts)
    if found is None or found[1].kind == ROLLBACK:
        raise TxnLockNotFound(f"transaction {start_ts} has no lock on key {key.hex()}")


def rollback(mvcc: Mvcc, keys: Sequence[bytes], start_ts: int) -> None:
    """Removes the locks and leaves rollback records."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    locked = [key for key in keys if txn is not None and key in txn.locks]
    held = set(locked)
    rest = [key for key in keys if key not in held]
    for key in rest:
        found = mvcc.find_record(key, start_ts)
        if found is not None and found[1].kind != ROLLBACK:
            raise TxnAborted(f"transaction {start_ts} is committed at {found[0]}")
    if txn is not None and locked:
        mvcc.rollback_locks(txn, locked)
    if rest:
        batch = mvcc.engine.batch()
        for key in rest:
            mvcc.put_rollback(batch, encode_key(key), start_ts, protected=False)
        mvcc.engine.write(batch)
        mvcc.versions.forget((), start_ts + 1)
    mvcc.locks.release(start_ts, keys)


# --- the fate of another transaction -------------------------------------------------------------------------------


def check_txn_status(
    mvcc: Mvcc, primary: bytes, start_ts: int, caller_start_ts: int, current_ts: int, *, rollback_if_not_exist: bool
) -> TxnStatus:
    """Transactions, section 9.1."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    if txn is not None and txn.dead:
        mvcc.settle(txn)
    elif txn is not None and txn.commit_ts:
        return TxnStatus(commit_ts=txn.commit_ts)
    elif txn is not None and primary in txn.locks:
        return _status_of_live(mvcc, txn, primary, caller_start_ts, current_ts)
    elif mvcc.locks.mode_held(primary, start_ts) is not None:
        return TxnStatus(ttl_ms=_PESSIMISTIC_TTL_MS)
    found = mvcc.find_record(primary, start_ts)
    if found is not None:
        return TxnStatus() if found[1].kind == ROLLBACK else TxnStatus(commit_ts=found[0])
    if not rollback_if_not_exist:
        raise TxnNotFound(f"transaction {start_ts} left no trace on its primary {primary.hex()}")
    batch = mvcc.engine.batch()
    mvcc.put_rollback(batch, encode_key(primary), start_ts, protected=True)
    mvcc.engine.write(batch)
    mvcc.versions.forget((primary,), start_ts + 1)
    return TxnStatus()


def _status_of_live(mvcc: Mvcc, txn: Prewritten, primary: bytes, caller_start_ts: int, current_ts: int) -> TxnStatus:
    if physical_ms(txn.start_ts) + txn.ttl_ms < physical_ms(current_ts):
        mvcc.rollback_locks(txn, [primary])
        return TxnStatus()
    if caller_start_ts == MAX_TIMESTAMP:
        return TxnStatus(ttl_ms=txn.ttl_ms, pushed=True)
    if caller_start_ts >= txn.min_commit_ts:
        txn.min_commit_ts = max(caller_start_ts + 1, current_ts if current_ts != MAX_TIMESTAMP else 0)
        return TxnStatus(ttl_ms=txn.ttl_ms, pushed=True)
    return TxnStatus(ttl_ms=txn.ttl_ms, pushed=bool(caller_start_ts))


def check_secondary_locks(mvcc: Mvcc, keys: Sequence[bytes], start_ts: int) -> tuple[list[LockInfo], int]:
    """Transactions, section 9.2."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    found: list[LockInfo] = []
    for key in keys:
        if txn is not None and key in txn.locks:
            found.append(txn.info(key))
            continue
        record = mvcc.find_record(key, start_ts)
        if record is not None:
            return [], 0 if record[1].kind == ROLLBACK else record[0]
        batch = mvcc.engine.batch()
        mvcc.put_rollback(batch, encode_key(key), start_ts, protected=True)
        mvcc.engine.write(batch)
        mvcc.versions.forget((), start_ts + 1)
        mvcc.locks.release(start_ts, (key,))
        return [], 0
    return found, 0


def scan_lock(mvcc: Mvcc, max_ts: int, start: bytes, end: bytes, limit: int) -> list[LockInfo]:
    """Durable locks with start_ts <= max_ts, in key order."""
    found = [
        txn.info(key)
        for txn in mvcc.prewritten.by_ts.values()
        if txn.start_ts <= max_ts
        for key in txn.locks
        if start <= key and (key < end or not end)
    ]
    found.sort(key=lambda lock: lock.key)
    return found[:limit] if limit else found


def locked_keys(mvcc: Mvcc, start_ts: int, keys: Sequence[bytes] | None) -> list[bytes]:
    """Those of `keys` (None: all) on which the transaction still has a durable lock."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    if txn is None:
        return []
    return list(txn.locks) if keys is None else [key for key in dict.fromkeys(keys) if key in txn.locks]


def heartbeat(mvcc: Mvcc, primary: bytes, start_ts: int, advise_ttl_ms: int) -> int:
    """Lengthens the life of the primary's lock."""
    txn = mvcc.prewritten.by_ts.get(start_ts)
    if txn is not None and primary in txn.locks:
        txn.ttl_ms = max(txn.ttl_ms, advise_ttl_ms)
        return txn.ttl_ms
    if mvcc.locks.mode_held(primary, start_ts) is not None:
        return max(_PESSIMISTIC_TTL_MS, advise_ttl_ms)
    raise TxnNotFound(f"transaction {start_ts} has no lock on its primary {primary.hex()}")
