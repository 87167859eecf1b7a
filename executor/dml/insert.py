"""INSERT and REPLACE: values brought to columns, defaults, ids, generated columns, checks, and the write.

`InsertProgram` is what is fixed about one Insert node, compiled once. A run makes rows (`InsertRows`), gives them their
AUTO_INCREMENT values, and writes them: plain INSERT as a block (`_write_plain`), the forms that look at existing rows
(IGNORE, ON DUPLICATE KEY UPDATE, REPLACE) row by row (`insert_conflicts`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from executor.compiled import kept
from executor.context import EvalContext, ExecContext
from executor.dml.auto_increment import give_ids
from executor.dml.bulk_rows import BulkRows
from executor.dml.constraints import duplicate_at_commit, duplicate_index, duplicate_primary, or_earlier_duplicate
from executor.dml.foreign_keys import ForeignKeys, check_parents, keys_of
from executor.dml.insert_conflicts import write_with_conflicts
from executor.dml.insert_values import block_values
from executor.dml.load_data import LoadedFile, run_load
from executor.dml.row_writes import LOCK_CHUNK, put_new, writing_transaction
from executor.dml.table_writer import Row, Scalar, TableWriter, writer_of
from executor.dml.view_checks import RowCheck, check_view, row_checks
from executor.locking import lock_wait_ms
from executor.offload import computed
from executor.result import OkResult
from executor.running import collect, few_rows_of, values_of_batches
from planner.expr.assignment import Assigner, assigner
from planner.expr.nodes import Constant, Expression, columns_of
from planner.expr.scalar import compile_scalar
from planner.parse.values_block import ValuesBlock
from planner.physical import Insert, PhysicalNode, PhysicalPlan
from sqlnode.base.errors import BAD_NULL_ERROR, NO_REFERENCED_ROW_2, SqlError
from sqlnode.base.types import Value
from store.api import AlreadyExists
from store.codec.keys import Handle
from store.codec.table_codec import IndexEntry

_PLAIN_CHUNK: Final = 500
_COMPILE_COST: Final = 10
"""What compiling a value costs, beside the work on a row."""
SLICE_ROWS: Final = 1000
"""Rows after which other connections have their turn."""
_BY_COLUMN_ROWS: Final = 500


@dataclass(slots=True)
class InsertRun:
    """What one execution counts. `touched` are rows that ON DUPLICATE KEY UPDATE looked at and left as they were."""

    records: int = 0
    affected: int = 0
    duplicates: int = 0
    inserted: int = 0
    """Rows that a statement which looks at existing ones has added."""
    touched: int = 0
    insert_id: int = 0
    explicit_id: int = 0
    """The last value that the statement itself gave to the AUTO_INCREMENT column."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a VALUES row: where it goes and how it is made; `compute` None is DEFAULT."""

    offset: int
    compute: Scalar | None
    assign: Assigner | None


@dataclass(slots=True)
class PendingRow:
    """A row on its way: `handle` is set for hidden row ids, `generated` when its AUTO_INCREMENT value was."""

    row: Row
    number: int
    handle: Handle | None = None
    generated: bool = False


@dataclass(slots=True)
class InsertProgram:
    """See the module."""

    node: Insert
    writer: TableWriter
    cells: list[list[Cell]] = field(default_factory=list)
    assigners: list[tuple[int, Assigner]] = field(default_factory=list)
    """For rows of a source: (offset, assigner) per named column."""
    named: frozenset[int] = frozenset()
    template: Row = field(default_factory=list)
    computed: list[int] = field(default_factory=list)
    """Offsets of unnamed columns whose default is computed for each statement (CURRENT_TIMESTAMP)."""
    late: list[int] = field(default_factory=list)
    """Offsets of unnamed columns whose default is an expression over the row."""
    missing: list[int] = field(default_factory=list)
    """Offsets of unnamed columns without a default."""
    auto_offset: int = -1
    reads_row: bool = False
    """Whether a value of a VALUES row reads the row's columns."""
    conflicts: bool = False
    """IGNORE, ON DUPLICATE KEY UPDATE or REPLACE."""
    view_checks: tuple[RowCheck, ...] = ()

    # --- rows ---

    def base_row(self, context: EvalContext) -> Row:
        """A row with the defaults that hold for the whole statement."""
        if not self.computed:
            return self.template
        row = self.template.copy()
        for offset in self.computed:
            row[offset] = self.writer.defaults[offset].get(row, context)
        return row

    def fill(self, row: Row, cells: Sequence[Cell], context: EvalContext, number: int) -> None:
        """Evaluates the values of one VALUES row, left to right: later ones may read earlier ones."""
        if self.reads_row and self.auto_offset >= 0:
            self._fill_reading(row, cells, context, number)
            return
        for cell in cells:
            if cell.compute is None:
                row[cell.offset] = self.writer.defaults[cell.offset].get(row, context)
            else:
                assert cell.assign is not None, "a value is assigned"
                row[cell.offset] = cell.assign(cell.compute(row, context), context, number)

    def _fill_reading(self, row: Row, cells: Sequence[Cell], context: EvalContext, number: int) -> None:
        """The same where the AUTO_INCREMENT column may be read: while it waits for its value it is 0."""
        offset = self.auto_offset
        waits = True
        row[offset] = 0
        for cell in cells:
            if cell.compute is None:
                row[cell.offset] = self.writer.defaults[cell.offset].get(row, context)
                continue
            assert cell.assign is not None, "a value is assigned"
            value = cell.assign(cell.compute(row, context), context, number)
            if cell.offset == offset:
                waits = value is None
            row[cell.offset] = 0 if value is None and cell.offset == offset else value
        if waits:
            row[offset] = None

    def finish(self, pending: PendingRow, context: EvalContext) -> None:
        """Expression defaults and generated columns, once ids are known, and the checks that nothing can make a row
        pass. Raises 1369, 3819."""
        row = pending.row
        for offset in self.late:
            row[offset] = self.writer.defaults[offset].get(row, context)
        if self.writer.generated:
            self.writer.generate(row, context, pending.number)
        if not self.conflicts:
            self.writer.check(row, context)
            check_view(self.view_checks, row, context)


def program_of(plan_node: Insert, context: ExecContext) -> InsertProgram:
    """The node's program, compiled the first time."""
    return kept(plan_node, "_program", lambda: _compile(plan_node, context))


def _compile(plan_node: Insert, context: ExecContext) -> InsertProgram:
    node = plan_node.node
    writer = writer_of(node.database, node.table, context)
    program = InsertProgram(plan_node, writer)
    auto = node.table.auto_increment_column
    program.auto_offset = -1 if auto is None else auto.offset
    program.conflicts = bool(node.ignore or node.replace_rows or node.on_duplicate)
    program.named = frozenset(column.offset for column in node.columns)
    program.view_checks = row_checks(node.checks, node.row_columns)
    program.template = [default.value for default in writer.defaults]
    for offset, value in writer.hidden_values:
        program.template[offset] = value
    for default in writer.defaults:
        offset = default.column.offset
        if offset in program.named or default.column.state != 5:
            continue
        if default.missing:
            program.missing.append(offset)
        elif default.needs_row:
            program.late.append(offset)
        elif default.compute is not None:
            program.computed.append(offset)
    if auto is not None and auto.offset not in program.named:
        program.template[auto.offset] = None
    program.reads_row = any(columns_of(expression) for row in node.rows for expression in row if expression is not None)
    for row in node.rows:
        program.cells.append(
            [_cell(program, expression, column.offset) for expression, column in zip(row, node.columns)]
        )
    if plan_node.source is not None:
        types = [column.type for column in plan_node.source.schema]
        program.assigners = [
            (column.offset, _nullable_assigner(program, sql_type, column.offset))
            for sql_type, column in zip(types, node.columns)
        ]
    return program


def _cell(program: InsertProgram, expression: Expression | None, offset: int) -> Cell:
    if expression is None:
        return Cell(
            offset, _null if offset == program.auto_offset else None, _keep if offset == program.auto_offset else None
        )
    if isinstance(expression, Constant) and expression.value is None and offset == program.auto_offset:
        return Cell(offset, _null, _keep)
    assign = _nullable_assigner(program, expression.type, offset)
    return Cell(offset, compile_scalar(expression, program.node.node.row_columns), assign)


def _nullable_assigner(program: InsertProgram, source: object, offset: int) -> Assigner:
    """The column's assigner; an AUTO_INCREMENT column lets NULL pass, which asks for the next value."""
    column = program.writer.table.columns[offset]
    assign = assigner(source, column, program.writer.table.name)  # type: ignore[arg-type]
    if offset != program.auto_offset:
        return assign
    return lambda value, context, row: None if value is None else assign(value, context, row)


def _null(row: Sequence[Value], context: EvalContext) -> Value:
    return None


def _keep(value: Value, context: EvalContext, number: int) -> Value:
    return value


# --- running ----------------------------------------------------------------------------------------------------------


async def run_insert(plan: PhysicalPlan, plan_node: Insert, context: ExecContext, warnings: list[int]) -> OkResult:
    """INSERT or REPLACE. `warnings[0]` counts the statement's warnings."""
    node = plan_node.node
    program: InsertProgram | None = plan_node.__dict__.get("_program")
    if program is None:
        cells = len(node.rows) * len(node.columns)
        program = await computed(_COMPILE_COST * cells, lambda: program_of(plan_node, context), context.kill)
    evaluation = context.evaluation
    run = InsertRun()
    for offset in program.missing:
        program.writer.defaults[offset].complain(evaluation)
    if node.literals is not None and not isinstance(node.literals, ValuesBlock):
        assert isinstance(node.literals, LoadedFile), "literals are a block or a file"
        return await run_load(program, node.literals, context, warnings)
    if plan_node.source is not None:
        await _insert_query(plan, program, plan_node.source, context, run)
    else:
        rows = await _rows(program, context, warnings)
        run.records = len(rows)
        await write_rows(program, context, rows, run)
    if plan_node.source is not None:
        many = not node.one_row
    else:
        many = len(rows) > 1 or node.literals is not None
    result = OkResult(run.affected, run.insert_id)
    if run.touched:
        result.matched_rows = run.affected + run.touched
    if many:
        duplicates = run.records - run.affected if node.ignore and not node.on_duplicate else run.duplicates
        result.info = f"Records: {run.records}  Duplicates: {duplicates}  Warnings: {warnings[0]}"
    if not run.insert_id and run.explicit_id and run.affected:
        result.explicit_insert_id = run.explicit_id
    return result


async def _insert_query(
    plan: PhysicalPlan, program: InsertProgram, source: PhysicalNode, context: ExecContext, run: InsertRun
) -> None:
    """INSERT … SELECT: first the query, whole, then its rows, by column where they are many and it can be done."""

    async def write(rows: Sequence[Sequence[Value]]) -> None:
        base = program.base_row(context.evaluation)
        for at in range(0, len(rows), SLICE_ROWS):
            if run.records:
                await _others(context)
            pending = _source_rows(program, base, rows[at : at + SLICE_ROWS], context.evaluation, run.records)
            run.records += len(pending)
            await write_rows(program, context, pending, run)

    few = await few_rows_of(source, context)
    if few is not None:
        await write(few)
        return
    batches = await collect(source, plan, context)
    bulk = BulkRows(program, context) if sum(batch.num_rows for batch in batches) >= _BY_COLUMN_ROWS else None
    if bulk is None or not bulk.usable:
        await write(values_of_batches(batches, source.schema))
        return
    for batch in batches:
        if await bulk.insert(batch, source.schema, run):
            run.records += batch.num_rows
        else:
            await write(values_of_batches([batch], source.schema))
        context.kill.check()
    context.rows_added(program.writer.table.id, float(run.affected))


async def _others(context: ExecContext) -> None:
    """Lets other connections go on. Raises what KILL says."""
    context.kill.check()
    await asyncio.sleep(0)


async def _rows(program: InsertProgram, context: ExecContext, warnings: list[int]) -> list[PendingRow]:
    evaluation = context.evaluation
    node = program.node.node
    base = program.base_row(evaluation)
    if node.literals is not None:
        assert isinstance(node.literals, ValuesBlock), "a block of literals"
        block = node.literals
        made = await computed(
            block.row_count * block.column_count,
            lambda: block_values(program, block, base, context, warnings),
            context.kill,
        )
        pendings = [PendingRow(row, number) for number, row in enumerate(made.rows, 1)]
        if made.failure is not None:
            raise await _earlier_failure(program, context, pendings, made.failure)
        return pendings
    if len(program.cells) == 1:
        row = base.copy()
        single = program.cells[0]
        _refuse_null(program, single, evaluation)
        program.fill(row, single, evaluation, 1)
        return [PendingRow(row, 1)]
    rows: list[PendingRow] = []
    failure: SqlError | None = None
    for number, cells in enumerate(program.cells, 1):
        if not number % SLICE_ROWS:
            await _others(context)
        row = base.copy()
        try:
            program.fill(row, cells, evaluation, number)
        except SqlError as error:
            failure = error
            break
        rows.append(PendingRow(row, number))
    if failure is not None:
        raise await _earlier_failure(program, context, rows, failure)
    return rows


async def _earlier_failure(
    program: InsertProgram, context: ExecContext, rows: list[PendingRow], failure: SqlError
) -> SqlError:
    """A value of a row cannot be stored; MySQL, which goes row by row, would have met first what is wrong with the rows
    before it."""
    if not rows:
        return failure
    try:
        await write_rows(program, context, rows, InsertRun())
    except SqlError as error:
        return error
    return await or_earlier_duplicate(context, writing_transaction(context), failure)


def _refuse_null(program: InsertProgram, cells: Sequence[Cell], context: EvalContext) -> None:
    """One-row INSERT refuses NULL for a NOT NULL column in every mode except IGNORE."""
    if context.strict_dml or program.node.node.ignore:
        return
    columns = program.writer.table.columns
    for cell in cells:
        if cell.compute is not None and columns[cell.offset].type.not_null and cell.offset != program.auto_offset:
            if cell.compute(program.template, context) is None:
                _refuse_null_in(program, cell.offset)


def _refuse_null_in(program: InsertProgram, offset: int) -> None:
    column = program.writer.table.columns[offset]
    if column.type.not_null and offset != program.auto_offset:
        raise SqlError(BAD_NULL_ERROR, column=column.name)


def _source_rows(
    program: InsertProgram, base: Row, source: Iterable[Sequence[Value]], context: EvalContext, before: int
) -> list[PendingRow]:
    """Rows of a query, of which `before` are done."""
    rows = []
    assigners = program.assigners
    nulls_pass = context.strict_dml or program.node.node.ignore or not program.node.node.one_row
    for number, values in enumerate(source, before + 1):
        row = base.copy()
        for (offset, assign), value in zip(assigners, values):
            if value is None and not nulls_pass:
                _refuse_null_in(program, offset)
            row[offset] = assign(value, context, number)
        rows.append(PendingRow(row, number))
    return rows


async def write_rows(program: InsertProgram, context: ExecContext, rows: list[PendingRow], run: InsertRun) -> None:
    """Ids, generated columns, checks, and the write of rows whose values are assigned. A row that fails stands back for
    what is wrong with those before it."""
    writer = program.writer
    if program.auto_offset >= 0:
        await give_ids(program, context, rows, run)
    failure: SqlError | None = None
    if program.late or writer.generated or (not program.conflicts and (writer.checks or program.view_checks)):
        for place, pending in enumerate(rows):
            try:
                program.finish(pending, context.evaluation)
            except SqlError as error:
                failure = error
                rows = rows[:place]
                break
            if place % SLICE_ROWS == SLICE_ROWS - 1:
                await _others(context)
    await _write_finished(program, context, rows, run)
    if failure is not None:
        raise await or_earlier_duplicate(context, writing_transaction(context), failure)


async def _write_finished(program: InsertProgram, context: ExecContext, rows: list[PendingRow], run: InsertRun) -> None:
    writer = program.writer
    if not writer.has_handle and rows:
        assert context.allocate_row_ids is not None, "hidden row ids need an allocator"
        first = await context.allocate_row_ids(writer.database, writer.table, len(rows))
        for place, pending in enumerate(rows):
            pending.handle = first + place
    keys = keys_of(context, writer)
    if program.conflicts:
        await write_with_conflicts(program, context, rows, keys, run)
        return
    if keys is not None and keys.parents:
        for place, pending in enumerate(rows, 1):
            await _write_plain(program, context, [pending], run, keys)
            if not place % SLICE_ROWS:
                await _others(context)
        return
    for at in range(0, len(rows), _PLAIN_CHUNK):
        if at:
            await _others(context)
        await _write_plain(program, context, rows[at : at + _PLAIN_CHUNK], run, None)


async def _write_plain(
    program: InsertProgram, context: ExecContext, rows: Sequence[PendingRow], run: InsertRun, keys: ForeignKeys | None
) -> None:
    """Rows that must not meet existing ones, in order. Raises 1062, 1452."""
    writer = program.writer
    codec = writer.codec
    zone = context.evaluation.zone
    transaction = writing_transaction(context)
    indexed = bool(writer.table.indexes)
    encoded: list[tuple[bytes, bytes, list[IndexEntry]]] = []
    for pending in rows:
        stored = writer.stored(pending.row, zone)
        handle = pending.handle if pending.handle is not None else codec.handle(stored)
        assert handle is not None, "a row has a handle"
        entries = codec.index_entries(stored, handle) if indexed else []
        encoded.append((codec.record_key(handle), codec.encode_row(stored), entries))
    if transaction.pessimistic:
        await _lock_new(program, context, rows, encoded)
    else:
        transaction.explain = partial(duplicate_at_commit, context)
        for pending, (record_key, value, entries) in zip(rows, encoded):
            try:
                put_new(transaction, writer, record_key, value, entries)
                continue
            except AlreadyExists as error:
                exists = error
            raise await _first_conflict(program, context, pending, record_key, entries, exists)
    if keys is not None:
        for pending in rows:
            try:
                await check_parents(context, writer, keys, pending.row)
                continue
            except SqlError as error:
                missing = error
            if missing.code != NO_REFERENCED_ROW_2.code:
                raise missing
            raise await or_earlier_duplicate(context, transaction, missing)
    run.affected += len(rows)


async def _lock_new(
    program: InsertProgram,
    context: ExecContext,
    rows: Sequence[PendingRow],
    encoded: Sequence[tuple[bytes, bytes, list[IndexEntry]]],
) -> None:
    """Locks the unique keys of the rows and writes them, in pieces in which no key comes twice."""
    writer = program.writer
    transaction = writing_transaction(context)
    wait_ms = lock_wait_ms(context)
    owners: dict[bytes, int] = {}
    first = 0

    async def write(stop: int) -> None:
        nonlocal first
        if owners:
            keys = list(owners)
            try:
                await transaction.lock_keys(keys, not_exists=frozenset(keys), wait_ms=wait_ms)
            except AlreadyExists as error:
                place = owners[error.key]
                record_key, _, entries = encoded[place]
                raise _duplicate(writer, rows[place].row, record_key, entries, error.key) from None
        for record_key, value, entries in encoded[first:stop]:
            put_new(transaction, writer, record_key, value, entries)
        owners.clear()
        first = stop

    for place, (record_key, _, entries) in enumerate(encoded):
        unique = [record_key] if writer.has_handle else []
        unique += [entry.key for entry in entries if entry.distinct]
        if len(owners) >= LOCK_CHUNK or any(key in owners for key in unique):
            await write(place)
        for key in unique:
            owners[key] = place
    await write(len(encoded))


def _duplicate(writer: TableWriter, row: Row, record_key: bytes, entries: Sequence[IndexEntry], key: bytes) -> SqlError:
    if key == record_key:
        return duplicate_primary(writer.table, row)
    entry = next(entry for entry in entries if entry.key == key)
    return duplicate_index(writer.table, entry.index_id, row)


async def _first_conflict(
    program: InsertProgram,
    context: ExecContext,
    pending: PendingRow,
    record_key: bytes,
    entries: Sequence[IndexEntry],
    error: AlreadyExists,
) -> SqlError:
    """A row met one of the same transaction; an earlier row may have met a committed one, which is then the error."""
    earlier = await duplicate_at_commit(context, writing_transaction(context), error)
    if isinstance(earlier, SqlError):
        return earlier
    return _duplicate(program.writer, pending.row, record_key, entries, error.key)
