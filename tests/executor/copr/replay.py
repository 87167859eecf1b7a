"""Recorded coprocessor requests against an in-memory sorted map of the recorded pairs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pyarrow as pa

from executor.copr import Block, CompiledDag, DagRunner
from executor.copr.runner import zone_of
from executor.copr.scan import to_zone
from sqlnode.base.types import SqlType, TypeCode
from store.codec.chunk import decode_chunk, decode_datum_rows
from store.proto import tipb_pb2
from store.proto.numbers import EncodeType, ExecType
from tests.data.vectors import load

DRAINING = {ExecType.AGGREGATION, ExecType.STREAM_AGG, ExecType.TOP_N}


@lru_cache(maxsize=1)
def stored() -> tuple[list[bytes], dict[bytes, bytes]]:
    """(sorted keys, key -> value) of every recorded table."""
    pairs: dict[bytes, bytes] = {}
    for table in load("cop")["cop_tables"]:
        pairs.update((bytes.fromhex(key), bytes.fromhex(value)) for key, value in table["pairs"])
    for case in load("rows"):
        for pair in case["pairs"]:
            pairs[bytes.fromhex(pair["k"])] = bytes.fromhex(pair.get("v_in_unistore", pair["v"]))
    return sorted(pairs), pairs


def blocks(ranges: list[tuple[bytes, bytes]], descending: bool, size: int) -> Iterator[Block]:
    """Blocks of at most `size` pairs of the ranges, in scan order."""
    keys, pairs = stored()
    chosen: list[bytes] = []
    for start, end in ranges:
        chosen.extend(keys[bisect_left(keys, start) : bisect_left(keys, end)])
    if descending:
        chosen.reverse()
    for at in range(0, len(chosen), size):
        part = chosen[at : at + size]
        yield part, [pairs[key] for key in part]


def recorded_rows(request: dict[str, Any], compiled: CompiledDag) -> list[tuple[Any, ...]]:
    """The rows of the recorded answer, TIMESTAMP in the session's zone (datum rows hold UTC)."""
    answer = tipb_pb2.SelectResponse.FromString(bytes.fromhex(request["response"]["data"]))
    return answered_rows(answer, compiled)


def answered_rows(answer: tipb_pb2.SelectResponse, compiled: CompiledDag) -> list[tuple[Any, ...]]:
    """The rows of any answer to a compiled DAG."""
    types = compiled.types
    rows: list[tuple[Any, ...]] = []
    for chunk in answer.chunks:
        if not chunk.rows_data:
            continue
        if answer.encode_type == EncodeType.CHUNK:
            batch = decode_chunk(chunk.rows_data, types)
        else:
            batch = decode_datum_rows(chunk.rows_data, types)
            for index, sql_type in enumerate(types):
                if sql_type.code == TypeCode.TIMESTAMP:
                    moved = to_zone(batch.column(index), zone_of(compiled.dag))
                    batch = batch.set_column(index, str(index), moved)
        rows.extend(rows_of(batch, types))
    return rows


def rows_of(batch: pa.RecordBatch, types: tuple[SqlType, ...]) -> list[tuple[Any, ...]]:
    """Python rows; decimals without trailing zeros, floats with 12 digits (sums depend on order)."""
    columns = [batch.column(index).to_pylist() for index in range(len(types))]
    return [tuple(map(_plain, row)) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value.normalize() + 0
    if isinstance(value, float):
        return float(f"{value:.12g}") + 0.0
    return value


def run(runner: DagRunner, request: dict[str, Any], size: int) -> tuple[CompiledDag, list[tuple[Any, ...]], list[Any]]:
    """(compiled DAG, our rows, our warnings). Raises UnsupportedDagError and SqlError."""
    dag = tipb_pb2.DAGRequest.FromString(bytes.fromhex(request["data"]))
    compiled = runner.compile(dag)
    ranges = [(bytes.fromhex(start), bytes.fromhex(end)) for start, end in request["ranges"]]
    warnings: list[Any] = []
    rows: list[tuple[Any, ...]] = []
    for batch in runner.run(compiled, blocks(ranges, compiled.descending, size), warn=warnings.append):
        assert [field.type for field in batch.schema] == [sql_type.arrow for sql_type in compiled.types]
        rows.extend(rows_of(batch, compiled.types))
    return compiled, rows, warnings


def same(request: dict[str, Any], compiled: CompiledDag, ours: list[tuple[Any, ...]]) -> bool:
    """Whether the recorded rows are ours. A page of a streaming request holds only the first of them."""
    theirs = recorded_rows(request, compiled)
    dag = compiled.dag
    drains = any(executor.tp in DRAINING for executor in dag.executors)
    if not drains and request.get("paging_size") and len(theirs) < len(ours):
        ours = ours[: len(theirs)]
    ordered = not any(executor.tp == ExecType.AGGREGATION for executor in dag.executors)
    if ordered and ours == theirs:
        return True
    return sorted(map(repr, ours)) == sorted(map(repr, theirs))
