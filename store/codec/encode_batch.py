"""Many rows at once to stored bytes: row values and key datums from Arrow columns, the inverse of `row_batch`.

Each column becomes a binary array of *cells*, one per row; cells of a row are joined by one Arrow kernel. Rows are grouped
by which of their columns are NULL, since ids and the number of offsets follow from that. There is no Python per row except
for the byte strings that come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.types import HYBRID_CODES, SqlType, TypeCode
from store.codec.byte_arrays import byte_parts, encode_comparable_floats
from store.codec.decimal_arrays import U8, encode_decimals
from store.codec.keys import FLOAT_FLAG, INT_FLAG, UINT_FLAG
from store.codec.row_format import VERSION, Kind, kind_of

_MOST_PATTERNS = 64
_OFFSET_LIMIT = 65_535
_SMALL_ID = 256
_EMPTY = b""


def cells_to_list(array: pa.Array) -> list[bytes]:
    """The byte strings of a binary array without NULLs."""
    offsets, data = byte_parts(array)
    ends: list[int] = offsets.tolist()
    raw = data.tobytes()
    return [raw[start:end] for start, end in pairwise(ends)]


def _binary(lengths: npt.NDArray[np.int64], data: U8) -> pa.Array:
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.Array.from_buffers(
        pa.binary(), len(lengths), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    )


def _rows_of(matrix: U8) -> pa.Array:
    """A binary array with the rows of a matrix."""
    count, width = matrix.shape
    return _binary(np.full(count, width, np.int64), matrix.reshape(-1))


def _bytes_of(numbers: npt.NDArray[np.generic], order: str) -> U8:
    """Eight bytes per number."""
    kind = numbers.dtype.kind
    return np.ascontiguousarray(numbers.astype(f"{order}{kind}8")).view(np.uint8).reshape(-1, 8)


def _numbers(array: pa.Array) -> npt.NDArray[np.generic]:
    found: npt.NDArray[np.generic] = array.to_numpy(zero_copy_only=False)
    if found.dtype.kind == "f":
        return found.astype(np.float64)
    return found.astype(np.uint64 if found.dtype.kind == "u" else np.int64)


# --- rows ---------------------------------------------------------------------------------------------------------------


def value_cells(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """Values of one type, none of them NULL, as they stand in rows."""
    match kind_of(sql_type):
        case Kind.SIGNED:
            return _compact(_numbers(array).astype(np.int64))
        case Kind.UNSIGNED:
            return _compact(_numbers(array).astype(np.uint64))
        case Kind.FLOAT:
            return _rows_of(_bytes_of(encode_comparable_floats(_numbers(array).astype(np.float64)), ">"))
        case Kind.DECIMAL:
            return _rows_of(encode_decimals(array, sql_type.length, max(sql_type.scale, 0)))
    return array if array.type == pa.binary() else array.cast(pa.binary())


def _compact(numbers: npt.NDArray[np.signedinteger] | npt.NDArray[np.unsignedinteger]) -> pa.Array:
    """The fewest of 1, 2, 4, 8 little-endian bytes for each number."""
    sizes = np.ones(len(numbers), np.int64)
    signed = numbers.dtype.kind == "i"
    for size in (1, 2, 4):
        bits = 8 * size - signed
        too_large = numbers >= (1 << bits)
        if signed:
            too_large |= numbers < -(1 << bits)
        if not too_large.any():
            break
        sizes[too_large] = 2 * size
    raw = _bytes_of(numbers, "<")
    return _binary(sizes, raw[np.arange(8) < sizes[:, None]])


class RowBatchEncoder:
    """Encodes rows of fixed columns: `columns` are (id, type, whether a NULL is stored), ascending by id."""

    def __init__(self, columns: Sequence[tuple[int, SqlType, bool]]) -> None:
        self._columns = tuple(columns)

    def encode(self, arrays: Sequence[pa.Array]) -> list[bytes] | None:
        """`encoded` as Python's byte strings."""
        found = self.encoded(arrays)
        return None if found is None else cells_to_list(found)

    def encoded(self, arrays: Sequence[pa.Array]) -> pa.Array | None:
        """The stored rows, as many as the arrays have values; None when rows differ too much in what is NULL, or are too
        large for small offsets: then they are to be encoded one by one."""
        count = len(arrays[0]) if arrays else 0
        if not count or any(column_id >= _SMALL_ID for column_id, _, _ in self._columns):
            return None
        nullable = [place for place, array in enumerate(arrays) if array.null_count]
        if not nullable:
            return self._encoded(arrays, frozenset())
        nulls = np.stack([arrays[place].is_null().to_numpy(zero_copy_only=False) for place in nullable])
        patterns, groups = np.unique(np.packbits(nulls, axis=0), axis=1, return_inverse=True)
        if patterns.shape[1] > _MOST_PATTERNS:
            return None
        parts = []
        places = []
        groups = groups.reshape(-1)
        for pattern in range(patterns.shape[1]):
            chosen = np.flatnonzero(groups == pattern)
            absent = frozenset(place for row, place in enumerate(nullable) if nulls[row, chosen[0]])
            positions = pa.array(chosen)
            part = self._encoded([array.take(positions) for array in arrays], absent)
            if part is None:
                return None
            parts.append(part)
            places.append(chosen)
        if len(parts) == 1:
            return parts[0]
        order = np.empty(count, np.int64)
        order[np.concatenate(places)] = np.arange(count)
        return pa.concat_arrays(parts).take(pa.array(order))

    def _encoded(self, arrays: Sequence[pa.Array], absent: frozenset[int]) -> pa.Array | None:
        """Rows of which the columns at the places `absent` are NULL and no other."""
        count = len(arrays[0])
        present = [place for place in range(len(arrays)) if place not in absent]
        ids = [self._columns[place][0] for place in present]
        null_ids = [self._columns[place][0] for place in sorted(absent) if self._columns[place][2]]
        cells = [value_cells(arrays[place], self._columns[place][1]) for place in present]
        head = bytes((VERSION, 0)) + len(ids).to_bytes(2, "little") + len(null_ids).to_bytes(2, "little")
        head += bytes(ids) + bytes(null_ids)
        if not cells:
            return pa.array([head] * count, pa.binary())
        ends = np.cumsum(np.stack([pc.binary_length(cell).to_numpy().astype(np.int64) for cell in cells]), axis=0)
        if ends[-1].max() > _OFFSET_LIMIT:
            return None
        fixed = np.empty((count, len(head) + 2 * len(cells)), np.uint8)
        fixed[:, : len(head)] = np.frombuffer(head, np.uint8)
        fixed[:, len(head) :] = np.ascontiguousarray(ends.T.astype("<u2")).view(np.uint8)
        return joined([_rows_of(fixed), *cells])


def joined(cells: Sequence[pa.Array]) -> pa.Array:
    """The cells of each row, one after another."""
    return cells[0] if len(cells) == 1 else pc.binary_join_element_wise(*cells, pa.scalar(_EMPTY, pa.binary()))


# --- keys ---------------------------------------------------------------------------------------------------------------


def key_cells(array: pa.Array, sql_type: SqlType, length: int = -1) -> pa.Array | None:
    """Values of one type, none of them NULL, as they stand in keys (`keys.encode_key_value`); None for types that are
    to be encoded one by one."""
    code = sql_type.code
    if code in (TypeCode.YEAR, TypeCode.TIME, TypeCode.NEWDECIMAL, TypeCode.JSON) or sql_type.is_string:
        return None
    if sql_type.is_integer and not sql_type.unsigned:
        bits = _numbers(array).astype(np.int64).view(np.uint64) ^ np.uint64(1 << 63)
        return _flagged(INT_FLAG, bits)
    if sql_type.is_integer or sql_type.is_temporal or code in HYBRID_CODES:
        return _flagged(UINT_FLAG, _numbers(array).astype(np.uint64))
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return _flagged(FLOAT_FLAG, encode_comparable_floats(_numbers(array).astype(np.float64)))
    return None


def _flagged(flag: int, bits: npt.NDArray[np.uint64]) -> pa.Array:
    matrix = np.empty((len(bits), 9), np.uint8)
    matrix[:, 0] = flag
    matrix[:, 1:] = _bytes_of(bits, ">")
    return _rows_of(matrix)


def int_handle_cells(array: pa.Array) -> pa.Array:
    """Integer handles as they end record keys."""
    numbers = _numbers(array)
    return _rows_of(_bytes_of(numbers.view(np.uint64) ^ np.uint64(1 << 63), ">"))


def prefixed(prefix: bytes, cells: Sequence[pa.Array]) -> pa.Array:
    """`prefix` and the cells of each row."""
    return pc.binary_join_element_wise(pa.scalar(prefix, pa.binary()), *cells, pa.scalar(_EMPTY, pa.binary()))
