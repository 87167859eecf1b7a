"""The rows of INSERT … VALUES."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.dml_targets import assigned_value, check_generated, is_default
from planner.bind.expressions import ExpressionBinder
from planner.bind.ordering import project
from planner.bind.placement import Pending, attach
from planner.bind.scope import Scope, Source
from planner.bind.set_operations import common_types
from planner.bind.state import Environment
from planner.bind.table_expressions import default_expression
from planner.expr.nodes import Column, Constant, Expression, columns_of
from planner.functions import cast
from planner.functions.stored_values import as_column
from planner.logical import Dual, LogicalNode, Projection, SetKind, SetOperation, ViewCheck
from planner.parse.values_block import LiteralKind, ValuesBlock
from sqlnode.base.errors import NO_DEFAULT_FOR_FIELD, WRONG_VALUE_COUNT_ON_ROW, SqlError
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import Flag, null


@dataclass(frozen=True, slots=True)
class InsertTarget:
    """The table that INSERT writes. `row` are plan columns for all its public columns; `mapping`, for a view, maps the
    view's column names (lower case) to the table's."""

    database: str
    table: TableInfo
    columns: tuple[ColumnInfo, ...]
    row: tuple[Column, ...]
    named_database: str
    named_table: str
    mapping: dict[str, str] | None = None
    behind: Environment | None = None
    checks: tuple[ViewCheck, ...] = ()

    def need(self, environment: Environment, privilege: str, columns: Iterable[ColumnInfo] = ()) -> None:
        """Notes a privilege on the target or on columns of it, and for a view on the table behind it."""
        names = {} if self.mapping is None else {stored.lower(): name for name, stored in self.mapping.items()}
        for stored in ("", *(info.name for info in columns)):
            environment.need(privilege, self.named_database, self.named_table, names.get(stored.lower(), stored))
            if self.behind is not None:
                self.behind.need(privilege, self.database, self.table.name, stored)

    def source(self, columns: Sequence[Column]) -> Source:
        """A row of the table under the names that the statement may use."""
        visible = [column for column, info in zip(columns, self.table.public_columns) if not info.hidden]
        if self.mapping is not None:
            shown = {stored.lower(): name for name, stored in self.mapping.items()}
            visible = [replace(c, name=shown[c.name.lower()]) for c in visible if c.name.lower() in shown]
        return Source(self.named_table, self.named_database, tuple(visible), self.table)


def block_rows(target: InsertTarget, block: ValuesBlock) -> ValuesBlock:
    """A block of literals, checked against the columns. Errors 1136, 3105."""
    if block.column_count != len(target.columns):
        raise SqlError(WRONG_VALUE_COUNT_ON_ROW, row=1)
    default = bytes((LiteralKind.DEFAULT,))
    for info, kinds in zip(target.columns, block.kinds):
        check_generated(target.table, info, default=not kinds.strip(default))
    return block


def bind_rows(
    environment: Environment, target: InsertTarget, values: exp.Expression
) -> tuple[tuple[tuple[Expression | None, ...], ...], LogicalNode | None]:
    """The rows as expressions, or, when subqueries stand in them, as a source plan. Errors 1136, 3105."""
    take(values)
    source = target.source(target.row)
    scope = Scope((source,), source.columns)
    own = set(target.row)
    rows: list[tuple[Expression | None, ...]] = []
    sources: list[_RowSource] = []
    for at, tree in enumerate(values.expressions):
        take(tree)
        cells = tree.expressions
        if len(cells) != len(target.columns):
            raise SqlError(WRONG_VALUE_COUNT_ON_ROW, row=at + 1)
        pending: list[Pending] = []
        binder = ExpressionBinder(environment, scope, "field list", pending)
        row = tuple([_bound(binder, target, cell, info) for cell, info in zip(cells, target.columns)])
        rows.append(row)
        if any(item.correlated() & own for item in pending) or any(
            columns_of(cell) & own for cell in row if cell is not None and pending
        ):
            sources.append(_in_steps(environment, target, cells))
        else:
            sources.append(_RowSource(attach(Dual(), pending), row, bool(pending)))
    if not any(row.has_subqueries for row in sources):
        return tuple(rows), None
    if any(columns_of(cell) & own for row in sources for cell in row.cells if cell is not None):
        sources = [_in_steps(environment, target, tree.expressions) for tree in values.expressions]
    return (), _as_source(environment, target, sources)


@dataclass(frozen=True, slots=True)
class _RowSource:
    """A row of values over the subqueries that they read."""

    plan: LogicalNode
    cells: tuple[Expression | None, ...]
    has_subqueries: bool


def _bound(binder: ExpressionBinder, target: InsertTarget, cell: exp.Expression, info: ColumnInfo) -> Expression | None:
    check_generated(target.table, info, default=is_default(cell))
    return assigned_value(binder, cell, info)


def _in_steps(environment: Environment, target: InsertTarget, cells: Sequence[exp.Expression]) -> _RowSource:
    """A row whose subqueries, or the expressions around them, read columns of the row itself: one Projection a value, so
    that each reads what the values before it gave, and the defaults of the others."""
    binding = environment.binding
    infos = target.table.public_columns
    row = [binding.fresh(column) for column in target.row]
    first = [_initial(environment, info) for info in infos]
    plan: LogicalNode = Projection(Dual(), tuple(first), tuple(row))
    given: list[Column] = []
    for cell, info in zip(cells, target.columns):
        source = target.source(row)
        pending: list[Pending] = []
        binder = ExpressionBinder(environment, Scope((source,), source.columns), "field list", pending)
        value = _value(environment, _bound(binder, target, cell, info), info)
        plan = attach(plan, pending)
        column = binding.column(info.name, value.type)
        kept = (*row, *given)
        plan = Projection(plan, (*kept, value), (*kept, column))
        given.append(column)
        place = next(at for at, one in enumerate(infos) if one.id == info.id)
        stored = binding.fresh(row[place])
        plan = Projection(plan, (*kept, column, as_column(column, info.type)), (*kept, column, stored))
        row[place] = stored
    return _RowSource(plan, tuple(given), True)


def _initial(environment: Environment, info: ColumnInfo) -> Expression:
    """What a column holds before it is given a value."""
    default = None if info.type.flags & Flag.AUTO_INCREMENT else default_expression(info, environment.context)
    if default is None or info.default_is_expr:
        default = Constant(None, null())
    return as_column(default, info.type)


def _as_source(environment: Environment, target: InsertTarget, rows: Sequence[_RowSource]) -> LogicalNode:
    """Rows with subqueries as a union of one-row queries."""
    full = [[_value(environment, cell, info) for cell, info in zip(row.cells, target.columns)] for row in rows]
    binding = environment.binding
    if len(full) == 1:
        return _one_row(environment, full[0], rows[0].plan)
    types = common_types(full, environment.context, "values")
    plans = []
    for cells, row in zip(full, rows):
        cast_cells = [cast(cell, sql_type) for cell, sql_type in zip(cells, types)]
        plans.append(_one_row(environment, cast_cells, row.plan))
    columns = tuple(binding.column(info.name, sql_type) for info, sql_type in zip(target.columns, types))
    return SetOperation(SetKind.UNION, True, tuple(plans), columns)


def _one_row(environment: Environment, cells: Sequence[Expression], source: LogicalNode) -> LogicalNode:
    plan, columns = project(environment.binding, source, cells, ["" for _ in cells])
    return plan if len(plan.schema) == len(columns) else Projection(plan, tuple(columns), columns)


def _value(environment: Environment, cell: Expression | None, info: ColumnInfo) -> Expression:
    """The cell, with DEFAULT written out. Error 1364 for a column without default."""
    if cell is not None:
        return cell
    if info.type.flags & Flag.AUTO_INCREMENT:
        return Constant(None, null())
    found = default_expression(info, environment.context)
    if found is None:
        raise SqlError(NO_DEFAULT_FOR_FIELD, column=info.name)
    return found
