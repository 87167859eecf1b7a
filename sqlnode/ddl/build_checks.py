"""Generated columns and CHECK constraints: what their expressions may contain, and the text that metadata keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlglot import expressions as exp

from planner.parse.expression_text import column_names, function_names, has_subquery, has_variable, stored_text
from planner.parse.nodes_ddl import CheckDef, ColumnDef
from sqlnode.base.errors import (
    BAD_FIELD_ERROR,
    CHECK_CONSTRAINT_DUP_NAME,
    CHECK_CONSTRAINT_FUNCTION,
    CHECK_CONSTRAINT_REFERS_AUTO_INCREMENT_COLUMN,
    CHECK_CONSTRAINT_REFERS_UNKNOWN_COLUMN,
    CHECK_CONSTRAINT_VARIABLES,
    COLUMN_CHECK_CONSTRAINT_REFERENCES_OTHER_COLUMN,
    GENERATED_COLUMN_FUNCTION_IS_NOT_ALLOWED,
    GENERATED_COLUMN_NAMED_FUNCTION_IS_NOT_ALLOWED,
    GENERATED_COLUMN_NON_PRIOR,
    GENERATED_COLUMN_REF_AUTO_INC,
    GENERATED_COLUMN_VARIABLES,
    NON_BOOLEAN_EXPR_FOR_CHECK_CONSTRAINT,
    UNSUPPORTED_ON_GENERATED_COLUMN,
    WRONG_USAGE,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, ConstraintInfo
from sqlnode.base.types import Flag
from sqlnode.ddl.build_column import check_name
from sqlnode.ddl.building import Building

VOLATILE = frozenset(
    (
        "now", "current_timestamp", "localtime", "localtimestamp", "curdate", "current_date", "curtime",
        "current_time", "sysdate", "utc_date", "utc_time", "utc_timestamp", "rand",
        "random_bytes", "uuid", "uuid_short", "connection_id", "current_user", "user", "session_user", "system_user",
        "database", "schema", "version", "found_rows", "row_count", "last_insert_id", "sleep", "benchmark",
        "get_lock", "release_lock", "release_all_locks", "is_free_lock", "is_used_lock", "load_file",
        "master_pos_wait", "name_const", "values", "current_role", "icu_version", "ps_current_thread_id",
    )
)  # fmt: skip
"""Functions whose value is not a matter of their arguments alone."""

_BOOLEAN_NODES = (
    exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.And, exp.Or, exp.Xor, exp.Not, exp.Is, exp.In,
    exp.Between, exp.Like, exp.Escape, exp.RegexpLike, exp.Boolean, exp.Exists,
)  # fmt: skip
_BOOLEAN_CALLS = frozenset(
    (
        "regexp_like", "json_valid", "json_contains", "json_contains_path", "json_overlaps", "isnull", "is_uuid", "is_ipv4",
        "is_ipv6", "json_schema_valid", "st_contains", "st_within",
    )
)  # fmt: skip


def _is_boolean(tree: exp.Expression) -> bool:
    while isinstance(tree, exp.Paren):
        tree = tree.this
    if isinstance(tree, exp.Anonymous):
        name = str(tree.this).lower()
        return name in _BOOLEAN_CALLS or name == "member of"
    return isinstance(tree, _BOOLEAN_NODES)


# Generated columns


def with_generated(
    column: ColumnInfo, definition: ColumnDef, columns: Sequence[ColumnInfo], building: Building
) -> ColumnInfo:
    """The column with its GENERATED clause worked in; `columns` are all of the table in order.

    Raises 1054, 1221, 3102, 3109, 3763, 3765.
    """
    generated = definition.generated
    assert generated is not None, "called for generated columns only"
    if definition.default is not None:
        raise SqlError(WRONG_USAGE, first="DEFAULT", second="generated column")
    if definition.on_update is not None:
        raise SqlError(WRONG_USAGE, first="ON UPDATE", second="generated column")
    tree = generated.expr.tree
    if has_variable(tree):
        raise SqlError(GENERATED_COLUMN_VARIABLES, column=column.name)
    if has_subquery(tree) or _has_placeholder(tree):
        raise SqlError(GENERATED_COLUMN_FUNCTION_IS_NOT_ALLOWED, column=column.name)
    refused = next((name for name in function_names(tree) if name in VOLATILE), None)
    if refused is not None:
        raise SqlError(GENERATED_COLUMN_NAMED_FUNCTION_IS_NOT_ALLOWED, column=column.name, function=refused)
    names = column_names(tree)
    by_name = {other.name.lower(): other for other in columns}
    for name in names:
        other = by_name.get(name)
        if other is None:
            raise SqlError(BAD_FIELD_ERROR, column=name, clause="generated column function")
        if other.type.flags & Flag.AUTO_INCREMENT:
            raise SqlError(GENERATED_COLUMN_REF_AUTO_INC, column=column.name)
    flags = column.type.flags & ~Flag.NO_DEFAULT_VALUE
    return replace(
        column,
        type=replace(column.type, flags=flags),
        default=None,
        generated_expr=stored_text(tree, building.connection_charset),
        generated_stored=generated.stored,
        dependences=names,
    )


def check_generated_order(columns: Sequence[ColumnInfo]) -> None:
    """Raises 3107 when a generated column reads a generated one behind it, or itself."""
    place = {column.name.lower(): number for number, column in enumerate(columns)}
    for number, column in enumerate(columns):
        if not column.is_generated:
            continue
        for name in column.dependences or ():
            other = columns[place[name]] if name in place else None
            if other is not None and other.is_generated and place[name] >= number:
                raise SqlError(GENERATED_COLUMN_NON_PRIOR)


def refuse_generated(feature: str) -> SqlError:
    """3106."""
    return SqlError(UNSUPPORTED_ON_GENERATED_COLUMN, feature=feature)


def _has_placeholder(tree: exp.Expression) -> bool:
    return any(isinstance(node, exp.Placeholder) for node in tree.dfs())


# CHECK constraints


def build_checks(
    table: str,
    definitions: Iterable[CheckDef],
    columns: Sequence[ColumnInfo],
    building: Building,
    *,
    first_id: int = 1,
    taken: Iterable[str] = (),
) -> tuple[ConstraintInfo, ...]:
    """The constraints with names and ids. `taken` are the check names of the database. Raises 3812 to 3822."""
    definitions = list(definitions)
    names = {name.lower() for name in taken}
    for definition in definitions:
        if definition.name is not None:
            check_name(definition.name)
            if definition.name.lower() in names:
                raise SqlError(CHECK_CONSTRAINT_DUP_NAME, name=definition.name)
            names.add(definition.name.lower())
    found = []
    number = 1
    for place, definition in enumerate(definitions):
        name = definition.name
        if name is None:
            while f"{table}_chk_{number}".lower() in names:
                number += 1
            name = f"{table}_chk_{number}"
            names.add(name.lower())
        found.append(_check(name, definition, columns, building, first_id + place))
    return tuple(found)


def _check(
    name: str, definition: CheckDef, columns: Sequence[ColumnInfo], building: Building, constraint_id: int
) -> ConstraintInfo:
    tree = definition.expr.tree
    if not _is_boolean(tree):
        raise SqlError(NON_BOOLEAN_EXPR_FOR_CHECK_CONSTRAINT, name=name)
    if has_variable(tree) or _has_placeholder(tree):
        raise SqlError(CHECK_CONSTRAINT_VARIABLES, name=name)
    if has_subquery(tree):
        raise SqlError(CHECK_CONSTRAINT_FUNCTION, name=name, function="select")
    refused = next((function for function in function_names(tree) if function in VOLATILE), None)
    if refused is not None:
        raise SqlError(CHECK_CONSTRAINT_FUNCTION, name=name, function=refused)
    read = column_names(tree)
    by_name = {column.name.lower(): column for column in columns}
    for column_name in read:
        column = by_name.get(column_name)
        if column is None:
            raise SqlError(CHECK_CONSTRAINT_REFERS_UNKNOWN_COLUMN, name=name, column=column_name)
        if column.type.flags & Flag.AUTO_INCREMENT:
            raise SqlError(CHECK_CONSTRAINT_REFERS_AUTO_INCREMENT_COLUMN, name=name)
        if definition.column is not None and column_name != definition.column.lower():
            raise SqlError(COLUMN_CHECK_CONSTRAINT_REFERENCES_OTHER_COLUMN, name=name)
    return ConstraintInfo(
        id=constraint_id,
        name=name,
        columns=tuple(by_name[column_name].name for column_name in read),
        expression=stored_text(tree, building.connection_charset),
        enforced=definition.enforced,
        in_column=definition.column is not None,
    )
