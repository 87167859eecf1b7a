"""String kernels over whole columns. None stands for "not exactly": the scalar kernel runs instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.nodes import Call
from sqlnode.base.collation_arrays import bytes_of

Column: TypeAlias = pa.Array | pa.Scalar


def is_ascii(array: pa.Array) -> bool:
    """Whether every byte of a binary array is ASCII."""
    _, data = bytes_of(array)
    return not len(data) or int(data.max()) < 128


def _as_text(array: pa.Array) -> pa.Array | None:
    """The array as UTF-8 strings, None when it is none."""
    if is_ascii(array):
        return array.view(pa.string())
    try:
        return pc.cast(array, pa.string())
    except pa.ArrowInvalid:
        return None


def byte_length_array(array: pa.Array) -> pa.Array:
    """Bytes of each value."""
    return pc.binary_length(array)


def length_array(array: pa.Array) -> pa.Array | None:
    """Characters of each value; None unless the text is UTF-8."""
    if is_ascii(array):
        return pc.binary_length(array)
    characters = _as_text(array)
    return None if characters is None else pc.utf8_length(characters)


def case_array(call: Call) -> Callable[[pa.Array], pa.Array | None]:
    """UPPER and LOWER of ASCII columns; of binary ones nothing changes."""
    if call.args[0].type.charset == "binary":
        return lambda array: array
    kernel = pc.ascii_upper if call.name == "upper" else pc.ascii_lower
    return lambda array: kernel(array.view(pa.string())).view(pa.binary()) if is_ascii(array) else None


def trim_array(side: str) -> Callable[[pa.Array], pa.Array]:
    """TRIM, LTRIM, RTRIM of spaces."""
    kernel = {"LEADING": pc.ascii_ltrim, "TRAILING": pc.ascii_rtrim}.get(side, pc.ascii_trim)
    return lambda array: kernel(array.view(pa.string()), characters=" ").view(pa.binary())


def slice_array(call: Call) -> Callable[..., pa.Array | None]:
    """SUBSTRING, LEFT and RIGHT with constant positions."""
    name, binary = call.name, call.args[0].type.charset == "binary"

    def run(array: Column, *numbers: Column) -> pa.Array | None:
        if isinstance(array, pa.Scalar) or not all(isinstance(number, pa.Scalar) for number in numbers):
            return None
        values = [number.as_py() for number in numbers]
        if any(value is None or abs(value) > 1 << 30 for value in values):
            return None
        bounds = _bounds(name, values)
        if bounds is None:
            return None
        start, stop = bounds
        if binary or is_ascii(array):
            return _slice_bytes(array, start, stop)
        characters = _as_text(array)
        if characters is None or start < 0:
            return None
        return pc.utf8_slice_codeunits(characters, start, stop).view(pa.binary())

    return run


def _bounds(name: str, values: list[int]) -> tuple[int, int | None] | None:
    """(start, stop) as Python slices have them; None where the scalar kernel must decide."""
    if name == "left":
        return 0, max(values[0], 0)
    if name == "right":
        return (-values[0], None) if values[0] > 0 else (0, 0)
    position = values[0]
    length = values[1] if len(values) > 1 else None
    if position == 0 or (length is not None and length <= 0):
        return 0, 0
    if position < 0:
        return None
    return position - 1, None if length is None else position - 1 + length


def _slice_bytes(array: pa.Array, start: int, stop: int | None) -> pa.Array:
    offsets, data = bytes_of(array)
    lengths = np.diff(offsets).astype(np.int64)
    begins = np.minimum(np.maximum(lengths + start, 0) if start < 0 else np.full(len(lengths), start), lengths)
    ends = lengths if stop is None else np.minimum(stop, lengths)
    kept = np.maximum(ends - begins, 0)
    new_offsets = np.zeros(len(array) + 1, np.int32)
    np.cumsum(kept, out=new_offsets[1:])
    places = np.arange(int(new_offsets[-1])) + np.repeat(offsets[:-1] + begins - new_offsets[:-1], kept)
    from sqlnode.base.collation_arrays import binary_array

    return binary_array(new_offsets, data[places], array)
