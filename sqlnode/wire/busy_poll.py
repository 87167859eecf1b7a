"""BusyPoll: a moment in which the loop looks for a lone client's next command instead of sleeping.

Between two commands of a client that is alone both processors fall asleep, and waking each other costs more than a
point select (measured on two cores: 84 µs a round trip, 44 µs when the server stays awake). So after a reply to such a client
the loop goes on looking for some microseconds, as long as that mostly finds the next command: for a client on the same
machine. It is not done where the server has no second processor to leave to others, nor with several clients at work.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Final

_WORTH: Final = 0.25
"""Share of successes below which looking stops."""
_TRIED_AGAIN_EVERY: Final = 64


def processors() -> float:
    """How many processors this process may use."""
    found = float(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else float(os.cpu_count() or 1)
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return min(found, int(quota) / int(period))
    except (OSError, ValueError):
        return found  # no control group, or none that limits


class BusyPoll:
    """See the module. `seconds` is how long it looks; 0: never. Used on the loop's thread only."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        self.seconds = seconds
        self.is_looking = False
        """A client has its reply, and its next command has not come."""
        self._until = 0.0
        self._scheduled = False
        self._success = 0.5
        """Moving average: 1 for each time that the command came in time."""
        self._count = 0

    def begin(self) -> None:
        """A lone client's reply has left."""
        if not self.seconds:
            return
        self._count += 1
        if self._success < _WORTH and self._count % _TRIED_AGAIN_EVERY:
            return
        self.is_looking = True
        self._until = time.perf_counter() + self.seconds
        if not self._scheduled:
            self._scheduled = True
            self.loop.call_soon(self._look)

    def found(self) -> None:
        """A command came while it was looked for."""
        self.is_looking = False
        self._success += (1.0 - self._success) * 0.1

    def _look(self) -> None:
        """Each iteration of the loop that has a callback to run also looks at the sockets, without waiting."""
        if self.is_looking and time.perf_counter() >= self._until:
            self.is_looking = False
            self._success -= self._success * 0.1
        if self.is_looking:
            self.loop.call_soon(self._look)
        else:
            self._scheduled = False
