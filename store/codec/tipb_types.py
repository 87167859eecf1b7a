"""SQL types and constants to and from tipb: FieldType, ColumnInfo, and the constant forms of Expr.

Collation ids are negative on the wire, which says that the new collations are in force; both signs are read.
"""

from __future__ import annotations

from functools import lru_cache

from sqlnode.base.types import EvalType, SqlType, TypeCode, Value
from store.codec.decimals import decode_decimal, encode_decimal
from store.codec.keys import (
    decode_float,
    decode_int,
    decode_uint,
    encode_float,
    encode_int,
    encode_uint,
)
from store.codec.row_format import ColumnSpec, read_value_datum
from store.proto import tipb_pb2
from store.proto.numbers import ExprType


@lru_cache(maxsize=256)
def _collation_name(collation_id: int) -> tuple[str, str]:
    """(collation, charset) of an id with either sign; an unknown id reads as binary."""
    from sqlnode.base.collation import by_id

    if abs(collation_id) in (0, 63):
        return "binary", "binary"
    collation = by_id(abs(collation_id))
    return collation.name, collation.charset


@lru_cache(maxsize=256)
def collation_id(name: str) -> int:
    """The id of a collation as it goes on the wire."""
    from sqlnode.base.collation import by_name

    return -63 if name in ("", "binary") else -by_name(name).id


def type_of_column(column: tipb_pb2.ColumnInfo) -> SqlType:
    """The type of a scan column. The charset follows from the collation."""
    collation, charset = _collation_name(column.collation)
    return SqlType(column.tp, column.flag, column.columnLen, column.decimal, charset, collation, tuple(column.elems))


def type_of_field(field: tipb_pb2.FieldType) -> SqlType:
    """The type of an expression."""
    collation, charset = _collation_name(field.collate)
    return SqlType(
        field.tp, field.flag, field.flen, field.decimal, field.charset or charset, collation, tuple(field.elems)
    )


def field_type(sql_type: SqlType) -> tipb_pb2.FieldType:
    """A type as an expression's field_type."""
    return tipb_pb2.FieldType(
        tp=sql_type.code,
        flag=sql_type.flags & 0xFFFFFFFF,
        flen=sql_type.length if sql_type.length <= 0x7FFFFFFF else -1,
        decimal=sql_type.scale,
        collate=collation_id(sql_type.collation),
        charset=sql_type.charset,
        elems=list(sql_type.elements),
    )


def column_info(
    column_id: int, sql_type: SqlType, *, is_handle: bool = False, default_datum: bytes | None = None
) -> tipb_pb2.ColumnInfo:
    """A scan column; `default_datum` is the encoded value for rows that do not have the column."""
    info = tipb_pb2.ColumnInfo(
        column_id=column_id,
        tp=sql_type.code,
        collation=collation_id(sql_type.collation),
        columnLen=max(min(sql_type.length, 0x7FFFFFFF), -1),
        decimal=sql_type.scale,
        flag=sql_type.flags & 0x7FFFFFFF,
        elems=list(sql_type.elements),
        pk_handle=is_handle,
    )
    if default_datum is not None:
        info.default_val = default_datum
    return info


def spec_of_column(column: tipb_pb2.ColumnInfo) -> ColumnSpec:
    """How to read a scan column, with its default decoded."""
    default: Value = None
    if column.default_val:
        default = read_value_datum(column.default_val, 0)[0]
    return ColumnSpec(column.column_id, type_of_column(column), default, column.pk_handle)


def constant_expr(value: Value, sql_type: SqlType) -> tipb_pb2.Expr:
    """A constant as tipb writes it; a TIMESTAMP must be UTC. Raises ValueError for JSON and SET."""
    kind, data = _constant(value, sql_type)
    return tipb_pb2.Expr(tp=kind, val=data, field_type=field_type(sql_type))


def _constant(value: Value, sql_type: SqlType) -> tuple[int, bytes]:
    if value is None:
        return ExprType.NULL, b""
    if isinstance(value, float):
        return ExprType.FLOAT64, encode_float(value)
    if isinstance(value, bytes):
        if sql_type.code == TypeCode.JSON:
            raise ValueError("JSON constants are not sent to a store")
        return ExprType.STRING, value
    if not isinstance(value, int):
        return ExprType.MYSQL_DECIMAL, encode_decimal(value)
    if sql_type.eval_type == EvalType.TIME:
        return ExprType.MYSQL_TIME, encode_uint(value)
    if sql_type.code == TypeCode.TIME:
        return ExprType.MYSQL_DURATION, encode_int(value)
    if sql_type.code == TypeCode.ENUM:
        return ExprType.MYSQL_ENUM, encode_uint(value)
    if sql_type.code == TypeCode.SET:
        raise ValueError("SET constants are not sent to a store")
    return (ExprType.UINT64, encode_uint(value)) if sql_type.unsigned else (ExprType.INT64, encode_int(value))


def constant_value(expr: tipb_pb2.Expr) -> Value:
    """The value of a constant Expr. Raises ValueError for kinds that a store does not evaluate."""
    match expr.tp:
        case ExprType.NULL:
            return None
        case ExprType.INT64 | ExprType.MYSQL_DURATION:
            return decode_int(expr.val)
        case ExprType.UINT64 | ExprType.MYSQL_TIME | ExprType.MYSQL_ENUM:
            return decode_uint(expr.val)
        case ExprType.FLOAT32 | ExprType.FLOAT64:
            return decode_float(expr.val)
        case ExprType.STRING | ExprType.BYTES | ExprType.MYSQL_JSON:
            return expr.val
        case ExprType.MYSQL_BIT:
            return int.from_bytes(expr.val, "big")
        case ExprType.MYSQL_DECIMAL:
            return decode_decimal(expr.val)[0]
    raise ValueError(f"constant of kind {expr.tp}")
