"""FROM: table references and joins, with MySQL's rules for comma, USING and NATURAL.

A `Part` is a bound piece of FROM: its plan, the sources that qualified names mean, and the columns of `*` in order, in
which USING and NATURAL have merged the common ones (MySQL manual, "JOIN Clause").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.dependence import Dependency, of_conditions, of_outer_join
from planner.bind.placement import Pending, attach
from planner.bind.relation import Facts
from planner.bind.scope import Scope, Source
from planner.bind.state import Environment, unsupported
from planner.expr.nodes import Column, CorrelatedColumn, Expression, columns_of, transform
from planner.functions import resolve
from planner.logical import Apply, Dual, Join, JoinKind, LogicalNode, Selection, nullable
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    DERIVED_MUST_HAVE_ALIAS,
    NON_UNIQ_ERROR,
    NONUNIQ_TABLE,
    TOO_MANY_TABLES,
    SqlError,
)

CLAUSE = "from clause"
ON_CLAUSE = "on clause"


@dataclass(frozen=True, slots=True)
class Part:
    """A bound piece of FROM."""

    plan: LogicalNode
    sources: tuple[Source, ...]
    visible: tuple[Column, ...]
    facts: tuple[Facts, ...] = ()

    def scope(self, outer: Scope | None) -> Scope:
        """The names of this piece."""
        return Scope(self.sources, self.visible, outer)

    def dependencies(self) -> list[Dependency]:
        """Functional dependencies of the piece."""
        return [dependency for fact in self.facts for dependency in fact()]

    def as_inner_side(self) -> Part:
        """The piece as the NULL-complemented side of an outer join."""
        sources = tuple(replace(s, columns=tuple(nullable(column) for column in s.columns)) for s in self.sources)
        return replace(self, sources=sources, visible=tuple(nullable(c) for c in self.visible))


MAX_TABLES = 61

NO_TABLE = Part(Dual(), (), ())


def bind_from(environment: Environment, first: exp.Expression | None, joins: Sequence[exp.Expression]) -> Part:
    """FROM with its joins. Errors 1066 and those of the tables."""
    if first is None:
        return NO_TABLE
    part = fold_joins(environment, bind_reference(environment, first), joins)
    check_unique(part.sources)
    return part


def check_unique(sources: Sequence[Source]) -> None:
    """Error 1066 when two sources have the same name, 1116 for more tables than MySQL joins."""
    if len(sources) > MAX_TABLES:
        raise SqlError(TOO_MANY_TABLES, limit=MAX_TABLES)
    seen: set[tuple[str, str]] = set()
    for source in sources:
        key = (source.database.lower() if source.table is not None else "", source.alias.lower())
        if key in seen:
            raise SqlError(NONUNIQ_TABLE, table=source.alias)
        seen.add(key)


def bind_reference(environment: Environment, node: exp.Expression) -> Part:
    """A table, a derived table or a parenthesised join, with the joins that hang on it."""
    from planner.bind.derived import bind_derived, bind_named

    take(node)
    if isinstance(node, exp.Table):
        part = bind_named(environment, node)
        return fold_joins(environment, part, node.args.get("joins") or ())
    if isinstance(node, exp.Values):
        return bind_derived(environment, node)
    if not isinstance(node, exp.Subquery):
        raise refused(node)
    inside = node.this
    while isinstance(inside, exp.Subquery) and inside.args.get("alias") is None:
        inside = inside.this
    if isinstance(inside, (exp.Table, exp.Subquery)):
        if node.args.get("alias") is not None or any(node.args.get(k) for k in ("order", "limit", "offset", "with_")):
            raise unsupported("an alias of a parenthesised join")
        part = bind_reference(environment, node.this)
    else:
        if node.args.get("alias") is None:
            raise SqlError(DERIVED_MUST_HAVE_ALIAS)
        part = bind_derived(environment, node)
    return fold_joins(environment, part, node.args.get("joins") or ())


def fold_joins(environment: Environment, first: Part, joins: Sequence[exp.Expression]) -> Part:
    """Joins from left to right; the comma binds looser than every JOIN."""
    groups: list[Part] = []
    current = first
    for join in joins:
        take(join)
        right = bind_reference(environment, join.this)
        if is_comma(join):
            groups.append(current)
            current = right
        else:
            current = bind_join(environment, current, right, join)
    for left in reversed(groups):
        current = left_first(left, current)
    return current


def left_first(left: Part, right: Part) -> Part:
    """The cross join of two pieces."""
    return Part(
        Join(JoinKind.INNER, left.plan, right.plan),
        left.sources + right.sources,
        left.visible + right.visible,
        left.facts + right.facts,
    )


def is_comma(join: exp.Expression) -> bool:
    """Whether the Join node is a comma; the token pass marks every other join without ON as CROSS."""
    return not any(join.args.get(name) for name in ("on", "using", "side", "kind", "method"))


def bind_join(environment: Environment, left: Part, right: Part, join: exp.Expression) -> Part:
    """One JOIN. RIGHT becomes LEFT with the sides exchanged."""
    side = (join.args.get("side") or "").upper()
    kind = (join.args.get("kind") or "").upper()
    method = (join.args.get("method") or "").upper()
    if side not in ("", "LEFT", "RIGHT") or kind not in ("", "INNER", "OUTER", "CROSS", "STRAIGHT_JOIN", "STRAIGHT"):
        raise unsupported(f"{side} {kind} JOIN".strip())
    if method not in ("", "NATURAL"):
        raise unsupported(f"{method} JOIN")
    sources = left.sources + right.sources
    if side == "RIGHT":
        left, right = right, left
    names = [part.name for part in join.args.get("using") or ()]
    if method == "NATURAL":
        known = {column.name.lower() for column in right.visible}
        names = [column.name for column in left.visible if column.name.lower() in known]
    merged = common_columns(left, right, names)
    conditions = [resolve("=", pair, environment.context) for pair in merged]
    if merged:
        Scope(sources).read(column for pair in merged for column in pair)
    visible = natural_order(left, right, merged) if names else (*left.visible, *right.visible)
    if side == "RIGHT" and not names:
        visible = (*right.visible, *left.visible)
    outer = bool(side)
    if outer:
        inner_side = right.as_inner_side()
        changed = {column.id: column for source in inner_side.sources for column in source.columns}
        visible = tuple(nullable(c) if c.id in changed else c for c in visible)
        by_name = {id(old): new for old, new in zip(right.sources, inner_side.sources)}
        joined_sources = tuple(by_name.get(id(source), source) for source in sources)
    else:
        joined_sources = sources
    straight = kind.startswith("STRAIGHT")
    on = join.args.get("on")
    whole = Part(Dual(), sources, left.visible + right.visible).scope(environment.outer)
    plan, facts = _join_plan(environment, left, right, conditions, on, whole, outer=outer, straight=straight)
    return Part(plan, joined_sources, visible, left.facts + right.facts + facts)


def _join_plan(
    environment: Environment,
    left: Part,
    right: Part,
    conditions: list[Expression],
    on: exp.Expression | None,
    scope: Scope,
    *,
    outer: bool,
    straight: bool,
) -> tuple[LogicalNode, tuple[Facts, ...]]:
    """The join node, and what ON tells about functional dependence."""
    from planner.bind.where import bind_conjuncts, split_subqueries

    pending: list[Pending] = []
    if on is not None:
        conditions += bind_conjuncts(environment, scope, on, ON_CLAUSE, pending)
    if not outer:
        plain, with_answers = split_subqueries(conditions, pending)
        plan: LogicalNode = Join(JoinKind.INNER, left.plan, right.plan, tuple(plain), straight=straight)
        if pending:
            plan = attach(plan, pending)
            plan = Selection(plan, tuple(with_answers)) if with_answers else plan
        return plan, (lambda: of_conditions(conditions),)
    left_plan, right_plan = left.plan, right.plan
    both: list[Pending] = []
    for item in pending:
        read = item.correlated() | {c for condition in item.conditions for c in columns_of(condition)}
        if not read & set(left_plan.schema):
            right_plan = attach(right_plan, (item,))
        elif not read & set(right_plan.schema):
            left_plan = attach(left_plan, (item,))
        else:
            both.append(item)
    outer_side = set(left_plan.schema)
    if both:
        plan = _for_each_row(left_plan, right_plan, conditions, both)
    else:
        plan = Join(JoinKind.LEFT, left_plan, right_plan, tuple(conditions), straight=straight)
    return plan, (lambda: of_outer_join(conditions, outer_side),)


def _for_each_row(
    left: LogicalNode, right: LogicalNode, conditions: Sequence[Expression], pending: Sequence[Pending]
) -> Apply:
    """A left join whose ON has subqueries over both sides: these are answered for the right rows of each left row."""
    from planner.bind.where import split_subqueries

    outer = set(left.schema)

    def visit(part: Expression) -> Expression | None:
        return CorrelatedColumn(part) if isinstance(part, Column) and part in outer else None

    def correlated(expression: Expression) -> Expression:
        return transform(expression, visit)

    for item in pending:
        item.conditions = tuple(map(correlated, item.conditions))
    plain, with_answers = split_subqueries(conditions, pending)
    right = attach(right, pending)
    if with_answers:
        right = Selection(right, tuple(map(correlated, with_answers)))
    return Apply(JoinKind.LEFT, left, right, tuple(plain))


def common_columns(left: Part, right: Part, names: Sequence[str]) -> list[tuple[Column, Column]]:
    """The pairs that USING or NATURAL equates, in the order of the left side. Errors 1054, 1052."""
    if not names:
        return []
    wanted = {name.lower(): name for name in names}
    for part in (left, right):
        for key, name in wanted.items():
            count = sum(1 for column in part.visible if column.name.lower() == key)
            if count == 0:
                raise SqlError(BAD_FIELD_ERROR, column=name, clause=CLAUSE)
            if count > 1:
                raise SqlError(NON_UNIQ_ERROR, column=name, clause=CLAUSE)
    others = {column.name.lower(): column for column in right.visible}
    return [(column, others[column.name.lower()]) for column in left.visible if column.name.lower() in wanted]


def natural_order(left: Part, right: Part, merged: Sequence[tuple[Column, Column]]) -> tuple[Column, ...]:
    """Columns of `*`: the common ones (the left side's), the rest of the left, the rest of the right."""
    common = {pair[0].id for pair in merged}
    gone = {pair[1].id for pair in merged}
    return tuple(_ordered(left, right, common, gone))


def _ordered(left: Part, right: Part, common: set[int], gone: set[int]) -> Iterator[Column]:
    yield from (column for column in left.visible if column.id in common)
    yield from (column for column in left.visible if column.id not in common)
    yield from (column for column in right.visible if column.id not in gone)
