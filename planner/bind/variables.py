"""System variables as values: `@@name`, `@@GLOBAL.name`, `@@SESSION.name`."""

from __future__ import annotations

from decimal import Decimal

from planner.bind import literals
from planner.context import PlanContext
from planner.expr.nodes import Constant
from sqlnode.base.errors import INCORRECT_GLOBAL_LOCAL_VAR, UNKNOWN_SYSTEM_VARIABLE, SqlError
from sqlnode.base.types import Flag, SqlType, TypeCode, decimal, varchar
from sqlnode.sysvars import REGISTRY, Kind, Scope

COMPUTED = frozenset(("last_insert_id", "identity", "warning_count", "error_count", "timestamp"))
SYSTEM_CHARSET, SYSTEM_COLLATION = "utf8mb3", "utf8mb3_general_ci"


def system_variable(name: str, scope: str, context: PlanContext) -> Constant:
    """The variable's value now. `scope` is GLOBAL, SESSION or empty. Errors 1193, 1238."""
    variable = REGISTRY.get(name.lower())
    if variable is None:
        raise SqlError(UNKNOWN_SYSTEM_VARIABLE, name=name)
    if scope == "SESSION" and variable.scope is Scope.GLOBAL:
        raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=name, kind="GLOBAL")
    if scope == "GLOBAL" and variable.scope is Scope.SESSION:
        raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=name, kind="SESSION")
    value: object
    if scope == "GLOBAL" or variable.scope is Scope.GLOBAL:
        value = context.global_variable(variable.name)
    elif variable.name in COMPUTED:
        value = context.computed_variable(variable.name)
    else:
        value = context.variables.get(variable.name, variable.default)
    return _constant(value, variable.kind)


def _constant(value: object, kind: Kind) -> Constant:
    """The value typed as MySQL types variables: BOOL and INT are BIGINT, FLOAT is DECIMAL-like DOUBLE, else text."""
    if kind in (Kind.BOOL, Kind.INT):
        if value is None:
            return Constant(None, SqlType(TypeCode.LONGLONG, Flag.BINARY, 20, 0))
        assert isinstance(value, int)
        if kind is Kind.BOOL or value < 0:
            constant = literals.integer_constant(int(value))
            return Constant(constant.value, constant.type.nullable())
        return Constant(int(value), SqlType(TypeCode.LONGLONG, Flag.BINARY | Flag.UNSIGNED, 21, 0))
    if kind is Kind.FLOAT and value is not None:
        return Constant(Decimal(f"{value:.6f}"), decimal(23, 6))
    text = None if value is None else str(value).encode("utf-8", "surrogateescape")
    return Constant(text, varchar(-1 if text is None else len(text), SYSTEM_CHARSET, SYSTEM_COLLATION))
