"""The forms of SHOW that are queries on the server tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from planner.parse.nodes_admin import Describe, Show
from planner.parse.nodes_common import TableName
from sqlnode.base.errors import BAD_DB_ERROR, NO_DB_ERROR, NO_SUCH_TABLE, SqlError
from sqlnode.infoschema.view_columns import with_columns

if TYPE_CHECKING:
    from sqlnode.base.schema import TableInfo
    from sqlnode.session.session import Session


def literal(text: str) -> str:
    """A string literal for the text of a query."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def name(text: str) -> str:
    """A quoted name for the text of a query."""
    return "`" + text.replace("`", "``") + "`"


def database_of(session: Session, database: str | None) -> str:
    """The database that a form is about. Raises 1046, 1049."""
    found = database if database is not None else session.database
    if not found:
        raise SqlError(NO_DB_ERROR)
    schema = session.instance.catalogs.current.schema(found)
    if schema is None:
        raise SqlError(BAD_DB_ERROR, database=found)
    return schema.name


def table_of(session: Session, table: TableName | None) -> tuple[str, TableInfo]:
    """The table that a form is about. Raises 1046, 1049, 1146, 1142."""
    assert table is not None, "a form without its table"
    database = database_of(session, table.schema)
    info = session.instance.catalogs.current.table(database, table.name)
    if info is None:
        raise SqlError(NO_SUCH_TABLE, database=database, table=table.name)
    if (
        session.account is not None
        and info.id > 0
        and not session.instance.accounts.sees_table(session.account, database, info.name)
    ):
        session.instance.accounts.check(session.account, "SELECT", database, info.name, "")
    return database, info


def query_of(session: Session, node: Show) -> str | None:
    """The SQL of a form, or None when the form is unknown here."""
    make = QUERIES.get(node.what)
    if make is None:
        return None
    text, like_column, order = make(session, node)
    if node.like is not None and like_column:
        text += f" HAVING {name(like_column)} LIKE {literal(node.like)}"
    elif node.where is not None:
        text += f" HAVING ({node.where.text})"
    if order:
        text += f" ORDER BY {order}"
    return text


Form = Callable[["Session", Show], tuple[str, str, str]]
"""(SQL without HAVING and ORDER BY, the label that LIKE compares, ORDER BY list)"""


def _databases(session: Session, node: Show) -> tuple[str, str, str]:
    label = f"Database ({node.like})" if node.like is not None else "Database"
    return f"SELECT SCHEMA_NAME AS {name(label)} FROM information_schema.SCHEMATA", label, name(label)


def _tables(session: Session, node: Show) -> tuple[str, str, str]:
    database = database_of(session, node.database)
    session.instance.check_database(session.account, database)
    label = f"Tables_in_{database}" + (f" ({node.like})" if node.like is not None else "")
    kind = ", TABLE_TYPE AS Table_type" if node.full else ""
    return (
        f"SELECT TABLE_NAME AS {name(label)}{kind} FROM information_schema.TABLES WHERE TABLE_SCHEMA = {literal(database)}",
        label,
        name(label),
    )


def _open_tables(session: Session, node: Show) -> tuple[str, str, str]:
    return (
        "SELECT TABLE_SCHEMA AS `Database`, TABLE_NAME AS `Table`, 0 AS In_use, 0 AS Name_locked "
        "FROM information_schema.TABLES WHERE 1 = 0",
        "Table",
        "",
    )


def _table_status(session: Session, node: Show) -> tuple[str, str, str]:
    database = database_of(session, node.database)
    session.instance.check_database(session.account, database)
    return (
        "SELECT TABLE_NAME AS Name, ENGINE AS Engine, VERSION AS Version, ROW_FORMAT AS Row_format, TABLE_ROWS AS `Rows`, "
        "AVG_ROW_LENGTH AS Avg_row_length, DATA_LENGTH AS Data_length, MAX_DATA_LENGTH AS Max_data_length, "
        "INDEX_LENGTH AS Index_length, DATA_FREE AS Data_free, AUTO_INCREMENT AS `Auto_increment`, CREATE_TIME AS Create_time, "
        "UPDATE_TIME AS Update_time, CHECK_TIME AS Check_time, TABLE_COLLATION AS `Collation`, CHECKSUM AS `Checksum`, "
        "CREATE_OPTIONS AS Create_options, TABLE_COMMENT AS `Comment` "
        f"FROM information_schema.TABLES WHERE TABLE_SCHEMA = {literal(database)}",
        "Name",
        "TABLE_NAME",
    )


def _columns(session: Session, node: Show) -> tuple[str, str, str]:
    database, table = table_of(session, node.table)
    if table.is_view:
        with_columns(database, table, session.plan_context())
    full_a = ", COLLATION_NAME AS `Collation`" if node.full else ""
    full_b = ", PRIVILEGES AS `Privileges`, COLUMN_COMMENT AS `Comment`" if node.full else ""
    return (
        f"SELECT COLUMN_NAME AS `Field`, COLUMN_TYPE AS `Type`{full_a}, IS_NULLABLE AS `Null`, COLUMN_KEY AS `Key`, "
        f"COLUMN_DEFAULT AS `Default`, EXTRA AS `Extra`{full_b} FROM information_schema.COLUMNS "
        f"WHERE TABLE_SCHEMA = {literal(database)} AND TABLE_NAME = {literal(table.name)}",
        "Field",
        "ORDINAL_POSITION",
    )


def _index(session: Session, node: Show) -> tuple[str, str, str]:
    database, table = table_of(session, node.table)
    return (
        "SELECT TABLE_NAME AS `Table`, NON_UNIQUE AS Non_unique, INDEX_NAME AS Key_name, SEQ_IN_INDEX AS Seq_in_index, "
        "COLUMN_NAME AS Column_name, COLLATION AS `Collation`, CARDINALITY AS Cardinality, SUB_PART AS Sub_part, "
        "PACKED AS Packed, NULLABLE AS `Null`, INDEX_TYPE AS Index_type, COMMENT AS `Comment`, "
        "INDEX_COMMENT AS Index_comment, IS_VISIBLE AS Visible, EXPRESSION AS Expression FROM information_schema.STATISTICS "
        f"WHERE TABLE_SCHEMA = {literal(database)} AND TABLE_NAME = {literal(table.name)}",
        "Key_name",
        "",
    )


def _of(text: str, like_column: str, order: str = "") -> Form:
    return lambda session, node: (text, like_column, order)


def _variables(session: Session, node: Show) -> tuple[str, str, str]:
    scope = "global" if node.scope == "GLOBAL" else "session"
    return (
        f"SELECT VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS `Value` FROM performance_schema.{scope}_variables",
        "Variable_name",
        "VARIABLE_NAME",
    )


def _status(session: Session, node: Show) -> tuple[str, str, str]:
    scope = "global" if node.scope == "GLOBAL" else "session"
    return (
        f"SELECT VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS `Value` FROM performance_schema.{scope}_status",
        "Variable_name",
        "VARIABLE_NAME",
    )


def _processlist(session: Session, node: Show) -> tuple[str, str, str]:
    info = "INFO" if node.full else "LEFT(INFO, 100)"
    return (
        f"SELECT ID AS Id, USER AS User, HOST AS Host, DB AS db, COMMAND AS Command, TIME AS `Time`, STATE AS State, {info} AS Info "
        "FROM information_schema.PROCESSLIST",
        "",
        "ID",
    )


def _triggers(session: Session, node: Show) -> tuple[str, str, str]:
    database = database_of(session, node.database)
    return (
        "SELECT TRIGGER_NAME AS `Trigger`, EVENT_MANIPULATION AS `Event`, EVENT_OBJECT_TABLE AS `Table`, "
        "ACTION_STATEMENT AS `Statement`, ACTION_TIMING AS `Timing`, CREATED AS `Created`, SQL_MODE AS `sql_mode`, "
        "DEFINER AS `Definer`, CHARACTER_SET_CLIENT AS `character_set_client`, COLLATION_CONNECTION AS `collation_connection`, "
        "DATABASE_COLLATION AS `Database Collation` FROM information_schema.TRIGGERS "
        f"WHERE TRIGGER_SCHEMA = {literal(database)}",
        "Table",
        "",
    )


def _events(session: Session, node: Show) -> tuple[str, str, str]:
    database = database_of(session, node.database)
    return (
        "SELECT EVENT_SCHEMA AS `Db`, EVENT_NAME AS `Name`, DEFINER AS `Definer`, TIME_ZONE AS `Time zone`, EVENT_TYPE AS `Type`, "
        "EXECUTE_AT AS `Execute at`, INTERVAL_VALUE AS `Interval value`, INTERVAL_FIELD AS `Interval field`, STARTS AS `Starts`, "
        "ENDS AS `Ends`, STATUS AS `Status`, ORIGINATOR AS `Originator`, CHARACTER_SET_CLIENT AS `character_set_client`, "
        "COLLATION_CONNECTION AS `collation_connection`, DATABASE_COLLATION AS `Database Collation` "
        f"FROM information_schema.EVENTS WHERE EVENT_SCHEMA = {literal(database)}",
        "Name",
        "",
    )


def _routines(kind: str) -> Form:
    return _of(
        "SELECT ROUTINE_SCHEMA AS `Db`, ROUTINE_NAME AS `Name`, ROUTINE_TYPE AS `Type`, DEFINER AS `Definer`, "
        "LAST_ALTERED AS `Modified`, CREATED AS `Created`, SECURITY_TYPE AS `Security_type`, ROUTINE_COMMENT AS `Comment`, "
        "CHARACTER_SET_CLIENT AS `character_set_client`, COLLATION_CONNECTION AS `collation_connection`, "
        f"DATABASE_COLLATION AS `Database Collation` FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = '{kind}'",
        "Name",
    )


QUERIES: dict[str, Form] = {
    "DATABASES": _databases,
    "TABLES": _tables,
    "OPEN TABLES": _open_tables,
    "TABLE STATUS": _table_status,
    "COLUMNS": _columns,
    "INDEX": _index,
    "VARIABLES": _variables,
    "STATUS": _status,
    "PROCESSLIST": _processlist,
    "TRIGGERS": _triggers,
    "EVENTS": _events,
    "FUNCTION STATUS": _routines("FUNCTION"),
    "PROCEDURE STATUS": _routines("PROCEDURE"),
    "COLLATION": _of(
        "SELECT COLLATION_NAME AS `Collation`, CHARACTER_SET_NAME AS `Charset`, ID AS `Id`, IS_DEFAULT AS `Default`, "
        "IS_COMPILED AS `Compiled`, SORTLEN AS `Sortlen`, PAD_ATTRIBUTE AS `Pad_attribute` FROM information_schema.COLLATIONS",
        "Collation",
        "COLLATION_NAME",
    ),
    "CHARACTER SET": _of(
        "SELECT CHARACTER_SET_NAME AS `Charset`, DESCRIPTION AS `Description`, DEFAULT_COLLATE_NAME AS `Default collation`, "
        "MAXLEN AS `Maxlen` FROM information_schema.CHARACTER_SETS",
        "Charset",
        "CHARACTER_SET_NAME",
    ),
    "ENGINES": _of(
        "SELECT ENGINE AS Engine, SUPPORT AS Support, COMMENT AS `Comment`, TRANSACTIONS AS Transactions, XA, "
        "SAVEPOINTS AS Savepoints FROM information_schema.ENGINES",
        "",
    ),
    "PLUGINS": _of(
        "SELECT PLUGIN_NAME AS Name, PLUGIN_STATUS AS Status, PLUGIN_TYPE AS Type, PLUGIN_LIBRARY AS Library, "
        "PLUGIN_LICENSE AS License FROM information_schema.PLUGINS",
        "",
    ),
}


def describe(session: Session, node: Describe) -> Show:
    """DESCRIBE as the SHOW COLUMNS that it stands for."""
    like = node.column
    if like is not None and not node.pattern:
        like = like.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return Show(what="COLUMNS", alias="DESCRIBE", table=node.table, like=like)
