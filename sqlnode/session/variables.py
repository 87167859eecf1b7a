"""Values of system variables: the server's globals, and each session's own copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlnode.base.errors import (
    GLOBAL_VARIABLE,
    INCORRECT_GLOBAL_LOCAL_VAR,
    LOCAL_VARIABLE,
    UNKNOWN_SYSTEM_VARIABLE,
    SqlError,
)
from sqlnode.sysvars import REGISTRY, Scope, Variable, VariableValue

_ALIASES = {
    "tx_isolation": "transaction_isolation",
    "tx_read_only": "transaction_read_only",
    "identity": "last_insert_id",
}


def canonical(name: str) -> str:
    """The name under which a variable's value is kept."""
    lowered = name.lower()
    return _ALIASES.get(lowered, lowered)


def declaration(name: str) -> Variable:
    """The declaration of a variable; aliases share one value. Raises 1193."""
    variable = REGISTRY.get(canonical(name))
    if variable is None:
        raise SqlError(UNKNOWN_SYSTEM_VARIABLE, name=name)
    return variable


class GlobalVariables:
    """The process's global values, by lower-case name. Changed only by SET GLOBAL and at start."""

    def __init__(self) -> None:
        self.values: dict[str, VariableValue] = {
            name: variable.default for name, variable in REGISTRY.items() if variable.scope is not Scope.SESSION
        }
        self.followers: dict[str, Callable[[VariableValue], None]] = {}
        """Who is told of a variable's new value, by its name."""

    def get(self, name: str) -> VariableValue:
        """The global value. Raises 1193, 1238."""
        variable = declaration(name)
        if variable.scope is Scope.SESSION:
            raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=name, kind="SESSION")
        return self.values[variable.name]

    def set(self, variable: Variable, value: VariableValue) -> None:
        """Stores a parsed value."""
        if variable.scope is Scope.SESSION:
            raise SqlError(LOCAL_VARIABLE, name=variable.name)
        self.values[variable.name] = value
        follower = self.followers.get(variable.name)
        if follower is not None:
            follower(value)


class SessionVariables:
    """A session's values. `values` is the mapping that plan and execution contexts read; it is replaced, never edited,
    by `set`, so that a running statement keeps the values it began with."""

    def __init__(self, globals_: GlobalVariables) -> None:
        self._globals = globals_
        self.values: dict[str, VariableValue] = {}
        self.restart()

    def restart(self) -> None:
        """The values of a fresh session."""
        values = {name: variable.default for name, variable in REGISTRY.items()}
        values.update(self._globals.values)
        for alias, name in _ALIASES.items():
            values[alias] = values[name]
        self.values = values

    def get(self, name: str, scope: str = "") -> VariableValue:
        """@@name: the session's value if it has one, else the global one. Raises 1193, 1238."""
        if scope.lower() == "global":
            return self._globals.get(name)
        variable = declaration(name)
        if scope and variable.scope is Scope.GLOBAL:
            raise SqlError(INCORRECT_GLOBAL_LOCAL_VAR, name=name, kind="GLOBAL")
        if variable.scope is Scope.GLOBAL:
            return self._globals.values[variable.name]
        return self.values[variable.name]

    def set(self, variable: Variable, value: VariableValue) -> None:
        """Stores a parsed value for the session. Raises 1229 for a global variable."""
        if variable.scope is Scope.GLOBAL:
            raise SqlError(GLOBAL_VARIABLE, name=variable.name)
        values = {**self.values, variable.name: value}
        for alias, name in _ALIASES.items():
            if name == variable.name:
                values[alias] = value
        self.values = values

    def shown(self, *, global_scope: bool) -> Iterator[tuple[str, str]]:
        """Name and text of every variable, for SHOW VARIABLES."""
        for name, variable in REGISTRY.items():
            if global_scope and variable.scope is Scope.SESSION:
                continue
            target = _ALIASES.get(name, name)
            shown_globally = global_scope or variable.scope is Scope.GLOBAL
            value = self._globals.values.get(target) if shown_globally else self.values[target]
            yield name, variable.show(value)
