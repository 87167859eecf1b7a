"""Blocks of literals and of texts, brought to columns a whole column at a time.

Whole columns are converted under strict rules, with warnings caught. When everything passes without a word, the rows are
done; at the first error or warning the block is done again value by value, row by row, so that messages come in MySQL's
order and with its row numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from executor.context import EvalContext, ExecContext
from executor.dml.table_writer import Row
from planner.expr.assignment import Assigner, assigner, integer_bounds
from planner.expr.assignment_arrays import assign_array
from planner.parse.values_block import LiteralKind, ValuesBlock
from sqlnode.base.errors import SqlError, SqlWarning
from sqlnode.base.schema import ColumnInfo
from sqlnode.base.types import SqlType, TypeCode, Value, boolean, decimal, double, integer, null, varbinary, varchar

if TYPE_CHECKING:
    from executor.dml.insert import InsertProgram

_ARRAYS_FROM = 64
_TYPES = {
    LiteralKind.NULL: null(),
    LiteralKind.INTEGER: integer(),
    LiteralKind.DECIMAL: decimal(65, 30),
    LiteralKind.FLOAT: double(),
    LiteralKind.STRING: varchar(),
    LiteralKind.BINARY: varbinary(),
    LiteralKind.BOOLEAN: boolean(),
    LiteralKind.HEX: varbinary(),
}
_TEXTS = frozenset(
    (TypeCode.VARCHAR, TypeCode.VAR_STRING, TypeCode.STRING, TypeCode.BLOB, TypeCode.LONG_BLOB, TypeCode.MEDIUM_BLOB)
)


class Noisy(Exception):
    """A value needs a warning."""


def silent(context: EvalContext) -> EvalContext:
    """Strict evaluation that ends at the first warning. Raises Noisy then."""

    def quiet(warning: SqlWarning) -> None:
        raise Noisy

    return replace(context, strict_dml=True, warn=quiet)


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of a block, those before the first that cannot be stored when there is one (`failure`)."""

    rows: list[Row]
    failure: SqlError | None = None


def block_values(
    program: InsertProgram, block: ValuesBlock, base: Row, context: ExecContext, warnings: list[int]
) -> BlockRows:
    """The rows of a block, without ids and generated columns."""
    node = program.node.node
    evaluation = context.evaluation

    strict = silent(evaluation)
    try:
        columns = [
            _column(program, values, kinds, column, strict)
            for values, kinds, column in zip(block.columns, block.kinds, node.columns)
        ]
    except (Noisy, SqlError):
        return _by_row(program, block, base, evaluation)
    offsets = [column.offset for column in node.columns]
    return BlockRows(rows_from_columns(base, offsets, columns))


def rows_from_columns(base: Row, offsets: Sequence[int], columns: Sequence[Sequence[Value]]) -> list[Row]:
    """Rows by offset from columns; what no column gives is `base`'s."""
    if offsets == list(range(len(base))):
        return list(map(list, zip(*columns)))
    rows = []
    for values in zip(*columns):
        row = base.copy()
        for offset, value in zip(offsets, values):
            row[offset] = value
        rows.append(row)
    return rows


def _column(
    program: InsertProgram, values: Sequence[object], kinds: bytes, column: ColumnInfo, context: EvalContext
) -> Sequence[Value]:
    """One column's values. Raises Noisy or SqlError where something does not simply fit."""
    present = set(kinds)
    default = program.writer.defaults[column.offset]
    auto = column.offset == program.auto_offset
    if present == {LiteralKind.DEFAULT}:
        if auto:
            return [None] * len(values)
        if default.compute is not None:
            raise Noisy
        return [default.get((), context)] * len(values)
    if len(present) == 1:
        some, source = _read_as(values, kinds[0], column)
        return assign_values(some, source, column, context, null_passes=auto)
    if present <= {LiteralKind.NULL, kinds[0], kinds[-1]} and LiteralKind.NULL in present and len(present) == 2:
        kind = next(kind for kind in present if kind != LiteralKind.NULL)
        if kind != LiteralKind.DEFAULT:
            some, source = _read_as(values, kind, column)
            return assign_values(some, source, column, context, null_passes=auto)
    raise Noisy


def _read_as(values: Sequence[object], kind: int, column: ColumnInfo) -> tuple[Sequence[object], SqlType]:
    """Literals of one kind, and their type, as the column reads them: a hexadecimal one is a number to a number."""
    if kind != LiteralKind.HEX or not column.type.is_numeric or column.type.code == TypeCode.BIT:
        return values, _TYPES[kind]
    numbers = [int.from_bytes(value, "big") if isinstance(value, bytes) else None for value in values]
    return numbers, integer(unsigned=True)


def assign_values(
    values: Sequence[object], source: SqlType, column: ColumnInfo, context: EvalContext, *, null_passes: bool
) -> Sequence[Value]:
    """Values (None is NULL) of one type brought to a column."""
    target = column.type
    has_null = None in values
    if has_null and target.not_null and not null_passes:
        raise Noisy
    some = [value for value in values if value is not None] if has_null else values
    if not some:
        return values  # type: ignore[return-value]
    if target.is_integer and source.is_integer:
        low, high = integer_bounds(target)
        if low <= min(some) and max(some) <= high:  # type: ignore[type-var, operator]
            return values  # type: ignore[return-value]
        raise Noisy
    if target.code in _TEXTS and source.is_string and _fits(some, source, target):
        return values  # type: ignore[return-value]
    if len(values) >= _ARRAYS_FROM and source.is_string and not null_passes:
        array = pa.array(values, pa.binary())
        return assign_array(array, source, column, context).to_pylist()  # type: ignore[no-any-return]
    assign = assigner(source, column)
    if null_passes:
        return [None if value is None else assign(value, context, 1) for value in values]  # type: ignore[arg-type]
    return [assign(value, context, 1) for value in values]  # type: ignore[arg-type]


def _fits(values: Sequence[object], source: SqlType, target: SqlType) -> bool:
    """Whether every text can be stored as it stands."""
    if target.charset not in ("utf8mb4", "binary") or (target.charset != "binary" and not source.is_character):
        return False
    if target.code == TypeCode.STRING and target.charset == "binary":
        return False
    longest = max(map(len, values))  # type: ignore[arg-type]
    limit = target.length if target.length >= 0 else 1 << 32
    if longest > limit:
        return False
    if target.charset == "utf8mb4":
        joined = b"".join(values)  # type: ignore[arg-type]
        if not joined.isascii():
            try:
                joined.decode("utf-8")
            except UnicodeDecodeError:
                return False
        if target.code == TypeCode.STRING and any(value.endswith(b" ") for value in values):  # type: ignore[attr-defined]
            return False
    return True


# --- row by row --------------------------------------------------------------------------------------------------------


def _by_row(program: InsertProgram, block: ValuesBlock, base: Row, context: EvalContext) -> BlockRows:
    assigners: list[dict[int, Assigner]] = [{} for _ in program.node.node.columns]
    rows: list[Row] = []
    for number in range(block.row_count):
        try:
            rows.append(_row(program, block, base.copy(), number, assigners, context))
        except SqlError as error:
            return BlockRows(rows, error)
    return BlockRows(rows)


def _row(
    program: InsertProgram,
    block: ValuesBlock,
    row: Row,
    number: int,
    assigners: list[dict[int, Assigner]],
    context: EvalContext,
) -> Row:
    """One row of a block over the defaults."""
    for place, column in enumerate(program.node.node.columns):
        kind = block.kinds[place][number]
        offset = column.offset
        value = block.columns[place][number]
        if offset == program.auto_offset and value is None:
            row[offset] = None
        elif kind == LiteralKind.DEFAULT:
            row[offset] = program.writer.defaults[offset].get(row, context)
        else:
            (value,), source = _read_as((value,), kind, column)
            assign = assigners[place].get(kind)
            if assign is None:
                assign = assigners[place][kind] = assigner(source, column, program.writer.table.name)
            row[offset] = assign(value, context, number + 1)  # type: ignore[arg-type]
    return row
