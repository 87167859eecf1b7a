"""How rows of two sides are joined, once one side is all there: shared by hash joins, index joins and Apply.

`Matching` is what is fixed about a join node; `Built` holds the build side of one run and turns probe batches into
output. Candidates are rows with equal keys; the remaining conditions run over candidates only, in chunks.

Null-aware conditions (from IN) make a row's answer *unknown* rather than false when a NULL decides: for a left row
without a match, the answer is unknown if some right row agrees in all plain conditions and is, in each null-aware one,
equal or NULL on a side. Example: `1 NOT IN (2, NULL)` is unknown, `1 NOT IN (2, 3)` true, `NULL NOT IN ()` true.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from executor.batches import I64, make_batch, selected, taken
from executor.compiled import Vector, truth_values
from executor.context import EvalContext
from executor.operators.join_keys import Bools, KeyColumns, KeyTable, chunks_of, null_rows
from planner.expr.nodes import Column, Expression, columns_of
from planner.logical import JoinKind
from planner.physical import EqualPair

Status = npt.NDArray[np.int8]
CANDIDATE_ROWS = 65_536
_MARKS = (JoinKind.MARK, JoinKind.ANTI_MARK)
TRUE, FALSE, UNKNOWN = 1, 0, -1


class Matching:
    """A join of `left` and `right` columns. `build_left`: the left side is the one that is all there."""

    def __init__(
        self,
        kind: JoinKind,
        left: Sequence[Column],
        right: Sequence[Column],
        equal: Sequence[EqualPair],
        other: Sequence[Expression],
        null_aware_other: Sequence[Expression] = (),
        *,
        build_left: bool = False,
    ) -> None:
        if kind not in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT):
            build_left = False
        elif kind is not JoinKind.INNER:
            build_left = kind is JoinKind.RIGHT
        self.kind = kind
        self.build_left = build_left
        self.left_width, self.right_width = len(left), len(right)
        self.equal = tuple(equal)
        self.null_safe = [pair.null_safe for pair in equal]
        self.plain = [index for index, pair in enumerate(equal) if not pair.null_aware]
        self.aware = [index for index, pair in enumerate(equal) if pair.null_aware]
        self.is_null_aware = bool(self.aware or null_aware_other)
        left_keys, right_keys = KeyColumns(equal, left, left=True), KeyColumns(equal, right, left=False)
        self.build_keys, self.probe_keys = (left_keys, right_keys) if build_left else (right_keys, left_keys)
        self.other = PairConditions(other, left, right)
        self.aware_other = PairConditions(null_aware_other, left, right)
        self.all_other = PairConditions([*other, *null_aware_other], left, right)

    def build(self, batch: pa.RecordBatch, context: EvalContext) -> Built:
        """The build side of one run."""
        return Built(self, batch, context)


class PairConditions:
    """Conditions over candidate pairs; only the columns that they read are put together."""

    def __init__(self, conditions: Sequence[Expression], left: Sequence[Column], right: Sequence[Column]) -> None:
        read = set().union(*(columns_of(condition) for condition in conditions)) if conditions else set()
        self._left = [position for position, column in enumerate(left) if column in read]
        self._right = [position for position, column in enumerate(right) if column in read]
        columns = [*(left[position] for position in self._left), *(right[position] for position in self._right)]
        self._conditions: list[Vector] = [truth_values(condition, columns) for condition in conditions]

    def __bool__(self) -> bool:
        return bool(self._conditions)

    def passing(
        self, left: pa.RecordBatch, right: pa.RecordBatch, rows: tuple[I64, I64], context: EvalContext, *, unknown: bool
    ) -> tuple[I64, I64]:
        """The pairs for which every condition is true (`unknown`: or NULL)."""
        lefts, rights = rows
        for condition in self._conditions:
            if not len(lefts):
                break
            arrays = [left.column(position).take(pa.array(lefts)) for position in self._left]
            arrays += [right.column(position).take(pa.array(rights)) for position in self._right]
            values = condition(make_batch(arrays, len(lefts)), context).fill_null(unknown)
            if values.true_count < len(values):
                keep = values.to_numpy(zero_copy_only=False)
                lefts, rights = lefts[keep], rights[keep]
        return lefts, rights


class Built:
    """One run's build side."""

    def __init__(self, matching: Matching, batch: pa.RecordBatch, context: EvalContext) -> None:
        self._matching = matching
        self._batch = batch
        self._context = context
        self._keys = matching.build_keys.arrays(batch, context)
        self.table = KeyTable(self._keys, matching.null_safe, batch.num_rows)
        self._unknown: tuple[KeyTable, KeyTable, Bools] | None = None

    def probe(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """The output of a probe batch, in its order; empty pieces too, so that a long search can be ended."""
        matching = self._matching
        keys = matching.probe_keys.arrays(batch, self._context)
        codes = self.table.probe(keys, batch.num_rows)
        counts = self.table.matches(codes)
        if matching.kind in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT):
            yield from self._joined(batch, codes, counts)
            return
        matched = self._matched(batch, codes, counts)
        status: Status = np.where(matched, TRUE, FALSE).astype(np.int8)
        if matching.is_null_aware and matching.kind is not JoinKind.SEMI and not matched.all():
            self._find_unknown(batch, keys, status)
        yield from self._answered(batch, status)

    # --- inner and outer ---

    def _joined(self, batch: pa.RecordBatch, codes: I64, counts: I64) -> Iterator[pa.RecordBatch]:
        outer = self._matching.kind is not JoinKind.INNER
        for start, stop in chunks_of(counts, CANDIDATE_ROWS):
            probe, build = self.table.pairs(codes, counts, start, stop)
            probe, build = self._passing(batch, probe, build, self._matching.other)
            if outer:
                missing = np.ones(stop - start, np.bool_)
                missing[probe - start] = False
                alone = np.flatnonzero(missing) + start
                if len(alone):
                    probe = np.concatenate([probe, alone])
                    build = np.concatenate([build, np.full(len(alone), -1, np.int64)])
                    order = np.argsort(probe, kind="stable")
                    probe, build = probe[order], build[order]
            yield self._output(batch, probe, build)

    def _passing(
        self, batch: pa.RecordBatch, probe: I64, build: I64, conditions: PairConditions, *, unknown: bool = False
    ) -> tuple[I64, I64]:
        if not conditions or not len(probe):
            return probe, build
        if self._matching.build_left:
            build, probe = conditions.passing(self._batch, batch, (build, probe), self._context, unknown=unknown)
        else:
            probe, build = conditions.passing(batch, self._batch, (probe, build), self._context, unknown=unknown)
        return probe, build

    def _output(self, batch: pa.RecordBatch, probe: I64, build: I64) -> pa.RecordBatch:
        matching = self._matching
        if matching.build_left:
            arrays = taken(self._batch, build, matching.left_width) + taken(batch, probe, matching.right_width)
        else:
            arrays = taken(batch, probe, matching.left_width) + taken(self._batch, build, matching.right_width)
        return make_batch(arrays, len(probe))

    # --- semi, anti and mark ---

    def _matched(self, batch: pa.RecordBatch, codes: I64, counts: I64) -> Bools:
        conditions = self._matching.all_other
        if not conditions:
            return counts > 0
        matched = np.zeros(batch.num_rows, np.bool_)
        for start, stop in chunks_of(counts, CANDIDATE_ROWS):
            probe, build = self.table.pairs(codes, counts, start, stop)
            probe, _ = self._passing(batch, probe, build, conditions)
            matched[probe] = True
        return matched

    def _find_unknown(self, batch: pa.RecordBatch, keys: list[pa.Array], status: Status) -> None:
        """Marks the rows without a match whose answer a NULL decides."""
        matching = self._matching
        if self._unknown is None:
            nulls = null_rows([self._keys[index] for index in matching.aware], self._batch.num_rows)
            plain = [self._keys[index] for index in matching.plain]
            safe = [matching.null_safe[index] for index in matching.plain]
            rows = self._batch.num_rows
            self._unknown = (
                KeyTable(plain, safe, rows),
                KeyTable(plain, safe, rows, np.flatnonzero(nulls)),
                nulls,
            )
        everything, with_nulls, _ = self._unknown
        has_null = null_rows([keys[index] for index in matching.aware], batch.num_rows)
        plain_keys = [keys[index] for index in matching.plain]
        open_rows = status == FALSE
        if matching.aware_other:
            self._search(batch, keys, everything, plain_keys, open_rows, status)
            return
        self._search(batch, keys, everything, plain_keys, open_rows & has_null, status)
        if with_nulls.count:
            self._search(batch, keys, with_nulls, plain_keys, open_rows & ~has_null, status)

    def _search(
        self,
        batch: pa.RecordBatch,
        keys: list[pa.Array],
        table: KeyTable,
        plain_keys: list[pa.Array],
        rows: Bools,
        status: Status,
    ) -> None:
        """Looks for candidates in `table` that leave the answer of some rows open."""
        if not rows.any() or not table.count:
            return
        matching = self._matching
        codes = table.probe(plain_keys, batch.num_rows)
        counts = np.where(rows, table.matches(codes), 0)
        if len(matching.aware) == 1 and not matching.all_other:
            # A NULL on either side is all there is to it.
            status[counts > 0] = UNKNOWN
            return
        sides = [self._aware_side(index, keys[index]) for index in matching.aware]
        for start, stop in chunks_of(counts, CANDIDATE_ROWS):
            probe, build = table.pairs(codes, counts, start, stop)
            keep = np.ones(len(probe), np.bool_)
            for probe_numbers, probe_null, build_numbers, build_null in sides:
                equal = probe_numbers[probe] == build_numbers[build]
                keep &= equal | probe_null[probe] | build_null[build]
            probe, build = self._passing(batch, probe[keep], build[keep], matching.other)
            probe, _ = self._passing(batch, probe, build, matching.aware_other, unknown=True)
            status[probe] = UNKNOWN

    def _aware_side(self, index: int, probe_key: pa.Array) -> tuple[I64, Bools, I64, Bools]:
        """One null-aware pair as numbers: equal where the values are, with the NULLs beside."""
        build_key = self._keys[index]
        table = KeyTable([build_key], [False], len(build_key))
        build = table.probe([build_key], len(build_key))
        probe = table.probe([probe_key], len(probe_key))
        build = np.where(build < 0, -2, build)
        return probe, null_rows([probe_key], len(probe_key)), build, null_rows([build_key], len(build_key))

    def _answered(self, batch: pa.RecordBatch, status: Status) -> Iterator[pa.RecordBatch]:
        matching = self._matching
        if matching.kind in _MARKS:
            yield make_batch([*batch.columns[: matching.left_width], self._mark(status)], batch.num_rows)
            return
        keep = status == (TRUE if matching.kind is JoinKind.SEMI else FALSE)
        if keep.all():
            yield batch
        elif keep.any():
            yield selected(batch, np.flatnonzero(keep), matching.left_width)

    def _mark(self, status: Status) -> pa.Array:
        answer = (status == (TRUE if self._matching.kind is JoinKind.MARK else FALSE)).astype(np.int64)
        unknown = status == UNKNOWN
        return pa.array(answer, mask=unknown) if unknown.any() else pa.array(answer)
