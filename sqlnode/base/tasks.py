"""Coroutines that start without a task: eager start, and the shim for code that needs a current task.

A command's coroutine is first driven by hand (`start`), from the callback that received the command. Mostly it
finishes there. If it waits for a future, its next step runs straight from that future's callback: a commit that waits for
its sync costs one callback. A task takes the coroutine over where it stands when it asks for one, when it gives up its
turn (`asyncio.sleep(0)`), and when it waits for the second time. Before that moment there is no current task, so
`asyncio.TaskGroup`, `asyncio.timeout` and everything else that asks for it fails; such code first awaits
`become_task()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from sqlnode.base.adoption import adopted

Done = Callable[[BaseException | None], None]
"""Told of the end of a coroutine that had to wait, with what it raised."""


class _Waiting:
    """A coroutine that waits for one future without a task."""

    __slots__ = ("_coroutine", "_done", "_loop", "_name")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop, name: str, done: Done):
        self._coroutine = coroutine
        self._loop = loop
        self._name = name
        self._done = done

    def step(self, future: asyncio.Future[Any]) -> None:
        """The future is done; the coroutine, which awaits it, takes the outcome from it."""
        try:
            pending = self._coroutine.send(None)
        except StopIteration:
            self._done(None)
        except BaseException as error:
            self._done(error)
            if not isinstance(error, (Exception, asyncio.CancelledError)):
                raise
        else:
            self.adopt(pending)

    def adopt(self, pending: object) -> None:
        """A task goes on with the coroutine."""
        task = self._loop.create_task(adopted(self._coroutine, pending), name=self._name)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            self._done(asyncio.CancelledError())
        else:
            self._done(task.exception())


def start(coroutine: Coroutine[Any, Any, Any], loop: asyncio.AbstractEventLoop, name: str, done: Done) -> bool:
    """Runs a coroutine to its first suspension: True when it finished; otherwise it goes on by itself, and `done` is
    called at its end, never before this returns. What it raises before the first suspension is raised here."""
    try:
        pending = coroutine.send(None)
    except StopIteration:
        return True
    waiting = _Waiting(coroutine, loop, name, done)
    if getattr(pending, "_asyncio_future_blocking", False) and pending.get_loop() is loop:
        pending._asyncio_future_blocking = False
        pending.add_done_callback(waiting.step)
    else:
        waiting.adopt(pending)
    return False
