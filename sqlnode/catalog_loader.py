"""CatalogLoader: from the metadata keys under `m` to a `Catalog`, and from one schema version to the next.

`load` reads everything once. `refresh` reads the SchemaDiffs between the version it has and the newest one and reads
again only the databases and tables that they name; every other `TableInfo` stays the same object, which is what keeps
plans valid. A diff that is missing (garbage collected, or written by a TiDB that asks for it) means reading all
again; tables whose stored bytes did not change keep their identity then too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlnode.base.catalog import EMPTY, Catalog, Schema
from sqlnode.base.schema import DatabaseInfo, SchemaState, TableInfo
from store.codec import meta

if TYPE_CHECKING:
    from store.snapshot import Snapshot
    from store.store import Store

_MAX_DIFFS = 100
"""More versions behind than this, and reading all is cheaper than applying differences."""

Referencing = dict[tuple[str, str], tuple[tuple[str, str], ...]]


def virtual_schemas() -> Mapping[str, Schema]:
    """Schemas whose rows come from the server itself, by lower-case name."""
    try:
        module = import_module("sqlnode.infoschema")
    except ModuleNotFoundError as error:
        if error.name != "sqlnode.infoschema":
            raise
        return {}
    hook = getattr(module, "virtual_schemas", None)
    return {} if hook is None else hook()


class _Stored:
    """What one database looks like in the store, with the bytes that each value was parsed from."""

    __slots__ = ("info", "info_bytes", "tables", "table_bytes")

    def __init__(self, info: DatabaseInfo, info_bytes: bytes) -> None:
        self.info = info
        self.info_bytes = info_bytes
        self.tables: dict[int, TableInfo] = {}
        self.table_bytes: dict[int, bytes] = {}


class CatalogLoader:
    """Holds the newest catalog of a store. `current` changes only inside `load` and `refresh`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._databases: dict[int, _Stored] = {}
        self.current: Catalog = EMPTY

    async def load(self) -> Catalog:
        """Reads the whole schema."""
        snapshot = await self._snapshot()
        version = await self._version(snapshot)
        old = self._databases
        databases: dict[int, _Stored] = {}
        start, end = meta.hash_range(meta.DATABASES)
        for _, value in await snapshot.scan(start, end):
            info = meta.database_from_json(meta.load_json(value))
            stored = _Stored(info, value)
            before = old.get(info.id)
            if before is not None and before.info_bytes == value:
                stored.info = before.info
            await self._read_tables(snapshot, stored, before)
            databases[info.id] = stored
        self._databases = databases
        schemas: dict[str, Schema] = {}
        for stored in databases.values():
            if stored.info.state is SchemaState.PUBLIC:
                schemas[stored.info.name.lower()] = _schema(stored)
        schemas.update(virtual_schemas())
        self.current = Catalog(version, schemas, _referencing(schemas))
        return self.current

    async def refresh(self) -> Catalog:
        """Follows the store to its newest schema version; cheap when nothing changed."""
        snapshot = await self._snapshot()
        version = await self._version(snapshot)
        behind = version - self.current.version
        if not behind:
            return self.current
        if self.current is EMPTY or behind < 0 or behind > _MAX_DIFFS:
            return await self.load()
        keys = [meta.schema_diff_key(number) for number in range(self.current.version + 1, version + 1)]
        found = await snapshot.batch_get(keys)
        changed: dict[int, set[int]] = {}
        for key in keys:
            if key not in found:
                return await self.load()
            diff = meta.load_json(found[key])
            if diff.get("regenerate_schema_map"):
                return await self.load()
            _collect(diff, changed)
        await self._apply(snapshot, version, changed)
        return self.current

    async def _snapshot(self) -> Snapshot:
        return self._store.snapshot(await self._store.timestamp())

    async def _version(self, snapshot: Snapshot) -> int:
        value = await snapshot.get(meta.string_key(meta.SCHEMA_VERSION))
        return 0 if value is None else int(value)

    async def _read_tables(self, snapshot: Snapshot, stored: _Stored, before: _Stored | None) -> None:
        start, end = meta.hash_range(meta.database_hash(stored.info.id))
        for key, value in await snapshot.scan(start, end):
            _, _, field = meta.decode_key(key)
            if not isinstance(field, bytes) or not field.startswith(b"Table:"):
                continue
            table_id = int(field[6:])
            known = None if before is None else before.table_bytes.get(table_id)
            stored.table_bytes[table_id] = value
            if known == value and before is not None:
                stored.tables[table_id] = before.tables[table_id]
            else:
                stored.tables[table_id] = _table(value, None if before is None else before.tables.get(table_id))

    async def _apply(self, snapshot: Snapshot, version: int, changed: dict[int, set[int]]) -> None:
        schemas = dict(self.current.schemas)
        relink = False
        for database_id, table_ids in changed.items():
            before = self._databases.get(database_id)
            if before is not None and before.info.state is SchemaState.PUBLIC:
                schemas.pop(before.info.name.lower(), None)
            value = await snapshot.get(meta.database_key(database_id))
            if value is None:
                self._databases.pop(database_id, None)
                relink = True
                continue
            stored = before
            if stored is None or stored.info_bytes != value:
                stored = _Stored(meta.database_from_json(meta.load_json(value)), value)
                if before is None:
                    await self._read_tables(snapshot, stored, None)
                    relink = True
                else:
                    stored.tables, stored.table_bytes = before.tables, before.table_bytes
                self._databases[database_id] = stored
            keys = {table_id: meta.table_key(database_id, table_id) for table_id in table_ids}
            values = await snapshot.batch_get(list(keys.values()))
            for table_id, key in keys.items():
                relink |= _replace_table(stored, table_id, values.get(key))
            if stored.info.state is SchemaState.PUBLIC:
                schemas[stored.info.name.lower()] = _schema(stored)
        for name, virtual in virtual_schemas().items():
            schemas.setdefault(name, virtual)
        links = _referencing(schemas) if relink else self.current.referencing
        self.current = Catalog(version, schemas, links)


def _collect(diff: dict[str, Any], changed: dict[int, set[int]]) -> None:
    """The databases and tables that a diff touches."""
    for part in (diff, *(diff.get("affected_options") or ())):
        tables = {part.get("table_id", 0), part.get("old_table_id", 0)} - {0}
        for database_id in {part.get("schema_id", 0), part.get("old_schema_id", 0)} - {0}:
            changed.setdefault(database_id, set()).update(tables)


def _replace_table(stored: _Stored, table_id: int, value: bytes | None) -> bool:
    """Brings one table up to date; True when foreign keys may have changed with it."""
    before = stored.tables.get(table_id)
    if value is None:
        stored.tables.pop(table_id, None)
        stored.table_bytes.pop(table_id, None)
        return before is not None and bool(before.foreign_keys)
    if stored.table_bytes.get(table_id) == value:
        return False
    table = _table(value, before)
    stored.tables[table_id] = table
    stored.table_bytes[table_id] = value
    had = () if before is None else before.foreign_keys
    return bool(had or table.foreign_keys)


def _table(value: bytes, before: TableInfo | None) -> TableInfo:
    """A stored table, and from when on snapshots may read it by this definition."""
    table = meta.table_from_json(meta.load_json(value))
    same_rows = before is not None and _reads_rows_of(table, before)
    return replace(table, readable_from=before.readable_from if same_rows and before is not None else table.update_ts)


def _reads_rows_of(table: TableInfo, before: TableInfo) -> bool:
    """Whether a snapshot that may be read by the definition before may be read by this one: no index came, and no column
    lost its NULLs or changed its type (for which MySQL writes the rows anew)."""
    indexes = {index.id for index in before.public_indexes}
    if any(index.id not in indexes for index in table.public_indexes):
        return False
    types = {column.id: column.type for column in before.public_columns}
    for column in table.public_columns:
        old, new = types.get(column.id), column.type
        if old is not None and (old.code != new.code or old.unsigned != new.unsigned or old.not_null < new.not_null):
            return False
    return True


def _schema(stored: _Stored) -> Schema:
    tables = {table.name.lower(): table for table in stored.tables.values() if table.state is SchemaState.PUBLIC}
    return Schema(stored.info, tables)


def _referencing(schemas: Mapping[str, Schema]) -> Referencing:
    """(parent database, parent table) -> the tables whose foreign keys name it; parents need not exist."""
    links: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for database, schema in schemas.items():
        for name, table in schema.tables.items():
            for key in table.foreign_keys:
                parent = ((key.ref_schema or database).lower(), key.ref_table.lower())
                children = links.setdefault(parent, [])
                if (database, name) not in children:
                    children.append((database, name))
    return {parent: tuple(children) for parent, children in links.items()}
