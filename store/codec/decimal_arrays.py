"""Whole columns of decimals: binary form and chunk struct to Arrow and back, exact, without a Python loop over rows.

A column of magnitudes is held as *limbs*: a uint64 array of shape (limb count, rows), each entry below 2**32, least
significant limb first. Four limbs make a decimal128, eight a decimal256. Numbers of up to 18 digits take a shorter way
through one int64 array.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from store.codec.decimals import STRUCT_SIZE, group_layout

U8: TypeAlias = npt.NDArray[np.uint8]
U64: TypeAlias = npt.NDArray[np.uint64]
I64: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_BASE = 10**9
_SHORT_DIGITS = 18
_WORDS = 9


def unaligned(buffer: U8, dtype: str) -> npt.NDArray[np.unsignedinteger]:
    """A view of `buffer` that reads a number at every byte position; positions near the end are missing."""
    kind = np.dtype(dtype)
    return np.ndarray((len(buffer) - kind.itemsize + 1,), kind, buffer, strides=(1,))


def _multiply_add(limbs: U64, factor: int, addend: U64) -> None:
    carry = addend.astype(np.uint64)
    multiplier = np.uint64(factor)
    for limb in limbs:
        product = limb * multiplier + carry
        limb[:] = product & _LOW
        carry = product >> _SHIFT


def _divide(limbs: U64, divisor: int) -> U64:
    """Divide in place; returns the remainders."""
    by = np.uint64(divisor)
    rest = np.zeros(limbs.shape[1], np.uint64)
    for limb in limbs[::-1]:
        value = (rest << _SHIFT) | limb
        limb[:] = value // by
        rest = value % by
    return rest


def _negate(limbs: U64, negative: Bools) -> None:
    """Two's complement of the columns where `negative` holds."""
    carry = negative.astype(np.uint64)
    for limb in limbs:
        value = np.where(negative, limb ^ _LOW, limb) + carry
        limb[:] = value & _LOW
        carry = value >> _SHIFT


def _scale_up(limbs: U64, digits: int) -> None:
    zero = np.zeros(limbs.shape[1], np.uint64)
    while digits > 0:
        step = min(digits, 9)
        _multiply_add(limbs, 10**step, zero)
        digits -= step


def limb_count(decimal_type: pa.DataType) -> int:
    """Four for decimal128, eight for decimal256."""
    return 4 if pa.types.is_decimal128(decimal_type) else 8


def from_limbs(limbs: U64, negative: Bools, valid: Bools | None, decimal_type: pa.DataType) -> pa.Array:
    """The Arrow array of the numbers whose magnitudes are `limbs`; rows outside `valid` are NULL."""
    _negate(limbs, negative)
    data = np.ascontiguousarray(limbs.T.astype("<u4"))
    return _decimal_array(data, valid, decimal_type)


def from_int64(values: I64, valid: Bools | None, decimal_type: pa.DataType) -> pa.Array:
    """The Arrow array of unscaled 64-bit numbers."""
    words = limb_count(decimal_type) // 2
    data = np.empty((len(values), words), "<i8")
    data[:, 0] = values
    data[:, 1:] = (values >> np.int64(63))[:, None]
    return _decimal_array(data, valid, decimal_type)


def _decimal_array(data: npt.NDArray[np.integer], valid: Bools | None, decimal_type: pa.DataType) -> pa.Array:
    bitmap = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    return pa.Array.from_buffers(decimal_type, len(data), [bitmap, pa.py_buffer(data)])


def to_limbs(array: pa.Array) -> tuple[U64, Bools]:
    """(limbs of the magnitudes, negative) of a decimal array; NULL rows hold anything."""
    count = limb_count(array.type)
    buffer = array.buffers()[1]
    raw = np.frombuffer(buffer, "<u4", count=(array.offset + len(array)) * count).reshape(-1, count)[array.offset :]
    limbs = np.ascontiguousarray(raw.T).astype(np.uint64)
    negative = (limbs[-1] >> np.uint64(31)).astype(np.bool_)
    _negate(limbs, negative)
    return limbs, negative


def decode_decimals(buffer: U8, starts: I64, valid: Bools | None, decimal_type: pa.DataType) -> tuple[pa.Array, I64]:
    """Decimals in binary form whose precision bytes stand at `starts` of a buffer padded by at least 8 bytes.

    Returns the array and each number's encoded length; NULL rows (outside `valid`) have length 0. Raises ValueError
    when a number has more fraction digits than the type.
    """
    rows = np.arange(len(starts)) if valid is None else np.flatnonzero(valid)
    lengths = np.zeros(len(starts), np.int64)
    if not len(rows):
        return pa.nulls(len(starts), decimal_type), lengths
    at = starts[rows]
    headers = buffer[at].astype(np.int64) << 8 | buffer[at + 1]
    distinct = np.unique(headers)
    short = max(int(header) >> 8 for header in distinct) <= _SHORT_DIGITS and decimal_type.precision <= _SHORT_DIGITS
    numbers = np.zeros(len(starts), np.int64)
    limbs = np.zeros((0 if short else limb_count(decimal_type), len(starts)), np.uint64)
    negative = np.zeros(len(starts), np.bool_)
    for header in distinct:
        precision, scale = int(header) >> 8, int(header) & 255
        if scale > decimal_type.scale:
            raise ValueError(f"stored decimal({precision},{scale}) in a column of type {decimal_type}")
        chosen = rows if len(distinct) == 1 else rows[headers == header]
        groups, size = _read_groups(buffer, starts[chosen] + 2, precision, scale)
        lengths[chosen] = size + 2
        negative[chosen] = groups[0]
        if short:
            total = np.zeros(len(chosen), np.int64)
            for digits, group in groups[1]:
                total = total * np.int64(10**digits) + group.astype(np.int64)
            numbers[chosen] = total * np.int64(10 ** (decimal_type.scale - scale))
            continue
        part = np.zeros((len(limbs), len(chosen)), np.uint64)
        for digits, group in groups[1]:
            _multiply_add(part, 10**digits, group)
        _scale_up(part, decimal_type.scale - scale)
        limbs[:, chosen] = part
    if short:
        return from_int64(np.where(negative, -numbers, numbers), valid, decimal_type), lengths
    return from_limbs(limbs, negative, valid, decimal_type), lengths


def _read_groups(
    buffer: U8, starts: I64, precision: int, scale: int
) -> tuple[tuple[Bools, list[tuple[int, U64]]], int]:
    """((negative, [(digits, values) of each group]), size in bytes) of numbers with one header."""
    layout, size = group_layout(precision, scale)
    words = unaligned(buffer, ">u4")
    negative = buffer[starts] < 0x80
    groups = []
    offset = 0
    for digits, width in layout:
        bits = 8 * width
        group = words[starts + offset].astype(np.uint64) >> np.uint64(32 - bits)
        if not offset:
            group = group ^ np.uint64(0x80 << (bits - 8))
        groups.append((digits, np.where(negative, group ^ np.uint64((1 << bits) - 1), group)))
        offset += width
    return (negative, groups), size


def decode_structs(buffer: U8, starts: I64, valid: Bools | None, decimal_type: pa.DataType) -> pa.Array:
    """Decimals as 40-byte structs of a chunk, at `starts`."""
    rows = np.arange(len(starts)) if valid is None else np.flatnonzero(valid)
    limbs = np.zeros((limb_count(decimal_type), len(starts)), np.uint64)
    negative = np.zeros(len(starts), np.bool_)
    if len(rows):
        words = unaligned(buffer, "<u4")
        at = starts[rows]
        shapes = buffer[at].astype(np.int64) << 8 | buffer[at + 1]
        negative[rows] = buffer[at + 3] != 0
        for shape in np.unique(shapes):
            chosen = rows[shapes == shape]
            limbs[:, chosen] = _struct_limbs(words, starts[chosen] + 4, int(shape), decimal_type)
    return from_limbs(limbs, negative, valid, decimal_type)


def _struct_limbs(words: npt.NDArray[np.unsignedinteger], starts: I64, shape: int, decimal_type: pa.DataType) -> U64:
    whole_words, scale = -(-(shape >> 8) // 9), shape & 255
    limbs = np.zeros((limb_count(decimal_type), len(starts)), np.uint64)
    for index in range(whole_words):
        _multiply_add(limbs, _BASE, words[starts + 4 * index].astype(np.uint64))
    keep = min(scale, decimal_type.scale)
    at, left = whole_words, keep
    while left > 0:
        digits = min(left, 9)
        word = words[starts + 4 * at].astype(np.uint64) // np.uint64(10 ** (9 - digits))
        _multiply_add(limbs, 10**digits, word)
        left -= digits
        at += 1
    _scale_up(limbs, decimal_type.scale - keep)
    return limbs


def encode_structs(array: pa.Array) -> bytes:
    """The 40-byte structs of a decimal array, one after another; NULL rows are zero bytes."""
    scale = array.type.scale
    limbs, negative = to_limbs(array)
    wide = np.zeros((8, limbs.shape[1]), np.uint64)
    wide[: len(limbs)] = limbs
    fraction_words = -(-scale // 9)
    _scale_up(wide, fraction_words * 9 - scale)
    whole_words = min(-(-(array.type.precision - scale) // 9), _WORDS - fraction_words)
    data = np.zeros((len(array), STRUCT_SIZE), np.uint8)
    words = np.zeros((len(array), _WORDS), "<u4")
    for index in reversed(range(whole_words + fraction_words)):
        words[:, index] = _divide(wide, _BASE)
    data[:, 0] = min(whole_words * 9, array.type.precision - scale)
    data[:, 1] = data[:, 2] = scale
    data[:, 3] = negative & words.any(axis=1)
    data[:, 4:] = words.view(np.uint8).reshape(len(array), 36)
    if array.null_count:
        data[array.is_null().to_numpy(zero_copy_only=False)] = 0
    return data.tobytes()


def encode_decimals(array: pa.Array, precision: int, scale: int) -> U8:
    """The binary form of decimals without NULLs that fit DECIMAL(precision, scale): one row of bytes each, precision and
    scale first."""
    layout, size = group_layout(precision, scale)
    if array.type.scale != scale:
        raise ValueError(f"decimals of scale {array.type.scale} for scale {scale}")
    limbs, negative = to_limbs(array)
    data = np.empty((len(array), size + 2), np.uint8)
    data[:, 0], data[:, 1] = precision, scale
    end = size + 2
    for digits, width in reversed(layout):
        group = _divide(limbs, 10**digits).astype(">u4").view(np.uint8).reshape(-1, 4)
        data[:, end - width : end] = group[:, 4 - width :]
        end -= width
    data[:, 2:] ^= np.where(negative, 0xFF, 0).astype(np.uint8)[:, None]
    data[:, 2] ^= 0x80
    return data
