"""FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE."""

from __future__ import annotations

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.derived import table_name
from planner.bind.from_clause import Part
from planner.bind.state import Environment
from planner.logical import Lock, LockMode, LockWait, LogicalNode
from sqlnode.base.errors import DUPLICATE_TABLE_LOCK, UNRESOLVED_TABLE_LOCK, SqlError


def bind_locks(environment: Environment, node: exp.Expression, part: Part, plan: LogicalNode) -> LogicalNode:
    """The plan with the block's locking clauses: a Lock for each. Errors 3568, 3569."""
    clauses = node.args.get("locks") or ()
    stored = [source for source in part.sources if source.table is not None and source.table.id > 0]
    named: set[str] = set()
    for clause in clauses:
        take(clause)
        mode = LockMode.UPDATE if clause.args.get("update") else LockMode.SHARE
        wait = {True: LockWait.NOWAIT, False: LockWait.SKIP_LOCKED}.get(clause.args.get("wait"), LockWait.WAIT)
        aliases: set[str] = set()
        for table in clause.args.get("expressions") or ():
            take(table)
            name, database, alias = table_name(table)
            if alias or table.args.get("joins") or table.args.get("hints") or table.args.get("partition"):
                raise refused(table)
            source = next((s for s in part.sources if s.alias.lower() == name.lower()), None)
            if source is None or database:
                raise SqlError(UNRESOLVED_TABLE_LOCK, table=name)
            if source.alias in named:
                raise SqlError(DUPLICATE_TABLE_LOCK, table=name)
            named.add(source.alias)
            if source in stored:
                aliases.add(source.alias)
        if not aliases and not clause.args.get("expressions"):
            if named and clauses:
                raise SqlError(DUPLICATE_TABLE_LOCK, table=next(iter(named)))
            if len(stored) != len(part.sources):
                aliases = {source.alias for source in stored}
                if not aliases:
                    continue
        elif not aliases:
            continue
        environment.binding.locks = True
        plan = Lock(plan, mode, wait, frozenset(aliases))
    return plan
