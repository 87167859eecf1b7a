"""SQL types: MySQL type code, flags, length, scale, charset and collation, with the Arrow form of each.

`SqlType` carries the same facts as TiDB's FieldType, so that it can be written to table metadata, to tipb and to a
column definition packet without loss. `value forms` (Python on the row path, Arrow on the column path):

==========================  ===========================  ==========================================
SQL                         Python                       Arrow
==========================  ===========================  ==========================================
integers, YEAR              int                          int64, uint64 when UNSIGNED
BIT, ENUM, SET              int (bits, ordinal, mask)    uint64
FLOAT, DOUBLE               float                        float64
DECIMAL(p, s)               decimal.Decimal              decimal128(p, s), decimal256 above 38 digits
DATE, DATETIME, TIMESTAMP   int, packed time             uint64
TIME                        int, nanoseconds             int64
character, binary, blob     bytes                        binary
JSON                        bytes, TiDB's binary JSON    binary
==========================  ===========================  ==========================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

import pyarrow as pa

Value: TypeAlias = int | float | Decimal | bytes | None
"""A value on the row path; which form belongs to which type stands in the module's table."""


class TypeCode:
    """MySQL's type bytes, as on the wire and in metadata."""

    DECIMAL = 0
    TINY = 1
    SHORT = 2
    LONG = 3
    FLOAT = 4
    DOUBLE = 5
    NULL = 6
    TIMESTAMP = 7
    LONGLONG = 8
    INT24 = 9
    DATE = 10
    TIME = 11
    DATETIME = 12
    YEAR = 13
    NEWDATE = 14
    VARCHAR = 15
    BIT = 16
    JSON = 245
    NEWDECIMAL = 246
    ENUM = 247
    SET = 248
    TINY_BLOB = 249
    MEDIUM_BLOB = 250
    LONG_BLOB = 251
    BLOB = 252
    VAR_STRING = 253
    STRING = 254
    GEOMETRY = 255


class Flag:
    """Column flags, as on the wire and in metadata."""

    NOT_NULL = 1
    PRI_KEY = 2
    UNIQUE_KEY = 4
    MULTIPLE_KEY = 8
    BLOB = 16
    UNSIGNED = 32
    ZEROFILL = 64
    BINARY = 128
    ENUM = 256
    AUTO_INCREMENT = 512
    TIMESTAMP = 1024
    SET = 2048
    NO_DEFAULT_VALUE = 4096
    ON_UPDATE_NOW = 8192
    PART_KEY = 16384
    NUM = 32768
    PARSE_TO_JSON = 1 << 18
    IS_BOOLEAN = 1 << 19
    PREVENT_NULL_INSERT = 1 << 20
    ENUM_SET_AS_INT = 1 << 21


class EvalType(Enum):
    """The kind of value an expression computes in; chooses function signatures, as TiDB's and TiKV's EvalType does."""

    INT = "int"
    REAL = "real"
    DECIMAL = "decimal"
    STRING = "string"
    TIME = "time"
    DURATION = "duration"
    JSON = "json"


INTEGER_CODES = frozenset({TypeCode.TINY, TypeCode.SHORT, TypeCode.INT24, TypeCode.LONG, TypeCode.LONGLONG})
TEMPORAL_CODES = frozenset({TypeCode.DATE, TypeCode.NEWDATE, TypeCode.DATETIME, TypeCode.TIMESTAMP})
BLOB_CODES = frozenset({TypeCode.TINY_BLOB, TypeCode.BLOB, TypeCode.MEDIUM_BLOB, TypeCode.LONG_BLOB})
STRING_CODES = BLOB_CODES | {TypeCode.VARCHAR, TypeCode.VAR_STRING, TypeCode.STRING}
HYBRID_CODES = frozenset({TypeCode.ENUM, TypeCode.SET, TypeCode.BIT})

_EVAL = {
    **dict.fromkeys(INTEGER_CODES, EvalType.INT),
    TypeCode.YEAR: EvalType.INT,
    TypeCode.BIT: EvalType.INT,
    TypeCode.FLOAT: EvalType.REAL,
    TypeCode.DOUBLE: EvalType.REAL,
    TypeCode.NEWDECIMAL: EvalType.DECIMAL,
    **dict.fromkeys(TEMPORAL_CODES, EvalType.TIME),
    TypeCode.TIME: EvalType.DURATION,
    TypeCode.JSON: EvalType.JSON,
}

UNSPECIFIED = -1
_NOT_FIXED = 31
_WIDEST_DECIMAL = 65
_ARROW_DECIMAL = 76


@dataclass(frozen=True, slots=True)
class SqlType:
    """A MySQL type. `length` is in characters for character types, bytes for binary ones, digits for numbers."""

    code: int
    flags: int = 0
    length: int = UNSPECIFIED
    scale: int = UNSPECIFIED
    charset: str = "binary"
    collation: str = "binary"
    elements: tuple[str, ...] = ()

    @property
    def unsigned(self) -> bool:
        """True for an UNSIGNED number."""
        return bool(self.flags & Flag.UNSIGNED)

    @property
    def not_null(self) -> bool:
        """True when no NULL can occur."""
        return bool(self.flags & Flag.NOT_NULL)

    @property
    def eval_type(self) -> EvalType:
        """The kind in which an expression of this type is computed (ENUM and SET count as strings)."""
        return _EVAL.get(self.code, EvalType.STRING)

    @property
    def is_integer(self) -> bool:
        """TINYINT to BIGINT."""
        return self.code in INTEGER_CODES

    @property
    def is_string(self) -> bool:
        """Character, binary and blob types, not ENUM or SET."""
        return self.code in STRING_CODES

    @property
    def is_character(self) -> bool:
        """A string type with a character set other than binary."""
        return self.code in STRING_CODES and self.charset != "binary"

    @property
    def is_blob(self) -> bool:
        """TEXT and BLOB families."""
        return self.code in BLOB_CODES

    @property
    def is_temporal(self) -> bool:
        """DATE, DATETIME, TIMESTAMP (packed times), not TIME or YEAR."""
        return self.code in TEMPORAL_CODES

    @property
    def is_numeric(self) -> bool:
        """Integers, YEAR, BIT, FLOAT, DOUBLE, DECIMAL."""
        return self.eval_type in (EvalType.INT, EvalType.REAL, EvalType.DECIMAL)

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of a column of this type (module table)."""
        return arrow_type(self)

    @property
    def fsp(self) -> int:
        """Fractional-second digits of a temporal type, 0 to 6."""
        return self.scale if 0 < self.scale <= 6 else 0

    def with_flags(self, *, add: int = 0, remove: int = 0) -> SqlType:
        """The same type with flags added and removed."""
        flags = (self.flags | add) & ~remove
        return self if flags == self.flags else replace(self, flags=flags)

    def nullable(self) -> SqlType:
        """The same type without NOT NULL."""
        return self.with_flags(remove=Flag.NOT_NULL)


def arrow_type(sql_type: SqlType) -> pa.DataType:
    """The Arrow type that carries values of `sql_type`."""
    code = sql_type.code
    if code in INTEGER_CODES:
        return pa.uint64() if sql_type.flags & Flag.UNSIGNED else pa.int64()
    if code in (TypeCode.YEAR, TypeCode.TIME):
        return pa.int64()
    if code in TEMPORAL_CODES or code in HYBRID_CODES:
        return pa.uint64()
    if code in (TypeCode.FLOAT, TypeCode.DOUBLE):
        return pa.float64()
    if code == TypeCode.NEWDECIMAL:
        precision = min(sql_type.length if sql_type.length > 0 else 65, 65)
        scale = max(sql_type.scale, 0)
        precision = max(precision, scale, 1)
        if precision >= _WIDEST_DECIMAL:
            # AVG and division add digits behind the point to a number that may already have 65: 45 before, 24 behind.
            return pa.decimal256(_ARROW_DECIMAL, scale)
        return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    if code == TypeCode.NULL:
        return pa.binary()
    return pa.binary()


def integer(
    code: int = TypeCode.LONGLONG, *, unsigned: bool = False, not_null: bool = False, length: int = -1
) -> SqlType:
    """An integer type; the default is a nullable signed BIGINT."""
    flags = Flag.BINARY | (Flag.UNSIGNED if unsigned else 0) | (Flag.NOT_NULL if not_null else 0)
    if length < 0:
        length = {1: 4, 2: 6, 9: 9, 3: 11, 8: 20}.get(code, 20)
    return SqlType(code, flags, length, 0)


def boolean() -> SqlType:
    """The result type of a predicate: BIGINT(1)."""
    return SqlType(TypeCode.LONGLONG, Flag.BINARY | Flag.IS_BOOLEAN, 1, 0)


def decimal(precision: int, scale: int, *, unsigned: bool = False) -> SqlType:
    """DECIMAL(precision, scale), clipped to MySQL's 65 and 30 digits."""
    scale = min(scale, 30)
    return SqlType(
        TypeCode.NEWDECIMAL, Flag.BINARY | (Flag.UNSIGNED if unsigned else 0), min(max(precision, scale, 1), 65), scale
    )


def double() -> SqlType:
    """DOUBLE without declared digits."""
    return SqlType(TypeCode.DOUBLE, Flag.BINARY, 22, UNSPECIFIED)


def real_together(types: Iterable[SqlType], more: int = 0) -> SqlType:
    """DOUBLE of several numbers: with the most digits behind the point that one declares, and `more`, if all do."""
    scale = 0
    for sql_type in types:
        if sql_type.eval_type == EvalType.REAL and not 0 <= sql_type.scale < _NOT_FIXED:
            return double()
        scale = max(scale, sql_type.scale if sql_type.eval_type in (EvalType.REAL, EvalType.DECIMAL) else 0)
    scale += more
    return double() if scale >= _NOT_FIXED else SqlType(TypeCode.DOUBLE, Flag.BINARY, 17 + scale, scale)


def varchar(length: int = -1, charset: str = "utf8mb4", collation: str = "utf8mb4_0900_ai_ci") -> SqlType:
    """A character string expression of at most `length` characters (-1: unknown)."""
    return SqlType(TypeCode.VAR_STRING, 0, length, UNSPECIFIED, charset, collation)


def varbinary(length: int = -1) -> SqlType:
    """A byte string expression of at most `length` bytes (-1: unknown)."""
    return SqlType(TypeCode.VAR_STRING, Flag.BINARY, length, UNSPECIFIED, "binary", "binary")


def datetime(fsp: int = 0) -> SqlType:
    """DATETIME(fsp)."""
    return SqlType(TypeCode.DATETIME, Flag.BINARY, 19 + (fsp + 1 if fsp else 0), fsp)


def date() -> SqlType:
    """DATE."""
    return SqlType(TypeCode.DATE, Flag.BINARY, 10, 0)


def time(fsp: int = 0) -> SqlType:
    """TIME(fsp)."""
    return SqlType(TypeCode.TIME, Flag.BINARY, 10 + (fsp + 1 if fsp else 0), fsp)


def json() -> SqlType:
    """JSON."""
    return SqlType(TypeCode.JSON, Flag.BINARY, 4294967295, 0, "utf8mb4", "utf8mb4_bin")


def null() -> SqlType:
    """The type of a bare NULL."""
    return SqlType(TypeCode.NULL, Flag.BINARY, 0, 0)
