"""Large statements: reading and planning them takes long, so it happens in a thread while other connections go on.

A statement of ordinary size costs less than the hop to a thread and stays on the loop. The session awaits the thread, so
that nothing of it changes meanwhile; what the planner warns of comes to the session afterwards, and a plan is made again
when definitions of its tables have changed under it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from executor.offload import THREAD_ROWS, computed, later
from planner import plan as make_plan
from planner.parse.statement import Statement
from sqlnode.base.errors import SqlWarning
from sqlnode.base.types import SqlType, Value
from sqlnode.session.plan_cache import CachedPlan

if TYPE_CHECKING:
    from sqlnode.instance import Instance
    from sqlnode.session.session import Session

Answer = TypeVar("Answer")

LARGE_TEXT = 16_384
"""Characters from which a text is read in a thread (some milliseconds on the loop)."""
LARGE_STATEMENT = 1_500
"""Tokens from which a statement is parsed and planned in a thread (some tens of milliseconds on the loop)."""

COLLECTED_AFTER = 32 << 20
"""Characters of large texts after which what they left behind is collected."""


def note_large_text(instance: Instance, length: int) -> None:
    """Another large text is run. The tree of a text with one long literal is a few objects, which the cycle collector,
    counting objects, is in no hurry to find; so characters are counted too."""
    before = instance.large_text_characters
    instance.large_text_characters = after = before + length
    if after >= 4 * COLLECTED_AFTER:
        # What still lived the last times, and so is older than what those look at.
        instance.large_text_characters = 0
        gc.collect()
    elif after // COLLECTED_AFTER > before // COLLECTED_AFTER:
        gc.collect(1)


async def aside(session: Session, work: Callable[[], Answer]) -> Answer:
    """`work()` in a thread. Raises what it raises, and 1317 when the session's statement is killed meanwhile."""
    return await computed(THREAD_ROWS, work, session.kill)


async def planned_aside(
    session: Session,
    statement: Statement,
    types: Sequence[SqlType],
    values: Sequence[Value],
    database: str | None = None,
) -> CachedPlan:
    """`Session.plan_statement` in a thread."""
    while True:
        warnings: list[SqlWarning] = []
        context = replace(session.plan_context(types, values), warn=warnings.append)
        if database is not None:
            context = replace(context, database=database)
        fits = True
        try:
            plan = await aside(session, partial(make_plan, statement, context))
            entry = CachedPlan(plan, context.catalog, statement, tuple(types))
            fits = entry.fits(session.instance.catalogs.current)
        finally:
            # A plan that is made again warns again.
            for warning in warnings if fits else ():
                session.warn(warning)
        if fits:
            return entry


def let_go(statement: Statement) -> None:
    """The tree of a large statement that has run is taken apart in a thread. Its nodes know their parents, so that else
    the cycle collector would have to find all of them, while everybody waits."""
    later(statement.take_apart)
