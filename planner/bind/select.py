"""One query block: SELECT … FROM … WHERE … GROUP BY … HAVING … ORDER BY … LIMIT.

The plan, from below: FROM, conditions of WHERE, semi joins and subquery answers of WHERE, row locks, Aggregate, answers
of subqueries in the select list, conditions of HAVING, Sort, Limit, Projection; where the order needs computed select
items, or DISTINCT comes between, the Projection stands below the Sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.dependence import Dependency, computed, of_conditions
from planner.bind.expressions import ExpressionBinder, column_parts, unwrapped
from planner.bind.expressions_operators import operand
from planner.bind.from_clause import Part, bind_from
from planner.bind.group import Grouping, has_aggregate, without_any_value
from planner.bind.locks import bind_locks
from planner.bind.names import having_names, item_named, order_names, scope_name_count
from planner.bind.ordering import OrderKey, arrange, bind_order, check_distinct_order
from planner.bind.placement import Pending, attach
from planner.bind.query import position_of
from planner.bind.relation import Facts, Relation
from planner.bind.scope import Scope
from planner.bind.state import Environment, unsupported
from planner.bind.where import bind_condition, conjuncts, semi_join, split_subqueries
from planner.context import SqlMode
from planner.expr.nodes import AggregateCall, Column, Expression, columns_of
from planner.functions import unrounded
from planner.logical import Join, JoinKind, LogicalNode, Selection
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    ILLEGAL_REFERENCE,
    NO_TABLES_USED,
    REMOVED_SPACES,
    SYNTAX_ERROR,
    WRONG_GROUP_FIELD,
    SqlError,
    SqlWarning,
)

FIELD_LIST = "field list"
SELECT_LIST = "SELECT list"
MAX_LABEL = 256
"""Characters of a label that no alias gave."""


@dataclass(frozen=True, slots=True)
class SelectItem:
    """An item of the select list: its value, its label, and its alias (empty when it has none)."""

    expression: Expression
    label: str
    alias: str = ""
    is_subquery: bool = False
    """Its value may be a column of the subquery's table, but results do not say so."""
    tree: exp.Expression | None = field(default=None, compare=False)
    """What was written, for items that the query writes out."""


@dataclass(slots=True)
class Block:
    """A query block while it is bound."""

    environment: Environment
    node: exp.Expression
    part: Part
    scope: Scope
    items: list[SelectItem] = field(default_factory=list)
    group_by: list[Expression] = field(default_factory=list)
    having: list[Expression] = field(default_factory=list)
    order: list[OrderKey] = field(default_factory=list)
    conditions: list[Expression] = field(default_factory=list)
    lower: list[Pending] = field(default_factory=list)
    """Subqueries answered below the Aggregate: in GROUP BY and inside aggregate functions."""
    upper: list[Pending] = field(default_factory=list)
    """Subqueries of the select list and ORDER BY."""
    having_pending: list[Pending] = field(default_factory=list)
    outer_aggregates: dict[AggregateCall, Column] = field(default_factory=dict)
    """Aggregate functions of this block that stand in its subqueries."""

    @property
    def strict(self) -> bool:
        """Whether ONLY_FULL_GROUP_BY holds."""
        return bool(self.environment.context.sql_mode & SqlMode.ONLY_FULL_GROUP_BY)

    def outer_aggregate(self, call: AggregateCall) -> Column:
        """The column of an aggregate function that stands in a subquery."""
        found = self.outer_aggregates.get(call)
        if found is None:
            found = self.outer_aggregates[call] = self.environment.binding.column("", call.type)
        return found

    def binder(self, clause: str, pending: list[Pending]) -> ExpressionBinder:
        """A binder in whose expressions aggregates may stand."""
        return ExpressionBinder(self.environment, self.scope, clause, pending, self.lower)


def bind_select(node: exp.Expression, environment: Environment) -> Relation:
    """A Select node (its WITH has been taken into the environment)."""
    source = node.args.get("from_")
    if source is not None:
        take(source)
    from_environment = replace(environment, locking=True) if node.args.get("locks") else environment
    part = bind_from(from_environment, None if source is None else source.this, node.args.get("joins") or ())
    if "STRAIGHT_JOIN" in _words(environment, node):
        part = replace(part, plan=_straight(part.plan))
    block = Block(environment, node, part, part.scope(environment.outer))
    plan = _where(block, part.plan)
    plan = bind_locks(environment, node, part, plan)
    if not node.expressions:
        raise SqlError(SYNTAX_ERROR, near="", line=1)
    block.scope.aggregates = block.outer_aggregate
    block.items = bind_items(block)
    block.scope.aggregates = None
    block.group_by = _group_by(block)
    block.scope.aggregates = block.outer_aggregate
    block.having = _having(block)
    block.order = bind_order(block)
    return _assemble(block, plan)


def _words(environment: Environment, node: exp.Expression) -> frozenset[str]:
    statement = environment.unit.statement
    if statement is None or not statement.modifiers.words or statement.ast is not node:
        return frozenset()
    return statement.modifiers.words


def _straight(plan: LogicalNode) -> LogicalNode:
    if isinstance(plan, Join) and plan.kind in (JoinKind.INNER, JoinKind.LEFT):
        return replace(plan, left=_straight(plan.left), right=_straight(plan.right), straight=True)
    return plan


def _where(block: Block, plan: LogicalNode) -> LogicalNode:
    clause = block.node.args.get("where")
    if clause is None:
        return plan
    take(clause)
    plan, block.conditions = bind_where(block.environment, block.scope, clause.this, plan)
    return plan


def bind_where(
    environment: Environment, scope: Scope, condition: exp.Expression, plan: LogicalNode
) -> tuple[LogicalNode, list[Expression]]:
    """The plan under a WHERE condition, and its conjuncts."""
    pending: list[Pending] = []
    binder = ExpressionBinder(environment, scope, "where clause", pending)
    conditions = _conditions(binder, condition, pending)
    plain, with_answers = split_subqueries(conditions, pending)
    if plain:
        plan = Selection(plan, tuple(plain))
    plan = attach(plan, pending)
    if with_answers:
        plan = Selection(plan, tuple(with_answers))
    return plan, conditions


def _conditions(binder: ExpressionBinder, condition: exp.Expression, pending: list[Pending]) -> list[Expression]:
    """The conjuncts; those that are semi joins go to `pending`."""
    found = []
    for part in conjuncts(condition):
        joined = semi_join(binder, part)
        if joined is not None:
            pending.append(joined)
        else:
            found.append(bind_condition(binder, part))
    return found


def bind_items(block: Block) -> list[SelectItem]:
    """The select list with its stars expanded. Errors 1051, 1096."""
    statement = block.environment.unit.statement
    trees = block.node.expressions
    labels: tuple[str | None, ...] = ()
    if statement is not None and not all(isinstance(tree, (exp.Alias, exp.Star)) for tree in trees):
        labels = statement.labels(block.node)
    binder = block.binder(FIELD_LIST, block.upper)
    items: list[SelectItem] = []
    block.scope.aliases = lambda name: _aliased(items, trees, name)
    for at, tree in enumerate(trees):
        if isinstance(tree, exp.Star) or (isinstance(tree, exp.Column) and isinstance(tree.this, exp.Star)):
            items.extend(SelectItem(column, column.name) for column in _star(block, tree))
            continue
        if isinstance(tree, exp.Alias):
            take(tree)
            alias = _alias(block, tree.args["alias"].name)
            items.append(SelectItem(operand(binder, tree.this), alias, alias, _is_subquery(tree.this), tree.this))
            continue
        label = labels[at] if at < len(labels) else None
        value = operand(binder, tree)
        inner = unwrapped(tree)
        if isinstance(inner, exp.Column):
            label = inner.this.name
            if isinstance(value, Column):
                label = block.scope.label(value, label)
        elif (constant_name := _name_of_constant(inner)) is not None:
            label = constant_name
        name = label[:MAX_LABEL] if label is not None else f"Name_exp_{at + 1}"
        items.append(SelectItem(value, name, is_subquery=_is_subquery(tree), tree=tree))
    return items


def _aliased(items: Sequence[SelectItem], trees: Sequence[exp.Expression], name: str) -> Expression | None:
    """The item with the alias, for a subquery. Error 1247 for an aggregate, and for an item that comes later."""
    lowered = name.lower()
    for item in items:
        if item.alias.lower() == lowered:
            if has_aggregate(item.expression):
                raise SqlError(ILLEGAL_REFERENCE, name=name, reason="reference to group function")
            return item.expression
    if any(isinstance(tree, exp.Alias) and tree.args["alias"].name.lower() == lowered for tree in trees):
        raise SqlError(ILLEGAL_REFERENCE, name=name, reason="forward reference in item list")
    return None


def _alias(block: Block, name: str) -> str:
    """An alias without the spaces that it begins with (warning 1466)."""
    stripped = name.lstrip(" ")
    if stripped and stripped != name:
        warning = SqlError(REMOVED_SPACES, name=name)
        block.environment.context.warn(SqlWarning("Warning", warning.code, warning.message))
        return stripped
    return name


def _name_of_constant(tree: exp.Expression) -> str | None:
    """The label that NAME_CONST('label', value) gives."""
    if not isinstance(tree, exp.Anonymous) or tree.name.lower() != "name_const" or not tree.expressions:
        return None
    name = unwrapped(tree.expressions[0])
    return name.name if isinstance(name, exp.Literal) else None


def _is_subquery(tree: exp.Expression) -> bool:
    return isinstance(unwrapped(tree), (exp.Subquery, exp.Select, exp.SetOperation))


def without_origin(columns: tuple[Column, ...], items: Sequence[SelectItem]) -> tuple[Column, ...]:
    """Result columns whose definitions do not name the tables that subqueries read."""
    return tuple(
        replace(column, table="", database="", origin_table="", origin_name="") if item.is_subquery else column
        for column, item in zip(columns, items)
    )


def _star(block: Block, tree: exp.Expression) -> tuple[Column, ...]:
    take(tree)
    if isinstance(tree, exp.Star):
        if block.node.args.get("from_") is None:
            raise SqlError(NO_TABLES_USED)
        return block.scope.star()
    table, database = tree.args.get("table"), tree.args.get("db")
    return block.scope.star(table.name, "" if database is None else database.name)


def _group_by(block: Block) -> list[Expression]:
    clause = block.node.args.get("group")
    if clause is None:
        return []
    take(clause)
    if clause.args.get("rollup"):
        raise unsupported("WITH ROLLUP")
    found = [_group_item(block, unwrapped(tree)) for tree in clause.expressions]
    for expression in found:
        _answer_below(block, expression)
    return found


def _group_item(block: Block, tree: exp.Expression) -> Expression:
    clause = "group statement"
    position = position_of(tree)
    if position is not None:
        if not 1 <= position <= len(block.items):
            raise SqlError(BAD_FIELD_ERROR, column=str(position), clause=clause)
        item = block.items[position - 1]
    else:
        item = None
        if isinstance(tree, exp.Column):
            name, table, database = column_parts(tree)
            # One column of FROM comes before the select list; of several columns the one that is selected is meant.
            if not table and not any(scope_name_count(block, name, table, database)):
                at = item_named(block, name, clause)
                item = None if at is None else block.items[at]
    if item is not None:
        if has_aggregate(item.expression):
            raise SqlError(WRONG_GROUP_FIELD, column=item.label)
        return item.expression
    binder = ExpressionBinder(block.environment, block.scope, clause, block.lower)
    binder.last = order_names(block, clause)
    return operand(binder, tree)


def _answer_below(block: Block, expression: Expression) -> None:
    """Moves the subqueries that a group expression reads below the Aggregate."""
    read = columns_of(expression)
    for item in list(block.upper):
        if item.answers() & read:
            block.upper.remove(item)
            block.lower.append(item)


def _having(block: Block) -> list[Expression]:
    clause = block.node.args.get("having")
    if clause is None:
        return []
    take(clause)
    binder = block.binder("having clause", block.having_pending)
    binder.first = having_names(block)
    binder.only_hooks = True
    return _conditions(binder, clause.this, block.having_pending)


def _assemble(block: Block, plan: LogicalNode) -> Relation:
    values = [item.expression for item in block.items]
    everything = [*values, *block.having, *(key.expression for key in block.order)]
    everything += [c for item in (*block.upper, *block.having_pending) for c in item.conditions]
    has_aggregates = bool(block.outer_aggregates) or any(has_aggregate(value) for value in everything)
    grouped = block.node.args.get("group") is not None or has_aggregates
    if _fills_variables(block):
        values = [unrounded(value) for value in values]
    plan = attach(plan, block.lower)
    if grouped:
        if block.node.args.get("group") is None:
            block.order = []  # one row needs no order, and MySQL does not check it either
        plan, values = _grouped(block, plan, values)
    else:
        values = [without_any_value(value) for value in values]
        block.having = [without_any_value(value) for value in block.having]
        block.order = [replace(key, expression=without_any_value(key.expression)) for key in block.order]
    plan = attach(plan, block.upper)
    plain, with_answers = split_subqueries(block.having, block.having_pending)
    if plain:
        plan = Selection(plan, tuple(plain))
    plan = attach(plan, block.having_pending)
    if with_answers:
        plan = Selection(plan, tuple(with_answers))
    distinct = block.node.args.get("distinct") is not None
    if distinct:
        take(block.node.args["distinct"])
        check_distinct_order(block, values)
    plan, columns = arrange(block, plan, values, distinct=distinct)
    if any(item.is_subquery for item in block.items):
        columns = without_origin(columns, block.items)
    facts = _facts(block, values, columns, grouped=grouped)
    return Relation(plan, columns, facts)


def _grouped(block: Block, plan: LogicalNode, values: list[Expression]) -> tuple[LogicalNode, list[Expression]]:
    own = frozenset(block.part.plan.schema)
    grouping = Grouping(block.environment.binding, tuple(block.group_by), own, lambda: own_facts(block), block.strict)
    grouping.aggregates.update(block.outer_aggregates)
    values = [grouping.rewrite(value, SELECT_LIST, at + 1) for at, value in enumerate(values)]
    block.having = [grouping.rewrite(value, "HAVING clause", at + 1) for at, value in enumerate(block.having)]
    block.order = [
        replace(key, expression=grouping.rewrite(key.expression, "ORDER BY", at + 1))
        for at, key in enumerate(block.order)
    ]
    for item in block.upper:
        grouping.rewrite_pending(item, SELECT_LIST, _position(block, item))
    for item in block.having_pending:
        grouping.rewrite_pending(item, "HAVING clause", 1)
    return grouping.node(plan), values


def _fills_variables(block: Block) -> bool:
    """Whether the values go to user variables as they are: SELECT … INTO @a without DISTINCT."""
    statement = block.environment.unit.statement
    if statement is None or statement.into is None or block.node.args.get("distinct") is not None:
        return False
    return statement.ast is block.node


def _position(block: Block, pending: Pending) -> int:
    """The number of the select item that reads a subquery's answer."""
    answers = pending.answers()
    return next((at + 1 for at, item in enumerate(block.items) if columns_of(item.expression) & answers), 1)


def own_facts(block: Block) -> list[Dependency]:
    """Functional dependencies among the columns of FROM under WHERE."""
    return block.part.dependencies() + of_conditions(block.conditions)


def _facts(block: Block, values: Sequence[Expression], columns: Sequence[Column], *, grouped: bool) -> Facts:
    def facts() -> list[Dependency]:
        found = computed(values, columns)
        if not grouped:
            return own_facts(block) + found
        keys: set[int] = set()
        for expression in block.group_by:
            at = next((i for i, item in enumerate(block.items) if item.expression == expression), None)
            if isinstance(expression, Column):
                keys.add(expression.id)
            elif at is not None:
                keys.add(columns[at].id)
            else:
                return found
        return [*own_facts(block), *found, Dependency(frozenset(keys), frozenset(c.id for c in columns))]

    return facts
