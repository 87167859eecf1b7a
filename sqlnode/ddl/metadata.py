"""MetaWriter: changes of the metadata keys inside one transaction.

Every change of the schema is one small transaction that writes the new DBInfo or TableInfo, raises the schema version
by one and leaves a SchemaDiff, so that other nodes know what to read again (catalog.md sections 2 and 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlnode.base.schema import DatabaseInfo, TableInfo
from store.codec import meta

if TYPE_CHECKING:
    from store.transaction import Transaction

ACTIVE_JOBS = b"SqlnodeDDLJobs"
"""Hash of unfinished jobs by id. TiDB's own queue is never touched."""
DELETE_RANGES = b"SqlnodeDeleteRanges"
"""Hash of key ranges that wait for garbage collection."""


class Action:
    """TiDB's ActionType numbers, as far as we write them."""

    NONE = 0
    CREATE_SCHEMA = 1
    DROP_SCHEMA = 2
    CREATE_TABLE = 3
    DROP_TABLE = 4
    ADD_COLUMN = 5
    DROP_COLUMN = 6
    ADD_INDEX = 7
    DROP_INDEX = 8
    ADD_FOREIGN_KEY = 9
    DROP_FOREIGN_KEY = 10
    TRUNCATE_TABLE = 11
    MODIFY_COLUMN = 12
    REBASE_AUTO_ID = 13
    RENAME_TABLE = 14
    SET_DEFAULT = 15
    MODIFY_COMMENT = 17
    RENAME_INDEX = 18
    CREATE_VIEW = 21
    MODIFY_CHARSET = 22
    DROP_VIEW = 24
    MODIFY_SCHEMA_CHARSET = 26
    ADD_PRIMARY_KEY = 32
    DROP_PRIMARY_KEY = 33
    INDEX_VISIBILITY = 41
    ADD_CHECK = 43
    DROP_CHECK = 44
    ALTER_CHECK = 45
    RENAME_TABLES = 47
    MULTI_SCHEMA_CHANGE = 61


class MetaWriter:
    """Reads and writes metadata through `transaction`, whose timestamp is `ts`. Nothing counts before its commit."""

    __slots__ = ("transaction", "ts", "version", "_ranges")

    def __init__(self, transaction: Transaction, ts: int) -> None:
        self.transaction = transaction
        self.ts = ts
        self.version = 0
        """The schema version that this transaction sets; 0 while it sets none."""
        self._ranges = 0

    async def counter(self, key: bytes) -> int:
        """A counter's value; 0 when it was never written."""
        value = await self.transaction.get(key)
        return 0 if value is None else int(value)

    async def next_ids(self, count: int = 1) -> list[int]:
        """Fresh ids for databases, tables and jobs."""
        key = meta.string_key(meta.NEXT_GLOBAL_ID)
        used = await self.counter(key)
        self.transaction.put(key, b"%d" % (used + count))
        return list(range(used + 1, used + count + 1))

    async def next_id(self) -> int:
        """One fresh id."""
        return (await self.next_ids())[0]

    async def bump(
        self,
        action: int,
        schema_id: int,
        table_id: int = 0,
        *,
        old_table_id: int = 0,
        old_schema_id: int = 0,
        affected: Sequence[dict[str, int]] = (),
    ) -> int:
        """Raises the schema version by one and writes the difference; returns the new version."""
        key = meta.string_key(meta.SCHEMA_VERSION)
        self.version = await self.counter(key) + 1
        self.transaction.put(key, b"%d" % self.version)
        diff: dict[str, Any] = {
            "version": self.version,
            "type": action,
            "schema_id": schema_id,
            "table_id": table_id,
            "old_table_id": old_table_id,
            "old_schema_id": old_schema_id,
            "regenerate_schema_map": False,
            "affected_options": list(affected) or None,
        }
        self.transaction.put(meta.schema_diff_key(self.version), meta.dump_json(diff))
        return self.version

    def put_database(self, info: DatabaseInfo) -> None:
        """Writes a DBInfo."""
        self.transaction.put(meta.database_key(info.id), meta.dump_json(meta.database_to_json(info)))

    async def drop_database(self, database_id: int) -> None:
        """Removes a database with everything in its hash."""
        self.transaction.delete(meta.database_key(database_id))
        start, end = meta.hash_range(meta.database_hash(database_id))
        for key, _ in await self.transaction.scan(start, end):
            self.transaction.delete(key)

    def put_table(self, database_id: int, table: TableInfo) -> TableInfo:
        """Writes a TableInfo with this transaction's timestamp; returns it as written."""
        written = replace(table, update_ts=self.ts)
        self.transaction.put(meta.table_key(database_id, table.id), meta.dump_json(meta.table_to_json(written)))
        return written

    async def table(self, database_id: int, table_id: int) -> TableInfo | None:
        """The TableInfo as it stands in the store."""
        value = await self.transaction.get(meta.table_key(database_id, table_id))
        return None if value is None else meta.table_from_json(meta.load_json(value))

    async def drop_table(self, database_id: int, table_id: int, *, keep_counters: bool = False) -> None:
        """Removes a TableInfo, and its counters unless they move on under another id or name."""
        self.transaction.delete(meta.table_key(database_id, table_id))
        if keep_counters:
            return
        for key in (meta.row_id_key(database_id, table_id), meta.auto_increment_key(database_id, table_id)):
            if await self.transaction.get(key) is not None:
                self.transaction.delete(key)

    async def move_counters(self, old: tuple[int, int], new: tuple[int, int]) -> None:
        """The counters of (database id, table id) `old` go on under `new`."""
        for key_of in (meta.row_id_key, meta.auto_increment_key):
            value = await self.transaction.get(key_of(*old))
            if value is not None and old != new:
                self.transaction.delete(key_of(*old))
                self.transaction.put(key_of(*new), value)

    def delete_later(self, job_id: int, start: bytes, end: bytes) -> None:
        """Registers a range of row or index keys that nobody will read from this transaction on."""
        self._ranges += 1
        value = {"start": start.hex(), "end": end.hex(), "ts": self.ts}
        field = b"%d:%d:%d" % (job_id, self.ts, self._ranges)
        self.transaction.put(meta.hash_key(DELETE_RANGES, field), meta.dump_json(value))

    def put_active_job(self, job_id: int, value: dict[str, Any]) -> None:
        """Writes an unfinished job's state."""
        self.transaction.put(meta.hash_key(ACTIVE_JOBS, b"%d" % job_id), meta.dump_json(value))

    async def drop_active_job(self, job_id: int) -> None:
        """Forgets an unfinished job that was undone."""
        self.transaction.delete(meta.hash_key(ACTIVE_JOBS, b"%d" % job_id))

    async def finish_job(self, job_id: int, history: dict[str, Any]) -> None:
        """Moves a job from the unfinished ones to the history."""
        key = meta.hash_key(ACTIVE_JOBS, b"%d" % job_id)
        if await self.transaction.get(key) is not None:
            self.transaction.delete(key)
        self.transaction.put(meta.job_history_key(job_id), meta.dump_json(history))
