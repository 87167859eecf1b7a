"""Stored rows to result rows without Python values in between where that is possible.

A function is generated for each (layout, protocol, character set, zone) and row header: the header says which columns
a row has and where, so what is left is a few slices and their cells. Character columns are copied as they are when the
client reads UTF-8. A NULL is known from the header alone, so the binary protocol's bitmap is a constant.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final, TypeAlias

from executor.result import StoredLayout, StoredRows
from planner.expr.nodes import Column
from sqlnode.base.types import TypeCode
from sqlnode.base.zones import from_utc
from sqlnode.wire.binary_cells import binary_cell
from sqlnode.wire.constants import NULL_CELL
from sqlnode.wire.payload import SHORT_LENGTHS, length_encoded
from sqlnode.wire.resultset import RowEncoder
from sqlnode.wire.text_cells import Formatter, text_cell
from store.codec.decimals import decode_decimal
from store.codec.keys import Handle, decode_float
from store.codec.row_format import (
    HANDLE_COLUMN_ID,
    VERSION,
    RowDecoder,
    RowHeader,
    handle_part,
    header_length,
    kind_of,
    offset_struct,
    parse_header,
    value_term,
)

Transcode: TypeAlias = Callable[[bytes, Handle], bytes]
"""(stored row, handle) -> payload of the result row."""

TranscodeMany: TypeAlias = Callable[[Sequence[tuple[Handle, bytes]], Transcode], list[bytes]]
"""Pairs to payloads; the second argument makes that of a row with another header."""

_CACHE_LIMIT: Final = 1024
_KEPT_VARIANTS: Final = 32


class Transcoder:
    """Result rows of one layout for one kind of client. `row(value, handle)` is the payload."""

    __slots__ = (
        "_by_header",
        "_cells",
        "_decoder",
        "_guess",
        "_loops",
        "_rows",
        "_timestamps",
        "binary",
        "layout",
        "zone",
    )

    def __init__(
        self, columns: Sequence[Column], layout: StoredLayout, charset: str | None, zone: tzinfo | None, *, binary: bool
    ) -> None:
        self.layout = layout
        self.binary = binary
        self.zone = zone
        self._rows = RowEncoder(columns, charset, binary=binary)
        self._timestamps = tuple(spec.type.code == TypeCode.TIMESTAMP and zone is not None for spec in layout.specs)
        make = binary_cell if binary else text_cell
        self._cells = tuple(
            _in_zone(make(column.type, charset), zone) if shifted else make(column.type, charset)
            for column, shifted in zip(columns, self._timestamps, strict=True)
        )
        self._decoder: RowDecoder | None = None
        self._by_header: dict[bytes, Transcode] = {}
        self._loops: dict[bytes, TranscodeMany] = {}
        self._guess = 6

    def row(self, value: bytes, handle: Handle) -> bytes:
        """The payload of one row."""
        found = self._by_header.get(value[: self._guess])
        if found is None:
            found = self._find(value)
        return found(value, handle)

    def rows(self, values: Sequence[tuple[Handle, bytes]]) -> list[bytes]:
        """The payloads of (handle, stored row) pairs. Rows of one table mostly have one header, so that one loop
        without calls makes them."""
        first = values[0][1] if values else b""
        loop = self._loops.get(first[: self._guess])
        if loop is None:
            if not first or first[0] != VERSION:
                return [self.row(value, handle) for handle, value in values]
            self._find(first)
            head = first[: self._guess]
            if len(self._loops) >= _CACHE_LIMIT:
                self._loops.clear()
            loop = self._loops[head] = self._compile_loop(parse_header(first), head)
        return loop(values, self.row)

    def _find(self, value: bytes) -> Transcode:
        if not value or value[0] != VERSION:
            return self._version_1
        length = header_length(value)
        key = value[:length]
        found = self._by_header.get(key)
        if found is None:
            if len(self._by_header) >= _CACHE_LIMIT:
                self._by_header.clear()
            found = self._by_header[key] = self._compile(parse_header(value))
        self._guess = length
        return found

    def _version_1(self, value: bytes, handle: Handle) -> bytes:
        if self._decoder is None:
            self._decoder = RowDecoder(self.layout.specs, self.layout.parts)
        row = self._decoder.decode(value, handle)
        for position, shifted in enumerate(self._timestamps):
            if shifted and row[position]:
                row[position] = from_utc(row[position], self.zone)  # type: ignore[arg-type]
        return self._rows.payload(row)

    def _compile(self, header: RowHeader) -> Transcode:
        """Generate `row` for rows with this header. The source holds nothing but numbers and names made here."""
        scope, offsets, payload = self._payload(header)
        exec("\n".join(["def row(value, handle):", *offsets, f"    return {payload}"]), scope)
        return scope["row"]  # type: ignore[return-value]

    def _compile_loop(self, header: RowHeader, head: bytes) -> TranscodeMany:
        """The same for many rows, of which those that begin otherwise go to `row`."""
        scope, offsets, payload = self._payload(header)
        scope["head"] = head
        lines = [
            "def rows(values, row):",
            " found = []",
            " add = found.append",
            " for handle, value in values:",
            f"  if value[:{len(head)}] == head:",
            *offsets,
            f"    add({payload})",
            "  else:",
            "    add(row(value, handle))",
            " return found",
        ]
        exec("\n".join(lines), scope)
        return scope["rows"]  # type: ignore[return-value]

    def _payload(self, header: RowHeader) -> tuple[dict[str, object], list[str], str]:
        """Names for generated code, its line (at most one) that unpacks offsets, and the payload's expression."""
        places = {column_id: index for index, column_id in enumerate(header.ids)}
        parts = self.layout.parts
        scope: dict[str, object] = {
            "number": int.from_bytes,
            "real": decode_float,
            "decimal": decode_decimal,
            "part": handle_part,
            "long": length_encoded,
            "short": SHORT_LENGTHS,
        }
        needed: set[int] = set()
        terms: list[str] = []
        bitmap = 0
        for position, spec in enumerate(self.layout.specs):
            cell = self._cells[position]
            scope[f"cell_{position}"] = cell
            place = places.get(spec.id)
            if spec.is_handle or spec.id == HANDLE_COLUMN_ID:
                source = f"handle & {(1 << 64) - 1}" if spec.type.unsigned else "handle"
            elif place is not None:
                needed.update((place - 1, place) if place else (place,))
                source = value_term("value", kind_of(spec.type), place, header.data_at)
            elif spec.id in parts.ids and spec.id not in parts.prefix_ids and spec.id not in header.null_ids:
                source = f"part(handle, {parts.ids.index(spec.id)})"
            elif spec.id in header.null_ids or spec.default is None:
                bitmap |= 1 << (position + 2)
                if not self.binary:
                    terms.append(repr(NULL_CELL))
                continue
            else:
                terms.append(repr(cell(spec.default)))
                continue
            if cell is length_encoded and place:
                size = f"end_{place} - end_{place - 1}"
                terms.append(f"(short[{size}] + {source} if {size} < 251 else long({source}))")
            else:
                terms.append(f"cell_{position}({source})")
        if self.binary:
            head = b"\0" + bitmap.to_bytes((len(self.layout.specs) + 9) // 8, "little")
            terms.insert(0, repr(head))
        payload = " + ".join(terms) if len(terms) <= 3 else f"b''.join(({', '.join(terms)},))"
        if not needed:
            return scope, [], payload
        layout, names = offset_struct(sorted(needed), header)
        scope["unpack"] = struct.Struct(layout).unpack_from
        return scope, [f"    {', '.join(names)}, = unpack(value)"], payload


def _in_zone(cell: Formatter, zone: tzinfo | None) -> Formatter:
    return lambda value: cell(from_utc(value, zone) if value else value)


def transcoder(rows: StoredRows, charset: str | None, *, binary: bool) -> Transcoder:
    """The transcoder of a result, kept with its layout (a few variants: protocol, character set, zone)."""
    layout = rows.layout
    key = (binary, charset, rows.zone)
    found = layout.compiled.get(key)
    if found is None:
        if len(layout.compiled) >= _KEPT_VARIANTS:
            layout.compiled.clear()
        found = Transcoder(rows.columns, layout, charset, rows.zone, binary=binary)
        layout.compiled[key] = found
    assert isinstance(found, Transcoder), "StoredLayout.compiled belongs to this module"
    return found
