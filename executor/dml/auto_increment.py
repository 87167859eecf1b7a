"""AUTO_INCREMENT values for the rows of one statement.

Rows that ask for a value (NULL, DEFAULT, or 0 without NO_AUTO_VALUE_ON_ZERO) get consecutive ones, run by run: an explicit
value between them raises the counter first, so that (NULL), (10), (NULL) gives 1, 10, 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from executor.context import ExecContext
from executor.dml.table_writer import TableWriter
from planner.context import SqlMode
from planner.expr.assignment import INTEGER_BITS
from sqlnode.base.types import TypeCode, Value

if TYPE_CHECKING:
    from executor.dml.insert import InsertProgram, InsertRun, PendingRow


async def give_ids(program: InsertProgram, context: ExecContext, rows: Sequence[PendingRow], run: InsertRun) -> None:
    """Fills in the AUTO_INCREMENT column; `run` learns the first generated and the last explicit value
    (with conflicts, the first that is generated for a row that is then inserted: whoever writes it tells)."""
    offset = program.auto_offset
    zero_asks = not context.evaluation.sql_mode & SqlMode.NO_AUTO_VALUE_ON_ZERO
    waiting: list[PendingRow] = []
    greatest = 0
    for pending in rows:
        value = pending.row[offset]
        if value is None or (zero_asks and value == 0):
            if greatest:
                await _rebase(program, context, greatest)
                greatest = 0
            waiting.append(pending)
            continue
        if waiting:
            await _allocate(program, context, waiting, run)
            waiting = []
        number = round(value) if isinstance(value, float) else int(value)
        run.explicit_id = number
        greatest = max(greatest, number)
    if waiting:
        await _allocate(program, context, waiting, run)
    if greatest > 0:
        await _rebase(program, context, greatest)


async def _allocate(program: InsertProgram, context: ExecContext, rows: Sequence[PendingRow], run: InsertRun) -> None:
    assert context.allocate_auto_id is not None, "AUTO_INCREMENT needs an allocator"
    writer = program.writer
    first = await context.allocate_auto_id(writer.database, writer.table, len(rows))
    step = context.variables.get("auto_increment_increment", 1)
    assert isinstance(step, int), "auto_increment_increment is a number"
    column = writer.table.columns[program.auto_offset]
    largest = largest_id(column.type.code, unsigned=column.type.unsigned)
    as_float = column.type.code in (TypeCode.FLOAT, TypeCode.DOUBLE)
    for place, pending in enumerate(rows):
        value = min(first + place * step, largest)
        pending.row[program.auto_offset] = float(value) if as_float else value
        pending.generated = True
    if not run.insert_id and not program.conflicts:
        run.insert_id = first


def largest_id(code: int, *, unsigned: bool) -> int:
    """The greatest value of an integer column."""
    bits = INTEGER_BITS.get(code, 64)
    return (1 << bits) - 1 if unsigned else (1 << bits - 1) - 1


async def raise_counter(context: ExecContext, writer: TableWriter, value: Value) -> None:
    """A row got `value` in the AUTO_INCREMENT column by UPDATE: later generated values are greater."""
    if context.rebase_auto_id is not None and isinstance(value, (int, float)) and value > 0:
        await context.rebase_auto_id(writer.database, writer.table, round(value))


async def _rebase(program: InsertProgram, context: ExecContext, value: int) -> None:
    if context.rebase_auto_id is not None:
        await context.rebase_auto_id(program.writer.database, program.writer.table, value)
