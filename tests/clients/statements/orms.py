"""What ORMs and migration tools of applications send at their start, for reflection and for nested transactions."""

from __future__ import annotations

from tests.clients.statements.sent import Sent

SQLALCHEMY = (
    Sent("SELECT DATABASE()", "DATABASE()", (("Chinook",),)),
    Sent("SELECT VERSION()", "VERSION()"),
    Sent("SELECT @@sql_mode", "@@sql_mode"),
    Sent("SELECT @@lower_case_table_names", "@@lower_case_table_names"),
    Sent("SELECT @@transaction_isolation", "@@transaction_isolation"),
    Sent("SHOW VARIABLES LIKE 'sql_mode'", "Variable_name|Value"),
    Sent("SELECT CAST('test plain returns' AS CHAR(60)) AS anon_1", "anon_1", (("test plain returns",),)),
    Sent("SELECT 'x' AS some_label", "some_label", (("x",),)),
    Sent("SHOW FULL TABLES FROM `Chinook`", "Tables_in_Chinook|Table_type", having=(("Album", "BASE TABLE"),)),
    Sent("SHOW schemas", "Database", having=(("Chinook",),)),
    Sent(
        "DESCRIBE `Chinook`.`Genre`",
        "Field|Type|Null|Key|Default|Extra",
        (("GenreId", "int", "NO", "PRI", None, ""), ("Name", "varchar(120)", "YES", "", None, "")),
    ),
    Sent("DESCRIBE `Chinook`.`missing`", error=1146),
    Sent("DESCRIBE `missing`.`missing`", error=1049),
    Sent("SHOW CREATE TABLE `Chinook`.`Album`", "Table|Create Table"),
    Sent(
        "SHOW COLLATION WHERE `Charset` = 'utf8mb4' AND `Collation` = 'utf8mb4_bin'",
        "Collation|Charset|Id|Default|Compiled|Sortlen|Pad_attribute",
        (("utf8mb4_bin", "utf8mb4", "46", "", "Yes", "1", "PAD SPACE"),),
    ),
    Sent(
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA='Chinook' AND TABLE_TYPE='VIEW'",
        "TABLE_NAME",
        (),
    ),
    Sent(
        "SELECT lower(table_schema), lower(table_name), lower(column_name), table_schema, table_name, column_name FROM "
        "information_schema.columns WHERE (table_schema, table_name, lower(column_name)) IN (('Chinook', 'Genre', 'name'))",
        "lower(table_schema)|lower(table_name)|lower(column_name)|TABLE_SCHEMA|TABLE_NAME|COLUMN_NAME",
        (("chinook", "genre", "name", "Chinook", "Genre", "Name"),),
    ),
    Sent("SAVEPOINT sa_savepoint_1"),
    Sent("BEGIN"),
    Sent("SAVEPOINT sa_savepoint_1"),
    Sent("ROLLBACK TO SAVEPOINT sa_savepoint_1"),
    Sent("SAVEPOINT sa_savepoint_2"),
    Sent("RELEASE SAVEPOINT sa_savepoint_2"),
    Sent("ROLLBACK"),
)

DJANGO = (
    Sent(
        "SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, @@lower_case_table_names, "
        "CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL",
        "VERSION()|@@sql_mode|@@default_storage_engine|@@sql_auto_is_null|@@lower_case_table_names"
        "|CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL",
    ),
    Sent("SET SQL_AUTO_IS_NULL = 0"),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"),
    Sent(
        "SELECT table_name, table_type, table_comment FROM information_schema.tables WHERE table_schema = DATABASE()",
        "TABLE_NAME|TABLE_TYPE|TABLE_COMMENT",
        having=(("Genre", "BASE TABLE", ""),),
    ),
    Sent(
        "SELECT table_name, table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = "
        "'Genre'",
        "TABLE_NAME|TABLE_COLLATION",
    ),
    Sent(
        "SELECT column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, extra, column_default, "
        "collation_name, CASE WHEN column_type LIKE '% unsigned' THEN 1 ELSE 0 END AS is_unsigned, column_comment FROM "
        "information_schema.columns WHERE table_name = 'Genre' AND table_schema = DATABASE()",
        "COLUMN_NAME|DATA_TYPE|CHARACTER_MAXIMUM_LENGTH|NUMERIC_PRECISION|NUMERIC_SCALE|EXTRA|COLUMN_DEFAULT|COLLATION_NAME"
        "|is_unsigned|COLUMN_COMMENT",
        having=(("GenreId", "int", None, "10", "0", "", None, None, "0", ""),),
    ),
    Sent("SELECT * FROM `Genre` LIMIT 1", "GenreId|Name", (("1", "Rock"),)),
    Sent(
        "SELECT c.constraint_name AS column_name FROM information_schema.check_constraints AS c WHERE c.check_clause = "
        "CONCAT('json_valid(`', 'Name', '`)') AND c.constraint_schema = DATABASE()",
        "column_name",
        (),
    ),
    Sent(
        "SELECT kc.`constraint_name`, kc.`column_name`, kc.`referenced_table_name`, kc.`referenced_column_name`, "
        "c.`constraint_type` FROM information_schema.key_column_usage AS kc, information_schema.table_constraints AS c WHERE "
        "kc.table_schema = DATABASE() AND (kc.referenced_table_schema = DATABASE() OR kc.referenced_table_schema IS NULL) AND "
        "c.table_schema = kc.table_schema AND c.constraint_name = kc.constraint_name AND c.constraint_type != 'CHECK' AND "
        "kc.table_name = 'Album' ORDER BY kc.`ordinal_position`",
        "CONSTRAINT_NAME|COLUMN_NAME|REFERENCED_TABLE_NAME|REFERENCED_COLUMN_NAME|CONSTRAINT_TYPE",
        having=(("FK_AlbumArtistId", "ArtistId", "Artist", "ArtistId", "FOREIGN KEY"),),
    ),
    Sent(
        "SELECT cc.constraint_name, cc.check_clause FROM information_schema.check_constraints AS cc, "
        "information_schema.table_constraints AS tc WHERE cc.constraint_schema = DATABASE() AND tc.table_schema = "
        "cc.constraint_schema AND cc.constraint_name = tc.constraint_name AND tc.constraint_type = 'CHECK' AND tc.table_name = "
        "'Album'",
        "CONSTRAINT_NAME|CHECK_CLAUSE",
        (),
    ),
    Sent("SHOW INDEX FROM `Album`"),
    Sent(
        "SELECT engine, support FROM information_schema.engines WHERE support IN ('DEFAULT', 'YES')",
        "ENGINE|SUPPORT",
        (("InnoDB", "DEFAULT"),),
    ),
    Sent("SELECT engine FROM information_schema.engines WHERE support = 'DEFAULT'", "ENGINE", (("InnoDB",),)),
    Sent("SELECT (1) AS `a` FROM `Genre` WHERE `Name` LIKE BINARY 'Ro%' LIMIT 1", "a", (("1",),)),
    Sent("SELECT COUNT(*) FROM `Genre` WHERE REGEXP_LIKE(`Name`, '^ro', 'c')", "COUNT(*)", (("0",),)),
    Sent("SELECT COUNT(*) FROM `Genre` WHERE REGEXP_LIKE(`Name`, '^ro', 'i')", "COUNT(*)", (("2",),)),
    Sent("BEGIN"),
    Sent("SAVEPOINT `s1234_x1`"),
    Sent("SELECT `Genre`.`GenreId` FROM `Genre` WHERE `Genre`.`GenreId` = 1 FOR UPDATE NOWAIT", "GenreId", (("1",),)),
    Sent(
        "SELECT `Genre`.`GenreId` FROM `Genre` WHERE `Genre`.`GenreId` = 1 FOR UPDATE SKIP LOCKED", "GenreId", (("1",),)
    ),
    Sent(
        "SELECT `Genre`.`GenreId` FROM `Genre` WHERE `Genre`.`GenreId` = 1 FOR UPDATE OF `Genre`", "GenreId", (("1",),)
    ),
    Sent("RELEASE SAVEPOINT `s1234_x1`"),
    Sent("ROLLBACK"),
    Sent("INSERT IGNORE INTO `Genre` (`GenreId`, `Name`) VALUES (1, 'Rock')"),
    Sent("EXPLAIN SELECT * FROM `Genre`"),
    Sent("SET foreign_key_checks=0"),
    Sent("SET foreign_key_checks=1"),
)

HIBERNATE = (
    Sent("SELECT @@character_set_database, @@sql_mode", "@@character_set_database|@@sql_mode"),
    Sent("select database()", "database()", (("Chinook",),)),
    Sent("select @@session.autocommit"),
    Sent("create temporary table if not exists HT_Genre (GenreId integer not null)", error=1235),
    Sent("select g.GenreId from Genre g where g.GenreId=1 for update of g skip locked", "GenreId", (("1",),)),
    Sent("select g.GenreId from Genre g where g.GenreId=1 for update nowait", "GenreId", (("1",),)),
    Sent("select g1_0.GenreId,g1_0.Name from Genre g1_0 order by 1 limit 0,1", "GenreId|Name", (("1", "Rock"),)),
)

PRISMA = (
    Sent("SELECT @@version, @@GLOBAL.version", "@@version|@@GLOBAL.version"),
    Sent("SELECT @@lower_case_table_names", "@@lower_case_table_names"),
    Sent("SELECT GET_LOCK('prisma_migrate', 10)", "GET_LOCK('prisma_migrate', 10)", (("1",),)),
    Sent("SELECT RELEASE_LOCK('prisma_migrate')", None, (("1",),)),
    Sent("CREATE DATABASE `prisma_migrate_shadow_db_1`"),
    Sent("DROP DATABASE IF EXISTS `prisma_migrate_shadow_db_1`"),
    Sent(
        "SELECT DISTINCT BINARY table_info.table_name AS table_name, table_info.create_options AS create_options, "
        "table_info.table_comment AS table_comment FROM information_schema.tables AS table_info JOIN information_schema.columns "
        "AS column_info ON BINARY column_info.table_name = BINARY table_info.table_name WHERE table_info.table_schema = "
        "'Chinook' AND column_info.table_schema = 'Chinook' AND table_info.table_type = 'BASE TABLE' ORDER BY BINARY "
        "table_info.table_name",
        "table_name|create_options|table_comment",
        having=(("Album", "", ""), ("Track", "", "")),
    ),
    Sent(
        "SELECT table_name AS view_name, view_definition AS view_sql FROM information_schema.views WHERE table_schema = 'Chinook'",
        "view_name|view_sql",
    ),
    Sent(
        "SELECT routine_name AS name, routine_type AS type, routine_definition AS definition FROM information_schema.routines "
        "WHERE ROUTINE_SCHEMA = 'Chinook' AND ROUTINE_TYPE = 'PROCEDURE'",
        "name|type|definition",
        (),
    ),
    Sent(
        "SELECT SUM(data_length + index_length) AS size FROM information_schema.TABLES WHERE table_schema = 'Chinook'",
        "size",
    ),
    Sent(
        "SELECT column_name column_name, data_type data_type, column_type full_data_type, character_maximum_length "
        "character_maximum_length, numeric_precision numeric_precision, numeric_scale numeric_scale, datetime_precision "
        "datetime_precision, column_default column_default, is_nullable is_nullable, extra extra, table_name table_name, "
        "IF(column_comment = '', NULL, column_comment) AS column_comment FROM information_schema.columns WHERE table_schema = "
        "'Chinook' AND BINARY table_name = 'Genre' ORDER BY ordinal_position",
        having=(("GenreId", "int", "int", None, "10", "0", None, None, "NO", "", "Genre", None),),
    ),
    Sent(
        "SELECT DISTINCT index_name AS index_name, non_unique AS non_unique, column_name AS column_name, seq_in_index AS "
        "seq_in_index, table_name AS table_name, sub_part AS partial, collation AS column_order, index_type AS index_type FROM "
        "INFORMATION_SCHEMA.STATISTICS WHERE table_schema = 'Chinook' ORDER BY index_name, seq_in_index",
        "index_name|non_unique|column_name|seq_in_index|table_name|partial|column_order|index_type",
    ),
    Sent(
        "SELECT kcu.constraint_name constraint_name, kcu.column_name column_name, kcu.referenced_table_name "
        "referenced_table_name, kcu.referenced_column_name referenced_column_name, kcu.ordinal_position ordinal_position, "
        "kcu.table_name table_name, rc.delete_rule delete_rule, rc.update_rule update_rule FROM "
        "information_schema.key_column_usage AS kcu INNER JOIN information_schema.referential_constraints AS rc ON BINARY "
        "kcu.constraint_name = BINARY rc.constraint_name WHERE BINARY kcu.table_schema = 'Chinook' AND BINARY "
        "rc.constraint_schema = 'Chinook' AND kcu.referenced_column_name IS NOT NULL ORDER BY BINARY kcu.table_schema, BINARY "
        "kcu.table_name, BINARY kcu.constraint_name, kcu.ordinal_position",
        having=(("FK_AlbumArtistId", "ArtistId", "Artist", "ArtistId", "1", "Album", "NO ACTION", "NO ACTION"),),
    ),
    Sent(
        "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at "
        "DATETIME(3), migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at DATETIME(3), started_at DATETIME(3) NOT "
        "NULL DEFAULT CURRENT_TIMESTAMP(3), applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0) DEFAULT CHARACTER SET "
        "utf8mb4 COLLATE utf8mb4_unicode_ci"
    ),
    Sent("DROP TABLE _prisma_migrations"),
    Sent("SELECT 1 FROM `missing`.`t`", error=1049),
    Sent("USE `missing`", error=1049),
)

GORM = (
    Sent("SELECT VERSION()", "VERSION()"),
    Sent("SELECT DATABASE()", "DATABASE()"),
    Sent(
        "SELECT SCHEMA_NAME from Information_schema.SCHEMATA where SCHEMA_NAME LIKE 'Chinook%' ORDER BY SCHEMA_NAME='Chinook' DESC,SCHEMA_NAME limit 1",
        "SCHEMA_NAME",
        (("Chinook",),),
    ),
    Sent(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'Chinook' AND table_name = 'Genre' AND table_type = 'BASE TABLE'",
        "count(*)",
        (("1",),),
    ),
    Sent("SELECT * FROM `Genre` LIMIT 1"),
    Sent(
        "SELECT column_name, column_default, is_nullable = 'YES', data_type, character_maximum_length, column_type, column_key, "
        "extra, column_comment, numeric_precision, numeric_scale , datetime_precision FROM information_schema.columns WHERE "
        "table_schema = 'Chinook' AND table_name = 'Genre' ORDER BY ORDINAL_POSITION",
        "COLUMN_NAME|COLUMN_DEFAULT|is_nullable = 'YES'|DATA_TYPE|CHARACTER_MAXIMUM_LENGTH|COLUMN_TYPE|COLUMN_KEY|EXTRA"
        "|COLUMN_COMMENT|NUMERIC_PRECISION|NUMERIC_SCALE|DATETIME_PRECISION",
        (
            ("GenreId", None, "0", "int", None, "int", "PRI", "", "", "10", "0", None),
            ("Name", None, "1", "varchar", "120", "varchar(120)", "", "", "", None, None, None),
        ),
    ),
    Sent(
        "SELECT TABLE_NAME, COLUMN_NAME, INDEX_NAME, NON_UNIQUE FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'Chinook' "
        "AND TABLE_NAME = 'Genre' ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        None,
        (("Genre", "GenreId", "PRIMARY", "0"),),
    ),
    Sent(
        "SELECT count(*) FROM INFORMATION_SCHEMA.table_constraints WHERE constraint_schema = 'Chinook' AND table_name = 'Album' AND "
        "constraint_name = 'FK_AlbumArtistId'",
        None,
        (("1",),),
    ),
    Sent(
        "SELECT count(*) FROM information_schema.statistics WHERE table_schema = 'Chinook' AND table_name = 'Album' AND index_name = 'x'"
    ),
    Sent("START TRANSACTION"),
    Sent("SAVEPOINT sp0x1400"),
    Sent("ROLLBACK TO SAVEPOINT sp0x1400"),
    Sent("COMMIT"),
    Sent("SET FOREIGN_KEY_CHECKS = 0;"),
    Sent("DROP TABLE IF EXISTS `gorm_absent` CASCADE"),
    Sent("SET FOREIGN_KEY_CHECKS = 1;"),
)

TYPEORM = (
    Sent("SELECT VERSION() AS `version`", "version"),
    Sent("SELECT DATABASE() AS `db_name`", "db_name", (("Chinook",),)),
    Sent(
        "SELECT * FROM (SELECT * FROM `INFORMATION_SCHEMA`.`TABLES` WHERE `TABLE_SCHEMA` = 'Chinook' AND `TABLE_NAME` = 'Genre' "
        "UNION SELECT * FROM `INFORMATION_SCHEMA`.`TABLES` WHERE `TABLE_SCHEMA` = 'Chinook' AND `TABLE_NAME` = 'Album') `t`",
        "TABLE_CATALOG|TABLE_SCHEMA|TABLE_NAME|TABLE_TYPE|ENGINE|VERSION|ROW_FORMAT|TABLE_ROWS|AVG_ROW_LENGTH|DATA_LENGTH"
        "|MAX_DATA_LENGTH|INDEX_LENGTH|DATA_FREE|AUTO_INCREMENT|CREATE_TIME|UPDATE_TIME|CHECK_TIME|TABLE_COLLATION|CHECKSUM"
        "|CREATE_OPTIONS|TABLE_COMMENT",
    ),
    Sent(
        "SELECT * FROM (SELECT * FROM `INFORMATION_SCHEMA`.`COLUMNS` WHERE `TABLE_SCHEMA` = 'Chinook' AND `TABLE_NAME` = 'Genre' "
        "UNION SELECT * FROM `INFORMATION_SCHEMA`.`COLUMNS` WHERE `TABLE_SCHEMA` = 'Chinook' AND `TABLE_NAME` = 'Album') `c`",
    ),
    Sent(
        "SELECT * FROM (SELECT * FROM `INFORMATION_SCHEMA`.`KEY_COLUMN_USAGE` `kcu` WHERE `kcu`.`TABLE_SCHEMA` = 'Chinook' AND "
        "`kcu`.`TABLE_NAME` = 'Genre' UNION SELECT * FROM `INFORMATION_SCHEMA`.`KEY_COLUMN_USAGE` `kcu` WHERE "
        "`kcu`.`TABLE_SCHEMA` = 'Chinook' AND `kcu`.`TABLE_NAME` = 'Album') `kcu` WHERE `CONSTRAINT_NAME` = 'PRIMARY'",
    ),
    Sent(
        "SELECT `SCHEMA_NAME`, `DEFAULT_CHARACTER_SET_NAME` as `CHARSET`, `DEFAULT_COLLATION_NAME` AS `COLLATION` FROM "
        "`INFORMATION_SCHEMA`.`SCHEMATA`",
        "SCHEMA_NAME|CHARSET|COLLATION",
    ),
    Sent(
        "SELECT `s`.* FROM (SELECT * FROM `INFORMATION_SCHEMA`.`STATISTICS` WHERE `TABLE_SCHEMA` = 'Chinook' AND `TABLE_NAME` = "
        "'Album') `s` LEFT JOIN (SELECT * FROM `INFORMATION_SCHEMA`.`REFERENTIAL_CONSTRAINTS` WHERE `CONSTRAINT_SCHEMA` = "
        "'Chinook' AND `TABLE_NAME` = 'Album') `rc` ON `s`.`INDEX_NAME` = `rc`.`CONSTRAINT_NAME` AND `s`.`TABLE_SCHEMA` = "
        "`rc`.`CONSTRAINT_SCHEMA` WHERE `s`.`INDEX_NAME` != 'PRIMARY' AND `rc`.`CONSTRAINT_NAME` IS NULL",
    ),
    Sent(
        "SELECT `kcu`.`TABLE_SCHEMA`, `kcu`.`TABLE_NAME`, `kcu`.`CONSTRAINT_NAME`, `kcu`.`COLUMN_NAME`, "
        "`kcu`.`REFERENCED_TABLE_SCHEMA`, `kcu`.`REFERENCED_TABLE_NAME`, `kcu`.`REFERENCED_COLUMN_NAME`, `rc`.`DELETE_RULE` "
        "`ON_DELETE`, `rc`.`UPDATE_RULE` `ON_UPDATE` FROM (SELECT * FROM `INFORMATION_SCHEMA`.`KEY_COLUMN_USAGE` `kcu` WHERE "
        "`kcu`.`TABLE_SCHEMA` = 'Chinook' AND `kcu`.`TABLE_NAME` = 'Album') `kcu` INNER JOIN (SELECT * FROM "
        "`INFORMATION_SCHEMA`.`REFERENTIAL_CONSTRAINTS` WHERE `CONSTRAINT_SCHEMA` = 'Chinook' AND `TABLE_NAME` = 'Album') `rc` "
        "ON `rc`.`CONSTRAINT_SCHEMA` = `kcu`.`CONSTRAINT_SCHEMA` AND `rc`.`TABLE_NAME` = `kcu`.`TABLE_NAME` AND "
        "`rc`.`CONSTRAINT_NAME` = `kcu`.`CONSTRAINT_NAME`",
        rows=(
            (
                "Chinook",
                "Album",
                "FK_AlbumArtistId",
                "ArtistId",
                "Chinook",
                "Artist",
                "ArtistId",
                "NO ACTION",
                "NO ACTION",
            ),
        ),
    ),
    Sent(
        "CREATE TABLE `typeorm_metadata` (`type` varchar(255) NOT NULL, `database` varchar(255) NULL, `schema` varchar(255) NULL, "
        "`table` varchar(255) NULL, `name` varchar(255) NULL, `value` text NULL) ENGINE=InnoDB"
    ),
    Sent("DROP TABLE `typeorm_metadata`"),
)

DRIZZLE = (
    Sent(
        "select * from information_schema.columns where table_schema = 'Chinook' and table_name != '__drizzle_migrations' order by "
        "table_name, ordinal_position",
        "TABLE_CATALOG|TABLE_SCHEMA|TABLE_NAME|COLUMN_NAME|ORDINAL_POSITION|COLUMN_DEFAULT|IS_NULLABLE|DATA_TYPE"
        "|CHARACTER_MAXIMUM_LENGTH|CHARACTER_OCTET_LENGTH|NUMERIC_PRECISION|NUMERIC_SCALE|DATETIME_PRECISION|CHARACTER_SET_NAME"
        "|COLLATION_NAME|COLUMN_TYPE|COLUMN_KEY|EXTRA|PRIVILEGES|COLUMN_COMMENT|GENERATION_EXPRESSION|SRS_ID",
    ),
    Sent(
        "SELECT table_name, column_name, constraint_name FROM information_schema.table_constraints t LEFT JOIN "
        "information_schema.key_column_usage k USING(constraint_name,table_schema,table_name) WHERE t.constraint_type='PRIMARY "
        "KEY' and table_name != '__drizzle_migrations' AND t.table_schema = 'Chinook' ORDER BY ordinal_position",
        "TABLE_NAME|COLUMN_NAME|CONSTRAINT_NAME",
        having=(("Genre", "GenreId", "PRIMARY"),),
    ),
    Sent(
        "SELECT kcu.TABLE_SCHEMA, kcu.TABLE_NAME, kcu.CONSTRAINT_NAME, kcu.COLUMN_NAME, kcu.REFERENCED_TABLE_SCHEMA, "
        "kcu.REFERENCED_TABLE_NAME, kcu.REFERENCED_COLUMN_NAME, rc.UPDATE_RULE, rc.DELETE_RULE FROM "
        "INFORMATION_SCHEMA.KEY_COLUMN_USAGE kcu LEFT JOIN information_schema.referential_constraints rc ON "
        "kcu.CONSTRAINT_NAME = rc.CONSTRAINT_NAME WHERE kcu.TABLE_SCHEMA = 'Chinook' AND kcu.CONSTRAINT_NAME != 'PRIMARY' AND "
        "kcu.REFERENCED_TABLE_NAME IS NOT NULL",
        having=(
            (
                "Chinook",
                "Album",
                "FK_AlbumArtistId",
                "ArtistId",
                "Chinook",
                "Artist",
                "ArtistId",
                "NO ACTION",
                "NO ACTION",
            ),
        ),
    ),
    Sent(
        "select * from INFORMATION_SCHEMA.STATISTICS WHERE INFORMATION_SCHEMA.STATISTICS.TABLE_SCHEMA = 'Chinook' and "
        "INFORMATION_SCHEMA.STATISTICS.INDEX_NAME != 'PRIMARY'"
    ),
    Sent("select * from INFORMATION_SCHEMA.VIEWS WHERE table_schema = 'Chinook'"),
    Sent(
        "SELECT tc.table_name, tc.constraint_name, cc.check_clause FROM information_schema.table_constraints tc JOIN "
        "information_schema.check_constraints cc ON tc.constraint_name = cc.constraint_name WHERE tc.constraint_schema = "
        "'Chinook' AND tc.constraint_type = 'CHECK'",
        "TABLE_NAME|CONSTRAINT_NAME|CHECK_CLAUSE",
    ),
    Sent("CREATE VIEW drizzle_view AS SELECT GenreId, Name FROM Genre"),
    Sent(
        "SHOW CREATE VIEW `drizzle_view`",
        "View|Create View|character_set_client|collation_connection",
        (
            (
                "drizzle_view",
                "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `drizzle_view` "
                "AS SELECT GenreId, Name FROM Genre",
                "utf8mb4",
                "utf8mb4_0900_ai_ci",
            ),
        ),
    ),
    Sent("DROP VIEW drizzle_view"),
)

SEQUELIZE = (
    Sent("SELECT VERSION() as `version`", "version"),
    Sent("SET time_zone = '+00:00'"),
    Sent("SHOW FULL COLUMNS FROM `Genre`", "Field|Type|Collation|Null|Key|Default|Extra|Privileges|Comment"),
    Sent("SHOW INDEX FROM `Genre`"),
    Sent(
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME = 'Genre' AND TABLE_SCHEMA = 'Chinook'",
        "TABLE_NAME",
        (("Genre",),),
    ),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    Sent("START TRANSACTION;"),
    Sent("SAVEPOINT `a-sp-1`;"),
    Sent("ROLLBACK TO SAVEPOINT `a-sp-1`;"),
    Sent("COMMIT;"),
    Sent(
        "SELECT CONSTRAINT_NAME as constraint_name, CONSTRAINT_NAME as constraintName, CONSTRAINT_SCHEMA as constraintSchema, "
        "TABLE_NAME as tableName, COLUMN_NAME as columnName, REFERENCED_TABLE_SCHEMA as referencedTableSchema FROM "
        "INFORMATION_SCHEMA.KEY_COLUMN_USAGE where TABLE_NAME = 'Album' AND CONSTRAINT_NAME!='PRIMARY' AND "
        "CONSTRAINT_SCHEMA='Chinook' AND REFERENCED_TABLE_NAME IS NOT NULL",
        rows=(("FK_AlbumArtistId", "FK_AlbumArtistId", "Chinook", "Album", "ArtistId", "Chinook"),),
    ),
)

RAILS = (
    Sent(
        "SET  @@SESSION.sql_mode = CONCAT(CONCAT(@@sql_mode, ',STRICT_ALL_TABLES'), ',NO_AUTO_VALUE_ON_ZERO'),  "
        "@@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483"
    ),
    Sent("SELECT GET_LOCK('123456789', 0)", None, (("1",),)),
    Sent("SELECT RELEASE_LOCK('123456789')", None, (("1",),)),
    Sent(
        "SELECT table_name FROM (SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()) "
        "_subquery WHERE _subquery.table_type = 'BASE TABLE'",
        "TABLE_NAME",
        having=(("Genre",),),
    ),
    Sent("SHOW FULL FIELDS FROM `Genre`"),
    Sent("SHOW KEYS FROM `Genre`"),
    Sent("SHOW CREATE TABLE `Genre`"),
    Sent(
        "SELECT column_name FROM information_schema.statistics WHERE index_name = 'PRIMARY' AND table_schema = database() AND "
        "table_name = 'PlaylistTrack' ORDER BY seq_in_index",
        "COLUMN_NAME",
        (("PlaylistId",), ("TrackId",)),
    ),
    Sent(
        "SELECT fk.referenced_table_name AS 'to_table', fk.referenced_column_name AS 'primary_key', fk.column_name AS 'column', "
        "fk.constraint_name AS 'name', fk.ordinal_position AS 'position', rc.update_rule AS 'on_update', rc.delete_rule AS "
        "'on_delete' FROM information_schema.referential_constraints rc JOIN information_schema.key_column_usage fk USING "
        "(constraint_schema, constraint_name) WHERE fk.referenced_column_name IS NOT NULL AND fk.table_schema = database() AND "
        "fk.table_name = 'Album' AND rc.constraint_schema = database() AND rc.table_name = 'Album'",
        "to_table|primary_key|column|name|position|on_update|on_delete",
        (("Artist", "ArtistId", "ArtistId", "FK_AlbumArtistId", "1", "NO ACTION", "NO ACTION"),),
    ),
    Sent(
        "SELECT cc.constraint_name AS 'name', cc.check_clause AS 'expression' FROM information_schema.check_constraints cc JOIN "
        "information_schema.table_constraints tc USING (constraint_schema, constraint_name) WHERE tc.table_schema = database() "
        "AND tc.table_name = 'Album' AND cc.constraint_schema = database()",
        "name|expression",
        (),
    ),
    Sent(
        "SELECT `Genre`.* FROM `Genre` WHERE `Genre`.`GenreId` = 1 LIMIT 1 FOR UPDATE", "GenreId|Name", (("1", "Rock"),)
    ),
    Sent("SELECT @@max_allowed_packet"),
    Sent("SELECT VERSION()"),
)

PEEWEE = (
    Sent("DO SLEEP(0)"),
    Sent("SELECT IS_FREE_LOCK('p')", None, (("1",),)),
    Sent("SELECT GET_LOCK('p', 1), IS_USED_LOCK('p') = CONNECTION_ID(), RELEASE_LOCK('p')", None, (("1", "1", "1"),)),
    Sent(
        "SELECT index_name, non_unique, column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'Genre'"
    ),
)

CLIENTS = {
    "sqlalchemy": SQLALCHEMY,
    "django": DJANGO,
    "hibernate": HIBERNATE,
    "prisma": PRISMA,
    "gorm": GORM,
    "typeorm": TYPEORM,
    "drizzle": DRIZZLE,
    "sequelize": SEQUELIZE,
    "rails": RAILS,
    "peewee": PEEWEE,
}
