"""Which stream runs which plan node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.operators import (
    aggregation,
    apply,
    common_tables,
    hash_join,
    index_join,
    row_locks,
    rows,
    set_operations,
    sorting,
)
from executor.readers import index_lookup, points, server_tables, table
from planner.physical import (
    Apply,
    BatchPointGet,
    CteScan,
    Dual,
    HashAgg,
    HashJoin,
    IndexJoin,
    IndexLookUp,
    IndexReader,
    Limit,
    MaxOneRow,
    MemTableScan,
    PhysicalNode,
    PointGet,
    Projection,
    Selection,
    SelectLock,
    SetOperation,
    Sort,
    TableReader,
    TopN,
    Union,
    ValuesScan,
)
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError

if TYPE_CHECKING:
    from executor.stream import Execution


def stream(node: PhysicalNode, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The stream of a node. Error 1235 for a node that nothing runs."""
    match node:
        case TableReader() | IndexReader():
            return table.stream(node, execution)
        case IndexLookUp():
            return index_lookup.stream(node, execution)
        case PointGet() | BatchPointGet():
            return points.stream(node, execution)
        case MemTableScan():
            return server_tables.stream(node, execution)
        case Dual():
            return rows.dual(node, execution)
        case ValuesScan():
            return rows.values(node, execution)
        case CteScan():
            return common_tables.stream(node, execution)
        case Selection():
            return rows.selection(node, execution)
        case Projection():
            return rows.projection(node, execution)
        case HashAgg():
            return aggregation.stream(node, execution)
        case Sort():
            return sorting.sort(node, execution)
        case TopN():
            return sorting.top_n(node, execution)
        case Limit():
            return rows.limit(node, execution)
        case MaxOneRow():
            return rows.max_one_row(node, execution)
        case SelectLock():
            return row_locks.stream(node, execution)
        case HashJoin():
            return hash_join.stream(node, execution)
        case IndexJoin():
            return index_join.stream(node, execution)
        case Apply():
            return apply.stream(node, execution)
        case SetOperation():
            return set_operations.stream(node, execution)
        case Union():
            return rows.union(node, execution)
    raise SqlError(NOT_SUPPORTED_YET, feature=type(node).__name__)
