"""What Python values are compared by: keys whose equality, or order, is that of an SQL type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from operator import itemgetter
from typing import Any, TypeAlias

from executor.compiled import Scalar
from executor.context import EvalContext
from executor.copr.ordering import comparable
from sqlnode.base import json as binary_json
from sqlnode.base.collation import by_name
from sqlnode.base.types import SqlType, TypeCode, Value
from store.codec.byte_arrays import values_to_array

KeyOf: TypeAlias = Callable[[Any], Any]
Row: TypeAlias = Sequence[Value]


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


def row_identity(types: Sequence[SqlType]) -> Callable[[Row], object]:
    """Rows to hashable keys that are equal where all their values are (NULLs too)."""
    makers = [identity_key(sql_type) for sql_type in types]
    if len(makers) == 1:
        only = makers[0]
        return itemgetter(0) if only is None else lambda row: only(row[0])
    if not any(makers):
        return tuple
    return lambda row: tuple(value if make is None else make(value) for make, value in zip(makers, row))


def sorted_rows(
    rows: list[Any], keys: Sequence[tuple[Scalar, SqlType, bool]], context: EvalContext
) -> list[Any]:
    """The rows in order, NULL smallest, ties as they came. `keys`: (expression, type, descending), first one first."""
    for evaluate, sql_type, descending in reversed(keys):
        make = order_key(sql_type)
        decorated: list[tuple[bool, Any]] = []
        for row in rows:
            value = evaluate(row, context)
            if value is None:
                decorated.append((False, 0))
            else:
                decorated.append((True, value if make is None else make(value)))
        positions = sorted(range(len(rows)), key=decorated.__getitem__, reverse=descending)
        rows = [rows[position] for position in positions]
    return rows
