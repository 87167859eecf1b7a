"""An in-memory server inside a test process: a context manager, and a pytest fixture of the same.

In a test module: ``from sqlnode.testing import sqlnode_server`` and take `sqlnode_server` as an argument; its `host`,
`port` and `url` go to any MySQL client. The server runs on a free port in a thread of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlnode.config import Config

if TYPE_CHECKING:
    from sqlnode.server import Server


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Where the server listens. `user` root has no password; the database `test` is there and empty."""

    host: str
    port: int
    user: str = "root"
    password: str = ""
    database: str = "test"

    @property
    def url(self) -> str:
        """`mysql://root@127.0.0.1:PORT/test`."""
        return f"mysql://{self.user}@{self.host}:{self.port}/{self.database}"


class _Thread(threading.Thread):
    """Runs the server's loop. `ready` is set when it listens or has failed."""

    def __init__(self, config: Config) -> None:
        super().__init__(name="sqlnode server", daemon=True)
        self.config = config
        self.ready = threading.Event()
        self.failure: BaseException | None = None
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._halt: asyncio.Event | None = None

    def run(self) -> None:
        import uvloop

        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # handed to the thread that waits for `ready` or for the end
            self.failure = error
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        from sqlnode.__main__ import open_server

        self._loop = asyncio.get_running_loop()
        self._halt = asyncio.Event()
        server: Server = await open_server(self.config)
        self.port = server.port
        self.ready.set()
        await self._halt.wait()
        await server.stop()

    def stop(self) -> None:
        """Stops the server and waits for the thread. Raises what the server failed with."""
        if self._loop is not None and self._halt is not None and self.is_alive():
            self._loop.call_soon_threadsafe(self._halt.set)
        self.join()
        if self.failure is not None:
            raise self.failure


@contextmanager
def serve_memory(store: str = "memory:", *, drain_seconds: float = 1.0) -> Iterator[RunningServer]:
    """A server over a store in memory (or at any other URL), stopped at the end of the block."""
    thread = _Thread(Config(store=store, port=0, drain_seconds=drain_seconds))
    thread.start()
    thread.ready.wait()
    if thread.failure is not None:
        thread.join()
        raise thread.failure
    try:
        yield RunningServer(thread.config.host, thread.port)
    finally:
        thread.stop()


def __getattr__(name: str) -> object:
    """`sqlnode_server`, the pytest fixture; pytest is imported only for it."""
    if name != "sqlnode_server":
        raise AttributeError(f"no {name} in sqlnode.testing")
    import pytest

    @pytest.fixture(scope="session", name="sqlnode_server")
    def sqlnode_server() -> Iterator[RunningServer]:
        """A server in memory for the test session."""
        with serve_memory() as server:
            yield server

    globals()[name] = sqlnode_server
    return sqlnode_server
