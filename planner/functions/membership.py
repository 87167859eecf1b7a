"""x IN (list): one lookup in a set of the constants, also in the weights of a collation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from planner.context import PlanContext
from planner.expr.coercion import aggregate_collations
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call, Column, Constant, Expression, Parameter
from planner.functions.arrays import array_of, list_of
from planner.functions.comparison import by_known_collation, comparable, compare_as, is_fixed
from planner.functions.registry import UNLIMITED, Compiled, Function, Kind, Nulls, Overload, VectorCompiled
from planner.functions.resolution import is_null, make_call, resolve
from sqlnode.base.collation import by_name, sort_keys
from sqlnode.base.types import INTEGER_CODES, EvalType, SqlType, TypeCode, Value, boolean


def _overload(kind: EvalType) -> Overload:
    exact = by_known_collation if kind == EvalType.STRING else kind != EvalType.JSON
    return Overload((Kind.ANY,), boolean(), tipb=f"In{kind.value.capitalize()}", exact=exact)


_OVERLOADS = {kind: _overload(kind) for kind in EvalType}


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    """Constants of one kind stay together in an `in`; the other members become comparisons joined by OR."""
    value, *members = args
    if isinstance(value, Call) and value.name == "row":
        return _joined([resolve("=", (value, member), context) for member in members], context)
    if _whole_numbers(value, members):
        return make_call(IN, _OVERLOADS[EvalType.INT], args, context)
    groups: dict[EvalType, tuple[Expression, list[Expression]]] = {}
    singles: list[Expression] = []
    compared = [comparable(value, member, context, "in") for member in members]
    strings = [side for left, right, kind in compared if kind == EvalType.STRING for side in (left, right)]
    texts = [string for string in strings if not is_null(string)]
    derivation = aggregate_collations(texts, context, operation="in", comparison=True) if texts else None
    for member, (left, right, kind) in zip(members, compared):
        if not _is_settled(right) or kind == EvalType.JSON:
            if kind == EvalType.STRING:
                singles.append(compare_as("=", left, right, kind, context, derivation))
            else:
                singles.append(resolve("=", (value, member), context))
            continue
        if is_null(right) and groups:
            kind = next(iter(groups))
            left = groups[kind][0]
            right = Constant(None, left.type.nullable())
        groups.setdefault(kind, (left, []))[1].append(right)
    parts: list[Expression] = []
    for kind, (left, found) in groups.items():
        shared = derivation if kind == EvalType.STRING else None
        parts.append(make_call(IN, _OVERLOADS[kind], (left, *found), context, derivation=shared))
    return _joined(parts + singles, context)


def _whole_numbers(value: Expression, members: Sequence[Expression]) -> bool:
    """The most frequent kind of a long list, which needs no look at each member's conversion."""
    code = value.type.code
    if not isinstance(value, Column) or code not in INTEGER_CODES or code == TypeCode.YEAR:
        return False
    return all(type(one) is Constant and type(one.value) is int and one.type.code == _LONG for one in members)


_LONG = TypeCode.LONGLONG


def equalities_merged(conditions: Sequence[Expression], context: PlanContext) -> list[Expression]:
    """The operands of a long OR, where those that compare one column with constants are one IN: `a = 1 OR b OR a = 2` is
    `a IN (1, 2) OR b`, which is planned and evaluated in far fewer steps."""
    found: list[Expression] = []
    groups: dict[object, tuple[int, Call, list[Expression]]] = {}
    for condition in conditions:
        key = _equality(condition)
        if key is None:
            found.append(condition)
            continue
        assert isinstance(condition, Call), "_equality saw a call"
        if key not in groups:
            groups[key] = (len(found), condition, [])
            found.append(condition)
        groups[key][2].append(condition.args[1])
    for place, first, members in groups.values():
        if len(members) > 1:
            kind = first.args[0].type.eval_type
            shared = first.signature.derivation if kind == EvalType.STRING else None
            found[place] = make_call(IN, _OVERLOADS[kind], (first.args[0], *members), context, derivation=shared)
    return found


def _equality(condition: Expression) -> object:
    """What equalities that may become one IN have in common: column, kind, and collation; None for anything else."""
    if not isinstance(condition, Call) or condition.name != "=":
        return None
    column, value = condition.args
    if not isinstance(column, Column) or not isinstance(value, Constant) or value.value is None:
        return None
    kind = column.type.eval_type
    if kind != value.type.eval_type or kind not in (EvalType.INT, EvalType.STRING):
        return None
    return column, kind, condition.signature.derivation


def _is_settled(member: Expression) -> bool:
    """Whether a member has one value for all rows. So has a text parameter that is a time or an integer: where it is a
    constant it has been converted."""
    if isinstance(member, Call) and member.name == "cast" and isinstance(member.args[0], Parameter):
        return member.args[0].type.eval_type == EvalType.STRING and member.type.eval_type in _CONVERTED
    return is_fixed(member)


_CONVERTED = frozenset({EvalType.INT, EvalType.TIME, EvalType.DURATION})


def _joined(parts: Sequence[Expression], context: PlanContext) -> Expression:
    return parts[0] if len(parts) == 1 else resolve("or", parts, context)


def _key(call: Call) -> Callable[[Value], object]:
    """What members and values are looked up by."""
    collation = call.signature.derivation.collation
    if call.args[0].type.eval_type != EvalType.STRING or collation == "binary":
        return lambda value: value
    return by_name(collation).sort_key  # type: ignore[return-value]


class _In:
    """How IN compiles: the constants' keys are a set, made once; parameters' keys are made at each execution."""

    def scalar(self, call: Call, args: Sequence[Compiled]) -> Compiled:
        """Over a row."""
        value, *members = args
        key = _key(call)
        if all(isinstance(member, Constant) for member in call.args[1:]):
            values = [member.value for member in call.args[1:] if isinstance(member, Constant)]
            known = frozenset(key(member) for member in values if member is not None)
            otherwise = None if None in values else 0

            def lookup(row: Sequence[Value], context: EvalContext) -> Value:
                found = value(row, context)
                if found is None:
                    return None
                return 1 if key(found) in known else otherwise

            return lookup

        def run(row: Sequence[Value], context: EvalContext) -> Value:
            found = value(row, context)
            if found is None:
                return None
            wanted = key(found)
            has_null = False
            for member in members:
                other = member(row, context)
                if other is None:
                    has_null = True
                elif key(other) == wanted:
                    return 1
            return None if has_null else 0

        return run

    def vector(self, call: Call, args: Sequence[VectorCompiled]) -> VectorCompiled:
        """Over a batch."""
        value, *members = args
        fixed = [one.value for one in call.args[1:] if isinstance(one, Constant)]
        all_fixed = len(fixed) == len(members)
        sql_type = call.args[0].type
        keyed = sql_type.eval_type == EvalType.STRING and call.signature.derivation.collation != "binary"
        collation = by_name(call.signature.derivation.collation) if keyed else None
        if collation is not None:
            fixed = [None if one is None else collation.sort_key(one) for one in fixed]  # type: ignore[arg-type]

        def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
            array = value(batch, context)
            if pa.types.is_boolean(array.type):
                array = pc.cast(array, pa.int64())
            wanted: list[Any] = fixed
            if not all_fixed:
                one = batch.slice(0, 1) if batch.num_rows else batch
                wanted = [list_of(member(one, context))[0] for member in members] if batch.num_rows else []
            if collation is not None:
                array = sort_keys(array, collation)
                if not all_fixed:
                    wanted = [None if member is None else collation.sort_key(member) for member in wanted]
            known = [member for member in wanted if member is not None]
            found = _is_in(array, known, sql_type)
            missing = pc.is_null(array)
            if len(known) < len(wanted):
                missing = pc.or_(missing, pc.invert(found))
            return pc.if_else(missing, pa.scalar(None, pa.bool_()), found)

        return run


def _is_in(array: pa.Array, known: Sequence[Value], sql_type: SqlType) -> pa.Array:
    kind = array.type
    if pa.types.is_integer(kind):
        low, high = (0, (1 << 64) - 1) if kind == pa.uint64() else (-(1 << 63), (1 << 63) - 1)
        known = [member for member in known if isinstance(member, int) and low <= member <= high]
    elif pa.types.is_decimal(kind):
        values = frozenset(member for member in known if isinstance(member, Decimal))
        return pa.array([value is not None and value in values for value in array.to_pylist()], pa.bool_())
    value_set = pa.array(known, kind) if not pa.types.is_decimal(kind) else array_of(known, sql_type)
    return pc.is_in(array, value_set=value_set)


IN = Function(
    "in",
    min_args=2,
    max_args=UNLIMITED,
    overloads=tuple(_OVERLOADS.values()),
    resolver=_resolve,
    nulls=Nulls.KERNEL,
    not_null=True,
    lazy=_In(),
    example=("2 IN (1, 2, NULL)", "1"),
)
