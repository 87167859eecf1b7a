"""Rows of the tables of `mysql` as mappings, read and written through the codec: no SQL, no planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo
from sqlnode.base.temporal import pack_epoch
from sqlnode.base.types import TypeCode, Value
from sqlnode.privileges.names import COLUMN_OF, DATABASE, STATIC
from store.codec.keys import decode_record_key, record_range
from store.codec.table_codec import TableCodec, value_of_text

if TYPE_CHECKING:
    from store.snapshot import Snapshot
    from store.transaction import Transaction

Row = dict[str, Value]
"""Column (lower case) → value; ENUM and SET as text (bytes), what is absent takes the column's default."""

PRIVILEGE_COLUMNS: dict[str, tuple[str, ...]] = {
    "user": tuple(COLUMN_OF[name] for name in STATIC),
    "db": tuple(COLUMN_OF[name] for name in STATIC if name in DATABASE),
}
YES, NO = b"Y", b"N"


class StoredTable:
    """One table of `mysql`; knows how its rows and index entries are stored."""

    def __init__(self, table: TableInfo) -> None:
        self.table = table
        self.codec = TableCodec(table)
        self.columns = table.public_columns
        self._decoder = self.codec.row_decoder(self.columns)

    async def rows(self, reader: Snapshot | Transaction) -> list[Row]:
        """All rows."""
        start, end = record_range(self.table.id)
        found: list[Row] = []
        for key, value in await reader.scan(start, end):
            values = self._decoder.decode(value, decode_record_key(key)[1])
            found.append(
                {
                    column.name.lower(): _shown(cell, column.type.code, column.type.elements)
                    for column, cell in zip(self.columns, values, strict=True)
                }
            )
        return found

    def write(self, transaction: Transaction, row: Mapping[str, Value]) -> None:
        """Inserts the row, or replaces the one with the same primary key (its other indexes must not change)."""
        values = self._values(row)
        handle = self.codec.handle(values)
        assert handle is not None, "tables of mysql that we write are clustered"
        transaction.put(self.codec.record_key(handle), self.codec.encode_row(values))
        for entry in self.codec.index_entries(values, handle):
            transaction.put(entry.key, entry.value)

    def delete(self, transaction: Transaction, row: Mapping[str, Value]) -> None:
        """Deletes the row with its index entries."""
        values = self._values(row)
        handle = self.codec.handle(values)
        assert handle is not None, "tables of mysql that we write are clustered"
        transaction.delete(self.codec.record_key(handle))
        for entry in self.codec.index_entries(values, handle, deleting=True):
            transaction.delete(entry.key)

    def _values(self, row: Mapping[str, Value]) -> list[Value]:
        values: list[Value] = []
        for column in self.table.columns:
            value = row.get(column.name.lower())
            if value is None and column.default is not None and column.name.lower() not in row:
                value = None if column.default == "CURRENT_TIMESTAMP" else value_of_text(column.default, column.type)
            elif isinstance(value, bytes) and column.type.code in (TypeCode.ENUM, TypeCode.SET):
                value = _stored(value, column.type.code, column.type.elements)
            values.append(value)
        return values


def _shown(value: Value, code: int, elements: Sequence[str]) -> Value:
    if value is None or code not in (TypeCode.ENUM, TypeCode.SET):
        return value
    assert isinstance(value, int), "ENUM and SET are numbers in a row"
    if code == TypeCode.ENUM:
        return elements[value - 1].encode() if 0 < value <= len(elements) else b""
    return ",".join(element for place, element in enumerate(elements) if value >> place & 1).encode()


def _stored(value: bytes, code: int, elements: Sequence[str]) -> int:
    names = [element.lower() for element in elements]
    text = value.decode().lower()
    if code == TypeCode.ENUM:
        return names.index(text) + 1 if text in names else 0
    return sum(1 << names.index(member) for member in text.split(",") if member)


def text_of(row: Mapping[str, Value], column: str) -> str:
    """A character cell as str; empty for NULL."""
    value = row.get(column)
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else ""


def initial_user(
    user: str, host: str, plugin: str, auth_string: bytes, *, all_privileges: bool = False, changed_us: int = 0
) -> Row:
    """A row of `mysql.user` for a new account."""
    flag = YES if all_privileges else NO
    row: Row = {column.lower(): flag for column in PRIVILEGE_COLUMNS["user"]}
    row |= {
        "host": host.encode(),
        "user": user.encode("utf-8", "surrogateescape"),
        "authentication_string": auth_string,
        "plugin": plugin.encode(),
        "account_locked": NO,
        "password_expired": NO,
        "max_user_connections": 0,
        "password_last_changed": pack_epoch(changed_us) if changed_us else None,
    }
    return row
