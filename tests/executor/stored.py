"""Stored tables for reader tests: two tables in a memory store, and reader nodes over them by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from itertools import count

from executor.context import EvalContext, ExecContext
from executor.copr import DagRunner
from planner.access.range_plan import Box, Comparison, KeyPart, RangePlan
from planner.expr.nodes import Column, Constant, Expression
from planner.physical import (
    IndexLookUp,
    IndexScan,
    KeyValue,
    RequestTemplate,
    TableReader,
    TableScan,
)
from sqlnode.base.catalog import Catalog
from sqlnode.base.schema import ColumnInfo, IndexColumn, IndexInfo, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, Value, integer, varchar
from store import open_store
from store.codec.table_codec import TableCodec
from store.codec.tipb_types import column_info
from store.proto import tipb_pb2
from store.proto.numbers import ExecType
from store.store import Store

ZONE = timezone(timedelta(hours=3))
NAME = varchar(20, "utf8mb4", "utf8mb4_general_ci")
STAMP = SqlType(TypeCode.TIMESTAMP, Flag.BINARY, 19, 0)
_ids = count(1)


def _infos(*columns: tuple[str, SqlType]) -> tuple[ColumnInfo, ...]:
    return tuple(ColumnInfo(place + 1, name, place, sql_type) for place, (name, sql_type) in enumerate(columns))


PLAIN = TableInfo(
    61,
    "plain",
    "utf8mb4",
    "utf8mb4_general_ci",
    _infos(("id", integer().with_flags(add=Flag.PRI_KEY)), ("k", integer()), ("name", NAME), ("at", STAMP)),
    (
        IndexInfo(1, "k", (IndexColumn("k", 1),)),
        IndexInfo(2, "name", (IndexColumn("name", 2),), unique=True),
    ),
    pk_is_handle=True,
)
CLUSTERED = TableInfo(
    62,
    "clustered",
    "utf8mb4",
    "utf8mb4_general_ci",
    _infos(("id", integer()), ("k", integer()), ("name", NAME), ("at", STAMP)),
    (
        IndexInfo(1, "PRIMARY", (IndexColumn("name", 2), IndexColumn("id", 0)), unique=True, primary=True),
        IndexInfo(2, "k", (IndexColumn("k", 1),)),
    ),
    is_common_handle=True,
    common_handle_version=1,
)
TABLES = (PLAIN, CLUSTERED)


def row(number: int) -> list[Value]:
    """The row that the test tables have under a number."""
    return [number, None if number % 7 == 0 else number % 5, f"Name{number:03d}".encode(), (5_000_000 + number) << 24]


@dataclass
class World:
    """An open store with rows 0 to `rows`-1 in both tables."""

    store: Store
    written: dict[int, list[Value]] = field(default_factory=dict)

    async def context(self, transaction: object = None, **more: object) -> ExecContext:
        """A statement's context: a snapshot of now, or the given transaction."""
        snapshot = transaction or self.store.snapshot(await self.store.timestamp())
        return ExecContext(
            store=self.store,
            catalog=Catalog(0, {}),
            snapshot=snapshot,
            transaction=transaction,  # type: ignore[arg-type]
            evaluation=EvalContext(zone=ZONE),
            variables={"innodb_lock_wait_timeout": 1},
            **more,  # type: ignore[arg-type]
        )

    def put(
        self, transaction: object, table: TableInfo, values: Sequence[Value], old: Sequence[Value] | None = None
    ) -> None:
        """Writes a row with its entries, in place of an old one."""
        if old is not None:
            self.delete(transaction, table, old)
        codec = TableCodec(table)
        handle = codec.handle(values)
        assert handle is not None
        transaction.put(codec.record_key(handle), codec.encode_row(values))  # type: ignore[attr-defined]
        for entry in codec.index_entries(values, handle):
            transaction.put(entry.key, entry.value)  # type: ignore[attr-defined]

    def delete(self, transaction: object, table: TableInfo, values: Sequence[Value]) -> None:
        """Deletes a row with its entries."""
        codec = TableCodec(table)
        handle = codec.handle(values)
        assert handle is not None
        transaction.delete(codec.record_key(handle))  # type: ignore[attr-defined]
        for entry in codec.index_entries(values, handle, deleting=True):
            transaction.delete(entry.key)  # type: ignore[attr-defined]

    async def begin(self, *, pessimistic: bool = True) -> object:
        """A transaction."""
        return self.store.begin(await self.store.timestamp(), pessimistic=pessimistic)


def in_world(test: Callable[[World], Awaitable[None]], rows: int = 40, split_seed: int | None = None) -> None:
    """Runs a test over a new store."""

    async def main() -> None:
        store = open_store("memory:", evaluator=DagRunner().evaluate, split_seed=split_seed)
        world = World(store)
        try:
            transaction = await world.begin(pessimistic=False)
            for table in TABLES:
                for number in range(rows):
                    world.put(transaction, table, row(number))
            await transaction.commit()  # type: ignore[attr-defined]
            await test(world)
        finally:
            await store.close()

    asyncio.run(main())


def columns_of(infos: Sequence[ColumnInfo]) -> tuple[Column, ...]:
    """Fresh columns for a table's columns."""
    return tuple(Column(next(_ids), info.name, info.type) for info in infos)


def literal(value: Value, sql_type: SqlType) -> Constant:
    """A constant."""
    return Constant(value, sql_type)


def key_value(value: Value, sql_type: SqlType) -> KeyValue:
    """One part of a point's key."""
    return KeyValue(literal(value, sql_type), sql_type)


def ranges_of(table: TableInfo, index: IndexInfo | None, *boxes: Box) -> RangePlan:
    """Ranges over the records (None) or an index; no box: everything."""
    if index is None and table.pk_is_handle:
        parts = (KeyPart("id", table.columns[0].type, flagged=False, nullable=False),)
    else:
        chosen = index or table.primary_index
        assert chosen is not None
        parts = tuple(KeyPart(part.name, table.columns[part.offset].type) for part in chosen.columns)
    return RangePlan(table.id, None if index is None else index.id, parts, boxes or ((),))


def between(low: Value, high: Value, sql_type: SqlType) -> Box:
    """One part between two values."""
    operands: tuple[Expression, ...] = (literal(low, sql_type), literal(high, sql_type))
    return ((Comparison("between", operands),),)


def table_request(table: TableInfo, columns: tuple[Column, ...], *, desc: bool = False) -> RequestTemplate:
    """A scan of all columns."""
    scan = tipb_pb2.TableScan(
        table_id=table.id,
        desc=desc,
        columns=[
            column_info(info.id, info.type, is_handle=table.pk_is_handle and info.offset == 0) for info in table.columns
        ],
    )
    if table.primary_index is not None:
        scan.primary_column_ids.extend(table.columns[part.offset].id for part in table.primary_index.columns)
    dag = tipb_pb2.DAGRequest(
        executors=[tipb_pb2.Executor(tp=ExecType.TABLE_SCAN, tbl_scan=scan)], output_offsets=range(len(columns))
    )
    return RequestTemplate(dag, columns)


def table_reader(
    table: TableInfo, *boxes: Box, desc: bool = False, keep_order: bool = True, columns: tuple[Column, ...] = ()
) -> TableReader:
    """All columns of a table."""
    columns = columns or columns_of(table.columns)
    ranges = ranges_of(table, None, *boxes)
    scan = TableScan(
        database="test", table=table, alias=table.name, columns=columns, infos=table.columns, ranges=ranges
    )
    return TableReader(
        database="test",
        table=table,
        alias=table.name,
        cop=scan,
        request=table_request(table, columns, desc=desc),
        ranges=ranges,
        keep_order=keep_order,
        desc=desc,
    )


def index_look_up(table: TableInfo, index: IndexInfo, *boxes: Box, desc: bool = False) -> IndexLookUp:
    """All columns of a table by an index, in its order."""
    columns = columns_of(table.columns)
    handles = (
        [table.columns[part.offset] for part in table.primary_index.columns]
        if table.primary_index is not None
        else [table.columns[0]]
    )
    indexed = [table.columns[part.offset] for part in index.columns]
    scan_infos = (*indexed, *handles)
    scan_columns = columns_of(scan_infos)
    infos = [column_info(info.id, info.type) for info in indexed]
    if table.primary_index is None:
        infos.append(column_info(handles[0].id, handles[0].type, is_handle=True))
        primary: list[int] = []
    else:
        infos += [column_info(info.id, info.type) for info in handles]
        primary = [info.id for info in handles]
    scan = tipb_pb2.IndexScan(
        table_id=table.id, index_id=index.id, columns=infos, desc=desc, primary_column_ids=primary
    )
    offsets = range(len(indexed), len(scan_infos))
    dag = tipb_pb2.DAGRequest(
        executors=[tipb_pb2.Executor(tp=ExecType.INDEX_SCAN, idx_scan=scan)], output_offsets=offsets
    )
    ranges = ranges_of(table, index, *boxes)
    return IndexLookUp(
        database="test",
        table=table,
        alias=table.name,
        index=index,
        index_cop=IndexScan(
            database="test",
            table=table,
            alias=table.name,
            index=index,
            columns=scan_columns,
            infos=scan_infos,
            ranges=ranges,
        ),
        index_request=RequestTemplate(dag, scan_columns[len(indexed) :]),
        ranges=ranges,
        table_cop=TableScan(database="test", table=table, alias=table.name, columns=columns, infos=table.columns),
        table_request=table_request(table, columns),
        keep_order=True,
        desc=desc,
    )
