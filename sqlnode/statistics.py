"""Row counts of tables, which the planner estimates with.

Counted by ANALYZE TABLE, and learned from statements that read a large table whole or add many rows to one. Kept in
memory. Small tables keep the planner's usual guess until they are analyzed, so that their plans do not wander."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo
from store.codec.keys import record_range

if TYPE_CHECKING:
    from store.store import Store

_PAGE = 4096
_LARGE = 20_000


class Statistics:
    """`rows[table id]` is the last count."""

    def __init__(self, store: Store, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called when a count is new or has changed by much: plans made before may be bad ones."""
        self._store = store
        self._changed = changed
        self.rows: dict[int, float] = {}

    def seen(self, table_id: int, rows: float) -> None:
        """A statement has read the whole table."""
        if rows >= _LARGE or table_id in self.rows:
            self._set(table_id, rows)

    def added(self, table_id: int, rows: float) -> None:
        """A statement has added rows."""
        if rows >= _LARGE:
            self._set(table_id, self.rows.get(table_id, 0.0) + rows)

    def _set(self, table_id: int, rows: float) -> None:
        before = self.rows.get(table_id)
        self.rows[table_id] = rows
        if before is None or not before / 2 <= rows <= before * 2:
            self._changed()

    async def analyze(self, table: TableInfo) -> int:
        """Counts the table's rows at a new snapshot."""
        snapshot = self._store.snapshot(await self._store.timestamp())
        start, end = record_range(table.id)
        count = 0
        while True:
            pairs = await snapshot.scan(start, end, _PAGE)
            count += len(pairs)
            if len(pairs) < _PAGE:
                self._set(table.id, float(count))
                return count
            start = pairs[-1][0] + b"\0"
