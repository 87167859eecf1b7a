"""Data definition: from a parsed CREATE, ALTER, DROP, RENAME or TRUNCATE to new metadata, online.

`run_ddl(node, context)` is the entry. It must not know sessions or packets; what it needs of the session stands in
`DdlContext`. Central types: `DdlContext` (context.py), `DdlOwner` (owner.py: steps, waiting, recovery after a crash),
`TableVersions` (waits.py: which transaction uses which table at which version), `Job` (jobs.py). Building a TableInfo
from a definition is pure and stands in build_table.py and its neighbours; SHOW CREATE in show_create.py. Start at
run.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlnode.ddl.context import DdlContext
from sqlnode.ddl.owner import DdlOwner
from sqlnode.ddl.waits import TableVersions

if TYPE_CHECKING:
    from executor.result import OkResult
    from planner.parse.nodes_ddl import DdlNode

__all__ = ["DdlContext", "DdlOwner", "TableVersions", "run_ddl"]


async def run_ddl(node: DdlNode, context: DdlContext) -> OkResult:
    """Carries out one statement. The session has committed its own transaction before. Raises SqlError.

    The functions behind it are imported on first use: a server that starts needs none of them.
    """
    from sqlnode.ddl.run import run_ddl as run

    return await run(node, context)
