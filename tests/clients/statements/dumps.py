"""What dump, load and benchmark programs send."""

from __future__ import annotations

from tests.clients.statements.sent import Sent

MYSQLDUMP = (
    Sent("/*!40100 SET @@SQL_MODE='' */"),
    Sent("/*!40103 SET TIME_ZONE='+00:00' */"),
    Sent("/*!80000 SET SESSION information_schema_stats_expiry=0 */"),
    Sent("SET SESSION NET_READ_TIMEOUT= 700, SESSION NET_WRITE_TIMEOUT= 700"),
    Sent("SHOW VARIABLES LIKE 'gtid\\_mode'", "Variable_name|Value", (("gtid_mode", "OFF"),)),
    Sent("FLUSH /*!40101 LOCAL */ TABLES"),
    Sent("FLUSH TABLES WITH READ LOCK"),
    Sent("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"),
    Sent("START TRANSACTION /*!40100 WITH CONSISTENT SNAPSHOT */"),
    Sent("UNLOCK TABLES"),
    Sent(
        "SELECT LOGFILE_GROUP_NAME, FILE_NAME, TOTAL_EXTENTS, INITIAL_SIZE, ENGINE, EXTRA FROM INFORMATION_SCHEMA.FILES WHERE FILE_TYPE "
        "= 'UNDO LOG' AND FILE_NAME IS NOT NULL AND LOGFILE_GROUP_NAME IS NOT NULL AND LOGFILE_GROUP_NAME IN (SELECT DISTINCT "
        "LOGFILE_GROUP_NAME FROM INFORMATION_SCHEMA.FILES WHERE FILE_TYPE = 'DATAFILE' AND TABLESPACE_NAME IN (SELECT DISTINCT "
        "TABLESPACE_NAME FROM INFORMATION_SCHEMA.PARTITIONS WHERE TABLE_SCHEMA IN ('Chinook'))) GROUP BY LOGFILE_GROUP_NAME, "
        "FILE_NAME, ENGINE, TOTAL_EXTENTS, INITIAL_SIZE ORDER BY LOGFILE_GROUP_NAME",
        rows=(),
    ),
    Sent(
        "SELECT DISTINCT TABLESPACE_NAME, FILE_NAME, LOGFILE_GROUP_NAME, EXTENT_SIZE, INITIAL_SIZE, ENGINE FROM "
        "INFORMATION_SCHEMA.FILES WHERE FILE_TYPE = 'DATAFILE' AND TABLESPACE_NAME IN (SELECT DISTINCT TABLESPACE_NAME FROM "
        "INFORMATION_SCHEMA.PARTITIONS WHERE TABLE_SCHEMA IN ('Chinook')) ORDER BY TABLESPACE_NAME, LOGFILE_GROUP_NAME",
        rows=(),
    ),
    Sent("SHOW VARIABLES LIKE 'ndbinfo\\_version'", "Variable_name|Value", ()),
    Sent(
        "SHOW CREATE DATABASE IF NOT EXISTS `Chinook`",
        "Database|Create Database",
        (
            (
                "Chinook",
                "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `Chinook` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE "
                "utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */",
            ),
        ),
    ),
    Sent("SAVEPOINT sp"),
    Sent("show tables", "Tables_in_Chinook"),
    Sent("show table status like 'Genre'"),
    Sent("SET SQL_QUOTE_SHOW_CREATE=1"),
    Sent("SET SESSION character_set_results = 'binary'"),
    Sent("show create table `Genre`", "Table|Create Table"),
    Sent("SET SESSION character_set_results = 'utf8mb4'"),
    Sent("show fields from `Genre`", "Field|Type|Null|Key|Default|Extra"),
    Sent("SELECT /*!40001 SQL_NO_CACHE */ * FROM `Genre`", "GenreId|Name"),
    Sent("use `Chinook`"),
    Sent("select @@collation_database", "@@collation_database", (("utf8mb4_0900_ai_ci",),)),
    Sent("SHOW TRIGGERS LIKE 'Genre'", rows=()),
    Sent("SET SESSION character_set_results = 'utf8mb4'"),
    Sent(
        "SELECT COLUMN_NAME, JSON_EXTRACT(HISTOGRAM, '$.\"number-of-buckets-specified\"') FROM information_schema.COLUMN_STATISTICS "
        "WHERE SCHEMA_NAME = 'Chinook' AND TABLE_NAME = 'Genre';",
        "COLUMN_NAME|JSON_EXTRACT(HISTOGRAM, '$.\"number-of-buckets-specified\"')",
        (),
    ),
    Sent("ROLLBACK TO SAVEPOINT sp"),
    Sent("RELEASE SAVEPOINT sp"),
    Sent("show events", rows=()),
    Sent("SHOW FUNCTION STATUS WHERE Db = 'Chinook'", rows=()),
    Sent("SHOW PROCEDURE STATUS WHERE Db = 'Chinook'", rows=()),
    Sent("COMMIT"),
    Sent("LOCK TABLES `Album` READ /*!32311 LOCAL */,`Artist` READ /*!32311 LOCAL */"),
    Sent("SELECT COUNT(*) FROM `Artist`", "COUNT(*)", (("275",),)),
    Sent("SELECT COUNT(*) FROM `Genre`", error=1100),
    Sent("UNLOCK TABLES"),
)

LOADED = (
    Sent("/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */"),
    Sent("/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */"),
    Sent("/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */"),
    Sent("/*!50503 SET NAMES utf8mb4 */"),
    Sent("/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */"),
    Sent("/*!40103 SET TIME_ZONE='+00:00' */"),
    Sent("/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */"),
    Sent("/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */"),
    Sent("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */"),
    Sent("/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */"),
    Sent("SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN"),
    Sent("SET @@SESSION.SQL_LOG_BIN= 0"),
    Sent("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ ''"),
    Sent(
        "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `reloaded` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ "
        "/*!80016 DEFAULT ENCRYPTION='N' */"
    ),
    Sent("USE `reloaded`"),
    Sent("DROP TABLE IF EXISTS `a`"),
    Sent("/*!40101 SET @saved_cs_client     = @@character_set_client */"),
    Sent("/*!50503 SET character_set_client = utf8mb4 */"),
    Sent(
        "CREATE TABLE `a` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `v` varchar(20) COLLATE utf8mb4_0900_ai_ci DEFAULT NULL,\n  `g` int GENERATED "
        "ALWAYS AS ((length(`v`) + 1)) VIRTUAL,\n  PRIMARY KEY (`id`),\n  KEY `v` (`v`)\n) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 "
        "COLLATE=utf8mb4_0900_ai_ci"
    ),
    Sent("/*!40101 SET character_set_client = @saved_cs_client */"),
    Sent("LOCK TABLES `a` WRITE"),
    Sent("/*!40000 ALTER TABLE `a` DISABLE KEYS */"),
    Sent("INSERT INTO `a` (`id`, `v`) VALUES (1,'x'),(2,_binary 'y')"),
    Sent("/*!40000 ALTER TABLE `a` ENABLE KEYS */"),
    Sent("UNLOCK TABLES"),
    Sent("SELECT * FROM a", "id|v|g", (("1", "x", "2"), ("2", "y", "2"))),
    Sent("/*!50001 DROP VIEW IF EXISTS `w`*/"),
    Sent("/*!50001 CREATE VIEW `w` AS SELECT \n 1 AS `id`*/"),
    Sent("/*!50001 DROP VIEW IF EXISTS `w`*/"),
    Sent(
        "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */\n/*!50001 VIEW `w` AS select "
        "`a`.`id` AS `id` from `a` */"
    ),
    Sent("SELECT * FROM w", "id", (("1",), ("2",))),
    Sent("SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN"),
    Sent("/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */"),
    Sent("/*!40101 SET SQL_MODE=@OLD_SQL_MODE */"),
    Sent("/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */"),
    Sent("/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */"),
    Sent("/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */"),
    Sent("/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */"),
    Sent("DROP DATABASE reloaded"),
)

MYDUMPER = (
    Sent("SELECT @@version_comment, @@version", "@@version_comment|@@version"),
    Sent("SET NAMES utf8mb4"),
    Sent("SET TIME_ZONE='+00:00'"),
    Sent("SHOW PROCESSLIST"),
    Sent("FLUSH TABLES WITH READ LOCK"),
    Sent("SHOW MASTER STATUS", rows=()),
    Sent("SHOW BINARY LOG STATUS", rows=()),
    Sent("SHOW SLAVE STATUS", rows=()),
    Sent("SHOW REPLICA STATUS", rows=()),
    Sent("SHOW ALL SLAVES STATUS", error=1064),
    Sent("UNLOCK TABLES"),
    Sent("LOCK INSTANCE FOR BACKUP", error=1235),
    Sent("UNLOCK INSTANCE", error=1235),
    Sent("START TRANSACTION /*!40108 WITH CONSISTENT SNAPSHOT */"),
    Sent("SHOW TABLE STATUS"),
    Sent(
        "SELECT MIN(`TrackId`),MAX(`TrackId`) FROM `Chinook`.`Track`", "MIN(`TrackId`)|MAX(`TrackId`)", (("1", "3503"),)
    ),
    Sent("EXPLAIN SELECT `TrackId` FROM `Chinook`.`Track`"),
    Sent("SHOW INDEX FROM `Chinook`.`Track`"),
    Sent(
        "SELECT COLLATION_NAME FROM INFORMATION_SCHEMA.COLLATIONS WHERE CHARACTER_SET_NAME = 'utf8mb4' AND IS_DEFAULT = 'Yes'",
        "COLLATION_NAME",
        (("utf8mb4_0900_ai_ci",),),
    ),
    Sent(
        "select COLUMN_NAME from information_schema.COLUMNS where TABLE_SCHEMA='Chinook' and TABLE_NAME='Track' and extra like "
        "'%GENERATED%' and extra not like '%DEFAULT_GENERATED%'",
        "COLUMN_NAME",
        (),
    ),
    Sent("COMMIT"),
)

SYSBENCH = (
    Sent(
        "CREATE TABLE sbtest9( id INTEGER NOT NULL AUTO_INCREMENT, k INTEGER DEFAULT '0' NOT NULL, c CHAR(120) DEFAULT '' NOT NULL, "
        "pad CHAR(60) DEFAULT '' NOT NULL, PRIMARY KEY (id) ) /*! ENGINE = innodb */"
    ),
    Sent("INSERT INTO sbtest9(k, c, pad) VALUES(1, 'a', 'b'),(2, 'c', 'd')"),
    Sent("CREATE INDEX k_9 ON sbtest9(k)"),
    Sent("SELECT c FROM sbtest9 WHERE id=1", "c", (("a",),)),
    Sent("SELECT SUM(k) FROM sbtest9 WHERE id BETWEEN 1 AND 2", "SUM(k)", (("3",),)),
    Sent("SELECT DISTINCT c FROM sbtest9 WHERE id BETWEEN 1 AND 2 ORDER BY c", "c", (("a",), ("c",))),
    Sent("DROP TABLE sbtest9"),
)

GO_TPC = (
    Sent(
        "CREATE TABLE IF NOT EXISTS go_tpc_item (i_id INT NOT NULL, i_price DECIMAL(5, 2), i_name VARCHAR(24), PRIMARY KEY(i_id))"
    ),
    Sent("INSERT INTO go_tpc_item (i_id, i_price, i_name) VALUES (1, 1.50, 'x')"),
    Sent(
        "SELECT /*+ TIDB_INLJ(a, b) */ COUNT(DISTINCT a.i_id) stock_count FROM go_tpc_item a, go_tpc_item b WHERE a.i_id = b.i_id "
        "AND b.i_price < 10",
        "stock_count",
        (("1",),),
    ),
    Sent("SELECT i_price, i_name FROM go_tpc_item WHERE i_id = 1 FOR UPDATE", "i_price|i_name", (("1.50", "x"),)),
    Sent("DROP TABLE IF EXISTS go_tpc_item"),
)

HAMMER_DB = (
    Sent("set sql_mode = ''"),
    Sent("SELECT @@innodb_version"),
    Sent("SET FOREIGN_KEY_CHECKS = 0"),
    Sent(
        "show global status where Variable_name = 'Com_commit' or Variable_name = 'Com_rollback'", "Variable_name|Value"
    ),
    Sent("CREATE PROCEDURE hammer() BEGIN SELECT 1; END", error=1235),
    Sent("SET FOREIGN_KEY_CHECKS = 1"),
)

CLIENTS = {
    "mysqldump": MYSQLDUMP,
    "loaded_dump": LOADED,
    "mydumper": MYDUMPER,
    "sysbench": SYSBENCH,
    "go_tpc": GO_TPC,
    "hammer_db": HAMMER_DB,
}
