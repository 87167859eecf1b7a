"""A whole column to cells: arrays of values to arrays of bytes (`Cells`), for the text and the binary protocol.

Every function here agrees with the one for single values in `text_cells` or `binary_cells`; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.packed_time import SECOND
from sqlnode.base.types import Flag, SqlType, TypeCode
from sqlnode.wire.binary_cells import WIDTHS
from sqlnode.wire.text_cells import element_names, result_converter, text_bytes

U8: TypeAlias = npt.NDArray[np.uint8]
I64: TypeAlias = npt.NDArray[np.int64]
TextColumn: TypeAlias = Callable[[pa.Array], pa.Array]

_EXACT_DECIMAL_SCALE = 6
"""Arrow prints decimals of a larger scale with an exponent when they are small."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Pieces of one column's cells, each a binary array without NULL; `lengths[i]` is what row i takes in all."""

    pieces: tuple[pa.Array, ...]
    lengths: I64


def fixed_pieces(matrix: U8) -> pa.Array:
    """A binary array whose values are the rows of a byte matrix."""
    count, width = matrix.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32) if width else np.zeros(count + 1, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(matrix))]
    )


def ragged_pieces(matrix: U8, widths: I64) -> pa.Array:
    """A binary array whose value i is the first `widths[i]` bytes of row i."""
    count, width = matrix.shape
    offsets = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(widths, out=offsets[1:])
    data = matrix[np.arange(width) < widths[:, None]]
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def valid_mask(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    """True where there is a value; None when there is no NULL."""
    if not array.null_count:
        return None
    return array.is_valid().to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


# --- text ----------------------------------------------------------------------------------------------------------


def text_column(sql_type: SqlType, charset: str | None) -> TextColumn:
    """The function from a column to its texts: a binary array, NULL where the value is."""
    code = sql_type.code
    if sql_type.is_integer and not sql_type.flags & Flag.ZEROFILL:
        return _integer_texts
    if code == TypeCode.NEWDECIMAL and sql_type.scale <= _EXACT_DECIMAL_SCALE and not sql_type.flags & Flag.ZEROFILL:
        return _decimal_texts(max(sql_type.scale, 0))
    if sql_type.is_temporal:
        fsp = -1 if code in (TypeCode.DATE, TypeCode.NEWDATE) else sql_type.fsp
        return lambda array: _datetime_texts(array, fsp)
    if code == TypeCode.ENUM:
        return _enum_texts(sql_type, charset)
    text = text_bytes(sql_type, charset)
    if text is None:
        return lambda array: array if array.type == pa.binary() else array.cast(pa.binary())
    convert = text
    if code in (TypeCode.VARCHAR, TypeCode.VAR_STRING, TypeCode.STRING) or sql_type.is_blob:
        return lambda array: pa.array(
            [None if value is None else convert(value) for value in array.to_pylist()], pa.binary()
        )
    return lambda array: _mapped(array, convert)


def _mapped(array: pa.Array, text: Callable[[object], bytes]) -> pa.Array:
    """Each distinct value formatted once, when values repeat; else each value."""
    return pa.array([None if value is None else text(value) for value in array.to_pylist()], pa.binary())


def _integer_texts(array: pa.Array) -> pa.Array:
    return array.cast(pa.string()).cast(pa.binary())


def _decimal_texts(scale: int) -> TextColumn:
    def texts(array: pa.Array) -> pa.Array:
        if array.type.scale != scale:
            array = array.cast(pa.decimal256(76, scale), safe=False)
        return array.cast(pa.string()).cast(pa.binary())

    return texts


def _enum_texts(sql_type: SqlType, charset: str | None) -> TextColumn:
    names = pa.array([b"", *element_names(sql_type, result_converter(sql_type, charset))], pa.binary())
    return lambda array: names.take(array)


def _digits(matrix: U8, at: int, width: int, numbers: npt.NDArray[np.uint64]) -> None:
    """Writes numbers as `width` decimal digits into the columns from `at`."""
    rest = numbers
    for column in range(at + width - 1, at - 1, -1):
        rest, digit = np.divmod(rest, np.uint64(10))
        matrix[:, column] = digit.astype(np.uint8) + ord("0")


def _unpacked(array: pa.Array) -> tuple[npt.NDArray[np.uint64], ...]:
    """year, month, day, hour, minute, second, microsecond; NULL as zeros."""
    packed = array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64, copy=False)
    u = np.uint64
    micro = packed & u(0xFFFFFF)
    rest = packed >> u(24)
    year, month = np.divmod(rest >> u(22), u(13))
    return year, month, rest >> u(17) & u(31), rest >> u(12) & u(31), rest >> u(6) & u(63), rest & u(63), micro


def _datetime_texts(array: pa.Array, fsp: int) -> pa.Array:
    """`fsp` -1: dates alone."""
    year, month, day, hour, minute, second, micro = _unpacked(array)
    width = 10 if fsp < 0 else 19 + (fsp + 1 if fsp else 0)
    template = b"0000-00-00 00:00:00.000000"[:width]
    matrix = np.tile(np.frombuffer(template, dtype=np.uint8), (len(array), 1))
    for at, size, numbers in ((0, 4, year), (5, 2, month), (8, 2, day)):
        _digits(matrix, at, size, numbers)
    if fsp >= 0:
        for at, size, numbers in ((11, 2, hour), (14, 2, minute), (17, 2, second)):
            _digits(matrix, at, size, numbers)
    if fsp > 0:
        _digits(matrix, 20, fsp, micro // np.uint64(10 ** (6 - fsp)))
    found = fixed_pieces(matrix)
    return found if not array.null_count else pc.if_else(array.is_valid(), found, None)


def prefixed(texts: pa.Array) -> Cells:
    """Texts behind their lengths, NULL as 0xFB."""
    lengths: I64 = pc.binary_length(texts).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    valid = valid_mask(texts)
    count = len(lengths)
    if count and lengths.max() >= 251:
        widths = np.where(lengths < 251, 1, np.where(lengths < 1 << 16, 3, np.where(lengths < 1 << 24, 4, 9)))
        matrix = np.zeros((count, 9), dtype=np.uint8)
        matrix[:, 0] = np.where(widths == 1, lengths, np.where(widths == 3, 0xFC, np.where(widths == 4, 0xFD, 0xFE)))
        for byte in range(8):
            matrix[:, 1 + byte] = lengths >> (8 * byte) & 0xFF
    else:
        widths = np.ones(count, dtype=np.int64)
        matrix = lengths.astype(np.uint8).reshape(count, 1)
    if valid is not None:
        matrix[~valid, 0] = 0xFB
        texts = texts.fill_null(b"")
    pieces = fixed_pieces(matrix) if matrix.shape[1] == 1 else ragged_pieces(matrix, widths)
    return Cells((pieces, texts), lengths + widths)


# --- binary --------------------------------------------------------------------------------------------------------


def binary_column(sql_type: SqlType, charset: str | None) -> Callable[[pa.Array], Cells]:
    """The function from a column to its binary cells; a NULL takes no bytes."""
    code = sql_type.code
    if code in WIDTHS:
        letter = "u" if sql_type.unsigned or code == TypeCode.YEAR else "i"
        return lambda array: _fixed(array, np.dtype(f"<{letter}{WIDTHS[code]}"))
    match code:
        case TypeCode.FLOAT:
            return lambda array: _fixed(array, np.dtype("<f4"))
        case TypeCode.DOUBLE:
            return lambda array: _fixed(array, np.dtype("<f8"))
        case TypeCode.DATE | TypeCode.NEWDATE:
            return lambda array: _datetime_cells(array, date_only=True)
        case TypeCode.DATETIME | TypeCode.TIMESTAMP:
            return lambda array: _datetime_cells(array, date_only=False)
        case TypeCode.TIME:
            return _duration_cells
        case _:
            texts = text_column(sql_type, charset)
            return lambda array: _without_nulls(prefixed(texts(array)), array)


def _without_nulls(cells: Cells, array: pa.Array) -> Cells:
    valid = valid_mask(array)
    if valid is None:
        return cells
    lengths = np.where(valid, cells.lengths, 0)
    prefix = pc.if_else(array.is_valid(), cells.pieces[0], b"")
    return Cells((prefix, *cells.pieces[1:]), lengths)


def _fixed(array: pa.Array, dtype: np.dtype[np.generic]) -> Cells:
    values = array.fill_null(0).to_numpy(zero_copy_only=False)
    with np.errstate(over="ignore"):
        matrix = values.astype(dtype).view(np.uint8).reshape(len(values), dtype.itemsize)
    return _ragged(array, matrix, np.full(len(values), dtype.itemsize, dtype=np.int64))


def _ragged(array: pa.Array, matrix: U8, widths: I64) -> Cells:
    valid = valid_mask(array)
    if valid is not None:
        widths = np.where(valid, widths, 0)
    elif len(widths) and (widths == matrix.shape[1]).all():
        return Cells((fixed_pieces(matrix),), widths)
    return Cells((ragged_pieces(matrix, widths),), widths)


def _datetime_cells(array: pa.Array, *, date_only: bool) -> Cells:
    year, month, day, hour, minute, second, micro = _unpacked(array)
    matrix = np.zeros((len(array), 12), dtype=np.uint8)
    has_date = year + month + day
    if date_only:
        widths = np.where(has_date > 0, 5, 1)
    else:
        has_time = hour + minute + second
        widths = np.where(micro > 0, 12, np.where(has_time > 0, 8, np.where(has_date > 0, 5, 1)))
    matrix[:, 0] = widths - 1
    matrix[:, 1:3] = year.astype("<u2").view(np.uint8).reshape(-1, 2)
    for at, numbers in ((3, month), (4, day), (5, hour), (6, minute), (7, second)):
        matrix[:, at] = numbers
    matrix[:, 8:12] = micro.astype("<u4").view(np.uint8).reshape(-1, 4)
    return _ragged(array, matrix, widths.astype(np.int64))


def _duration_cells(array: pa.Array) -> Cells:
    values = array.fill_null(0).to_numpy(zero_copy_only=False)
    seconds, fraction = np.divmod(np.abs(values), SECOND)
    micro = fraction // 1000
    days, rest = np.divmod(seconds, 86400)
    matrix = np.zeros((len(array), 13), dtype=np.uint8)
    widths = np.where(micro > 0, 13, np.where(values != 0, 9, 1))
    matrix[:, 0] = widths - 1
    matrix[:, 1] = values < 0
    matrix[:, 2:6] = days.astype("<u4").view(np.uint8).reshape(-1, 4)
    for at, numbers in ((6, rest // 3600), (7, rest // 60 % 60), (8, rest % 60)):
        matrix[:, at] = numbers
    matrix[:, 9:13] = micro.astype("<u4").view(np.uint8).reshape(-1, 4)
    return _ragged(array, matrix, widths.astype(np.int64))
