"""Operators: arithmetic, comparison, logic, LIKE, IS, BETWEEN, and dates plus intervals."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import refused, take
from planner.bind.expressions import ExpressionBinder, Handler, is_parameter, one_column, unwrapped
from planner.bind.state import unsupported
from planner.context import SqlMode
from planner.expr.folding import fold
from planner.expr.nodes import Column, Constant, Expression, walk
from planner.functions import cast
from planner.functions.membership import equalities_merged
from sqlnode.base.errors import WRONG_ARGUMENTS, SqlError
from sqlnode.base.types import varchar

NAMES: dict[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.IntDiv: "div",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.Xor: "xor",
    exp.DPipe: "concat",
}
_LONG_CHAIN = 8


def binary(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """Arithmetic and bit operators. A left-deep chain is walked without recursion."""
    chain: list[exp.Expression] = [node]
    first = node.this
    while type(first) in NAMES and not _is_interval(first.this) and not _is_interval(first.expression):
        take(first)
        chain.append(first)
        first = first.this
    value: Expression | None = None
    for operator in reversed(chain):
        interval = _with_interval(binder, operator, value)
        if interval is not None:
            value = interval
            continue
        if value is None:
            value = operand(binder, operator.this)
        value = binder.call(NAMES[type(operator)], (value, operand(binder, operator.expression)))
    assert value is not None
    return value


def operand(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """One operand, which cannot be a row."""
    one_column(node)
    return binder.bind(node)


def _is_interval(node: exp.Expression) -> bool:
    return isinstance(node, exp.Interval)


def _with_interval(binder: ExpressionBinder, node: exp.Expression, left: Expression | None) -> Expression | None:
    """`d + INTERVAL n unit`, `INTERVAL n unit + d`, `d - INTERVAL n unit`; None for anything else."""
    date, interval = node.this, node.expression
    if _is_interval(date) and isinstance(node, exp.Add):
        date, interval = interval, date
    if not _is_interval(interval):
        return None
    if not isinstance(node, (exp.Add, exp.Sub)):
        raise refused(interval)
    start = left if left is not None else operand(binder, date)
    return add_interval(binder, "date_add" if isinstance(node, exp.Add) else "date_sub", start, interval)


def add_interval(binder: ExpressionBinder, name: str, start: Expression, interval: exp.Expression) -> Expression:
    """DATE_ADD or DATE_SUB with an Interval node."""
    take(interval)
    amount = binder.bind(interval.this)
    return binder.call(name, (start, amount), text=interval.args["unit"].name.upper())


def logic(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """AND and OR; a long chain becomes a balanced tree, so that nothing downstream recurses deeply."""
    kind = type(node)
    parts: list[exp.Expression] = []
    while type(node) is kind:
        take(node)
        parts.append(node.expression)
        node = node.this
    parts.append(node)
    name = "and" if kind is exp.And else "or"
    values = [operand(binder, part) for part in reversed(parts)]
    if name == "or" and len(values) > _LONG_CHAIN:
        values = equalities_merged(values, binder.context)
    return _joined(binder, name, values)


def _joined(binder: ExpressionBinder, name: str, values: list[Expression]) -> Expression:
    if len(values) == 1:
        return values[0]
    if len(values) <= _LONG_CHAIN:
        result = values[0]
        for value in values[1:]:
            result = binder.call(name, (result, value))
        return result
    middle = len(values) // 2
    left, right = _joined(binder, name, values[:middle]), _joined(binder, name, values[middle:])
    return binder.call(name, (left, right))


def _not(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("not", (operand(binder, node.this),))


def _negative(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    value = operand(binder, node.this)
    if isinstance(value, Constant) and isinstance(unwrapped(node.this), exp.Literal):
        if isinstance(value.value, int):
            return literals.integer_constant(-value.value, f"-{value.text}")
        if isinstance(value.value, Decimal):
            return literals.decimal_constant(value.value.copy_negate(), f"-{value.text}")
        if isinstance(value.value, float):
            return Constant(-value.value, value.type, f"-{value.text}")
    return binder.call("unary_minus", (value,))


def _is(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    value = operand(binder, node.this)
    wanted = node.expression
    take(wanted)
    if isinstance(wanted, exp.Null):
        return binder.call("is_null", (value,))
    assert isinstance(wanted, exp.Boolean)
    return binder.call("is_true" if wanted.this else "is_false", (value,))


def _like(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return _matched(binder, node, None)


def _escape(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    if not isinstance(node.this, exp.Like):
        raise refused(node)
    take(node.this)
    return _matched(binder, node.this, _escape_character(binder, node.expression))


def _escape_character(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """The text of ESCAPE, a constant. Error 1210 for what a column gives; LIKE itself looks at the characters."""
    value = operand(binder, node)
    if any(isinstance(part, Column) and part.table for part in walk(value)):
        raise SqlError(WRONG_ARGUMENTS, function="ESCAPE")
    if isinstance(value, Constant) and value.value is not None and not value.type.is_string:
        value = fold(cast(value, varchar()), binder.context)
    return value


def _matched(binder: ExpressionBinder, node: exp.Expression, escape: Expression | None) -> Expression:
    args = [operand(binder, node.this), operand(binder, node.expression)]
    if escape is None and binder.context.sql_mode & SqlMode.NO_BACKSLASH_ESCAPES:
        escape = literals.string("", binder.context.charset, binder.context.collation)
    if escape is not None:
        args.append(escape)
    result = binder.call("like", args)
    return binder.call("not", (result,)) if node.args.get("negate") else result


def _regexp(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("regexp_like", (operand(binder, node.this), operand(binder, node.expression)))


def _between(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    low, high = node.args["low"], node.args["high"]
    for part in (node.this, low, high):
        one_column(part)
    if is_parameter(node.this):
        bound = binder.bind(low)
        value = binder.bind(node.this, bound.type)
        return binder.call("between", (value, bound, binder.bind(high, bound.type)))
    value = binder.bind(node.this)
    return binder.call("between", (value, binder.bind(low, value.type), binder.bind(high, value.type)))


def _collate(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("collate", (operand(binder, node.this),), text=node.expression.name)


def _introducer(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    value = binder.bind(node.expression)
    return binder.call("introducer", (value,), text=node.name.removeprefix("_").lower())


def _bit_not(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("~", (operand(binder, node.this),))


def _interval_alone(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    raise unsupported("INTERVAL outside of date arithmetic")


HANDLERS: dict[type[exp.Expression], Handler] = {
    **dict.fromkeys(NAMES, binary),
    exp.And: logic,
    exp.Or: logic,
    exp.Not: _not,
    exp.Neg: _negative,
    exp.BitwiseNot: _bit_not,
    exp.Is: _is,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.RegexpLike: _regexp,
    exp.Between: _between,
    exp.Collate: _collate,
    exp.Introducer: _introducer,
    exp.Interval: _interval_alone,
}
