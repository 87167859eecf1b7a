"""What surrounds operators: statistics, KILL, threads, server tables, statements that wait."""

from __future__ import annotations

import asyncio
from collections import Counter

import pyarrow as pa
import pytest

from executor import run
from executor.context import KillFlag
from executor.runtime import Runtime
from planner.expr.evaluation import EvalContext, Suspend
from planner.expr.nodes import Call, Column, OrderItem
from planner.functions.registry import Function, Kind, Overload, Signature, Volatility
from planner.logical import JoinKind
from planner.physical import (
    EqualPair,
    HashJoin,
    MemPredicate,
    MemTableScan,
    PhysicalPlan,
    Projection,
    Selection,
    Sort,
    Union,
)
from sqlnode.base.errors import QUERY_INTERRUPTED, SqlError
from sqlnode.base.schema import ColumnInfo, TableInfo
from tests.executor.nodes import BIGINT, FOLDED, by_columns, call, column, constant, exec_context, source

SERVER_TABLE = TableInfo(
    -7, "things", "utf8mb4", "utf8mb4_general_ci", (ColumnInfo(1, "name", 0, FOLDED), ColumnInfo(2, "size", 1, BIGINT))
)


def server_scan(*predicates: MemPredicate) -> MemTableScan:
    infos = (SERVER_TABLE.columns[1], SERVER_TABLE.columns[0])
    return MemTableScan(
        database="information_schema",
        table=SERVER_TABLE,
        alias="things",
        columns=tuple(column(info.type, info.name) for info in infos),
        infos=infos,
        predicates=predicates,
    )


def many_rows(count: int) -> pa.RecordBatch:
    names = pa.array([f"n{number % 10}".encode() for number in range(count)], pa.binary())
    return pa.RecordBatch.from_arrays([names, pa.array(range(count), pa.int64())], names=["name", "size"])


def test_server_tables_get_hints() -> None:
    asked = []

    def generate(database: str, table: str, predicates: object) -> pa.RecordBatch:
        asked.append((database, table, predicates))
        return many_rows(2)

    node = server_scan(MemPredicate("name", "in", (constant(b"n0", FOLDED),)), MemPredicate("name", "like", ()))
    assert by_columns(node, exec_context(virtual_table=generate)) == [(0, b"n0"), (1, b"n1")]
    assert asked == [("information_schema", "things", {"name": (b"n0",), "name like": ()})]
    with pytest.raises(SqlError) as error:
        by_columns(node)
    assert error.value.code == 1235


def test_long_work_runs_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    node, wanted = big_join()
    context = exec_context(virtual_table=lambda *_: many_rows(300))
    assert Counter(by_columns(node, context)) == wanted
    monkeypatch.setattr("executor.offload.THREAD_ROWS", 0)
    assert Counter(by_columns(node, context)) == wanted


def big_join() -> tuple[Sort, Counter]:
    left, right = server_scan(), server_scan()
    low = Selection(child=right, conditions=(call("<", right.columns[0], constant(20)),))
    join = HashJoin(
        kind=JoinKind.INNER,
        left=left,
        right=low,
        equal=(EqualPair(left.columns[1], right.columns[1], FOLDED),),
        other=(call("=", left.columns[0], right.columns[0]),),
    )
    wanted = Counter((n, f"n{n % 10}".encode(), n, f"n{n % 10}".encode()) for n in range(20))
    return Sort(child=join, items=(OrderItem(left.columns[0]),)), wanted


def test_statistics_by_node() -> None:
    scan = server_scan()
    inner = Selection(child=scan, conditions=(call("<", scan.columns[0], constant(3)),), id=7)
    runtime = Runtime()
    context = exec_context(virtual_table=lambda *_: many_rows(10), runtime=runtime)
    by_columns(inner, context)
    assert (runtime.of(7).rows, runtime.of(7).loops, runtime.of(0).rows) == (3, 1, 10)
    assert runtime.of(7).nanoseconds >= runtime.of(0).nanoseconds > 0


def test_kill_ends_a_statement() -> None:
    kill = KillFlag()
    scan = server_scan()
    node = Sort(child=scan, items=(OrderItem(scan.columns[0]),))

    def generate(*_: object) -> pa.RecordBatch:
        kill.error = SqlError(QUERY_INTERRUPTED)
        return many_rows(10)

    with pytest.raises(SqlError) as error:
        by_columns(node, exec_context(virtual_table=generate, kill=kill))
    assert error.value.code == 1317


def waiting_call(argument: Column) -> Call:
    def kernel(context: EvalContext, value: int) -> int:
        if context.cursor < len(context.resumed):
            context.cursor += 1
            return context.resumed[context.cursor - 1]  # type: ignore[return-value]
        raise Suspend(lambda: asyncio.sleep(0, 5))  # type: ignore[arg-type, return-value]

    function = Function(
        "sleep",
        (Kind.INT,),
        BIGINT,
        scalar=kernel,
        context=True,
        volatility=Volatility.ROW,
        overloads=(Overload((Kind.INT,), BIGINT, scalar=kernel),),
    )
    return Call("sleep", (argument,), BIGINT, Signature(function, function.overloads[0]))


def test_a_statement_that_may_wait_is_complete_before_it_is_handed_out() -> None:
    a, out = column(BIGINT), column(BIGINT)
    child = Union(inputs=(source([a], [(number,) for number in range(2000)], 40),), columns=(a,))
    plan = PhysicalPlan(Projection(child=child, expressions=(waiting_call(a),), columns=(out,)), columns=(out,))
    context = exec_context()
    with pytest.raises(Suspend):
        asyncio.run(run(plan, context))
    context.evaluation.resumed = [5] * 2000
    context.evaluation.cursor = 0
    result = asyncio.run(run(plan, context))
    assert not hasattr(result.batches, "__aiter__")  # type: ignore[union-attr]
    assert sum(batch.num_rows for batch in result.batches) == 2000  # type: ignore[union-attr]
