"""Logical plan nodes: what a statement means, before access paths and algorithms are chosen.

Every node has `schema` (the columns it gives, in order), `children` and `with_children`. No behaviour beyond that.
Columns are identified by id; see `planner.expr.nodes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, TypeVar

from planner.expr.guards import Guard
from planner.expr.nodes import AggregateCall, Column, Expression, OrderItem
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import Value

Node = TypeVar("Node", bound="LogicalNode")


class JoinKind(Enum):
    """How rows of two sides meet. SEMI and ANTI give the left columns only; the MARK kinds give them plus `mark`
    (1, 0 or NULL), for subqueries whose answer is used as a value."""

    INNER = "inner join"
    LEFT = "left outer join"
    RIGHT = "right outer join"
    SEMI = "semi join"
    ANTI = "anti semi join"
    MARK = "left outer semi join"
    ANTI_MARK = "anti left outer semi join"


class LockMode(Enum):
    """Row locks that a SELECT asks for."""

    UPDATE = "for update"
    SHARE = "for share"


class LockWait(Enum):
    """What a locking read does about a foreign lock."""

    WAIT = "wait"
    NOWAIT = "nowait"
    SKIP_LOCKED = "skip locked"


@dataclass(frozen=True)
class LogicalNode:
    """Base of the logical nodes."""

    @property
    def schema(self) -> tuple[Column, ...]:
        """The columns that the node gives."""
        raise AssertionError(type(self))

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        """The inputs."""
        return ()

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        """The same node over other inputs."""
        assert not children
        return self


@dataclass(frozen=True)
class _Unary(LogicalNode):
    child: LogicalNode

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.child.schema

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return (self.child,)

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        (child,) = children
        return self if child is self.child else replace(self, child=child)  # type: ignore[attr-defined, call-arg]


@dataclass(frozen=True)
class Dual(LogicalNode):
    """No table: `rows` (0 or 1) rows of `columns` (normally none)."""

    rows: int = 1
    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class Values(LogicalNode):
    """Rows of constant expressions (VALUES ROW(...), and INSERT's rows when few)."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Expression, ...], ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class DataSource(LogicalNode):
    """A stored (id > 0) or virtual (id < 0: information_schema) table. `columns` and `infos` run in step; pruning
    removes entries from both. `handle` asks for the row's handle as a column of its own (`_tidb_rowid`, or for DML)."""

    database: str
    table: TableInfo
    alias: str
    columns: tuple[Column, ...]
    infos: tuple[ColumnInfo, ...]
    index_hints: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """(USE|FORCE|IGNORE, scope JOIN|ORDER BY|GROUP BY|'', index names)"""

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class Selection(_Unary):
    """Rows for which every condition is true."""

    conditions: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Projection(_Unary):
    """`columns[i]` = `expressions[i]`."""

    expressions: tuple[Expression, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class Join(LogicalNode):
    """Join on the conjunction of `conditions` (equalities included; the optimizer splits them).

    `null_aware` (SEMI, ANTI and MARK kinds): the conditions in `null_aware_count` leading places come from IN and make
    the answer NULL rather than false when a NULL decides. `straight` forbids reordering. For outer joins the inner
    side's columns in `schema` are nullable.
    """

    kind: JoinKind
    left: LogicalNode
    right: LogicalNode
    conditions: tuple[Expression, ...] = ()
    mark: Column | None = None
    null_aware_count: int = 0
    straight: bool = False

    @property
    def schema(self) -> tuple[Column, ...]:
        return join_schema(self.kind, self.left, self.right, self.mark)

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return (self.left, self.right)

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        left, right = children
        return self if (left, right) == self.children else replace(self, left=left, right=right)  # type: ignore[call-arg]


@dataclass(frozen=True)
class Apply(Join):
    """A join whose right side reads left columns through `CorrelatedColumn`; run once per left row unless a rule
    decorrelates it into a plain Join."""


def join_schema(kind: JoinKind, left: LogicalNode, right: LogicalNode, mark: Column | None) -> tuple[Column, ...]:
    """The columns of a join."""
    match kind:
        case JoinKind.SEMI | JoinKind.ANTI:
            return left.schema
        case JoinKind.MARK | JoinKind.ANTI_MARK:
            assert mark is not None
            return (*left.schema, mark)
        case JoinKind.LEFT:
            return (*left.schema, *(nullable(c) for c in right.schema))
        case JoinKind.RIGHT:
            return (*(nullable(c) for c in left.schema), *right.schema)
        case _:
            return (*left.schema, *right.schema)


def nullable(column: Column) -> Column:
    """The column as the inner side of an outer join gives it."""
    return replace(column, type=column.type.nullable()) if column.type.not_null else column


@dataclass(frozen=True)
class Aggregate(_Unary):
    """Groups by `group_by`; gives `columns`: one per aggregate, then one per group expression (the first value met of
    the group). Without `group_by` exactly one row."""

    group_by: tuple[Expression, ...] = ()
    aggregates: tuple[AggregateCall, ...] = ()
    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class Distinct(_Unary):
    """Rows with equal values (by collation) once; the first one met."""


@dataclass(frozen=True)
class Sort(_Unary):
    """Rows in order; NULL is smallest."""

    items: tuple[OrderItem, ...] = ()


@dataclass(frozen=True)
class Limit(_Unary):
    """`count` rows after skipping `offset`; both are constants or parameters."""

    count: Expression | None = None
    offset: Expression | None = None


@dataclass(frozen=True)
class MaxOneRow(_Unary):
    """The child's row, or one row of NULLs when it has none; error 1242 when it has more."""

    columns: tuple[Column, ...] = ()

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns or tuple(nullable(c) for c in self.child.schema)


class SetKind(Enum):
    """UNION, INTERSECT, EXCEPT; `all_rows` of the node tells ALL from DISTINCT."""

    UNION = "union"
    INTERSECT = "intersect"
    EXCEPT = "except"


@dataclass(frozen=True)
class SetOperation(LogicalNode):
    """`columns[i]` comes from the i-th column of each input; the binder has cast the inputs to the common types."""

    kind: SetKind
    all_rows: bool
    inputs: tuple[LogicalNode, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return self.inputs

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        return replace(self, inputs=tuple(children))  # type: ignore[call-arg]


@dataclass(frozen=True)
class Lock(_Unary):
    """Row locks on the sources named in `aliases` (empty: every one)."""

    mode: LockMode = LockMode.UPDATE
    wait: LockWait = LockWait.WAIT
    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CteReference(LogicalNode):
    """A use of a common table expression that is computed once per statement: `cte_id` names it, `plan` is shared by
    all uses, `columns` are this use's own."""

    cte_id: int
    name: str
    plan: LogicalNode
    columns: tuple[Column, ...]

    @property
    def schema(self) -> tuple[Column, ...]:
        return self.columns


@dataclass(frozen=True)
class Assignment:
    """`column = expression`; the expression reads the source row's columns. `target` indexes the DML's targets."""

    column: ColumnInfo
    expression: Expression | None
    """None: DEFAULT"""
    target: int = 0


@dataclass(frozen=True, slots=True)
class ViewCheck:
    """A condition over the columns of a written table that a view WITH CHECK OPTION asks of its new rows."""

    condition: Expression
    database: str
    view: str


@dataclass(frozen=True)
class DmlTarget:
    """One table that a statement writes. `columns` are the source plan's columns for ALL of the table's public columns
    in offset order (the executor needs whole rows), `handle` its handle column when the table has a hidden row id."""

    database: str
    table: TableInfo
    alias: str
    columns: tuple[Column, ...]
    handle: Column | None = None
    checks: tuple[ViewCheck, ...] = ()


@dataclass(frozen=True)
class Insert(LogicalNode):
    """INSERT or REPLACE into `target`. Either `rows` (expressions; None = DEFAULT), or `literals` (the block reader's
    rows), or `source`. `columns` are the named columns (all visible ones if none were named)."""

    database: str
    table: TableInfo
    columns: tuple[ColumnInfo, ...]
    rows: tuple[tuple[Expression | None, ...], ...] = ()
    literals: object | None = None
    source: LogicalNode | None = None
    replace_rows: bool = False
    ignore: bool = False
    on_duplicate: tuple[Assignment, ...] = ()
    row_columns: tuple[Column, ...] = ()
    """Columns by which `rows` expressions and on-duplicate expressions read the table's row (offset order): in ON
    DUPLICATE KEY UPDATE the existing row."""
    values_columns: tuple[Column, ...] = ()
    """Columns by which on-duplicate expressions read the row that would have been inserted (VALUES(c), row alias)."""
    checks: tuple[ViewCheck, ...] = ()
    """Over `row_columns`."""
    one_row: bool = False
    """The source is one row of VALUES, whose subqueries made a plan of it."""

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return (self.source,) if self.source is not None else ()

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        return replace(self, source=children[0]) if children else self  # type: ignore[call-arg]


@dataclass(frozen=True)
class Update(LogicalNode):
    """UPDATE: each source row updates each target; assignments are evaluated left to right (later ones see earlier ones
    within one table, as MySQL's single-table UPDATE does)."""

    source: LogicalNode
    targets: tuple[DmlTarget, ...]
    assignments: tuple[Assignment, ...]
    ignore: bool = False

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return (self.source,)

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        return replace(self, source=children[0])  # type: ignore[call-arg]


@dataclass(frozen=True)
class Delete(LogicalNode):
    """DELETE: each source row removes its row from each target."""

    source: LogicalNode
    targets: tuple[DmlTarget, ...]
    ignore: bool = False

    @property
    def schema(self) -> tuple[Column, ...]:
        return ()

    @property
    def children(self) -> tuple[LogicalNode, ...]:
        return (self.source,)

    def with_children(self: Node, children: Sequence[LogicalNode]) -> Node:
        return replace(self, source=children[0])  # type: ignore[call-arg]


class ViewPrivilege(NamedTuple):
    """What a view's definition needs. `view` is the outermost view; no `user`: the caller's rights count."""

    view_database: str
    view: str
    user: str
    host: str
    privilege: str
    database: str
    table: str
    column: str


@dataclass(frozen=True)
class BoundQuery:
    """What the binder gives: the plan, the visible result columns (a prefix choice of `plan.schema`: hidden sort
    columns are projected away by the plan itself), and what the plan depends on."""

    plan: LogicalNode
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
    parameter_types: tuple[object, ...] = ()
    locks: bool = False
    into: object | None = None
    max_execution_ms: int = 0
    """Time limit of the statement itself; 0: the session's."""
    found_rows: bool = False
    constants: dict[str, Value] = field(default_factory=dict)
