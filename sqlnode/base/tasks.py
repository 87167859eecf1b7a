"""Coroutines that start without a task: eager start, and the shim for code that needs a current task.

A command's coroutine is first driven by hand (`start`), from the callback that received the command. Mostly it
finishes there. If it suspends, a task adopts it where it stands. Before that moment there is no current task, so
`asyncio.TaskGroup`, `asyncio.timeout` and everything else that asks for it fails; such code first awaits
`become_task()`.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


@types.coroutine
def become_task() -> Generator[None, None, None]:
    """Returns inside a task: at once where there is one, else after the driver's task took the coroutine over."""
    if asyncio.current_task() is None:
        yield


@types.coroutine
def _adopted(coroutine: Coroutine[Any, Any, Result], pending: object) -> Generator[object, Any, Result]:
    """What the task runs: hands the future that the coroutine waits for to the task, and drives on from there."""
    while True:
        try:
            try:
                sent = yield pending
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:
                pending = coroutine.throw(error)
            else:
                pending = coroutine.send(sent)
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]


async def _adopt(coroutine: Coroutine[Any, Any, Result], pending: object) -> Result:
    return await _adopted(coroutine, pending)


def start(
    coroutine: Coroutine[Any, Any, Result], loop: asyncio.AbstractEventLoop, name: str
) -> asyncio.Task[Result] | None:
    """Runs a coroutine to its first suspension: None when it finished, else the task that goes on with it.

    What it raises before the first suspension is raised here.
    """
    try:
        pending = coroutine.send(None)
    except StopIteration:
        return None
    return loop.create_task(_adopt(coroutine, pending), name=name)
