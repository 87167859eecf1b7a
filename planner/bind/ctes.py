"""Common table expressions: one that is used once is put in its place, one used more often is computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.dependence import translated
from planner.bind.placement import correlated_columns
from planner.bind.relation import Relation
from planner.bind.state import Environment, unsupported
from planner.expr.nodes import Column
from planner.logical import CteReference
from sqlnode.base.errors import NONUNIQ_TABLE, SqlError


@dataclass(slots=True)
class Cte:
    """A definition of WITH: its query, where it was defined, how often its name occurs, and its plan once shared."""

    name: str
    query: exp.Expression
    columns: list[str]
    environment: Environment
    uses: int
    shared: Relation | None = None
    number: int = 0
    inline: bool = False


def with_ctes(environment: Environment, node: exp.Expression) -> Environment:
    """The environment in which the definitions of the node's WITH are visible."""
    clause = node.args.get("with_")
    if clause is None:
        return environment
    take(clause)
    if clause.args.get("recursive"):
        _refuse_recursion(clause)
    seen: set[str] = set()
    for definition in clause.expressions:
        take(definition)
        alias = definition.args["alias"]
        take(alias)
        name = alias.name
        if name.lower() in seen:
            raise SqlError(NONUNIQ_TABLE, table=name)
        seen.add(name.lower())
        columns = [column.name for column in alias.args.get("columns") or ()]
        cte = Cte(name, definition.this, columns, environment, _uses(node, name))
        visible: Mapping[str, Cte] = {**environment.ctes, name.lower(): cte}
        if cte.uses == 0:
            _bind(cte)
        environment = replace(environment, ctes=visible)
    return environment


def _refuse_recursion(clause: exp.Expression) -> None:
    for definition in clause.expressions:
        name = definition.args["alias"].name.lower()
        for table in definition.this.find_all(exp.Table):
            if table.name.lower() == name and table.args.get("db") is None:
                raise unsupported("recursive common table expressions")


def _uses(node: exp.Expression, name: str) -> int:
    """How many table references below `node` may mean the definition; shadowed ones are counted too."""
    lowered = name.lower()
    return sum(
        1 for table in node.find_all(exp.Table) if table.args.get("db") is None and table.name.lower() == lowered
    )


def use_cte(environment: Environment, cte: Cte) -> Relation:
    """A reference to the definition."""
    if cte.uses <= 1 or cte.inline:
        return _bind(cte)
    binding = environment.binding
    if cte.shared is None:
        relation = _bind(cte)
        if correlated_columns(relation.plan):
            cte.inline = True
            return relation
        cte.shared = relation
        binding.next_cte += 1
        cte.number = binding.next_cte
    given: dict[int, Column] = {}
    for column in cte.shared.plan.schema:
        given[column.id] = binding.fresh(column)
    plan = CteReference(cte.number, cte.name, cte.shared.plan, tuple(given.values()))
    columns = tuple(replace(column, id=given[column.id].id) for column in cte.shared.columns)
    facts = cte.shared.facts
    return Relation(plan, columns, lambda: translated(facts(), {old: new.id for old, new in given.items()}))


def _bind(cte: Cte) -> Relation:
    from planner.bind.derived import renamed
    from planner.bind.query import bind_query

    return renamed(bind_query(cte.query, cte.environment.derived()), cte.columns)
