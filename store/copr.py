"""Coprocessor requests: split by region, run task by task, try again what a region error or a lock stopped.

Written once for all stores. What a task has delivered is never asked for again: each batch comes with the ranges that
are still unread after it.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from store.api import (
    CopCounters,
    CopRequest,
    CopTask,
    KeyLocked,
    KeyRange,
    KvClient,
    RegionError,
    ResolvedLocks,
    Timestamp,
    Unavailable,
)
from store.locks import Backoff, LockResolver

if TYPE_CHECKING:
    import pyarrow as pa

_TASK_WAIT_MS = 20_000.0


async def run_request(
    client: KvClient,
    resolver: LockResolver,
    resolved: ResolvedLocks,
    request: CopRequest,
    ts: Timestamp,
    counters: CopCounters,
    reader: object = None,
) -> AsyncIterator[pa.RecordBatch]:
    """The batches of all tasks; in key order (descending when `request.desc`). `reader` is referenced until the end: the
    snapshot that holds garbage collection back."""
    if not request.start_ts:
        request = dataclasses.replace(request, start_ts=ts)
    tasks = deque(await _split(client, request, request.ranges))
    backoff = Backoff(_TASK_WAIT_MS)
    while tasks:
        task = tasks.popleft()
        counters.tasks += 1
        rest: Sequence[KeyRange] = task.ranges
        try:
            async for batch, unread in client.coprocessor(task, resolved, counters):
                rest = unread
                if batch is not None:
                    yield batch
        except KeyLocked as locked:
            if not await resolver.resolve_for_read(locked.locks, request.start_ts, resolved):
                if backoff.spent:
                    raise Unavailable(f"key {locked.locks[0].key.hex()} stays locked") from locked
                await backoff.pause()
        except RegionError:
            if backoff.spent:
                raise
            await backoff.pause()
        else:
            continue
        counters.retries += 1
        tasks.extendleft(reversed(await _split(client, request, rest)))


async def _split(client: KvClient, request: CopRequest, ranges: Sequence[KeyRange]) -> list[CopTask]:
    parts = await client.split(ranges)
    if request.desc:
        parts.reverse()
    return [CopTask(request, part, region) for region, part in parts]
