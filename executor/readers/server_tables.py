"""Tables whose rows the server makes (information_schema)."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.batches import OUTPUT_ROWS, coerced, make_batch, sliced
from planner.physical import MemTableScan
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import Value

if TYPE_CHECKING:
    from executor.stream import Execution


async def stream(node: MemTableScan, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The node's columns of all rows that the generator gives. Error 1235 where there is no generator."""
    generate = execution.context.virtual_table
    if generate is None:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"{node.database}.{node.table.name}")
    answer = generate(node.database, node.table.name, _predicates(node, execution))
    table = await answer if inspect.isawaitable(answer) else answer
    arrays = [coerced(table.column(info.offset), info.type) for info in node.infos]
    for part in sliced(make_batch(arrays, table.num_rows), OUTPUT_ROWS):
        yield part


def _predicates(node: MemTableScan, execution: Execution) -> dict[str, object]:
    """Hints: the values that a column may have, and under `NAME like` its patterns; an empty tuple: no row."""
    value_of = execution.value_of(node)
    found: dict[str, object] = {}
    for predicate in node.predicates:
        values: tuple[Value, ...] = tuple(value for value in map(value_of, predicate.operands) if value is not None)
        name = predicate.column if predicate.op == "in" else f"{predicate.column} {predicate.op}"
        known = found.get(name)
        # Two hints on one column both hold; the first is as good a hint as both.
        if known is None:
            found[name] = values
    return found
