"""Fresh column ids for what the optimizer adds to a plan."""

from __future__ import annotations

from itertools import count

from planner.logical import CteReference, DataSource, Insert, LogicalNode


class ColumnIds:
    """Ids above all those of a plan; one per statement."""

    __slots__ = ("_numbers",)

    def __init__(self, first: int) -> None:
        self._numbers = count(first)

    def next(self) -> int:
        """An id that no column has."""
        return next(self._numbers)


def ids_above(*plans: LogicalNode) -> ColumnIds:
    """Ids above every column that the plans give."""
    highest = 0
    stack = list(plans)
    while stack:
        node = stack.pop()
        highest = max(highest, *(column.id for column in node.schema), 0)
        if isinstance(node, Insert):
            highest = max(highest, *(column.id for column in (*node.row_columns, *node.values_columns)), 0)
        elif isinstance(node, CteReference):
            stack.append(node.plan)
        elif isinstance(node, DataSource):
            continue
        stack.extend(node.children)
    return ColumnIds(highest + 1)
