"""What UPDATE and DELETE write: sources as targets, their columns, assignments, ORDER BY and LIMIT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.expressions import ExpressionBinder, column_parts, unwrapped
from planner.bind.expressions_operators import operand
from planner.bind.from_clause import Part
from planner.bind.literals import integer_constant
from planner.bind.query import with_limit
from planner.bind.scope import Scope, Source
from planner.bind.select import bind_where
from planner.bind.state import Environment, unsupported
from planner.bind.tables import HANDLE_ID
from planner.expr.nodes import Column, Constant, Expression, OrderItem, Parameter
from planner.logical import DmlTarget, LogicalNode, Sort
from sqlnode.base.errors import (
    NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN,
    NON_UPDATABLE_TABLE,
    NONUPDATEABLE_COLUMN,
    UPDATE_WITHOUT_KEY_IN_SAFE_MODE,
    VIEW_DELETE_MERGE_VIEW,
    WRONG_USAGE,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import TypeCode

FIELD_LIST = "field list"


def target_of(source: Source, verb: str) -> DmlTarget:
    """The source as a target. Error 1288 when it is no stored table or updatable view."""
    node = source.node
    if node is None or node.table.id <= 0:
        raise not_updatable(source, verb)
    columns = tuple(column for column, info in zip(node.columns, node.infos) if info.id != HANDLE_ID)
    handle = next((column for column, info in zip(node.columns, node.infos) if info.id == HANDLE_ID), None)
    return DmlTarget(node.database, node.table, source.alias, columns, handle)


def not_updatable(source: Source, verb: str) -> SqlError:
    """1288; 1395 and 1235 for a view over several tables."""
    if not source.joined:
        return SqlError(NON_UPDATABLE_TABLE, table=source.alias, statement=verb)
    if verb == "DELETE":
        return SqlError(VIEW_DELETE_MERGE_VIEW, database=source.database, view=source.stored_name)
    return unsupported(f"{verb} of a view over several tables")


def need_write(environment: Environment, source: Source, privilege: str, column: Column | None = None) -> None:
    """Notes the privilege on the target, or on one column of it, and for a view on the table behind it."""
    name = "" if column is None else column.name
    environment.need(privilege, source.database, source.stored_name or source.alias, name)
    if source.behind is not None and source.node is not None:
        stored = "" if column is None else column.origin_name
        source.behind.need(privilege, source.node.database, source.node.table.name, stored)


def need_read(environment: Environment, sources: Iterable[Source], written: Sequence[Source]) -> None:
    """Notes SELECT on the tables of UPDATE and DELETE that are joined but not written."""
    for source in sources:
        if source.reads is not None and source not in written:
            environment.need("SELECT", source.database, source.stored_name or source.alias)


def is_default(node: exp.Expression) -> bool:
    """Whether the value is the word DEFAULT."""
    if not isinstance(node, exp.Anonymous) or node.name.upper() != "DEFAULT" or node.expressions:
        return False
    take(node)
    return True


def check_generated(table: TableInfo, info: ColumnInfo, *, default: bool) -> None:
    """Error 3105 for a value given to a generated column."""
    if info.is_generated and not default:
        raise SqlError(NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN, column=info.name, table=table.name)


def assigned_column(scope: Scope, node: exp.Expression, verb: str) -> tuple[Source, Column, ColumnInfo]:
    """The source and column, plan's and table's, that the left side of an assignment names. Errors 1054, 1052, 1288, 1348."""
    take(node)
    name, table, database = column_parts(node)
    column = scope.here(name, table, database, FIELD_LIST)
    if column is None:
        scope.lookup_outer(name, table, database, FIELD_LIST)
        raise refused(node)
    source = next(s for s in scope.sources if column in s.columns)
    if source.node is None or source.node.table.id <= 0:
        raise not_updatable(source, verb)
    found = next((info for c, info in zip(source.node.columns, source.node.infos) if c == column), None)
    if found is None:
        raise SqlError(NONUPDATEABLE_COLUMN, column=name)
    return source, column, found


def assigned_value(binder: ExpressionBinder, node: exp.Expression, info: ColumnInfo) -> Expression | None:
    """The right side of an assignment; None for DEFAULT."""
    if is_default(node):
        return None
    inside = unwrapped(node)
    if isinstance(inside, exp.Placeholder):
        return binder.bind(inside, info.type)
    value = operand(binder, node)
    if isinstance(value, Constant) and value.is_hex and isinstance(value.value, bytes):
        if info.type.is_numeric and info.type.code != TypeCode.BIT:
            # A hexadecimal or bit literal is a number to a numeric column.
            return integer_constant(int.from_bytes(value.value, "big"), value.text)
    return value


def narrowed(environment: Environment, node: exp.Expression, part: Part, scope: Scope, *, verb: str) -> LogicalNode:
    """The rows that UPDATE or DELETE works on: WHERE, ORDER BY, LIMIT. Errors 1221, 1175."""
    plan = part.plan
    where, order, limit = (node.args.get(name) for name in ("where", "order", "limit"))
    if len(part.sources) > 1:
        for clause, name in ((order, "ORDER BY"), (limit, "LIMIT")):
            if clause is not None:
                raise SqlError(WRONG_USAGE, first=verb, second=name)
    if where is not None:
        take(where)
        plan, _ = bind_where(environment, scope, where.this, plan)
    elif environment.context.variables.get("sql_safe_updates") and limit is None:
        raise SqlError(UPDATE_WITHOUT_KEY_IN_SAFE_MODE)
    if order is not None:
        items = _order(environment, order, scope)
        plan = Sort(plan, tuple(items)) if items else plan
    return with_limit(plan, node, environment)


def _order(environment: Environment, order: exp.Expression, scope: Scope) -> Sequence[OrderItem]:
    take(order)
    binder = ExpressionBinder(environment, scope, "order clause")
    items = []
    for item in order.expressions:
        take(item)
        value = operand(binder, unwrapped(item.this))
        if not isinstance(value, (Constant, Parameter)):
            items.append(OrderItem(value, bool(item.args.get("desc"))))
    return items
