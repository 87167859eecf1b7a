"""AutoIds: AUTO_INCREMENT values and hidden row ids.

A counter in the store (TiDB's keys: `IID` for tables of version 5 with AUTO_ID_CACHE 1, else the `TID` that hidden
row ids use too) holds the largest value that may have been given out. It is raised by 1,000 at a time in a
transaction of its own; values below it come from memory, so that an insert waits for no extra sync. A crash skips
what was left of the thousand, a clean stop writes the exact value. Values within one call are consecutive
(`increment` apart).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from sqlnode.base.errors import AUTOINC_READ_FAILED, SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import SqlType, TypeCode
from store.api import KeyLocked, WriteConflict
from store.codec import meta

if TYPE_CHECKING:
    from store.store import Store

T = TypeVar("T")
STEP = 1000
_ATTEMPTS = 20
_NEVER_GIVEN = (1 << 64) - 1
"""The greatest BIGINT UNSIGNED: MySQL's mark for a counter that has run out."""
_BITS = {TypeCode.TINY: 8, TypeCode.SHORT: 16, TypeCode.INT24: 24, TypeCode.LONG: 32, TypeCode.LONGLONG: 64}


class _Counter:
    """One counter: `used` is the largest value given out, `bound` what the store holds."""

    __slots__ = ("bound", "key", "lock", "table_id", "used")

    def __init__(self, key: bytes, table_id: int, value: int) -> None:
        self.key = key
        self.table_id = table_id
        self.used = value
        self.bound = value
        self.lock = asyncio.Lock()


class AutoIds:
    """One per process. Counters change only between awaits; raising a bound holds the counter's lock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counters: dict[bytes, _Counter] = {}

    async def allocate(
        self, database_id: int, table: TableInfo, count: int = 1, increment: int = 1, offset: int = 1
    ) -> int:
        """The first of `count` AUTO_INCREMENT values, each `increment` after the one before, congruent to `offset`.

        A column that has reached its type's largest value gets that value again (and the duplicate key is the error),
        as InnoDB does. Raises 1467 for the greatest BIGINT UNSIGNED.
        """
        counter = await self._counter(_key(database_id, table), table)
        if offset > increment:
            offset = 1
        while True:
            first = _aligned(counter.used, increment, offset)
            last = first + (count - 1) * increment
            column = table.auto_increment_column
            if column is not None and last > (limit := largest(column.type)):
                if limit == _NEVER_GIVEN:
                    raise SqlError(AUTOINC_READ_FAILED)
                return min(first, limit)
            if last == _NEVER_GIVEN:
                raise SqlError(AUTOINC_READ_FAILED)
            if last <= counter.bound:
                counter.used = last
                return first
            await self._raise_bound(counter, last)

    async def rebase(self, database_id: int, table: TableInfo, value: int) -> None:
        """Later values are greater than `value` (an explicit one). Nothing happens for smaller ones."""
        column = table.auto_increment_column
        if value <= 0 or (column is not None and value > largest(column.type)):
            return
        counter = await self._counter(_key(database_id, table), table)
        while value > counter.bound:
            await self._raise_bound(counter, value)
        counter.used = max(counter.used, value)

    async def allocate_row_ids(self, database_id: int, table: TableInfo, count: int = 1) -> int:
        """The first of `count` consecutive hidden row ids."""
        counter = await self._counter(meta.row_id_key(database_id, table.id), table)
        while counter.used + count > counter.bound:
            await self._raise_bound(counter, counter.used + count)
        first = counter.used + 1
        counter.used += count
        return first

    def next_value(self, table: TableInfo) -> int | None:
        """What SHOW CREATE TABLE prints: the value that the next row would get; None without AUTO_INCREMENT."""
        if table.auto_increment_column is None:
            return None
        suffix = _key(0, table)[len(meta.hash_prefix(meta.database_hash(0))) :]
        for key, counter in self._counters.items():
            if counter.table_id == table.id and key.endswith(suffix):
                return counter.used + 1
        stored = _at_once(self._stored(table))
        return max(stored or 0, max(table.auto_increment, 1) - 1) + 1

    async def reset(self, database_id: int, table: TableInfo, value: int) -> None:
        """ALTER TABLE … AUTO_INCREMENT: the next value is `value`."""
        key = _key(database_id, table)
        await self._write({key: max(value, 1) - 1})
        self.forget(table.id)

    async def release(self, table_id: int) -> None:
        """Writes the exact values of a table's counters and forgets them: its keys are about to move."""
        counters = [counter for counter in self._counters.values() if counter.table_id == table_id]
        await self._write({counter.key: counter.used for counter in counters if counter.used < counter.bound})
        self.forget(table_id)

    def forget(self, table_id: int) -> None:
        """The table is gone, or its counters are under other keys now."""
        for key in [key for key, counter in self._counters.items() if counter.table_id == table_id]:
            del self._counters[key]

    async def close(self) -> None:
        """A clean stop: the exact values."""
        counters = list(self._counters.values())
        self._counters.clear()
        await self._write({counter.key: counter.used for counter in counters if counter.used < counter.bound})

    # --- the store ---

    async def _counter(self, key: bytes, table: TableInfo) -> _Counter:
        counter = self._counters.get(key)
        if counter is None:
            snapshot = self._store.snapshot(await self._store.timestamp())
            stored = await snapshot.get(key)
            value = 0 if stored is None else int(stored)
            found = _Counter(key, table.id, value)
            # The bound is the store's; a start value given at CREATE TABLE lies above it until the first raise.
            found.used = max(value, table.auto_increment - 1)
            counter = self._counters.setdefault(key, found)
        return counter

    async def _raise_bound(self, counter: _Counter, at_least: int) -> None:
        async with counter.lock:
            if counter.bound >= at_least:
                return
            bound = at_least + STEP
            await self._write({counter.key: bound})
            counter.bound = bound

    async def _write(self, values: dict[bytes, int]) -> None:
        if not values:
            return
        for attempt in range(_ATTEMPTS):
            transaction = self._store.begin(await self._store.timestamp(), pessimistic=False)
            for key, value in values.items():
                transaction.put(key, b"%d" % value)
            try:
                await transaction.commit()
                return
            except (WriteConflict, KeyLocked):
                if attempt + 1 == _ATTEMPTS:
                    raise

    async def _stored(self, table: TableInfo) -> int | None:
        """The stored counter of a table whose database is not known."""
        snapshot = self._store.snapshot(await self._store.timestamp())
        start, end = meta.hash_range(meta.DATABASES)
        for _, value in await snapshot.scan(start, end):
            found = await snapshot.get(_key(meta.load_json(value)["id"], table))
            if found is not None:
                return int(found)
        return None


def _key(database_id: int, table: TableInfo) -> bytes:
    """The key of the table's AUTO_INCREMENT counter."""
    if table.auto_id_cache == 1 and table.version >= 5:
        return meta.auto_increment_key(database_id, table.id)
    return meta.row_id_key(database_id, table.id)


def _aligned(used: int, increment: int, offset: int) -> int:
    """The smallest value above `used` that is congruent to `offset` modulo `increment`."""
    if increment == 1:
        return used + 1
    if used < offset:
        return offset
    return used + increment - (used - offset) % increment


def largest(sql_type: SqlType) -> int:
    """The largest value of an AUTO_INCREMENT column's type."""
    bits = _BITS.get(sql_type.code)
    if bits is None:
        return 1 << (24 if sql_type.code == TypeCode.FLOAT else 53)
    return (1 << bits) - 1 if sql_type.unsigned else (1 << bits - 1) - 1


def _at_once(coroutine: Coroutine[Any, Any, T]) -> T | None:
    """The result of a coroutine that does not suspend (reads of the embedded store do not); None when it would."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    return None
