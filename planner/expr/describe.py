"""Expressions as text in error messages: `(`db`.`t`.`a` - 10)`, the way MySQL prints them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from planner.expr.nodes import (
    AggregateCall,
    Call,
    Column,
    Constant,
    CorrelatedColumn,
    Expression,
    Parameter,
    UserVariable,
)
from sqlnode.base.decimal import to_text
from sqlnode.base.type_names import data_type
from sqlnode.base.types import EvalType, SqlType

_INFIX = frozenset(
    {"+", "-", "*", "/", "div", "%", "&", "|", "^", "<<", ">>", "=", "<=>", "<", "<=", ">", ">=", "!=", "and", "or"}
    | {"xor", "like"}
)
_WORDS = {"div": "DIV", "!=": "<>"}


def describe(expression: Expression) -> str:
    """The text of an expression; casts that the server inserted are not shown."""
    if isinstance(expression, Column):
        parts = (expression.database, expression.table, expression.origin_name or expression.name)
        return ".".join(f"`{part}`" for part in parts if part)
    if isinstance(expression, CorrelatedColumn):
        return describe(expression.column)
    if isinstance(expression, Constant):
        return _constant(expression)
    if isinstance(expression, Parameter):
        return "?"
    if isinstance(expression, UserVariable):
        return f"@`{expression.name}`"
    if isinstance(expression, AggregateCall):
        return f"{expression.name}({','.join(map(describe, expression.args))})"
    return _call(expression)


_OFFSET = re.compile(r"(?<![.`])`(\d+)`(?!\.)")


def with_names(text: str, columns: Sequence[Column]) -> str:
    """A store's description of an expression, in which columns are offsets, with their names."""

    def name(match: re.Match[str]) -> str:
        offset = int(match[1])
        return describe(columns[offset]) if offset < len(columns) else match[0]

    return _OFFSET.sub(name, text)


def _constant(expression: Constant) -> str:
    value = expression.value
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        if expression.type.eval_type == EvalType.JSON:
            return "json"
        return f"'{value.decode('utf-8', 'replace')}'"
    if expression.text is not None:
        return expression.text
    return to_text(value) if isinstance(value, Decimal) else str(value)


def _target(sql_type: SqlType) -> str:
    match sql_type.eval_type:
        case EvalType.INT:
            return "unsigned" if sql_type.unsigned else "signed"
        case EvalType.DECIMAL:
            return f"decimal({sql_type.length},{sql_type.scale})"
        case EvalType.STRING:
            return "binary" if sql_type.charset == "binary" else f"char charset {sql_type.charset}"
    return data_type(sql_type)


def _call(call: Call) -> str:
    args = [describe(arg) for arg in call.args]
    if call.name == "cast" and call.text is None:
        return args[0]
    if call.name == "cast":
        return f"cast({args[0]} as {_target(call.type)})"
    if call.name in _INFIX:
        word = _WORDS.get(call.name, call.name)
        return f"({f' {word} '.join(args[:2] if call.name == 'like' else args)})"
    if call.name == "unary_minus":
        return f"-({args[0]})"
    if call.name == "case":
        parts = [f"when {args[at]} then {args[at + 1]}" for at in range(0, len(args) - 1, 2)]
        parts += [f"else {args[-1]}"] if len(args) % 2 else []
        return f"(case {' '.join(parts)} end)"
    return f"{call.name}({','.join(args)})"
