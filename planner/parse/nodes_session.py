"""Frozen values for what acts on a session: SET, transactions, locks, prepared statements, USE, DO, KILL, LOAD DATA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from planner.parse.nodes_common import Expr, Query, StatementKind, TableName, UserName


@dataclass(frozen=True, slots=True)
class SetSystemVariable:
    """name = value. `scope` is SESSION, GLOBAL, PERSIST, PERSIST_ONLY or None (not written: session).

    `name` is as written, with a prefix such as `hot_cache.key_buffer_size` kept; `value` None means DEFAULT. A bare word
    (`ON`, `ANSI`) is `value.word`. `at_signs`: written as @@name, which makes a difference for a transaction's
    characteristics.
    """

    name: str
    value: Expr | None
    scope: str | None = None
    at_signs: bool = False


@dataclass(frozen=True, slots=True)
class SetUserVariable:
    """@name = value (or :=); `name` is without the sign."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class SetNames:
    """NAMES charset [COLLATE collation]; charset None means DEFAULT."""

    charset: str | None
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class SetCharacterSet:
    """CHARACTER SET charset (or CHARSET); None means DEFAULT."""

    charset: str | None


@dataclass(frozen=True, slots=True)
class SetTransactionItem:
    """SESSION TRANSACTION … as one item of a longer SET; see SetTransaction."""

    scope: str | None
    isolation: str | None = None
    read_only: bool | None = None


SetItem: TypeAlias = SetSystemVariable | SetUserVariable | SetNames | SetCharacterSet | SetTransactionItem


@dataclass(frozen=True, slots=True)
class SetStatement:
    """SET with its items in written order; SET NAMES is one item."""

    items: tuple[SetItem, ...]
    kind: StatementKind = StatementKind.SET


@dataclass(frozen=True, slots=True)
class SetTransaction:
    """SET [SESSION | GLOBAL] TRANSACTION. `scope` None means the next transaction only.

    `isolation` is READ-UNCOMMITTED, READ-COMMITTED, REPEATABLE-READ, SERIALIZABLE or None; `read_only` None: not written.
    """

    scope: str | None
    isolation: str | None = None
    read_only: bool | None = None
    kind: StatementKind = StatementKind.SET_TRANSACTION


@dataclass(frozen=True, slots=True)
class SetPassword:
    """SET PASSWORD [FOR user] = 'text' | TO RANDOM; `user` None is the current one, `password` None is RANDOM."""

    user: UserName | None
    password: str | None
    replace: str | None = None
    retain: bool = False
    kind: StatementKind = StatementKind.SET_PASSWORD


@dataclass(frozen=True, slots=True)
class SetRole:
    """SET ROLE. `mode` is DEFAULT, NONE, ALL, ALL EXCEPT or LIST."""

    mode: str
    roles: tuple[UserName, ...] = ()
    kind: StatementKind = StatementKind.SET_ROLE


@dataclass(frozen=True, slots=True)
class SetDefaultRole:
    """SET DEFAULT ROLE {NONE | ALL | roles} TO users."""

    mode: str
    roles: tuple[UserName, ...]
    users: tuple[UserName, ...]
    kind: StatementKind = StatementKind.SET_DEFAULT_ROLE


@dataclass(frozen=True, slots=True)
class Use:
    """USE database."""

    database: str
    kind: StatementKind = StatementKind.USE


@dataclass(frozen=True, slots=True)
class Begin:
    """BEGIN or START TRANSACTION. `mode` is PESSIMISTIC, OPTIMISTIC or None (the session's)."""

    read_only: bool | None = None
    consistent_snapshot: bool = False
    mode: str | None = None
    as_of: Expr | None = None
    causal_consistency_only: bool = False
    kind: StatementKind = StatementKind.BEGIN


@dataclass(frozen=True, slots=True)
class Commit:
    """COMMIT [WORK] [AND [NO] CHAIN] [[NO] RELEASE]; None: not written (completion_type decides)."""

    chain: bool | None = None
    release: bool | None = None
    kind: StatementKind = StatementKind.COMMIT


@dataclass(frozen=True, slots=True)
class Rollback:
    """ROLLBACK [WORK] [AND [NO] CHAIN] [[NO] RELEASE]."""

    chain: bool | None = None
    release: bool | None = None
    kind: StatementKind = StatementKind.ROLLBACK


@dataclass(frozen=True, slots=True)
class Savepoint:
    """SAVEPOINT name."""

    name: str
    kind: StatementKind = StatementKind.SAVEPOINT


@dataclass(frozen=True, slots=True)
class RollbackToSavepoint:
    """ROLLBACK [WORK] TO [SAVEPOINT] name."""

    name: str
    kind: StatementKind = StatementKind.ROLLBACK_TO_SAVEPOINT


@dataclass(frozen=True, slots=True)
class ReleaseSavepoint:
    """RELEASE SAVEPOINT name."""

    name: str
    kind: StatementKind = StatementKind.RELEASE_SAVEPOINT


@dataclass(frozen=True, slots=True)
class Xid:
    """A global transaction id: bytes of gtrid and bqual, and the format number."""

    gtrid: bytes
    bqual: bytes = b""
    format_id: int = 1


@dataclass(frozen=True, slots=True)
class Xa:
    """XA verbs. `verb` is START, END, PREPARE, COMMIT, ROLLBACK or RECOVER.

    `options` holds upper-case words: JOIN, RESUME, SUSPEND, FOR MIGRATE, ONE PHASE, CONVERT XID.
    """

    verb: str
    xid: Xid | None = None
    options: tuple[str, ...] = ()
    kind: StatementKind = StatementKind.XA


@dataclass(frozen=True, slots=True)
class TableLock:
    """One table of LOCK TABLES; `mode` is READ, READ LOCAL, WRITE or LOW_PRIORITY WRITE."""

    table: TableName
    mode: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class LockTables:
    """LOCK TABLES."""

    locks: tuple[TableLock, ...]
    kind: StatementKind = StatementKind.LOCK_TABLES


@dataclass(frozen=True, slots=True)
class UnlockTables:
    """UNLOCK TABLES."""

    kind: StatementKind = StatementKind.UNLOCK_TABLES


@dataclass(frozen=True, slots=True)
class Prepare:
    """PREPARE name FROM 'text' | @variable; exactly one of `text`, `variable` is set."""

    name: str
    text: str | None
    variable: str | None
    kind: StatementKind = StatementKind.PREPARE


@dataclass(frozen=True, slots=True)
class Execute:
    """EXECUTE name [USING @a, @b]; `using` holds names without the sign."""

    name: str
    using: tuple[str, ...] = ()
    kind: StatementKind = StatementKind.EXECUTE


@dataclass(frozen=True, slots=True)
class Deallocate:
    """{DEALLOCATE | DROP} PREPARE name."""

    name: str
    kind: StatementKind = StatementKind.DEALLOCATE


@dataclass(frozen=True, slots=True)
class Do:
    """DO expressions. `query` is the same list as `SELECT …`, ready to be planned."""

    exprs: tuple[Expr, ...]
    query: Query
    kind: StatementKind = StatementKind.DO


@dataclass(frozen=True, slots=True)
class Kill:
    """KILL [CONNECTION | QUERY] id."""

    connection: Expr
    query_only: bool = False
    kind: StatementKind = StatementKind.KILL


@dataclass(frozen=True, slots=True)
class FieldFormat:
    """FIELDS and LINES of LOAD DATA and INTO OUTFILE, defaults filled in."""

    fields_terminated: bytes = b"\t"
    fields_enclosed: bytes = b""
    optionally_enclosed: bool = False
    fields_escaped: bytes = b"\\"
    lines_starting: bytes = b""
    lines_terminated: bytes = b"\n"


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """One entry of LOAD DATA's column list: a column, or a user variable (`variable` True)."""

    name: str
    variable: bool = False


@dataclass(frozen=True, slots=True)
class LoadAssignment:
    """SET column = value of LOAD DATA; `value` None means DEFAULT."""

    column: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class LoadData:
    """LOAD DATA [LOCAL] INFILE. `duplicates` is IGNORE, REPLACE or None; `targets` None means all columns."""

    file: str
    table: TableName
    local: bool = False
    duplicates: str | None = None
    charset: str | None = None
    format: FieldFormat = FieldFormat()
    ignore_lines: int = 0
    targets: tuple[LoadTarget, ...] | None = None
    assignments: tuple[LoadAssignment, ...] = ()
    priority: str | None = None
    unsupported: str | None = None
    kind: StatementKind = StatementKind.LOAD_DATA


SessionNode: TypeAlias = (
    SetStatement
    | SetTransaction
    | SetPassword
    | SetRole
    | SetDefaultRole
    | Use
    | Begin
    | Commit
    | Rollback
    | Savepoint
    | RollbackToSavepoint
    | ReleaseSavepoint
    | Xa
    | LockTables
    | UnlockTables
    | Prepare
    | Execute
    | Deallocate
    | Do
    | Kill
    | LoadData
)
