"""CHECK TABLE: do rows and index entries agree?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlnode.base.schema import TableInfo
from store.codec.keys import decode_record_key, index_range, record_range
from store.codec.table_codec import TableCodec

if TYPE_CHECKING:
    from sqlnode.session.session import Session

_PAGE = 4096


async def inconsistencies(session: Session, table: TableInfo) -> str:
    """The first disagreement found, or an empty text."""
    if table.is_view:
        return ""
    store = session.instance.store
    snapshot = store.snapshot(await store.timestamp())
    codec = TableCodec(table)
    # Entries over virtual columns would need their expressions evaluated; they are not compared.
    checked = [
        index
        for index in table.public_indexes
        if not (index.primary and table.is_common_handle)
        and not any(table.columns[part.offset].is_virtual for part in index.columns)
    ]
    expected: dict[bytes, bytes] = {}
    start, end = record_range(table.id)
    while True:
        pairs = await snapshot.scan(start, end, _PAGE)
        for key, value in pairs:
            _, handle = decode_record_key(key)
            values = codec.decode_row(value, handle)
            for index in checked:
                for entry in codec.index_entries(values, handle, only=index):
                    expected[entry.key] = entry.value
        if len(pairs) < _PAGE:
            break
        start = pairs[-1][0] + b"\0"
    for index in checked:
        start, end = index_range(table.id, index.id)
        while True:
            pairs = await snapshot.scan(start, end, _PAGE)
            for key, value in pairs:
                if expected.pop(key, None) != value:
                    return f"index {index.name} has an entry that no row has: {key.hex()}"
            if len(pairs) < _PAGE:
                break
            start = pairs[-1][0] + b"\0"
    if expected:
        return f"{len(expected)} index entries are missing, the first: {next(iter(expected)).hex()}"
    return ""
