"""Many new rows at once: sorted files that the database takes in whole, instead of a lock and a version for each row.

A load writes its rows to files as they come, as versions at a timestamp of its own, `written_ts`; so it needs little
memory, however many rows there are. Its commit looks for whatever stands in the way (rows, locks), and hands the files to
RocksDB one by one. Meanwhile, and for all who read below the commit, versions at `written_ts` do not exist: `Mvcc.late`
says from which timestamp on they do.

Example: a load begins at 10 and writes at 11. T1 begins at 20, the files are taken in, at 30 the load is committed: late[11]
is 30. T1 sees none of its rows, whatever it read before; a reader at 31 sees them all; a writer that began at 20 conflicts
with them as with any commit at 30. Once nobody reads below 30 any more, 11 is as good as 30.

**Crashes.** Before the first file a mark with `written_ts` and the ranges is written to `meta` and synced; removing it,
synced, is the moment of the commit. A mark that is found at opening belongs to a load that never was: its versions are
removed (`recover_loads`).

**Writers.** From the check to the end, whoever wants to write or lock one of the load's keys waits (`Mvcc.loading`).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rocksdict import (
    BlockBasedOptions,
    DBCompressionType,
    IngestExternalFileOptions,
    Options,
    Rdict,
    ReadOptions,
    SstFileWriter,
)

from store.api import (
    SHORT_VALUE_LIMIT,
    AlreadyExists,
    KeyLocked,
    Pair,
    Timestamp,
    Unavailable,
    WriteConflict,
)
from store.codec.byte_arrays import byte_parts
from store.codec.decimal_arrays import U8
from store.embedded.engine import Engine
from store.embedded.mvcc import SHARED, Mvcc
from store.embedded.percolator import pessimistic_info
from store.embedded.records import NEVER, PUT, decode_key, decode_write, desc, encode_key, ts_of, varint

Tails = npt.NDArray[np.bytes_]

_FILE_BYTES = 32 << 20
"""Rows that wait in memory to be written as one file."""
_MARK = b"load:"
_FOLDER = "loads"
_GROUP = 9
_RECOVERED_AT_ONCE = 1000
_CHECKED_AT_ONCE = 4096
_LONGEST_ROW_BYTES = 1 << 20


class EmbeddedBulkLoad:
    """One load; see `store.api.BulkLoad`. `add` and `rows` may run in a thread, one call at a time."""

    def __init__(self, mvcc: Mvcc, start_ts: Timestamp) -> None:
        self._mvcc = mvcc
        self._start_ts = start_ts
        self._written_ts = mvcc.oracle.now()
        # Whoever reads above that must know, from when he begins, what he will meet and not see.
        mvcc.late[self._written_ts] = NEVER
        self._published = False
        self._folder = mvcc.engine.path / _FOLDER / str(start_ts)
        self._prefix = b""
        """What all encoded keys begin with."""
        self._width = 0
        """Bytes of a key, as given."""
        self._runs: list[Tails] = []
        """What follows the prefix in the encoded keys: of each file, and of each block that waits; each ascends."""
        self._waiting: list[pa.Array] = []
        """The values of the blocks that wait, which are the last of `_runs`."""
        self._waiting_bytes = 0
        self._files: list[Path] = []
        self._far_files: list[Path] = []
        """Files of values that are too long to stand in their versions."""
        self.rows_added = 0

    # --- collecting ---

    def add(self, keys: pa.Array, values: pa.Array) -> bool:
        """See `BulkLoad`."""
        tails = self._tails(keys)
        if tails is None or pc.max(pc.binary_length(values)).as_py() > _LONGEST_ROW_BYTES:
            return False
        if len(tails) > 1 and not (tails[1:] > tails[:-1]).all():
            order = np.argsort(tails, kind="stable")
            tails = tails[order]
            if (tails[1:] == tails[:-1]).any():
                return False
            values = values.take(pa.array(order))
        if any(_meet(run, tails) for run in self._runs):
            return False
        self._runs.append(tails)
        self._waiting.append(values)
        self._waiting_bytes += tails.nbytes + values.nbytes
        self.rows_added += len(tails)
        if self._waiting_bytes >= _FILE_BYTES:
            self._write_files()
        return True

    def _tails(self, keys: pa.Array) -> Tails | None:
        """The encoded keys without what all have in common; None when they are not of one shape."""
        offsets, data = byte_parts(keys)
        count = len(offsets) - 1
        width = int(offsets[1])
        if not count or width < SHARED or len(data) != count * width or (np.diff(offsets) != width).any():
            return None
        groups = width // 8 + 1
        padded = np.zeros((count, groups * 8), np.uint8)
        padded[:, :width] = data.reshape(count, width)
        encoded = np.full((count, groups, _GROUP), 0xFF, np.uint8)
        encoded[:, :, :8] = padded.reshape(count, groups, 8)
        encoded[:, -1, 8] = 0xFF - (groups * 8 - width)
        flat: U8 = encoded.reshape(count, groups * _GROUP)
        prefix = flat[0, :SHARED].tobytes()
        if not self._prefix:
            self._prefix, self._width = prefix, width
        if prefix != self._prefix or width != self._width or (flat[:, :SHARED] != flat[0, :SHARED]).any():
            return None
        tail = np.ascontiguousarray(flat[:, SHARED:])
        return tail.view(f"S{tail.shape[1]}").reshape(count)

    def _write_files(self) -> None:
        """Writes the blocks that wait as one sorted file; they become one run."""
        count = len(self._waiting)
        if not count:
            return
        runs = self._runs[-count:]
        tails = np.concatenate(runs)
        values = pa.concat_arrays(self._waiting)
        if any(before[-1] > after[0] for before, after in pairwise(runs)):
            order = np.argsort(tails, kind="stable")
            tails = tails[order]
            values = values.take(pa.array(order))
        name = str(len(self._files))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(self._folder / f"{name}.sst", self._folder / f"{name}.far.sst", tails, values)
        except BaseException as error:
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            raise Unavailable(f"cannot write to {self._folder}: {error}") from error
        self._runs[-count:] = [tails]
        self._waiting = []
        self._waiting_bytes = 0

    def _write(self, path: Path, far_path: Path, tails: Tails, values: pa.Array) -> None:
        lengths = pc.binary_length(values).to_numpy()
        head = bytes((PUT,)) + varint(self._start_ts)
        file = SstFileWriter(_options())
        file.open(str(path))
        if lengths.max() <= SHORT_VALUE_LIMIT:
            marks = pa.FixedSizeBinaryArray.from_buffers(
                pa.binary(1), len(values), [None, pa.py_buffer(lengths.astype(np.uint8))]
            ).cast(pa.binary())
            records = pc.binary_join_element_wise(
                pa.scalar(head + b"v", pa.binary()), marks, values, pa.scalar(b"", pa.binary())
            )
            for key, record in zip(self._versioned(tails, self._written_ts), _strings(records)):
                file[key] = record
        else:
            far = SstFileWriter(_options())
            far.open(str(far_path))
            far_keys = self._versioned(tails, self._start_ts)
            for key, far_key, value in zip(self._versioned(tails, self._written_ts), far_keys, _strings(values)):
                if len(value) <= SHORT_VALUE_LIMIT:
                    file[key] = b"%bv%c%b" % (head, len(value), value)
                else:
                    file[key] = head
                    far[far_key] = value
            far.finish()
            _sync(far_path)
            self._far_files.append(far_path)
        file.finish()
        _sync(path)
        self._files.append(path)

    def _versioned(self, tails: Tails, ts: Timestamp) -> Iterator[bytes]:
        """Encoded keys with a timestamp."""
        count, width = len(tails), tails.dtype.itemsize
        size = SHARED + width + 8
        matrix = np.empty((count, size), np.uint8)
        matrix[:, :SHARED] = np.frombuffer(self._prefix, np.uint8)
        matrix[:, SHARED:-8] = np.ascontiguousarray(tails).view(np.uint8).reshape(count, width)
        matrix[:, -8:] = np.frombuffer(desc(ts), np.uint8)
        raw = matrix.tobytes()
        return (raw[at : at + size] for at in range(0, count * size, size))

    # --- asking ---

    def holds(self, key: bytes) -> bool:
        """Whether the load has a row at the key."""
        if len(key) != self._width:
            return False
        encoded = encode_key(key)
        if not encoded.startswith(self._prefix):
            return False
        wanted = np.array([encoded[SHARED:]], f"S{len(encoded) - SHARED}")
        return any(_meet(run, wanted) for run in self._runs)

    def _ranges(self) -> list[tuple[bytes, bytes]]:
        """First and last encoded key of each run."""
        width = self._runs[0].dtype.itemsize if self._runs else 0
        return [
            (self._prefix + bytes(run[0]).ljust(width, b"\0"), self._prefix + bytes(run[-1]).ljust(width, b"\0"))
            for run in self._runs
        ]

    def rows(self) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """See `BulkLoad`."""
        for name, path in enumerate(self._files):
            far = self._folder / f"{name}.far.sst"
            yield from _stored_rows(self._folder / "read", path, far if far in self._far_files else None)
        waiting = self._runs[len(self._files) :]
        for tails, values in zip(waiting, self._waiting, strict=True):
            yield [decode_key(key[:-8]) for key in self._versioned(tails, 0)], _strings(values)

    # --- the end ---

    async def commit(self) -> Timestamp:
        """See `BulkLoad`."""
        mvcc = self._mvcc
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._write_files)
        mvcc.loading.append(self)
        try:
            self._check_locks()
            for first, last in self._ranges():
                if mvcc.has_records(decode_key(first), decode_key(last)):
                    await self._check_records(first, last)
            return await self._publish()
        finally:
            mvcc.loading.remove(self)

    def _check_locks(self) -> None:
        """Raises KeyLocked when somebody holds one of the keys, WriteConflict when somebody held it since."""
        mvcc, start_ts = self._mvcc, self._start_ts
        low, high = (decode_key(key) for key in self._bounds())
        for key in mvcc.locks.locks:
            if low <= key <= high and self.holds(key):
                holder = mvcc.locks.foreign_holder(key, start_ts)
                if holder:
                    raise KeyLocked(pessimistic_info(mvcc, key, holder))
        for txn in list(mvcc.prewritten.by_ts.values()):
            for key in list(txn.locks):
                if low <= key <= high and self.holds(key):
                    if not txn.dead:
                        raise KeyLocked(txn.info(key))
                    mvcc.settle(txn)
                    break
        for key, ts in mvcc.touched.items():
            if ts > start_ts and low <= key <= high and self.holds(key):
                raise WriteConflict(key, start_ts, ts, "optimistic")

    def _bounds(self) -> tuple[bytes, bytes]:
        ranges = self._ranges()
        return min(first for first, _ in ranges), max(last for _, last in ranges)

    async def _check_records(self, first: bytes, last: bytes) -> None:
        """Looks at the records from `first` to `last`: whether one of them stands at a key of the load. Raises
        AlreadyExists, WriteConflict."""
        mvcc = self._mvcc
        size = SHARED + self._runs[0].dtype.itemsize + 8
        with_options = ReadOptions()
        upper = last + b"\xff" * 8
        with_options.set_iterate_upper_bound(upper)
        keys = mvcc.engine.write_family.keys(from_key=first, read_opt=with_options)
        loop = asyncio.get_running_loop()

        def next_hits() -> list[bytes] | None:
            """Those of the next keys that the load has too; None at the end."""
            assert upper, "the iterator points into its options"
            part = [key for key, _ in zip(keys, range(_CHECKED_AT_ONCE))]
            if not part:
                return None
            tails = np.array([key[SHARED:-8] for key in part if len(key) == size], f"S{size - SHARED - 8}")
            hits: set[bytes] = set()
            for run in self._runs:
                hits.update(tails[_present(run, tails)].tolist())
            return sorted(hits)

        while True:
            hits = await loop.run_in_executor(None, next_hits)
            if hits is None:
                return
            for tail in hits:
                key = decode_key(self._prefix + tail.ljust(size - SHARED - 8, b"\0"))
                commit_ts, value = mvcc.newest(key)
                if value is not None:
                    raise AlreadyExists(key, value)
                if commit_ts > self._start_ts:
                    raise WriteConflict(key, self._start_ts, commit_ts, "optimistic")

    async def _publish(self) -> Timestamp:
        """Takes the files in, and makes them visible. From the mark on there is no way back but recovery."""
        mvcc, engine = self._mvcc, self._mvcc.engine
        ranges = [[first.hex(), last.hex()] for first, last in self._ranges()]
        mark = _MARK + self._start_ts.to_bytes(8, "big")
        batch = engine.batch()
        batch.put(mark, json.dumps([self._written_ts, ranges]).encode(), engine.meta_handle)
        engine.write(batch, patient=True)
        engine.sync_now()
        self._published = True
        options = IngestExternalFileOptions()
        options.set_move_files(True)
        for family, files in ((engine.default, self._far_files), (engine.write_family, self._files)):
            for path in files:
                _guarded(engine, lambda: family.ingest_external_file([str(path)], options))  # noqa: B023 - called at once
                await asyncio.sleep(0)
        batch = engine.batch()
        batch.delete(mark, engine.meta_handle)
        engine.write(batch, patient=True)
        engine.sync_now()
        commit_ts = mvcc.oracle.now()
        mvcc.late[self._written_ts] = commit_ts
        low, high = (decode_key(key) for key in self._bounds())
        mvcc.versions.forget_range(low, high, commit_ts)
        return commit_ts

    def discard(self) -> None:
        """See `BulkLoad`."""
        self._runs, self._waiting = [], []
        if not self._published:
            self._mvcc.late.pop(self._written_ts, None)
        shutil.rmtree(self._folder, ignore_errors=True)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _options() -> Options:
    """Of files that the engine takes in; their blocks are as its own."""
    options = Options(raw_mode=True)
    options.set_compression_type(DBCompressionType.lz4())
    blocks = BlockBasedOptions()
    blocks.set_block_size(8 << 10)
    blocks.set_format_version(5)
    options.set_block_based_table_factory(blocks)
    return options


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _strings(array: pa.Array) -> list[bytes]:
    found: list[bytes] = array.to_pylist()
    return found


def _present(run: Tails, wanted: Tails) -> npt.NDArray[np.bool_]:
    """Which of `wanted` are in the sorted run."""
    places = np.searchsorted(run, wanted)
    places[places == len(run)] = 0
    found: npt.NDArray[np.bool_] = run[places] == wanted
    return found


def _meet(run: Tails, wanted: Tails) -> bool:
    """Whether two sorted runs have a key in common."""
    if wanted[0] > run[-1] or wanted[-1] < run[0]:
        return False
    return bool(_present(run, wanted).any())


def _guarded(engine: Engine, command: Callable[[], None]) -> None:
    """A step of a commit that has begun: when it fails, only recovery can tell what is."""
    try:
        command()
    except BaseException as error:
        engine.on_fatal(f"sqlnode: cannot take a load into {engine.path}: {error}")
        raise Unavailable(str(error)) from error


def _stored_rows(folder: Path, path: Path, far: Path | None) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """The rows of a file, read by way of a database of its own."""
    options = _options()
    options.create_if_missing(True)
    database = Rdict(str(folder), options)
    try:
        take_in = IngestExternalFileOptions()
        database.ingest_external_file([str(path)], take_in)
        if far is not None:
            database.ingest_external_file([str(far)], take_in)
        pairs: list[Pair] = []
        far_versions: list[tuple[int, bytes]] = []
        for versioned, record in database.items():
            # Of one key, the version comes before the value, whose timestamp is smaller.
            key = versioned[:-8]
            if far_versions and far_versions[-1][1] == key:
                place, _ = far_versions.pop()
                pairs[place] = (pairs[place][0], record)
                continue
            value = decode_write(record).short_value
            if value is None:
                far_versions.append((len(pairs), key))
            pairs.append((decode_key(key), value or b""))
        assert not far_versions, "every version has its value"
        yield [key for key, _ in pairs], [value for _, value in pairs]
    finally:
        database.close()
        shutil.rmtree(folder, ignore_errors=True)


# --- recovery ---------------------------------------------------------------------------------------------------------


def recover_loads(mvcc: Mvcc) -> None:
    """Removes what loads of dead processes left: their files, and versions that were taken in and never committed."""
    engine = mvcc.engine
    shutil.rmtree(engine.path / _FOLDER, ignore_errors=True)
    for mark, data in list(engine.meta.items(from_key=_MARK)):
        if not mark.startswith(_MARK):
            break
        written_ts, ranges = json.loads(data)
        start_ts = int.from_bytes(mark[len(_MARK) :], "big")
        for first, last in ranges:
            _remove(engine, bytes.fromhex(first), bytes.fromhex(last), start_ts, written_ts)
        batch = engine.batch()
        batch.delete(mark, engine.meta_handle)
        engine.write(batch, patient=True)
        engine.sync_now()


def _remove(engine: Engine, first: bytes, last: bytes, start_ts: Timestamp, written_ts: Timestamp) -> None:
    suffix = desc(start_ts)
    batch = engine.batch()
    for versioned, record in engine.write_family.items(from_key=first):
        if versioned[:-8] > last:
            break
        if ts_of(versioned) == written_ts:
            batch.delete(versioned, engine.write_handle)
            if decode_write(record).short_value is None:
                batch.delete(versioned[:-8] + suffix, engine.default_handle)
            if batch.len() >= _RECOVERED_AT_ONCE:
                engine.write(batch, patient=True)
                batch = engine.batch()
    # A value may have been taken in without its version.
    for versioned in engine.default.keys(from_key=first):
        if versioned[:-8] > last:
            break
        if versioned.endswith(suffix):
            batch.delete(versioned, engine.default_handle)
    if not batch.is_empty():
        engine.write(batch, patient=True)
