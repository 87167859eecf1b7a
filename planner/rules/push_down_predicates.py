"""Conditions move as close to the tables as they may: through projections, joins, unions and grouping.

Across join keys conditions are copied: of `a.x = b.x AND a.x > 5` also `b.x > 5` is checked while reading b.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from planner.access.ranges import conjuncts, is_free
from planner.expr.nodes import Call, Column, Expression, columns_of, substitute, walk
from planner.logical import (
    Aggregate,
    Apply,
    Distinct,
    Dual,
    Join,
    JoinKind,
    LogicalNode,
    Projection,
    Selection,
    SetOperation,
    Sort,
)
from planner.rules.fold_constants import is_never_true
from planner.rules.tree import RuleContext, is_movable, map_children
from sqlnode.base.types import EvalType, SqlType, TypeCode

_COMPARISONS = frozenset({"=", "<", "<=", ">", ">=", "!=", "in"})


def push_down_predicates(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`σ(a.x > 1 ∧ b.y = 2)(a ⋈ b)` → `σ(a.x > 1)(a) ⋈ σ(b.y = 2)(b)`."""
    pushed = _push(plan, ())
    return plan if pushed == plan else pushed


def _push(node: LogicalNode, conditions: Sequence[Expression]) -> LogicalNode:
    """The node under the conditions, each as low as it may go."""
    match node:
        case Selection():
            flat = [part for condition in node.conditions for part in conjuncts(condition)]
            movable = _unique([*conditions, *(one for one in flat if is_movable(one))])
            fixed = tuple(one for one in flat if not is_movable(one))
            if any(is_never_true(one) for one in movable):
                return Dual(0, node.schema)
            if fixed:
                return Selection(_push(node.child, movable), fixed)
            return _push(node.child, movable)
        case Projection():
            return _through_projection(node, conditions)
        case Apply():
            return _through_apply(node, conditions)
        case Join():
            return _through_join(node, conditions)
        case Aggregate():
            return _through_aggregate(node, conditions)
        case Distinct():
            low, high = _split(conditions, lambda one: respects_equality(one))
            return _over(replace(node, child=_push(node.child, low)), high)
        case Sort():
            return replace(node, child=_push(node.child, conditions))
        case SetOperation():
            return _through_set(node, conditions)
        case Dual(rows=0):
            return node
    return _over(map_children(node, lambda child: _push(child, ())), conditions)


def _over(node: LogicalNode, conditions: Sequence[Expression]) -> LogicalNode:
    if not conditions:
        return node
    if isinstance(node, Selection):
        return Selection(node.child, tuple(_unique([*node.conditions, *conditions])))
    return Selection(node, tuple(conditions))


def _unique(conditions: Iterable[Expression]) -> list[Expression]:
    return list(dict.fromkeys(conditions))


def _split(
    conditions: Iterable[Expression], low: Callable[[Expression], object]
) -> tuple[list[Expression], list[Expression]]:
    """The conditions that go down, and those that stay."""
    down: list[Expression] = []
    stay: list[Expression] = []
    for condition in conditions:
        (down if low(condition) else stay).append(condition)
    return down, stay


# ------------------------------------------------------------------------------------------------------- single inputs


def _through_projection(node: Projection, conditions: Sequence[Expression]) -> LogicalNode:
    mapping = dict(zip(node.columns, node.expressions))
    down, stay = _split(
        conditions, lambda one: all(is_movable(mapping[column]) for column in columns_of(one) if column in mapping)
    )
    child = _push(node.child, [substitute(one, mapping) for one in down])
    return _over(replace(node, child=child), stay)


def _through_aggregate(node: Aggregate, conditions: Sequence[Expression]) -> LogicalNode:
    groups = dict(zip(node.columns[len(node.aggregates) :], node.group_by))
    down, stay = _split(
        conditions,
        lambda one: (
            columns_of(one)
            and columns_of(one) <= groups.keys()
            and respects_equality(one)
            and all(is_movable(groups[column]) for column in columns_of(one))
        ),
    )
    child = _push(node.child, [substitute(one, groups) for one in down])
    return _over(replace(node, child=child), stay)


def respects_equality(condition: Expression) -> bool:
    """Whether rows that grouping takes for equal all fulfil the condition or none does: strings of a collation in which
    different bytes are equal may only be compared in that collation."""
    for node in walk(condition):
        if isinstance(node, Call):
            compared = node.name in _COMPARISONS or node.name == "<=>"
            for arg in node.args:
                if _is_loose(arg) and not (compared and node.signature.derivation.collation == arg.type.collation):
                    return False
        elif isinstance(node, Column) and node is condition and _is_loose(node):
            return False
    return True


def _is_loose(expression: Expression) -> bool:
    if not isinstance(expression, Column):
        return False
    sql_type = expression.type
    return sql_type.eval_type == EvalType.JSON or (
        sql_type.is_character and not sql_type.collation.endswith("0900_bin")
    )


def _through_set(node: SetOperation, conditions: Sequence[Expression]) -> LogicalNode:
    down, stay = _split(conditions, lambda one: node.all_rows or respects_equality(one))
    inputs = []
    for child in node.inputs:
        mapping: dict[Column, Expression] = dict(zip(node.columns, child.schema))
        inputs.append(_positioned(_push(child, [substitute(one, mapping) for one in down]), child.schema))
    return _over(replace(node, inputs=tuple(inputs)), stay)


def _positioned(node: LogicalNode, columns: Sequence[Column]) -> LogicalNode:
    """The node with its columns in the given order."""
    if [column.id for column in node.schema] == [column.id for column in columns]:
        return node
    return Projection(node, tuple(columns), tuple(columns))


# --------------------------------------------------------------------------------------------------------------- joins


@dataclass(frozen=True, slots=True)
class _Sides:
    left: frozenset[Column]
    right: frozenset[Column]

    def side(self, condition: Expression) -> str:
        """`left`, `right`, `both` or `none`: which columns the condition reads."""
        columns = columns_of(condition)
        if not columns:
            return "none"
        if columns <= self.left:
            return "left"
        return "right" if columns <= self.right else "both"


def _sides(node: Join) -> _Sides:
    return _Sides(frozenset(node.left.schema), frozenset(node.right.schema))


def _through_apply(node: Apply, conditions: Sequence[Expression]) -> LogicalNode:
    sides = _sides(node)
    down, stay = _split(conditions, lambda one: sides.side(one) == "left")
    return _over(replace(node, left=_push(node.left, down), right=_push(node.right, ())), stay)


def _through_join(node: Join, conditions: Sequence[Expression]) -> LogicalNode:
    match node.kind:
        case JoinKind.INNER:
            return _inner(node, conditions)
        case JoinKind.LEFT:
            return _outer(node, conditions)
        case JoinKind.RIGHT:
            sides = _sides(node)
            down, stay = _split(conditions, lambda one: sides.side(one) == "right")
            return _over(replace(node, left=_push(node.left, ()), right=_push(node.right, down)), stay)
    return _semi(node, conditions)


def _inner(node: Join, conditions: Sequence[Expression]) -> LogicalNode:
    sides = _sides(node)
    flat = [part for one in node.conditions for part in conjuncts(one)]
    everything = _unique([*conditions, *flat])
    if any(is_never_true(one) for one in everything):
        return Dual(0, node.schema)
    everything = _unique([*everything, *_derived(everything)])
    left = [one for one in everything if sides.side(one) in ("left", "none")]
    right = [one for one in everything if sides.side(one) == "right"]
    both = tuple(one for one in everything if sides.side(one) == "both")
    return replace(node, left=_push(node.left, left), right=_push(node.right, right), conditions=both)


def _outer(node: Join, conditions: Sequence[Expression]) -> LogicalNode:
    """LEFT: conditions from above on the left side go left, and across the keys also right, where they only make the
    inner side smaller; ON conditions on the right side go right."""
    sides = _sides(node)
    down, stay = _split(conditions, lambda one: sides.side(one) == "left")
    flat = [part for one in node.conditions for part in conjuncts(one)]
    on_left = [one for one in flat if sides.side(one) == "left"]
    copied = [one for one in _derived([*down, *on_left, *flat]) if sides.side(one) == "right"]
    right = _unique([*(one for one in flat if sides.side(one) == "right" and is_movable(one)), *copied])
    kept = tuple(one for one in flat if sides.side(one) != "right" or not is_movable(one))
    changed = replace(node, left=_push(node.left, down), right=_push(node.right, right), conditions=kept)
    return _over(changed, stay)


def _semi(node: Join, conditions: Sequence[Expression]) -> LogicalNode:
    sides = _sides(node)
    down, stay = _split(conditions, lambda one: sides.side(one) == "left")
    right: list[Expression] = []
    left = list(down)
    kept: list[Expression] = []
    for position, condition in enumerate(node.conditions):
        side = sides.side(condition)
        if position < node.null_aware_count or not is_movable(condition):
            kept.append(condition)
        elif side == "right":
            right.append(condition)
        elif side == "left" and node.kind is JoinKind.SEMI:
            left.append(condition)
        else:
            kept.append(condition)
    if node.kind is JoinKind.SEMI or not node.null_aware_count:
        copied = _derived([*left, *kept])
        right.extend(one for one in copied if sides.side(one) == "right")
    changed = replace(
        node, left=_push(node.left, _unique(left)), right=_push(node.right, _unique(right)), conditions=tuple(kept)
    )
    return _over(changed, stay)


# ------------------------------------------------------------------------------------------------- copies across keys


def _derived(conditions: Sequence[Expression]) -> list[Expression]:
    """Conditions on one column, copied to the columns that equal it."""
    equal = [pair for one in conditions if (pair := _equal_columns(one)) is not None]
    if not equal:
        return []
    found: list[Expression] = []
    known = set(conditions)
    work = [one for one in conditions if _is_copyable(one)]
    while work:
        condition = work.pop()
        (column,) = columns_of(condition)
        for first, second in equal:
            for source, target in ((first, second), (second, first)):
                if source != column:
                    continue
                copy = substitute(condition, {source: target})
                if copy not in known:
                    known.add(copy)
                    found.append(copy)
                    work.append(copy)
    return found


def _is_copyable(condition: Expression) -> bool:
    """Whether the condition compares one bare column with what no row changes."""
    if not isinstance(condition, Call) or condition.name not in _COMPARISONS or len(columns_of(condition)) != 1:
        return False
    first, *rest = condition.args
    if isinstance(first, Column):
        return all(map(is_free, rest)) and _in_own_collation(condition, first)
    last = condition.args[-1]
    return len(rest) == 1 and isinstance(last, Column) and is_free(first) and _in_own_collation(condition, last)


def _in_own_collation(condition: Call, column: Column) -> bool:
    return not column.type.is_string or condition.signature.derivation.collation == column.type.collation


def _equal_columns(condition: Expression) -> tuple[Column, Column] | None:
    """The columns of `a = b` where one may stand for the other in any comparison."""
    if not isinstance(condition, Call) or condition.name != "=":
        return None
    left, right = condition.args
    if not isinstance(left, Column) or not isinstance(right, Column) or not _alike(left.type, right.type):
        return None
    return (left, right) if _in_own_collation(condition, left) else None


def _alike(left: SqlType, right: SqlType) -> bool:
    if left.is_integer and right.is_integer:
        return left.unsigned == right.unsigned
    if left.is_string and right.is_string:
        return left.collation == right.collation and left.charset == right.charset
    special = (TypeCode.ENUM, TypeCode.SET, TypeCode.JSON, TypeCode.BIT, TypeCode.YEAR)
    same = left.code == right.code and left.scale == right.scale and left.unsigned == right.unsigned
    return same and left.code not in special
