"""Comparisons, IN, rows, and the subqueries that stand in expressions."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import take
from planner.bind.expressions import ExpressionBinder, Handler, is_parameter, unwrapped
from planner.bind.placement import Pending
from planner.bind.relation import Relation
from planner.bind.state import unsupported
from planner.expr.coercion import comparison_type
from planner.expr.nodes import AggregateCall, Column, Expression
from planner.functions import cast, resolve_aggregate
from planner.logical import Aggregate, JoinKind, LogicalNode, MaxOneRow
from sqlnode.base.errors import OPERAND_COLUMNS, SqlError
from sqlnode.base.types import boolean

COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=",
    exp.NullSafeEQ: "<=>",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_QUERIES = (exp.Select, exp.SetOperation, exp.Values)


@dataclass(frozen=True, slots=True)
class RowValue:
    """An operand of a comparison: one value, or the values of a row."""

    values: tuple[Expression, ...]
    is_row: bool

    def nested(self, binder: ExpressionBinder) -> Expression:
        """As one argument of a comparison."""
        return binder.call("row", self.values) if self.is_row else self.values[0]


def row_operand(binder: ExpressionBinder, node: exp.Expression, like: RowValue | None = None) -> RowValue:
    """A value, a row constructor or a row subquery. `like` types parameters by the other side."""
    inside = unwrapped(node)
    if isinstance(inside, exp.Tuple):
        take(inside)
        expected = like.values if like is not None else ()
        parts = inside.expressions
        if not parts:
            raise SqlError(OPERAND_COLUMNS, count=1)
        types = [expected[i].type if i < len(expected) else None for i in range(len(parts))]
        return RowValue(tuple(binder.bind(part, t) for part, t in zip(parts, types)), True)
    if isinstance(inside, exp.Subquery) and is_query(inside):
        columns = scalar_subquery(binder, inside)
        return RowValue(columns, len(columns) > 1)
    return RowValue((binder.bind(inside, like.values[0].type if like is not None else None),), False)


def is_query(node: exp.Expression) -> bool:
    """Whether a Subquery node holds a query (and not a parenthesised table)."""
    while isinstance(node, exp.Subquery):
        node = node.this
    return isinstance(node, _QUERIES)


def _same_width(left: RowValue, right: RowValue) -> None:
    if len(left.values) != len(right.values):
        raise SqlError(OPERAND_COLUMNS, count=len(left.values))


def comparison(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """`a op b`, `(a, b) op (c, d)`, `a op ANY (query)`, `a op ALL (query)`."""
    name = COMPARISONS[type(node)]
    right_node = unwrapped(node.expression)
    if isinstance(right_node, (exp.Any, exp.All)):
        return quantified(binder, name, node.this, right_node)
    if is_parameter(node.this) and not is_parameter(node.expression):
        right = row_operand(binder, node.expression)
        left = row_operand(binder, node.this, right)
    else:
        left = row_operand(binder, node.this)
        right = row_operand(binder, node.expression, left)
    _same_width(left, right)
    return binder.call(name, (left.nested(binder), right.nested(binder)))


def scalar_subquery(binder: ExpressionBinder, node: exp.Expression) -> tuple[Column, ...]:
    """The columns of a subquery that gives at most one row (error 1242 at run time when it gives more)."""
    relation = subquery(binder, node)
    plan = MaxOneRow(relation.plan)
    columns = tuple(plan.schema)
    place(binder, Pending(JoinKind.LEFT, plan))
    wanted = {column.id: column for column in columns}
    return tuple(wanted[column.id] for column in relation.columns)


def subquery(binder: ExpressionBinder, node: exp.Expression) -> Relation:
    """Binds a query inside an expression; its outer names are the binder's."""
    from planner.bind.query import bind_query

    if isinstance(node, exp.Subquery) and node.args.get("alias") is None and not _has_tail(node):
        take(node)
        return subquery(binder, node.this)
    return bind_query(node, binder.environment.inside(binder.scope))


def _has_tail(node: exp.Expression) -> bool:
    return any(node.args.get(name) for name in ("order", "limit", "offset", "with_", "locks"))


def place(binder: ExpressionBinder, pending: Pending) -> None:
    """Hands a subquery to the clause's owner."""
    if binder.pending is None:
        raise unsupported(f"a subquery in {binder.clause}")
    binder.pending.append(pending)


def _scalar(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    columns = scalar_subquery(binder, node)
    if len(columns) != 1:
        raise SqlError(OPERAND_COLUMNS, count=1)
    return columns[0]


def _exists(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    mark = binder.environment.binding.column("", boolean())
    place(binder, Pending(JoinKind.MARK, subquery(binder, node.this).plan, mark=mark))
    return mark


def _in(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    query = node.args.get("query")
    if query is not None:
        return _member(binder, node.this, query)
    left_node = node.this
    items = node.expressions
    if is_parameter(left_node) and items and not is_parameter(items[0]):
        first = row_operand(binder, items[0])
        left = row_operand(binder, left_node, first)
        rest = [row_operand(binder, item, left) for item in items[1:]]
        members = [first, *rest]
    else:
        left = row_operand(binder, left_node)
        members = [row_operand(binder, item, left) for item in items]
    for member in members:
        _same_width(left, member)
    return binder.call("in", (left.nested(binder), *(member.nested(binder) for member in members)))


def _member(binder: ExpressionBinder, left: exp.Expression, query: exp.Expression) -> Expression:
    mark = binder.environment.binding.column("", boolean())
    plan, conditions = in_subquery(binder, left, query)
    place(binder, Pending(JoinKind.MARK, plan, conditions, mark, len(conditions)))
    return mark


def in_subquery(
    binder: ExpressionBinder, left_node: exp.Expression, query: exp.Expression
) -> tuple[LogicalNode, tuple[Expression, ...]]:
    """The subquery's plan and one equality per column of `left IN (query)`. Error 1241."""
    left = row_operand(binder, left_node)
    _no_limit(query)
    relation = subquery(binder, query)
    if len(left.values) != len(relation.columns):
        raise SqlError(OPERAND_COLUMNS, count=len(left.values))
    conditions = tuple(binder.call("=", pair) for pair in zip(left.values, relation.columns))
    return relation.plan, conditions


def _no_limit(query: exp.Expression) -> None:
    """Error 1235 for a LIMIT of the subquery or of a part of its UNION, which MySQL does not have."""
    if query.args.get("limit") is not None or query.args.get("offset") is not None:
        raise unsupported("LIMIT & IN/ALL/ANY/SOME subquery")
    if isinstance(query, exp.Subquery):
        _no_limit(query.this)
    elif isinstance(query, exp.SetOperation):
        _no_limit(query.this)
        _no_limit(query.expression)


def quantified(binder: ExpressionBinder, name: str, left_node: exp.Expression, node: exp.Expression) -> Expression:
    """`a op ANY (query)`, `a op ALL (query)`: IN and NOT IN, or a comparison with the extremes of the query's values.

    With n rows, of which k are not NULL, and extreme m: ANY is false for n = 0, else `a op m`, or NULL when that is not
    true and there are NULLs; ALL is true for n = 0, else `a op m`, or NULL when that is not false and there are NULLs.
    """
    take(node)
    if name == "<=>":
        raise unsupported("<=> ANY and <=> ALL")
    is_all = isinstance(node, exp.All)
    if (name == "=" and not is_all) or (name == "!=" and is_all):
        found = _member(binder, left_node, node.this)
        return binder.call("not", (found,)) if is_all else found
    left = row_operand(binder, left_node)
    _no_limit(node.this)
    relation = subquery(binder, node.this)
    if left.is_row or len(relation.columns) != 1:
        raise SqlError(OPERAND_COLUMNS, count=1)
    value = left.values[0]
    target = comparison_type(value.type, relation.columns[0].type)
    compared = cast(relation.columns[0], target)
    context = binder.context
    calls = tuple(
        resolve_aggregate(function, args, context)
        for function, args in (
            ("min", (compared,)), ("max", (compared,)),
            ("count", (literals.integer_constant(1),)), ("count", (compared,)),
        )
    )  # fmt: skip
    low, high, rows, known = (binder.environment.binding.column("", call.type) for call in calls)
    place(binder, Pending(JoinKind.LEFT, _extremes(relation, calls, (low, high, rows, known))))
    result = _against_extremes(binder, name, value, low, high, is_all=is_all)
    null_if_unknown = binder.call(
        "if", (binder.call("=", (rows, known)), literals.boolean_constant(is_all), literals.NULL)
    )
    answer = binder.call("and" if is_all else "or", (result, null_if_unknown))
    empty = binder.call("=", (rows, literals.integer_constant(0)))
    return binder.call("if", (empty, literals.boolean_constant(is_all), answer))


def _extremes(relation: Relation, calls: tuple[AggregateCall, ...], columns: tuple[Column, ...]) -> Aggregate:
    return Aggregate(relation.plan, aggregates=calls, columns=columns)


def _against_extremes(
    binder: ExpressionBinder, name: str, value: Expression, low: Column, high: Column, *, is_all: bool
) -> Expression:
    if name == "=":
        return binder.call("and", (binder.call(name, (value, low)), binder.call(name, (value, high))))
    if name == "!=":
        return binder.call("or", (binder.call(name, (value, low)), binder.call(name, (value, high))))
    wants_high = (name in (">", ">=")) == is_all
    return binder.call(name, (value, high if wants_high else low))


HANDLERS: dict[type[exp.Expression], Handler] = {
    **dict.fromkeys(COMPARISONS, comparison),
    exp.In: _in,
    exp.Subquery: _scalar,
    exp.Exists: _exists,
}
