"""Point statements: one table, a whole key, nothing else. They skip the optimizer.

`SELECT … FROM t WHERE id = ?`, with further conditions, a plain select list and FOR UPDATE; also UPDATE and DELETE of
such a row. Anything that does not look exactly like it goes the long way.
"""

from __future__ import annotations

from dataclasses import replace

from planner import physical
from planner.access.readers import point_reader, read_points
from planner.context import PlanContext
from planner.expr.nodes import Column, Constant, Expression, columns_of
from planner.logical import (
    BoundQuery,
    DataSource,
    Delete,
    Lock,
    LockMode,
    LockWait,
    LogicalNode,
    Projection,
    Selection,
    Update,
)
from planner.physical import PhysicalNode, PointGet, RowLock
from planner.pushdown.narrow import in_order


def point_plan(bound: BoundQuery, context: PlanContext) -> PhysicalNode | None:
    """The plan of a point statement; None for every other one."""
    plan = bound.plan
    if isinstance(plan, (Update, Delete)):
        return _change(plan)
    projection = plan if isinstance(plan, Projection) else None
    below: LogicalNode = plan if projection is None else projection.child
    lock = None
    if isinstance(below, Lock):
        lock = RowLock(below.mode, below.wait)
        if below.aliases and _alias(below.child) not in below.aliases:
            return None
        below = below.child
    needed = set(bound.columns) if projection is None else _read(projection.expressions)
    found = _point(below, needed, lock)
    if found is None or projection is None:
        return found
    columns = projection.columns
    plain = all(isinstance(one, Column) and one.id == column.id for one, column in zip(projection.expressions, columns))
    if plain and isinstance(found, PointGet) and set(found.columns) == set(columns):
        return in_order(found, columns)
    return physical.Projection(child=found, expressions=projection.expressions, columns=columns, estimated_rows=1.0)


def _alias(node: LogicalNode) -> str:
    while isinstance(node, Selection):
        node = node.child
    return node.alias if isinstance(node, DataSource) else ""


def _change(plan: Update | Delete) -> PhysicalNode | None:
    found = _point(plan.source, set(plan.source.schema), RowLock(LockMode.UPDATE, LockWait.WAIT))
    if found is None:
        return None
    if isinstance(plan, Update):
        return physical.Update(node=plan, source=found)
    return physical.Delete(node=plan, source=found)


def _point(node: LogicalNode, needed: set[Column], lock: RowLock | None) -> PhysicalNode | None:
    if not isinstance(node, Selection) or not isinstance(node.child, DataSource):
        return None
    source, conditions = node.child, node.conditions
    if source.table.id < 0 or source.table.partition is not None or source.index_hints:
        return None
    if any(info.is_virtual for info in source.infos) or any(isinstance(one, Constant) for one in conditions):
        return None
    points = read_points(source, conditions)
    if points is None or len(points.keys) != 1:
        return None
    wanted = needed | _read(points.residual)
    pairs = [(column, info) for column, info in zip(source.columns, source.infos) if column in wanted]
    if not pairs:
        return None
    narrow = replace(source, columns=tuple(c for c, _ in pairs), infos=tuple(i for _, i in pairs))
    found = point_reader(narrow, points)
    assert isinstance(found, PointGet), "one key"
    reader: PhysicalNode = found if lock is None else replace(found, lock=lock)
    if points.residual:
        reader = physical.Selection(child=reader, conditions=points.residual, estimated_rows=1.0)
    return reader


def _read(expressions: tuple[Expression, ...]) -> set[Column]:
    return {column for expression in expressions for column in columns_of(expression)}
