"""Readers over a stored table, by every way to its rows, with and without a transaction's own writes."""

from __future__ import annotations

import pytest

from executor import collect, rows_of, run
from executor.context import ExecContext
from executor.result import StoredRows, ValueRows
from planner.expr.nodes import Column
from planner.logical import JoinKind, LockMode, LockWait
from planner.physical import (
    BatchPointGet,
    EqualPair,
    IndexJoin,
    Limit,
    LockSource,
    PhysicalNode,
    PhysicalPlan,
    PointGet,
    Projection,
    RowLock,
    SelectLock,
    ShortRange,
)
from sqlnode.base.schema import IndexInfo, TableInfo
from sqlnode.base.temporal import from_utc
from sqlnode.base.types import Value, integer
from store.api import LockNotAvailable
from store.codec.keys import RECORD_PREFIX_LENGTH, decode_handle
from store.codec.row_format import RowDecoder
from tests.executor.nodes import BIGINT, call, constant, source
from tests.executor.stored import (
    NAME,
    PLAIN,
    TABLES,
    ZONE,
    World,
    between,
    columns_of,
    in_world,
    index_look_up,
    key_value,
    ranges_of,
    row,
    table_reader,
)

BOTH = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)


def seen(values: list[Value]) -> tuple[Value, ...]:
    """A stored row as a statement sees it: TIMESTAMP in its zone."""
    return (*values[:3], from_utc(values[3], ZONE) if values[3] else values[3])  # type: ignore[arg-type]


async def fetched(node: PhysicalNode, context: ExecContext) -> list[tuple[Value, ...]]:
    """A node's rows by both doors, which must agree."""
    plan = PhysicalPlan(node, columns=node.schema)
    rows = await rows_of(node, plan, context)
    if not isinstance(node, ShortRange):
        batches = await collect(node, plan, context)
        width = len(node.schema)
        assert [
            tuple(batch.column(place)[index].as_py() for place in range(width))
            for batch in batches
            for index in range(batch.num_rows)
        ] == rows
    return rows


def point(table: TableInfo, number: int, **more: object) -> PointGet:
    """By the table's own key."""
    if table is PLAIN:
        key = (key_value(number, BIGINT),)
    else:
        key = (key_value(f"nAME{number:03d}".encode(), NAME), key_value(number, BIGINT))
    return PointGet(
        database="test",
        table=table,
        alias="t",
        index=None,
        key=key,
        columns=columns_of(table.columns),
        infos=table.columns,
        **more,  # type: ignore[arg-type]
    )


def short(table: TableInfo, index: IndexInfo | None, *boxes: object, desc: bool = False, **more: object) -> ShortRange:
    return ShortRange(
        database="test",
        table=table,
        alias="t",
        index=index,
        ranges=ranges_of(table, index, *boxes),  # type: ignore[arg-type]
        columns=columns_of(table.columns),
        infos=table.columns,
        keep_order=True,
        desc=desc,
        **more,  # type: ignore[arg-type]
    )


@BOTH
@pytest.mark.parametrize("split_seed", [None, 3])
def test_table_scans(table: TableInfo, split_seed: int | None) -> None:
    async def test(world: World) -> None:
        context = await world.context()
        everything = [seen(row(number)) for number in range(40)]
        assert await fetched(table_reader(table), context) == everything
        assert await fetched(table_reader(table, desc=True), context) == everything[::-1]
        if table is PLAIN:
            some = table_reader(table, between(5, 8, BIGINT), between(20, 21, BIGINT))
            assert await fetched(some, context) == everything[5:9] + everything[20:22]

    in_world(test, split_seed=split_seed)


@BOTH
def test_points(table: TableInfo) -> None:
    async def test(world: World) -> None:
        context = await world.context()
        assert await fetched(point(table, 12), context) == [seen(row(12))]
        assert await fetched(point(table, 99), context) == []
        result = await run(PhysicalPlan(node := point(table, 12), columns=node.schema[1:3]), context)
        assert isinstance(result, StoredRows)
        ((handle, value),) = result.values
        decoder = RowDecoder(result.layout.specs, result.layout.parts)
        assert decoder.decode(value, handle) == row(12)[1:3]
        assert result.zone is ZONE

    in_world(test)


def test_points_by_unique_index_and_in_batches() -> None:
    async def test(world: World) -> None:
        context = await world.context()
        by_name = PointGet(
            database="test",
            table=PLAIN,
            alias="t",
            index=PLAIN.indexes[1],
            key=(key_value(b"NAME007", NAME),),
            columns=columns_of(PLAIN.columns),
            infos=PLAIN.columns,
        )
        assert await fetched(by_name, context) == [seen(row(7))]
        numbers = [9, 3, 77, 3]
        batch = BatchPointGet(
            database="test",
            table=PLAIN,
            alias="t",
            index=None,
            keys=tuple((key_value(number, BIGINT),) for number in numbers),
            columns=columns_of(PLAIN.columns),
            infos=PLAIN.columns,
        )
        assert await fetched(batch, context) == [seen(row(9)), seen(row(3))]
        names = BatchPointGet(
            database="test",
            table=PLAIN,
            alias="t",
            index=PLAIN.indexes[1],
            keys=tuple((key_value(name, NAME),) for name in (b"name002", None, b"NAME002", b"name001", b"x")),
            columns=columns_of(PLAIN.columns),
            infos=PLAIN.columns,
            keep_order=True,
            desc=True,
        )
        assert await fetched(names, context) == [seen(row(2)), seen(row(1))]

    in_world(test)


def index_k(table: TableInfo) -> IndexInfo:
    return next(index for index in table.indexes if index.name == "k")


def by_k(low: int, high: int, numbers: range = range(40)) -> list[int]:
    """The rows with k in a range, in the index's order."""
    found = [(row(number)[1], number) for number in numbers if row(number)[1] is not None]
    return [number for k, number in sorted(found) if low <= k <= high]  # type: ignore[operator]


@BOTH
@pytest.mark.parametrize("desc", [False, True])
def test_index_look_ups(table: TableInfo, desc: bool) -> None:
    async def test(world: World) -> None:
        context = await world.context()
        wanted = [seen(row(number)) for number in by_k(1, 3)]
        look_up = index_look_up(table, index_k(table), between(1, 3, BIGINT), desc=desc)
        assert await fetched(look_up, context) == (wanted[::-1] if desc else wanted)
        node = short(table, index_k(table), between(1, 3, BIGINT), desc=desc)
        assert await fetched(node, context) == (wanted[::-1] if desc else wanted)

    in_world(test)


@BOTH
def test_covering_short_ranges(table: TableInfo) -> None:
    async def test(world: World) -> None:
        infos = (
            (table.columns[1], table.columns[0])
            if table is PLAIN
            else (table.columns[1], table.columns[2], table.columns[0])
        )
        node = ShortRange(
            database="test",
            table=table,
            alias="t",
            index=index_k(table),
            ranges=ranges_of(table, index_k(table), between(2, 3, BIGINT)),
            columns=columns_of(infos),
            infos=infos,
            covering=True,
            keep_order=True,
        )
        wanted = [tuple(row(number)[info.offset] for info in infos) for number in by_k(2, 3)]
        assert await fetched(node, await world.context()) == wanted

    in_world(test)


def test_short_ranges_give_way_and_stay_stored() -> None:
    async def test(world: World) -> None:
        context = await world.context()
        node = short(PLAIN, None, between(1, 30, BIGINT))
        projection = Projection(child=node, expressions=(node.columns[2],), columns=(column := node.columns[2],))
        plan = PhysicalPlan(
            table_reader(PLAIN),
            columns=(column,),
            row_path=Limit(child=projection, count=constant(3), offset=constant(1)),
        )
        result = await run(plan, context)
        assert isinstance(result, StoredRows)
        # No column comes from the key, so that it stays as it was read.
        assert [decode_handle(key[RECORD_PREFIX_LENGTH:]) for key, _ in result.values] == [2, 3, 4]  # type: ignore[index]
        reader = table_reader(PLAIN)
        whole = short(PLAIN, None)
        renamed = Projection(child=whole, expressions=whole.columns, columns=reader.schema)
        long = PhysicalPlan(reader, columns=reader.schema, row_path=renamed)
        context = await world.context()
        found = await run(long, context)
        assert not isinstance(found, (StoredRows, ValueRows))
        assert sum(batch.num_rows for batch in found.batches) == 600  # type: ignore[union-attr]

    in_world(test, rows=600)


@BOTH
@pytest.mark.parametrize("pessimistic", [False, True])
def test_own_writes_are_seen(table: TableInfo, pessimistic: bool) -> None:
    async def test(world: World) -> None:
        transaction = await world.begin(pessimistic=pessimistic)
        changed = [5, 3, b"Name005", None]
        world.put(transaction, table, changed, row(5))
        world.delete(transaction, table, row(6))
        new = [100, 2, b"Name100", None]
        world.put(transaction, table, new)
        rows = {number: row(number) for number in range(40) if number != 6} | {5: changed, 100: new}
        for current in {False, pessimistic}:
            context = await world.context(transaction, for_update_read=current)
            everything = [seen(values) for _, values in sorted(rows.items())]
            assert await fetched(table_reader(table), context) == everything
            assert await fetched(table_reader(table, desc=True), context) == everything[::-1]
            assert await fetched(point(table, 5), context) == [seen(changed)]
            assert await fetched(point(table, 6), context) == []
            by_index = sorted(
                ((values[1], number) for number, values in rows.items() if values[1] in (2, 3)),
            )
            wanted = [seen(rows[number]) for _, number in by_index]
            look_up = index_look_up(table, index_k(table), between(2, 3, BIGINT))
            assert await fetched(look_up, context) == wanted
            assert await fetched(short(table, index_k(table), between(2, 3, BIGINT)), context) == wanted
        other = await world.context()
        assert await fetched(point(table, 100), other) == []

    in_world(test)


@BOTH
def test_pages_of_merged_rows(table: TableInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("executor.reads.scan_pages.__kwdefaults__", {"reverse": False, "rows": 3})

    async def test(world: World) -> None:
        transaction = await world.begin()
        for number in range(4, 12):
            world.delete(transaction, table, row(number))
        for number in (50, 51):
            world.put(transaction, table, row(number))
        everything = [seen(row(number)) for number in [*range(4), *range(12, 40), 50, 51]]
        for current in (False, True):
            context = await world.context(transaction, for_update_read=current)
            assert await fetched(table_reader(table), context) == everything
            assert await fetched(table_reader(table, desc=True), context) == everything[::-1]

    in_world(test)


def test_locking_statements_read_the_newest() -> None:
    async def test(world: World) -> None:
        mine = await world.begin()
        old = await world.context(mine)
        theirs = await world.begin(pessimistic=False)
        world.put(theirs, PLAIN, changed := [5, 4, b"later", None], row(5))
        await theirs.commit()  # type: ignore[attr-defined]
        mine.for_update_ts = await world.store.timestamp()  # type: ignore[attr-defined]
        new = await world.context(mine, for_update_read=True)
        assert await fetched(point(PLAIN, 5), old) == [seen(row(5))]
        assert await fetched(point(PLAIN, 5), new) == [seen(changed)]
        assert (await fetched(table_reader(PLAIN), new))[5] == seen(changed)
        assert (await fetched(table_reader(PLAIN), old))[5] == seen(row(5))
        await mine.rollback()  # type: ignore[attr-defined]

    in_world(test)


def lock_node(child: PhysicalNode, table: TableInfo, wait: LockWait, *conditions: object) -> SelectLock:
    columns = child.schema
    handle = (columns[0],) if table is PLAIN else (columns[2], columns[0])
    lock = LockSource("test", table, "t", handle, columns, table.columns)
    return SelectLock(child=child, mode=LockMode.UPDATE, wait=wait, sources=(lock,), conditions=conditions)  # type: ignore[arg-type]


@BOTH
def test_row_locks(table: TableInfo) -> None:
    async def test(world: World) -> None:
        first, second = await world.begin(), await world.begin()
        holder = await world.context(first)
        lock = RowLock(LockMode.UPDATE, LockWait.NOWAIT)
        assert await fetched(point(table, 3, lock=lock), holder) == [seen(row(3))]
        other = await world.context(second)
        with pytest.raises(LockNotAvailable):
            await rows_of(node := point(table, 3, lock=lock), PhysicalPlan(node), other)
        plain = await world.context(second)
        assert await fetched(point(table, 3), plain) == [seen(row(3))]
        skipping = lock_node(table_reader(table), table, LockWait.SKIP_LOCKED)
        wanted = [seen(row(number)) for number in range(40) if number != 3]
        assert await rows_of(skipping, PhysicalPlan(skipping), other) == wanted
        await first.rollback()  # type: ignore[attr-defined]
        await second.rollback()  # type: ignore[attr-defined]

    in_world(test)


@BOTH
def test_locked_rows_are_taken_anew(table: TableInfo) -> None:
    async def test(world: World) -> None:
        mine = await world.begin()
        context = await world.context(mine)
        theirs = await world.begin(pessimistic=False)
        world.put(theirs, table, changed := [5, 4, b"Name005", None], row(5))
        world.put(theirs, table, [7, 99, b"Name007", None], row(7))
        world.delete(theirs, table, row(6))
        await theirs.commit()  # type: ignore[attr-defined]
        mine.for_update_ts = await world.store.timestamp()  # type: ignore[attr-defined]
        reader = table_reader(table)
        node = lock_node(
            reader,
            table,
            LockWait.WAIT,
            call("<", reader.schema[0], constant(9)),
            call("!=", call("ifnull", reader.schema[1], constant(0)), constant(99)),
        )
        wanted = [seen(changed) if number == 5 else seen(row(number)) for number in (0, 1, 2, 3, 4, 5, 8)]
        assert await rows_of(node, PhysicalPlan(node), context) == wanted
        await mine.rollback()  # type: ignore[attr-defined]

    in_world(test)


@pytest.mark.parametrize("kind", [JoinKind.INNER, JoinKind.LEFT, JoinKind.SEMI, JoinKind.ANTI])
def test_index_joins(kind: JoinKind) -> None:
    async def test(world: World) -> None:
        outer = (Column(9001, "a", integer()), Column(9002, "b", integer()))
        rows = [(3, 1), (None, 2), (3, 4), (77, 5), (12, 6), (1, 7)]
        from planner.access.range_plan import Comparison

        box = ((Comparison("=", (outer[0],)),),)
        inner = table_reader(PLAIN, box, keep_order=False)
        node = IndexJoin(
            kind=kind,
            left=source(outer, rows, 2),
            right=inner,
            equal=(EqualPair(outer[0], inner.schema[0], BIGINT),),
            outer_keys=(outer[0],),
            other=(call("!=", outer[1], constant(4)),),
        )
        context = await world.context()
        found = await rows_of(node, PhysicalPlan(node), context)
        wanted = []
        for one in rows:
            partner = seen(row(one[0])) if one[0] in (3, 12, 1) and one[1] != 4 else None
            if kind is JoinKind.INNER and partner:
                wanted.append((*one, *partner))
            elif kind is JoinKind.LEFT:
                wanted.append((*one, *(partner or (None,) * 4)))
            elif (kind is JoinKind.SEMI and partner) or (kind is JoinKind.ANTI and not partner):
                wanted.append(one)
        assert found == wanted

    in_world(test)


def test_a_large_result_is_not_collected() -> None:
    async def test(world: World) -> None:
        reader = table_reader(PLAIN)
        context = await world.context()
        result = await run(PhysicalPlan(reader, columns=reader.schema), context)
        taken = 0
        async for batch in result.batches:  # type: ignore[union-attr]
            taken += batch.num_rows
            break
        await result.batches.aclose()  # type: ignore[union-attr]
        assert 0 < taken < 5000

    in_world(test, rows=5000)
