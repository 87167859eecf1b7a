"""EvalContext: what a running expression may see. It never sees a session, only the facts that functions ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from planner.context import SqlMode
from sqlnode.base.errors import ErrorRow, SqlError, SqlWarning
from sqlnode.base.types import SqlType, Value

STRICT_CODES = frozenset((1260, 1264, 1265, 1292, 1301, 1365, 1411, 1441, 3020, 3156))
"""Warnings that are errors in a statement that changes rows under a strict mode without IGNORE (MySQL's
Strict_error_handler): cut or wrong values, overflows, divisions by zero, arguments that functions do not take."""


class SessionFacts(Protocol):
    """What information functions may ask of the session that runs the statement."""

    @property
    def database(self) -> str:
        """The current database, empty when there is none."""

    @property
    def user(self) -> str:
        """`name@host` as the client connected (USER())."""

    @property
    def current_user(self) -> str:
        """`name@host` of the account that matched (CURRENT_USER())."""

    @property
    def connection_id(self) -> int:
        """CONNECTION_ID()."""

    last_insert_id: int

    @property
    def row_count(self) -> int:
        """ROW_COUNT()."""

    @property
    def found_rows(self) -> int:
        """FOUND_ROWS()."""

    def variable(self, name: str, scope: str = "") -> object:
        """A system variable's value; scope `global`, `session` or empty."""

    def user_variable(self, name: str) -> tuple[Value, SqlType]:
        """`@name`; (None, NULL type) when unset."""

    def set_user_variable(self, name: str, value: Value, sql_type: SqlType) -> None:
        """Sets `@name`."""


class Suspend(Exception):
    """Raised by a kernel that must wait (SLEEP, GET_LOCK). The session awaits `awaitable`, appends its result to
    `EvalContext.resumed` and runs the statement again; the kernel then takes its answer from there, in call order."""

    def __init__(self, awaitable: Callable[[], Awaitable[Value]]) -> None:
        super().__init__("statement must wait")
        self.awaitable = awaitable


def _ignore(warning: SqlWarning) -> None:
    pass


@dataclass(slots=True, init=False)
class EvalContext:
    """What expressions may read while they run. Mutable only in `warnings`, `resumed` and `cursor`.

    `__init__` is written out because one is made for each statement: compiled, it costs a tenth of a generated one.
    """

    parameters: tuple[Value, ...]
    now_us: int
    """Statement time in microseconds since 1970 UTC."""
    zone: tzinfo | None
    sql_mode: int
    warn: Callable[[SqlWarning], None]
    strict_dml: bool
    """True inside INSERT, UPDATE and DELETE under a strict mode without IGNORE: bad values are errors."""
    in_dml: bool
    session: SessionFacts | None
    max_allowed_packet: int
    div_precision_increment: int
    group_concat_max_len: int
    advisory_locks: Any
    """The server's GET_LOCK table."""
    correlated: dict[int, Value]
    """Values of `CorrelatedColumn`s by column id, set by Apply for each outer row."""
    resumed: list[Value]
    """Answers of calls that had to wait, in call order; see `Suspend`."""
    random: dict[int, Any]
    """State of RAND(n) by call identity."""
    cursor: int
    row_offset: int

    def __init__(
        self,
        parameters: tuple[Value, ...] = (),
        now_us: int = 0,
        zone: tzinfo | None = None,
        sql_mode: int = SqlMode.DEFAULT,
        warn: Callable[[SqlWarning], None] = _ignore,
        strict_dml: bool = False,
        in_dml: bool = False,
        session: SessionFacts | None = None,
        max_allowed_packet: int = 67108864,
        div_precision_increment: int = 4,
        group_concat_max_len: int = 1024,
        advisory_locks: Any = None,
        correlated: dict[int, Value] | None = None,
        resumed: list[Value] | None = None,
        random: dict[int, Any] | None = None,
        cursor: int = 0,
        row_offset: int = 0,
    ) -> None:
        self.parameters = parameters
        self.now_us = now_us
        self.zone = zone
        self.sql_mode = sql_mode
        self.warn = warn
        self.strict_dml = strict_dml
        self.in_dml = in_dml
        self.session = session
        self.max_allowed_packet = max_allowed_packet
        self.div_precision_increment = div_precision_increment
        self.group_concat_max_len = group_concat_max_len
        self.advisory_locks = advisory_locks
        self.correlated = {} if correlated is None else correlated
        self.resumed = [] if resumed is None else resumed
        self.random = {} if random is None else random
        self.cursor = cursor
        self.row_offset = row_offset

    def warning(self, entry: ErrorRow, /, **values: object) -> None:
        """Adds a warning of the error table; strict mode makes errors of some in INSERT, UPDATE and DELETE."""
        if self.strict_dml and entry.code in STRICT_CODES:
            raise SqlError(entry, **values)
        self.warn(SqlWarning("Warning", entry.code, entry.template.format(**values) if values else entry.template))
