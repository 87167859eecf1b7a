"""Names and arguments to typed calls: count check, overload, implicit casts, collation, result type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from planner.context import PlanContext
from planner.expr.coercion import INTEGER_LENGTHS, aggregate_collations
from planner.expr.nodes import AggregateCall, Call, Constant, Expression, OrderItem
from planner.functions.registry import (
    FROM_ARGUMENTS,
    AggregateFunction,
    CallSite,
    Coercibility,
    Derivation,
    Function,
    Kind,
    Nulls,
    Overload,
    ResultRule,
    Signature,
)
from sqlnode.base.errors import NOT_SUPPORTED_YET, SP_DOES_NOT_EXIST, WRONG_PARAMCOUNT_TO_NATIVE_FCT, SqlError
from sqlnode.base.types import (
    EvalType,
    Flag,
    SqlType,
    TypeCode,
    datetime,
    decimal,
    double,
    integer,
    json,
    time,
    varbinary,
    varchar,
)
from sqlnode.base.units import declarations, load_modules


@cache
def _declared() -> tuple[dict[str, Function], dict[str, AggregateFunction]]:
    import planner.functions as package

    modules = load_modules(package.__name__, package.__path__)
    functions: dict[str, Function] = {}
    for function in declarations(modules, Function):
        for name in (function.name, *function.aliases):
            if functions.setdefault(name, function) is not function:
                raise ValueError(f"function {name} is declared twice")
    aggregates: dict[str, AggregateFunction] = {}
    for aggregate in declarations(modules, AggregateFunction):
        for name in (aggregate.name, *aggregate.aliases):
            if aggregates.setdefault(name, aggregate) is not aggregate:
                raise ValueError(f"aggregate {name} is declared twice")
    return functions, aggregates


def all_functions() -> tuple[Function, ...]:
    """Every declared function once, by name."""
    return tuple(sorted({id(f): f for f in _declared()[0].values()}.values(), key=lambda function: function.name))


def all_aggregates() -> tuple[AggregateFunction, ...]:
    """Every declared aggregate once, by name."""
    found = {id(aggregate): aggregate for aggregate in _declared()[1].values()}
    return tuple(sorted(found.values(), key=lambda aggregate: aggregate.name))


def is_function(name: str) -> bool:
    """Whether a scalar function or operator of this name exists."""
    return name.lower() in _declared()[0]


def is_aggregate(name: str) -> bool:
    """Whether an aggregate function of this name exists."""
    return name.lower() in _declared()[1]


def function_named(name: str) -> Function:
    """The declaration; KeyError when there is none."""
    return _declared()[0][name.lower()]


def aggregate_function(name: str) -> AggregateFunction:
    """The declaration; KeyError when there is none."""
    return _declared()[1][name.lower()]


def resolve(name: str, args: Sequence[Expression], context: PlanContext, *, text: str | None = None) -> Expression:
    """The typed call of a function or operator. Errors: 1305 unknown, 1582 argument count, 1267 collations."""
    function = _declared()[0].get(name.lower())
    if function is None:
        raise SqlError(SP_DOES_NOT_EXIST, kind="FUNCTION", name=f"{context.database}.{name}".lstrip("."))
    least, most = function.bounds
    if not least <= len(args) <= most:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    if function.resolver is not None:
        return function.resolver(function.name, tuple(args), context, text)
    return make_call(function, _chosen(function, args, context), args, context, text=text)


def make_call(
    function: Function,
    overload: Overload,
    args: Sequence[Expression],
    context: PlanContext,
    *,
    text: str | None = None,
    derivation: Derivation | None = None,
) -> Call:
    """The call of one overload: arguments cast to its kinds, result type and collation worked out."""
    converted = tuple(to_kind(arg, overload.kind(position), context) for position, arg in enumerate(args))
    if derivation is None:
        strings = [arg for arg in converted if arg.type.eval_type == EvalType.STRING]
        derivation = aggregate_collations(strings, context, operation=function.name)
    rule = overload.result if overload.result is not None else function.result
    result_type = _result(rule, CallSite(function.name, converted, context, text, derivation), derivation)
    result_type = without_zeros(result_type)
    if function.not_null:
        certain = all(arg.type.not_null for arg in converted)
        result_type = result_type.with_flags(add=Flag.NOT_NULL) if certain else result_type.nullable()
    elif function.nulls is Nulls.PROPAGATE and not all(arg.type.not_null for arg in converted):
        result_type = result_type.nullable()
    strength = function.coercibility if function.coercibility >= 0 else derivation.coercibility
    if not result_type.is_string:
        strength = Coercibility.NUMERIC
    elif function.coercibility < 0 and (result_type.charset, result_type.collation) != (
        derivation.charset,
        derivation.collation,
    ):
        # A function that names its own charset (JSON_UNQUOTE, FORMAT) is as strong as a literal.
        strength = Coercibility.LITERAL
    signature = Signature(function, overload, replace(derivation, coercibility=strength))
    return Call(function.name, converted, result_type, signature, text)


def without_zeros(sql_type: SqlType) -> SqlType:
    """A column's own values alone are filled with zeros; of numbers computed from them only those of YEAR are."""
    return sql_type if sql_type.code == TypeCode.YEAR else sql_type.with_flags(remove=Flag.ZEROFILL)


def _result(rule: ResultRule | None, site: CallSite, derivation: Derivation) -> SqlType:
    assert rule is not None, f"function {site.name} has no result rule"
    result = rule if isinstance(rule, SqlType) else rule(site)
    if result.charset == FROM_ARGUMENTS:
        flags = result.flags | (Flag.BINARY if derivation.charset == "binary" else 0)
        result = replace(result, charset=derivation.charset, collation=derivation.collation, flags=flags)
    return result


def _chosen(function: Function, args: Sequence[Expression], context: PlanContext) -> Overload:
    if function.choose is not None:
        return function.choose(args, context)
    overloads = function.all_overloads
    if len(overloads) == 1:
        return overloads[0]
    for overload in overloads:
        if overload.arguments and len(args) > len(overload.arguments):
            continue
        if all(is_null(arg) or overload.kind(at).accepts(arg.type) for at, arg in enumerate(args)):
            return overload
    return overloads[-1]


def is_null(expression: Expression) -> bool:
    """Whether this is the constant NULL."""
    return isinstance(expression, Constant) and expression.value is None


def to_kind(expression: Expression, kind: Kind, context: PlanContext) -> Expression:
    """The expression in the form that an argument kind asks for."""
    sql_type = expression.type
    if kind is Kind.NUMBER and sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        return cast(expression, double())
    if kind.accepts(sql_type):
        return expression
    if kind is Kind.NUMBER and sql_type.is_temporal:
        return cast(expression, numeric_form(sql_type))
    match kind:
        case Kind.INT:
            target = integer()
        case Kind.REAL | Kind.NUMBER:
            if kind is Kind.NUMBER and sql_type.eval_type == EvalType.DURATION:
                return cast(expression, numeric_form(sql_type))
            target = double()
        case Kind.DECIMAL:
            target = decimal_form(sql_type)
        case Kind.STRING:
            target = string_form(sql_type, context)
        case Kind.TIME:
            target = datetime(sql_type.fsp if sql_type.eval_type == EvalType.DURATION else 6)
        case Kind.DURATION:
            target = time(sql_type.fsp if sql_type.is_temporal else 6)
        case Kind.JSON:
            target = json()
        case _:
            return expression
    return cast(expression, target)


def numeric_form(sql_type: SqlType) -> SqlType:
    """The number that a temporal value is in numeric context: BIGINT, DECIMAL with a fraction."""
    if sql_type.fsp:
        return decimal(14 + sql_type.fsp if sql_type.is_temporal else 7 + sql_type.fsp, sql_type.fsp)
    return integer()


def decimal_form(sql_type: SqlType) -> SqlType:
    """DECIMAL wide enough for a value in decimal context (strings and floats: as MySQL's my_decimal)."""
    kind = sql_type.eval_type
    if kind == EvalType.INT:
        return decimal(20, 0, unsigned=sql_type.unsigned)
    if kind in (EvalType.TIME, EvalType.DURATION):
        wanted = numeric_form(sql_type)
        return wanted if wanted.eval_type == EvalType.DECIMAL else decimal(20, 0)
    if kind == EvalType.DECIMAL:
        return sql_type
    return decimal(65, 30)


def string_form(sql_type: SqlType, context: PlanContext) -> SqlType:
    """The text form of a value: numbers and temporal values in the connection's charset, ENUM and SET in their own."""
    if sql_type.code in (TypeCode.ENUM, TypeCode.SET):
        longest = max((len(name) for name in sql_type.elements), default=0)
        if sql_type.code == TypeCode.SET:
            longest = sum(len(name) + 1 for name in sql_type.elements)
        return varchar(longest, sql_type.charset, sql_type.collation)
    if sql_type.code == TypeCode.BIT:
        return SqlType(TypeCode.VAR_STRING, Flag.BINARY, (max(sql_type.length, 1) + 7) // 8, -1, "binary", "binary")
    if sql_type.code == TypeCode.JSON:
        return varchar(4294967295 // 4, "utf8mb4", "utf8mb4_bin")
    length = max(sql_type.length, INTEGER_LENGTHS.get(sql_type.code, -1))
    if sql_type.eval_type == EvalType.REAL and sql_type.scale >= 0 and length >= 0:
        length += 2  # the sign and the point
    if sql_type.eval_type == EvalType.DECIMAL:
        length = length + (1 if sql_type.scale > 0 else 0) + (0 if sql_type.unsigned else 1)
    return varchar(length, context.charset, context.collation)


def cast(expression: Expression, target: SqlType, *, explicit: bool = False) -> Expression:
    """The value in another type. The same object when it already is of that type. `explicit`: CAST's and CONVERT's
    truncation rules (length of CHAR(n), warnings 1292) and result strength."""
    from planner.functions.casting import make_cast

    return make_cast(expression, target, explicit=explicit)


def resolve_aggregate(
    name: str,
    args: Sequence[Expression],
    context: PlanContext,
    *,
    distinct: bool = False,
    order_by: Sequence[OrderItem] = (),
    separator: bytes = b",",
) -> AggregateCall:
    """The typed call of an aggregate function. Errors as `resolve`."""
    function = _declared()[1].get(name.lower())
    if function is None:
        raise SqlError(SP_DOES_NOT_EXIST, kind="FUNCTION", name=f"{context.database}.{name}".lstrip("."))
    least, most = function.bounds
    if not least <= len(args) <= most:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    if distinct and not function.distinct:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"{function.name.upper()}(DISTINCT)")
    if function.name in ("bit_and", "bit_or", "bit_xor"):
        from planner.functions.bits import is_binary_string

        if is_binary_string(args[0]):
            result = varbinary(args[0].type.length).with_flags(add=Flag.NOT_NULL)
            return AggregateCall(function.name, tuple(args), result, distinct, tuple(order_by), separator)
    converted = tuple(to_kind(arg, function.kind(position), context) for position, arg in enumerate(args))
    strings = [arg for arg in converted if arg.type.eval_type == EvalType.STRING]
    derivation = aggregate_collations(strings, context, operation=function.name)
    result = _result(function.result, CallSite(function.name, converted, context, None, derivation), derivation)
    converted = tuple(map(unrounded, converted))
    return AggregateCall(function.name, converted, result, distinct, tuple(order_by), separator)


def unrounded(expression: Expression) -> Expression:
    """A quotient with all digits that MySQL adds up or keeps in a variable: SUM(a / 3) over three rows of 1 is 1.0000."""
    from planner.expr.scalar import carried_scale, carries_digits

    if not carries_digits(expression):
        return expression
    source = expression.type
    scale = carried_scale(expression)
    return cast(expression, decimal(source.length - max(source.scale, 0) + scale, scale, unsigned=source.unsigned))
