"""Joins against a row-by-row model: all kinds, NULLs, collations, residual and null-aware conditions."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from executor.copr.ordering import comparable
from planner.expr.coercion import comparison_type
from planner.expr.nodes import CorrelatedColumn, Expression
from planner.logical import JoinKind
from planner.physical import Apply, EqualPair, HashJoin, PhysicalNode, Selection
from sqlnode.base.types import SqlType, TypeCode, Value
from store.codec.byte_arrays import values_to_array
from tests.executor.nodes import (
    ALL_TYPES,
    BIGINT,
    BINARY,
    FOLDED,
    SMALL,
    UNSIGNED,
    by_columns,
    call,
    column,
    constant,
    source,
    table,
)

MARK = column(BIGINT, "mark")
KINDS = list(JoinKind)


def same(left: Value, right: Value, sql_type: SqlType, *, null_safe: bool) -> bool | None:
    if left is None or right is None:
        return (left is right) if null_safe else None
    if (sql_type.is_string and isinstance(left, bytes)) or sql_type.code == TypeCode.JSON:
        keys = comparable(values_to_array([left, right], sql_type), sql_type).to_pylist()
        return keys[0] == keys[1]
    return left == right


def model(kind: JoinKind, left: list[tuple], right: list[tuple], verdict, widths: tuple[int, int]) -> Counter:
    """`verdict(l, r)` -> (plain True/False, null-aware True/False/None)."""
    result: Counter = Counter()
    if kind is JoinKind.RIGHT:
        for row in right:
            partners = [other for other in left if verdict(other, row) == (True, True)]
            result.update([(*other, *row) for other in partners] or [(*[None] * widths[0], *row)])
        return result
    for row in left:
        verdicts = [(other, verdict(row, other)) for other in right]
        partners = [other for other, found in verdicts if found == (True, True)]
        answer: bool | None = bool(partners)
        if not answer and any(plain and aware is None for _, (plain, aware) in verdicts):
            answer = None
        match kind:
            case JoinKind.INNER:
                result.update((*row, *other) for other in partners)
            case JoinKind.LEFT:
                result.update([(*row, *other) for other in partners] or [(*row, *[None] * widths[1])])
            case JoinKind.SEMI:
                result.update([row] if answer else [])
            case JoinKind.ANTI:
                result.update([row] if answer is False else [])
            case JoinKind.MARK:
                result.update([(*row, None if answer is None else int(answer))])
            case JoinKind.ANTI_MARK:
                result.update([(*row, None if answer is None else int(not answer))])
    return result


def conjunction(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def join_case(seed: int, kind: JoinKind) -> tuple[HashJoin, Counter]:
    randomness = random.Random(seed)
    nullable_aware = kind not in (JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT)
    types = [randomness.choice(ALL_TYPES) for _ in range(randomness.randint(0, 3))]
    others = [BIGINT, randomness.choice(ALL_TYPES)]
    left = [column(t) for t in [*types, *others]]
    right = [column(t) for t in [*types, *others]]
    left_rows = table([c.type for c in left], randomness.choice([0, 1, 7, 40]), randomness)
    right_rows = table([c.type for c in right], randomness.choice([0, 1, 7, 40]), randomness)
    pairs = []
    for one, two in zip(left[: len(types)], right):
        safe = randomness.random() < 0.25
        aware = nullable_aware and not safe and randomness.random() < 0.5
        pairs.append(EqualPair(one, two, comparison_type(one.type, two.type), safe, aware))
    place = len(types)
    residual: list[Expression] = []
    aware_other: list[Expression] = []
    if randomness.random() < 0.5:
        residual.append(call("<", left[place], right[place]))
    if nullable_aware and randomness.random() < 0.3:
        aware_other.append(call("<=", left[place], right[place]))

    def verdict(one: tuple, two: tuple) -> tuple[bool, bool | None]:
        plain, aware = [], []
        for index, pair in enumerate(pairs):
            found = same(one[index], two[index], pair.type, null_safe=pair.null_safe)
            (aware if pair.null_aware else plain).append(found)
        a, b = one[place], two[place]
        if residual:
            plain.append(None if a is None or b is None else a < b)
        if aware_other:
            aware.append(None if a is None or b is None else a <= b)
        return all(value is True for value in plain), conjunction(aware)

    node = HashJoin(
        kind=kind,
        left=source(left, left_rows, randomness.choice([1, 3])),
        right=source(right, right_rows, randomness.choice([1, 3])),
        mark=MARK if kind in (JoinKind.MARK, JoinKind.ANTI_MARK) else None,
        equal=tuple(pairs),
        other=tuple(residual),
        null_aware_other=tuple(aware_other),
        build_left=randomness.random() < 0.5,
    )
    return node, model(kind, left_rows, right_rows, verdict, (len(left), len(right)))


@pytest.mark.parametrize(("kind", "seed"), list(product(KINDS, range(25))), ids=lambda v: getattr(v, "name", v))
def test_hash_join_agrees_with_the_model(kind: JoinKind, seed: int) -> None:
    node, expected = join_case(seed * 7 + KINDS.index(kind), kind)
    assert Counter(by_columns(node)) == expected


@pytest.mark.parametrize("chunk", [1, 5])
def test_candidates_in_small_chunks(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.operators.matching.CANDIDATE_ROWS", chunk)
    for kind in KINDS:
        node, expected = join_case(3, kind)
        assert Counter(by_columns(node)) == expected


def test_keys_that_do_not_fit_one_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.operators.join_keys._WIDEST", 4)
    for kind, seed in product(KINDS, range(6)):
        node, expected = join_case(seed, kind)
        assert Counter(by_columns(node)) == expected


def test_left_join_keeps_left_order() -> None:
    left, right = [column(BIGINT)], [column(BIGINT), column(BIGINT)]
    node = HashJoin(
        kind=JoinKind.LEFT,
        left=source(left, [(3,), (1,), (None,), (2,)]),
        right=source(right, [(1, 10), (3, 30), (1, 11)]),
        equal=(EqualPair(left[0], right[0], BIGINT),),
        other=(call("!=", right[1], constant(10)),),
    )
    assert by_columns(node) == [(3, 3, 30), (1, 1, 11), (None, None, None), (2, None, None)]


def test_signed_and_unsigned_keys() -> None:
    left, right = [column(BIGINT)], [column(UNSIGNED)]
    node = HashJoin(
        kind=JoinKind.INNER,
        left=source(left, [(-1,), (7,)]),
        right=source(right, [((1 << 64) - 1,), (7,)]),
        equal=(EqualPair(left[0], right[0], comparison_type(BIGINT, UNSIGNED)),),
    )
    assert by_columns(node) == [(7, 7)]


def test_keys_of_different_kinds_are_cast() -> None:
    left, right = [column(BIGINT)], [column(SMALL)]
    from decimal import Decimal

    node = HashJoin(
        kind=JoinKind.INNER,
        left=source(left, [(1,), (2,)]),
        right=source(right, [(Decimal("1.00"),), (Decimal("1.50"),)]),
        equal=(EqualPair(left[0], right[0], comparison_type(BIGINT, SMALL)),),
    )
    assert by_columns(node) == [(1, Decimal("1.00"))]


def correlated_case(seed: int, kind: JoinKind) -> tuple[Apply, Counter]:
    randomness = random.Random(seed)
    left = [column(BIGINT), column(FOLDED)]
    right = [column(BIGINT), column(BINARY)]
    left_rows = table([c.type for c in left], randomness.choice([0, 1, 30]), randomness, extreme=False)
    right_rows = table([c.type for c in right], randomness.choice([0, 1, 20]), randomness, extreme=False)
    inner: PhysicalNode = Selection(
        child=source(right, right_rows), conditions=(call("<=", right[0], CorrelatedColumn(left[0])),)
    )
    aware = kind not in (JoinKind.INNER, JoinKind.LEFT) and randomness.random() < 0.6
    conditions = (call("=", left[0], right[0]),) if aware or randomness.random() < 0.5 else ()

    def verdict(one: tuple, two: tuple) -> tuple[bool, bool | None]:
        visible = one[0] is not None and two[0] is not None and two[0] <= one[0]
        equal = None if one[0] is None or two[0] is None else one[0] == two[0]
        if not conditions:
            return visible, True
        return (visible, equal) if aware else (visible and equal is True, True)

    node = Apply(
        kind=kind,
        left=source(left, left_rows, randomness.choice([1, 2])),
        right=inner,
        mark=MARK if kind in (JoinKind.MARK, JoinKind.ANTI_MARK) else None,
        correlated=(left[0],),
        conditions=conditions,
        null_aware_count=int(aware),
    )
    return node, model(kind, left_rows, right_rows, verdict, (2, 2))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not JoinKind.RIGHT], ids=lambda kind: kind.name)
@pytest.mark.parametrize("seed", range(8))
def test_apply_agrees_with_the_model(kind: JoinKind, seed: int) -> None:
    node, expected = correlated_case(seed, kind)
    assert Counter(by_columns(node)) == expected


def test_apply_keeps_left_order() -> None:
    left, right = [column(BIGINT)], [column(BIGINT)]
    node = Apply(
        kind=JoinKind.INNER,
        left=source(left, [(3,), (1,), (3,), (2,)]),
        right=Selection(
            child=source(right, [(1,), (2,), (3,)]), conditions=(call("<", right[0], CorrelatedColumn(left[0])),)
        ),
        correlated=(left[0],),
    )
    assert by_columns(node) == [(3, 1), (3, 2), (3, 1), (3, 2), (2, 1)]
