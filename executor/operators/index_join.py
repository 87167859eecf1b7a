"""Index joins: for a batch of outer rows, the inner reader visits only the keys that they ask for.

The inner ranges are worked out once per distinct combination of the outer columns that they read, then read together;
the rows found are matched as in a hash join, so ranges may be wider than the join (they never are narrower).

Estimates of the outer side may be far too low. Once so many ranges were read that reading the whole inner side would have
cost less, this is done, and the rest goes as in a hash join: the worst case is about twice the better of both ways.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.batches import concat
from executor.compiled import kept, scalar
from executor.offload import computed
from executor.operators.join_keys import distinct_rows
from executor.operators.matching import Built, Matching
from executor.reads import merged_ranges
from planner.expr.nodes import Column, Constant, Expression, Parameter
from planner.logical import JoinKind
from planner.physical import IndexJoin, IndexLookUp, IndexReader, PhysicalNode, TableReader
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.types import Value
from store.api import KeyRange
from store.codec.keys import prefix_next

if TYPE_CHECKING:
    from executor.stream import Execution

_FIRST_ROWS = 256
_MOST_ROWS = 8192
_FEWEST_ASKED = 1000
_SCANNED_PER_RANGE = 10
"""So many entries are scanned in the time that one more range takes."""


async def stream(node: IndexJoin, execution: Execution) -> AsyncIterator[pa.RecordBatch]:
    """The joined rows, in outer order."""
    outer, inner = (node.left, node.right) if node.inner_is_right else (node.right, node.left)
    reader = kept(node, "_reader", lambda: inner_reader(inner))
    matching = kept(node, "_matching", lambda: _matching(node))
    lookup = _Lookup(node, matching, reader, inner, execution)
    gathered: list[pa.RecordBatch] = []
    rows, wanted = 0, _FIRST_ROWS
    source = execution.batches(outer)
    try:
        async for batch in source:
            execution.context.kill.check()
            if not batch.num_rows:
                continue
            gathered.append(batch)
            rows += batch.num_rows
            if rows >= wanted:
                async for part in lookup.joined(concat(gathered, outer.schema)):
                    yield part
                gathered, rows, wanted = [], 0, max(min(wanted * 4, _MOST_ROWS), lookup.whole_rows)
    finally:
        await source.aclose()  # type: ignore[attr-defined]
    if gathered:
        async for part in lookup.joined(concat(gathered, outer.schema)):
            yield part


def _matching(node: IndexJoin) -> Matching:
    kind = node.kind
    if (kind is JoinKind.LEFT and not node.inner_is_right) or (kind is JoinKind.RIGHT and node.inner_is_right):
        raise SqlError(NOT_SUPPORTED_YET, feature=f"index join with the inner side of a {kind.value} outside")
    if kind not in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT) and not node.inner_is_right:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"index {kind.value} over the right side")
    return Matching(
        kind, node.left.schema, node.right.schema, node.equal, node.other, build_left=not node.inner_is_right
    )


def inner_reader(node: PhysicalNode) -> TableReader | IndexReader | IndexLookUp:
    """The reader below an inner side."""
    while not isinstance(node, (TableReader, IndexReader, IndexLookUp)):
        (node,) = node.children
    return node


class _Lookup:
    """One run's inner side. `whole_rows`: how many rows it has, once it was read whole."""

    def __init__(
        self,
        node: IndexJoin,
        matching: Matching,
        reader: TableReader | IndexReader | IndexLookUp,
        inner: PhysicalNode,
        execution: Execution,
    ) -> None:
        self._node = node
        self._matching = matching
        self._reader = reader
        self._inner = inner
        self._execution = execution
        self._asked = 0
        self._whole: Built | None = None
        self.whole_rows = 0

    async def joined(self, outer: pa.RecordBatch) -> AsyncIterator[pa.RecordBatch]:
        """The output of outer rows, in their order."""
        execution = self._execution
        built = self._whole
        rows = self.whole_rows
        if built is None:
            ranges, rows = await computed(outer.num_rows, lambda: self._ranges(outer), execution.context.kill), 0
            if self._node.inner_entries and self._asked > max(
                self._node.inner_entries / _SCANNED_PER_RANGE, _FEWEST_ASKED
            ):
                prefix = self._reader.ranges.prefix
                build = await self._read([KeyRange(prefix, prefix_next(prefix))])
                self.whole_rows = build.num_rows
            else:
                build = await self._read(ranges)
            rows = build.num_rows
            built = await computed(
                rows, lambda: self._matching.build(build, execution.evaluation), execution.context.kill
            )
            if self.whole_rows:
                self._whole = built
        pieces = built.probe(outer)
        while True:
            execution.context.kill.check()
            piece = await computed(outer.num_rows + rows, lambda: next(pieces, None), execution.context.kill)
            if piece is None:
                return
            yield piece

    def _ranges(self, outer: pa.RecordBatch) -> list[KeyRange]:
        ranges = inner_ranges(self._node, self._reader, outer, self._execution)
        self._asked += len(ranges)
        return ranges

    async def _read(self, ranges: list[KeyRange]) -> pa.RecordBatch:
        execution = self._execution
        execution.given_ranges[id(self._reader)] = [tuple(ranges)]
        try:
            found = await execution.collect(self._inner)
        finally:
            del execution.given_ranges[id(self._reader)]
        return concat(found, self._inner.schema)


def inner_ranges(
    node: IndexJoin, reader: TableReader | IndexReader | IndexLookUp, outer: pa.RecordBatch, execution: Execution
) -> list[KeyRange]:
    """The key ranges that the outer rows ask for, sorted, without overlaps."""
    columns = (node.left if node.inner_is_right else node.right).schema
    positions = {column.id: position for position, column in enumerate(columns)}
    read = node.outer_keys or columns
    arrays = [outer.column(positions[column.id]) for column in read]
    first, _ = distinct_rows(arrays, outer.num_rows)
    chosen = pa.array(first)
    rows = list(zip(*[array.take(chosen).to_pylist() for array in arrays], strict=True)) if arrays else [()]
    evaluation, zone = execution.evaluation, execution.evaluation.zone
    compiled: dict[int, object] = kept(node, "_range_values", dict)
    found: set[KeyRange] = set()
    row: tuple[Value, ...] = ()

    def value_of(expression: Expression) -> Value:
        if isinstance(expression, Constant):
            return expression.value
        if isinstance(expression, Parameter):
            return evaluation.parameters[expression.index]
        if isinstance(expression, Column):
            return row[places[expression.id]]
        known = compiled.get(id(expression))
        if known is None:
            known = compiled[id(expression)] = (expression, scalar(expression, read))
        return known[1](row, evaluation)  # type: ignore[index, no-any-return]

    places = {column.id: place for place, column in enumerate(read)}
    for row in rows:  # noqa: B007 (value_of reads it)
        for group in reader.ranges.evaluate(value_of, zone):
            found.update(group)
    return merged_ranges(found)
