"""The linear plan of a small statement for the row path: tuples from a short range or a few points.

Made from the plan before pushdown, when every operator still stands whole above its reader.
"""

from __future__ import annotations

from dataclasses import replace

from planner.expr.nodes import AggregateCall
from planner.logical import BoundQuery, JoinKind
from planner.physical import (
    SHORT_RANGE_ROWS,
    BatchPointGet,
    Delete,
    EqualPair,
    HashAgg,
    HashJoin,
    IndexLookUp,
    IndexReader,
    IndexScan,
    Limit,
    PhysicalNode,
    PointGet,
    Projection,
    Selection,
    SelectLock,
    ShortRange,
    Sort,
    TableReader,
    TopN,
    Update,
)
from planner.pushdown.narrow import passes_on
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import EvalType, TypeCode

_SPECIAL = frozenset({TypeCode.ENUM, TypeCode.SET, TypeCode.BIT, TypeCode.JSON, TypeCode.NULL})
_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max", "first_row", "any_value"})


def row_path_of(root: PhysicalNode, bound: BoundQuery) -> PhysicalNode | None:
    """The row-path plan of a read, or of the rows that an UPDATE or DELETE changes; None for a plan that is not linear,
    or that will certainly read too much."""
    if isinstance(root, (Update, Delete)):
        return _linear(root.source)
    return _linear(root) if bound.columns else None


def _linear(node: PhysicalNode) -> PhysicalNode | None:
    match node:
        case PointGet() | BatchPointGet():
            return node
        case TableReader() | IndexReader() | IndexLookUp():
            return _short_range(node)
        case HashAgg():
            if not _is_simple(node):
                return None
            child = _linear(node.child)
            return None if child is None else _plain_aggregate(node, child)
        case Limit(child=TableReader() | IndexReader() | IndexLookUp() as reader):
            child = _short_range(reader, node)
            return None if child is None else replace(node, child=child)
        case Projection():
            child = _linear(node.child)
            return None if child is None else _projected(node, child)
        case SelectLock():
            return _locked(node)
        case Limit(child=SelectLock() as locked):
            child = _linear(locked)
            if isinstance(child, SelectLock) and node.offset is None:
                child = replace(child, limit_hint=node.count)
            return None if child is None else replace(node, child=child)
        case HashJoin():
            return _joined(node)
        case Selection() | Sort() | TopN() | Limit():
            child = _linear(node.child)
            return None if child is None else replace(node, child=child)
    return None


def _projected(node: Projection, child: PhysicalNode) -> PhysicalNode:
    """The projection, or a leaf that itself gives just these columns in this order."""
    columns = node.columns
    if (
        isinstance(child, (PointGet, BatchPointGet, ShortRange))
        and passes_on(node)
        and set(columns) <= set(child.schema)
    ):
        if not (isinstance(child, ShortRange) and child.covering):
            infos = dict(zip(child.columns, child.infos))
            return replace(child, columns=columns, infos=tuple(infos[column] for column in columns))
    return replace(node, child=child)


def _locked(node: SelectLock) -> SelectLock | None:
    """Locks on the rows of a range: filters stand below, nothing else."""
    if len(node.sources) != 1:
        return None
    conditions = []
    below = node.child
    while isinstance(below, Selection):
        conditions.append(below.conditions)
        below = below.child
    if not isinstance(below, (TableReader, IndexReader, IndexLookUp)):
        return None
    child: PhysicalNode | None = _short_range(below)
    if not isinstance(child, ShortRange):
        return None
    if child.covering:
        # The lock gives the whole row, from which all columns come.
        child = replace(child, covering=False)
    for one in reversed(conditions):
        child = Selection(child=child, conditions=one, estimated_rows=node.estimated_rows)
    return replace(node, child=child)


def _joined(node: HashJoin) -> HashJoin | None:
    """An inner join of two sides that each are a few rows."""
    if not joins_as_rows(node):
        return None
    left, right = _linear(node.left), _linear(node.right)
    return None if left is None or right is None else replace(node, left=left, right=right)


def joins_as_rows(node: HashJoin) -> bool:
    """Whether the join may run on rows: an inner one whose keys are equal where their values as they stand are."""
    return node.kind is JoinKind.INNER and not node.null_aware_other and all(map(_compares_as_it_is, node.equal))


def _compares_as_it_is(pair: EqualPair) -> bool:
    left, right = pair.left.type, pair.right.type
    if pair.null_safe or pair.null_aware or left.code in _SPECIAL or right.code in _SPECIAL:
        return False
    if left.is_string:
        return right.is_string and left.collation == right.collation == pair.type.collation
    if left.eval_type == EvalType.INT:
        return right.eval_type == EvalType.INT
    return left.code == right.code and left.eval_type in (EvalType.DECIMAL, EvalType.TIME)


def _is_simple(node: HashAgg) -> bool:
    return all(_is_simple_call(call) for call in node.aggregates)


def _is_simple_call(call: AggregateCall) -> bool:
    return call.name in _AGGREGATES and not call.distinct and not call.order_by


def _plain_aggregate(node: HashAgg, child: PhysicalNode) -> HashAgg:
    return HashAgg(
        child=child,
        group_by=node.group_by,
        aggregates=node.aggregates,
        columns=node.columns,
        estimated_rows=node.estimated_rows,
    )


def _short_range(reader: TableReader | IndexReader | IndexLookUp, limit: Limit | None = None) -> ShortRange | None:
    """The range of a bare reader, if it may be short: bounded, or cut by a limit right above."""
    bounded = not reader.ranges.is_full or reader.estimated_rows <= SHORT_RANGE_ROWS
    if not bounded and limit is None:
        return None
    columns = reader.schema
    index = None if isinstance(reader, TableReader) else reader.index
    infos = _infos(reader)
    if isinstance(reader, IndexLookUp):
        columns = tuple(column for column in columns if column.id in infos)
    elif isinstance(reader, IndexReader):
        assert isinstance(reader.cop, IndexScan), "a bare reader"
        columns = reader.cop.columns
    return ShortRange(
        database=reader.database,
        table=reader.table,
        alias=reader.alias,
        index=index,
        ranges=reader.ranges,
        columns=columns,
        infos=tuple(infos[column.id] for column in columns),
        covering=isinstance(reader, IndexReader),
        keep_order=reader.keep_order,
        desc=reader.desc,
        limit_hint=limit.count if limit is not None and limit.offset is None else None,
        estimated_rows=reader.estimated_rows,
    )


def _infos(reader: TableReader | IndexReader | IndexLookUp) -> dict[int, ColumnInfo]:
    scan = reader.table_cop if isinstance(reader, IndexLookUp) else reader.cop
    return {column.id: info for column, info in zip(scan.columns, scan.infos)}  # type: ignore[attr-defined]
