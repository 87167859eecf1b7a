"""What sessions have done: how often each kind of statement ran, the `Com_` counters of SHOW STATUS.

A session counts in a list of its own, one addition a statement; the server's counters are the sum over the sessions that
are there and what those that are gone have left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.parse.nodes_admin import Show
from planner.parse.nodes_common import StatementKind
from planner.physical import Insert, PhysicalPlan

if TYPE_CHECKING:
    from planner.parse.statement import Statement

COMMANDS: tuple[str, ...] = tuple(
    "other select insert insert_select replace replace_select update update_multi delete delete_multi load begin commit rollback "
    "savepoint rollback_to_savepoint release_savepoint set_option change_db create_table alter_table drop_table "
    "rename_table truncate "
    "create_index drop_index create_db alter_db drop_db create_view drop_view create_user alter_user drop_user rename_user "
    "create_role drop_role grant revoke set_password set_role alter_user_default_role lock_tables unlock_tables kill flush do "
    "help explain_other analyze optimize check repair checksum call_procedure prepare_sql execute_sql dealloc_sql "
    "stmt_prepare stmt_execute stmt_close stmt_reset stmt_fetch stmt_send_long_data admin_commands show_binlogs "
    "show_binlog_events show_charsets show_collations show_create_db show_create_event show_create_func show_create_proc "
    "show_create_table show_create_trigger show_create_user show_databases show_engine_logs show_engine_mutex "
    "show_engine_status show_errors show_events show_fields show_function_code show_function_status show_grants show_keys "
    "show_master_status show_open_tables show_plugins show_privileges show_procedure_code show_procedure_status "
    "show_processlist show_profile show_profiles show_relaylog_events show_replica_status show_replicas show_status "
    "show_storage_engines show_table_status show_tables show_triggers show_variables show_warnings".split()
)
"""Names of the counters without `Com_`, in the order of a session's counts; the first is for what has none."""

_PLACES = {name: place for place, name in enumerate(COMMANDS)}
_NAMES = {
    StatementKind.LOAD_DATA: "load",
    StatementKind.TRUNCATE_TABLE: "truncate",
    StatementKind.CREATE_DATABASE: "create_db",
    StatementKind.ALTER_DATABASE: "alter_db",
    StatementKind.DROP_DATABASE: "drop_db",
    StatementKind.ALTER_VIEW: "create_view",
    StatementKind.SET: "set_option",
    StatementKind.SET_TRANSACTION: "set_option",
    StatementKind.SET_DEFAULT_ROLE: "alter_user_default_role",
    StatementKind.EXPLAIN: "explain_other",
    StatementKind.DESCRIBE: "show_fields",
    StatementKind.USE: "change_db",
    StatementKind.PREPARE: "prepare_sql",
    StatementKind.EXECUTE: "execute_sql",
    StatementKind.DEALLOCATE: "dealloc_sql",
    StatementKind.ANALYZE_TABLE: "analyze",
    StatementKind.OPTIMIZE_TABLE: "optimize",
    StatementKind.CHECK_TABLE: "check",
    StatementKind.REPAIR_TABLE: "repair",
    StatementKind.CHECKSUM_TABLE: "checksum",
    StatementKind.MISSING_PROGRAM: "call_procedure",
}
_SHOWN = {
    "INDEX": "keys",
    "COLUMNS": "fields",
    "CREATE DATABASE": "create_db",
    "CREATE VIEW": "create_table",
    "CREATE FUNCTION": "create_func",
    "CREATE PROCEDURE": "create_proc",
    "CHARACTER SET": "charsets",
    "COLLATION": "collations",
    "ENGINES": "storage_engines",
    "BINARY LOGS": "binlogs",
    "COUNT WARNINGS": "warnings",
    "COUNT ERRORS": "errors",
}

EXECUTE = _PLACES["stmt_execute"]
PREPARE = _PLACES["stmt_prepare"]
CLOSE = _PLACES["stmt_close"]
RESET = _PLACES["stmt_reset"]
FETCH = _PLACES["stmt_fetch"]
LONG_DATA = _PLACES["stmt_send_long_data"]
ADMIN = _PLACES["admin_commands"]
CHANGE_DATABASE = _PLACES["change_db"]


@dataclass(slots=True)
class Activity:
    """What connections did. Of one connection the counts of connections are the server's."""

    packets: int = 0
    """Commands of clients, whatever they are."""
    unasked: int = 0
    """Those among them that ask for no work: COM_PING, COM_STATISTICS."""
    received: int = 0
    sent: int = 0
    slow: int = 0
    """Commands that took longer than long_query_time."""
    accepted: int = 0
    most: int = 0
    aborted: int = 0
    """Clients that went away without a word."""
    refused: int = 0
    """Clients that could not log in."""

    def forget(self, earlier: Activity) -> None:
        """Takes off what one connection had done earlier."""
        self.packets -= earlier.packets
        self.unasked -= earlier.unasked
        self.received -= earlier.received
        self.sent -= earlier.sent
        self.slow -= earlier.slow


def no_commands() -> list[int]:
    """The counts of a session that has done nothing yet."""
    return [0] * len(COMMANDS)


def command_of(statement: Statement, plan: PhysicalPlan | None = None) -> int:
    """Which counter a statement counts in; `plan` for those that have one."""
    kind = statement.kind
    node = statement.ast
    if isinstance(node, Show):
        name = "show_" + _SHOWN.get(node.what, node.what.lower().replace(" ", "_"))
    else:
        name = _NAMES.get(kind, kind.value.lower().replace(" ", "_"))
    if plan is not None and isinstance(plan.root, Insert) and plan.root.source is not None:
        name += "_select"
    if kind in (StatementKind.UPDATE, StatementKind.DELETE) and statement.names_several_tables:
        name += "_multi"
    return _PLACES.get(name, 0)


def total(counts: Iterable[list[int]]) -> list[int]:
    """Several sessions' counts together."""
    return [sum(column) for column in zip(*counts)]
