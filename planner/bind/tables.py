"""Stored and virtual tables as sources: name lookup in the catalog, columns, index hints."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.dependence import of_table
from planner.bind.literals import integer_constant
from planner.bind.relation import Relation
from planner.bind.scope import Source
from planner.bind.state import Environment, unsupported
from planner.context import PlanContext, SqlMode
from planner.expr.nodes import Column, Constant, Expression
from planner.functions import resolve
from planner.logical import DataSource, LogicalNode, Projection
from sqlnode.base.errors import (
    BAD_DB_ERROR,
    KEY_DOES_NOT_EXIST,
    NO_DB_ERROR,
    NO_SUCH_TABLE,
    PARTITION_CLAUSE_ON_NONPARTITIONED,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, SchemaState, TableInfo
from sqlnode.base.types import Flag, TypeCode, integer, varchar

HANDLE_ID = -1
HANDLE = ColumnInfo(
    id=HANDLE_ID,
    name="_tidb_rowid",
    offset=-1,
    type=integer(not_null=True),
    state=SchemaState.PUBLIC,
    hidden=True,
)
"""The hidden row id, as the column info of a DataSource column."""


def table_columns(database: str, table: TableInfo, first_id: int) -> tuple[Column, ...]:
    """Plan columns for all public columns of a table, in offset order, with ids from `first_id` on."""
    return tuple(
        plan_column(first_id + at, info, database, table, table.name) for at, info in enumerate(table.public_columns)
    )


def plan_column(column_id: int, info: ColumnInfo, database: str, table: TableInfo, alias: str) -> Column:
    """The plan's column for a table's column."""
    flags = table.definition_flags.get(info.id, 0)
    return Column(column_id, info.name, info.type, alias, database, table.name, info.name, flags)


def find_table(database: str, name: str, context: PlanContext) -> tuple[str, TableInfo]:
    """(database as written in the catalog, table or view). Errors 1046, 1049, 1146."""
    database = database or context.database
    if not database:
        raise SqlError(NO_DB_ERROR)
    temporary = context.temporary_tables.get((database.lower(), name.lower()))
    if isinstance(temporary, TableInfo):
        return database, temporary
    schema = context.catalog.schema(database)
    if schema is None:
        raise SqlError(BAD_DB_ERROR, database=database)
    table = schema.tables.get(name.lower())
    if table is None:
        raise SqlError(NO_SUCH_TABLE, database=database, table=name)
    return schema.name, table


def has_hidden_handle(table: TableInfo) -> bool:
    """Whether rows are keyed by an id that no column holds."""
    return not table.pk_is_handle and not table.is_common_handle


def data_source(
    environment: Environment,
    database: str,
    table: TableInfo,
    alias: str,
    *,
    hints: Sequence[exp.Expression] = (),
) -> tuple[Relation, Source]:
    """A scan of the table; with hidden columns and the row id where the environment asks for whole rows."""
    binding = environment.binding
    whole = environment.whole
    infos = table.public_columns if whole else table.visible_columns
    if whole and has_hidden_handle(table) and table.id > 0:
        infos = (*infos, HANDLE)
    columns: list[Column] = []
    for info in infos:
        binding.next_id += 1
        columns.append(plan_column(binding.next_id, info, database, table, alias))
    binding.tables[(database.lower(), table.name.lower())] = table
    plan = DataSource(database, table, alias, tuple(columns), infos, index_hints(table, hints))
    if environment.context.sql_mode & SqlMode.PAD_CHAR_TO_FULL_LENGTH and not whole and table.id > 0:
        padded, columns = _padded(environment, plan)
    else:
        padded = plan
    visible = tuple(column for column, info in zip(columns, infos) if not info.hidden)
    labels_columns = table.id < 0 and database.lower() == "information_schema"
    source = Source(alias, database, visible, table, plan if whole else None, table.name, labels_columns=labels_columns)
    return Relation(padded, visible, lambda: of_table(table, columns)), source


def _padded(environment: Environment, plan: DataSource) -> tuple[LogicalNode, list[Column]]:
    """The scan with its CHAR values at full length, as PAD_CHAR_TO_FULL_LENGTH has them read."""
    columns, values = list[Column](), list[Expression]()
    for column in plan.columns:
        kind = column.type
        is_char = kind.code == TypeCode.STRING and kind.charset != "binary" and not kind.elements
        value: Expression = column
        if is_char:
            arguments = (
                column,
                integer_constant(kind.length),
                Constant(b" ", varchar(1, kind.charset, kind.collation)),
            )
            value, column = resolve("rpad", arguments, environment.context), environment.binding.fresh(column)
        columns.append(column)
        values.append(value)
    if values == list(plan.columns):
        return plan, columns
    if environment.locking:
        raise unsupported("FOR UPDATE and FOR SHARE with sql_mode PAD_CHAR_TO_FULL_LENGTH")
    return Projection(plan, tuple(values), tuple(columns)), columns


def index_hints(table: TableInfo, hints: Sequence[exp.Expression]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """USE, FORCE and IGNORE INDEX. Error 1176 for an unknown index."""
    if not hints:
        return ()
    known = {index.name.lower(): index.name for index in table.public_indexes}
    if any(column.type.flags & Flag.PRI_KEY for column in table.public_columns):
        known.setdefault("primary", "PRIMARY")
    found = []
    for hint in hints:
        take(hint)
        names = []
        for part in hint.expressions:
            if part.name.lower() not in known:
                raise SqlError(KEY_DOES_NOT_EXIST, key=part.name, table=table.name)
            names.append(known[part.name.lower()])
        found.append((hint.name.upper(), (hint.args.get("target") or "").upper(), tuple(names)))
    return tuple(found)


def refuse_partition(node: exp.Expression) -> None:
    """Error 1747 for a PARTITION clause; no table has partitions here."""
    if node.args.get("partition") is not None:
        raise SqlError(PARTITION_CLAUSE_ON_NONPARTITIONED)
