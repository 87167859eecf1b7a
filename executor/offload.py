"""Long computations off the loop.

Work over few rows costs less than a thread hop (some 100 µs) and runs where it is; work over many runs in a thread, one
call at a time, so that other connections are served meanwhile. The caller awaits the call, so nothing is shared. KILL
ends the waiting, not the work, whose result nobody will want.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from executor.context import KillFlag

Answer = TypeVar("Answer")

THREAD_ROWS = 20_000
"""Rows from which a computation is worth a thread."""


async def computed(rows: int, work: Callable[[], Answer], kill: KillFlag) -> Answer:
    """`work()`, in a thread when it is over many rows. Raises what the kill flag holds."""
    if rows < THREAD_ROWS:
        return work()
    kill.check()
    future = asyncio.get_running_loop().run_in_executor(None, work)
    kill.waiting = future  # type: ignore[assignment]
    try:
        return await future
    except asyncio.CancelledError:
        kill.check()
        raise
    finally:
        kill.waiting = None


def later(work: Callable[[], object]) -> None:
    """Runs `work()` in a thread some time; nobody waits for it."""
    asyncio.get_running_loop().run_in_executor(None, work)
