"""What Python values are compared by: keys whose equality, or order, is that of an SQL type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key, partial
from operator import is_not
from typing import Any, Final, TypeAlias

import pyarrow as pa

from executor.compiled import Scalar
from executor.context import EvalContext
from executor.copr.ordering import comparable
from executor.text_keys import short_keys
from sqlnode.base import json as binary_json
from sqlnode.base.collation import by_name, sort_keys
from sqlnode.base.types import SqlType, TypeCode, Value
from store.codec.byte_arrays import values_to_array

KeyOf: TypeAlias = Callable[[Any], Any]
Row: TypeAlias = Sequence[Value]
_IS_VALUE: Final = partial(is_not, None)
_MANY: Final = 16
"""Strings whose weights are worked out in one array rather than one by one."""


def identity_key(sql_type: SqlType) -> KeyOf | None:
    """A function from values to hashable keys that are equal where the values are; None: the value itself. NULL is
    NULL's key."""
    if sql_type.code == TypeCode.JSON:
        return lambda value: None if value is None else _json_identity(value, sql_type)
    if sql_type.is_character:
        collation = by_name(sql_type.collation)
        weights = collation.sort_key
        return lambda value: None if value is None else weights(value)
    return None


def _json_identity(value: Value, sql_type: SqlType) -> Value:
    found: bytes = comparable(values_to_array([value], sql_type), sql_type)[0].as_py()
    return found


_json_order = cmp_to_key(binary_json.compare)


def order_key(sql_type: SqlType) -> KeyOf | None:
    """A function from values that are not NULL to keys that sort as the values do; None: the value itself."""
    if sql_type.code == TypeCode.JSON:
        return _json_order
    return identity_key(sql_type)


def extreme_key(sql_type: SqlType) -> KeyOf | None:
    """What MIN and MAX compare: as ORDER BY does, but ENUM and SET by name."""
    if sql_type.code == TypeCode.ENUM:
        weights = by_name(sql_type.collation).sort_key
        names = [weights(b""), *(weights(element.encode()) for element in sql_type.elements)]
        return lambda value: names[value]
    if sql_type.code == TypeCode.SET:
        weights = by_name(sql_type.collation).sort_key
        elements = [element.encode() for element in sql_type.elements]
        return lambda value: weights(b",".join(e for index, e in enumerate(elements) if value >> index & 1))
    return order_key(sql_type)


def keys_of(values: list[Any], sql_type: SqlType, make: KeyOf | None) -> list[Any]:
    """`make` of many values (NULL stays); strings in whole arrays where there are many."""
    if make is None:
        return values
    if sql_type.is_character and len(values) >= _MANY:
        if None not in values:
            short = short_keys(values, sql_type.collation)
            if short is not None:
                return short
        found: list[Any] = sort_keys(pa.array(values, pa.binary()), sql_type.collation).to_pylist()
        return found
    return [None if value is None else make(value) for value in values]


def row_identities(types: Sequence[SqlType]) -> Callable[[Sequence[Row]], Sequence[object]]:
    """Rows to hashable keys that are equal where all their values are (NULLs too)."""
    makers = [identity_key(sql_type) for sql_type in types]
    if not any(makers):
        return lambda rows: rows if not rows or isinstance(rows[0], tuple) else list(map(tuple, rows))
    if len(types) == 1:
        return lambda rows: keys_of([row[0] for row in rows], types[0], makers[0])

    def identities(rows: Sequence[Row]) -> Sequence[object]:
        columns = [list(column) for column in zip(*rows, strict=True)]
        return list(zip(*map(keys_of, columns, types, makers), strict=True))

    return identities


def sorted_rows(rows: list[Any], keys: Sequence[tuple[Scalar, SqlType, bool]], context: EvalContext) -> list[Any]:
    """The rows in order, NULL smallest, ties as they came. `keys`: (expression, type, descending), first one first."""
    for evaluate, sql_type, descending in reversed(keys):
        rows = ordered(rows, [evaluate(row, context) for row in rows], sql_type, descending=descending)
    return rows


def ordered(rows: list[Any], values: list[Any], sql_type: SqlType, *, descending: bool) -> list[Any]:
    """The rows in the order of their values, NULL smallest, ties as they came."""
    keys = keys_of(values, sql_type, order_key(sql_type))
    if not all(map(_IS_VALUE, keys)):
        keys = [(key is not None, key) if key is not None else (False, 0) for key in keys]
    positions = sorted(range(len(rows)), key=keys.__getitem__, reverse=descending)
    return [rows[position] for position in positions]
