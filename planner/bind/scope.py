"""Names: which column an identifier means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.expr.nodes import AggregateCall, Column, CorrelatedColumn, Expression, transform
from planner.logical import DataSource
from sqlnode.base.errors import BAD_FIELD_ERROR, BAD_TABLE_ERROR, NON_UNIQ_ERROR, SqlError
from sqlnode.base.schema import TableInfo

if TYPE_CHECKING:
    from planner.bind.state import Environment


@dataclass(slots=True)
class Source:
    """One table reference of FROM: a table, view, derived table or common table expression under its alias.

    `columns` carry the names by which the query calls them. `table` is set for stored and virtual tables, and for an
    updatable view that UPDATE or DELETE names.
    """

    alias: str
    database: str
    columns: tuple[Column, ...]
    table: TableInfo | None = None
    node: DataSource | None = None
    """The scan that a DML target reads, with all columns."""
    stored_name: str = ""
    """The name of the table or view itself, for privileges."""
    behind: Environment | None = None
    """Of an updatable view: where its base table was bound, whose rights writing needs too."""
    labels_columns: bool = False
    """Whether its own spelling of a column's name labels a result, as views and what is merged like them have it."""
    joined: bool = False
    """A view over several tables that MySQL could update, named by a statement that writes."""
    conditions: tuple[Expression, ...] = ()
    """Of an updatable view: what it and the views below it select by, over the columns of `node`."""
    checks: tuple[Expression, ...] = ()
    """Those of them that WITH CHECK OPTION asks of new rows."""
    reads: Callable[[str], None] | None = None
    """Notes that the statement reads a column of this table or view, for privileges."""
    names: dict[str, Column | None] = field(init=False)
    """By lower-case name; None for a name that stands twice."""

    def __post_init__(self) -> None:
        self.names = {}
        for column in self.columns:
            key = column.name.lower()
            self.names[key] = None if key in self.names else column

    def matches(self, table: str, database: str) -> bool:
        """Whether `database.table` (database may be empty) names this source."""
        if self.alias.lower() != table.lower():
            return False
        return not database or self.database.lower() == database.lower()


@dataclass(slots=True)
class Scope:
    """The names of a query block. `visible` are the columns in the order of `SELECT *`, in which NATURAL and USING
    joins have merged common ones; unqualified names are looked up there, qualified ones in `sources`."""

    sources: tuple[Source, ...] = ()
    visible: tuple[Column, ...] = ()
    outer: Scope | None = None
    index: dict[str, Column | None] | None = None
    global_clause: str = ""
    """Set for the ORDER BY of a set operation: qualified names are error 1250 there."""
    owners: dict[int, tuple[Source, str]] | None = None
    """By column id: the source of which a column is read, and its name there."""

    aliases: Callable[[str], Expression | None] | None = None
    """What an alias of the select list means to the subqueries of the select list, HAVING and ORDER BY."""

    aggregates: Callable[[AggregateCall], Column] | None = None
    """Takes an aggregate function of this block that stands in a subquery; None where the block may have none."""

    def gives(self, column: Column) -> bool:
        """Whether the column is one of this block's."""
        return column in self.visible or any(column in source.columns for source in self.sources)

    def read(self, columns: Iterable[Column]) -> None:
        """Notes that columns found here are read, where a privilege counts."""
        if self.owners is None:
            self.owners = {
                column.id: (source, column.name)
                for source in self.sources
                if source.reads is not None
                for column in source.columns
            }
        for column in columns:
            owner = self.owners.get(column.id)
            if owner is not None and owner[0].reads is not None:
                owner[0].reads(owner[1])

    def here(self, name: str, table: str, database: str, clause: str) -> Column | None:
        """The column of this block; None when there is none. Error 1052."""
        key = name.lower()
        if not table:
            if self.index is None:
                self.index = {}
                for column in self.visible:
                    lowered = column.name.lower()
                    self.index[lowered] = None if lowered in self.index else column
            if key not in self.index:
                return None
            found = self.index[key]
            if found is None:
                raise SqlError(NON_UNIQ_ERROR, column=name, clause=clause)
            return found
        matched: Column | None = None
        for source in self.sources:
            if not source.matches(table, database) or key not in source.names:
                continue
            found = source.names[key]
            if found is None or matched is not None:
                raise SqlError(NON_UNIQ_ERROR, column=full_name(name, table, database), clause=clause)
            matched = found
        return matched

    def lookup(self, name: str, table: str, database: str, clause: str) -> Expression:
        """The column here or in the nearest enclosing block. Errors 1052, 1054."""
        found = self.here(name, table, database, clause)
        if found is not None:
            self.read((found,))
            return found
        return self.lookup_outer(name, table, database, clause)

    def lookup_outer(self, name: str, table: str, database: str, clause: str) -> Expression:
        """The column in the nearest enclosing block that has it, or what has it as its alias. Errors 1052, 1054, 1247."""
        scope = self.outer
        while scope is not None:
            found = scope.here(name, table, database, clause)
            if found is not None:
                scope.read((found,))
                return CorrelatedColumn(found)
            item = scope.aliases(name) if scope.aliases is not None and not table else None
            if item is not None:
                return transform(item, lambda part: CorrelatedColumn(part) if isinstance(part, Column) else None)
            scope = scope.outer
        raise SqlError(BAD_FIELD_ERROR, column=full_name(name, table, database), clause=clause)

    def star(self, table: str = "", database: str = "") -> tuple[Column, ...]:
        """The columns of `*` or `table.*`. Error 1051."""
        if not table:
            self.read(self.visible)
            return self.visible
        found = [source for source in self.sources if source.matches(table, database)]
        if not found:
            raise SqlError(BAD_TABLE_ERROR, table=f"{database}.{table}" if database else table)
        self.read(found[0].columns)
        return found[0].columns

    def label(self, column: Column, written: str) -> str:
        """What labels an item of the select list that is this column alone, written so."""
        for source in self.sources:
            if source.labels_columns:
                own = source.names.get(written.lower())
                if own is not None and own.id == column.id:
                    return own.name
        return written

    def chain(self) -> Iterator[Scope]:
        """This scope and the enclosing ones."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


def full_name(name: str, table: str, database: str) -> str:
    """The name as an error message prints it."""
    return ".".join(part for part in (database, table, name) if part)
