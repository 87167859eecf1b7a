"""Ranges against the conditions that they stand for: a key lies in the range whenever its row fulfils the condition, and
where the range is said to be exact also the other way round."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from itertools import pairwise

import pytest

from planner.access.paths import access_paths, points_of
from planner.access.range_plan import encode
from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Expression
from planner.expr.scalar import compile_scalar, value_of
from planner.ids import ids_above
from planner.logical import DataSource, LogicalNode, Selection
from planner.rules.fold_constants import fold_constants
from planner.rules.tree import RuleContext
from sqlnode.base.types import Value
from tests.planner.plans import bound, catalog_of, context_of

CATALOG = catalog_of(
    "CREATE TABLE r (id INT PRIMARY KEY, n INT, w BIGINT UNSIGNED, v VARCHAR(6), x VARBINARY(6), m DECIMAL(6,2), d DATE,"
    " t DATETIME(3), f DOUBLE, e ENUM('b','a','C'), KEY (n, v), KEY (w), KEY (v, n), KEY (x), KEY (m, d), KEY (d), KEY (t),"
    " KEY (f), KEY (e, n), KEY pv (v(2)))"
)
COLUMNS = ("id", "n", "w", "v", "x", "m", "d", "t", "f", "e")
DAY = 1 << 41


def _day(number: int) -> int:
    return ((2020 * 13 + 1) << 5 | number) << 41


VALUES: dict[str, list[Value]] = {
    "id": [-3, -1, 0, 1, 2, 5, 7],
    "n": [None, -2, 0, 1, 2, 3, 5],
    "w": [None, 0, 1, 3, (1 << 63) - 1, 1 << 63, (1 << 64) - 1],
    "v": [None, b"", b"a", b"A", b"ab", b"aB ", b"b", b"\xc3\xa4", b"abc"],
    "x": [None, b"", b"a", b"A", b"a\x00", b"b", b"\xff"],
    "m": [None, Decimal("-1.50"), Decimal("0.00"), Decimal("1.00"), Decimal("2.25"), Decimal("9999.99")],
    "d": [None, 0, _day(1), _day(2), _day(9)],
    "t": [None, _day(1), _day(2) | 12 << 36, _day(2) | 500_000],
    "f": [None, -1.5, 0.0, 1.0, 2.25, 1e300],
    "e": [None, 0, 1, 2, 3],
}
LITERALS = {
    "id": ["0", "2", "-1", "2.5", "'1'", "1e0", "'x'", "99999999999", "NULL"],
    "n": ["0", "2", "-2", "1.5", "'3'", "3e0", "NULL"],
    "w": ["0", "3", "-1", "9223372036854775808", "18446744073709551615", "1.5", "1e0", "2e19", "NULL"],
    "v": ["''", "'a'", "'AB'", "'b'", "'ä'", "'ab '", "5", "NULL"],
    "x": ["''", "'a'", "x'61'", "'b'", "NULL"],
    "m": ["0", "1", "2.25", "2.251", "-1.5", "1e0", "99999", "NULL"],
    "d": ["'2020-01-02'", "'2020-01-01 12:00:00'", "'2020-01-09'", "20200102", "NULL"],
    "t": ["'2020-01-02'", "'2020-01-02 12:00:00'", "'2020-01-02 00:00:00.5'", "'2020-01-02 00:00:00.5004'", "NULL"],
    "f": ["0", "1", "2.25", "-1.5", "1e300", "'1'", "NULL"],
    "e": ["'a'", "'B'", "'c'", "''", "'zz'", "1", "NULL"],
}


def _atom(chance: random.Random, column: str) -> str:
    def literal() -> str:
        return chance.choice(LITERALS[column])

    kind = chance.randrange(8)
    if kind < 3:
        return f"{column} {chance.choice(['=', '<', '<=', '>', '>=', '<=>', '<>'])} {literal()}"
    if kind == 3:
        return f"{column} in ({literal()}, {literal()})"
    if kind == 4:
        return f"{column} between {literal()} and {literal()}"
    if kind == 5:
        return f"{column} is {chance.choice(['', 'not '])}null"
    if kind == 6 and column in ("v", "x"):
        return f"{column} like {chance.choice([repr(p) for p in ('a%', 'ab%', '%a', 'a_', 'A', '', 'ä%')])}"
    return f"{literal()} {chance.choice(['=', '<', '>='])} {column}"


def _condition(chance: random.Random, depth: int = 0) -> str:
    columns = chance.choice([COLUMNS, ("n", "v"), ("m", "d"), ("e", "n"), ("v",), ("w",)])
    parts = [_atom(chance, chance.choice(columns)) for _ in range(chance.randrange(1, 4))]
    if depth < 2 and chance.random() < 0.4:
        parts.append(f"({_condition(chance, depth + 1)})")
    return f" {chance.choice(['and', 'and', 'or'])} ".join(parts)


def _filter(text: str) -> tuple[DataSource, tuple[Expression, ...]] | None:
    context = context_of(catalog=CATALOG)
    plan: LogicalNode = bound(f"select * from r where {text}", context).plan
    plan = fold_constants(plan, RuleContext(context, ids_above(plan)))
    while not isinstance(plan, Selection):
        if not plan.children:
            return None
        (plan,) = plan.children
    assert isinstance(plan.child, DataSource)
    return plan.child, plan.conditions


def _rows(chance: random.Random) -> Iterator[tuple[Value, ...]]:
    for _ in range(60):
        yield tuple(chance.choice(VALUES[name]) for name in COLUMNS)


@pytest.mark.parametrize("seed", range(12))
def test_keys_lie_in_ranges_as_rows_fulfil_conditions(seed: int) -> None:
    chance = random.Random(seed)
    evaluation = EvalContext(zone=UTC)
    rows = list(_rows(chance))
    bounded = 0
    for _ in range(60):
        text = _condition(chance)
        found = _filter(text)
        if found is None:
            continue
        source, conditions = found
        whole = [compile_scalar(condition, source.columns) for condition in conditions]
        for path in access_paths(source, conditions):
            residual = [compile_scalar(condition, source.columns) for condition in path.access.residual]
            plan = path.ranges(source.table)
            bounded += not plan.is_full
            ranges = [one for group in plan.evaluate(value_of(evaluation), UTC) for one in group]
            for group in plan.evaluate(value_of(evaluation), UTC):
                assert all(one.end <= other.start for one, other in pairwise(group)), text
            places = [source.columns.index(key.column) for key in path.keys if key.column is not None]
            for row in rows:
                key = plan.prefix + b"".join(
                    encode(part.part, row[place]) for part, place in zip(path.keys, places, strict=True)
                )
                inside = any(one.start <= key and (not one.end or key < one.end) for one in ranges)
                fulfils = all(one(row, evaluation) for one in whole)
                passes = inside and all(one(row, evaluation) for one in residual)
                assert passes == fulfils, (text, path.index and path.index.name, row, inside)
    assert bounded > 40


def test_points() -> None:
    cases = {
        "id = 5": 1, "id in (1, 2, 3)": 3, "id = '7' and n > 3": 1, "id = 5 or id = 6": 2, "id > 5": 0, "id <=> 5": 0,
        "id = n": 0, "id = 1.5": 1, "n = 1": 0, "id = 5 or n = 6": 0, "(id, n) in ((1, 2), (3, 4))": 2,
    }  # fmt: skip
    for text, count in cases.items():
        found = _filter(text)
        assert found is not None
        source, conditions = found
        points = points_of(source, access_paths(source, conditions)[0], conditions)
        assert (0 if points is None else len(points.keys)) == count, text
