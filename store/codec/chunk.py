"""Coprocessor replies: tipb's columnar chunks and its datum rows, to and from Arrow record batches.

*TypeChunk* is columns one after another, each ``rows(u32) nulls(u32) [bitmap] [offsets] data``; TIMESTAMP in it is in
the session's zone already. *TypeDefault* is rows of flagged datums; TIMESTAMP in it is UTC. A reader must look at the
reply's own encode_type, since a store falls back to TypeDefault for types that a chunk cannot carry (SET).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa

from sqlnode.base.types import SqlType, TypeCode, Value, arrow_type
from store.codec.byte_arrays import binary_slices, masked, values_to_array
from store.codec.decimal_arrays import U8, U64, Bools, decode_structs, encode_structs
from store.codec.decimals import STRUCT_SIZE, encode_decimal
from store.codec.keys import append_varint, encode_float, encode_int, encode_uint
from store.codec.row_format import read_value_datum

_PADDING = 64


def packed_to_core_times(packed: U64, sql_type: SqlType) -> U64:
    """Packed times to the 64-bit core times of chunks, with the type's fsp and kind bits."""
    low = 0xE
    if sql_type.code != TypeCode.DATE:
        low = sql_type.fsp << 1 | (sql_type.code == TypeCode.TIMESTAMP)
    clock = packed >> np.uint64(24)
    ymd = clock >> np.uint64(17)
    months = ymd >> np.uint64(5)
    core = (months // np.uint64(13)) << np.uint64(50) | (months % np.uint64(13)) << np.uint64(46)
    core |= (ymd & np.uint64(31)) << np.uint64(41) | (clock & np.uint64(0x1FFFF)) << np.uint64(24)
    core |= (packed & np.uint64(0xFFFFFF)) << np.uint64(4)
    return core | np.uint64(low)


def core_to_packed_times(core: U64) -> U64:
    """Inverse of `packed_to_core_times`; fsp and kind bits are dropped."""
    months = (core >> np.uint64(50)) * np.uint64(13) + (core >> np.uint64(46) & np.uint64(15))
    ymd = months << np.uint64(5) | (core >> np.uint64(41) & np.uint64(31))
    clock = core >> np.uint64(24) & np.uint64(0x1FFFF)
    packed: U64 = (ymd << np.uint64(17) | clock) << np.uint64(24) | (core >> np.uint64(4) & np.uint64(0xFFFFF))
    return packed


def _fixed_width(sql_type: SqlType) -> int:
    """Bytes of a cell, 0 for variable ones."""
    code = sql_type.code
    if code == TypeCode.FLOAT:
        return 4
    if code == TypeCode.NEWDECIMAL:
        return STRUCT_SIZE
    if sql_type.is_integer or sql_type.is_temporal or code in (TypeCode.YEAR, TypeCode.DOUBLE, TypeCode.TIME):
        return 8
    return 0


def decode_chunk(data: bytes, types: Sequence[SqlType], names: Sequence[str] | None = None) -> pa.RecordBatch:
    """One TypeChunk batch. Raises ValueError when the bytes do not hold exactly these columns."""
    buffer: U8 = np.frombuffer(data + bytes(_PADDING), np.uint8)
    position = 0
    arrays = []
    for sql_type in types:
        array, position = _decode_column(buffer, position, sql_type)
        arrays.append(array)
    if position != len(data):
        raise ValueError(f"chunk of {len(data)} bytes ends at {position}")
    return pa.RecordBatch.from_arrays(arrays, names=_names(types, names))


def _names(types: Sequence[SqlType], names: Sequence[str] | None) -> list[str]:
    return [str(index) for index in range(len(types))] if names is None else list(names)


def _decode_column(buffer: U8, position: int, sql_type: SqlType) -> tuple[pa.Array, int]:
    rows, nulls = (int(number) for number in buffer[position : position + 8].view("<u4"))
    position += 8
    valid: Bools | None = None
    if nulls:
        size = (rows + 7) // 8
        valid = np.unpackbits(buffer[position : position + size], count=rows, bitorder="little").astype(np.bool_)
        position += size
    width = _fixed_width(sql_type)
    if width:
        end = position + width * rows
        return _fixed_cells(buffer, position, rows, valid, sql_type), end
    offsets = buffer[position : position + 8 * (rows + 1)].copy().view("<i8")
    position += 8 * (rows + 1)
    starts, ends = offsets[:-1] + position, offsets[1:] + position
    end = position + int(offsets[-1])
    code = sql_type.code
    if code == TypeCode.BIT:
        values = [int.from_bytes(buffer[a:b].tobytes(), "big") for a, b in zip(starts, ends, strict=True)]
        return masked(np.array(values, np.uint64), valid), end
    if code in (TypeCode.ENUM, TypeCode.SET):
        ordinals = [
            int.from_bytes(buffer[a : min(a + 8, b)].tobytes(), "little") for a, b in zip(starts, ends, strict=True)
        ]
        return masked(np.array(ordinals, np.uint64), valid), end
    return binary_slices(buffer, starts, ends, valid), end


def _fixed_cells(buffer: U8, position: int, rows: int, valid: Bools | None, sql_type: SqlType) -> pa.Array:
    if sql_type.code == TypeCode.NEWDECIMAL:
        starts = np.arange(rows, dtype=np.int64) * STRUCT_SIZE + position
        return decode_structs(buffer, starts, valid, arrow_type(sql_type))
    cells = buffer[position : position + _fixed_width(sql_type) * rows].copy()
    if sql_type.code == TypeCode.FLOAT:
        return masked(cells.view("<f4").astype(np.float64), valid)
    if sql_type.code == TypeCode.DOUBLE:
        return masked(cells.view("<f8"), valid)
    if sql_type.is_temporal:
        return masked(core_to_packed_times(cells.view("<u8")), valid)
    return masked(cells.view("<i8" if pa.types.is_int64(arrow_type(sql_type)) else "<u8"), valid)


def can_encode_chunk(types: Sequence[SqlType]) -> bool:
    """Whether TypeChunk can carry these columns, as TiKV decides it."""
    return all(t.code not in (TypeCode.SET, TypeCode.GEOMETRY, TypeCode.NEWDATE) for t in types)


def encode_chunk(batch: pa.RecordBatch, types: Sequence[SqlType]) -> bytes:
    """TypeChunk bytes of a batch whose columns have these types."""
    return b"".join(_encode_column(batch.column(index), sql_type) for index, sql_type in enumerate(types))


def _encode_column(array: pa.Array, sql_type: SqlType) -> bytes:
    rows = len(array)
    parts = [rows.to_bytes(4, "little"), array.null_count.to_bytes(4, "little")]
    if array.null_count:
        valid = array.is_valid().to_numpy(zero_copy_only=False)
        parts.append(np.packbits(valid, bitorder="little").tobytes())
    if sql_type.code == TypeCode.NEWDECIMAL:
        return b"".join([*parts, encode_structs(array)])
    width = _fixed_width(sql_type)
    if width:
        filled = array.fill_null(0) if array.null_count else array
        values = filled.to_numpy(zero_copy_only=False)
        if sql_type.is_temporal:
            values = packed_to_core_times(values, sql_type)
            if array.null_count:
                values = np.where(valid, values, np.uint64(0))
        elif sql_type.code == TypeCode.FLOAT:
            values = values.astype("<f4")
        return b"".join([*parts, np.ascontiguousarray(values).tobytes()])
    cells = [b"" if value is None else _variable_cell(value, sql_type) for value in array.to_pylist()]
    offsets = np.zeros(rows + 1, "<i8")
    np.cumsum([len(cell) for cell in cells], out=offsets[1:])
    return b"".join([*parts, offsets.tobytes(), *cells])


def _variable_cell(value: int | bytes, sql_type: SqlType) -> bytes:
    if isinstance(value, bytes):
        return value
    if sql_type.code == TypeCode.BIT:
        return value.to_bytes((max(sql_type.length, 1) + 7) // 8, "big")
    name = sql_type.elements[value - 1] if 0 < value <= len(sql_type.elements) else ""
    return value.to_bytes(8, "little") + name.encode("utf-8")


def decode_datum_rows(data: bytes, types: Sequence[SqlType], names: Sequence[str] | None = None) -> pa.RecordBatch:
    """Rows in TypeDefault. Raises ValueError for a flag that does not fit its column."""
    columns: list[list[Value]] = [[] for _ in types]
    position = 0
    while position < len(data):
        for column in columns:
            value, position = read_value_datum(data, position)
            column.append(value)
    arrays = [values_to_array(values, sql_type) for values, sql_type in zip(columns, types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=_names(types, names))


def encode_datum_rows(batch: pa.RecordBatch, types: Sequence[SqlType]) -> bytes:
    """TypeDefault bytes of a batch, in the fixed flags that a store uses for computed values."""
    out = bytearray()
    columns = [batch.column(index).to_pylist() for index in range(len(types))]
    for row in zip(*columns, strict=True):
        for value, sql_type in zip(row, types, strict=True):
            append_datum(out, value, sql_type)
    return bytes(out)


def append_datum(out: bytearray, value: Value, sql_type: SqlType) -> None:
    """Write one flagged datum in value form."""
    if value is None:
        out.append(0)
    elif isinstance(value, bytes):
        if sql_type.code == TypeCode.JSON:
            out += b"\x0a" + value
        else:
            out.append(2)
            append_varint(out, len(value))
            out += value
    elif isinstance(value, float):
        out += b"\x05" + encode_float(value)
    elif isinstance(value, Decimal):
        out += b"\x06" + encode_decimal(value, *_precision(sql_type))
    elif sql_type.code == TypeCode.TIME:
        out += b"\x07" + encode_int(value)
    elif pa.types.is_uint64(arrow_type(sql_type)):
        out += b"\x04" + encode_uint(value)
    else:
        out += b"\x03" + encode_int(value)


def _precision(sql_type: SqlType) -> tuple[int, int]:
    arrow = arrow_type(sql_type)
    return arrow.precision, arrow.scale
