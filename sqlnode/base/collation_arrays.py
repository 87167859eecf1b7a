"""Sort keys of whole columns: ASCII columns by table lookup over their bytes, others once per distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.collation_weights import ascii_tables

if TYPE_CHECKING:
    from sqlnode.base.collation import Collation


def keys_of_array(array: pa.Array, collation: Collation) -> pa.Array:
    """The sort key of every value of a binary array, NULL for NULL."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        return _by_distinct(array, collation)
    if collation.kind == "raw" or len(array) == 0:
        return array
    if collation.pad:
        array = trim_spaces(array)
        if collation.kind == "bin":
            return array
    found = _ascii_keys(array, collation)
    return _by_distinct(array, collation) if found is None else found


def trim_spaces(array: pa.Array) -> pa.Array:
    """The values without trailing spaces."""
    return pc.ascii_rtrim(array.view(pa.string()), characters=" ").view(pa.binary())


def _by_distinct(array: pa.Array, collation: Collation) -> pa.Array:
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    key = collation.sort_key
    keys = pa.array([None if value is None else key(value) for value in coded.dictionary.to_pylist()], pa.binary())
    return keys.take(coded.indices)


def bytes_of(array: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """(offsets, bytes) of a binary array: value i is bytes[offsets[i]:offsets[i + 1]]; offsets start at 0."""
    _, offset_buffer, data_buffer = array.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32)[array.offset : array.offset + len(array) + 1]
    if data_buffer is None:
        return offsets - offsets[0], np.empty(0, np.uint8)
    data = np.frombuffer(data_buffer, np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], data


def binary_array(offsets: npt.NDArray[np.int32], data: npt.NDArray[np.uint8], like: pa.Array) -> pa.Array:
    """A binary array of these parts, with the NULLs of another."""
    nulls = None
    if like.null_count:
        nulls = pa.array(like.is_valid().to_numpy(zero_copy_only=False)).buffers()[1]
    buffers = [nulls, pa.py_buffer(np.ascontiguousarray(offsets, np.int32)), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.binary(), len(like), buffers, null_count=like.null_count)


def _ascii_keys(array: pa.Array, collation: Collation) -> pa.Array | None:
    """Keys of a column of ASCII text; None where this collation or column has no such short way."""
    kind = collation.kind
    if kind not in ("general", "ascii", "table", "unicode400", "unicode520", "unicode900"):
        return None
    offsets, data = bytes_of(array)
    if len(data) and int(data.max()) >= 128:
        return None
    if kind in ("ascii", "table"):
        return pc.ascii_upper(array.view(pa.string())).view(pa.binary())
    if kind == "general":
        upper = np.where((data >= 97) & (data <= 122), data - 32, data)
        return binary_array(offsets * 2, upper.astype(">u2").view(np.uint8), array)
    high, low, _ = ascii_tables(kind[7:])
    table = np.frombuffer(high, np.uint8).astype(np.uint16) << 8 | np.frombuffer(low, np.uint8)
    weights = table[data]
    if len(weights) and not weights.all():
        return None
    return binary_array(offsets * 2, weights.astype(">u2").view(np.uint8), array)
