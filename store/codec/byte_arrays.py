"""Numbers and strings scattered over one byte buffer, read for many rows at once with numpy and pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sqlnode.base.types import SqlType, Value, arrow_type
from store.codec.decimal_arrays import I64, U8, U64, Bools, unaligned

_SIGN = np.uint64(1 << 63)
_PLACES = np.array([64, 56, 48, 40, 32, 24, 16, 8, 0], np.uint64)


def decode_unsigned(buffer: U8, starts: I64, ends: I64) -> U64:
    """Little-endian unsigned numbers of 0 to 8 bytes (0 bytes give 0)."""
    raw = unaligned(buffer, "<u8")[starts]
    sizes = ends - starts
    shifts = _PLACES[np.clip(sizes, 0, 8)]
    # A shift by 64 is undefined, so empty cells are cleared instead.
    return np.where(sizes > 0, (raw << shifts) >> shifts, np.uint64(0))


def decode_signed(buffer: U8, starts: I64, ends: I64) -> I64:
    """Little-endian two's complement numbers of 0 to 8 bytes (0 bytes give 0)."""
    raw = unaligned(buffer, "<u8")[starts]
    sizes = ends - starts
    shifts = _PLACES[np.clip(sizes, 0, 8)]
    shifted = (raw << shifts).view(np.int64) >> shifts.view(np.int64)
    return np.where(sizes > 0, shifted, np.int64(0))


def decode_comparable_floats(buffer: U8, starts: I64) -> npt.NDArray[np.float64]:
    """Order-preserving big-endian doubles."""
    bits = unaligned(buffer, ">u8")[starts].astype(np.uint64)
    return np.where(bits & _SIGN, bits ^ _SIGN, ~bits).view(np.float64)


def encode_comparable_floats(values: npt.NDArray[np.float64]) -> U64:
    """The bits, as native integers, that sort as the doubles do; both zeros are the same."""
    bits = (values + 0.0).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def masked(values: npt.NDArray[np.generic], valid: Bools | None) -> pa.Array:
    """An Arrow array of the values, NULL outside of `valid` (None: no NULLs)."""
    return pa.array(values) if valid is None else pa.array(values, mask=~valid)


def byte_parts(array: pa.Array) -> tuple[npt.NDArray[np.int64], U8]:
    """(offsets from 0, bytes) of a binary array."""
    if array.type not in (pa.binary(), pa.large_binary()):
        array = array.cast(pa.binary())
    _, offsets_buffer, data_buffer = array.buffers()
    kind = np.int64 if array.type == pa.large_binary() else np.int32
    offsets = np.frombuffer(offsets_buffer, kind)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    data = np.frombuffer(data_buffer, np.uint8) if data_buffer is not None else np.zeros(0, np.uint8)
    return offsets - offsets[0], data[offsets[0] : offsets[-1]]


def binary_slices(buffer: U8, starts: I64, ends: I64, valid: Bools | None) -> pa.Array:
    """The byte strings [starts, ends) of a buffer as an Arrow binary array.

    Slices must ascend and not overlap. They are seen as every second value of a binary array over the whole buffer,
    so that one `take` copies them in C.
    """
    count = len(starts)
    if not count:
        return pa.array([], pa.binary())
    if len(buffer) >= 1 << 31:
        raise ValueError("more than 2 GiB of rows in one block")
    if valid is not None and not valid.all():
        # A NULL has no place of its own: let it be empty at the end of the value before it.
        previous_end = np.maximum.accumulate(np.where(valid, ends, 0))
        starts = np.where(valid, starts, previous_end)
        ends = np.where(valid, ends, previous_end)
    offsets = np.empty(2 * count, np.int32)
    offsets[0::2] = starts
    offsets[1::2] = ends
    whole = pa.Array.from_buffers(pa.binary(), 2 * count - 1, [None, pa.py_buffer(offsets), pa.py_buffer(buffer)])
    indices = np.arange(0, 2 * count - 1, 2, dtype=np.int64)
    return whole.take(masked(indices, valid))


def values_to_array(values: Sequence[Value], sql_type: SqlType) -> pa.Array:
    """An Arrow array from Python values of one type."""
    target = arrow_type(sql_type)
    if pa.types.is_decimal(target):
        return pa.array([quantize(value, target) for value in values], target)
    return pa.array(values, target)


def quantize(value: Value, target: pa.DataType) -> Decimal | None:
    """A decimal with exactly the scale of an Arrow decimal type (pyarrow refuses to drop digits)."""
    if value is None:
        return None
    assert isinstance(value, Decimal), "decimal columns hold decimals"
    from store.codec.decimals import make_decimal, unscaled

    return make_decimal(unscaled(value, target.scale), target.scale)


def scalar_of(value: Value, sql_type: SqlType) -> pa.Scalar:
    """An Arrow scalar from a Python value."""
    return values_to_array([value], sql_type)[0]
