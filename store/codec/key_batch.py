"""Many keys at once: handles and index columns out of record and index keys, as Arrow arrays.

A `KeyCursor` holds one position per key and reads one datum of every key per step, so that keys of different lengths
(strings, NULLs) stay whole-array work.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sqlnode.base.types import SqlType, TypeCode, arrow_type
from store.codec.byte_arrays import binary_slices, decode_comparable_floats, masked
from store.codec.decimal_arrays import I64, U8, decode_decimals, unaligned
from store.codec.keys import (
    BYTES_FLAG,
    DECIMAL_FLAG,
    DURATION_FLAG,
    FLOAT_FLAG,
    INT_FLAG,
    NIL_FLAG,
    RECORD_KEY_LENGTH,
    UINT_FLAG,
)

_PADDING = 80
_SIGN = np.uint64(1 << 63)


def decode_int_handles(keys: Sequence[bytes], *, unsigned: bool) -> pa.Array:
    """The integer handles of record keys, as int64 or uint64. Raises ValueError when a key has another handle."""
    joined = b"".join(keys)
    if len(joined) != RECORD_KEY_LENGTH * len(keys):
        raise ValueError("record keys without an integer handle")
    tails = np.frombuffer(joined, np.uint8).reshape(len(keys), RECORD_KEY_LENGTH)[:, RECORD_KEY_LENGTH - 8 :]
    bits = np.ascontiguousarray(tails).view(">u8").reshape(len(keys)).astype(np.uint64) ^ _SIGN
    return pa.array(bits if unsigned else bits.view(np.int64))


def decode_common_handles(
    keys: Sequence[bytes], ids: Sequence[int], types: Sequence[SqlType | None], prefix_length: int
) -> dict[int, pa.Array]:
    """Column id -> values in the common handles of record keys (strings as their collation keys).

    A column whose type is None is skipped and not in the result.
    """
    cursor = KeyCursor(keys, prefix_length)
    found = {}
    for column_id, sql_type in zip(ids, types, strict=True):
        if sql_type is None:
            cursor.skip()
        else:
            found[column_id] = cursor.read(sql_type)
    return found


class KeyCursor:
    """Reads the datums of many keys, one of each per `read`. `positions` index the joined `buffer`."""

    def __init__(self, keys: Sequence[bytes], prefix_length: int) -> None:
        self.count = len(keys)
        self.buffer: U8 = np.frombuffer(b"".join(keys) + bytes(_PADDING), np.uint8)
        lengths = np.fromiter(map(len, keys), np.int64, self.count)
        self.ends: I64 = np.cumsum(lengths)
        self.positions: I64 = self.ends - lengths + prefix_length

    def read(self, sql_type: SqlType) -> pa.Array:
        """The next datum of every key, as an array of the type's Arrow form. Raises ValueError for a foreign flag."""
        target = arrow_type(sql_type)
        if not self.count:
            return pa.nulls(0, target)
        flags = self.buffer[self.positions]
        valid = flags != NIL_FLAG
        present = None if valid.all() else valid
        if not valid.any():
            self.positions = self.positions + 1
            return pa.nulls(self.count, target)
        flag = int(flags[int(np.argmax(valid))])
        if (present is None and (flags != flag).any()) or (present is not None and (flags[valid] != flag).any()):
            raise ValueError("keys of one column with different flags")
        start = self.positions + 1
        if flag in (INT_FLAG, UINT_FLAG, DURATION_FLAG, FLOAT_FLAG):
            self.positions = start + np.where(valid, 8, 0)
            return self._fixed(start, flag, present, target)
        if flag == DECIMAL_FLAG:
            array, lengths = decode_decimals(self.buffer, start, present, target)
            self.positions = start + lengths
            return array
        if flag == BYTES_FLAG:
            return self._strings(start, valid)
        raise ValueError(f"unknown flag {flag} in a key")

    def skip(self) -> None:
        """Pass over the next datum of every key."""
        if not self.count:
            return
        flags = self.buffer[self.positions]
        present = flags[flags != NIL_FLAG]
        flag = int(present[0]) if len(present) else NIL_FLAG
        if flag == DECIMAL_FLAG:
            self.read(SqlType(TypeCode.NEWDECIMAL, length=65, scale=30))
        else:
            self.read(SqlType(TypeCode.VARCHAR if flag == BYTES_FLAG else TypeCode.LONGLONG))

    def _fixed(self, start: I64, flag: int, valid: np.ndarray | None, target: pa.DataType) -> pa.Array:
        # A NULL in the last key may leave fewer than eight bytes; the padding covers them.
        if flag == FLOAT_FLAG:
            return masked(decode_comparable_floats(self.buffer, start), valid)
        bits = unaligned(self.buffer, ">u8")[start].astype(np.uint64)
        if flag != UINT_FLAG:
            bits = bits ^ _SIGN
        return masked(bits.view(np.int64) if pa.types.is_int64(target) else bits, valid)

    def _strings(self, start: I64, valid: np.ndarray) -> pa.Array:
        """Memcomparable strings: groups are gathered round by round, each round for the rows that still go on."""
        words = unaligned(self.buffer, "<u8")
        lengths = np.zeros(self.count, np.int64)
        position = start.copy()
        active = np.flatnonzero(valid)
        rounds = []
        while len(active):
            at = position[active]
            markers = self.buffer[at + 8].astype(np.int64)
            if (markers < 247).any() or (at + 9 > self.ends[active]).any():
                raise ValueError("malformed memcomparable string in a key")
            rounds.append((active, words[at]))
            full = markers == 255
            lengths[active] += np.where(full, 8, markers - 247)
            position[active] = at + 9
            active = active[full]
        self.positions = np.where(valid, position, start)
        width = len(rounds)
        gathered = np.zeros((self.count, width), "<u8")
        for index, (rows, found) in enumerate(rounds):
            gathered[rows, index] = found
        begins = np.arange(self.count, dtype=np.int64) * (8 * width)
        flat = gathered.view(np.uint8).reshape(-1)
        return binary_slices(flat, begins, begins + lengths, None if valid.all() else valid)
