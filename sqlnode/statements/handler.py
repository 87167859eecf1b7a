"""`Handler`: the declaration of how a statement without a plan runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from executor.result import Result

if TYPE_CHECKING:
    from planner.parse.statement import Statement
    from sqlnode.session.session import Session


@dataclass(frozen=True, slots=True)
class Handler:
    """Runs the statements whose parsed nodes are of one of the classes `nodes`.

    `implicit_commit`: an open transaction is committed first (MySQL: statements that cause an implicit commit); not by
    statements on temporary tables. `changes`: refused (1792) when the session's transactions are read only.
    `keeps_diagnostics`: the warnings of the statement before stay (SHOW WARNINGS). `preparable`: may come by the prepared
    statement protocol (else 1295).
    """

    nodes: tuple[type, ...]
    run: Callable[[Session, Any, Statement], Awaitable[Result]]
    implicit_commit: bool = False
    changes: bool = False
    keeps_diagnostics: bool = False
    preparable: bool = True
