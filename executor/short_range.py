"""ShortRange: the rows of a key range that is expected to be short, read without a coprocessor request.

At most `SHORT_RANGE_ROWS` entries are read; when more remain, the answer is None and the column plan runs instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Final

from executor.compiled import kept, values_of
from executor.context import ExecContext
from executor.copr.scan import is_utc, to_zone
from executor.index_entries import entry_handle, index_layout
from executor.point import RowReader, StoredRow
from executor.reads import reads_of
from executor.row_counts import limit_value
from planner.physical import SHORT_RANGE_ROWS, PhysicalNode, ShortRange
from sqlnode.base.schema import IndexInfo
from sqlnode.base.types import TypeCode, Value
from store.api import KeyRange, Pair, Reads
from store.codec.index_batch import decode_index_entries
from store.codec.keys import RECORD_PREFIX_LENGTH, decode_handle, encode_int, record_prefix

_FEW_ENTRIES: Final = 48


def is_covering(node: PhysicalNode) -> bool:
    """Whether the rows come from index entries alone, so that there is no stored row."""
    return isinstance(node, ShortRange) and node.index is not None and node.covering


async def entries(node: ShortRange, context: ExecContext, reads: Reads) -> list[Pair] | None:
    """The pairs in the node's ranges; None when there are too many."""
    evaluation = context.evaluation
    groups = node.ranges.evaluate(values_of(node, evaluation), evaluation.zone)
    ranges: list[KeyRange] = [item for group in groups for item in group]
    if len(ranges) > SHORT_RANGE_ROWS:
        return None
    if node.desc:
        ranges.reverse()
    hint = kept(node, "_limit_hint", lambda: limit_value(node.limit_hint))(evaluation)
    most = SHORT_RANGE_ROWS if hint is None else min(hint, SHORT_RANGE_ROWS)
    is_cut = hint is not None and hint <= SHORT_RANGE_ROWS
    found: list[Pair] = []
    for key_range in ranges:
        left = most - len(found)
        if is_cut and left <= 0:
            break
        found += await reads.scan(key_range.start, key_range.end, left if is_cut else left + 1, reverse=node.desc)
        if not is_cut and len(found) > most:
            return None
    return found


async def stored_rows(node: ShortRange, context: ExecContext, *, handles: bool = True) -> list[StoredRow] | None:
    """The stored rows, in key order; None when there are too many. Without `handles`, record keys may stand in their
    place."""
    reads = reads_of(context) if context.for_update_read else context.snapshot
    pairs = await entries(node, context, reads)
    if pairs is None:
        return None
    if node.index is None:
        if not handles:
            return pairs  # type: ignore[return-value]
        return [(decode_handle(key[RECORD_PREFIX_LENGTH:]), value) for key, value in pairs]
    return await _looked_up(node, node.index, pairs, reads)


async def _looked_up(node: ShortRange, index: IndexInfo, pairs: Sequence[Pair], reads: Reads) -> list[StoredRow]:
    """The rows of index entries, in their order."""
    count = len(index.columns)
    common = node.table.is_common_handle
    prefix = record_prefix(node.table.id)
    found = [entry_handle(key, value, count, common=common) for key, value in pairs]
    keys = [prefix + (encode_int(handle) if isinstance(handle, int) else handle) for handle in found]
    rows = await reads.batch_get(keys) if keys else {}
    return [(handle, rows[key]) for handle, key in zip(found, keys) if key in rows]


async def index_rows(node: ShortRange, context: ExecContext) -> list[tuple[Value, ...]] | None:
    """The rows that index entries give; None when there are too many. A few are read from the table instead: decoding
    entries is made for many."""
    assert node.index is not None, "a covering range is of an index"
    reads = reads_of(context) if context.for_update_read else context.snapshot
    pairs = await entries(node, context, reads)
    if not pairs:
        return None if pairs is None else []
    if len(pairs) <= _FEW_ENTRIES and not any(info.is_virtual for info in node.infos):
        reader = kept(node, "_row_reader", lambda: RowReader(node.table, node.infos))
        rows = reader.rows(await _looked_up(node, node.index, pairs, reads), context.evaluation)
        return [tuple(row) for row in rows]
    layout = kept(node, "_layout", lambda: index_layout(node.table, node.index, node.infos))
    arrays = decode_index_entries([key for key, _ in pairs], [value for _, value in pairs], layout)
    zone = context.evaluation.zone
    if not is_utc(zone):
        arrays = [_local(array, info.type.code, zone) for array, info in zip(arrays, node.infos, strict=True)]
    return list(zip(*[array.to_pylist() for array in arrays], strict=True))


def _local(array: object, code: int, zone: tzinfo | None) -> object:
    return to_zone(array, zone) if code == TypeCode.TIMESTAMP and zone is not None else array
