"""Server tables: information_schema and performance_schema, planned like any other table.

Each table is one `VirtualTable` declaration (columns and a row generator) in this unit package. Rows come from the
catalogue, the accounts, the registries and the sessions; nothing is stored. `generate` makes the batch that a MemTableScan
reads; names are matched by lower case, labels are upper case as in MySQL 8. Start at `table.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlnode.base.catalog import Schema
from sqlnode.base.schema import DatabaseInfo, TableInfo
from sqlnode.base.units import declarations, load_modules
from sqlnode.infoschema.table import View, VirtualTable, batch_of, table_info

if TYPE_CHECKING:
    import pyarrow as pa

    from sqlnode.session.session import Session


@lru_cache(maxsize=1)
def _tables() -> dict[tuple[str, str], tuple[VirtualTable, TableInfo]]:
    found: dict[tuple[str, str], tuple[VirtualTable, TableInfo]] = {}
    for number, table in enumerate(declarations(load_modules(__name__, __path__), VirtualTable)):
        key = (table.schema, table.name.lower())
        if key in found:
            raise ValueError(f"server table {table.name} is declared twice")
        found[key] = (table, table_info(table, -10 - number))
    return found


@lru_cache(maxsize=1)
def virtual_schemas() -> Mapping[str, Schema]:
    """The server's own schemas by lower-case name."""
    schemas: dict[str, dict[str, TableInfo]] = {"information_schema": {}, "performance_schema": {}}
    for (schema, name), (_, info) in _tables().items():
        schemas[schema][name] = info
    return {
        name: Schema(DatabaseInfo(-1 - place, name, "utf8", "utf8_general_ci"), tables)
        for place, (name, tables) in enumerate(schemas.items())
    }


def generate(session: Session, database: str, table: str, predicates: Mapping[str, object]) -> pa.RecordBatch:
    """All rows of a server table that the session may see; `predicates` may leave out rows that cannot match."""
    declared, info = _tables()[database.lower(), table.lower()]
    return batch_of(info, declared.rows(View(session, predicates)))
