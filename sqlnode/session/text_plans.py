"""Plans of texts that come again: the session's side of the plan cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from executor.result import Result
from planner.expr.guards import all_pass
from planner.parse.entry import split_text
from planner.parse.nodes_common import StatementKind, Unsupported
from planner.parse.statement import Statement
from planner.parse.text_template import Template, parameterised, template_of, value_of_literal
from sqlnode.base.errors import DATA_OUT_OF_RANGE, WARN_DEPRECATED_SYNTAX, SqlError, SqlWarning
from sqlnode.base.types import SqlType, Value
from sqlnode.session.activity import command_of
from sqlnode.session.execution import run_plan
from sqlnode.session.large_texts import LARGE_STATEMENT, planned_aside

if TYPE_CHECKING:
    from sqlnode.session.session import Session

PLANNED: Final = frozenset(
    {StatementKind.SELECT, StatementKind.INSERT, StatementKind.REPLACE, StatementKind.UPDATE, StatementKind.DELETE}
)
"""Kinds of statements that the planner has; the others have handlers."""


def learn_template(session: Session, statement: Statement, shaped: tuple[str, list[str]]) -> None:
    """Remembers which literals of a text's shape may be parameters, when it was parsed for the first time."""
    cache = session.instance.plan_cache
    shape, literals = shaped
    if (shape, session.sql_mode) in cache.templates or statement.parameter_count:
        return
    template: object = None
    if statement.kind in PLANNED:
        if statement.into is None and not (statement.values is not None and statement.values.row_count > 1):
            template = template_of(statement.source, statement.tokens) if literals else Template((), ())
    elif not literals and not isinstance(statement.ast, Unsupported):
        template = statement
    cache.note_template(shape, session.sql_mode, template)


def _only_deprecated(warnings: list[SqlWarning]) -> bool:
    return all(warning.code == WARN_DEPRECATED_SYNTAX.code for warning in warnings)


async def run_template(session: Session, text: str, shape: str, literals: list[str], template: Template) -> Result:
    """Runs a text whose shape is known, with a kept plan if there is one."""
    types: tuple[SqlType, ...] = ()
    values: tuple[Value, ...] = ()
    if template.parameters:
        charset, collation = session.charset, session.collation
        pairs = [value_of_literal(literals[index], charset, collation) for index in template.parameters]
        values = tuple([pair[0] for pair in pairs])
        types = tuple([pair[1] for pair in pairs])
    key = (shape, tuple([literals[index] for index in template.kept]), types, session.database, session.plan_key)
    cache = session.instance.plan_cache
    entry = cache.get(key)
    if entry is not None:
        if not entry.fits(session.instance.catalogs.current):
            cache.drop(key)
            entry = None
        elif entry.plan.guards and not all_pass(entry.plan.guards, values):
            entry = None
    session.clear_warnings()
    if entry is not None and entry.warnings:
        for warning in entry.warnings:
            session.warn(warning)
    if entry is None:
        changed = parameterised(text, template) if template.parameters else text
        statement = split_text(changed, sql_mode=session.sql_mode)[0].parse()
        if len(statement.tokens) < LARGE_STATEMENT:
            entry = session.plan_statement(statement, types, values)
        else:
            entry = await planned_aside(session, statement, types, values)
        entry.command = command_of(statement, entry.plan)
        if not entry.plan.cacheable and not types:
            cache.note_template(shape, session.sql_mode, None)
        elif entry.plan.cacheable and _only_deprecated(session.warnings):
            entry.warnings = tuple(session.warnings)
            cache.put(key, entry)
    try:
        return await run_plan(session, entry, values)
    except SqlError as error:
        if error.row is not DATA_OUT_OF_RANGE or not types:
            raise
    # The error shows the expression: it comes again, from a plan with the literals as they were written.
    session.warnings.clear()
    statement = split_text(text, sql_mode=session.sql_mode)[0].parse()
    return await run_plan(session, session.plan_statement(statement), ())
