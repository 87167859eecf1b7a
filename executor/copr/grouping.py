"""Group numbers: rows to small integers, one number per distinct key over all batches of an aggregation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from executor.copr.ordering import comparable
from sqlnode.base.types import SqlType

I64 = npt.NDArray[np.int64]
_WIDEST = 1 << 62


class Groups:
    """Numbers the distinct keys in order of first appearance and keeps the first original values of each.

    Strings are told apart by their collation's weights; NULL is a key like any other.
    """

    def __init__(self, types: Sequence[SqlType]) -> None:
        self.types = tuple(types)
        self.count = 0
        self._numbers: dict[object, int] = {}
        self._firsts: list[list[pa.Array]] = [[] for _ in self.types]

    def number(self, keys: Sequence[pa.Array], rows: int) -> tuple[I64, I64]:
        """(group number of every row, row positions at which the groups new in this batch first appear)."""
        if not rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if not self.types:
            new = np.zeros(0 if self.count else 1, np.int64)
            self.count = 1
            return np.zeros(rows, np.int64), new
        weights = [comparable(key, sql_type) for key, sql_type in zip(keys, self.types, strict=True)]
        _, first_rows, places = np.unique(_combined_codes(weights), return_index=True, return_inverse=True)
        order = np.argsort(first_rows, kind="stable")
        taken = [weight.take(pa.array(first_rows[order])).to_pylist() for weight in weights]
        identities: Sequence[object] = taken[0] if len(taken) == 1 else list(zip(*taken, strict=True))
        local = np.empty(len(order), np.int64)
        new_rows = []
        for position, identity in zip(order.tolist(), identities, strict=True):
            number = self._numbers.get(identity)
            if number is None:
                number = self._numbers[identity] = self.count
                self.count += 1
                new_rows.append(first_rows[position])
            local[position] = number
        new = np.array(new_rows, np.int64)
        if len(new):
            for firsts, key in zip(self._firsts, keys, strict=True):
                firsts.append(key.take(pa.array(new)))
        return local[places.reshape(-1)], new

    def columns(self) -> list[pa.Array]:
        """The first original key values of every group, in order of group numbers."""
        return [
            pa.concat_arrays(firsts) if firsts else pa.nulls(0, sql_type.arrow)
            for firsts, sql_type in zip(self._firsts, self.types, strict=True)
        ]


def _combined_codes(keys: Sequence[pa.Array]) -> I64:
    """One integer per row, equal exactly where all keys are."""
    codes = np.zeros(len(keys[0]), np.int64)
    space = 1
    for key in keys:
        encoded = pc.dictionary_encode(key, null_encoding="encode")
        column = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        size = max(len(encoded.dictionary), 1)
        if space * size >= _WIDEST:
            codes = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
            space = len(codes)
        codes = codes * size + column
        space *= size
    return codes
