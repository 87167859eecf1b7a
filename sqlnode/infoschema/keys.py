"""STATISTICS, KEY_COLUMN_USAGE, TABLE_CONSTRAINTS, REFERENTIAL_CONSTRAINTS, CHECK_CONSTRAINTS."""

from __future__ import annotations

from collections.abc import Iterator

from sqlnode.base.schema import ColumnInfo, IndexInfo, ReferenceAction, TableInfo
from sqlnode.ddl.expression_keys import is_key_expression
from sqlnode.infoschema.columns import expression_text
from sqlnode.infoschema.table import Row, View, VirtualTable

_ACTIONS = {
    ReferenceAction.NO_OPTION: "NO ACTION",
    ReferenceAction.NO_ACTION: "NO ACTION",
    ReferenceAction.RESTRICT: "RESTRICT",
    ReferenceAction.CASCADE: "CASCADE",
    ReferenceAction.SET_NULL: "SET NULL",
    ReferenceAction.SET_DEFAULT: "SET DEFAULT",
}


def keys_of(table: TableInfo) -> Iterator[tuple[str, bool, list[tuple[ColumnInfo, int]], IndexInfo | None]]:
    """(name, unique, (column, prefix length or -1) …, index or None for the integer handle): PRIMARY, unique, the rest."""
    handle = table.handle_column
    if handle is not None:
        yield "PRIMARY", True, [(handle, -1)], None
    indexes = sorted(table.public_indexes, key=lambda index: (not index.primary, not index.unique))
    for index in indexes:
        parts = [(table.columns[part.offset], part.length) for part in index.columns]
        yield ("PRIMARY" if index.primary else index.name), index.unique or index.primary, parts, index


def _statistics(view: View) -> Iterator[Row]:
    for schema, table in view.base_tables():
        for name, unique, parts, index in keys_of(table):
            for place, (column, length) in enumerate(parts):
                hidden = is_key_expression(column)
                yield (
                    "def",
                    schema.name,
                    table.name,
                    0 if unique else 1,
                    schema.name,
                    name,
                    place + 1,
                    None if hidden else column.name,
                    "D" if index is not None and index.columns[place].descending else "A",
                    int(view.instance.row_count(table.id) or 0),
                    length if length > 0 else None,
                    None,
                    "" if column.type.not_null else "YES",
                    "BTREE",
                    "",
                    index.comment if index is not None else "",
                    "NO" if index is not None and index.invisible else "YES",
                    expression_text(column.generated_expr) if hidden else None,
                )


STATISTICS = VirtualTable(
    "information_schema",
    "STATISTICS",
    """
    TABLE_CATALOG varchar(64)!
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    NON_UNIQUE int!
    INDEX_SCHEMA varchar(64)!
    INDEX_NAME varchar(64)
    SEQ_IN_INDEX int unsigned!
    COLUMN_NAME varchar(64)
    COLLATION varchar(1)
    CARDINALITY bigint
    SUB_PART bigint
    PACKED varchar(10)
    NULLABLE varchar(3)!
    INDEX_TYPE varchar(11)!
    COMMENT varchar(8)!
    INDEX_COMMENT varchar(2048)!
    IS_VISIBLE varchar(3)!
    EXPRESSION longtext
    """,
    _statistics,
)


def _key_column_usage(view: View) -> Iterator[Row]:
    for schema, table in view.base_tables():
        for name, unique, parts, _ in keys_of(table):
            if unique:
                for place, (column, _length) in enumerate(parts):
                    if is_key_expression(column):
                        continue
                    yield (
                        "def",
                        schema.name,
                        name,
                        "def",
                        schema.name,
                        table.name,
                        column.name,
                        place + 1,
                        None,
                        None,
                        None,
                        None,
                    )
        for key in table.foreign_keys:
            for place, (column_name, referenced) in enumerate(zip(key.columns, key.ref_columns)):
                yield (
                    "def",
                    schema.name,
                    key.name,
                    "def",
                    schema.name,
                    table.name,
                    column_name,
                    place + 1,
                    place + 1,
                    key.ref_schema or schema.name,
                    key.ref_table,
                    referenced,
                )


KEY_COLUMN_USAGE = VirtualTable(
    "information_schema",
    "KEY_COLUMN_USAGE",
    """
    CONSTRAINT_CATALOG varchar(64)!
    CONSTRAINT_SCHEMA varchar(64)!
    CONSTRAINT_NAME varchar(64)
    TABLE_CATALOG varchar(64)!
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    COLUMN_NAME varchar(64)
    ORDINAL_POSITION int unsigned!
    POSITION_IN_UNIQUE_CONSTRAINT int unsigned
    REFERENCED_TABLE_SCHEMA varchar(64)
    REFERENCED_TABLE_NAME varchar(64)
    REFERENCED_COLUMN_NAME varchar(64)
    """,
    _key_column_usage,
)


def _table_constraints(view: View) -> Iterator[Row]:
    for schema, table in view.base_tables():
        head = ("def", schema.name)
        for name, unique, _, _ in keys_of(table):
            if unique:
                kind = "PRIMARY KEY" if name == "PRIMARY" else "UNIQUE"
                yield *head, name, schema.name, table.name, kind, "YES"
        for key in table.foreign_keys:
            yield *head, key.name, schema.name, table.name, "FOREIGN KEY", "YES"
        for check in table.constraints:
            yield *head, check.name, schema.name, table.name, "CHECK", "YES" if check.enforced else "NO"


TABLE_CONSTRAINTS = VirtualTable(
    "information_schema",
    "TABLE_CONSTRAINTS",
    """
    CONSTRAINT_CATALOG varchar(64)!
    CONSTRAINT_SCHEMA varchar(64)!
    CONSTRAINT_NAME varchar(64)
    TABLE_SCHEMA varchar(64)!
    TABLE_NAME varchar(64)!
    CONSTRAINT_TYPE varchar(11)!
    ENFORCED varchar(3)!
    """,
    _table_constraints,
)


def _unique_name(parent: TableInfo | None, columns: tuple[str, ...]) -> str | None:
    """The key of the referenced table that the foreign key leans on."""
    if parent is None:
        return None
    wanted = [name.lower() for name in columns]
    for name, unique, parts, _ in keys_of(parent):
        if unique and [column.name.lower() for column, _ in parts][: len(wanted)] == wanted:
            return name
    return None


def _referential(view: View) -> Iterator[Row]:
    for schema, table in view.tables("constraint_schema"):
        for key in table.foreign_keys:
            database = key.ref_schema or schema.name
            parent = view.catalog.table(database, key.ref_table)
            yield (
                "def",
                schema.name,
                key.name,
                "def",
                database,
                _unique_name(parent, key.ref_columns),
                "NONE",
                _ACTIONS[key.on_update],
                _ACTIONS[key.on_delete],
                table.name,
                key.ref_table,
            )


REFERENTIAL_CONSTRAINTS = VirtualTable(
    "information_schema",
    "REFERENTIAL_CONSTRAINTS",
    """
    CONSTRAINT_CATALOG varchar(64)!
    CONSTRAINT_SCHEMA varchar(64)!
    CONSTRAINT_NAME varchar(64)
    UNIQUE_CONSTRAINT_CATALOG varchar(64)!
    UNIQUE_CONSTRAINT_SCHEMA varchar(64)!
    UNIQUE_CONSTRAINT_NAME varchar(64)
    MATCH_OPTION varchar(7)!
    UPDATE_RULE varchar(11)!
    DELETE_RULE varchar(11)!
    TABLE_NAME varchar(64)!
    REFERENCED_TABLE_NAME varchar(64)!
    """,
    _referential,
)


def _checks(view: View) -> Iterator[Row]:
    for schema, table in view.tables("constraint_schema"):
        for check in table.constraints:
            text = expression_text(check.expression)
            yield "def", schema.name, check.name, text


CHECK_CONSTRAINTS = VirtualTable(
    "information_schema",
    "CHECK_CONSTRAINTS",
    """
    CONSTRAINT_CATALOG varchar(64)!
    CONSTRAINT_SCHEMA varchar(64)!
    CONSTRAINT_NAME varchar(64)!
    CHECK_CLAUSE longtext!
    """,
    _checks,
)
