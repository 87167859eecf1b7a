"""Functional dependence between columns, for ONLY_FULL_GROUP_BY (MySQL manual, "Detection of Functional Dependence").

A dependency says that rows that agree on the determinants (column ids) agree on the dependents. Sources: primary keys
and unique keys over NOT NULL columns, equalities of WHERE and of ON, group keys of derived tables, computed columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from planner.expr.nodes import Call, Column, Constant, CorrelatedColumn, Expression, Parameter, columns_of
from sqlnode.base.schema import TableInfo


@dataclass(frozen=True, slots=True)
class Dependency:
    """Equal `determinants` give equal `dependents` (column ids). No determinants: the dependents are constant."""

    determinants: frozenset[int]
    dependents: frozenset[int]


def closure(known: Iterable[int], dependencies: Sequence[Dependency]) -> set[int]:
    """Every column that the known ones determine."""
    found = set(known)
    rest = list(dependencies)
    while True:
        left = []
        for dependency in rest:
            if dependency.determinants <= found:
                found |= dependency.dependents
            else:
                left.append(dependency)
        if len(left) == len(rest):
            return found
        rest = left


def of_table(table: TableInfo, columns: Sequence[Column]) -> list[Dependency]:
    """The keys of a stored table; `columns` carry their `origin_name`."""
    ids = {column.origin_name.lower(): column.id for column in columns}
    everything = frozenset(ids.values())
    found: list[Dependency] = []
    handle = table.handle_column
    if handle is not None and handle.name.lower() in ids:
        found.append(Dependency(frozenset((ids[handle.name.lower()],)), everything))
    infos = table.columns_by_name
    for index in table.public_indexes:
        if not index.unique or any(part.length >= 0 for part in index.columns):
            continue
        names = [part.name.lower() for part in index.columns]
        if any(name not in ids for name in names):
            continue
        if index.primary or all(infos[name].type.not_null for name in names):
            found.append(Dependency(frozenset(ids[name] for name in names), everything))
    for info in table.public_columns:
        if info.is_generated and info.name.lower() in ids and info.dependences:
            names = [name.lower() for name in info.dependences]
            if all(name in ids for name in names):
                found.append(Dependency(frozenset(ids[n] for n in names), frozenset((ids[info.name.lower()],))))
    return found


def of_conditions(conditions: Iterable[Expression]) -> list[Dependency]:
    """Equalities that hold for every row: column = column, column = constant."""
    found: list[Dependency] = []
    for condition in conditions:
        pair = equality(condition)
        if pair is None:
            continue
        left, right = pair
        if isinstance(left, Column) and isinstance(right, Column):
            found.append(Dependency(frozenset((left.id,)), frozenset((right.id,))))
            found.append(Dependency(frozenset((right.id,)), frozenset((left.id,))))
        elif isinstance(left, Column):
            found.append(Dependency(frozenset(), frozenset((left.id,))))
        elif isinstance(right, Column):
            found.append(Dependency(frozenset(), frozenset((right.id,))))
    return found


def of_outer_join(conditions: Sequence[Expression], outer_side: set[Column]) -> list[Dependency]:
    """ON of an outer join: an inner-side column that equals outer-side columns is determined by all the outer-side
    columns of ON (they also decide whether there is a match)."""
    used = {c.id for condition in conditions for c in columns_of(condition) if c in outer_side}
    found: list[Dependency] = []
    for condition in conditions:
        pair = equality(condition)
        if pair is None:
            continue
        for inner, other in (pair, pair[::-1]):
            if not isinstance(inner, Column) or not isinstance(other, Column):
                continue
            if inner not in outer_side and other in outer_side:
                found.append(Dependency(frozenset(used), frozenset((inner.id,))))
    return found


def equality(condition: Expression) -> tuple[Expression, Expression] | None:
    """The two sides of `a = b` when each is a column or constant of comparable kind."""
    if not isinstance(condition, Call) or condition.name != "=" or len(condition.args) != 2:
        return None
    left, right = condition.args
    simple = (Column, Constant, Parameter, CorrelatedColumn)
    if isinstance(left, simple) and isinstance(right, simple):
        return left, right
    return None


def computed(expressions: Sequence[Expression], columns: Sequence[Column]) -> list[Dependency]:
    """A column computed from others depends on them."""
    return [
        Dependency(frozenset(c.id for c in columns_of(expression)), frozenset((column.id,)))
        for expression, column in zip(expressions, columns)
        if not (isinstance(expression, Column) and expression.id == column.id)
    ]


def translated(dependencies: Sequence[Dependency], ids: Mapping[int, int]) -> list[Dependency]:
    """What the dependencies say about columns under other ids; columns without one are dropped."""
    everything = [Dependency(d.determinants, frozenset(closure(d.determinants, dependencies))) for d in dependencies]
    return [
        Dependency(frozenset(ids[i] for i in d.determinants), frozenset(ids[i] for i in d.dependents if i in ids))
        for d in everything
        if all(i in ids for i in d.determinants)
    ]
