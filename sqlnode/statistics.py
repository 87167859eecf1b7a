"""Row counts of tables, which the planner estimates with. Counted by ANALYZE TABLE; kept in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo
from store.codec.keys import record_range

if TYPE_CHECKING:
    from store.store import Store

_PAGE = 4096


class Statistics:
    """`rows[table id]` is the last count."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rows: dict[int, float] = {}

    async def analyze(self, table: TableInfo) -> int:
        """Counts the table's rows at a new snapshot."""
        snapshot = self._store.snapshot(await self._store.timestamp())
        start, end = record_range(table.id)
        count = 0
        while True:
            pairs = await snapshot.scan(start, end, _PAGE)
            count += len(pairs)
            if len(pairs) < _PAGE:
                self.rows[table.id] = float(count)
                return count
            start = pairs[-1][0] + b"\0"
