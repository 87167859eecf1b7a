"""`VirtualTable`: the declaration of a server table, and what its row generator may see (`View`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from sqlnode.base.catalog import Catalog, Schema
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.types import Flag, SqlType, TypeCode, datetime, integer

if TYPE_CHECKING:
    from sqlnode.session.session import Session

Cell: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = tuple[Cell, ...]

_CHARSET = "utf8"
_COLLATION = "utf8_general_ci"
_INTEGER_TYPES = {"int": TypeCode.LONG, "bigint": TypeCode.LONGLONG}


@dataclass(frozen=True, slots=True)
class VirtualTable:
    """One server table. `columns` is a text of `NAME type[!]` items, one a line or comma; `!` means NOT NULL.

    Types: varchar(n), longtext, int, bigint, bigint unsigned, datetime, timestamp, json, double, enum. `rows` yields tuples in column order: str
    (or bytes) for character columns, int, float, packed int for times, None.
    """

    schema: str
    name: str
    columns: str
    rows: Callable[[View], Iterable[Row]]


def parse_type(text: str) -> SqlType:
    """The type of a declaration's text."""
    not_null = Flag.NOT_NULL if text.endswith("!") else 0
    text = text.rstrip("!").strip()
    match = re.fullmatch(r"varchar\((\d+)\)", text)
    if match:
        return SqlType(TypeCode.VARCHAR, not_null, int(match[1]), -1, _CHARSET, _COLLATION)
    if text == "longtext":
        return SqlType(TypeCode.LONG_BLOB, not_null | Flag.BLOB, 4294967295, -1, _CHARSET, _COLLATION)
    if text == "json":
        return SqlType(TypeCode.JSON, not_null | Flag.BINARY | Flag.BLOB, 4294967295, 0, "utf8mb4", "utf8mb4_bin")
    if text == "datetime":
        return datetime().with_flags(add=not_null)
    if text == "double":
        return SqlType(TypeCode.DOUBLE, not_null | Flag.BINARY, 22, -1)
    words = text.split()
    found = integer(_INTEGER_TYPES[words[0]], unsigned="unsigned" in words, not_null=bool(not_null))
    return replace(found, length=10) if text == "int unsigned" else found


def table_info(table: VirtualTable, table_id: int) -> TableInfo:
    """The catalogue's entry of a server table."""
    columns: list[ColumnInfo] = []
    for item in re.split(r"[\n,](?![^(]*\))", table.columns):
        item = item.strip()
        if not item:
            continue
        name, _, type_text = item.partition(" ")
        columns.append(ColumnInfo(len(columns) + 1, name, len(columns), parse_type(type_text)))
    return TableInfo(table_id, table.name, _CHARSET, _COLLATION, tuple(columns))


def batch_of(info: TableInfo, rows: Iterable[Row]) -> pa.RecordBatch:
    """Rows as a batch in the Arrow forms of the columns' types."""
    data = list(rows)
    arrays: list[pa.Array] = []
    for place, column in enumerate(info.columns):
        values = [row[place] for row in data]
        target = column.type.arrow
        if pa.types.is_binary(target):
            encoded = [
                value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value for value in values
            ]
            arrays.append(pa.array(encoded, target))
        else:
            arrays.append(pa.array(values, target))
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in info.columns])


class View:
    """What a generator may read: the session's catalogue as its account may see it, and hints about wanted names."""

    def __init__(self, session: Session, predicates: Mapping[str, object]) -> None:
        self.session = session
        self.instance = session.instance
        self._wanted: dict[str, frozenset[str]] = {}
        for column, operands in predicates.items():
            if isinstance(operands, (set, frozenset, list, tuple)):
                texts = [o.decode("utf-8", "replace") if isinstance(o, bytes) else o for o in operands]
                if all(isinstance(text, str) for text in texts):
                    self._wanted[column.lower()] = frozenset(str(text).lower() for text in texts)

    @property
    def catalog(self) -> Catalog:
        """The current catalogue."""
        return self.instance.catalogs.current

    def may_match(self, column: str, name: str) -> bool:
        """False when a row whose `column` is `name` is filtered out anyway."""
        wanted = self._wanted.get(column)
        return wanted is None or name.lower() in wanted

    def schemas(self, column: str = "table_schema") -> Iterator[Schema]:
        """The databases that the account may see, by name."""
        account = self.session.account
        for _, schema in sorted(self.catalog.schemas.items()):
            if self.may_match(column, schema.name) and (
                account is None or schema.info.id < 0 or self.instance.accounts.sees_database(account, schema.name)
            ):
                yield schema

    def tables(
        self, schema_column: str = "table_schema", table_column: str = "table_name"
    ) -> Iterator[tuple[Schema, TableInfo]]:
        """The tables and views that the account may see, by database and name."""
        account = self.session.account
        for schema in self.schemas(schema_column):
            for _, table in sorted(schema.tables.items()):
                if self.may_match(table_column, table.name) and (
                    account is None
                    or table.id < 0
                    or self.instance.accounts.sees_table(account, schema.name, table.name)
                ):
                    yield schema, table

    def base_tables(self) -> Iterator[tuple[Schema, TableInfo]]:
        """Stored tables only."""
        return ((schema, table) for schema, table in self.tables() if table.id > 0 and not table.is_view)


def nothing(view: View) -> Iterable[Row]:
    """A table that has no rows here."""
    return ()
