"""Conditions of a filter that bound a key: a conjunction in, boxes for a `RangePlan` and what stays a filter out.

A condition bounds a key part when it compares the bare column with something that needs no row of this table (a
constant, a parameter, NOW(), a column of an outer query, or in an index join a column of the other side). "Bare" sees
through casts that keep order and identity, such as INT to DECIMAL. A condition is *exact* when the range says the same
as the condition; every other one stays a filter above the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from planner.access.convert import comparable, is_exact_double
from planner.access.range_plan import NARROW, AnyOf, Box, Comparison, Condition, KeyPart, like_prefix
from planner.expr.nodes import AggregateCall, Call, Column, Constant, Expression, walk
from planner.functions.registry import Volatility
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode

BOX_LIMIT = 256
"""Boxes of one plan; a longer OR stays a filter."""
POINT_LIMIT = 20_000
"""Points that IN lists of several parts may multiply to; beyond it the range stops at a shorter prefix."""

_FLIPPED = {"=": "=", "<=>": "<=>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_POINTS = frozenset({"=", "<=>", "in", "is_null"})
_BACKSLASH = Constant(b"\\", SqlType(TypeCode.VAR_STRING, Flag.BINARY | Flag.NOT_NULL, 1))

Free: TypeAlias = Callable[[Expression], bool]
"""Whether an expression can be evaluated before rows of the table are read."""


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A part of a key and the column by which filters read it (None: they cannot)."""

    part: KeyPart
    column: Column | None


@dataclass(frozen=True, slots=True)
class PartCondition:
    """What one condition says about one key part. `point`: only single values pass."""

    condition: Condition
    exact: bool
    point: bool


@dataclass(frozen=True, slots=True)
class Access:
    """Boxes, and what they were made of.

    `used`: the conditions that shaped them. `residual`: every condition that the reader's caller must still check.
    `points`: leading parts that are single values in every box. `parts`: parts bounded in every box.
    """

    boxes: tuple[Box, ...] = ((),)
    used: tuple[Expression, ...] = ()
    residual: tuple[Expression, ...] = ()
    points: int = 0
    parts: int = 0


def is_free(expression: Expression, outer: frozenset[Column] = frozenset()) -> bool:
    """Whether the expression needs no row (but perhaps one of the `outer` side) and gives the same value every time."""
    for node in walk(expression):
        if isinstance(node, Column) and node not in outer:
            return False
        if isinstance(node, AggregateCall) or (isinstance(node, Call) and _is_fickle(node)):
            return False
    return True


def _is_fickle(call: Call) -> bool:
    """Whether two evaluations of a call may differ, or it is no value."""
    return call.signature.volatility is Volatility.ROW or call.name in ("row", "setvar")


def conjuncts(condition: Expression) -> list[Expression]:
    """The operands of nested ANDs."""
    if isinstance(condition, Call) and condition.name == "and":
        return [part for arg in condition.args for part in conjuncts(arg)]
    return [condition]


def disjuncts(condition: Expression) -> list[Expression]:
    """The operands of nested ORs."""
    if isinstance(condition, Call) and condition.name == "or":
        return [part for arg in condition.args for part in disjuncts(arg)]
    return [condition]


def detach(
    conditions: Sequence[Expression], keys: Sequence[KeyColumn], outer: frozenset[Column] = frozenset()
) -> Access:
    """The boxes that a conjunction means for a key."""

    def free(expression: Expression) -> bool:
        return is_free(expression, outer)

    flat = [part for condition in conditions for part in conjuncts(condition)]
    plain = _plain(flat, keys, free)
    best = plain
    for condition in flat:
        alternatives = disjuncts(condition)
        if len(alternatives) < 2 or len(alternatives) > BOX_LIMIT:
            continue
        several = _of_alternatives(condition, alternatives, flat, keys, free)
        if several is not None and _worth(several) > _worth(best):
            best = several
    return best


def _worth(access: Access) -> tuple[int, int, int]:
    return access.points, access.parts, -len(access.residual)


def _plain(flat: Sequence[Expression], keys: Sequence[KeyColumn], free: Free) -> Access:
    """One box, from conditions that each bound a single part."""
    box: list[tuple[Condition, ...]] = []
    used: list[Expression] = []
    exact: set[int] = set()
    points = 0
    product = 1
    for key in keys:
        found = [(condition, part_condition(condition, key, free)) for condition in flat]
        here = [(condition, bound) for condition, bound in found if bound is not None]
        if not here:
            break
        size = min((_size(bound.condition) for _, bound in here if bound.point), default=1)
        if product * size > POINT_LIMIT:
            break
        product *= size
        box.append(tuple(bound.condition for _, bound in here))
        used.extend(condition for condition, _ in here)
        exact.update(id(condition) for condition, bound in here if bound.exact)
        if key.part.length >= 0 or not any(bound.point for _, bound in here):
            break
        points += 1
    if not box:
        return Access(residual=tuple(flat))
    residual = tuple(condition for condition in flat if id(condition) not in exact)
    return Access((tuple(box),), tuple(used), residual, points, len(box))


def _size(condition: Condition) -> int:
    if isinstance(condition, AnyOf):
        return sum(max(map(_size, parts), default=1) for parts in condition.alternatives)
    return max(len(condition.operands), 1) if condition.op == "in" else 1


def _of_alternatives(
    condition: Expression,
    alternatives: Sequence[Expression],
    flat: Sequence[Expression],
    keys: Sequence[KeyColumn],
    free: Free,
) -> Access | None:
    """One box (or more) per operand of an OR, each together with the other conjuncts; None when one bounds nothing."""
    rest = [other for other in flat if other is not condition]
    boxes: list[Box] = []
    points = parts = len(keys)
    exact_or = True
    exact_rest: set[int] | None = None
    used: dict[int, Expression] = {id(condition): condition}
    for alternative in alternatives:
        own = conjuncts(alternative)
        access = _plain([*own, *rest], keys, free)
        if not access.parts:
            return None
        boxes.extend(access.boxes)
        points, parts = min(points, access.points), min(parts, access.parts)
        left = {id(one) for one in access.residual}
        exact_or = exact_or and not any(id(one) in left for one in own)
        covered = {id(one) for one in rest} - left
        exact_rest = covered if exact_rest is None else exact_rest & covered
        used.update((id(one), one) for one in access.used if not any(one is mine for mine in own))
    if len(boxes) > BOX_LIMIT:
        return None
    dropped = exact_rest or set()
    residual = tuple(one for one in flat if not (one is condition and exact_or) and id(one) not in dropped)
    return Access(tuple(boxes), tuple(used.values()), residual, points, parts)


def part_condition(condition: Expression, key: KeyColumn, free: Free) -> PartCondition | None:
    """What the condition says about the key part alone; None when it says nothing or also something else."""
    if key.column is None or not isinstance(condition, Call):
        return None
    name, args = condition.name, condition.args
    if name in _FLIPPED and len(args) == 2:
        return _comparison(condition, name, args[0], (args[1],), key, free) or _comparison(
            condition, _FLIPPED[name], args[1], (args[0],), key, free
        )
    if name in ("in", "between") and len(args) >= 2:
        return _comparison(condition, name, args[0], args[1:], key, free)
    if name == "like":
        return _like(condition, key, free)
    if name == "is_null" and _is_key(args[0], key):
        return PartCondition(Comparison("is_null"), exact=True, point=True) if key.part.flagged else None
    if name == "not":
        inner = args[0]
        if isinstance(inner, Call) and inner.name == "is_null" and _is_key(inner.args[0], key) and key.part.flagged:
            return PartCondition(Comparison("not_null"), exact=True, point=False)
        return None
    if name == "or":
        return _any_of(condition, key, free)
    return None


def _is_key(expression: Expression, key: KeyColumn) -> bool:
    return isinstance(expression, Column) and expression == key.column


def _any_of(condition: Call, key: KeyColumn, free: Free) -> PartCondition | None:
    alternatives: list[tuple[Condition, ...]] = []
    exact = point = True
    for alternative in disjuncts(condition):
        found = [part_condition(one, key, free) for one in conjuncts(alternative)]
        known = [one for one in found if one is not None]
        if not known:
            return None
        exact = exact and len(known) == len(found) and all(one.exact for one in known)
        point = point and any(one.point for one in known)
        alternatives.append(tuple(one.condition for one in known))
    return PartCondition(AnyOf(tuple(alternatives)), exact, point)


def _comparison(
    condition: Call, op: str, side: Expression, operands: tuple[Expression, ...], key: KeyColumn, free: Free
) -> PartCondition | None:
    column, lossless = _bare(side)
    if column is None or column != key.column or not all(map(free, operands)):
        return None
    part = key.part
    if not all(_fits(part.type, column.type, operand, condition) for operand in operands):
        return None
    if part.type.code == TypeCode.ENUM and op not in ("=", "in"):
        return None
    if not lossless and not all(isinstance(one, Constant) and is_exact_double(one.value) for one in operands):
        lossless = part.type.code in NARROW
    else:
        lossless = True
    timestamp = part.type.code == TypeCode.TIMESTAMP
    exact = lossless and part.length < 0 and not timestamp
    return PartCondition(Comparison(op, operands), exact, exact and op in _POINTS)


def _fits(key_type: SqlType, column_type: SqlType, operand: Expression, condition: Call) -> bool:
    """Whether comparing with the operand follows the order of the key's bytes."""
    if not comparable(key_type, operand.type):
        return False
    if key_type.is_string or key_type.code == TypeCode.ENUM:
        return condition.signature.derivation.collation == column_type.collation == key_type.collation
    return True


def _bare(expression: Expression) -> tuple[Column | None, bool]:
    """The column below casts that keep its order; and whether equal results mean equal columns."""
    if isinstance(expression, Column):
        return expression, True
    if not isinstance(expression, Call) or expression.name != "cast":
        return None, True
    column, lossless = _bare(expression.args[0])
    if column is None:
        return None, True
    kept = _keeps_order(expression.args[0].type, expression.type)
    return (None, True) if kept is None else (column, lossless and kept)


def _keeps_order(source: SqlType, target: SqlType) -> bool | None:
    """Of a cast: None: order may change; False: kept, but values may fall together; True: one to one."""
    before, after = source.eval_type, target.eval_type
    if source.code == TypeCode.ENUM:
        return True if target.is_string and source.collation == target.collation else None
    if source.code in (TypeCode.SET, TypeCode.BIT):
        return None
    if before == EvalType.INT and after == EvalType.DECIMAL:
        return True if target.length - max(target.scale, 0) >= 20 or source.code in NARROW else None
    if before == EvalType.INT and after == EvalType.REAL and target.code == TypeCode.DOUBLE:
        return source.code in NARROW
    if before == after == EvalType.INT:
        return True if source.unsigned == target.unsigned and target.code == TypeCode.LONGLONG else None
    if before == after == EvalType.REAL:
        return True if target.code == TypeCode.DOUBLE else None
    if before == after == EvalType.DECIMAL:
        whole = target.length - max(target.scale, 0) >= source.length - max(source.scale, 0)
        return True if whole and target.scale >= source.scale else None
    if before == after == EvalType.TIME:
        wide = target.code in (TypeCode.DATETIME, TypeCode.TIMESTAMP) and target.fsp >= source.fsp
        return True if wide or target.code == source.code == TypeCode.DATE else None
    if before == after == EvalType.DURATION:
        return True if target.fsp >= source.fsp else None
    if source.is_string and target.is_string and source.collation == target.collation:
        return True if target.length < 0 or 0 <= source.length <= target.length else None
    return None


def _escape(expression: Expression) -> Expression:
    """LIKE's escape character, which calls carry by its code (0: none)."""
    if isinstance(expression, Constant) and isinstance(expression.value, int):
        return Constant(chr(expression.value).encode() if expression.value else b"", _BACKSLASH.type)
    return expression


def _like(condition: Call, key: KeyColumn, free: Free) -> PartCondition | None:
    column, pattern = condition.args[0], condition.args[1]
    escape = _escape(condition.args[2]) if len(condition.args) > 2 else _BACKSLASH
    bare, _ = _bare(column)
    if bare is None or bare != key.column or not key.part.type.is_string or not (free(pattern) and free(escape)):
        return None
    if not pattern.type.is_string or not _fits(key.part.type, bare.type, pattern, condition):
        return None
    if isinstance(pattern, Constant):
        if not isinstance(escape, Constant) or not isinstance(escape.value, bytes):
            return None
        if not isinstance(pattern.value, bytes) or not like_prefix(pattern.value, escape.value):
            return None
    return PartCondition(Comparison("like", (pattern, escape)), exact=False, point=False)


def equal_operand(condition: Expression, key: KeyColumn, free: Free) -> tuple[Expression, ...] | None:
    """The candidate values when the condition says exactly `part = value` or `part IN (values)`; else None."""
    bound = part_condition(condition, key, free)
    if bound is None or not bound.exact or not isinstance(bound.condition, Comparison):
        return None
    return bound.condition.operands if bound.condition.op in ("=", "in") else None


def columns_bounded(access: Access, keys: Iterable[KeyColumn]) -> set[Column]:
    """The columns whose parts the boxes bound."""
    return {key.column for key in list(keys)[: access.parts] if key.column is not None}
