"""Expressions with a syntax of their own: CASE, CAST, EXTRACT, TRIM, variables, window functions."""

from __future__ import annotations

from sqlglot import expressions as exp

from planner.bind import literals
from planner.bind.consumption import take
from planner.bind.expressions import ExpressionBinder, Handler
from planner.bind.expressions_operators import operand
from planner.bind.state import unsupported
from planner.bind.variables import system_variable
from planner.context import PlanContext, SqlMode
from planner.expr.nodes import Expression, UserVariable
from planner.functions import cast, unrounded
from planner.parse.nodes_common import TypeSpec
from sqlnode.base.collation import default_of
from sqlnode.base.decimal import MAX_SCALE
from sqlnode.base.errors import TOO_BIG_PRECISION, TOO_BIG_SCALE, WRONG_VALUE, SqlError
from sqlnode.base.types import (
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
    time,
    varbinary,
    varchar,
)

_DECIMAL_DIGITS = 65
_NOTHING = (None, literals.NULL.type)


def _case(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    subject = node.args.get("this")
    args: list[Expression] = []
    for branch in node.args["ifs"]:
        take(branch)
        if subject is None:
            args.append(operand(binder, branch.this))
        else:
            compared = operand(binder, subject)
            value = binder.bind(branch.this, compared.type)
            args.append(_case_comparison(binder, compared, value))
        args.append(operand(binder, branch.args["true"]))
    if node.args.get("default") is not None:
        args.append(operand(binder, node.args["default"]))
    return binder.call("case", args)


def _case_comparison(binder: ExpressionBinder, subject: Expression, value: Expression) -> Expression:
    """CASE looks at numbers and texts as they are: 1 is no YEAR, and what is no date is equal to none, without an error."""
    if subject.type.code == TypeCode.YEAR:
        subject = cast(subject, integer(unsigned=True))
    try:
        return binder.call("=", (_as_text(subject, value), _as_text(value, subject)))
    except SqlError as error:
        if error.row is not WRONG_VALUE:
            raise
        return literals.boolean_constant(False)


def _as_text(operand: Expression, other: Expression) -> Expression:
    """CASE compares a document with a string by its text; `=` would make a JSON string of the other side."""
    if operand.type.code == TypeCode.JSON and other.type.is_string:
        return cast(operand, varchar(collation="utf8mb4_bin"))
    return operand


def _cast(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    to = node.args["to"]
    spec: TypeSpec = to.meta["spec"]
    if to.meta["real"] and binder.context.sql_mode & SqlMode.REAL_AS_FLOAT:
        spec = TypeSpec("FLOAT")
    return cast(operand(binder, node.this), cast_type(spec, binder.context), explicit=True)


def cast_type(spec: TypeSpec, context: PlanContext) -> SqlType:
    """The type that CAST or CONVERT names. Errors 1425, 1426."""
    if spec.array:
        raise unsupported("CAST ... ARRAY")
    length = spec.length
    match spec.name:
        case "SIGNED":
            return integer()
        case "UNSIGNED":
            return integer(unsigned=True)
        case "CHAR":
            return _cast_character(spec, context)
        case "BINARY":
            return varbinary(-1 if length is None else length)
        case "DECIMAL":
            return _cast_decimal(spec)
        case "DATE":
            return date()
        case "DATETIME" | "TIME":
            if length is not None and length > 6:
                raise SqlError(TOO_BIG_PRECISION, precision=length, column="CAST", limit=6)
            return (datetime if spec.name == "DATETIME" else time)(length or 0)
        case "YEAR":
            return SqlType(TypeCode.YEAR, Flag.BINARY | Flag.UNSIGNED | Flag.ZEROFILL, 4, 0)
        case "FLOAT":
            if length is not None and length > 53:
                raise SqlError(TOO_BIG_PRECISION, precision=length, column="CAST", limit=53)
            return double() if length is not None and length > 24 else SqlType(TypeCode.FLOAT, Flag.BINARY, 12, -1)
        case "DOUBLE":
            return double()
        case "JSON":
            return json()
    raise unsupported(f"CAST AS {spec.name}")


def _cast_character(spec: TypeSpec, context: PlanContext) -> SqlType:
    length = -1 if spec.length is None else spec.length
    charset = "utf8mb3" if spec.national else (spec.charset or context.charset).lower()
    if charset == "binary":
        return varbinary(length)
    collation = context.collation if charset == context.charset else default_of(charset).name
    return varchar(length, charset, collation)


def _cast_decimal(spec: TypeSpec) -> SqlType:
    precision = 10 if spec.length is None else spec.length or 10
    scale = spec.scale or 0
    if precision > 65:
        raise SqlError(TOO_BIG_PRECISION, precision=precision, column="CAST", limit=65)
    if scale > 30:
        raise SqlError(TOO_BIG_SCALE, scale=scale, column="CAST", limit=30)
    return decimal(precision, scale)


def _convert_using(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("convert_using", (operand(binder, node.this),), text=node.args["dest"].name.lower())


def _extract(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("extract", (operand(binder, node.expression),), text=node.name.upper())


def _trim(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    args = [operand(binder, node.this)]
    if node.args.get("expression") is not None:
        args.append(operand(binder, node.expression))
    return binder.call("trim", args, text=node.args.get("position") or "BOTH")


def _json_value(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("json_value", (operand(binder, node.this), operand(binder, node.args["path"])))


def _weight_string(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    return binder.call("weight_string", (operand(binder, node.this),))


def _user_variable(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    take(node)
    name = node.this.name.lower()
    binder.environment.binding.cacheable = False
    return UserVariable(name, user_variable_type(binder, name))


def user_variable_type(binder: ExpressionBinder, name: str) -> SqlType:
    """The type of `@name` in this statement: of what it held before, as wide as its kind; a string when that is NULL.

    What the statement itself assigns changes values, not types; `scalar` reads whatever is there in the kind asked for.
    """
    known = binder.context.user_variables.get(name, _NOTHING)[1]
    if known.code == TypeCode.NULL:
        return varchar(-1, binder.context.charset, binder.context.collation)
    scale = binder.environment.binding.variable_scales.get(name)
    match known.eval_type:
        case EvalType.INT | EvalType.DECIMAL if scale is not None:
            return decimal(_DECIMAL_DIGITS, max(scale, known.scale))
        case EvalType.DECIMAL:
            return decimal(_DECIMAL_DIGITS, known.scale)
        case EvalType.INT if known.code not in (TypeCode.ENUM, TypeCode.SET, TypeCode.BIT):
            return integer(unsigned=known.unsigned)
        case EvalType.REAL:
            return double()
    return known.nullable()


def _assign_variable(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    if not isinstance(node.this, exp.Parameter):
        raise unsupported(":= to anything but a user variable")
    take(node.this)
    name = node.this.this.name.lower()
    value = unrounded(_assigned_value(binder, name, node.expression))
    binder.environment.binding.cacheable = False
    return binder.call("setvar", (UserVariable(name, value.type.nullable()), value))


def _assigned_value(binder: ExpressionBinder, name: str, tree: exp.Expression) -> Expression:
    """The value, with the digits behind the point that it has when the variable holds such a value already.

    `@total := @total + amount` begins with 0 and has the amount's digits; `@x := @x * 1.1` has more with each row.
    """
    value = operand(binder, tree)
    if value.type.eval_type != EvalType.DECIMAL or tree.find(exp.Query, exp.AggFunc) is not None:
        return value
    scales = binder.environment.binding.variable_scales
    for scale in (value.type.scale, MAX_SCALE):
        scales[name] = scale
        value = operand(binder, tree)
        if value.type.scale <= scale:
            break
    del scales[name]
    return value


def _system_variable(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    binder.environment.binding.cacheable = False
    return system_variable(node.this.name, node.args.get("kind") or "", binder.context)


HANDLERS: dict[type[exp.Expression], Handler] = {
    exp.Case: _case,
    exp.Cast: _cast,
    exp.ConvertToCharset: _convert_using,
    exp.Extract: _extract,
    exp.Trim: _trim,
    exp.JSONValue: _json_value,
    exp.WeightString: _weight_string,
    exp.Parameter: _user_variable,
    exp.PropertyEQ: _assign_variable,
    exp.SessionParameter: _system_variable,
}
