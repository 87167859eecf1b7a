"""= <=> < <= > >= !=, IN and BETWEEN: in what type two values are compared, and the kernels for each.

MySQL's rules (manual, "Type Conversion in Expression Evaluation"): strings with strings in one collation; a temporal
value with a string as times, a constant one converted once (error 1525 when it is none); integers and decimals exactly;
JSON with anything as JSON; everything else as DOUBLE. An integer column with a constant text that is exactly an integer
compares as integers, and constants beside a DATE or DATETIME column become times where they can.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace

from planner.context import PlanContext
from planner.expr.coercion import aggregate_collations, as_text, valued
from planner.expr.evaluation import EvalContext
from planner.expr.guards import Guard, is_duration, is_full_year, is_full_year_text, is_time, is_whole
from planner.expr.nodes import Call, Column, Constant, CorrelatedColumn, Expression, Parameter, UserVariable
from planner.functions.cast_number import MAX_UINT, MIN_INT
from planner.functions.cast_time import time_converter
from planner.functions.casting import make_cast
from planner.functions.comparison_arrays import comparing
from planner.functions.registry import Derivation, Function, Kind, Nulls, Overload
from planner.functions.resolution import cast, is_null, make_call, numeric_form, resolve, string_form
from sqlnode.base import json as binary_json
from sqlnode.base.collation import by_name
from sqlnode.base.errors import OPERAND_COLUMNS, WRONG_VALUE, SqlError
from sqlnode.base.temporal import parse_duration, year_of_number
from sqlnode.base.types import EvalType, Flag, SqlType, TypeCode, Value, boolean, datetime, double, integer, time

_NUMBERS = frozenset({EvalType.INT, EvalType.DECIMAL, EvalType.REAL})
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!=", "<=>": "<=>"}
_PREFIX = {"=": "EQ", "!=": "NE", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "<=>": "NullEQ"}
_OPERATOR: dict[str, Callable[[object, object], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,  # type: ignore[dict-item]
    "<=": operator.le,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}


# ------------------------------------------------------------------------------------------- the type of the comparison


def is_fixed(expression: Expression) -> bool:
    """Whether the value is the same for all rows of an execution."""
    return isinstance(expression, (Constant, Parameter, CorrelatedColumn, UserVariable))


def comparable(
    left: Expression, right: Expression, context: PlanContext, operation: str
) -> tuple[Expression, Expression, EvalType]:
    """Both sides in the kind that they are compared in."""
    left, right = _valued(left, right, context), _valued(right, left, context)
    if is_null(left) or is_null(right):
        return _with_null(left, right)
    a, b = left.type, right.type
    if EvalType.JSON in (a.eval_type, b.eval_type):
        return _as_json(left), _as_json(right), EvalType.JSON
    one, other = _numbers_for(left, right), _numbers_for(right, left)
    left, right = one, other
    a, b = left.type, right.type
    kinds = {a.eval_type, b.eval_type}
    if kinds == {EvalType.STRING}:
        return _text(left, context), _text(right, context), EvalType.STRING
    left, right = _year_as_moment(left, right, context), _year_as_moment(right, left, context)
    temporal = _temporal(left, right, context)
    if temporal is not None:
        return temporal
    if kinds == {EvalType.INT}:
        return left, right, EvalType.INT
    first, second = _number(left), _number(right)
    numeric = {first.type.eval_type, second.type.eval_type}
    if numeric == {EvalType.INT}:
        return first, second, EvalType.INT
    if EvalType.REAL not in numeric:
        return _decimal(first), _decimal(second), EvalType.DECIMAL
    return cast(first, double()), cast(second, double()), EvalType.REAL


def _with_null(left: Expression, right: Expression) -> tuple[Expression, Expression, EvalType]:
    typed = right if is_null(left) else left
    sql_type = typed.type if typed.type.code != TypeCode.NULL else integer()
    if sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        sql_type = as_text(sql_type)
    plain = sql_type.nullable()
    sides = [Constant(None, plain) if is_null(side) else side for side in (left, right)]
    return cast(sides[0], plain), cast(sides[1], plain), plain.eval_type


def _as_json(expression: Expression) -> Expression:
    from sqlnode.base.types import json

    if expression.type.eval_type == EvalType.JSON:
        return expression
    return make_cast(expression, json(), scalar_json=True)


def _text(expression: Expression, context: PlanContext) -> Expression:
    if expression.type.code in (TypeCode.ENUM, TypeCode.SET):
        return cast(expression, string_form(expression.type, context))
    return expression


def _valued(expression: Expression, other: Expression, context: PlanContext) -> Expression:
    """A parameter where its value decides how it is compared: beside times, as text beside integers. A value of a usual
    kind becomes what every such value becomes, and the plan serves for all of them; any other is taken as a constant."""
    if not isinstance(expression, Parameter):
        return expression
    kind, asked = expression.type.eval_type, other.type.eval_type
    if asked in (EvalType.TIME, EvalType.DURATION):
        decides = kind in _NUMBERS or kind == EvalType.STRING
    elif asked == EvalType.INT and isinstance(other, (Column, CorrelatedColumn)):
        decides = kind == EvalType.STRING or other.type.code == TypeCode.YEAR
    else:
        decides = False
    if not decides:
        return expression
    usual = _usual(expression.type.eval_type, other)
    if usual is not None and expression.index < len(context.parameters):
        guard, target = usual
        if guard(context.parameters[expression.index]):
            context.guarded(expression.index, guard)
            return expression if target is None else cast(expression, target)
    return valued(expression, context)


def _usual(kind: EvalType, other: Expression) -> tuple[Guard, SqlType | None] | None:
    """Of a parameter beside `other`: the test of usual values, and the type in which those are compared."""
    asked = other.type.eval_type
    if kind == EvalType.STRING and asked == EvalType.TIME:
        return is_time, datetime(6)
    if kind == EvalType.STRING and asked == EvalType.DURATION:
        return is_duration, time(6)
    if asked != EvalType.INT:
        return None
    if other.type.code == TypeCode.YEAR:
        if kind == EvalType.STRING:
            return is_full_year_text, integer()
        return (is_full_year, None) if kind == EvalType.INT else None
    return is_whole, integer()


def _numbers_for(expression: Expression, other: Expression) -> Expression:
    """A constant text as the integer that it is, beside an integer column; a two-digit number as a YEAR beside one."""
    if not isinstance(expression, Constant) or expression.value is None:
        return expression
    code = other.type.code
    if expression.is_hex and other.type.is_numeric:
        return cast(expression, integer(unsigned=True))
    if not isinstance(other, (Column, CorrelatedColumn)):
        return expression
    value = expression.value
    whole = integer(not_null=True)
    if isinstance(value, bytes) and other.type.eval_type == EvalType.INT:
        number = _integer_text(value)
        if number is None:
            return expression
        value, expression = number, Constant(number, replace(whole, flags=whole.flags | _sign(number)))
    if code == TypeCode.YEAR and isinstance(value, int) and 0 < value <= 99:
        return Constant(year_of_number(value), whole)
    return expression


def _integer_text(value: bytes) -> int | None:
    body = value[1:] if value[:1] in (b"-", b"+") else value
    if not body.isdigit() or len(body) > 20:
        return None
    number = int(value)
    return number if MIN_INT <= number <= MAX_UINT else None


def _sign(number: int) -> int:
    return Flag.UNSIGNED if number >= 1 << 63 else 0


def _year_as_moment(expression: Expression, other: Expression, context: PlanContext) -> Expression:
    """Of a YEAR and a date the year is the moment before its first day, and the date a moment: as numbers both."""
    if expression.type.code == TypeCode.YEAR and other.type.eval_type == EvalType.TIME:
        return resolve("*", (expression, Constant(10**10, integer(not_null=True))), context)
    if other.type.code == TypeCode.YEAR and expression.type.eval_type == EvalType.TIME:
        return cast(expression, datetime(expression.type.fsp))
    return expression


def _temporal(
    left: Expression, right: Expression, context: PlanContext
) -> tuple[Expression, Expression, EvalType] | None:
    a, b = left.type, right.type
    kinds = {a.eval_type, b.eval_type}
    if kinds == {EvalType.TIME}:
        return left, right, EvalType.TIME
    if kinds == {EvalType.DURATION}:
        return left, right, EvalType.DURATION
    if kinds == {EvalType.TIME, EvalType.DURATION}:
        fsp = max(a.fsp, b.fsp)
        sides = [side if side.type.is_temporal else cast(side, datetime(fsp)) for side in (left, right)]
        return sides[0], sides[1], EvalType.TIME
    for timed, value, swapped in ((left, right, False), (right, left, True)):
        if timed.type.eval_type == EvalType.TIME:
            found = _as_time(timed, value, context)
        elif timed.type.eval_type == EvalType.DURATION:
            found = _as_duration(timed, value, context)
        else:
            continue
        if found is not None:
            kind = timed.type.eval_type
            return (found, timed, kind) if swapped else (timed, found, kind)
    return None


def _as_time(timed: Expression, value: Expression, context: PlanContext) -> Expression | None:
    """A string, or a constant number beside a column, as the time that it is compared as."""
    sql_type = value.type
    if isinstance(value, Constant):
        if sql_type.eval_type != EvalType.STRING and not isinstance(timed, (Column, CorrelatedColumn)):
            return None
        return _constant_time(timed, value, context)
    if sql_type.eval_type == EvalType.STRING:
        return cast(value, datetime(6))
    return None


def _constant_time(timed: Expression, value: Constant, context: PlanContext) -> Expression | None:
    warned: list[object] = []
    evaluation = EvalContext(now_us=context.now_us, zone=context.zone, sql_mode=context.sql_mode, warn=warned.append)
    convert = time_converter(value.type, datetime(6))
    assert convert is not None, "texts and numbers are converted"
    packed = convert(value.value, evaluation)
    if packed is None:
        if value.type.eval_type != EvalType.STRING or value.type.code in (TypeCode.ENUM, TypeCode.SET):
            return None
        assert isinstance(value.value, bytes)
        kind = {TypeCode.DATE: "DATE", TypeCode.TIMESTAMP: "TIMESTAMP"}.get(timed.type.code, "DATETIME")
        raise SqlError(WRONG_VALUE, kind=kind, value=value.value.decode("utf-8", "replace"))
    fsp = _digits(packed)
    return Constant(packed, datetime(fsp).with_flags(add=Flag.NOT_NULL), value.text)


def _digits(packed: int) -> int:
    micro = packed & 0xFFFFFF
    return len(f"{micro:06d}".rstrip("0")) if micro else 0


def _as_duration(timed: Expression, value: Expression, context: PlanContext) -> Expression | None:
    if not isinstance(value, Constant) or value.type.eval_type != EvalType.STRING:
        return None
    assert isinstance(value.value, bytes)
    parsed = parse_duration(value.value, 6, context.sql_mode)
    if parsed.value is None or parsed.problem:
        raise SqlError(WRONG_VALUE, kind="TIME", value=value.value.decode("utf-8", "replace"))
    return Constant(parsed.value, time(parsed.digits).with_flags(add=Flag.NOT_NULL), value.text)


def _number(expression: Expression) -> Expression:
    kind = expression.type.eval_type
    if kind in _NUMBERS:
        return expression
    if kind in (EvalType.TIME, EvalType.DURATION):
        return cast(expression, numeric_form(expression.type))
    return cast(expression, double())


def _decimal(expression: Expression) -> Expression:
    from planner.functions.resolution import decimal_form

    if expression.type.eval_type == EvalType.DECIMAL:
        return expression
    return cast(expression, decimal_form(expression.type))


# --------------------------------------------------------------------------------------------------------- the operators


def _binary_kernel(name: str) -> Callable[[object, object], int]:
    test = _OPERATOR[name]
    match name:
        case "=":
            return lambda left, right: 1 if left == right else 0
        case "!=":
            return lambda left, right: 1 if left != right else 0
        case "<":
            return lambda left, right: 1 if left < right else 0  # type: ignore[operator]
        case ">":
            return lambda left, right: 1 if left > right else 0  # type: ignore[operator]
    return lambda left, right: 1 if test(left, right) else 0


def _string_kernel(name: str) -> Callable[[Call], Callable[[bytes, bytes], int]]:
    plain = _binary_kernel(name)
    test = _OPERATOR[name]

    def build(call: Call) -> Callable[[bytes, bytes], int]:
        collation = call.signature.derivation.collation
        if collation == "binary":
            return plain
        key = by_name(collation).sort_key
        other = call.args[1]
        if isinstance(other, Constant) and isinstance(other.value, bytes):
            constant = key(other.value)
            return lambda left, right: 1 if test(key(left), constant) else 0
        return lambda left, right: 1 if test(key(left), key(right)) else 0

    return build


def _json_kernel(name: str) -> Callable[[bytes, bytes], int]:
    test = _OPERATOR[name]
    compare = binary_json.compare
    return lambda left, right: 1 if test(compare(left, right), 0) else 0


def _null_safe(kernel: Callable[..., int]) -> Callable[..., int]:
    def run(left: Value, right: Value) -> int:
        if left is None or right is None:
            return 1 if left is right else 0
        return kernel(left, right)

    return run


_STORE_COLLATIONS = frozenset(
    (
        *("binary", "ascii_bin", "latin1_bin", "utf8_bin", "utf8_general_ci", "utf8_unicode_ci"),
        *("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci", "utf8mb4_0900_bin"),
    )
)


def by_known_collation(call: Call) -> bool:
    """Whether a store has the collation; in others it would compare bytes."""
    return call.signature.derivation.collation in _STORE_COLLATIONS


def _overloads(name: str) -> dict[EvalType, Overload]:
    prefix = _PREFIX[name]
    base = "=" if name == "<=>" else name
    wrap: Callable[[Callable[..., int]], Callable[..., int]] = _null_safe if name == "<=>" else lambda kernel: kernel
    result = boolean()
    found: dict[EvalType, Overload] = {}
    for kind in EvalType:
        tipb = prefix + kind.value.capitalize()
        build = None
        scalar: Callable[..., int] | None = wrap(_binary_kernel(base))
        if kind == EvalType.STRING:
            make = _string_kernel(base)
            build, scalar = (lambda call, make=make: wrap(make(call))), None
        elif kind == EvalType.JSON:
            scalar = wrap(_json_kernel(base))
        found[kind] = Overload(
            (Kind.ANY,),
            result,
            scalar=scalar,
            build=build,
            build_vector=None if kind == EvalType.JSON else comparing(name),
            tipb=tipb,
            exact=by_known_collation if kind == EvalType.STRING else kind != EvalType.JSON,
            constants=True,
        )
    return found


_OVERLOADS = {name: _overloads(name) for name in _PREFIX}


def _resolve(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    left, right = args
    if _is_row(left) or _is_row(right):
        return _rows(name, left, right, context)
    if is_fixed(left) and not is_fixed(right):
        # Kernels and range building look for the constant on the right.
        left, right, name = right, left, _MIRRORED[name]
    left, right, kind = comparable(left, right, context, name)
    return compare_as(name, left, right, kind, context)


def compare_as(
    name: str,
    left: Expression,
    right: Expression,
    kind: EvalType,
    context: PlanContext,
    derivation: Derivation | None = None,
) -> Call:
    """The comparison of two sides that already have one kind; strings in the collation of `derivation` if given."""
    if kind == EvalType.STRING:
        derivation = derivation or aggregate_collations((left, right), context, operation=name, comparison=True)
        left, right = in_charset(left, derivation), in_charset(right, derivation)
    return make_call(FUNCTIONS[name], _OVERLOADS[name][kind], (left, right), context, derivation=derivation)


def in_charset(expression: Expression, derivation: Derivation) -> Expression:
    """A string for a comparison in another charset: only a step to binary changes its bytes."""
    if derivation.charset != "binary" or expression.type.charset in ("binary", "utf8mb4", "utf8", "ascii"):
        return expression
    return cast(expression, replace(expression.type, charset="binary", collation="binary"))


FUNCTIONS = {
    name: Function(
        name,
        min_args=2,
        max_args=2,
        overloads=tuple(_OVERLOADS[name].values()),
        resolver=_resolve,
        nulls=Nulls.KERNEL if name == "<=>" else Nulls.PROPAGATE,
        not_null=name != "<=>",
        aliases=("<>",) if name == "!=" else (),
        example=(f"2 {name} 3", {"<": "1", "<=": "1", "!=": "1"}.get(name, "0")),
    )
    for name in _PREFIX
}
OPERATORS = tuple(FUNCTIONS.values())


# ------------------------------------------------------------------------------------------------------------------ rows


def _is_row(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.name == "row"


def _rows(name: str, left: Expression, right: Expression, context: PlanContext) -> Expression:
    """`(a, b) < (c, d)` is `a < c OR (a = c AND b < d)`; equality goes member by member."""
    size = len(left.args) if isinstance(left, Call) and _is_row(left) else 1
    if not _is_row(left) or not _is_row(right) or len(right.args) != size:  # type: ignore[union-attr]
        raise SqlError(OPERAND_COLUMNS, count=size)
    pairs = list(zip(left.args, right.args))  # type: ignore[union-attr]
    if name in ("=", "<=>"):
        return _joined("and", [resolve(name, pair, context) for pair in pairs], context)
    if name == "!=":
        return _joined("or", [resolve(name, pair, context) for pair in pairs], context)
    strict = name[0]
    result = resolve(name, pairs[-1], context)
    for pair in reversed(pairs[:-1]):
        equal = resolve("and", (resolve("=", pair, context), result), context)
        result = resolve("or", (resolve(strict, pair, context), equal), context)
    return result


def _joined(name: str, parts: Sequence[Expression], context: PlanContext) -> Expression:
    return parts[0] if len(parts) == 1 else resolve(name, parts, context)


def _refuse_row(call: Call) -> Callable[..., Value]:
    raise SqlError(OPERAND_COLUMNS, count=1)


ROW = Function(
    "row", (Kind.ANY,), SqlType(TypeCode.NULL), build=_refuse_row, min_args=1, max_args=4096, nulls=Nulls.KERNEL
)


# --------------------------------------------------------------------------------------------------------------- BETWEEN


def _resolve_between(name: str, args: tuple[Expression, ...], context: PlanContext, text: str | None) -> Expression:
    value, low, high = args
    kinds = {arg.type.eval_type for arg in args if not is_null(arg)}
    if EvalType.STRING in kinds and kinds & _NUMBERS and not kinds & {EvalType.TIME, EvalType.DURATION, EvalType.JSON}:
        integer_column = isinstance(value, Column) and value.type.eval_type == EvalType.INT
        if not integer_column:
            value, low, high = (arg if is_null(arg) else cast(_hex(arg), double()) for arg in args)
    if kinds == {EvalType.STRING} and not any(map(is_null, args)):
        texts = [_text(arg, context) for arg in args]
        shared = aggregate_collations(texts, context, operation=name, comparison=True)
        bounds = ((">=", texts[1]), ("<=", texts[2]))
        both = [compare_as(one, texts[0], bound, EvalType.STRING, context, shared) for one, bound in bounds]
        return resolve("and", both, context)
    return resolve("and", (resolve(">=", (value, low), context), resolve("<=", (value, high), context)), context)


def _hex(expression: Expression) -> Expression:
    if isinstance(expression, Constant) and expression.is_hex:
        return cast(expression, integer(unsigned=True))
    return expression


BETWEEN = Function("between", min_args=3, max_args=3, resolver=_resolve_between, example=("2 BETWEEN 1 AND 3", "1"))
