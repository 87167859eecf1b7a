"""RocksDB, its log's syncs, and the data directory.

**Durability.** Every write goes to the log unsynced, on the loop's thread (rocksdict's write holds the GIL, so a
command is atomic without latches). A commit is acknowledged only after a sync that began behind it (`wait_synced`), and
all that were appended before ride on it. A sync costs some hundred microseconds here, so it comes when everybody who is
in a transaction waits for it: the others will commit soon, and ride along. Then it runs inline, since a thread would only
add its own delay. But nobody waits longer than `_LONGEST_WAIT_SECONDS`, nor where others did not use to ride along: then,
and on a disk whose syncs take above a millisecond, a thread syncs and the loop goes on. One client waits for nobody.

**What others may see.** A commit is visible at once, before it is durable. If somebody read it, was answered, and then
the power failed, his answer would speak of something that never happened. The rule that prevents it: a read that meets
a version at or above `unsynced_ts` (the smallest commit timestamp not yet synced) syncs before it returns. Writes need
no such check: their own acknowledgement waits for a sync of the same log, which covers all that was written before.

**Logs.** RocksDB writes a log over an old one where it has one that it needs no more: the file's size and extents stay
as they are, which takes a third off the time of a sync. All column families are flushed together, so that each log is free as
soon as the next begins, and `prepare_logs` makes the first ones.

A failed sync or write (full disk, I/O error) leaves the log in a state that nobody can vouch for: `on_fatal` is called
with one line and must not return to normal work. A stall (RocksDB asks writers to wait) raises `Stalled`; nothing was
written then, and the command can be run again.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final, NoReturn

from rocksdict import (
    AccessType,
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    DBRecoveryMode,
    Options,
    Rdict,
    WriteBatch,
    WriteOptions,
)

from store.api import StoreError, StoreOpenError, Unavailable

MARKER_NAME: Final = "SQLNODE"
FORMAT: Final = "sqlnode-embedded"
FORMAT_VERSION: Final = 1
SYNC_RECORD_NAME: Final = "SYNCED"
NOTHING_UNSYNCED: Final = 1 << 64
_THREAD_ABOVE_SECONDS: Final = 1e-3
_CROWD: Final = 1.5
_IDLE_SECONDS: Final = 1e-5
"""An iteration of the loop that took no longer has run nothing of a statement."""
_LONGEST_WAIT_SECONDS: Final = 2e-3
"""How long a commit waits for others to share its sync while they have statements to run."""
_TRIED_AGAIN_EVERY: Final = 16
_INLINE_BELOW_SECONDS: Final = 5e-4
_WRITE_BUFFER_BYTES: Final = 16 << 20
"""Small, so that the first logs are soon there to be written over, and the processor's caches hold much of it."""
_RECYCLED_LOGS: Final = 2
_FILLER_KEY: Final = b"filler of logs"
_FILLER_BYTES: Final = 256 << 10
_FAMILIES: Final = ("lock", "write", "meta")
_TEMPORARY_PREFIX: Final = "sqlnode-memory-"


class Stalled(StoreError):
    """RocksDB asks writers to wait; nothing was written."""


def _nobody() -> int:
    return 0


def die(line: str) -> NoReturn:
    """The usual `on_fatal`: one line, then the end, without any clean-up that could write again."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
    os._exit(1)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _options(block_cache: Cache, *, durable: bool, write_buffer_bytes: int) -> Options:
    options = Options(raw_mode=True)
    if durable:
        # Recovery in point_in_time mode tells a recycled log's old records from new ones (RocksDB 9.1 and later).
        options.set_recycle_log_file_num(_RECYCLED_LOGS)
        options.set_atomic_flush(True)
    options.create_if_missing(True)
    options.create_missing_column_families(True)
    options.set_write_buffer_size(write_buffer_bytes)
    options.set_max_write_buffer_number(4)
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_background_jobs(2)
    options.set_max_open_files(1024)
    options.set_max_total_wal_size(256 << 20)
    options.set_keep_log_file_num(2)
    options.set_stats_dump_period_sec(0)
    options.set_stats_persist_period_sec(0)
    options.set_skip_stats_update_on_db_open(True)
    options.set_wal_recovery_mode(DBRecoveryMode.point_in_time())
    blocks = BlockBasedOptions()
    blocks.set_block_cache(block_cache)
    blocks.set_block_size(8 << 10)
    blocks.set_format_version(5)
    options.set_block_based_table_factory(blocks)
    return options


def _write_options(*, durable: bool, no_slowdown: bool) -> WriteOptions:
    options = WriteOptions()
    options.sync = False
    options.no_slowdown = no_slowdown
    if not durable:
        options.disable_wal = True
    return options


def prepare_directory(path: Path) -> None:
    """Makes the directory ours, or checks that it is. Raises StoreOpenError with one line for the operator."""
    marker = path / MARKER_NAME
    try:
        path.mkdir(parents=True, exist_ok=True)
        if marker.exists():
            found = json.loads(marker.read_text())
            if found.get("format") != FORMAT:
                raise StoreOpenError(f"{path} is not a data directory of sqlnode: {MARKER_NAME} names another format")
            if found.get("version", 0) > FORMAT_VERSION:
                raise StoreOpenError(
                    f"{path} was written by a newer sqlnode (format version {found['version']}, "
                    f"this program reads up to {FORMAT_VERSION})"
                )
            return
        if any(path.iterdir()):
            raise StoreOpenError(f"{path} is not empty and not a data directory of sqlnode (no file {MARKER_NAME})")
        temporary = path / (MARKER_NAME + ".new")
        with temporary.open("w") as file:
            json.dump({"format": FORMAT, "version": FORMAT_VERSION}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(marker)
        directory = os.open(path, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except (OSError, ValueError) as error:
        raise StoreOpenError(f"cannot use data directory {path}: {error}") from error


class Engine:
    """One open database. State (changed only between awaits): the sync waiters and the unsynced timestamps.

    `path` None means `memory:`: a private temporary directory without a log, removed on close.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        on_fatal: Callable[[str], None] = die,
        block_cache_bytes: int | None = None,
        record_syncs: bool = False,
        write_buffer_bytes: int = _WRITE_BUFFER_BYTES,
    ) -> None:
        self.durable = path is not None
        self.on_fatal = on_fatal
        if path is None:
            self.path = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX))
        else:
            self.path = path
            prepare_directory(path)
        cache = Cache(block_cache_bytes if block_cache_bytes is not None else _memory_bytes() // 4)
        try:
            options = partial(_options, cache, durable=self.durable, write_buffer_bytes=write_buffer_bytes)
            self.db = Rdict(
                str(self.path / "rocksdb"),
                options(),
                column_families={"default": options(), **{name: options() for name in _FAMILIES}},
                access_type=AccessType.read_write(),
            )
        except Exception as error:
            raise StoreOpenError(_open_message(self.path, error)) from error
        self.default = self.db
        self.lock = self.db.get_column_family("lock")
        self.write_family = self.db.get_column_family("write")
        self.meta = self.db.get_column_family("meta")
        self.default_handle = self.db.get_column_family_handle("default")
        self.lock_handle = self.db.get_column_family_handle("lock")
        self.write_handle = self.db.get_column_family_handle("write")
        self.meta_handle = self.db.get_column_family_handle("meta")
        self._write_options = _write_options(durable=self.durable, no_slowdown=True)
        self._patient_write_options = _write_options(durable=self.durable, no_slowdown=False)
        self.unsynced_ts = NOTHING_UNSYNCED
        """Smallest commit timestamp that a crash could undo."""
        self._later_ts = NOTHING_UNSYNCED
        """The same among commits written while a sync runs in the thread."""
        self._waiters: list[asyncio.Future[None]] = []
        self._scheduled = False
        self._in_thread = False
        self.open_work: Callable[[], int] = _nobody
        """How many transactions and snapshots are open, those that wait for a sync among them."""
        self._timer: asyncio.TimerHandle | None = None
        self._looked_at = self._waiting_since = 0.0
        """When the loop's last iteration with waiting commits began, and the first of them came."""
        self._sync_thread: threading.Thread | None = None
        self._orders: SimpleQueue[bool] = SimpleQueue()
        self._group: list[asyncio.Future[None]] = []
        """Who waits for the sync that runs in the thread."""
        self._crowd = 1.0
        """Moving average of how many commits ride on a sync."""
        self.sync_seconds = 0.0
        """Moving average of the time of a sync."""
        self.sync_count = 0
        self._record: int | None = None
        if record_syncs and self.durable:
            self._record = os.open(self.path / SYNC_RECORD_NAME, os.O_CREAT | os.O_RDWR, 0o644)
        self.closed = False
        self._write_buffer_bytes = write_buffer_bytes

    # --- writing ---

    def batch(self) -> WriteBatch:
        """An empty write batch."""
        return WriteBatch(raw_mode=True)

    def write(self, batch: WriteBatch, *, patient: bool = False) -> None:
        """Applies the batch atomically, unsynced. Raises Stalled, or waits when `patient` (small things that cannot be
        tried again, background work); calls `on_fatal` when the disk fails."""
        if self.closed:
            raise Unavailable("the store is closed")
        try:
            self.db.write(batch, self._patient_write_options if patient else self._write_options)
        except Exception as error:
            text = str(error)
            if "stall" in text.lower() or "Incomplete" in text:
                raise Stalled(text) from error
            self.on_fatal(f"sqlnode: cannot write to {self.path}: {text}")
            raise Unavailable(text) from error

    def mark_commit(self, commit_ts: int) -> None:
        """Notes a commit that was just written and must be synced before anybody hears of it."""
        if self.durable:
            if commit_ts < self.unsynced_ts:
                self.unsynced_ts = commit_ts
            if self._in_thread and commit_ts < self._later_ts:
                self._later_ts = commit_ts

    async def prepare_logs(self) -> None:
        """Fills the first logs, and lets go of them: those that follow are written over them. To be called once, after
        opening, when there is time; it takes as much disk as the logs, and some hundredths of a second."""
        if not self.durable or self._record is not None:
            return  # a recycled log's size does not tell where its records end
        if not self._has_room(2 * _RECYCLED_LOGS * self._write_buffer_bytes):
            return
        loop = asyncio.get_running_loop()
        filler = os.urandom(_FILLER_BYTES)
        for _ in range(_RECYCLED_LOGS):
            for _ in range(0, self._write_buffer_bytes, _FILLER_BYTES):
                if self.closed:
                    return
                batch = self.batch()
                batch.put(_FILLER_KEY, filler, self.meta_handle)
                self.write(batch, patient=True)
                await asyncio.sleep(0)
            batch = self.batch()
            batch.put(_FILLER_KEY, b"", self.meta_handle)
            self.write(batch, patient=True)
            await loop.run_in_executor(None, self._flush)

    def _has_room(self, size: int) -> bool:
        """Whether the disk, and whatever limits us on it, would take `size` bytes more."""
        if not hasattr(os, "posix_fallocate"):
            return False
        try:
            with tempfile.TemporaryFile(dir=self.path) as file:
                os.posix_fallocate(file.fileno(), 0, size)
        except OSError:
            return False
        return True

    def _flush(self) -> None:
        try:
            self.meta.flush()
        except Exception as error:
            self.on_fatal(f"sqlnode: cannot write to {self.path}: {error}")

    # --- syncing ---

    async def wait_synced(self) -> None:
        """Returns when all that was written before the call is durable."""
        if not self.durable:
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append(waiter)
        if not self._scheduled:
            self._watch(loop)
        elif self._timer is not None and self.open_work() <= len(self._waiters):
            self._timer.cancel()
            self._timer = None
            loop.call_soon(self._consider)
        await waiter

    async def settle(self) -> None:
        """For reads that met an unsynced version: returns when it is durable. Suspends only where the disk is slow."""
        if self.sync_seconds <= _THREAD_ABOVE_SECONDS:
            self.sync_now()
        else:
            await self.wait_synced()

    def sync_now(self) -> None:
        """Syncs inline: see `settle`, and for the oracle's bound."""
        if not self.durable:
            return
        begin = time.perf_counter()
        try:
            self.db.flush_wal(True)
        except Exception as error:
            self._sync_failed(error)
            return
        self._note_sync(time.perf_counter() - begin)
        self.unsynced_ts = self._later_ts = NOTHING_UNSYNCED
        waiters = self._waiters
        if waiters:
            self._waiters = []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """The next sync is looked for, once an iteration of the loop."""
        self._scheduled = True
        self._looked_at = self._waiting_since = time.perf_counter()
        loop.call_soon(self._consider)

    def _consider(self) -> None:
        """Syncs when everybody waits for it, or somebody has waited long enough."""
        self._timer = None
        if self.closed or not self._waiters:
            self._scheduled = False
            return
        now = time.perf_counter()
        everybody_waits = self.open_work() <= len(self._waiters)
        left = self._waiting_since + _LONGEST_WAIT_SECONDS - now
        if left > 0 and self._is_worth_waiting():
            loop = asyncio.get_running_loop()
            if not everybody_waits:
                self._timer = loop.call_later(left, self._consider)
                return
            if now - self._looked_at >= _IDLE_SECONDS:
                self._looked_at = now
                loop.call_soon(self._consider)
                return
        self._crowd += (len(self._waiters) - self._crowd) * 0.1
        if everybody_waits and self.sync_seconds <= _THREAD_ABOVE_SECONDS:
            self._scheduled = False
            self.sync_now()
            return
        if self._sync_thread is None:
            self._sync_thread = threading.Thread(
                target=self._run_syncs, args=(asyncio.get_running_loop(),), name="store-sync", daemon=True
            )
            self._sync_thread.start()
        self._in_thread = True
        self._group, self._waiters = self._waiters, []
        self._later_ts = NOTHING_UNSYNCED
        self._orders.put(True)

    def _is_worth_waiting(self) -> bool:
        """Whether others used to ride along; tried again now and then where they did not."""
        return self._crowd >= _CROWD or self.sync_count % _TRIED_AGAIN_EVERY == 0

    def _run_syncs(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread: one sync per order, until it is told to end."""
        while self._orders.get():
            begin = time.perf_counter()
            error: Exception | None = None
            try:
                self.db.flush_wal(True)
            except Exception as failure:
                error = failure
            try:
                loop.call_soon_threadsafe(self._group_synced, time.perf_counter() - begin, error)
            except RuntimeError:
                return  # the loop is closed: nobody waits

    def _group_synced(self, seconds: float, error: Exception | None) -> None:
        group, self._group = self._group, []
        self._in_thread = self._scheduled = False
        if error is not None:
            self._waiters += group
            self._sync_failed(error)
            return
        self._note_sync(seconds)
        if self.unsynced_ts != NOTHING_UNSYNCED:
            self.unsynced_ts = self._later_ts
        for waiter in group:
            if not waiter.done():
                waiter.set_result(None)
        if self._waiters:
            self._watch(asyncio.get_running_loop())

    def _note_sync(self, seconds: float) -> None:
        average = self.sync_seconds
        if seconds < _INLINE_BELOW_SECONDS and average > _THREAD_ABOVE_SECONDS:
            self.sync_seconds = seconds
        else:
            # One slow sync among fast ones (a log switch, a busy disk) must not move commits to the thread.
            self.sync_seconds = average + (min(seconds, 20e-3) - average) * 0.1
        self.sync_count += 1
        if self._record is not None:
            self._record_sync()

    def _record_sync(self) -> None:
        """For crash tests: the sizes of the log files, all of whose bytes are durable now."""
        assert self._record is not None
        sizes = {log.name: log.stat().st_size for log in (self.path / "rocksdb").glob("*.log")}
        data = json.dumps(sizes).encode()
        os.pwrite(self._record, data.ljust(4096), 0)

    def _sync_failed(self, error: Exception) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(Unavailable(str(error)))
        self._waiters = []
        self.on_fatal(f"sqlnode: cannot sync the log in {self.path}: {error}")

    # --- the end ---

    def close(self) -> None:
        """Syncs and closes. Idempotent."""
        if self.closed:
            return
        if self.durable:
            self.sync_now()
        self.closed = True
        if self._sync_thread is not None:
            self._orders.put(False)
            self._sync_thread.join()
        for family in (self.lock, self.write_family, self.meta):
            family.close()
        # The handles keep the database open, and its directory locked.
        self.default_handle = self.lock_handle = self.write_handle = self.meta_handle = None
        self.db.close()
        if self._record is not None:
            os.close(self._record)
        if not self.durable:
            shutil.rmtree(self.path, ignore_errors=True)


def _open_message(path: Path, error: Exception) -> str:
    text = str(error).replace("\n", " ")
    if "lock" in text.lower() and ("LOCK" in text or "Resource temporarily unavailable" in text):
        return f"data directory {path} is in use by another process"
    return f"cannot open data directory {path}: {text}"
