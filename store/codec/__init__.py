"""TiDB's bytes: keys, rows, index entries, metadata and coprocessor chunks, to and from our values.

Knows: byte layouts (their facts stand in the project's encoding notes), `SqlType`, `TableInfo`. Must not know: MVCC,
regions, transactions, plans. Central types: `keys.Handle`, `table.TableCodec` (rows and index entries of one table),
`rows.RowDecoder` (one stored row to Python values), `batch.decode_rows` (many stored rows to Arrow),
`chunk` (coprocessor replies), `meta` (metadata keys and JSON). Start reading at `keys`, then `rows`, then `table`.

Two currencies, as everywhere: Python values for single rows, Arrow arrays for many; both forms are described at
`sqlnode.base.types`.
"""
