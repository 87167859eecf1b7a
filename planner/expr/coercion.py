"""Types that values take together: one result type of several (CASE, COALESCE, UNION), the type two values are
compared in, and the collation of several strings (MySQL's DTCollation rules)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from planner.context import PlanContext
from planner.expr.guards import is_ascii
from planner.expr.nodes import Call, Column, Constant, CorrelatedColumn, Expression, Parameter, UserVariable
from planner.functions.registry import Coercibility, Derivation
from sqlnode.base.errors import (
    CANT_AGGREGATE_2COLLATIONS,
    CANT_AGGREGATE_3COLLATIONS,
    CANT_AGGREGATE_NCOLLATIONS,
    SqlError,
)
from sqlnode.base.types import (
    BLOB_CODES,
    EvalType,
    Flag,
    SqlType,
    TypeCode,
    date,
    datetime,
    decimal,
    double,
    integer,
    json,
    null,
    real_together,
    time,
    varbinary,
    varchar,
)

_FLOATS = frozenset({TypeCode.FLOAT, TypeCode.TINY, TypeCode.SHORT, TypeCode.INT24, TypeCode.YEAR})
"""Together they are a FLOAT; with other numbers, integer constants among them, a DOUBLE."""
_WIDTH = {TypeCode.TINY: 0, TypeCode.SHORT: 1, TypeCode.INT24: 2, TypeCode.LONG: 3, TypeCode.LONGLONG: 4}
_WIDER = (TypeCode.TINY, TypeCode.SHORT, TypeCode.INT24, TypeCode.LONG, TypeCode.LONGLONG)
_DIGITS = {TypeCode.TINY: 3, TypeCode.SHORT: 5, TypeCode.INT24: 8, TypeCode.LONG: 10, TypeCode.YEAR: 4}
_UNICODE = frozenset({"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf16le", "utf32", "gb18030"})
_FULL_UNICODE = frozenset({"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"})
_BIG_TEXT = 16_383
"""Longest VARCHAR of utf8mb4 characters; longer results are LONGTEXT."""


# ---------------------------------------------------------------------------------------------------- one result type


def unify(types: Sequence[SqlType], derivation: Derivation | None = None) -> SqlType:
    """The result type of values of several types. String results take `derivation`'s collation, by default what the
    types alone give as columns of equal strength (no error: an impossible mix becomes the charset's _bin)."""
    known = [sql_type for sql_type in types if sql_type.code != TypeCode.NULL]
    if not known:
        return null()
    optional = len(known) < len(types) or any(not sql_type.not_null for sql_type in types)
    first = known[0]
    listed = first.code in (TypeCode.ENUM, TypeCode.SET) and len(known) > 1
    if listed:
        # of a list of strings only the texts are kept
        result = _merged_strings(known, derivation)
    elif all(sql_type.nullable() == first.nullable() for sql_type in known) and (
        derivation is None or not first.is_character or derivation.collation == first.collation
    ):
        result = first.with_flags(remove=Flag.AUTO_INCREMENT | Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY)
    else:
        result = _merged(known, derivation)
    return result.nullable() if optional else result.with_flags(add=Flag.NOT_NULL)


def _merged(types: Sequence[SqlType], derivation: Derivation | None) -> SqlType:
    kinds = {sql_type.eval_type for sql_type in types}
    if kinds == {EvalType.INT}:
        return _merged_integers(types)
    if kinds <= {EvalType.INT, EvalType.DECIMAL}:
        scale = max(max(sql_type.scale, 0) for sql_type in types)
        whole = max(whole_digits(sql_type) for sql_type in types)
        return decimal(whole + scale, scale, unsigned=all(sql_type.unsigned for sql_type in types))
    if kinds <= {EvalType.INT, EvalType.DECIMAL, EvalType.REAL}:
        together = real_together(types)
        if all(sql_type.code in _FLOATS for sql_type in types):
            return replace(together, code=TypeCode.FLOAT, length=12 if together.scale < 0 else together.length)
        return together
    if kinds == {EvalType.TIME}:
        fsp = max(sql_type.fsp for sql_type in types)
        if all(sql_type.code in (TypeCode.DATE, TypeCode.NEWDATE) for sql_type in types):
            return date()
        if all(sql_type.code == TypeCode.TIMESTAMP for sql_type in types):
            return replace(types[0], length=datetime(fsp).length, scale=fsp)
        return datetime(fsp)
    if kinds == {EvalType.DURATION}:
        return time(max(sql_type.fsp for sql_type in types))
    if kinds == {EvalType.TIME, EvalType.DURATION}:
        return datetime(max(sql_type.fsp for sql_type in types))
    if kinds == {EvalType.JSON}:
        return json()
    return _merged_strings(types, derivation)


def _merged_integers(types: Sequence[SqlType]) -> SqlType:
    if all(sql_type.code == TypeCode.YEAR for sql_type in types):
        return types[0]
    if all(sql_type.code == TypeCode.BIT for sql_type in types):
        return max(types, key=lambda sql_type: sql_type.length)
    width = max(4 if t.code == TypeCode.BIT else _WIDTH.get(t.code, 1) for t in types)
    unsigned = [t.unsigned or t.code in (TypeCode.BIT, TypeCode.YEAR) for t in types]
    length = max(sql_type.length for sql_type in types)
    if all(unsigned) or not any(unsigned):
        return integer(_WIDER[width], unsigned=unsigned[0], length=length)
    widest = max(4 if t.code == TypeCode.BIT else _WIDTH.get(t.code, 1) for t, plain in zip(types, unsigned) if plain)
    if widest == 4:
        return decimal(20, 0)
    return integer(_WIDER[max(width, widest + 1)], length=length + 1)


def _merged_strings(types: Sequence[SqlType], derivation: Derivation | None) -> SqlType:
    strings = [t for t in types if t.eval_type == EvalType.STRING or t.eval_type == EvalType.JSON]
    if derivation is None:
        derivation = Derivation("utf8mb4", "utf8mb4_bin", Coercibility.IMPLICIT)
        found = [Derivation(t.charset, t.collation, Coercibility.IMPLICIT) for t in strings]
        for position, item in enumerate(found):
            derivation = item if position == 0 else _combined(derivation, item, ascii_only=False) or derivation
    length = 0
    for sql_type in types:
        size = display_length(sql_type)
        length = -1 if size < 0 or length < 0 else max(length, size)
    if any(t.code in BLOB_CODES or t.code == TypeCode.JSON for t in types) or length > _BIG_TEXT:
        code = TypeCode.LONG_BLOB if length < 0 or length > _BIG_TEXT else TypeCode.BLOB
        flags = Flag.BLOB | (Flag.BINARY if derivation.charset == "binary" else 0)
        return SqlType(code, flags, length, -1, derivation.charset, derivation.collation)
    if derivation.charset == "binary":
        return varbinary(length)
    return varchar(length, derivation.charset, derivation.collation)


def whole_digits(sql_type: SqlType) -> int:
    """Digits before the point of an integer or decimal type."""
    if sql_type.eval_type == EvalType.DECIMAL:
        return max(sql_type.length, 1) - max(sql_type.scale, 0) if sql_type.length > 0 else 35
    if sql_type.code == TypeCode.LONGLONG:
        if 0 < sql_type.length < 19 and not sql_type.flags & (Flag.PRI_KEY | Flag.AUTO_INCREMENT):
            return sql_type.length
        return 20 if sql_type.unsigned else 19
    if sql_type.code == TypeCode.BIT:
        return 20
    return _DIGITS.get(sql_type.code, 20)


INTEGER_LENGTHS = {TypeCode.TINY: 4, TypeCode.SHORT: 6, TypeCode.INT24: 9, TypeCode.LONG: 11}
"""Characters that a column's values may have, whatever width it was given to be shown in."""


def display_length(sql_type: SqlType) -> int:
    """Most characters (bytes for binary strings) of a value's text; -1 unknown."""
    if sql_type.code == TypeCode.NULL:
        return 0
    if sql_type.code == TypeCode.ENUM:
        return max((len(name) for name in sql_type.elements), default=0)
    if sql_type.code == TypeCode.SET:
        return sum(len(name) + 1 for name in sql_type.elements)
    if sql_type.eval_type == EvalType.DECIMAL:
        return sql_type.length + 2 if sql_type.length > 0 else 67
    if sql_type.eval_type == EvalType.REAL:
        return 22
    return max(sql_type.length, INTEGER_LENGTHS.get(sql_type.code, -1))


# ------------------------------------------------------------------------------------------------- comparison of types


def comparison_type(left: SqlType, right: SqlType) -> SqlType:
    """The type in which two values are compared when neither is a constant (`comparison` treats those)."""
    if left.code == TypeCode.NULL or right.code == TypeCode.NULL:
        return right if left.code == TypeCode.NULL else left
    a, b = left.eval_type, right.eval_type
    if EvalType.JSON in (a, b):
        return json()
    if a == b == EvalType.STRING:
        return unify((as_text(left), as_text(right)))
    kinds = {a, b}
    if kinds <= {EvalType.TIME, EvalType.DURATION}:
        fsp = max(left.fsp, right.fsp)
        return time(fsp) if kinds == {EvalType.DURATION} else datetime(fsp)
    if kinds == {EvalType.TIME, EvalType.STRING}:
        return datetime(6)
    if kinds == {EvalType.DURATION, EvalType.STRING}:
        return time(6)
    if kinds == {EvalType.INT}:
        return integer(unsigned=left.unsigned and right.unsigned)
    numeric = [_numeric(left), _numeric(right)]
    if EvalType.REAL in (numeric[0].eval_type, numeric[1].eval_type):
        return double()
    if numeric[0].eval_type == numeric[1].eval_type == EvalType.INT:
        return integer()
    scale = max(max(t.scale, 0) for t in numeric)
    return decimal(max(whole_digits(t) for t in numeric) + scale, scale)


def as_text(sql_type: SqlType) -> SqlType:
    """ENUM and SET as the strings they are compared as."""
    if sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        return varchar(display_length(sql_type), sql_type.charset, sql_type.collation)
    return sql_type


def _numeric(sql_type: SqlType) -> SqlType:
    kind = sql_type.eval_type
    if kind in (EvalType.INT, EvalType.DECIMAL):
        return sql_type
    if kind in (EvalType.TIME, EvalType.DURATION):
        return decimal(20, sql_type.fsp) if sql_type.fsp else integer()
    return double()


# ---------------------------------------------------------------------------------------------------------- collations


def derivation_of(expression: Expression, context: PlanContext) -> Derivation:
    """Charset, collation and their strength of any expression."""
    sql_type = expression.type
    kind = sql_type.eval_type
    if sql_type.code == TypeCode.NULL or (isinstance(expression, Constant) and expression.value is None):
        return Derivation("binary", "binary", Coercibility.IGNORABLE)
    if kind == EvalType.JSON:
        return Derivation("utf8mb4", "utf8mb4_bin", Coercibility.IMPLICIT)
    if kind != EvalType.STRING:
        return Derivation(context.charset, context.collation, Coercibility.NUMERIC)
    strength = Coercibility.LITERAL
    if isinstance(expression, (Column, CorrelatedColumn, UserVariable)):
        strength = Coercibility.IMPLICIT
    elif isinstance(expression, Call):
        strength = expression.signature.derivation.coercibility
    return Derivation(sql_type.charset, sql_type.collation, strength)


def aggregate_collations(
    expressions: Sequence[Expression], context: PlanContext, *, operation: str, comparison: bool = False
) -> Derivation:
    """Charset and collation of several strings together; the connection's when there are none.

    Errors 1267, 1270 and 1271 as MySQL's: different explicit collations, columns of different charsets, and in
    comparisons two implicit collations of one charset.
    """
    if not expressions:
        return Derivation(context.charset, context.collation, Coercibility.NUMERIC)
    parts = [derivation_of(expression, context) for expression in expressions]
    result = parts[0]
    if len({part.charset for part in parts}) > 1:
        expressions = [_with_text(expression, context) for expression in expressions]
    result_ascii = _is_ascii(expressions[0])
    for expression, part in zip(expressions[1:], parts[1:]):
        ascii_only = _is_ascii(expression)
        combined = _combined(result, part, ascii_only=ascii_only, left_ascii=result_ascii)
        if combined is None:
            raise _mix_error(parts, operation)
        result_ascii = result_ascii and ascii_only
        result = combined
    if comparison and result.coercibility == Coercibility.NONE and len(expressions) > 1:
        raise _mix_error(parts, operation)
    if result.coercibility == Coercibility.IGNORABLE:
        return replace(result, charset=context.charset, collation=context.collation)
    return result


def _with_text(expression: Expression, context: PlanContext) -> Expression:
    """A text parameter as a constant for a look at its characters: ASCII goes with every character set."""
    if not isinstance(expression, Parameter) or expression.type.eval_type != EvalType.STRING:
        return expression
    if expression.index < len(context.parameters) and is_ascii(value := context.parameters[expression.index]):
        context.guarded(expression.index, is_ascii)
        return Constant(value, expression.type)
    return valued(expression, context)


def valued(expression: Expression, context: PlanContext) -> Expression:
    """A parameter as a constant, where what it holds decides how it is treated; the plan then serves once."""
    if not isinstance(expression, Parameter) or expression.index >= len(context.parameters):
        return expression
    context.value_read()
    return Constant(context.parameters[expression.index], expression.type)


def _is_ascii(expression: Expression) -> bool:
    if isinstance(expression, Constant):
        return not isinstance(expression.value, bytes) or expression.value.isascii()
    return expression.type.eval_type != EvalType.STRING or expression.type.charset == "ascii"


def _combined(left: Derivation, right: Derivation, *, ascii_only: bool, left_ascii: bool = False) -> Derivation | None:
    """Two collations together; None when they cannot be mixed."""
    if left.coercibility == Coercibility.IGNORABLE or right.coercibility == Coercibility.IGNORABLE:
        return right if left.coercibility == Coercibility.IGNORABLE else left
    if left.charset != right.charset:
        if left.collation == "binary":
            return left if left.coercibility <= right.coercibility else right
        if right.collation == "binary":
            return right if right.coercibility <= left.coercibility else left
        if _is_superset(left, right, ascii_only):
            return left
        if _is_superset(right, left, left_ascii):
            return right
        if left.coercibility < right.coercibility and right.coercibility >= Coercibility.SYSTEM:
            return left
        if right.coercibility < left.coercibility and left.coercibility >= Coercibility.SYSTEM:
            return right
        return None
    if left.coercibility != right.coercibility:
        return left if left.coercibility < right.coercibility else right
    if left.collation == right.collation:
        return left
    if left.coercibility == Coercibility.EXPLICIT:
        return None
    if left.collation.endswith("_bin"):
        return left
    if right.collation.endswith("_bin"):
        return right
    return Derivation(left.charset, f"{left.charset}_bin", Coercibility.NONE)


def _is_superset(left: Derivation, right: Derivation, right_ascii: bool) -> bool:
    if left.charset in _UNICODE:
        if left.coercibility < right.coercibility:
            return True
        if left.coercibility == right.coercibility:
            if right.charset not in _UNICODE:
                return True
            if left.charset in _FULL_UNICODE and right.charset not in _FULL_UNICODE:
                return True
    return right_ascii and left.coercibility <= right.coercibility


_STRENGTHS = {
    Coercibility.EXPLICIT: "EXPLICIT",
    Coercibility.NONE: "NONE",
    Coercibility.IMPLICIT: "IMPLICIT",
    Coercibility.SYSTEM: "SYSCONST",
    Coercibility.LITERAL: "COERCIBLE",
    Coercibility.NUMERIC: "NUMERIC",
    Coercibility.IGNORABLE: "IGNORABLE",
}


def _mix_error(parts: Sequence[Derivation], operation: str) -> SqlError:
    if len(parts) == 2:
        return SqlError(
            CANT_AGGREGATE_2COLLATIONS,
            first=parts[0].collation,
            first_coercibility=_STRENGTHS[parts[0].coercibility],
            second=parts[1].collation,
            second_coercibility=_STRENGTHS[parts[1].coercibility],
            operation=operation,
        )
    if len(parts) == 3:
        first, second, third = (f"{part.collation},{_STRENGTHS[part.coercibility]}" for part in parts)
        return SqlError(CANT_AGGREGATE_3COLLATIONS, first=first, second=second, third=third, operation=operation)
    return SqlError(CANT_AGGREGATE_NCOLLATIONS, operation=operation)
