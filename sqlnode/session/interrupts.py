"""What ends a running statement before its time: KILL, a client that went away, max_execution_time.

All of them set the session's kill flag, which is polled once a batch, and cancel what the statement waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING, TypeVar

from sqlnode.base.adoption import become_task
from sqlnode.base.errors import MAX_EXECUTION_TIME_EXCEEDED, SqlError

if TYPE_CHECKING:
    from executor.context import KillFlag
    from sqlnode.session.session import Session

T = TypeVar("T")


async def interruptible(kill: KillFlag, waiting: Awaitable[T]) -> T:
    """Awaits something that KILL may end. Raises what the kill flag holds."""
    await become_task()
    try:
        # Between the statement's last look and now the loop had its turn.
        kill.check()
    except BaseException:
        if isinstance(waiting, Coroutine):
            waiting.close()
        raise
    task = asyncio.ensure_future(waiting)
    kill.waiting = task  # type: ignore[assignment]
    try:
        return await task
    except asyncio.CancelledError:
        kill.check()
        raise
    finally:
        kill.waiting = None
        if not task.done():
            task.cancel()


def start_timer(session: Session, limit_ms: int) -> None:
    """max_execution_time: the statement that runs now ends with 3024 after so long, also while its rows are sent."""
    stop_timer(session)
    session.timer = asyncio.get_running_loop().call_later(
        limit_ms / 1000, session.kill_query, SqlError(MAX_EXECUTION_TIME_EXCEEDED)
    )


def stop_timer(session: Session) -> None:
    """The statement is over."""
    timer = session.timer
    if timer is not None:
        timer.cancel()
        session.timer = None
