"""Long computations off the loop.

Work over few rows costs less than a thread hop (some 100 µs) and runs where it is; work over many runs in a thread, one
call at a time, so that other connections are served meanwhile. The caller awaits the call, so nothing is shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

THREAD_ROWS = 20_000
"""Rows from which a computation is worth a thread."""


async def computed(rows: int, work: Callable[[], Answer]) -> Answer:
    """`work()`, in a thread when it is over many rows."""
    if rows < THREAD_ROWS:
        return work()
    return await asyncio.get_running_loop().run_in_executor(None, work)
