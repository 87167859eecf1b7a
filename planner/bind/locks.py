"""FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE."""

from __future__ import annotations

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.derived import table_name
from planner.bind.from_clause import Part
from planner.bind.scope import Source
from planner.bind.state import Environment, unsupported
from planner.logical import Lock, LockMode, LockWait, LogicalNode
from sqlnode.base.errors import DUPLICATE_TABLE_LOCK, UNRESOLVED_TABLE_LOCK, SqlError


def bind_locks(environment: Environment, node: exp.Expression, part: Part, plan: LogicalNode) -> LogicalNode:
    """The plan with the block's locking clauses: a Lock for each. Errors 3568, 3569."""
    named: set[str] = set()
    for clause in node.args.get("locks") or ():
        take(clause)
        mode = LockMode.UPDATE if clause.args.get("update") else LockMode.SHARE
        wait = {True: LockWait.NOWAIT, False: LockWait.SKIP_LOCKED}.get(clause.args.get("wait"), LockWait.WAIT)
        tables = clause.args.get("expressions") or ()
        sources = [_named(part, table) for table in tables] or list(part.sources)
        for source in sources:
            if source.alias in named:
                raise SqlError(DUPLICATE_TABLE_LOCK, table=source.alias)
            named.add(source.alias)
            if source.table is None and source.stored_name:
                raise unsupported("FOR UPDATE and FOR SHARE of a view that is no plain selection of columns")
        stored = [source for source in sources if source.table is not None and source.table.id > 0]
        if stored:
            environment.binding.locks = True
            aliases = {source.alias if source.node is None else source.node.alias for source in stored}
            plan = Lock(plan, mode, wait, frozenset() if len(stored) == len(part.sources) else frozenset(aliases))
    return plan


def _named(part: Part, node: exp.Expression) -> Source:
    """The source that OF names. Error 3568."""
    take(node)
    name, database, alias = table_name(node)
    if alias or node.args.get("joins") or node.args.get("hints") or node.args.get("partition"):
        raise refused(node)
    found = next((source for source in part.sources if source.alias.lower() == name.lower()), None)
    if found is None or database:
        raise SqlError(UNRESOLVED_TABLE_LOCK, table=name)
    return found
