"""LOAD DATA [LOCAL] INFILE."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from executor.dml.load_data import load_plan
from executor.result import Result
from planner.parse.nodes_session import LoadData
from planner.parse.statement import Statement
from sqlnode.base.adoption import become_task
from sqlnode.base.errors import (
    CLIENT_LOCAL_FILES_DISABLED,
    FILE_NOT_FOUND,
    NO_DB_ERROR,
    NO_SUCH_TABLE,
    NOT_SUPPORTED_YET,
    OPTION_PREVENTS_STATEMENT,
    SPECIFIC_ACCESS_DENIED_ERROR,
    SqlError,
)
from sqlnode.session.execution import run_plan
from sqlnode.session.plan_cache import CachedPlan
from sqlnode.session.table_use import lock_timeout
from sqlnode.statements.handler import Handler

if TYPE_CHECKING:
    from sqlnode.session.session import Session


async def _load_data(session: Session, node: LoadData, statement: Statement) -> Result:
    if node.unsupported is not None:
        raise SqlError(NOT_SUPPORTED_YET, feature=node.unsupported)
    database = node.table.schema or session.database
    if not database:
        raise SqlError(NO_DB_ERROR)
    instance = session.instance
    schema = instance.catalogs.current.schema(database)
    table = instance.catalogs.current.table(database, node.table.name)
    if schema is None or table is None or table.is_view or table.id <= 0:
        raise SqlError(NO_SUCH_TABLE, database=database, table=node.table.name)
    context = session.plan_context()
    instance.check_plan(session, load_plan(node, schema.name, table, b"", context))
    await become_task()
    data = await (_client_file(session, node) if node.local else _server_file(session, node))
    versions = instance.table_versions
    if table.id in versions.gates:
        await versions.writable(session, table.id, lock_timeout(session), check=session.kill.check)
    # The table may have changed while the file came in.
    context = session.plan_context()
    table = context.catalog.table(database, node.table.name)
    if table is None or table.is_view:
        raise SqlError(NO_SUCH_TABLE, database=database, table=node.table.name)
    plan = load_plan(node, schema.name, table, data, context)
    return await run_plan(session, CachedPlan(plan, context.catalog, statement), ())


async def _client_file(session: Session, node: LoadData) -> bytearray:
    """The bytes that the client sends. Error 3948 when the server or the client does not allow it."""
    if not session.instance.globals.get("local_infile") or session.local_infile is None:
        raise SqlError(CLIENT_LOCAL_FILES_DISABLED)
    data = bytearray()
    async for piece in session.local_infile(node.file):
        data += piece
    return data


async def _server_file(session: Session, node: LoadData) -> bytes:
    """A file of the server, within secure_file_priv. Errors 1227, 1290, 29."""
    instance = session.instance
    if not instance.may(session.account, "FILE"):
        raise SqlError(SPECIFIC_ACCESS_DENIED_ERROR, privilege="FILE")
    allowed = instance.globals.get("secure_file_priv")
    if allowed is None:
        raise SqlError(OPTION_PREVENTS_STATEMENT, option="--secure-file-priv")
    path = Path(node.file).resolve()
    if allowed and not path.is_relative_to(Path(str(allowed)).resolve()):
        raise SqlError(OPTION_PREVENTS_STATEMENT, option="--secure-file-priv")
    try:
        return await asyncio.get_running_loop().run_in_executor(None, path.read_bytes)
    except OSError as error:
        raise SqlError(FILE_NOT_FOUND, file=node.file, errno=error.errno or 0, reason=error.strerror or "") from error


LOAD_DATA = Handler((LoadData,), _load_data, preparable=False)
