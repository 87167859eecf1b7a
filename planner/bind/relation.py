"""Relation: a bound query expression or table reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from planner.bind.dependence import Dependency
from planner.expr.nodes import Column
from planner.logical import LogicalNode

Facts: TypeAlias = Callable[[], list[Dependency]]
"""Functional dependencies among the columns, worked out when asked for."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`columns` are the visible ones in order, named by their labels; `plan` may give more."""

    plan: LogicalNode
    columns: tuple[Column, ...]
    facts: Facts = list
