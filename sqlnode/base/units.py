"""Loader of unit packages: every module of a package is imported, in name order; there is no list to edit.

A unit package (`planner.functions`, `sqlnode.sysvars`, `sqlnode.statements`, ...) calls `load_modules` from its
`__init__` and collects declarations of one class; two declarations of one name are refused at start-up.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import TypeVar

Unit = TypeVar("Unit")


def load_modules(package: str, path: Iterable[str]) -> list[ModuleType]:
    """Imports every module of `package` (its `__path__` is `path`), in name order, and returns them."""
    names = sorted(module.name for module in pkgutil.iter_modules(list(path)))
    return [importlib.import_module(f"{package}.{name}") for name in names]


def declarations(modules: Iterable[ModuleType], unit: type[Unit]) -> Iterator[Unit]:
    """The values of class `unit` that stand in the modules' top level, also inside top-level tuples and lists."""
    seen: set[int] = set()
    for module in modules:
        for value in list(vars(module).values()):
            members = value if isinstance(value, (tuple, list)) else (value,)
            for member in members:
                if isinstance(member, unit) and id(member) not in seen:
                    seen.add(id(member))
                    yield member
