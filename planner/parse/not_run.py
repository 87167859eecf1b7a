"""Statements that MySQL or TiDB has and that are not run here: recognised by their first words, answered with 1235."""

from __future__ import annotations

from collections.abc import Callable

from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Unsupported

_FEATURES = (
    "HANDLER",
    "IMPORT TABLE",
    "LOAD XML",
    "INSTALL PLUGIN",
    "INSTALL COMPONENT",
    "UNINSTALL PLUGIN",
    "UNINSTALL COMPONENT",
    "CLONE",
    "CREATE PROCEDURE",
    "CREATE FUNCTION",
    "CREATE AGGREGATE FUNCTION",
    "CREATE TRIGGER",
    "CREATE EVENT",
    "CREATE SERVER",
    "CREATE TABLESPACE",
    "CREATE UNDO TABLESPACE",
    "CREATE LOGFILE GROUP",
    "CREATE RESOURCE GROUP",
    "CREATE SPATIAL REFERENCE SYSTEM",
    "CREATE SEQUENCE",
    "CREATE PLACEMENT POLICY",
    "ALTER PROCEDURE",
    "ALTER FUNCTION",
    "ALTER EVENT",
    "ALTER SERVER",
    "ALTER TABLESPACE",
    "ALTER UNDO TABLESPACE",
    "ALTER LOGFILE GROUP",
    "ALTER RESOURCE GROUP",
    "ALTER INSTANCE",
    "ALTER SEQUENCE",
    "ALTER PLACEMENT POLICY",
    "DROP SERVER",
    "DROP TABLESPACE",
    "DROP UNDO TABLESPACE",
    "DROP LOGFILE GROUP",
    "DROP RESOURCE GROUP",
    "DROP SPATIAL REFERENCE SYSTEM",
    "DROP SEQUENCE",
    "DROP PLACEMENT POLICY",
    "CHANGE MASTER",
    "CHANGE REPLICATION SOURCE",
    "CHANGE REPLICATION FILTER",
    "START SLAVE",
    "START REPLICA",
    "START GROUP_REPLICATION",
    "STOP SLAVE",
    "STOP REPLICA",
    "STOP GROUP_REPLICATION",
    "RESET MASTER",
    "RESET SLAVE",
    "RESET REPLICA",
    "RESET PERSIST",
    "RESET BINARY LOGS",
    "PURGE BINARY LOGS",
    "PURGE MASTER LOGS",
    "BINLOG",
    "CACHE INDEX",
    "LOAD INDEX",
    "LOCK INSTANCE",
    "UNLOCK INSTANCE",
    "SHUTDOWN",
    "RESTART",
    "SIGNAL",
    "RESIGNAL",
    "GET DIAGNOSTICS",
    "GET CURRENT DIAGNOSTICS",
    "GET STACKED DIAGNOSTICS",
    "SET RESOURCE GROUP",
    "ADMIN",
    "SPLIT TABLE",
    "SPLIT REGION",
    "TRACE",
    "BATCH",
    "FLASHBACK",
    "RECOVER TABLE",
    "IMPORT INTO",
    "BACKUP",
    "RESTORE",
    "PLAN REPLAYER",
    "CREATE GLOBAL BINDING",
    "CREATE SESSION BINDING",
    "CREATE BINDING",
    "DROP GLOBAL BINDING",
    "DROP SESSION BINDING",
    "DROP BINDING",
)


def _refuse(words: str) -> Callable[[Cursor], Unsupported]:
    def read(cursor: Cursor) -> Unsupported:
        cursor.index = len(cursor.tokens)
        return Unsupported(words)

    return read


PARSERS = {words: _refuse(words) for words in _FEATURES}
