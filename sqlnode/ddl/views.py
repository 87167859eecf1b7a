"""CREATE, ALTER and DROP VIEW.

The definition is kept as the source text in which every table is qualified by its database and every `*` of the
select list is written out, so that it means the same from any current database and after columns were added to the
tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from sqlglot import expressions as exp

from executor.result import OkResult
from planner.bind import bind
from planner.bind.updatable import may_be_updatable
from planner.expr.nodes import Column
from planner.parse.expression_text import quote_name
from planner.parse.nodes_common import StatementKind, UserName
from planner.parse.nodes_ddl import CreateView, DropView
from planner.parse.view_text import depends_on_mode, qualified_text
from sqlnode.base.catalog import Schema
from sqlnode.base.errors import (
    BAD_TABLE_ERROR,
    DUP_FIELDNAME,
    NO_SUCH_TABLE,
    NOT_SUPPORTED_YET,
    TABLE_EXISTS_ERROR,
    VIEW_NONUPD_CHECK,
    VIEW_SELECT_CLAUSE,
    VIEW_SELECT_VARIABLE,
    VIEW_WRONG_LIST,
    WRONG_COLUMN_NAME,
    WRONG_OBJECT,
    SqlError,
)
from sqlnode.base.schema import ColumnInfo, TableInfo, ViewInfo
from sqlnode.base.types import SqlType
from sqlnode.ddl.build_column import MAX_NAME
from sqlnode.ddl.build_table import check_table_name
from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.databases import existing_schema
from sqlnode.ddl.drop_table import drop_stored
from sqlnode.ddl.metadata import Action, MetaWriter
from sqlnode.ddl.show_create import CHECK_OPTION
from sqlnode.ddl.tables import Found, write_step

_ALGORITHMS = {None: 0, "UNDEFINED": 0, "MERGE": 1, "TEMPTABLE": 2}


async def create(node: CreateView, context: DdlContext) -> OkResult:
    """CREATE [OR REPLACE] VIEW and ALTER VIEW. Raises 1050, 1146, 1347, 1351, 1353, 1368, 1060 and what the query has
    wrong."""
    database, name = context.qualified(node.view)
    check_table_name(name)
    names = [(database, name)]
    async with context.owner.exclusive(names, context.lock_wait_timeout, context.check_killed):
        schema = existing_schema(database, context)
        old = schema.tables.get(name.lower())
        altering = node.kind is StatementKind.ALTER_VIEW
        if old is None and altering:
            raise SqlError(NO_SUCH_TABLE, database=database, table=name)
        if old is not None and not (altering or node.or_replace):
            if node.if_not_exists and old.is_view:
                context.note(TABLE_EXISTS_ERROR.code, TABLE_EXISTS_ERROR.template.format(table=name))
                return OkResult()
            raise SqlError(TABLE_EXISTS_ERROR, table=name)
        if old is not None and not old.is_view:
            raise SqlError(WRONG_OBJECT, database=schema.name, name=old.name, expected="VIEW")
        if altering and old is not None:
            node = _with_kept_options(node, old)
        view = define_view(node, name, schema, context)
        await _store(schema, view, old, context)
    return OkResult()


def _with_kept_options(node: CreateView, old: TableInfo) -> CreateView:
    """ALTER VIEW keeps the algorithm, definer and security that it does not name."""
    kept = old.view
    assert kept is not None, old.name
    return replace(
        node,
        algorithm=node.algorithm or ("UNDEFINED", "MERGE", "TEMPTABLE")[kept.algorithm],
        definer=node.definer or UserName(kept.definer_user, kept.definer_host),
        security=node.security or ("INVOKER" if kept.security else "DEFINER"),
    )


def define_view(node: CreateView, name: str, schema: Schema, context: DdlContext) -> TableInfo:
    """The view as metadata holds it; its query is bound once, so that everything in it exists."""
    statement = node.select.statement
    if statement.into is not None:
        raise SqlError(VIEW_SELECT_CLAUSE, clause="INTO")
    if statement.parameter_count or _reads_variable(statement.tree):
        raise SqlError(VIEW_SELECT_VARIABLE)
    mode = depends_on_mode(statement)
    if mode is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=f"a view whose text depends on sql_mode {mode}")
    bound = bind(statement, context.planning())
    own = (schema.name.lower(), name.lower())
    if any((database.lower(), table.name.lower()) == own for database, table in bound.tables):
        raise SqlError(NO_SUCH_TABLE, database=schema.name, table=name)
    if node.check_option and not may_be_updatable(statement.tree, _ALGORITHMS[node.algorithm]):
        raise SqlError(VIEW_NONUPD_CHECK, database=schema.name, view=name)
    columns = bound.columns
    text = qualified_text(statement, context.database, [_star_item(column) for column in columns])
    if node.columns and len(node.columns) != len(columns):
        raise SqlError(VIEW_WRONG_LIST)
    names = node.columns or _column_names(statement.tree, columns)
    _check_names(names)
    definer = node.definer or UserName("", "", current=True)
    user, host = (context.user, context.host) if definer.current else (definer.user, definer.host)
    info = ViewInfo(
        select=text,
        columns=node.columns,
        algorithm=_ALGORITHMS[node.algorithm],
        definer_user=user,
        definer_host=host,
        security=1 if node.security == "INVOKER" else 0,
        check_option=0 if node.check_option == "LOCAL" else 1,
        extra={CHECK_OPTION: node.check_option} if node.check_option else {},
    )
    return TableInfo(
        id=0,
        name=name,
        charset=schema.info.charset,
        collation=schema.info.collation,
        columns=tuple(
            ColumnInfo(place, column_name, place - 1, SqlType(0, 0, 0, 0, "", ""), version=0)
            for place, column_name in enumerate(names, start=1)
        ),
        max_column_id=len(names),
        view=info,
    )


def _reads_variable(tree: exp.Expression) -> bool:
    return any(isinstance(node, (exp.Parameter, exp.SessionParameter)) for node in tree.dfs())


def _star_item(column: Column) -> str:
    """One column of `*`, written out."""
    name = quote_name(column.name)
    return f"{quote_name(column.table)}.{name} AS {name}" if column.table else name


def _column_name(column: Column, place: int) -> str:
    """A name that is too long or ends in a blank is replaced as MySQL does."""
    name = column.name
    return name if name and len(name) <= MAX_NAME and name == name.rstrip() else f"Name_exp_{place}"


def _column_names(tree: exp.Expression, columns: Sequence[Column]) -> tuple[str, ...]:
    """The names that the query gives. Of two equal ones that which comes from an expression's text is changed as MySQL
    does, to My_exp_NAME, My_exp_1_NAME, …; error 1060 when both were written."""
    names = [_column_name(column, place) for place, column in enumerate(columns, start=1)]
    originals = list(names)
    written = _written(tree, columns)
    for at in range(len(names)):
        for before in range(at):
            if names[at].lower() != names[before].lower():
                continue
            changed = at if not written[at] else before
            if written[changed]:
                raise SqlError(DUP_FIELDNAME, column=names[at])
            others = {name.lower() for place, name in enumerate(names[: at + 1]) if place != changed}
            names[changed] = next(name for name in _replacements(originals[changed]) if name.lower() not in others)
    return tuple(names)


def _replacements(name: str) -> Iterator[str]:
    yield f"My_exp_{name}"[:MAX_NAME]
    for attempt in count(1):
        yield f"My_exp_{attempt}_{name}"[:MAX_NAME]


def _written(tree: exp.Expression, columns: Sequence[Column]) -> list[bool]:
    """For every column whether its name is an alias or that of a column, rather than an expression's text."""
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    items = tree.expressions if isinstance(tree, exp.Select) else []
    if len(items) == len(columns):
        aliases = [isinstance(item, exp.Alias) for item in items]
    else:  # a star stands for several columns
        named = {item.alias.lower() for item in items if isinstance(item, exp.Alias)}
        aliases = [column.name.lower() in named for column in columns]
    return [alias or bool(column.table) for alias, column in zip(aliases, columns, strict=True)]


def _check_names(names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise SqlError(DUP_FIELDNAME, column=name)
        if not name or name != name.rstrip() or len(name) > MAX_NAME:
            raise SqlError(WRONG_COLUMN_NAME, column=name)
        seen.add(name.lower())


async def _store(schema: Schema, view: TableInfo, old: TableInfo | None, context: DdlContext) -> None:
    async def build(writer: MetaWriter) -> TableInfo:
        fresh = replace(view, id=await writer.next_id())
        if old is None:
            return await write_step(writer, Action.CREATE_VIEW, schema, fresh, context)
        await writer.drop_table(schema.info.id, old.id)
        return await write_step(writer, Action.CREATE_VIEW, schema, fresh, context, old_table_id=old.id)

    await context.owner.change(build)


async def drop(node: DropView, context: DdlContext) -> OkResult:
    """DROP VIEW: all that exist, or none. Raises 1051, 1347."""
    names = [context.qualified(name) for name in node.views]
    async with context.owner.exclusive(names, context.lock_wait_timeout, context.check_killed):
        found: list[Found] = []
        missing: list[str] = []
        for database, name in names:
            schema = context.catalog.schema(database)
            table = None if schema is None else schema.tables.get(name.lower())
            if schema is None or table is None:
                missing.append(f"{database}.{name}")
            elif not table.is_view:
                raise SqlError(WRONG_OBJECT, database=schema.name, name=table.name, expected="VIEW")
            else:
                found.append(Found(schema, table))
        if missing and not node.if_exists:
            raise SqlError(BAD_TABLE_ERROR, table=",".join(missing))
        for text in missing:
            context.note(BAD_TABLE_ERROR.code, BAD_TABLE_ERROR.template.format(table=text))
        if found:
            await drop_stored(found, context, Action.DROP_VIEW)
    return OkResult()
