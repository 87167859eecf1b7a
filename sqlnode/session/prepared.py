"""Prepared statements of a session, by number (protocol) or by name (PREPARE)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.expr.nodes import Column
from sqlnode.base.types import SqlType

if TYPE_CHECKING:
    from planner.parse.statement import Statement
    from sqlnode.session.plan_cache import CachedPlan

PLANS_PER_STATEMENT = 8
"""Plans kept for different parameter types of one statement."""


@dataclass(slots=True)
class PreparedStatement:
    """One prepared statement. `columns` are the result's at PREPARE, empty when there is no result set.

    `plan` with `types` (identical to the last execution's) and `plan_key` is the one that runs again without a look-up.
    """

    id: int
    statement: Statement
    parameter_count: int
    columns: tuple[Column, ...] = ()
    parameter_columns: tuple[Column, ...] = ()
    plan: CachedPlan | None = None
    types: tuple[SqlType, ...] | None = None
    plan_key: object = None
    plans: dict[tuple[SqlType, ...], CachedPlan] = field(default_factory=dict)
    text: str = ""
