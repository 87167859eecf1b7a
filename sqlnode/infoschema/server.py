"""Character sets, collations, engines, plugins, key words, processes, privileges, and MySQL's tables that are empty here."""

from __future__ import annotations

import time
from collections.abc import Iterator

from planner.parse.reserved import RESERVED
from sqlnode.base.charset import CHARSETS
from sqlnode.base.collation import all_collations
from sqlnode.infoschema.table import Row, View, VirtualTable
from sqlnode.session.activity import CLOSE, COMMANDS, PREPARE, RESET, total

_I = "information_schema"


def _character_sets(view: View) -> Iterator[Row]:
    defaults = {collation.charset: collation for collation in all_collations() if collation.is_default}
    for charset in CHARSETS.values():
        if charset.name not in defaults:
            continue
        yield (
            charset.display_name,
            defaults[charset.name].display_name,
            charset.description,
            charset.max_length,
        )


CHARACTER_SETS = VirtualTable(
    _I,
    "CHARACTER_SETS",
    "CHARACTER_SET_NAME varchar(64)!, DEFAULT_COLLATE_NAME varchar(64)!, DESCRIPTION varchar(2048)!, MAXLEN int unsigned!",
    _character_sets,
)


def _collations(view: View) -> Iterator[Row]:
    for collation in sorted(all_collations(), key=lambda c: c.display_name):
        charset = CHARSETS[collation.charset].display_name
        yield (
            collation.display_name,
            charset,
            collation.id,
            "Yes" if collation.is_default else "",
            "Yes",
            collation.sort_length,
            "PAD SPACE" if collation.pad else "NO PAD",
        )


COLLATIONS = VirtualTable(
    _I,
    "COLLATIONS",
    """COLLATION_NAME varchar(64)!, CHARACTER_SET_NAME varchar(64)!, ID bigint unsigned!, IS_DEFAULT varchar(3)!,
    IS_COMPILED varchar(3)!, SORTLEN int unsigned!, PAD_ATTRIBUTE varchar(9)!""",
    _collations,
)


def _applicability(view: View) -> Iterator[Row]:
    for collation in all_collations():
        yield collation.display_name, CHARSETS[collation.charset].display_name


APPLICABILITY = VirtualTable(
    _I,
    "COLLATION_CHARACTER_SET_APPLICABILITY",
    "COLLATION_NAME varchar(64)!, CHARACTER_SET_NAME varchar(64)!",
    _applicability,
)


def _engines(view: View) -> Iterator[Row]:
    yield "InnoDB", "DEFAULT", "Supports transactions, row-level locking, and foreign keys", "YES", "NO", "YES"


ENGINES = VirtualTable(
    _I,
    "ENGINES",
    """ENGINE varchar(64)!, SUPPORT varchar(8)!, COMMENT varchar(80)!, TRANSACTIONS varchar(3), XA varchar(3),
    SAVEPOINTS varchar(3)""",
    _engines,
)


def _plugins(view: View) -> Iterator[Row]:
    for name in ("caching_sha2_password", "mysql_native_password"):
        yield name, "1.0", "ACTIVE", "AUTHENTICATION", "2.1", None, None, "sqlnode", "", "Apache-2.0", "FORCE"


PLUGINS = VirtualTable(
    _I,
    "PLUGINS",
    """PLUGIN_NAME varchar(64)!, PLUGIN_VERSION varchar(20)!, PLUGIN_STATUS varchar(10)!, PLUGIN_TYPE varchar(80)!,
    PLUGIN_TYPE_VERSION varchar(20)!, PLUGIN_LIBRARY varchar(64), PLUGIN_LIBRARY_VERSION varchar(20), PLUGIN_AUTHOR varchar(64),
    PLUGIN_DESCRIPTION longtext, PLUGIN_LICENSE varchar(80), LOAD_OPTION varchar(64)!""",
    _plugins,
)


def _keywords(view: View) -> Iterator[Row]:
    for word in sorted(RESERVED):
        yield word, 1


KEYWORDS = VirtualTable(_I, "KEYWORDS", "WORD varchar(128), RESERVED int", _keywords)


def _processes(view: View) -> Iterator[Row]:
    me = view.session
    everybody = view.instance.may(me.account, "PROCESS")
    now = time.time()
    for session in sorted(view.instance.sessions.values(), key=lambda s: s.id):
        if not everybody and session.user != me.user:
            continue
        running = session.command != "Sleep"
        yield (
            session.id,
            session.user,
            session.host,
            session.database or None,
            session.command,
            int(now - session.command_started_at),
            "executing" if running else "",
            session.current_text if running else None,
        )


PROCESSLIST = VirtualTable(
    _I,
    "PROCESSLIST",
    """ID bigint unsigned!, USER varchar(32)!, HOST varchar(261)!, DB varchar(64), COMMAND varchar(16)!, TIME int!, STATE varchar(64),
    INFO longtext""",
    _processes,
)


P_PROCESSLIST = VirtualTable(
    "performance_schema",
    "processlist",
    """ID bigint unsigned!, USER varchar(32), HOST varchar(261), DB varchar(64), COMMAND varchar(16), TIME bigint,
    STATE varchar(64), INFO longtext, EXECUTION_ENGINE varchar(9)""",
    lambda view: ((*row, "PRIMARY") for row in _processes(view)),
)


def _threads(view: View) -> Iterator[Row]:
    for row in _processes(view):
        session = view.instance.sessions[int(row[0] or 0)]
        channel = "SSL/TLS" if session.cipher[0] else "TCP/IP"
        yield row[0], "thread/sql/one_connection", "FOREGROUND", *row[:8], None, None, "YES", "YES", channel, None, None


THREADS = VirtualTable(
    "performance_schema",
    "threads",
    """THREAD_ID bigint unsigned!, NAME varchar(128)!, TYPE varchar(10)!, PROCESSLIST_ID bigint unsigned,
    PROCESSLIST_USER varchar(32), PROCESSLIST_HOST varchar(255), PROCESSLIST_DB varchar(64), PROCESSLIST_COMMAND varchar(16),
    PROCESSLIST_TIME bigint, PROCESSLIST_STATE varchar(64), PROCESSLIST_INFO longtext, PARENT_THREAD_ID bigint unsigned,
    ROLE varchar(64), INSTRUMENTED varchar(3)!, HISTORY varchar(3)!, CONNECTION_TYPE varchar(16), THREAD_OS_ID bigint unsigned,
    RESOURCE_GROUP varchar(64)""",
    _threads,
)


def _attributes(view: View) -> Iterator[Row]:
    for session in sorted(view.instance.sessions.values(), key=lambda s: s.id):
        for place, (name, value) in enumerate(session.attributes.items()):
            yield session.id, name, value, place


CONNECT_ATTRS = VirtualTable(
    "performance_schema",
    "session_connect_attrs",
    "PROCESSLIST_ID bigint unsigned!, ATTR_NAME varchar(32)!, ATTR_VALUE varchar(1024), ORDINAL_POSITION int",
    _attributes,
)

ACCOUNT_CONNECT_ATTRS = VirtualTable(
    "performance_schema",
    "session_account_connect_attrs",
    CONNECT_ATTRS.columns,
    lambda view: (
        row for row in _attributes(view) if view.instance.sessions[int(row[0] or 0)].user == view.session.user
    ),
)

_VARIABLES = "VARIABLE_NAME varchar(64)!, VARIABLE_VALUE varchar(1024)"


def _session_variables(view: View) -> Iterator[Row]:
    return iter(view.session.variables.shown(global_scope=False))


def _global_variables(view: View) -> Iterator[Row]:
    return iter(view.session.variables.shown(global_scope=True))


def _status_rows(view: View, *, of_session: bool) -> Iterator[Row]:
    """The status counters that clients read, as text."""
    instance = view.instance
    sessions = instance.sessions
    activity = instance.activity(view.session if of_session else None)
    counts = view.session.commands
    if not of_session:
        counts = total((instance.past_commands, *(session.commands for session in sessions.values())))
    queries = activity.packets - activity.unasked
    rows: dict[str, object] = {
        "Aborted_clients": activity.aborted,
        "Aborted_connects": activity.refused,
        "Bytes_received": activity.received,
        "Bytes_sent": activity.sent,
        "Connections": activity.accepted or len(sessions),
        "Flush_commands": 0,
        "Flush_tables": 0,
        "Innodb_buffer_pool_size": 0,
        "Max_used_connections": activity.most or len(sessions),
        "Open_tables": 0,
        "Opened_tables": 0,
        "Opens": 0,
        "Prepared_stmt_count": sum(session.prepared_count for session in sessions.values()),
        "Queries": queries,
        "Questions": queries - counts[PREPARE] - counts[CLOSE] - counts[RESET],
        "Slow_queries": activity.slow,
        "Ssl_cipher": view.session.cipher[0],
        "Ssl_version": view.session.cipher[1],
        "Threads_connected": len(sessions),
        "Threads_created": activity.accepted or len(sessions),
        "Threads_running": sum(1 for s in sessions.values() if s.command != "Sleep"),
        "Uptime": int(time.time() - instance.started_at),
        "Uptime_since_flush_status": int(time.time() - instance.status_flushed_at),
    }
    rows.update((f"Com_{name}", count) for name, count in zip(COMMANDS[1:], counts[1:]))
    for name in sorted(rows, key=str.lower):
        yield name, str(rows[name])


def _session_status(view: View) -> Iterator[Row]:
    return _status_rows(view, of_session=True)


def _global_status(view: View) -> Iterator[Row]:
    return _status_rows(view, of_session=False)


SESSION_VARIABLES = VirtualTable("performance_schema", "session_variables", _VARIABLES, _session_variables)
GLOBAL_VARIABLES = VirtualTable("performance_schema", "global_variables", _VARIABLES, _global_variables)
SESSION_STATUS = VirtualTable("performance_schema", "session_status", _VARIABLES, _session_status)
GLOBAL_STATUS = VirtualTable("performance_schema", "global_status", _VARIABLES, _global_status)


def _user_variables(view: View) -> Iterator[Row]:
    for name, (value, _) in view.session.user_variables.items():
        yield view.session.id, name, value if value is None or isinstance(value, bytes) else str(value)


USER_VARIABLES = VirtualTable(
    "performance_schema",
    "user_variables_by_thread",
    "THREAD_ID bigint unsigned!, VARIABLE_NAME varchar(64)!, VARIABLE_VALUE longtext",
    _user_variables,
)


def _user_privileges(view: View) -> Iterator[Row]:
    for grantee, privilege, grantable in view.instance.accounts.global_rows(view.session.account):
        yield grantee, "def", privilege, grantable


def _schema_privileges(view: View) -> Iterator[Row]:
    for grantee, database, privilege, grantable in view.instance.accounts.database_rows(view.session.account):
        yield grantee, "def", database, privilege, grantable


def _table_privileges(view: View) -> Iterator[Row]:
    for grantee, database, table, privilege, grantable in view.instance.accounts.table_rows(view.session.account):
        yield grantee, "def", database, table, privilege, grantable


def _column_privileges(view: View) -> Iterator[Row]:
    for grantee, *rest in view.instance.accounts.column_rows(view.session.account):
        yield grantee, "def", *rest


COLUMN_PRIVILEGES = VirtualTable(
    _I,
    "COLUMN_PRIVILEGES",
    """GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA varchar(64)!, TABLE_NAME varchar(64)!,
    COLUMN_NAME varchar(64)!, PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!""",
    _column_privileges,
)
USER_PRIVILEGES = VirtualTable(
    _I,
    "USER_PRIVILEGES",
    "GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!",
    _user_privileges,
)
SCHEMA_PRIVILEGES = VirtualTable(
    _I,
    "SCHEMA_PRIVILEGES",
    """GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA varchar(64)!, PRIVILEGE_TYPE varchar(64)!,
    IS_GRANTABLE varchar(3)!""",
    _schema_privileges,
)
TABLE_PRIVILEGES = VirtualTable(
    _I,
    "TABLE_PRIVILEGES",
    """GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA varchar(64)!, TABLE_NAME varchar(64)!,
    PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!""",
    _table_privileges,
)
