"""Copies a table's rows into a new table id under a new definition, as ALTER TABLE … ALGORITHM=COPY does.

Nobody writes the table meanwhile (the caller has frozen it); readers go on with the old one. Values are brought to
the new columns as an assignment would: what does not fit is an error in strict mode and a warning otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from executor.context import EvalContext, ExecContext
from executor.dml.constraints import duplicate_index, duplicate_primary
from executor.dml.table_writer import Row, TableWriter
from planner.context import SqlMode
from planner.expr.assignment import Assigner, assigner, zero_value
from planner.expr.assignment_text import text_of
from sqlnode.base.collation import charset_by_name
from sqlnode.base.errors import (
    CHECK_CONSTRAINT_VIOLATED,
    DATA_TOO_LONG,
    INCORRECT_COLUMN_VALUE,
    INVALID_USE_OF_NULL,
    WARN_DATA_TRUNCATED,
    SqlError,
    SqlWarning,
)
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, Value
from sqlnode.ddl.alter_plan import AlterPlan
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.table_rows import ParentLookup, batches, execution_of, writer_for
from store.codec.keys import Handle
from store.snapshot import Snapshot
from store.transaction import Transaction

Fill: TypeAlias = Callable[[Row, Row, EvalContext, int], Value]
"""(old row, new row so far, context, row number) → value of one new column."""


@dataclass(slots=True)
class Copied:
    """What a copy did: rows, and the counters that go on under the new id."""

    rows: int = 0
    auto_increment: int = 0
    row_id: int = 0


async def copy_rows(
    database: str, old: TableInfo, plan: AlterPlan, table_id_of: TableInfo, snapshot: Snapshot, context: DdlContext
) -> Copied:
    """Copies all rows of `old` into `table_id_of`, the new table. Raises 1062, 1138, 1265, 1366, 3819, 1452, …."""
    new = table_id_of
    execution = execution_of(context, snapshot)
    source = writer_for(database, old, execution)
    target = writer_for(database, new, execution)
    fills = _fills(old, new, plan, target, context)
    copy = _Copy(source, target, fills, _instants(new, plan), execution, context)
    copy.renumbers_zero &= not _counted_before(new, plan)
    checked = plan.foreign_keys
    lookups = [ParentLookup.of(database, new, key, execution) for key in checked]
    done = Copied()
    async for batch in batches(snapshot, old.id, context.check_killed):
        transaction = context.store.begin(await context.store.timestamp(), pessimistic=False)
        try:
            rows = [copy.row(handle, value, done) for handle, value in batch]
            for stored, _, _ in rows:
                for lookup in lookups:
                    await lookup.check(stored)
            await copy.put(transaction, rows)
            await transaction.commit()
        finally:
            await transaction.rollback()
    return done


class _Copy:
    def __init__(
        self,
        source: TableWriter,
        target: TableWriter,
        fills: Sequence[tuple[int, Fill]],
        instants: Sequence[tuple[int, int]],
        execution: ExecContext,
        context: DdlContext,
    ) -> None:
        self.source = source
        self.target = target
        self.fills = fills
        self.instants = instants
        self.evaluation = execution.evaluation
        self.context = context
        counting = target.table.auto_increment_column
        self.counting = None if counting is None else counting.offset
        self.renumbers_zero = not context.sql_mode & SqlMode.NO_AUTO_VALUE_ON_ZERO

    def _with_instants(self, stored: Row, row: Row, old: Row, value: bytes, handle: Handle) -> Row:
        """The new row's TIMESTAMPs as the old row has them, not by way of their local times."""
        zone = self.context.zone
        if not self.instants or not self.source.repeats(old, zone):
            return stored
        exact = self.source.with_instants(self.source.stored(old, zone), old, value, handle, zone)
        stored = stored.copy()
        for offset, source in self.instants:
            if row[offset] == old[source]:
                stored[offset] = exact[source]
        return stored

    def row(self, handle: Handle, value: bytes, done: Copied) -> tuple[Row, Row, Handle]:
        """(new row in stored form, the same in session form, its handle)."""
        old = self.source.decode(value, handle, self.evaluation)
        done.rows += 1
        row: Row = [None] * self.target.width
        for offset, fill in self.fills:
            row[offset] = fill(old, row, self.evaluation, done.rows)
        if self.counting is not None:
            self._count(row, done)
        self.target.generate(row, self.evaluation, done.rows)
        name = self.target.violated(row, self.evaluation)
        if name is not None:
            raise SqlError(CHECK_CONSTRAINT_VIOLATED, name=name)
        stored = self._with_instants(self.target.stored(row, self.context.zone), row, old, value, handle)
        new_handle = self.target.codec.handle(stored)
        if new_handle is None:
            new_handle = handle if isinstance(handle, int) and not self.source.has_handle else done.rows
            assert isinstance(new_handle, int), "a hidden row id is a number"
            done.row_id = max(done.row_id, new_handle)
        return stored, row, new_handle

    def _count(self, row: Row, done: Copied) -> None:
        """AUTO_INCREMENT: rows without a number get the next one."""
        assert self.counting is not None, "called for a counting column"
        value = row[self.counting]
        if value is None or (value == 0 and self.renumbers_zero):
            value = row[self.counting] = done.auto_increment + 1
        number = int(value)
        done.auto_increment = max(done.auto_increment, number)

    async def put(self, transaction: Transaction, rows: Sequence[tuple[Row, Row, Handle]]) -> None:
        """Writes a batch; no key may be there already."""
        codec, table = self.target.codec, self.target.table
        records = [codec.record_key(handle) for _, _, handle in rows]
        entries = [codec.index_entries(stored, handle) for stored, _, handle in rows]
        keys = [entry.key for found in entries for entry in found if entry.distinct]
        taken = set(await transaction.batch_get([*records, *keys]))
        for (stored, row, _), record, found in zip(rows, records, entries, strict=True):
            if record in taken:
                raise duplicate_primary(table, row)
            taken.add(record)
            for entry in found:
                if entry.distinct:
                    if entry.key in taken:
                        raise duplicate_index(table, entry.index_id, row)
                    taken.add(entry.key)
                transaction.put(entry.key, entry.value)
            transaction.put(record, codec.encode_row(stored))


def _counted_before(new: TableInfo, plan: AlterPlan) -> bool:
    """Whether the AUTO_INCREMENT column was one before: then a 0 in it is a value like others."""
    counting = new.auto_increment_column
    source = None if counting is None else plan.sources[counting.offset]
    return source is not None and bool(source.type.flags & Flag.AUTO_INCREMENT)


def _fills(
    old: TableInfo, new: TableInfo, plan: AlterPlan, target: TableWriter, context: DdlContext
) -> list[tuple[int, Fill]]:
    """How each stored column of the new table gets its value; expression defaults come last."""
    first: list[tuple[int, Fill]] = []
    last: list[tuple[int, Fill]] = []
    for column, source in zip(new.columns, plan.sources, strict=True):
        if column.is_generated:
            continue
        if source is not None:
            checked = plan.counted and _is_checked(source, column, context)
            first.append((column.offset, _converted(source, column, new.name, checked=checked)))
        elif column.default_is_expr:
            last.append((column.offset, _default(column, target)))
        else:
            first.append((column.offset, _default(column, target)))
    return first + last


def _instants(new: TableInfo, plan: AlterPlan) -> list[tuple[int, int]]:
    """(offset in the new table, offset in the old one) of the TIMESTAMP columns that stay ones."""
    return [
        (column.offset, source.offset)
        for column, source in zip(new.columns, plan.sources, strict=True)
        if source is not None and column.type.code == source.type.code == TypeCode.TIMESTAMP
    ]


def _is_checked(source: ColumnInfo, column: ColumnInfo, context: DdlContext) -> bool:
    """Whether a column that stays as it is is looked at nevertheless: a copy checks dates when sql_mode forbids some."""
    forbidding = SqlMode.NO_ZERO_IN_DATE | SqlMode.NO_ZERO_DATE | SqlMode.ALLOW_INVALID_DATES
    return column.type.code in (TypeCode.DATE, TypeCode.DATETIME) and bool(context.sql_mode & forbidding)


def _converter(source: ColumnInfo, column: ColumnInfo, table: str) -> Assigner:
    """How a value is brought to the new column: as an assignment does it, but a number becomes the text that its column
    shows, and a BIT the number that it is."""
    one, other = source.type.code == TypeCode.BIT, column.type.code == TypeCode.BIT
    if source.type.is_numeric and not one and column.type.is_string:
        shown = text_of(source.type, column.type)
        assert shown is not None, "a number is no text"
        store = assigner(replace(column.type, code=TypeCode.VAR_STRING), column, table)
        return lambda value, context, row: store(shown(value, context, row), context, row)
    if one == other or column.type.is_blob:
        return assigner(source.type, column, table)
    number = SqlType(TypeCode.LONGLONG, Flag.UNSIGNED if one else 0, 20, 0)
    if one:
        return assigner(number, column, table)
    read, write = assigner(source.type, replace(column, type=number), table), assigner(number, column, table)
    return lambda value, context, row: write(read(value, context, row), context, row)


def _converted(source: ColumnInfo, column: ColumnInfo, table: str, *, checked: bool) -> Fill:
    offset = source.offset
    same = not checked and source.type.with_flags(remove=_MARKS) == column.type.with_flags(remove=_MARKS)
    convert = _converter(source, column, table)
    counting = bool(column.type.flags & Flag.AUTO_INCREMENT)
    not_null, zero, name = column.type.not_null, zero_value(column.type), column.name
    cut = _is_cut(source.type, column.type)

    def fill(old: Row, row: Row, context: EvalContext, number: int) -> Value:
        value = old[offset]
        if value is None:
            if not not_null or counting:
                return None
            if context.strict_dml:
                raise SqlError(INVALID_USE_OF_NULL)
            message = WARN_DATA_TRUNCATED.template.format(column=name, row=number)
            context.warn(SqlWarning("Warning", WARN_DATA_TRUNCATED.code, message))
            return zero
        if same:
            return value
        try:
            return convert(value, context, number)
        except SqlError as error:
            if cut and error.code == DATA_TOO_LONG.code:
                raise SqlError(WARN_DATA_TRUNCATED, column=name, row=number) from None
            raise

    return fill


_MARKS = (
    Flag.NOT_NULL | Flag.PRI_KEY | Flag.UNIQUE_KEY | Flag.MULTIPLE_KEY | Flag.NO_DEFAULT_VALUE | Flag.ON_UPDATE_NOW
    | Flag.AUTO_INCREMENT
)  # fmt: skip


def _is_cut(source: SqlType, target: SqlType) -> bool:
    """Whether MySQL copies bytes from field to field, where it reports what does not fit as truncated (1265); between
    other kinds of columns it stores a text, which is too long (1406)."""
    if source.code != target.code or source.collation != target.collation:
        return False
    if source.code != TypeCode.VARCHAR:
        return True
    width = charset_by_name(source.charset).max_length
    return (source.length * width > 255) == (target.length * width > 255)


def _default(column: ColumnInfo, target: TableWriter) -> Fill:
    """The value that rows get in a column that is new: its default, or the type's zero when it has none."""
    default = target.defaults[column.offset]
    refuse_zero = column.type.is_temporal and default.missing

    def fill(old: Row, row: Row, context: EvalContext, number: int) -> Value:
        if default.compute is not None:
            return default.compute(row, context)
        if refuse_zero and context.strict_dml and context.sql_mode & SqlMode.NO_ZERO_DATE:
            kind = "date" if column.type.length == 10 else "datetime"
            shown = "0000-00-00" if kind == "date" else "0000-00-00 00:00:00"
            raise SqlError(INCORRECT_COLUMN_VALUE, kind=kind, value=shown, column=column.name, row=number)
        return default.value

    return fill
