"""Function calls: scalar functions, aggregates, and names with a syntax of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import refused, take
from planner.bind.expressions import ExpressionBinder, Handler, column_parts, unwrapped
from planner.bind.expressions_operators import add_interval, operand
from planner.bind.scope import Scope
from planner.bind.state import unsupported
from planner.expr.nodes import AggregateCall, Column, Constant, CorrelatedColumn, Expression, OrderItem, transform, walk
from planner.functions import aggregate_function, cast, is_aggregate, resolve_aggregate
from planner.parse.function_names import NAMES
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    FUNC_INEXISTENT_NAME_COLLISION,
    INVALID_GROUP_FUNC_USE,
    SP_DOES_NOT_EXIST,
    WARN_DEPRECATED_SYNTAX,
    WRONG_ARGUMENTS,
    WRONG_PARAMCOUNT_TO_NATIVE_FCT,
    SqlError,
    SqlWarning,
)
from sqlnode.base.types import varbinary

Special: TypeAlias = Callable[[ExpressionBinder, str, list[exp.Expression]], Expression]
_UNITS = frozenset(["MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR"])


_OPERATORS = frozenset(("setvar", "introducer", "convert_using", "is_null", "is_true", "is_false", "unary_minus"))
_KEYWORDS = frozenset(
    ("in", "between", "like", "case", "row", "and", "or", "not", "xor", "div", "regexp", "binary", "collate"),
)  # fmt: skip


def _is_operator(name: str, *, quoted: bool) -> bool:
    """Whether the name is that of an operator, which has no call in SQL. A keyword without quotes was parsed as one."""
    return name in _OPERATORS or (quoted and (name in _KEYWORDS or not name.isidentifier()))


def call(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """`NAME(arguments)`."""
    name = node.name if isinstance(node.this, str) else node.this.name
    lowered = name.lower()
    if not isinstance(node.this, str) and name.upper() in NAMES:
        raise SqlError(FUNC_INEXISTENT_NAME_COLLISION, name=f"{binder.context.database}.{name}".lstrip("."))
    if _is_operator(lowered, quoted=not isinstance(node.this, str)):
        raise SqlError(SP_DOES_NOT_EXIST, kind="FUNCTION", name=f"{binder.context.database}.{name}".lstrip("."))
    arguments: list[exp.Expression] = node.expressions
    special = SPECIAL.get(lowered)
    if special is not None:
        return special(binder, lowered, arguments)
    if is_aggregate(lowered):
        return aggregate(binder, lowered, arguments)
    if any(isinstance(argument, (exp.Distinct, exp.Star)) for argument in arguments):
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    return binder.call(name, [operand(binder, argument) for argument in arguments])


def aggregate(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    """An aggregate function. Error 1111 where none may stand."""
    if aggregate_function(name).window_only:
        raise unsupported(f"window function {name.upper()}")
    distinct = False
    if arguments and isinstance(arguments[0], exp.Distinct):
        take(arguments[0])
        distinct = True
        arguments = arguments[0].expressions
    star = len(arguments) == 1 and isinstance(arguments[0], exp.Star)
    if binder.inner is None and not binder.in_aggregate and not star:
        # Where none of this query's may stand, one of an enclosing query's may.
        values = [operand(binder, argument) for argument in arguments]
        placed = _placed(binder, resolve_aggregate(name, values, binder.context, distinct=distinct))
        if not isinstance(placed, AggregateCall):
            return placed
    inside = binder.inside_aggregate()
    if star:
        if name != "count" or distinct:
            raise SqlError(WRONG_ARGUMENTS, function=name.upper())
        values = [literals.integer_constant(1)]
    else:
        with _no_aggregates(binder.scope):
            values = [operand(inside, argument) for argument in arguments]
    if distinct and len(values) > 1 and name != "count":
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    return _placed(binder, resolve_aggregate(name, values, binder.context, distinct=distinct))


@contextmanager
def _no_aggregates(scope: Scope) -> Iterator[None]:
    """Subqueries inside an aggregate function may have none of the block's: error 1111."""

    def refuse(call: AggregateCall) -> Column:
        raise SqlError(INVALID_GROUP_FUNC_USE)

    hook, scope.aggregates = scope.aggregates, refuse
    try:
        yield
    finally:
        scope.aggregates = hook


def _placed(binder: ExpressionBinder, call: AggregateCall) -> Expression:
    """An aggregate over columns of enclosing queries only is of the nearest of these. Where that may have none, a query
    between them has it, and else, as in MySQL, the one that it stands in."""
    parts = list(walk(call))
    outer = {part.column for part in parts if isinstance(part, CorrelatedColumn)}
    if not outer or any(isinstance(part, Column) for part in parts):
        return call
    scope, host = binder.scope.outer, None
    while scope is not None:
        host = host if scope.aggregates is None else scope
        if any(map(scope.gives, outer)):
            break
        scope = scope.outer
    if host is None or host.aggregates is None:
        return call
    own = {column for column in outer if host.gives(column)}
    there = transform(
        call, lambda part: part.column if isinstance(part, CorrelatedColumn) and part.column in own else None
    )
    assert isinstance(there, AggregateCall)
    return CorrelatedColumn(host.aggregates(there))


def _group_concat(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    body, order = node.this, []
    if isinstance(body, exp.Order):
        take(body)
        order = body.expressions
        body = body.this
    take(body)
    inside = binder.inside_aggregate()
    with _no_aggregates(binder.scope):
        values = [operand(inside, argument) for argument in body.expressions]
        items = [_group_concat_order(inside, item, values) for item in order]
    separator = b","
    if node.args.get("separator") is not None:
        constant = binder.bind(node.args["separator"])
        if not isinstance(constant, Constant) or not isinstance(constant.value, bytes):
            raise unsupported("SEPARATOR that is no string")
        separator = constant.value
    distinct = isinstance(body, exp.Distinct)
    found = resolve_aggregate(
        "group_concat", values, binder.context, distinct=distinct, order_by=items, separator=separator
    )
    return _placed(binder, found)


def _group_concat_order(binder: ExpressionBinder, item: exp.Expression, values: list[Expression]) -> OrderItem:
    take(item)
    tree = unwrapped(item.this)
    descending = bool(item.args.get("desc"))
    if isinstance(tree, exp.Literal) and not tree.args.get("is_string") and tree.this.isdigit():
        position = int(tree.this)
        if not 1 <= position <= len(values):
            raise SqlError(BAD_FIELD_ERROR, column=tree.this, clause="order clause")
        return OrderItem(values[position - 1], descending)
    return OrderItem(operand(binder, tree), descending)


def _temporal_literal(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    return literals.temporal(name.split()[0].upper(), arguments[0].this, binder.context)


def _date_arithmetic(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    if len(arguments) != 2:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    target = "date_add" if name in ("date_add", "adddate") else "date_sub"
    date = operand(binder, arguments[0])
    if isinstance(arguments[1], exp.Interval):
        return add_interval(binder, target, date, arguments[1])
    if name in ("date_add", "date_sub"):
        raise unsupported(f"{name.upper()} without INTERVAL")
    return binder.call(target, (date, operand(binder, arguments[1])), text="DAY")


def _unit(name: str, argument: exp.Expression) -> str:
    take(argument)
    word: str = argument.name.upper().removeprefix("SQL_TSI_")
    if not isinstance(argument, exp.Column) or argument.args.get("table") is not None or word not in _UNITS:
        raise SqlError(WRONG_ARGUMENTS, function=name.upper())
    return word


def _timestamp_arithmetic(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    if len(arguments) != 3:
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    unit = _unit(name, arguments[0])
    first, second = operand(binder, arguments[1]), operand(binder, arguments[2])
    if name == "timestampadd":
        return binder.call("date_add", (second, first), text=unit)
    return binder.call("timestampdiff", (first, second), text=unit)


def _get_format(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    if len(arguments) != 2 or not isinstance(arguments[0], exp.Column):
        raise SqlError(WRONG_PARAMCOUNT_TO_NATIVE_FCT, function=name)
    return binder.call(name, (operand(binder, arguments[1]),), text=arguments[0].name.upper())


def _binary(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    return cast(operand(binder, arguments[0]), varbinary(), explicit=True)


def _default(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    from planner.bind.table_expressions import default_of_column

    if not arguments:
        raise unsupported("DEFAULT as part of an expression")
    column, table, database = column_parts(arguments[0])
    found = binder.scope.lookup(column, table, database, binder.clause)
    plain = found.column if isinstance(found, CorrelatedColumn) else found
    for scope in binder.scope.chain():
        for source in scope.sources:
            if isinstance(plain, Column) and source.table is not None and plain in source.columns:
                info = source.table.columns_by_name[plain.origin_name.lower()]
                return default_of_column(source.table, info, binder.context)
    raise SqlError(BAD_FIELD_ERROR, column=column, clause=binder.clause)


_VALUES_INSTEAD = (
    "an alias (INSERT INTO ... VALUES (...) AS alias) and replace VALUES(col) in the ON DUPLICATE KEY UPDATE clause with"
    " alias.col"
)


def _values(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    column, table, database = column_parts(arguments[0])
    if binder.values is not None:
        warning = SqlError(WARN_DEPRECATED_SYNTAX, old="VALUES function", new=_VALUES_INSTEAD)
        binder.context.warn(SqlWarning("Warning", warning.code, warning.message))
        return binder.values.lookup(column, table, database, binder.clause)
    binder.scope.lookup(column, table, database, binder.clause)
    return literals.NULL


def _member_of(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    return binder.call("member of", [operand(binder, argument) for argument in arguments])


def _quantifier(binder: ExpressionBinder, name: str, arguments: list[exp.Expression]) -> Expression:
    raise unsupported(f"{name.upper()} over anything but a SELECT")


SPECIAL: dict[str, Special] = {
    "date literal": _temporal_literal,
    "time literal": _temporal_literal,
    "timestamp literal": _temporal_literal,
    "date_add": _date_arithmetic,
    "adddate": _date_arithmetic,
    "date_sub": _date_arithmetic,
    "subdate": _date_arithmetic,
    "timestampadd": _timestamp_arithmetic,
    "timestampdiff": _timestamp_arithmetic,
    "get_format": _get_format,
    "binary": _binary,
    "default": _default,
    "values": _values,
    "member of": _member_of,
    "any": _quantifier,
    "some": _quantifier,
    "all": _quantifier,
}


def _dotted(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """`database.function(…)`: a stored function, of which there are none."""
    right = node.expression
    if not isinstance(right, exp.Anonymous) or not isinstance(node.this, exp.Identifier):
        raise refused(node)
    raise SqlError(SP_DOES_NOT_EXIST, kind="FUNCTION", name=f"{node.this.name}.{right.name}")


HANDLERS: dict[type[exp.Expression], Handler] = {
    exp.Anonymous: call,
    exp.GroupConcat: _group_concat,
    exp.Dot: _dotted,
}
