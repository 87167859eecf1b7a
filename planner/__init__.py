"""Statement to plan. Pure: no I/O, no clock, no session; everything it depends on is in the `PlanContext`.

The pipeline is `plan` below. Packages in its order: `parse` (text to Statement), `bind` (names and types; a logical
tree), `rules` (rewrites of that tree), `access` (which keys a reader visits), then `physicalize` (algorithms),
`pushdown` (what the store runs), `row_path`, `numbering`. `functions` and `expr` are what expressions are made of.
Nothing here may import the executor or a store client. Start reading in `logical.py` and `physical.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlnode  # noqa: F401 - it decides whether compiled modules are used

if TYPE_CHECKING:
    from planner.context import PlanContext
    from planner.logical import BoundQuery
    from planner.parse.statement import Statement
    from planner.physical import PhysicalPlan

__all__ = ["plan", "plan_bound"]


def plan(statement: Statement, context: PlanContext) -> PhysicalPlan:
    """The plan of a query or DML statement. Raises SqlError: what the binder finds wrong, 1235 for what is not run."""
    from planner.bind import bind

    return plan_bound(bind(statement, context), context)


def plan_bound(bound: BoundQuery, context: PlanContext) -> PhysicalPlan:
    """The plan of a bound statement."""
    # Imported here: this package's modules are imported one by one by lower layers, which must not load the optimizer.
    from planner.finish import finished_plan
    from planner.physicalize import physicalize
    from planner.point import point_plan
    from planner.pushdown import push_down
    from planner.row_path import row_path_of
    from planner.rules import optimize

    quick = point_plan(bound, context)
    if quick is not None:
        return finished_plan(bound, quick, rules=("recognise_point",))
    optimized = optimize(bound.plan, context)
    candidate = physicalize(optimized, context)
    row_path = row_path_of(candidate.root, bound)
    root = push_down(candidate.root, context, optimized.ids)
    ctes = {cte_id: push_down(node, context, optimized.ids) for cte_id, node in candidate.ctes.items()}
    return finished_plan(bound, root, rules=optimized.rules, row_path=row_path, ctes=ctes)
