"""Keys, values, time: MVCC, regions and encodings. Knows no SQL text and no plans.

Central types: `Store` (one open store), `Snapshot` (reads at one timestamp), `Transaction` (reads plus writes), all
over `KvClient` and `Oracle` (store.api), which have one implementation per kind of store. Start reading at
`store.api`, then `store.transaction`, then `store.embedded.mvcc`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sqlnode  # noqa: F401 - it decides whether compiled modules are used
from store.api import DagEvaluator, StoreOpenError

if TYPE_CHECKING:
    from store.store import Store


def open_store(
    url: str,
    *,
    evaluator: DagEvaluator | None = None,
    on_fatal: Callable[[str], None] | None = None,
    split_seed: int | None = None,
    record_syncs: bool = False,
) -> Store:
    """Opens `memory:` or `embedded:DIR`. Raises StoreOpenError, whose text is one line for the operator.

    `evaluator` runs coprocessor requests (executor.copr). `on_fatal` hears of a disk that cannot be written, and must
    not return to normal work; the usual one ends the process. `split_seed` (tests) cuts requests at random keys;
    `record_syncs` (tests) notes after each sync how much of the log is durable.
    """
    kind, _, rest = url.partition(":")
    if kind == "memory" and not rest:
        path = None
    elif kind == "embedded" and rest:
        path = Path(rest)
    elif kind == "tikv":
        raise StoreOpenError(f"cannot open {url}: stores of kind tikv are not supported yet")
    else:
        raise StoreOpenError(f"cannot open {url!r}: expected memory: or embedded:DIRECTORY")
    from store.embedded import open_embedded

    return open_embedded(path, evaluator=evaluator, on_fatal=on_fatal, split_seed=split_seed, record_syncs=record_syncs)
