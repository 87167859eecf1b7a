"""The write buffer of a transaction: a dict with an undo journal. A savepoint is the journal's length.

`None` as a value is a deletion. Example: put a=1, savepoint 1, put a=2, delete b; the journal is
[(a, absent), (a, 1), (b, absent)], and `rollback_to(1)` undoes the last two entries, newest first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from store.api import ENTRY_LIMIT_BYTES, AlreadyExists, TooLarge

TRANSACTION_LIMIT_BYTES: Final = 1 << 30


class _Absent:
    __slots__ = ()


_ABSENT: Final = _Absent()
_ENTRY_OVERHEAD_BYTES: Final = 8
_FEW: Final = 64


class WriteBuffer:
    """See the module. `entries` maps keys to values; `inserts` are keys that must not exist when the transaction
    commits; `size_bytes` counts keys and values as they stand."""

    __slots__ = ("_fresh", "_journal", "_limit", "_sorted", "entries", "inserts", "size_bytes")

    def __init__(self, limit_bytes: int = TRANSACTION_LIMIT_BYTES) -> None:
        self.entries: dict[bytes, bytes | None] = {}
        self.inserts: set[bytes] = set()
        self.size_bytes = 0
        self._journal: list[tuple[bytes, bytes | _Absent | None, bool] | list[bytes]] = []
        """What was there before each write; a list are keys of which none was there."""
        self._limit = limit_bytes
        self._sorted: list[bytes] | None = []
        """The keys in order as far as `_fresh` goes; None: to be sorted anew."""
        self._fresh: list[bytes] = []

    def put(self, key: bytes, value: bytes | None) -> None:
        """Sets a value, or deletes (None). Raises TooLarge."""
        old = self.entries.get(key, _ABSENT)
        self._journal.append((key, old, key in self.inserts))
        if isinstance(old, _Absent):
            self._fresh.append(key)
            size = len(key) + _ENTRY_OVERHEAD_BYTES
        else:
            size = -len(old) if old is not None else 0
        if value is not None:
            size += len(value)
            if len(value) + len(key) > ENTRY_LIMIT_BYTES:
                self._journal.pop()
                if isinstance(old, _Absent):
                    self._fresh.pop()
                raise TooLarge(len(value) + len(key), ENTRY_LIMIT_BYTES, entry=True)
        self.entries[key] = value
        self.size_bytes += size
        if self.size_bytes > self._limit:
            raise TooLarge(self.size_bytes, self._limit)

    def insert(self, key: bytes, value: bytes) -> None:
        """Sets a value for a key that must not exist, now and when the transaction commits. Raises AlreadyExists when
        it stands in the buffer."""
        old = self.entries.get(key, _ABSENT)
        if isinstance(old, bytes):
            raise AlreadyExists(key, old)
        self.put(key, value)
        if old is not None:
            self.inserts.add(key)

    def add_many(self, keys: list[bytes], values: list[bytes], *, inserts: bool) -> bool:
        """Sets values of many keys, each of them once, of which none stands in the buffer; False, and nothing is done,
        when one does. `inserts`: as `insert`. Raises TooLarge."""
        entries = self.entries
        added = dict(zip(keys, values))
        if len(added) != len(keys) or not entries.keys().isdisjoint(added):
            return False
        lengths = list(map(len, values))
        if max(lengths, default=0) + max(map(len, keys), default=0) > ENTRY_LIMIT_BYTES:
            return False
        size = sum(lengths) + sum(map(len, keys)) + _ENTRY_OVERHEAD_BYTES * len(keys)
        if self.size_bytes + size > self._limit:
            raise TooLarge(self.size_bytes + size, self._limit)
        entries.update(added)
        self._journal.append(keys)
        self._fresh += keys
        self.size_bytes += size
        if inserts:
            self.inserts.update(keys)
        return True

    def savepoint(self) -> int:
        """Where `rollback_to` can come back to."""
        return len(self._journal)

    def rollback_to(self, savepoint: int) -> None:
        """Undoes everything since the savepoint."""
        entries = self.entries
        journal = self._journal
        while len(journal) > savepoint:
            entry = journal.pop()
            if isinstance(entry, list):
                self._remove(entry)
                continue
            key, old, inserted = entry
            value = entries[key]
            if value is not None:
                self.size_bytes -= len(value)
            if isinstance(old, _Absent):
                del entries[key]
                self.size_bytes -= len(key) + _ENTRY_OVERHEAD_BYTES
                self._sorted = None
                self.inserts.discard(key)
            else:
                entries[key] = old
                if old is not None:
                    self.size_bytes += len(old)
                if not inserted:
                    self.inserts.discard(key)
                else:
                    self.inserts.add(key)

    def _remove(self, keys: list[bytes]) -> None:
        """Undoes `add_many`."""
        for key in keys:
            value = self.entries.pop(key)
            self.size_bytes -= len(key) + _ENTRY_OVERHEAD_BYTES + (len(value) if value is not None else 0)
        self.inserts.difference_update(keys)
        self._sorted = None

    def clear(self) -> None:
        """Forgets everything, savepoints too."""
        self.entries = {}
        self.inserts = set()
        self._journal = []
        self._sorted, self._fresh = [], []
        self.size_bytes = 0

    # --- ranges ---

    def _keys(self) -> list[bytes]:
        fresh = self._fresh
        ordered = self._sorted
        if ordered is None:
            ordered = sorted(self.entries)
        elif len(fresh) <= _FEW:
            for key in fresh:
                insort(ordered, key)
        elif fresh:
            ordered += fresh
            ordered.sort()
        self._sorted = ordered
        if fresh:
            self._fresh = []
        return ordered

    def dirty(self, start: bytes, end: bytes) -> bool:
        """Whether something in [start, end) was written; an empty end is the end of the key space."""
        if not self.entries:
            return False
        keys = self._keys()
        at = bisect_left(keys, start)
        return at < len(keys) and (not end or keys[at] < end)

    def buffered(self, start: bytes, end: bytes) -> list[tuple[bytes, bytes | None]]:
        """Keys of [start, end) in order, with values."""
        if not self.entries:
            return []
        keys = self._keys()
        stop = bisect_left(keys, end) if end else len(keys)
        entries = self.entries
        return [(key, entries[key]) for key in keys[bisect_left(keys, start) : stop]]

    def sorted_items(self) -> list[tuple[bytes, bytes | None]]:
        """Everything, in key order."""
        entries = self.entries
        return [(key, entries[key]) for key in self._keys()]

    def overlaid(self, changes: dict[bytes, bytes | None]) -> WriteBuffer:
        """A copy with other entries on top, to read through."""
        copy = WriteBuffer(self._limit)
        copy.entries = {**self.entries, **changes}
        copy._sorted = None
        return copy

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, key: bytes) -> bool:
        return key in self.entries

    def get(self, key: bytes) -> bytes | None:
        """The buffered value; None when deleted or not in the buffer (`in` tells)."""
        return self.entries.get(key)
