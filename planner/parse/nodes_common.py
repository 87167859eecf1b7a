"""Values that every hand-parsed statement family shares: statement kinds, source expressions, names, types, accounts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from sqlglot import expressions as exp

if TYPE_CHECKING:
    from planner.parse.statement import Statement


class StatementKind(Enum):
    """What a statement is; one member per handler. Query expressions of every form (SELECT, WITH, TABLE, VALUES) are SELECT."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    REPLACE = "REPLACE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    LOAD_DATA = "LOAD DATA"
    CREATE_TABLE = "CREATE TABLE"
    ALTER_TABLE = "ALTER TABLE"
    DROP_TABLE = "DROP TABLE"
    RENAME_TABLE = "RENAME TABLE"
    TRUNCATE_TABLE = "TRUNCATE TABLE"
    CREATE_INDEX = "CREATE INDEX"
    DROP_INDEX = "DROP INDEX"
    CREATE_DATABASE = "CREATE DATABASE"
    ALTER_DATABASE = "ALTER DATABASE"
    DROP_DATABASE = "DROP DATABASE"
    CREATE_VIEW = "CREATE VIEW"
    ALTER_VIEW = "ALTER VIEW"
    DROP_VIEW = "DROP VIEW"
    SET = "SET"
    SET_TRANSACTION = "SET TRANSACTION"
    SET_PASSWORD = "SET PASSWORD"
    SET_ROLE = "SET ROLE"
    SET_DEFAULT_ROLE = "SET DEFAULT ROLE"
    SHOW = "SHOW"
    EXPLAIN = "EXPLAIN"
    DESCRIBE = "DESCRIBE"
    HELP = "HELP"
    USE = "USE"
    BEGIN = "BEGIN"
    COMMIT = "COMMIT"
    ROLLBACK = "ROLLBACK"
    SAVEPOINT = "SAVEPOINT"
    ROLLBACK_TO_SAVEPOINT = "ROLLBACK TO SAVEPOINT"
    RELEASE_SAVEPOINT = "RELEASE SAVEPOINT"
    XA = "XA"
    LOCK_TABLES = "LOCK TABLES"
    UNLOCK_TABLES = "UNLOCK TABLES"
    PREPARE = "PREPARE"
    EXECUTE = "EXECUTE"
    DEALLOCATE = "DEALLOCATE PREPARE"
    DO = "DO"
    KILL = "KILL"
    FLUSH = "FLUSH"
    ANALYZE_TABLE = "ANALYZE TABLE"
    OPTIMIZE_TABLE = "OPTIMIZE TABLE"
    CHECK_TABLE = "CHECK TABLE"
    REPAIR_TABLE = "REPAIR TABLE"
    CHECKSUM_TABLE = "CHECKSUM TABLE"
    CREATE_USER = "CREATE USER"
    ALTER_USER = "ALTER USER"
    DROP_USER = "DROP USER"
    RENAME_USER = "RENAME USER"
    CREATE_ROLE = "CREATE ROLE"
    DROP_ROLE = "DROP ROLE"
    GRANT = "GRANT"
    REVOKE = "REVOKE"
    MISSING_PROGRAM = "stored programs"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True)
class Expr:
    """An expression inside a hand-parsed statement: sqlglot's tree (read-only) and the exact source text.

    `parameters` is the number of `?` in it; the trees' Placeholder nodes carry their 0-based number in `this`.
    """

    tree: exp.Expression
    text: str

    @property
    def word(self) -> str | None:
        """The bare unquoted word when the whole expression is one (`ON`, `utf8mb4`, `SYSTEM`), else None."""
        tree = self.tree
        if isinstance(tree, exp.Column) and tree.args.get("table") is None:
            tree = tree.this
            if isinstance(tree, exp.Identifier) and not tree.args.get("quoted"):
                return str(tree.this)
            return None
        if isinstance(tree, (exp.Var, exp.Boolean, exp.Null)):
            return self.text
        return None


@dataclass(frozen=True, slots=True)
class TableName:
    """A table (or view) name as written; `schema` is None when the current database is meant."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema is not None else self.name


@dataclass(frozen=True, slots=True)
class UserName:
    """An account as written; `host` is `%` when left out. `current` marks CURRENT_USER[()]."""

    user: str
    host: str = "%"
    current: bool = False

    def __str__(self) -> str:
        return "CURRENT_USER" if self.current else f"'{self.user}'@'{self.host}'"


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """A column or CAST type as written, with synonyms resolved.

    `name` is one of BIT TINYINT SMALLINT MEDIUMINT INT BIGINT DECIMAL FLOAT DOUBLE DATE TIME DATETIME TIMESTAMP YEAR
    CHAR VARCHAR BINARY VARBINARY TINYTEXT TEXT MEDIUMTEXT LONGTEXT TINYBLOB BLOB MEDIUMBLOB LONGBLOB ENUM SET JSON
    GEOMETRY POINT LINESTRING POLYGON MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION VECTOR, and for CAST
    also SIGNED, UNSIGNED. `length` is M, `scale` is D (for FLOAT, DOUBLE, DECIMAL) and also the fractional-second
    digits of temporal types stand in `length`. `bool_alias` marks BOOL and BOOLEAN, `serial` marks SERIAL
    (BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE). `national` forces utf8mb3. `binary_collation` is the BINARY attribute.
    """

    name: str
    length: int | None = None
    scale: int | None = None
    elements: tuple[str, ...] = ()
    unsigned: bool = False
    zerofill: bool = False
    charset: str | None = None
    collation: str | None = None
    national: bool = False
    binary_collation: bool = False
    bool_alias: bool = False
    serial: bool = False
    array: bool = False


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A statement that MySQL or TiDB has and we recognise but do not run: `feature` is what error 1235 names."""

    feature: str
    kind: StatementKind = StatementKind.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Query:
    """A query inside a hand-parsed statement: its own Statement, whose text is the source slice."""

    statement: Statement

    @property
    def text(self) -> str:
        """The exact source text of the query."""
        return self.statement.text
