"""The store in this process: RocksDB with TiKV's column families and bytes, Percolator on the loop's one thread.

Knows nothing of SQL or tables. `engine` holds the database, the log's syncs and the data directory; `records` the bytes;
`versions` the cache of newest versions; `mvcc` reads and Percolator commands as plain functions that never wait;
`lock_table` pessimistic locks and waiting; `oracle` time; `gc` removes old versions; `client` puts them behind
`KvClient`. Start reading at `mvcc`.
"""
