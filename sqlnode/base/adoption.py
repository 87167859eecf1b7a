"""How a coroutine that was started without a task gets one (see `tasks`). Generators as coroutines, which are not compiled."""

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
def _driven(coroutine: Coroutine[Any, Any, Result], pending: object) -> Generator[object, Any, Result]:
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


async def adopted(coroutine: Coroutine[Any, Any, Result], pending: object) -> Result:
    """A coroutine that waits for `pending`, as one that a task can run."""
    return await _driven(coroutine, pending)
