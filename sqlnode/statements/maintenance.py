"""ANALYZE, OPTIMIZE, CHECK, REPAIR and CHECKSUM TABLE; FLUSH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from executor.result import OkResult, Result, ValueRows
from planner.expr.nodes import Column
from planner.parse.nodes_admin import Flush, TableMaintenance
from planner.parse.nodes_common import StatementKind
from planner.parse.statement import Statement
from sqlnode.base.errors import (
    CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
    LOCK_OR_ACTIVE_TRANSACTION,
    NO_DB_ERROR,
    NO_SUCH_TABLE,
    NOT_SUPPORTED_YET,
    WRONG_OBJECT,
    SqlError,
)
from sqlnode.base.schema import TableInfo
from sqlnode.base.types import Value, varchar
from sqlnode.infoschema.view_columns import with_columns
from sqlnode.session.table_use import lock_everything, lock_tables
from sqlnode.statements.handler import Handler
from sqlnode.statements.rights import check_any_global, check_lock, check_maintenance

if TYPE_CHECKING:
    from sqlnode.session.session import Session

_COLUMNS = tuple(
    Column(place + 1, label, varchar(length))
    for place, (label, length) in enumerate((("Table", 128), ("Op", 10), ("Msg_type", 10), ("Msg_text", 393216)))
)
_WORDS = {
    StatementKind.ANALYZE_TABLE: "analyze",
    StatementKind.OPTIMIZE_TABLE: "optimize",
    StatementKind.CHECK_TABLE: "check",
    StatementKind.REPAIR_TABLE: "repair",
}
_CHANGES = frozenset({StatementKind.OPTIMIZE_TABLE, StatementKind.REPAIR_TABLE})
"""Those that a read only transaction refuses."""


async def _maintenance(session: Session, node: TableMaintenance, statement: Statement) -> Result:
    if node.unsupported is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=node.unsupported)
    if node.kind is StatementKind.CHECKSUM_TABLE:
        raise SqlError(NOT_SUPPORTED_YET, feature="CHECKSUM TABLE")
    if node.kind in _CHANGES and session.transaction.is_read_only:
        raise SqlError(CANT_EXECUTE_IN_READ_ONLY_TRANSACTION)
    check_maintenance(session, node)
    op = _WORDS[node.kind].encode()
    rows: list[tuple[Value, ...]] = []
    for name in node.tables:
        database = name.schema or session.database
        if not database:
            raise SqlError(NO_DB_ERROR)
        label = f"{database}.{name.name}".encode()
        table = session.instance.catalogs.current.table(database, name.name)
        if table is None:
            rows.append((label, op, b"Error", f"Table '{database}.{name.name}' doesn't exist".encode()))
            rows.append((label, op, b"status", b"Operation failed"))
            continue
        if table.is_view:
            rows += [(label, op, *row) for row in _of_view(session, node, database, table)]
            continue
        if node.kind is StatementKind.OPTIMIZE_TABLE:
            rows.append((label, op, b"note", b"Table does not support optimize, doing recreate + analyze instead"))
        if node.kind is StatementKind.REPAIR_TABLE:
            rows.append((label, op, b"note", b"The storage engine for the table doesn't support repair"))
            continue
        rows.append((label, op, b"status", await _work(session, node, database, name.name)))
    return ValueRows(_COLUMNS, rows)


def _of_view(session: Session, node: TableMaintenance, database: str, view: TableInfo) -> list[tuple[bytes, bytes]]:
    """(type, text) of the rows for a view: CHECK tells whether it can be read, the others want tables."""
    if node.kind is not StatementKind.CHECK_TABLE:
        error = SqlError(WRONG_OBJECT, database=database, name=view.name, expected="BASE TABLE")
        return [(b"Error", error.message.encode()), (b"status", b"Operation failed")]
    try:
        with_columns(database, view, session.plan_context())
    except SqlError as problem:
        causes = [problem.__cause__] if isinstance(problem.__cause__, SqlError) else []
        missing = [cause.message for cause in causes if cause.code == NO_SUCH_TABLE.code]
        errors = [(b"Error", text.encode()) for text in (*missing, problem.message)]
        return [*errors, (b"error", b"Corrupt")]
    return [(b"status", b"OK")]


async def _work(session: Session, node: TableMaintenance, database: str, table: str) -> bytes:
    """CHECK compares rows with index entries; ANALYZE and OPTIMIZE count rows for the planner."""
    info = session.instance.catalogs.current.table(database, table)
    assert info is not None, table
    if node.kind is StatementKind.CHECK_TABLE:
        from sqlnode.check_table import inconsistencies

        problem = await inconsistencies(session, info)
        return problem.encode() if problem else b"OK"
    await session.instance.statistics.analyze(info)
    return b"OK"


async def _read_lock(session: Session, node: Flush) -> None:
    """FLUSH TABLES [t, …] WITH READ LOCK: nobody else writes until UNLOCK TABLES. Raises 1046, 1146,
    1192, 1205."""
    instance = session.instance
    if session.locked_tables:
        raise SqlError(LOCK_OR_ACTIVE_TRANSACTION)
    instance.unlock_tables(session)
    if not node.tables:
        await lock_everything(session)
        return
    wanted = {}
    for name in node.tables:
        database = name.schema or session.database
        if not database:
            raise SqlError(NO_DB_ERROR)
        if instance.catalogs.current.table(database, name.name) is None:
            raise SqlError(NO_SUCH_TABLE, database=database, table=name.name)
        wanted[database.lower(), name.name.lower()] = "READ"
    await lock_tables(session, wanted, frozenset(wanted))


async def _flush(session: Session, node: Flush, statement: Statement) -> OkResult:
    if node.for_export:
        raise SqlError(NOT_SUPPORTED_YET, feature="FLUSH TABLES FOR EXPORT")
    if (node.options and set(node.options) <= {"TABLES"}) or node.tables:
        check_any_global(session, "RELOAD", "FLUSH_TABLES")
    else:
        check_any_global(session, "RELOAD")
    if node.read_lock:
        check_lock(session, node.tables)
        await _read_lock(session, node)
    if "PRIVILEGES" in node.options:
        await session.instance.accounts.load(session.instance.catalogs.current)
    if "STATUS" in node.options:
        session.instance.flush_status(session)
    return OkResult()


HANDLERS = (
    Handler((TableMaintenance,), _maintenance, implicit_commit=True),
    Handler((Flush,), _flush, implicit_commit=True),
)
