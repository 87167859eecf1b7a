"""Runs physical plans.

Knows: plan nodes, expressions, record batches, the store's reads. Must not know: sessions, SQL text, packets. Start at
`run`: data changes go to `executor.dml`; small linear plans to the row path (`row_path`, Python tuples or stored rows);
everything else is a tree of asynchronous streams of record batches (`stream`), whose readers (`readers`) await
the store and whose operators (`operators`) compute in whole arrays, long work in a thread.
"""

import sqlnode  # noqa: F401 - it decides whether compiled modules are used
from executor.running import collect, direct_read, rows_of, run, values_of_batches

__all__ = ["collect", "direct_read", "rows_of", "run", "values_of_batches"]
