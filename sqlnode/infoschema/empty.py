"""Tables of MySQL that exist here with their columns and have no rows, because what they describe does not exist here."""

from __future__ import annotations

from sqlnode.infoschema.table import VirtualTable, nothing

_I = "information_schema"

TABLES = (
    VirtualTable(
        _I, "COLUMN_PRIVILEGES",
        """GRANTEE varchar(292)!, TABLE_CATALOG varchar(512)!, TABLE_SCHEMA varchar(64)!, TABLE_NAME varchar(64)!,
        COLUMN_NAME varchar(64)!, PRIVILEGE_TYPE varchar(64)!, IS_GRANTABLE varchar(3)!""",
        nothing,
    ),
    VirtualTable(
        _I, "COLUMN_STATISTICS",
        "SCHEMA_NAME varchar(64)!, TABLE_NAME varchar(64)!, COLUMN_NAME varchar(64)!, HISTOGRAM json!", nothing,
    ),
    VirtualTable(
        _I, "EVENTS",
        """EVENT_CATALOG varchar(64)!, EVENT_SCHEMA varchar(64)!, EVENT_NAME varchar(64)!, DEFINER varchar(288)!,
        TIME_ZONE varchar(64)!, EVENT_BODY varchar(3)!, EVENT_DEFINITION longtext!, EVENT_TYPE varchar(9)!, EXECUTE_AT datetime,
        INTERVAL_VALUE varchar(256), INTERVAL_FIELD varchar(18), SQL_MODE varchar(8192)!, STARTS datetime, ENDS datetime,
        STATUS varchar(21)!, ON_COMPLETION varchar(12)!, CREATED datetime!, LAST_ALTERED datetime!, LAST_EXECUTED datetime,
        EVENT_COMMENT varchar(2048)!, ORIGINATOR int unsigned!, CHARACTER_SET_CLIENT varchar(64)!,
        COLLATION_CONNECTION varchar(64)!, DATABASE_COLLATION varchar(64)!""",
        nothing,
    ),
    VirtualTable(
        _I, "FILES",
        """FILE_ID bigint, FILE_NAME longtext, FILE_TYPE varchar(256), TABLESPACE_NAME varchar(268), TABLE_CATALOG varchar(64)!,
        TABLE_SCHEMA varchar(64), TABLE_NAME varchar(64), LOGFILE_GROUP_NAME varchar(256), LOGFILE_GROUP_NUMBER bigint,
        ENGINE varchar(64)!, FULLTEXT_KEYS varchar(64), DELETED_ROWS bigint, UPDATE_COUNT bigint, FREE_EXTENTS bigint,
        TOTAL_EXTENTS bigint, EXTENT_SIZE bigint, INITIAL_SIZE bigint, MAXIMUM_SIZE bigint, AUTOEXTEND_SIZE bigint,
        CREATION_TIME datetime, LAST_UPDATE_TIME datetime, LAST_ACCESS_TIME datetime, RECOVER_TIME bigint,
        TRANSACTION_COUNTER bigint, VERSION bigint, ROW_FORMAT varchar(256), TABLE_ROWS bigint, AVG_ROW_LENGTH bigint,
        DATA_LENGTH bigint, MAX_DATA_LENGTH bigint, INDEX_LENGTH bigint, DATA_FREE bigint, CREATE_TIME datetime,
        UPDATE_TIME datetime, CHECK_TIME datetime, CHECKSUM bigint, STATUS varchar(256), EXTRA varchar(256)""",
        nothing,
    ),
    VirtualTable(_I, "OPTIMIZER_TRACE", "QUERY longtext!, TRACE longtext!, MISSING_BYTES_BEYOND_MAX_MEM_SIZE int!, INSUFFICIENT_PRIVILEGES int!", nothing),
    VirtualTable(
        _I, "PARAMETERS",
        """SPECIFIC_CATALOG varchar(64)!, SPECIFIC_SCHEMA varchar(64)!, SPECIFIC_NAME varchar(64)!, ORDINAL_POSITION bigint unsigned!,
        PARAMETER_MODE varchar(5), PARAMETER_NAME varchar(64), DATA_TYPE longtext, CHARACTER_MAXIMUM_LENGTH bigint,
        CHARACTER_OCTET_LENGTH bigint, NUMERIC_PRECISION int unsigned, NUMERIC_SCALE bigint, DATETIME_PRECISION int unsigned,
        CHARACTER_SET_NAME varchar(64), COLLATION_NAME varchar(64), DTD_IDENTIFIER longtext!, ROUTINE_TYPE varchar(9)!""",
        nothing,
    ),
    VirtualTable(
        _I, "PROFILING",
        """QUERY_ID int!, SEQ int!, STATE varchar(30)!, DURATION double!, CPU_USER double, CPU_SYSTEM double,
        CONTEXT_VOLUNTARY int, CONTEXT_INVOLUNTARY int, BLOCK_OPS_IN int, BLOCK_OPS_OUT int, MESSAGES_SENT int,
        MESSAGES_RECEIVED int, PAGE_FAULTS_MAJOR int, PAGE_FAULTS_MINOR int, SWAPS int, SOURCE_FUNCTION varchar(30),
        SOURCE_FILE varchar(20), SOURCE_LINE int""",
        nothing,
    ),
    VirtualTable(
        _I, "ROUTINES",
        """SPECIFIC_NAME varchar(64)!, ROUTINE_CATALOG varchar(64)!, ROUTINE_SCHEMA varchar(64)!, ROUTINE_NAME varchar(64)!,
        ROUTINE_TYPE varchar(9)!, DATA_TYPE longtext, CHARACTER_MAXIMUM_LENGTH bigint, CHARACTER_OCTET_LENGTH bigint,
        NUMERIC_PRECISION int unsigned, NUMERIC_SCALE int unsigned, DATETIME_PRECISION int unsigned,
        CHARACTER_SET_NAME varchar(64), COLLATION_NAME varchar(64), DTD_IDENTIFIER longtext, ROUTINE_BODY varchar(8)!,
        ROUTINE_DEFINITION longtext, EXTERNAL_NAME varchar(64), EXTERNAL_LANGUAGE varchar(64)!, PARAMETER_STYLE varchar(3)!,
        IS_DETERMINISTIC varchar(3)!, SQL_DATA_ACCESS varchar(17)!, SQL_PATH varchar(64), SECURITY_TYPE varchar(7)!,
        CREATED datetime!, LAST_ALTERED datetime!, SQL_MODE varchar(8192)!, ROUTINE_COMMENT longtext!, DEFINER varchar(288)!,
        CHARACTER_SET_CLIENT varchar(64)!, COLLATION_CONNECTION varchar(64)!, DATABASE_COLLATION varchar(64)!""",
        nothing,
    ),
    VirtualTable(
        _I, "TABLESPACES",
        """TABLESPACE_NAME varchar(64)!, ENGINE varchar(64)!, TABLESPACE_TYPE varchar(64), LOGFILE_GROUP_NAME varchar(64),
        EXTENT_SIZE bigint unsigned, AUTOEXTEND_SIZE bigint unsigned, MAXIMUM_SIZE bigint unsigned, NODEGROUP_ID bigint unsigned,
        TABLESPACE_COMMENT varchar(2048)""",
        nothing,
    ),
    VirtualTable(
        _I, "TRIGGERS",
        """TRIGGER_CATALOG varchar(64)!, TRIGGER_SCHEMA varchar(64)!, TRIGGER_NAME varchar(64)!, EVENT_MANIPULATION varchar(6)!,
        EVENT_OBJECT_CATALOG varchar(64)!, EVENT_OBJECT_SCHEMA varchar(64)!, EVENT_OBJECT_TABLE varchar(64)!,
        ACTION_ORDER int unsigned!, ACTION_CONDITION longtext, ACTION_STATEMENT longtext!, ACTION_ORIENTATION varchar(3)!,
        ACTION_TIMING varchar(6)!, ACTION_REFERENCE_OLD_TABLE varchar(64), ACTION_REFERENCE_NEW_TABLE varchar(64),
        ACTION_REFERENCE_OLD_ROW varchar(3)!, ACTION_REFERENCE_NEW_ROW varchar(3)!, CREATED datetime, SQL_MODE varchar(8192)!,
        DEFINER varchar(288)!, CHARACTER_SET_CLIENT varchar(64)!, COLLATION_CONNECTION varchar(64)!,
        DATABASE_COLLATION varchar(64)!""",
        nothing,
    ),
    VirtualTable(_I, "USER_ATTRIBUTES", "USER varchar(32)!, HOST varchar(255)!, ATTRIBUTE longtext", nothing),
)
