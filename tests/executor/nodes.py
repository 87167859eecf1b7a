"""Small plans by hand: sources of given rows, columns with fresh ids, and ways to run a node on each path."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from decimal import Context, Decimal
from itertools import count

from executor.batches import to_rows
from executor.context import EvalContext, ExecContext
from executor.row_path import is_linear, row_program
from executor.stream import Execution
from planner.context import PlanContext
from planner.expr.nodes import Column, Constant, Expression
from planner.functions import resolve
from planner.physical import PhysicalNode, PhysicalPlan, Union, ValuesScan
from sqlnode.base import json as binary_json
from sqlnode.base.catalog import Catalog
from sqlnode.base.types import SqlType, TypeCode, Value, datetime, decimal, double, integer, json, varchar
from store.store import Store

CONTEXT = PlanContext(catalog=Catalog(0, {}))
_ids = count(1)
_WIDE_CONTEXT = Context(prec=100)

BIGINT = integer()
UNSIGNED = integer(unsigned=True)
SMALL = decimal(10, 2)
WIDE = decimal(65, 30)
FOLDED = varchar(20)
GENERAL = varchar(20, "utf8mb4", "utf8mb4_general_ci")
BINARY = varchar(20, "utf8mb4", "utf8mb4_bin")
WHEN = datetime(6)
ENUM = SqlType(TypeCode.ENUM, 0, -1, -1, "utf8mb4", "utf8mb4_general_ci", ("zebra", "Apple", "mango"))
ALL_TYPES = (BIGINT, UNSIGNED, SMALL, WIDE, double(), FOLDED, GENERAL, BINARY, WHEN, ENUM, json())


def column(sql_type: SqlType, name: str = "c") -> Column:
    """A column that no other has."""
    return Column(next(_ids), name, sql_type)


def call(name: str, *args: Expression) -> Expression:
    """A resolved call."""
    return resolve(name, args, CONTEXT)


def constant(value: Value, sql_type: SqlType = BIGINT) -> Constant:
    """A literal."""
    return Constant(value, sql_type)


def source(columns: Sequence[Column], rows: Sequence[Sequence[Value]], pieces: int = 1) -> PhysicalNode:
    """A node that gives the rows, in several batches if asked."""
    size = max(-(-len(rows) // pieces), 1)
    parts = [rows[start : start + size] for start in range(0, len(rows), size)] or [[]]
    scans = [
        ValuesScan(
            columns=tuple(columns),
            rows=tuple(tuple(Constant(value, c.type) for value, c in zip(row, columns, strict=True)) for row in part),
        )
        for part in parts
    ]
    return scans[0] if len(scans) == 1 else Union(inputs=tuple(scans), columns=tuple(columns))


def exec_context(**values: object) -> ExecContext:
    """A context whose store nobody asks."""
    fields = {
        "store": Store(None, None),  # type: ignore[arg-type]
        "catalog": Catalog(0, {}),
        "snapshot": None,
        "transaction": None,
        "evaluation": EvalContext(),
        "variables": {},
    }
    return ExecContext(**{**fields, **values})  # type: ignore[arg-type]


def by_columns(node: PhysicalNode, context: ExecContext | None = None) -> list[tuple[Value, ...]]:
    """The node's rows on the column path."""
    execution = Execution(PhysicalPlan(node), context or exec_context())
    batches = asyncio.run(execution.collect(node))
    for batch in batches:
        for position, c in enumerate(node.schema):
            assert batch.column(position).type == c.type.arrow, (c, batch.column(position).type)
    return [row for batch in batches for row in to_rows(batch, len(node.schema))]


def by_rows(node: PhysicalNode, context: ExecContext | None = None) -> list[tuple[Value, ...]]:
    """The node's rows on the row path."""
    assert is_linear(node), node
    rows = asyncio.run(row_program(node).run(context or exec_context()))
    assert rows is not None
    return [tuple(row) for row in rows]


_WORDS = [b"", b"a", b"A", b"a ", "ä".encode(), b"b", b"B", b"abc", b"ABC", b"zz", "ß".encode(), b"ss"]
_DOCUMENTS = [b"1", b"1.0", b"2", b'"a"', b'"A"', b"[1]", b"[1.0]", b'{"k":1}', b"null", b"true"]


def value(sql_type: SqlType, randomness: random.Random, *, extreme: bool = True) -> Value:
    """A random value with few distinct ones, extremes, and NULLs."""
    if randomness.random() < 0.15:
        return None
    wild = extreme and randomness.random() < 0.1
    if sql_type.code == TypeCode.NEWDECIMAL:
        scale = sql_type.scale
        number = (
            randomness.choice([10**sql_type.length - 1, 1 - 10**sql_type.length]) if wild else randomness.randint(-3, 3)
        )
        moved = Decimal(number).scaleb(-scale if wild else 0, _WIDE_CONTEXT)
        return moved.quantize(Decimal(1).scaleb(-scale), context=_WIDE_CONTEXT)
    if sql_type.is_integer:
        if sql_type.unsigned:
            return (1 << 64) - 1 if wild else randomness.randint(0, 5)
        return randomness.choice([-(1 << 63), (1 << 63) - 1]) if wild else randomness.randint(-3, 3)
    if sql_type.code == TypeCode.DOUBLE:
        return (
            randomness.choice([1e308, -1e308]) if wild and extreme else randomness.choice([0.0, -0.0, 1.5, -2.25, 3.0])
        )
    if sql_type.code == TypeCode.DATETIME:
        return randomness.randint(1, 4) << 41
    if sql_type.code == TypeCode.ENUM:
        return randomness.randint(1, 3)
    if sql_type.code == TypeCode.JSON:
        return binary_json.parse_text(randomness.choice(_DOCUMENTS))
    return randomness.choice(_WORDS)


def table(
    types: Sequence[SqlType], rows: int, randomness: random.Random, *, extreme: bool = True
) -> list[tuple[Value, ...]]:
    """Random rows."""
    return [tuple(value(sql_type, randomness, extreme=extreme) for sql_type in types) for _ in range(rows)]
