"""A session and an instance without SQL: texts are looked up in a script, so that the wire is tested by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from executor.context import KillFlag
from executor.result import OkResult, Result, RowsResult
from planner.expr.nodes import Column
from sqlnode.base.errors import NO_SUCH_TABLE, QUERY_INTERRUPTED, UNKNOWN_STMT_HANDLER, SqlError
from sqlnode.base.passwords import stored_password
from sqlnode.base.types import SqlType, Value, varchar
from sqlnode.config import Config
from sqlnode.server import Server
from sqlnode.session.activity import no_commands
from sqlnode.sysvars import REGISTRY

Script = Callable[["FakeSession", str], "Result | Awaitable[Result]"]


@dataclass
class FakeAccount:
    user: str
    host: str = "%"
    plugin: str = "caching_sha2_password"
    auth_string: bytes = b""
    locked: bool = False
    require_tls: bool = False
    max_user_connections: int = 0


class FakeAccounts:
    def __init__(self, accounts: Sequence[FakeAccount]) -> None:
        self.accounts = {account.user: account for account in accounts}

    def find(self, user: str, host: str) -> FakeAccount | None:
        return self.accounts.get(user)


class FakeVariables:
    def __init__(self) -> None:
        self.values: dict[str, Any] = {name: variable.default for name, variable in REGISTRY.items()}

    def set(self, variable: Any, value: Any) -> None:
        self.values = {**self.values, variable.name: value}


class FakeInstance:
    def __init__(self, script: Script, accounts: Sequence[FakeAccount]) -> None:
        self.script = script
        self.accounts = FakeAccounts(accounts)
        self.globals = FakeVariables()
        self.sessions: dict[int, FakeSession] = {}
        self.disconnect: Any = None
        self._ids = iter(range(1, 1_000_000))
        self.closed_sessions: list[int] = []

    def new_connection_id(self) -> int:
        return next(self._ids)

    def prepare(self) -> None:
        return

    async def sample_keys(self) -> None:
        return

    async def close(self) -> None:
        return


@dataclass
class FakePrepared:
    id: int
    text: str
    parameter_count: int
    columns: tuple[Column, ...] = ()
    parameter_columns: tuple[Column, ...] = field(default_factory=tuple)


class FakeSession:
    def __init__(self, instance: FakeInstance, connection_id: int, host: str) -> None:
        self.instance = instance
        self.id = connection_id
        self.user = ""
        self.host = host
        self.account: FakeAccount | None = None
        self.database = ""
        self.capabilities = 0
        self.attributes: dict[str, str] = {}
        self.status = 2
        self.warning_count = 0
        self.must_close = False
        self.command = ""
        self.commands = no_commands()
        self.kill = KillFlag()
        self.variables = FakeVariables()
        self.charset_client = "utf8mb4"
        self.charset_results: str | None = "utf8mb4"
        self.charset = "utf8mb4"
        self.collation = "utf8mb4_0900_ai_ci"
        self.local_infile: Any = None
        self.rest: list[str] = []
        self.prepared: dict[int, FakePrepared] = {}
        self.executed: list[tuple[str, tuple[Value, ...], tuple[SqlType, ...]]] = []
        self.finished = 0
        self.resets = 0
        self.sql_mode = 0
        self.plan_key: object = None

    @property
    def more_results(self) -> bool:
        return bool(self.rest)

    def decode(self, sql: bytes) -> str:
        return sql.decode("utf-8", "surrogateescape")

    async def _answer(self, text: str) -> Result:
        found = self.instance.script(self, text.strip())
        return found if not isinstance(found, Awaitable) else await found

    async def execute_text(self, sql: bytes) -> Result:
        self.kill.error = None
        first, *self.rest = self.decode(sql).split(";")
        return await self._answer(first)

    async def next_result(self) -> Result:
        return await self._answer(self.rest.pop(0))

    async def prepare(self, sql: bytes) -> FakePrepared:
        text = self.decode(sql)
        count = text.count("?")
        columns: tuple[Column, ...] = ()
        if text.startswith("select"):
            found = await self._answer(text)
            columns = found.columns if not isinstance(found, OkResult) else ()
        prepared = FakePrepared(len(self.prepared) + 1, text, count, columns)
        prepared.parameter_columns = tuple(Column(index, "?", varchar()) for index in range(count))
        self.prepared[prepared.id] = prepared
        return prepared

    async def execute_prepared(
        self, statement_id: int, values: tuple[Value, ...], types: tuple[SqlType, ...]
    ) -> Result:
        prepared = self.prepared.get(statement_id)
        if prepared is None:
            raise SqlError(UNKNOWN_STMT_HANDLER, name=statement_id, command="mysqld_stmt_execute")
        self.executed.append((prepared.text, values, types))
        return await self._answer(prepared.text)

    def close_prepared(self, statement_id: int) -> None:
        self.prepared.pop(statement_id, None)

    def reset_prepared(self, statement_id: int) -> None:
        return

    async def finish(self, result: Result) -> None:
        self.finished += 1
        if isinstance(result, RowsResult) and hasattr(result.batches, "aclose"):
            await result.batches.aclose()

    async def use(self, database: str) -> None:
        self.database = database

    async def reset(self) -> None:
        self.resets += 1
        self.prepared.clear()

    async def change_user(self, user: str, host: str, account: Any, database: str) -> None:
        self.user, self.host, self.account, self.database = user, host, account, database

    def kill_query(self, error: SqlError | None = None) -> None:
        self.kill.error = error or SqlError(QUERY_INTERRUPTED)
        if self.kill.waiting is not None:
            self.kill.waiting.cancel()

    async def wait(self, future: asyncio.Future[Any]) -> Any:
        """Waits as a statement does: KILL ends it with its error."""
        self.kill.waiting = future
        try:
            return await future
        except asyncio.CancelledError:
            if self.kill.error is not None:
                raise self.kill.error from None
            raise
        finally:
            self.kill.waiting = None

    async def close(self) -> None:
        self.instance.closed_sessions.append(self.id)

    async def field_list(self, table: str, wildcard: str) -> tuple[Column, ...]:
        if table != "t":
            raise SqlError(NO_SUCH_TABLE, database=self.database, table=table)
        return (Column(1, "a", varchar(10), "t", "test", "t", "a"),)


class FakeServer(Server):
    """The real server over a fake instance."""

    def new_session(self, connection_id: int, host: str) -> Any:
        return FakeSession(self.instance, connection_id, host)  # type: ignore[arg-type]


@dataclass
class Running:
    host: str
    port: int
    server: FakeServer
    instance: FakeInstance
    loop: asyncio.AbstractEventLoop


ACCOUNTS = (
    FakeAccount("root", "localhost"),
    FakeAccount("sha", auth_string=stored_password(b"secret")),
    FakeAccount(
        "native", plugin="mysql_native_password", auth_string=stored_password(b"secret", "mysql_native_password")
    ),
    FakeAccount("locked", locked=True),
)


@contextmanager
def running(script: Script, **settings: Any) -> Iterator[Running]:
    """A server with a script, in a thread."""
    started = threading.Event()
    found: list[Running] = []
    failures: list[BaseException] = []
    stops: list[Callable[[], None]] = []

    async def serve() -> None:
        instance = FakeInstance(script, ACCOUNTS)
        server = FakeServer(instance, Config(store="memory:", port=0, drain_seconds=0.5, **settings))  # type: ignore[arg-type]
        await server.start()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(stop.set))
        found.append(Running("127.0.0.1", server.port, server, instance, loop))
        started.set()
        await stop.wait()
        await server.stop()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve())
        except BaseException as error:
            failures.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait()
    if failures:
        raise failures[0]
    try:
        yield found[0]
    finally:
        stops[0]()
        thread.join(10)
        assert not thread.is_alive()
        if failures:
            raise failures[0]
