"""Job: one data definition statement as a record, in the shape of TiDB's DDL history.

An unfinished job of several steps is kept under `ACTIVE_JOBS` so that a restart knows what to do with the table it
finds in a state between: `forward` False means that nothing old was given up yet (the table goes back to `original`),
True that only what is dropped is still to be removed (the table goes to `final`). Neither needs anything else to be
read or repaired.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlnode.base.schema import DatabaseInfo, SchemaState, TableInfo
from store.codec import meta

RUNNING = 1
ROLLBACK_DONE = 3
SYNCED = 6


@dataclass(slots=True)
class Job:
    """One job. `final` is what the table (or database) is in the end; None when it is dropped."""

    id: int
    action: int
    schema_id: int
    table_id: int
    schema_name: str
    table_name: str
    query: str
    sql_mode: int = 0
    start_ts: int = 0
    state: int = RUNNING
    schema_state: SchemaState = SchemaState.NONE
    row_count: int = 0
    forward: bool = False
    original: TableInfo | None = None
    final: TableInfo | None = None
    ranges: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Key ranges that a rollback leaves behind: entries of new indexes, rows of the copy."""

    def active(self) -> dict[str, Any]:
        """The record of an unfinished job."""
        return {
            **self._common(),
            "forward": self.forward,
            "original": None if self.original is None else meta.table_to_json(self.original),
            "final": None if self.final is None else meta.table_to_json(self.final),
            "ranges": [[start.hex(), end.hex()] for start, end in self.ranges],
        }

    def history(
        self, version: int, finished_ts: int, *, database: DatabaseInfo | None = None, table: TableInfo | None = None
    ) -> dict[str, Any]:
        """The record of a finished job, as TiDB keeps it."""
        return {
            **self._common(),
            "warning": None,
            "err": None,
            "err_count": 0,
            "raw_args": None,
            "snapshot_ver": 0,
            "real_start_ts": self.start_ts,
            "dependency_id": 0,
            "binlog": {
                "SchemaVersion": version,
                "DBInfo": None if database is None else meta.database_to_json(database),
                "TableInfo": None if table is None else meta.table_to_json(table),
                "FinishedTS": finished_ts,
                "MultipleTableInfos": None,
            },
            "version": 2,
            "reorg_meta": None,
            "multi_schema_info": None,
            "priority": 0,
            "charset": "",
            "collate": "",
            "admin_operator": 0,
            "bdr_role": "",
            "cdc_write_source": 0,
            "local_mode": False,
        }

    def _common(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.action,
            "schema_id": self.schema_id,
            "table_id": self.table_id,
            "schema_name": self.schema_name,
            "table_name": self.table_name,
            "state": self.state,
            "row_count": self.row_count,
            "schema_state": int(self.schema_state),
            "start_ts": self.start_ts,
            "query": self.query,
            "sql_mode": self.sql_mode,
        }


def active_job(data: dict[str, Any]) -> Job:
    """Inverse of `Job.active`."""
    original, final = data.get("original"), data.get("final")
    return Job(
        id=data["id"],
        action=data["type"],
        schema_id=data["schema_id"],
        table_id=data["table_id"],
        schema_name=data["schema_name"],
        table_name=data["table_name"],
        query=data["query"],
        sql_mode=data["sql_mode"],
        start_ts=data["start_ts"],
        state=data["state"],
        schema_state=SchemaState(data["schema_state"]),
        row_count=data["row_count"],
        forward=data["forward"],
        original=None if original is None else meta.table_from_json(original),
        final=None if final is None else meta.table_from_json(final),
        ranges=[(bytes.fromhex(start), bytes.fromhex(end)) for start, end in data["ranges"]],
    )
