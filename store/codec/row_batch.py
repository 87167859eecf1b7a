"""Many stored rows at once: record keys and row values to one Arrow RecordBatch.

The values of a block are joined into one buffer and read with numpy. Rows are grouped by identical header bytes, since
ids and offset positions follow from the header; per group one gather per requested column finds where its value begins
and ends. The values themselves are then decoded for all rows of the block in one step per column. There is no Python
per row unless rows are of version 1 or nearly every row has a header of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.types import SqlType, Value, arrow_type
from store.codec.byte_arrays import (
    binary_slices,
    decode_comparable_floats,
    decode_signed,
    decode_unsigned,
    masked,
    scalar_of,
    values_to_array,
)
from store.codec.decimal_arrays import I64, U8, Bools, decode_decimals, unaligned
from store.codec.key_batch import decode_common_handles, decode_int_handles
from store.codec.keys import decode_handle
from store.codec.row_format import (
    HANDLE_COLUMN_ID,
    TABLE_ID_COLUMN_ID,
    VERSION,
    ColumnSpec,
    HandleParts,
    Kind,
    RowDecoder,
    RowHeader,
    header_length,
    kind_of,
    parse_header,
)

_PADDING = 4096
_ZEROS = bytes(_PADDING)
_MOST_GROUPS = 48
_ABSENT, _NULL, _PRESENT = 0, 1, 2
_RECORD_PREFIX = 11


@dataclass(slots=True)
class Cells:
    """Where one column's values stand in the joined buffer; `state` tells absent, NULL and present rows apart."""

    starts: I64
    ends: I64
    state: U8


def decode_rows(
    keys: Sequence[bytes],
    values: Sequence[bytes],
    columns: Sequence[ColumnSpec],
    parts: HandleParts = HandleParts(),  # noqa: B008
    names: Sequence[str] | None = None,
) -> pa.RecordBatch:
    """The given columns of stored rows, as many rows as `keys`; TIMESTAMP stays UTC.

    `keys` are record keys, needed only for handle columns (may be empty otherwise). Column names are `names`, else the
    positions as text. Raises ValueError for malformed rows.
    """
    arrays = decode_columns(keys, values, columns, parts)
    labels = [str(index) for index in range(len(columns))] if names is None else list(names)
    return pa.RecordBatch.from_arrays(arrays, names=labels)


def decode_columns(
    keys: Sequence[bytes], values: Sequence[bytes], columns: Sequence[ColumnSpec], parts: HandleParts
) -> list[pa.Array]:
    """`decode_rows` without the batch around it."""
    count = len(values)
    stored = [
        column for column in columns if not column.is_handle and column.id not in (HANDLE_COLUMN_ID, TABLE_ID_COLUMN_ID)
    ]
    buffer: U8 = np.zeros(_PADDING, np.uint8)
    cells: dict[int, Cells] = {}
    if stored and count:
        buffer = np.frombuffer(b"".join([*values, _ZEROS]), np.uint8)
        lengths = np.fromiter(map(len, values), np.int64, count)
        starts = np.cumsum(lengths) - lengths
        if not lengths.all() or (buffer[starts] != VERSION).any():
            return _decode_singly(keys, values, columns, parts)
        cells = _locate(buffer, starts, values, [column.id for column in stored])
    from_handle: dict[int, pa.Array] = {}
    if any(column.id in parts.ids and not _all_present(cells.get(column.id)) for column in stored):
        from_handle = decode_common_handles(keys, parts.ids, parts.types, _RECORD_PREFIX)
    arrays = []
    for column in columns:
        if column.is_handle or column.id == HANDLE_COLUMN_ID:
            arrays.append(decode_int_handles(keys, unsigned=column.type.unsigned))
        elif column.id == TABLE_ID_COLUMN_ID:
            arrays.append(table_ids(keys))
        elif not count:
            arrays.append(pa.nulls(0, arrow_type(column.type)))
        else:
            otherwise = None if column.id in parts.prefix_ids else from_handle.get(column.id)
            arrays.append(_decode_column(buffer, cells[column.id], column, otherwise))
    return arrays


def _all_present(cells: Cells | None) -> bool:
    return cells is None or bool((cells.state == _PRESENT).all())


def _decode_column(buffer: U8, cells: Cells, column: ColumnSpec, from_handle: pa.Array | None) -> pa.Array:
    valid: Bools | None = cells.state == _PRESENT
    if valid is not None and valid.all():
        valid = None
    if valid is not None and not valid.any():
        array = pa.nulls(len(cells.state), arrow_type(column.type))
    else:
        array = decode_cells(buffer, cells.starts, cells.ends, valid, column.type)
    if valid is None or (column.default is None and from_handle is None):
        return array
    absent = cells.state == _ABSENT
    if not absent.any():
        return array
    if absent.all() and from_handle is not None:
        return from_handle
    other = from_handle if from_handle is not None else scalar_of(column.default, column.type)
    return pc.if_else(pa.array(absent), other, array)


def decode_cells(buffer: U8, starts: I64, ends: I64, valid: Bools | None, sql_type: SqlType) -> pa.Array:
    """One column's values in row form, found at [starts, ends) of a buffer padded by at least 8 bytes."""
    match kind_of(sql_type):
        case Kind.SIGNED:
            return masked(decode_signed(buffer, starts, ends), valid)
        case Kind.UNSIGNED:
            return masked(decode_unsigned(buffer, starts, ends), valid)
        case Kind.FLOAT:
            return masked(decode_comparable_floats(buffer, starts), valid)
        case Kind.DECIMAL:
            return decode_decimals(buffer, starts, valid, arrow_type(sql_type))[0]
        case _:
            return binary_slices(buffer, starts, ends, valid)


def _locate(buffer: U8, starts: I64, values: Sequence[bytes], wanted: Sequence[int]) -> dict[int, Cells]:
    """Where the columns with the given ids stand in every row."""
    count = len(starts)
    remaining: I64 | None = None
    cells: dict[int, Cells] = {}
    for _ in range(_MOST_GROUPS):
        first = 0 if remaining is None else int(remaining[0])
        length = header_length(values[first])
        if length + 8 > _PADDING:
            break
        rows_at = starts if remaining is None else starts[remaining]
        same = _same_header(buffer, rows_at, values[first][:length])
        header = parse_header(values[first])
        if remaining is None and same.all():
            return {column_id: _group_cells(buffer, starts, header, column_id) for column_id in wanted}
        if not cells:
            cells = {column_id: Cells(starts.copy(), starts.copy(), np.zeros(count, np.uint8)) for column_id in wanted}
        chosen = np.flatnonzero(same) if remaining is None else remaining[same]
        for column_id in wanted:
            part = _group_cells(buffer, starts[chosen], header, column_id)
            whole = cells[column_id]
            whole.starts[chosen], whole.ends[chosen], whole.state[chosen] = part.starts, part.ends, part.state
        remaining = np.flatnonzero(~same) if remaining is None else remaining[~same]
        if not len(remaining):
            return cells
    if not cells:
        cells = {column_id: Cells(starts.copy(), starts.copy(), np.zeros(count, np.uint8)) for column_id in wanted}
    _locate_singly(starts, values, range(count) if remaining is None else remaining.tolist(), cells)
    return cells


def _same_header(buffer: U8, starts: I64, header: bytes) -> Bools:
    words = unaligned(buffer, "<u8")
    padded = header + bytes(-len(header) % 8)
    same = np.ones(len(starts), np.bool_)
    for offset in range(0, len(padded), 8):
        expected = np.uint64(int.from_bytes(padded[offset : offset + 8], "little"))
        found = words[starts + offset]
        used = len(header) - offset
        if used < 8:
            found = found & np.uint64((1 << (8 * used)) - 1)
        same &= found == expected
    return same


def _group_cells(buffer: U8, starts: I64, header: RowHeader, column_id: int) -> Cells:
    count = len(starts)
    try:
        place = header.ids.index(column_id)
    except ValueError:
        state = _NULL if column_id in header.null_ids else _ABSENT
        return Cells(starts, starts, np.full(count, state, np.uint8))
    offsets = unaligned(buffer, "<u4" if header.width == 4 else "<u2")
    data = starts + header.data_at
    ends = data + offsets[starts + (header.offsets_at + header.width * place)]
    begins = data if not place else data + offsets[starts + (header.offsets_at + header.width * (place - 1))]
    return Cells(begins, ends, np.full(count, _PRESENT, np.uint8))


def _locate_singly(starts: I64, values: Sequence[bytes], rows: Sequence[int], cells: dict[int, Cells]) -> None:
    layouts: dict[bytes, RowHeader] = {}
    for row in rows:
        value = values[row]
        key = value[: header_length(value)]
        header = layouts.get(key)
        if header is None:
            header = layouts[key] = parse_header(value)
        data = int(starts[row]) + header.data_at
        for column_id, cell in cells.items():
            if column_id in header.ids:
                place = header.ids.index(column_id)
                at = header.offsets_at + header.width * place
                cell.ends[row] = data + int.from_bytes(value[at : at + header.width], "little")
                cell.starts[row] = data + (int.from_bytes(value[at - header.width : at], "little") if place else 0)
                cell.state[row] = _PRESENT
            else:
                cell.state[row] = _NULL if column_id in header.null_ids else _ABSENT


def _decode_singly(
    keys: Sequence[bytes], values: Sequence[bytes], columns: Sequence[ColumnSpec], parts: HandleParts
) -> list[pa.Array]:
    decoder = RowDecoder(columns, parts)
    if keys:
        rows = [
            decoder.decode(value, decode_handle(key[_RECORD_PREFIX:])) for key, value in zip(keys, values, strict=True)
        ]
    else:
        rows = [decoder.decode(value, 0) for value in values]
    arrays = []
    for index, column in enumerate(columns):
        if column.id == TABLE_ID_COLUMN_ID:
            arrays.append(table_ids(keys))
            continue
        values_of_column: list[Value] = [row[index] for row in rows]
        arrays.append(values_to_array(values_of_column, column.type))
    return arrays


def table_ids(keys: Sequence[bytes]) -> pa.Array:
    """The physical table ids of record or index keys, int64."""
    joined = np.frombuffer(b"".join(key[1:9] for key in keys), ">u8")
    return pa.array((joined ^ np.uint64(1 << 63)).astype(np.int64))
