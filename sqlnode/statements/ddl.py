"""CREATE, ALTER, DROP, RENAME and TRUNCATE: hands the session's facts to `sqlnode.ddl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult
from planner.parse.nodes_common import TableName
from planner.parse.nodes_ddl import (
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    CreateView,
    DdlNode,
    DropDatabase,
    DropIndex,
    DropTable,
    DropView,
    RenameTable,
    TruncateTable,
)
from planner.parse.statement import Statement
from sqlnode.base.adoption import become_task
from sqlnode.base.errors import LOCK_OR_ACTIVE_TRANSACTION, SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.ddl import DdlContext, run_ddl
from sqlnode.ddl.context import InsertSelect
from sqlnode.session.table_use import begin_change, end_change
from sqlnode.statements.handler import Handler
from sqlnode.statements.rights import check_definition

if TYPE_CHECKING:
    from sqlnode.session.session import Session


def ddl_context(session: Session, text: str) -> DdlContext:
    """What a data definition statement may use of the session."""
    instance = session.instance
    values = session.variables.values
    account = session.account
    return DdlContext(
        store=instance.store,
        catalogs=instance.catalogs,
        owner=instance.owner,
        auto_ids=instance.auto_ids,
        database=session.database,
        sql_mode=session.sql_mode,
        charset=session.charset,
        collation=session.collation,
        server_charset=str(values["character_set_server"]),
        server_collation=str(values["collation_server"]),
        variables=values,
        zone=session.zone,
        now_us=session.now_us(),
        warn=session.warn,
        plan_context=session.plan_context,
        insert_select=_inserter(session),
        user=account.user if account is not None else session.user or "root",
        host=account.host if account is not None else "localhost",
        query=text,
        holder=session,
        check_killed=session.kill.check,
        foreign_key_checks=bool(values["foreign_key_checks"]),
        lock_wait_timeout=float(values["lock_wait_timeout"] or 0),
    )


def _inserter(session: Session) -> InsertSelect:
    async def insert(
        database: str, table: TableInfo, columns: tuple[str, ...], query: Statement, duplicates: str | None
    ) -> int:
        """The second half of CREATE TABLE … SELECT, as the INSERT that it is."""
        from planner.parse.entry import split_text
        from sqlnode.session.execution import run_plan
        from sqlnode.show.queries import name

        verb = "REPLACE" if duplicates == "REPLACE" else "INSERT IGNORE" if duplicates == "IGNORE" else "INSERT"
        target = f"{name(database)}.{name(table.name)} ({', '.join(name(column) for column in columns)})"
        statement = split_text(f"{verb} INTO {target} {query.text}", sql_mode=session.sql_mode)[0].parse()
        result = await run_plan(session, session.plan_statement(statement), ())
        assert isinstance(result, OkResult), result
        return result.affected_rows

    return insert


_NODES = (
    CreateDatabase, AlterDatabase, DropDatabase, CreateTable, DropTable, TruncateTable, AlterTable, CreateIndex, DropIndex,
    CreateView, DropView, RenameTable,
)  # fmt: skip


def _names(node: DdlNode) -> tuple[TableName, ...]:
    match node:
        case DropTable():
            return node.tables
        case RenameTable():
            return tuple(old for old, _ in node.renames)
        case CreateTable() | TruncateTable() | AlterTable() | CreateIndex() | DropIndex():
            return (node.table,)
        case CreateView():
            return (node.view,)
        case DropView():
            return node.views
        case _:
            return ()


async def _run(session: Session, node: DdlNode, statement: Statement) -> OkResult:
    check_definition(session, node)
    if session.locked_tables and isinstance(node, (CreateDatabase, AlterDatabase, DropDatabase)):
        raise SqlError(LOCK_OR_ACTIVE_TRANSACTION)
    await become_task()
    tables = [(name.schema or session.database, name.name) for name in _names(node)]
    if isinstance(node, RenameTable):
        tables += [
            (name.schema or session.database, name.name) for _, name in node.renames if not session.locked_tables
        ]
    if isinstance(node, DropDatabase):
        schema = session.instance.catalogs.current.schema(node.name)
        tables = [] if schema is None else [(schema.name, table.name) for table in schema.tables.values()]
    await begin_change(session, tables)
    try:
        result = await run_ddl(node, ddl_context(session, statement.text))
    finally:
        end_change(session)
    if isinstance(node, DropDatabase) and node.name.lower() == session.database.lower():
        session.database = ""
    if isinstance(node, DropTable) and session.locked_tables:
        _leave_locks(session)
    return result


def _leave_locks(session: Session) -> None:
    """LOCK TABLES ends when the last locked table is dropped."""
    catalog = session.instance.catalogs.current
    if not any(catalog.table(*locked) for locked in session.locked_tables):
        session.instance.unlock_tables(session)


DDL = Handler(_NODES, _run, implicit_commit=True, changes=True)
