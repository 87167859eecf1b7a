"""LOAD DATA: lines of a file to rows of an INSERT.

The statement runs as an Insert node whose rows are a `LoadedFile`, so that transactions, retries and privileges are those
of INSERT. Values come in blocks of lines; a block without user variables and SET is brought to its columns whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.context import EvalContext, ExecContext
from executor.dml.bulk_rows import BulkRows
from executor.dml.defaults import now_packed
from executor.dml.insert_values import Noisy, assign_values, rows_from_columns, silent
from executor.dml.load_columns import blocks_of, columns_of
from executor.dml.load_format import Fields, lines_of
from executor.dml.table_writer import Row, Scalar, TableWriter, writer_of
from executor.offload import computed
from executor.result import OkResult
from planner.bind import bind_expression
from planner.context import PlanContext
from planner.expr.assignment import Assigner, assigner, zero_value
from planner.expr.assignment_arrays import assign_array
from planner.expr.scalar import compile_scalar
from planner.logical import Insert as LogicalInsert
from planner.parse.nodes_session import FieldFormat, LoadData
from planner.physical import Insert, PhysicalPlan
from sqlnode.base.charset import charset_by_name
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    FIELD_SPECIFIED_TWICE,
    NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN,
    WARN_NULL_TO_NOTNULL,
    WARN_TOO_FEW_RECORDS,
    WARN_TOO_MANY_RECORDS,
    WRONG_FIELD_TERMINATORS,
    ErrorRow,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import SqlType, TypeCode, Value, varbinary, varchar

if TYPE_CHECKING:
    from executor.dml.insert import InsertProgram, InsertRun, PendingRow

BLOCK_LINES = 2000
_SEARCHED_SHIFT = 8
"""Looking through so many bytes, as a power of two, costs no more than a row elsewhere."""
_TEXT = varchar()
_BYTES = varbinary()


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """The rows of an Insert node: the file's bytes and what to do with them. `context` binds SET's expressions."""

    node: LoadData
    data: bytes | bytearray
    context: PlanContext


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a field goes: a column, or a user variable."""

    column: ColumnInfo | None
    variable: str = ""


@dataclass(frozen=True, slots=True)
class _Setting:
    offset: int
    compute: Scalar | None
    assign: Assigner | None


def load_plan(
    node: LoadData, database: str, table: TableInfo, data: bytes | bytearray, context: PlanContext
) -> PhysicalPlan:
    """The plan of LOAD DATA. Errors 1054, 1083, 1110, 3105."""
    if len(node.format.fields_enclosed) > 1 or len(node.format.fields_escaped) > 1:
        raise SqlError(WRONG_FIELD_TERMINATORS)
    columns = tuple(place.column for place in _places(node, table) if place.column is not None)
    assigned = tuple(_column(table, one.column) for one in node.assignments)
    for column in (*columns, *assigned):
        if column.is_generated:
            raise SqlError(NON_DEFAULT_VALUE_FOR_GENERATED_COLUMN, column=column.name, table=table.name)
    named = tuple(dict.fromkeys((*columns, *assigned)))
    replacing = node.duplicates == "REPLACE"
    logical = LogicalInsert(
        database,
        table,
        named,
        literals=LoadedFile(node, data, context),
        replace_rows=replacing,
        ignore=node.duplicates == "IGNORE" or (node.local and not replacing),
    )
    privileges = [("INSERT", database, table.name, "")]
    if replacing:
        privileges.append(("DELETE", database, table.name, ""))
    return PhysicalPlan(
        Insert(node=logical),
        tables=((database, table),),
        privileges=tuple(privileges),
        cacheable=False,
        is_read_only=False,
        needs_lock=True,
    )


def _column(table: TableInfo, name: str) -> ColumnInfo:
    found = table.columns_by_name.get(name.lower())
    if found is None or found.hidden:
        raise SqlError(BAD_FIELD_ERROR, column=name, clause="field list")
    return found


def _places(node: LoadData, table: TableInfo) -> list[_Place]:
    if node.targets is None:
        return [_Place(column) for column in table.visible_columns if not column.is_generated]
    found = [
        _Place(None, target.name.lower()) if target.variable else _Place(_column(table, target.name))
        for target in node.targets
    ]
    names = [place.column.name for place in found if place.column is not None]
    for name in names:
        if names.count(name) > 1:
            raise SqlError(FIELD_SPECIFIED_TWICE, column=name)
    return found


# --- running ----------------------------------------------------------------------------------------------------------


async def run_load(program: InsertProgram, loaded: LoadedFile, context: ExecContext, warnings: list[int]) -> OkResult:
    """Loads the file in the context's transaction."""
    from executor.dml.insert import InsertRun

    run = InsertRun()
    loader = _Loader(program, loaded, context)
    options, skip = loaded.node.format, loaded.node.ignore_lines
    bulk = BulkRows(program, context)
    blocks = None
    if bulk.usable and loader.by_column:
        blocks = await computed(
            len(loaded.data) >> _SEARCHED_SHIFT, lambda: blocks_of(loaded.data, options, skip), context.kill
        )
    if blocks is None:
        await _load_lines(loader, lines_of(bytes(loaded.data), options, skip), run)
    else:
        for block in blocks:
            count, arrays = await loader.columns(block, options)
            if arrays is None:
                await bulk.leave()
            if arrays is not None and await bulk.write(arrays, count, run):
                run.records += count
            else:
                await _load_lines(loader, lines_of(block, options, 0), run)
            context.kill.check()
    context.rows_added(program.writer.table.id, float(run.affected))
    ignore = program.node.node.ignore
    skipped = run.records - run.affected if ignore else 0
    info = f"Records: {run.records}  Deleted: {run.duplicates}  Skipped: {skipped}  Warnings: {warnings[0]}"
    return OkResult(run.affected, run.insert_id, info)


async def _load_lines(loader: _Loader, lines: Iterator[Fields], run: InsertRun) -> None:
    """Loads lines row by row."""
    from executor.dml.insert import PendingRow, write_rows

    while True:
        block = list(islice(lines, BLOCK_LINES))
        if not block:
            return
        rows: list[PendingRow] = [
            PendingRow(row, number) for number, row in enumerate(loader.rows(block, run.records), run.records + 1)
        ]
        run.records += len(rows)
        await write_rows(loader.program, loader.context, rows, run)
        loader.context.kill.check()
        await asyncio.sleep(0)


class _Loader:
    """Lines to rows, for one run. `by_column`: fields go to columns as they are."""

    def __init__(self, program: InsertProgram, loaded: LoadedFile, context: ExecContext) -> None:
        node = loaded.node
        writer = writer_of(program.node.node.database, program.node.node.table, context)
        self.program = program
        self.context = context
        self._writer = writer
        self._evaluation = context.evaluation
        self._places = _places(node, writer.table)
        self._sources = [self._source(place) for place in self._places]
        self._assigners = [
            None if place.column is None else assigner(source, place.column, writer.table.name)
            for place, source in zip(self._places, self._sources)
        ]
        self._settings = _settings(node, writer, loaded.context, self._places)
        self._base = program.base_row(context.evaluation)
        self._decode = _decoder(node, context)
        self.by_column = not self._settings and all(place.column is not None for place in self._places)

    @staticmethod
    def _source(place: _Place) -> SqlType:
        """The type of a field: text, or bytes for columns of bytes."""
        column = place.column
        return _BYTES if column is not None and column.type.is_string and not column.type.is_character else _TEXT

    def rows(self, block: list[Fields], before: int) -> list[Row]:
        """The rows of a block of lines; `before` is the number of lines already done."""
        width = len(self._places)
        if self.by_column and all(len(fields) == width for fields in block):
            try:
                return self._whole(block)
            except (Noisy, SqlError):
                pass
        return [self._row(fields, before + place) for place, fields in enumerate(block, 1)]

    async def columns(self, block: bytes, options: FieldFormat) -> tuple[int, list[pa.Array | None] | None]:
        """(number of lines, the columns of a block by offset); None when it must go line by line."""
        if self._decode is not None:
            return 0, None
        return await computed(len(block), lambda: self._assigned_columns(block, options), self.context.kill)

    def _assigned_columns(self, block: bytes, options: FieldFormat) -> tuple[int, list[pa.Array | None] | None]:
        fields = columns_of(block, options, len(self._places))
        if fields is None:
            return 0, None
        found: list[pa.Array | None] = [None] * len(self._writer.table.columns)
        strict = silent(self._evaluation)
        try:
            for array, place, source in zip(fields, self._places, self._sources):
                assert place.column is not None, "a column takes the field"
                found[place.column.offset] = assign_array(array, source, place.column, strict)
        except (Noisy, SqlError):
            return 0, None
        return len(fields[0]), found

    def _whole(self, block: list[Fields]) -> list[Row]:
        strict = silent(self._evaluation)
        columns = []
        for values, place, source in zip(zip(*block), self._places, self._sources):
            assert place.column is not None, "a column takes the field"
            decoded: Sequence[object] = values
            if self._decode is not None and source is _TEXT:
                decoded = [None if value is None else self._decode(value) for value in values]
            auto = place.column.offset == self.program.auto_offset
            columns.append(assign_values(decoded, source, place.column, strict, null_passes=auto))
        offsets = [place.column.offset for place in self._places if place.column is not None]
        return rows_from_columns(self._base, offsets, columns)

    def _row(self, fields: Fields, number: int) -> Row:
        context = self._evaluation
        row = self._base.copy()
        for place, source, assign, value in zip(self._places, self._sources, self._assigners, fields):
            if self._decode is not None and source is _TEXT and value is not None:
                value = self._decode(value)
            if place.column is None:
                if context.session is not None:
                    context.session.set_user_variable(place.variable, value, _TEXT)
                continue
            assert assign is not None, "a column has an assigner"
            row[place.column.offset] = self._assigned(place.column, assign, value, number)
        for place in self._places[len(fields) :]:
            if place.column is not None:
                _complain(context, WARN_TOO_FEW_RECORDS, number)
            self._without_field(place, row)
        if len(fields) > len(self._places) and (len(fields) > len(self._places) + 1 or fields[-1] != b""):
            # An empty field behind the last separator is the end of the line.
            _complain(context, WARN_TOO_MANY_RECORDS, number)
        for setting in self._settings:
            if setting.compute is None:
                row[setting.offset] = self._writer.defaults[setting.offset].get(row, context)
            else:
                assert setting.assign is not None, "a value is assigned"
                row[setting.offset] = setting.assign(setting.compute(row, context), context, number)
        return row

    def _assigned(self, column: ColumnInfo, assign: Assigner, value: bytes | None, number: int) -> Value:
        if value is not None:
            return assign(value, self._evaluation, number)
        if column.offset == self.program.auto_offset or not column.type.not_null:
            return None
        _complain(self._evaluation, WARN_NULL_TO_NOTNULL, number, column=column.name)
        return zero_value(column.type)

    def _without_field(self, place: _Place, row: Row) -> None:
        """A short line: the column gets NULL where that is its default, else its type's zero; the variable NULL."""
        if place.column is None:
            if self._evaluation.session is not None:
                self._evaluation.session.set_user_variable(place.variable, None, _TEXT)
            return
        column = place.column
        default = self._writer.defaults[column.offset]
        if column.offset == self.program.auto_offset:
            row[column.offset] = None
        elif column.type.not_null and column.type.code == TypeCode.TIMESTAMP:
            row[column.offset] = now_packed(self._evaluation, column.type.fsp)
        elif column.type.not_null or default.value is not None:
            row[column.offset] = zero_value(column.type)
        else:
            row[column.offset] = None


def _complain(context: EvalContext, error: ErrorRow, number: int, **values: object) -> None:
    if context.strict_dml:
        raise SqlError(error, row=number, **values)
    context.warning(error, row=number, **values)


def _settings(node: LoadData, writer: TableWriter, context: PlanContext, places: Sequence[_Place]) -> list[_Setting]:
    if not node.assignments:
        return []
    fields = {place.variable: (None, _TEXT) for place in places if place.column is None}
    context = replace(context, user_variables={**context.user_variables, **fields})
    found = []
    for one in node.assignments:
        column = _column(writer.table, one.column)
        if one.value is None:
            found.append(_Setting(column.offset, None, None))
            continue
        expression = bind_expression(one.value.tree, writer.row_columns, context)
        assign = assigner(expression.type, column, writer.table.name)
        found.append(_Setting(column.offset, compile_scalar(expression, writer.row_columns), assign))
    return found


def _decoder(node: LoadData, context: ExecContext):  # type: ignore[no-untyped-def]
    """Bytes of the file's charset to UTF-8; None when they are."""
    name = node.charset or str(context.variables.get("character_set_database", "utf8mb4"))
    if name.lower() in ("utf8mb4", "utf8mb3", "utf8", "binary"):
        return None
    return charset_by_name(name).decode
