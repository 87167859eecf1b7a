"""Scans: blocks of stored keys and values to record batches, TIMESTAMP brought to the session's zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import pyarrow as pa

from executor.context import EvalContext
from executor.copr.errors import UnsupportedDagError
from sqlnode.base.temporal_arrays import Packed, from_utc_values
from sqlnode.base.types import SqlType, TypeCode
from store.api import Block
from store.codec.index_batch import IndexLayout, decode_index_entries
from store.codec.row_batch import decode_columns
from store.codec.row_format import HANDLE_COLUMN_ID, TABLE_ID_COLUMN_ID, ColumnSpec, HandleParts
from store.codec.tipb_types import spec_of_column
from store.proto import tipb_pb2
from store.proto.numbers import ExecType

_PARTITION_COLUMN_ID = -2
_VECTOR_CODE = 225


@dataclass(frozen=True, slots=True)
class Scan:
    """A compiled scan: output types, direction, and the decoder of one block into arrays (TIMESTAMP still UTC)."""

    types: tuple[SqlType, ...]
    descending: bool
    decode: Callable[[Sequence[bytes], Sequence[bytes]], list[pa.Array]]
    narrow: Callable[[Sequence[int]], Scan] | None = None
    """A scan of the same rows with some of the columns, where that saves work (table scans)."""

    def batches(self, blocks: Iterable[Block], context: EvalContext) -> Iterator[pa.RecordBatch]:
        """One batch per block that is not empty; columns are named by position."""
        zone = context.zone
        names = [str(index) for index in range(len(self.types))]
        moved = [index for index, sql_type in enumerate(self.types) if sql_type.code == TypeCode.TIMESTAMP]
        if is_utc(zone):
            moved = []
        for keys, values in blocks:
            if not keys:
                continue
            arrays = self.decode(keys, values)
            for index in moved:
                assert zone is not None, "only a zone other than UTC moves timestamps"
                arrays[index] = to_zone(arrays[index], zone)
            yield pa.RecordBatch.from_arrays(arrays, names=names)


def is_utc(zone: tzinfo | None) -> bool:
    """Whether timestamps need no conversion."""
    return zone is None or zone.utcoffset(None) == timedelta(0)


def to_zone(
    array: pa.Array, zone: tzinfo, convert: Callable[[Packed, tzinfo | None], Packed] = from_utc_values
) -> pa.Array:
    """Packed UTC times to packed local times (or back, with another `convert`)."""
    values = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    return pa.array(convert(values, zone), pa.uint64(), mask=mask)


def compile_scan(executor: tipb_pb2.Executor) -> Scan:
    """The scan of a DAG's first executor. Raises UnsupportedDagError for other executors and retired columns."""
    if executor.tp == ExecType.TABLE_SCAN:
        return _table_scan(executor.tbl_scan)
    if executor.tp == ExecType.INDEX_SCAN:
        return _index_scan(executor.idx_scan)
    raise UnsupportedDagError(f"executor {executor.tp} as a scan")


def _checked_specs(columns: Iterable[tipb_pb2.ColumnInfo]) -> list[ColumnSpec]:
    specs = [spec_of_column(column) for column in columns]
    for spec in specs:
        if spec.id < 0 and spec.id not in (HANDLE_COLUMN_ID, _PARTITION_COLUMN_ID, TABLE_ID_COLUMN_ID):
            raise UnsupportedDagError(f"scan column {spec.id}")
        if spec.type.code in (TypeCode.GEOMETRY, _VECTOR_CODE):
            raise UnsupportedDagError(f"columns of type {spec.type.code}")
    return specs


def _table_scan(scan: tipb_pb2.TableScan) -> Scan:
    specs = _checked_specs(scan.columns)
    parts = _handle_parts(scan.primary_column_ids, scan.primary_prefix_column_ids, specs)
    return _scan_of(specs, parts, descending=scan.desc)


def _scan_of(specs: Sequence[ColumnSpec], parts: HandleParts, *, descending: bool) -> Scan:
    def narrow(offsets: Sequence[int]) -> Scan:
        return _scan_of([specs[offset] for offset in offsets], parts, descending=descending)

    types = tuple(spec.type for spec in specs)
    return Scan(types, descending, lambda keys, values: decode_columns(keys, values, specs, parts), narrow)


def _handle_parts(ids: Sequence[int], prefix_ids: Sequence[int], specs: Sequence[ColumnSpec]) -> HandleParts:
    by_id = {spec.id: spec.type for spec in specs}
    return HandleParts(tuple(ids), tuple(by_id.get(column_id) for column_id in ids), frozenset(prefix_ids))


def _index_scan(scan: tipb_pb2.IndexScan) -> Scan:
    specs = _checked_specs(scan.columns)
    types = tuple(spec.type for spec in specs)
    with_partition = bool(specs) and specs[-1].id in (_PARTITION_COLUMN_ID, TABLE_ID_COLUMN_ID)
    if with_partition:
        specs = specs[:-1]
    handle_type: SqlType | None = None
    parts = HandleParts()
    if scan.primary_column_ids:
        count = len(scan.primary_column_ids)
        parts = _handle_parts(scan.primary_column_ids, (), specs[-count:])
        specs = specs[:-count]
    elif specs and (specs[-1].is_handle or specs[-1].id == HANDLE_COLUMN_ID):
        handle_type = specs[-1].type
        specs = specs[:-1]
    layout = IndexLayout(tuple(specs), handle_type, parts, with_partition)
    return Scan(types, scan.desc, lambda keys, values: decode_index_entries(keys, values, layout))
