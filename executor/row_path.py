"""The row path: small results as Python tuples, without Arrow, tasks or threads.

A row-path plan is a chain over one source. It is compiled once (`RowProgram`, kept with the plan's node) to a source,
which is awaited, and steps from list to list. Where nothing above a stored source computes, its rows stay in
stored form (`StoredProgram`): the wire turns them into result rows without Python values.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import tzinfo
from operator import itemgetter
from typing import Any, Final, TypeAlias

from executor.compiled import Scalar, kept, row_filter, scalar
from executor.context import EvalContext, ExecContext
from executor.locked_range import is_short, locked_range
from executor.point import Inputs, PointLookup, RowReader, StoredRow, fetch
from executor.reads import reads_of
from executor.result import StoredLayout, StoredRows, ValueRows
from executor.row_aggregates import Arguments, compile_aggregate, compile_exact_sum
from executor.row_counts import limit_value
from executor.row_join import RowJoin
from executor.row_keys import ordered, row_identities, sorted_rows
from executor.short_range import index_rows, is_covering, stored_rows
from planner.expr.nodes import AggregateCall, Column, Constant, Expression, OrderItem, walk
from planner.physical import (
    AggMode,
    BatchPointGet,
    Dual,
    HashAgg,
    HashJoin,
    Limit,
    MaxOneRow,
    PhysicalNode,
    PointGet,
    Projection,
    Selection,
    SelectLock,
    ShortRange,
    Sort,
    TopN,
    ValuesScan,
)
from planner.row_path import joins_as_rows
from sqlnode.base.errors import SUBQUERY_NO_1_ROW, SqlError
from sqlnode.base.types import SqlType, Value
from store.api import Reads

Rows: TypeAlias = list[Any]
Step: TypeAlias = Callable[[Rows, EvalContext], Rows]
Source: TypeAlias = Callable[[ExecContext], Awaitable["Rows | None"]]
_SOURCES: Final = (PointGet, BatchPointGet, ShortRange, SelectLock, HashJoin, ValuesScan, Dual)
_STEPS: Final = (Selection, Projection, HashAgg, Sort, TopN, Limit, MaxOneRow)


def is_linear(node: PhysicalNode) -> bool:
    """Whether a node and everything below it can run on the row path."""
    while isinstance(node, _STEPS):
        if isinstance(node, HashAgg) and node.mode is not AggMode.COMPLETE:
            return False
        (node,) = node.children
    if isinstance(node, SelectLock):
        return is_short(node)
    if isinstance(node, HashJoin):
        return joins_as_rows(node) and is_linear(node.left) and is_linear(node.right)
    return isinstance(node, _SOURCES)


class RowProgram:
    """A chain of nodes as a source and steps. `run` gives None when a short range turned out to be long."""

    __slots__ = ("_source", "_steps")

    def __init__(self, root: PhysicalNode) -> None:
        steps: list[Step] = []
        node = root
        read = [column.id for column in root.schema]
        while not isinstance(node, _SOURCES):
            steps.append(_step(node))
            read = _read_by(node, read)
            (node,) = node.children
        steps.reverse()
        self._steps = tuple(steps)
        self._source = _source(node, frozenset(read))

    async def run(self, context: ExecContext) -> Rows | None:
        """The rows of one execution."""
        rows = await self._source(context)
        if rows is None:
            return None
        evaluation = context.evaluation
        for step in self._steps:
            rows = step(rows, evaluation)
        return rows


def row_program(node: PhysicalNode) -> RowProgram:
    """The node's program."""
    return kept(node, "_row_program", lambda: RowProgram(node))


# --- stored rows -------------------------------------------------------------------------------------------------


class StoredProgram:
    """Rows of a table that nothing computes on: perhaps fewer of its columns, perhaps a limit."""

    __slots__ = ("_handles", "columns", "layout", "limits", "source")

    def __init__(
        self,
        source: PointGet | BatchPointGet | ShortRange,
        layout: StoredLayout,
        columns: tuple[Column, ...],
        limits: Sequence[Step],
    ) -> None:
        self.source = source
        self.layout = layout
        self.columns = columns
        self.limits = tuple(limits)
        self._handles = layout.needs_handles

    async def run(self, context: ExecContext) -> StoredRows | None:
        """The rows of one execution; None as for `RowProgram`."""
        source = self.source
        values: list[StoredRow] | None
        if isinstance(source, ShortRange):
            values = await stored_rows(source, context, handles=self._handles)
            if values is None:
                return None
        else:
            values = await fetch(source, context)
        for limit in self.limits:
            values = limit(values, context.evaluation)
        return StoredRows(self.columns, self.layout, values, context.evaluation.zone)


def stored_program(root: PhysicalNode, wanted: Sequence[Column], columns: tuple[Column, ...]) -> StoredProgram | None:
    """The program that leaves rows in stored form, where the chain allows it. `wanted` are the root's columns that make
    the result, `columns` the same as the client sees them."""
    chosen = [column.id for column in wanted]
    limits: list[Step] = []
    node = root
    while isinstance(node, (Projection, Limit)):
        if isinstance(node, Limit):
            limits.append(_limit(node.count, node.offset))
        else:
            mapping = {column.id: expression for column, expression in zip(node.columns, node.expressions, strict=True)}
            sources = [mapping[column_id] for column_id in chosen]
            if not all(isinstance(expression, Column) for expression in sources):
                return None
            chosen = [expression.id for expression in sources if isinstance(expression, Column)]
        node = node.child
    if not isinstance(node, (PointGet, BatchPointGet, ShortRange)) or is_covering(node):
        return None
    infos = {column.id: info for column, info in zip(node.columns, node.infos, strict=True)}
    found = [infos[column_id] for column_id in chosen]
    if any(info.is_virtual for info in found):
        return None
    return StoredProgram(node, RowReader(node.table, found).layout, columns, limits[::-1])


# --- sources -----------------------------------------------------------------------------------------------------


def _read_by(node: PhysicalNode, above: list[int]) -> list[int]:
    """The ids of the columns that a step reads from its child, for itself and for what is above it."""
    expressions: list[Expression] = []
    match node:
        case Projection():
            expressions, above = list(node.expressions), []
        case HashAgg():
            expressions, above = [*node.group_by, *node.aggregates], []
        case Selection():
            expressions = list(node.conditions)
        case Sort() | TopN():
            expressions = [item.expression for item in node.items]
    return above + [part.id for one in expressions for part in walk(one) if isinstance(part, Column)]


def _reader(node: PointGet | BatchPointGet | ShortRange, read: frozenset[int]) -> RowReader:
    """A reader of the node's columns, in which those that nobody reads are NULL."""
    wanted = [column.id in read for column in node.columns]
    return RowReader(node.table, node.infos, wanted)


def _source(node: PhysicalNode, read: frozenset[int]) -> Source:
    match node:
        case PointGet() | BatchPointGet():
            reader = _reader(node, read)

            async def by_key(context: ExecContext) -> Rows | None:
                return reader.rows(await fetch(node, context), context.evaluation)

            return by_key
        case ShortRange():
            if is_covering(node):
                return lambda context: index_rows(node, context)
            range_reader = _reader(node, read)
            handles = range_reader.layout.needs_handles

            async def by_range(context: ExecContext) -> Rows | None:
                found = await stored_rows(node, context, handles=handles)
                return None if found is None else range_reader.rows(found, context.evaluation)

            return by_range
        case SelectLock():
            return locked_range(node).rows
        case HashJoin():
            return RowJoin(node, row_program(node.left).run, row_program(node.right).run).rows
        case ValuesScan():
            compiled = [[scalar(expression) for expression in row] for row in node.rows]

            async def values(context: ExecContext) -> Rows | None:
                evaluation = context.evaluation
                return [tuple([expression((), evaluation) for expression in row]) for row in compiled]

            return values
        case Dual():
            empty = (None,) * len(node.columns)

            async def dual(context: ExecContext) -> Rows | None:
                return [empty] * node.rows

            return dual
    raise AssertionError(f"{type(node).__name__} is no source of rows")


# --- steps -------------------------------------------------------------------------------------------------------


def _step(node: PhysicalNode) -> Step:
    match node:
        case Selection():
            passes = row_filter(node.conditions, node.child.schema)
            return lambda rows, context: [row for row in rows if passes(row, context)]
        case Projection():
            return _projection(node.expressions, node.child.schema)
        case HashAgg():
            return aggregation_step(node)
        case Sort():
            return _sort(node.items, node.child.schema)
        case TopN():
            sort, limit = _sort(node.items, node.child.schema), _limit(node.count, node.offset)
            return lambda rows, context: limit(sort(rows, context), context)
        case Limit():
            return _limit(node.count, node.offset)
        case MaxOneRow():
            nulls = (None,) * len(node.schema)

            def one_row(rows: Rows, context: EvalContext) -> Rows:
                if len(rows) > 1:
                    raise SqlError(SUBQUERY_NO_1_ROW)
                return rows or [nulls]

            return one_row
    raise AssertionError(f"{type(node).__name__} does not run on rows")


def row_maker(expressions: Sequence[Expression], columns: Sequence[Column]) -> Callable[[Any, EvalContext], Any]:
    """A function from a row to the tuple of some expressions."""
    positions = {column.id: position for position, column in enumerate(columns)}
    places = [positions[expression.id] for expression in expressions if isinstance(expression, Column)]
    if len(places) == len(expressions):
        if len(places) == 1:
            (place,) = places
            return lambda row, context: (row[place],)
        if not places:
            return lambda row, context: ()
        get = itemgetter(*places)
        return lambda row, context: get(row)
    compiled = [scalar(expression, columns) for expression in expressions]
    return lambda row, context: tuple([evaluate(row, context) for evaluate in compiled])


def _projection(expressions: Sequence[Expression], columns: Sequence[Column]) -> Step:
    make = row_maker(expressions, columns)
    return lambda rows, context: [make(row, context) for row in rows]


def _sort(items: Sequence[OrderItem], columns: Sequence[Column]) -> Step:
    only = items[0]
    if len(items) == 1 and isinstance(only.expression, Column):
        sql_type, descending = only.expression.type, only.descending
        place = [column.id for column in columns].index(only.expression.id)
        return lambda rows, context: ordered(rows, [row[place] for row in rows], sql_type, descending=descending)
    keys: list[tuple[Scalar, SqlType, bool]] = [
        (scalar(item.expression, columns), item.expression.type, item.descending) for item in items
    ]
    return lambda rows, context: sorted_rows(rows, keys, context)


def _limit(count: Expression | None, offset: Expression | None) -> Step:
    count_of, offset_of = limit_value(count), limit_value(offset)

    def run(rows: Rows, context: EvalContext) -> Rows:
        start, wanted = offset_of(context) or 0, count_of(context)
        return rows[start:] if wanted is None else rows[start : start + wanted]

    return run


def aggregation_step(node: HashAgg) -> Step:
    """A COMPLETE aggregation of rows."""
    columns = node.child.schema
    groups_of = row_maker(node.group_by, columns)
    aggregates = [_aggregate(call, columns) for call in node.aggregates]
    if not node.group_by:
        return lambda rows, context: [tuple([finish(rows, context) for finish in aggregates])]
    identities = row_identities([expression.type for expression in node.group_by])
    if not node.aggregates:

        def distinct(rows: Rows, context: EvalContext) -> Rows:
            keys = [groups_of(row, context) for row in rows]
            found: dict[object, Any] = {}
            for identity, key in zip(identities(keys), keys, strict=True):
                found.setdefault(identity, key)
            return list(found.values())

        return distinct

    def grouped(rows: Rows, context: EvalContext) -> Rows:
        keys = [groups_of(row, context) for row in rows]
        groups: dict[object, tuple[Any, Rows]] = {}
        for identity, key, row in zip(identities(keys), keys, rows, strict=True):
            groups.setdefault(identity, (key, []))[1].append(row)
        return [(*[finish(members, context) for finish in aggregates], *key) for key, members in groups.values()]

    return grouped


def _aggregate(call: AggregateCall, columns: Sequence[Column]) -> Callable[[Rows, EvalContext], Value]:
    if (
        call.name == "count"
        and not call.distinct
        and all(isinstance(arg, Constant) and arg.value is not None for arg in call.args)
    ):
        return lambda rows, context: len(rows)
    total = compile_exact_sum(call)
    if total is not None and isinstance(call.args[0], Column):
        place = [column.id for column in columns].index(call.args[0].id)
        return lambda rows, context: total([row[place] for row in rows])
    make = row_maker((*call.args, *(item.expression for item in call.order_by)), columns)
    finish = compile_aggregate(call)

    def run(rows: Rows, context: EvalContext) -> Value:
        arguments: list[Arguments] = [make(row, context) for row in rows]
        return finish(arguments, context)

    return run


# --- plans -------------------------------------------------------------------------------------------------------


class StoredPoint:
    """The whole of a point read by record key without a lock: the hot path. `is_direct`: `read` may be called."""

    __slots__ = ("_columns", "_handle", "_key", "_layout", "is_direct")

    def __init__(self, node: PointGet, program: StoredProgram) -> None:
        lookup = PointLookup(node)
        self._key = lookup.key
        self._handle = lookup.handle
        self._columns = program.columns
        self._layout = program.layout
        self.is_direct = lookup.is_direct

    async def run(self, context: ExecContext) -> StoredRows:
        """The row, or none."""
        evaluation = context.evaluation
        reads = reads_of(context) if context.for_update_read else context.snapshot
        return await self._fetch(self._key(evaluation), reads, evaluation.zone)

    async def read(self, reads: Reads, parameters: tuple[Value, ...], zone: tzinfo | None) -> StoredRows:
        """`run` without the contexts that such a read needs nothing of."""
        return await self._fetch(self._key(Inputs(parameters)), reads, zone)

    async def _fetch(self, key: bytes | None, reads: Reads, zone: tzinfo | None) -> StoredRows:
        value = None if key is None else await reads.get(key)
        rows = () if value is None else ((self._handle(key), value),)  # type: ignore[arg-type]
        return StoredRows(self._columns, self._layout, rows, zone)


class RowPlan:
    """The row path of a whole plan."""

    __slots__ = ("_columns", "_pick", "_program")

    def __init__(self, root: PhysicalNode, wanted: Sequence[Column], columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._program = row_program(root)
        self._pick: Callable[[Any, EvalContext], Any] | None = None
        if [column.id for column in wanted] != [column.id for column in root.schema]:
            self._pick = row_maker(wanted, root.schema)

    async def run(self, context: ExecContext) -> ValueRows | None:
        """The result; None when the column plan must run."""
        rows = await self._program.run(context)
        if rows is None:
            return None
        if self._pick is not None:
            pick, evaluation = self._pick, context.evaluation
            rows = [pick(row, evaluation) for row in rows]
        return ValueRows(self._columns, rows)


def row_plan(
    root: PhysicalNode, wanted: Sequence[Column], columns: tuple[Column, ...]
) -> StoredPoint | StoredProgram | RowPlan:
    """How a linear plan runs. `wanted` are the root's columns that make the result, `columns` as clients see them."""
    stored = stored_program(root, wanted, columns)
    if stored is None:
        return RowPlan(root, wanted, columns)
    source = stored.source
    if isinstance(source, PointGet) and source.index is None and source.lock is None and not stored.limits:
        return StoredPoint(source, stored)
    return stored
