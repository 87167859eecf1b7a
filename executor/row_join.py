"""Inner joins of two sides that are a few rows each (`HashJoin` on the row path)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from executor.compiled import Scalar, row_filter, scalar
from executor.context import EvalContext, ExecContext
from executor.row_keys import row_identities
from planner.physical import HashJoin

MOST_PAIRS: Final = 16_384
"""Pairs of rows beyond which the column form does better."""

Rows = list[Any]
Source = Callable[[ExecContext], Awaitable["Rows | None"]]


class RowJoin:
    """What is fixed about a join."""

    __slots__ = ("_identities", "_left", "_left_keys", "_other", "_right", "_right_keys")

    def __init__(self, node: HashJoin, left: Source, right: Source) -> None:
        self._left = left
        self._right = right
        self._left_keys: list[Scalar] = [scalar(pair.left, node.left.schema) for pair in node.equal]
        self._right_keys: list[Scalar] = [scalar(pair.right, node.right.schema) for pair in node.equal]
        self._identities = row_identities([pair.type for pair in node.equal])
        self._other = row_filter(node.other, node.schema) if node.other else None

    async def rows(self, context: ExecContext) -> Rows | None:
        """The pairs that join, the left side's columns first; None when a side is long."""
        left = await self._left(context)
        if left is None:
            return None
        right = await self._right(context) if left else []
        if right is None or len(left) * len(right) > MOST_PAIRS:
            return None
        evaluation = context.evaluation
        found: Rows = []
        if self._left_keys:
            table: dict[object, Rows] = {}
            for identity, row in self._keyed(right, self._right_keys, evaluation):
                table.setdefault(identity, []).append(row)
            for identity, row in self._keyed(left, self._left_keys, evaluation):
                found += [(*row, *other) for other in table.get(identity, ())]
        else:
            found = [(*row, *other) for row in left for other in right]
        passes = self._other
        return found if passes is None else [row for row in found if passes(row, evaluation)]

    def _keyed(self, rows: Rows, keys: Sequence[Scalar], context: EvalContext) -> list[tuple[object, Any]]:
        """The rows of which no key is NULL, each with what equal keys have in common."""
        made = [tuple([evaluate(row, context) for evaluate in keys]) for row in rows]
        chosen = [place for place, key in enumerate(made) if None not in key]
        identities = self._identities([made[place] for place in chosen])
        return [(identity, rows[place]) for identity, place in zip(identities, chosen)]
