"""What a plan costs, in rows read from a table's records in order. Few numbers, stated here, and nothing else.

Measured roughly on the embedded store: decoding an entry of an index costs a little less than a row, fetching a row by
its handle some times as much, starting a range like a handful of rows, a request like twenty.
"""

from __future__ import annotations

from math import log2

ROW = 1.0
ENTRY = 0.7
LOOK_UP = 5.0
"""A row fetched by handle, beyond its index entry."""
RANGE = 2.0
REQUEST = 20.0
DESCENDING = 1.1
EVALUATE = 0.05
"""A condition or expression over a row."""
HASH = 0.3
"""A row put into a hash table or probed against one."""
SORT = 0.05
"""A row sorted, times log2 of the number of rows."""
INDEX_JOIN_ROW = 10.0
"""An outer row of an index join: its range and its part of the request. So many rows are scanned in that time."""


def records(rows: float, ranges: int = 1) -> float:
    """Reading rows in key order."""
    return REQUEST + rows * ROW + ranges * RANGE


def entries(rows: float, ranges: int = 1) -> float:
    """Reading index entries in key order."""
    return REQUEST + rows * ENTRY + ranges * RANGE


def look_ups(rows: float) -> float:
    """Fetching rows by handle."""
    return REQUEST + rows * LOOK_UP


def sort(rows: float, limit: float | None = None) -> float:
    """Sorting rows, or keeping the first `limit` of them."""
    kept = rows if limit is None else min(rows, max(limit, 1.0))
    return rows * SORT * log2(max(kept, 2.0))


def hash_join(build: float, probe: float) -> float:
    """Joining by a hash table of `build` rows."""
    return (build * 2 + probe) * HASH
