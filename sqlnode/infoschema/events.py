"""Instrumentation tables of performance_schema that consoles ask for. They are empty, as with performance_schema=OFF."""

from __future__ import annotations

from sqlnode.infoschema.table import VirtualTable, nothing

_P = "performance_schema"

_EVENT = """THREAD_ID bigint unsigned!, EVENT_ID bigint unsigned!, END_EVENT_ID bigint unsigned, EVENT_NAME varchar(128)!,
    SOURCE varchar(64), TIMER_START bigint unsigned, TIMER_END bigint unsigned, TIMER_WAIT bigint unsigned,"""
_NESTING = "NESTING_EVENT_ID bigint unsigned, NESTING_EVENT_TYPE varchar(11)"

_STATEMENT = (
    _EVENT
    + """LOCK_TIME bigint unsigned!, SQL_TEXT longtext, DIGEST varchar(64), DIGEST_TEXT longtext, CURRENT_SCHEMA varchar(64),
    OBJECT_TYPE varchar(64), OBJECT_SCHEMA varchar(64), OBJECT_NAME varchar(64), OBJECT_INSTANCE_BEGIN bigint unsigned,
    MYSQL_ERRNO int, RETURNED_SQLSTATE varchar(5), MESSAGE_TEXT varchar(128), ERRORS bigint unsigned!,
    WARNINGS bigint unsigned!, ROWS_AFFECTED bigint unsigned!, ROWS_SENT bigint unsigned!, ROWS_EXAMINED bigint unsigned!,
    CREATED_TMP_DISK_TABLES bigint unsigned!, CREATED_TMP_TABLES bigint unsigned!, SELECT_FULL_JOIN bigint unsigned!,
    SELECT_FULL_RANGE_JOIN bigint unsigned!, SELECT_RANGE bigint unsigned!, SELECT_RANGE_CHECK bigint unsigned!,
    SELECT_SCAN bigint unsigned!, SORT_MERGE_PASSES bigint unsigned!, SORT_RANGE bigint unsigned!,
    SORT_ROWS bigint unsigned!, SORT_SCAN bigint unsigned!, NO_INDEX_USED bigint unsigned!,
    NO_GOOD_INDEX_USED bigint unsigned!,"""
    + _NESTING
    + """, NESTING_EVENT_LEVEL int, STATEMENT_ID bigint unsigned, CPU_TIME bigint unsigned!,
    MAX_CONTROLLED_MEMORY bigint unsigned!, MAX_TOTAL_MEMORY bigint unsigned!, EXECUTION_ENGINE varchar(9)"""
)
_STAGE = _EVENT + "WORK_COMPLETED bigint unsigned, WORK_ESTIMATED bigint unsigned," + _NESTING
_WAIT = (
    _EVENT
    + """SPINS int unsigned, OBJECT_SCHEMA varchar(64), OBJECT_NAME varchar(512), INDEX_NAME varchar(64),
    OBJECT_TYPE varchar(64), OBJECT_INSTANCE_BEGIN bigint unsigned!,"""
    + _NESTING
    + ", OPERATION varchar(32)!, NUMBER_OF_BYTES bigint, FLAGS int unsigned"
)

EVENTS = tuple(
    VirtualTable(_P, f"events_{kind}_{part}", columns, nothing)
    for kind, columns in (("statements", _STATEMENT), ("stages", _STAGE), ("waits", _WAIT))
    for part in ("current", "history", "history_long")
)

OTHERS = (
    VirtualTable(
        _P,
        "variables_info",
        """VARIABLE_NAME varchar(64)!, VARIABLE_SOURCE varchar(12), VARIABLE_PATH varchar(1024), MIN_VALUE varchar(64),
        MAX_VALUE varchar(64), SET_TIME datetime, SET_USER varchar(32), SET_HOST varchar(255)""",
        nothing,
    ),
    VirtualTable(
        _P,
        "persisted_variables",
        "VARIABLE_NAME varchar(64)!, VARIABLE_VALUE varchar(1024)",
        nothing,
    ),
    VirtualTable(
        _P,
        "setup_consumers",
        "NAME varchar(64)!, ENABLED varchar(3)!",
        nothing,
    ),
    VirtualTable(
        _P,
        "setup_instruments",
        """NAME varchar(128)!, ENABLED varchar(3)!, TIMED varchar(3), PROPERTIES varchar(64)!, FLAGS varchar(64), VOLATILITY int!,
        DOCUMENTATION longtext""",
        nothing,
    ),
    VirtualTable(
        _P,
        "metadata_locks",
        """OBJECT_TYPE varchar(64)!, OBJECT_SCHEMA varchar(64), OBJECT_NAME varchar(64), COLUMN_NAME varchar(64),
        OBJECT_INSTANCE_BEGIN bigint unsigned!, LOCK_TYPE varchar(32)!, LOCK_DURATION varchar(32)!, LOCK_STATUS varchar(32)!,
        SOURCE varchar(64), OWNER_THREAD_ID bigint unsigned, OWNER_EVENT_ID bigint unsigned""",
        nothing,
    ),
    VirtualTable(
        _P,
        "replication_group_members",
        """CHANNEL_NAME varchar(64)!, MEMBER_ID varchar(36)!, MEMBER_HOST varchar(255)!, MEMBER_PORT int, MEMBER_STATE varchar(64)!,
        MEMBER_ROLE varchar(64)!, MEMBER_VERSION varchar(64)!, MEMBER_COMMUNICATION_STACK varchar(64)!""",
        nothing,
    ),
)
