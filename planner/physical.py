"""Physical plan nodes: what the executor runs.

Every node has `schema` (the columns that it gives, in order), `children`, `with_children`, and two facts for EXPLAIN:
`id` (unique within the plan; runtime statistics are kept under it) and `estimated_rows`. Nodes compare by identity.

Values known only at execution (parameters, correlated columns, the outer row of an index join, NOW()) stay expressions
in the plan. Whoever runs a node gives it a `value_of: Callable[[Expression], Value]` that evaluates such an expression
without input row; so a plan is reused unchanged with other parameter values.

A reader's `cop` is the chain of nodes that its coprocessor request stands for (leaf: `TableScan` or `IndexScan`); it is
there for EXPLAIN and for readers that cannot send the request (they run the chain over decoded rows instead). `request`
is the same chain as a tipb DAG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from planner.expr.guards import Guard
from planner.expr.nodes import AggregateCall, Column, Expression, OrderItem
from planner.logical import Delete as LogicalDelete
from planner.logical import Insert as LogicalInsert
from planner.logical import JoinKind, LockMode, LockWait, SetKind, ViewPrivilege, join_schema, nullable
from planner.logical import Update as LogicalUpdate
from sqlnode.base.schema import ColumnInfo, IndexInfo, TableInfo
from sqlnode.base.types import SqlType
from store.proto import tipb_pb2

if TYPE_CHECKING:
    from planner.access.range_plan import RangePlan

Node = TypeVar("Node", bound="PhysicalNode")

SHORT_RANGE_ROWS = 512
"""Entries that the row path reads before it gives up and lets the column plan run."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PhysicalNode:
    """Base of the physical nodes. `id` is 0 until the finished plan is numbered."""

    id: int = 0
    estimated_rows: float = 0.0

    @property
    def schema(self) -> tuple[Column, ...]:
        """The columns that the node gives."""
        raise AssertionError(type(self))

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        """The inputs. A reader's cop chain is no input: see its `cop`."""
        return ()

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        """The same node over other inputs."""
        assert not children
        return self


@dataclass(frozen=True, eq=False, kw_only=True)
class _Unary(PhysicalNode):
    child: PhysicalNode

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.child.schema

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return (self.child,)

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        (child,) = children
        return self if child is self.child else replace(self, child=child)  # type: ignore[attr-defined, call-arg]


# --- leaves: keys ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One key part's value at execution. `expression` needs no input row; `type` is the key column's type, `length` the
    key part's prefix length (-1 for points: whole columns only).

    The value must be brought to the column's type without loss: `planner.access.convert.exact(value, expression.type,
    type, zone)` gives the converted value, or `NO_VALUE` when no column value can equal it (then no row matches), as
    for NULL.
    """

    expression: Expression
    type: SqlType
    length: int = -1


@dataclass(frozen=True, slots=True)
class RowLock:
    """A lock that a reader takes on the rows it reads."""

    mode: LockMode = LockMode.UPDATE
    wait: LockWait = LockWait.WAIT


@dataclass(frozen=True, eq=False, kw_only=True)
class PointGet(PhysicalNode):
    """At most one row, by its handle (`index` None: the integer handle or the clustered primary key, `key` has one
    value per key column in key order) or by a whole unique index (`key` has one value per index column).

    Output: `columns`, described by `infos` (in step; id -1 is the hidden row id). With `lock` the row's key (and the
    index key, also when no row exists) is locked first and the value read under the lock.
    """

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo | None
    key: tuple[KeyValue, ...]
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    lock: RowLock | None = None
    estimated_rows: float = 1.0

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class BatchPointGet(PhysicalNode):
    """As `PointGet` for several keys. Equal keys (after conversion) give their row once. Output order is free unless
    `keep_order` (then by key, descending with `desc`)."""

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo | None
    keys: tuple[tuple[KeyValue, ...], ...]
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    keep_order: bool = False
    desc: bool = False
    lock: RowLock | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


# --- leaves: coprocessor -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class TableScan(PhysicalNode):
    """Cop leaf: rows of a table, by record key. `ranges` is None on the table side of an index lookup (the handles
    say which rows). `columns` and `infos` in step; info id -1 is the integer handle (hidden row id)."""

    database: str
    table: TableInfo
    alias: str
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    ranges: RangePlan | None = None
    keep_order: bool = False
    desc: bool = False
    pseudo: bool = True

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexScan(PhysicalNode):
    """Cop leaf: entries of an index. `columns`: every index column in index order, then the handle column(s): one
    integer (info id -1 or the integer primary key), or every primary-key column of a clustered table."""

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    ranges: RangePlan
    keep_order: bool = False
    desc: bool = False
    pseudo: bool = True

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class RequestTemplate:
    """A coprocessor request without its ranges. `dag` is shared by all executions and never changed. `slots[i]` is the
    expression whose value goes into the DAG's parameter i (an Expr of type PARAMETER with that index): evaluate them
    with `value_of` and pass the tuple as `CopRequest.parameters`. `columns` are the DAG's output, in offset order,
    `scanned` those of its scan, by whose offsets a store knows them."""

    dag: tipb_pb2.DAGRequest
    columns: tuple[Column, ...]
    slots: tuple[Expression, ...] = ()
    scanned: tuple[Column, ...] = ()


NO_DAG = tipb_pb2.DAGRequest()
"""Stands in readers until pushdown writes their request; never in a finished plan."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TableReader(PhysicalNode):
    """Rows from a record-range request. Run: `ranges.evaluate(value_of, zone)` gives groups of key ranges; the request
    goes over each group. `keep_order`: rows must come in key order (`desc`: descending; then groups last to first), one
    group after the other. `limit_hint`: nobody will read more rows than this (an expression), so pages can be small."""

    database: str
    table: TableInfo
    alias: str
    cop: PhysicalNode
    request: RequestTemplate
    ranges: RangePlan
    keep_order: bool = False
    desc: bool = False
    limit_hint: Expression | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.request.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexReader(PhysicalNode):
    """Rows from index entries alone (covering index); otherwise as `TableReader`."""

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo
    cop: PhysicalNode
    request: RequestTemplate
    ranges: RangePlan
    keep_order: bool = False
    desc: bool = False
    limit_hint: Expression | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.request.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexLookUp(PhysicalNode):
    """Double read: `index_request` gives the handle columns only (one integer, or the clustered primary key's columns in
    key order, to be encoded as a common handle); the rows of those handles are then read through `table_request`.
    `keep_order`: output in index order (`desc`: descending), else in any order. `limit`: stop after that many handles
    have given a row (offset + count; a Limit above does the offset)."""

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo
    index_cop: PhysicalNode
    index_request: RequestTemplate
    ranges: RangePlan
    table_cop: PhysicalNode
    table_request: RequestTemplate
    keep_order: bool = False
    desc: bool = False
    limit_hint: Expression | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.table_request.columns


@dataclass(frozen=True, slots=True)
class MemPredicate:
    """A condition on a column of a server table that its generator may use: `column` (lower case) `in` the operands
    (equality is one operand), or `like` any of the patterns. The filter stays in a Selection above as well."""

    column: str
    op: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class MemTableScan(PhysicalNode):
    """Rows of a server table (information_schema). `predicates` are hints."""

    database: str
    table: TableInfo
    alias: str
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    predicates: tuple[MemPredicate, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class ShortRange(PhysicalNode):
    """Leaf of a row-path plan: rows of a short key range as Python tuples of `columns`.

    Read at most `SHORT_RANGE_ROWS` keys (limit + 1); if more remain, drop everything and run the column plan
    (`PhysicalPlan.root`). `index` None: record range, values decoded from rows. `index` set and `covering`: values
    decoded from index entries (see `IndexScan` for the column order). `index` set and not `covering`: entries give
    handles, whose rows are fetched with one batch get. Rows come in key order when `keep_order` (descending: `desc`).
    """

    database: str
    table: TableInfo
    alias: str
    index: IndexInfo | None
    ranges: RangePlan
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    covering: bool = False
    keep_order: bool = False
    desc: bool = False
    limit_hint: Expression | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


# --- leaves: values ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Dual(PhysicalNode):
    """`rows` (0 or 1) rows; `columns` are normally none, else NULLs."""

    rows: int = 1
    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class ValuesScan(PhysicalNode):
    """Rows of expressions that need no input row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Expression, ...], ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class CteScan(PhysicalNode):
    """Rows of a common table expression: the plan `PhysicalPlan.ctes[cte_id]` runs once per statement (kept in
    `ExecContext.ctes`), `columns[i]` renames its i-th column."""

    cte_id: int
    name: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


# --- rows to rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Selection(_Unary):
    """Rows for which every condition is true; evaluated left to right over the rows still alive."""

    conditions: tuple[Expression, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Projection(_Unary):
    """`columns[i]` = `expressions[i]`."""

    expressions: tuple[Expression, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


class AggMode(Enum):
    """COMPLETE: rows to results. PARTIAL: rows to partial states (cop side only). FINAL: partial states to results."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FINAL = "final"


@dataclass(frozen=True, eq=False, kw_only=True)
class HashAgg(_Unary):
    """Groups. Output `columns`: one per aggregate, then one per group expression (its first value in the group). Without
    `group_by` exactly one row. Without `aggregates` it is DISTINCT.

    FINAL: an aggregate's `args` are the partial columns of the child: count (count), sum (sum), avg (count, sum),
    min, max, first_row and bit_* (one); counts are BIGINT UNSIGNED. `group_by` are the child's group columns.
    PARTIAL: `columns` are the partial columns in that order, then the group columns.
    """

    group_by: tuple[Expression, ...]
    aggregates: tuple[AggregateCall, ...]
    columns: tuple[Column, ...]
    mode: AggMode = AggMode.COMPLETE

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True, eq=False, kw_only=True)
class StreamAgg(HashAgg):
    """The same over input that is sorted by the group columns (or without groups): groups come out in that order."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Sort(_Unary):
    """All rows in order; NULL is smallest."""

    items: tuple[OrderItem, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class TopN(_Unary):
    """The first `count` rows after `offset` in order. In a cop chain `offset` is None and `count` already includes it."""

    items: tuple[OrderItem, ...]
    count: Expression | None
    offset: Expression | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Limit(_Unary):
    """`count` rows (None: all) after skipping `offset` (None: 0). In a cop chain as for `TopN`."""

    count: Expression | None
    offset: Expression | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class MaxOneRow(_Unary):
    """The child's row, or one row of NULLs when it has none; error 1242 when it has more."""

    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns or tuple(nullable(c) for c in self.child.schema)


@dataclass(frozen=True, slots=True)
class LockSource:
    """A table whose rows a SelectLock locks: `handle` are the child's columns that give its handle (one integer, or the
    clustered primary key's columns in key order); `columns`/`infos` those of the child's columns that come from it."""

    database: str
    table: TableInfo
    alias: str
    handle: tuple[Column, ...]
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class SelectLock(_Unary):
    """Locks the rows that the child gives, a batch at a time (it sits below Limit): lock each source's record key, take
    `columns` anew from the value that the lock returned (the newest committed), drop rows that vanished or were skipped
    (SKIP LOCKED), and filter again by `conditions` (over the child's schema). A handle that is NULL (outer join) is not
    locked."""

    mode: LockMode
    wait: LockWait
    sources: tuple[LockSource, ...]
    conditions: tuple[Expression, ...] = ()
    limit_hint: Expression | None = None
    """A Limit above reads no more rows than this: lock no more than that many at a time, until it has them."""


# --- joins -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class _Join(PhysicalNode):
    kind: JoinKind
    left: PhysicalNode
    right: PhysicalNode
    mark: Column | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return join_schema(self.kind, self.left, self.right, self.mark)  # type: ignore[arg-type]

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return (self.left, self.right)

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        left, right = children
        return replace(self, left=left, right=right)  # type: ignore[call-arg]


@dataclass(frozen=True, slots=True)
class EqualPair:
    """`left` (over the left side) equals `right` (over the right side), both of one comparison type `type` (cast keys
    to it, weights of its collation for strings). `null_safe`: `<=>`. `null_aware`: from IN; a NULL makes the answer
    unknown (SEMI, ANTI, MARK)."""

    left: Expression
    right: Expression
    type: SqlType
    null_safe: bool = False
    null_aware: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class HashJoin(_Join):
    """Join by hashing one side. `equal` may be empty (then every pair is a candidate). A candidate pair joins if every
    condition in `other` (over left + right columns) is true; for outer joins these are ON conditions.

    `null_aware_other` conditions come from IN like a null-aware pair but are no plain equality of two sides: a NULL
    result makes the answer unknown rather than false. `build_left` says which side to hash (a wish).
    """

    equal: tuple[EqualPair, ...] = ()
    other: tuple[Expression, ...] = ()
    null_aware_other: tuple[Expression, ...] = ()
    build_left: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class IndexJoin(_Join):
    """Lookup join. The side `inner_is_right` names is a reader (TableReader, IndexReader or IndexLookUp, perhaps under a
    Selection) whose ranges contain the other side's columns as `Column` expressions: for a batch of outer rows evaluate
    the ranges once per distinct key (a `value_of` that reads the outer row), read them all in one request, then match by
    `equal` and `other` as HashJoin does. Kinds: INNER, LEFT, RIGHT, SEMI, ANTI without null-aware pairs. Outer order is
    kept."""

    equal: tuple[EqualPair, ...]
    other: tuple[Expression, ...] = ()
    inner_is_right: bool = True
    outer_keys: tuple[Column, ...] = ()
    """The outer columns that the inner ranges read."""
    inner_entries: float = 0.0
    """About how many records or entries a scan of the whole inner side reads, where that would do as well (nothing but
    outer columns limits the ranges); 0 where it would not."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Apply(_Join):
    """For each left row (distinct values of `correlated` may share an answer) set `EvalContext.correlated[column.id]` for
    the columns in `correlated`, run the right side, and join by `conditions` with `kind` as HashJoin does with `other`;
    the first `null_aware_count` conditions are null-aware."""

    correlated: tuple[Column, ...] = ()
    conditions: tuple[Expression, ...] = ()
    null_aware_count: int = 0


# --- sets --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Union(PhysicalNode):
    """UNION ALL: `columns[i]` is the i-th column of each input, inputs one after another."""

    inputs: tuple[PhysicalNode, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return self.inputs

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        return replace(self, inputs=tuple(children))  # type: ignore[call-arg]


@dataclass(frozen=True, eq=False, kw_only=True)
class SetOperation(Union):
    """INTERSECT or EXCEPT of two inputs, NULLs equal, strings by collation; ALL keeps multiplicities."""

    kind: SetKind = SetKind.INTERSECT
    all_rows: bool = False


# --- data changes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Insert(PhysicalNode):
    """INSERT or REPLACE: `node` says everything but the source's plan. `source` gives one column per named column."""

    node: LogicalInsert
    source: PhysicalNode | None = None

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return () if self.source is None else (self.source,)

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        return replace(self, source=children[0]) if children else self  # type: ignore[call-arg]


@dataclass(frozen=True, eq=False, kw_only=True)
class Update(PhysicalNode):
    """UPDATE: `source` gives, for every target of `node`, its `columns` (and `handle`), plus what assignments read."""

    node: LogicalUpdate
    source: PhysicalNode

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return (self.source,)

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        return replace(self, source=children[0])  # type: ignore[call-arg]


@dataclass(frozen=True, eq=False, kw_only=True)
class Delete(PhysicalNode):
    """DELETE: `source` gives, for every target of `node`, its `columns` (and `handle`)."""

    node: LogicalDelete
    source: PhysicalNode

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[PhysicalNode, ...]:
        return (self.source,)

    def with_children(self: Node, children: Sequence[PhysicalNode]) -> Node:
        return replace(self, source=children[0])  # type: ignore[call-arg]


# --- the plan ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PhysicalPlan:
    """A statement's plan. `columns` are the visible result columns (all of them in `root.schema`, by id); empty for DML.

    `row_path`, when set, is a linear plan with the same result for the row path: Selection, Projection, HashAgg without
    groups or as DISTINCT, Sort, TopN and Limit over a `ShortRange`, a `PointGet` or a `BatchPointGet`. Over a
    `ShortRange` it is speculative (see there).
    """

    root: PhysicalNode
    columns: tuple[Column, ...] = ()
    labels: tuple[str, ...] = ()
    tables: tuple[tuple[str, TableInfo], ...] = ()
    """(database, table or view) whose identity the plan depends on."""
    references: tuple[tuple[str, str], ...] = ()
    """Lower-case (database, alias) of the tables and views that the statement itself names: what LOCK TABLES checks."""
    privileges: tuple[tuple[str, str, str, str], ...] = ()
    """(privilege such as SELECT, database, table, column) to check before running; without a column: on the table or at
    least one column of it."""
    view_privileges: tuple[ViewPrivilege, ...] = ()
    """What the definitions of views need, of their definers or of the caller."""
    cacheable: bool = True
    guards: tuple[tuple[int, Guard], ...] = ()
    """Tests of parameters: the plan serves for values that pass (`planner.expr.guards`)."""
    parameter_types: tuple[SqlType, ...] = ()
    is_read_only: bool = True
    needs_lock: bool = False
    """Takes row locks: DML or a locking read."""
    into: object | None = None
    max_execution_ms: int = 0
    """Time limit of the statement itself; 0: the session's."""
    found_rows: bool = False
    row_path: PhysicalNode | None = None
    ctes: Mapping[int, PhysicalNode] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    """Names of the rules that changed the plan, in order."""
