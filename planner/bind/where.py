"""WHERE, HAVING and ON as lists of conditions: EXISTS and IN become semi joins, the rest are expressions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import expressions as exp

from planner.bind.consumption import take
from planner.bind.expressions import ExpressionBinder, unwrapped
from planner.bind.expressions_rows import in_subquery, is_query, subquery
from planner.bind.placement import Pending
from planner.bind.scope import Scope
from planner.bind.state import Environment
from planner.expr.nodes import Column, Expression, columns_of
from planner.logical import JoinKind


def conjuncts(node: exp.Expression) -> list[exp.Expression]:
    """The terms of a conjunction, in order; parentheses and nested ANDs are opened."""
    found: list[exp.Expression] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, (exp.And, exp.Paren)):
            take(part)
            if isinstance(part, exp.And):
                stack.append(part.expression)
            stack.append(part.this)
        else:
            found.append(part)
    return found


def bind_conjuncts(
    environment: Environment, scope: Scope, node: exp.Expression, clause: str, pending: list[Pending]
) -> list[Expression]:
    """The conditions of ON; subqueries in them go to `pending` and are read as marks."""
    binder = ExpressionBinder(environment, scope, clause, pending)
    return [bind_condition(binder, part) for part in conjuncts(node)]


def bind_condition(binder: ExpressionBinder, node: exp.Expression) -> Expression:
    """One condition as an expression. Error 1241 for a row."""
    from planner.bind.expressions_operators import operand

    return operand(binder, node)


def semi_join(binder: ExpressionBinder, node: exp.Expression) -> Pending | None:
    """A conjunct that is [NOT] EXISTS or [NOT] IN (query) as a semi join; None for anything else."""
    negated = False
    inside = unwrapped(node)
    while isinstance(inside, exp.Not):
        take(inside)
        negated = not negated
        inside = unwrapped(inside.this)
    kind = JoinKind.ANTI if negated else JoinKind.SEMI
    if isinstance(inside, exp.Exists):
        take(inside)
        return Pending(kind, subquery(binder, inside.this).plan)
    if isinstance(inside, exp.In) and inside.args.get("query") is not None:
        return _membership(binder, inside, inside.this, inside.args["query"], kind)
    if isinstance(inside, exp.EQ) and isinstance(unwrapped(inside.expression), exp.Any):
        quantifier = unwrapped(inside.expression)
        take(quantifier)
        return _membership(binder, inside, inside.this, quantifier.this, kind)
    if isinstance(inside, exp.NEQ) and isinstance(unwrapped(inside.expression), exp.All):
        quantifier = unwrapped(inside.expression)
        take(quantifier)
        kind = JoinKind.SEMI if negated else JoinKind.ANTI
        return _membership(binder, inside, inside.this, quantifier.this, kind)
    return None


def _membership(
    binder: ExpressionBinder, node: exp.Expression, left: exp.Expression, query: exp.Expression, kind: JoinKind
) -> Pending:
    take(node)
    plan, conditions = in_subquery(binder, left, query)
    return Pending(kind, plan, conditions, null_aware_count=len(conditions) if kind is JoinKind.ANTI else 0)


def split_subqueries(
    conditions: Sequence[Expression], pending: Sequence[Pending]
) -> tuple[list[Expression], list[Expression]]:
    """Conditions that read no subquery's answer, and those that do."""
    if not pending:
        return list(conditions), []
    answers: set[Column] = set()
    for item in pending:
        answers |= item.answers()
    plain = [c for c in conditions if not columns_of(c) & answers]
    return plain, [c for c in conditions if columns_of(c) & answers]


__all__ = ["bind_condition", "bind_conjuncts", "conjuncts", "is_query", "semi_join", "split_subqueries"]
