"""Columns of handles to record keys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sqlnode.base.schema import TableInfo
from store.codec.keys import (
    COMMON_HANDLE_MINIMUM,
    RECORD_PREFIX_LENGTH,
    Handle,
    decode_handle,
    key_encoder,
    record_prefix,
)


class RecordKeys:
    """Makes the record keys of one table from its handle columns: one integer, or the clustered key's columns."""

    __slots__ = ("_encoders", "prefix")

    def __init__(self, table: TableInfo) -> None:
        self.prefix = record_prefix(table.id)
        primary = table.primary_index if table.is_common_handle else None
        self._encoders = [
            key_encoder(table.columns[part.offset].type, part.length) for part in (primary.columns if primary else ())
        ]

    def of(self, handles: Sequence[pa.Array]) -> list[bytes]:
        """One key a row; handles are not NULL."""
        prefix = self.prefix
        if not self._encoders:
            bits = handles[0].to_numpy(zero_copy_only=False).view(np.uint64) ^ np.uint64(1 << 63)
            raw = bits.astype(">u8").tobytes()
            return [prefix + raw[start : start + 8] for start in range(0, len(raw), 8)]
        columns = [array.to_pylist() for array in handles]
        keys = []
        for row in zip(*columns, strict=True):
            handle = b"".join([encode(value) for encode, value in zip(self._encoders, row, strict=True)])
            keys.append(prefix + handle.ljust(COMMON_HANDLE_MINIMUM, b"\x00"))
        return keys


def handle_of_key(key: bytes) -> Handle:
    """The handle in a record key."""
    return decode_handle(key[RECORD_PREFIX_LENGTH:])
