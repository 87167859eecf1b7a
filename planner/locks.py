"""Row locks in a plan: which tables a Lock covers, what is checked again on the locked values, and where locks are taken.

A Lock stands right above the joins and filters of its query block. Its tables are those reached through inner and outer
joins, the left side of semi joins, and filters; a subquery or a derived table below keeps its own rows unlocked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from planner.access.paths import column_of, handle_infos
from planner.expr.nodes import Column, Expression, columns_of
from planner.logical import Apply, DataSource, Join, JoinKind, Lock, LogicalNode, Selection, Sort
from planner.physical import BatchPointGet, LockSource, PhysicalNode, PointGet, RowLock, SelectLock
from planner.physical import Selection as PhysicalSelection

_BOTH = frozenset({JoinKind.INNER, JoinKind.LEFT, JoinKind.RIGHT})


def locked_sources(lock: Lock) -> tuple[DataSource, ...]:
    """The tables whose rows the node locks."""
    return tuple(
        source
        for source in reachable_sources(lock.child)
        if source.table.id > 0 and (not lock.aliases or source.alias in lock.aliases)
    )


def reachable_sources(node: LogicalNode) -> Iterator[DataSource]:
    """The tables of a query block's FROM."""
    match node:
        case DataSource():
            yield node
        case Selection() | Lock() | Sort():
            yield from reachable_sources(node.child)
        case Join():
            yield from reachable_sources(node.left)
            if node.kind in _BOTH and not isinstance(node, Apply):
                yield from reachable_sources(node.right)


def recheck_conditions(node: LogicalNode) -> tuple[Expression, ...]:
    """The conditions that every row of a query block's FROM and WHERE fulfils."""
    match node:
        case Selection():
            return node.conditions + recheck_conditions(node.child)
        case Lock() | Sort():
            return recheck_conditions(node.child)
        case Join(kind=JoinKind.INNER) if not isinstance(node, Apply):
            return node.conditions + recheck_conditions(node.left) + recheck_conditions(node.right)
        case Join(kind=JoinKind.RIGHT) if not isinstance(node, Apply):
            return recheck_conditions(node.right)
        case Join():
            return recheck_conditions(node.left)
    return ()


def columns_needed(lock: Lock) -> set[Column]:
    """The columns that taking the locks and checking again reads."""
    needed = {column for condition in recheck_conditions(lock.child) for column in columns_of(condition)}
    for source in locked_sources(lock):
        needed.update(handle_columns(source))
    return needed & set(lock.child.schema)


def handle_columns(source: DataSource) -> tuple[Column, ...]:
    """The source's columns that make the handle; those that it does not give are missing."""
    found = (column_of(source, info.id) for info in handle_infos(source.table))
    return tuple(column for column in found if column is not None)


def with_locks(lock: Lock, child: PhysicalNode) -> PhysicalNode:
    """The physical plan that takes the locks."""
    sources = locked_sources(lock)
    if not sources:
        return child
    if len(sources) == 1 and not _joins(lock.child):
        locked = _locked_point(child, RowLock(lock.mode, lock.wait))
        if locked is not None:
            return locked
    given = set(child.schema)
    return SelectLock(
        child=child,
        mode=lock.mode,
        wait=lock.wait,
        sources=tuple(_lock_source(source, given) for source in sources),
        conditions=_checkable(recheck_conditions(lock.child), given),
        estimated_rows=child.estimated_rows,
    )


def _joins(node: LogicalNode) -> bool:
    while isinstance(node, (Selection, Lock, Sort)):
        node = node.child
    return isinstance(node, Join)


def _locked_point(node: PhysicalNode, lock: RowLock) -> PhysicalNode | None:
    if isinstance(node, (PointGet, BatchPointGet)):
        return replace(node, lock=lock)
    if isinstance(node, PhysicalSelection):
        below = _locked_point(node.child, lock)
        return None if below is None else replace(node, child=below)
    return None


def _lock_source(source: DataSource, given: set[Column]) -> LockSource:
    pairs = [
        (column, info) for column, info in zip(source.columns, source.infos) if column in given and not info.is_virtual
    ]
    handle = handle_columns(source)
    assert len(handle) == len(handle_infos(source.table)), f"the handle of {source.alias} is read"
    return LockSource(
        source.database,
        source.table,
        source.alias,
        handle,
        tuple(column for column, _ in pairs),
        tuple(info for _, info in pairs),
    )


def _checkable(conditions: Sequence[Expression], given: set[Column]) -> tuple[Expression, ...]:
    return tuple(condition for condition in conditions if columns_of(condition) <= given)
