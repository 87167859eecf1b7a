"""Rows that come as whole columns, written as whole columns: LOAD DATA and INSERT … SELECT of many rows.

This way is for rows that need nothing but their bytes: no generated columns, no conditions to check, no parents to look
for, no locks to take, and nothing that stands in their way. Whatever it does not take goes row by row (`insert`), which
is right for everything.

A statement that is a transaction of its own and writes much gets a load of the store (`store.api.BulkLoad`): its rows
leave memory as they come, and no limit on the size of transactions counts them. A block that must go row by row ends
that: all rows before it go to the write buffer, where they are seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from executor.context import ExecContext
from executor.dml.auto_increment import largest_id
from executor.dml.constraints import duplicate_at_commit
from executor.dml.foreign_keys import keys_of
from executor.dml.insert_values import Noisy, silent
from executor.dml.row_writes import writing_transaction
from executor.offload import computed
from planner.context import SqlMode
from planner.expr.assignment_arrays import assign_array
from planner.expr.nodes import Column
from sqlnode.base.errors import SqlError
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.temporal_arrays import to_utc_values
from sqlnode.base.types import TypeCode, arrow_type
from store.codec.byte_arrays import masked, values_to_array
from store.codec.encode_batch import cells_to_list
from store.codec.table_batch import TableBatch

if TYPE_CHECKING:
    from executor.dml.insert import InsertProgram, InsertRun
    from store.transaction import Transaction

LOAD_FROM_BYTES = 2 << 20
"""Bytes in the write buffer from which a load is worth its files."""


class BulkRows:
    """One statement's way of writing columns. `usable` False: everything goes row by row."""

    def __init__(self, program: InsertProgram, context: ExecContext) -> None:
        self._program = program
        self._context = context
        self._writer = program.writer
        self._batch = TableBatch(program.writer.codec)
        self._all_by_column = True
        """Everything that the transaction has written came this way."""
        node = program.node.node
        table = self._writer.table
        keys = keys_of(context, self._writer)
        auto = table.columns[program.auto_offset].type if program.auto_offset >= 0 else None
        self.usable = not (
            program.late
            or self._writer.generated
            or self._writer.checks
            or program.view_checks
            or node.on_duplicate
            or (keys is not None and (keys.parents or (node.replace_rows and keys.children)))
            or any(index is not self._writer.codec.primary for index in table.indexes)
            or (auto is not None and not auto.is_integer)
            or any(column.type.code == TypeCode.TIMESTAMP for column in _handle_columns(table))
            or writing_transaction(context).pessimistic
        )

    async def write(self, given: Sequence[pa.Array | None], count: int, run: InsertRun) -> bool:
        """Writes rows of which the named columns are given, by offset and in the form of their columns; False when they
        must go row by row, and then nothing was written and `leave` was called."""
        if await self._written(given, count, run):
            return True
        await self.leave()
        return False

    async def leave(self) -> None:
        """To be called before rows are written one by one."""
        self._all_by_column = False
        transaction = writing_transaction(self._context)
        load = transaction.load
        if load is None:
            return
        rows = load.rows()
        while True:
            block = await computed(load.rows_added, lambda: next(rows, None), self._context.kill)
            if block is None:
                break
            keys, values = block
            transaction.buffer.add_many(list(keys), list(values), inserts=self._writer.has_handle)
        transaction.end_load()

    async def _written(self, given: Sequence[pa.Array | None], count: int, run: InsertRun) -> bool:
        arrays = self._whole(given, count)
        if not await self._numbered(arrays, count, run):
            return False
        row_ids = await self._row_ids(count)
        encoded = await computed(count * len(arrays), lambda: self._encoded(arrays, row_ids, count), self._context.kill)
        if encoded is None:
            return False
        keys, values = encoded
        transaction = writing_transaction(self._context)
        if self._writer.has_handle and self._program.conflicts and await _may_exist(transaction, keys):
            return False
        if not await self._added(transaction, keys, values):
            return False
        if not self._program.conflicts:
            transaction.explain = partial(duplicate_at_commit, self._context)
        run.affected += count
        return True

    async def _added(self, transaction: Transaction, keys: pa.Array, values: pa.Array) -> bool:
        """Adds rows to the load, or to the buffer while they are few; False when one of the keys is there already."""
        buffer = transaction.buffer
        load = transaction.load
        inserts = self._writer.has_handle
        if load is None and self._all_by_column and buffer.size_bytes + keys.nbytes + values.nbytes > LOAD_FROM_BYTES:
            pairs = buffer.sorted_items()
            buffer.clear()
            load = transaction.begin_load()
            held = [pa.array(part, pa.binary()) for part in zip(*pairs)] or [keys.slice(0, 0), values.slice(0, 0)]
            if load is not None and (not pairs or load.add(*held)):
                pairs = []
            elif load is not None:
                transaction.end_load()
                load = None
            buffer.add_many([key for key, _ in pairs], [value or b"" for _, value in pairs], inserts=inserts)
            self._all_by_column = load is not None
        if load is None:
            return buffer.add_many(cells_to_list(keys), cells_to_list(values), inserts=inserts)
        return await computed(len(keys) * 10, lambda: load.add(keys, values), self._context.kill)

    async def insert(self, batch: pa.RecordBatch, schema: Sequence[Column], run: InsertRun) -> bool:
        """Assigns a query's rows to the named columns and writes them; False when they must go row by row, as `write`
        tells."""
        count = batch.num_rows
        arrays = await computed(count * len(schema), lambda: self._assigned(batch, schema), self._context.kill)
        if arrays is None:
            await self.leave()
            return False
        return await self.write(arrays, count, run)

    def _assigned(self, batch: pa.RecordBatch, schema: Sequence[Column]) -> list[pa.Array | None] | None:
        found: list[pa.Array | None] = [None] * len(self._writer.table.columns)
        context = silent(self._context.evaluation)
        try:
            for array, source, column in zip(batch.columns, schema, self._program.node.node.columns):
                if column.offset == self._program.auto_offset and array.null_count:
                    return None
                found[column.offset] = assign_array(array, source.type, column, context)
        except (Noisy, SqlError):
            return None
        return found

    def _whole(self, given: Sequence[pa.Array | None], count: int) -> list[pa.Array | None]:
        """All columns: those that the statement does not name get their defaults."""
        base = self._program.base_row(self._context.evaluation)
        named = self._program.named
        return [
            given[column.offset]
            if column.offset in named
            else None
            if value is None
            else values_to_array([value] * count, column.type)
            for column, value in zip(self._writer.table.columns, base, strict=True)
        ]

    async def _numbered(self, arrays: list[pa.Array | None], count: int, run: InsertRun) -> bool:
        """Fills in or looks at the AUTO_INCREMENT column (`auto_increment.give_ids`)."""
        program, context = self._program, self._context
        if program.auto_offset < 0:
            return True
        column = self._writer.table.columns[program.auto_offset]
        given = arrays[column.offset]
        if given is None:
            assert context.allocate_auto_id is not None, "AUTO_INCREMENT needs an allocator"
            step = context.variables.get("auto_increment_increment", 1)
            assert isinstance(step, int), "auto_increment_increment is a number"
            first = await context.allocate_auto_id(self._writer.database, self._writer.table, count)
            if first + (count - 1) * step > largest_id(column.type.code, unsigned=column.type.unsigned):
                return False
            ids = first + np.arange(count, dtype=np.int64) * step
            arrays[column.offset] = pa.array(ids).cast(arrow_type(column.type))
            run.insert_id = run.insert_id or first
            return True
        zero_asks = not context.evaluation.sql_mode & SqlMode.NO_AUTO_VALUE_ON_ZERO
        if given.null_count or (zero_asks and pc.any(pc.equal(given, 0)).as_py()):
            return False
        run.explicit_id = given[-1].as_py()
        greatest = pc.max(given).as_py()
        if greatest > 0 and context.rebase_auto_id is not None:
            await context.rebase_auto_id(self._writer.database, self._writer.table, greatest)
        return True

    async def _row_ids(self, count: int) -> pa.Array | None:
        if self._writer.has_handle:
            return None
        allocate = self._context.allocate_row_ids
        assert allocate is not None, "hidden row ids need an allocator"
        first = await allocate(self._writer.database, self._writer.table, count)
        return pa.array(first + np.arange(count, dtype=np.int64))

    def _encoded(
        self, arrays: list[pa.Array | None], row_ids: pa.Array | None, count: int
    ) -> tuple[pa.Array, pa.Array] | None:
        """(keys, values), binary."""
        zone = self._context.evaluation.zone
        columns = self._writer.table.columns
        stored = list(arrays)
        for place, array in enumerate(arrays):
            if array is not None and zone is not None and columns[place].type.code == TypeCode.TIMESTAMP:
                filled = array.fill_null(0).to_numpy(zero_copy_only=False)
                valid = array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None
                stored[place] = masked(to_utc_values(filled, zone), valid)
        values = self._batch.rows(stored, count)
        keys = None if values is None else self._batch.record_keys(stored, row_ids)
        return None if keys is None or values is None else (keys, values)


def _handle_columns(table: TableInfo) -> list[ColumnInfo]:
    primary = table.primary_index if table.is_common_handle else None
    return [] if primary is None else [table.columns[part.offset] for part in primary.columns]


async def _may_exist(transaction: Transaction, keys: pa.Array) -> bool:
    """Whether one of the keys exists below the transaction's own writes. Keys mostly come in order, above all others."""
    bounds = pc.min_max(keys).as_py()
    if not await transaction.snapshot.scan(bounds["min"], bounds["max"] + b"\0", 1):
        return False
    return bool(await transaction.snapshot.batch_get(cells_to_list(keys)))
