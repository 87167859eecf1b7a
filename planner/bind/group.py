"""GROUP BY: expressions over a grouped block, rewritten to the columns that its Aggregate gives.

Group columns and functionally dependent columns keep their column ids above the Aggregate (they have the same value
there), so subqueries that read them need no rewriting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from planner.bind.dependence import Dependency, closure
from planner.bind.placement import Pending
from planner.bind.state import Binding
from planner.expr.nodes import AggregateCall, Column, Constant, Expression, Parameter, transform, walk
from planner.logical import Aggregate, LogicalNode
from sqlnode.base.errors import MIX_OF_GROUP_FUNC_AND_FIELDS, WRONG_FIELD_WITH_GROUP, SqlError

ANY_VALUE = "any_value"


@dataclass(slots=True)
class Grouping:
    """One Aggregate in the making. `own` are the columns that the block's FROM gives."""

    binding: Binding
    group_by: tuple[Expression, ...]
    own: frozenset[Column]
    facts: Callable[[], list[Dependency]]
    strict: bool
    groups: dict[Expression, Column] = field(default_factory=dict)
    aggregates: dict[AggregateCall, Column] = field(default_factory=dict)
    first_rows: dict[Column, Column] = field(default_factory=dict)
    known: set[int] | None = None

    def __post_init__(self) -> None:
        for expression in self.group_by:
            if expression in self.groups:
                continue
            if isinstance(expression, Column):
                self.groups[expression] = expression
            else:
                self.groups[expression] = self.binding.column("", expression.type)

    def rewrite(self, expression: Expression, clause: str, position: int) -> Expression:
        """The expression above the Aggregate. Errors 1055, 1140."""

        def visit(node: Expression) -> Expression | None:
            if isinstance(node, (Constant, Parameter)):
                return node
            group = self.groups.get(node)
            if group is not None:
                return group
            if isinstance(node, AggregateCall):
                return self.aggregate(node)
            if isinstance(node, Column):
                return self.plain(node, clause, position)
            return None

        return transform(expression, visit)

    def aggregate(self, call: AggregateCall) -> Column:
        """The column of an aggregate's result."""
        found = self.aggregates.get(call)
        if found is None:
            found = self.aggregates[call] = self.binding.column("", call.type)
        return found

    def plain(self, column: Column, clause: str, position: int) -> Column:
        """A column that is neither grouped nor aggregated. Errors 1055, 1140 unless it is determined."""
        if column not in self.own:
            return column
        found = self.first_rows.get(column)
        if found is not None:
            return found
        if self.strict and not self.determined(column):
            name = ".".join(part for part in (column.database, column.table, column.name) if part)
            row = WRONG_FIELD_WITH_GROUP if self.group_by else MIX_OF_GROUP_FUNC_AND_FIELDS
            raise SqlError(row, position=position, clause=clause, column=name)
        given = column if self.group_by else Column(
            column.id, column.name, column.type.nullable(), column.table, column.database, column.origin_table,
            column.origin_name,
        )  # fmt: skip
        self.first_rows[column] = given
        return given

    def determined(self, column: Column) -> bool:
        """Whether the group decides the column's value."""
        if self.known is None:
            grouped = {expression.id for expression in self.group_by if isinstance(expression, Column)}
            self.known = closure(grouped, self.facts())
        return column.id in self.known

    def rewrite_pending(self, pending: Pending, clause: str, position: int) -> None:
        """A subquery that is answered above the Aggregate: its conditions, and the columns that it reads."""
        pending.conditions = tuple(self.rewrite(condition, clause, position) for condition in pending.conditions)
        for column in sorted(pending.correlated(), key=lambda column: column.id):
            if column not in self.groups:
                self.plain(column, clause, position)

    def node(self, plan: LogicalNode) -> Aggregate:
        """The Aggregate over the plan, with everything that was asked for so far."""
        calls = [*self.aggregates]
        columns = [*self.aggregates.values()]
        for column, given in self.first_rows.items():
            calls.append(AggregateCall("first_row", (column,), given.type))
            columns.append(given)
        return Aggregate(plan, tuple(self.groups), tuple(calls), (*columns, *self.groups.values()))


def has_aggregate(expression: Expression) -> bool:
    """Whether the expression makes its block a grouped one; ANY_VALUE alone does not."""
    return any(isinstance(part, AggregateCall) and part.name != ANY_VALUE for part in walk(expression))


def without_any_value(expression: Expression) -> Expression:
    """In a block that is not grouped ANY_VALUE(x) is x."""

    def visit(node: Expression) -> Expression | None:
        return node.args[0] if isinstance(node, AggregateCall) and node.name == ANY_VALUE else None

    return transform(expression, visit)
