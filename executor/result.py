"""Result of a statement: the only place where the row path and the column path meet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from planner.expr.nodes import Column
from sqlnode.base.types import Value

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(slots=True)
class OkResult:
    """A statement without rows. `matched_rows` differs from `affected_rows` for UPDATE (client flag FOUND_ROWS)."""

    affected_rows: int = 0
    last_insert_id: int = 0
    info: str = ""
    matched_rows: int | None = None


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


@dataclass(slots=True)
class StoredRows:
    """Row path: rows still in stored form. `layout` is the compiled transcoder's key (table, column choice), `values`
    pairs of (handle, stored row value); `wire.transcode` turns them into result rows without Python values."""

    columns: tuple[Column, ...]
    layout: object
    values: Sequence[tuple[int | bytes, bytes]]


Result: TypeAlias = OkResult | RowsResult | ValueRows | StoredRows
