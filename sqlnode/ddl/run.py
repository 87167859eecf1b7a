"""run_ddl: which function carries out which statement."""

from __future__ import annotations

from executor.result import OkResult
from planner.parse.nodes_ddl import (
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    CreateView,
    DdlNode,
    DropDatabase,
    DropIndex,
    DropTable,
    DropView,
    RenameTable,
    TruncateTable,
)
from sqlnode.ddl import alter_table, create_table, databases, drop_table, rename_table, views
from sqlnode.ddl.context import DdlContext


async def run_ddl(node: DdlNode, context: DdlContext) -> OkResult:
    """Carries out one statement. The session has committed its own transaction before. Raises SqlError.

    Afterwards what was dropped longer ago than any snapshot can read is removed for good.
    """
    result = await _run(node, context)
    store = context.store
    await context.owner.collect_ranges(store.safe_point(await store.timestamp()))
    return result


async def _run(node: DdlNode, context: DdlContext) -> OkResult:
    match node:
        case CreateTable():
            return await create_table.run(node, context)
        case AlterTable() | CreateIndex() | DropIndex():
            return await alter_table.run(node, context)
        case DropTable():
            return await drop_table.drop(node, context)
        case TruncateTable():
            return await drop_table.truncate(node, context)
        case RenameTable():
            return await rename_table.run(node, context)
        case CreateDatabase():
            return await databases.create(node, context)
        case AlterDatabase():
            return await databases.alter(node, context)
        case DropDatabase():
            return await databases.drop(node, context)
        case CreateView():
            return await views.create(node, context)
        case DropView():
            return await views.drop(node, context)
