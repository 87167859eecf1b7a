"""DELETE, one table or several."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import expressions as exp

from planner.bind.consumption import refused, take
from planner.bind.ctes import with_ctes
from planner.bind.derived import table_name
from planner.bind.dml_targets import narrowed, need_read, need_write, target_of
from planner.bind.from_clause import Part, bind_from
from planner.bind.scope import Source
from planner.bind.state import Environment
from planner.logical import Delete, LogicalNode
from planner.parse.statement import Statement
from sqlnode.base.errors import NONUNIQ_TABLE, UNKNOWN_TABLE, SqlError

VERB = "DELETE"


def bind_delete(statement: Statement, environment: Environment) -> LogicalNode:
    """The Delete node. Errors 1093, 1109, 1221, 1288."""
    node = statement.tree
    take(node)
    environment = with_ctes(environment, node)
    part = bind_from(replace(environment, whole=True), node.this, ())
    named = node.args.get("tables") or ()
    sources = [_named(part, table) for table in named] or list(part.sources)
    for at, source in enumerate(sources):
        if source in sources[:at]:
            raise SqlError(NONUNIQ_TABLE, table=source.alias)
    targets = tuple(target_of(source, VERB) for source in sources)
    for source in sources:
        need_write(environment, source, "DELETE")
    need_read(environment, part.sources, sources)
    written = frozenset((t.database.lower(), t.table.name.lower()) for t in targets)
    scope = part.scope(None)
    plan = narrowed(replace(environment, written=written), node, part, scope, verb=VERB)
    return Delete(plan, targets, statement.modifiers.ignore)


def _named(part: Part, node: exp.Expression) -> Source:
    """The source that a multi-table DELETE names as a target: by alias, or by its own name when it has none."""
    take(node)
    name, database, alias = table_name(node)
    if alias or node.args.get("joins") or node.args.get("hints") or node.args.get("partition"):
        raise refused(node)
    for source in part.sources:
        if source.matches(name, database):
            return source
    raise SqlError(UNKNOWN_TABLE, table=name, clause="MULTI DELETE")
