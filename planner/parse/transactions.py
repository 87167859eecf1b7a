"""BEGIN, COMMIT, ROLLBACK, savepoints, SET TRANSACTION, XA, LOCK TABLES."""

from __future__ import annotations

from sqlglot.tokens import TokenType

from planner.parse.cursor import Cursor
from planner.parse.nodes_common import Expr
from planner.parse.nodes_session import (
    Begin,
    Commit,
    LockTables,
    ReleaseSavepoint,
    Rollback,
    RollbackToSavepoint,
    Savepoint,
    SetTransaction,
    SetTransactionItem,
    TableLock,
    UnlockTables,
    Xa,
    Xid,
)

T = TokenType


def _begin(cursor: Cursor) -> Begin:
    cursor.accept("WORK")
    return Begin(mode=cursor.accept_any("PESSIMISTIC", "OPTIMISTIC"))


def _start(cursor: Cursor) -> Begin:
    read_only: bool | None = None
    snapshot = False
    causal = False
    as_of: Expr | None = None
    while not cursor.done:
        if cursor.accept("WITH", "CONSISTENT", "SNAPSHOT"):
            snapshot = True
        elif cursor.accept("WITH", "CAUSAL", "CONSISTENCY", "ONLY"):
            causal = True
        elif read_only is not False and cursor.accept("READ", "ONLY"):
            read_only = True
            if cursor.accept("AS", "OF", "TIMESTAMP"):
                as_of = cursor.item()
        elif read_only is not True and cursor.accept("READ", "WRITE"):
            read_only = False
        else:
            raise cursor.fail()
        if not cursor.symbol(T.COMMA):
            break
    return Begin(read_only=read_only, consistent_snapshot=snapshot, as_of=as_of, causal_consistency_only=causal)


def _chain_and_release(cursor: Cursor) -> tuple[bool | None, bool | None]:
    cursor.accept("WORK")
    chain: bool | None = None
    release: bool | None = None
    if cursor.accept("AND", "NO", "CHAIN"):
        chain = False
    elif cursor.accept("AND", "CHAIN"):
        chain = True
    if cursor.accept("NO", "RELEASE"):
        release = False
    elif cursor.accept("RELEASE"):
        if chain:
            raise cursor.fail(-1)
        release = True
    return chain, release


def _commit(cursor: Cursor) -> Commit:
    return Commit(*_chain_and_release(cursor))


def _rollback(cursor: Cursor) -> Rollback | RollbackToSavepoint:
    work = cursor.accept("WORK")
    if cursor.accept("TO"):
        cursor.accept("SAVEPOINT")
        return RollbackToSavepoint(cursor.name())
    if work:
        cursor.index -= 1
    return Rollback(*_chain_and_release(cursor))


def read_characteristics(cursor: Cursor, scope: str | None) -> SetTransactionItem:
    """What follows the word TRANSACTION in SET [GLOBAL | SESSION] TRANSACTION."""
    isolation: str | None = None
    read_only: bool | None = None
    while True:
        if isolation is None and cursor.accept("ISOLATION", "LEVEL"):
            if cursor.accept("READ"):
                isolation = "READ-" + cursor.expect_any("COMMITTED", "UNCOMMITTED")
            elif cursor.accept("REPEATABLE", "READ"):
                isolation = "REPEATABLE-READ"
            else:
                cursor.expect("SERIALIZABLE")
                isolation = "SERIALIZABLE"
        elif read_only is None and cursor.accept("READ"):
            read_only = cursor.expect_any("ONLY", "WRITE") == "ONLY"
        else:
            raise cursor.fail()
        if not cursor.symbol(T.COMMA):
            return SetTransactionItem(scope, isolation, read_only)


def _set_transaction(scope: str | None, cursor: Cursor) -> SetTransaction:
    item = read_characteristics(cursor, scope)
    return SetTransaction(scope, item.isolation, item.read_only)


def _lock_tables(cursor: Cursor) -> LockTables:
    locks: list[TableLock] = []
    while True:
        table = cursor.table()
        alias: str | None = None
        if cursor.accept("AS") or (cursor.at_name() and cursor.word() not in ("READ", "WRITE", "LOW_PRIORITY")):
            alias = cursor.name()
        if cursor.accept("READ"):
            mode = "READ LOCAL" if cursor.accept("LOCAL") else "READ"
        elif cursor.accept("LOW_PRIORITY"):
            cursor.expect("WRITE")
            mode = "LOW_PRIORITY WRITE"
        else:
            cursor.expect("WRITE")
            mode = "WRITE"
        locks.append(TableLock(table, mode, alias))
        if not cursor.symbol(T.COMMA):
            return LockTables(tuple(locks))


def _xid(cursor: Cursor) -> Xid:
    gtrid = cursor.string_or_hex()
    bqual = b""
    format_id = 1
    if cursor.symbol(T.COMMA):
        bqual = cursor.string_or_hex()
        if cursor.symbol(T.COMMA):
            format_id = cursor.integer()
    return Xid(gtrid, bqual, format_id)


def _xa(cursor: Cursor) -> Xa:
    verb = cursor.expect_any("START", "BEGIN", "END", "PREPARE", "COMMIT", "ROLLBACK", "RECOVER")
    verb = "START" if verb == "BEGIN" else verb
    options: list[str] = []
    if verb == "RECOVER":
        if cursor.accept("CONVERT", "XID"):
            options.append("CONVERT XID")
        return Xa(verb, None, tuple(options))
    xid = _xid(cursor)
    if verb == "START":
        found = cursor.accept_any("JOIN", "RESUME")
        if found:
            options.append(found)
    elif verb == "END" and cursor.accept("SUSPEND"):
        options.append("SUSPEND")
        if cursor.accept("FOR", "MIGRATE"):
            options.append("FOR MIGRATE")
    elif verb == "COMMIT" and cursor.accept("ONE", "PHASE"):
        options.append("ONE PHASE")
    return Xa(verb, xid, tuple(options))


def _unlock_tables(cursor: Cursor) -> UnlockTables:
    return UnlockTables()


PARSERS = {
    "BEGIN": _begin,
    "START TRANSACTION": _start,
    "COMMIT": _commit,
    "ROLLBACK": _rollback,
    "SAVEPOINT": lambda cursor: Savepoint(cursor.name()),
    "RELEASE SAVEPOINT": lambda cursor: ReleaseSavepoint(cursor.name()),
    "SET TRANSACTION": lambda cursor: _set_transaction(None, cursor),
    "SET SESSION TRANSACTION": lambda cursor: _set_transaction("SESSION", cursor),
    "SET LOCAL TRANSACTION": lambda cursor: _set_transaction("SESSION", cursor),
    "SET GLOBAL TRANSACTION": lambda cursor: _set_transaction("GLOBAL", cursor),
    "LOCK TABLES": _lock_tables,
    "LOCK TABLE": _lock_tables,
    "UNLOCK TABLES": _unlock_tables,
    "UNLOCK TABLE": _unlock_tables,
    "XA": _xa,
}
