"""Frozen values for data definition: tables, columns, keys, indexes, databases, views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from planner.parse.nodes_common import Expr, Query, StatementKind, TableName, TypeSpec, UserName
from sqlnode.base.schema import ReferenceAction


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a key: a column (with an optional prefix `length` in characters or bytes) or an expression."""

    column: str | None
    expr: Expr | None = None
    length: int | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """REFERENCES table (columns) MATCH … ON DELETE … ON UPDATE …; NO_OPTION means the action was not written."""

    table: TableName
    columns: tuple[str, ...]
    match: str | None = None
    on_delete: ReferenceAction = ReferenceAction.NO_OPTION
    on_update: ReferenceAction = ReferenceAction.NO_OPTION


@dataclass(frozen=True, slots=True)
class CheckDef:
    """A CHECK constraint; `column` is the owning column's name when it was written inside a column definition."""

    expr: Expr
    name: str | None = None
    enforced: bool = True
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Generated:
    """GENERATED ALWAYS AS (expr) [VIRTUAL | STORED]."""

    expr: Expr
    stored: bool = False


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """A column definition.

    `nullable` is None when neither NULL nor NOT NULL was written. `default` is None when no DEFAULT was written;
    DEFAULT NULL gives an Expr over `exp.Null`. `default_is_expr` is True for a parenthesised default (and for bare
    CURRENT_TIMESTAMP it is False). `unsupported` names attributes that are recognised but not run (first one wins).
    """

    name: str
    type: TypeSpec
    nullable: bool | None = None
    default: Expr | None = None
    default_is_expr: bool = False
    on_update: Expr | None = None
    auto_increment: bool = False
    primary_key: bool = False
    unique: bool = False
    comment: str | None = None
    collation: str | None = None
    generated: Generated | None = None
    checks: tuple[CheckDef, ...] = ()
    reference: Reference | None = None
    visible: bool | None = None
    column_format: str | None = None
    storage: str | None = None
    engine_attribute: str | None = None
    secondary_engine_attribute: str | None = None
    clustered: bool | None = None
    auto_random: tuple[int, ...] | None = None
    unsupported: str | None = None


@dataclass(frozen=True, slots=True)
class KeyDef:
    """A key of a table. `kind` is PRIMARY, UNIQUE, INDEX, FULLTEXT, SPATIAL, VECTOR or COLUMNAR.

    `constraint` is the name after CONSTRAINT, `name` the index name (MySQL uses `name`, else `constraint`).
    """

    kind: str
    parts: tuple[KeyPart, ...]
    name: str | None = None
    constraint: str | None = None
    using: str | None = None
    comment: str | None = None
    visible: bool | None = None
    key_block_size: int | None = None
    parser: str | None = None
    engine_attribute: str | None = None
    secondary_engine_attribute: str | None = None
    clustered: bool | None = None
    is_global: bool = False
    if_not_exists: bool = False

    @property
    def index_name(self) -> str | None:
        """The name that the index gets, or None when the server chooses."""
        return self.name if self.name is not None else self.constraint


@dataclass(frozen=True, slots=True)
class ForeignKeyDef:
    """[CONSTRAINT name] FOREIGN KEY [index_name] (columns) REFERENCES …."""

    columns: tuple[str, ...]
    reference: Reference
    name: str | None = None
    index_name: str | None = None
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class TableOption:
    """One table option; names are upper case with single blanks, synonyms resolved.

    ENGINE, AUTO_INCREMENT (int), CHARSET, COLLATE, COMMENT, ROW_FORMAT, KEY_BLOCK_SIZE (int), AVG_ROW_LENGTH, CHECKSUM,
    COMPRESSION, CONNECTION, DATA DIRECTORY, INDEX DIRECTORY, DELAY_KEY_WRITE, ENCRYPTION, INSERT_METHOD, MAX_ROWS, MIN_ROWS,
    PACK_KEYS, PASSWORD, STATS_AUTO_RECALC, STATS_PERSISTENT, STATS_SAMPLE_PAGES, TABLESPACE, UNION (tuple of names),
    SHARD_ROW_ID_BITS, PRE_SPLIT_REGIONS, AUTO_ID_CACHE, AUTO_RANDOM_BASE, PLACEMENT POLICY, TTL (text), TTL_ENABLE, …
    `value` is None for DEFAULT.
    """

    name: str
    value: str | int | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PartitionSpec:
    """PARTITION BY …, recognised so that it can be refused by name. `method` is e.g. `RANGE COLUMNS`; `text` the source."""

    method: str
    text: str


@dataclass(frozen=True, slots=True)
class CreateTable:
    """CREATE [TEMPORARY] TABLE. Elements keep their written order inside each tuple; `like` excludes the rest.

    `duplicates` is IGNORE or REPLACE before the SELECT. Inline column keys (`a INT PRIMARY KEY`) stay on the ColumnDef.
    """

    table: TableName
    columns: tuple[ColumnDef, ...] = ()
    keys: tuple[KeyDef, ...] = ()
    foreign_keys: tuple[ForeignKeyDef, ...] = ()
    checks: tuple[CheckDef, ...] = ()
    options: tuple[TableOption, ...] = ()
    partition: PartitionSpec | None = None
    like: TableName | None = None
    select: Query | None = None
    duplicates: str | None = None
    temporary: bool = False
    if_not_exists: bool = False
    kind: StatementKind = StatementKind.CREATE_TABLE


@dataclass(frozen=True, slots=True)
class AddColumn:
    """ADD [COLUMN]; `first`, or `after` a column. A parenthesised list becomes several actions."""

    column: ColumnDef
    first: bool = False
    after: str | None = None
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    """DROP [COLUMN] name."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class ModifyColumn:
    """MODIFY [COLUMN] definition."""

    column: ColumnDef
    first: bool = False
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeColumn:
    """CHANGE [COLUMN] old definition (which holds the new name)."""

    old_name: str
    column: ColumnDef
    first: bool = False
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """RENAME COLUMN old TO new."""

    old_name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class AlterColumnDefault:
    """ALTER [COLUMN] name SET DEFAULT …, or DROP DEFAULT (`default` is None)."""

    name: str
    default: Expr | None
    default_is_expr: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnVisibility:
    """ALTER [COLUMN] name SET VISIBLE | INVISIBLE."""

    name: str
    visible: bool


@dataclass(frozen=True, slots=True)
class AddKey:
    """ADD {INDEX | KEY | UNIQUE | PRIMARY KEY | FULLTEXT | SPATIAL}."""

    key: KeyDef


@dataclass(frozen=True, slots=True)
class AddForeignKey:
    """ADD [CONSTRAINT name] FOREIGN KEY."""

    foreign_key: ForeignKeyDef


@dataclass(frozen=True, slots=True)
class AddCheck:
    """ADD [CONSTRAINT name] CHECK."""

    check: CheckDef


@dataclass(frozen=True, slots=True)
class DropKey:
    """DROP {INDEX | KEY} name."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropPrimaryKey:
    """DROP PRIMARY KEY."""


@dataclass(frozen=True, slots=True)
class DropForeignKey:
    """DROP FOREIGN KEY name."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropCheck:
    """DROP CHECK name."""

    name: str


@dataclass(frozen=True, slots=True)
class DropConstraint:
    """DROP CONSTRAINT name: a check, a foreign key, a unique key or PRIMARY, whichever has the name."""

    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterCheck:
    """ALTER {CHECK | CONSTRAINT} name [NOT] ENFORCED."""

    name: str
    enforced: bool
    constraint: bool = False


@dataclass(frozen=True, slots=True)
class AlterIndexVisibility:
    """ALTER INDEX name VISIBLE | INVISIBLE."""

    name: str
    visible: bool


@dataclass(frozen=True, slots=True)
class RenameIndex:
    """RENAME {INDEX | KEY} old TO new."""

    old_name: str
    new_name: str


@dataclass(frozen=True, slots=True)
class RenameTo:
    """RENAME [TO | AS] table."""

    table: TableName


@dataclass(frozen=True, slots=True)
class SetTableOptions:
    """Table options among the actions."""

    options: tuple[TableOption, ...]


@dataclass(frozen=True, slots=True)
class ConvertCharset:
    """CONVERT TO CHARACTER SET charset [COLLATE collation]; charset None means DEFAULT."""

    charset: str | None
    collation: str | None


@dataclass(frozen=True, slots=True)
class OrderRows:
    """ORDER BY columns: (name, descending)."""

    columns: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class EnableKeys:
    """ENABLE KEYS or DISABLE KEYS."""

    enable: bool


@dataclass(frozen=True, slots=True)
class ForceRebuild:
    """FORCE."""


@dataclass(frozen=True, slots=True)
class AlterOption:
    """ALGORITHM, LOCK, or VALIDATION with its upper-case value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class UnsupportedAction:
    """A recognised ALTER TABLE action that is not run; `feature` is what 1235 names (e.g. `ADD PARTITION`)."""

    feature: str


AlterAction: TypeAlias = (
    AddColumn
    | DropColumn
    | ModifyColumn
    | ChangeColumn
    | RenameColumn
    | AlterColumnDefault
    | AlterColumnVisibility
    | AddKey
    | AddForeignKey
    | AddCheck
    | DropKey
    | DropPrimaryKey
    | DropForeignKey
    | DropCheck
    | DropConstraint
    | AlterCheck
    | AlterIndexVisibility
    | RenameIndex
    | RenameTo
    | SetTableOptions
    | ConvertCharset
    | OrderRows
    | EnableKeys
    | ForceRebuild
    | AlterOption
    | UnsupportedAction
)


@dataclass(frozen=True, slots=True)
class AlterTable:
    """ALTER TABLE with its actions in written order."""

    table: TableName
    actions: tuple[AlterAction, ...]
    kind: StatementKind = StatementKind.ALTER_TABLE


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """CREATE [UNIQUE | FULLTEXT | SPATIAL] INDEX."""

    table: TableName
    key: KeyDef
    if_not_exists: bool = False
    algorithm: str | None = None
    lock: str | None = None
    kind: StatementKind = StatementKind.CREATE_INDEX


@dataclass(frozen=True, slots=True)
class DropIndex:
    """DROP INDEX name ON table; the name PRIMARY means the primary key."""

    table: TableName
    name: str
    if_exists: bool = False
    algorithm: str | None = None
    lock: str | None = None
    kind: StatementKind = StatementKind.DROP_INDEX


@dataclass(frozen=True, slots=True)
class DropTable:
    """DROP [TEMPORARY] TABLE."""

    tables: tuple[TableName, ...]
    if_exists: bool = False
    temporary: bool = False
    kind: StatementKind = StatementKind.DROP_TABLE


@dataclass(frozen=True, slots=True)
class DropView:
    """DROP VIEW."""

    views: tuple[TableName, ...]
    if_exists: bool = False
    kind: StatementKind = StatementKind.DROP_VIEW


@dataclass(frozen=True, slots=True)
class RenameTable:
    """RENAME TABLE old TO new, …, in order."""

    renames: tuple[tuple[TableName, TableName], ...]
    kind: StatementKind = StatementKind.RENAME_TABLE


@dataclass(frozen=True, slots=True)
class TruncateTable:
    """TRUNCATE [TABLE]."""

    table: TableName
    kind: StatementKind = StatementKind.TRUNCATE_TABLE


@dataclass(frozen=True, slots=True)
class CreateDatabase:
    """CREATE DATABASE; `encryption` is Y or N."""

    name: str
    if_not_exists: bool = False
    charset: str | None = None
    collation: str | None = None
    encryption: str | None = None
    unsupported: str | None = None
    kind: StatementKind = StatementKind.CREATE_DATABASE


@dataclass(frozen=True, slots=True)
class AlterDatabase:
    """ALTER DATABASE; `name` is None for the current database."""

    name: str | None
    charset: str | None = None
    collation: str | None = None
    encryption: str | None = None
    read_only: bool | None = None
    unsupported: str | None = None
    kind: StatementKind = StatementKind.ALTER_DATABASE


@dataclass(frozen=True, slots=True)
class DropDatabase:
    """DROP DATABASE."""

    name: str
    if_exists: bool = False
    kind: StatementKind = StatementKind.DROP_DATABASE


@dataclass(frozen=True, slots=True)
class CreateView:
    """CREATE VIEW, or ALTER VIEW (then `kind` is ALTER_VIEW).

    `algorithm` is UNDEFINED, MERGE, TEMPTABLE or None; `security` DEFINER, INVOKER or None; `check_option` CASCADED, LOCAL
    or None (no WITH CHECK OPTION).
    """

    view: TableName
    select: Query
    columns: tuple[str, ...] = ()
    or_replace: bool = False
    if_not_exists: bool = False
    algorithm: str | None = None
    definer: UserName | None = None
    security: str | None = None
    check_option: str | None = None
    kind: StatementKind = StatementKind.CREATE_VIEW


DdlNode: TypeAlias = (
    CreateTable
    | AlterTable
    | CreateIndex
    | DropIndex
    | DropTable
    | DropView
    | RenameTable
    | TruncateTable
    | CreateDatabase
    | AlterDatabase
    | DropDatabase
    | CreateView
)
