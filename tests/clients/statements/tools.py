"""What BI tools, database consoles and schema migration tools send."""

from __future__ import annotations

from tests.clients.statements.sent import Sent

METABASE = (
    Sent(
        "SELECT @@GLOBAL.time_zone AS global_tz, @@system_time_zone AS system_tz, time_format(timediff(now(), convert_tz(now(), "
        "@@GLOBAL.time_zone, '+00:00')), '%H:%i') AS offset;",
        "global_tz|system_tz|offset",
    ),
    Sent("SET @@session.time_zone = 'UTC';"),
    Sent("SHOW GRANTS FOR CURRENT_USER();"),
    Sent("SHOW GRANTS FOR CURRENT_USER"),
    Sent(
        "SELECT STR_TO_DATE(CONCAT(DATE_FORMAT('2024-05-17', '%Y-%m'), '-01'), '%Y-%m-%d') AS m",
        "m",
        (("2024-05-01",),),
    ),
    Sent("SELECT STR_TO_DATE(CONCAT(YEARWEEK('2024-05-17'), ' Sunday'), '%X%V %W') AS w", "w", (("2024-05-12",),)),
    Sent("SELECT MAKEDATE(YEAR('2024-05-17'), 1) AS y", "y", (("2024-01-01",),)),
    Sent(
        "SELECT STR_TO_DATE(CONCAT(YEAR('2024-05-17'), '-', ((QUARTER('2024-05-17') * 3) - 2), '-01'), '%Y-%m-%d') AS q",
        "q",
        (("2024-04-01",),),
    ),
)

SUPERSET = (
    Sent("SELECT CONNECTION_ID()"),
    Sent(
        "SELECT DATE(DATE_SUB(InvoiceDate, INTERVAL DAYOFWEEK(DATE_SUB(InvoiceDate, INTERVAL 1 DAY)) - 1 DAY)) AS __timestamp, "
        "SUM(Total) AS `SUM(Total)` FROM Invoice GROUP BY DATE(DATE_SUB(InvoiceDate, INTERVAL DAYOFWEEK(DATE_SUB(InvoiceDate, "
        "INTERVAL 1 DAY)) - 1 DAY)) ORDER BY `SUM(Total)` DESC LIMIT 10000",
        "__timestamp|SUM(Total)",
    ),
)

TABLEAU = (
    Sent("SET NAMES utf8mb4"),
    Sent("SELECT CONNECTION_ID()"),
    Sent(
        "SELECT `table_name`, `column_name` FROM `information_schema`.`columns` WHERE `data_type`='enum' AND `table_schema`='Chinook'",
        "TABLE_NAME|COLUMN_NAME",
        (),
    ),
    Sent("CREATE TEMPORARY TABLE `#Tableau_sid_1` (`COL` INTEGER)", error=1235),
    Sent("DROP TABLE `#Tableau_sid_1`", error=1051),
    Sent("SHOW DATABASES LIKE '%'", "Database (%)"),
    Sent(
        "SELECT constraint_name, column_name, ordinal_position, referenced_table_schema, referenced_table_name, referenced_column_name "
        "FROM information_schema.key_column_usage WHERE table_schema = 'Chinook' AND referenced_table_name IS NOT NULL"
    ),
    Sent(
        "SELECT TABLE_SCHEMA AS TABLE_CAT, NULL AS TABLE_SCHEM, TABLE_NAME, CASE WHEN TABLE_TYPE='BASE TABLE' THEN CASE WHEN "
        "TABLE_SCHEMA = 'mysql' OR TABLE_SCHEMA = 'performance_schema' THEN 'SYSTEM TABLE' ELSE 'TABLE' END ELSE TABLE_TYPE END AS "
        "TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'Chinook' HAVING TABLE_TYPE IN ('LOCAL "
        "TEMPORARY','TABLE','VIEW',null,null) ORDER BY TABLE_TYPE, TABLE_SCHEMA, TABLE_NAME",
        having=(("Chinook", None, "Track", "TABLE"),),
    ),
)

POWER_BI = (
    Sent("SHOW KEYS FROM `Track`"),
    Sent("SHOW VARIABLES"),
    Sent("SELECT * FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA LIKE 'Chinook' AND TABLE_TYPE != 'VIEW'"),
    Sent("SELECT * FROM INFORMATION_SCHEMA.VIEWS WHERE TABLE_SCHEMA LIKE 'Chinook'"),
    Sent("SHOW FULL COLUMNS FROM `Chinook`.`Track`"),
    Sent("SHOW INDEX FROM `Chinook`.`Track`"),
)

GRAFANA = (
    Sent(
        "SELECT DISTINCT TABLE_SCHEMA from information_schema.TABLES where TABLE_TYPE != 'SYSTEM VIEW' ORDER BY TABLE_SCHEMA",
        "TABLE_SCHEMA",
        having=(("Chinook",),),
    ),
    Sent(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'Chinook' AND table_name = 'Invoice' AND "
        "data_type IN ('timestamp', 'datetime') ORDER BY column_name",
        "COLUMN_NAME|DATA_TYPE",
        (("InvoiceDate", "datetime"),),
    ),
    Sent(
        "SELECT UNIX_TIMESTAMP(InvoiceDate) DIV 3600 * 3600 AS time, SUM(Total) FROM Invoice WHERE InvoiceDate BETWEEN "
        "FROM_UNIXTIME(1230768000) AND FROM_UNIXTIME(1893456000) GROUP BY 1 ORDER BY 1",
        "time|SUM(Total)",
    ),
)

DBEAVER = (
    Sent("/* mysql-connector-j */ SET SESSION time_zone = 'SYSTEM'"),
    Sent("SHOW ENGINES", "Engine|Support|Comment|Transactions|XA|Savepoints"),
    Sent("SHOW CHARSET", "Charset|Description|Default collation|Maxlen"),
    Sent("SHOW COLLATION"),
    Sent(
        "SELECT @@GLOBAL.character_set_server,@@GLOBAL.collation_server",
        "@@GLOBAL.character_set_server|@@GLOBAL.collation_server",
        (("utf8mb4", "utf8mb4_0900_ai_ci"),),
    ),
    Sent("SHOW PLUGINS", "Name|Status|Type|Library|License"),
    Sent("SHOW VARIABLES LIKE 'lower_case_table_names'", "Variable_name|Value"),
    Sent("SHOW DATABASES", "Database"),
    Sent("SHOW FULL TABLES FROM `Chinook`"),
    Sent(
        "SHOW TABLE STATUS FROM `Chinook`",
        "Name|Engine|Version|Row_format|Rows|Avg_row_length|Data_length|Max_data_length|Index_length|Data_free|Auto_increment"
        "|Create_time|Update_time|Check_time|Collation|Checksum|Create_options|Comment",
    ),
    Sent("SELECT * FROM INFORMATION_SCHEMA.TRIGGERS WHERE TRIGGER_SCHEMA='Chinook' ORDER BY TRIGGER_NAME", rows=()),
    Sent("SELECT * FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_SCHEMA='Chinook' ORDER BY ROUTINE_NAME", rows=()),
    Sent("SELECT * FROM information_schema.EVENTS WHERE EVENT_SCHEMA='Chinook'", rows=()),
    Sent(
        "SELECT * FROM INFORMATION_SCHEMA.PARTITIONS WHERE TABLE_SCHEMA='Chinook' AND TABLE_NAME='Track' ORDER BY PARTITION_NAME"
    ),
    Sent("SELECT * FROM mysql.user ORDER BY user", having=()),
    Sent("SELECT DISTINCT a.TABLE_SCHEMA, a.TABLE_NAME FROM INFORMATION_SCHEMA.TABLES a ORDER BY 1, 2"),
    Sent(
        "SELECT c.* FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS c WHERE c.TABLE_SCHEMA='Chinook' AND c.TABLE_NAME='Album'",
        "CONSTRAINT_CATALOG|CONSTRAINT_SCHEMA|CONSTRAINT_NAME|TABLE_SCHEMA|TABLE_NAME|CONSTRAINT_TYPE|ENFORCED",
    ),
    Sent(
        "SELECT cc.CONSTRAINT_NAME, cc.CHECK_CLAUSE, tc.TABLE_NAME FROM (SELECT CONSTRAINT_NAME, CHECK_CLAUSE FROM "
        "INFORMATION_SCHEMA.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA='Chinook' ORDER BY CONSTRAINT_NAME) cc, (SELECT TABLE_NAME, "
        "CONSTRAINT_NAME FROM INFORMATION_SCHEMA.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA='Chinook') tc WHERE cc.CONSTRAINT_NAME = "
        "tc.CONSTRAINT_NAME ORDER BY cc.CONSTRAINT_NAME",
        "CONSTRAINT_NAME|CHECK_CLAUSE|TABLE_NAME",
    ),
    Sent("SHOW FULL PROCESSLIST", "Id|User|Host|db|Command|Time|State|Info"),
    Sent("SHOW SESSION STATUS", "Variable_name|Value"),
    Sent("SHOW GLOBAL STATUS LIKE 'Uptime%'", "Variable_name|Value"),
    Sent("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'port')", "Variable_name|Value"),
    Sent("EXPLAIN SELECT * FROM Track WHERE TrackId = 1"),
    Sent("SHOW PRIVILEGES", "Privilege|Context|Comment", having=(("Select", "Tables", "To retrieve rows from table"),)),
    Sent("SHOW GRANTS FOR 'root'@'localhost'", "Grants for root@localhost"),
)

DATAGRIP = (
    Sent("/* ApplicationName=DataGrip 2026.1 */ SET net_write_timeout=600000"),
    Sent("/* ApplicationName=DataGrip 2026.1 */ select database()", "database()"),
    Sent("/* ApplicationName=DataGrip 2026.1 */ select @@transaction_isolation"),
    Sent("/* ApplicationName=DataGrip 2026.1 */ select version(), @@version_comment, database()"),
    Sent(
        "select table_name, table_type, table_comment, engine, table_collation, create_options from information_schema.tables where "
        "table_schema = 'Chinook'",
        "TABLE_NAME|TABLE_TYPE|TABLE_COMMENT|ENGINE|TABLE_COLLATION|CREATE_OPTIONS",
    ),
    Sent(
        "select ordinal_position, column_name, column_type, column_default, generation_expression, table_name, column_comment, "
        "is_nullable, extra, collation_name from information_schema.columns where table_schema = 'Chinook' order by table_name, "
        "ordinal_position"
    ),
    Sent("show create table information_schema.tables", "Table|Create Table"),
    Sent("show create view information_schema.tables", error=1347),
    Sent("select Host, User from mysql.user", "Host|User"),
    Sent(
        "select grantee, table_name, column_name, privilege_type, is_grantable from information_schema.column_privileges where "
        "table_schema = 'Chinook' union all select grantee, table_name, '' column_name, privilege_type, is_grantable from "
        "information_schema.table_privileges where table_schema = 'Chinook' order by table_name, grantee, privilege_type",
        "GRANTEE|TABLE_NAME|COLUMN_NAME|PRIVILEGE_TYPE|IS_GRANTABLE",
    ),
    Sent("select round(sum(data_length) / 1024) from information_schema.tables where table_schema = 'Chinook'"),
    Sent("select collation_name, character_set_name from information_schema.collations"),
)

TABLE_PLUS = (
    Sent(
        "SELECT ccsa.character_set_name FROM information_schema.`TABLES` t, information_schema.`COLLATION_CHARACTER_SET_APPLICABILITY` "
        "ccsa WHERE ccsa.collation_name = t.table_collation AND t.table_schema = 'Chinook' AND t.table_name = 'Genre'",
        "CHARACTER_SET_NAME",
    ),
    Sent(
        "SELECT ordinal_position as ordinal_position,column_name as column_name,column_type AS data_type,character_set_name as "
        "character_set,collation_name as collation,is_nullable as is_nullable,column_default as column_default,extra as "
        "extra,column_name AS foreign_key,column_comment AS comment FROM information_schema.columns WHERE "
        "table_schema='Chinook' AND table_name='Genre'"
    ),
    Sent(
        "SELECT * FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'sql_mode'",
        "VARIABLE_NAME|VARIABLE_VALUE",
    ),
    Sent("SHOW STATUS", "Variable_name|Value", having=()),
    Sent("SET PROFILING = 1"),
    Sent("SHOW PROFILES", "Query_ID|Duration|Query"),
    Sent("SET PROFILING = 0"),
)

WORKBENCH = (
    Sent("set autocommit=1"),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    Sent("SHOW SESSION VARIABLES LIKE 'lower_case_table_names'", "Variable_name|Value"),
    Sent("SELECT current_user()", "current_user()"),
    Sent("SET CHARACTER SET utf8"),
    Sent("SET NAMES utf8mb4"),
    Sent("SET SQL_SAFE_UPDATES=1"),
    Sent("SELECT CONNECTION_ID()"),
    Sent("SHOW SESSION STATUS LIKE 'Ssl_cipher'", "Variable_name|Value"),
    Sent("SHOW SESSION VARIABLES LIKE 'version_comment'", "Variable_name|Value", (("version_comment", "sqlnode"),)),
    Sent("SHOW SESSION VARIABLES LIKE 'version'", "Variable_name|Value"),
    Sent("SHOW SESSION VARIABLES LIKE 'sql_mode'", "Variable_name|Value"),
    Sent("SHOW DATABASES", "Database"),
    Sent("SHOW PLUGINS", "Name|Status|Type|Library|License"),
    Sent(
        "SELECT st.* FROM performance_schema.events_statements_current st JOIN performance_schema.threads thr ON thr.thread_id = "
        "st.thread_id WHERE thr.processlist_id = CONNECTION_ID()"
    ),
    Sent("SELECT st.* FROM performance_schema.events_stages_history_long st WHERE st.nesting_event_id = 1"),
    Sent("SELECT st.* FROM performance_schema.events_waits_history_long st WHERE st.nesting_event_id = 1"),
    Sent("SHOW FULL TABLES FROM `Chinook`"),
    Sent(
        "SHOW PROCEDURE STATUS WHERE Db='Chinook'",
        "Db|Name|Type|Definer|Modified|Created|Security_type|Comment|character_set_client|collation_connection|Database Collation",
        (),
    ),
    Sent("SHOW FUNCTION STATUS WHERE Db='Chinook'", rows=()),
    Sent(
        "SHOW TRIGGERS FROM `Chinook`",
        "Trigger|Event|Table|Statement|Timing|Created|sql_mode|Definer|character_set_client|collation_connection|Database Collation",
        (),
    ),
    Sent("SHOW EVENTS FROM `Chinook`", rows=()),
    Sent("SELECT * FROM `Chinook`.`Genre` LIMIT 0, 2", "GenreId|Name", (("1", "Rock"), ("2", "Jazz"))),
    Sent("SELECT logfile_group_name FROM information_schema.FILES", "LOGFILE_GROUP_NAME", ()),
    Sent("SHOW ENGINE INNODB STATUS", "Type|Name|Status"),
    Sent("SHOW GLOBAL STATUS", "Variable_name|Value"),
    Sent("SHOW GLOBAL VARIABLES", "Variable_name|Value"),
    Sent("SHOW BINARY LOGS", error=1381),
    Sent("SHOW CREATE SCHEMA `Chinook`", "Database|Create Database"),
    Sent("SET SQL_SAFE_UPDATES=0"),
)

PHPMYADMIN = (
    Sent("SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_ci';"),
    Sent("SET lc_messages = 'en_US';"),
    Sent("SELECT @@version, @@version_comment", "@@version|@@version_comment"),
    Sent("SELECT `SCHEMA_NAME` FROM `INFORMATION_SCHEMA`.`SCHEMATA` ORDER BY `SCHEMA_NAME`", "SCHEMA_NAME"),
    Sent(
        "SELECT `SCHEMA_NAME` FROM `INFORMATION_SCHEMA`.`SCHEMATA`, (SELECT DB_first_level FROM ( SELECT DISTINCT "
        "SUBSTRING_INDEX(SCHEMA_NAME, '_', 1) DB_first_level FROM INFORMATION_SCHEMA.SCHEMATA WHERE TRUE ) t ORDER BY "
        "DB_first_level ASC LIMIT 0, 100) t2 WHERE TRUE AND 1 = LOCATE(CONCAT(DB_first_level, '_'), CONCAT(SCHEMA_NAME, '_')) "
        "ORDER BY SCHEMA_NAME ASC",
        "SCHEMA_NAME",
    ),
    Sent("SHOW SESSION VARIABLES LIKE 'FOREIGN_KEY_CHECKS';", "Variable_name|Value", (("foreign_key_checks", "ON"),)),
    Sent("SELECT CURRENT_USER();", "CURRENT_USER()"),
    Sent("SHOW GRANTS;"),
    Sent("SELECT @@lower_case_table_names"),
    Sent(
        "SELECT *, `TABLE_SCHEMA` AS `Db`, `TABLE_NAME` AS `Name`, `TABLE_TYPE` AS `TABLE_TYPE`, `ENGINE` AS `Engine`, `TABLE_ROWS` AS "
        "`Rows`, `TABLE_COMMENT` AS `Comment` FROM `information_schema`.`TABLES` t WHERE `TABLE_SCHEMA` IN ('Chinook') ORDER BY Name ASC"
    ),
    Sent(
        "SELECT 1 FROM (SELECT `GRANTEE`, `IS_GRANTABLE` FROM `INFORMATION_SCHEMA`.`USER_PRIVILEGES`) t WHERE `IS_GRANTABLE` = 'YES' "
        "LIMIT 1",
        "1",
        (("1",),),
    ),
    Sent("SELECT COUNT(*) FROM mysql.user", "COUNT(*)"),
    Sent("SHOW TABLE STATUS FROM `Chinook` WHERE `Name` LIKE 'Genre%'"),
    Sent("SHOW MASTER STATUS", rows=()),
    Sent("SHOW REPLICA STATUS", rows=()),
)

MYCLI = (
    Sent("SHOW GLOBAL STATUS", having=()),
    Sent("SELECT @@character_set_server, @@character_set_database, @@character_set_client, @@character_set_connection"),
    Sent('SELECT CONCAT("\'", user, "\'@\'", host, "\'") FROM mysql.user'),
    Sent("SELECT name from mysql.help_topic WHERE name like 'SHOW %'", "name", ()),
    Sent(
        "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.columns WHERE table_schema = 'Chinook' ORDER BY table_name,ordinal_position"
    ),
    Sent(
        'SELECT ROUTINE_NAME FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_TYPE="FUNCTION" AND ROUTINE_SCHEMA = "Chinook"',
        rows=(),
    ),
)

FLYWAY = (
    Sent("SELECT @@foreign_key_checks", "@@foreign_key_checks", (("1",),)),
    Sent("SELECT @@sql_safe_updates", "@@sql_safe_updates", (("0",),)),
    Sent(
        "SELECT variable_name FROM performance_schema.user_variables_by_thread WHERE variable_value IS NOT NULL",
        "variable_name",
    ),
    Sent(
        "select VARIABLE_VALUE from performance_schema.global_variables where variable_name = 'pxc_strict_mode'",
        "VARIABLE_VALUE",
        (),
    ),
    Sent("SELECT @@GLOBAL.ENFORCE_GTID_CONSISTENCY", "@@GLOBAL.ENFORCE_GTID_CONSISTENCY", (("OFF",),)),
    Sent("SHOW DATABASES LIKE 'RDSAdmin'", "Database (RDSAdmin)", ()),
    Sent("SELECT SUBSTRING_INDEX(USER(),'@',1)", "SUBSTRING_INDEX(USER(),'@',1)", (("root",),)),
    Sent("SELECT GET_LOCK(?,10)", rows=(("1",),), parameters=("Flyway-1",)),
    Sent("SELECT RELEASE_LOCK('Flyway-1')", "RELEASE_LOCK('Flyway-1')"),
    Sent(
        "SELECT SUM(found) FROM ((SELECT 1 as found FROM information_schema.tables WHERE table_schema='nothing') UNION ALL (SELECT 1 as "
        "found FROM information_schema.views WHERE table_schema='nothing' LIMIT 1) UNION ALL (SELECT 1 as found FROM "
        "information_schema.table_constraints WHERE table_schema='nothing' LIMIT 1) UNION ALL (SELECT 1 as found FROM "
        "information_schema.triggers WHERE event_object_schema='nothing' LIMIT 1) UNION ALL (SELECT 1 as found FROM "
        "information_schema.routines WHERE routine_schema='nothing' LIMIT 1) UNION ALL (SELECT 1 as found FROM "
        "information_schema.events WHERE event_schema='nothing' LIMIT 1)) as all_found",
        "SUM(found)",
        ((None,),),
    ),
    Sent("SET foreign_key_checks=?, sql_safe_updates=?", parameters=(1, 0)),
    Sent("SELECT (SELECT COUNT(1) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='Chinook') > 0"),
    Sent("SELECT event_name FROM information_schema.events WHERE event_schema='Chinook'", "EVENT_NAME", ()),
)

LIQUIBASE = (
    Sent("SELECT @@FOREIGN_KEY_CHECKS", "@@FOREIGN_KEY_CHECKS", (("1",),)),
    Sent(
        "CREATE TABLE Chinook.DATABASECHANGELOGLOCK (ID INT NOT NULL, `LOCKED` BIT(1) NOT NULL, LOCKGRANTED datetime NULL, LOCKEDBY "
        "VARCHAR(255) NULL, CONSTRAINT PK_DATABASECHANGELOGLOCK PRIMARY KEY (ID))"
    ),
    Sent("DELETE FROM Chinook.DATABASECHANGELOGLOCK"),
    Sent("INSERT INTO Chinook.DATABASECHANGELOGLOCK (ID, `LOCKED`) VALUES (1, 0)"),
    Sent("SELECT `LOCKED` FROM Chinook.DATABASECHANGELOGLOCK WHERE ID=1", "LOCKED", (("\0",),)),
    Sent(
        "UPDATE Chinook.DATABASECHANGELOGLOCK SET `LOCKED` = 1, LOCKEDBY = 'host', LOCKGRANTED = NOW() WHERE ID = 1 AND `LOCKED` = 0"
    ),
    Sent(
        "UPDATE DATABASECHANGELOGLOCK SET LOCKED = 1, LOCKEDBY = 'other', LOCKGRANTED = NOW() WHERE ID = 1 AND LOCKED = 0"
    ),
    Sent("SELECT LOCKEDBY FROM DATABASECHANGELOGLOCK", "LOCKEDBY", (("host",),)),
    Sent("DROP TABLE DATABASECHANGELOGLOCK"),
    Sent("select view_definition from information_schema.views where table_name='nothing'", "VIEW_DEFINITION", ()),
    Sent(
        "select const.CONSTRAINT_NAME, const.TABLE_NAME, col.COLUMN_NAME, const.CONSTRAINT_SCHEMA as CONSTRAINT_CONTAINER from "
        "information_schema.TABLE_CONSTRAINTS const join information_schema.KEY_COLUMN_USAGE col on "
        "const.CONSTRAINT_SCHEMA=col.CONSTRAINT_SCHEMA and const.TABLE_NAME=col.TABLE_NAME and "
        "const.CONSTRAINT_NAME=col.CONSTRAINT_NAME where const.CONSTRAINT_TYPE='UNIQUE' and const.CONSTRAINT_SCHEMA='Chinook' "
        "order by const.CONSTRAINT_NAME, col.ORDINAL_POSITION",
        "CONSTRAINT_NAME|TABLE_NAME|COLUMN_NAME|CONSTRAINT_CONTAINER",
    ),
)

CLIENTS = {
    "metabase": METABASE,
    "superset": SUPERSET,
    "tableau": TABLEAU,
    "power_bi": POWER_BI,
    "grafana": GRAFANA,
    "dbeaver": DBEAVER,
    "datagrip": DATAGRIP,
    "table_plus": TABLE_PLUS,
    "workbench": WORKBENCH,
    "phpmyadmin": PHPMYADMIN,
    "mycli": MYCLI,
    "flyway": FLYWAY,
    "liquibase": LIQUIBASE,
}
