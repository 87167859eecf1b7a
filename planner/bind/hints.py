"""Optimizer hints (`/*+ … */`) and words of a statement's head that change nothing here: each is run or warned about.

MAX_EXECUTION_TIME(n) limits a SELECT. Hints that only advise MySQL's or TiDB's optimizer leave the result as it is; the
warning says that they were not followed. A hint that would change how a statement runs (SET_VAR, RESOURCE_GROUP) is
refused rather than forgotten.
"""

from __future__ import annotations

import re

from planner.bind.state import Binding, unsupported
from planner.context import PlanContext
from planner.parse.nodes_common import StatementKind
from planner.parse.statement import Statement
from sqlnode.base.errors import SqlWarning

ADVICE = frozenset(
    """
    BKA NO_BKA BNL NO_BNL DERIVED_CONDITION_PUSHDOWN NO_DERIVED_CONDITION_PUSHDOWN HASH_JOIN NO_HASH_JOIN INDEX NO_INDEX
    GROUP_INDEX NO_GROUP_INDEX INDEX_MERGE NO_INDEX_MERGE JOIN_FIXED_ORDER JOIN_INDEX NO_JOIN_INDEX JOIN_ORDER JOIN_PREFIX
    JOIN_SUFFIX MERGE NO_MERGE MRR NO_MRR NO_ICP NO_RANGE_OPTIMIZATION ORDER_INDEX NO_ORDER_INDEX QB_NAME SEMIJOIN
    NO_SEMIJOIN SKIP_SCAN NO_SKIP_SCAN SUBQUERY
    AGG_TO_COP HASH_AGG HASH_JOIN_BUILD HASH_JOIN_PROBE IGNORE_INDEX INL_HASH_JOIN INL_JOIN INL_MERGE_JOIN LEADING
    LIMIT_TO_COP MERGE_JOIN NO_DECORRELATE NO_INDEX_HASH_JOIN NO_INDEX_JOIN NO_INDEX_MERGE_JOIN NO_SMJ_JOIN SM_JOIN TIDB_HJ
    TIDB_INLJ TIDB_SMJ SEMI_JOIN_REWRITE SHUFFLE_JOIN BROADCAST_JOIN STRAIGHT_JOIN STREAM_AGG MPP_1PHASE_AGG
    MPP_2PHASE_AGG READ_FROM_STORAGE USE_INDEX USE_INDEX_MERGE FORCE_INDEX USE_TOJA USE_CASCADES USE_PLAN_CACHE
    IGNORE_PLAN_CACHE READ_CONSISTENT_REPLICA MEMORY_QUOTA NTH_PLAN
    """.split()
)
REFUSED = frozenset(("SET_VAR", "RESOURCE_GROUP"))
_HINT = re.compile(r"\s*,?\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?")


def note_hints(statement: Statement, binding: Binding, context: PlanContext) -> None:
    """Runs, refuses (1235) or warns about the statement's hints, and warns about DELAYED."""
    modifiers = statement.modifiers
    if "DELAYED" in modifiers.words:
        verb = statement.kind.value
        _warn(binding, context, 3005, f"{verb} DELAYED is no longer supported. The statement was converted to {verb}.")
    for text in modifiers.hints:
        _note(text, statement, binding, context)


def _warn(binding: Binding, context: PlanContext, code: int, message: str) -> None:
    binding.cacheable = False
    context.warn(SqlWarning("Warning", code, message))


def _note(text: str, statement: Statement, binding: Binding, context: PlanContext) -> None:
    position = 0
    while position < len(text):
        match = _HINT.match(text, position)
        name = "" if match is None else match[1].upper()
        if match is None or not (name == "MAX_EXECUTION_TIME" or name in ADVICE or name in REFUSED):
            near = text[position:].lstrip()[:80]
            _warn(binding, context, 1064, f"Optimizer hint syntax error near '{near} */' at line 1")
            return
        position = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
        if name in REFUSED:
            raise unsupported(f"the optimizer hint {name}")
        if name != "MAX_EXECUTION_TIME":
            _warn(binding, context, 8061, f"Optimizer hint {name} is not supported by sqlnode and is ignored")
        elif statement.kind is not StatementKind.SELECT:
            _warn(binding, context, 3124, "Unsupported MAX_EXECUTION_TIME")
        elif (match[2] or "").strip().isdigit():
            binding.max_execution_ms = int(match[2])
        else:
            _warn(binding, context, 1064, f"Optimizer hint syntax error near '{match[0].strip()} */' at line 1")
