"""Partial aggregates against a slow model, at the extremes of the types."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executor.copr import DagRunner
from sqlnode.base.types import SqlType, TypeCode, decimal, integer, varchar
from store.codec.keys import encode_int, record_key
from store.codec.row_format import encode_row
from store.codec.tipb_types import column_info, constant_expr, field_type
from store.proto import tipb_pb2
from store.proto.numbers import ExecType, ExprType

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
UINT64 = st.integers(0, (1 << 64) - 1)
BIGINT, UNSIGNED = integer(), integer(unsigned=True)
SUM_TYPE = decimal(41, 0)


def column(offset: int, sql_type: SqlType) -> tipb_pb2.Expr:
    return tipb_pb2.Expr(tp=ExprType.COLUMN_REF, val=encode_int(offset), field_type=field_type(sql_type))


def aggregate(kind: int, argument: tipb_pb2.Expr, result: SqlType) -> tipb_pb2.Expr:
    return tipb_pb2.Expr(tp=kind, children=[argument], field_type=field_type(result), aggFuncMode=2)


def scan(types: Iterable[SqlType]) -> tipb_pb2.Executor:
    columns = [column_info(index + 1, sql_type) for index, sql_type in enumerate(types)]
    return tipb_pb2.Executor(tp=ExecType.TABLE_SCAN, tbl_scan=tipb_pb2.TableScan(table_id=9, columns=columns))


def run(
    types: list[SqlType],
    rows: list[tuple[Any, ...]],
    functions: list[tipb_pb2.Expr],
    group_by: Iterable[tipb_pb2.Expr] = (),
    block: int = 3,
) -> list[tuple[Any, ...]]:
    """The partial rows of one aggregation over stored rows, in blocks of a few rows."""
    group_by = list(group_by)
    width = sum(2 if function.tp == ExprType.AVG else 1 for function in functions) + len(group_by)
    dag = tipb_pb2.DAGRequest(
        executors=[
            scan(types),
            tipb_pb2.Executor(
                tp=ExecType.AGGREGATION, aggregation=tipb_pb2.Aggregation(agg_func=functions, group_by=group_by)
            ),
        ],
        output_offsets=range(width),
    )
    ids = list(range(1, len(types) + 1))
    keys = [record_key(9, handle) for handle in range(len(rows))]
    values = [encode_row(ids, types, row) for row in rows]
    blocks = [(keys[at : at + block], values[at : at + block]) for at in range(0, len(rows), block)]
    runner = DagRunner()
    result: list[tuple[Any, ...]] = []
    for batch in runner.run(runner.compile(dag), blocks):
        result.extend(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return result


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.none() | INT64, st.none() | UINT64), max_size=12))
def test_integer_sums_are_exact(rows: list[tuple[int | None, int | None]]) -> None:
    functions = [
        aggregate(ExprType.SUM, column(0, BIGINT), SUM_TYPE),
        aggregate(ExprType.SUM, column(1, UNSIGNED), SUM_TYPE),
        aggregate(ExprType.AVG, column(0, BIGINT), SUM_TYPE),
        aggregate(ExprType.MIN, column(0, BIGINT), BIGINT),
        aggregate(ExprType.MAX, column(1, UNSIGNED), UNSIGNED),
        aggregate(ExprType.COUNT, column(1, UNSIGNED), BIGINT),
        aggregate(ExprType.BIT_XOR, column(1, UNSIGNED), UNSIGNED),
    ]
    ones = [one for one, _ in rows if one is not None]
    twos = [two for _, two in rows if two is not None]
    xor = 0
    for two in twos:
        xor ^= two
    first = sum(ones) if ones else None
    expected = (
        first,
        sum(twos) if twos else None,
        len(ones),
        first,
        min(ones, default=None),
        max(twos, default=None),
        len(twos),
        xor,
    )
    assert run([BIGINT, UNSIGNED], rows, functions) == [expected]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.integers(-(10**38) + 1, 10**38 - 1), max_size=9), st.integers(0, 30))
def test_decimal_sums_are_exact(numbers: list[int | None], scale: int) -> None:
    sql_type = decimal(38, scale)
    with localcontext(prec=90):
        values = [None if number is None else Decimal(number).scaleb(-scale) for number in numbers]
        present = [value for value in values if value is not None]
        expected = sum(present, Decimal(0)) if present else None
    wide = decimal(60, scale)
    rows = run([sql_type], [(value,) for value in values], [aggregate(ExprType.SUM, column(0, sql_type), wide)])
    assert rows == [(expected,)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.binary(max_size=2), INT64), max_size=14))
def test_groups(rows: list[tuple[int | None, bytes | None, int]]) -> None:
    text = SqlType(TypeCode.VARCHAR, length=10)
    types = [BIGINT, text, BIGINT]
    functions = [
        aggregate(ExprType.SUM, column(2, BIGINT), SUM_TYPE),
        aggregate(ExprType.FIRST, column(2, BIGINT), BIGINT),
        aggregate(ExprType.MAX, column(1, text), text),
    ]
    groups: dict[tuple[int | None, bytes | None], list[int]] = {}
    for one, two, three in rows:
        groups.setdefault((one, two), []).append(three)
    expected = [(sum(found), found[0], key[1], *key) for key, found in groups.items()]
    assert run(types, rows, functions, [column(0, BIGINT), column(1, text)]) == expected


def test_no_rows() -> None:
    functions = [
        aggregate(ExprType.COUNT, constant_expr(1, BIGINT), BIGINT),
        aggregate(ExprType.SUM, column(0, BIGINT), SUM_TYPE),
        aggregate(ExprType.BIT_AND, column(0, BIGINT), UNSIGNED),
    ]
    assert run([BIGINT], [], functions) == [(0, None, (1 << 64) - 1)]
    assert run([BIGINT], [], functions, [column(0, BIGINT)]) == []


def test_groups_by_collation_keep_the_first_value() -> None:
    text = varchar(20, collation="utf8mb4_0900_ai_ci")
    rows = [(b"Abc",), (b"abc",), (b"abc ",), (b"ABC",)]
    found = run([text], rows, [aggregate(ExprType.COUNT, constant_expr(1, BIGINT), BIGINT)], [column(0, text)])
    assert found == [(3, b"Abc"), (1, b"abc ")]


def test_extremes_by_collation_and_member_name() -> None:
    text = varchar(20, collation="utf8mb4_general_ci")
    colour = SqlType(TypeCode.ENUM, 0, 5, 0, "utf8mb4", "utf8mb4_bin", ("red", "green", "blue"))
    rows = [(b"b", 1), (b"A", 3), (b"C", 2), (None, None)]
    functions = [
        aggregate(ExprType.MIN, column(0, text), text),
        aggregate(ExprType.MAX, column(0, text), text),
        aggregate(ExprType.MIN, column(1, colour), colour),
        aggregate(ExprType.MAX, column(1, colour), colour),
    ]
    assert run([text, colour], rows, functions) == [(b"A", b"C", 3, 1)]


@pytest.mark.parametrize("descending", [False, True])
def test_top_n(descending: bool) -> None:
    values: list[int | None] = [5, None, 3, 9, 3, None, 7]
    item = tipb_pb2.ByItem(expr=column(0, BIGINT), desc=descending)
    dag = tipb_pb2.DAGRequest(
        executors=[
            scan([BIGINT]),
            tipb_pb2.Executor(tp=ExecType.TOP_N, topN=tipb_pb2.TopN(order_by=[item], limit=4)),
        ],
        output_offsets=[0],
    )
    runner = DagRunner()
    blocks = [([record_key(9, 1)], [encode_row([1], [BIGINT], [value])]) for value in values]
    (batch,) = runner.run(runner.compile(dag), blocks)
    expected = [9, 7, 5, 3] if descending else [None, None, 3, 3]
    assert batch.column(0).to_pylist() == expected
    assert batch.schema.field(0).type == pa.int64()
