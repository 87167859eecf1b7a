"""From a table reference and its filter to the cheapest reader: point get, record range, covering index, double read.

Readers are made bare here, with their scan as the whole cop chain and an empty request; `planner.pushdown` moves what the
store can run into them and writes the request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from planner import cost
from planner.access.paths import (
    HANDLE_ID,
    Path,
    Points,
    access_paths,
    column_of,
    handle_infos,
    points_of,
)
from planner.access.range_plan import AnyOf, Comparison, Condition
from planner.access.virtual import Computed, computed
from planner.cardinality import rows_in_boxes, selectivity, table_rows
from planner.context import PlanContext
from planner.expr.nodes import Column, Expression, columns_of
from planner.ids import ColumnIds
from planner.logical import DataSource
from planner.physical import (
    NO_DAG,
    BatchPointGet,
    IndexLookUp,
    IndexReader,
    IndexScan,
    PhysicalNode,
    PointGet,
    RequestTemplate,
    Selection,
    TableReader,
    TableScan,
)
from planner.pushdown.expressions import is_pushable_condition
from sqlnode.base.schema import ColumnInfo, IndexInfo, TableInfo

Order = tuple[tuple[Column, bool], ...]
"""Columns to be ordered by, each with whether it descends."""


@dataclass(frozen=True, slots=True)
class Want:
    """What the plan above could use: rows in this order, and that only about so many will be read."""

    order: Order = ()
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """A physical plan, its cost, and whether it has the wanted order."""

    node: PhysicalNode
    cost: float
    ordered: bool = True

    @property
    def rows(self) -> float:
        """The estimate of its rows."""
        return self.node.estimated_rows


@dataclass(frozen=True, slots=True)
class _Choice:
    path: Path
    cost: float
    rows: float
    ordered: bool
    descending: bool


def read_points(source: DataSource, conditions: Sequence[Expression]) -> Points | None:
    """The points that a filter means on the handle or a unique index, the fewest of them; None when there are none."""
    best: Points | None = None
    for path in access_paths(source, conditions):
        points = points_of(source, path, conditions)
        if points is not None and (best is None or len(points.keys) < len(best.keys)):
            best = points
    return best


def point_reader(source: DataSource, points: Points) -> PointGet | BatchPointGet:
    """The PointGet or BatchPointGet of these points, without the residual filter."""
    columns, infos = scan_columns(source)
    index = points.path.index
    if len(points.keys) == 1:
        return PointGet(
            database=source.database,
            table=source.table,
            alias=source.alias,
            index=index,
            key=points.keys[0],
            columns=columns,
            infos=infos,
        )
    return BatchPointGet(
        database=source.database,
        table=source.table,
        alias=source.alias,
        index=index,
        keys=points.keys,
        columns=columns,
        infos=infos,
        estimated_rows=float(len(points.keys)),
    )


def read_table(
    source: DataSource, conditions: Sequence[Expression], want: Want, context: PlanContext, ids: ColumnIds
) -> Built:
    """The cheapest plan that gives the source's rows under a filter."""
    made = computed(source, context, ids)
    points = read_points(source, conditions)
    if points is not None:
        return _with_points(source, points, want, made)
    choices = [_costed(source, path, want, context) for path in access_paths(source, conditions)]
    best = min(choices, key=lambda choice: choice.cost)
    if want.order:
        ordered = [choice for choice in choices if choice.ordered]
        if ordered:
            best = min(ordered, key=lambda choice: choice.cost)
    path = best.path
    if path.index is not None and path.covering:
        made = None
    stored = source if made is None else made.stored
    node = reader_of(
        stored, path, best.rows, want if best.ordered else Want(), context, ids, descending=best.descending
    )
    node = _filtered(node, path.access.residual, made, path)
    return Built(node, best.cost, best.ordered)


def _filtered(node: PhysicalNode, residual: Sequence[Expression], made: Computed | None, path: Path) -> PhysicalNode:
    """The reader under its filter, virtual columns computed as late as the filter allows."""
    below = tuple(one for one in residual if made is None or not columns_of(one) & made.virtual)
    if below:
        rows = node.estimated_rows * selectivity(_not_used(below, path))
        node = Selection(child=node, conditions=below, estimated_rows=rows)
    if made is None:
        return node
    node = made.over(node)
    above = tuple(one for one in residual if one not in below)
    if above:
        rows = node.estimated_rows * selectivity(_not_used(above, path))
        node = Selection(child=node, conditions=above, estimated_rows=rows)
    return node


def _with_points(source: DataSource, points: Points, want: Want, made: Computed | None) -> Built:
    node = point_reader(source if made is None else made.stored, points)
    ordered = isinstance(node, PointGet) or not want.order
    if isinstance(node, BatchPointGet) and want.order:
        direction = order_of(points.path, want.order, points=0)
        if direction is not None:
            ordered = True
            node = replace(node, keep_order=True, desc=direction)
    return Built(_filtered(node, points.residual, made, points.path), len(points.keys) * cost.LOOK_UP, ordered)


def _costed(source: DataSource, path: Path, want: Want, context: PlanContext) -> _Choice:
    total = table_rows(source.table, context)
    access = path.access
    unique = path.own_parts if path.unique else 0
    groups = context.group_rows(source.table, 0 if path.index is None else path.index.id) if access.parts else ()
    rows = rows_in_boxes(access.boxes, total, unique_parts=unique, groups=groups)
    single = len(access.boxes) == 1
    direction = order_of(path, want.order, points=single_points(path) if single else 0) if want.order else None
    ordered = not want.order or direction is not None
    read = rows
    if want.limit is not None and ordered:
        read = min(rows, want.limit / max(_left_share(path), 1e-6))
    ranges = _range_count(path)
    if path.index is None:
        price = cost.records(read, ranges)
    else:
        price = cost.entries(read, ranges)
        if not path.covering:
            price += cost.look_ups(read * selectivity(_not_used(_index_conditions(path), path)))
    price += read * len(access.residual) * cost.EVALUATE
    if direction:
        price *= cost.DESCENDING
    if path.forced:
        price *= 1e-6
    return _Choice(path, price, rows, ordered, bool(direction))


def _left_share(path: Path) -> float:
    """The share of the rows in the ranges that the rest of the filter leaves."""
    return selectivity(_not_used(path.access.residual, path))


def _not_used(conditions: Sequence[Expression], path: Path) -> list[Expression]:
    """The conditions of which the ranges do not already take account."""
    used = path.access.used
    return [condition for condition in conditions if not any(condition is one for one in used)]


def _index_conditions(path: Path) -> list[Expression]:
    """The residual conditions that the store answers from index entries alone."""
    known = {key.column for key in path.keys if key.column is not None and key.part.length < 0}
    return [
        condition
        for condition in path.access.residual
        if columns_of(condition) <= known and is_pushable_condition(condition)
    ]


def _range_count(path: Path) -> int:
    count = 0
    for box in path.access.boxes:
        ranges = 1
        for conditions in box:
            ranges *= min((_condition_count(condition) for condition in conditions), default=1)
        count += ranges
    return count


def _condition_count(condition: Condition) -> int:
    if isinstance(condition, AnyOf):
        return len(condition.alternatives)
    return max(len(condition.operands), 1) if condition.op == "in" else 1


def single_points(path: Path) -> int:
    """Leading parts that the (only) box holds to one value."""
    (box,) = path.access.boxes
    count = 0
    for conditions in box[: path.access.points]:
        if not any(isinstance(one, Comparison) and one.op in ("=", "<=>", "is_null") for one in conditions):
            break
        count += 1
    return count


def order_of(path: Path, order: Order, *, points: int) -> bool | None:
    """Whether walking the path's keys must go downwards to give the order; None when they do not give it.

    `points` leading parts have one value only, so they may be skipped.
    """
    fixed = {key.column for key in path.keys[:points]}
    direction: bool | None = None
    position = 0
    for column, descending in order:
        if column in fixed:
            continue
        while position < len(path.keys) and position < points and path.keys[position].column != column:
            position += 1
        if path.unique and position >= path.own_parts and _never_null(path):
            return bool(direction)
        if position >= len(path.keys):
            return None
        key = path.keys[position]
        if key.column != column or key.part.length >= 0:
            return None
        if direction is not None and direction != descending:
            return None
        direction = descending
        position += 1
    return bool(direction)


def _never_null(path: Path) -> bool:
    return not any(key.part.nullable for key in path.keys[: path.own_parts])


# ------------------------------------------------------------------------------------------------------ making readers


def reader_of(
    source: DataSource,
    path: Path,
    rows: float,
    want: Want,
    context: PlanContext,
    ids: ColumnIds,
    *,
    descending: bool = False,
) -> PhysicalNode:
    """The bare reader of a path, giving the source's columns."""
    keep_order = bool(want.order)
    descending = descending and keep_order
    pseudo = context.row_count(source.table.id) is None
    if path.index is None:
        return _table_reader(source, path, rows, keep_order=keep_order, descending=descending, pseudo=pseudo)
    entry = index_scan(source, path.index, ids)
    scan = IndexScan(
        database=source.database,
        table=source.table,
        alias=source.alias,
        index=path.index,
        columns=entry.columns,
        infos=entry.infos,
        ranges=path.ranges(source.table),
        keep_order=keep_order,
        desc=descending,
        pseudo=pseudo,
        estimated_rows=rows,
    )
    if not path.covering:
        return _look_up(source, scan, entry)
    return IndexReader(
        database=source.database,
        table=source.table,
        alias=source.alias,
        index=path.index,
        cop=scan,
        request=RequestTemplate(NO_DAG, source.columns),
        ranges=scan.ranges,
        keep_order=keep_order,
        desc=descending,
        estimated_rows=rows,
    )


def _table_reader(
    source: DataSource, path: Path, rows: float, *, keep_order: bool, descending: bool, pseudo: bool
) -> TableReader:
    columns, infos = scan_columns(source)
    ranges = path.ranges(source.table)
    scan = TableScan(
        database=source.database,
        table=source.table,
        alias=source.alias,
        columns=columns,
        infos=infos,
        ranges=ranges,
        keep_order=keep_order,
        desc=descending,
        pseudo=pseudo,
        estimated_rows=rows,
    )
    return TableReader(
        database=source.database,
        table=source.table,
        alias=source.alias,
        cop=scan,
        request=RequestTemplate(NO_DAG, columns),
        ranges=ranges,
        keep_order=keep_order,
        desc=descending,
        estimated_rows=rows,
    )


def _look_up(source: DataSource, scan: IndexScan, entry: Entry) -> IndexLookUp:
    columns, infos = scan_columns(source)
    if scan.keep_order:
        columns, infos = with_handle(source, columns, infos, entry)
    table = TableScan(
        database=source.database,
        table=source.table,
        alias=source.alias,
        columns=columns,
        infos=infos,
        pseudo=scan.pseudo,
        estimated_rows=scan.estimated_rows,
    )
    return IndexLookUp(
        database=source.database,
        table=source.table,
        alias=source.alias,
        index=scan.index,
        index_cop=scan,
        index_request=RequestTemplate(NO_DAG, entry.handle),
        ranges=scan.ranges,
        table_cop=table,
        table_request=RequestTemplate(NO_DAG, columns),
        keep_order=scan.keep_order,
        desc=scan.desc,
        estimated_rows=scan.estimated_rows,
    )


def scan_columns(source: DataSource) -> tuple[tuple[Column, ...], tuple[ColumnInfo, ...]]:
    """The columns that rows hold."""
    pairs = [(column, info) for column, info in zip(source.columns, source.infos) if not info.is_virtual]
    return tuple(column for column, _ in pairs), tuple(info for _, info in pairs)


@dataclass(frozen=True, slots=True)
class Entry:
    """The columns of an index entry, and which of them are the handle."""

    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    handle: tuple[Column, ...]


def index_scan(source: DataSource, index: IndexInfo, ids: ColumnIds) -> Entry:
    """Every index column in index order, then the handle column(s). A prefix, or a column met a second time, gets a
    column of its own that no filter reads."""
    table = source.table
    columns: list[Column] = []
    infos: list[ColumnInfo] = []
    seen: set[int] = set()

    def add(info: ColumnInfo, length: int) -> Column:
        column = column_of(source, info.id)
        if column is None or length >= 0 or column.id in seen:
            column = fresh_column(source, info, ids)
        seen.add(column.id)
        columns.append(column)
        infos.append(info)
        return column

    for part in index.columns:
        add(table.columns[part.offset], part.length)
    if table.is_common_handle:
        assert table.primary_index is not None, "a clustered table has a primary key"
        handle = tuple(add(table.columns[part.offset], part.length) for part in table.primary_index.columns)
    else:
        handle = (add(handle_infos(table)[0], -1),)
    return Entry(tuple(columns), tuple(infos), handle)


def fresh_column(source: DataSource, info: ColumnInfo, ids: ColumnIds) -> Column:
    """A new plan column for a table column that nobody asked for."""
    return Column(ids.next(), info.name, info.type, source.alias, source.database, source.table.name, info.name)


def with_handle(
    source: DataSource, columns: tuple[Column, ...], infos: tuple[ColumnInfo, ...], entry: Entry
) -> tuple[tuple[Column, ...], tuple[ColumnInfo, ...]]:
    """The table side of an ordered double read, which puts rows into the entries' order by their handles."""
    known = {info.id for info in infos}
    added = [info for info in handle_infos(source.table) if info.id not in known]
    by_id = {info.id: column for column, info in zip(entry.columns, entry.infos)}
    return columns + tuple(by_id[info.id] for info in added), infos + tuple(added)


def has_handle(table: TableInfo, infos: Sequence[ColumnInfo]) -> bool:
    """Whether the columns include the whole handle."""
    known = {info.id for info in infos}
    return all(info.id in known for info in handle_infos(table))


__all__ = ["HANDLE_ID", "Built", "Want", "point_reader", "read_points", "read_table", "reader_of"]
