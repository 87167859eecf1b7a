"""Logical to physical: which access path and which algorithm each node gets.

`build(node, want)` gives the cheapest plan that it knows; `want` says which order and how many rows the plan above could
use. Everything runs at the root here: readers are bare, aggregations whole. `planner.pushdown` then moves work down.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from planner import cardinality, cost, physical
from planner.access.readers import Built, Order, Want, read_table
from planner.context import PlanContext
from planner.expr.nodes import Column, Constant, CorrelatedColumn, Expression, OrderItem
from planner.ids import ColumnIds
from planner.joins import build_join, correlated_in, joined_rows, split_conditions
from planner.locks import with_locks
from planner.logical import (
    Aggregate,
    Apply,
    CteReference,
    DataSource,
    Delete,
    Distinct,
    Dual,
    Insert,
    Join,
    Limit,
    Lock,
    LogicalNode,
    MaxOneRow,
    Projection,
    Selection,
    SetKind,
    SetOperation,
    Sort,
    Update,
    Values,
)
from planner.memory_tables import memory_predicates
from planner.physical import HashAgg, MemTableScan, PhysicalNode, StreamAgg, TopN
from planner.rules import Optimized
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError

NOTHING = Want()
LIMIT_BIAS = 1.25


@dataclass(frozen=True, slots=True)
class Candidate:
    """The plan before pushdown."""

    root: PhysicalNode
    ctes: dict[int, PhysicalNode]


def physicalize(optimized: Optimized, context: PlanContext) -> Candidate:
    """The physical plan of an optimized statement, everything at the root."""
    state = Physicalizer(context, optimized.ids)
    ctes = {cte_id: state.build(plan).node for cte_id, plan in optimized.ctes.items()}
    state.cte_rows = {cte_id: node.estimated_rows for cte_id, node in ctes.items()}
    return Candidate(state.build(optimized.plan).node, ctes)


@dataclass(slots=True)
class Physicalizer:
    """The state of one statement's physical planning."""

    context: PlanContext
    ids: ColumnIds
    cte_rows: dict[int, float] = field(default_factory=dict)
    joins: dict[tuple[int, Want], tuple[Join, Built]] = field(default_factory=dict)
    """Plans found for joins, by the node's identity: each is asked for again with every join above it."""

    def build(self, node: LogicalNode, want: Want = NOTHING) -> Built:
        """The cheapest plan for a node."""
        match node:
            case DataSource():
                return self._source(node, (), want)
            case Selection():
                return self._selection(node, want)
            case Projection():
                return self._projection(node, want)
            case Apply():
                return self._apply(node, want)
            case Join():
                known = self.joins.get((id(node), want))
                if known is None:
                    known = self.joins[id(node), want] = (node, build_join(self, node, want))
                return known[1]
            case Aggregate():
                return self._aggregate(node, want)
            case Sort():
                return self._sort(node, want)
            case Limit():
                return self._limit(node, want)
            case Lock():
                built = self.build(node.child, want)
                return replace(built, node=with_locks(node, built.node))
            case SetOperation():
                return self._set_operation(node, want)
            case Distinct():
                return self._aggregate(Aggregate(node.child, node.schema, (), node.schema), want)
            case Insert() | Update() | Delete():
                return self._change(node)
        return self._leaf(node, want)

    def _leaf(self, node: LogicalNode, want: Want) -> Built:
        match node:
            case Dual():
                dual = physical.Dual(rows=node.rows, columns=node.columns, estimated_rows=float(node.rows))
                return Built(dual, 0.0)
            case Values():
                scan = physical.ValuesScan(columns=node.columns, rows=node.rows, estimated_rows=float(len(node.rows)))
                return Built(scan, len(node.rows) * cost.EVALUATE, not want.order)
            case MaxOneRow():
                child = self.build(node.child)
                row = physical.MaxOneRow(child=child.node, columns=node.columns, estimated_rows=1.0)
                return Built(row, child.cost)
            case CteReference():
                rows = self.cte_rows.get(node.cte_id, cardinality.PSEUDO_ROWS)
                reference = physical.CteScan(
                    cte_id=node.cte_id, name=node.name, columns=node.columns, estimated_rows=rows
                )
                return Built(reference, rows * cost.EVALUATE, not want.order)
        raise SqlError(NOT_SUPPORTED_YET, feature=type(node).__name__)

    # --- one table ---------------------------------------------------------------------------------------------------

    def _source(self, source: DataSource, conditions: tuple[Expression, ...], want: Want) -> Built:
        if source.table.partition is not None and source.table.partition.get("enable"):
            raise SqlError(NOT_SUPPORTED_YET, feature="partitioned tables")
        if any(isinstance(one, Constant) and not one.value for one in conditions):
            return Built(physical.Dual(rows=0, columns=source.columns), 0.0)
        if source.table.id < 0:
            return self._memory_table(source, conditions, want)
        return read_table(source, conditions, want, self.context, self.ids)

    def _memory_table(self, source: DataSource, conditions: tuple[Expression, ...], want: Want) -> Built:
        node: PhysicalNode = MemTableScan(
            database=source.database,
            table=source.table,
            alias=source.alias,
            columns=source.columns,
            infos=source.infos,
            predicates=memory_predicates(source, conditions),
            estimated_rows=cardinality.table_rows(source.table, self.context),
        )
        price = node.estimated_rows
        return Built(_filtered(node, conditions), price, not want.order)

    def _selection(self, node: Selection, want: Want) -> Built:
        if isinstance(node.child, DataSource):
            return self._source(node.child, node.conditions, want)
        share = cardinality.selectivity(node.conditions)
        limit = None if want.limit is None else want.limit / max(share, 1e-6)
        child = self.build(node.child, replace(want, limit=limit))
        price = child.cost + child.rows * len(node.conditions) * cost.EVALUATE
        return Built(_filtered(child.node, node.conditions), price, child.ordered)

    # --- rows to rows ------------------------------------------------------------------------------------------------

    def _projection(self, node: Projection, want: Want) -> Built:
        order = _order_below(node, want.order)
        below = Want(order or (), want.limit if order is not None else None)
        child = self.build(node.child, below)
        projection = physical.Projection(
            child=child.node, expressions=node.expressions, columns=node.columns, estimated_rows=child.rows
        )
        price = child.cost + child.rows * len(node.expressions) * cost.EVALUATE
        return Built(projection, price, child.ordered and order is not None)

    def _sort(self, node: Sort, want: Want) -> Built:
        return self._sorted(node, None, None, want)

    def _sorted(self, node: Sort, count: Expression | None, offset: Expression | None, want: Want) -> Built:
        """Sort, or with a count TopN; neither where the child can come in order for less."""
        items = tuple(item for item in node.items if not isinstance(item.expression, Constant))
        limit = _number(count, offset)
        plain = self.build(node.child)
        sorted_price = plain.cost + cost.sort(plain.rows, limit)
        order = _as_order(items)
        # What comes out is in this sort's order, which may not be the one that is wanted above (a derived table's own).
        covers = not want.order or (order is not None and order[: len(want.order)] == want.order)
        if order is not None:
            ordered = self.build(node.child, Want(order, limit if limit is not None else want.limit))
            # Estimates are rough: an order that comes for nothing is safer under a limit than a sort of "few" rows.
            if ordered.ordered and ordered.cost <= sorted_price * (1.0 if limit is None else LIMIT_BIAS):
                built = ordered if count is None else _limited(ordered, count, offset)
                return replace(built, ordered=covers)
        if count is None:
            return Built(physical.Sort(child=plain.node, items=items, estimated_rows=plain.rows), sorted_price, covers)
        rows = _limited_rows(plain.rows, count, offset)
        top = TopN(child=plain.node, items=items, count=count, offset=offset, estimated_rows=rows)
        return Built(top, sorted_price, covers)

    def _limit(self, node: Limit, want: Want) -> Built:
        if isinstance(node.child, Sort) and node.count is not None:
            return self._sorted(node.child, node.count, node.offset, want)
        limit = _number(node.count, node.offset)
        if limit is None or not want.order:
            child = self.build(node.child, Want(limit=limit))
        else:
            child = self.build(node.child, Want(want.order, limit))
        ordered = child.ordered and not want.order
        return replace(_limited(child, node.count, node.offset), ordered=ordered)

    def _aggregate(self, node: Aggregate, want: Want) -> Built:
        if not node.group_by:
            child = self.build(node.child)
            return self._aggregated(node, child, StreamAgg, 1.0)
        wanted = _group_order(node, want.order)
        child = self.build(node.child)
        price = child.cost + child.rows * cost.HASH
        if wanted is not None:
            ordered = self.build(node.child, Want(wanted))
            groups = cardinality.group_count(child.rows)
            if ordered.ordered and ordered.cost < price + (cost.sort(groups) if want.order else 0.0):
                built = self._aggregated(node, ordered, StreamAgg, cardinality.group_count(ordered.rows))
                return replace(built, ordered=True)
        built = self._aggregated(node, child, HashAgg, cardinality.group_count(child.rows))
        return replace(built, cost=built.cost + child.rows * cost.HASH, ordered=not want.order)

    def _aggregated(self, node: Aggregate, child: Built, kind: type[HashAgg], rows: float) -> Built:
        made = kind(
            child=child.node,
            group_by=node.group_by,
            aggregates=node.aggregates,
            columns=node.columns,
            estimated_rows=rows,
        )
        price = child.cost + child.rows * (len(node.aggregates) + len(node.group_by)) * cost.EVALUATE
        return Built(made, price)

    # --- several inputs ----------------------------------------------------------------------------------------------

    def _apply(self, node: Apply, want: Want) -> Built:
        left = self.build(node.left, want)
        right = self.build(node.right)
        correlated = correlated_in(node.right) & set(node.left.schema)
        rows = joined_rows(node.kind, left.rows, max(right.rows, 1.0), split_conditions(node))
        apply = physical.Apply(
            kind=node.kind,
            left=left.node,
            right=right.node,
            mark=node.mark,
            correlated=tuple(sorted(correlated, key=lambda column: column.id)),
            conditions=node.conditions,
            null_aware_count=node.null_aware_count,
            estimated_rows=rows,
        )
        return Built(apply, left.cost + left.rows * right.cost, False if want.order else left.ordered)

    def _set_operation(self, node: SetOperation, want: Want) -> Built:
        limit = want.limit if node.kind is SetKind.UNION and node.all_rows and not want.order else None
        inputs = [self.build(child, Want(limit=limit)) for child in node.inputs]
        price = sum(built.cost for built in inputs)
        rows = sum(built.rows for built in inputs)
        if node.kind is SetKind.UNION:
            union = physical.Union(
                inputs=tuple(built.node for built in inputs), columns=node.columns, estimated_rows=rows
            )
            if node.all_rows:
                return Built(union, price, not want.order)
            groups = cardinality.group_count(rows)
            distinct = HashAgg(
                child=union, group_by=node.columns, aggregates=(), columns=node.columns, estimated_rows=groups
            )
            return Built(distinct, price + rows * cost.HASH, not want.order)
        current = inputs[0].node
        for position, built in enumerate(inputs[1:], 2):
            columns = node.columns
            if position < len(inputs):
                columns = tuple(replace(column, id=self.ids.next()) for column in node.columns)
            current = physical.SetOperation(
                inputs=(current, built.node),
                columns=columns,
                kind=node.kind,
                all_rows=node.all_rows,
                estimated_rows=current.estimated_rows * 0.5,
            )
        return Built(current, price + rows * cost.HASH, not want.order)

    # --- data changes ------------------------------------------------------------------------------------------------

    def _change(self, node: Insert | Update | Delete) -> Built:
        if isinstance(node, Insert):
            if node.source is None:
                return Built(physical.Insert(node=node), 0.0)
            source = self.build(node.source)
            return Built(physical.Insert(node=node, source=source.node), source.cost)
        source = self.build(node.source)
        if isinstance(node, Update):
            return Built(physical.Update(node=node, source=source.node), source.cost)
        return Built(physical.Delete(node=node, source=source.node), source.cost)


# ------------------------------------------------------------------------------------------------------------- small parts


def _filtered(node: PhysicalNode, conditions: Iterable[Expression]) -> PhysicalNode:
    wanted = tuple(conditions)
    if not wanted:
        return node
    rows = node.estimated_rows * cardinality.selectivity(wanted)
    return physical.Selection(child=node, conditions=wanted, estimated_rows=rows)


def _number(count: Expression | None, offset: Expression | None) -> float | None:
    """How many rows a limit reads at most, where that is known (a parameter counts as few)."""
    if count is None:
        return None
    total = 0.0
    for part in (count, offset):
        if isinstance(part, Constant) and isinstance(part.value, int):
            total += part.value
        elif part is not None:
            total += 100.0
    return total


def _limited_rows(rows: float, count: Expression | None, offset: Expression | None) -> float:
    wanted = _number(count, None)
    return rows if wanted is None else min(rows, wanted)


def _limited(built: Built, count: Expression | None, offset: Expression | None) -> Built:
    rows = _limited_rows(built.rows, count, offset)
    limit = physical.Limit(child=built.node, count=count, offset=offset, estimated_rows=rows)
    return Built(limit, built.cost, built.ordered)


def _as_order(items: Iterable[OrderItem]) -> Order | None:
    """The items as columns; None when one is computed."""
    order = []
    for item in items:
        if isinstance(item.expression, CorrelatedColumn):
            continue
        if not isinstance(item.expression, Column):
            return None
        order.append((item.expression, item.descending))
    return tuple(order)


def _order_below(node: Projection, order: Order) -> Order | None:
    """An order of a projection's columns as one of its input's; None when one of them is computed."""
    given = dict(zip(node.columns, node.expressions))
    below = []
    for column, descending in order:
        expression = given.get(column)
        if not isinstance(expression, Column):
            return None
        below.append((expression, descending))
    return tuple(below)


def _group_order(node: Aggregate, order: Order) -> Order | None:
    """An order of the input by which equal groups stand together and groups come out as wanted; None if there is none."""
    groups = [expression for expression in node.group_by if isinstance(expression, Column)]
    if len(groups) != len(node.group_by):
        return None
    outputs = dict(zip(node.columns[len(node.aggregates) :], groups))
    wanted = []
    for column, descending in order:
        group = outputs.get(column)
        if group is None:
            return None
        wanted.append((group, descending))
    direction = wanted[0][1] if wanted else False
    placed = {column for column, _ in wanted}
    return (*wanted, *((column, direction) for column in groups if column not in placed))
