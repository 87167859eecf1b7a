"""Sorting, limits, set operations and the small operators, on both paths against Python's own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from executor.row_keys import identity_key, order_key
from planner.expr.nodes import Column, OrderItem
from planner.logical import SetKind
from planner.physical import (
    CteScan,
    Dual,
    Limit,
    MaxOneRow,
    PhysicalPlan,
    Projection,
    Selection,
    SetOperation,
    Sort,
    TopN,
    Union,
)
from sqlnode.base.errors import SqlError
from sqlnode.base.types import SqlType, Value
from tests.executor.nodes import (
    ALL_TYPES,
    BIGINT,
    FOLDED,
    by_columns,
    by_rows,
    call,
    column,
    constant,
    exec_context,
    source,
    table,
)

BOTH = pytest.mark.parametrize("run", [by_columns, by_rows])
Run = Callable[..., list[tuple]]


def in_order(rows: list[tuple], items: list[tuple[int, SqlType, bool]]) -> list[tuple]:
    for place, sql_type, descending in reversed(items):
        make = order_key(sql_type) or (lambda value: value)
        rows = sorted(
            rows,
            key=lambda row: (row[place] is not None, 0 if row[place] is None else make(row[place])),
            reverse=descending,
        )
    return rows


@BOTH
@pytest.mark.parametrize("seed", range(30))
def test_sort_and_top_n(seed: int, run: Run) -> None:
    randomness = random.Random(seed)
    columns = [column(randomness.choice(ALL_TYPES)) for _ in range(3)]
    rows = table([c.type for c in columns], randomness.choice([0, 1, 50]), randomness)
    chosen = [(place, columns[place].type, randomness.random() < 0.5) for place in range(randomness.randint(1, 3))]
    items = tuple(OrderItem(columns[place], down) for place, _, down in chosen)
    child = source(columns, rows, 1 if run is by_rows else 4)
    wanted = in_order(rows, chosen)
    assert run(Sort(child=child, items=items)) == wanted
    count, offset = randomness.randint(0, 60), randomness.choice([None, 0, 3])
    node = TopN(child=child, items=items, count=constant(count), offset=None if offset is None else constant(offset))
    assert run(node) == wanted[(offset or 0) : (offset or 0) + count]


def test_top_n_gathers_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.operators.sorting._TOP_N_ROWS", 2)
    c = column(BIGINT)
    rows = [(number * 7919 % 100,) for number in range(100)]
    node = TopN(child=source([c], rows, 20), items=(OrderItem(c),), count=constant(3), offset=constant(1))
    assert by_columns(node) == [(1,), (2,), (3,)]


@BOTH
def test_selection_projection_and_limit(run: Run) -> None:
    c, doubled = column(BIGINT), column(BIGINT)
    child = source([c], [(1,), (None,), (3,), (4,), (0,)], 1 if run is by_rows else 2)
    node = Projection(
        child=Selection(child=child, conditions=(c, call("!=", c, constant(3)))),
        expressions=(call("+", c, c), c),
        columns=(doubled, column(BIGINT)),
    )
    assert run(node) == [(2, 1), (8, 4)]
    assert run(Limit(child=child, count=constant(2), offset=constant(1))) == [(None,), (3,)]
    assert run(Limit(child=child, count=None, offset=constant(3))) == [(4,), (0,)]
    assert run(Limit(child=child, count=constant(0))) == []


@BOTH
def test_dual_and_one_row(run: Run) -> None:
    c = column(BIGINT)
    one = Projection(child=Dual(), expressions=(constant(5),), columns=(c,))
    assert run(one) == [(5,)]
    assert run(Projection(child=Dual(rows=0), expressions=(constant(5),), columns=(c,))) == []
    assert run(MaxOneRow(child=one)) == [(5,)]
    assert run(MaxOneRow(child=source([c], []))) == [(None,)]
    with pytest.raises(SqlError) as error:
        run(MaxOneRow(child=source([c], [(1,), (2,)])))
    assert error.value.code == 1242


def identity(row: tuple, types: list[SqlType]) -> tuple:
    def of(value: Value, sql_type: SqlType) -> object:
        make = identity_key(sql_type)
        return value if make is None or value is None else make(value)

    return tuple(map(of, row, types))


@pytest.mark.parametrize("kind", [SetKind.INTERSECT, SetKind.EXCEPT])
@pytest.mark.parametrize("all_rows", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_set_operations(kind: SetKind, all_rows: bool, seed: int) -> None:
    randomness = random.Random(seed)
    types = [randomness.choice(ALL_TYPES) for _ in range(randomness.randint(1, 2))]
    left, right, output = ([column(t) for t in types] for _ in range(3))
    left_rows = table(types, randomness.choice([0, 30]), randomness)
    right_rows = table(types, randomness.choice([0, 20]), randomness)
    node = SetOperation(
        inputs=(source(left, left_rows, 3), source(right, right_rows, 2)),
        columns=tuple(output),
        kind=kind,
        all_rows=all_rows,
    )
    counts = Counter(identity(row, types) for row in right_rows)
    seen: Counter = Counter()
    wanted = []
    for row in left_rows:
        key = identity(row, types)
        place, here = seen[key], counts[key]
        seen[key] += 1
        if kind is SetKind.INTERSECT:
            keep = place < here if all_rows else here and not place
        else:
            keep = place >= here if all_rows else not here and not place
        if keep:
            wanted.append(row)
    assert by_columns(node) == wanted


def test_union_and_common_table() -> None:
    one, two, c = column(BIGINT), column(BIGINT), column(BIGINT)
    node = Union(inputs=(source([one], [(1,)]), source([two], [(2,), (1,)])), columns=(c,))
    assert by_columns(node) == [(1,), (2,), (1,)]
    context = exec_context()
    use = CteScan(cte_id=4, name="w", columns=(column(BIGINT),))
    from executor.stream import Execution
    from tests.executor.nodes import asyncio

    plan = PhysicalPlan(use, ctes={4: node})
    for _ in range(2):
        batches = asyncio.run(Execution(plan, context).collect(use))
        assert [value for batch in batches for value in batch.column(0).to_pylist()] == [1, 2, 1]


def test_strings_are_sorted_by_their_collation() -> None:
    c = column(FOLDED)
    rows = [(b"b",), (b"A",), ("ä".encode(),), (b"a",), (None,)]
    assert by_columns(Sort(child=source([c], rows), items=(OrderItem(c, True),))) == [
        (b"b",),
        (b"A",),
        ("ä".encode(),),
        (b"a",),
        (None,),
    ]


def columns_named(*names: str) -> list[Column]:
    """Columns by name, for plans whose result is looked at through `run`."""
    return [column(BIGINT, name) for name in names]


def test_the_result_has_labels_and_the_plan_columns_only() -> None:
    import asyncio

    from executor import run

    a, b = columns_named("a", "b")
    plan = PhysicalPlan(
        Sort(child=source([a, b], [(2, 1), (1, 5)]), items=(OrderItem(a),)), columns=(b,), labels=("B",)
    )
    result = asyncio.run(run(plan, exec_context()))
    assert [c.name for c in result.columns] == ["B"]  # type: ignore[union-attr]
    assert list(result.rows) == [(5,), (1,)]  # type: ignore[union-attr]
    plan = PhysicalPlan(Union(inputs=(source([a, b], [(2, 1)]),), columns=(a, b)), columns=(b,), labels=("B",))
    result = asyncio.run(run(plan, exec_context()))
    assert [batch.to_pylist() for batch in result.batches] == [[{"0": 1}]]  # type: ignore[union-attr]
