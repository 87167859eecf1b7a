"""Selections, and table scans that decode a row's other columns only where its conditions hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from executor.context import EvalContext
from executor.copr.expressions import ExpressionCompiler
from executor.copr.ordering import KeyFunction
from executor.copr.scan import Scan
from sqlnode.base.types import SqlType
from store.api import Block
from store.codec.keys import decode_int, encode_int
from store.proto import tipb_pb2
from store.proto.numbers import ExprType


def truth(values: pa.Array) -> pa.Array:
    """A boolean array without NULLs: not NULL and not zero."""
    if pa.types.is_boolean(values.type):
        return values.fill_null(False)
    return pc.not_equal(values, pa.scalar(0, values.type)).fill_null(False)


@dataclass(frozen=True, slots=True)
class Selection:
    """Keeps rows for which every condition is true; later conditions see only the rows still alive."""

    conditions: tuple[KeyFunction, ...]

    def run(self, batches: Iterable[pa.RecordBatch], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """The batches that have rows left."""
        for batch in batches:
            for condition in self.conditions:
                keep = truth(condition(batch, context))
                if keep.true_count < batch.num_rows:
                    batch = batch.filter(keep)
                if not batch.num_rows:
                    break
            if batch.num_rows:
                yield batch


@dataclass(frozen=True, slots=True)
class FilteredScan:
    """A table scan with a selection on it: `early` columns feed the conditions, `late` ones are decoded afterwards.

    `order` gives for each output column its place among the early columns followed by the late ones.
    """

    types: tuple[SqlType, ...]
    descending: bool
    early: Scan
    late: Scan
    order: tuple[int, ...]
    conditions: tuple[KeyFunction, ...]

    def batches(self, blocks: Iterable[Block], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """One batch per block that has rows left."""
        names = [str(index) for index in range(len(self.types))]
        for keys, values in blocks:
            for batch in self.early.batches([(keys, values)], context):
                kept, positions = self._filter(batch, context)
                if not kept.num_rows:
                    continue
                if len(positions) < len(keys):
                    chosen = positions.tolist()
                    keys = [keys[position] for position in chosen]
                    values = [values[position] for position in chosen]
                (rest,) = self.late.batches([(keys, values)], context)
                columns = [*kept.columns, *rest.columns]
                yield pa.RecordBatch.from_arrays([columns[place] for place in self.order], names=names)

    def _filter(self, batch: pa.RecordBatch, context: EvalContext) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
        positions = np.arange(batch.num_rows)
        for condition in self.conditions:
            keep = truth(condition(batch, context))
            if keep.true_count < batch.num_rows:
                batch = batch.filter(keep)
                positions = positions[keep.to_numpy(zero_copy_only=False)]
            if not batch.num_rows:
                break
        return batch, positions


def filtered_scan(scan: Scan, selection: tipb_pb2.Selection, compiler: ExpressionCompiler) -> FilteredScan | None:
    """The two-step form of a scan and its selection; None where every column, or none, is in the conditions."""
    if scan.narrow is None:
        return None
    early = sorted(set().union(*(column_offsets(condition) for condition in selection.conditions)))
    late = [offset for offset in range(len(scan.types)) if offset not in early]
    if not early or not late:
        return None
    places = {offset: place for place, offset in enumerate([*early, *late])}
    narrowed = compiler.narrowed(early)
    conditions = tuple(narrowed.condition(_moved(condition, places)) for condition in selection.conditions)
    order = tuple(places[offset] for offset in range(len(scan.types)))
    return FilteredScan(scan.types, scan.descending, scan.narrow(early), scan.narrow(late), order, conditions)


def column_offsets(expr: tipb_pb2.Expr) -> set[int]:
    """The offsets of the columns that an expression reads."""
    if expr.tp == ExprType.COLUMN_REF:
        return {decode_int(expr.val)}
    return set().union(*(column_offsets(child) for child in expr.children))


def _moved(expr: tipb_pb2.Expr, places: dict[int, int]) -> tipb_pb2.Expr:
    moved = tipb_pb2.Expr()
    moved.CopyFrom(expr)
    stack: list[tipb_pb2.Expr] = [moved]
    while stack:
        node = stack.pop()
        if node.tp == ExprType.COLUMN_REF:
            node.val = encode_int(places[decode_int(node.val)])
        stack.extend(node.children)
    return moved


def all_offsets_known(conditions: Sequence[tipb_pb2.Expr], count: int) -> bool:
    """Whether conditions read only columns that a scan of `count` columns has."""
    return all(0 <= offset < count for condition in conditions for offset in column_offsets(condition))
