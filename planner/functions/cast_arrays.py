"""Casts over whole arrays: Arrow kernels where they are exact, else the scalar converter row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from planner.expr.evaluation import EvalContext
from planner.expr.nodes import Call
from planner.functions.arrays import array_of, exact_form, list_of, rescaled
from planner.functions.cast_number import Converter
from planner.functions.registry import VectorCompiled
from sqlnode.base.errors import SqlWarning
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, arrow_type

_HYBRID = (TypeCode.ENUM, TypeCode.SET, TypeCode.BIT, TypeCode.YEAR)
_DATE_CODES = (TypeCode.DATE, TypeCode.NEWDATE)
ArrayKernel = Callable[[Any], Any]
"""pa.Array in, pa.Array out, or None for "not exactly"."""


def array_converter(call: Call, argument: VectorCompiled, convert: Converter | None) -> VectorCompiled:
    """The cast of an array."""
    source, target = call.args[0].type, call.type
    form = arrow_type(source)
    if convert is None:
        wanted = arrow_type(target)
        return lambda batch, context: _relabelled(argument(batch, context), wanted, target)
    kernel = _kernel(source, target)

    def run(batch: pa.RecordBatch, context: EvalContext) -> pa.Array:
        array = argument(batch, context)
        if array.type != form:
            array = exact_form(array, source)
        result = kernel(array) if kernel is not None else None
        return result if result is not None else mapped(array, target, convert, context)

    return run


def _relabelled(array: pa.Array, wanted: pa.DataType, target: SqlType) -> pa.Array:
    if array.type == wanted or pa.types.is_boolean(array.type):
        return array
    return exact_form(array, target)


def mapped(array: pa.Array, target: SqlType, convert: Converter, context: EvalContext) -> pa.Array:
    """The converter over every value; over distinct ones when those are fewer and nothing warns."""
    if len(array) >= 64 and not pa.types.is_decimal256(array.type):
        encoded = array.dictionary_encode()
        if len(encoded.dictionary) * 2 <= len(array):
            warnings: list[SqlWarning] = []
            original, context.warn = context.warn, warnings.append
            try:
                values = _converted(list_of(encoded.dictionary), convert, context)
            finally:
                context.warn = original
            if not warnings:
                return array_of(values, target).take(encoded.indices)
    return array_of(_converted(list_of(array), convert, context), target)


def _converted(values: list[Any], convert: Converter, context: EvalContext) -> list[Any]:
    return [None if value is None else convert(value, context) for value in values]


def _kernel(source: SqlType, target: SqlType) -> ArrayKernel | None:
    if source.code in _HYBRID or target.code in (TypeCode.YEAR, TypeCode.FLOAT):
        return None
    wanted = arrow_type(target)
    match source.eval_type, target.eval_type:
        case EvalType.INT, EvalType.REAL:
            return lambda array: pc.cast(array, pa.float64(), safe=False)
        case EvalType.INT, EvalType.DECIMAL:
            return lambda array: _to_decimal(array, wanted)
        case EvalType.INT, EvalType.INT:
            return lambda array: pc.cast(array, wanted, safe=False)
        case EvalType.INT, EvalType.STRING:
            if source.flags & Flag.ZEROFILL:
                return None
            return _digits if target.length < 0 or target.length >= 20 else None
        case EvalType.DECIMAL, EvalType.DECIMAL:
            return None if target.unsigned and not source.unsigned else lambda array: rescaled(array, wanted)
        case EvalType.REAL, EvalType.INT:
            return None if target.unsigned else _rounded_integers
        case EvalType.DECIMAL, EvalType.INT:
            return lambda array: _whole_numbers(array, wanted)
        case EvalType.TIME, EvalType.TIME:
            return _dates if target.code in _DATE_CODES else None
    return None


def _to_decimal(array: pa.Array, wanted: pa.DataType) -> pa.Array | None:
    try:
        return pc.cast(pc.cast(array, pa.decimal128(20, 0)), wanted)
    except pa.ArrowInvalid:
        return None


def _digits(array: pa.Array) -> pa.Array:
    return pc.cast(pc.cast(array, pa.string()), pa.binary())


def _rounded_integers(array: pa.Array) -> pa.Array | None:
    try:
        return pc.cast(pc.round(array, 0, "half_to_even"), pa.int64())
    except pa.ArrowInvalid:
        return None


def _whole_numbers(array: pa.Array, wanted: pa.DataType) -> pa.Array | None:
    rounded = rescaled(array, pa.decimal128(38, 0))
    try:
        return None if rounded is None else pc.cast(rounded, wanted)
    except pa.ArrowInvalid:
        return None


def _dates(array: pa.Array) -> pa.Array:
    values = array.fill_null(0).to_numpy()
    shift = np.uint64(41)
    dates = values >> shift << shift
    mask = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    return pa.array(dates, pa.uint64(), mask=mask)
