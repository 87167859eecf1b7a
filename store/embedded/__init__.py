"""The store in this process: RocksDB with TiKV's column families and bytes, Percolator on the loop's one thread.

Knows nothing of SQL or tables. `engine` holds the database, the log's syncs and the data directory; `records` the
bytes; `versions` the cache of newest versions; `mvcc` reads and `percolator` commands as plain functions that never
wait; `prewritten` the durable locks, `lock_table` pessimistic locks and waiting; `blocks` ranges; `oracle` time; `gc`
removes old versions; `client` puts them behind `KvClient`. Start reading at `mvcc`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from store.api import DagEvaluator
from store.embedded.client import EmbeddedClient
from store.embedded.engine import Engine, die
from store.embedded.oracle import EmbeddedOracle
from store.store import Store

_CACHE_BYTES = 128 << 20


def open_embedded(
    path: Path | None,
    *,
    evaluator: DagEvaluator | None = None,
    on_fatal: Callable[[str], None] | None = None,
    split_seed: int | None = None,
    record_syncs: bool = False,
    cache_bytes: int = _CACHE_BYTES,
    block_cache_bytes: int | None = None,
) -> Store:
    """The store in a directory, or a private temporary one (None). Raises StoreOpenError."""
    engine = Engine(path, on_fatal=on_fatal or die, record_syncs=record_syncs, block_cache_bytes=block_cache_bytes)
    oracle = EmbeddedOracle(engine)
    client = EmbeddedClient(engine, oracle, evaluator=evaluator, cache_bytes=cache_bytes, split_seed=split_seed)
    store = Store(client, oracle)
    engine.open_work = store.leases.count
    client.gc.allow(lambda: store.safe_point(oracle.last))
    return store
