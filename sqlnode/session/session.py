"""Session: one client's state, and the life of a statement from text to `Result`.

A statement goes: `execute_text` finds a cached plan or parses → `_run_statement` sends it to the planner (queries, DML) or
to its handler (`sqlnode.statements`) → `execution` runs the plan in the right transaction. Nothing here knows packets.
All state changes only between awaits, on the loop's thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from executor.result import OkResult, Result, RowsResult
from planner import plan as make_plan
from planner.context import PlanContext, SqlMode
from planner.expr.guards import all_pass
from planner.expr.nodes import Column
from planner.parse.entry import PendingStatement, split_text
from planner.parse.nodes_common import Unsupported
from planner.parse.statement import Statement
from planner.parse.text_template import Template, split
from planner.physical import PhysicalPlan
from sqlnode.base.charset import charset_by_name
from sqlnode.base.errors import (
    BAD_DB_ERROR,
    CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
    NO_SUCH_TABLE,
    NOT_SUPPORTED_YET,
    QUERY_INTERRUPTED,
    STACK_OVERRUN,
    SYNTAX_ERROR,
    UNKNOWN_STMT_HANDLER,
    WARN_DEPRECATED_SYNTAX,
    SqlError,
    SqlWarning,
)
from sqlnode.base.types import SqlType, Value
from sqlnode.session.activity import EXECUTE, PREPARE, command_of, no_commands, total
from sqlnode.session.execution import run_plan
from sqlnode.session.facts import Facts
from sqlnode.session.interrupts import stop_timer
from sqlnode.session.large_texts import LARGE_STATEMENT, LARGE_TEXT, aside, let_go, note_large_text, planned_aside
from sqlnode.session.plan_cache import CachedPlan
from sqlnode.session.prepared import PLANS_PER_STATEMENT, PreparedStatement, prepared_from
from sqlnode.session.table_services import TableServices
from sqlnode.session.table_use import release_tables, wait_to_commit
from sqlnode.session.text_plans import PLANNED, learn_template, run_template
from sqlnode.session.transactions import TransactionState
from sqlnode.session.variables import SessionVariables
from sqlnode.statements import handler_for
from store.api import StoreError

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from executor.context import KillFlag
    from executor.runtime import Runtime
    from sqlnode.base.schema import DatabaseInfo, TableInfo
    from sqlnode.instance import Instance
    from sqlnode.privileges import Account
    from store.transaction import Transaction

_STATUS_IN_TRANS: Final = 0x0001
_STATUS_AUTOCOMMIT: Final = 0x0002
_STATUS_NO_BACKSLASH: Final = 0x0200
_STATUS_READ_ONLY: Final = 0x2000
CLIENT_FOUND_ROWS: Final = 0x0002
CLIENT_MULTI_STATEMENTS: Final = 0x10000
_NOT_CACHED: Final = object()


class Session:
    """See the module. Made by the server for each connection; `account` is set when the client has authenticated."""

    def __init__(self, instance: Instance, connection_id: int, *, user: str = "", host: str = "") -> None:
        from executor.context import KillFlag

        self.instance = instance
        self.id = connection_id
        self.user = user
        self.host = host
        self.account: Account | None = None
        self.database = ""
        self.capabilities = CLIENT_MULTI_STATEMENTS
        self.attributes: dict[str, str] = {}
        self.cipher = ("", "")
        """TLS cipher and version of the connection; empty without TLS."""
        self.connected_at = time.time()
        self.command_started_at = time.time()
        self.current_text = ""
        self.command = "Sleep"
        self.facts = Facts(self)
        self.tables = TableServices(self)
        self.kill: KillFlag = KillFlag()
        self.running: Transaction | None = None
        """The transaction of the writing statement that runs now; KILL ends its lock waits."""
        self.timer: TimerHandle | None = None
        """Ends the running SELECT (max_execution_time)."""
        self.must_close = False
        self.commands = no_commands()
        """How often the session ran what (session.activity)."""
        self.runtime: Runtime | None = None
        """Where the running plan counts what its nodes do (EXPLAIN ANALYZE)."""
        self.local_infile: Any = None
        """Set by the wire when the client allows LOCAL INFILE: (file name) -> async iterator of bytes."""
        self.restart()

    def restart(self) -> None:
        """Everything as after the connection was made, but for who the client is."""
        self.variables = SessionVariables(self.instance.globals)
        self.transaction = TransactionState(self.instance.store)
        self.user_variables: dict[str, tuple[Value, SqlType]] = {}
        self.warnings: list[SqlWarning] = []
        self.warnings_dropped = 0
        self.last_insert_id = 0
        self.statement_insert_id = 0
        self.forced_insert_id = 0
        self.row_count = 0
        self.found_rows = 0
        self._prepared: dict[int, PreparedStatement] = {}
        self.named: dict[str, PreparedStatement] = {}
        self._next_prepared = 1
        self._rest: list[PendingStatement] = []
        self.locked_tables: dict[tuple[str, str], str] = {}
        self.locked_names: frozenset[tuple[str, str]] = frozenset()
        self.sql_mode = SqlMode.DEFAULT
        self.zone: tzinfo | None = None
        self.fixed_now_us = 0
        self.charset_client = "utf8mb4"
        self.charset_results: str | None = "utf8mb4"
        self.charset = "utf8mb4"
        self.collation = "utf8mb4_0900_ai_ci"
        self.plan_key: object = None
        from sqlnode.session.effects import apply_all

        apply_all(self)

    # --- what the wire reads ---

    @property
    def status(self) -> int:
        """Server status flags (without MORE_RESULTS and cursor flags, which are the wire's)."""
        state = self.transaction
        flags = _STATUS_AUTOCOMMIT if state.autocommit else 0
        if state.explicit or state.active is not None:
            flags |= _STATUS_IN_TRANS
            if state.read_only:
                flags |= _STATUS_READ_ONLY
        if self.sql_mode & SqlMode.NO_BACKSLASH_ESCAPES:
            flags |= _STATUS_NO_BACKSLASH
        return flags

    @property
    def warning_count(self) -> int:
        """Warnings of the last statement."""
        return min(len(self.warnings) + self.warnings_dropped, 65535)

    @property
    def more_results(self) -> bool:
        """Whether statements of the current text are still to run."""
        return bool(self._rest)

    @property
    def character_set_client(self) -> str:
        """In which character set the client writes statements."""
        return self.charset_client

    def variable(self, name: str, scope: str = "") -> object:
        """A system variable's value. Raises 1193, 1238."""
        if scope.lower() != "global":
            match name.lower():
                case "last_insert_id" | "identity":
                    return self.last_insert_id
                case "warning_count":
                    return self.counts_before[0]
                case "error_count":
                    return self.counts_before[1]
                case "timestamp":
                    return (self.fixed_now_us or self.now_us()) / 1e6
                case _:
                    pass
        return self.variables.get(name, scope)

    def now_us(self) -> int:
        """The statement's time in microseconds since 1970 UTC (SET timestamp fixes it)."""
        return self.fixed_now_us or time.time_ns() // 1000

    # --- warnings ---

    def warn(self, warning: SqlWarning) -> None:
        """Adds a warning; those above max_error_count are only counted."""
        if warning.level == "Note" and not self.variables.values["sql_notes"]:
            return
        limit = self.variables.values["max_error_count"]
        if len(self.warnings) < limit:  # type: ignore[operator]
            self.warnings.append(warning)
        else:
            self.warnings_dropped += 1

    counts_before = (0, 0)
    """Warnings and errors of the statement before: what @@warning_count and @@error_count tell."""

    def clear_warnings(self) -> None:
        """A new statement begins."""
        self.counts_before = (0, 0)
        if self.warnings or self.warnings_dropped:
            self.counts_before = (self.warning_count, sum(warning.level == "Error" for warning in self.warnings))
            self.warnings = []
            self.warnings_dropped = 0

    # --- planning ---

    def plan_context(
        self, types: Sequence[SqlType] = (), values: Sequence[Value] = (), *, in_explain: bool = False
    ) -> PlanContext:
        """What the planner may see of this session now."""
        instance = self.instance
        return PlanContext(
            catalog=instance.catalogs.current,
            database=self.database,
            variables=self.variables.values,
            global_variable=instance.globals.get,
            computed_variable=self.variable,
            sql_mode=self.sql_mode,
            charset=self.charset,
            collation=self.collation,
            zone=self.zone,
            now_us=self.now_us(),
            parameter_types=tuple(types),
            parameters=tuple(values),
            user_variables=self.user_variables,
            row_count=instance.row_count,
            group_rows=instance.statistics.group_rows,
            warn=self.warn,
            check_table=partial(instance.check_table, self),
            user=self.user,
            host=self.host,
            in_explain=in_explain,
        )

    def plan_statement(
        self,
        statement: Statement,
        types: Sequence[SqlType] = (),
        values: Sequence[Value] = (),
        database: str | None = None,
    ) -> CachedPlan:
        """A plan for a query or DML under the current catalogue; names without a database belong to `database`, or to
        the session's."""
        self.instance.before_planning()
        context = self.plan_context(types, values)
        if database is not None and database != context.database:
            context = replace(context, database=database)
        plan = make_plan(statement, context)
        return CachedPlan(plan, context.catalog, statement, tuple(types))

    # --- running a text ---

    async def execute_text(self, sql: bytes) -> Result:
        """Runs the first statement of `sql`; `next_result` runs those behind it."""
        self._rest = []
        text = self.decode(sql)
        mode = self.sql_mode
        shaped = None if mode & (SqlMode.ANSI_QUOTES | SqlMode.NO_BACKSLASH_ESCAPES) else split(text)
        if shaped is not None:
            known = self.instance.plan_cache.templates.get((shaped[0], mode))
            if known is not None:
                self._start_command(text)
                if type(known) is Template:
                    return await self._guarded(run_template(self, text, shaped[0], shaped[1], known))
                if isinstance(known, Statement):
                    return await self._guarded(self._run_statement(known))
        self._start_command(text)
        try:
            if len(text) < LARGE_TEXT:
                pending = split_text(text, sql_mode=mode)
            else:
                pending = await aside(self, partial(split_text, text, sql_mode=mode))
        except SqlError as error:
            self._failed(error)
            raise
        if len(pending) > 1 and not self.capabilities & CLIENT_MULTI_STATEMENTS:
            near = pending[1].source[pending[1].tokens[0].start :]
            refused = SqlError(SYNTAX_ERROR, near=near[:80], line=1 + text[: pending[1].tokens[0].start].count("\n"))
            self._failed(refused)
            raise refused
        self._rest = pending[1:]
        return await self._guarded(self._run_pending(pending[0], shaped))

    async def next_result(self) -> Result:
        """Runs the next statement of the text."""
        pending = self._rest.pop(0)
        self._start_command(self.current_text)
        return await self._guarded(self._run_pending(pending, None))

    def _start_command(self, text: str) -> None:
        if len(text) >= LARGE_TEXT:
            note_large_text(self.instance, len(text))
        self.current_text = text
        self.command = "Query"
        self.command_started_at = time.time()
        self.kill.error = None
        if self.timer is not None:
            stop_timer(self)

    def decode(self, sql: bytes) -> str:
        """A client's text as a string; bytes that are not in the character set survive as surrogates."""
        if self.charset_client in ("utf8mb4", "utf8mb3", "utf8", "ascii", "binary"):
            return sql.decode("utf-8", "surrogateescape")
        return charset_by_name(self.charset_client).decode(sql).decode("utf-8", "surrogateescape")

    async def _run_pending(self, pending: PendingStatement, shaped: tuple[str, list[str]] | None) -> Result:
        if len(pending.tokens) < LARGE_STATEMENT:
            self.instance.before_planning()
            statement = pending.parse()
        else:
            return await self._run_large(pending)
        if statement.parameter_count:
            raise pending.marker_outside_prepare()
        if shaped is not None and pending.last and not self._rest:
            learn_template(self, statement, shaped)
        return await self._run_statement(statement)

    async def _run_large(self, pending: PendingStatement) -> Result:
        statement = await aside(self, pending.parse)
        if statement.parameter_count:
            raise pending.marker_outside_prepare()
        try:
            return await self._run_statement(statement)
        finally:
            if statement.kind in PLANNED:
                let_go(statement)

    async def _guarded(self, running: Any) -> Result:
        try:
            result: Result = await running
            return result
        except SqlError as error:
            self._failed(error)
            raise
        except StoreError as error:
            raise self._failed_store(error) from error
        except RecursionError:
            overrun = SqlError(STACK_OVERRUN)
            self._failed(overrun)
            raise overrun from None

    def rows_failed(self, error: SqlError | StoreError) -> SqlError:
        """Notes the error of a result whose rows are being sent, as that of the statement; what the client gets."""
        if isinstance(error, StoreError):
            return self._failed_store(error)
        self._failed(error)
        return error

    def _failed(self, error: SqlError) -> None:
        self._rest = []
        if self.timer is not None:
            stop_timer(self)
        self.row_count = -1
        if error.row is SYNTAX_ERROR:
            self.clear_warnings()
        self.warnings.append(SqlWarning("Error", error.code, error.message))

    def _failed_store(self, error: StoreError) -> SqlError:
        from sqlnode.session.transactions import sql_error
        from store.api import Undetermined

        if isinstance(error, Undetermined):
            self.must_close = True
        found = sql_error(error)
        self._failed(found)
        return found

    # --- running a statement ---

    async def _run_statement(
        self, statement: Statement, types: Sequence[SqlType] = (), values: Sequence[Value] = ()
    ) -> Result:
        """Runs one parsed statement."""
        if statement.kind in PLANNED:
            self.clear_warnings()
            if len(statement.tokens) < LARGE_STATEMENT:
                entry = self.plan_statement(statement, types, values)
            else:
                entry = await planned_aside(self, statement, types, values)
            entry.command = command_of(statement, entry.plan)
            return await run_plan(self, entry, tuple(values))
        node = statement.ast
        if isinstance(node, Unsupported):
            self.clear_warnings()
            raise SqlError(NOT_SUPPORTED_YET, feature=node.feature)
        handler = handler_for(type(node))
        if handler is None:
            raise SqlError(NOT_SUPPORTED_YET, feature=statement.kind.value)
        if not handler.keeps_diagnostics:
            self.clear_warnings()
        self.commands[command_of(statement)] += 1
        if handler.implicit_commit and not getattr(node, "temporary", False):
            await self.commit()
            self.transaction.statement_ended()
        if handler.changes and self.transaction.is_read_only:
            raise SqlError(CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
        self.parameters = tuple(values)
        self.parameter_types = tuple(types)
        result = await handler.run(self, node, statement)
        if isinstance(result, OkResult) and not handler.keeps_diagnostics:
            self.row_count = result.affected_rows
        return result

    parameters: tuple[Value, ...] = ()
    """Values of the `?` of a statement without a plan that runs now (SET, DO, CALL …)."""
    parameter_types: tuple[SqlType, ...] = ()

    # --- prepared statements ---

    async def prepare(self, sql: bytes) -> PreparedStatement:
        """COM_STMT_PREPARE."""
        self._rest = []
        self._start_command(self.decode(sql))
        self.commands[PREPARE] += 1
        self.clear_warnings()
        try:
            if len(self.current_text) < LARGE_TEXT:
                prepared = self.prepare_text(self.current_text)
            else:
                prepared = await aside(self, partial(prepared_from, self, self.current_text))
        except SqlError as error:
            self._failed(error)
            raise
        prepared.id = self._next_prepared
        self._next_prepared += 1
        self._prepared[prepared.id] = prepared
        return prepared

    @property
    def prepared_count(self) -> int:
        """Statements that the session holds prepared, in both protocols."""
        return len(self._prepared) + len(self.named)

    def forget_plans(self) -> None:
        """Statistics have changed: prepared statements are planned anew when they are executed next."""
        for prepared in (*self._prepared.values(), *self.named.values()):
            prepared.forget_plans()

    def prepare_text(self, text: str) -> PreparedStatement:
        """A prepared statement for one statement's text. Raises 1064, 1142, 1295, 1461 and whatever planning raises."""
        return prepared_from(self, text)

    async def execute_prepared(self, statement_id: int, values: Sequence[Value], types: Sequence[SqlType]) -> Result:
        """COM_STMT_EXECUTE. `types` may be the very tuple of the execution before, which then costs no look-up."""
        prepared = self._prepared.get(statement_id)
        if prepared is None:
            raise SqlError(UNKNOWN_STMT_HANDLER, name=statement_id, command="mysqld_stmt_execute")
        self.kill.error = None
        self.commands[EXECUTE] += 1
        entry = prepared.plan
        if (
            entry is not None
            and prepared.types is types
            and prepared.plan_key is self.plan_key
            and (entry.catalog is self.instance.catalogs.current or entry.fits(self.instance.catalogs.current))
            and (not entry.plan.guards or all_pass(entry.plan.guards, values))
        ):
            if self.warnings or self.warnings_dropped:
                self.clear_warnings()
            try:
                return await run_plan(self, entry, tuple(values))
            except SqlError as error:
                self._failed(error)
                raise
            except StoreError as error:
                raise self._failed_store(error) from error
        self._start_command(prepared.text)
        self._rest = []
        return await self._guarded(
            self.run_prepared(prepared, tuple(values), tuple(types) if type(types) is not tuple else types)
        )

    async def run_prepared(
        self, prepared: PreparedStatement, values: tuple[Value, ...], types: tuple[SqlType, ...]
    ) -> Result:
        """Runs a prepared statement with any types, planning anew where no kept plan fits."""
        statement = prepared.statement
        if statement.kind not in PLANNED:
            return await self._run_statement(statement, types, values)
        self.clear_warnings()
        catalog = self.instance.catalogs.current
        if prepared.plan_key is not self.plan_key:
            prepared.forget_plans()
            prepared.plan_key = self.plan_key
        entry = prepared.plans.get(types)
        if entry is None or not entry.fits(catalog) or not all_pass(entry.plan.guards, values):
            if len(statement.tokens) < LARGE_STATEMENT:
                entry = self.plan_statement(statement, types, values, prepared.database)
            else:
                entry = await planned_aside(self, statement, types, values, prepared.database)
            if self.warnings:  # the text was read, and what is deprecated in it told, when it was prepared
                self.warnings = [w for w in self.warnings if w.code != WARN_DEPRECATED_SYNTAX.code]
            entry.command = command_of(statement, entry.plan)
            prepared.plan = None
            if entry.plan.cacheable:
                if len(prepared.plans) >= PLANS_PER_STATEMENT:
                    prepared.plans.clear()
                prepared.plans[types] = entry
        if entry.plan.cacheable:
            prepared.plan = entry
            prepared.types = types
        return await run_plan(self, entry, values)

    def close_prepared(self, statement_id: int) -> None:
        """COM_STMT_CLOSE."""
        self._prepared.pop(statement_id, None)

    def reset_prepared(self, statement_id: int) -> None:
        """COM_STMT_RESET; the wire drops long data and cursors itself. Raises 1243."""
        if statement_id not in self._prepared:
            raise SqlError(UNKNOWN_STMT_HANDLER, name=statement_id, command="mysqld_stmt_reset")

    # --- after a result ---

    async def finish(self, result: Result) -> None:
        """Frees what a result of rows holds; call when its last row was sent or nobody wants the rest."""
        if self.timer is not None:
            stop_timer(self)
        if isinstance(result, RowsResult):
            close = getattr(result.batches, "aclose", None)
            if close is not None:
                await close()
        self.command = "Sleep"

    async def commit(self) -> None:
        """Commits what is open (COMMIT, implicit commits)."""
        if self.instance.table_locks.global_readers:
            await wait_to_commit(self)
        try:
            await self.transaction.commit()
        finally:
            release_tables(self)

    async def rollback(self) -> None:
        """Rolls back what is open."""
        try:
            await self.transaction.rollback()
        finally:
            release_tables(self)

    # --- connection-level commands ---

    async def use(self, database: str) -> None:
        """USE and COM_INIT_DB. Raises 1049, 1044."""
        schema = self.instance.catalogs.current.schema(database)
        if schema is None:
            raise SqlError(BAD_DB_ERROR, database=database)
        self.instance.check_database(self.account, schema.name)
        self.database = schema.name
        self._database_changed(schema.info)

    def _database_changed(self, info: DatabaseInfo) -> None:
        from sqlnode.session.effects import database_changed

        database_changed(self, info)

    async def reset(self) -> None:
        """COM_RESET_CONNECTION: transaction rolled back, everything of the session forgotten but the current database."""
        database = self.database
        await self._release()
        self.restart()
        if database and self.instance.catalogs.current.schema(database) is not None:
            await self.use(database)

    async def change_user(self, user: str, host: str, account: Account | None, database: str) -> None:
        """COM_CHANGE_USER after the new user has authenticated."""
        await self._release()
        self.restart()
        self.user, self.host, self.account = user, host, account
        self.database = ""
        if database:
            await self.use(database)

    def kill_query(self, error: SqlError | None = None) -> None:
        """Ends the running statement at its next chance, or its wait at once."""
        self.kill.error = error or SqlError(QUERY_INTERRUPTED)
        self.instance.cancel_waits(self)

    async def _release(self) -> None:
        await self.rollback()
        self.instance.release_session(self)

    async def close(self) -> None:
        """The connection is gone."""
        if self.timer is not None:
            stop_timer(self)
        await self._release()
        if self.instance.sessions.pop(self.id, None) is not None:
            self.instance.past_commands = total((self.instance.past_commands, self.commands))

    async def field_list(self, table: str, wildcard: str) -> tuple[Column, ...]:
        """COM_FIELD_LIST: the columns of a table of the current database. Raises 1146, 1356."""
        info = self.instance.catalogs.current.table(self.database, table)
        if self.account is not None and not self.instance.accounts.sees_table(self.account, self.database, table):
            self.instance.check_table(self, "SELECT", self.database, table)
        if info is None:
            raise SqlError(NO_SUCH_TABLE, database=self.database, table=table)
        return self._columns_of(info)

    def _columns_of(self, info: TableInfo) -> tuple[Column, ...]:
        from planner.bind import table_columns
        from sqlnode.infoschema.view_columns import with_columns

        if info.is_view:
            info = with_columns(self.database, info, self.plan_context())
        return tuple(table_columns(self.database, info, 1))

    def planned(self, statement: Statement) -> PhysicalPlan:
        """A plan for statements that contain one (EXPLAIN, views)."""
        return make_plan(statement, self.plan_context(self.parameter_types, self.parameters))
