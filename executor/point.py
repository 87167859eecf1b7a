"""Rows by key: the handle, a clustered primary key, or a whole unique index.

`PointLookup` is what is fixed about a PointGet or BatchPointGet node (encoders, decoder, layout), made once per plan;
`fetch` turns it into stored rows. An index key costs two reads: entry, then row. A single record key is one, and its
value goes to the client as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from executor.compiled import kept, scalar
from executor.context import EvalContext, ExecContext
from executor.index_entries import entry_handle
from executor.locking import lock_rows
from executor.reads import reads_of
from executor.result import StoredLayout
from planner.access.convert import NO_VALUE, NoValue, exact
from planner.expr.nodes import Constant, Parameter
from planner.physical import BatchPointGet, KeyValue, PointGet
from sqlnode.base.schema import ColumnInfo, TableInfo
from sqlnode.base.temporal import from_utc
from sqlnode.base.types import TypeCode, Value, integer
from store.api import Reads
from store.codec.keys import COMMON_HANDLE_MINIMUM, Handle, encode_int, index_prefix, key_encoder, record_prefix
from store.codec.row_format import ColumnSpec, RowDecoder
from store.codec.table_codec import TableCodec

StoredRow: TypeAlias = tuple[Handle, bytes]
_EIGHT: Final = 8
_NO_COLUMN_ID: Final = -1000


_NOT_READ: Final = ColumnSpec(_NO_COLUMN_ID, integer())


class RowReader:
    """Decodes stored rows of one table to Python values of chosen columns, TIMESTAMP in the session's zone. Columns that
    are not `wanted` come as NULL."""

    __slots__ = ("_decode", "_decode_many", "_timestamps", "layout")

    def __init__(self, table: TableInfo, infos: Sequence[ColumnInfo], wanted: Sequence[bool] = ()) -> None:
        codec = TableCodec(table)
        specs = tuple(codec.column_spec(info) for info in infos)
        if wanted:
            specs = tuple(spec if asked else _NOT_READ for spec, asked in zip(specs, wanted, strict=True))
        self.layout = StoredLayout(specs, codec.handle_parts())
        decoder = RowDecoder(specs, self.layout.parts)
        self._decode = decoder.decode
        self._decode_many = decoder.decode_many
        self._timestamps = tuple(
            position for position, info in enumerate(infos) if info.type.code == TypeCode.TIMESTAMP
        )

    def row(self, handle: Handle, value: bytes, context: EvalContext) -> list[Value]:
        """One row."""
        row = self._decode(value, handle)
        if self._timestamps and context.zone is not None:
            for position in self._timestamps:
                packed = row[position]
                if packed:
                    row[position] = from_utc(packed, context.zone)  # type: ignore[arg-type]
        return row

    def rows(self, stored: Sequence[StoredRow], context: EvalContext) -> list[list[Value]]:
        """Many rows."""
        if not self._timestamps:
            return self._decode_many(stored)
        return [self.row(handle, value, context) for handle, value in stored]


def row_reader(node: PointGet | BatchPointGet) -> RowReader:
    """The node's row reader."""
    return kept(node, "_row_reader", lambda: RowReader(node.table, node.infos))


class Inputs:
    """What the keys of a direct lookup read of the evaluation context."""

    __slots__ = ("parameters",)

    def __init__(self, parameters: tuple[Value, ...]) -> None:
        self.parameters = parameters


KeyInputs: TypeAlias = EvalContext | Inputs
KeyMaker: TypeAlias = Callable[[KeyInputs], bytes | None]
"""The key of an execution; None when no row can have it."""


class PointLookup:
    """See the module."""

    __slots__ = ("_makers", "_node", "by_index", "is_direct", "prefix", "record_prefix")

    def __init__(self, node: PointGet | BatchPointGet) -> None:
        self._node = node
        self.by_index = node.index is not None
        self.record_prefix = record_prefix(node.table.id)
        self.prefix = self.record_prefix if node.index is None else index_prefix(node.table.id, node.index.id)
        keys = (node.key,) if isinstance(node, PointGet) else node.keys
        self.is_direct = all(_is_direct(value) for key in keys for value in key)
        """Whether the keys are made of parameters and constants alone, so that `Inputs` is context enough."""
        self._makers = tuple(self._maker(key) for key in keys)

    def _maker(self, key: tuple[KeyValue, ...]) -> KeyMaker:
        parts = [_part(value) for value in key]
        prefix = self.prefix
        table = self._node.table
        if not self.by_index and not table.is_common_handle:
            (only,) = parts

            def by_handle(context: KeyInputs) -> bytes | None:
                value = only(context)
                return None if isinstance(value, NoValue) else prefix + encode_int(value)  # type: ignore[arg-type]

            return by_handle
        encoders = [key_encoder(value.type, value.length) for value in key]
        padding = 0 if self.by_index else COMMON_HANDLE_MINIMUM

        def encoded(context: KeyInputs) -> bytes | None:
            data = b""
            for part, encode in zip(parts, encoders):
                value = part(context)
                if isinstance(value, NoValue):
                    return None
                data += encode(value)
            return prefix + data.ljust(padding, b"\x00") if len(data) < padding else prefix + data

        return encoded

    def key(self, context: KeyInputs) -> bytes | None:
        """The key of a point get."""
        return self._makers[0](context)

    def keys(self, context: KeyInputs) -> list[bytes]:
        """The keys of this execution, each once, in order of appearance; those that no row can have are left out."""
        return list(dict.fromkeys(key for key in [make(context) for make in self._makers] if key is not None))

    def handle(self, record_key: bytes) -> Handle:
        """The handle in a record key of this table."""
        tail = record_key[len(self.record_prefix) :]
        return int.from_bytes(tail, "big") - (1 << 63) if len(tail) == _EIGHT else tail

    def row_key(self, index_key: bytes, entry: bytes) -> bytes:
        """The record key that an index entry points to."""
        assert self._node.index is not None, "only index entries point to rows"
        common = self._node.table.is_common_handle
        handle = entry_handle(index_key, entry, len(self._node.index.columns), common=common)
        return self.record_prefix + (encode_int(handle) if isinstance(handle, int) else handle)


def _is_direct(value: KeyValue) -> bool:
    if isinstance(value.expression, Constant):
        return value.type.code != TypeCode.TIMESTAMP
    return isinstance(value.expression, Parameter) and value.type.is_integer and value.expression.type.is_integer


def _part(value: KeyValue) -> Callable[[KeyInputs], Value | NoValue]:
    """A key part's value at execution, in the column's type, or NO_VALUE."""
    source, target = value.expression.type, value.type
    if isinstance(value.expression, Parameter) and _is_direct(value):
        index = value.expression.index
        low, high = (0, (1 << 64) - 1) if target.unsigned else (-(1 << 63), (1 << 63) - 1)

        def parameter(context: KeyInputs) -> Value | NoValue:
            number = context.parameters[index]
            return number if isinstance(number, int) and low <= number <= high else NO_VALUE

        return parameter
    if isinstance(value.expression, Constant) and _is_direct(value):
        known = exact(value.expression.value, source, target)
        return lambda context: known
    evaluate = scalar(value.expression)

    def general(context: KeyInputs) -> Value | NoValue:
        assert isinstance(context, EvalContext), "direct lookups have other parts only"
        return exact(evaluate((), context), source, target, context.zone)

    return general


def lookup_of(node: PointGet | BatchPointGet) -> PointLookup:
    """The node's lookup."""
    return kept(node, "_lookup", lambda: PointLookup(node))


async def fetch(node: PointGet | BatchPointGet, context: ExecContext, reads: Reads | None = None) -> list[StoredRow]:
    """The stored rows that the node asks for, locked first where it says so."""
    lookup = lookup_of(node)
    if node.lock is not None and context.transaction is not None:
        return _ordered(await _fetch_locked(node, lookup, context), node)
    if reads is None:
        reads = reads_of(context) if context.for_update_read else context.snapshot
    if isinstance(node, PointGet):
        return await _fetch_one(lookup, reads, context.evaluation)
    keys = lookup.keys(context.evaluation)
    if not keys:
        return []
    if lookup.by_index:
        entries = await reads.batch_get(keys)
        keys = [lookup.row_key(key, entries[key]) for key in keys if key in entries]
        if node.keep_order:
            return await _in_key_order(node, entries, lookup, reads)
    rows = await reads.batch_get(keys) if keys else {}
    return _ordered([(lookup.handle(key), rows[key]) for key in keys if key in rows], node)


async def _fetch_one(lookup: PointLookup, reads: Reads, context: EvalContext) -> list[StoredRow]:
    key = lookup.key(context)
    if key is None:
        return []
    if lookup.by_index:
        entry = await reads.get(key)
        if entry is None:
            return []
        key = lookup.row_key(key, entry)
    value = await reads.get(key)
    return [] if value is None else [(lookup.handle(key), value)]


async def _in_key_order(
    node: BatchPointGet, entries: dict[bytes, bytes], lookup: PointLookup, reads: Reads
) -> list[StoredRow]:
    ordered = sorted(entries, reverse=node.desc)
    keys = [lookup.row_key(key, entries[key]) for key in ordered]
    rows = await reads.batch_get(keys)
    return [(lookup.handle(key), rows[key]) for key in keys if key in rows]


def _ordered(rows: list[StoredRow], node: PointGet | BatchPointGet) -> list[StoredRow]:
    if isinstance(node, PointGet) or not node.keep_order or node.index is not None:
        return rows
    column = node.table.handle_column
    mask = (1 << 64) - 1 if column is not None and column.type.unsigned else -1
    if node.table.is_common_handle:
        rows.sort(key=lambda row: row[0], reverse=node.desc)
    else:
        rows.sort(key=lambda row: row[0] & mask, reverse=node.desc)  # type: ignore[operator]
    return rows


async def _fetch_locked(node: PointGet | BatchPointGet, lookup: PointLookup, context: ExecContext) -> list[StoredRow]:
    assert node.lock is not None and context.transaction is not None, "the caller checked"
    keys = lookup.keys(context.evaluation)
    if not keys:
        return []
    if lookup.by_index:
        entries = await lock_rows(context, keys, node.lock.mode, node.lock.wait)
        ordered = sorted(entries, reverse=isinstance(node, BatchPointGet) and node.desc)
        keys = [lookup.row_key(key, entries[key]) for key in ordered]
    rows = await lock_rows(context, keys, node.lock.mode, node.lock.wait)
    return [(lookup.handle(key), rows[key]) for key in keys if key in rows]
