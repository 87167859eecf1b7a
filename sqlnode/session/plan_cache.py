"""Plans kept for texts that come again (bounded; roughly the least recently used goes first).

The key holds everything of a session that a plan depends on and that is no epoch: shape, kept literals, kinds of the
parameters, database, and the session's plan key (sql_mode, connection charset and collation, zone, plan variables).
A plan is good while the catalogue that it was made from is current, or while every table that it names is still the same
object (16.3); so DDL on one table does not throw away the plans of others.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from planner.expr.nodes import Column
from planner.parse.statement import Statement
from planner.physical import PhysicalPlan
from sqlnode.base.catalog import Catalog
from sqlnode.base.errors import SqlWarning
from sqlnode.base.types import SqlType

PLAN_LIMIT: Final = 2000
SHAPE_LIMIT: Final = 4000
STATEMENT_LIMIT: Final = 1000
_TOUCHED_EVERY: Final = 15
"""Of 16 hits one moves its plan to the end of the queue."""


@dataclass(slots=True)
class CachedPlan:
    """A plan, the catalogue that it was last seen to fit, and the statement it came from."""

    plan: PhysicalPlan
    catalog: Catalog
    statement: Statement
    types: tuple[SqlType, ...] = ()
    command: int = 0
    """In which counter of the session an execution counts (session.activity)."""
    warnings: tuple[SqlWarning, ...] = ()
    """What the text warns of each time that it runs: syntax that is deprecated."""
    privileges_epoch: int = -1
    account: Any = None
    used: tuple[int, ...] = ()
    """Ids of all tables that an execution may use, as of the catalogue `used_in` (session.table_use)."""
    used_in: Catalog | None = None

    def fits(self, catalog: Catalog) -> bool:
        """Whether the plan may run under `catalog`; remembers a new catalogue that it fits."""
        if self.catalog is catalog:
            return True
        for database, table in self.plan.tables:
            if catalog.table(database, table.name) is not table:
                return False
        self.catalog = catalog
        return True


@dataclass(slots=True)
class SharedStatement:
    """What PREPARE makes of a text, for all sessions with the same database and plan key. `plan` is the one made then,
    without values; `plans` those of its executions, by the types of the parameters."""

    statement: Statement
    plan: CachedPlan
    columns: tuple[Column, ...]
    parameter_columns: tuple[Column, ...]
    plans: dict[tuple[SqlType, ...], CachedPlan]


class PlanCache:
    """See the module. One per process."""

    def __init__(self, limit: int = PLAN_LIMIT) -> None:
        self._limit = limit
        self._plans: OrderedDict[Hashable, CachedPlan] = OrderedDict()
        self.templates: OrderedDict[tuple[str, int], object] = OrderedDict()
        """Template of each shape under a sql_mode; None for a shape that cannot be cached."""
        self._statements: OrderedDict[Hashable, SharedStatement] = OrderedDict()
        self.hits = 0
        self.misses = 0

    def forget_plans(self) -> None:
        """Statistics have changed: what is asked for next is planned anew."""
        self._plans.clear()
        for shared in self._statements.values():
            shared.plans.clear()

    def statement(self, key: Hashable, catalog: Catalog) -> SharedStatement | None:
        """What was prepared under a key, if it still holds under the catalogue."""
        found = self._statements.get(key)
        if found is None:
            return None
        if not found.plan.fits(catalog):
            del self._statements[key]
            return None
        self._statements.move_to_end(key)
        return found

    def put_statement(self, key: Hashable, shared: SharedStatement) -> None:
        """Keeps a prepared statement for others."""
        self._statements[key] = shared
        if len(self._statements) > STATEMENT_LIMIT:
            self._statements.popitem(last=False)

    def get(self, key: Hashable) -> CachedPlan | None:
        """The plan under a key."""
        found = self._plans.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits = hits = self.hits + 1
        if not hits & _TOUCHED_EVERY:
            # The key's hash costs more than the look-up; what is used much is met here soon enough.
            self._plans.move_to_end(key)
        return found

    def put(self, key: Hashable, plan: CachedPlan) -> None:
        """Keeps a plan."""
        self._plans[key] = plan
        self._plans.move_to_end(key)
        if len(self._plans) > self._limit:
            self._plans.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        """Forgets a plan."""
        self._plans.pop(key, None)

    def note_template(self, shape: str, sql_mode: int, template: object) -> None:
        """Remembers what a shape's literals are."""
        self.templates[shape, sql_mode] = template
        if len(self.templates) > SHAPE_LIMIT:
            self.templates.popitem(last=False)
