"""Every system variable, SHOW form and server table that some client reads, one by one."""

from __future__ import annotations

from tests.clients.statements.sent import Sent

_VARIABLES = """
autocommit auto_increment_increment auto_increment_offset character_set_client character_set_connection character_set_database
character_set_results character_set_server character_set_filesystem collation_connection collation_database collation_server
default_storage_engine default_tmp_storage_engine event_scheduler foreign_key_checks have_ssl have_openssl hostname init_connect
innodb_lock_wait_timeout innodb_version interactive_timeout lc_messages license local_infile log_bin lower_case_file_system
lower_case_table_names max_allowed_packet max_connections max_execution_time net_buffer_length net_read_timeout net_write_timeout
optimizer_switch performance_schema port protocol_version read_only secure_file_priv session_track_system_variables
session_track_schema session_track_state_change session_track_transaction_info socket sql_auto_is_null sql_log_bin sql_mode
sql_notes sql_quote_show_create sql_safe_updates sql_select_limit super_read_only system_time_zone time_zone timestamp
transaction_isolation transaction_read_only unique_checks version version_comment version_compile_machine version_compile_os
wait_timeout gtid_mode gtid_purged gtid_executed enforce_gtid_consistency server_id server_uuid information_schema_stats_expiry
default_authentication_plugin explicit_defaults_for_timestamp group_concat_max_len cte_max_recursion_depth
div_precision_increment profiling
""".split()

VARIABLES = tuple(Sent(f"SELECT @@{name}", f"@@{name}") for name in _VARIABLES) + (
    Sent("SELECT @@version_comment , @@session.autocommit", "@@version_comment|@@session.autocommit"),
    Sent("SELECT @@no_such_thing", error=1193),
    Sent("SET no_such_thing = 1", error=1193),
    Sent("SET sql_safe_updates=1, SQL_SELECT_LIMIT=500, MAX_JOIN_SIZE=DEFAULT"),
    Sent("SELECT @@sql_select_limit", None, (("500",),)),
    Sent("SET sql_safe_updates=0, SQL_SELECT_LIMIT=DEFAULT"),
    Sent("SET character_set_results = NULL"),
    Sent("SELECT @@character_set_results", None, ((None,),)),
    Sent("SET NAMES DEFAULT"),
    Sent("SET time_zone = 'Asia/Kolkata', @x = 1, SESSION sql_notes = ON"),
    Sent("SELECT @@time_zone, @x, @@sql_notes", "@@time_zone|@x|@@sql_notes", (("Asia/Kolkata", "1", "1"),)),
    Sent("SET sql_mode = 0"),
    Sent("SELECT @@sql_mode + 0, @@sql_mode", None, (("0", ""),)),
    Sent("SET sql_mode = DEFAULT"),
)

_SHOWS = """
SHOW FULL TABLES
SHOW TABLES FROM Chinook LIKE 'A%'
SHOW TABLES WHERE Tables_in_Chinook LIKE 'A%'
SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'
SHOW SCHEMAS LIKE 'C%'
SHOW EXTENDED FULL COLUMNS FROM Genre
SHOW FIELDS IN Genre IN Chinook
SHOW COLUMNS FROM Genre LIKE 'N%'
SHOW COLUMNS FROM Genre WHERE `Key` = 'PRI'
DESC Genre Name
EXPLAIN Genre
SHOW INDEXES FROM Genre
SHOW INDEX FROM Genre WHERE Key_name = 'PRIMARY'
SHOW CREATE DATABASE Chinook
SHOW TABLE STATUS FROM Chinook LIKE 'G%'
SHOW TABLE STATUS WHERE Name = 'Genre'
SHOW OPEN TABLES
SHOW GLOBAL VARIABLES LIKE 'auto%'
SHOW LOCAL VARIABLES LIKE 'auto%'
SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'port')
SHOW VARIABLES WHERE Variable_name = 'max_allowed_packet' OR Variable_name LIKE 'char%'
SHOW STATUS LIKE 'Threads%'
SHOW STATUS WHERE Variable_name = 'Uptime'
SHOW WARNINGS LIMIT 5
SHOW ERRORS
SHOW COUNT(*) WARNINGS
SHOW COUNT(*) ERRORS
SHOW COLLATION WHERE Charset = 'utf8mb4'
SHOW COLLATION LIKE 'utf8mb4%'
SHOW CHARSET LIKE 'utf8%'
SHOW CHARACTER SET WHERE `Default collation` LIKE 'latin%'
SHOW STORAGE ENGINES
SHOW PLUGINS
SHOW PROCESSLIST
SHOW GRANTS
SHOW GRANTS FOR root@localhost
SHOW PRIVILEGES
SHOW TRIGGERS FROM Chinook LIKE 'x'
SHOW EVENTS FROM Chinook WHERE Name = 'x'
SHOW FUNCTION STATUS LIKE 'x'
SHOW MASTER STATUS
SHOW REPLICAS
SHOW ENGINE INNODB STATUS
SHOW PROFILES
SHOW CREATE USER root@localhost
FLUSH PRIVILEGES
FLUSH TABLES
FLUSH STATUS
ANALYZE TABLE Genre
OPTIMIZE TABLE Genre
CHECK TABLE Genre
RESET CONNECTION_NOT_HERE
""".strip().splitlines()[:-1]

FORMS = tuple(Sent(text) for text in _SHOWS) + (
    Sent("SHOW CREATE PROCEDURE p", error=1305),
    Sent("SHOW CREATE FUNCTION f", error=1305),
    Sent("SHOW CREATE TRIGGER t", error=1360),
    Sent("SHOW CREATE EVENT e", error=1539),
    Sent("SHOW CREATE TABLE missing", error=1146),
    Sent("SHOW CREATE DATABASE missing", error=1049),
    Sent("SHOW INDEX FROM missing", error=1146),
    Sent("SHOW TABLES FROM missing", error=1049),
    Sent("XA RECOVER", error=1235),
    Sent("CHECKSUM TABLE Genre", error=1235),
    Sent("CALL missing()", error=1305),
    Sent("DROP PROCEDURE IF EXISTS missing"),
    Sent("SHOW WARNINGS", None, (("Note", "1305", "PROCEDURE Chinook.missing does not exist"),)),
    Sent("DROP TRIGGER missing", error=1360),
    Sent("CREATE DEFINER=`root`@`%` TRIGGER t BEFORE INSERT ON Genre FOR EACH ROW BEGIN SET @a = 1; END", error=1235),
)

_TABLES = {
    "information_schema": """
        SCHEMATA TABLES COLUMNS STATISTICS KEY_COLUMN_USAGE TABLE_CONSTRAINTS REFERENTIAL_CONSTRAINTS CHECK_CONSTRAINTS VIEWS ROUTINES
        PARAMETERS TRIGGERS EVENTS COLLATIONS CHARACTER_SETS COLLATION_CHARACTER_SET_APPLICABILITY ENGINES PLUGINS KEYWORDS PARTITIONS
        FILES PROCESSLIST COLUMN_STATISTICS USER_PRIVILEGES SCHEMA_PRIVILEGES TABLE_PRIVILEGES COLUMN_PRIVILEGES PROFILING
        ST_GEOMETRY_COLUMNS ST_SPATIAL_REFERENCE_SYSTEMS APPLICABLE_ROLES ENABLED_ROLES VIEW_ROUTINE_USAGE""",
    "performance_schema": """
        global_variables session_variables session_status global_status threads user_variables_by_thread events_statements_current
        session_connect_attrs session_account_connect_attrs variables_info processlist events_statements_history""",
    "mysql": "user db tables_priv columns_priv procs_priv help_topic global_grants role_edges default_roles",
}
SERVER_TABLES = tuple(
    Sent(f"SELECT * FROM {schema}.{name}") for schema, names in _TABLES.items() for name in names.split()
)

CLIENTS = {"variables": VARIABLES, "forms": FORMS, "server_tables": SERVER_TABLES}
