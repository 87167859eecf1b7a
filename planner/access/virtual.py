"""Virtual generated columns: rows do not hold them, so a Projection above the reader computes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planner.context import PlanContext
from planner.expr.nodes import Column, Expression, columns_of, substitute
from planner.functions.stored_values import as_column
from planner.ids import ColumnIds
from planner.logical import DataSource
from planner.physical import PhysicalNode, Projection


@dataclass(frozen=True, slots=True)
class Computed:
    """A source in which the virtual columns are replaced by the columns that they are computed from."""

    source: DataSource
    stored: DataSource
    expressions: dict[Column, Expression]

    @property
    def virtual(self) -> frozenset[Column]:
        """The virtual columns."""
        return frozenset(self.expressions)

    def over(self, child: PhysicalNode) -> PhysicalNode:
        """The source's columns computed over a reader of `stored`."""
        columns = self.source.columns
        expressions = tuple(self.expressions.get(column, column) for column in columns)
        extra = tuple(column for column in child.schema if column not in columns and column not in self.stored.columns)
        return Projection(
            child=child,
            expressions=(*expressions, *extra),
            columns=(*columns, *extra),
            estimated_rows=child.estimated_rows,
        )


def computed(source: DataSource, context: PlanContext, ids: ColumnIds) -> Computed | None:
    """How to read a source with virtual columns; None when it has none."""
    if not any(info.is_virtual for info in source.infos):
        return None
    from planner.bind.table_expressions import generated_expressions

    table = source.table
    known = {info.id: column for column, info in zip(source.columns, source.infos)}
    columns = {
        info.id: known.get(info.id)
        or Column(ids.next(), info.name, info.type, source.alias, source.database, table.name, info.name)
        for info in table.public_columns
    }
    by_info: dict[int, Expression] = {}
    done: dict[Column, Expression] = {}
    for info, expression in generated_expressions(table, tuple(columns.values()), context):
        if info.is_virtual:
            by_info[info.id] = done[columns[info.id]] = as_column(substitute(expression, done), info.type)
    expressions = {column: by_info[info.id] for column, info in zip(source.columns, source.infos) if info.is_virtual}
    needed = {column for expression in expressions.values() for column in columns_of(expression)}
    pairs = [(column, info) for column, info in zip(source.columns, source.infos) if not info.is_virtual]
    have = {column for column, _ in pairs}
    infos = {info.id: info for info in table.public_columns}
    pairs += [(column, infos[key]) for key, column in columns.items() if column in needed and column not in have]
    stored = replace(source, columns=tuple(c for c, _ in pairs), infos=tuple(i for _, i in pairs))
    return Computed(source, stored, expressions)
