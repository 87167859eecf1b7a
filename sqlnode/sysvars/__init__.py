"""System variables: one `Variable` declaration each, by theme. A unit package: a new module is loaded by being there.

`REGISTRY` maps lower-case names to declarations. Reading and setting is the session's business; what a setting does is
in `sqlnode.session.effects`.
"""

from __future__ import annotations

from sqlnode.base.units import declarations, load_modules
from sqlnode.sysvars.variable import Kind, Scope, Variable, VariableValue

__all__ = ["REGISTRY", "Kind", "Scope", "Variable", "VariableValue"]


def _load() -> dict[str, Variable]:
    registry: dict[str, Variable] = {}
    for variable in declarations(load_modules(__name__, __path__), Variable):
        if variable.name in registry:
            raise ValueError(f"system variable {variable.name} is declared twice")
        registry[variable.name] = variable
    return dict(sorted(registry.items()))


REGISTRY = _load()
