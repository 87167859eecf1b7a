"""What the binding of one statement gathers, and what every step of it can see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from planner.context import PlanContext
from planner.expr.guards import Guard
from planner.expr.nodes import Column
from planner.logical import ViewPrivilege
from planner.parse.statement import Statement
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import SqlType

if TYPE_CHECKING:
    from planner.bind.ctes import Cte
    from planner.bind.scope import Scope

SYSTEM_SCHEMAS = frozenset(("information_schema", "performance_schema"))


@dataclass(slots=True)
class Binding:
    """Gathered over the whole statement, views included. Column ids are unique in it."""

    next_id: int = 1
    next_cte: int = 0
    tables: dict[tuple[str, str], TableInfo] = field(default_factory=dict)
    references: dict[tuple[str, str], None] = field(default_factory=dict)
    """Lower-case (database, alias) of what the statement's own text names."""
    privileges: dict[tuple[str, str, str, str], None] = field(default_factory=dict)
    view_privileges: dict[ViewPrivilege, None] = field(default_factory=dict)
    cacheable: bool = True
    locks: bool = False
    max_execution_ms: int = 0
    """The hint MAX_EXECUTION_TIME; 0: max_execution_time counts."""
    parameters: dict[int, SqlType] = field(default_factory=dict)
    guards: dict[tuple[int, Guard], None] = field(default_factory=dict)
    variable_scales: dict[str, int] = field(default_factory=dict)
    """Digits behind the point that user variables are taken to have while their own new values are bound."""

    def value_read(self) -> None:
        """The plan holds the value of a parameter."""
        self.cacheable = False

    def guarded(self, index: int, guard: Guard) -> None:
        """The plan serves for values of this kind."""
        self.guards[index, guard] = None

    def column(self, name: str, sql_type: SqlType) -> Column:
        """A fresh column for something computed."""
        self.next_id += 1
        return Column(self.next_id, name, sql_type)

    def fresh(self, column: Column) -> Column:
        """The same description under a new id."""
        self.next_id += 1
        return replace(column, id=self.next_id)


@dataclass(frozen=True, slots=True)
class Unit:
    """The text that a tree comes from: the statement itself, or the definition of a view in it.

    `definer` is (user, host) inside a view that runs with its definer's rights, None where the caller's count.
    """

    context: PlanContext
    statement: Statement | None = None
    views: tuple[tuple[str, str], ...] = ()
    definer: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """What a query expression sees from outside: its text, common table expressions, the enclosing block's names."""

    binding: Binding
    unit: Unit
    ctes: Mapping[str, Cte] = field(default_factory=dict)
    outer: Scope | None = None
    whole: bool = False
    """Tables give every column and their row id: the FROM of UPDATE and DELETE."""
    locking: bool = False
    """The block has FOR UPDATE or FOR SHARE: views are opened down to their tables where that is possible."""
    written: frozenset[tuple[str, str]] = frozenset()
    """(database, table) in lower case that the statement writes; a subquery may not read them (error 1093)."""
    written_by_alias: bool = False
    """A subquery may read them under another name, as MySQL lets VALUES of INSERT."""

    @property
    def context(self) -> PlanContext:
        """The planner's input."""
        return self.unit.context

    def inside(self, scope: Scope | None) -> Environment:
        """The environment of a subquery of a block with these names."""
        return replace(self, outer=scope, whole=False, locking=False)

    def derived(self) -> Environment:
        """The environment of a derived table, which is computed before anything is written."""
        return replace(self, whole=False, locking=False, written=frozenset())

    def refers(self, database: str, alias: str) -> None:
        """Notes that the text names a table or view so, unless it is the text of a view."""
        if not self.unit.views:
            self.binding.references[(database.lower(), alias.lower())] = None

    def need(self, privilege: str, database: str, table: str, column: str = "") -> None:
        """Notes a privilege on a column, or on a table or at least one column of it."""
        if self._is_free(database, table):
            return
        unit = self.unit
        if not unit.views:
            self.binding.privileges[(privilege, database, table, column)] = None
        else:
            user, host = unit.definer or ("", "")
            needed = ViewPrivilege(*unit.views[0], user, host, privilege, database, table, column)
            self.binding.view_privileges[needed] = None

    def _is_free(self, database: str, table: str) -> bool:
        """Whether a table needs no privilege: those of the server, and the session's own temporary tables."""
        return database.lower() in SYSTEM_SCHEMAS or (database.lower(), table.lower()) in self.context.temporary_tables

    def check(self, privilege: str, database: str, table: str) -> None:
        """Raises 1142 when the caller lacks a privilege on a table that the statement's own text names."""
        database = database or self.context.database
        if not self.unit.views and database and not self._is_free(database, table):
            self.context.check_table(privilege, database, table)

    def reader(self, database: str, table: str) -> Callable[[str], None]:
        """Notes SELECT on the columns of a table or view one by one."""
        return lambda column: self.need("SELECT", database, table, column)


def unsupported(feature: str) -> SqlError:
    """Error 1235 naming `feature`."""
    return SqlError(NOT_SUPPORTED_YET, feature=feature)
