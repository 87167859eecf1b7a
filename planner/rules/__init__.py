"""Rewrites of the logical plan, one per file: what the statement means stays, what it costs shrinks.

A rule is a function `(plan, context) -> plan` that returns the same object when it does nothing. `RULES` is their order,
which has meaning: subqueries become joins before conditions move, conditions move before joins are ordered, columns are
pruned last. `optimize` runs them over the statement and over each common table expression that is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from planner.context import PlanContext
from planner.ids import ColumnIds, ids_above
from planner.logical import CteReference, LogicalNode
from planner.rules.decorrelate_subqueries import decorrelate_subqueries
from planner.rules.eliminate_distinct import eliminate_distinct
from planner.rules.eliminate_max_one_row import eliminate_max_one_row
from planner.rules.eliminate_projections import eliminate_projections
from planner.rules.fold_constants import fold_constants
from planner.rules.place_locks import place_locks
from planner.rules.prune_columns import prune_columns
from planner.rules.push_down_limits import push_down_limits
from planner.rules.push_down_predicates import push_down_predicates
from planner.rules.reorder_joins import reorder_joins
from planner.rules.simplify_outer_joins import simplify_outer_joins
from planner.rules.split_disjunctions import split_disjunctions
from planner.rules.tree import RuleContext, nodes
from planner.rules.turn_distinct_into_aggregate import turn_distinct_into_aggregate
from planner.rules.use_order_for_extremes import use_order_for_extremes

Rule: TypeAlias = Callable[[LogicalNode, RuleContext], LogicalNode]

RULES: tuple[Rule, ...] = (
    place_locks,
    fold_constants,
    decorrelate_subqueries,
    eliminate_max_one_row,
    simplify_outer_joins,
    split_disjunctions,
    push_down_predicates,
    eliminate_distinct,
    turn_distinct_into_aggregate,
    eliminate_projections,
    reorder_joins,
    use_order_for_extremes,
    push_down_limits,
    prune_columns,
)


@dataclass(frozen=True, slots=True)
class Optimized:
    """The rewritten statement. `ctes` holds the plans that its CteReferences name; `rules` the names of the rules that
    changed something, in order, each once."""

    plan: LogicalNode
    ctes: dict[int, LogicalNode]
    ids: ColumnIds
    rules: tuple[str, ...] = ()


def optimize(plan: LogicalNode, context: PlanContext, rules: tuple[Rule, ...] = RULES) -> Optimized:
    """The plan under all rules."""
    rule_context = RuleContext(context, ids_above(plan))
    fired: dict[str, None] = {}
    ctes: dict[int, LogicalNode] = {}
    found = _shared(plan)
    while found:
        reference = found.pop()
        if reference.cte_id in ctes:
            continue
        found.extend(_shared(reference.plan))
        ctes[reference.cte_id] = _rewritten(reference.plan, rule_context, rules, fired)
    plan = _rewritten(plan, rule_context, rules, fired)
    return Optimized(plan, dict(sorted(ctes.items())), rule_context.ids, tuple(fired))


def _shared(plan: LogicalNode) -> list[CteReference]:
    return [node for node in nodes(plan) if isinstance(node, CteReference)]


def _rewritten(plan: LogicalNode, context: RuleContext, rules: tuple[Rule, ...], fired: dict[str, None]) -> LogicalNode:
    for rule in rules:
        changed = rule(plan, context)
        if changed is not plan:
            fired[rule.__name__] = None
            plan = changed
    return plan
