"""What the store runs: operators above a reader move into its cop chain, and chains become tipb requests.

Works bottom up on a plan whose operators are all at the root. A filter splits by conjunct; an aggregation splits into a
partial one in the store and a final one at the root; TopN and Limit stay at the root and run in the store as well. An
operator is moved only when every expression in it is one of which a store's answer is exactly ours. Start in `push_down`.
"""

from __future__ import annotations

from planner.context import PlanContext
from planner.ids import ColumnIds
from planner.physical import PhysicalNode
from planner.pushdown.narrow import narrowed
from planner.pushdown.operators import moved

__all__ = ["push_down"]


def push_down(root: PhysicalNode, context: PlanContext, ids: ColumnIds) -> PhysicalNode:
    """The plan with work moved into its readers, whose requests are complete. `root`'s schema stays."""
    return narrowed(moved(root, context, ids), context)
