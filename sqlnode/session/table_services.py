"""What a plan may ask of the session's tables: rows of server tables, AUTO_INCREMENT values, hidden row ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlnode.session.session import Session


class TableServices:
    """The callbacks of `executor.context.ExecContext`, for one session."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def virtual_table(self, database: str, table: str, predicates: Mapping[str, object]) -> pa.RecordBatch:
        """Rows of a server table, as the account may see them."""
        from sqlnode.infoschema import generate

        return generate(self._session, database, table, predicates)

    async def allocate_auto_id(self, database: str, table: TableInfo, count: int) -> int:
        """The first of `count` AUTO_INCREMENT values of a table, auto_increment_increment apart."""
        values = self._session.variables.values
        schema = self._session.instance.catalogs.current.schema(database)
        assert schema is not None, database
        increment, offset = values["auto_increment_increment"], values["auto_increment_offset"]
        forced = self._session.forced_insert_id
        if forced:
            self._session.forced_insert_id = 0
            last = forced + (count - 1) * increment  # type: ignore[operator]
            await self._session.instance.auto_ids.rebase(schema.info.id, table, last)  # type: ignore[arg-type]
            return forced
        return await self._session.instance.auto_ids.allocate(schema.info.id, table, count, increment, offset)  # type: ignore[arg-type]

    async def rebase_auto_id(self, database: str, table: TableInfo, value: int) -> None:
        """Later AUTO_INCREMENT values of the table must be greater than `value`."""
        schema = self._session.instance.catalogs.current.schema(database)
        assert schema is not None, database
        await self._session.instance.auto_ids.rebase(schema.info.id, table, value)

    async def allocate_row_ids(self, database: str, table: TableInfo, count: int) -> int:
        """The first of `count` hidden row ids."""
        schema = self._session.instance.catalogs.current.schema(database)
        assert schema is not None, database
        return await self._session.instance.auto_ids.allocate_row_ids(schema.info.id, table, count)
