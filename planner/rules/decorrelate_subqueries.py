"""Correlated subqueries become joins: what the subquery compares with the outer row moves into the join's conditions.

Conditions that read outer columns are pulled up through filters, projections and inner joins. EXISTS, IN and their
negations take any such condition. A scalar aggregate takes equalities only: the inner sides become group keys, and a
missing group is the aggregate of no rows (COUNT 0, others NULL; what is computed from them is computed above the join).
Anything else stays an Apply, which runs the subquery for every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from planner.expr.folding import fold
from planner.expr.nodes import Call, Column, Constant, Expression, columns_of, substitute
from planner.functions import resolve
from planner.logical import (
    Aggregate,
    Apply,
    Distinct,
    Join,
    JoinKind,
    Limit,
    LogicalNode,
    MaxOneRow,
    Projection,
    Selection,
    Sort,
)
from planner.rules.eliminate_max_one_row import at_most_one_row
from planner.rules.tree import (
    RuleContext,
    columns_read,
    correlated_columns,
    decorrelated,
    is_movable,
    reads_outer,
    selection,
    transform_up,
)
from sqlnode.base.types import EvalType, Flag

_SEMI = frozenset({JoinKind.SEMI, JoinKind.ANTI, JoinKind.MARK, JoinKind.ANTI_MARK})
_NULL_OF_NOTHING = frozenset(
    {"sum", "avg", "min", "max", "first_row", "any_value", "group_concat", "json_arrayagg", "json_objectagg"}
)


def decorrelate_subqueries(plan: LogicalNode, context: RuleContext) -> LogicalNode:
    """`Apply(SEMI, t, σ(u.k = outer t.k)(u))` → `Join(SEMI, t, u, t.k = u.k)`, and the scalar forms."""
    return transform_up(plan, lambda node: _decorrelated(node, context) if isinstance(node, Apply) else node)


def _decorrelated(node: Apply, context: RuleContext) -> LogicalNode:
    outer = set(node.left.schema)
    if not correlated_columns(node.right) & outer:
        return _join(node, node.right, node.conditions)
    if node.kind in _SEMI:
        return _semi(node, outer)
    if node.kind is JoinKind.LEFT and isinstance(node.right, MaxOneRow) and not node.right.columns:
        return _scalar(node, node.right.child, outer, context)
    if node.kind in (JoinKind.INNER, JoinKind.LEFT):
        return _lateral(node, outer)
    return node


def _join(node: Apply, right: LogicalNode, conditions: Sequence[Expression]) -> Join:
    return Join(node.kind, node.left, right, tuple(conditions), node.mark, node.null_aware_count, node.straight)


# -------------------------------------------------------------------------------------------------------- EXISTS and IN


def _semi(node: Apply, outer: set[Column]) -> LogicalNode:
    right = node.right
    conditions = node.conditions
    while True:
        if isinstance(right, Projection) and all(map(is_movable, right.expressions)):
            mapping = {c: decorrelated(e, outer) for c, e in zip(right.columns, right.expressions)}
            conditions = tuple(substitute(condition, mapping) for condition in conditions)
            right = right.child
        elif isinstance(right, (Sort, Distinct)) or _any_rows(right, node):
            right = right.children[0]
        else:
            break
    pulled = Pulled(outer)
    right = pulled.up(right, columns_read(conditions))
    if correlated_columns(right) & outer:
        return node
    return _join(node, right, (*conditions, *pulled.conditions))


def _any_rows(node: LogicalNode, apply: Apply) -> bool:
    """A LIMIT that does not change whether there is a row."""
    if not isinstance(node, Limit) or apply.conditions or node.offset is not None:
        return False
    return isinstance(node.count, Constant) and isinstance(node.count.value, int) and node.count.value > 0


# ------------------------------------------------------------------------------------------------------ other subqueries


def _lateral(node: Apply, outer: set[Column]) -> LogicalNode:
    pulled = Pulled(outer)
    right = pulled.up(node.right, set(node.right.schema))
    if correlated_columns(right) & outer:
        return node
    return _restored(node, _join(node, right, (*node.conditions, *pulled.conditions)))


def _restored(node: Apply, join: Join) -> LogicalNode:
    """The join with exactly the columns of the Apply, where pulling added some."""
    if len(join.schema) == len(node.schema):
        return join
    given = {column: column for column in join.schema}
    columns = tuple(given[column] for column in node.schema)
    return Projection(join, columns, columns)


def _scalar(node: Apply, right: LogicalNode, outer: set[Column], context: RuleContext) -> LogicalNode:
    above: list[Projection] = []
    below = right
    while isinstance(below, Projection) and all(map(is_movable, below.expressions)):
        above.append(below)
        below = below.child
    if isinstance(below, Aggregate) and not below.group_by:
        return _scalar_aggregate(node, above, below, outer, context)
    if not at_most_one_row(right):
        return node
    return _lateral(replace(node, right=right), outer)


def _scalar_aggregate(
    node: Apply, above: Sequence[Projection], aggregate: Aggregate, outer: set[Column], context: RuleContext
) -> LogicalNode:
    if any(reads_outer(call, outer) for call in aggregate.aggregates):
        return node
    if not all(call.name == "count" or call.name in _NULL_OF_NOTHING for call in aggregate.aggregates):
        return node
    pulled = Pulled(outer)
    child = pulled.up(aggregate.child, columns_read(aggregate.aggregates))
    if correlated_columns(child) & outer:
        return node
    keys: list[Expression] = []
    conditions: list[Expression] = []
    key_columns: list[Column] = []
    for condition in pulled.conditions:
        sides = _equality(condition, outer)
        if sides is None:
            return node
        inner, operand = sides
        key = context.fresh(inner) if isinstance(inner, Column) else Column(context.ids.next(), "", inner.type)
        keys.append(inner)
        key_columns.append(key)
        conditions.append(_compared(condition, inner, operand, key))
    counts = {
        column: context.fresh(column)
        for column, call in zip(aggregate.columns, aggregate.aggregates)
        if call.name == "count"
    }
    results = tuple(counts.get(column, column) for column in aggregate.columns)
    grouped = Aggregate(child, tuple(keys), aggregate.aggregates, (*results, *key_columns))
    join: LogicalNode = Join(JoinKind.LEFT, node.left, grouped, tuple(conditions))
    return _with_answers(node, join, above, aggregate, counts, context)


def _compared(condition: Expression, inner: Expression, operand: Expression, key: Column) -> Expression:
    assert isinstance(condition, Call), "an equality"
    args = (key, operand) if condition.args[0] == inner else (operand, key)
    return replace(condition, args=args)


def _with_answers(
    node: Apply,
    join: LogicalNode,
    above: Sequence[Projection],
    aggregate: Aggregate,
    counts: dict[Column, Column],
    context: RuleContext,
) -> LogicalNode:
    """The subquery's columns over the join: counts of missing groups are 0, then what the subquery computes of them."""
    outer = set(node.left.schema)
    values: dict[Column, Expression] = {column: column for column in aggregate.columns}
    for column, given in counts.items():
        missing = replace(given, type=given.type.with_flags(remove=Flag.NOT_NULL))
        zero = Constant(0, given.type.with_flags(add=Flag.NOT_NULL))
        values[column] = fold(resolve("ifnull", (missing, zero), context.plan), context.plan)
    for projection in reversed(above):
        values = {
            column: substitute(decorrelated(expression, outer), values)
            for column, expression in zip(projection.columns, projection.expressions)
        }
    right_columns = node.right.schema
    expressions = (*node.left.schema, *(values[column] for column in right_columns))
    return Projection(join, expressions, node.schema)


def _equality(condition: Expression, outer: set[Column]) -> tuple[Expression, Expression] | None:
    """(inner side, outer side) of an equality whose inner side groups exactly as the comparison compares."""
    if not isinstance(condition, Call) or condition.name != "=":
        return None
    for inner, operand in (condition.args, condition.args[::-1]):
        inner_columns = columns_of(inner)
        if not inner_columns or inner_columns & outer or columns_of(operand) - outer or not is_movable(inner):
            continue
        if inner.type.eval_type != operand.type.eval_type or inner.type.eval_type == EvalType.JSON:
            return None
        if inner.type.eval_type == EvalType.STRING and (
            not inner.type.is_string or inner.type.collation != condition.signature.derivation.collation
        ):
            return None
        return inner, operand
    return None


# ---------------------------------------------------------------------------------------------------------- pulling up


@dataclass(slots=True)
class Pulled:
    """Conditions that were taken out of a subquery because they read columns of `outer`."""

    outer: set[Column]
    conditions: list[Expression] = field(default_factory=list)

    def up(self, node: LogicalNode, needed: set[Column]) -> LogicalNode:
        """The node without such conditions wherever they can be taken out, giving also the columns that they read.
        `needed` are the columns that must come out."""
        match node:
            case Selection():
                own = [one for one in node.conditions if reads_outer(one, self.outer) and is_movable(one)]
                rest = [one for one in node.conditions if one not in own]
                if any(reads_outer(one, self.outer) for one in rest):
                    return node
                taken = [decorrelated(one, self.outer) for one in own]
                child = self.up(node.child, needed | columns_read(taken) | columns_read(rest))
                self.conditions.extend(taken)
                return selection(child, rest)
            case Projection():
                return self._projection(node, needed)
            case Join(kind=JoinKind.INNER) if not isinstance(node, Apply):
                own = [one for one in node.conditions if reads_outer(one, self.outer) and is_movable(one)]
                rest = [one for one in node.conditions if one not in own]
                taken = [decorrelated(one, self.outer) for one in own]
                more = needed | columns_read(taken) | columns_read(rest)
                left, right = self.up(node.left, more), self.up(node.right, more)
                self.conditions.extend(taken)
                return replace(node, left=left, right=right, conditions=tuple(rest))
            case Join(kind=JoinKind.LEFT | JoinKind.SEMI | JoinKind.ANTI | JoinKind.MARK | JoinKind.ANTI_MARK):
                if any(reads_outer(one, self.outer) for one in node.conditions):
                    return node
                left = self.up(node.left, needed | columns_read(node.conditions))
                return node if left is node.left else replace(node, left=left)
            case Sort():
                if any(reads_outer(item.expression, self.outer) for item in node.items):
                    return node
                child = self.up(node.child, needed | columns_read(item.expression for item in node.items))
                return node if child is node.child else replace(node, child=child)
        return node

    def _projection(self, node: Projection, needed: set[Column]) -> LogicalNode:
        if any(reads_outer(expression, self.outer) for expression in node.expressions):
            return node
        before = len(self.conditions)
        child = self.up(node.child, columns_read(node.expressions))
        if child is node.child:
            return node
        read = columns_read(self.conditions[before:]) - self.outer
        extra = tuple(column for column in child.schema if column in read and column not in node.columns)
        return Projection(child, (*node.expressions, *extra), (*node.columns, *extra))
