"""Keys, values, time: MVCC, regions and encodings. Knows no SQL text and no plans.

Central types: `Store` (one open store), `Snapshot` (reads at one timestamp), `Transaction` (reads plus writes), all
over `KvClient` and `Oracle` (store.api), which have one implementation per kind of store. Start reading at
`store.api`, then `store.transaction`, then `store.embedded.mvcc`.
"""

from __future__ import annotations
