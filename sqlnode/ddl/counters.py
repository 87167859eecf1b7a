"""The largest AUTO_INCREMENT value that the rows of a table have."""

from __future__ import annotations

from sqlnode.base.schema import TableInfo
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.table_rows import batches, execution_of, writer_for
from store.codec.keys import decode_record_key, record_range


async def largest_used(database: str, table: TableInfo, context: DdlContext) -> int:
    """0 for a table without rows (or without the column)."""
    column = table.auto_increment_column
    if column is None:
        return 0
    snapshot = context.store.snapshot(await context.store.timestamp())
    handle = table.handle_column
    if handle is not None and handle.id == column.id and not column.type.unsigned:
        start, end = record_range(table.id)
        pairs = await snapshot.scan(start, end, 1, reverse=True)
        found = decode_record_key(pairs[0][0])[1] if pairs else 0
        assert isinstance(found, int), "an integer handle"
        return max(found, 0)
    execution = execution_of(context, snapshot)
    writer = writer_for(database, table, execution)
    largest = 0
    async for batch in batches(snapshot, table.id, context.check_killed):
        for key, value in batch:
            number = writer.decode(value, key, execution.evaluation)[column.offset]
            if isinstance(number, (int, float)):
                largest = max(largest, int(number))
    return largest
