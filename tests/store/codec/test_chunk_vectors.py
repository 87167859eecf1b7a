"""Recorded coprocessor answers: chunks and datum rows decode, and encode again to the same values."""

from __future__ import annotations

from collections.abc import Iterable

from sqlnode.base.types import SqlType
from store.codec.chunk import can_encode_chunk, decode_chunk, decode_datum_rows, encode_chunk, encode_datum_rows
from store.codec.tipb_types import column_info, field_type, type_of_column, type_of_field
from store.proto import tipb_pb2
from store.proto.numbers import EncodeType, ExecType
from tests.data.vectors import load


def _requests() -> Iterable[tuple[tipb_pb2.DAGRequest, tipb_pb2.SelectResponse]]:
    for case in load("cop")["cases"]:
        for request in case["requests"]:
            if request["tp"] == 103:
                dag = tipb_pb2.DAGRequest.FromString(bytes.fromhex(request["data"]))
                yield dag, tipb_pb2.SelectResponse.FromString(bytes.fromhex(request["response"]["data"]))


def _types(dag: tipb_pb2.DAGRequest) -> list[SqlType] | None:
    """Output types of a chain without aggregation."""
    types: list[SqlType] = []
    for executor in dag.executors:
        match executor.tp:
            case ExecType.TABLE_SCAN:
                types = [type_of_column(column) for column in executor.tbl_scan.columns]
            case ExecType.INDEX_SCAN:
                types = [type_of_column(column) for column in executor.idx_scan.columns]
            case ExecType.PROJECTION:
                types = [type_of_field(expr.field_type) for expr in executor.Projection.exprs]
            case ExecType.AGGREGATION | ExecType.STREAM_AGG:
                return None
    return [types[offset] for offset in dag.output_offsets]


def test_recorded_answers() -> None:
    seen = 0
    for dag, answer in _requests():
        types = _types(dag)
        if types is None:
            continue
        for chunk in answer.chunks:
            if not chunk.rows_data:
                continue
            columnar = answer.encode_type == EncodeType.CHUNK
            batch = (decode_chunk if columnar else decode_datum_rows)(chunk.rows_data, types)
            assert decode_datum_rows(encode_datum_rows(batch, types), types).equals(batch)
            if can_encode_chunk(types):
                assert decode_chunk(encode_chunk(batch, types), types).equals(batch)
            seen += 1
    assert seen > 400


def test_types_round_trip() -> None:
    for dag, _ in _requests():
        for executor in dag.executors:
            if executor.tp == ExecType.TABLE_SCAN:
                for column in executor.tbl_scan.columns:
                    sql_type = type_of_column(column)
                    assert type_of_column(column_info(column.column_id, sql_type)) == sql_type
            if executor.tp == ExecType.PROJECTION:
                for expr in executor.Projection.exprs:
                    sql_type = type_of_field(expr.field_type)
                    assert type_of_field(field_type(sql_type)) == sql_type
