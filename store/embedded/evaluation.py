"""Coprocessor requests over the blocks of a reader: small ones on the loop, others in threads, batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from time import perf_counter_ns
from typing import TYPE_CHECKING

from store.api import Block, CopCounters, CopRequest, DagEvaluator, KeyRange, Unavailable
from store.embedded.blocks import BlockReader
from store.embedded.engine import Engine

if TYPE_CHECKING:
    import pyarrow as pa

_INLINE_PAIRS = 1280
"""Requests that read no more run on the loop; a thread hop costs more than they do."""
_INLINE_BYTES = 65_536
"""Bytes of a request that is compiled and evaluated on the loop; a longer one has thousands of expressions."""
_THREADS = 2


class Evaluation:
    """The evaluator of an open store, and the threads in which it works."""

    def __init__(self, engine: Engine, evaluator: DagEvaluator | None) -> None:
        self.evaluator = evaluator
        self._engine = engine
        self._threads: ThreadPoolExecutor | None = None

    async def batches(
        self,
        request: CopRequest,
        reader: BlockReader,
        counters: CopCounters,
        settle: Callable[[], Awaitable[None]] | None,
    ) -> AsyncIterator[tuple[pa.RecordBatch | None, tuple[KeyRange, ...]]]:
        """See `KvClient.coprocessor`. `settle` is awaited before anything is told: the reader met what a crash could
        undo."""
        if self.evaluator is None:
            raise Unavailable("this store was opened without an evaluator")
        if settle is not None:
            await settle()
        blocks = reader.blocks() if request.check is None else _checked(reader.blocks(), request.check)
        first: list[Block] = []
        count = 0
        for block in blocks:
            first.append(block)
            count += len(block[0])
            if count > _INLINE_PAIRS:
                break
        small = count <= _INLINE_PAIRS and request.dag.ByteSize() <= _INLINE_BYTES
        batches = self.evaluator(request, iter(first)) if small else self._later(request, chain(first, blocks))
        begin = perf_counter_ns()
        try:
            while True:
                batch = next(batches, None) if small else await self._pull(batches)
                if batch is None:
                    break
                counters.rows_returned += batch.num_rows
                yield batch, tuple(reader.rest)
        finally:
            counters.keys_read += reader.keys_read
            counters.bytes_read += reader.bytes_read
            counters.nanoseconds += perf_counter_ns() - begin

    def _later(self, request: CopRequest, blocks: Iterator[Block]) -> Iterator[pa.RecordBatch]:
        """What the evaluator gives; it begins, and compiles the request, where the first batch is asked for."""
        assert self.evaluator is not None, "asked before"
        yield from self.evaluator(request, blocks)

    async def _pull(self, batches: Iterator[pa.RecordBatch]) -> pa.RecordBatch | None:
        if self._engine.closed:
            raise Unavailable("the store is closed")
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store-coprocessor")
        return await asyncio.get_running_loop().run_in_executor(self._threads, next, batches, None)

    async def close(self) -> None:
        """Waits for the threads."""
        if self._threads is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)


def _checked(blocks: Iterator[Block], check: Callable[[], None]) -> Iterator[Block]:
    for block in blocks:
        check()
        yield block
