"""Transactions, locks, isolation and consistency."""

from __future__ import annotations

from sqlnode.sysvars.variable import Kind, Scope, Variable

_ISOLATION = ("READ-UNCOMMITTED", "READ-COMMITTED", "REPEATABLE-READ", "SERIALIZABLE")

VARIABLES = (
    Variable("autocommit", Scope.BOTH, Kind.BOOL, 1),
    Variable("transaction_isolation", Scope.BOTH, Kind.ENUM, "REPEATABLE-READ", choices=_ISOLATION),
    Variable("tx_isolation", Scope.BOTH, Kind.ENUM, "REPEATABLE-READ", choices=_ISOLATION),
    Variable("transaction_read_only", Scope.BOTH, Kind.BOOL, 0),
    Variable("tx_read_only", Scope.BOTH, Kind.BOOL, 0),
    Variable("tidb_txn_mode", Scope.BOTH, Kind.ENUM, "pessimistic", choices=("pessimistic", "optimistic", "")),
    Variable("tidb_skip_isolation_level_check", Scope.BOTH, Kind.BOOL, 0),
    Variable("tidb_retry_limit", Scope.BOTH, Kind.INT, 10, low=0, high=1 << 31),
    Variable("innodb_lock_wait_timeout", Scope.BOTH, Kind.INT, 50, low=1, high=1073741824, hint=True),
    Variable("lock_wait_timeout", Scope.BOTH, Kind.INT, 31536000, low=1, high=31536000),
    Variable(
        "completion_type",
        Scope.BOTH,
        Kind.ENUM,
        "NO_CHAIN",
        choices=("NO_CHAIN", "CHAIN", "RELEASE"),
    ),
    Variable("foreign_key_checks", Scope.BOTH, Kind.BOOL, 1, hint=True),
    Variable("unique_checks", Scope.BOTH, Kind.BOOL, 1, hint=True, accepted_only=True),
    Variable("innodb_rollback_on_timeout", Scope.GLOBAL, Kind.BOOL, 0, read_only=True),
    Variable("innodb_autoinc_lock_mode", Scope.GLOBAL, Kind.INT, 2, read_only=True),
    Variable("innodb_flush_log_at_trx_commit", Scope.GLOBAL, Kind.INT, 1, read_only=True),
    Variable("innodb_native_foreign_keys", Scope.GLOBAL, Kind.BOOL, 1, read_only=True),
    Variable("read_only", Scope.GLOBAL, Kind.BOOL, 0),
    Variable("super_read_only", Scope.GLOBAL, Kind.BOOL, 0),
    Variable("txn_total_size_limit", Scope.GLOBAL, Kind.INT, 1073741824, low=1 << 20, high=1 << 40),
)
