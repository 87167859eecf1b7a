"""How many rows: estimates from the number of rows of a table and of equal keys in its indexes, with fixed shares where
nothing else is known.

Table 10000 rows unless the context knows better; equality 1/1000, one-sided comparison 1/3, two-sided 1/40, IS NULL
1/1000, any other condition 0.8; a whole unique key one row. Estimates choose plans, never results.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from planner.access.range_plan import AnyOf, Box, Comparison, Condition
from planner.context import PlanContext
from planner.expr.nodes import Call, Column, Constant, Expression
from sqlnode.base.schema import TableInfo

PSEUDO_ROWS = 10_000.0
EQUAL = 1 / 1000
LESS = 1 / 3
BETWEEN = 1 / 40
OTHER = 0.8
DISTINCT = 0.8
FURTHER_PART = 1 / 100
"""What each further equal part of an index leaves of the rows that the parts before it leave."""


def table_rows(table: TableInfo, context: PlanContext) -> float:
    """Rows of a stored or virtual table, at least one."""
    known = context.row_count(table.id)
    return max(PSEUDO_ROWS if known is None else known, 1.0)


def selectivity(conditions: Iterable[Expression]) -> float:
    """The share of rows that pass a conjunction. Comparisons of one column from both sides count as BETWEEN."""
    share = 1.0
    bounds: dict[Column, int] = {}
    for condition in conditions:
        column = _half_open(condition)
        if column is None:
            share *= _share(condition)
        else:
            bounds[column] = bounds.get(column, 0) + 1
    for count in bounds.values():
        share *= BETWEEN if count > 1 else LESS
    return share


def _half_open(condition: Expression) -> Column | None:
    if not isinstance(condition, Call) or condition.name not in ("<", "<=", ">", ">="):
        return None
    columns = [arg for arg in condition.args if isinstance(arg, Column)]
    return columns[0] if len(columns) == 1 else None


def _share(condition: Expression) -> float:
    if isinstance(condition, Constant):
        return 1.0 if condition.value else 0.0
    if not isinstance(condition, Call):
        return OTHER
    match condition.name:
        case "=" | "<=>" | "is_null":
            return EQUAL
        case "in":
            return min((len(condition.args) - 1) * EQUAL, 1.0)
        case "<" | "<=" | ">" | ">=":
            return LESS
        case "between":
            return BETWEEN
        case "and":
            return selectivity(condition.args)
        case "or":
            return min(sum(map(_share, condition.args)), 1.0)
        case "not":
            return 1.0 - _share(condition.args[0]) if _is_null_test(condition.args[0]) else OTHER
    return OTHER


def _is_null_test(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.name == "is_null"


def rows_in_boxes(boxes: Sequence[Box], rows: float, *, unique_parts: int, groups: Sequence[float] = ()) -> float:
    """Rows of a table with `rows` rows that lie in the boxes of a key whose first `unique_parts` parts (0: none) are
    together unique. `groups`: see `PlanContext.group_rows`."""
    rows = max([rows, *groups])
    return min(sum(_rows_in_box(box, rows, unique_parts, groups) for box in boxes), rows)


def _rows_in_box(box: Box, rows: float, unique_parts: int, groups: Sequence[float]) -> float:
    left = rows
    points = 1.0
    for equal, conditions in enumerate(box, 1):
        count = min((_points(one) for one in conditions if _points(one)), default=0)
        if not count:
            return left * part_share(conditions)
        points *= count
        if equal <= len(groups):
            left = min(points * groups[equal - 1], rows)
        else:
            left *= count * (EQUAL if equal == 1 else FURTHER_PART)
        if unique_parts and equal == unique_parts:
            return min(points, rows)
    return min(max(left, 1.0), rows)


def _points(condition: Condition) -> int:
    """The number of single values that a condition means; 0 for a range."""
    if isinstance(condition, AnyOf):
        counts = [max(map(_points, parts), default=0) for parts in condition.alternatives]
        return sum(counts) if all(counts) else 0
    if condition.op in ("=", "<=>", "is_null"):
        return 1
    return len(condition.operands) if condition.op == "in" else 0


def part_share(conditions: Sequence[Condition]) -> float:
    """The share of a part's values that all the (range) conditions leave."""
    share = 1.0
    half = 0
    for condition in conditions:
        if isinstance(condition, AnyOf):
            share = min(share, sum(part_share(parts) for parts in condition.alternatives), 1.0)
            continue
        assert isinstance(condition, Comparison), "the two kinds of condition"
        match condition.op:
            case "<" | "<=" | ">" | ">=":
                half += 1
            case "between" | "like":
                share = min(share, BETWEEN)
            case "not_null":
                share = min(share, 0.999)
            case "!=":
                share = min(share, OTHER)
            case _:
                share = min(share, EQUAL * max(len(condition.operands), 1))
    if half:
        share = min(share, BETWEEN if half > 1 else LESS)
    return share


def group_count(rows: float) -> float:
    """Groups of `rows` rows by unknown keys."""
    return max(rows * DISTINCT, 1.0) if rows > 1 else rows


def join_rows(left: float, right: float, equalities: int) -> float:
    """Rows of an inner join; the keys of the larger side are taken to be nearly all different."""
    if not equalities:
        return left * right
    return left * right / max(left * DISTINCT, right * DISTINCT, 1.0)
