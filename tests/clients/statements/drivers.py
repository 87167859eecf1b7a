"""What drivers and command-line clients send at their start and for their metadata calls."""

from __future__ import annotations

from tests.clients.statements.sent import Sent

MYSQL_CLI = (
    Sent("select @@version_comment limit 1", "@@version_comment"),
    Sent("select $$", error=1054),
    Sent("SELECT DATABASE()", "DATABASE()", (("Chinook",),)),
    Sent(
        "show databases",
        "Database",
        having=(("Chinook",), ("information_schema",), ("mysql",), ("performance_schema",)),
    ),
    Sent("show tables", "Tables_in_Chinook", having=(("Album",), ("Track",))),
    Sent("select DATABASE(), USER() limit 1", "DATABASE()|USER()"),
    Sent(
        "select @@character_set_client, @@character_set_connection, @@character_set_server, @@character_set_database limit 1",
        "@@character_set_client|@@character_set_connection|@@character_set_server|@@character_set_database",
        (("utf8mb4",) * 4,),
    ),
    Sent("SET NAMES latin1"),
    Sent("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'"),
)

PYTHON = (
    Sent("SET NAMES utf8mb4"),
    Sent("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci"),
    Sent("SET sql_mode='TRADITIONAL'"),
    Sent("SET AUTOCOMMIT = 0"),
    Sent("SET AUTOCOMMIT = 1"),
    Sent("BEGIN"),
    Sent("COMMIT"),
    Sent("SHOW WARNINGS", "Level|Code|Message", ()),
    Sent("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'"),
    Sent("SET @@session.autocommit = OFF"),
    Sent("SET @@session.time_zone = '+01:00'"),
    Sent("SET @@session.sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE'"),
    Sent("SELECT @@session.sql_mode", "@@session.sql_mode", (("STRICT_TRANS_TABLES,NO_ZERO_DATE",),)),
    Sent("SET SESSION `sql_mode` = 'TRADITIONAL'"),
    Sent("SELECT @@time_zone", "@@time_zone", (("+01:00",),)),
    Sent("START TRANSACTION WITH CONSISTENT SNAPSHOT"),
    Sent("ROLLBACK"),
    Sent("START TRANSACTION READ ONLY"),
    Sent("COMMIT"),
)

_SESSION_VARIABLES = (
    "auto_increment_increment",
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "character_set_server",
    "collation_server",
    "collation_connection",
    "init_connect",
    "interactive_timeout",
    "license",
    "lower_case_table_names",
    "max_allowed_packet",
    "net_write_timeout",
    "performance_schema",
    "sql_mode",
    "system_time_zone",
    "time_zone",
    "transaction_isolation",
    "wait_timeout",
)

CONNECTOR_J = (
    Sent(
        "/* mysql-connector-j-9.1.0 (Revision: 0) */SELECT  @@session.auto_increment_increment AS auto_increment_increment, "
        + ", ".join(f"@@{name} AS {name}" for name in _SESSION_VARIABLES[1:]),
        "|".join(_SESSION_VARIABLES),
    ),
    Sent("SET NAMES utf8mb4 COLLATE utf8mb4_0900_ai_ci"),
    Sent("SET character_set_results = NULL"),
    Sent("SET autocommit=1"),
    Sent(
        "SET sql_mode='ONLY_FULL_GROUP_BY,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,STRICT_TRANS_TABLES'"
    ),
    Sent("SET SESSION time_zone='Europe/Berlin'"),
    Sent("SET SESSION net_write_timeout=600,sql_notes=1,max_execution_time=0"),
    Sent("SELECT @@session.transaction_isolation", "@@session.transaction_isolation", (("REPEATABLE-READ",),)),
    Sent("SELECT @@session.transaction_read_only", "@@session.transaction_read_only", (("0",),)),
    Sent("SELECT @@session.autocommit", "@@session.autocommit", (("1",),)),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    Sent("SELECT @@session.transaction_isolation", None, (("READ-COMMITTED",),)),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    Sent("SET SESSION TRANSACTION READ ONLY"),
    Sent("SET SESSION TRANSACTION READ WRITE"),
    Sent("SET sql_select_limit=2"),
    Sent("SELECT GenreId FROM Genre ORDER BY GenreId", "GenreId", (("1",), ("2",))),
    Sent("SET sql_select_limit=DEFAULT"),
    Sent("SET sql_select_limit=18446744073709551615"),
    Sent("SET net_write_timeout=600"),
    Sent("SELECT CONNECTION_ID()", "CONNECTION_ID()"),
    Sent("/* ping */ SELECT 1", "1", (("1",),)),
    Sent(
        "SELECT PROCESSLIST_ID, PROCESSLIST_USER, PROCESSLIST_HOST FROM performance_schema.threads "
        "WHERE PROCESSLIST_ID=CONNECTION_ID()",
        "PROCESSLIST_ID|PROCESSLIST_USER|PROCESSLIST_HOST",
    ),
    Sent("SHOW VARIABLES", "Variable_name|Value", having=(("autocommit", "ON"),)),
    Sent(
        "SHOW FULL TABLES FROM `Chinook` LIKE '%'",
        "Tables_in_Chinook (%)|Table_type",
        having=(("Track", "BASE TABLE"),),
    ),
    Sent(
        "SHOW FULL COLUMNS FROM `Track` FROM `Chinook` LIKE '%'",
        "Field|Type|Collation|Null|Key|Default|Extra|Privileges|Comment",
        having=(
            ("TrackId", "int", None, "NO", "PRI", None, "", "select,insert,update,references", ""),
            ("UnitPrice", "decimal(10,2)", None, "NO", "", None, "", "select,insert,update,references", ""),
        ),
    ),
    Sent(
        "SHOW INDEX FROM `Track` FROM `Chinook`",
        "Table|Non_unique|Key_name|Seq_in_index|Column_name|Collation|Cardinality|Sub_part|Packed|Null|Index_type|Comment"
        "|Index_comment|Visible|Expression",
    ),
    Sent("SHOW KEYS FROM `Track` FROM `Chinook`"),
    Sent("SHOW CREATE TABLE `Chinook`.`Track`", "Table|Create Table"),
    Sent("SELECT WORD FROM INFORMATION_SCHEMA.KEYWORDS WHERE RESERVED=1 ORDER BY WORD", "WORD", having=(("SELECT",),)),
    Sent("SHOW COLLATION", "Collation|Charset|Id|Default|Compiled|Sortlen|Pad_attribute"),
    Sent(
        "SHOW CHARACTER SET",
        "Charset|Description|Default collation|Maxlen",
        having=(("utf8mb4", "UTF-8 Unicode", "utf8mb4_0900_ai_ci", "4"),),
    ),
    Sent("SELECT version()", "version()"),
    Sent("select @@version_comment, @@version", "@@version_comment|@@version"),
)

_TYPE = (
    "CASE WHEN UPPER(DATA_TYPE) = 'DECIMAL' THEN 3 WHEN UPPER(DATA_TYPE)='TINYINT' THEN CASE WHEN LOCATE('ZEROFILL', "
    "UPPER(COLUMN_TYPE)) = 0 AND LOCATE('UNSIGNED', UPPER(COLUMN_TYPE)) = 0 AND LOCATE('(1)', COLUMN_TYPE) != 0 THEN -7 "
    "ELSE -6 END WHEN UPPER(DATA_TYPE)='INT' THEN 4 WHEN UPPER(DATA_TYPE)='VARCHAR' THEN 12 WHEN UPPER(DATA_TYPE)='DATETIME' "
    "THEN 93 ELSE 1111 END"
)

CONNECTOR_J_INFORMATION_SCHEMA = (
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, CASE WHEN TABLE_TYPE='BASE TABLE' THEN CASE WHEN "
        "TABLE_SCHEMA = 'mysql' OR TABLE_SCHEMA = 'performance_schema' THEN 'SYSTEM TABLE' ELSE 'TABLE' END WHEN "
        "TABLE_TYPE='TEMPORARY' THEN 'LOCAL_TEMPORARY' ELSE TABLE_TYPE END AS TABLE_TYPE, TABLE_COMMENT AS REMARKS, NULL AS "
        "TYPE_CAT, NULL AS TYPE_SCHEM, NULL AS TYPE_NAME, NULL AS SELF_REFERENCING_COL_NAME, NULL AS REF_GENERATION FROM "
        "INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ? HAVING TABLE_TYPE IN (?,?,?,?,?) ORDER BY "
        "TABLE_TYPE, TABLE_SCHEMA, TABLE_NAME",
        "TABLE_CAT|TABLE_SCHEM|TABLE_NAME|TABLE_TYPE|REMARKS|TYPE_CAT|TYPE_SCHEM|TYPE_NAME|SELF_REFERENCING_COL_NAME"
        "|REF_GENERATION",
        (("Chinook", None, "Track", "TABLE", "", None, None, None, None, None),),
        parameters=("Chinook", "Track", "LOCAL TEMPORARY", "TABLE", "VIEW", None, None),
    ),
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, " + _TYPE + " AS DATA_TYPE, "
        "UPPER(CASE WHEN UPPER(DATA_TYPE)='TINYINT' THEN CASE WHEN LOCATE('(1)', COLUMN_TYPE) != 0 THEN 'BIT' ELSE 'TINYINT' "
        "END WHEN LOCATE('UNSIGNED', UPPER(COLUMN_TYPE)) != 0 AND LOCATE('SET', UPPER(DATA_TYPE)) <> 1 THEN CONCAT(DATA_TYPE, "
        "' UNSIGNED') ELSE DATA_TYPE END) AS TYPE_NAME, UPPER(CASE WHEN UPPER(DATA_TYPE)='DATE' THEN 10 WHEN "
        "UPPER(DATA_TYPE)='DATETIME' OR UPPER(DATA_TYPE)='TIMESTAMP' THEN 19+IF(DATETIME_PRECISION>0, DATETIME_PRECISION+1, "
        "DATETIME_PRECISION) WHEN CHARACTER_MAXIMUM_LENGTH IS NULL THEN NUMERIC_PRECISION WHEN CHARACTER_MAXIMUM_LENGTH > "
        "2147483647 THEN 2147483647 ELSE CHARACTER_MAXIMUM_LENGTH END) AS COLUMN_SIZE, 65535 AS BUFFER_LENGTH, "
        "UPPER(CASE WHEN DATA_TYPE = 'decimal' THEN NUMERIC_SCALE ELSE NULL END) AS DECIMAL_DIGITS, 10 AS NUM_PREC_RADIX, "
        "CASE WHEN IS_NULLABLE='NO' THEN 0 ELSE CASE WHEN IS_NULLABLE = 'YES' THEN 1 ELSE 2 END END AS NULLABLE, "
        "COLUMN_COMMENT AS REMARKS, COLUMN_DEFAULT AS COLUMN_DEF, 0 AS SQL_DATA_TYPE, 0 AS SQL_DATETIME_SUB, "
        "CASE WHEN CHARACTER_OCTET_LENGTH > 2147483647 THEN 2147483647 ELSE CHARACTER_OCTET_LENGTH END AS CHAR_OCTET_LENGTH, "
        "ORDINAL_POSITION, IS_NULLABLE, NULL AS SCOPE_CATALOG, NULL AS SCOPE_SCHEMA, NULL AS SCOPE_TABLE, NULL AS "
        "SOURCE_DATA_TYPE, IF (EXTRA LIKE '%auto_increment%','YES','NO') AS IS_AUTOINCREMENT, IF (EXTRA LIKE '%GENERATED%',"
        "'YES','NO') AS IS_GENERATEDCOLUMN FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? "
        "ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
        having=(
            (
                "Chinook",
                None,
                "Genre",
                "GenreId",
                "4",
                "INT",
                "10",
                "65535",
                None,
                "10",
                "0",
                "",
                None,
                "0",
                "0",
                None,
                "1",
                "NO",
                None,
                None,
                None,
                None,
                "NO",
                "NO",
            ),
            (
                "Chinook",
                None,
                "Genre",
                "Name",
                "12",
                "VARCHAR",
                "120",
                "65535",
                None,
                "10",
                "1",
                "",
                None,
                "0",
                "0",
                "360",
                "2",
                "YES",
                None,
                None,
                None,
                None,
                "NO",
                "NO",
            ),
        ),
        parameters=("Chinook", "Genre"),
    ),
    Sent(
        "SELECT DISTINCT A.REFERENCED_TABLE_SCHEMA AS PKTABLE_CAT, NULL AS PKTABLE_SCHEM, A.REFERENCED_TABLE_NAME AS "
        "PKTABLE_NAME, A.REFERENCED_COLUMN_NAME AS PKCOLUMN_NAME, A.TABLE_SCHEMA AS FKTABLE_CAT, NULL AS FKTABLE_SCHEM, "
        "A.TABLE_NAME AS FKTABLE_NAME, A.COLUMN_NAME AS FKCOLUMN_NAME, A.ORDINAL_POSITION AS KEY_SEQ, CASE WHEN "
        "R.UPDATE_RULE='CASCADE' THEN 0 WHEN R.UPDATE_RULE='SET NULL' THEN 2 WHEN R.UPDATE_RULE='SET DEFAULT' THEN 4 WHEN "
        "R.UPDATE_RULE='RESTRICT' THEN 1 WHEN R.UPDATE_RULE='NO ACTION' THEN 1 ELSE 1 END AS UPDATE_RULE, CASE WHEN "
        "R.DELETE_RULE='CASCADE' THEN 0 ELSE 1 END AS DELETE_RULE, A.CONSTRAINT_NAME AS FK_NAME, TC.CONSTRAINT_NAME AS "
        "PK_NAME, 7 AS DEFERRABILITY FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE A JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS B "
        "USING (TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME) JOIN INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R ON "
        "(R.CONSTRAINT_NAME = B.CONSTRAINT_NAME AND R.TABLE_NAME = B.TABLE_NAME AND R.CONSTRAINT_SCHEMA = B.TABLE_SCHEMA) "
        "LEFT JOIN INFORMATION_SCHEMA.TABLE_CONSTRAINTS TC ON (A.REFERENCED_TABLE_SCHEMA = TC.TABLE_SCHEMA AND "
        "A.REFERENCED_TABLE_NAME = TC.TABLE_NAME AND TC.CONSTRAINT_TYPE IN ('UNIQUE', 'PRIMARY KEY')) WHERE B.CONSTRAINT_TYPE "
        "= 'FOREIGN KEY' AND A.TABLE_SCHEMA = ? AND A.TABLE_NAME=? AND A.REFERENCED_TABLE_SCHEMA IS NOT NULL ORDER BY "
        "A.REFERENCED_TABLE_SCHEMA, A.REFERENCED_TABLE_NAME, A.ORDINAL_POSITION",
        rows=(
            (
                "Chinook",
                None,
                "Artist",
                "ArtistId",
                "Chinook",
                None,
                "Album",
                "ArtistId",
                "1",
                "1",
                "1",
                "FK_AlbumArtistId",
                "PRIMARY",
                "7",
            ),
        ),
        parameters=("Chinook", "Album"),
    ),
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, NON_UNIQUE, NULL AS INDEX_QUALIFIER, INDEX_NAME, "
        "3 AS TYPE, SEQ_IN_INDEX AS ORDINAL_POSITION, COLUMN_NAME, COLLATION AS ASC_OR_DESC, CARDINALITY, 0 AS PAGES, NULL AS "
        "FILTER_CONDITION FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE=0 "
        "ORDER BY NON_UNIQUE, INDEX_NAME, SEQ_IN_INDEX",
        parameters=("Chinook", "Track"),
    ),
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX AS KEY_SEQ, 'PRIMARY' AS "
        "PK_NAME FROM INFORMATION_SCHEMA.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME='PRIMARY' ORDER "
        "BY TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, SEQ_IN_INDEX",
        rows=(
            ("Chinook", None, "PlaylistTrack", "PlaylistId", "1", "PRIMARY"),
            ("Chinook", None, "PlaylistTrack", "TrackId", "2", "PRIMARY"),
        ),
        parameters=("Chinook", "PlaylistTrack"),
    ),
    Sent(
        "SELECT ROUTINE_SCHEMA AS PROCEDURE_CAT, NULL AS PROCEDURE_SCHEM, ROUTINE_NAME AS PROCEDURE_NAME, NULL AS RESERVED_1, "
        "NULL AS RESERVED_2, NULL AS RESERVED_3, ROUTINE_COMMENT AS REMARKS, CASE WHEN ROUTINE_TYPE = 'PROCEDURE' THEN 1 WHEN "
        "ROUTINE_TYPE='FUNCTION' THEN 2 ELSE 0 END AS PROCEDURE_TYPE, ROUTINE_NAME AS SPECIFIC_NAME FROM "
        "INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA = ? AND ROUTINE_NAME LIKE ? ORDER BY ROUTINE_SCHEMA, ROUTINE_NAME, "
        "ROUTINE_TYPE",
        rows=(),
        parameters=("Chinook", "%"),
    ),
    Sent(
        "SELECT SPECIFIC_SCHEMA AS PROCEDURE_CAT, NULL AS PROCEDURE_SCHEM, SPECIFIC_NAME AS PROCEDURE_NAME, "
        "IFNULL(PARAMETER_NAME, '') AS COLUMN_NAME, CASE WHEN PARAMETER_MODE = 'IN' THEN 1 WHEN PARAMETER_MODE='OUT' THEN 4 "
        "ELSE 0 END AS COLUMN_TYPE, CASE WHEN CHARACTER_MAXIMUM_LENGTH IS NULL THEN NUMERIC_PRECISION ELSE "
        "CHARACTER_MAXIMUM_LENGTH END AS `LENGTH`, NUMERIC_SCALE AS `SCALE`, 10 AS RADIX FROM INFORMATION_SCHEMA.PARAMETERS "
        "WHERE SPECIFIC_SCHEMA = 'Chinook' ORDER BY SPECIFIC_SCHEMA, SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION",
        rows=(),
    ),
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, COLUMN_NAME, NULL AS GRANTOR, GRANTEE, "
        "PRIVILEGE_TYPE AS PRIVILEGE, IS_GRANTABLE FROM INFORMATION_SCHEMA.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = 'Chinook' AND "
        "TABLE_NAME='Track' AND COLUMN_NAME LIKE '%' ORDER BY COLUMN_NAME, PRIVILEGE_TYPE",
        rows=(),
    ),
    Sent("SELECT SCHEMA_NAME AS TABLE_CAT FROM INFORMATION_SCHEMA.SCHEMATA ORDER BY TABLE_CAT", having=(("Chinook",),)),
    Sent(
        "SELECT host,db,user,table_name,grantor,timestamp,table_priv,column_priv FROM mysql.tables_priv WHERE db LIKE 'Chinook' "
        "AND table_name='Track'",
        "host|db|user|table_name|grantor|timestamp|table_priv|column_priv",
        (),
    ),
)

MARIADB_CONNECTOR_J = (
    Sent(
        "set autocommit=1,sql_mode=CONCAT(@@sql_mode,',STRICT_TRANS_TABLES'),session_track_system_variables = "
        "CONCAT(@@global.session_track_system_variables,',transaction_isolation'),NAMES utf8mb4 COLLATE utf8mb4_unicode_ci,"
        "time_zone='+00:00',@@session.transaction_isolation='READ-COMMITTED'"
    ),
    Sent(
        "SELECT @@session.transaction_isolation, @@time_zone, @@collation_connection, @@session_track_system_variables",
        None,
        (
            (
                "READ-COMMITTED",
                "+00:00",
                "utf8mb4_unicode_ci",
                "time_zone,autocommit,character_set_client,character_set_results,character_set_connection,"
                "transaction_isolation",
            ),
        ),
    ),
    Sent("set autocommit=1"),
    Sent("SELECT @@time_zone, @@system_time_zone", "@@time_zone|@@system_time_zone"),
    Sent("SELECT @@wait_timeout", "@@wait_timeout", (("28800",),)),
    Sent("select @@max_allowed_packet, @@wait_timeout, @@innodb_lock_wait_timeout"),
)

GO = (
    Sent("SET NAMES utf8mb4 COLLATE utf8mb4_general_ci"),
    Sent("SET time_zone='+00:00',innodb_lock_wait_timeout=10"),
    Sent("SELECT @@max_allowed_packet", "@@max_allowed_packet", (("67108864",),)),
    Sent("SET TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    Sent("START TRANSACTION READ ONLY"),
    Sent("ROLLBACK"),
    Sent("DO 1"),
)

RUST = (
    Sent("SELECT @@max_allowed_packet,@@wait_timeout,@@socket", "@@max_allowed_packet|@@wait_timeout|@@socket"),
    Sent(
        "SET sql_mode=(SELECT CONCAT(@@sql_mode, ',PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION')),time_zone='+00:00',NAMES utf8mb4 "
        "COLLATE utf8mb4_unicode_ci"
    ),
    Sent("SELECT 'a' || 'b' AS joined", "joined", (("ab",),)),
)

NET = (
    Sent("SET NAMES utf8mb4;"),
    Sent("SELECT CONNECTION_ID(), VERSION();", "CONNECTION_ID()|VERSION()"),
    Sent("set session transaction isolation level repeatable read;"),
    Sent("start transaction with consistent snapshot;"),
    Sent("rollback;"),
    Sent("set session transaction isolation level read committed;"),
    Sent("start transaction read only;"),
    Sent("commit;"),
    Sent("SELECT SLEEP(0) INTO @__MySqlConnector__Sleep;"),
    Sent("SET sql_select_limit=0;"),
    Sent("SELECT * FROM Genre", "GenreId|Name", ()),
    Sent("SET sql_select_limit=default;"),
    Sent("SELECT param_list, returns FROM mysql.proc WHERE db = 'Chinook' AND name = 'x'", error=1146),
    Sent(
        "SELECT routine_type FROM information_schema.routines WHERE routine_schema = SCHEMA() AND specific_name = 'x'",
        "ROUTINE_TYPE",
        (),
    ),
    Sent(
        "SELECT ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER FROM information_schema.parameters WHERE "
        "SPECIFIC_SCHEMA = SCHEMA() AND SPECIFIC_NAME = 'x' ORDER BY ORDINAL_POSITION",
        rows=(),
    ),
    Sent("SHOW VARIABLES", "Variable_name|Value"),
    Sent("SELECT TIMEDIFF(NOW(), UTC_TIMESTAMP())", "TIMEDIFF(NOW(), UTC_TIMESTAMP())", (("00:00:00",),)),
    Sent(
        "SELECT @@max_allowed_packet, @@character_set_client, @@character_set_connection, @@license, @@sql_mode, "
        "@@lower_case_table_names, @@autocommit",
    ),
    Sent("SHOW COLLATION"),
    Sent("SET character_set_results=NULL"),
)

ODBC = (
    Sent("SET NAMES utf8mb4"),
    Sent("SET character_set_results = NULL"),
    Sent("SET SQL_AUTO_IS_NULL = 0"),
    Sent("SET AUTOCOMMIT=1"),
    Sent("set @@sql_select_limit=DEFAULT"),
    Sent("set @@max_execution_time=5000"),
    Sent("set @@max_execution_time=DEFAULT"),
    Sent("SELECT @@transaction_isolation", "@@transaction_isolation", (("REPEATABLE-READ",),)),
    Sent("select database()", "database()", (("Chinook",),)),
    Sent(
        "SHOW SESSION VARIABLES LIKE 'character_set_server'",
        "Variable_name|Value",
        (("character_set_server", "utf8mb4"),),
    ),
    Sent("SHOW KEYS FROM `Track`"),
    Sent("SHOW CREATE TABLE `Track`", "Table|Create Table"),
    Sent("SELECT * FROM `Genre` LIMIT 0", "GenreId|Name", ()),
    Sent("KILL /*!50000 QUERY */ 999999", error=1094),
    Sent("SELECT VERSION()", "VERSION()"),
)

CLIENTS = {
    "mysql_cli": MYSQL_CLI,
    "python": PYTHON,
    "connector_j": CONNECTOR_J,
    "connector_j_information_schema": CONNECTOR_J_INFORMATION_SCHEMA,
    "mariadb_connector_j": MARIADB_CONNECTOR_J,
    "go_sql_driver": GO,
    "rust": RUST,
    "net": NET,
    "odbc": ODBC,
}
