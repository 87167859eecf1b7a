"""What is fixed about writing one table: codec, generated columns, CHECK constraints, defaults, names of unique keys.

Compiled once per TableInfo and kept on it. Rows here are lists by column offset, non-public columns included, in *session
form*: TIMESTAMP in the session's zone, as expressions see them. `stored` brings a row to the form that the codec encodes
(TIMESTAMP in UTC).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any, Final, TypeAlias

from executor.compiled import kept
from executor.context import EvalContext, ExecContext
from executor.dml.defaults import Default, default_of
from executor.record_keys import repeated_key
from planner.bind import bind_expression, table_columns
from planner.context import PlanContext, SqlMode
from planner.expr.assignment import Assigner, assigner, quiet
from planner.expr.nodes import Column, Expression
from planner.expr.scalar import compile_scalar
from planner.parse.entry import parse_expression
from sqlnode.base.errors import CHECK_CONSTRAINT_VIOLATED, SqlError
from sqlnode.base.schema import ColumnInfo, SchemaState, TableInfo
from sqlnode.base.temporal import from_utc, is_repeated, to_utc
from sqlnode.base.types import Flag, TypeCode, Value
from sqlnode.base.zones import fixed_offset
from store.codec.keys import Handle
from store.codec.row_format import RowDecoder
from store.codec.table_codec import IndexEntry, TableCodec, origin_default_value

Row: TypeAlias = list[Value]
Scalar: TypeAlias = Callable[[Sequence[Value], EvalContext], Value]
PRIMARY: Final = "PRIMARY"


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated column: its value from the row's others."""

    offset: int
    compute: Scalar
    assign: Assigner
    virtual: bool
    reads: frozenset[int] = frozenset()
    """Offsets of the columns that the expression names."""


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint; false is a violation, NULL is not."""

    name: str
    passes: Scalar


class TableWriter:
    """See the module. `has_handle` is False when rows get hidden ids."""

    def __init__(self, database: str, table: TableInfo, plan_context: PlanContext) -> None:
        self.database = database
        self.table = table
        self.codec = TableCodec(table)
        self.width = len(table.columns)
        self.has_handle = table.pk_is_handle or table.is_common_handle
        self.row_columns: tuple[Column, ...] = table_columns(database, table, 1)
        self._timestamps = [column.offset for column in table.columns if column.type.code == TypeCode.TIMESTAMP]
        primary = self.codec.primary
        self._handle_timestamps = [
            part.offset for part in (primary.columns if primary is not None else ()) if part.offset in self._timestamps
        ]
        self.generated = [
            self._generated(column, plan_context) for column in table.public_columns if column.is_generated
        ]
        self.virtual = [one for one in self.generated if one.virtual]
        self._affected: dict[frozenset[int], list[Generated]] = {}
        """Generated columns by the columns assigned that they depend on."""
        self.lookup_encoders: dict[int, list[Callable[[Value], bytes]]] = {}
        """How foreign keys find rows in an index, by the index's id."""
        self.foreign_keys: Any = None
        """The table's `foreign_keys.ForeignKeys`, once somebody has asked."""
        self.checks = [
            Check(one.name, self._bound(one.expression, plan_context)[0])
            for one in table.constraints
            if one.enforced and one.state == SchemaState.PUBLIC
        ]
        self.on_update_now = [
            (column.offset, default_of(replace(column, default="CURRENT_TIMESTAMP", default_is_expr=False), None))
            for column in table.public_columns
            if column.type.flags & Flag.ON_UPDATE_NOW
        ]
        self.hidden_values = [
            (column.offset, origin_default_value(column))
            for column in table.columns
            if column.state != SchemaState.PUBLIC and not column.is_virtual
        ]
        self.defaults: list[Default] = [
            default_of(column, lambda text: self._bound(text, plan_context)) for column in table.columns
        ]
        self.unique_indexes = [index for index in table.indexes if index.unique and index is not self.codec.primary]
        self.index_names = {index.id: PRIMARY if index.primary else index.name for index in table.indexes}
        self._decoder: RowDecoder | None = None

    # --- compiling ---

    def _bound(self, text: str, plan_context: PlanContext) -> tuple[Scalar, Expression]:
        expression = bind_expression(parse_expression(text), self.row_columns, plan_context)
        return compile_scalar(expression, self.row_columns), expression

    def _generated(self, column: ColumnInfo, plan_context: PlanContext) -> Generated:
        compute, expression = self._bound(column.generated_expr, plan_context)
        assign = assigner(expression.type, column, self.table.name)
        reads = frozenset(one.offset for one in self.table.columns if one.name.lower() in (column.dependences or ()))
        return Generated(column.offset, compute, assign, column.is_virtual, reads)

    # --- rows ---

    def generate(self, row: Row, context: EvalContext, number: int = 1) -> None:
        """Fills in the generated columns, in order."""
        for one in self.generated:
            row[one.offset] = one.assign(one.compute(row, context), context, number)

    def regenerate(self, row: Row, context: EvalContext, number: int, assigned: frozenset[int]) -> None:
        """The same for a row that is changed: only what depends on the columns assigned is computed anew, so that a value
        which IGNORE has let in stays as long as nobody touches what it is made of."""
        affected = self._affected.get(assigned)
        if affected is None:
            affected = self._affected[assigned] = self._affected_by(assigned)
        for one in affected:
            row[one.offset] = one.assign(one.compute(row, context), context, number)

    def _affected_by(self, assigned: frozenset[int]) -> list[Generated]:
        touched = set(assigned)
        touched.update(offset for offset, _ in self.on_update_now)
        affected = []
        for one in self.generated:
            if not touched.isdisjoint(one.reads):
                touched.add(one.offset)
                affected.append(one)
        return affected

    def violated(self, row: Row, context: EvalContext) -> str | None:
        """The name of the first CHECK constraint that the row violates."""
        for check in self.checks:
            if check.passes(row, context) == 0:
                return check.name
        return None

    def check(self, row: Row, context: EvalContext) -> None:
        """Raises 3819."""
        if self.checks:
            name = self.violated(row, context)
            if name is not None:
                raise SqlError(CHECK_CONSTRAINT_VIOLATED, name=name)

    def stored(self, row: Row, zone: tzinfo | None) -> Row:
        """The row as the codec takes it; the same list when nothing changes."""
        if not self._timestamps or zone is None:
            return row
        row = row.copy()
        for offset in self._timestamps:
            value = row[offset]
            if value:
                row[offset] = to_utc(value, zone)  # type: ignore[arg-type]
        return row

    def repeats(self, row: Row, zone: tzinfo | None) -> bool:
        """Whether a TIMESTAMP of the row is a local time that two instants have, so that `stored` must guess."""
        if not self._timestamps or fixed_offset(zone) is not None:
            return False
        return any(is_repeated(row[offset] or 0, zone) for offset in self._timestamps)  # type: ignore[arg-type]

    def with_instants(self, stored: Row, row: Row, value: bytes, handle: Handle, zone: tzinfo | None) -> Row:
        """`stored` (made of `row`) with the instants of a stored row wherever they have the row's local times."""
        exact = self._row_decoder().decode(value, handle)
        stored = stored.copy()
        for offset in self._timestamps:
            instant = exact[offset]
            if instant and from_utc(instant, zone) == row[offset]:  # type: ignore[arg-type]
                stored[offset] = instant
        return stored

    def handle(self, row: Row, zone: tzinfo | None) -> Handle:
        """The handle that a row's own columns give. Error 1235 where a TIMESTAMP in it may be either of two instants."""
        if self._handle_timestamps and any(is_repeated(row[at] or 0, zone) for at in self._handle_timestamps):  # type: ignore[arg-type]
            raise repeated_key()
        found = self.codec.handle(self.stored(row, zone))
        assert found is not None, "the table has a handle of its own"
        return found

    def _row_decoder(self) -> RowDecoder:
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = self.codec.row_decoder(self.table.columns)
        return decoder

    def decode(self, value: bytes, handle: Handle, context: EvalContext) -> Row:
        """A stored row in session form, virtual columns computed."""
        row = self._row_decoder().decode(value, handle)
        zone = context.zone
        if zone is not None:
            for offset in self._timestamps:
                packed = row[offset]
                if packed:
                    row[offset] = from_utc(packed, zone)  # type: ignore[arg-type]
        if self.virtual:
            self.compute_virtual(row, context)
        return row

    def compute_virtual(self, row: Row, context: EvalContext) -> None:
        """Fills in the virtual columns of a row that is stored."""
        silent = quiet(context)
        for one in self.virtual:
            row[one.offset] = one.assign(one.compute(row, silent), silent, 1)

    def whole(self, values: Sequence[Value]) -> Row:
        """A row from the values of the public columns."""
        row = list(values)
        if len(row) < self.width:
            row += [None] * (self.width - len(row))
            for offset, value in self.hidden_values:
                row[offset] = value
        return row

    def unique_entries(self, entries: Sequence[IndexEntry]) -> list[IndexEntry]:
        """Those entries whose key must not exist twice."""
        return [entry for entry in entries if entry.distinct]


def writer_of(database: str, table: TableInfo, context: ExecContext) -> TableWriter:
    """The table's writer, compiled the first time."""
    return kept(table, "_writer", lambda: TableWriter(database, table, plan_context_of(context, database)))


def plan_context_of(context: ExecContext, database: str) -> PlanContext:
    """What stored expressions (defaults, generated columns, checks) are bound with: nothing of the session's modes."""
    return PlanContext(
        catalog=context.catalog,
        database=database,
        variables=context.variables,
        sql_mode=SqlMode.DEFAULT,
        zone=context.evaluation.zone,
        now_us=context.evaluation.now_us,
    )
