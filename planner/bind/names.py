"""Names that mean items of the select list, in GROUP BY, HAVING and ORDER BY."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.bind.expressions import NameHook
from planner.expr.nodes import Column, Expression
from sqlnode.base.errors import NON_UNIQ_ERROR, SqlError

if TYPE_CHECKING:
    from planner.bind.select import Block


def item_named(block: Block, name: str, clause: str) -> int | None:
    """The item that an unqualified name means: by alias or label, then by the column under an alias.

    Error 1052 for two columns of the name. The first other expression of the name wins, whatever stands before it.
    """
    lowered = name.lower()
    found: int | None = None
    for at, item in enumerate(block.items):
        if (item.alias or item.label).lower() != lowered:
            continue
        if not isinstance(item.expression, Column):
            return at
        if found is not None and block.items[found].expression != item.expression:
            raise SqlError(NON_UNIQ_ERROR, column=name, clause=clause)
        found = at if found is None else found
    if found is not None:
        return found
    for at, item in enumerate(block.items):
        if isinstance(item.expression, Column) and item.expression.name.lower() == lowered:
            return at
    return None


def order_names(block: Block, clause: str) -> NameHook:
    """Aliases inside larger expressions, after the columns of FROM."""

    def find(name: str, table: str, database: str) -> Expression | None:
        at = None if table else item_named(block, name, clause)
        return None if at is None else block.items[at].expression

    return find


def having_names(block: Block) -> NameHook:
    """What HAVING may name: grouped columns, items of the select list, columns that stand in it."""
    clause = "having clause"

    def find(name: str, table: str, database: str) -> Expression | None:
        column: Column | None = None
        if any(scope_name_count(block, name, table, database)):
            column = block.scope.here(name, table, database, clause)
        if column is not None and column in block.group_by:
            return column
        if not table:
            at = item_named(block, name, clause)
            if at is not None:
                return block.items[at].expression
        if column is not None and any(item.expression == column for item in block.items):
            return column
        return None

    return find


def scope_name_count(block: Block, name: str, table: str, database: str) -> list[bool]:
    """One True when exactly one column of FROM has the name, so that a lookup cannot be ambiguous."""
    if table:
        return [True]
    count = sum(1 for column in block.scope.visible if column.name.lower() == name.lower())
    return [count == 1]
