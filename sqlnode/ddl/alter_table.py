"""ALTER TABLE, CREATE INDEX and DROP INDEX."""

from __future__ import annotations

from executor.result import OkResult
from planner.parse.nodes_ddl import AlterTable, CreateIndex, DropIndex
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError
from sqlnode.ddl.context import DdlContext


async def run(node: AlterTable | CreateIndex | DropIndex, context: DdlContext) -> OkResult:
    raise SqlError(NOT_SUPPORTED_YET, feature=node.kind.value)
