"""Catalog: everything that has a name, at one schema version. Never edited, only replaced.

A planner takes a `Catalog` and resolves names in it without I/O. A new version shares every table that did not change,
so plans are revalidated by the identity of the `TableInfo`s they used. Names compare in lower case
(lower_case_table_names = 2: kept as written). Tables whose rows come from the server itself (information_schema,
performance_schema) are `TableInfo`s with a negative id, found through `virtual_schemas`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlnode.base.schema import DatabaseInfo, TableInfo


@dataclass(frozen=True)
class Schema:
    """A database and its tables by lower-case name."""

    info: DatabaseInfo
    tables: Mapping[str, TableInfo]

    @property
    def name(self) -> str:
        """The database's name as written."""
        return self.info.name


@dataclass(frozen=True)
class Catalog:
    """One schema version: databases by lower-case name, and who refers to whom by foreign key."""

    version: int
    schemas: Mapping[str, Schema]
    referencing: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """(database, table) lower case -> the (database, table) pairs whose foreign keys point at it."""

    def schema(self, name: str) -> Schema | None:
        """The database of that name, or None."""
        return self.schemas.get(name.lower())

    def table(self, database: str, name: str) -> TableInfo | None:
        """The table or view of that name, or None."""
        schema = self.schemas.get(database.lower())
        return None if schema is None else schema.tables.get(name.lower())

    def table_by_id(self, table_id: int) -> tuple[Schema, TableInfo] | None:
        """The table with that id and its database, or None. Linear: for rare use."""
        for schema in self.schemas.values():
            for table in schema.tables.values():
                if table.id == table_id:
                    return schema, table
        return None

    def all_tables(self) -> Iterator[tuple[Schema, TableInfo]]:
        """Every table with its database, by name."""
        for _, schema in sorted(self.schemas.items()):
            for _, table in sorted(schema.tables.items()):
                yield schema, table


EMPTY = Catalog(0, {})
