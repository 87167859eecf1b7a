"""Prepared statements of a session, by number (protocol) or by name (PREPARE)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner import plan as make_plan
from planner.expr.nodes import Column
from planner.parse.entry import split_text
from planner.parse.nodes_common import Unsupported
from sqlnode.base.errors import (
    MAX_PREPARED_STMT_COUNT_REACHED,
    NOT_SUPPORTED_YET,
    PS_MANY_PARAM,
    SYNTAX_ERROR,
    UNSUPPORTED_PS,
    SqlError,
)
from sqlnode.base.types import SqlType, varchar
from sqlnode.session.activity import command_of
from sqlnode.session.large_texts import LARGE_TEXT
from sqlnode.session.plan_cache import CachedPlan, SharedStatement
from sqlnode.session.text_plans import PLANNED
from sqlnode.statements import handler_for

if TYPE_CHECKING:
    from planner.parse.statement import Statement
    from sqlnode.session.session import Session

PLANS_PER_STATEMENT = 8
"""Plans kept for different parameter types of one statement."""
MOST_PARAMETERS = 65535
"""The protocol counts them in two bytes."""


@dataclass(slots=True)
class PreparedStatement:
    """One prepared statement. `columns` are the result's at PREPARE, empty when there is no result set.

    `plan` with `types` (identical to the last execution's) and `plan_key` is the one that runs again without a look-up.
    """

    id: int
    statement: Statement
    parameter_count: int
    columns: tuple[Column, ...] = ()
    parameter_columns: tuple[Column, ...] = ()
    plan: CachedPlan | None = None
    types: tuple[SqlType, ...] | None = None
    plan_key: object = None
    plans: dict[tuple[SqlType, ...], CachedPlan] = field(default_factory=dict)
    """Perhaps those of other sessions as well (`SharedStatement`)."""
    text: str = ""
    database: str = ""
    """The default one at PREPARE, which names without a database belong to from then on."""

    def forget_plans(self) -> None:
        """The next execution is planned anew."""
        self.plan = None
        self.plans = {}


def prepared_from(session: Session, text: str) -> PreparedStatement:
    """See `Session.prepare_text`."""
    instance = session.instance
    limit = int(instance.globals.values["max_prepared_stmt_count"] or 0)
    if sum(other.prepared_count for other in instance.sessions.values()) >= limit:
        raise SqlError(MAX_PREPARED_STMT_COUNT_REACHED, limit=limit)
    cache = instance.plan_cache
    key = (text, session.database, session.plan_key)
    shared = cache.statement(key, instance.catalogs.current) if len(text) < LARGE_TEXT else None
    if shared is not None:
        instance.check_plan(session, shared.plan.plan)
        return _of_shared(session, shared, text)
    pending = split_text(text, sql_mode=session.sql_mode)
    if len(pending) > 1:
        at = pending[1].tokens[0].start
        raise SqlError(SYNTAX_ERROR, near=text[at : at + 80], line=1 + text[:at].count("\n"))
    statement = pending[0].parse()
    count = statement.parameter_count
    if count > MOST_PARAMETERS:
        raise SqlError(PS_MANY_PARAM)
    prepared = PreparedStatement(0, statement, count, text=text, database=session.database)
    text_type = varchar(-1, session.charset, session.collation)
    prepared.parameter_columns = tuple(Column(index, "?", text_type) for index in range(count))
    if statement.kind in PLANNED:
        plan = make_plan(statement, session.plan_context())
        instance.check_plan(session, plan)
        prepared.columns = plan.columns
        if plan.cacheable:
            entry = CachedPlan(plan, instance.catalogs.current, statement, command=command_of(statement, plan))
            shared = SharedStatement(statement, entry, prepared.columns, prepared.parameter_columns, {})
            if not count:
                shared.plans[()] = entry
            if len(text) < LARGE_TEXT and not session.warnings:
                cache.put_statement(key, shared)
            return _of_shared(session, shared, text)
        return prepared
    prepared.columns = _columns_without_plan(session, statement)
    return prepared


def _of_shared(session: Session, shared: SharedStatement, text: str) -> PreparedStatement:
    """A session's own statement over what is shared."""
    return PreparedStatement(
        0,
        shared.statement,
        shared.statement.parameter_count,
        shared.columns,
        shared.parameter_columns,
        plan_key=session.plan_key,
        plans=shared.plans,
        text=text,
        database=session.database,
    )


def _columns_without_plan(session: Session, statement: Statement) -> tuple[Column, ...]:
    """The result columns of a statement that a handler runs (SHOW, EXPLAIN). Raises 1235, 1295."""
    from sqlnode.show import columns_of

    node = statement.ast
    if isinstance(node, Unsupported):
        raise SqlError(NOT_SUPPORTED_YET, feature=node.feature)
    handler = handler_for(type(node))
    if handler is None:
        raise SqlError(NOT_SUPPORTED_YET, feature=statement.kind.value)
    if not handler.preparable:
        raise SqlError(UNSUPPORTED_PS)
    return columns_of(session, node)
