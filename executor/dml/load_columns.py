"""Blocks of a file to columns of fields, for the plain files that LOAD DATA mostly gets.

A block is plain when its lines have the same number of fields and hold nothing that needs a look at single characters:
no enclosures, no escapes but `\\N` alone in a field. Arrow's reader takes such blocks apart; all others are left to
`load_format`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from planner.parse.nodes_session import FieldFormat

BLOCK_BYTES = 1 << 20
_MARK = b"\xef\xbb\xbf"
_LINE_ENDS = (b"\n", b"\r\n")
_SEARCHED_BYTES = 4 << 20


def blocks_of(data: bytes | bytearray, options: FieldFormat, skip: int) -> Iterator[bytes] | None:
    """The data behind the first `skip` lines, cut behind ends of lines into blocks of about a megabyte; None when the
    end of a line cannot be told by looking for it, or the file is not of the plain kind."""
    separator = options.fields_terminated
    if (
        options.lines_terminated not in _LINE_ENDS
        or options.lines_starting
        or len(separator) != 1
        or separator in b"\r\n\0"
        or separator >= b"\x80"
        or options.fields_escaped not in (b"\\", b"")
        or (options.fields_escaped and _contains(data, b"\\\n"))
        or (options.fields_enclosed and _contains(data, options.fields_enclosed[:1]))
    ):
        return None
    start = 0
    for _ in range(skip):
        end = data.find(b"\n", start)
        start = len(data) if end < 0 else end + 1
    return _cut(data, start)


def _contains(data: bytes | bytearray, mark: bytes) -> bool:
    """`mark in data`, in steps between which other threads have their turn."""
    reach = _SEARCHED_BYTES + len(mark) - 1
    return any(data.find(mark, at, at + reach) >= 0 for at in range(0, len(data), _SEARCHED_BYTES))


def _cut(data: bytes | bytearray, start: int) -> Iterator[bytes]:
    size = len(data)
    view = memoryview(data)
    while start < size:
        end = size
        if start + BLOCK_BYTES < size:
            end = data.rfind(b"\n", start, start + BLOCK_BYTES) + 1 or data.find(b"\n", start) + 1 or size
        yield bytes(view[start:end])
        start = end


def columns_of(block: bytes, options: FieldFormat, width: int) -> list[pa.Array] | None:
    """The fields of a block's lines, by place, when each line has `width` of them (or an empty one more, which the last
    separator leaves); None when the block is not plain."""
    separator = options.fields_terminated
    if options.lines_terminated == b"\r\n":
        ends = block.count(b"\r\n")
        if block.count(b"\r") != ends or block.count(b"\n") != ends:
            return None
        block = block.replace(b"\r\n", b"\n")
    if b"\r" in block or b"\0" in block or block.startswith(_MARK):
        return None
    escapes = block.count(b"\\") if options.fields_escaped else 0
    if not options.fields_escaped and b"NULL" in block:
        return None
    first = block.find(b"\n")
    count = block.count(separator, 0, len(block) if first < 0 else first) + 1
    if count != width and count != width + 1:
        return None
    names = [str(place) for place in range(count)]
    try:
        table = csv.read_csv(
            io.BytesIO(block),
            csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            csv.ParseOptions(
                delimiter=separator.decode("ascii"), quote_char=False, escape_char=False, ignore_empty_lines=False
            ),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.binary()),
                null_values=["\\N"] if escapes else [],
                strings_can_be_null=bool(escapes),
            ),
        )
    except pa.ArrowInvalid:
        return None
    arrays = [
        pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0) for column in table.columns
    ]
    if sum(array.null_count for array in arrays) != escapes:
        return None
    if count == width + 1:
        last = arrays.pop()
        if last.null_count or pc.max(pc.binary_length(last)).as_py():
            return None
    return arrays
