"""Rows: the public names of this package's row parts in one place (format, table codec, whole columns)."""

from store.codec.row_batch import decode_rows
from store.codec.row_format import (
    ColumnSpec,
    HandleParts,
    RowDecoder,
    RowHeader,
    encode_row,
    header_length,
    kind_of,
    parse_header,
)
from store.codec.table_codec import IndexEntry, TableCodec, needs_restored_data, origin_default_value

__all__ = [
    "ColumnSpec",
    "HandleParts",
    "IndexEntry",
    "RowDecoder",
    "RowHeader",
    "TableCodec",
    "decode_rows",
    "encode_row",
    "header_length",
    "kind_of",
    "needs_restored_data",
    "origin_default_value",
    "parse_header",
]
