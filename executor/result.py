"""Result of a statement: the only place where the row path and the column path meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, TypeAlias

import pyarrow as pa

from planner.expr.nodes import Column
from sqlnode.base.types import Value
from store.codec.row_format import HANDLE_COLUMN_ID, ColumnSpec, HandleParts


@dataclass(init=False, slots=True)
class OkResult:
    """A statement without rows. `matched_rows` differs from `affected_rows` for UPDATE (client flag FOUND_ROWS)."""

    affected_rows: int
    last_insert_id: int
    info: str
    matched_rows: int | None
    explicit_insert_id: int
    """The last value that an INSERT itself gave to its AUTO_INCREMENT column: the OK packet's insert id when none was
    generated. LAST_INSERT_ID() knows nothing of it."""

    def __init__(
        self,
        affected_rows: int = 0,
        last_insert_id: int = 0,
        info: str = "",
        matched_rows: int | None = None,
        explicit_insert_id: int = 0,
    ) -> None:
        self.affected_rows = affected_rows
        self.last_insert_id = last_insert_id
        self.info = info
        self.matched_rows = matched_rows
        self.explicit_insert_id = explicit_insert_id


@dataclass(slots=True)
class RowsResult:
    """Rows on the column path. `columns[i].name` is the label. `batches` yields RecordBatches whose columns are in
    order, in the Arrow forms of `sqlnode.base.types`; it may be synchronous or asynchronous; closing it frees all."""

    columns: tuple[Column, ...]
    batches: Iterator[pa.RecordBatch] | AsyncIterator[pa.RecordBatch]


@dataclass(slots=True)
class ValueRows:
    """Few rows as Python values (row path after computing, SHOW, small internal answers)."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class StoredLayout:
    """How stored rows become result rows: `specs[i]` is where column i of the result comes from.

    Made once per plan and kept with it; `compiled` belongs to `wire.transcode`, which keeps its functions there.
    """

    specs: tuple[ColumnSpec, ...]
    parts: HandleParts = HandleParts()
    compiled: dict[Any, Any] = field(default_factory=dict)

    @property
    def needs_handles(self) -> bool:
        """Whether some column comes from the row's key."""
        return any(spec.is_handle or spec.id == HANDLE_COLUMN_ID or spec.id in self.parts.ids for spec in self.specs)


@dataclass(init=False, slots=True)
class StoredRows:
    """Row path: rows still in stored form, as pairs of (handle, stored row value); `wire.transcode` turns them into
    result rows without Python values. `zone` is the session's, for TIMESTAMP columns (stored in UTC)."""

    columns: tuple[Column, ...]
    layout: StoredLayout
    values: Sequence[tuple[int | bytes, bytes]]
    zone: tzinfo | None

    def __init__(
        self,
        columns: tuple[Column, ...],
        layout: StoredLayout,
        values: Sequence[tuple[int | bytes, bytes]],
        zone: tzinfo | None = None,
    ) -> None:
        self.columns = columns
        self.layout = layout
        self.values = values
        self.zone = zone


Result: TypeAlias = OkResult | RowsResult | ValueRows | StoredRows
