"""Conditions that a server table's generator may use: `column = value`, IN and LIKE on its own columns."""

from __future__ import annotations

from collections.abc import Sequence

from planner.access.ranges import conjuncts, disjuncts, is_free
from planner.expr.nodes import Call, Column, Expression
from planner.logical import DataSource
from planner.physical import MemPredicate


def memory_predicates(source: DataSource, conditions: Sequence[Expression]) -> tuple[MemPredicate, ...]:
    """The hints of a conjunction."""
    names = {column: info.name.lower() for column, info in zip(source.columns, source.infos)}
    found = []
    for condition in conditions:
        for part in conjuncts(condition):
            predicate = _predicate(part, names)
            if predicate is not None:
                found.append(predicate)
    return tuple(found)


def _predicate(condition: Expression, names: dict[Column, str]) -> MemPredicate | None:
    if not isinstance(condition, Call):
        return None
    if condition.name == "or":
        parts = [_predicate(part, names) for part in disjuncts(condition)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts) or len({(part.column, part.op) for part in known}) != 1:
            return None
        return MemPredicate(known[0].column, known[0].op, tuple(one for part in known for one in part.operands))
    if condition.name not in ("=", "in", "like") or len(condition.args) < 2:
        return None
    column, *operands = condition.args
    if not isinstance(column, Column) and condition.name == "=":
        (column, *operands) = reversed(condition.args)
    if not isinstance(column, Column) or column not in names or not all(map(is_free, operands)):
        return None
    if condition.name == "like":
        return MemPredicate(names[column], "like", (operands[0],))
    return MemPredicate(names[column], "in", tuple(operands))
