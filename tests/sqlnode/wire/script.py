"""The script that the fake session answers by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

import pyarrow as pa

from executor.result import OkResult, Result, RowsResult, StoredLayout, StoredRows, ValueRows
from planner.expr.nodes import Column
from sqlnode.base.adoption import become_task
from sqlnode.base.errors import NO_SUCH_TABLE, SqlError
from sqlnode.base.types import integer, varchar
from store.codec.row_format import ColumnSpec, encode_row
from tests.sqlnode.wire.fake import FakeSession

A = Column(1, "a", integer(3))
B = Column(2, "b", varchar(20))
COLUMNS = (A, B)
BIG = 200
produced: list[int] = []
"""Batches that the endless result has made."""


def batch(start: int, count: int) -> pa.RecordBatch:
    numbers = range(start, start + count)
    return pa.record_batch(
        [pa.array(numbers, pa.int64()), pa.array([b"row %d" % n for n in numbers])], names=["a", "b"]
    )


async def many(batches: int, rows: int) -> AsyncIterator[pa.RecordBatch]:
    for number in range(batches):
        produced.append(number)
        yield batch(number * rows, rows)


async def waiting(session: FakeSession) -> Result:
    await session.wait(asyncio.get_running_loop().create_future())
    return OkResult()


async def sleeping() -> Result:
    await become_task()
    async with asyncio.timeout(5):
        await asyncio.sleep(0.05)
    return OkResult(7)


async def failing_late() -> AsyncIterator[pa.RecordBatch]:
    yield batch(0, 2)
    raise SqlError(NO_SUCH_TABLE, database="d", table="t")


async def load(session: FakeSession, limit: int) -> Result:
    size = 0
    async for piece in session.local_infile("file.csv"):
        size += len(piece)
        if limit and size >= limit:
            raise SqlError(NO_SUCH_TABLE, database="d", table="t")
    return OkResult(size)


STORED = StoredLayout((ColumnSpec(1, A.type, is_handle=True), ColumnSpec(2, B.type)))


def script(session: FakeSession, text: str) -> Result | Awaitable[Result]:
    """Answers of the fake session."""
    word, _, rest = text.partition(" ")
    match word:
        case "set" | "SET" | "COMMIT" | "ROLLBACK" | "START":
            return OkResult()
        case "insert":
            return OkResult(3, 42, "Records: 3  Duplicates: 0  Warnings: 0")
        case "update":
            return OkResult(1, 0, "Rows matched: 5  Changed: 1  Warnings: 0", matched_rows=5)
        case "select":
            if rest.startswith("many"):
                count, rows = (int(part) for part in rest.split()[1:3])
                return RowsResult(COLUMNS, many(count, rows))
            if rest.startswith("late"):
                return RowsResult(COLUMNS, failing_late())
            if rest.startswith("stored"):
                row = encode_row([2], [B.type], [b"stored"])
                return StoredRows(COLUMNS, STORED, [(5, row), (-6, row)])
            if rest.startswith("sync"):
                return RowsResult(COLUMNS, iter([batch(0, 3)]))
            if rest.startswith("size"):
                return ValueRows((B,), [(b"x" * int(rest.split()[1]),)])
            return ValueRows(COLUMNS, [(1, b"one"), (2, None)])
        case "wait":
            return waiting(session)
        case "sleep":
            return sleeping()
        case "fail":
            raise SqlError(NO_SUCH_TABLE, database="d", table="t")
        case "bug":
            raise ZeroDivisionError
        case "load":
            return load(session, int(rest or 0))
        case "length":
            return OkResult(len(text))
        case _:
            return OkResult()
