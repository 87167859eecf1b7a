"""Statements that are not planned: one file per family, each with `Handler` declarations. A unit package.

A handler takes the session, the parsed node and its statement, and returns a `Result`. It must not know packets. Central:
`Handler` (handler.py), `handler_for`. Queries and DML never come here: the planner has them.
"""

from __future__ import annotations

from functools import lru_cache

from sqlnode.base.units import declarations, load_modules
from sqlnode.statements.handler import Handler

__all__ = ["Handler", "handler_for"]


@lru_cache(maxsize=1)
def _registry() -> dict[type, Handler]:
    found: dict[type, Handler] = {}
    for handler in declarations(load_modules(__name__, __path__), Handler):
        for node in handler.nodes:
            if node in found:
                raise ValueError(f"statement {node.__name__} has two handlers")
            found[node] = handler
    return found


def handler_for(node: type) -> Handler | None:
    """The handler of a parsed node's class."""
    return _registry().get(node)
