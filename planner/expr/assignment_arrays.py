"""Assignment of whole columns, for bulk INSERT and LOAD DATA.

`assign_array` takes the whole-array way for the values that fit as they are, and the scalar rules of `assignment`
(with their warnings, errors and row numbers) for each of the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.assignment import assigner, integer_bounds
from planner.expr.assignment_text import BLOB_LIMITS, are_other_bytes
from planner.expr.evaluation import EvalContext
from sqlnode.base.collation_arrays import bytes_of, trim_spaces
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.temporal_arrays import parse_datetimes, parse_durations
from sqlnode.base.types import BLOB_CODES, EvalType, SqlType, TypeCode, arrow_type

Mask: TypeAlias = npt.NDArray[np.bool_]
Fast: TypeAlias = Callable[[pa.Array, SqlType, SqlType], "tuple[pa.Array, Mask | None] | None"]
"""(values, source, target) -> (converted, which of them are right; None: all), or None: none of them."""

_CHUNK = 1 << 24
"""Texts longer than this in all are not looked at as a matrix of characters."""


def assign_array(
    array: pa.Array, source: SqlType, column: ColumnInfo, context: EvalContext, *, first_row: int = 1, table: str = ""
) -> pa.Array:
    """The values of `array` (of type `source`) in the column's Arrow form. Errors and warnings as `assigner`."""
    target = column.type
    wanted = arrow_type(target)
    if target.not_null and array.null_count:
        return _by_value(array, source, column, context, first_row, table, None)
    if array.null_count == len(array):
        return pa.nulls(len(array), wanted)
    fast = _fast_way(source, target)
    found = None if fast is None else fast(array, source, target)
    if found is None:
        return _by_value(array, source, column, context, first_row, table, None)
    converted, right = found
    if converted.type != wanted:
        converted = pc.cast(converted, wanted)
    if right is None or right.all():
        return converted
    return _by_value(array, source, column, context, first_row, table, (converted, right))


def _by_value(
    array: pa.Array,
    source: SqlType,
    column: ColumnInfo,
    context: EvalContext,
    first_row: int,
    table: str,
    done: tuple[pa.Array, Mask] | None,
) -> pa.Array:
    assign = assigner(source, column, table)
    wanted = arrow_type(column.type)
    if done is None:
        values = array.to_pylist()
        return pa.array([assign(value, context, first_row + at) for at, value in enumerate(values)], wanted)
    converted, right = done
    places = np.nonzero(~right)[0]
    others = array.take(pa.array(places)).to_pylist()
    fixed = [assign(value, context, first_row + at) for value, at in zip(others, places.tolist(), strict=True)]
    both = pa.concat_arrays([converted, pa.array(fixed, wanted)])
    order = np.arange(len(array))
    order[places] = len(array) + np.arange(len(places))
    return both.take(pa.array(order))


def _fast_way(source: SqlType, target: SqlType) -> Fast | None:
    kind, code = source.eval_type, target.code
    hybrid = source.code in (TypeCode.ENUM, TypeCode.SET, TypeCode.BIT)
    if kind == EvalType.INT and not hybrid and target.is_integer:
        return _integers
    if kind == EvalType.REAL and code == TypeCode.DOUBLE and target.scale < 0 and not target.unsigned:
        return _same
    if kind == EvalType.DECIMAL and code == TypeCode.NEWDECIMAL:
        return _decimals
    if kind == EvalType.TIME and code in (TypeCode.DATETIME, TypeCode.DATE):
        return _times
    if source.code == TypeCode.TIME and code == TypeCode.TIME and source.fsp <= target.fsp:
        return _same
    if not source.is_string:
        return None
    if target.is_integer:
        return _integers_of_text
    if code == TypeCode.DOUBLE and target.scale < 0 and not target.unsigned:
        return _reals_of_text
    if code == TypeCode.NEWDECIMAL:
        return _decimals_of_text
    if code in (TypeCode.DATE, TypeCode.DATETIME):
        return _times_of_text
    if code == TypeCode.TIME:
        return _durations_of_text
    if code == TypeCode.ENUM:
        return _members_of_text
    if target.is_string and not are_other_bytes(source, target):
        return _texts
    return None


def _same(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, None]:
    return array, None


def _filled(array: pa.Array) -> npt.NDArray[Any]:
    """Values as numpy, zero for NULL."""
    values: npt.NDArray[Any] = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    return values


def _with_nulls_of(values: npt.NDArray[Any], array: pa.Array, wanted: pa.DataType) -> pa.Array:
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    return pa.array(values, wanted, mask=mask)


def _integers(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask | None]:
    low, high = integer_bounds(target)
    ends = pc.min_max(array).as_py()
    if low <= ends["min"] and ends["max"] <= high:
        return array, None
    values = _filled(array)
    least = max(low, int(np.iinfo(values.dtype).min))
    most = min(high, int(np.iinfo(values.dtype).max))
    right = (values >= least) & (values <= most)
    return _with_nulls_of(np.where(right, values, 0), array, arrow_type(target)), right


def _decimals(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, None] | None:
    if source.scale > target.scale or target.unsigned:
        return None
    try:
        return pc.cast(array, arrow_type(target)), None
    except pa.ArrowInvalid:
        return None


def _times(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask] | None:
    if source.fsp > target.fsp and target.code != TypeCode.DATE:
        return None
    values = _filled(array).astype(np.uint64)
    right = ((values >> np.uint64(46)) % np.uint64(13) > 0) & ((values >> np.uint64(41)) & np.uint64(31) > 0)
    if target.code == TypeCode.DATE:
        right &= values & np.uint64((1 << 41) - 1) == 0
    if array.null_count:
        right |= array.is_null().to_numpy(zero_copy_only=False)
    return array, right


def _only(array: pa.Array, allowed: bytes) -> bool:
    """Whether the texts consist of these characters alone."""
    _, data = bytes_of(array)
    table = np.zeros(256, np.bool_)
    table[list(allowed)] = True
    return bool(table[data].all())


def _parsed(array: pa.Array, allowed: bytes, wanted: pa.DataType) -> pa.Array | None:
    if not _only(array, allowed):
        return None
    try:
        return pc.cast(array.view(pa.string()), wanted)
    except pa.ArrowInvalid:
        return None


def _integers_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask | None] | None:
    numbers = _parsed(array, b"-0123456789", arrow_type(target))
    return None if numbers is None else _integers(numbers, target, target)


def _reals_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, None] | None:
    numbers = _parsed(array, b"-+.eE0123456789", pa.float64())
    if numbers is None or not bool(pc.all(pc.is_finite(numbers)).as_py()):
        return None
    return numbers, None


def _decimals_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, None] | None:
    wanted = arrow_type(target)
    if target.unsigned or (len(array) and pc.max(pc.binary_length(array)).as_py() > wanted.precision):
        return None
    numbers = _parsed(array, b"-.0123456789", wanted)
    return None if numbers is None else (numbers, None)


def _times_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask] | None:
    if array.nbytes > _CHUNK:
        return None
    packed, right = parse_datetimes(array, target.fsp, date_only=target.code == TypeCode.DATE)
    return _with_nulls_of(packed, array, pa.uint64()), _or_null(right, array)


def _durations_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask] | None:
    if array.nbytes > _CHUNK:
        return None
    values, right = parse_durations(array, target.fsp)
    return _with_nulls_of(values, array, pa.int64()), _or_null(right, array)


def _or_null(right: Mask, array: pa.Array) -> Mask:
    return right | array.is_null().to_numpy(zero_copy_only=False) if array.null_count else right


def _members_of_text(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask]:
    members = pa.array([element.encode() for element in target.elements], pa.binary())
    places = pc.index_in(array, members)
    right = places.is_valid().to_numpy(zero_copy_only=False)
    values = places.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64) + np.uint64(1)
    return _with_nulls_of(values, array, pa.uint64()), _or_null(right, array)


def _texts(array: pa.Array, source: SqlType, target: SqlType) -> tuple[pa.Array, Mask | None] | None:
    limit = BLOB_LIMITS.get(target.code, target.length)
    if target.charset == "binary":
        if target.code == TypeCode.STRING or source.charset not in ("binary", "utf8mb4", "utf8", "ascii"):
            return None
        return _within(array, pc.binary_length(array), limit)
    _, data = bytes_of(array)
    top = int(data.max()) if len(data) else 0
    if top >= 128:
        if target.charset not in ("utf8mb4", "utf8") or (target.charset == "utf8" and top >= 0xF0):
            return None
        try:
            characters = pc.cast(array, pa.string())
        except pa.ArrowInvalid:
            return None
        lengths = pc.binary_length(array) if target.code in BLOB_CODES else pc.utf8_length(characters)
    else:
        lengths = pc.binary_length(array)
    if target.code == TypeCode.STRING:
        converted, right = _within(array, lengths, limit)
        return trim_spaces(converted), right
    return _within(array, lengths, limit)


def _within(array: pa.Array, lengths: pa.Array, limit: int) -> tuple[pa.Array, Mask | None]:
    longest = pc.max(lengths).as_py()
    if limit < 0 or longest is None or longest <= limit:
        return array, None
    right: Mask = pc.less_equal(lengths, limit).fill_null(True).to_numpy(zero_copy_only=False)
    return array, right
