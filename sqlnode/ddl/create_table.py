"""CREATE TABLE, CREATE TABLE … LIKE and CREATE TABLE … SELECT."""

from __future__ import annotations

from dataclasses import replace

from executor.result import OkResult
from planner.parse.nodes_ddl import CreateTable
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import NOT_SUPPORTED_YET, TABLE_EXISTS_ERROR, SqlError
from sqlnode.base.schema import TableInfo
from sqlnode.ddl.build_foreign_keys import check_parent
from sqlnode.ddl.build_table import build_table, check_table_name, surroundings
from sqlnode.ddl.building import building_of
from sqlnode.ddl.charsets import CharsetPair
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.databases import existing_schema
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.table_options import read_table_options
from sqlnode.ddl.tables import Found, find_table, write_step
from store.codec import meta


async def run(node: CreateTable, context: DdlContext) -> OkResult:
    """CREATE TABLE. Raises 1049, 1050 and what the definition has wrong."""
    if node.temporary:
        raise SqlError(NOT_SUPPORTED_YET, feature="CREATE TEMPORARY TABLE")
    database, name = context.qualified(node.table)
    check_table_name(name)
    names = [(database, name)]
    async with context.owner.exclusive(names, context.lock_wait_timeout, context.check_killed):
        schema = existing_schema(database, context)
        if name.lower() in schema.tables:
            if not node.if_not_exists:
                raise SqlError(TABLE_EXISTS_ERROR, table=name)
            context.note(TABLE_EXISTS_ERROR.code, TABLE_EXISTS_ERROR.template.format(table=name))
            return OkResult()
        if node.like is not None:
            table = _like(node, name, context)
        elif node.select is not None:
            return await _create_select(node, schema, context)
        else:
            table = define(node, schema, context)
        await create_stored(schema, table, context)
    return OkResult()


def define(node: CreateTable, schema: Schema, context: DdlContext) -> TableInfo:
    """The TableInfo of the definition."""
    options = read_table_options(node.options, node.table.name, context.sql_mode, context.warn)
    inherited = CharsetPair(schema.info.charset, schema.info.collation)
    utf8mb4_default = str(context.variables.get("default_collation_for_utf8mb4", ""))
    building = building_of(context, options.pair(inherited, utf8mb4_default))
    around = surroundings(context.catalog, schema.name, checks=context.foreign_key_checks)
    table = build_table(node, options, building, around)
    check_children(schema, table, context)
    return table


def check_children(schema: Schema, table: TableInfo, context: DdlContext) -> None:
    """Foreign keys that were waiting for this table must fit it. Raises 1822, 3734, 3780."""
    own = (schema.name.lower(), table.name.lower())
    for database, name in context.catalog.referencing.get(own, ()):
        child = context.catalog.table(database, name)
        if child is None or (database, name) == own:
            continue
        tables = {**schema.tables, own[1]: table}
        catalog = replace(context.catalog, schemas={**context.catalog.schemas, own[0]: replace(schema, tables=tables)})
        for key in child.foreign_keys:
            if (key.ref_schema.lower(), key.ref_table.lower()) == own:
                check_parent(catalog, database, child, key)


async def create_stored(schema: Schema, table: TableInfo, context: DdlContext) -> TableInfo:
    """Writes a new table: none → public in one step. Returns it with its id."""

    async def build(writer: MetaWriter) -> TableInfo:
        fresh = replace(table, id=await writer.next_id())
        if fresh.auto_increment > 1:
            key_of = meta.auto_increment_key if fresh.auto_id_cache == 1 else meta.row_id_key
            writer.transaction.put(key_of(schema.info.id, fresh.id), b"%d" % (fresh.auto_increment - 1))
        return await write_step(writer, Action.CREATE_TABLE, schema, fresh, context)

    return await context.owner.change(build)


def _like(node: CreateTable, name: str, context: DdlContext) -> TableInfo:
    """The table that another one looks like: columns, keys and checks, no foreign keys and no rows."""
    assert node.like is not None, "called for LIKE"
    source = find_table(node.like, context)
    return copied_definition(source, name, context)


def copied_definition(source: Found, name: str, context: DdlContext) -> TableInfo:
    """`source` under another name; the names of its checks are made anew, as MySQL does."""
    table = source.table
    columns = table.public_columns
    places = {column.offset: place for place, column in enumerate(columns)}
    indexes = tuple(
        replace(
            index,
            id=number,
            columns=tuple(replace(part, offset=places[part.offset]) for part in index.columns),
        )
        for number, index in enumerate(table.public_indexes, start=1)
    )
    checks = tuple(
        replace(check, id=number, name=f"{name}_chk_{number}")
        for number, check in enumerate(table.constraints, start=1)
    )
    fresh_columns = tuple(
        replace(column, id=place + 1, offset=place, origin_default=None, origin_default_bit=None)
        for place, column in enumerate(columns)
    )
    return replace(
        table,
        id=0,
        name=name,
        columns=fresh_columns,
        indexes=indexes,
        constraints=checks,
        foreign_keys=(),
        auto_increment=0,
        max_column_id=len(fresh_columns),
        max_index_id=len(indexes),
        max_constraint_id=len(checks),
        max_foreign_key_id=0,
        revision=0,
    )


async def _create_select(node: CreateTable, schema: Schema, context: DdlContext) -> OkResult:
    """Creates the table with the query's columns behind its own, then inserts; a failed insert takes the table back."""
    from sqlnode.ddl.create_select import with_query_columns
    from sqlnode.ddl.drop_table import drop_stored

    assert node.select is not None, "called for a query"
    if context.insert_select is None:
        raise SqlError(NOT_SUPPORTED_YET, feature="CREATE TABLE … SELECT")
    definition, columns = with_query_columns(node, context)
    table = await create_stored(schema, define(definition, schema, context), context)
    found = context.catalog.schema(schema.name)
    assert found is not None, "the database cannot go while it is locked"
    try:
        rows = await context.insert_select(schema.name, table, columns, node.select.statement, node.duplicates)
    except BaseException:
        await drop_stored([Found(found, table)], context)
        raise
    return OkResult(affected_rows=rows, info=f"Records: {rows}  Duplicates: 0  Warnings: 0")
