"""Frozen values for SHOW, EXPLAIN, DESCRIBE, maintenance and FLUSH."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from planner.parse.nodes_common import Expr, Query, StatementKind, TableName, UserName


@dataclass(frozen=True, slots=True)
class Show:
    """SHOW. `what` is the canonical upper-case name, synonyms resolved:

    DATABASES, TABLES, OPEN TABLES, TABLE STATUS, COLUMNS, INDEX, CREATE TABLE, CREATE VIEW, CREATE DATABASE, CREATE USER,
    CREATE PROCEDURE, CREATE FUNCTION, CREATE TRIGGER, CREATE EVENT, VARIABLES, STATUS, WARNINGS, ERRORS, COUNT WARNINGS,
    COUNT ERRORS, COLLATION, CHARACTER SET, ENGINES, ENGINE STATUS, ENGINE MUTEX, ENGINE LOGS, PLUGINS, PROCESSLIST, GRANTS,
    PRIVILEGES, TRIGGERS, EVENTS, FUNCTION STATUS, PROCEDURE STATUS, FUNCTION CODE, PROCEDURE CODE, MASTER STATUS (also for
    BINARY LOG STATUS; `alias` tells), REPLICA STATUS (SLAVE STATUS), REPLICAS, BINARY LOGS, BINLOG EVENTS, RELAYLOG EVENTS,
    PROFILES, PROFILE, and TiDB's (e.g. STATS_META, BINDINGS, TABLE REGIONS).
    `alias` is the spelling as written, upper case. `table` for COLUMNS, INDEX, CREATE TABLE / VIEW; `database` for FROM db;
    `name` for anything else that is named (CREATE DATABASE, ENGINE, ...); `like` is the decoded pattern; `scope` is GLOBAL,
    SESSION or None; `limit` is (offset, count).
    """

    what: str
    alias: str = ""
    full: bool = False
    extended: bool = False
    scope: str | None = None
    table: TableName | None = None
    database: str | None = None
    name: str | None = None
    user: UserName | None = None
    using: tuple[UserName, ...] = ()
    like: str | None = None
    where: Expr | None = None
    limit: tuple[int, int] | None = None
    if_not_exists: bool = False
    options: tuple[str, ...] = ()
    kind: StatementKind = StatementKind.SHOW


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN [ANALYZE] [FORMAT = f] statement, or FOR CONNECTION n. `format` is as written, or None."""

    statement: Query | None
    analyze: bool = False
    format: str | None = None
    connection: int | None = None
    into: str | None = None
    schema: str | None = None
    kind: StatementKind = StatementKind.EXPLAIN


@dataclass(frozen=True, slots=True)
class Describe:
    """{DESCRIBE | DESC | EXPLAIN} table [column | 'pattern']; `column` holds either, as a LIKE pattern if `pattern`."""

    table: TableName
    column: str | None = None
    pattern: bool = False
    kind: StatementKind = StatementKind.DESCRIBE


@dataclass(frozen=True, slots=True)
class Help:
    """HELP 'topic'."""

    topic: str
    kind: StatementKind = StatementKind.HELP


@dataclass(frozen=True, slots=True)
class TableMaintenance:
    """ANALYZE, OPTIMIZE, CHECK, REPAIR or CHECKSUM TABLE (`kind` tells). `options` are upper-case words."""

    tables: tuple[TableName, ...]
    kind: StatementKind
    options: tuple[str, ...] = ()
    no_write_to_binlog: bool = False
    unsupported: str | None = None


@dataclass(frozen=True, slots=True)
class Flush:
    """FLUSH. `options` are canonical upper-case names (TABLES, PRIVILEGES, STATUS, LOGS, BINARY LOGS, HOSTS, …).

    For FLUSH TABLES: `tables`, and `read_lock` (WITH READ LOCK) or `for_export`.
    """

    options: tuple[str, ...]
    tables: tuple[TableName, ...] = ()
    read_lock: bool = False
    for_export: bool = False
    kind: StatementKind = StatementKind.FLUSH


@dataclass(frozen=True, slots=True)
class MissingProgram:
    """CALL (`call`) or DROP {PROCEDURE | FUNCTION | TRIGGER | EVENT} [IF EXISTS]; `program` is the kind."""

    program: str
    name: TableName
    if_exists: bool = False
    call: bool = False
    kind: StatementKind = StatementKind.MISSING_PROGRAM


AdminNode: TypeAlias = Show | Explain | Describe | Help | TableMaintenance | Flush | MissingProgram
