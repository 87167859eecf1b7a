"""SessionView: all that the packets know of a session. `sqlnode.session.session.Session` is one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from executor.context import KillFlag
from executor.result import Result
from planner.expr.nodes import Column
from sqlnode.base.errors import SqlError
from sqlnode.base.types import SqlType, Value

if TYPE_CHECKING:
    from sqlnode.privileges import Account
    from sqlnode.session.prepared import PreparedStatement
    from sqlnode.session.variables import SessionVariables


class SessionView(Protocol):
    """One client's state as the wire reads it, and what it asks of it. Members mean what they mean in `Session`."""

    id: int
    user: str
    account: Account | None
    database: str
    capabilities: int
    attributes: dict[str, str]
    command: str
    commands: list[int]
    must_close: bool
    kill: KillFlag
    variables: SessionVariables
    charset_client: str
    charset_results: str | None
    charset: str
    collation: str
    local_infile: Callable[[str], AsyncIterator[bytes]] | None

    @property
    def status(self) -> int:
        """Server status flags."""

    @property
    def warning_count(self) -> int:
        """Warnings of the last statement."""

    @property
    def more_results(self) -> bool:
        """Whether statements of the current text are still to run."""

    def decode(self, sql: bytes) -> str:
        """A client's text as a string."""

    async def execute_text(self, sql: bytes) -> Result:
        """Runs the first statement of a text."""

    async def next_result(self) -> Result:
        """Runs the next one."""

    async def prepare(self, sql: bytes) -> PreparedStatement:
        """COM_STMT_PREPARE."""

    async def execute_prepared(self, statement_id: int, values: Sequence[Value], types: Sequence[SqlType]) -> Result:
        """COM_STMT_EXECUTE."""

    def close_prepared(self, statement_id: int) -> None:
        """COM_STMT_CLOSE."""

    def reset_prepared(self, statement_id: int) -> None:
        """COM_STMT_RESET."""

    async def field_list(self, table: str, wildcard: str) -> tuple[Column, ...]:
        """COM_FIELD_LIST."""

    async def finish(self, result: Result) -> None:
        """Frees what a result of rows holds."""

    async def use(self, database: str) -> None:
        """COM_INIT_DB."""

    async def reset(self) -> None:
        """COM_RESET_CONNECTION."""

    async def change_user(self, user: str, host: str, account: Account | None, database: str) -> None:
        """COM_CHANGE_USER."""

    def kill_query(self, error: SqlError | None = None) -> None:
        """Ends the running statement."""

    async def close(self) -> None:
        """The client is gone."""
