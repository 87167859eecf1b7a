"""Join algorithms: which side is hashed, and when the inner side is looked up through a key instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner import cost
from planner.access.paths import Path, access_paths
from planner.access.readers import Built, Want, reader_of
from planner.cardinality import join_rows, rows_in_boxes, selectivity, table_rows
from planner.expr.coercion import comparison_type
from planner.expr.nodes import Call, Column, CorrelatedColumn, Expression, columns_of, transform, walk
from planner.logical import Aggregate, DataSource, Join, JoinKind, LogicalNode, Selection
from planner.physical import EqualPair, HashJoin, IndexJoin, PhysicalNode, Projection
from planner.physical import Selection as PhysicalSelection
from sqlnode.base.types import EvalType, SqlType, decimal

if TYPE_CHECKING:
    from planner.physicalize import Physicalizer

SEMI_KINDS = frozenset({JoinKind.SEMI, JoinKind.ANTI, JoinKind.MARK, JoinKind.ANTI_MARK})
_UNKNOWN_ENTRIES = 200_000.0
"""What a table of unknown size is taken for when a lookup join thinks about reading it whole."""
_LOOKED_UP = frozenset({JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT, JoinKind.SEMI, JoinKind.ANTI})


@dataclass(frozen=True, slots=True)
class Split:
    """A join's conditions: equalities of the two sides, the others, and those of the others that come from IN."""

    equal: tuple[EqualPair, ...]
    other: tuple[Expression, ...]
    null_aware_other: tuple[Expression, ...]

    @property
    def null_aware(self) -> bool:
        """Whether a NULL may decide the answer."""
        return bool(self.null_aware_other) or any(pair.null_aware for pair in self.equal)


def split_conditions(node: Join) -> Split:
    """The conditions of a join by kind."""
    left, right = frozenset(node.left.schema), frozenset(node.right.schema)
    aware = node.null_aware_count if node.kind in SEMI_KINDS - {JoinKind.SEMI} else 0
    equal: list[EqualPair] = []
    other: list[Expression] = []
    null_aware_other: list[Expression] = []
    for position, condition in enumerate(node.conditions):
        null_aware = position < aware and not _certain(condition)
        pair = equal_pair(condition, left, right, null_aware=null_aware)
        if pair is not None:
            equal.append(pair)
        elif null_aware:
            null_aware_other.append(condition)
        else:
            other.append(condition)
    return Split(tuple(equal), tuple(other), tuple(null_aware_other))


def _certain(condition: Expression) -> bool:
    """Whether the condition is never NULL."""
    return isinstance(condition, Call) and all(arg.type.not_null for arg in condition.args)


def equal_pair(
    condition: Expression, left: frozenset[Column], right: frozenset[Column], *, null_aware: bool = False
) -> EqualPair | None:
    """The condition as an equality of the two sides; None when it is none."""
    if not isinstance(condition, Call) or condition.name not in ("=", "<=>") or len(condition.args) != 2:
        return None
    first, second = condition.args
    if _reads(first, right) and _reads(second, left):
        first, second = second, first
    elif not (_reads(first, left) and _reads(second, right)):
        return None
    key_type = _key_type(condition, first, second)
    if key_type is None:
        return None
    return EqualPair(first, second, key_type, condition.name == "<=>", null_aware)


def _reads(expression: Expression, side: frozenset[Column]) -> bool:
    columns = columns_of(expression)
    return bool(columns) and columns <= side


def _key_type(condition: Call, left: Expression, right: Expression) -> SqlType | None:
    kinds = {left.type.eval_type, right.type.eval_type}
    if len(kinds) != 1 or EvalType.JSON in kinds:
        return None
    if kinds == {EvalType.STRING}:
        derivation = condition.signature.derivation
        if not (left.type.is_string and right.type.is_string):
            return None
        return replace(
            comparison_type(left.type, right.type), charset=derivation.charset, collation=derivation.collation
        )
    if kinds == {EvalType.INT} and left.type.unsigned != right.type.unsigned:
        return decimal(20, 0)
    return comparison_type(left.type, right.type)


def correlated_in(plan: LogicalNode) -> set[Column]:
    """Outer columns that a plan reads."""
    from planner.rules.tree import correlated_columns

    return correlated_columns(plan)


def has_correlated(expression: Expression) -> bool:
    """Whether an expression reads an outer query's row."""
    return any(isinstance(node, CorrelatedColumn) for node in walk(expression))


# ------------------------------------------------------------------------------------------------------------- choosing


def build_join(state: Physicalizer, node: Join, want: Want) -> Built:
    """The cheapest algorithm for a join."""
    split = split_conditions(node)
    left, right = state.build(node.left), state.build(node.right)
    best = _hash_join(node, split, left, right, ordered=not want.order)
    for inner_is_right in (True, False):
        outer = state.build(node.left if inner_is_right else node.right, _outer_want(node, want, inner_is_right))
        candidate = _index_join(state, node, split, outer, inner_is_right=inner_is_right)
        if candidate is None:
            continue
        ordered = not want.order or outer.ordered
        candidate = replace(candidate, ordered=ordered and _keeps(want, outer.node))
        margin = cost.sort(best.rows) if candidate.ordered and not best.ordered else 0.0
        if (candidate.ordered or not best.ordered) and candidate.cost < best.cost + margin:
            best = candidate
    if node.kind is JoinKind.SEMI and best.ordered and not want.order:
        looked_up = _by_distinct_keys(state, node, split)
        if looked_up is not None and looked_up.cost < best.cost:
            return looked_up
    return best


def _by_distinct_keys(state: Physicalizer, node: Join, split: Split) -> Built | None:
    """A semi join as a lookup of the left side by the distinct keys of the right one, for a small right side."""
    if split.other or split.null_aware or not split.equal or not all(map(_groups_as_compared, split.equal)):
        return None
    columns = tuple(Column(state.ids.next(), "", pair.right.type) for pair in split.equal)
    keys: dict[Expression, Column] = dict(zip((pair.right for pair in split.equal), columns))
    distinct = Aggregate(node.right, tuple(keys), (), tuple(keys.values()))
    conditions = tuple(transform(condition, keys.get) for condition in node.conditions)
    join = Join(JoinKind.INNER, node.left, distinct, conditions)
    candidate = _index_join(state, join, split_conditions(join), state.build(distinct), inner_is_right=False)
    if candidate is None:
        return None
    left = node.left.schema
    rows = min(candidate.rows, state.build(node.left).rows)
    projection = Projection(child=candidate.node, expressions=left, columns=left, estimated_rows=rows)
    return Built(projection, candidate.cost)


def _groups_as_compared(pair: EqualPair) -> bool:
    """Whether grouping the right side makes equal what the comparison takes for equal."""
    sql_type = pair.right.type
    if pair.null_safe or sql_type.eval_type != pair.left.type.eval_type:
        return False
    if sql_type.eval_type == EvalType.STRING:
        return sql_type.is_string and sql_type.collation == pair.type.collation
    return sql_type.eval_type != EvalType.JSON


def _keeps(want: Want, outer: PhysicalNode) -> bool:
    return not want.order or {column for column, _ in want.order} <= set(outer.schema)


def _outer_want(node: Join, want: Want, inner_is_right: bool) -> Want:
    side = set((node.left if inner_is_right else node.right).schema)
    if want.order and {column for column, _ in want.order} <= side:
        return Want(want.order, want.limit)
    return Want(limit=want.limit if not want.order else None)


def joined_rows(kind: JoinKind, left: float, right: float, split: Split) -> float:
    """Estimated rows of a join."""
    if kind is JoinKind.SEMI:
        return left * 0.8
    if kind is JoinKind.ANTI:
        return left * 0.8
    if kind in (JoinKind.MARK, JoinKind.ANTI_MARK):
        return left
    rows = join_rows(left, right, len(split.equal)) * selectivity(split.other)
    if kind is JoinKind.LEFT:
        return max(rows, left)
    return max(rows, right) if kind is JoinKind.RIGHT else rows


def _hash_join(node: Join, split: Split, left: Built, right: Built, *, ordered: bool) -> Built:
    build_left = left.rows < right.rows and node.kind in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT)
    if node.kind is JoinKind.LEFT:
        build_left = left.rows * 4 < right.rows
    elif node.kind is JoinKind.RIGHT:
        build_left = not right.rows * 4 < left.rows
    build, probe = (left.rows, right.rows) if build_left else (right.rows, left.rows)
    rows = joined_rows(node.kind, left.rows, right.rows, split)
    pairs = rows if split.equal else left.rows * right.rows
    price = left.cost + right.cost + cost.hash_join(build, probe) + pairs * cost.EVALUATE * (1 + len(split.other))
    join = HashJoin(
        kind=node.kind,
        left=left.node,
        right=right.node,
        mark=node.mark,
        equal=split.equal,
        other=split.other,
        null_aware_other=split.null_aware_other,
        build_left=build_left,
        estimated_rows=rows,
    )
    return Built(join, price, ordered)


def _allowed(node: Join, split: Split, inner_is_right: bool) -> bool:
    if node.kind not in _LOOKED_UP or split.null_aware or not split.equal:
        return False
    if inner_is_right:
        return node.kind is not JoinKind.RIGHT
    return node.kind in (JoinKind.INNER, JoinKind.RIGHT)


def _index_join(state: Physicalizer, node: Join, split: Split, outer: Built, *, inner_is_right: bool) -> Built | None:
    if not _allowed(node, split, inner_is_right):
        return None
    inner = node.right if inner_is_right else node.left
    conditions: list[Expression] = []
    while isinstance(inner, Selection):
        conditions.extend(inner.conditions)
        inner = inner.child
    if not isinstance(inner, DataSource) or inner.table.id < 0 or any(info.is_virtual for info in inner.infos):
        return None
    keys = [condition for condition in node.conditions if _is_key(condition, split)]
    outer_columns = frozenset(outer.node.schema)
    found = _inner_path(state, inner, conditions, keys, outer_columns)
    if found is None:
        return None
    path, per_row = found
    read = {column for condition in path.access.used for column in columns_of(condition) if column in outer_columns}
    reader = reader_of(inner, path, per_row, Want(), state.context, state.ids)
    residual = tuple(one for one in path.access.residual if not columns_of(one) & outer_columns)
    if residual:
        rows = per_row * selectivity(residual)
        reader = PhysicalSelection(child=reader, conditions=residual, estimated_rows=rows)
    outer_rows = outer.rows
    price = outer.cost + cost.REQUEST + outer_rows * cost.INDEX_JOIN_ROW
    price += outer_rows * per_row * (cost.ROW if path.index is None or path.covering else cost.ENTRY + cost.LOOK_UP)
    left, right = (outer.node, reader) if inner_is_right else (reader, outer.node)
    total = table_rows(inner.table, state.context) * selectivity(conditions)
    sides = (outer_rows, total) if inner_is_right else (total, outer_rows)
    join = IndexJoin(
        kind=node.kind,
        left=left,
        right=right,
        equal=split.equal,
        other=split.other,
        inner_is_right=inner_is_right,
        outer_keys=tuple(sorted(read, key=lambda column: column.id)),
        inner_entries=_whole_entries(state, inner, path, outer_columns),
        estimated_rows=joined_rows(node.kind, *sides, split),
    )
    return Built(join, price)


def _whole_entries(state: Physicalizer, inner: DataSource, path: Path, outer: frozenset[Column]) -> float:
    """See `IndexJoin.inner_entries`."""
    if path.index is not None and not path.covering:
        return 0.0
    if not all(columns_of(condition) & outer for condition in path.access.used):
        return 0.0
    known = state.context.row_count(inner.table.id)
    return _UNKNOWN_ENTRIES if known is None else max(known, 1.0)


def _is_key(condition: Expression, split: Split) -> bool:
    """Whether a condition is a plain equality of the two sides."""
    if not isinstance(condition, Call) or condition.name != "=":
        return False
    args = set(condition.args)
    return any({pair.left, pair.right} == args for pair in split.equal)


def _inner_path(
    state: Physicalizer,
    inner: DataSource,
    conditions: Sequence[Expression],
    keys: Sequence[Expression],
    outer: frozenset[Column],
) -> tuple[Path, float] | None:
    """The path on which the join keys leave fewest rows, and how many that is for one outer row."""
    total = table_rows(inner.table, state.context)
    best: tuple[Path, float] | None = None
    best_price = 0.0
    for path in access_paths(inner, [*conditions, *keys], outer):
        if not any(columns_of(condition) & outer for condition in path.access.used):
            continue
        groups = state.context.group_rows(inner.table, 0 if path.index is None else path.index.id)
        unique = path.own_parts if path.unique else 0
        rows = rows_in_boxes(path.access.boxes, total, unique_parts=unique, groups=groups)
        price = rows * (cost.ROW if path.index is None or path.covering else cost.ENTRY + cost.LOOK_UP)
        if path.forced:
            price *= 1e-6
        if best is None or price < best_price:
            best, best_price = (path, rows), price
    return best
