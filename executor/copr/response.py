"""Batches to a tipb SelectResponse, for a store that answers over the wire."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from executor.copr.runner import CompiledDag, zone_of
from executor.copr.scan import is_utc, to_zone
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.temporal_arrays import to_utc_values
from sqlnode.base.types import TypeCode
from store.codec.chunk import can_encode_chunk, encode_chunk, encode_datum_rows
from store.proto import tipb_pb2
from store.proto.numbers import EncodeType


def respond(
    compiled: CompiledDag, batches: Iterable[pa.RecordBatch], warnings: Iterable[SqlWarning] = ()
) -> tipb_pb2.SelectResponse:
    """The answer to a DAG: one chunk per batch, in the encoding asked for where its types allow it.

    An SqlError raised by the batches becomes the answer's error. `warnings` is read after the last batch.
    """
    dag = compiled.dag
    columnar = dag.encode_type == EncodeType.CHUNK and can_encode_chunk(compiled.types)
    answer = tipb_pb2.SelectResponse(encode_type=EncodeType.CHUNK if columnar else EncodeType.DEFAULT)
    try:
        for batch in batches:
            data = encode_chunk(batch, compiled.types) if columnar else _datum_rows(compiled, batch)
            answer.chunks.append(tipb_pb2.Chunk(rows_data=data))
    except SqlError as error:
        answer.ClearField("chunks")
        answer.error.code = error.code
        answer.error.msg = error.message
    found = list(warnings)
    limit = dag.max_warning_count if dag.HasField("max_warning_count") else 64
    answer.warnings.extend(tipb_pb2.Error(code=warning.code, msg=warning.message) for warning in found[:limit])
    answer.warning_count = len(found)
    return answer


def _datum_rows(compiled: CompiledDag, batch: pa.RecordBatch) -> bytes:
    zone = zone_of(compiled.dag)
    if not is_utc(zone):
        for index, sql_type in enumerate(compiled.types):
            if sql_type.code == TypeCode.TIMESTAMP:
                moved = to_zone(batch.column(index), zone, convert=to_utc_values)
                batch = batch.set_column(index, batch.schema.names[index], moved)
    return encode_datum_rows(batch, compiled.types)
