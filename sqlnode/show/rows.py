"""The forms of SHOW whose rows are made here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from planner.expr.nodes import Column
from planner.parse.nodes_admin import Show
from sqlnode.base.errors import (
    BAD_DB_ERROR,
    NOT_SUPPORTED_YET,
    SP_DOES_NOT_EXIST,
    WRONG_OBJECT,
    SqlError,
)
from sqlnode.base.types import SqlType, Value, double, integer, varchar
from sqlnode.show.queries import table_of
from sqlnode.statements.rights import check_any_global, check_other_account

if TYPE_CHECKING:
    from sqlnode.session.session import Session

Rows: TypeAlias = tuple[tuple[Column, ...], Sequence[Sequence[Value]]]
_TEXT = varchar(1024)
_COUNT = integer(unsigned=True)


def _columns(*items: tuple[str, SqlType]) -> tuple[Column, ...]:
    return tuple(Column(place + 1, label, sql_type) for place, (label, sql_type) in enumerate(items))


def _texts(*labels: str) -> tuple[Column, ...]:
    return _columns(*((label, _TEXT) for label in labels))


_CREATE_TABLE = _texts("Table", "Create Table")
_CREATE_VIEW = _texts("View", "Create View", "character_set_client", "collation_connection")
_CREATE_DATABASE = _texts("Database", "Create Database")
_WARNINGS = _columns(("Level", varchar(7)), ("Code", integer(3, unsigned=True)), ("Message", varchar(512)))
_LOG_STATUS = _columns(
    ("File", varchar(256)),
    ("Position", _COUNT),
    ("Binlog_Do_DB", _TEXT),
    ("Binlog_Ignore_DB", _TEXT),
    ("Executed_Gtid_Set", _TEXT),
)


async def _create_table(session: Session, node: Show) -> Rows:
    from sqlnode.ddl.show_create import create_table_text

    database, table = table_of(session, node.table)
    if table.is_view:
        return await _create_view(session, node)
    text = create_table_text(
        database, table, auto_increment=session.instance.auto_ids.next_value(table), zone=session.zone
    )
    return _CREATE_TABLE, [(table.name.encode(), text.encode("utf-8", "surrogateescape"))]


async def _create_view(session: Session, node: Show) -> Rows:
    from sqlnode.ddl.show_create import create_view_text

    database, table = table_of(session, node.table)
    if table.view is None:
        raise SqlError(WRONG_OBJECT, database=database, name=table.name, expected="VIEW")
    if session.account is not None:
        session.instance.accounts.check(session.account, "SHOW VIEW", database, table.name, "")
    text = create_view_text(database, table, session.database)
    return _CREATE_VIEW, [
        (table.name.encode(), text.encode("utf-8", "surrogateescape"), b"utf8mb4", b"utf8mb4_0900_ai_ci")
    ]


async def _create_database(session: Session, node: Show) -> Rows:
    from sqlnode.ddl.show_create import create_database_text

    schema = session.instance.catalogs.current.schema(node.name or "")
    if schema is None:
        raise SqlError(BAD_DB_ERROR, database=node.name)
    session.instance.check_database(session.account, schema.name)
    text = create_database_text(schema.info, if_not_exists=node.if_not_exists)
    return _CREATE_DATABASE, [(schema.name.encode(), text.encode())]


async def _create_user(session: Session, node: Show) -> Rows:
    accounts = session.instance.accounts
    assert node.user is not None, "SHOW CREATE USER without its user"
    user, host = _account(session, node)
    check_other_account(session, user, host)
    return _texts(f"CREATE USER for {user}@{host}"), [(accounts.create_user_text(user, host).encode(),)]


async def _no_routine(session: Session, node: Show) -> Rows:
    assert node.table is not None, "a form without its name"
    kind = node.what.split()[1]
    if kind == "TRIGGER":
        from sqlnode.base.errors import TRG_DOES_NOT_EXIST

        raise SqlError(TRG_DOES_NOT_EXIST)
    if kind == "EVENT":
        from sqlnode.base.errors import EVENT_DOES_NOT_EXIST

        raise SqlError(EVENT_DOES_NOT_EXIST, name=node.table.name)
    raise SqlError(SP_DOES_NOT_EXIST, kind=kind, name=node.table.name)


async def _warnings(session: Session, node: Show) -> Rows:
    rows: list[tuple[Value, ...]] = [
        (warning.level.encode(), warning.code, warning.message.encode("utf-8", "surrogateescape"))
        for warning in session.warnings
        if node.what == "WARNINGS" or warning.level == "Error"
    ]
    if node.limit is not None:
        rows = rows[node.limit[0] : node.limit[0] + node.limit[1]]
    return _WARNINGS, rows


async def _count(session: Session, node: Show) -> Rows:
    if node.what == "COUNT ERRORS":
        found = sum(1 for warning in session.warnings if warning.level == "Error")
        return _columns(("@@session.error_count", _COUNT)), [(found,)]
    return _columns(("@@session.warning_count", _COUNT)), [(session.warning_count,)]


def _account(session: Session, node: Show) -> tuple[str, str]:
    if node.user is None or node.user.current:
        if session.account is None:
            return session.user or "root", "localhost"
        return session.account.user, session.account.host
    return node.user.user, node.user.host


async def _grants(session: Session, node: Show) -> Rows:
    if node.using:
        raise SqlError(NOT_SUPPORTED_YET, feature="roles")
    user, host = _account(session, node)
    check_other_account(session, user, host)
    lines = session.instance.accounts.grants_text(user, host)
    return _texts(f"Grants for {user}@{host}"), [(line.encode(),) for line in lines]


async def _privileges(session: Session, node: Show) -> Rows:
    from sqlnode.privileges import PRIVILEGES

    rows = [(name.encode(), context.encode(), comment.encode()) for name, context, comment in PRIVILEGES]
    return _texts("Privilege", "Context", "Comment"), rows


async def _engine_status(session: Session, node: Show) -> Rows:
    check_any_global(session, "PROCESS")
    if (node.name or "").lower() != "innodb":
        from sqlnode.base.errors import UNKNOWN_STORAGE_ENGINE

        raise SqlError(UNKNOWN_STORAGE_ENGINE, name=node.name)
    return _texts("Type", "Name", "Status"), [(b"InnoDB", b"", b"")] if node.what == "ENGINE STATUS" else []


def _empty(columns: tuple[Column, ...], *needed: str) -> Callable[[Session, Show], Awaitable[Rows]]:
    async def rows(session: Session, node: Show) -> Rows:
        if needed:
            check_any_global(session, *needed)
        return columns, []

    return rows


async def _binary_logs(session: Session, node: Show) -> Rows:
    from sqlnode.base.errors import NO_BINARY_LOGGING

    raise SqlError(NO_BINARY_LOGGING)


_REPLICA = _texts(
    "Replica_IO_State", "Source_Host", "Source_User", "Source_Port", "Source_Log_File", "Read_Source_Log_Pos"
)
_REPLICAS = _texts("Server_Id", "Host", "Port", "Source_Id", "Replica_UUID")
_REPLICATION = ("SUPER", "REPLICATION CLIENT")
_PROFILES = _columns(("Query_ID", _COUNT), ("Duration", double()), ("Query", _TEXT))
_PROFILE = _columns(("Status", _TEXT), ("Duration", double()))

ROWS: dict[str, Callable[[Session, Show], Awaitable[Rows]]] = {
    "CREATE TABLE": _create_table,
    "CREATE VIEW": _create_view,
    "CREATE DATABASE": _create_database,
    "CREATE USER": _create_user,
    "CREATE PROCEDURE": _no_routine,
    "CREATE FUNCTION": _no_routine,
    "CREATE TRIGGER": _no_routine,
    "CREATE EVENT": _no_routine,
    "WARNINGS": _warnings,
    "ERRORS": _warnings,
    "COUNT WARNINGS": _count,
    "COUNT ERRORS": _count,
    "GRANTS": _grants,
    "PRIVILEGES": _privileges,
    "ENGINE STATUS": _engine_status,
    "ENGINE MUTEX": _engine_status,
    "ENGINE LOGS": _engine_status,
    "MASTER STATUS": _empty(_LOG_STATUS, *_REPLICATION),
    "REPLICA STATUS": _empty(_REPLICA, *_REPLICATION),
    "REPLICAS": _empty(_REPLICAS, "REPLICATION SLAVE"),
    "BINARY LOGS": _binary_logs,
    "PROFILES": _empty(_PROFILES),
    "PROFILE": _empty(_PROFILE),
}

_FIXED = {
    "CREATE TABLE": _CREATE_TABLE,
    "CREATE VIEW": _CREATE_VIEW,
    "CREATE DATABASE": _CREATE_DATABASE,
    "WARNINGS": _WARNINGS,
    "ERRORS": _WARNINGS,
    "COUNT WARNINGS": _columns(("@@session.warning_count", _COUNT)),
    "COUNT ERRORS": _columns(("@@session.error_count", _COUNT)),
    "PRIVILEGES": _texts("Privilege", "Context", "Comment"),
    "GRANTS": _texts("Grants"),
    "CREATE USER": _texts("CREATE USER"),
    "ENGINE STATUS": _texts("Type", "Name", "Status"),
    "MASTER STATUS": _LOG_STATUS,
    "REPLICA STATUS": _REPLICA,
    "REPLICAS": _REPLICAS,
    "PROFILES": _PROFILES,
    "PROFILE": _PROFILE,
}


def columns_of_rows(node: Show) -> tuple[Column, ...]:
    """The columns of such a form before it runs."""
    return _FIXED.get(node.what, ())
