"""Python values and Arrow arrays into each other, in the forms of `sqlnode.base.types`; truth and row masks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sqlnode.base.decimal import round_to
from sqlnode.base.errors import DATA_OUT_OF_RANGE, SqlError
from sqlnode.base.types import EvalType, SqlType, TypeCode, Value, arrow_type

_PLAIN = (pa.int64(), pa.uint64(), pa.float64())


def list_of(array: pa.Array) -> list[Any]:
    """The array's values; booleans as 0 and 1."""
    if array.type in _PLAIN and not array.null_count:
        return array.to_numpy().tolist()  # type: ignore[no-any-return]
    if pa.types.is_boolean(array.type):
        return pc.cast(array, pa.int64()).to_pylist()  # type: ignore[no-any-return]
    return array.to_pylist()  # type: ignore[no-any-return]


def array_of(values: Sequence[Value], sql_type: SqlType) -> pa.Array:
    """Values in the Arrow form of a type; decimals are rounded to its scale. Error 1690 beyond its precision."""
    target = arrow_type(sql_type)
    if sql_type.eval_type == EvalType.DECIMAL and sql_type.code == TypeCode.NEWDECIMAL:
        exponent = -target.scale
        values = [_scaled(value, exponent) for value in values]
    try:
        return pa.array(values, target)
    except (pa.ArrowInvalid, OverflowError) as error:
        kind = "DECIMAL" if pa.types.is_decimal(target) else "BIGINT UNSIGNED" if target == pa.uint64() else "BIGINT"
        raise SqlError(DATA_OUT_OF_RANGE, kind=kind, expression=str(error)) from None


def _scaled(value: Value, exponent: int) -> Value:
    if isinstance(value, Decimal) and value.as_tuple().exponent != exponent:
        return round_to(value, -exponent)
    return value


def exact_form(array: pa.Array, sql_type: SqlType) -> pa.Array:
    """The array in exactly the Arrow form of a type; only lossless steps are taken."""
    target = arrow_type(sql_type)
    if array.type == target:
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), target)
    if pa.types.is_boolean(array.type) and not pa.types.is_integer(target):
        array = pc.cast(array, pa.int64())
    if pa.types.is_decimal(array.type) and pa.types.is_decimal(target):
        rounded = rescaled(array, target)
        if rounded is not None:
            return rounded
        return array_of(array.to_pylist(), sql_type)
    return pc.cast(array, target)


def rescaled(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """A decimal array in another decimal type, rounded half away from zero; None when a value does not fit."""
    source = array.type
    if source.scale > target.scale:
        # One more digit: what is rounded up must fit, pyarrow does not report it when it does not.
        if source.precision >= 76:
            return None
        wider = pa.decimal128 if source.precision < 38 else pa.decimal256
        array = pc.round(
            pc.cast(array, wider(source.precision + 1, source.scale)), target.scale, "half_towards_infinity"
        )
    try:
        return pc.cast(array, target)
    except pa.ArrowInvalid:
        return None


def truth(array: pa.Array) -> pa.Array:
    """A boolean array without NULLs: where a number (or boolean) is not NULL and not zero."""
    if pa.types.is_boolean(array.type):
        return array.fill_null(False) if array.null_count else array
    return pc.fill_null(nonzero(array), False)


def nonzero(array: pa.Array) -> pa.Array:
    """A boolean array: whether a number is not zero, NULL where it is NULL."""
    if pa.types.is_boolean(array.type):
        return array
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), pa.bool_())
    if pa.types.is_decimal(array.type):
        return pc.not_equal(array, pa.scalar(Decimal(0), array.type))
    return pc.not_equal(array, pa.scalar(0, array.type))


def rows_where(mask: pa.Array, chosen: pa.Array) -> pa.Array:
    """`mask` (no NULLs), with the values of its true places replaced by `chosen`, in order."""
    return pc.replace_with_mask(mask, mask, chosen)


def mask_of(array: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """A boolean array without NULLs as numpy."""
    return array.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]
