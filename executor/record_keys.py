"""Columns of handles to record keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import numpy as np
import pyarrow as pa

from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.base.temporal import is_repeated, to_utc
from sqlnode.base.types import TypeCode
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

    __slots__ = ("_encoders", "_timestamps", "prefix")

    def __init__(self, table: TableInfo) -> None:
        self.prefix = record_prefix(table.id)
        primary = table.primary_index if table.is_common_handle else None
        parts = primary.columns if primary else ()
        self._timestamps = [
            place for place, part in enumerate(parts) if table.columns[part.offset].type.code == TypeCode.TIMESTAMP
        ]
        self._encoders = [key_encoder(table.columns[part.offset].type, part.length) for part in parts]

    def of(self, handles: Sequence[pa.Array], zone: tzinfo | None) -> list[bytes]:
        """One key a row; handles are not NULL, TIMESTAMPs in them are local times of the zone.

        Error 1235 for a local time that two instants have: either might be the row's."""
        prefix = self.prefix
        if not self._encoders:
            bits = handles[0].to_numpy(zero_copy_only=False).view(np.uint64) ^ np.uint64(1 << 63)
            raw = bits.astype(">u8").tobytes()
            return [prefix + raw[start : start + 8] for start in range(0, len(raw), 8)]
        columns = [array.to_pylist() for array in handles]
        for place in self._timestamps if zone is not None else ():
            if any(is_repeated(value, zone) for value in columns[place]):
                raise repeated_key()
            columns[place] = [to_utc(value, zone) for value in columns[place]]
        keys = []
        for row in zip(*columns, strict=True):
            handle = b"".join([encode(value) for encode, value in zip(self._encoders, row, strict=True)])
            keys.append(prefix + handle.ljust(COMMON_HANDLE_MINIMUM, b"\x00"))
        return keys


def repeated_key() -> SqlError:
    """What cannot be done while two instants have one local time."""
    return SqlError(NOT_SUPPORTED_YET, feature="clustered TIMESTAMP keys in an hour that the time_zone repeats")


def handle_of_key(key: bytes) -> Handle:
    """The handle in a record key."""
    return decode_handle(key[RECORD_PREFIX_LENGTH:])
