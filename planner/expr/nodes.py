"""Typed expressions. Every node has a `type`; nodes are frozen, compare structurally and are shared freely.

A plan refers to values by `Column`, whose `id` is unique within one plan: a column keeps its id from the scan that
produces it to the result. An operator that computes something gives it a fresh `Column`. Positions (tuple or batch
indexes) appear only when an expression is compiled against an operator's schema (`executor.evaluate`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from sqlnode.base.types import SqlType, Value

if TYPE_CHECKING:
    from planner.functions.registry import Signature


@dataclass(frozen=True, slots=True)
class Column:
    """A value produced by an operator. Two columns are the same if their ids are.

    `name` is the label in results; `table` the alias, `database`, `origin_table`, `origin_name` go into the column
    definition packet (empty for expressions).
    """

    id: int
    name: str = field(compare=False)
    type: SqlType = field(compare=False)
    table: str = field(default="", compare=False)
    database: str = field(default="", compare=False)
    origin_table: str = field(default="", compare=False)
    origin_name: str = field(default="", compare=False)
    definition_flags: int = field(default=0, compare=False)
    """Flags of the column definition beyond those of the type: what keys and defaults of the stored table say."""


@dataclass(frozen=True, slots=True)
class CorrelatedColumn:
    """A column of an outer query, inside the right side of an `Apply`; its value is set for each outer row."""

    column: Column

    @property
    def type(self) -> SqlType:
        """The outer column's type."""
        return self.column.type


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal or folded value, in the row-path form of its type. `text` is the source text of a literal, for labels
    and for MySQL's rules that depend on how a literal was written (hexadecimal, introducer)."""

    value: Value
    type: SqlType
    text: str | None = field(default=None, compare=False)
    is_hex: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value bound at execution: a `?`, or a literal that the text plan cache replaced. `index` counts from 0."""

    index: int
    type: SqlType


@dataclass(frozen=True, slots=True)
class UserVariable:
    """`@name` (lower case) as a value."""

    name: str
    type: SqlType


@dataclass(frozen=True, slots=True)
class Call:
    """A scalar function or operator, resolved: `signature` says which kernel runs. `name` is MySQL's, lower case
    (operators: `+ - * / div % = <=> < <= > >= != and or xor not like in is_null ...`, as the registry declares them)."""

    name: str
    args: tuple[Expression, ...]
    type: SqlType
    signature: Signature = field(compare=False)
    text: str | None = None
    """A word that belongs to the call and is no argument: the unit of EXTRACT, the collation of COLLATE."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One item of ORDER BY."""

    expression: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class AggregateCall:
    """An aggregate function; appears only in `Aggregate` nodes after binding. `name` is lower case: count, sum, avg,
    min, max, first_row, bit_and, bit_or, bit_xor, group_concat, std.., var.., json_arrayagg, json_objectagg,
    any_value. COUNT(*) is count of the constant 1."""

    name: str
    args: tuple[Expression, ...]
    type: SqlType
    distinct: bool = False
    order_by: tuple[OrderItem, ...] = ()
    separator: bytes = b","


Expression: TypeAlias = Column | CorrelatedColumn | Constant | Parameter | UserVariable | Call | AggregateCall


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct sub-expressions."""
    if isinstance(expression, Call):
        return expression.args
    if isinstance(expression, AggregateCall):
        return expression.args + tuple(item.expression for item in expression.order_by)
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything below it, parents first."""
    stack = [expression]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def columns_of(expression: Expression) -> set[Column]:
    """The (uncorrelated) columns that an expression reads."""
    return {node for node in walk(expression) if isinstance(node, Column)}


def transform(expression: Expression, visit: Callable[[Expression], Expression | None]) -> Expression:
    """Top-down rewrite: where `visit` returns a node, that node stands in place; else the children are visited.

    Returns the same object when nothing changed.
    """
    replaced = visit(expression)
    if replaced is not None:
        return replaced
    if isinstance(expression, Call):
        args = tuple([transform(arg, visit) for arg in expression.args])
        return (
            expression
            if all(a is b for a, b in zip(args, expression.args, strict=True))
            else replace(expression, args=args)
        )
    if isinstance(expression, AggregateCall):
        args = tuple([transform(arg, visit) for arg in expression.args])
        order = tuple(replace(item, expression=transform(item.expression, visit)) for item in expression.order_by)
        return replace(expression, args=args, order_by=order)
    return expression


def substitute(expression: Expression, mapping: dict[Column, Expression]) -> Expression:
    """The expression with columns replaced by what `mapping` gives for them."""
    if not mapping:
        return expression

    def visit(node: Expression) -> Expression | None:
        return mapping.get(node) if isinstance(node, Column) else None

    return transform(expression, visit)
