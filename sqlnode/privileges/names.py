"""Static and dynamic privileges: MySQL's names, the columns of `mysql.user` and `mysql.db` that hold them, where they
apply."""

from __future__ import annotations

_TABLE = """
SELECT|Select_priv|Tables|To retrieve rows from table
INSERT|Insert_priv|Tables|To insert data into tables
UPDATE|Update_priv|Tables|To update existing rows
DELETE|Delete_priv|Tables|To delete existing rows
CREATE|Create_priv|Databases,Tables,Indexes|To create new databases and tables
DROP|Drop_priv|Databases,Tables|To drop databases, tables, and views
RELOAD|Reload_priv|Server Admin|To reload or refresh tables, logs and privileges
SHUTDOWN|Shutdown_priv|Server Admin|To shut down the server
PROCESS|Process_priv|Server Admin|To view the plain text of currently executing queries
FILE|FILE_priv|File access on server|To read and write files on the server
REFERENCES|References_priv|Databases,Tables|To have references on tables
INDEX|Index_priv|Tables|To create or drop indexes
ALTER|Alter_priv|Tables|To alter the table
SHOW DATABASES|Show_db_priv|Server Admin|To see all databases with SHOW DATABASES
SUPER|Super_priv|Server Admin|To use KILL thread, SET GLOBAL, CHANGE MASTER, etc.
CREATE TEMPORARY TABLES|Create_tmp_table_priv|Databases|To use CREATE TEMPORARY TABLE
LOCK TABLES|Lock_tables_priv|Databases|To use LOCK TABLES (together with SELECT privilege)
EXECUTE|Execute_priv|Functions,Procedures|To execute stored routines
REPLICATION SLAVE|Repl_slave_priv|Server Admin|To read binary log events from the master
REPLICATION CLIENT|Repl_client_priv|Server Admin|To ask where the slave or master servers are
CREATE VIEW|Create_view_priv|Tables|To create new views
SHOW VIEW|Show_view_priv|Tables|To see views with SHOW CREATE VIEW
CREATE ROUTINE|Create_routine_priv|Databases|To use CREATE FUNCTION/PROCEDURE
ALTER ROUTINE|Alter_routine_priv|Functions,Procedures|To alter or drop stored functions/procedures
CREATE USER|Create_user_priv|Server Admin|To create new users
EVENT|Event_priv|Server Admin|To create, alter, drop and execute events
TRIGGER|Trigger_priv|Tables|To use triggers
CREATE TABLESPACE|Create_Tablespace_Priv|Server Admin|To create/alter/drop tablespaces
CREATE ROLE|Create_role_priv|Server Admin|To create new roles
DROP ROLE|Drop_role_priv|Server Admin|To drop roles
GRANT OPTION|Grant_priv|Databases,Tables,Functions,Procedures|To give to other users those privileges you possess
"""
_ROWS = [line.split("|") for line in _TABLE.strip().splitlines()]

GRANT_OPTION = "GRANT OPTION"
STATIC: tuple[str, ...] = tuple(row[0] for row in _ROWS)
"""Every static privilege in the order in which SHOW GRANTS prints them."""
COLUMN_OF: dict[str, str] = {row[0]: row[1] for row in _ROWS}
"""Privilege → column of `mysql.user` (and of `mysql.db` where it applies to databases)."""
DESCRIPTIONS: tuple[tuple[str, str, str], ...] = tuple(
    (row[0].capitalize() if " " not in row[0] else row[0].title().replace("Db", "db"), row[2], row[3]) for row in _ROWS
)
"""(privilege, context, comment) of SHOW PRIVILEGES."""

DATABASE = frozenset(
    (
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE TEMPORARY TABLES",
        "LOCK TABLES", "EXECUTE", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "EVENT", "TRIGGER",
        GRANT_OPTION,
    )
)  # fmt: skip
"""What may be granted on `db.*`."""
TABLE = frozenset(
    (
        "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "REFERENCES", "INDEX", "ALTER", "CREATE VIEW", "SHOW VIEW",
        "TRIGGER", GRANT_OPTION,
    )
)  # fmt: skip
"""What may be granted on a table."""
COLUMN = frozenset(("SELECT", "INSERT", "UPDATE", "REFERENCES"))
"""What may be granted on a column."""

DYNAMIC = frozenset(
    (
        "APPLICATION_PASSWORD_ADMIN", "AUDIT_ABORT_EXEMPT", "AUDIT_ADMIN", "AUTHENTICATION_POLICY_ADMIN", "BACKUP_ADMIN",
        "BINLOG_ADMIN", "BINLOG_ENCRYPTION_ADMIN", "CLONE_ADMIN", "CONNECTION_ADMIN", "ENCRYPTION_KEY_ADMIN",
        "FIREWALL_EXEMPT", "FLUSH_OPTIMIZER_COSTS", "FLUSH_STATUS", "FLUSH_TABLES", "FLUSH_USER_RESOURCES",
        "GROUP_REPLICATION_ADMIN", "GROUP_REPLICATION_STREAM", "INNODB_REDO_LOG_ARCHIVE", "INNODB_REDO_LOG_ENABLE",
        "PASSWORDLESS_USER_ADMIN", "PERSIST_RO_VARIABLES_ADMIN", "REPLICATION_APPLIER", "REPLICATION_SLAVE_ADMIN",
        "RESOURCE_GROUP_ADMIN", "RESOURCE_GROUP_USER", "ROLE_ADMIN", "SENSITIVE_VARIABLES_OBSERVER", "SERVICE_CONNECTION_ADMIN",
        "SESSION_VARIABLES_ADMIN", "SET_USER_ID", "SHOW_ROUTINE", "SYSTEM_USER", "SYSTEM_VARIABLES_ADMIN",
        "TABLE_ENCRYPTION_ADMIN", "TELEMETRY_LOG_ADMIN", "XA_RECOVER_ADMIN",
    )
)  # fmt: skip

SET_MEMBER = {name: name.title() if name != GRANT_OPTION else "Grant" for name in TABLE}
"""Privilege → member of the SET columns of `mysql.tables_priv` and `columns_priv`."""
FROM_MEMBER = {member: name for name, member in SET_MEMBER.items()}
