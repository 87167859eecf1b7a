"""Which rules change a statement, and that no rule changes its rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC

import pytest

from executor import rows_of
from executor.context import EvalContext, ExecContext
from executor.copr import DagRunner
from planner.finish import finished_plan
from planner.physical import PhysicalPlan
from planner.physicalize import physicalize
from planner.pushdown import push_down
from planner.pushdown.signatures import sent_signatures
from planner.rules import RULES, Rule, optimize
from sqlnode.base.types import Value
from store import open_store
from store.codec.table_codec import TableCodec
from tests.planner.plans import CATALOG, bound, context_of, planned

FIRED = {
    "select * from t where a > 1 + 2": {"fold_constants"},
    "select * from t where 1 = 0": {"fold_constants"},
    "select * from t where exists (select 1 from u where u.tid = t.id)": {"decorrelate_subqueries"},
    "select * from t where not exists (select 1 from u where u.tid = t.id and u.k < t.a)": {"decorrelate_subqueries"},
    "select a, (select count(*) from u where u.tid = t.id) from t": {"decorrelate_subqueries"},
    "select a, (select max(k) + 1 from u where u.tid = t.id and u.k > 3) from t": {"decorrelate_subqueries"},
    "select * from t where a in (select k from u where u.tid = t.id)": {"decorrelate_subqueries"},
    "select * from t where a not in (select k from u where u.tid = t.id)": {"decorrelate_subqueries"},
    "select (select name from u where uid = t.a) from t": {"decorrelate_subqueries"},
    "select * from t where a = (select max(k) from u)": {"eliminate_max_one_row", "push_down_predicates"},
    "select * from t left join u on t.id = u.tid where u.k > 3": {"simplify_outer_joins", "push_down_predicates"},
    "select * from t left join u on t.id = u.tid where not (u.k is null)": {"simplify_outer_joins"},
    "select * from t, u where t.id = u.tid and t.id > 2": {"push_down_predicates"},
    "select * from t, u where (t.id = u.tid and a > 3) or (t.id = u.tid and k > 3)": {"split_disjunctions"},
    "select * from t, u where (a = 3 and k = 2) or (a = 4 and k > 5 and b > 1)": {"split_disjunctions"},
    "select * from t where (a = 3 and b = 2) or (b = 2 and a = 4) or b = 2": {"split_disjunctions"},
    "select * from (select a, sum(b) s from t group by a) d where a > 3": {"push_down_predicates"},
    "select * from (select a from t union all select k from u) d where a > 3": {"push_down_predicates"},
    "select distinct id, a from t": {"eliminate_distinct"},
    "select distinct a from t": {"turn_distinct_into_aggregate"},
    "select a from (select a, b from t) d where b > 3": {"prune_columns"},
    "select count(*) from t x, t y, u where x.id = y.a and y.id = u.tid and u.uid = 3": {"reorder_joins"},
    "select max(id) from t": {"use_order_for_extremes"},
    "select min(a) from t where a > 5": {"use_order_for_extremes"},
    "select id from t where id > 0 union all select uid from u order by 1 limit 5": set(),
    "(select a from t) union all (select k from u) limit 3": {"push_down_limits"},
    "select a + 1 from t order by 1 limit 3": {"push_down_limits"},
}
NOT_FIRED = {
    "select * from t left join u on t.id = u.tid where u.k is null": "simplify_outer_joins",
    "select * from t left join u on t.id = u.tid where coalesce(u.k, 5) > 3": "simplify_outer_joins",
    "select (select name from u where u.tid = t.a and u.k > 100) from t": "decorrelate_subqueries",
    "select (select count(*) from u where u.k < t.a) from t": "decorrelate_subqueries",
    "select distinct a, b from t": "eliminate_distinct",
    "select * from t, u where a = 3 or k = 2": "split_disjunctions",
    "select * from t where (a = 3 and b = 2) or (a = 4 and b > 5)": "split_disjunctions",
    "select distinct p, q from h": "eliminate_distinct",
    "select max(b), max(a) from t": "use_order_for_extremes",
    "select count(*) from t x straight_join t y on x.id = y.a straight_join u on y.id = u.tid": "reorder_joins",
}
MORE = (
    "select t.id, u.uid from t right join u on t.id = u.tid and t.a > 5",
    "select s, count(*), sum(m), avg(a), min(d) from t group by s having count(*) > 0",
    "select b, s from t where b in (3, 4) and s like 'a%' order by b, s limit 4",
    "select * from c where (x = 1 and y > 'a') or x = 4",
    "select x, y from c where x > 1 or (x = 1 and y = 'b')",
    "select a from t intersect select k from u",
    "select a from t except select k from u",
    "select id, a not in (select k from u where k is not null) from t",
    "select * from t x where a > all (select k from u where u.tid = x.id)",
    "select x.id from t x left join (select tid, count(*) n from u group by tid) d on d.tid = x.id where d.n is null",
    "with w as (select a, b from t where b > 3) select * from w p join w q on p.a = q.b",
    "select * from g where v > 2 and w < 10",
    "select q from h where p is null or p > 3 order by q desc",
    "select uid from u where uid > 5 order by uid desc limit 2",
)
ROWS: dict[str, list[list[Value]]] = {
    "t": [
        [
            number,
            None if number % 4 == 0 else number % 3 * 5,
            number % 5,
            None if number % 6 == 0 else b"aAbz"[number % 4 : number % 4 + 2],
            None if number % 3 == 0 else (50_000_000 + number) << 24,
            None,
            None if number % 2 else (50_000_000 + number) << 24,
        ]
        for number in range(1, 25)
    ],
    "u": [[number, number % 9, None if number % 5 == 0 else number % 7, b"n%d" % number] for number in range(1, 31)],
    "c": [[number % 5, b"abcdefgh"[number % 7 : number % 7 + 1], number % 3] for number in range(35)],
    "h": [[None if number % 3 == 0 else number, number % 4, number % 3 or None, None] for number in range(12)],
    "g": [[number, number % 4, None, number % 4 * 2] for number in range(1, 12)],
}  # fmt: skip


def with_rules(sql: str, rules: tuple[Rule, ...]) -> PhysicalPlan:
    """The plan under some of the rules."""
    context = context_of()
    query = bound(sql, context)
    optimized = optimize(query.plan, context, rules)
    candidate = physicalize(optimized, context)
    ctes = {number: push_down(node, context, optimized.ids) for number, node in candidate.ctes.items()}
    root = push_down(candidate.root, context, optimized.ids)
    return finished_plan(query, root, rules=optimized.rules, ctes=ctes)


@pytest.mark.parametrize("sql", FIRED)
def test_fired(sql: str) -> None:
    assert FIRED[sql] <= set(planned(sql).rules)


@pytest.mark.parametrize("sql", NOT_FIRED)
def test_not_fired(sql: str) -> None:
    assert NOT_FIRED[sql] not in planned(sql).rules


@pytest.mark.parametrize("sql", FIRED)
def test_rules_settle(sql: str) -> None:
    """A rule with nothing left to do returns the same object: run again and again, they soon say nothing."""
    context = context_of()
    plan = bound(sql, context).plan
    for _ in range(3):
        plan = optimize(plan, context).plan
    assert optimize(plan, context).rules == ()


async def _all_rows(plans: list[PhysicalPlan]) -> list[Counter[tuple[str, ...]]]:
    store = open_store("memory:", evaluator=DagRunner().evaluate)
    try:
        transaction = store.begin(await store.timestamp(), pessimistic=False)
        for name, rows in ROWS.items():
            table = CATALOG.table("test", name)
            assert table is not None
            codec = TableCodec(table)
            seen = set()
            for number, values in enumerate(rows):
                if name == "g":
                    values = [values[0], values[1], values[1] + 1, values[3]]  # type: ignore[operator]
                handle = codec.handle(values)
                handle = number + 1 if handle is None else handle
                if handle in seen:
                    continue
                seen.add(handle)
                transaction.put(codec.record_key(handle), codec.encode_row(values))
                for entry in codec.index_entries(values, handle):
                    transaction.put(entry.key, entry.value)
        await transaction.commit()
        found = []
        for plan in plans:
            context = ExecContext(
                store=store, catalog=CATALOG, snapshot=store.snapshot(await store.timestamp()), transaction=None,
                evaluation=EvalContext(zone=UTC), variables={},
            )  # fmt: skip
            places = [[c.id for c in plan.root.schema].index(column.id) for column in plan.columns]
            rows = await rows_of(plan.root, plan, context)
            found.append(Counter(tuple(str(row[place]) for place in places) for row in rows))
        return found
    finally:
        await store.close()


def test_rules_keep_the_rows() -> None:
    """All rules, none, and all but each one give the same rows."""
    for sql in (*FIRED, *NOT_FIRED, *MORE):
        if "limit" in sql and "order" not in sql:
            continue
        subsets = [RULES, (), *(tuple(rule for rule in RULES if rule is not left) for left in RULES)]
        plans = [with_rules(sql, subset) for subset in subsets]
        first, *others = asyncio.run(_all_rows(plans))
        for subset, rows in zip(subsets[1:], others):
            assert rows == first, (sql, [rule.__name__ for rule in RULES if rule not in subset])


def test_signatures_are_known_to_the_coprocessor() -> None:
    from executor.copr.signatures import FUNCTIONS

    assert sent_signatures() <= FUNCTIONS.keys()
